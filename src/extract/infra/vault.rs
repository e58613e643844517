//! Policies of Vault: which paths they open, and how far.

use crate::document::{Document, Node, parse_hcl_inside};
use crate::extract::note;
use crate::model::{Facts, Key, Kind, Level, Location};
use crate::relation::PERMITS;

/// Rules of one policy that are read.
const MAX_RULES: usize = 2_000;

/// Whether the file is a policy.
pub(super) fn matches(path: &str, head: &[u8]) -> bool {
    let has = |word: &[u8]| head.windows(word.len()).any(|w| w == word);
    (path.ends_with(".hcl") || path.ends_with(".policy")) && has(b"path ") && has(b"capabilities")
}

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let name = document.name().rsplit_once('.').map_or(document.name(), |(stem, _)| stem);
    let policy = Key::new(Kind::Policy, "vault-policy", policy_id(document.repository_body(), name));
    match parse_hcl_inside(&document.text(), 1) {
        Ok(tree) => {
            facts.declare(&policy, name, document.at(&tree)).attr("provider", "vault");
            rules(document.repository_body(), &policy, &tree, &|node| document.at(node), facts);
        }
        Err(reason) => note(document, facts, reason),
    }
}

/// The id of a policy: one repository stands for one Vault.
pub(super) fn policy_id(body: &str, name: &str) -> String {
    format!("vault-policy:{{{body}}}/{name}")
}

/// The id of a path; the second version of the key-value store puts a segment in between that means nothing.
pub(in crate::extract) fn path_id(body: &str, path: &str) -> String {
    let path = path.trim_matches('/');
    let path =
        ["/data/", "/metadata/"].iter().find_map(|middle| path.split_once(middle)).map_or_else(|| path.to_owned(), |(mount, rest)| format!("{mount}/{rest}"));
    format!("vault:{{{body}}}/{path}")
}

fn rules(body: &str, policy: &Key, tree: &Node, at: &dyn Fn(&Node) -> Location, facts: &mut Facts) {
    let rules = tree.all("path").flat_map(Node::entries).take(MAX_RULES);
    for (path, rule) in rules {
        let Some(path) = path.str() else { continue };
        let capabilities: Vec<&str> = rule.get("capabilities").map(Node::items).unwrap_or_default().iter().filter_map(Node::str).collect();
        let place = at(rule);
        let whole = Key::new(Kind::Location, "vault-path", path_id(body, path));
        facts.mention(&whole, path, place.clone()).attr("store", "vault").attr("protection", "managed-store");
        let edge = facts.relate(policy, &PERMITS, &whole, place);
        edge.attr("effect", if capabilities.contains(&"deny") { "deny" } else { "allow" });
        edge.attr("level", level(path, &capabilities).name()).attr("actions", capabilities.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>());
    }
}

/// How far capabilities go on a path (domain specification, 6.2).
fn level(path: &str, capabilities: &[&str]) -> Level {
    let has = |words: &[&str]| words.iter().any(|w| capabilities.contains(w));
    let administers = path == "*" || path.starts_with("sys/") || path.starts_with("auth/") || path.starts_with("identity/");
    if has(&["sudo", "root"]) || administers && has(&["create", "update", "write", "patch"]) {
        Level::Admin
    } else if has(&["read"]) {
        Level::SecretRead
    } else if has(&["create", "update", "write", "patch", "delete"]) {
        Level::Write
    } else {
        Level::List
    }
}
