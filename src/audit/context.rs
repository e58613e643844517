//! What a check works with, and the one place where severity, fingerprint and place of a finding are settled.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::Check;
use crate::config::Config;
use crate::graph::{Edge, Graph, GraphNode, Lineage};
use crate::model::{Finding, Kind, Level, Location, Rank, Severity, without_line};

/// Below this confidence a finding is one step less severe.
const SURE: f64 = 0.6;

pub(super) struct Audit<'a> {
    pub(super) lineage: &'a Lineage,
    pub(super) graph: &'a Graph,
    check: &'static Check,
    pub(super) config: &'a Config,
    findings: Vec<Finding>,
}

/// What a check says of one subject; the rest is settled here.
pub(super) struct Claim {
    message: String,
    confidence: f64,
    at: Option<Location>,
    path: Vec<Arc<str>>,
    related: Vec<String>,
    severity: Option<Severity>,
    floor: Option<Severity>,
}

pub(super) fn claim(message: impl Into<String>) -> Claim {
    Claim { message: message.into(), confidence: 1.0, at: None, path: Vec::new(), related: Vec::new(), severity: None, floor: None }
}

impl Claim {
    pub(super) fn confidence(mut self, confidence: f64) -> Self {
        self.confidence = confidence;
        self
    }

    pub(super) fn at(mut self, at: Option<&Location>) -> Self {
        self.at = at.cloned();
        self
    }

    /// The edge that shows it: its place is the finding's, its far end tells the finding from others on the subject.
    pub(super) fn edge(mut self, edge: &Edge) -> Self {
        self.at = edge.at.iter().next().cloned().or(self.at);
        self.related.push(edge.to.to_string());
        self.path.push(edge.id.clone());
        self.confidence *= edge.certainty();
        self
    }

    /// What else tells the finding from others on the subject.
    pub(super) fn related(mut self, what: impl Into<String>) -> Self {
        self.related.push(what.into());
        self
    }

    pub(super) fn path(mut self, path: &[Arc<str>]) -> Self {
        self.path = path.to_vec();
        self
    }

    pub(super) fn severity(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }

    /// Never less than this, whatever the context.
    pub(super) fn at_least(mut self, floor: Severity) -> Self {
        self.floor = Some(floor);
        self
    }
}

impl<'a> Audit<'a> {
    pub(super) fn new(lineage: &'a Lineage, check: &'static Check, config: &'a Config) -> Self {
        Audit { lineage, graph: &lineage.graph, check, config, findings: Vec::new() }
    }

    pub(super) fn into_findings(self) -> Vec<Finding> {
        self.findings
    }

    pub(super) fn rank(&self, node: &GraphNode) -> Option<&'a Rank> {
        self.lineage.rank(node.id())
    }

    /// Best level at which a node reaches a resource for which `wanted` holds, with its path and confidence.
    pub(super) fn reaches(&self, node: &GraphNode, least: Level, wanted: impl Fn(&GraphNode) -> bool) -> Option<(&'a GraphNode, Level, f64, &'a [Arc<str>])> {
        let rank = self.rank(node)?;
        rank.reach
            .iter()
            .filter(|r| r.level >= least)
            .find_map(|r| self.graph.node(&r.resource).filter(|n| wanted(n)).map(|n| (n, r.level, r.confidence, r.path.as_slice())))
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

    pub(super) fn node(&self, id: &str) -> Option<&'a GraphNode> {
        self.graph.node(id)
    }

    pub(super) fn name(&self, id: &str) -> &'a str {
        self.graph.node(id).map_or("?", GraphNode::name)
    }

    /// Files the claim.
    pub(super) fn say(&mut self, subject: &GraphNode, claim: Claim) {
        let rank = self.rank(subject);
        let mut severity = claim.severity.unwrap_or(self.check.severity);
        if rank.is_some_and(|r| r.risk >= 80.0) {
            severity = severity.raised();
        }
        if is_sample(subject, claim.at.as_ref()) {
            severity = severity.lowered();
        }
        if claim.confidence < SURE {
            severity = severity.lowered();
        }
        if let Some(floor) = claim.floor {
            severity = severity.max(floor);
        }
        let at = claim.at.or_else(|| subject.primary().cloned());
        if self.config.checks.scope.get(self.check.id).is_some_and(|s| !s.holds(subject.id(), at.as_ref().map(|l| &*l.path))) {
            return;
        }
        let key = std::iter::once(&**subject.id()).chain(claim.related.iter().map(String::as_str)).map(|id| without_line(id).to_owned()).collect();
        self.findings.push(Finding {
            check: self.check.id,
            severity: self.config.checks.severity.get(self.check.id).copied().unwrap_or(severity),
            confidence: claim.confidence.clamp(0.0, 1.0),
            subject: subject.id().clone(),
            message: claim.message,
            at,
            path: claim.path,
            key,
            fingerprint: String::new(),
            frameworks: self.check.frameworks,
            fix: self.check.fix.to_owned(),
        });
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
fn is_sample(subject: &GraphNode, at: Option<&Location>) -> bool {
    let contexts = subject.list("contexts");
    if !contexts.is_empty() {
        return !contexts.contains(&"normal");
    }
    at.or(subject.primary()).is_some_and(|l| crate::document::role_of(&l.path) != crate::model::FileRole::Normal)
}
