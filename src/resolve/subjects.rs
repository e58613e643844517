//! Subjects that can have tokens, found by the part that trusts rarely leave open.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::conditions::{self, Tri};
use crate::graph::Graph;
use crate::model::{Attributes, Kind, NodeId};

/// Part of a subject to the nodes and subjects that hold it.
pub(super) type ByPart<'a> = BTreeMap<String, Vec<(&'a NodeId, &'a str)>>;

/// Subjects that can have tokens, so that a trust is tried only on those that it may admit.
pub(super) struct Subjects<'a> {
    /// By issuer, then by the part of the subject that patterns rarely leave open; subjects that leave it open stand under the empty text.
    pub of_issuer: BTreeMap<&'a str, ByPart<'a>>,
    /// Accounts of Kubernetes by their subject.
    accounts: BTreeMap<String, Vec<&'a NodeId>>,
    /// Service connections of Azure DevOps by their name.
    connections: BTreeMap<&'a str, Vec<&'a NodeId>>,
}

impl<'a> Subjects<'a> {
    pub(super) fn of(graph: &'a Graph) -> Self {
        let mut subjects = Subjects { of_issuer: BTreeMap::new(), accounts: BTreeMap::new(), connections: BTreeMap::new() };
        for node in graph.of_kind(Kind::Identity) {
            if let Some((issuer, text)) = node.id().strip_prefix("oidc:").and_then(|s| s.split_once("::")) {
                let parts = subjects.of_issuer.entry(issuer).or_default();
                parts.entry(anchor(text).unwrap_or_default()).or_default().push((node.id(), text));
            } else if let Some((_, name)) = node.id().strip_prefix("azdo-sc:").and_then(|r| r.rsplit_once('/')) {
                subjects.connections.entry(name).or_default().push(node.id());
            } else if node.key.subtype == "k8s-service-account"
                && let Some((namespace, name)) = kubernetes_subject(node.id())
            {
                subjects.accounts.entry(format!("system:serviceaccount:{namespace}:{name}")).or_default().push(node.id());
            }
        }
        subjects
    }

    /// Subjects of an issuer that a trust may admit: those that share an anchor with it, those that have none, or all.
    pub(super) fn tried<'s>(&'s self, issuer: &str, trust: &Attributes) -> Vec<&'s (&'a NodeId, &'a str)> {
        let Some(parts) = self.of_issuer.get(issuer) else { return Vec::new() };
        match anchors(trust) {
            Some(anchors) => anchors.iter().map(String::as_str).chain([""]).filter_map(|a| parts.get(a)).flatten().collect(),
            None => parts.values().flatten().collect(),
        }
    }

    /// The service connection that a subject such as `sc://acme/shop/prod` names; perhaps, when nothing tells the organisation of the pipeline.
    pub(super) fn connections(&self, subject: &str) -> Vec<(&'a NodeId, Tri)> {
        let Some((scope, name)) = subject.strip_prefix("sc://").and_then(|r| r.rsplit_once('/')) else { return Vec::new() };
        let judged = |id: &'a NodeId| {
            let own = id.strip_prefix("azdo-sc:")?.strip_suffix(name)?.strip_suffix('/')?;
            let open = own.starts_with('{');
            (open || own.eq_ignore_ascii_case(scope)).then_some((id, if open { Tri::Unknown } else { Tri::True }))
        };
        self.connections.get(name).into_iter().flatten().copied().filter_map(judged).collect()
    }

    /// Accounts of Kubernetes that a trust may admit.
    pub(super) fn accounts(&self, trust: &Attributes) -> Vec<(&str, &NodeId)> {
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

/// Namespace and name in `k8s:{…}/ns/ServiceAccount/name`.
fn kubernetes_subject(id: &str) -> Option<(&str, &str)> {
    let (before, name) = id.rsplit_once("/ServiceAccount/")?;
    Some((before.rsplit('/').next()?, name))
}

/// Patterns of the subjects that a trust names, as its conditions state them.
pub(super) fn patterns(trust: &Attributes) -> Vec<String> {
    if let Some(subject) = trust.get("subject").and_then(Value::as_str) {
        return vec![conditions::exact(subject)];
    }
    let mut out = Vec::new();
    for (operator, tests) in trust.get("conditions").and_then(Value::as_object).into_iter().flatten() {
        let operator = operator.trim_start_matches("ForAnyValue:");
        if !matches!(operator, "StringEquals" | "StringLike") {
            continue;
        }
        for (_, values) in tests.as_object().into_iter().flatten().filter(|(k, _)| k.ends_with(":sub")) {
            let texts = values.as_array().into_iter().flatten().filter_map(Value::as_str).chain(values.as_str());
            out.extend(texts.map(|t| if operator == "StringEquals" { conditions::exact(t) } else { t.to_owned() }));
        }
    }
    out
}
