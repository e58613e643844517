//! Certificates and private keys in PEM, also where the PEM is base64 itself or stands in a string.

use memchr::memmem;

use super::{at, file_line, principal, public_key};
use crate::document::Document;
use crate::keys::{Block, Certificate, blocks, certificate, encoded, pgp_key, public_of};
use crate::model::{Facts, Key, Kind, Location, rfc3339};
use crate::relation::{ISSUED_BY, PART_OF, SAME_AS, STORED_IN};

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let has = |word: &[u8]| memmem::find(&document.bytes, word).is_some();
    let (plain, coded) = (has(b"-----BEGIN "), has(b"LS0tLS1CRUdJTi"));
    if !plain && !coded {
        return;
    }
    let text = document.text();
    if plain {
        for block in blocks(&text) {
            said(document, &block, at(document, &text, block.range.clone()), facts);
        }
    }
    if coded {
        for (range, inner) in encoded(&text) {
            for block in blocks(&inner) {
                said(document, &block, at(document, &text, range.clone()), facts);
            }
        }
    }
}

fn said(document: &Document, block: &Block, place: Location, facts: &mut Facts) {
    match block.label.as_str() {
        "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => {
            if let Some(certificate) = certificate(&block.content) {
                declare(document, &certificate, place, facts);
            }
        }
        "PGP PUBLIC KEY BLOCK" | "PGP PRIVATE KEY BLOCK" => {
            if let Some(key) = pgp_key(&block.content) {
                let own = Key::new(Kind::Identity, "x509-subject", format!("pgp:{}", key.fingerprint));
                let node = facts.mention(&own, key.user.unwrap_or_default(), place);
                node.attr("algorithm", key.algorithm).attr("created", rfc3339(key.created)).attr("key_format", "pgp");
                if let Some(encrypted) = key.encrypted {
                    node.attr("encrypted", encrypted);
                }
            }
        }
        label => {
            if let Some(key) = public_of(label, &block.content) {
                public_key(&key, "", place, facts);
            }
        }
    }
}

/// Says what a certificate says, and that whoever holds its key is its subject.
pub(super) fn declare(document: &Document, certificate: &Certificate, place: Location, facts: &mut Facts) -> Key {
    let name = certificate.common_name.clone().or_else(|| certificate.names.first().cloned()).unwrap_or_else(|| certificate.subject.clone());
    let own = Key::new(Kind::Credential, "x509-cert", format!("cert:sha256/{}", certificate.sha256));
    let node = facts.declare(&own, name.clone(), place.clone());
    node.attr("type", "x509-cert")
        .attr("rule", "x509-certificate")
        // What makes it a credential, its private half, is not here.
        .attr("state", "referenced")
        .attr("public", true)
        .attr("subject", certificate.subject.as_str())
        .attr("issuer", certificate.issuer.as_str())
        .attr("serial", certificate.serial.as_str())
        .attr("created", rfc3339(certificate.not_before))
        .attr("expires", rfc3339(certificate.not_after))
        .attr("signature", certificate.signature.as_str())
        .attr("authority", certificate.authority)
        .attr("self_signed", certificate.is_self_signed())
        .attr("names", certificate.names.clone())
        .attr("usages", certificate.usages.clone());
    if let Some(key) = &certificate.key {
        node.attr("algorithm", key.algorithm).attr("public_key", key.id.as_str());
        if let Some(bits) = key.bits {
            node.attr("key_bits", bits);
        }
    }
    let line = file_line(document, &place, facts);
    facts.relate(&own, &STORED_IN, &line, place.clone());
    let issuer = |subject: &str| Key::new(Kind::Issuer, "ca", format!("ca:{subject}"));
    if certificate.authority {
        facts.mention(&issuer(&certificate.subject), name.clone(), place.clone());
    }
    if !certificate.is_self_signed() {
        facts.mention(&issuer(&certificate.issuer), certificate.issuer.clone(), place.clone());
        facts.relate(&own, &ISSUED_BY, &issuer(&certificate.issuer), place.clone());
    }
    let Some(key) = &certificate.key else { return own };
    let subject = principal(key);
    let node = facts.mention(&subject, name, place.clone());
    node.attr("subject", certificate.subject.as_str()).attr("expires", rfc3339(certificate.not_after)).attr("algorithm", key.algorithm);
    facts.relate(&own, &PART_OF, &subject, place.clone());
    for id in certificate.names.iter().filter(|n| n.starts_with("spiffe://")) {
        let workload = Key::new(Kind::Identity, "spiffe-id", id);
        facts.mention(&workload, id.rsplit('/').next().unwrap_or(id), place.clone());
        facts.relate(&subject, &SAME_AS, &workload, place.clone()).attr("because", "the certificate names it");
    }
    own
}
