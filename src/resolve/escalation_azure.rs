//! Rights in Azure and Entra with which an identity can become another, or give itself more (domain specification, 6.5).

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::escalation_platforms::draw;
use crate::graph::{Edge, Graph, GraphNode};
use crate::model::{Condition, Kind, NodeId};
use crate::tables::microsoft;

/// Whom a rule gives away.
enum Gives {
    /// Whatever the role is held on.
    Scope,
    /// Managed identities inside it.
    Identities,
    /// What those consumers inside it run as.
    Runners(&'static [&'static str]),
    /// Clusters inside it.
    Clusters,
}

/// A rule, the roles of which one of each list is needed on the same thing, and what they give.
const AZURE: &[(&str, &[&[&str]], Gives)] = &[
    ("roleAssignments/write", &[&["owner", "user access administrator", "role based access control administrator"]], Gives::Scope),
    ("assign an identity to new compute", &[&["owner", "contributor"]], Gives::Identities),
    (
        "userAssignedIdentities/assign with compute",
        &[&["managed identity operator"], &["virtual machine contributor", "website contributor", "logic app contributor"]],
        Gives::Identities,
    ),
    ("federatedIdentityCredentials/write", &[&["managed identity contributor"]], Gives::Identities),
    ("Automation runbooks", &[&["automation contributor"]], Gives::Identities),
    ("virtualMachines/runCommand", &[&["virtual machine contributor"]], Gives::Runners(&["vm"])),
    ("sites/publishxml", &[&["website contributor"]], Gives::Runners(&["function", "container-service"])),
    ("listClusterAdminCredential", &[&["azure kubernetes service cluster admin role", "azure kubernetes service contributor role"]], Gives::Clusters),
];

pub(super) fn apply(graph: &mut Graph) -> bool {
    let mut drawn = Vec::new();
    for identity in graph.of_kind(Kind::Identity) {
        let held: Vec<&Edge> = graph
            .out(identity.id())
            .filter(|e| e.relation.name == "can_access" && e.condition == Condition::True && e.attributes.contains_key("via_role"))
            .collect();
        let places: BTreeSet<&NodeId> = held.iter().map(|e| &e.to).collect();
        for place in places {
            for (rule, needed, gives) in AZURE {
                let one_of =
                    |roles: &&[&str]| held.iter().find(|e| e.to == *place && e.text("via_role").is_some_and(|r| roles.contains(&&*r.to_ascii_lowercase())));
                let via: Vec<Arc<str>> = needed.iter().filter_map(one_of).map(|e| e.id.clone()).collect();
                if via.len() == needed.len() {
                    let targets = given(graph, place, gives).into_iter().filter(|t| t != identity.id());
                    drawn.extend(targets.map(|t| (identity.id().clone(), t, (*rule).to_owned(), via.clone())));
                }
            }
        }
        drawn.extend(entra(graph, identity));
    }
    draw(graph, drawn)
}

/// Ids that name nothing but their Terraform root: the root.
fn root(id: &str) -> Option<&str> {
    let body = id.strip_prefix("tf:def:").or_else(|| id.strip_prefix("def:")).and_then(|r| r.split_once('#')).map(|(body, _)| body);
    body.or_else(|| id.strip_prefix("azure-mi:{").and_then(|r| r.split_once('}')).map(|(body, _)| body))
}

/// Whether a node lies inside the thing on which a role is held: it says so, or it lies nowhere narrower in the same root.
fn inside(graph: &Graph, node: &GraphNode, place: &NodeId) -> bool {
    if node.id() == place {
        return true;
    }
    let group = |id: &NodeId| graph.node(id).is_some_and(|n| n.key.subtype == "cloud-account");
    let mut parts = graph.out(node.id()).filter(|e| e.relation.name == "part_of" && group(&e.to)).peekable();
    if parts.peek().is_some() && parts.any(|e| e.to == *place) {
        return true;
    }
    let narrower = graph.out(node.id()).any(|e| e.relation.name == "part_of" && group(&e.to));
    let whole = graph.node(place).is_some_and(|n| n.key.subtype == "cloud-account" && n.text("type") != Some("azurerm_resource_group"));
    (whole || !narrower && group(place)) && root(node.id()).is_some() && root(node.id()) == root(place)
}

fn given(graph: &Graph, place: &NodeId, gives: &Gives) -> Vec<NodeId> {
    let within =
        |kind: Kind, subtypes: &'static [&'static str]| graph.of_kind(kind).filter(move |n| subtypes.contains(&&*n.key.subtype) && inside(graph, n, place));
    match gives {
        Gives::Scope => vec![place.clone()],
        Gives::Identities => within(Kind::Identity, &["azure-mi-user", "azure-mi-system"]).map(|n| n.id().clone()).collect(),
        Gives::Clusters => within(Kind::Resource, &["cluster"]).map(|n| n.id().clone()).collect(),
        Gives::Runners(subtypes) => {
            let runners = within(Kind::Consumer, subtypes).flat_map(|n| graph.out(n.id()).filter(|e| e.relation.name == "runs_as"));
            runners.map(|e| e.to.clone()).collect::<BTreeSet<_>>().into_iter().collect()
        }
    }
}

/// Permissions of Graph, or a directory role, that lead to everything in the tenant.
fn entra(graph: &Graph, identity: &GraphNode) -> Vec<(NodeId, NodeId, String, Vec<Arc<str>>)> {
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
