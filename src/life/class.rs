//! How long-lived a credential is, and an identity by its credentials.

use serde_json::Value;

use super::{living, times};
use crate::graph::{Graph, GraphNode};
use crate::model::{Kind, NodeId};

/// Credentials that end only when somebody ends them, whatever their issuer.
const ENDLESS: &[&str] = &[
    "api-key",
    "aws-access-key",
    "aws-bedrock-api-key",
    "azure-connection-string",
    "azure-storage-key",
    "basic-auth",
    "bot-token",
    "db-url",
    "encryption-key",
    "gcp-api-key",
    "gcp-hmac-key",
    "gcp-sa-key",
    "k8s-sa-token",
    "oauth-client-secret",
    "oauth-refresh-token",
    "package-token",
    "password",
    "pgp-private-key",
    "private-key",
    "registry-auth",
    "signing-key",
    "ssh-private-key",
    "webhook-secret",
    "webhook-url",
];

/// Classes from the shortest-lived on; of several credentials the last one counts.
const ORDER: &[&str] = &["expired", "federated", "short", "medium", "long", "static"];

pub(super) fn assign(graph: &mut Graph, now: i64) {
    let (credentials, identities): (Vec<NodeId>, Vec<NodeId>) =
        living(graph).into_iter().partition(|id| graph.node(id).is_some_and(|n| n.key.kind == Kind::Credential));
    for id in credentials {
        let found = graph.node(&id).and_then(|n| of_credential(n, now));
        write(graph, &id, found);
    }
    for id in identities {
        let found = graph.node(&id).and_then(|n| of_identity(graph, n));
        write(graph, &id, found);
    }
}

fn write(graph: &mut Graph, id: &NodeId, found: Option<(&'static str, &'static str)>) {
    if let (Some((class, basis)), Some(node)) = (found, graph.nodes.get_mut(id)) {
        node.attributes.insert("lifetime_class".into(), Value::from(class));
        node.attributes.insert("lifetime_basis".into(), Value::from(basis));
    }
}

fn of_span(seconds: i64) -> &'static str {
    match seconds {
        // Twelve hours and ninety days.
        i64::MIN..=43_200 => "short",
        43_201..=7_776_000 => "medium",
        _ => "long",
    }
}

fn of_credential(node: &GraphNode, now: i64) -> Option<(&'static str, &'static str)> {
    if let Some(expires) = node.time("expires") {
        if expires <= now {
            return Some(("expired", "stated"));
        }
        // Without its beginning, what is left of it is the least it can be.
        let from = node.time("created").filter(|c| *c < expires).unwrap_or(now);
        return Some((of_span(expires - from), "stated"));
    }
    if let Some(seconds) = times::lifetime(node) {
        return Some((of_span(seconds), "stated"));
    }
    let stated = node.text("lifetime_class").filter(|_| !matches!(node.text("lifetime_basis"), Some("kind")));
    if let Some(class) = stated.and_then(|s| ORDER.iter().find(|c| **c == s)) {
        return Some((class, "stated"));
    }
    let subtype = &*node.key.subtype;
    match subtype {
        "session-token" => Some(("medium", "kind")),
        // Its claims were read, and none says when it ends.
        "jwt" if node.text("rule") == Some("jwt") => Some(("static", "stated")),
        // At most two years, when nobody chose less.
        "entra-client-secret" | "entra-client-cert" => Some(("long", "kind")),
        _ => ENDLESS.contains(&subtype).then_some(("static", "kind")),
    }
}

fn of_identity(graph: &Graph, node: &GraphNode) -> Option<(&'static str, &'static str)> {
    if node.key.subtype == "ci-job-token" {
        return Some(("short", "kind"));
    }
    let credentials = graph.ending_at(node.id()).filter(|e| e.relation.name == "authenticates_as").filter_map(|e| graph.node(&e.from));
    let longest = credentials
        .filter(|c| c.text("state") != Some("history-only"))
        .filter_map(|c| ORDER.iter().position(|o| Some(*o) == c.text("lifetime_class")))
        .max()
        .map(|i| ORDER[i]);
    if let Some(class) = longest {
        return Some((class, "credentials"));
    }
    let trusted = graph.out(node.id()).any(|e| e.relation.name == "trusts");
    let style = node.text("auth_style");
    (trusted || matches!(style, Some("federated" | "workload"))).then_some(("federated", "trust"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Key;

    const HOUR: i64 = 3_600;
    const DAY: i64 = 24 * HOUR;

    #[test]
    fn the_class_follows_from_times_then_words_then_kind() {
        let now = 1_767_225_600;
        let class = |subtype: &str, attributes: &[(&str, Value)]| {
            let mut graph = Graph::default();
            let key = Key::new(Kind::Credential, subtype.to_owned(), "cred:x/1");
            let node = graph.ensure(&key);
            attributes.iter().for_each(|(k, v)| drop(node.attributes.insert((*k).to_owned().into(), v.clone())));
            assign(&mut graph, now);
            graph.node("cred:x/1").and_then(|n| n.text("lifetime_class")).map(str::to_owned)
        };
        for (subtype, attributes, expected) in [
            ("pat", vec![], None),
            ("password", vec![], Some("static")),
            ("jwt", vec![("rule", Value::from("jwt"))], Some("static")),
            ("jwt", vec![("expires", Value::from(now - 1))], Some("expired")),
            ("jwt", vec![("expires", Value::from(now + HOUR)), ("created", Value::from(now - DAY))], Some("medium")),
            ("azure-sas", vec![("expires", Value::from("2036-01-01"))], Some("long")),
            ("pat", vec![("lifetime", Value::from("12h"))], Some("short")),
            ("password", vec![("lifetime", Value::from("90d"))], Some("medium")),
        ] {
            assert_eq!(class(subtype, &attributes).as_deref(), expected, "{subtype} {attributes:?}");
        }
    }
}
