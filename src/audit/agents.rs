//! Agents: who steers them, and with what.

use super::Check;
use super::context::{Audit, Reach, claim};
use crate::graph::{Edge, GraphNode};
use crate::model::{Frameworks, Kind, Level, Severity};
use crate::rank::{self, OUTSIDERS};

pub(super) static AGT_01: Check = Check {
    id: "AGT-01",
    title: "Lethal trifecta",
    severity: Severity::High,
    frameworks: Frameworks { ids: "NHI5:2025 NHI6:2025 ZT4 ZT6 PR.AA-05 PR.DS-10 ASI01 LLM01 LLM02 MCP06 MCP10", cwe: &[1427, 200] },
    rationale: "private data, text by outsiders and a way out meet in one session: an instruction hidden in the text carries the data away",
    fix: "take one of the three away: no secrets in the session, curated input, or no open network",
    run: agt_01,
};

pub(super) static AGT_02: Check = Check {
    id: "AGT-02",
    title: "Agent reaches production with write or admin",
    severity: Severity::High,
    frameworks: Frameworks { ids: "NHI5:2025 ZT3 PR.AA-05 PR.AC-4 ASI02 ASI03 LLM06", cwe: &[250, 863] },
    rationale: "what a model decides, or is talked into, changes production at once",
    fix: "give the agent a read-only identity, and let a pipeline with a reviewed change do the writing (nhi reach shows which link to cut)",
    run: agt_02,
};

pub(super) static AGT_03: Check = Check {
    id: "AGT-03",
    title: "Approvals bypassed",
    severity: Severity::Medium,
    frameworks: Frameworks { ids: "NHI5:2025 ZT6 PR.AA-05 DE.CM-09 ASI02 ASI05 LLM06", cwe: &[862] },
    rationale: "nothing stands between a prompt and an action",
    fix: "use the default mode, or an allow list inside a sandbox",
    run: agt_03,
};

pub(super) static AGT_04: Check = Check {
    id: "AGT-04",
    title: "Untrusted people can trigger or feed a privileged agent",
    severity: Severity::Critical,
    frameworks: Frameworks { ids: "NHI6:2025 ZT6 PR.AA-03 PR.AA-05 ASI01 LLM01", cwe: &[1427, 306] },
    rationale: "whoever can open an issue or a pull request decides what the agent does with its credentials",
    fix: "let only people with write access start it (drop allowed_non_write_users: '*'), or give it a read-only token and no secrets",
    run: agt_04,
};

pub(super) static AGT_05: Check = Check {
    id: "AGT-05",
    title: "Unbounded tool scope",
    severity: Severity::Medium,
    frameworks: Frameworks { ids: "NHI5:2025 ZT3 PR.AA-05 ASI02 LLM06 MCP02", cwe: &[250, 78] },
    rationale: "the agent may call everything that its tools can do",
    fix: "allow the functions and commands that the task needs",
    run: agt_05,
};

/// The edge by which outsiders start or feed something; one without a guard before one with it.
pub(super) fn outsiders<'a>(audit: &Audit<'a>, node: &GraphNode) -> Option<&'a Edge> {
    let mut open: Vec<&Edge> = audit.ending_at(node, "can_trigger").filter(|e| OUTSIDERS.iter().any(|c| e.from.starts_with(c))).collect();
    open.sort_by(|a, b| a.text("guard").is_some().cmp(&b.text("guard").is_some()).then(b.certainty().total_cmp(&a.certainty())).then(a.id.cmp(&b.id)));
    open.first().copied()
}

/// Text by outsiders that nobody looks through first.
pub(super) fn unguarded<'a>(audit: &Audit<'a>, node: &GraphNode) -> Option<&'a Edge> {
    outsiders(audit, node).filter(|e| e.text("guard").is_none() && e.attributes.get("approval_required") != Some(&true.into()))
}

/// How far what the agent reads can be written by others, 0 to 1 (domain specification, 6.6).
pub(super) fn untrusted(audit: &Audit<'_>, agent: &GraphNode) -> f64 {
    if unguarded(audit, agent).is_some() {
        return 1.0;
    }
    let guarded = agent.list("guards").contains(&"actor-check") || outsiders(audit, agent).is_some();
    rank::untrusted(agent, guarded, audit.is_public())
}

