//! Permissions of Entra that lead to everything in the tenant.

use serde_json::Value;

use super::{Drawn, draw};
use crate::graph::{Graph, GraphNode};
use crate::model::Kind;
use crate::tables::microsoft;

pub(super) fn apply(graph: &mut Graph) -> bool {
    let drawn = graph.of_kind(Kind::Identity).flat_map(|identity| entra(graph, identity)).collect();
    draw(graph, drawn)
}

/// Permissions of Graph, or a directory role, that lead to everything in the tenant.
fn entra(graph: &Graph, identity: &GraphNode) -> Vec<Drawn> {
    let mut out = Vec::new();
    for grant in graph.out(identity.id()).filter(|e| e.relation.name == "granted") {
        // What is held on behalf of somebody is no more than that person has.
        let Some(policy) = graph.node(&grant.to).filter(|p| p.key.subtype == "entra-permission-set" && !p.id().ends_with("/delegated")) else { continue };
        let scopes = policy.attributes.get("scopes").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let found = scopes.into_iter().find(|s| microsoft::is_tier_0(s) || microsoft::is_directory_role(s));
        let Some(rule) = found else { continue };
        let tenants = graph.out(policy.id()).filter(|e| {
            e.relation.name == "permits" && graph.node(&e.to).is_some_and(|n| n.key.subtype == "identity-provider" || &**n.id() == "saas:microsoft-graph")
        });
        out.extend(tenants.map(|t| (identity.id().clone(), t.to.clone(), rule.to_owned(), vec![grant.id.clone(), t.id.clone()])));
    }
    out
}
