//! PEM: base64 between lines of dashes, in files and inside strings.

use std::ops::Range;

use base64::Engine as _;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, general_purpose::STANDARD_NO_PAD};

/// Blocks of one text that are read.
const MAX_BLOCKS: usize = 2_000;

/// Characters of one block.
const MAX_BODY: usize = 256 * 1024;

/// Base64 that is PEM begins so: `-----BEGIN`.
const ENCODED: &str = "LS0tLS1CRUdJTi";

const LENIENT: GeneralPurpose =
    GeneralPurpose::new(&ALPHABET, GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent).with_decode_allow_trailing_bits(true));

/// One block.
#[derive(Clone, Debug)]
pub struct Block {
    /// `CERTIFICATE`, `RSA PRIVATE KEY`, …
    pub label: String,
    /// What the base64 stands for.
    pub content: Vec<u8>,
    /// Whether its headers say that it is encrypted.
    pub encrypted: bool,
    /// Where it stands in the text, in bytes.
    pub range: Range<usize>,
}

/// The blocks of a text. Inside a string their lines may be broken by `\n` in two characters.
pub fn blocks(text: &str) -> Vec<Block> {
    let mut out = Vec::new();
    let mut from = 0;
    while let Some(start) = text[from..].find("-----BEGIN ").map(|i| from + i) {
        if out.len() >= MAX_BLOCKS {
            break;
        }
        from = start + 11;
        let Some(label) = text[from..].split_once("-----").map(|(label, _)| label).filter(|l| l.len() < 60 && !l.contains('\n')) else { continue };
        let body = from + label.len() + 5;
        let Some(length) = text[body..].find("-----END").filter(|l| *l < MAX_BODY) else { continue };
        let end = body + length + 8;
        let end = text[end..].find("-----").filter(|l| *l < 60).map_or(end, |l| end + l + 5);
        let body = text[body..body + length].replace("\\n", "\n").replace("\\r", "");
        let (headers, data): (Vec<&str>, Vec<&str>) = body.lines().map(str::trim).partition(|line| line.contains(": "));
        let clean: String = data.concat().chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=')).collect();
        // The checksum of a PGP block stands behind another `=`.
        let clean = clean.trim_end_matches('=').split('=').next().unwrap_or_default();
        if let Ok(content) = LENIENT.decode(clean) {
            out.push(Block { label: label.to_owned(), content, encrypted: headers.iter().any(|h| h.contains("ENCRYPTED")), range: start..end });
        }
        from = end;
    }
    out
}

/// PEM that is itself base64, as manifests and client configurations hold it: the range of the base64, and the text that it stands for.
pub fn encoded(text: &str) -> Vec<(Range<usize>, String)> {
    let mut out = Vec::new();
    let mut from = 0;
    while let Some(start) = text[from..].find(ENCODED).map(|i| from + i) {
        let length = text[start..].find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '/' | '=')).unwrap_or(text.len() - start);
        from = start + length.max(1);
        if out.len() >= MAX_BLOCKS || length > MAX_BODY {
            continue;
        }
        let clean = text[start..start + length].trim_end_matches('=');
        let decoded = LENIENT.decode(clean).or_else(|_| STANDARD_NO_PAD.decode(clean));
        if let Some(inner) = decoded.ok().and_then(|d| String::from_utf8(d).ok()) {
            out.push((start..start + length, inner));
        }
    }
    out
}
