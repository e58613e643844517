//! Frameworks, id by id: what the checks say of each, and what no file can say.

use std::collections::BTreeMap;

use super::CHECKS;
use crate::graph::Lineage;
use crate::model::Framework;

/// How one id of a framework stands.
pub struct Standing {
    pub id: String,
    pub title: &'static str,
    /// Ids of the checks that are mapped to it, in the order of the catalogue.
    pub checks: Vec<&'static str>,
    /// Checks without a finding, with one, and findings.
    pub passed: usize,
    pub failed: usize,
    pub findings: usize,
    /// Why files cannot tell; empty when they can.
    pub not_assessable: &'static str,
}

/// Ids with a short title of ours; of ids that no check covers, why files do not tell.
type Ids = &'static [(&'static str, &'static str, &'static str)];

const OWASP_NHI: Ids = &[
    ("NHI1:2025", "improper offboarding", ""),
    ("NHI2:2025", "secret leakage", ""),
    ("NHI3:2025", "vulnerable third-party identity", ""),
    ("NHI4:2025", "insecure authentication", ""),
    ("NHI5:2025", "overprivileged identity", ""),
    ("NHI6:2025", "insecure cloud deployment configurations", ""),
    ("NHI7:2025", "long-lived secrets", ""),
    ("NHI8:2025", "environment isolation", ""),
    ("NHI9:2025", "reuse", ""),
    ("NHI10:2025", "human use", ""),
];

const NIST_800_207: Ids = &[
    ("ZT1", "every data source and service is a resource", ""),
    ("ZT2", "all communication is secured wherever it runs", ""),
    ("ZT3", "access per session, least privilege", ""),
    ("ZT4", "access by dynamic policy", ""),
    ("ZT5", "integrity and posture of assets are monitored", ""),
    ("ZT6", "authentication and authorisation are dynamic and enforced before access", ""),
    ("ZT7", "as much state as possible is collected", ""),
];

const CSF: Ids = &[
    ("GV.PO-01", "policy", ""),
    ("GV.RR-02", "roles and responsibilities", ""),
    ("GV.SC-04", "suppliers are known", ""),
    ("GV.SC-06", "due diligence before a relationship", "contracts and assessments of suppliers are kept elsewhere"),
    ("GV.SC-07", "suppliers are monitored", ""),
    ("GV.SC-10", "end of a relationship", ""),
    ("ID.AM-02", "inventory of software and services", ""),
    ("ID.AM-03", "flows", ""),
    ("ID.AM-04", "inventory of services of suppliers", "services that no file names are not seen"),
    ("ID.AM-05", "prioritisation of assets", "the ranking by blast radius serves it; whether it is used, no file tells"),
    ("ID.AM-07", "inventory of data", "what data a store holds, files rarely tell"),
    ("ID.AM-08", "life cycle of assets", ""),
    ("ID.RA-01", "vulnerabilities are identified", "every finding serves it; no single check stands for it"),
    ("PR.AA-01", "identities and credentials are managed", ""),
    ("PR.AA-02", "identities are proofed and bound to credentials", ""),
    ("PR.AA-03", "users, services and hardware are authenticated", ""),
    ("PR.AA-04", "assertions of identity are protected, conveyed, verified", ""),
    ("PR.AA-05", "permissions with least privilege and separation of duties", ""),
    ("PR.AA-06", "physical access", "doors and locks leave no trace in files"),
    ("PR.DS-01", "data at rest", ""),
    ("PR.DS-02", "data in transit", ""),
    ("PR.DS-10", "data in use", ""),
    ("PR.IR-01", "networks and environments are protected", ""),
    ("PR.PS-01", "configuration management", ""),
    ("PR.PS-04", "log records", ""),
    ("PR.PS-06", "secure development", ""),
    ("DE.CM-03", "monitoring of personnel and technology use", "monitoring happens at run time"),
    ("DE.CM-06", "monitoring of external providers", "monitoring happens at run time"),
    ("DE.CM-09", "monitoring of computing and runtime", ""),
    ("RS.MI-01", "incidents are contained", ""),
    ("RS.MI-02", "incidents are eradicated", "whether a credential was revoked, only its issuer knows"),
];

const CSF_1_1: Ids = &[
    ("ID.AM-6", "roles and responsibilities", ""),
    ("PR.AC-1", "identities and credentials are managed", ""),
    ("PR.AC-2", "physical access", "doors and locks leave no trace in files"),
    ("PR.AC-3", "remote access", ""),
    ("PR.AC-4", "permissions with least privilege and separation of duties", ""),
    ("PR.AC-5", "integrity of networks", ""),
    ("PR.AC-6", "identities are proofed and bound to credentials", ""),
    ("PR.AC-7", "users, devices and assets are authenticated", ""),
];

