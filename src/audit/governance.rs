//! What was approved by whom, and whether it still is.

use super::Check;
use super::context::{Audit, claim};
use super::ownership::stands_alone;
use crate::config::Approved;
use crate::graph::GraphNode;
use crate::model::{Frameworks, Kind, Level, Role, Severity, glob};

pub(super) static GOV_01: Check = Check {
    id: "GOV-01",
    title: "Introduced outside the approval path (shadow NHI/agent)",
    severity: Severity::Medium,
    frameworks: Frameworks { ids: "NHI1:2025 NHI6:2025 ZT4 ZT7 GV.PO-01 PR.PS-01 ID.AM-02 ASI10 MCP09", cwe: &[1059, 862] },
    rationale: "other files need the agreement of their code owners, this one did not, and no inventory lists what it brought",
    fix: "add a CODEOWNERS line for the file that defines it (for example /.claude/ @OWNER/platform), or list it under inventory: in nhi.yaml",
    run: gov_01,
};

pub(super) static GOV_02: Check = Check {
    id: "GOV-02",
    title: "Production NHI without owner and revocation path",
    severity: Severity::High,
    frameworks: Frameworks { ids: "NHI1:2025 ZT7 RS.MI-01 GV.RR-02 PR.AA-01 ASI10", cwe: &[282] },
    rationale: "in an incident nobody knows whom to call, or how to take it away",
    fix: "name an owner before it goes to production (a tag, a CODEOWNERS line), and how it is revoked (revocation: in nhi.yaml)",
    run: gov_02,
};

pub(super) static GOV_03: Check = Check {
    id: "GOV-03",
    title: "Not in approved inventory / changed since approval",
    severity: Severity::Medium,
    frameworks: Frameworks { ids: "NHI1:2025 NHI5:2025 ZT7 ID.AM-02 ID.AM-08 PR.AA-05 ASI10", cwe: &[1059] },
    rationale: "an inventory is kept, and this is not what it says",
    fix: "review it, then add or change its entry under inventory: in nhi.yaml (match, owner, allowed, review_by)",
    run: gov_03,
};

pub(super) static GOV_04: Check = Check {
    id: "GOV-04",
    title: "Acts before review",
    severity: Severity::Medium,
    frameworks: Frameworks { ids: "NHI6:2025 ZT6 PR.AA-05 ASI10 LLM06", cwe: &[862] },
    rationale: "the change that brings it also starts it: it has acted before anyone looked",
    fix: "start it by hand first (workflow_dispatch), or put an environment with reviewers in front of it",
    run: gov_04,
};

pub(super) static GOV_05: Check = Check {
    id: "GOV-05",
    title: "Review or exception overdue",
    severity: Severity::Low,
    frameworks: Frameworks { ids: "NHI1:2025 ZT7 PR.AA-05 GV.PO-01", cwe: &[] },
    rationale: "what was accepted for a time is accepted no longer",
    fix: "review it and set a new review_by: or expires: in nhi.yaml, or take the entry away",
    run: gov_05,
};

pub(super) static GOV_06: Check = Check {
    id: "GOV-06",
    title: "AI-made change added an identity, grant or credential without human review evidence",
    severity: Severity::Medium,
    frameworks: Frameworks { ids: "NHI1:2025 ZT4 PR.PS-06 GV.RR-02 ASI09 ASI10", cwe: &[862] },
    rationale: "an assistant wrote it, and nothing shows that a person read it",
    fix: "let a person review it and record that (Reviewed-by: in the commit, a merge by someone else), or name an owner on the object",
    run: gov_06,
};

/// Agents, and identities that are somebody's to approve.
fn subjects<'a>(audit: &Audit<'a>) -> Vec<&'a GraphNode> {
    let agents = audit.of_kind(Kind::Agent).filter(|a| !a.declared.is_empty() || !a.mentioned.is_empty());
    agents.chain(audit.of_kind(Kind::Identity).filter(|i| stands_alone(i))).collect()
}

/// The entry of the inventory for a node.
fn approval<'a>(audit: &Audit<'a>, node: &GraphNode) -> Option<&'a Approved> {
    let inventory = &audit.config().inventory;
    let entries = if node.key.kind == Kind::Agent { &inventory.agents } else { &inventory.identities };
    entries.iter().find(|e| glob(&e.matches, node.id()))
}

/// Whether a rule of code owners covers where the node is defined.
fn is_reviewed(audit: &Audit<'_>, id: &str) -> bool {
    audit.parties(id, Role::Owner).any(|p| p.signals.iter().any(|s| s.signal.contains("codeowners") || s.signal == "owners-file"))
}

fn gov_01(audit: &mut Audit<'_>) {
    // Only where there is a path of approval can something be outside of it.
    let ruled: std::collections::BTreeSet<&str> =
        audit.graph.nodes.values().filter(|n| is_reviewed(audit, n.id())).filter_map(|n| n.primary().map(|l| &*l.repository)).collect();
    for node in subjects(audit) {
        let Some(at) = node.primary().filter(|l| l.revision.is_none()) else { continue };
        if !ruled.contains(&*at.repository) || is_reviewed(audit, node.id()) || approval(audit, node).is_some() || audit.blast(node) < 10.0 {
            continue;
        }
        let severity = if node.key.kind == Kind::Agent || node.env.as_deref() == Some("prod") { Severity::High } else { Severity::Medium };
        let said = claim(format!("{} came in through {}, which no code owner has to approve", node.name(), at.path));
        audit.say(node, said.severity(severity).confidence(0.8));
    }
}

