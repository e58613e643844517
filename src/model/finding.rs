//! What a check found.

use std::sync::Arc;

use super::{Frameworks, Location, NodeId, Severity};

/// Severity belongs to the check (and the context), confidence to the finding.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Id of the check, e.g. `LEAK-01`.
    pub check: &'static str,
    pub severity: Severity,
    /// 0 to 1.
    pub confidence: f64,
    pub subject: NodeId,
    pub message: String,
    pub at: Option<Location>,
    /// Ids of the edges that lead from the subject to the harm, in order.
    pub path: Vec<Arc<str>>,
    /// Ids of the subject and of what else makes it this finding, without lines.
    pub key: Vec<String>,
    /// Hash of check and key: stable when lines move.
    pub fingerprint: String,
    pub frameworks: Frameworks,
    /// The concrete command or edit.
    pub fix: String,
}
