//! Permissions of Kubernetes, Google and GitHub with which an identity can become another, or give itself more (domain specification, 6.5).

use std::sync::Arc;

use serde_json::Value;

use crate::graph::{Edge, Graph, GraphNode, edge_id};
use crate::model::{Basis, Condition, Kind, NodeId};
use crate::relation::CAN_ESCALATE_TO;

/// Identities beyond which a rule names what holds them, and not each.
const MAX_TARGETS: usize = 50;

/// Name of the rule, verbs of which one is needed, kinds of which one is needed: whoever has them acts as any account of the namespace.
const ACCOUNTS: &[(&str, &[&str], &[&str])] = &[
    ("create pods", &["create", "patch", "update"], &["pods", "deployments", "daemonsets", "statefulsets", "replicasets", "jobs", "cronjobs"]),
    ("create serviceaccounts/token", &["create"], &["serviceaccounts/token"]),
    ("impersonate serviceaccounts", &["impersonate"], &["serviceaccounts"]),
    ("create pods/exec", &["create", "get"], &["pods/exec", "pods/attach", "pods/ephemeralcontainers"]),
];

/// The same, for rights that give away the namespace or the cluster itself.
const WHOLE: &[(&str, &[&str], &[&str])] = &[
    ("escalate or bind roles", &["escalate", "bind"], &["roles", "clusterroles"]),
    ("impersonate users or groups", &["impersonate"], &["users", "groups"]),
    ("nodes/proxy", &["create", "get"], &["nodes/proxy"]),
    ("approve certificates", &["approve"], &["signers"]),
];

/// Roles on a project of Google that let their holder become its service accounts.
const GOOGLE: &[&str] = &[
    "roles/owner",
    "roles/editor",
    "roles/iam.serviceAccountTokenCreator",
    "roles/iam.serviceAccountKeyAdmin",
    "roles/iam.serviceAccountAdmin",
    "roles/iam.workloadIdentityPoolAdmin",
    "roles/iam.securityAdmin",
    "roles/resourcemanager.projectIamAdmin",
];

type Drawn<'a> = (NodeId, NodeId, &'a str, Arc<str>);

pub(super) fn apply(graph: &mut Graph) -> bool {
    let mut drawn: Vec<(NodeId, NodeId, String, Arc<str>)> = Vec::new();
    for identity in graph.of_kind(Kind::Identity) {
        for access in graph.out(identity.id()).filter(|e| e.relation.name == "can_access" && e.condition == Condition::True) {
            let found = if access.to.starts_with("k8s:") { kubernetes(graph, identity, access) } else { google(graph, identity, access) };
            drawn.extend(found.into_iter().map(|(a, b, rule, via)| (a, b, rule.to_owned(), via)));
        }
        drawn.extend(github(graph, identity).into_iter().map(|(a, b, rule, via)| (a, b, rule.to_owned(), via)));
    }
    draw(graph, drawn.into_iter().map(|(from, to, rule, via)| (from, to, rule, vec![via])).collect())
}

/// Draws what rules of escalation found: from, to, the rule's name, and the edges that it follows from.
pub(super) fn draw(graph: &mut Graph, drawn: Vec<(NodeId, NodeId, String, Vec<Arc<str>>)>) -> bool {
    let mut changed = false;
    for (from, to, rule, via) in drawn {
        let mut edge = Edge::derived(from, &CAN_ESCALATE_TO, to, (Basis::Evaluated, 0.9), Condition::True, via);
        edge.id = edge_id(&CAN_ESCALATE_TO, &edge.from, &edge.to, &rule);
        edge.attributes.insert("rule".into(), Value::from(rule));
        changed |= graph.add_edge(edge);
    }
    changed
}

/// Whether actions like `create pods` hold one of the verbs on one of the kinds.
fn holds(access: &Edge, verbs: &[&str], kinds: &[&str]) -> bool {
    let actions = access.attributes.get("actions").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    actions.filter_map(|a| a.split_once(' ')).any(|(verb, kind)| verb != "*" && kind != "*" && verbs.contains(&verb) && kinds.contains(&kind))
}

fn kubernetes<'a>(graph: &Graph, identity: &GraphNode, access: &Edge) -> Vec<Drawn<'a>> {
    let mut out = Vec::new();
    let place = access.to.strip_suffix("/secrets").unwrap_or(&access.to);
    for (rule, ..) in ACCOUNTS.iter().filter(|(_, verbs, kinds)| holds(access, verbs, kinds)) {
        let prefix = format!("{place}/");
        let accounts: Vec<&NodeId> = graph
            .nodes
            .with_prefix(&prefix)
            .filter(|i| i.key.kind == Kind::Identity && i.key.subtype == "k8s-service-account" && i.id() != identity.id())
            .map(GraphNode::id)
            .filter(|id| id.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.contains("ServiceAccount/")))
            .collect();
        if accounts.len() <= MAX_TARGETS {
            out.extend(accounts.into_iter().map(|a| (identity.id().clone(), a.clone(), *rule, access.id.clone())));
        }
    }
    for (rule, ..) in WHOLE.iter().filter(|(_, verbs, kinds)| holds(access, verbs, kinds)) {
        if let Some((whole, _)) = graph.nodes.get_key_value(place) {
            out.push((identity.id().clone(), whole.clone(), *rule, access.id.clone()));
        }
    }
    out
}

fn google<'a>(graph: &Graph, identity: &GraphNode, access: &Edge) -> Vec<Drawn<'a>> {
    let Some(rule) = access.text("via_role").and_then(|r| GOOGLE.iter().find(|g| **g == r)) else { return Vec::new() };
    let Some(project) = access.to.strip_prefix("gcp-project:") else { return Vec::new() };
    let address = format!("@{project}.iam.gserviceaccount.com");
    graph
        .nodes
        .with_prefix("gcp-sa:")
        .filter(|i| i.key.kind == Kind::Identity && i.id() != identity.id() && i.id().ends_with(&address))
        .take(MAX_TARGETS)
        .map(|i| (identity.id().clone(), i.id().clone(), *rule, access.id.clone()))
        .collect()
}

/// Who may write both code and workflows runs what it likes with every secret of the repository that no environment protects.
fn github<'a>(graph: &Graph, identity: &GraphNode) -> Vec<Drawn<'a>> {
    let grants = graph.out(identity.id()).filter(|e| e.relation.name == "granted");
    let writes = |policy: &GraphNode, key: &str| policy.attributes.get("permissions").and_then(|p| p.get(key)).and_then(Value::as_str) == Some("write");
    let mut out = Vec::new();
    for grant in grants {
        let Some(policy) = graph.node(&grant.to) else { continue };
        let rule = if writes(policy, "contents") && writes(policy, "workflows") {
            "contents: write with workflows: write"
        } else if writes(policy, "administration") {
            "administration: write"
        } else if writes(policy, "secrets") && writes(policy, "contents") {
            "secrets: write with contents: write"
        } else {
            continue;
        };
        for access in graph.out(identity.id()).filter(|e| e.relation.name == "can_access" && e.to.starts_with("saas:github.com")) {
            out.push((identity.id().clone(), access.to.clone(), rule, grant.id.clone()));
        }
    }
    out
}
