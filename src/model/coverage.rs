//! What could not be read, or only in part: said, never silently left out.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// How much of a file, or of a whole source, was understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum NoteStatus {
    /// Something inside was not understood or not evaluated.
    Partial,
    /// Not read at all.
    Skipped,
    /// A whole source, its history, or a limit was cut: the scan is incomplete.
    Cut,
}

impl NoteStatus {
    pub fn name(self) -> &'static str {
        match self {
            NoteStatus::Partial => "partial",
            NoteStatus::Skipped => "skipped",
            NoteStatus::Cut => "cut",
        }
    }
}

/// One line of the coverage section.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Note {
    pub repository: Arc<str>,
    /// Path of the file, or empty for a whole source.
    pub path: Arc<str>,
    pub status: NoteStatus,
    /// Lower case, no full stop, says what was missed; never quotes file content.
    pub reason: String,
}
