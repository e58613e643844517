//! Owners, lifetimes, and lineage that does not close.

use super::Check;
use super::context::{Audit, claim};
use crate::model::{Frameworks, Kind, Level, Role, Severity};

pub(super) static LIFE_02: Check = Check {
    id: "LIFE-02",
    title: "No expiry",
    severity: Severity::Medium,
    frameworks: Frameworks { owasp_nhi: &["NHI7:2025"], nist_800_207: &["ZT3"], nist_csf: &["PR.AA-01"], agentic: &[], cwe: &[613, 263] },
    rationale: "a key without an end stays valid until someone remembers it",
    fix: "set an end date, or federate so that nothing is stored",
    bad: "aws_iam_access_key",
    good: "a role that is assumed",
    run: life_02,
};

pub(super) static OWN_01: Check = Check {
    id: "OWN-01",
    title: "No owner",
    severity: Severity::Medium,
    frameworks: Frameworks { owasp_nhi: &["NHI1:2025"], nist_800_207: &["ZT7"], nist_csf: &["GV.RR-02", "PR.AA-01"], agentic: &["ASI03"], cwe: &[282, 708] },
    rationale: "nobody is asked when it must be rotated or ended",
    fix: "name an owner: a tag on the object, a CODEOWNERS line for its file, or owners: in nhi.yaml",
    bad: "a role without a tag in a folder without a rule",
    good: "tags = { team = platform }",
    run: own_01,
};

pub(super) static OWN_03: Check = Check {
    id: "OWN-03",
    title: "Only creator is a bot or an AI",
    severity: Severity::Medium,
    frameworks: Frameworks { owasp_nhi: &["NHI1:2025"], nist_800_207: &["ZT7"], nist_csf: &["GV.RR-02"], agentic: &["ASI10"], cwe: &[282] },
    rationale: "no person ever decided that it should exist",
    fix: "name a person or team as its owner",
    bad: "a key that a bot's commit introduced",
    good: "a key with an owner tag",
    run: own_03,
};

pub(super) static OWN_06: Check = Check {
    id: "OWN-06",
    title: "Agent without a human sponsor",
    severity: Severity::Medium,
    frameworks: Frameworks {
        owasp_nhi: &["NHI1:2025", "NHI10:2025"],
        nist_800_207: &["ZT4"],
        nist_csf: &["GV.RR-02", "PR.AA-02"],
        agentic: &["ASI03", "ASI10"],
        cwe: &[282],
    },
    rationale: "nobody answers for what the agent does with the authority that it exercises",
    fix: "add sponsor: to the agent's front matter, or an owner for its configuration",
    bad: "a CI agent with a write token and no sponsor",
    good: "sponsor: team platform",
    run: own_06,
};

pub(super) static GOV_02: Check = Check {
    id: "GOV-02",
    title: "Production identity without an owner",
    severity: Severity::High,
    frameworks: Frameworks {
        owasp_nhi: &["NHI1:2025"],
        nist_800_207: &["ZT7"],
        nist_csf: &["RS.MI-01", "GV.RR-02", "PR.AA-01"],
        agentic: &["ASI10"],
        cwe: &[282],
    },
    rationale: "in an incident nobody knows whom to call",
    fix: "name an owner before it goes to production",
    bad: "a production role nobody answers for",
    good: "a production role with a team tag",
    run: gov_02,
};

pub(super) static LIN_03: Check = Check {
    id: "LIN-03",
    title: "One-sided trust",
    severity: Severity::Low,
    frameworks: Frameworks { owasp_nhi: &["NHI6:2025"], nist_800_207: &["ZT4"], nist_csf: &["PR.AA-02"], agentic: &[], cwe: &[284] },
    rationale: "one side names the other, but the other does not answer: it does not work, or the other half is elsewhere",
    fix: "add the missing half, or scan the repository that holds it too",
    bad: "an annotation with a role that no scanned file defines",
    good: "annotation and trust in agreement",
    run: lin_03,
};

