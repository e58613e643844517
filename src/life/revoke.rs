//! How a credential or an identity is contained and replaced, and how much of that way is known (domain specification, 5.3 and 5.4).

use serde_json::Value;

use super::runbook::{ROWS, Row};
use crate::graph::{Graph, GraphNode};
use crate::model::{Kind, NodeId};

/// What to do, in the order of an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revocation {
    pub contain: &'static str,
    pub rotate: &'static str,
    /// What to know; empty when there is nothing.
    pub note: &'static str,
}

const UNKNOWN: Revocation =
    Revocation { contain: "unknown kind: rotate it at its issuer, and treat it as live until then", rotate: "find its issuer from where it is used", note: "" };

fn row(node: &GraphNode) -> Option<&'static Row> {
    let provider = node.text("provider").or_else(|| node.id().strip_prefix("dbuser:").and_then(|rest| rest.split("://").next()));
    ROWS.iter().find(|r| r.subtypes.contains(&&*node.key.subtype) && (r.providers.is_empty() || provider.is_some_and(|p| r.providers.contains(&p))))
}

/// The row for a node, by its provider and its subtype.
pub fn revocation(node: &GraphNode) -> Revocation {
    row(node).map_or(UNKNOWN, |r| Revocation { contain: r.contain, rotate: r.rotate, note: r.note })
}

/// Ids that are known take the place of their `<…>`.
pub fn fill(text: &str, node: &GraphNode) -> String {
    let mut out = text.to_owned();
    for (hole, value) in known(node) {
        if let Some(value) = value {
            out = out.replace(hole, &value);
        }
    }
    out
}

fn known(node: &GraphNode) -> [(&'static str, Option<String>); 9] {
    let id = node.id();
    let subtype = &*node.key.subtype;
    let k8s = id.strip_prefix("k8s:").map(|rest| rest.rsplitn(4, '/').map(str::to_owned).collect::<Vec<_>>());
    let attribute = |names: &[&str]| names.iter().find_map(|n| node.text(n)).filter(|t| !t.is_empty()).map(str::to_owned);
    [
        ("<key-id>", attribute(&["public_id", "key_id"])),
        ("<account>", id.strip_prefix("gcp-sa:").map(str::to_owned).or_else(|| attribute(&["account_email", "storage_account"]))),
        (
            "<user>",
            match subtype {
                "db-user" | "aws-user" => Some(node.name().to_owned()),
                _ => attribute(&["user"]),
            },
        ),
        ("<app>", id.strip_prefix("entra-app:").or_else(|| id.strip_prefix("entra-sp:")).map(str::to_owned).or_else(|| attribute(&["client_id"]))),
        ("<namespace>", k8s.as_ref().and_then(|p| p.get(2).cloned()).filter(|n| n != "-")),
        ("<name>", k8s.as_ref().and_then(|p| p.first().cloned())),
        ("<role>", (subtype == "vault-role").then(|| node.name().to_owned())),
        ("<accessor>", attribute(&["accessor"])),
        ("<repo>", attribute(&["repository"])),
    ]
}

/// Writes `revocation_path`.
pub(super) fn assign(graph: &mut Graph) {
    let deployed = graph.of_kind(Kind::Consumer).any(|c| c.key.subtype == "iac-runner") || graph.edges.values().any(|e| e.relation.name == "deploys");
    let found: Vec<(NodeId, &'static str)> =
        graph.nodes.values().filter(|n| n.key.kind.is_ranked()).map(|n| (n.id().clone(), path(graph, n, deployed))).collect();
    for (id, path) in found {
        if let Some(node) = graph.nodes.get_mut(&id) {
            node.attributes.insert("revocation_path".into(), Value::from(path));
        }
    }
}

/// How much of the way is known: a resource of infrastructure code that can be taken away, a row whose ids are all known, a row, or nothing.
fn path(graph: &Graph, node: &GraphNode, deployed: bool) -> &'static str {
    let managed = graph.out(node.id()).any(|e| e.relation.name == "defined_by");
    if managed && deployed {
        return "automated";
    }
    match row(node) {
        None if managed => "partial",
        None => "none",
        Some(row) if managed || !fill(row.contain, node).contains('<') => "documented",
        Some(_) => "partial",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Key;

    #[test]
    fn a_row_is_found_by_provider_then_by_kind_and_ids_are_filled_in() {
        let mut graph = Graph::default();
        let mut node = |kind, subtype: &str, id: &str, attributes: &[(&str, &str)]| {
            let node = graph.ensure(&Key::new(kind, subtype.to_owned(), id));
            attributes.iter().for_each(|(k, v)| drop(node.attributes.insert((*k).to_owned().into(), Value::from(*v))));
            node.clone()
        };
        let slack = node(Kind::Credential, "bot-token", "cred:bot-token/1", &[("provider", "slack")]);
        assert!(revocation(&slack).contain.contains("auth.revoke"));
        let other = node(Kind::Credential, "bot-token", "cred:bot-token/2", &[("provider", "line")]);
        assert_eq!(revocation(&other).contain, "revoke it at the vendor");
        let key = node(Kind::Credential, "aws-access-key", "cred:aws-access-key/EXAMPLEID", &[("public_id", "EXAMPLEID")]);
        assert!(fill(revocation(&key).contain, &key).contains("--access-key-id EXAMPLEID"));
        let account = node(Kind::Identity, "k8s-service-account", "k8s:{repo//x}/shop/ServiceAccount/api", &[]);
        assert!(fill(revocation(&account).contain, &account).starts_with("kubectl -n shop delete the bindings of api "));
        let user = node(Kind::Identity, "db-user", "dbuser:mysql://db:3306/shop#app", &[]);
        assert!(revocation(&user).contain.contains("ACCOUNT LOCK"));
        assign(&mut graph);
        let path = |id: &str| graph.node(id).and_then(|n| n.text("revocation_path"));
        assert_eq!(path("cred:bot-token/1"), Some("documented"));
        assert_eq!(path("cred:aws-access-key/EXAMPLEID"), Some("partial"), "the user is not known");
    }
}
