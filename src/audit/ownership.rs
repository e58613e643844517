//! Who answers for what.

use super::Check;
use super::context::{Audit, claim};
use crate::graph::GraphNode;
use crate::model::{Frameworks, Kind, Level, Role, Severity};

pub(super) static OWN_01: Check = Check {
    id: "OWN-01",
    title: "No owner",
    severity: Severity::Medium,
    frameworks: Frameworks { ids: "NHI1:2025 ZT7 GV.RR-02 PR.AA-01 PR.AC-1 ID.AM-6 ASI03", cwe: &[282, 708] },
    rationale: "nobody is asked when it must be rotated or ended",
    fix: "name an owner: a tag on the object, a CODEOWNERS line for its file, or owners: in nhi.yaml",
    run: own_01,
};

pub(super) static OWN_02: Check = Check {
    id: "OWN-02",
    title: "Owner departed, inactive, or last one standing",
    severity: Severity::High,
    frameworks: Frameworks { ids: "NHI1:2025 ZT7 GV.RR-02 PR.AA-01", cwe: &[282] },
    rationale: "whoever is named will not answer, or nobody would if that one person left",
    fix: "hand it over: name a team in the tag or the CODEOWNERS line (nhi offboard lists everything of one person)",
    run: own_02,
};

pub(super) static OWN_03: Check = Check {
    id: "OWN-03",
    title: "Only creator is a bot or AI",
    severity: Severity::Medium,
    frameworks: Frameworks { ids: "NHI1:2025 ZT7 GV.RR-02 ASI10", cwe: &[282] },
    rationale: "no person ever decided that it should exist",
    fix: "name a person or team as its owner",
    run: own_03,
};

pub(super) static OWN_05: Check = Check {
    id: "OWN-05",
    title: "Contested ownership",
    severity: Severity::Low,
    frameworks: Frameworks { ids: "NHI1:2025 ZT7 GV.RR-02", cwe: &[283] },
    rationale: "two parties are named, so each takes it for the other's",
    fix: "make the tag, the catalogue entry and the CODEOWNERS line name the same team",
    run: own_05,
};

pub(super) static OWN_06: Check = Check {
    id: "OWN-06",
    title: "Agent without a human sponsor",
    severity: Severity::Medium,
    frameworks: Frameworks { ids: "NHI1:2025 NHI10:2025 ZT4 GV.RR-02 PR.AA-02 ASI03 ASI10", cwe: &[282] },
    rationale: "nobody answers for what the agent does with the authority that it exercises",
    fix: "add sponsor: to the agent's front matter, or an entry with sponsor: under inventory.agents in nhi.yaml",
    run: own_06,
};

/// Tokens and subjects of a job are the job's: whoever owns the pipeline owns them.
pub(super) fn stands_alone(identity: &GraphNode) -> bool {
    !matches!(&*identity.key.subtype, "ci-job-token" | "oidc-subject") && !identity.declared.is_empty()
}

fn own_01(audit: &mut Audit<'_>) {
    if !audit.ownership_is_known() {
        return;
    }
    for identity in audit.of_kind(Kind::Identity).filter(|i| stands_alone(i)) {
        let blast = audit.blast(identity);
        if blast >= 10.0 && !audit.has_owner(identity.id()) {
            let severity = if blast >= 60.0 || identity.env.as_deref() == Some("prod") { Severity::High } else { Severity::Medium };
            audit.say(identity, claim(format!("nobody is known to answer for {}", identity.name())).severity(severity));
        }
    }
}

fn own_02(audit: &mut Audit<'_>) {
    for node in audit.of_kind(Kind::Identity).chain(audit.of_kind(Kind::Agent)).collect::<Vec<_>>() {
        let owners: Vec<_> = audit.parties(node.id(), Role::Owner).filter(|p| p.resolved).collect();
        if owners.is_empty() || audit.blast(node) < 10.0 {
            continue;
        }
        let there: Vec<_> = owners.iter().filter(|o| !o.activity.is_gone()).collect();
        if there.is_empty() {
            let owner = owners[0];
            let said = claim(format!("{} is answered for by {}, who is {}", node.name(), short(&owner.party), owner.activity.name()));
            audit.say(node, said.with(owner.party.to_string()));
        } else if let [last] = there[..]
            && last.party.starts_with("person:")
            && audit.blast(node) >= 60.0
        {
            // A team is more than one, unless its members are known.
            audit.say(node, claim(format!("only {} answers for {}", short(&last.party), node.name())).severity(Severity::Low).with("last one"));
        }
    }
}

fn short(party: &str) -> &str {
    party.split_once(':').map_or(party, |(_, name)| name)
}

fn own_03(audit: &mut Audit<'_>) {
    for thing in audit.of_kind(Kind::Credential).chain(audit.of_kind(Kind::Identity)).chain(audit.of_kind(Kind::Agent)).collect::<Vec<_>>() {
        let machine = |party: &str| party.starts_with("bot:");
        let first = thing.first_seen.as_ref().map(|m| &*m.party);
        let creators: Vec<&str> = audit.parties(thing.id(), Role::Creator).map(|p| &*p.party).collect();
        let by_bot = first.is_some_and(machine) || (!creators.is_empty() && creators.iter().all(|c| machine(c)));
        // A person among the signals that count is one who decided.
        let human = audit.parties(thing.id(), Role::Owner).any(|p| p.tier <= 4 && !machine(&p.party)) || creators.iter().any(|c| !machine(c));
        if by_bot && !human && !audit.has_owner(thing.id()) {
            audit.say(thing, claim(format!("{} was introduced by automation alone", thing.name())));
        }
    }
}

fn own_05(audit: &mut Audit<'_>) {
    for node in audit.of_kind(Kind::Identity).chain(audit.of_kind(Kind::Agent)).collect::<Vec<_>>() {
        let mut named = audit.parties(node.id(), Role::Owner).filter(|p| p.tier <= 3);
        let (Some(first), Some(second)) = (named.next(), named.next()) else { continue };
        if first.contested {
            let said = claim(format!("both {} and {} are named for {}", short(&first.party), short(&second.party), node.name()));
            audit.say(node, said.with(second.party.to_string()));
        }
    }
}

/// Whether a person or team lends the agent its authority.
pub(super) fn is_sponsored(audit: &Audit<'_>, agent: &GraphNode) -> bool {
    audit.parties(agent.id(), Role::Sponsor).any(|p| !p.activity.is_gone())
        || audit.ending_at(agent, "delegates_to").any(|e| audit.node(&e.from).is_some_and(|n| n.key.kind == Kind::Party))
        || audit.config().inventory.agents.iter().any(|a| a.sponsor.is_some() && crate::model::glob(&a.matches, agent.id()))
        // A subagent acts for whoever its parent acts for.
        || audit.sources(agent, "delegates_to").any(|p| p.key.kind == Kind::Agent && p.id() != agent.id() && audit.parties(p.id(), Role::Sponsor).next().is_some())
}

fn own_06(audit: &mut Audit<'_>) {
    for agent in audit.of_kind(Kind::Agent) {
        if is_sponsored(audit, agent) || audit.rank(agent).is_none_or(|r| r.blast.score < 10.0) {
            continue;
        }
        let writes = audit.reaches(agent, Level::Write, |r| !matches!(&*r.key.subtype, "llm-api" | "model")).is_some();
        audit.say(agent, claim(format!("no person or team sponsors {}", agent.name())).severity(if writes { Severity::High } else { Severity::Medium }));
    }
}