fn gov_02(audit: &mut Audit<'_>) {
    for identity in audit.of_kind(Kind::Identity).filter(|i| i.env.as_deref() == Some("prod") && stands_alone(i)) {
        let owned = audit.has_owner(identity.id()) || approval(audit, identity).is_some_and(|a| a.owner.is_some());
        let stuck = identity.text("revocation_path") == Some("none") && approval(audit, identity).is_none_or(|a| a.revocation.is_none());
        if !owned && audit.ownership_is_known() {
            audit.say(identity, claim(format!("{} is in production and nobody is known to answer for it", identity.name())));
        } else if stuck {
            audit.say(identity, claim(format!("{} is in production and nothing says how it is revoked", identity.name())));
        }
    }
}

fn gov_03(audit: &mut Audit<'_>) {
    let inventory = &audit.config().inventory;
    for node in subjects(audit) {
        let kept = if node.key.kind == Kind::Agent { !inventory.agents.is_empty() } else { !inventory.identities.is_empty() };
        if !kept {
            continue;
        }
        let Some(entry) = approval(audit, node) else {
            if audit.blast(node) >= 10.0 {
                audit.say(node, claim(format!("{} is not in the inventory", node.name())));
            }
            continue;
        };
        if let Some(limit) = entry.allowed.max_level.as_deref().map(Level::parse)
            && let Some(over) = audit.all_reached(node, Level::List).into_iter().find(|r| r.level > limit && r.confidence >= 0.5)
        {
            let said = claim(format!("{} was approved up to {} and has {} on {}", node.name(), limit.name(), over.level.name(), over.resource.name()));
            audit.say(node, said.path(&over.path).with("level"));
        }
        if let Some(allowed) = &entry.allowed.env
            && let Some(over) = audit.all_reached(node, Level::ReadData).into_iter().find(|r| r.resource.env.as_ref().is_some_and(|e| !allowed.contains(e)))
        {
            let env = over.resource.env.as_deref().unwrap_or_default();
            let said = claim(format!("{} was approved for {} and reaches {} in {env}", node.name(), allowed.join(", "), over.resource.name()));
            audit.say(node, said.path(&over.path).with("env"));
        }
        if let Some(allowed) = &entry.allowed.tools
            && let Some(other) = audit.targets(node, "invokes").find(|t| t.key.kind == Kind::Tool && !allowed.iter().any(|g| glob(g, t.name())))
        {
            audit.say(node, claim(format!("{} was not approved to call {}", node.name(), other.name())).with(other.id().to_string()));
        }
    }
}

/// Triggers that nobody has to pull.
fn is_automatic(trigger: &str) -> bool {
    !matches!(trigger, "workflow_dispatch" | "repository_dispatch" | "workflow_call" | "manual")
}

fn gov_04(audit: &mut Audit<'_>) {
    for agent in audit.of_kind(Kind::Agent) {
        let Some(born) = agent.first_seen.as_ref() else { continue };
        if super::agents::writes(audit, agent).is_none() || agent.list("guards").iter().any(|g| matches!(*g, "approval" | "safe-outputs")) {
            continue;
        }
        let job = audit.sources(agent, "invokes").find(|c| {
            c.key.kind == Kind::Consumer
                && c.text("environment").is_none()
                && c.list("trigger_classes").iter().any(|t| is_automatic(t))
                && c.first_seen.as_ref().is_none_or(|m| m.revision == born.revision)
        });
        if let Some(job) = job {
            let trigger = job.list("trigger_classes").into_iter().find(|t| is_automatic(t)).unwrap_or_default();
            audit.say(agent, claim(format!("the change that brought {} also lets {trigger} start it, with write access", agent.name())));
        }
    }
}

fn gov_05(audit: &mut Audit<'_>) {
    let now = audit.world.lineage.now;
    for node in subjects(audit) {
        let prod = node.env.as_deref() == Some("prod");
        let severity = if prod { Severity::Medium } else { Severity::Low };
        if let Some(day) = approval(audit, node).and_then(|a| a.review_by).filter(|d| d.is_past(now)) {
            audit.say(node, claim(format!("{} was to be reviewed by {day}", node.name())).severity(severity).with("review"));
        }
    }
    for exception in audit.config().exceptions.iter().filter(|e| e.expires.is_past(now)) {
        let hit = audit.graph.nodes.values().find(|n| glob(&exception.matches, n.id()) || n.primary().is_some_and(|l| glob(&exception.matches, &l.path)));
        if let Some(node) = hit {
            let severity = if node.env.as_deref() == Some("prod") { Severity::Medium } else { Severity::Low };
            let said = claim(format!("the exception from {} for {} ended on {}", exception.check, node.name(), exception.expires));
            audit.say(node, said.severity(severity).with(exception.check.clone()));
        }
    }
}

fn gov_06(audit: &mut Audit<'_>) {
    for node in audit
        .of_kind(Kind::Identity)
        .chain(audit.of_kind(Kind::Credential))
        .chain(audit.of_kind(Kind::Agent))
        .chain(audit.of_kind(Kind::Policy))
        .collect::<Vec<_>>()
    {
        if !node.flag("ai_assisted") || is_reviewed(audit, node.id()) {
            continue;
        }
        let signal = |name: &str| {
            audit.parties(node.id(), Role::Owner).chain(audit.parties(node.id(), Role::Creator)).any(|p| p.signals.iter().any(|s| s.signal == name))
        };
        if !["approver", "reviewer", "merger", "committer"].iter().any(|n| signal(n)) {
            let who = node.list("ai_agents").first().copied().unwrap_or("an assistant");
            audit.say(node, claim(format!("{} was written by {who}, and nothing shows that a person reviewed it", node.name())));
        }
    }
}
