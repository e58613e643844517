//! A server that a client starts by the path of its code does what that code does.

use std::collections::BTreeMap;

use crate::graph::Graph;
use crate::model::{Kind, NodeId};
use crate::relation::{CAN_ACCESS, CAN_ASSUME, CONSUMES, PART_OF};

/// Beginning of the ids of products that are code of a repository.
const LOCAL: &str = "mcp:cmd/";

pub(super) fn apply(graph: &mut Graph) -> bool {
    let mut implemented: BTreeMap<NodeId, Vec<(NodeId, std::sync::Arc<str>)>> = BTreeMap::new();
    let mut started: Vec<(NodeId, NodeId, std::sync::Arc<str>)> = Vec::new();
    for edge in graph.edges.values().filter(|e| e.relation == &PART_OF && e.to.starts_with(LOCAL)) {
        let Some(node) = graph.nodes.get(&edge.from).filter(|n| n.key.kind == Kind::Tool) else { continue };
        if node.attributes.contains_key("implemented") {
            implemented.entry(edge.to.clone()).or_default().push((edge.from.clone(), edge.id.clone()));
        } else {
            started.push((edge.from.clone(), edge.to.clone(), edge.id.clone()));
        }
    }
    let mut drawn = Vec::new();
    for (tool, product, by) in started {
        for (server, of) in implemented.get(&product).into_iter().flatten() {
            for edge in graph.out(server).filter(|e| [&CONSUMES, &CAN_ACCESS, &CAN_ASSUME].contains(&e.relation)) {
                let certainty = (edge.basis, edge.confidence);
                drawn.push((tool.clone(), edge.relation, edge.to.clone(), certainty, edge.condition, [by.clone(), of.clone(), edge.id.clone()]));
            }
        }
    }
    let mut changed = false;
    for (from, relation, to, certainty, condition, via) in drawn {
        changed |= graph.derive(&from, relation, &to, certainty, condition, &via);
    }
    changed
}
