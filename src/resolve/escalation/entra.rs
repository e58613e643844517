//! Permissions of Entra that lead to everything in the tenant, or to the applications that are owned.

use super::{Drawn, draw};
use crate::graph::{Graph, GraphNode};
use crate::model::Kind;
use crate::tables::microsoft;

pub(super) fn apply(graph: &mut Graph) -> bool {
    let drawn = graph.of_kind(Kind::Identity).flat_map(|identity| entra(graph, identity)).collect();
    draw(graph, drawn)
}

/// With it an application adds credentials to those that it owns.
pub(super) const OWNED: &str = "Application.ReadWrite.OwnedBy";

/// Permissions of Graph, or a directory role, that lead to everything in the tenant.
fn entra(graph: &Graph, identity: &GraphNode) -> Vec<Drawn> {
    let mut out = Vec::new();
    for grant in graph.out(identity.id()).filter(|e| e.relation.name == "granted") {
        // What is held on behalf of somebody is no more than that person has.
        let Some(policy) = graph.node(&grant.to).filter(|p| p.key.subtype == "entra-permission-set" && !p.id().ends_with("/delegated")) else { continue };
        let scopes = policy.list("scopes");
        if scopes.contains(&OWNED) {
            let owned = graph.out(identity.id()).filter(|e| e.relation.name == "can_assume" && e.text("via") == Some("owner"));
            out.extend(owned.map(|e| (identity.id().clone(), e.to.clone(), OWNED.to_owned(), vec![grant.id.clone(), e.id.clone()])));
        }
        let found = scopes.into_iter().find(|s| microsoft::is_tier_0(s) || microsoft::is_directory_role(s));
        let Some(rule) = found else { continue };
        let tenants = graph.out(policy.id()).filter(|e| {
            e.relation.name == "permits" && graph.node(&e.to).is_some_and(|n| n.key.subtype == "identity-provider" || &**n.id() == "saas:microsoft-graph")
        });
        out.extend(tenants.map(|t| (identity.id().clone(), t.to.clone(), rule.to_owned(), vec![grant.id.clone(), t.id.clone()])));
    }
    out
}
