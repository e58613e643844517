//! A moment in history: which commit, when, by whom.

use std::sync::Arc;

/// A commit seen as an event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// Author time, seconds since the Unix epoch, UTC.
    pub time: i64,
    pub revision: Arc<str>,
    /// Id of the party, `person:carol@example.org`.
    pub party: Arc<str>,
}

/// Seconds since the Unix epoch as RFC 3339, in UTC; empty for a time that no calendar has.
pub fn rfc3339(seconds: i64) -> String {
    let time = time::OffsetDateTime::from_unix_timestamp(seconds).ok();
    time.and_then(|t| t.format(&time::format_description::well_known::Rfc3339).ok()).unwrap_or_default()
}
