//! Who a trust admits: subjects of tokens against the conditions of the identity that they ask to become (domain specification, 3.5).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::cel;
use super::claims::Claims;
use super::conditions::{self, Tri};
use crate::graph::{Graph, GraphNode};
use crate::model::{Attributes, Basis, Condition, Kind, NodeId};
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

/// Whether a trust admits a token with these claims, in the language of whoever states it.
fn admits(trust: &Attributes, claims: &Claims) -> Option<Tri> {
    let text = |name: &str| trust.get(name).and_then(Value::as_str);
    if let Some(conditions) = trust.get("conditions") {
        return Some(conditions::aws(conditions, claims));
    }
    if let Some(condition) = text("attribute_condition") {
        return Some(cel::holds(condition, claims));
    }
    if let Some(expression) = text("claims_expression") {
        return Some(conditions::flexible(expression, claims));
    }
    if let Some(subject) = text("subject") {
        // Entra compares whole subjects, and minds the case.
        return Some(Tri::from(meet(&conditions::exact(subject), &claims.subject)));
    }
    trust.get("bound").map(|bound| conditions::vault(bound, claims))
}

/// Whether a trust asks for the subject at all: a service account of Kubernetes is not admitted by silence.
fn names_subject(trust: &Attributes) -> bool {
    trust.get("subject").is_some() || trust.get("conditions").is_some_and(|c| c.to_string().contains(":sub\""))
}

/// Part of a subject to the nodes and subjects that hold it.
type ByPart<'a> = BTreeMap<String, Vec<(&'a NodeId, &'a str)>>;

/// Subjects that can have tokens, so that a trust is tried only on those that it may admit.
struct Subjects<'a> {
    /// By issuer, then by the part of the subject that patterns rarely leave open; subjects that leave it open stand under the empty text.
    of_issuer: BTreeMap<&'a str, ByPart<'a>>,
    /// Accounts of Kubernetes by their subject.
    accounts: BTreeMap<String, Vec<&'a NodeId>>,
}

impl<'a> Subjects<'a> {
    fn of(graph: &'a Graph) -> Self {
        let mut subjects = Subjects { of_issuer: BTreeMap::new(), accounts: BTreeMap::new() };
        for node in graph.of_kind(Kind::Identity) {
            if let Some((issuer, text)) = node.id().strip_prefix("oidc:").and_then(|s| s.split_once("::")) {
                let parts = subjects.of_issuer.entry(issuer).or_default();
                parts.entry(anchor(text).unwrap_or_default()).or_default().push((node.id(), text));
            } else if node.key.subtype == "k8s-service-account"
                && let Some((namespace, name)) = kubernetes_subject(node.id())
            {
                subjects.accounts.entry(format!("system:serviceaccount:{namespace}:{name}")).or_default().push(node.id());
            }
        }
        subjects
    }

    /// Subjects of an issuer that a trust may admit: those that share an anchor with it, those that have none, or all.
    fn tried<'s>(&'s self, issuer: &str, trust: &Attributes) -> Vec<&'s (&'a NodeId, &'a str)> {
        let Some(parts) = self.of_issuer.get(issuer) else { return Vec::new() };
        match anchors(trust) {
            Some(anchors) => anchors.iter().map(String::as_str).chain([""]).filter_map(|a| parts.get(a)).flatten().collect(),
            None => parts.values().flatten().collect(),
        }
    }

    /// Accounts of Kubernetes that a trust may admit.
    fn accounts(&self, trust: &Attributes) -> Vec<(&str, &NodeId)> {
        match anchors(trust) {
            Some(anchors) => {
                anchors.iter().filter_map(|a| self.accounts.get_key_value(a)).flat_map(|(s, ids)| ids.iter().map(move |id| (s.as_str(), *id))).collect()
            }
            None => self.accounts.iter().flat_map(|(s, ids)| ids.iter().map(move |id| (s.as_str(), *id))).collect(),
        }
    }
}

