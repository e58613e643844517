//! Logins in configuration: a user beside a password or a token, whatever the file is for.

use crate::document::{Document, Node, Syntax};
use crate::model::{Basis, Facts, Key, Kind};
use crate::relation::AUTHENTICATES_AS;

/// Keys that hold what a login proves itself with.
const PROOFS: &[&str] = &["password", "passwd", "pass", "token", "api_token", "apitoken", "api_key", "apikey", "secret"];

/// Keys that name a login by themselves.
const NAMES: &[&str] = &["username", "user_name", "user", "login"];

/// Keys that name a login when the list that it stands in is one of logins.
const NAMES_IN_LISTS: &[&str] = &["id", "name", "email"];

/// Keys of such lists and maps.
const LISTS: &[&str] = &["users", "accounts", "logins", "serviceaccounts", "localusers", "admins"];

/// Logins of one file that are said; a dump of more is data, and not configuration.
const MAX_LOGINS: usize = 500;

pub(super) fn matches(path: &str, head: &[u8]) -> bool {
    use crate::document::syntax_of;
    let structured = matches!(syntax_of(path), Syntax::Yaml | Syntax::Json | Syntax::Toml);
    // Manifests, workflows and states have extractors of their own, which know what their keys mean.
    structured && !path.contains(".tfstate") && !path.contains(".github/") && memchr::memmem::find(head, b"apiVersion").is_none()
}

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let lower = document.bytes.to_ascii_lowercase();
    let has = |word: &str| memchr::memmem::find(&lower, word.as_bytes()).is_some();
    // Most files are told apart without being parsed.
    if !(has("password") || has("passwd") || has("token") || has("secret")) || !(has("user") || has("login") || has("account") || has("admins")) {
        return;
    }
    // A file that does not parse is the note of the extractor whose format it is.
    let Ok(trees) = document.trees() else { return };
    let mut left = MAX_LOGINS;
    for tree in trees {
        tree.walk(&mut |pointer, node| {
            if left > 0 && node.is_map() && login(document, pointer, node, facts) {
                left -= 1;
            }
        });
    }
}

fn literal(value: &Node) -> Option<&str> {
    value.str().filter(|s| !s.is_empty() && s.len() < 200 && !s.contains("${") && !s.contains("{{") && !s.starts_with(['$', '<', '%']))
}

fn login(document: &Document, pointer: &str, body: &Node, facts: &mut Facts) -> bool {
    let proofs: Vec<(&str, &Node)> = body
        .entries()
        .filter_map(|(k, v)| Some((k.str()?, v)))
        .filter(|(k, v)| PROOFS.contains(&k.to_ascii_lowercase().as_str()) && literal(v).is_some())
        .collect();
    if proofs.is_empty() {
        return false;
    }
    let find = |names: &[&str]| {
        body.entries()
            .find(|(k, v)| k.str().is_some_and(|k| names.contains(&k.to_ascii_lowercase().as_str())) && literal(v).is_some())
            .and_then(|(_, v)| literal(v))
    };
    let mut above = pointer.rsplit('/').map(|s| s.to_ascii_lowercase().replace(['_', '-'], ""));
    let (own, parent) = (above.next().unwrap_or_default(), above.next().unwrap_or_default());
    let listed = LISTS.contains(&parent.as_str());
    let keyed = pointer.rsplit('/').next().filter(|_| listed && own.parse::<u32>().is_err());
    let Some(name) = find(NAMES).or_else(|| find(NAMES_IN_LISTS).filter(|_| listed && keyed.is_none())).or(keyed) else { return false };
    let at = document.at(body);
    let account = Key::new(Kind::Identity, "saas-account", format!("account:{}#{name}", document.repository_body()));
    facts.declare(&account, name, at).confidence(0.8).attr("auth_style", "static");
    for (key, value) in proofs {
        let at = document.at(value);
        let slot = Key::new(Kind::Location, "file", format!("{}#{pointer}/{key}", document.file_id()));
        facts.declare(&slot, format!("{name}.{key}"), at.clone()).attr("store", "file").attr("protection", "plaintext");
        facts.holds(&slot, at.clone());
        facts.relate(&slot, &AUTHENTICATES_AS, &account, at).basis(Basis::Evaluated);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logins(path: &str, text: &str) -> Vec<String> {
        let document = Document::new("repo:github.com/acme/web".into(), path, text.as_bytes().to_vec(), None);
        let mut facts = Facts::default();
        read(&document, &mut facts);
        let mut names: Vec<String> = facts.edges.iter().map(|e| e.to.id.rsplit('#').next().unwrap_or_default().to_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_login_is_a_name_beside_a_proof() {
        assert_eq!(logins("a.yaml", "users:\n  ci-bot:\n    email: ci@example.org\n    token: made-up\n"), ["ci-bot"]);
        assert_eq!(logins("a.json", r#"{"realm": {"users": [{"id": "admin", "password": "made-up"}]}}"#), ["admin"]);
        assert_eq!(logins("a.toml", "[mail]\nuser = \"sender\"\npassword = \"made-up\"\n"), ["sender"]);
        assert!(logins("a.yaml", "user: x\npassword: ${MAIL_PASSWORD}\n").is_empty(), "a reference proves nothing");
        assert!(logins("a.yaml", "name: x\nsecret: made-up\n").is_empty(), "a name is not always that of a login");
    }
}
