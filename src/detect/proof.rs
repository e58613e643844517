//! What a value proves without the network: checksums, structure, and the parts that belong together.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::rule::Rule;
use super::{Detection, value};
use crate::keys;
use crate::model::{Attributes, Key, Kind, rfc3339};

/// What a check says.
pub(super) enum Verdict {
    Proved,
    Refuted,
    Open,
}

/// Runs the rule's check on a value; what the value tells of itself goes into `attributes`.
pub(super) fn check(rule: &Rule, bytes: &[u8], attributes: &mut Attributes, reasons: &mut Vec<String>) -> Verdict {
    match rule.check.as_str() {
        "github" => {
            // github.blog, "Behind GitHub's new authentication token formats": the last six characters are a CRC-32 in base 62.
            let (body, sum) = bytes.split_at(bytes.len() - 6);
            let random = body.iter().position(|b| *b == b'_').map_or(body, |i| &body[i + 1..]);
            if base62(crc32(random)).as_bytes() == sum {
                reasons.push("its checksum is right".into());
                Verdict::Proved
            } else {
                Verdict::Refuted
            }
        }
        "jwt" => jwt(bytes, attributes, reasons),
        "slack" if !slack(bytes) => Verdict::Refuted,
        // A registry token is drawn at random; other versions of the form hold a time or a name.
        "uuid4" if value::uuid_version(bytes).is_some_and(|version| version != b'4') => Verdict::Refuted,
        "pem" => {
            if bytes.windows(9).any(|w| w == b"ENCRYPTED") {
                attributes.insert("encrypted".into(), true.into());
            }
            // A key that is cut short by dots or words is a picture of one.
            let shortened = bytes.windows(3).any(|w| w == b"...") || bytes.windows(8).any(|w| w.eq_ignore_ascii_case(b"redacted"));
            if shortened { Verdict::Refuted } else { Verdict::Open }
        }
        _ => {
            if let Some(account) = aws_account(rule, bytes) {
                attributes.insert("account".into(), Value::from(account));
            }
            Verdict::Open
        }
    }
}

/// The account id that a key id of the current format holds: bits 1–40 of the base 32 text behind the prefix.
fn aws_account(rule: &Rule, bytes: &[u8]) -> Option<String> {
    if rule.id != "aws-access-key-id" {
        return None;
    }
    let mut bits: u64 = 0;
    for b in bytes.iter().skip(4).take(10) {
        let digit = match b {
            b'A'..=b'Z' => b - b'A',
            b'2'..=b'7' => b - b'2' + 26,
            _ => return None,
        };
        bits = (bits << 5) | u64::from(digit);
    }
    // 50 bits read; the top 48 are the first six bytes, of which bits 46..7 are the account.
    let six = bits >> 2;
    let account = (six & 0x7fff_ffff_ff80) >> 7;
    (account < 1_000_000_000_000).then(|| format!("{account:012}"))
}

/// Slack's tokens are made of the numbers of a workspace and of a user, eight digits or more, and a random end.
fn slack(bytes: &[u8]) -> bool {
    let parts: Vec<&[u8]> = bytes.split(|b| *b == b'-').skip(1).collect();
    let number = |part: &&&[u8]| part.iter().all(u8::is_ascii_digit);
    parts.last().is_some_and(|end| end.len() >= 6) && parts.iter().filter(number).all(|part| part.len() == 1 || part.len() >= 8)
}

fn jwt(bytes: &[u8], attributes: &mut Attributes, reasons: &mut Vec<String>) -> Verdict {
    let mut parts = bytes.split(|b| *b == b'.');
    let decode = |part: Option<&[u8]>| part.and_then(|p| URL_SAFE_NO_PAD.decode(p).ok()).and_then(|d| serde_json::from_slice::<Value>(&d).ok());
    let (Some(header), Some(claims)) = (decode(parts.next()), decode(parts.next())) else { return Verdict::Refuted };
    if header.get("alg").is_none() || !claims.is_object() {
        return Verdict::Refuted;
    }
    for (claim, name) in [("iss", "issuer"), ("sub", "subject"), ("aud", "audience"), ("role", "role")] {
        if let Some(text) = claims.get(claim).and_then(Value::as_str) {
            attributes.insert(name.into(), Value::from(text));
        }
    }
    for (names, name) in [(&["exp"][..], "expires"), (&["iat", "nbf"], "created")] {
        if let Some(time) = names.iter().find_map(|n| claims.get(*n)?.as_f64()) {
            attributes.insert(name.into(), Value::from(rfc3339(time as i64)));
        }
    }
    reasons.push("its header and claims decode".into());
    Verdict::Proved
}