const AGENTIC: Ids = &[
    ("ASI01", "agent goal hijack", ""),
    ("ASI02", "tool misuse and exploitation", ""),
    ("ASI03", "identity and privilege abuse", ""),
    ("ASI04", "agentic supply chain vulnerabilities", ""),
    ("ASI05", "unexpected code execution", ""),
    ("ASI06", "memory and context poisoning", ""),
    ("ASI07", "insecure inter-agent communication", ""),
    ("ASI08", "cascading failures", ""),
    ("ASI09", "human-agent trust exploitation", ""),
    ("ASI10", "rogue agents", ""),
];

const LLM: Ids = &[
    ("LLM01", "prompt injection", ""),
    ("LLM02", "sensitive information disclosure", ""),
    ("LLM03", "supply chain", ""),
    ("LLM04", "data and model poisoning", "what a model was trained on, files do not tell"),
    ("LLM05", "improper output handling", ""),
    ("LLM06", "excessive agency", ""),
    ("LLM07", "system prompt leakage", ""),
    ("LLM08", "vector and embedding weaknesses", "what a store of vectors holds and returns is seen at run time"),
    ("LLM09", "misinformation", "what a model says is seen at run time"),
    ("LLM10", "unbounded consumption", "use and spending are seen at run time"),
];

const MCP: Ids = &[
    ("MCP01", "token mismanagement and secret exposure", ""),
    ("MCP02", "privilege escalation via scope creep", ""),
    ("MCP03", "tool poisoning", ""),
    ("MCP04", "supply chain and dependency tampering", ""),
    ("MCP05", "command injection and execution", "how a server's code treats its arguments is for analysis of that code"),
    ("MCP06", "intent flow subversion", ""),
    ("MCP07", "insufficient authentication and authorisation", ""),
    ("MCP08", "lack of audit and telemetry", ""),
    ("MCP09", "shadow MCP servers", ""),
    ("MCP10", "context injection and over-sharing", ""),
];

fn ids(framework: Framework) -> Ids {
    match framework {
        Framework::OwaspNhi => OWASP_NHI,
        Framework::Nist800207 => NIST_800_207,
        Framework::Csf => CSF,
        Framework::Csf11 => CSF_1_1,
        Framework::Agentic => AGENTIC,
        Framework::Llm => LLM,
        Framework::Mcp => MCP,
        Framework::Cwe => &[],
    }
}

/// Every id of a framework, with how it stands after a run.
pub fn standing(lineage: &Lineage, framework: Framework) -> Vec<Standing> {
    let mut hits: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in &lineage.findings {
        *hits.entry(finding.check).or_default() += 1;
    }
    let mut listed: Vec<(String, &'static str, &'static str)> = ids(framework).iter().map(|(id, title, why)| ((*id).to_owned(), *title, *why)).collect();
    // Of frameworks without a list of ours, what the checks name.
    for id in CHECKS.iter().flat_map(|c| c.frameworks.of(framework)) {
        if !listed.iter().any(|(known, ..)| *known == id) {
            listed.push((id, "", ""));
        }
    }
    if framework == Framework::Cwe {
        listed.sort_by_key(|(id, ..)| id.trim_start_matches("CWE-").parse::<u32>().unwrap_or(u32::MAX));
    }
    listed
        .into_iter()
        .map(|(id, title, not_assessable)| {
            let checks: Vec<&'static str> = CHECKS.iter().filter(|c| c.frameworks.of(framework).contains(&id)).map(|c| c.id).collect();
            let failed = checks.iter().filter(|c| hits.contains_key(*c)).count();
            let findings = checks.iter().filter_map(|c| hits.get(c)).sum();
            Standing { id, title, passed: checks.len() - failed, failed, findings, checks, not_assessable }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_is_covered_or_says_why_not() {
        let lineage = Lineage::default();
        for framework in Framework::ALL {
            for s in standing(&lineage, framework) {
                assert_eq!(s.checks.is_empty(), !s.not_assessable.is_empty(), "{}: {:?} {:?}", s.id, s.checks, s.not_assessable);
                assert_eq!(s.passed, s.checks.len());
            }
        }
    }

    #[test]
    fn no_check_names_an_id_that_its_framework_does_not_have() {
        for framework in Framework::ALL.into_iter().filter(|f| *f != Framework::Cwe) {
            for check in CHECKS {
                for id in check.frameworks.of(framework) {
                    assert!(ids(framework).iter().any(|(known, ..)| *known == id), "{}: {id}", check.id);
                }
            }
        }
    }
}
