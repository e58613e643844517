//! Values that a Jenkins controller encrypted, wherever it writes them, and the key of that controller when somebody keeps it beside them.
//!
//! A value is `{…}` around base 64: a version, the lengths of a vector and of the data, and both (Jenkins, `hudson.util.Secret`). It opens with
//! `secrets/master.key` and `secrets/hudson.util.Secret` of the controller that wrote it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::document::Document;
use crate::model::{Facts, Key, Kind};
use crate::relation::STORED_IN;

/// How every value begins: the version and the first bytes of a length.
const BEGINS: &[u8] = b"{AQAAAB";
/// Longest value that is looked at, in bytes.
const LONGEST: usize = 64 * 1024;
const MASTER: &str = "secrets/master.key";

pub(super) fn matches(path: &str, _: &[u8]) -> bool {
    [".xml", ".yml", ".yaml", ".groovy", MASTER].iter().any(|end| path.ends_with(end))
}

pub(super) fn read(document: &Document, facts: &mut Facts) {
    if is_master(document) {
        let file = Key::new(Kind::Location, "file", document.file_id());
        let key = Key::new(Kind::Credential, "encryption-key", format!("cred:encryption-key/{}", document.file_id()));
        facts.declare(&file, document.name(), document.at_line(1)).attr("store", "file").attr("protection", "plaintext");
        facts.declare(&key, "master key of a Jenkins controller", document.at_line(1)).attr("type", "encryption-key").attr("rule", "jenkins-master-key");
        facts.relate(&key, &STORED_IN, &file, document.at_line(1));
    }
    for start in memchr::memmem::find_iter(&document.bytes, BEGINS) {
        if is_encrypted(&document.bytes[start..]) {
            sealed(document, start, facts);
        }
    }
}

/// The key is 256 hexadecimal digits.
fn is_master(document: &Document) -> bool {
    let bytes = document.bytes.trim_ascii();
    document.path.ends_with(MASTER) && bytes.len() == 256 && bytes.iter().all(u8::is_ascii_hexdigit)
}

/// Whether the lengths inside are those of what is there.
fn is_encrypted(text: &[u8]) -> bool {
    let Some(end) = memchr::memchr(b'}', &text[..text.len().min(LONGEST)]) else { return false };
    let Ok(bytes) = STANDARD.decode(&text[1..end]) else { return false };
    let length = |at: usize| bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_be_bytes) as usize;
    bytes.first() == Some(&1) && length(1) == 16 && length(5) > 0 && bytes.len() == 9 + length(1) + length(5)
}

fn sealed(document: &Document, start: usize, facts: &mut Facts) {
    let before = &document.bytes[..start];
    let line = memchr::memchr_iter(b'\n', before).count() as u32 + 1;
    let at = document.at_line(line);
    // The element or the key in front of it.
    let begin = memchr::memrchr(b'\n', before).map_or(0, |i| i + 1).max(start.saturating_sub(200));
    let head = String::from_utf8_lossy(&before[begin..]).into_owned();
    let name = head.rsplit(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))).find(|w| !w.is_empty()).unwrap_or("secret");
    let slot = Key::new(Kind::Location, "file", format!("{}#L{line}", document.file_id()));
    facts.declare(&slot, name, at.clone()).attr("store", "file").attr("protection", "encrypted-at-rest").attr("encryption", "jenkins");
    let blob = Key::new(Kind::Credential, "ci-secure-blob", format!("cred:ci-secure-blob/{}", slot.id));
    let node = facts.declare(&blob, name, at.clone()).attr("state", "encrypted").attr("type", "ci-secure-blob").attr("rule", "jenkins-secret");
    node.attr("opens_with", "secrets/master.key and secrets/hudson.util.Secret of the controller");
    facts.relate(&blob, &STORED_IN, &slot, at);
}
