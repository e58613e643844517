//! What a job or workload fetches from the store of a cloud, it fetches as the one whom it is there.

use std::collections::BTreeSet;

use crate::graph::{Edge, Graph};
use crate::model::{Basis, Condition, Kind, NodeId};

/// Beginnings of the ids of a store's entries, and the kinds of identity that its cloud knows.
const CLOUDS: &[(&[&str], &[&str])] = &[
    (&["//secretmanager.googleapis.com/"], &["gcp-service-account", "gcp-wif-principal"]),
    (&["asm:", "ssm:", "arn:aws:secretsmanager:", "arn:aws:ssm:"], &["aws-role", "aws-user"]),
    (&["azkv:"], &["entra-app", "entra-sp", "azure-mi-user", "azure-mi-system"]),
    (&["vault:"], &["vault-role", "vault-token"]),
];

/// Identities of one cloud beyond which nothing says which is meant.
const MAX_IDENTITIES: usize = 2;

pub(super) fn apply(graph: &mut Graph) -> bool {
    let mut drawn: Vec<Edge> = Vec::new();
    for who in graph.of_kind(Kind::Consumer).chain(graph.of_kind(Kind::Agent)) {
        let fetched = graph.out(who.id()).filter(|e| e.relation.name == "consumes" && !e.derived);
        for fetch in fetched {
            let Some((_, kinds)) = CLOUDS.iter().find(|(begins, _)| begins.iter().any(|b| fetch.to.starts_with(b))) else { continue };
            let mut whom: BTreeSet<(&NodeId, &std::sync::Arc<str>)> = BTreeSet::new();
            for edge in graph.out(who.id()) {
                match edge.relation.name {
                    "runs_as" | "can_assume" => {
                        whom.insert((&edge.to, &edge.id));
                    }
                    // The key of an identity that it holds.
                    "consumes" => whom.extend(graph.out(&edge.to).filter(|e| e.relation.name == "authenticates_as").map(|e| (&e.to, &e.id))),
                    _ => {}
                }
            }
            whom.retain(|(id, _)| graph.node(id).is_some_and(|n| kinds.contains(&&*n.key.subtype)));
            if whom.is_empty() || whom.len() > MAX_IDENTITIES {
                continue;
            }
            let confidence = Basis::Convention.confidence() * fetch.confidence / whom.len() as f64;
            for (identity, by) in whom {
                let via = vec![by.clone(), fetch.id.clone()];
                drawn.push(Edge::access(identity.clone(), fetch.to.clone(), "secret-read", (Basis::Convention, confidence), Condition::True, via));
            }
        }
    }
    drawn.into_iter().fold(false, |changed, edge| changed | graph.add_edge(edge))
}
