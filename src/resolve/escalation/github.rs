//! Permissions of an app of GitHub that give away more than they name: the secrets of its repositories, the rules that protect them, the organisation.

use serde_json::Value;

use super::{Drawn, draw};
use crate::graph::{Graph, GraphNode};
use crate::model::Kind;

/// A rule: its name, and the permissions that must all be held for writing.
pub(super) struct Rule(pub(super) &'static str, pub(super) &'static [&'static str]);

/// In the order in which they say more: the first that fits is told.
pub(super) const RULES: &[Rule] = &[
    // Whoever may write both runs what it likes with every secret that no environment protects.
    Rule("contents: write with workflows: write", &["contents", "workflows"]),
    Rule("organization_administration: write", &["organization_administration"]),
    Rule("members: write", &["members"]),
    Rule("administration: write", &["administration"]),
    Rule("secrets: write with contents: write", &["secrets", "contents"]),
    Rule("environments: write with contents: write", &["environments", "contents"]),
    Rule("secrets: write with actions: write", &["secrets", "actions"]),
];

pub(super) fn apply(graph: &mut Graph) -> bool {
    let mut drawn: Vec<Drawn> = Vec::new();
    let writes = |policy: &GraphNode, key: &str| {
        policy.attributes.get("permissions").and_then(|p| p.get(key)).and_then(Value::as_str).is_some_and(|level| matches!(level, "write" | "admin"))
    };
    for identity in graph.of_kind(Kind::Identity) {
        for grant in graph.out(identity.id()).filter(|e| e.relation.name == "granted") {
            let Some(policy) = graph.node(&grant.to) else { continue };
            let Some(Rule(rule, _)) = RULES.iter().find(|Rule(_, needed)| needed.iter().all(|n| writes(policy, n))) else { continue };
            for access in graph.out(identity.id()).filter(|e| e.relation.name == "can_access" && e.to.starts_with("saas:github.com")) {
                drawn.push((identity.id().clone(), access.to.clone(), (*rule).to_owned(), vec![grant.id.clone()]));
            }
        }
    }
    draw(graph, drawn)
}
