//! One credential or identity for several things.

use super::Check;
use super::context::{Audit, claim};
use crate::model::{Frameworks, Kind, Severity};

pub(super) static REUSE_01: Check = Check {
    id: "REUSE-01",
    title: "Same secret value in several files",
    severity: Severity::Medium,
    frameworks: Frameworks { owasp_nhi: &["NHI9:2025"], nist_800_207: &["ZT3"], nist_csf: &["PR.AA-01"], agentic: &[], cwe: &[522, 344] },
    rationale: "a leak of one copy is a leak of all, and rotation misses one",
    fix: "keep one copy in a secret store and refer to it",
    bad: "one password in two services' files",
    good: "two services, two passwords",
    run: reuse_01,
};

pub(super) static REUSE_03: Check = Check {
    id: "REUSE-03",
    title: "Default service account in use",
    severity: Severity::Medium,
    frameworks: Frameworks { owasp_nhi: &["NHI9:2025", "NHI5:2025"], nist_800_207: &["ZT3"], nist_csf: &["PR.AA-05"], agentic: &[], cwe: &[1188, 250] },
    rationale: "everything that names no account shares this one, and what it is granted",
    fix: "give the workload a service account of its own; set automountServiceAccountToken: false on the default one",
    bad: "a role bound to the default account",
    good: "serviceAccountName: api",
    run: reuse_03,
};

fn reuse_01(audit: &mut Audit<'_>) {
    for credential in audit.of_kind(Kind::Credential).filter(|c| c.text("state") == Some("present-head")) {
        let twins = audit.out(credential, "same_as").filter(|e| e.text("because") == Some("equal value")).filter_map(|e| audit.node(&e.to));
        let own = audit.out(credential, "stored_in").flat_map(|e| e.at.iter());
        let places = own.chain(twins.flat_map(|t| t.declared.iter())).filter(|l| l.revision.is_none());
        let files: std::collections::BTreeSet<(&str, &str)> = places.map(|l| (&*l.repository, &*l.path)).collect();
        if files.len() > 1 {
            audit.say(credential, claim(format!("{} stands in {} files", credential.name(), files.len())).confidence(credential.confidence));
        }
    }
}

fn reuse_03(audit: &mut Audit<'_>) {
    for identity in audit.of_kind(Kind::Identity).filter(|i| i.key.subtype == "k8s-service-account" && i.name() == "default") {
        if let Some(edge) = audit.out(identity, "granted").next() {
            audit.say(identity, claim(format!("the default service account is granted {}", audit.name(&edge.to))).edge(edge));
        }
    }
}
