//! Environment files: every key that may hold a secret is a slot.

use crate::document::{Document, Node};
use crate::model::{Facts, Key, Kind};

/// Parts of a name that say that it holds a secret.
const SECRET_WORDS: &[&str] =
    &["PASSWORD", "PASSWD", "SECRET", "TOKEN", "KEY", "PASS", "CREDENTIAL", "DSN", "DATABASE_URL", "DB_URL", "AUTH", "PRIVATE", "WEBHOOK", "CONNECTION"];

/// Whether a variable's name says that it holds a secret.
pub(super) fn is_secret_name(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    SECRET_WORDS.iter().any(|w| upper.contains(w)) && !["_FILE", "_PATH", "_NAME", "_TTL", "PUBLIC_KEY", "KEYBOARD"].iter().any(|w| upper.ends_with(w))
}

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let Ok(trees) = document.trees() else { return };
    for (name, value) in trees.iter().flat_map(|t| t.get("")).flat_map(Node::entries) {
        let Some(name) = name.str().filter(|n| is_secret_name(n)) else { continue };
        let slot = Key::new(Kind::Location, "file", format!("{}#{name}", document.file_id()));
        facts.declare(&slot, name, document.at(value)).attr("store", "file").attr("protection", "plaintext");
        facts.holds(&slot, document.at(value));
    }
}
