//! Whether a change may pass.

use std::collections::BTreeSet;

use super::{Arrival, Change, ReachChange};
use crate::config::{Config, DeniedReach, Expired, FailOn};
use crate::graph::Lineage;
use crate::model::{Kind, Level, NodeId, Severity, glob};

/// Findings below this confidence never trip the gate.
const GATE_CONFIDENCE: f64 = 0.6;

/// One reason why a change may not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The key of the configuration that says so, `gate.max_new_risk`.
    pub rule: &'static str,
    pub subject: Option<NodeId>,
    pub message: String,
}

/// Everything that trips the gate; empty when the change may pass. `threshold` is the least severity of a new finding that counts.
pub fn verdict(head: &Lineage, change: &Change, config: &Config, threshold: FailOn) -> Vec<Violation> {
    let mut all = Vec::new();
    let name = |id: &str| head.graph.node(id).map_or(id.to_owned(), |n| n.name().to_owned());
    let mut say = |rule, subject: Option<&NodeId>, message: String| all.push(Violation { rule, subject: subject.cloned(), message });
    if let Some(least) = threshold.severity() {
        let counted: Vec<_> = change.new_findings.iter().filter(|f| f.severity >= least && f.confidence >= GATE_CONFIDENCE).collect();
        for severity in Severity::ALL {
            let of = counted.iter().filter(|f| f.severity == severity).count();
            if of > 0 {
                say("gate.fail_on", None, format!("{of} new {} finding{}", severity.name(), if of == 1 { "" } else { "s" }));
            }
        }
    }
    let risks = || head.ranking.iter().map(|r| (&r.node, r.risk));
    if let Some(most) = config.gate.max_risk {
        for (node, risk) in risks().filter(|(_, risk)| *risk > most) {
            say("gate.max_risk", Some(node), format!("{} has risk {risk:.0}, more than {most:.0}", name(node)));
        }
    }
    if let Some(most) = config.gate.max_new_risk {
        let new: BTreeSet<&NodeId> = change.new_reach.iter().map(|r| &r.subject).chain(change.new_identities.iter().map(|a| &a.node)).collect();
        for (node, risk) in risks().filter(|(node, risk)| *risk > most && new.contains(node)) {
            say("gate.max_new_risk", Some(node), format!("{} is new or reaches more, with risk {risk:.0}, more than {most:.0}", name(node)));
        }
    }
    if let Some(most) = config.gate.max_blast_increase {
        for m in &change.moved {
            let rise = m.after.blast.score - m.before.blast.score;
            if rise > most {
                say(
                    "gate.max_blast_increase",
                    Some(&m.node),
                    format!("the blast radius of {} rises by {rise:.0} to {:.0}, more than {most:.0}", name(&m.node), m.after.blast.score),
                );
            }
        }
    }
    for rule in &config.gate.deny_new_reach {
        for reach in change.new_reach.iter().filter(|r| denied(head, rule, r)) {
            let level = reach.level.map_or("act as", Level::name);
            say("gate.deny_new_reach", Some(&reach.subject), format!("{} newly reaches {} ({level})", name(&reach.subject), name(&reach.target)));
        }
    }
    let require = &config.gate.require;
    for arrival in &change.new_identities {
        let mut needs = |rule, whom: &[String], has: bool, what: &str| {
            if !has && concerns(head, whom, arrival) {
                say(rule, Some(&arrival.node), format!("{} is new and lacks {what}", name(&arrival.node)));
            }
        };
        needs("gate.require.owner", &require.owner, arrival.owner.is_some(), "an owner");
        needs("gate.require.sponsor", &require.sponsor, arrival.sponsor.is_some(), "a human sponsor");
        needs("gate.require.revocation", &require.revocation, arrival.revocable, "a known way to take it away");
        needs("gate.require.reviewed_path", &require.reviewed_path, arrival.reviewed, "a definition whose changes a code owner sees");
    }
    if config.gate.expiring_exceptions == Expired::Fail {
        for e in config.exceptions.iter().filter(|e| e.expires.is_past(head.now)) {
            say("gate.expiring_exceptions", None, format!("the exception of {} for {} ended on {}", e.check, e.matches, e.expires));
        }
    }
    all
}

fn denied(head: &Lineage, rule: &DeniedReach, reach: &ReachChange) -> bool {
    let (Some(subject), Some(target)) = (head.graph.node(&reach.subject), head.graph.node(&reach.target)) else { return false };
    rule.from.as_deref().is_none_or(|from| subject.key.kind.name() == from || glob(from, subject.id()))
        && rule.to.as_deref().is_none_or(|to| glob(to, target.id()))
        && rule.env.as_deref().is_none_or(|env| target.env.as_deref() == Some(env))
        && rule.level.is_none_or(|least| reach.level.is_none_or(|level| level >= least))
}

fn concerns(head: &Lineage, whom: &[String], arrival: &Arrival) -> bool {
    head.graph
        .node(&arrival.node)
        .is_some_and(|n| n.key.kind != Kind::Credential && whom.iter().any(|w| w == "all" || w == n.key.kind.name() || n.env.as_deref() == Some(w)))
}
