//! Statements of databases that make users, give them passwords, and grant them rights.

use crate::document::Document;
use crate::model::{Facts, Key, Kind, Location};
use crate::relation::{AUTHENTICATES_AS, CAN_ACCESS, CAN_ASSUME, GRANTED, PERMITS};

/// Larger files are dumps of data.
const MAX_SIZE: usize = 4 << 20;
/// Statements of a file that are read.
const MAX_STATEMENTS: usize = 5_000;
/// Words of a statement that are read.
const MAX_WORDS: usize = 200;

/// What begins a statement that is of interest.
const BEGINNINGS: &[&str] = &["CREATE", "ALTER", "GRANT"];

/// The id of a user that a statement names: files of a repository speak of one server.
pub(in crate::extract) fn user_id(body: &str, name: &str) -> String {
    format!("dbuser:{{{body}}}#{name}")
}

pub(super) fn read(document: &Document, facts: &mut Facts) {
    if document.bytes.len() > MAX_SIZE {
        return;
    }
    for (line, words) in statements(&document.text()) {
        let at = document.at_line(line);
        let upper: Vec<String> = words.iter().map(|w| w.to_ascii_uppercase()).collect();
        let upper: Vec<&str> = upper.iter().map(String::as_str).collect();
        match upper.as_slice() {
            ["CREATE" | "ALTER", "USER" | "ROLE" | "LOGIN", rest @ ..] => user(document, &words[2..], rest, &at, facts),
            ["GRANT", rest @ ..] => grant(document, &words[1..], rest, &at, facts),
            _ => {}
        }
    }
}

/// Statements of interest as words, with the line where each begins. Words lose their quotes; commas and brackets are blanks.
fn statements(text: &str) -> Vec<(u32, Vec<String>)> {
    let mut out: Vec<(u32, Vec<String>)> = Vec::new();
    let (mut words, mut start, mut skipped): (Vec<String>, u32, bool) = (Vec::new(), 0, false);
    for (number, line) in text.lines().enumerate() {
        let mut rest = line;
        // A comment runs to the end of its line; one inside a text is rare enough.
        if let Some((before, _)) = rest.split_once("-- ").filter(|(b, _)| b.matches('\'').count() % 2 == 0) {
            rest = before;
        }
        if rest.trim_start().starts_with("--") {
            continue;
        }
        while !rest.is_empty() {
            let (part, ended, after) = match end(rest) {
                Some(at) => (&rest[..at], true, &rest[at + 1..]),
                None => (rest, false, ""),
            };
            if words.is_empty() && !skipped {
                let first = part.split_whitespace().next().unwrap_or_default();
                skipped = !first.is_empty() && !BEGINNINGS.iter().any(|b| first.eq_ignore_ascii_case(b));
                start = number as u32 + 1;
            }
            if !skipped && words.len() < MAX_WORDS {
                split(part, &mut words);
            }
            if ended {
                if !words.is_empty() && out.len() < MAX_STATEMENTS {
                    out.push((start, std::mem::take(&mut words)));
                }
                words.clear();
                skipped = false;
            }
            rest = after;
        }
    }
    if !words.is_empty() {
        out.push((start, words));
    }
    out
}

/// The semicolon that ends a statement, outside of texts.
fn end(line: &str) -> Option<usize> {
    let mut quote = None;
    line.char_indices().find_map(|(at, c)| {
        match (quote, c) {
            (None, '\'' | '"' | '`') => quote = Some(c),
            (Some(q), _) if q == c => quote = None,
            (None, ';') => return Some(at),
            _ => {}
        }
        None
    })
}

fn split(part: &str, words: &mut Vec<String>) {
    let (mut word, mut quote) = (String::new(), None);
    for c in part.chars().chain([' ']) {
        match (quote, c) {
            (None, '\'' | '"' | '`') => quote = Some(c),
            (Some(q), _) if q == c => quote = None,
            (None, _) if c.is_whitespace() || matches!(c, ',' | '(' | ')' | '=' | '[' | ']') => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            _ => word.push(c),
        }
    }
}

/// A name that stands for itself; templates and variables do not.
fn plain(name: &str) -> bool {
    !name.is_empty() && name.len() <= 128 && !name.contains(['$', '{', '<', ':', '%', '?'])
}

/// `app@'%'` and `app@localhost` are the user `app`.
fn bare(name: &str) -> &str {
    name.split('@').next().unwrap_or(name)
}

fn identity(document: &Document, name: &str) -> Key {
    Key::new(Kind::Identity, "db-user", user_id(document.repository_body(), bare(name)))
}

fn database(document: &Document, name: &str) -> Key {
    Key::new(Kind::Resource, "database", format!("db:{{{}}}/{}", document.repository_body(), name.to_ascii_lowercase()))
}

