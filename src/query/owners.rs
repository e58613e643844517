//! Who answers for what, and why.

use super::select::select_any;
use crate::graph::{GraphNode, Lineage};
use crate::model::{Ownership, Role};

/// Those who answer for one thing.
pub struct Answer<'a> {
    pub node: &'a GraphNode,
    /// 0 to 100; nothing for what is not ranked.
    pub blast: Option<f64>,
    pub risk: Option<f64>,
    /// Candidates of every role, best first.
    pub parties: Vec<&'a Ownership>,
    /// Settled owners that are still there.
    pub bus_factor: usize,
}

impl Answer<'_> {
    /// Whether nobody answers for it.
    pub fn is_orphan(&self) -> bool {
        self.bus_factor == 0
    }

    /// Candidates for one role.
    pub fn of(&self, role: Role) -> impl Iterator<Item = &Ownership> {
        self.parties.iter().copied().filter(move |p| p.role == role)
    }
}

/// An answer for each thing that the pattern names, or for everything that is ranked; the highest blast radius first.
pub fn owners<'a>(lineage: &'a Lineage, pattern: Option<&str>) -> Vec<Answer<'a>> {
    let nodes: Vec<&GraphNode> = match pattern {
        Some(pattern) => select_any(lineage, pattern),
        None => lineage.ranking.iter().filter_map(|r| lineage.graph.node(&r.node)).collect(),
    };
    nodes.into_iter().map(|node| answer(lineage, node)).collect()
}

fn answer<'a>(lineage: &'a Lineage, node: &'a GraphNode) -> Answer<'a> {
    let rank = lineage.rank(node.id());
    Answer {
        node,
        blast: rank.map(|r| r.blast.score),
        risk: rank.map(|r| r.risk),
        parties: lineage.parties.iter().filter(|p| p.node == *node.id()).collect(),
        bus_factor: lineage.bus_factor(node.id()),
    }
}
