//! Environment files: every key that may hold a secret is a slot.

use crate::document::{Document, Node};
use crate::model::{Facts, Key, Kind};

/// Words of a name that say that it holds a secret; two joined by `_` must follow each other.
const SECRET_WORDS: &[&str] = &[
    "PASSWORD",
    "PASSWD",
    "PASS",
    "PWD",
    "PASSPHRASE",
    "SECRET",
    "SECRETS",
    "TOKEN",
    "TOKENS",
    "KEY",
    "KEYS",
    "APIKEY",
    "CREDENTIAL",
    "CREDENTIALS",
    "CREDS",
    "DSN",
    "DATABASE_URL",
    "DB_URL",
    "REDIS_URL",
    "MONGO_URL",
    "MONGO_URI",
    "MONGODB_URI",
    "AMQP_URL",
    "AUTH",
    "PRIVATE",
    "WEBHOOK",
    "CONNECTION",
    "CONN",
    "PAT",
];

/// Endings that say that the variable only points at one, or describes it.
const NOT_SECRET: &[&str] =
    &["_FILE", "_PATH", "_NAME", "_TTL", "_ENABLED", "_LENGTH", "_TYPE", "_EXPIRY", "_EXPIRES", "_HOST", "_PORT", "PUBLIC_KEY", "_ISSUER"];

/// Whether a variable's name says that it holds a secret: by its words, so that `AUTHOR` and `KEYCLOAK_URL` do not.
pub(super) fn is_secret_name(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    let framed = format!("_{}_", upper.replace(['-', '.'], "_"));
    let joined = ["PASSWORD", "PASSWD", "SECRET", "TOKEN", "APIKEY"].iter().any(|w| upper.ends_with(w));
    (joined || SECRET_WORDS.iter().any(|w| framed.contains(&format!("_{w}_")))) && !NOT_SECRET.iter().any(|w| upper.ends_with(w))
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

#[cfg(test)]
mod tests {
    use super::is_secret_name;

    #[test]
    fn words_of_a_name_decide_and_not_its_letters() {
        for name in ["DB_PASSWORD", "apiKey".to_uppercase().as_str(), "GITHUB_TOKEN", "PGPASSWORD", "DATABASE_URL", "STRIPE_SECRET_KEY", "SMTP_PASS"] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["AUTHOR", "KEYCLOAK_URL", "MONKEY", "COMPASS_HOST", "TOKEN_TTL", "PASSWORD_FILE", "KEYBOARD", "SSH_PUBLIC_KEY"] {
            assert!(!is_secret_name(name), "{name}");
        }
    }
}
