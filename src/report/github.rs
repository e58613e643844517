//! Workflow commands: each finding becomes an annotation on the lines of a change.

use std::fmt::Write;

use super::{Style, plain};
use crate::graph::Lineage;
use crate::model::Severity;

/// The message part of a workflow command.
fn data(text: &str) -> String {
    plain(text).replace('%', "%25")
}

/// A property of a workflow command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

pub(super) fn write(lineage: &Lineage, _: &Style) -> String {
    let mut out = String::new();
    for f in &lineage.findings {
        let command = match f.severity {
            Severity::Critical | Severity::High => "error",
            Severity::Medium => "warning",
            Severity::Low | Severity::Info => "notice",
        };
        let mut properties = format!("title={} {}", f.check, f.severity.name());
        // A place in history has no line in the change.
        if let Some(at) = f.at.as_ref().filter(|l| l.revision.is_none()) {
            let _ = write!(properties, ",file={},line={}", property(&at.path), at.line);
        }
        let _ = writeln!(out, "::{command} {properties}::{}%0Afix: {}", data(&f.message), data(&f.fix));
    }
    let _ = writeln!(out, "::notice title=nhi::{} findings, {} identities and agents ranked", lineage.findings.len(), lineage.ranking.len());
    out
}
