//! Who a trust admits: subjects of tokens against the conditions of the identity that they ask to become (domain specification, 3.5).

use std::sync::Arc;

use serde_json::Value;

use crate::graph::Graph;
use crate::model::{Basis, Condition, Kind, NodeId};
use crate::relation::CAN_ASSUME;

/// Whether any text fits both patterns; `*` stands for anything, `?` for one character, on either side.
pub(super) fn meet(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(600).collect(), b.chars().take(600).collect());
    // reachable[j]: the patterns consumed so far can fit a common text.
    let mut row = vec![false; b.len() + 1];
    row[0] = true;
    for j in 1..=b.len() {
        row[j] = row[j - 1] && b[j - 1] == '*';
    }
    for i in 1..=a.len() {
        let mut next = vec![false; b.len() + 1];
        next[0] = row[0] && a[i - 1] == '*';
        for j in 1..=b.len() {
            let (x, y) = (a[i - 1], b[j - 1]);
            next[j] = match (x, y) {
                // A star takes nothing, or one more character of the other side.
                ('*', _) | (_, '*') => row[j] || next[j - 1],
                ('?', _) | (_, '?') => row[j - 1],
                _ => x == y && row[j - 1],
            };
        }
        row = next;
    }
    row[b.len()]
}

/// What the conditions demand of the subject: nothing when none of them names it.
fn subject_patterns(conditions: &Value) -> (Vec<String>, bool) {
    let (mut patterns, mut vacuous) = (Vec::new(), false);
    for (operator, tests) in conditions.as_object().into_iter().flatten() {
        for (_, values) in tests.as_object().into_iter().flatten().filter(|(c, _)| c.ends_with(":sub")) {
            // True when the claim is absent, so no bound at all.
            vacuous |= operator.starts_with("ForAllValues:") || operator.ends_with("IfExists");
            let values = values.as_array().cloned().unwrap_or_else(|| vec![values.clone()]);
            let exact = operator.contains("StringEquals");
            patterns.extend(values.iter().filter_map(Value::as_str).map(|v| if exact { v.replace('*', "\u{1}") } else { v.to_owned() }));
        }
    }
    (patterns, vacuous)
}

pub(super) fn apply(graph: &mut Graph) -> bool {
    let mut drawn: Vec<(NodeId, NodeId, f64, Arc<str>)> = Vec::new();
    for identity in graph.of_kind(Kind::Identity) {
        for trust in graph.out(identity.id()).filter(|e| e.relation.name == "trusts") {
            let Some(issuer) = trust.to.strip_prefix("oidc-provider:") else { continue };
            let Some(conditions) = trust.attributes.get("conditions") else { continue };
            let (patterns, vacuous) = subject_patterns(conditions);
            let admits = |subject: &str| vacuous || patterns.is_empty() || patterns.iter().any(|p| meet(p, subject));
            for subject in graph.of_kind(Kind::Identity).filter(|i| i.id() != identity.id()) {
                if let Some(text) = subject.id().strip_prefix("oidc:").and_then(|s| s.split_once("::")).filter(|(host, _)| *host == issuer).map(|(_, s)| s) {
                    if admits(text) {
                        drawn.push((subject.id().clone(), identity.id().clone(), 1.0, trust.id.clone()));
                    }
                } else if subject.key.subtype == "k8s-service-account"
                    && let Some((namespace, name)) = kubernetes_subject(subject.id())
                    && !patterns.is_empty()
                    && admits(&format!("system:serviceaccount:{namespace}:{name}"))
                {
                    drawn.push((subject.id().clone(), identity.id().clone(), 0.9, trust.id.clone()));
                }
            }
        }
    }
    let mut changed = false;
    for (from, to, confidence, via) in drawn {
        changed |= graph.derive(&from, &CAN_ASSUME, &to, (Basis::Exact, confidence), Condition::True, &[via]);
    }
    changed
}

/// Namespace and name in `k8s:{…}/ns/ServiceAccount/name`.
fn kubernetes_subject(id: &str) -> Option<(&str, &str)> {
    let (before, name) = id.rsplit_once("/ServiceAccount/")?;
    Some((before.rsplit('/').next()?, name))
}

#[cfg(test)]
mod tests {
    use super::meet;

    #[test]
    fn patterns_meet_patterns() {
        for (trust, subject, admitted) in [
            ("repo:acme/web:*", "repo:acme/web:environment:prod", true),
            ("repo:acme/web:*", "repo:acme/web:ref:refs/heads/*", true),
            ("repo:acme/web:ref:refs/heads/main", "repo:acme/web:ref:refs/heads/*", true),
            ("repo:acme/web:environment:prod", "repo:acme/web:environment:dev", false),
            ("repo:acme/web:environment:prod", "repo:acme/web:ref:refs/heads/*", false),
            ("repo:acme/*", "repo:acme/other:pull_request", true),
            ("repo:acme/web*", "repo:acme/web-evil:pull_request", true),
            ("repo:acme/web:*", "repo:acme/web-evil:pull_request", false),
            ("repo:acme/we?:pull_request", "repo:acme/web:pull_request", true),
            ("*", "anything", true),
            ("", "x", false),
            ("repo:other/*", "repo:acme/web:ref:refs/heads/*", false),
            ("system:serviceaccount:pay:*", "system:serviceaccount:pay:api", true),
            ("system:serviceaccount:*:api", "system:serviceaccount:pay:web", false),
        ] {
            assert_eq!(meet(trust, subject), admitted, "{trust} against {subject}");
        }
    }
}
