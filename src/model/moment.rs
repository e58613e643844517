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