/// Whether a slot holds something that opens a door, and is no mere setting.
pub(super) fn holds_authority(audit: &Audit<'_>, slot: &GraphNode) -> bool {
    slot.key.kind == Kind::Credential
        || matches!(slot.key.subtype.trim_start_matches("other:"), "ci-secret" | "cloud-secret" | "vault-path" | "op-item" | "k8s-secret" | "n8n-credential")
        || audit.ending_at(slot, "stored_in").next().is_some()
        || audit.out(slot, "authenticates_as").next().is_some()
        || crate::extract::is_secret_name(slot.name())
}

/// Slots with authority that the agent, or a tool of it, reads.
pub(super) fn secrets<'a>(audit: &Audit<'a>, agent: &GraphNode) -> Vec<(&'a GraphNode, &'a Edge)> {
    let own = audit.out(agent, "consumes");
    let through = audit.targets(agent, "invokes").filter(|t| t.key.kind == Kind::Tool && t.key.subtype != "ci-action").flat_map(|t| audit.out(t, "consumes"));
    own.chain(through).filter_map(|e| audit.node(&e.to).filter(|l| holds_authority(audit, l)).map(|l| (l, e))).collect()
}

/// A model to call is what every agent has; what else it can change is the point.
pub(super) fn writes<'a>(audit: &Audit<'a>, agent: &GraphNode) -> Option<Reach<'a>> {
    audit.reaches(agent, Level::Write, |r| !matches!(&*r.key.subtype, "llm-api" | "model"))
}

/// Whether taking the agent over gives more than the agent.
fn privileged(audit: &Audit<'_>, agent: &GraphNode) -> bool {
    writes(audit, agent).is_some() || !secrets(audit, agent).is_empty()
}

/// What comes over when an agent hands back only what fits a schema.
const STRUCTURED: f64 = 0.6;

/// The session of an agent: itself and those that it hands its work to without a list of their own, each with how surely text passes between them.
fn session<'a>(audit: &Audit<'a>, agent: &'a GraphNode) -> Vec<(&'a GraphNode, f64)> {
    let mut members = vec![(agent, 1.0)];
    let mut next = 0;
    while next < members.len() && members.len() < 50 {
        let (node, passes) = members[next];
        next += 1;
        let handed = audit.targets(node, "delegates_to").chain(audit.targets(node, "invokes"));
        for other in handed.filter(|n| n.key.kind == Kind::Agent && !is_bounded(n)) {
            if !members.iter().any(|(m, _)| m.id() == other.id()) {
                members.push((other, passes * if other.flag("structured_output") { STRUCTURED } else { 1.0 }));
            }
        }
    }
    members
}

/// Whether a list says what the agent may call.
pub(super) fn is_bounded(agent: &GraphNode) -> bool {
    !agent.flag("unbounded_tools") && (agent.flag("bounded_tools") || !agent.list("tools").is_empty() || !agent.list("allow").is_empty())
}

fn has_way_out(agent: &GraphNode) -> bool {
    if agent.list("guards").contains(&"safe-outputs") {
        return false;
    }
    match agent.text("egress") {
        Some("open") => true,
        Some("none" | "allowlist") => agent.list("capabilities").iter().any(|c| matches!(*c, "message" | "scm-write")),
        _ => agent.list("capabilities").iter().any(|c| matches!(*c, "net" | "web" | "message" | "scm-write")),
    }
}

fn agt_01(audit: &mut Audit<'_>) {
    for agent in audit.of_kind(Kind::Agent) {
        let members = session(audit, agent);
        // The member from which each of the three passes most surely.
        let best = |fits: &dyn Fn(&GraphNode) -> bool| members.iter().filter(|(m, _)| fits(m)).max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.id().cmp(a.0.id())));
        let private = best(&|m| !secrets(audit, m).is_empty() || audit.reaches(m, Level::ReadData, |r| !is_public(r)).is_some());
        let (Some((_, private)), Some((_, way_out))) = (private, best(&has_way_out)) else { continue };
        let Some((fed, text)) = best(&|m| untrusted(audit, m) >= 0.6) else { continue };
        let together = private.min(*way_out).min(*text);
        // Chat and the web are outsiders' text too, but nobody is named who sends it.
        let open = unguarded(audit, fed);
        if open.is_none() && (audit.ending_at(fed, "can_trigger").next().is_none() || untrusted(audit, fed) < 0.9) {
            continue;
        }
        let severity = if open.is_some_and(|e| e.certainty() >= 0.6) { Severity::Critical } else { Severity::High };
        let mut said = claim(format!("{} combines private data, text by outsiders and a way out", agent.name()));
        if let Some(edge) = open {
            said = said.edge(edge);
        }
        audit.say(agent, said.times(together).severity(severity).at_least(Severity::High));
    }
}

