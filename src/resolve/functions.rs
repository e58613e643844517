//! A list of functions of a server is a way to that server, as far as the functions go: for the agent that the list belongs to, and for one in a
//! pipeline, which can ask nobody for more.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use crate::graph::{Edge, Graph, GraphNode};
use crate::model::{Basis, Condition, Kind, NodeId};
use crate::relation::INVOKES;

/// Functions of one server that an agent may call, and the links that say so.
#[derive(Default)]
struct Listed {
    functions: BTreeSet<String>,
    via: Vec<Arc<str>>,
}

fn listed(graph: &Graph) -> BTreeMap<(NodeId, String), Listed> {
    let mut out: BTreeMap<(NodeId, String), Listed> = BTreeMap::new();
    for agent in graph.of_kind(Kind::Agent) {
        for edge in graph.out(agent.id()).filter(|e| e.relation == &INVOKES && !e.derived) {
            let Some(tool) = graph.node(&edge.to).filter(|t| t.key.subtype == "function-tool") else { continue };
            let Some(server) = tool.text("server") else { continue };
            let function = tool.id().rsplit_once(&format!("#mcp/{server}/")).map_or("*", |(_, f)| f);
            let entry = out.entry((agent.id().clone(), server.to_owned())).or_default();
            entry.functions.insert(function.to_owned());
            entry.via.push(edge.id.clone());
        }
    }
    out
}

/// The servers of that name that an agent has: its own, those of whoever starts it, those of its repository.
fn servers<'a>(graph: &'a Graph, agent: &NodeId, name: &str, named: &BTreeMap<&str, Vec<&'a GraphNode>>) -> Vec<&'a GraphNode> {
    let is = |n: &&GraphNode| n.key.subtype == "mcp-server" && n.name() == name;
    let invoked = |who: &str| -> Vec<&'a GraphNode> {
        graph.out(who).filter(|e| e.relation == &INVOKES && !e.derived).filter_map(|e| graph.node(&e.to)).filter(is).collect()
    };
    let own = invoked(agent);
    if !own.is_empty() {
        return own;
    }
    let starters = graph.ending_at(agent).filter(|e| matches!(e.relation.name, "delegates_to" | "invokes")).map(|e| e.from.clone());
    let theirs: Vec<&GraphNode> = starters.flat_map(|s| invoked(&s)).collect();
    if !theirs.is_empty() {
        return theirs;
    }
    let home = graph.node(agent).and_then(GraphNode::primary).map(|l| l.repository.clone());
    // What another agent's step is handed is that one's alone.
    let near = named.get(name).into_iter().flatten().copied().filter(|n| !n.id().contains("@agent:"));
    let near = near.filter(|n| home.is_some() && n.primary().map(|l| l.repository.clone()) == home);
    let near: Vec<&GraphNode> = near.collect();
    if near.len() == 1 { near } else { Vec::new() }
}

pub(super) fn apply(graph: &mut Graph) -> bool {
    let lists = listed(graph);
    if lists.is_empty() {
        return false;
    }
    let mut named: BTreeMap<&str, Vec<&GraphNode>> = BTreeMap::new();
    for tool in graph.of_kind(Kind::Tool).filter(|t| t.key.subtype == "mcp-server") {
        named.entry(tool.name()).or_default().push(tool);
    }
    let (mut drawn, mut narrowed) = (Vec::new(), Vec::new());
    for ((agent, server), list) in &lists {
        for tool in servers(graph, agent, server, &named) {
            let functions = Value::from(list.functions.iter().cloned().collect::<Vec<_>>());
            match graph.out(agent).find(|e| e.relation == &INVOKES && e.to == *tool.id()) {
                // Whoever sits before an agent can be asked for more; nobody sits before a pipeline.
                Some(edge) if graph.node(agent).is_some_and(|a| a.key.subtype == "ci-agent") && !edge.attributes.contains_key("functions") => {
                    narrowed.push((edge.id.clone(), functions));
                }
                Some(_) => {}
                None => {
                    let certainty = (Basis::Evaluated, Basis::Evaluated.confidence());
                    let mut edge = Edge::derived(agent.clone(), &INVOKES, tool.id().clone(), certainty, Condition::True, list.via.clone());
                    edge.attributes.insert("functions".into(), functions);
                    drawn.push(edge);
                }
            }
        }
    }
    let mut changed = !narrowed.is_empty();
    for (id, functions) in narrowed {
        if let Some(edge) = graph.edges.get_mut(&id) {
            edge.attributes.insert("functions".into(), functions);
        }
    }
    for edge in drawn {
        changed |= graph.add_edge(edge);
    }
    changed
}
