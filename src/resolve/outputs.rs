//! What is read by a name from the state of another root, from the exports of another stack or from a parameter is what was put there under that name.

use std::collections::BTreeMap;

use crate::graph::Graph;
use crate::model::{Basis, Condition, NodeId};
use crate::relation::SAME_AS;

/// Beginning of the ids of what only its reader names: `tf-output:s3/bucket/key#name`, `tf-output:cfn-export#name`.
const READ: &str = "tf-output:";

pub(super) fn apply(graph: &mut Graph) -> bool {
    let read: BTreeMap<String, NodeId> = graph.nodes.with_prefix(READ).map(|n| (n.id()[READ.len()..].to_owned(), n.id().clone())).collect();
    if read.is_empty() {
        return false;
    }
    let mut drawn: Vec<(NodeId, NodeId)> = Vec::new();
    for node in graph.nodes.values() {
        for offered in node.list("outputs") {
            if let Some(reader) = read.get(offered).filter(|r| *r != node.id()) {
                drawn.push((reader.clone(), node.id().clone()));
            }
        }
    }
    let basis = (Basis::Evaluated, Basis::Evaluated.confidence());
    drawn.into_iter().fold(false, |changed, (reader, block)| changed | graph.derive(&reader, &SAME_AS, &block, basis, Condition::True, &[]))
}