/// The part of a subject that patterns rarely leave open: all of an account of Kubernetes, the first two segments of any other.
fn anchor(subject: &str) -> Option<String> {
    let part = if subject.starts_with("system:serviceaccount:") {
        subject
    } else {
        let end = subject.match_indices(':').nth(1).map_or(subject.len(), |(i, _)| i);
        &subject[..end]
    };
    (!part.contains(['*', '?'])).then(|| part.to_owned())
}

/// Anchors of the subjects that a trust names; nothing when it may admit others too.
fn anchors(trust: &Attributes) -> Option<BTreeSet<String>> {
    if let Some(subject) = trust.get("subject").and_then(Value::as_str) {
        return Some(BTreeSet::from([anchor(&conditions::exact(subject))?]));
    }
    let tests = trust.get("conditions")?.as_object()?;
    let exact = |operator: &str| matches!(operator.trim_start_matches("ForAnyValue:"), "StringEquals");
    let named = tests.iter().filter(|(o, _)| exact(o) || o.trim_start_matches("ForAnyValue:") == "StringLike");
    let (operator, values) =
        named.filter_map(|(o, t)| Some((o, t.as_object()?))).find_map(|(o, t)| t.iter().find(|(k, _)| k.ends_with(":sub")).map(|(_, v)| (o, v)))?;
    let texts: Vec<&str> = match values {
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        Value::String(one) => vec![one.as_str()],
        _ => return None,
    };
    texts.into_iter().map(|t| if exact(operator) { anchor(&conditions::exact(t)) } else { anchor(t) }).collect()
}

pub(super) fn apply(graph: &mut Graph) -> bool {
    let subjects = Subjects::of(graph);
    let mut drawn: Vec<(NodeId, NodeId, f64, Tri, Arc<str>)> = Vec::new();
    for identity in graph.of_kind(Kind::Identity) {
        for trust in graph.out(identity.id()).filter(|e| e.relation.name == "trusts") {
            let Some(issuer) = trust.to.strip_prefix("oidc-provider:") else { continue };
            let tokens = subjects.tried(issuer, &trust.attributes).into_iter().map(|(id, text)| (*id, (*text).to_owned(), 1.0));
            let accounts = if names_subject(&trust.attributes) { subjects.accounts(&trust.attributes) } else { Vec::new() };
            let accounts = accounts.into_iter().map(|(text, id)| (id, text.to_owned(), 0.9));
            for (subject, text, confidence) in tokens.chain(accounts).filter(|(id, ..)| *id != identity.id()) {
                if let Some(known) = admits(&trust.attributes, &Claims::of(issuer, &text)).filter(|k| *k != Tri::False) {
                    drawn.push((subject.clone(), identity.id().clone(), confidence, known, trust.id.clone()));
                }
            }
        }
    }
    drawn.extend(pools(graph, &subjects));
    let mut changed = false;
    for (from, to, confidence, known, via) in drawn {
        let condition = if known == Tri::True { Condition::True } else { Condition::Unknown };
        changed |= graph.derive(&from, &CAN_ASSUME, &to, (Basis::Exact, confidence), condition, &[via]);
    }
    changed
}

