//! For how long a value is valid, where its own text says so.

use std::ops::Range;

use serde_json::Value;

use crate::model::{Attributes, instant, rfc3339};

/// How far around a signature the rest of its address may stretch, in bytes.
const ADDRESS: usize = 1024;

/// States `expires`, `created` or `lifetime` of the value at a place, when its format tells.
pub(super) fn state(credential: &str, text: &[u8], range: &Range<usize>, attributes: &mut Attributes) {
    let bytes = &text[range.clone()];
    if credential == "azure-sas" {
        // Its times stand beside the signature: st= and se=, in any order.
        let address = address(text, range);
        for (parameter, name) in [("se", "expires"), ("st", "created")] {
            if let Some(time) = parameter_of(&address, parameter).and_then(|t| sas_time(&t)) {
                attributes.insert(name.into(), Value::from(rfc3339(time)));
            }
        }
    } else if bytes.starts_with(b"ASIA") {
        // The longest session that AWS STS gives.
        attributes.insert("lifetime".into(), Value::from("36h"));
    } else if bytes.starts_with(b"ghs_") {
        attributes.insert("lifetime".into(), Value::from("1h"));
    }
}

/// The address that a place is part of, as text.
fn address(text: &[u8], range: &Range<usize>) -> String {
    let ends = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'<' | b'>' | b'`');
    let (low, high) = (range.start.saturating_sub(ADDRESS), (range.end + ADDRESS).min(text.len()));
    let from = text[low..range.start].iter().rposition(ends).map_or(low, |i| low + i + 1);
    let to = text[range.end..high].iter().position(ends).map_or(high, |i| range.end + i);
    String::from_utf8_lossy(&text[from..to]).into_owned()
}

fn parameter_of(address: &str, name: &str) -> Option<String> {
    // In XML the ampersand is written out.
    let query = address.replace("&amp;", "&");
    let value = query.split(['?', '&', ';']).find_map(|p| p.strip_prefix(name)?.strip_prefix('='))?;
    Some(value.replace("%3A", ":").replace("%3a", ":"))
}

/// A date, or a time to the minute, the second or a fraction of it.
fn sas_time(text: &str) -> Option<i64> {
    instant(text).or_else(|| instant(&format!("{}:00Z", text.strip_suffix('Z').filter(|t| t.len() == 16)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_says_when_it_ends() {
        let text = "url = \"https://acme.blob.core.windows.net/c?sv=2022-11-02&st=2025-01-01&se=2026-02-01T08%3A00%3A00Z&sp=r&sig=XXXX&spr=https\"";
        let at = text.find("XXXX").expect("there");
        let mut attributes = Attributes::new();
        state("azure-sas", text.as_bytes(), &(at..at + 4), &mut attributes);
        assert_eq!(attributes[&"expires".into()], "2026-02-01T08:00:00Z");
        assert_eq!(attributes[&"created".into()], "2025-01-01T00:00:00Z");
        assert_eq!(sas_time("2026-02-01T08:00Z"), sas_time("2026-02-01T08:00:00Z"));
        let mut none = Attributes::new();
        state("azure-sas", b"sig=XXXX", &(4..8), &mut none);
        assert!(none.is_empty());
    }
}
