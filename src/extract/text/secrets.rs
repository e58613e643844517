//! Secret values in any text file.

use crate::detect::{self, Detection, Engine};
use crate::document::Document;
use crate::model::{Facts, Key, Kind, Sighting};
use crate::relation::CAN_ACCESS;

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let sightings = sightings(document, detect::engine());
    for s in &sightings {
        // A database user opens its database: the URL says both.
        if let Some(identity) = &s.identity
            && let Some((database, user)) = identity.id.strip_prefix("dbuser:").and_then(|rest| rest.rsplit_once('#'))
        {
            let resource = Key::new(Kind::Resource, "database", format!("db:{database}"));
            facts.mention(&resource, database.rsplit('/').next().filter(|n| !n.is_empty()).unwrap_or(database), s.at.clone());
            facts.mention(identity, user, s.at.clone());
            let level = if ["postgres", "root", "sa", "admin", "system"].contains(&user) { "admin" } else { "write" };
            facts.relate(identity, &CAN_ACCESS, &resource, s.at.clone()).attr("level", level);
        }
    }
    facts.sightings.extend(sightings);
}

/// Every credential value in the document.
pub fn sightings(document: &Document, engine: &Engine) -> Vec<Sighting> {
    let bytes = utf8(&document.bytes);
    locate(document, &bytes, engine.scan(&document.path, &bytes))
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
        .map(|d| {
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
                identity: d.identity,
                confidence: d.confidence,
                reasons: d.reasons,
                role: document.role(),
                attributes: d.attributes,
            }
        })
        .collect()
}

/// UTF-16 with a byte-order mark is read as text; anything else as it is.
pub fn utf8(bytes: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    let (little, big) = (bytes.starts_with(b"\xFF\xFE"), bytes.starts_with(b"\xFE\xFF"));
    if !little && !big {
        return bytes.into();
    }
    let units = bytes[2..].chunks_exact(2).map(|c| if little { u16::from_le_bytes([c[0], c[1]]) } else { u16::from_be_bytes([c[0], c[1]]) });
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect::<String>().into_bytes().into()
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