fn user(document: &Document, words: &[String], upper: &[&str], at: &Location, facts: &mut Facts) {
    let named = upper.iter().position(|w| !matches!(*w, "IF" | "NOT" | "EXISTS")).unwrap_or(0);
    let Some(name) = words.get(named).filter(|n| plain(bare(n))) else { return };
    let key = identity(document, name);
    facts.declare(&key, bare(name), at.clone()).attr("provider", "database").attr("auth_style", "static");
    let secret = upper.iter().position(|w| matches!(*w, "PASSWORD" | "IDENTIFIED"));
    if secret.is_some_and(|i| upper.get(i + 1).is_some_and(|w| *w != "NULL")) {
        let slot = Key::new(Kind::Location, "file", format!("{}#{}", document.file_id(), bare(name)));
        facts.mention(&slot, format!("password of {}", bare(name)), at.clone()).attr("store", "file").attr("protection", "plaintext");
        facts.relate(&slot, &AUTHENTICATES_AS, &key, at.clone());
        facts.holds(&slot, at.clone());
    }
    if upper.contains(&"SUPERUSER") {
        let everything = database(document, "*");
        facts.mention(&everything, "every database of the server", at.clone());
        facts.relate(&key, &CAN_ACCESS, &everything, at.clone()).attr("level", "admin");
    }
}

/// How far a right of a database goes (domain specification, 6.2).
pub(in crate::extract) fn level(rights: &[&str]) -> &'static str {
    let has = |names: &[&str]| rights.iter().any(|r| names.contains(r));
    if has(&["ALL", "OWNERSHIP", "CONTROL", "SUPER", "OPTION"]) {
        "admin"
    } else if has(&["INSERT", "UPDATE", "DELETE", "TRUNCATE", "CREATE", "ALTER", "DROP", "EXECUTE", "TRIGGER", "INDEX"]) {
        "write"
    } else if has(&["SELECT", "READ"]) {
        "read-data"
    } else {
        "read-meta"
    }
}

/// `GRANT SELECT ON orders TO app`, and `GRANT readers TO app`.
fn grant(document: &Document, words: &[String], upper: &[&str], at: &Location, facts: &mut Facts) {
    let Some(to) = upper.iter().rposition(|w| *w == "TO") else { return };
    let whom: Vec<&String> = words[to + 1..]
        .iter()
        .zip(&upper[to + 1..])
        .take_while(|(_, u)| !matches!(**u, "WITH" | "IDENTIFIED" | "REQUIRE" | "GRANTED"))
        .map(|(w, _)| w)
        .collect();
    let whom = whom.into_iter().filter(|w| plain(bare(w)) && !matches!(w.to_ascii_uppercase().as_str(), "USER" | "ROLE" | "GROUP"));
    let Some(on) = upper[..to].iter().position(|w| *w == "ON") else {
        // A role is given: who holds it has what it has.
        for role in words[..to].iter().zip(upper).filter(|(_, u)| !matches!(**u, "ROLE")).map(|(w, _)| w).filter(|w| plain(w)) {
            let role = identity(document, role);
            for name in whom.clone() {
                let key = identity(document, name);
                facts.mention(&key, bare(name), at.clone());
                facts.mention(&role, role.id.rsplit('#').next().unwrap_or_default().to_owned(), at.clone());
                facts.relate(&key, &CAN_ASSUME, &role, at.clone()).attr("via", "membership");
            }
        }
        return;
    };
    // `ALL TABLES IN SCHEMA x`, `DATABASE x`, `SCHEMA x`, `x.y`.
    let kinds = ["ALL", "TABLES", "SEQUENCES", "FUNCTIONS", "IN", "SCHEMA", "TABLE", "DATABASE", "SEQUENCE", "FUNCTION", "PRIVILEGES"];
    let things = words[on + 1..to].iter().zip(&upper[on + 1..to]).filter(|(_, u)| !kinds.contains(u)).map(|(w, _)| w).filter(|w| plain(w));
    let rights: Vec<&str> = upper[..on].to_vec();
    for thing in things {
        let resource = database(document, thing);
        facts.mention(&resource, thing.clone(), at.clone());
        for name in whom.clone() {
            let key = identity(document, name);
            let policy = Key::new(Kind::Policy, "db-grants", format!("pol:{}#{}", key.id, thing.to_ascii_lowercase()));
            facts.mention(&key, bare(name), at.clone());
            facts.declare(&policy, format!("{} on {thing}", rights.join(", ")), at.clone());
            facts.relate(&key, &GRANTED, &policy, at.clone());
            let edge = facts.relate(&policy, &PERMITS, &resource, at.clone());
            edge.attr("effect", "allow").attr("level", level(&rights)).attr("actions", rights.iter().map(|r| r.to_ascii_lowercase()).collect::<Vec<_>>());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_end_at_their_semicolon_and_comments_say_nothing() {
        let found = statements("-- GRANT ALL ON x TO y;\nINSERT INTO t VALUES ('GRANT; x');\nGRANT SELECT,\n  INSERT ON a.b TO c; CREATE USER 'd'@'%';\n");
        let words: Vec<String> = found.iter().map(|(l, w)| format!("{l}: {}", w.join(" "))).collect();
        assert_eq!(words, ["3: GRANT SELECT INSERT ON a.b TO c", "4: CREATE USER d@%"]);
    }

    #[test]
    fn rights_have_levels() {
        assert_eq!(level(&["SELECT"]), "read-data");
        assert_eq!(level(&["SELECT", "UPDATE"]), "write");
        assert_eq!(level(&["ALL", "PRIVILEGES"]), "admin");
        assert_eq!(level(&["CONNECT"]), "read-meta");
    }
}