/// Members of workload identity pools of Google: a subject is one if a provider of the pool takes it, and the member's attribute is its own.
fn pools(graph: &Graph, subjects: &Subjects<'_>) -> Vec<(NodeId, NodeId, f64, Tri, Arc<str>)> {
    let mut providers: BTreeMap<&str, Vec<&GraphNode>> = BTreeMap::new();
    for provider in graph.of_kind(Kind::Issuer) {
        if let Some(pool) = provider.text("pool") {
            providers.entry(pool).or_default().push(provider);
        }
    }
    let mut drawn = Vec::new();
    for member in graph.of_kind(Kind::Identity).filter(|i| i.key.subtype == "gcp-wif-principal") {
        let Some((pool, rest)) = member.id().split_once("/workloadIdentityPools/").and_then(|(_, r)| r.split_once('/')) else { continue };
        let Some(grant) = graph.out(member.id()).next() else { continue };
        for provider in providers.get(pool).into_iter().flatten() {
            let Some(issuer) = provider.text("issuer_uri") else { continue };
            for (subject, text) in subjects.of_issuer.get(issuer).into_iter().flat_map(BTreeMap::values).flatten() {
                let claims = Claims::of(issuer, text);
                let taken = provider.text("attribute_condition").map_or(Tri::True, |c| cel::holds(c, &claims));
                let own = if rest == "*" {
                    Tri::True
                } else if let Some(wanted) = rest.strip_prefix("subject/") {
                    Tri::from(meet(&conditions::exact(wanted), text))
                } else if let Some((name, value)) = rest.strip_prefix("attribute.").and_then(|r| r.split_once('/')) {
                    claims.get(name).map_or(Tri::Unknown, |c| Tri::from(meet(&conditions::exact(value), c)))
                } else {
                    Tri::Unknown
                };
                if taken.min(own) != Tri::False {
                    drawn.push(((*subject).clone(), member.id().clone(), 0.9, taken.min(own), grant.id.clone()));
                }
            }
        }
    }
    drawn
}

