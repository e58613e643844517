//! A workload that is given the configuration of an agent runs it: what the agent logs in as and draws is the workload's.

use crate::graph::Graph;
use crate::model::{Basis, Condition, NodeId};
use crate::relation::INVOKES;

pub(super) fn apply(graph: &mut Graph) -> bool {
    let mut drawn: Vec<(NodeId, NodeId, Vec<std::sync::Arc<str>>)> = Vec::new();
    for agent in graph.nodes.with_prefix("vault-agent:") {
        let Some(entry) = graph.out(agent.id()).find(|e| e.relation.name == "consumes" && agent.id().ends_with(&*e.to)) else { continue };
        for given in graph.ending_at(&entry.to).filter(|e| e.relation.name == "consumes" && e.from != *agent.id()) {
            drawn.push((given.from.clone(), agent.id().clone(), vec![given.id.clone(), entry.id.clone()]));
        }
    }
    let basis = (Basis::Evaluated, Basis::Evaluated.confidence());
    drawn.into_iter().fold(false, |changed, (workload, agent, via)| changed | graph.derive(&workload, &INVOKES, &agent, basis, Condition::True, &via))
}
