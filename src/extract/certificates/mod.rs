//! Certificates, public keys and stores of keys, wherever they stand.

mod pem;
mod ssh;
mod stores;

use super::{Extractor, Read};
use crate::document::Document;
use crate::keys::PublicKey;
use crate::model::{Facts, Key, Kind, Location};

/// The extractors of this wing.
pub const EXTRACTORS: &[Extractor] = &[
    Extractor {
        name: "certificates",
        about: "X.509 certificates and the public halves of private keys, in files, manifests and configurations",
        matches: |_, _| true,
        read: Read::Each(pem::read),
    },
    Extractor {
        name: "ssh-public-keys",
        about: "public keys of SSH: key files, authorised and known keys, and lines in any other file",
        matches: |_, _| true,
        read: Read::Each(ssh::read),
    },
    Extractor {
        name: "key-stores",
        about: "PKCS#12 and Java key stores, DER certificates: what they show without a password, and whether a well-known one opens them",
        matches: |path, head| stores::matches(path, head),
        read: Read::Each(stores::read),
    },
];

/// The principal that whoever holds the private half of this key is.
fn principal(key: &PublicKey) -> Key {
    Key::new(Kind::Identity, if key.id.starts_with("ssh:") { "ssh-principal" } else { "x509-subject" }, &key.id)
}

/// Says that there is such a key.
fn public_key(key: &PublicKey, name: &str, at: Location, facts: &mut Facts) -> Key {
    let own = principal(key);
    let node = facts.mention(&own, name, at);
    node.attr("algorithm", key.algorithm).attr("auth_style", "static");
    if let Some(bits) = key.bits {
        node.attr("key_bits", bits);
    }
    own
}

/// Line and column of an offset in the document's text.
fn at(document: &Document, text: &str, range: std::ops::Range<usize>) -> Location {
    let start = text[..range.start].rfind('\n').map_or(0, |i| i + 1);
    let line = text[..range.start].bytes().filter(|b| *b == b'\n').count() as u32 + 1;
    let end = line + text[range.clone()].bytes().filter(|b| *b == b'\n').count() as u32;
    document.place(line, text[start..range.start].chars().count() as u32 + 1, end)
}

/// The place of a credential, as other credentials have it.
fn file_line(document: &Document, at: &Location, facts: &mut Facts) -> Key {
    let place = Key::new(Kind::Location, "file", format!("{}#L{}", document.file_id(), at.line));
    facts.declare(&place, format!("{}:{}", document.path, at.line), at.clone()).attr("store", "file").attr("protection", "plaintext");
    place
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::engine;
    use crate::keys::samples;

    #[test]
    fn a_private_key_and_the_certificate_of_its_public_half_meet() {
        let (key, certificate) = samples::pair();
        let document = |path: &str, text: String| Document::new("repo:github.com/acme/web".into(), path, text.into_bytes(), None);
        let mut facts = Facts::default();
        pem::read(&document("tls.pem", certificate), &mut facts);
        let subject = facts.edges.iter().find(|e| e.relation.name == "part_of").map(|e| e.to.clone()).expect("the subject");
        let sighted = crate::extract::text::sightings(&document("tls.key", key), engine());
        let identity = sighted.iter().find_map(|s| s.identity.clone()).expect("the key proves someone");
        assert_eq!(identity, subject);
        let node = facts.nodes.iter().find(|n| n.key.subtype == "x509-cert").expect("the certificate");
        assert_eq!(node.attributes[&"expires".into()], "2026-01-13T00:00:00Z");
        assert_eq!(node.at.as_ref().map(|at| (at.line, at.end_line > 5)), Some((1, true)));
    }
}
