//! Stores of keys, and certificates in binary form.

use super::file_line;
use super::pem::declare;
use crate::document::Document;
use crate::extract::note;
use crate::keys::{certificate, is_store_name, store};
use crate::model::{Facts, Key, Kind};
use crate::relation::{PART_OF, STORED_IN};

pub(super) fn matches(path: &str, head: &[u8]) -> bool {
    let java = head.starts_with(&[0xfe, 0xed, 0xfe, 0xed]) || head.starts_with(&[0xce, 0xce, 0xce, 0xce]);
    // A certificate in text is none of this extractor's.
    java || is_store_name(path) && head.first() == Some(&0x30) && head.get(1).is_some_and(|length| *length >= 0x80)
}

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let at = document.at_line(1);
    if let Some(certificate) = certificate(&document.bytes) {
        declare(document, &certificate, at, facts);
        return;
    }
    let Some(store) = store(&document.bytes) else {
        return note(document, facts, "a store of keys in a form that is not read");
    };
    let own = Key::new(Kind::Credential, "keystore", format!("cred:keystore/{}", document.file_id()));
    facts
        .declare(&own, document.name(), at.clone())
        .attr("type", "keystore")
        .attr("rule", "key-store")
        .attr("state", if store.weak { "present-head" } else { "encrypted" })
        .attr("format", store.format)
        .attr("aliases", store.aliases)
        .attr("keys", store.keys)
        .attr("weak", store.weak);
    let line = file_line(document, &at, facts);
    facts.relate(&own, &STORED_IN, &line, at.clone());
    for certificate in &store.certificates {
        let inside = declare(document, certificate, at.clone(), facts);
        facts.relate(&inside, &PART_OF, &own, at.clone());
    }
}
