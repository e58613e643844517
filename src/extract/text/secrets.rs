//! Secret values in any text file.

use crate::decode;
use crate::detect::{self, Detection, Engine, Unpacked};
use crate::document::Document;
use crate::extract::code::language::Language;
use crate::extract::code::unit::class_line;
use crate::extract::note;
use crate::model::{Facts, FileRole, Key, Kind, Sighting};
use crate::relation::{CAN_ACCESS, CONSUMES};

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let (sightings, left_out) = look(document, detect::engine());
    left_out.into_iter().for_each(|why| note(document, facts, format!("the archive {why}")));
    for s in &sightings {
        // A database user opens its database: the URL says both.
        if let Some(identity) = &s.identity
            && let Some((database, user)) = identity.id.strip_prefix("dbuser:").and_then(|rest| rest.rsplit_once('#'))
        {
            let resource = Key::new(Kind::Resource, "database", format!("db:{database}"));
            facts.mention(&resource, database.rsplit('/').next().filter(|n| !n.is_empty()).unwrap_or(database), s.at.clone());
            facts.mention(identity, user, s.at.clone());
            facts.relate(identity, &CAN_ACCESS, &resource, s.at.clone()).attr("level", level(user, behind(document, s)));
        }
    }
    used(document, &sightings, facts);
    facts.sightings.extend(sightings);
}

/// Confidence below which a value is not said to be what the code uses.
const USED: f64 = 0.6;

/// Code that holds a value uses it.
fn used(document: &Document, sightings: &[Sighting], facts: &mut Facts) {
    let Some(language) = Language::of(&document.path).filter(|l| *l != Language::Shell && document.role() != FileRole::Test) else { return };
    let unit = Key::new(Kind::Consumer, "code-unit", format!("code:{}//{}", document.repository_body(), document.path));
    let mut told = false;
    for s in sightings.iter().filter(|s| s.confidence >= USED && !s.attributes.contains_key("placeholder")) {
        if !told {
            let line = class_line(language, &document.text());
            facts.declare(&unit, document.name(), line.map_or_else(|| s.at.clone(), |l| document.at_line(l))).attr("platform", "code");
            told = true;
        }
        let slot = Key::new(Kind::Location, "file", format!("{}#L{}", document.file_id(), s.at.line));
        facts.mention(&slot, format!("{}:{}", document.file_id().trim_start_matches("file:"), s.at.line), s.at.clone()).attr("store", "file");
        facts.relate(&unit, &CONSUMES, &slot, s.at.clone());
    }
}

/// What stands behind a value on its line, up to the end of the URL.
fn behind<'a>(document: &'a Document, s: &Sighting) -> &'a str {
    let first = document.window.as_ref().map_or(0, |w| w.line - 1);
    let line = document.bytes.split(|b| *b == b'\n').nth(s.at.line.saturating_sub(first + 1) as usize).unwrap_or_default();
    let line = std::str::from_utf8(line).unwrap_or_default();
    let rest = line.char_indices().nth(s.at.column as usize - 1).map_or("", |(i, _)| &line[i..]);
    rest.split([' ', '"', '\'', '`', '<', '>']).next().unwrap_or_default()
}

/// How far a user of a database comes, by its name and by the options of the URL.
fn level(user: &str, options: &str) -> &'static str {
    const READERS: &[&str] = &["ro", "readonly", "reader", "read", "viewer", "replica"];
    let options = options.split_once('?').map_or("", |(_, o)| o).to_ascii_lowercase();
    let only = [
        "readonly=true",
        "readonly=1",
        "read_only=true",
        "mode=ro",
        "default_transaction_read_only=on",
        "default_transaction_read_only%3don",
        "applicationintent=readonly",
    ];
    if ["postgres", "root", "sa", "admin", "system"].contains(&user) {
        "admin"
    } else if only.iter().any(|o| options.contains(o)) || user.to_ascii_lowercase().split(['_', '-', '.']).any(|w| READERS.contains(&w)) {
        "read-data"
    } else {
        "write"
    }
}

/// Every credential value in the document.
pub fn sightings(document: &Document, engine: &Engine) -> Vec<Sighting> {
    look(document, engine).0
}

/// The same, and why parts of a container were not read.
fn look(document: &Document, engine: &Engine) -> (Vec<Sighting>, Vec<&'static str>) {
    if let Some(kind) = decode::container(&document.bytes).filter(|_| document.window.is_none()) {
        let Unpacked { found, left_out } = engine.unpack(&document.path, kind, &document.bytes);
        return (locate(document, &[], found), left_out);
    }
    let bytes = decode::utf8(&document.bytes);
    let mut found = engine.scan(&document.path, &bytes);
    found.retain(|d| document.window.as_ref().is_none_or(|w| w.own.contains(&d.range.start)));
    (locate(document, &bytes, found), Vec::new())
}

/// What was detected in the text of a document, as sightings.
pub fn locate(document: &Document, bytes: &[u8], found: Vec<Detection>) -> Vec<Sighting> {
    if found.is_empty() {
        return Vec::new();
    }
    let starts: Vec<usize> = std::iter::once(0).chain(bytes.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(i, _)| i + 1)).collect();
    let line_of = |offset: usize| starts.partition_point(|s| *s <= offset) as u32;
    found
        .into_iter()
        .map(|mut d| {
            if !d.decoded.is_empty() {
                d.reasons.push(format!("decoded: {}", d.decoded.join(", ")));
                d.attributes.insert("decoded".into(), d.decoded.into());
            }
            let line = line_of(d.range.start);
            let column = String::from_utf8_lossy(&bytes[starts[line as usize - 1]..d.range.start]).chars().count() as u32 + 1;
            Sighting {
                at: document.place(line, column, line_of(d.range.end.saturating_sub(1).max(d.range.start))),
                value: d.secret.identity(),
                fingerprint: d.strong.then(|| d.secret.fingerprint(None)),
                rule: d.rule,
                credential: d.credential,
                preview: d.preview,
                public_id: d.public_id,
                part_of: d.part_of,
                identity: d.identity,
                confidence: d.confidence,
                reasons: d.reasons,
                role: document.role(),
                attributes: d.attributes,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_url_names_its_user_and_database() {
        let text = format!("x\nURL=postgres://app:{}@db.example.org/orders\n", "hq7Zt9w2Lm");
        let document = Document::new("repo:github.com/acme/web".into(), "a.env", text.into_bytes(), None);
        let mut facts = Facts::default();
        read(&document, &mut facts);
        let s = facts.sightings.iter().find(|s| s.rule == "url-database").expect("found");
        assert_eq!((s.at.line, s.at.column), (2, 20));
        assert!(s.fingerprint.is_none(), "a password has no fingerprint without the user's key");
        assert!(
            facts
                .edges
                .iter()
                .any(|e| &*e.from.id == "dbuser:postgres://db.example.org:5432/orders#app" && &*e.to.id == "db:postgres://db.example.org:5432/orders")
        );
    }
}
