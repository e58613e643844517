//! Controls that a change takes away: only `nhi diff` knows of them.

use super::Check;
use super::context::{Audit, claim};
use crate::model::{Frameworks, Severity};

pub(super) static GOV_07: Check = Check {
    id: "GOV-07",
    title: "Change weakens a control",
    severity: Severity::High,
    frameworks: Frameworks {
        owasp_nhi: &["NHI5:2025", "NHI6:2025"],
        nist_800_207: &["ZT4"],
        nist_csf: &["PR.PS-01", "PR.AA-05"],
        agentic: &["ASI10"],
        cwe: &[693],
    },
    rationale: "a deny, a boundary, a guard or a reviewer that goes away makes all that it held back possible again, and no new grant shows it",
    fix: "put the control back, or have its owner agree and accept it with `nhi baseline` or an entry below `exceptions:` in nhi.yaml",
    bad: "a change that deletes the line `/.github/ @acme/sec` of CODEOWNERS, or a Deny statement",
    good: "a change that moves the line, or removes the thing that the control was for",
    run: gov_07,
};

fn gov_07(audit: &mut Audit<'_>) {
    for weakening in &audit.lineage.weakened {
        if let Some(subject) = audit.node(&weakening.subject) {
            audit.say(subject, claim(weakening.message.clone()).at(weakening.at.as_ref()).related(weakening.control).related(&weakening.message));
        }
    }
}
