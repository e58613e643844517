//! What is granted on an organisation, a folder, a project, a subscription or a group of resources is granted on what is in it.

use serde_json::Value;

use super::google::Denials;
use crate::graph::{Edge, Graph, GraphNode};
use crate::model::{Basis, Kind};

/// Containers, by how their ids begin.
const CONTAINERS: &[&str] = &["gcp-org:", "gcp-folder:", "gcp-project:", "azure:/subscriptions/"];

/// Blocks that make containers whose ids nobody knows yet.
const MADE: &[&str] = &["azurerm_resource_group", "azurerm_subscription", "azurerm_management_group", "google_project", "google_folder"];

/// Things of one container beyond which they are not told one by one.
const MAX_MEMBERS: usize = 200;

/// Services of Google's roles and the kinds of thing that they are about.
const SERVICES: &[(&str, &[&str])] = &[
    ("storage", &["object-store"]),
    ("secretmanager", &["secret-store", "cloud-secret"]),
    ("cloudsql", &["database"]),
    ("spanner", &["database"]),
    ("bigquery", &["database"]),
    ("bigtable", &["database"]),
    ("datastore", &["database"]),
    ("pubsub", &["queue"]),
    ("container", &["cluster"]),
    ("run", &["compute", "container-service", "function"]),
    ("cloudfunctions", &["function"]),
    ("compute", &["compute", "network"]),
    ("cloudkms", &["kms"]),
    ("artifactregistry", &["container-registry", "package-registry"]),
    ("dns", &["dns"]),
    ("redis", &["cache"]),
];

fn is_container(node: &GraphNode) -> bool {
    node.key.subtype == "cloud-account" && (CONTAINERS.iter().any(|c| node.id().starts_with(c)) || node.text("type").is_some_and(|t| MADE.contains(&t)))
}

/// Whether a role bears on a thing: the basic roles on everything, those of a service on its things.
fn bears(role: Option<&str>, thing: &GraphNode) -> bool {
    let Some(name) = role.and_then(|r| r.strip_prefix("roles/")) else { return true };
    let Some((service, _)) = name.split_once('.') else { return true };
    is_container(thing) || SERVICES.iter().any(|(s, kinds)| *s == service && kinds.contains(&&*thing.key.subtype))
}

pub(super) fn apply(graph: &mut Graph) -> bool {
    let mut drawn: Vec<Edge> = Vec::new();
    let denials = Denials::of(graph);
    for container in graph.of_kind(Kind::Resource).filter(|n| is_container(n)) {
        let members: Vec<(&Edge, &GraphNode)> = graph
            .ending_at(container.id())
            .filter(|e| e.relation.name == "part_of")
            .filter_map(|e| Some((e, graph.node(&e.from)?)))
            .filter(|(_, n)| matches!(n.key.kind, Kind::Resource | Kind::Location))
            .take(MAX_MEMBERS + 1)
            .collect();
        if members.is_empty() || members.len() > MAX_MEMBERS {
            continue;
        }
        for access in graph.ending_at(container.id()).filter(|e| e.relation.name == "can_access") {
            // What nothing rates says nothing of what is inside.
            let Some(level) = access.text("level").filter(|l| *l != "unknown") else { continue };
            // What follows from a grant follows from the role that was granted.
            let granted = access.via.first().and_then(|v| graph.edges.get(v)).and_then(|grant| grant.to.strip_prefix("gcp-role:"));
            let role = access.text("via_role").or(granted);
            for (inside, member) in members.iter().filter(|(_, n)| bears(role, n)) {
                let granted = role.map_or(String::new(), |r| format!("gcp-role:{r}"));
                let left = denials.narrowed(graph, &access.from, &granted, member.id(), (level, access.condition));
                let Some((level, condition)) = left else { continue };
                let via = vec![access.id.clone(), inside.id.clone()];
                let certainty = (Basis::Evaluated, access.confidence.min(inside.confidence));
                let mut edge = Edge::access(access.from.clone(), member.id().clone(), level, certainty, condition, via);
                edge.attributes.insert("inherited_from".into(), Value::from(container.id().to_string()));
                if let Some(role) = role {
                    edge.attributes.insert("via_role".into(), Value::from(role));
                }
                drawn.push(edge);
            }
        }
    }
    drawn.into_iter().fold(false, |changed, edge| changed | graph.add_edge(edge))
}
