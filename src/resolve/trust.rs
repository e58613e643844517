//! Who a trust admits: subjects of tokens against the conditions of the identity that they ask to become (domain specification, 3.5).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::cel;
use super::claims::Claims;
use super::conditions::{self, Tri};
use super::patterns::{meet, witness};
use super::subjects::{Subjects, patterns};
use crate::graph::{Edge, Graph, GraphNode};
use crate::model::{Attributes, Basis, Condition, Kind, NodeId};
use crate::relation::CAN_ASSUME;

/// Whether a trust admits a token with these claims, in the language of whoever states it. Numbers that a trust gives beside names
/// (`repo:acme@12/web@34:…`) are compared when the subject has them, too: of one that a file names by words nobody knows them.
pub(super) fn admits(trust: &Attributes, claims: &Claims) -> Option<Tri> {
    admits_as_stated(fitting(trust, without_numbers(trust).as_ref(), &claims.subject), claims)
}

/// Of a trust and the same without numbers, the one that a subject is compared with.
fn fitting<'t>(stated: &'t Attributes, named: Option<&'t Attributes>, subject: &str) -> &'t Attributes {
    named.filter(|_| !is_numbered(subject)).unwrap_or(stated)
}

/// Whether a text gives numbers beside names: `acme@12`.
fn is_numbered(text: &str) -> bool {
    text.split('@').skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// `repo:acme@12/web@34:ref:…` to `repo:acme/web:ref:…`.
pub(super) fn plain(text: &str) -> String {
    let mut pieces = text.split('@');
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let rest = piece.trim_start_matches(|c: char| c.is_ascii_digit());
        if rest.len() == piece.len() || !(rest.is_empty() || rest.starts_with(['/', ':'])) {
            out.push('@');
            out.push_str(piece);
        } else {
            out.push_str(rest);
        }
    }
    out
}

/// The trust without the numbers that it gives beside names, if it gives any.
pub(super) fn without_numbers(trust: &Attributes) -> Option<Attributes> {
    fn strip(value: &Value) -> Value {
        match value {
            Value::String(text) => Value::from(plain(text)),
            Value::Array(items) => items.iter().map(strip).collect(),
            Value::Object(map) => map.iter().map(|(k, v)| (k.clone(), strip(v))).collect(),
            other => other.clone(),
        }
    }
    fn gives(value: &Value) -> bool {
        match value {
            Value::String(text) => is_numbered(text),
            Value::Array(items) => items.iter().any(gives),
            Value::Object(map) => map.values().any(gives),
            _ => false,
        }
    }
    trust.values().any(gives).then(|| trust.iter().map(|(k, v)| (k.clone(), strip(v))).collect())
}

