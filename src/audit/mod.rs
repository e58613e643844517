//! Checks over the graph: each says what is wrong with what, why, and how to mend it (domain specification, 8).

mod accept;
mod agents;
mod agents_controls;
mod agents_identity;
mod authentication;
mod claim;
mod context;
mod explain;
mod federation;
mod federation_binding;
mod frameworks;
pub mod gate;
mod governance;
mod humans;
mod isolation;
mod leaks;
mod leaks_elsewhere;
mod lifecycle;
mod lineages;
mod ownership;
mod pipelines;
mod privileges;
mod privileges_scopes;
mod programme;
mod reuse;
mod third_parties;
mod transport;
mod weakened;

use crate::config::Config;
use crate::graph::Lineage;
use crate::model::{Finding, Frameworks, Severity};

use context::{Audit, World};

pub use explain::{Example, explain};
pub use frameworks::{Standing, standing};
pub use programme::programme;

pub use accept::{accept, entry};

/// One check: data, and one function.
pub struct Check {
    pub id: &'static str,
    pub title: &'static str,
    /// Before the context raises or lowers it.
    pub severity: Severity,
    pub frameworks: Frameworks,
    pub rationale: &'static str,
    /// The concrete command or edit.
    pub fix: &'static str,
    run: fn(&mut Audit<'_>),
}

/// Every check, family by family.
pub static CHECKS: &[&Check] = &[
    &leaks::LEAK_01,
    &leaks::LEAK_02,
    &leaks::LEAK_03,
    &leaks_elsewhere::LEAK_04,
    &leaks_elsewhere::LEAK_05,
    &leaks_elsewhere::LEAK_06,
    &leaks::LEAK_07,
    &leaks::LEAK_08,
    &leaks::LEAK_09,
    &leaks_elsewhere::LEAK_10,
    &lifecycle::LIFE_01,
    &lifecycle::LIFE_02,
    &lifecycle::LIFE_03,
    &lifecycle::LIFE_04,
    &lifecycle::LIFE_05,
    &lifecycle::LIFE_06,
    &lifecycle::LIFE_07,
    &lifecycle::LIFE_08,
    &ownership::OWN_01,
    &ownership::OWN_02,
    &ownership::OWN_03,
    &ownership::OWN_05,
    &ownership::OWN_06,
    &authentication::AUTH_01,
    &authentication::AUTH_02,
    &authentication::AUTH_03,
    &authentication::AUTH_04,
    &transport::AUTH_05,
    &transport::AUTH_06,
    &transport::AUTH_07,
    &federation::FED_01,
    &federation::FED_02,
    &federation_binding::FED_03,
    &federation::FED_04,
    &federation::FED_05,
    &federation::FED_06,
    &federation_binding::FED_07,
    &federation_binding::FED_08,
    &privileges::PRIV_01,
    &privileges::PRIV_02,
    &privileges::PRIV_03,
    &privileges::PRIV_04,
    &privileges_scopes::PRIV_05,
    &privileges_scopes::PRIV_06,
    &privileges_scopes::PRIV_07,
    &privileges_scopes::PRIV_08,
    &privileges_scopes::PRIV_09,
    &isolation::ISO_01,
    &isolation::ISO_02,
    &isolation::ISO_03,
    &isolation::ISO_04,
    &reuse::REUSE_01,
    &reuse::REUSE_02,
    &reuse::REUSE_03,
    &humans::HUM_01,
    &humans::HUM_02,
    &third_parties::TP_01,
    &third_parties::TP_02,
    &third_parties::TP_03,
    &pipelines::CI_01,
    &pipelines::CI_02,
    &pipelines::CI_03,
    &agents::AGT_01,
    &agents::AGT_02,
    &agents::AGT_03,
    &agents::AGT_04,
    &agents::AGT_05,
    &agents_identity::AGT_06,
    &agents_identity::AGT_07,
    &agents_identity::AGT_08,
    &agents_controls::AGT_09,
    &agents_identity::AGT_10,
    &agents_identity::AGT_11,
    &agents_controls::AGT_12,
    &agents_controls::AGT_13,
    &agents_controls::AGT_14,
    &agents_controls::AGT_15,
    &agents_controls::AGT_16,
    &agents_identity::AGT_17,
    &governance::GOV_01,
    &governance::GOV_02,
    &governance::GOV_03,
    &governance::GOV_04,
    &governance::GOV_05,
    &governance::GOV_06,
    &weakened::GOV_07,
    &lineages::LIN_01,
    &lineages::LIN_02,
    &lineages::LIN_03,
];

/// Runs every check that is not switched off; most severe first, then by risk, check and subject.
pub fn audit(lineage: &Lineage, config: &Config) -> Vec<Finding> {
    run(&World::new(lineage, config))
}

fn run<'a>(world: &'a World<'a>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for check in CHECKS.iter().filter(|c| !world.config.checks.disable.iter().any(|d| d.eq_ignore_ascii_case(c.id))) {
        let mut audit = Audit::new(world, check);
        (check.run)(&mut audit);
        let mut said = audit.into_findings();
        context::fingerprint(&mut said);
        findings.extend(said);
    }
    let risk = |f: &Finding| world.rank(&f.subject).map_or(0.0, |r| r.risk);
    let mut keyed: Vec<(f64, Finding)> = findings.into_iter().map(|f| (risk(&f), f)).collect();
    keyed.sort_by(|(ra, a), (rb, b)| {
        b.severity.cmp(&a.severity).then(rb.total_cmp(ra)).then(a.check.cmp(b.check)).then(a.subject.cmp(&b.subject)).then(a.fingerprint.cmp(&b.fingerprint))
    });
    keyed.dedup_by(|(_, a), (_, b)| a.fingerprint == b.fingerprint);
    keyed.into_iter().map(|(_, f)| f).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::Framework;

    /// The catalogue of the specification: every check with the ids that it is mapped to.
    #[test]
    fn the_checks_are_those_of_the_catalogue() {
        let catalogue: BTreeMap<&str, (&str, &str)> = include_str!("../../testdata/audit/catalogue.csv")
            .lines()
            .skip(1)
            .filter_map(|l| l.split_once(','))
            .filter_map(|(id, rest)| rest.split_once(',').map(|r| (id, r)))
            .collect();
        let built: BTreeMap<&str, (String, String)> = CHECKS
            .iter()
            .map(|c| (c.id, (c.frameworks.ids.to_owned(), c.frameworks.cwe.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))))
            .collect();
        assert_eq!(catalogue.len(), 89);
        assert_eq!(CHECKS.len(), built.len(), "an id is used twice");
        let expected: BTreeMap<&str, (String, String)> = catalogue.into_iter().map(|(id, (f, c))| (id, (f.to_owned(), c.to_owned()))).collect();
        assert_eq!(built, expected);
    }

    #[test]
    fn every_check_is_told() {
        for check in CHECKS {
            assert!(!check.frameworks.of(Framework::OwaspNhi).is_empty() && !check.frameworks.of(Framework::Nist800207).is_empty(), "{}", check.id);
            assert!(check.fix.len() > 20 && check.rationale.len() > 20, "{}", check.id);
        }
    }
}
