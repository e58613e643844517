//! Checks over the graph: each says what is wrong with what, why, and how to mend it (domain specification, 8).

mod accept;
mod agents;
mod authentication;
mod context;
mod federation;
pub mod gate;
mod governance;
mod leaks;
mod pipelines;
mod privileges;
mod reuse;
mod weakened;

use crate::config::Config;
use crate::graph::Lineage;
use crate::model::{Finding, Frameworks, Severity};

use context::Audit;

pub use accept::{accept, entry};

/// One check: data, and one function.
pub struct Check {
    pub id: &'static str,
    pub title: &'static str,
    /// Before the context raises or lowers it.
    pub severity: Severity,
    pub frameworks: Frameworks,
    pub rationale: &'static str,
    pub fix: &'static str,
    /// What it finds, and what it lets be.
    pub bad: &'static str,
    pub good: &'static str,
    run: fn(&mut Audit<'_>),
}

/// Every check, family by family.
pub static CHECKS: &[&Check] = &[
    &leaks::LEAK_01,
    &leaks::LEAK_03,
    &leaks::LEAK_05,
    &leaks::LEAK_06,
    &leaks::LEAK_07,
    &leaks::LEAK_08,
    &governance::LIFE_02,
    &governance::OWN_01,
    &governance::OWN_03,
    &governance::OWN_06,
    &authentication::AUTH_01,
    &authentication::AUTH_03,
    &authentication::AUTH_06,
    &federation::FED_01,
    &federation::FED_02,
    &federation::FED_04,
    &federation::FED_05,
    &federation::FED_06,
    &privileges::PRIV_01,
    &privileges::PRIV_02,
    &privileges::PRIV_03,
    &privileges::PRIV_04,
    &privileges::PRIV_08,
    &reuse::REUSE_01,
    &reuse::REUSE_03,
    &pipelines::TP_01,
    &pipelines::TP_03,
    &pipelines::CI_01,
    &pipelines::CI_02,
    &agents::AGT_01,
    &agents::AGT_03,
    &agents::AGT_04,
    &agents::AGT_05,
    &agents::AGT_09,
    &governance::GOV_02,
    &weakened::GOV_07,
    &governance::LIN_03,
];

/// Runs every check that is not switched off; most severe first, then by risk, check and subject.
pub fn audit(lineage: &Lineage, config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    for check in CHECKS.iter().filter(|c| !config.checks.disable.iter().any(|d| d.eq_ignore_ascii_case(c.id))) {
        let mut audit = Audit::new(lineage, check, config);
        (check.run)(&mut audit);
        let mut said = audit.into_findings();
        context::fingerprint(&mut said);
        findings.extend(said);
    }
    let risk = |f: &Finding| lineage.rank(&f.subject).map_or(0.0, |r| r.risk);
    let mut keyed: Vec<(f64, Finding)> = findings.into_iter().map(|f| (risk(&f), f)).collect();
    keyed.sort_by(|(ra, a), (rb, b)| {
        b.severity.cmp(&a.severity).then(rb.total_cmp(ra)).then(a.check.cmp(b.check)).then(a.subject.cmp(&b.subject)).then(a.fingerprint.cmp(&b.fingerprint))
    });
    keyed.dedup_by(|(_, a), (_, b)| a.fingerprint == b.fingerprint);
    keyed.into_iter().map(|(_, f)| f).collect()
}

/// The text of `nhi explain CHECK`; nothing when no check has that id.
pub fn explain(id: &str) -> Option<String> {
    let check = CHECKS.iter().find(|c| c.id.eq_ignore_ascii_case(id))?;
    let f = &check.frameworks;
    let cwe: Vec<String> = f.cwe.iter().map(|c| format!("CWE-{c}")).collect();
    let mut frameworks = vec![f.owasp_nhi.join(", "), format!("NIST SP 800-207 {}", f.nist_800_207.join(", ")), format!("CSF 2.0 {}", f.nist_csf.join(", "))];
    if !f.agentic.is_empty() {
        frameworks.push(f.agentic.join(", "));
    }
    frameworks.push(cwe.join(", "));
    Some(format!(
        "{}  {}\n\nseverity    {} (raised by risk, lowered in tests, documentation and examples)\nwhy         {}\nfinds       {}\nnot         {}\nfix         {}\nframeworks  {}\n",
        check.id,
        check.title,
        check.severity.name(),
        check.rationale,
        check.bad,
        check.good,
        check.fix,
        frameworks.join(" · ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_every_check_is_told() {
        let mut ids: Vec<&str> = CHECKS.iter().map(|c| c.id).collect();
        ids.sort_unstable();
        let count = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), count);
        for check in CHECKS {
            assert!(!check.frameworks.owasp_nhi.is_empty() && !check.frameworks.nist_csf.is_empty(), "{}", check.id);
            assert!(check.fix.len() > 20 && check.rationale.len() > 20, "{}", check.id);
        }
    }
}