/// Namespace and name in `k8s:{…}/ns/ServiceAccount/name`.
fn kubernetes_subject(id: &str) -> Option<(&str, &str)> {
    let (before, name) = id.rsplit_once("/ServiceAccount/")?;
    Some((before.rsplit('/').next()?, name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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

    #[test]
    fn trusts_admit_whom_they_name() {
        const T: Tri = Tri::True;
        const F: Tri = Tri::False;
        const U: Tri = Tri::Unknown;
        let cases = [
            (
                json!({"conditions": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/web:*"}}}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:environment:prod",
                T,
            ),
            (
                json!({"conditions": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/web:*"}}}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:pull_request",
                T,
            ),
            (
                json!({"conditions": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/*"}}}),
                "token.actions.githubusercontent.com",
                "repo:acme/x:pull_request",
                T,
            ),
            (
                json!({"conditions": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/web:ref:refs/heads/*"}}}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:environment:prod",
                F,
            ),
            (
                json!({"conditions": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/web:ref:refs/heads/*"}}}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:pull_request",
                F,
            ),
            (
                json!({"conditions": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/web:ref:refs/tags/*"}}}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:ref:refs/heads/*",
                F,
            ),
            (
                json!({"conditions": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/web*"}}}),
                "token.actions.githubusercontent.com",
                "repo:acme/web-evil:pull_request",
                T,
            ),
            (
                json!({"conditions": {"StringLike": {"token.actions.githubusercontent.com:sub": ["repo:acme/a:*", "repo:acme/web:*"]}}}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:ref:refs/heads/main",
                T,
            ),
            (
                json!({"conditions": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:*"}}}),
                "token.actions.githubusercontent.com",
                "repo:other/x:pull_request",
                T,
            ),
            (
                json!({"conditions": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/we?:*"}}}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:ref:refs/heads/main",
                T,
            ),
            (
                json!({"conditions": {"StringEquals": {"token.actions.githubusercontent.com:sub": "repo:acme/web:*"}}}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:ref:refs/heads/main",
                F,
            ),
            (
                json!({"conditions": {"StringEquals": {"token.actions.githubusercontent.com:sub": "repo:acme/web:environment:prod"}}}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:environment:prod",
                T,
            ),
            (
                json!({"conditions": {"StringEquals": {"token.actions.githubusercontent.com:sub": "repo:acme/web:environment:prod"}}}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:environment:dev",
                F,
            ),
            (
                json!({"conditions": {"StringEquals": {"token.actions.githubusercontent.com:sub": "repo:acme/web:ref:refs/heads/main"}}}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:ref:refs/heads/*",
                T,
            ),
            (
                json!({"conditions": {"StringEquals": {"token.actions.githubusercontent.com:sub": "repo:acme/web:ref:refs/heads/main"}}}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:ref:refs/heads/dev",
                F,
            ),
            (
                json!({"conditions": {"StringEquals": {"token.actions.githubusercontent.com:sub": ["x", "repo:acme/web:ref:refs/heads/main"]}}}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:ref:refs/heads/main",
                T,
            ),
            (
                json!({"conditions": {"StringEquals": {"token.actions.githubusercontent.com:sub": "REPO:acme/web:pull_request"}}}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:pull_request",
                F,
            ),
            (
                json!({"conditions": {"StringEqualsIgnoreCase": {"token.actions.githubusercontent.com:sub": "REPO:acme/web:pull_request"}}}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:pull_request",
                T,
            ),
            (
                json!({"conditions": {"StringNotEquals": {"token.actions.githubusercontent.com:sub": "repo:acme/web:pull_request"}}}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:pull_request",
                F,
            ),
            (
                json!({"conditions": {"StringNotEquals": {"token.actions.githubusercontent.com:sub": "repo:acme/web:pull_request"}}}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:ref:refs/heads/main",
                T,
            ),
            (
                json!({"conditions": {"StringNotEquals": {"token.actions.githubusercontent.com:sub": "repo:acme/web:ref:refs/heads/main"}}}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:ref:refs/heads/*",
                U,
            ),
            (
                json!({"conditions": {"StringNotLike": {"token.actions.githubusercontent.com:sub": "repo:acme/*"}}}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:ref:refs/heads/main",
                F,
            ),
            (
                json!({"conditions": {"StringEquals": {"token.actions.githubusercontent.com:repository": "acme/web"}}}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:ref:refs/heads/main",
                T,
            ),
            (
                json!({"conditions": {"StringEquals": {"token.actions.githubusercontent.com:repository": "acme/api"}}}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:ref:refs/heads/main",
                F,
            ),
            (
                json!({"conditions": {"StringEquals": {"token.actions.githubusercontent.com:repository_owner": "acme"}}}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:environment:prod",
                T,
            ),
            (
                json!({"conditions": {"StringEquals": {"token.actions.githubusercontent.com:environment": "prod"}}}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:environment:prod",
                T,
            ),
            (
                json!({"conditions": {"StringEquals": {"token.actions.githubusercontent.com:environment": "prod"}}}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:environment:dev",
                F,
            ),
            (
                json!({"conditions": {"StringEquals": {"token.actions.githubusercontent.com:actor": "octocat"}}}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:ref:refs/heads/main",
                U,
            ),
            (
                json!({"conditions": {"StringLike": {"token.actions.githubusercontent.com:job_workflow_ref": "acme/shared/*"}}}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:ref:refs/heads/main",
                U,
            ),
            (
                json!({"conditions": {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com", "token.actions.githubusercontent.com:sub": "repo:acme/web:environment:prod"}}}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:environment:prod",
                T,
            ),
            (
                json!({"conditions": {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}}}),
                "token.actions.githubusercontent.com",
                "repo:other/x:pull_request",
                T,
            ),
            (
                json!({"conditions": {"ForAllValues:StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/web:*"}}}),
                "token.actions.githubusercontent.com",
                "repo:other/x:pull_request",
                T,
            ),
            (
                json!({"conditions": {"ForAnyValue:StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/web:*"}}}),
                "token.actions.githubusercontent.com",
                "repo:other/x:pull_request",
                F,
            ),
            (
                json!({"conditions": {"ForAnyValue:StringEquals": {"token.actions.githubusercontent.com:sub": ["repo:acme/web:ref:refs/heads/main"]}}}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:ref:refs/heads/main",
                T,
            ),
            (
                json!({"conditions": {"StringLikeIfExists": {"token.actions.githubusercontent.com:sub": "repo:acme/web:*"}}}),
                "token.actions.githubusercontent.com",
                "repo:other/x:pull_request",
                T,
            ),
            (
                json!({"conditions": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/*"}, "StringEquals": {"token.actions.githubusercontent.com:repository": "acme/web"}}}),
                "token.actions.githubusercontent.com",
                "repo:acme/api:pull_request",
                F,
            ),
            (
                json!({"conditions": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/*"}, "StringEquals": {"token.actions.githubusercontent.com:ref": "refs/heads/main"}}}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:environment:prod",
                U,
            ),
            (json!({"conditions": {}}), "token.actions.githubusercontent.com", "repo:other/x:pull_request", T),
            (
                json!({"conditions": {"Null": {"token.actions.githubusercontent.com:sub": "false"}}}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:ref:refs/heads/main",
                T,
            ),
            (
                json!({"conditions": {"Null": {"token.actions.githubusercontent.com:sub": "true"}}}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:ref:refs/heads/main",
                F,
            ),
            (
                json!({"conditions": {"DateLessThan": {"aws:CurrentTime": "2030-01-01"}}}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:ref:refs/heads/main",
                U,
            ),
            (
                json!({"conditions": {"StringEquals": {"gitlab.com:sub": "project_path:acme/web:ref_type:branch:ref:main"}}}),
                "gitlab.com",
                "project_path:acme/web:ref_type:branch:ref:main",
                T,
            ),
            (
                json!({"conditions": {"StringLike": {"gitlab.com:sub": "project_path:acme/*:ref_type:branch:ref:*"}}}),
                "gitlab.com",
                "project_path:acme/web:ref_type:branch:ref:main",
                T,
            ),
            (
                json!({"conditions": {"StringLike": {"gitlab.com:sub": "project_path:acme/*:ref_type:tag:ref:*"}}}),
                "gitlab.com",
                "project_path:acme/web:ref_type:branch:ref:main",
                F,
            ),
            (json!({"conditions": {"StringEquals": {"gitlab.com:namespace_path": "acme"}}}), "gitlab.com", "project_path:acme/web:ref_type:branch:ref:main", T),
            (json!({"conditions": {"StringEquals": {"gitlab.com:ref": "main"}}}), "gitlab.com", "project_path:acme/web:ref_type:branch:ref:main", T),
            (
                json!({"conditions": {"StringLike": {"oidc.circleci.com/org/o1:sub": "org/o1/project/p1/user/*"}}}),
                "oidc.circleci.com/org/o1",
                "org/o1/project/p1/user/*",
                T,
            ),
            (
                json!({"conditions": {"StringLike": {"oidc.circleci.com/org/o1:sub": "org/o1/project/p2/user/*"}}}),
                "oidc.circleci.com/org/o1",
                "org/o1/project/p1/user/*",
                F,
            ),
            (
                json!({"conditions": {"StringLike": {"agent.buildkite.com:sub": "organization:acme:pipeline:web:*"}}}),
                "agent.buildkite.com",
                "organization:acme:pipeline:web:ref:*:commit:*:step:*",
                T,
            ),
            (
                json!({"conditions": {"StringLike": {"agent.buildkite.com:sub": "organization:acme:pipeline:api:*"}}}),
                "agent.buildkite.com",
                "organization:acme:pipeline:web:ref:*:commit:*:step:*",
                F,
            ),
            (
                json!({"conditions": {"StringEquals": {"agent.buildkite.com:organization_slug": "acme"}}}),
                "agent.buildkite.com",
                "organization:acme:pipeline:web:ref:*:commit:*:step:*",
                T,
            ),
            (
                json!({"conditions": {"StringLike": {"agent.buildkite.com:sub": "organization:acme:pipeline:web:ref:refs/heads/main:*"}}}),
                "agent.buildkite.com",
                "organization:acme:pipeline:web:ref:*:commit:*:step:*",
                T,
            ),
            (
                json!({"conditions": {"StringLike": {"api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc:sub": "{r1}:*"}}}),
                "api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc",
                "*:*:*",
                T,
            ),
            (
                json!({"conditions": {"StringLike": {"api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc:sub": "{r1}:{e1}:*"}}}),
                "api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc",
                "{r1}:{e2}:{s}",
                F,
            ),
            (json!({"subject": "sc://acme/web/prod"}), "vstoken.dev.azure.com/o1", "sc://acme/web/prod", T),
            (json!({"subject": "sc://acme/web/prod"}), "vstoken.dev.azure.com/o1", "sc://acme/web/dev", F),
            (json!({"subject": "SC://acme/web/prod"}), "vstoken.dev.azure.com/o1", "sc://acme/web/prod", F),
            (
                json!({"conditions": {"StringLike": {"app.terraform.io:sub": "organization:acme:project:core:workspace:*:run_phase:*"}}}),
                "app.terraform.io",
                "organization:acme:project:core:workspace:net:run_phase:apply",
                T,
            ),
            (
                json!({"conditions": {"StringEquals": {"app.terraform.io:sub": "organization:acme:project:core:workspace:net:run_phase:plan"}}}),
                "app.terraform.io",
                "organization:acme:project:core:workspace:net:run_phase:apply",
                F,
            ),
            (
                json!({"conditions": {"StringEquals": {"app.terraform.io:terraform_workspace_name": "net"}}}),
                "app.terraform.io",
                "organization:acme:project:core:workspace:net:run_phase:apply",
                T,
            ),
            (
                json!({"conditions": {"StringEquals": {"oidc.eks.eu-west-1.amazonaws.com/id/A:sub": "system:serviceaccount:pay:api"}}}),
                "oidc.eks.eu-west-1.amazonaws.com/id/A",
                "system:serviceaccount:pay:api",
                T,
            ),
            (
                json!({"conditions": {"StringLike": {"oidc.eks.eu-west-1.amazonaws.com/id/A:sub": "system:serviceaccount:pay:*"}}}),
                "oidc.eks.eu-west-1.amazonaws.com/id/A",
                "system:serviceaccount:pay:api",
                T,
            ),
            (
                json!({"conditions": {"StringLike": {"oidc.eks.eu-west-1.amazonaws.com/id/A:sub": "system:serviceaccount:*:web"}}}),
                "oidc.eks.eu-west-1.amazonaws.com/id/A",
                "system:serviceaccount:pay:api",
                F,
            ),
            (json!({"conditions": {"StringLike": {"oidc.spire.acme.io:sub": "spiffe://acme.io/pay/*"}}}), "oidc.spire.acme.io", "spiffe://acme.io/pay/api", T),
            (json!({"conditions": {"StringEquals": {"oidc.spire.acme.io:sub": "spiffe://acme.io/pay/api"}}}), "oidc.spire.acme.io", "spiffe://acme.io/web", F),
            (
                json!({"attribute_condition": "assertion.repository_owner == 'acme'"}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:ref:refs/heads/main",
                T,
            ),
            (json!({"attribute_condition": "assertion.repository_owner == 'acme'"}), "token.actions.githubusercontent.com", "repo:other/x:pull_request", F),
            (
                json!({"attribute_condition": "assertion.repository in ['acme/a', 'acme/web']"}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:ref:refs/heads/main",
                T,
            ),
            (
                json!({"attribute_condition": "assertion.repository in ['acme/a']"}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:ref:refs/heads/main",
                F,
            ),
            (
                json!({"attribute_condition": "assertion.repository == 'acme/web' && assertion.ref == 'refs/heads/main'"}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:ref:refs/heads/main",
                T,
            ),
            (
                json!({"attribute_condition": "assertion.repository == 'acme/web' && assertion.ref == 'refs/heads/main'"}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:ref:refs/heads/dev",
                F,
            ),
            (
                json!({"attribute_condition": "assertion.repository == 'acme/web' && assertion.ref == 'refs/heads/main'"}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:environment:prod",
                U,
            ),
            (
                json!({"attribute_condition": "assertion.ref == 'x' || assertion.repository_owner == 'acme'"}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:ref:refs/heads/main",
                T,
            ),
            (json!({"attribute_condition": "assertion.sub.startsWith('repo:acme/')"}), "token.actions.githubusercontent.com", "repo:acme/web:pull_request", T),
            (
                json!({"attribute_condition": "!assertion.sub.endsWith(':pull_request')"}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:pull_request",
                F,
            ),
            (
                json!({"attribute_condition": "assertion.repository != 'acme/web'"}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:ref:refs/heads/main",
                F,
            ),
            (json!({"attribute_condition": "assertion.actor == 'octocat'"}), "token.actions.githubusercontent.com", "repo:acme/web:ref:refs/heads/main", U),
            (
                json!({"attribute_condition": "assertion.repository.matches('^acme/.*$')"}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:ref:refs/heads/main",
                U,
            ),
            (
                json!({"attribute_condition": "google.subject.contains(':environment:')"}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:environment:prod",
                T,
            ),
            (
                json!({"attribute_condition": "(attribute.repository == 'acme/api' || attribute.repository == 'acme/web') && true"}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:ref:refs/heads/main",
                T,
            ),
            (
                json!({"attribute_condition": "assertion['repository'] == 'acme/web'"}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:ref:refs/heads/main",
                T,
            ),
            (json!({"attribute_condition": "assertion.repository =="}), "token.actions.githubusercontent.com", "repo:acme/web:ref:refs/heads/main", U),
            (
                json!({"claims_expression": "claims['sub'] matches 'repo:acme/web:ref:refs/heads/*'"}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:ref:refs/heads/main",
                T,
            ),
            (
                json!({"claims_expression": "claims['sub'] matches 'repo:acme/web:ref:refs/heads/*'"}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:environment:prod",
                F,
            ),
            (
                json!({"claims_expression": "claims['sub'] matches 'repo:acme/web:ref:refs/heads/*'"}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:pull_request",
                F,
            ),
            (
                json!({"claims_expression": "claims['sub'] eq 'repo:acme/web:ref:refs/heads/main' and claims['repository'] eq 'acme/web'"}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:ref:refs/heads/main",
                T,
            ),
            (
                json!({"claims_expression": "claims['sub'] matches 'repo:acme/*' and claims['job_workflow_ref'] matches 'x/*'"}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:ref:refs/heads/main",
                U,
            ),
            (json!({"subject": "repo:acme/web:environment:prod"}), "token.actions.githubusercontent.com", "repo:acme/web:environment:prod", T),
            (json!({"subject": "repo:acme/web:environment:prod"}), "token.actions.githubusercontent.com", "repo:acme/web:pull_request", F),
            (json!({"bound": {"bound_claims": {"repository": "acme/web"}}}), "token.actions.githubusercontent.com", "repo:acme/web:ref:refs/heads/main", T),
            (json!({"bound": {"bound_claims": {"repository": "acme/*"}}}), "token.actions.githubusercontent.com", "repo:acme/web:ref:refs/heads/main", F),
            (
                json!({"bound": {"bound_claims_type": "glob", "bound_claims": {"repository": "acme/*"}}}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:ref:refs/heads/main",
                T,
            ),
            (
                json!({"bound": {"bound_subject": "repo:acme/web:ref:refs/heads/main"}}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:environment:prod",
                F,
            ),
            (
                json!({"bound": {"bound_claims": {"repository": ["acme/a", "acme/web"], "ref": "refs/heads/main"}}}),
                "token.actions.githubusercontent.com",
                "repo:acme/web:ref:refs/heads/main",
                T,
            ),
            (json!({"bound": {"bound_claims": {"actor": "x"}}}), "token.actions.githubusercontent.com", "repo:acme/web:ref:refs/heads/main", U),
        ];
        for (trust, issuer, subject, expected) in cases {
            let attributes = trust.as_object().expect("an object").clone().into_iter().collect();
            assert_eq!(admits(&attributes, &Claims::of(issuer, subject)), Some(expected), "{trust} against {subject}");
        }
    }
}
