//! What is supposed to be in a container of which the files show little: whoever administers an account, a cluster or an organisation has more than
//! what somebody wrote down (domain specification, 6.4). It adds to the breadth of a blast radius alone, and what is shown takes its place.

use std::collections::BTreeSet;

use super::sensitivity::of_unknown;
use crate::graph::{Graph, GraphNode};
use crate::model::{Kind, NodeId};

/// Things in an account, a project or a subscription.
const IN_ACCOUNT: usize = 25;
/// Things in a cluster.
const IN_CLUSTER: usize = 15;
/// Accounts, projects or repositories of an organisation.
const IN_ORGANISATION: usize = 50;

/// How the ids of what holds whole accounts begin.
const ORGANISATIONS: &[&str] = &["gcp-org:", "gcp-folder:"];

/// Blocks that make parts of an account, of which nobody can say how much is in them.
const PARTS: &[&str] = &["azurerm_resource_group"];

fn supposed(node: &GraphNode) -> usize {
    match &*node.key.subtype {
        "cloud-account" if ORGANISATIONS.iter().any(|o| node.id().starts_with(o)) => IN_ORGANISATION,
        "cloud-account" if node.text("type").is_some_and(|t| PARTS.contains(&t)) => 0,
        "cloud-account" => IN_ACCOUNT,
        "cluster" => IN_CLUSTER,
        _ => 0,
    }
}

/// Resources that the graph shows inside of one, down to any depth; counted no further than `most`.
fn shown(graph: &Graph, container: &NodeId, most: usize) -> usize {
    let mut inside: BTreeSet<&NodeId> = BTreeSet::from([container]);
    let mut todo = vec![container];
    while let Some(at) = todo.pop() {
        for part in graph.ending_at(at).filter(|e| e.relation.name == "part_of").map(|e| &e.from) {
            if inside.len() > most {
                return most;
            }
            if graph.node(part).is_some_and(|n| n.key.kind == Kind::Resource) && inside.insert(part) {
                todo.push(part);
            }
        }
    }
    inside.len() - 1
}

/// How many things are supposed to be in a node beyond those that the graph shows.
pub(super) fn unseen(graph: &Graph, node: &GraphNode) -> usize {
    let most = if node.key.kind == Kind::Resource { supposed(node) } else { 0 };
    if most == 0 { 0 } else { most - shown(graph, node.id(), most) }
}

/// What administering them all is worth.
pub(super) fn worth(node: &GraphNode, unseen: usize) -> f64 {
    unseen as f64 * of_unknown(node)
}