fn life_02(audit: &mut Audit<'_>) {
    let stated = |c: &&crate::graph::GraphNode| c.text("lifetime_class") == Some("static") && c.text("lifetime_basis") == Some("stated");
    for credential in audit.of_kind(Kind::Credential).filter(stated) {
        audit.say(credential, claim(format!("{} has no end date", credential.name())));
    }
}

/// Whether anybody answers for the node, as far as the sources say.
fn has_owner(audit: &Audit<'_>, id: &str) -> bool {
    audit.lineage.parties.iter().any(|p| &*p.node == id && p.role == Role::Owner && p.resolved)
}

/// Without any history or rule at all the owner is unknown, which is no finding.
fn ownership_is_known(audit: &Audit<'_>) -> bool {
    audit.lineage.parties.iter().any(|p| p.role == Role::Owner)
}

/// Tokens and subjects of a job are the job's: whoever owns the pipeline owns them.
fn stands_alone(identity: &crate::graph::GraphNode) -> bool {
    !matches!(&*identity.key.subtype, "ci-job-token" | "oidc-subject") && !identity.declared.is_empty()
}

fn own_01(audit: &mut Audit<'_>) {
    if !ownership_is_known(audit) {
        return;
    }
    for identity in audit.of_kind(Kind::Identity).filter(|i| stands_alone(i)) {
        let blast = audit.rank(identity).map_or(0.0, |r| r.blast.score);
        if blast >= 10.0 && !has_owner(audit, identity.id()) {
            audit.say(
                identity,
                claim(format!("nobody is known to answer for {}", identity.name())).severity(if blast >= 60.0 { Severity::High } else { Severity::Medium }),
            );
        }
    }
}

fn own_03(audit: &mut Audit<'_>) {
    for credential in audit.of_kind(Kind::Credential).chain(audit.of_kind(Kind::Identity)).collect::<Vec<_>>() {
        let by_bot = credential.first_seen.as_ref().is_some_and(|m| m.party.starts_with("bot:"));
        if by_bot && !has_owner(audit, credential.id()) {
            audit.say(credential, claim(format!("{} was introduced by automation alone", credential.name())));
        }
    }
}

fn own_06(audit: &mut Audit<'_>) {
    for agent in audit.of_kind(Kind::Agent) {
        let sponsored = audit.lineage.parties.iter().any(|p| p.node == *agent.id() && p.role == Role::Sponsor)
            || audit.ending_at(agent, "delegates_to").any(|e| audit.node(&e.from).is_some_and(|n| n.key.kind == Kind::Party));
        if sponsored || audit.rank(agent).is_none_or(|r| r.blast.score < 10.0) {
            continue;
        }
        let writes = audit.reaches(agent, Level::Write, |_| true).is_some();
        audit.say(agent, claim(format!("no person or team sponsors {}", agent.name())).severity(if writes { Severity::High } else { Severity::Medium }));
    }
}

fn gov_02(audit: &mut Audit<'_>) {
    if !ownership_is_known(audit) {
        return;
    }
    for identity in audit.of_kind(Kind::Identity).filter(|i| i.env.as_deref() == Some("prod") && stands_alone(i)) {
        if !has_owner(audit, identity.id()) {
            audit.say(identity, claim(format!("{} is in production and nobody is known to answer for it", identity.name())));
        }
    }
}

fn lin_03(audit: &mut Audit<'_>) {
    for identity in audit.of_kind(Kind::Identity) {
        for edge in audit.out(identity, "can_assume").filter(|e| e.condition == crate::model::Condition::Unknown) {
            let Some(target) = audit.node(&edge.to) else { continue };
            let defined = |n: &crate::graph::GraphNode| !n.declared.is_empty();
            let twins = audit.out(target, "same_as").map(|e| &e.to).chain(audit.ending_at(target, "same_as").map(|e| &e.from));
            if !defined(target) && !twins.filter_map(|id| audit.node(id)).any(defined) {
                audit.say(identity, claim(format!("{} names {}, which no scanned file defines", identity.name(), target.name())).edge(edge).confidence(1.0));
            }
        }
    }
}
