//! How much of the lineage is known, link by link (domain specification, 11.1).

use std::collections::BTreeSet;

use crate::graph::{Graph, GraphNode, Metrics};
use crate::model::{Kind, NodeId, Ownership, Rank, Role};

/// The five links of a lineage, in its order.
const LINKS: [&str; 5] = ["owner", "origin", "storage", "consumer", "reach"];

/// What ownership and ranking say of links.
pub struct Links<'a> {
    owned: BTreeSet<&'a NodeId>,
    reaching: BTreeSet<&'a NodeId>,
}

impl<'a> Links<'a> {
    pub fn new(parties: &'a [Ownership], ranking: &'a [Rank]) -> Self {
        Links {
            owned: parties.iter().filter(|p| p.role == Role::Owner && p.resolved).map(|p| &p.node).collect(),
            reaching: ranking.iter().filter(|r| !r.reach.is_empty()).map(|r| &r.node).collect(),
        }
    }

    fn of(&self, graph: &Graph, node: &GraphNode) -> [bool; 5] {
        [
            self.owned.contains(node.id()),
            !node.declared.is_empty(),
            graph.ending_at(node.id()).any(|e| e.relation.name == "authenticates_as")
                || graph.out(node.id()).any(|e| matches!(e.relation.name, "trusts" | "consumes")),
            graph.ending_at(node.id()).any(|e| matches!(e.relation.name, "runs_as" | "can_assume" | "invokes")) || node.key.kind == Kind::Agent,
            self.reaching.contains(node.id()),
        ]
    }

    /// The links of an identity or agent that are not known.
    pub fn missing(&self, graph: &Graph, node: &GraphNode) -> Vec<&'static str> {
        LINKS.into_iter().zip(self.of(graph, node)).filter(|(_, there)| !there).map(|(name, _)| name).collect()
    }
}

/// Shares over all identities and agents that the sources declare or mention.
pub fn metrics(graph: &Graph, parties: &[Ownership], ranking: &[Rank]) -> Metrics {
    let links = Links::new(parties, ranking);
    let subjects: Vec<_> = graph.nodes.values().filter(|n| matches!(n.key.kind, Kind::Identity | Kind::Agent)).collect();
    let mut counts = [0usize; 6];
    for node in &subjects {
        let links = links.of(graph, node);
        for (count, there) in counts.iter_mut().zip(links) {
            *count += usize::from(there);
        }
        counts[5] += usize::from(links.iter().all(|l| *l));
    }
    let share = |count: usize| if subjects.is_empty() { 0.0 } else { count as f64 / subjects.len() as f64 };
    let credentials: Vec<_> = graph.of_kind(Kind::Credential).collect();
    let in_clear = credentials.iter().filter(|c| graph.out(c.id()).any(|e| e.relation.name == "stored_in" && e.to.starts_with("file:"))).count();
    Metrics::from([
        ("identities", subjects.len() as f64),
        ("credentials", credentials.len() as f64),
        ("credentials_in_clear", in_clear as f64),
        ("with_owner", share(counts[0])),
        ("with_origin", share(counts[1])),
        ("with_storage", share(counts[2])),
        ("with_consumer", share(counts[3])),
        ("with_reach", share(counts[4])),
        ("lineage_complete", share(counts[5])),
    ])
}
