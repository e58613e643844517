//! What a check says of one subject; severity, fingerprint and place are settled in `context`.

use std::sync::Arc;

use crate::graph::Edge;
use crate::model::{Location, Severity};

pub(super) struct Claim {
    pub(super) message: String,
    pub(super) confidence: f64,
    pub(super) at: Option<Location>,
    pub(super) path: Vec<Arc<str>>,
    pub(super) related: Vec<String>,
    pub(super) severity: Option<Severity>,
    pub(super) floor: Option<Severity>,
    pub(super) fix: Option<String>,
}

pub(super) fn claim(message: impl Into<String>) -> Claim {
    Claim { message: message.into(), confidence: 1.0, at: None, path: Vec::new(), related: Vec::new(), severity: None, floor: None, fix: None }
}

impl Claim {
    pub(super) fn confidence(mut self, confidence: f64) -> Self {
        self.confidence = confidence;
        self
    }

    /// Less sure, by a factor.
    pub(super) fn times(mut self, factor: f64) -> Self {
        self.confidence *= factor;
        self
    }

    pub(super) fn at(mut self, at: Option<&Location>) -> Self {
        self.at = at.cloned();
        self
    }

    /// The edge that shows it: its place is the finding's, its far end tells the finding from others on the subject.
    pub(super) fn edge(mut self, edge: &Edge) -> Self {
        self.at = edge.at.iter().min_by_key(|l| l.revision.is_some()).cloned().or(self.at);
        self.related.push(edge.to.to_string());
        self.path.push(edge.id.clone());
        self.confidence *= edge.certainty();
        self
    }

    /// Another thing that tells the finding from others on the same subject.
    pub(super) fn with(mut self, id: impl Into<String>) -> Self {
        self.related.push(id.into());
        self
    }

    pub(super) fn path(mut self, path: &[Arc<str>]) -> Self {
        self.path = path.to_vec();
        self
    }

    pub(super) fn severity(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }

    /// Never less than this, whatever the context.
    pub(super) fn at_least(mut self, floor: Severity) -> Self {
        self.floor = Some(floor);
        self
    }

    /// A command or edit that fits this subject better than the check's own.
    pub(super) fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }
}
