//! A moment in history: which commit, when, by whom.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A commit seen as an event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Moment {
    /// Author time, seconds since the Unix epoch, UTC.
    pub time: i64,
    pub revision: Arc<str>,
    /// Id of the party, `person:carol@example.org`.
    pub party: Arc<str>,
}

/// The inverse of `rfc3339`: seconds since the Unix epoch of an RFC 3339 time, a date alone, or the compact form of request signatures.
pub fn instant(text: &str) -> Option<i64> {
    use time::format_description::well_known::Rfc3339;
    let text = text.trim();
    let compact = |t: &str| -> Option<String> {
        let digits = t.strip_suffix('Z').filter(|d| d.len() == 15 && d.is_ascii() && d.as_bytes()[8] == b'T')?;
        Some(format!("{}-{}-{}T{}:{}:{}Z", &digits[..4], &digits[4..6], &digits[6..8], &digits[9..11], &digits[11..13], &digits[13..]))
    };
    let whole = match text.len() {
        10 => format!("{text}T00:00:00Z"),
        16 => compact(text)?,
        // Without an offset it is UTC.
        19 => format!("{}Z", text.replacen(' ', "T", 1)),
        _ => text.to_owned(),
    };
    time::OffsetDateTime::parse(&whole, &Rfc3339).ok().map(time::OffsetDateTime::unix_timestamp)
}

/// Seconds since the Unix epoch as RFC 3339, in UTC; empty for a time that no calendar has.
pub fn rfc3339(seconds: i64) -> String {
    let time = time::OffsetDateTime::from_unix_timestamp(seconds).ok();
    time.and_then(|t| t.format(&time::format_description::well_known::Rfc3339).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_they_are_written() {
        for text in ["2026-01-02T03:04:05Z", "2026-01-02T04:04:05+01:00", "2026-01-02 03:04:05", "20260102T030405Z"] {
            assert_eq!(instant(text).map(rfc3339).as_deref(), Some("2026-01-02T03:04:05Z"), "{text}");
        }
        assert_eq!(instant("2026-01-02").map(rfc3339).as_deref(), Some("2026-01-02T00:00:00Z"));
        for text in ["", "soon", "2026-13-01", "ééééé", "2026010éT03045Z"] {
            assert_eq!(instant(text), None, "{text}");
        }
    }
}
