//! A control that a change took away or loosened.

use super::{Location, NodeId};

/// One control that holds less after a change than before.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Weakening {
    /// What the control is about.
    pub subject: NodeId,
    /// `deny`, `boundary`, `guard`, `approval`, `sandbox`, `autonomy`, `trust`, `reviewers`, `encryption` …
    pub control: &'static str,
    /// What it was and what it is, in a clause.
    pub message: String,
    pub at: Option<Location>,
}
