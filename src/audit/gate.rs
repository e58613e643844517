//! From findings and coverage to an exit code.

use crate::graph::Lineage;
use crate::model::{NoteStatus, Severity};

/// Findings below this confidence never trip the gate.
const GATE_CONFIDENCE: f64 = 0.6;

/// 1 when a finding is at or above the threshold; else 3 when a whole source was cut, or, when strict, anything was missed; else 0.
pub fn verdict(lineage: &Lineage, threshold: Option<Severity>, strict: bool) -> u8 {
    if let Some(threshold) = threshold
        && lineage.findings.iter().any(|f| f.severity >= threshold && f.confidence >= GATE_CONFIDENCE)
    {
        return 1;
    }
    let cut = lineage.coverage.iter().any(|n| n.status == NoteStatus::Cut);
    if cut || (strict && !lineage.coverage.is_empty()) { 3 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Note;

    #[test]
    fn a_cut_source_is_incomplete_and_a_note_only_when_strict() {
        let mut lineage = Lineage::default();
        assert_eq!(verdict(&lineage, Some(Severity::Low), true), 0);
        lineage.coverage.push(Note { repository: "repo:r".into(), path: "a".into(), status: NoteStatus::Partial, reason: "x".into() });
        assert_eq!((verdict(&lineage, None, false), verdict(&lineage, None, true)), (0, 3));
        lineage.coverage[0].status = NoteStatus::Cut;
        assert_eq!(verdict(&lineage, None, false), 3);
    }
}
