//! A namespace, a cluster or an organisation that somebody administers holds what its id begins: without the link, a right over the whole would lead
//! to nothing that is in it.

use std::collections::BTreeSet;

use crate::graph::{Graph, GraphNode};
use crate::model::{Basis, Condition, Kind, NodeId};
use crate::relation::PART_OF;

/// Kinds of nodes that are in something, and are governed with it.
const INSIDE: &[Kind] = &[Kind::Resource, Kind::Identity, Kind::Consumer, Kind::Location];

/// Whether somebody has the right over a whole that the link would carry on.
fn is_governed(graph: &Graph, whole: &GraphNode) -> bool {
    graph.ending_at(whole.id()).any(|e| match e.relation.name {
        "can_escalate_to" => true,
        "can_access" => matches!(e.text("level"), Some("admin" | "write")),
        _ => false,
    })
}

fn is_whole(node: &GraphNode) -> bool {
    let id = node.id();
    let is_organisation = || id.strip_prefix("saas:").is_some_and(|rest| rest.matches('/').count() == 1);
    id.starts_with("k8s:") && matches!(&*node.key.subtype, "namespace" | "cluster") || is_organisation()
}

/// What is told of a thing by its parts (`…/Secret/db#password`) is in it already.
fn is_part(id: &str) -> bool {
    id.contains('#')
}

pub(super) fn apply(graph: &mut Graph) -> bool {
    let wholes: BTreeSet<&NodeId> = graph.of_kind(Kind::Resource).filter(|n| is_whole(n) && is_governed(graph, n)).map(GraphNode::id).collect();
    let mut drawn: Vec<(NodeId, NodeId)> = Vec::new();
    for whole in &wholes {
        let prefix = format!("{whole}/");
        for node in graph.nodes.with_prefix(&prefix).filter(|n| INSIDE.contains(&n.key.kind) && !is_part(n.id())) {
            // Of wholes inside wholes, the smallest holds it.
            let inner = node.id()[prefix.len()..].match_indices('/').any(|(at, _)| wholes.contains(&NodeId::from(&node.id()[..prefix.len() + at])));
            if !inner {
                drawn.push((node.id().clone(), (*whole).clone()));
            }
        }
    }
    drawn
        .into_iter()
        .fold(false, |changed, (part, whole)| changed | graph.derive(&part, &PART_OF, &whole, (Basis::Exact, Basis::Exact.confidence()), Condition::True, &[]))
}