fn is_public(resource: &GraphNode) -> bool {
    matches!(&*resource.key.subtype, "llm-api" | "model" | "internet" | "repo" | "package-registry")
}

fn agt_02(audit: &mut Audit<'_>) {
    for agent in audit.of_kind(Kind::Agent) {
        let prod = |r: &&Reach<'_>| r.resource.env.as_deref() == Some("prod") && r.confidence >= 0.6;
        if let Some(reach) = audit.all_reached(agent, Level::Write).iter().find(prod) {
            let severity = if untrusted(audit, agent) >= 0.6 { Severity::Critical } else { Severity::High };
            let said = claim(format!("{} has {} on {} in production", agent.name(), reach.level.name(), reach.resource.name()));
            audit.say(agent, said.path(&reach.path).confidence(reach.confidence).severity(severity).with(reach.resource.id().to_string()));
        }
    }
}

/// 0 to 4; nothing when the files do not tell.
pub(super) fn autonomy(agent: &GraphNode) -> Option<u64> {
    agent.attributes.get("autonomy").and_then(serde_json::Value::as_u64)
}

fn agt_03(audit: &mut Audit<'_>) {
    for agent in audit.of_kind(Kind::Agent).filter(|a| autonomy(a) == Some(4)) {
        let disposable = matches!(agent.text("sandbox"), Some("container" | "vm"));
        let acts = agent.list("capabilities").iter().any(|c| matches!(*c, "exec" | "fs-write" | "scm-write" | "data-write" | "cloud-admin"));
        let severity = if acts && !disposable { Severity::High } else { Severity::Medium };
        audit.say(agent, claim(format!("{} acts without asking", agent.name())).severity(severity));
    }
}

fn agt_04(audit: &mut Audit<'_>) {
    for agent in audit.of_kind(Kind::Agent) {
        if let Some(edge) = unguarded(audit, agent).filter(|_| privileged(audit, agent)) {
            let who = audit.name(&edge.from);
            let what = if writes(audit, agent).is_some() { "can change things" } else { "holds credentials" };
            audit.say(agent, claim(format!("{who} can steer {}, which {what}", agent.name())).edge(edge).with(edge.from.to_string()));
        }
    }
}

fn agt_05(audit: &mut Audit<'_>) {
    for agent in audit.of_kind(Kind::Agent).filter(|a| a.flag("unbounded_tools")) {
        let severity = if untrusted(audit, agent) >= 0.6 { Severity::High } else { Severity::Medium };
        audit.say(agent, claim(format!("{} may call any function of its tools", agent.name())).severity(severity));
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use crate::graph::{Graph, Lineage};
    use crate::model::{Facts, Key, Kind, Location};
    use crate::relation::{CAN_TRIGGER, CONSUMES, DELEGATES_TO};

    /// Confidence that the three meet: the secret and the text are one agent's, the way out is another's.
    fn trifecta(structured: bool, bounded: bool) -> Option<f64> {
        let at = || Location { repository: "repo:r".into(), path: "f".into(), line: 1, column: 1, end_line: 1, revision: None };
        let mut facts = Facts::default();
        let (triage, poster) = (Key::new(Kind::Agent, "ci-agent", "agent:triage"), Key::new(Kind::Agent, "subagent", "agent:poster"));
        let slot = Key::new(Kind::Location, "ci-secret", "gh-secret:acme/web/K");
        let outsider = Key::new(Kind::Party, "class", "class:issue-author@repo:r");
        facts.declare(&triage, "triage", at()).attr("untrusted_inputs", vec!["issue"]);
        facts.declare(&poster, "poster", at()).attr("egress", "open").attr("structured_output", structured).attr("bounded_tools", bounded);
        facts.declare(&slot, "K", at());
        facts.relate(&triage, &CONSUMES, &slot, at());
        facts.relate(&outsider, &CAN_TRIGGER, &triage, at());
        facts.relate(&triage, &DELEGATES_TO, &poster, at());
        let lineage = Lineage { graph: Graph::from_facts(facts), ..Lineage::default() };
        let findings = crate::audit::audit(&lineage, &Config::default());
        findings.iter().find(|f| f.check == "AGT-01" && &*f.subject == "agent:triage").map(|f| f.confidence)
    }

    #[test]
    fn three_that_meet_across_agents_count_less_when_only_a_schema_passes_and_not_when_a_list_bounds_the_other() {
        assert_eq!((trifecta(false, false), trifecta(true, false), trifecta(false, true)), (Some(1.0), Some(0.6), None));
    }
}
