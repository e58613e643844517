//! `nhi.diff/1`: a change for machines, with structs of its own.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Style, Told};
use crate::graph::{Edge, Lineage};
use crate::model::Rank;
use crate::query::{Arrival, ReachChange};
use crate::report::json::{FindingOut, Place, finding, placing, rounded, score};
use crate::report::plain;

#[derive(Serialize, JsonSchema)]
struct Report {
    /// Always `nhi.diff/1`.
    schema: &'static str,
    /// Commit of the state before; nothing for a report of several sources.
    base: Option<String>,
    head: Option<String>,
    new_reach: Vec<ReachOut>,
    removed_reach: Vec<ReachOut>,
    new_identities: Vec<ArrivalOut>,
    /// Node ids of the state before.
    removed_identities: Vec<String>,
    weakened: Vec<WeakeningOut>,
    /// Entries that the change itself adds to `.nhi-accepted`.
    accepted: Vec<String>,
    new_findings: Vec<FindingOut>,
    fixed_findings: Vec<FindingOut>,
    /// What was there before and has other numbers now.
    moved: Vec<MoveOut>,
    gate: GateOut,
    /// Places of the state after that were not, or not wholly, understood.
    coverage: usize,
}

#[derive(Serialize, JsonSchema)]
struct ReachOut {
    subject: String,
    /// The subject itself is new, or gone.
    subject_changed: bool,
    target: String,
    /// Level of access; nothing where the target is an identity that the subject can become.
    level: Option<&'static str>,
    /// A lower level that the other side has.
    other_level: Option<&'static str>,
    confidence: f64,
    path: Vec<HopOut>,
}

#[derive(Serialize, JsonSchema)]
struct HopOut {
    edge: String,
    relation: &'static str,
    from: String,
    to: String,
    at: Option<Place>,
    /// The other side has not this hop, nor one of those that it follows from.
    changed: bool,
}

#[derive(Serialize, JsonSchema)]
struct ArrivalOut {
    node: String,
    kind: &'static str,
    subtype: String,
    name: String,
    at: Option<Place>,
    owner: Option<String>,
    sponsor: Option<String>,
    reviewed_path: bool,
    revocable: bool,
}

#[derive(Serialize, JsonSchema)]
struct WeakeningOut {
    subject: String,
    control: &'static str,
    message: String,
    at: Option<Place>,
}

#[derive(Serialize, JsonSchema)]
struct MoveOut {
    node: String,
    before: Numbers,
    after: Numbers,
}

#[derive(Serialize, JsonSchema)]
struct Numbers {
    blast: u8,
    exposure: u8,
    risk: u8,
    trust_debt: u8,
}

#[derive(Serialize, JsonSchema)]
struct GateOut {
    pass: bool,
    violations: Vec<ViolationOut>,
}

#[derive(Serialize, JsonSchema)]
struct ViolationOut {
    rule: &'static str,
    subject: Option<String>,
    message: String,
}

/// The JSON Schema of `nhi diff --format json`.
pub fn schema() -> String {
    serde_json::to_string_pretty(&schemars::schema_for!(Report)).unwrap_or_default() + "\n"
}

fn numbers(r: &Rank) -> Numbers {
    Numbers { blast: score(r.blast.score), exposure: score(r.exposure), risk: score(r.risk), trust_debt: score(r.trust_debt) }
}

fn reach(side: &Lineage, r: &ReachChange) -> ReachOut {
    let place = placing(side);
    let is_changed = |e: &Edge| r.because.contains(&e.id) || e.via.iter().any(|v| r.because.contains(v));
    ReachOut {
        subject: r.subject.to_string(),
        subject_changed: r.subject_changed,
        target: r.target.to_string(),
        level: r.level.map(|l| l.name()),
        other_level: r.other_level.map(|l| l.name()),
        confidence: rounded(r.confidence),
        path: r
            .path
            .iter()
            .filter_map(|id| side.graph.edges.get(id))
            .map(|e| HopOut {
                edge: e.id.to_string(),
                relation: e.relation.name,
                from: e.from.to_string(),
                to: e.to.to_string(),
                at: side.graph.ground(e).map(&place),
                changed: is_changed(e),
            })
            .collect(),
    }
}

fn arrival(head: &Lineage, a: &Arrival) -> Option<ArrivalOut> {
    let node = head.graph.node(&a.node)?;
    Some(ArrivalOut {
        node: a.node.to_string(),
        kind: node.key.kind.name(),
        subtype: plain(&node.key.subtype),
        name: plain(node.name()),
        at: node.primary().map(placing(head)),
        owner: a.owner.as_ref().map(|p| plain(&p.party)),
        sponsor: a.sponsor.as_ref().map(|p| plain(&p.party)),
        reviewed_path: a.reviewed,
        revocable: a.revocable,
    })
}

pub(super) fn write(told: &Told<'_>, _: &Style) -> String {
    let (base, head, change) = (told.base, told.head, told.change);
    let commit = |l: &Lineage| l.sources.first().filter(|_| l.sources.len() == 1).and_then(|s| s.head.clone());
    let report = Report {
        schema: "nhi.diff/1",
        base: commit(base),
        head: commit(head),
        new_reach: change.new_reach.iter().map(|r| reach(head, r)).collect(),
        removed_reach: change.removed_reach.iter().map(|r| reach(base, r)).collect(),
        new_identities: change.new_identities.iter().filter_map(|a| arrival(head, a)).collect(),
        removed_identities: change.removed_identities.iter().map(ToString::to_string).collect(),
        weakened: change
            .weakened
            .iter()
            .map(|w| WeakeningOut { subject: w.subject.to_string(), control: w.control, message: plain(&w.message), at: w.at.as_ref().map(placing(head)) })
            .collect(),
        accepted: change.accepted.iter().map(|e| plain(&e.to_string())).collect(),
        new_findings: change.new_findings.iter().map(|f| finding(f, &placing(head))).collect(),
        fixed_findings: change.fixed_findings.iter().map(|f| finding(f, &placing(base))).collect(),
        moved: change.moved.iter().map(|m| MoveOut { node: m.node.to_string(), before: numbers(&m.before), after: numbers(&m.after) }).collect(),
        gate: GateOut {
            pass: told.violations.is_empty(),
            violations: told
                .violations
                .iter()
                .map(|v| ViolationOut { rule: v.rule, subject: v.subject.as_ref().map(ToString::to_string), message: plain(&v.message) })
                .collect(),
        },
        coverage: head.coverage.len(),
    };
    serde_json::to_string_pretty(&report).unwrap_or_default() + "\n"
}