fn admits_as_stated(trust: &Attributes, claims: &Claims) -> Option<Tri> {
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

pub(super) fn apply(graph: &mut Graph) -> bool {
    let subjects = Subjects::of(graph);
    let mut drawn: Vec<(NodeId, NodeId, f64, Tri, Arc<str>)> = Vec::new();
    for identity in graph.of_kind(Kind::Identity) {
        for trust in graph.out(identity.id()).filter(|e| e.relation.name == "trusts") {
            let Some(issuer) = trust.to.strip_prefix("oidc-provider:") else { continue };
            if issuer.starts_with("vstoken.dev.azure.com")
                && let Some(subject) = trust.text("subject")
            {
                let admitted = subjects.connections(subject).into_iter().filter(|(id, _)| *id != identity.id());
                drawn.extend(admitted.map(|(id, known)| (id.clone(), identity.id().clone(), 1.0, known, trust.id.clone())));
                continue;
            }
            let named = without_numbers(&trust.attributes);
            let tried: BTreeSet<&(&NodeId, &str)> =
                [Some(&trust.attributes), named.as_ref()].into_iter().flatten().flat_map(|t| subjects.tried(issuer, t)).collect();
            let tokens = tried.into_iter().map(|(id, text)| (*id, (*text).to_owned(), 1.0));
            let accounts = if names_subject(&trust.attributes) { subjects.accounts(&trust.attributes) } else { Vec::new() };
            let accounts = accounts.into_iter().map(|(text, id)| (id, text.to_owned(), 0.9));
            for (subject, text, confidence) in tokens.chain(accounts).filter(|(id, ..)| *id != identity.id()) {
                let stated = fitting(&trust.attributes, named.as_ref(), &text);
                if let Some(known) = admits_as_stated(stated, &Claims::of(issuer, &text)).filter(|k| *k != Tri::False) {
                    drawn.push((subject.clone(), identity.id().clone(), confidence, known, trust.id.clone()));
                }
            }
        }
    }
    drawn.extend(pools(graph, &subjects));
    drawn.extend(writers(graph));
    let mut changed = false;
    for (from, to, confidence, known, via) in drawn {
        let condition = if known == Tri::True { Condition::True } else { Condition::Unknown };
        let told = told(graph, &from, &via);
        let mut edge = Edge::derived(from, &CAN_ASSUME, to, (Basis::Exact, confidence), condition, vec![via]);
        edge.attributes = told;
        changed |= graph.add_edge(edge);
    }
    changed
}

/// Repositories whose writers one trust is tried on; one in more than that is told by its breadth alone.
const MAX_WRITERS: usize = 200;

/// Whoever writes to a repository can push a branch with a job of any shape: a trust in the whole repository, or more, is one in them all.
fn writers(graph: &Graph) -> Vec<(NodeId, NodeId, f64, Tri, Arc<str>)> {
    let parties: BTreeMap<&str, &NodeId> =
        graph.nodes.with_prefix("class:repo-writer@repo:").filter_map(|n| Some((n.id().rsplit_once("@repo:")?.1, n.id()))).collect();
    let mut drawn = Vec::new();
    if parties.is_empty() {
        return drawn;
    }
    for identity in graph.of_kind(Kind::Identity) {
        for trust in graph.out(identity.id()).filter(|e| e.relation.name == "trusts" && matches!(e.text("breadth"), Some("world" | "org" | "repo"))) {
            let Some(issuer) = trust.to.strip_prefix("oidc-provider:") else { continue };
            // Where every subject names its repository in full, those are all that it can mean.
            let named: Option<Vec<String>> = patterns(&trust.attributes).iter().map(|p| repository_of(issuer, p)).collect();
            let tried: Vec<(&str, &NodeId)> = match named.filter(|n| !n.is_empty()) {
                Some(named) => named.iter().filter_map(|n| parties.get_key_value(n.as_str())).map(|(r, p)| (*r, *p)).collect(),
                None => parties.iter().map(|(r, p)| (*r, *p)).take(MAX_WRITERS).collect(),
            };
            for (repository, party) in tried {
                let Some(subject) = any_branch(issuer, repository) else { continue };
                let admitted = admits(&trust.attributes, &Claims::of(issuer, &subject)).filter(|k| *k == Tri::True);
                drawn.extend(admitted.map(|known| (party.clone(), identity.id().clone(), 0.9, known, trust.id.clone())));
            }
        }
    }
    drawn
}

/// The repository that a pattern of subjects names, when it names one: `github.com/acme/web`.
fn repository_of(issuer: &str, pattern: &str) -> Option<String> {
    let host = if issuer.starts_with("token.actions.githubusercontent.com") { "github.com" } else { issuer };
    let path = pattern.strip_prefix("repo:").or_else(|| pattern.strip_prefix("project_path:"))?.split(':').next()?;
    (!path.contains(['*', '?'])).then(|| format!("{host}/{}", plain(path)))
}

/// The subject of a job on a branch that nobody has made yet.
fn any_branch(issuer: &str, repository: &str) -> Option<String> {
    let (host, path) = repository.split_once('/')?;
    match host {
        "github.com" if issuer.starts_with("token.actions.githubusercontent.com") => Some(format!("repo:{path}:ref:refs/heads/any-branch")),
        _ if issuer == host && host.contains("gitlab") => Some(format!("project_path:{path}:ref_type:branch:ref:any-branch")),
        _ => None,
    }
}

/// How wide the trust is, and a subject that it admits and that this one can have.
fn told(graph: &Graph, subject: &str, trust: &Arc<str>) -> Attributes {
    let mut out = Attributes::new();
    let Some(trust) = graph.edges.get(trust).filter(|e| e.relation.name == "trusts") else { return out };
    if let Some(breadth) = trust.text("breadth") {
        out.insert("breadth".into(), Value::from(breadth));
    }
    if let Some((_, own)) = subject.strip_prefix("oidc:").and_then(|s| s.split_once("::")) {
        let named = patterns(&trust.attributes);
        // A trust that names no subject admits whatever the job has.
        let found = if named.is_empty() { witness("*", own) } else { named.iter().find_map(|p| witness(p, own)) };
        if let Some(found) = found {
            out.insert("witness".into(), Value::from(found.replace('\u{1}', "*").replace('\u{2}', "?")));
        }
    }
    out
}

/// The claim that a provider calls an attribute, when it takes it as it is: `attribute.owner` of `assertion.repository_owner`.
fn mapped<'a>(provider: &'a GraphNode, name: &'a str) -> &'a str {
    let stated = provider.attributes.get("attribute_mapping").and_then(|m| m.get(format!("attribute.{name}"))).and_then(Value::as_str);
    stated.and_then(|s| s.trim().strip_prefix("assertion.")).filter(|c| c.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')).unwrap_or(name)
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
                    claims.get(mapped(provider, name)).map_or(Tri::Unknown, |c| Tri::from(meet(&conditions::exact(value), c)))
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
