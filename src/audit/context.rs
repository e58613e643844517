//! What a check works with, and the one place where severity, fingerprint and place of a finding are settled (domain specification, 8.2).

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::Check;
use super::claim::Claim;
pub(super) use super::claim::claim;
use crate::config::{Config, Visibility};
use crate::graph::{Edge, Graph, GraphNode, Lineage};
use crate::model::{FileRole, Finding, Kind, Level, Location, Ownership, Rank, Reached, Role, Severity, without_line};
use crate::rank;

/// Below this confidence a finding is one step less severe.
const SURE: f64 = 0.6;
/// At this risk a finding is one step more severe.
const GRAVE: f64 = 80.0;
/// Below this risk, where the reach is known, it is one step less severe.
const SLIGHT: f64 = 10.0;

/// A resource that is reached, with level, confidence and path.
#[derive(Clone)]
pub(super) struct Reach<'a> {
    pub(super) resource: &'a GraphNode,
    pub(super) level: Level,
    pub(super) confidence: f64,
    pub(super) path: Vec<Arc<str>>,
}

/// What every check looks at, indexed once.
pub(super) struct World<'a> {
    pub(super) lineage: &'a Lineage,
    pub(super) config: &'a Config,
    ranks: HashMap<&'a str, &'a Rank>,
    parties: HashMap<&'a str, Vec<&'a Ownership>>,
    /// Whether anything at all says who answers for what.
    owners_known: bool,
    /// Ways to and from what the ranking leaves out; built when first asked for.
    paths: OnceCell<rank::Paths<'a>>,
}

impl<'a> World<'a> {
    pub(super) fn new(lineage: &'a Lineage, config: &'a Config) -> Self {
        let mut parties: HashMap<&str, Vec<&Ownership>> = HashMap::new();
        for party in &lineage.parties {
            parties.entry(&party.node).or_default().push(party);
        }
        World {
            lineage,
            config,
            ranks: lineage.ranking.iter().map(|r| (&*r.node, r)).collect(),
            parties,
            owners_known: lineage.parties.iter().any(|p| p.role == Role::Owner),
            paths: OnceCell::new(),
        }
    }

    pub(super) fn rank(&self, id: &str) -> Option<&'a Rank> {
        self.ranks.get(id).copied()
    }
}

pub(super) struct Audit<'a> {
    pub(super) world: &'a World<'a>,
    pub(super) graph: &'a Graph,
    check: &'static Check,
    findings: Vec<Finding>,
}

impl<'a> Audit<'a> {
    pub(super) fn new(world: &'a World<'a>, check: &'static Check) -> Self {
        Audit { world, graph: &world.lineage.graph, check, findings: Vec::new() }
    }

    pub(super) fn into_findings(self) -> Vec<Finding> {
        self.findings
    }

