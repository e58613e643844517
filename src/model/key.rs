//! `Key`: what documents of different formats and repositories have in common about one thing.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Kind;

/// Canonical id of a node: the same real thing has the same id in any repository, on any machine.
pub type NodeId = Arc<str>;

/// Longest id, in bytes; a longer one ends in `~` and the first 32 hex digits of its SHA-256.
const MAX_ID: usize = 512;

/// Kind, subtype and canonical id. Two keys are the same thing if their ids are equal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    pub kind: Kind,
    pub subtype: Cow<'static, str>,
    pub id: NodeId,
}

impl Key {
    /// A key whose id is brought into its canonical form: control characters and spaces percent-encoded, length bounded.
    pub fn new(kind: Kind, subtype: impl Into<Cow<'static, str>>, id: impl AsRef<str>) -> Self {
        Key { kind, subtype: subtype.into(), id: Arc::from(canonical(id.as_ref())) }
    }
}

fn canonical(id: &str) -> String {
    let mut out = String::with_capacity(id.len());
    for c in id.chars() {
        if c.is_control() || c == ' ' || is_invisible(c) {
            let mut buffer = [0; 4];
            for byte in c.encode_utf8(&mut buffer).bytes() {
                out.push_str(&format!("%{byte:02X}"));
            }
        } else {
            out.push(c);
        }
    }
    if out.len() > MAX_ID {
        let digest = Sha256::digest(out.as_bytes());
        let hex: String = digest.iter().take(16).map(|b| format!("{b:02x}")).collect();
        let mut cut = MAX_ID - hex.len() - 4;
        while !out.is_char_boundary(cut) {
            cut -= 1;
        }
        out.truncate(cut);
        out.push_str("…~");
        out.push_str(&hex);
    }
    out
}

/// Bidirectional controls, zero-width characters and the tag block, which a terminal would obey or hide.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}')
}

/// An id without the line that it may end with (`…#L12`, `…#L12:5`): what lasts when lines move.
pub fn without_line(id: &str) -> &str {
    let is_line = |tail: &str| !tail.is_empty() && tail.bytes().all(|b| b.is_ascii_digit() || b == b':');
    id.rsplit_once("#L").filter(|(_, tail)| is_line(tail)).map_or(id, |(head, _)| head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_id_is_neutralised_and_bounded() {
        let key = Key::new(Kind::Tool, "mcp-server", format!("tool:\u{1b}[31m\u{202e} {}", "x".repeat(900)));
        assert!(key.id.len() <= MAX_ID);
        assert!(key.id.starts_with("tool:%1B[31m%E2%80%AE%20"));
        assert!(!key.id.chars().any(char::is_control));
    }
}
