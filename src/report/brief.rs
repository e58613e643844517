//! What a person who commits has to know: each finding, where, and what to do now. Nothing when there is nothing.

use std::fmt::Write;

use super::text::{cut, place};
use super::{Style, plain};
use crate::graph::Lineage;
use crate::model::Severity;

/// Findings that are told.
const FINDINGS: usize = 20;

pub(super) fn write(lineage: &Lineage, style: &Style) -> String {
    let mut out = String::new();
    let told: Vec<_> = lineage.findings.iter().filter(|f| f.severity > Severity::Info).collect();
    let count = told.len();
    if count > 0 {
        let _ = writeln!(out, "nhi: {count} problem{} in what was read", if count == 1 { "" } else { "s" });
    }
    for f in told.into_iter().take(FINDINGS) {
        let at = f.at.as_ref().map_or(String::new(), place);
        let severity = match (style.color, f.severity) {
            (true, Severity::Critical | Severity::High) => format!("\u{1b}[31m{:<8}\u{1b}[0m", f.severity.name()),
            _ => format!("{:<8}", f.severity.name()),
        };
        let _ = writeln!(out, "  {severity} {:<8} {at}  {}", f.check, plain(&cut(&f.message, 160)));
        if f.severity >= Severity::Medium {
            let _ = writeln!(out, "           fix     {}", plain(&f.fix));
            let _ = writeln!(out, "           accept  nhi baseline --finding {} --reason '…'", &f.fingerprint[..f.fingerprint.len().min(12)]);
        }
    }
    if count > FINDINGS {
        let _ = writeln!(out, "  … and {} more", count - FINDINGS);
    }
    if !lineage.accepted.findings.is_empty() && count > 0 {
        let _ = writeln!(out, "  {} more are accepted in .nhi-accepted", lineage.accepted.findings.len());
    }
    if !lineage.coverage.is_empty() {
        let _ = writeln!(out, "nhi: {} places were not, or not wholly, understood (--format json names them)", lineage.coverage.len());
    }
    out
}
