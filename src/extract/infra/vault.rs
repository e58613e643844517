//! Policies of Vault: which paths they open, and how far.

use crate::document::{Document, Node, parse_hcl_inside};
use crate::extract::note;
use crate::model::{Facts, Key, Kind, Level, Location};
use crate::relation::PERMITS;

/// Rules of one policy that are read.
const MAX_RULES: usize = 2_000;

/// Whether the file is a policy.
pub(super) fn matches(path: &str, head: &[u8]) -> bool {
    let has = |word: &[u8]| memchr::memmem::find(head, word).is_some();
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
pub(in crate::extract) fn policy_id(body: &str, name: &str) -> String {
    format!("vault-policy:{{{body}}}/{name}")
}

/// The id of a path; the second version of the key-value store puts a segment in between that means nothing.
pub(in crate::extract) fn path_id(body: &str, path: &str) -> String {
    format!("vault:{{{body}}}/{}", plain(path))
}

fn plain(path: &str) -> String {
    let path = path.trim_matches('/');
    ["/data/", "/metadata/"].iter().find_map(|middle| path.split_once(middle)).map_or_else(|| path.to_owned(), |(mount, rest)| format!("{mount}/{rest}"))
}

/// What a policy permits, rule by rule.
pub(in crate::extract) fn rules(body: &str, policy: &Key, tree: &Node, at: &dyn Fn(&Node) -> Location, facts: &mut Facts) {
    let rules = tree.all("path").flat_map(Node::entries).take(MAX_RULES);
    for (path, rule) in rules {
        let Some(path) = path.str() else { continue };
        let capabilities: Vec<String> = rule.get("capabilities").map(Node::items).unwrap_or_default().iter().filter_map(Node::str).map(str::to_owned).collect();
        permit(&format!("{{{body}}}"), policy, path, &capabilities, at(rule), facts);
    }
}

/// Beginnings of paths by which Vault itself is ruled.
const OWN: &[&str] = &["sys/", "auth/", "identity/"];

/// One rule of a policy: what its path opens, and how far. `scope` stands for the Vault.
pub(in crate::extract) fn permit(scope: &str, policy: &Key, path: &str, capabilities: &[String], at: Location, facts: &mut Facts) {
    let level = level(path, capabilities);
    let own = OWN.iter().any(|p| path.starts_with(p)) || path == "*";
    let target = if own {
        Key::new(Kind::Resource, "secret-store", format!("vault:{scope}"))
    } else {
        Key::new(Kind::Location, "vault-path", format!("vault:{scope}/{}", plain(path)))
    };
    let target_node = facts.mention(&target, if own { "Vault" } else { path }, at.clone());
    target_node.attr("store", "vault");
    if !own {
        target_node.attr("protection", "managed-store");
    }
    let actions: Vec<String> = capabilities.iter().map(|c| format!("{c} {path}")).collect();
    let effect = if level == Level::None { "deny" } else { "allow" };
    facts.relate(policy, &PERMITS, &target, at.clone()).attr("effect", effect).attr("level", level.name()).attr("actions", actions.clone()).attr("scope", path);
    // Whoever writes a role of a login method, or makes its secret ids, logs in as it.
    if let Some((mount, name)) = login(path).filter(|_| level == Level::Admin) {
        let role = Key::new(Kind::Identity, "vault-role", format!("vault-role:{scope}/{mount}/{name}"));
        facts.mention(&role, name, at.clone());
        facts.relate(policy, &PERMITS, &role, at).attr("effect", "allow").attr("level", level.name()).attr("actions", actions).attr("scope", path);
    }
}

/// Mount and role of `auth/approle/role/web/secret-id`.
fn login(path: &str) -> Option<(&str, &str)> {
    let (mount, rest) = path.strip_prefix("auth/")?.split_once("/role/")?;
    let name = rest.split('/').next().filter(|n| !n.is_empty() && !n.contains(['*', '+', '$', '{']))?;
    Some((mount, name))
}

/// How far capabilities go on a path (domain specification, 6.2).
fn level(path: &str, capabilities: &[String]) -> Level {
    let can = |names: &[&str]| capabilities.iter().any(|c| names.contains(&c.as_str()));
    let rules_itself = OWN.iter().any(|p| path.starts_with(p));
    if can(&["deny"]) {
        Level::None
    } else if can(&["sudo", "root"]) || (path == "*" || rules_itself) && can(&["create", "update", "write", "patch"]) {
        Level::Admin
    } else if can(&["read"]) && !rules_itself {
        Level::SecretRead
    } else if can(&["create", "update", "write", "patch", "delete"]) {
        Level::Write
    } else if can(&["read"]) {
        Level::ReadMeta
    } else {
        Level::List
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_and_its_capabilities_make_a_level() {
        let of = |path: &str, capabilities: &[&str]| level(path, &capabilities.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>());
        assert_eq!(of("secret/data/*", &["read", "list"]), Level::SecretRead);
        assert_eq!(of("sys/policies/acl/*", &["create", "update"]), Level::Admin);
        assert_eq!(of("sys/health", &["read"]), Level::ReadMeta);
        assert_eq!(of("secret/data/x", &["deny"]), Level::None);
        assert_eq!(login("auth/approle/role/web/secret-id"), Some(("approle", "web")));
        assert_eq!(login("auth/approle/role/*"), None);
    }
}
