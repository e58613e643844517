//! What a change gives away: reach, identities, controls and findings before and after it (domain specification, 9.3).

mod reviewers;
mod same;
mod verdict;
mod weakened;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;

use crate::config::Entry;
use crate::graph::{Edge, GraphNode, Lineage};
use crate::model::{Finding, Kind, Level, NodeId, Ownership, Rank, Reached, Role, Weakening};
use crate::rank;
use crate::relation::CAN_ASSUME;

use same::{EdgeName, Names};

pub use verdict::{Violation, verdict};
pub use weakened::{Reviewers, weakened};

/// What changed between two states of the same sources.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// Most valuable first.
    pub new_reach: Vec<ReachChange>,
    pub removed_reach: Vec<ReachChange>,
    pub new_identities: Vec<Arrival>,
    pub removed_identities: Vec<NodeId>,
    pub weakened: Vec<Weakening>,
    /// Entries that the change itself adds to `.nhi-accepted`: what they are about does not count.
    pub accepted: Vec<Entry>,
    /// Most severe first.
    pub new_findings: Vec<Finding>,
    pub fixed_findings: Vec<Finding>,
    /// What was there before and has other numbers now; greatest rise of the blast radius first.
    pub moved: Vec<Move>,
}

/// Reach that one side has and the other has not.
#[derive(Clone, Debug)]
pub struct ReachChange {
    /// What reaches.
    pub subject: NodeId,
    /// The subject itself is new, or gone.
    pub subject_changed: bool,
    /// What is reached; `level` is nothing where it is an identity that the subject can become.
    pub target: NodeId,
    pub level: Option<Level>,
    /// The level on the other side, where there is a lower one.
    pub other_level: Option<Level>,
    pub confidence: f64,
    /// What it adds to the blast radius, before scaling.
    pub value: f64,
    /// Ids of the edges, in order, on the side that has them.
    pub path: Vec<Arc<str>>,
    /// Those of them that the other side has not.
    pub because: Vec<Arc<str>>,
}

/// Something that was not there before.
#[derive(Clone, Debug)]
pub struct Arrival {
    pub node: NodeId,
    pub owner: Option<Ownership>,
    pub sponsor: Option<Ownership>,
    /// Whether a known way to take it away exists for its kind.
    pub revocable: bool,
    /// Whether somebody has to look at changes of the file that defines it.
    pub reviewed: bool,
}

/// Numbers of one node before and after.
#[derive(Clone, Debug)]
pub struct Move {
    pub node: NodeId,
    pub before: Rank,
    pub after: Rank,
}

/// Compares two states. `renames` are the old and new paths of files that moved.
pub fn diff(base: &Lineage, head: &Lineage, renames: &[(String, String)]) -> Change {
    let (old, new) = (Names::new(base, renames), Names::new(head, &[]));
    let (was, is) = (Side::new(base, &old), Side::new(head, &new));
    let mut change = Change {
        new_reach: is.reach_beyond(&was),
        removed_reach: was.reach_beyond(&is),
        new_identities: is.arrivals(&was),
        removed_identities: was.arrivals(&is).into_iter().map(|a| a.node).collect(),
        weakened: head.weakened.clone(),
        ..Change::default()
    };
    let was_found = found(base, &old);
    let is_found = found(head, &new);
    change.new_findings = beyond(&is_found, &was_found);
    change.fixed_findings = beyond(&was_found, &is_found);
    let before: BTreeMap<String, &Rank> = base.ranking.iter().map(|r| (old.of(&r.node), r)).collect();
    for after in &head.ranking {
        let Some(before) = before.get(&new.of(&after.node)) else { continue };
        let differs = |a: f64, b: f64| (a - b).abs() >= 0.5;
        if differs(before.blast.score, after.blast.score) || differs(before.exposure, after.exposure) || differs(before.risk, after.risk) {
            change.moved.push(Move { node: after.node.clone(), before: (*before).clone(), after: after.clone() });
        }
    }
    let rise = |m: &Move| m.after.blast.score - m.before.blast.score;
    change
        .moved
        .sort_by(|a, b| rise(b).total_cmp(&rise(a)).then((b.after.risk - b.before.risk).total_cmp(&(a.after.risk - a.before.risk))).then(a.node.cmp(&b.node)));
    change
}

type FindingName = (&'static str, Vec<String>);

fn found<'a>(lineage: &'a Lineage, names: &Names<'_>) -> BTreeMap<FindingName, Vec<&'a Finding>> {
    let mut all: BTreeMap<FindingName, Vec<&Finding>> = BTreeMap::new();
    for f in &lineage.findings {
        all.entry(names.finding(f.check, &f.subject, &f.key)).or_default().push(f);
    }
    all
}

/// Findings of one side for which the other has no counterpart; of several that are alike, those beyond the other's number.
fn beyond(one: &BTreeMap<FindingName, Vec<&Finding>>, other: &BTreeMap<FindingName, Vec<&Finding>>) -> Vec<Finding> {
    let mut rest: Vec<Finding> =
        one.iter().flat_map(|(name, findings)| findings.iter().skip(other.get(name).map_or(0, Vec::len)).map(|f| (*f).clone())).collect();
    rest.sort_by(|a, b| b.severity.cmp(&a.severity).then(a.check.cmp(b.check)).then(a.subject.cmp(&b.subject)).then(a.fingerprint.cmp(&b.fingerprint)));
    rest
}

/// One state, with what it reaches by lasting names.
struct Side<'a> {
    lineage: &'a Lineage,
    names: &'a Names<'a>,
    nodes: BTreeSet<String>,
    edges: BTreeSet<EdgeName>,
    /// Subject and target to the way there.
    reach: BTreeMap<(String, String), Way>,
}