/// Joins the parts of one credential: an AWS secret belongs to the nearest key id before or behind it, within ten lines.
pub(super) fn pair(text: &[u8], detections: &mut Vec<Detection>) {
    public_halves(text, detections);
    let ids: Vec<(usize, String)> =
        detections.iter().filter(|d| d.rule == "aws-access-key-id").filter_map(|d| d.public_id.clone().map(|id| (d.range.start, id))).collect();
    for detection in detections.iter_mut().filter(|d| d.rule == "aws-secret-access-key") {
        let at = detection.range.start;
        let near = ids.iter().filter(|(p, _)| text[at.min(*p)..at.max(*p)].iter().filter(|b| **b == b'\n').count() <= 10).min_by_key(|(p, _)| p.abs_diff(at));
        if let Some((_, id)) = near {
            detection.public_id = Some(id.clone());
            detection.confidence = 0.95;
            detection.reasons.push("stands with its key id".into());
        }
    }
    if !detections.iter().any(|d| d.credential == "private-key") {
        return;
    }
    // A Google service-account key names its identity beside itself.
    if let Some(email) = after(text, b"\"client_email\"")
        && email.ends_with("gserviceaccount.com")
    {
        let id = after(text, b"\"private_key_id\"");
        for detection in detections.iter_mut().filter(|d| d.credential == "private-key") {
            detection.credential = "gcp-sa-key".into();
            detection.identity = Some(Key::new(Kind::Identity, "gcp-service-account", format!("gcp-sa:{email}")));
            detection.public_id.clone_from(&id);
            detection.reasons.push("stands in a service-account file".into());
        }
        // The key's id is no secret of its own.
        if let Some(id) = id {
            detections.retain(|d| d.credential == "gcp-sa-key" || text[d.range.clone()] != *id.as_bytes());
        }
    }
}

/// A private key proves whoever its public half belongs to, by the same id that certificates and lines of authorised keys have.
fn public_halves(text: &[u8], detections: &mut [Detection]) {
    for detection in detections.iter_mut().filter(|d| matches!(d.credential.as_str(), "private-key" | "ssh-private-key" | "pgp-private-key")) {
        // The value ends before the dashes that end its block.
        let value = String::from_utf8_lossy(&text[detection.range.clone()]);
        let value = if value.ends_with("-----END") { format!("{value} -----") } else { value.into_owned() };
        let Some(block) = keys::blocks(&value).pop().or_else(|| keys::encoded(&value).pop().and_then(|(_, inner)| keys::blocks(&inner).pop())) else {
            continue;
        };
        let attributes = &mut detection.attributes;
        if detection.credential == "pgp-private-key" {
            let Some(key) = keys::pgp_key(&block.content) else { continue };
            attributes.insert("algorithm".to_owned(), key.algorithm.into());
            attributes.insert("encrypted".to_owned(), key.encrypted.unwrap_or(false).into());
            detection.identity = Some(Key::new(Kind::Identity, "x509-subject", format!("pgp:{}", key.fingerprint)));
            continue;
        }
        attributes.insert("encrypted".to_owned(), (block.encrypted || block.label.starts_with("ENCRYPTED")).into());
        let Some(key) = keys::public_of(&block.label, &block.content) else { continue };
        attributes.insert("algorithm".to_owned(), key.algorithm.into());
        attributes.insert("public_key".to_owned(), key.id.as_str().into());
        if let Some(bits) = key.bits {
            attributes.insert("key_bits".to_owned(), bits.into());
        }
        let subtype = if key.id.starts_with("ssh:") { "ssh-principal" } else { "x509-subject" };
        detection.identity = Some(Key::new(Kind::Identity, subtype, key.id));
    }
}

/// The quoted value of a JSON key, wherever it stands.
fn after(text: &[u8], key: &[u8]) -> Option<String> {
    let at = text.windows(key.len()).position(|w| w == key)? + key.len();
    let rest = &text[at..(at + 300).min(text.len())];
    let open = rest.iter().position(|b| *b == b'"')?;
    let close = rest[open + 1..].iter().position(|b| *b == b'"')?;
    Some(String::from_utf8_lossy(&rest[open + 1..open + 1 + close]).into_owned())
}

/// CRC-32 (IEEE 802.3).
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { (c >> 1) ^ 0xEDB8_8320 } else { c >> 1 }))
}

/// Six digits of base 62, as GitHub and npm write their checksums.
pub(super) fn base62(mut number: u32) -> String {
    const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut out = vec![b'0'; 6];
    for place in out.iter_mut().rev() {
        *place = DIGITS[(number % 62) as usize];
        number /= 62;
    }
    String::from_utf8_lossy(&out).into_owned()
}