    pub(super) fn config(&self) -> &'a Config {
        self.world.config
    }

    /// Whether outsiders are known to read the repository.
    pub(super) fn is_public(&self) -> bool {
        self.world.config.visibility == Visibility::Public
    }

    pub(super) fn rank(&self, node: &GraphNode) -> Option<&'a Rank> {
        self.world.rank(node.id())
    }

    /// Blast radius of a node; of what is not ranked itself, the greatest of what it acts as and what it invokes.
    pub(super) fn blast(&self, node: &GraphNode) -> f64 {
        if let Some(rank) = self.rank(node) {
            return rank.blast.score;
        }
        let acts = self.graph.out(node.id()).filter(|e| matches!(e.relation.name, "runs_as" | "can_assume" | "invokes"));
        acts.filter_map(|e| self.world.rank(&e.to)).map(|r| r.blast.score).fold(0.0, f64::max)
    }

    /// Everything that a node reaches at `least` or more, most valuable first.
    pub(super) fn all_reached(&self, node: &GraphNode, least: Level) -> Vec<Reach<'a>> {
        let take = |reached: &[Reached]| {
            let wide = reached.iter().filter(|r| r.level >= least);
            wide.filter_map(|r| self.graph.node(&r.resource).map(|n| Reach { resource: n, level: r.level, confidence: r.confidence, path: r.path.clone() }))
                .collect()
        };
        match self.rank(node) {
            Some(rank) => take(&rank.reach),
            None => {
                let paths = self.world.paths.get_or_init(|| rank::Paths::new(&self.world.lineage.graph));
                take(&paths.extent(node.id()).reached)
            }
        }
    }

    /// The most valuable resource that a node reaches at `least` or more, and for which `wanted` holds.
    pub(super) fn reaches(&self, node: &GraphNode, least: Level, wanted: impl Fn(&GraphNode) -> bool) -> Option<Reach<'a>> {
        self.all_reached(node, least).into_iter().find(|r| wanted(r.resource))
    }

    pub(super) fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &'a GraphNode> + use<'a> {
        self.graph.of_kind(kind)
    }

    /// Edges of one relation that start at a node.
    pub(super) fn out(&self, node: &GraphNode, relation: &'static str) -> impl Iterator<Item = &'a Edge> + use<'a> {
        self.graph.out(node.id()).filter(move |e| e.relation.name == relation)
    }

    /// Edges of one relation that end at a node.
    pub(super) fn ending_at(&self, node: &GraphNode, relation: &'static str) -> impl Iterator<Item = &'a Edge> + use<'a> {
        self.graph.ending_at(node.id()).filter(move |e| e.relation.name == relation)
    }

    /// Nodes at the far end of the edges of one relation.
    pub(super) fn targets(&self, node: &GraphNode, relation: &'static str) -> impl Iterator<Item = &'a GraphNode> + use<'a> {
        let graph = self.graph;
        self.out(node, relation).filter_map(move |e| graph.node(&e.to))
    }

    /// Nodes where the edges of one relation start that end here.
    pub(super) fn sources(&self, node: &GraphNode, relation: &'static str) -> impl Iterator<Item = &'a GraphNode> + use<'a> {
        let graph = self.graph;
        self.ending_at(node, relation).filter_map(move |e| graph.node(&e.from))
    }

    pub(super) fn node(&self, id: &str) -> Option<&'a GraphNode> {
        self.graph.node(id)
    }

    pub(super) fn name(&self, id: &str) -> &'a str {
        self.graph.node(id).map_or("?", GraphNode::name)
    }

    /// What is known of one role on a node, best first.
    pub(super) fn parties(&self, id: &str, role: Role) -> impl Iterator<Item = &'a Ownership> + use<'a> {
        let world = self.world;
        world.parties.get(id).into_iter().flatten().copied().filter(move |p| p.role == role)
    }

    /// Whether anybody answers for the node, as far as the sources say.
    pub(super) fn has_owner(&self, id: &str) -> bool {
        self.parties(id, Role::Owner).any(|p| p.resolved)
    }

    /// Without any history or rule at all the owner is unknown, which is no finding.
    pub(super) fn ownership_is_known(&self) -> bool {
        self.world.owners_known
    }

    /// Files the claim.
    pub(super) fn say(&mut self, subject: &GraphNode, claim: Claim) {
        let severity = self.severity(subject, &claim);
        let at = claim.at.or_else(|| subject.primary().cloned());
        if self.config().checks.scope.get(self.check.id).is_some_and(|s| !s.holds(subject.id(), at.as_ref().map(|l| &*l.path))) {
            return;
        }
        let key = std::iter::once(&**subject.id()).chain(claim.related.iter().map(String::as_str)).map(|id| without_line(id).to_owned()).collect();
        self.findings.push(Finding {
            check: self.check.id,
            severity,
            confidence: claim.confidence.clamp(0.0, 1.0),
            subject: subject.id().clone(),
            message: claim.message,
            at,
            path: claim.path,
            key,
            fingerprint: String::new(),
            frameworks: self.check.frameworks,
            fix: claim.fix.unwrap_or_else(|| self.check.fix.to_owned()),
        });
    }

    /// The check's own severity, raised and lowered step by step; what configuration says replaces all of it.
    fn severity(&self, subject: &GraphNode, claim: &Claim) -> Severity {
        if let Some(fixed) = self.config().checks.severity.get(self.check.id) {
            return *fixed;
        }
        let rank = self.rank(subject);
        let mut severity = claim.severity.unwrap_or(self.check.severity);
        if rank.is_some_and(|r| r.risk >= GRAVE || r.reach.iter().any(|x| self.is_crown_jewel(&x.resource))) {
            severity = severity.raised();
        }
        if is_sample(subject, claim.at.as_ref()) && !subject.flag("verified_live") {
            severity = severity.lowered();
        }
        if claim.confidence < SURE {
            severity = severity.lowered();
        }
        // A small risk, because little is known of what it opens, is no small risk.
        if rank.is_some_and(|r| r.risk < SLIGHT && r.reach.iter().any(|x| x.level != Level::Unknown)) {
            severity = severity.lowered();
        }
        claim.floor.map_or(severity, |floor| severity.max(floor))
    }

    fn is_crown_jewel(&self, id: &str) -> bool {
        self.node(id).is_some_and(rank::is_crown_jewel)
    }
}

/// Gives every finding of one check its fingerprint: a hash of check, subject and what else makes it this one; of several that are alike but for their
/// lines, the later ones are numbered.
pub(super) fn fingerprint(findings: &mut [Finding]) {
    findings.sort_by(|a, b| (&a.key, &a.at, &a.subject, &a.message).cmp(&(&b.key, &b.at, &b.subject, &b.message)));
    let mut alike = 0;
    for i in 0..findings.len() {
        let before = i.checked_sub(1).map(|b| &findings[b]);
        let again = before.is_some_and(|b| b.key == findings[i].key);
        // The same subject twice is one finding said twice.
        let distinct = before.is_none_or(|b| b.subject != findings[i].subject);
        alike = if again { alike + usize::from(distinct) } else { 0 };
        let mut hash = Sha256::new();
        let number = alike.to_string();
        for part in std::iter::once(findings[i].check).chain(findings[i].key.iter().map(String::as_str)).chain((alike > 0).then_some(number.as_str())) {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        findings[i].fingerprint = hash.finalize().iter().take(16).map(|b| format!("{b:02x}")).collect();
    }
}

/// Whether the subject is known only from tests, documentation or examples.
pub(super) fn is_sample(subject: &GraphNode, at: Option<&Location>) -> bool {
    let contexts = subject.list("contexts");
    if !contexts.is_empty() {
        return !contexts.contains(&"normal");
    }
    match at.or(subject.primary()).map(|l| crate::document::role_of(&l.path)) {
        // What an agent reads as its instructions is no documentation.
        Some(FileRole::Doc) => !matches!(subject.key.kind, Kind::Agent | Kind::Tool),
        role => role.is_some_and(|r| r != FileRole::Normal),
    }
}