/// A way from a subject to what it reaches; no `reached` where it ends at an identity.
struct Way {
    subject: NodeId,
    reached: Option<Reached>,
    path: Vec<Arc<str>>,
}

impl<'a> Side<'a> {
    fn new(lineage: &'a Lineage, names: &'a Names<'a>) -> Self {
        let paths = rank::Paths::new(&lineage.graph);
        let subjects: Vec<&GraphNode> = lineage.graph.nodes.values().filter(|n| acts(n)).collect();
        let reached: Vec<(NodeId, Vec<Reached>)> = subjects.into_par_iter().map(|n| (n.id().clone(), paths.extent(n.id()).reached)).collect();
        let mut reach = BTreeMap::new();
        for (subject, all) in reached {
            let name = names.of(&subject);
            for r in all {
                let path = r.path.clone();
                reach.insert((name.clone(), names.of(&r.resource)), Way { subject: subject.clone(), reached: Some(r), path });
            }
            for edge in lineage.graph.out(&subject).filter(|e| e.relation.name == CAN_ASSUME.name) {
                reach.entry((name.clone(), names.of(&edge.to))).or_insert_with(|| Way { subject: subject.clone(), reached: None, path: vec![edge.id.clone()] });
            }
        }
        Side {
            lineage,
            names,
            nodes: lineage.graph.nodes.keys().map(|id| names.of(id)).collect(),
            edges: lineage.graph.edges.values().map(|e| names.edge(e)).collect(),
            reach,
        }
    }

    /// What this side reaches and the other does not, or only at a lower level.
    fn reach_beyond(&self, other: &Side<'_>) -> Vec<ReachChange> {
        let mut changes = Vec::new();
        for (name, Way { subject, reached, path }) in &self.reach {
            let before = other.reach.get(name);
            let level = reached.as_ref().map(|r| r.level);
            let other_level = before.and_then(|way| way.reached.as_ref()).map(|r| r.level);
            let weight = |l: Option<Level>| l.map_or(0.0, Level::weight);
            if before.is_some() && weight(level) <= weight(other_level) {
                continue;
            }
            let Some(last) = path.last().and_then(|e| self.lineage.graph.edges.get(e)) else { continue };
            changes.push(ReachChange {
                subject: subject.clone(),
                subject_changed: !other.nodes.contains(&name.0),
                target: reached.as_ref().map_or(&last.to, |r| &r.resource).clone(),
                level,
                other_level,
                confidence: reached.as_ref().map_or_else(|| last.certainty(), |r| r.confidence),
                value: reached.as_ref().map_or(0.0, |r| r.value),
                because: self.grounds(path).into_iter().filter(|e| !other.edges.contains(&self.names.edge(e))).map(|e| e.id.clone()).collect(),
                path: path.clone(),
            });
        }
        // To become something is said where what that opens is not known.
        let told: BTreeSet<Arc<str>> = changes.iter().filter(|c| c.level.is_some()).flat_map(|c| c.path.iter().cloned()).collect();
        changes.retain(|c| c.level.is_some() || !c.path.iter().any(|e| told.contains(e)));
        changes.sort_by(|a, b| b.value.total_cmp(&a.value).then(a.subject.cmp(&b.subject)).then(a.target.cmp(&b.target)));
        changes
    }

    /// The edges of a path, with those that derived ones follow from.
    fn grounds(&self, path: &[Arc<str>]) -> Vec<&Edge> {
        let edges = &self.lineage.graph.edges;
        let mut all: Vec<&Edge> = Vec::new();
        let mut open: Vec<&Arc<str>> = path.iter().rev().collect();
        while let Some(edge) = open.pop().and_then(|id| edges.get(id)) {
            if all.iter().any(|e| e.id == edge.id) {
                continue;
            }
            all.push(edge);
            open.extend(edge.via.iter().rev());
        }
        all
    }

    /// Identities, agents and credentials that this side declares and the other does not know.
    fn arrivals(&self, other: &Side<'_>) -> Vec<Arrival> {
        let lineage = self.lineage;
        let arrived = |n: &&GraphNode| match n.key.kind {
            Kind::Identity | Kind::Agent => !n.declared.is_empty(),
            Kind::Credential => n.text("state") == Some("present-head"),
            _ => false,
        };
        lineage
            .graph
            .nodes
            .values()
            .filter(arrived)
            .filter(|n| !other.nodes.contains(&self.names.of(n.id())))
            .map(|n| {
                let resolved = |role| lineage.party(n.id(), role).filter(|p| p.resolved).cloned();
                Arrival {
                    node: n.id().clone(),
                    owner: resolved(Role::Owner),
                    sponsor: resolved(Role::Sponsor),
                    revocable: n.text("revocation_path").is_some_and(|p| p != "none"),
                    reviewed: lineage.parties.iter().any(|p| p.node == *n.id() && p.signals.iter().any(|s| s.signal == "codeowners")),
                }
            })
            .collect()
    }
}

/// Whether something can act: what is ranked, what runs, and the populations that outsiders come from.
fn acts(node: &GraphNode) -> bool {
    node.key.kind.is_ranked() || node.key.kind == Kind::Consumer || node.key.subtype == "class"
}
