//! The file of a policy of Google that denies (`gcloud iam policies create --policy-file`): whom and what; the command says where.

use super::google::{DENIES, Denial};
use crate::document::{Document, Node};
use crate::extract::note;
use crate::model::{Facts, Key, Kind};

/// Rules of one policy that are kept.
const MAX_RULES: usize = 200;

pub(super) fn matches(path: &str, head: &[u8]) -> bool {
    [".json", ".yaml", ".yml"].iter().any(|e| path.ends_with(e)) && memchr::memmem::find(head, b"denyRule").is_some()
}

/// The policy that a file of the repository holds.
pub(in crate::extract) fn policy(repository: &str, path: &str) -> Key {
    Key::new(Kind::Policy, DENIES, format!("gcp-deny:{repository}//{path}"))
}

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let trees = match document.trees() {
        Ok(trees) => trees,
        Err(reason) => return note(document, facts, reason),
    };
    let texts =
        |rule: &Node, name: &str| -> Vec<String> { rule.get(name).into_iter().flat_map(Node::items).filter_map(Node::str).map(str::to_owned).collect() };
    for root in trees {
        let rules: Vec<serde_json::Value> = root
            .get("rules")
            .into_iter()
            .flat_map(Node::items)
            .filter_map(|r| r.get("denyRule"))
            .take(MAX_RULES)
            .map(|rule| Denial {
                principals: texts(rule, "deniedPrincipals"),
                but_principals: texts(rule, "exceptionPrincipals"),
                permissions: texts(rule, "deniedPermissions"),
                but_permissions: texts(rule, "exceptionPermissions"),
                conditional: rule.get("denialCondition").is_some(),
            })
            .map(Denial::attribute)
            .collect();
        if !rules.is_empty() {
            let name = root.get_str("displayName").unwrap_or(document.name());
            facts.declare(&policy(document.repository_body(), &document.path), name, document.at(root)).attr("denies", rules);
        }
    }
}
