//! Whoever can start a job that calls another workflow, or an action with an agent in it, can start what is inside.

use crate::graph::{Edge, Graph};
use crate::model::{Basis, Kind};
use crate::relation::CAN_TRIGGER;

pub(super) fn apply(graph: &mut Graph) -> bool {
    let mut drawn = Vec::new();
    for start in graph.edges.values().filter(|e| e.relation.name == "can_trigger") {
        for call in graph.out(&start.to).filter(|e| e.relation.name == "invokes") {
            let Some(called) = graph.node(&call.to) else { continue };
            // From a job to the workflow that it calls, from that to its jobs, from those to their agents.
            let inside = matches!(called.key.kind, Kind::Consumer | Kind::Agent);
            if !inside || start.from == call.to || graph.ending_at(&call.to).any(|e| e.relation.name == "can_trigger" && e.from == start.from && !e.derived) {
                continue;
            }
            // The condition of a step may shut out an event that starts the job.
            if call.list("shut_out").any(|t| start.text("trigger") == Some(t)) {
                continue;
            }
            let via = vec![start.id.clone(), call.id.clone()];
            let mut edge = Edge::derived(start.from.clone(), &CAN_TRIGGER, call.to.clone(), (Basis::Evaluated, start.confidence * 0.9), start.condition, via);
            for name in ["input", "trigger", "guard", "approval_required"] {
                if let Some(value) = start.attributes.get(name) {
                    edge.attributes.insert(name.into(), value.clone());
                }
            }
            drawn.push(edge);
        }
    }
    drawn.into_iter().fold(false, |changed, edge| changed | graph.add_edge(edge))
}
