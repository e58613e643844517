//! Controls that a change takes away: only `nhi diff` knows of them.

use super::Check;
use super::context::{Audit, claim};
use crate::model::{Frameworks, Severity};

pub(super) static GOV_07: Check = Check {
    id: "GOV-07",
    title: "Change weakens a control",
    severity: Severity::High,
    frameworks: Frameworks { ids: "NHI5:2025 NHI6:2025 ZT4 PR.PS-01 PR.AA-05 ASI10", cwe: &[693] },
    rationale: "a deny, a boundary, a guard or a reviewer that goes away makes all that it held back possible again, and no new grant shows it",
    fix: "put the control back, or have its owner agree and accept it with `nhi baseline` or an entry below `exceptions:` in nhi.yaml",
    run: gov_07,
};

fn gov_07(audit: &mut Audit<'_>) {
    for weakening in &audit.world.lineage.weakened {
        if let Some(subject) = audit.node(&weakening.subject) {
            audit.say(subject, claim(weakening.message.clone()).at(weakening.at.as_ref()).with(weakening.control).with(&*weakening.message));
        }
    }
}
