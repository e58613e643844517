//! Reads `nhi.lineage/1` reports back, as the facts that they were made from: what follows from facts is drawn again.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use serde::Deserialize;

use crate::graph::{Approval, Source};
use crate::model::{
    Activity, Attributes, Basis, Condition, Deed, EdgeFact, Facts, Hop, Key, Kind, Location, Moment, NodeFact, NodeId, Note, NoteStatus, Ownership, Reference,
    Role, Signal, Spec, instant,
};
use crate::{own, relation};

/// What one report holds.
#[derive(Debug, Default)]
pub struct Saved {
    pub facts: Facts,
    pub sources: Vec<Source>,
    pub first_seen: BTreeMap<NodeId, Moment>,
    pub hops: BTreeMap<NodeId, Vec<Hop>>,
    /// Owners that the run with the git history found; files alone do not tell them again.
    pub parties: Vec<Ownership>,
    pub approvals: Vec<Approval>,
}

#[derive(Deserialize)]
struct Report {
    schema: String,
    sources: Vec<SourceIn>,
    nodes: Vec<NodeIn>,
    edges: Vec<EdgeIn>,
    #[serde(default)]
    references: Vec<ReferenceIn>,
    #[serde(default)]
    parties: Vec<PartyIn>,
    #[serde(default)]
    approvals: Vec<ApprovalIn>,
    #[serde(default)]
    coverage: Vec<NoteIn>,
}

#[derive(Deserialize)]
struct SourceIn {
    id: String,
    root: String,
    head: Option<String>,
    #[serde(default)]
    head_time: Option<String>,
    files: u64,
    commits: u64,
    blobs: u64,
    bytes: u64,
}

#[derive(Deserialize)]
struct Place {
    repository: Option<String>,
    path: String,
    line: u32,
    column: u32,
    end_line: Option<u32>,
    revision: Option<String>,
}

#[derive(Deserialize)]
struct Seen {
    revision: String,
    time: String,
    party: String,
}

#[derive(Deserialize)]
struct NodeIn {
    id: String,
    kind: Kind,
    subtype: String,
    name: String,
    confidence: f64,
    declared: Vec<Place>,
    mentioned: Vec<Place>,
    #[serde(default)]
    attributes: Attributes,
    first_seen: Option<Seen>,
    #[serde(default)]
    hops: Vec<HopIn>,
}

#[derive(Deserialize)]
struct HopIn {
    deed: Deed,
    path: String,
    line: u32,
    from: Option<String>,
    #[serde(flatten)]
    seen: Seen,
}

#[derive(Deserialize)]
struct EdgeIn {
    derived: bool,
    relation: String,
    from: String,
    to: String,
    basis: String,
    confidence: f64,
    condition: String,
    at: Vec<Place>,
    #[serde(default)]
    attributes: Attributes,
}

#[derive(Deserialize)]
struct ReferenceIn {
    from: String,
    relation: String,
    spec: String,
    kind: Kind,
    #[serde(default)]
    subtypes: Vec<String>,
    target: String,
    scope: String,
    expression: String,
    #[serde(default)]
    attributes: Attributes,
    at: Place,
}

#[derive(Deserialize)]
struct PartyIn {
    node: String,
    role: String,
    party: String,
    confidence: f64,
    tier: u8,
    contested: bool,
    resolved: bool,
    #[serde(default)]
    signals: Vec<SignalIn>,
    #[serde(default)]
    activity: String,
    #[serde(default)]
    last_active: Option<String>,
}

#[derive(Deserialize)]
struct SignalIn {
    signal: String,
    weight: f64,
    at: Option<Place>,
}

#[derive(Deserialize)]
struct ApprovalIn {
    pattern: String,
    parties: Vec<String>,
    at: Place,
}

#[derive(Deserialize)]
struct NoteIn {
    path: String,
    status: String,
    reason: String,
}

/// Reads one report. The error says what is wrong with it, in one line.
pub fn read(text: &[u8]) -> Result<Saved, String> {
    let report: Report = serde_json::from_slice(text).map_err(|e| format!("not an nhi.lineage/1 report: line {}, column {}", e.line(), e.column()))?;
    if report.schema != "nhi.lineage/1" {
        return Err("not an nhi.lineage/1 report; write one with `nhi scan --format json`".to_owned());
    }
    let home: Arc<str> = report.sources.first().map_or("repo:unknown", |s| s.id.as_str()).into();
    // Many places name one file: its path is kept once.
    let texts: RefCell<HashSet<Arc<str>>> = RefCell::default();
    let shared = |text: &str| -> Arc<str> {
        let mut texts = texts.borrow_mut();
        if let Some(known) = texts.get(text) {
            return known.clone();
        }
        let new: Arc<str> = text.into();
        texts.insert(new.clone());
        new
    };
    let location = |p: &Place| Location {
        repository: p.repository.as_deref().map_or_else(|| home.clone(), shared),
        path: shared(&p.path),
        line: p.line,
        column: p.column,
        end_line: p.end_line.unwrap_or(p.line),
        revision: p.revision.as_deref().map(shared),
    };
    let keys: BTreeMap<&str, Key> = report.nodes.iter().map(|n| (n.id.as_str(), Key::new(n.kind, n.subtype.clone(), &n.id))).collect();
    let mut saved = Saved::default();
    for n in &report.nodes {
        let key = &keys[n.id.as_str()];
        let places = n.declared.iter().map(|p| (true, Some(location(p)))).chain(n.mentioned.iter().map(|p| (false, Some(location(p)))));
        let mut places: Vec<(bool, Option<Location>)> = places.collect();
        if places.is_empty() {
            places.push((false, None));
        }
        for (declared, at) in places {
            saved.facts.nodes.push(NodeFact {
                key: key.clone(),
                // A node that nobody named bears its id.
                name: if n.name == n.id { String::new() } else { n.name.clone() },
                confidence: n.confidence,
                declared,
                at,
                attributes: n.attributes.clone(),
            });
        }
        if let Some(moment) = n.first_seen.as_ref().and_then(moment) {
            saved.first_seen.insert(key.id.clone(), moment);
        }
        let hops = n.hops.iter().filter_map(|h| {
            let from = h.from.as_deref().map(Arc::from);
            Some(Hop { moment: moment(&h.seen)?, deed: h.deed, path: h.path.as_str().into(), line: h.line, from })
        });
        let hops: Vec<Hop> = hops.collect();
        if !hops.is_empty() {
            saved.hops.insert(key.id.clone(), hops);
        }
    }
    for e in report.edges.iter().filter(|e| !e.derived) {
        let (Some(from), Some(to), Some(relation)) = (keys.get(e.from.as_str()), keys.get(e.to.as_str()), relation::by_name(&e.relation)) else { continue };
        let places: Vec<Option<Location>> = if e.at.is_empty() { vec![None] } else { e.at.iter().map(|p| Some(location(p))).collect() };
        for at in places {
            saved.facts.edges.push(EdgeFact {
                from: from.clone(),
                relation,
                to: to.clone(),
                basis: Basis::parse(&e.basis),
                confidence: e.confidence,
                condition: if e.condition == Condition::True.name() { Condition::True } else { Condition::Unknown },
                at,
                attributes: e.attributes.clone(),
            });
        }
    }
    for r in &report.references {
        let (Some(from), Some(relation)) = (keys.get(r.from.as_str()), relation::by_name(&r.relation)) else { continue };
        let spec = match r.spec.as_str() {
            "name" => Spec::Name { kind: r.kind, subtypes: r.subtypes.clone(), name: r.target.clone() },
            "partial" => Spec::Partial { kind: r.kind, subtype: r.subtypes.first().cloned().unwrap_or_default(), id: r.target.clone() },
            _ => Spec::ValueOf { slot: r.target.clone(), kind: r.kind },
        };
        let (scope, expression, attributes) = (r.scope.clone(), r.expression.clone(), r.attributes.clone());
        saved.facts.references.push(Reference { from: from.clone(), relation, spec, scope, expression, at: location(&r.at), attributes });
    }
    // A signal that this release does not know cannot be told from others.
    let signal = |s: &SignalIn| {
        let known = own::SIGNALS.iter().find(|k| k.name == s.signal)?;
        Some(Signal { signal: known.name, tier: known.tier, weight: s.weight, at: s.at.as_ref().map(location) })
    };
    for p in &report.parties {
        let Some(role) = [Role::Owner, Role::Creator, Role::Sponsor].into_iter().find(|r| r.name() == p.role) else { continue };
        saved.parties.push(Ownership {
            node: p.node.as_str().into(),
            role,
            party: p.party.as_str().into(),
            confidence: p.confidence,
            tier: p.tier,
            contested: p.contested,
            resolved: p.resolved,
            activity: Activity::ALL.iter().copied().find(|a| a.name() == p.activity).unwrap_or_default(),
            last_active: p.last_active.as_deref().and_then(instant),
            signals: p.signals.iter().filter_map(signal).collect(),
        });
    }
    for a in &report.approvals {
        let parties = a.parties.iter().map(|p| p.as_str().into()).collect();
        saved.approvals.push(Approval { pattern: a.pattern.clone(), parties, at: location(&a.at) });
    }
    for n in &report.coverage {
        let status = [NoteStatus::Partial, NoteStatus::Skipped, NoteStatus::Cut].into_iter().find(|s| s.name() == n.status).unwrap_or(NoteStatus::Cut);
        saved.facts.notes.push(Note { repository: home.clone(), path: n.path.as_str().into(), status, reason: n.reason.clone() });
    }
    saved.sources = report
        .sources
        .into_iter()
        .map(|s| Source {
            id: s.id,
            root: s.root,
            head: s.head,
            head_time: s.head_time.as_deref().and_then(instant),
            files: s.files,
            commits: s.commits,
            blobs: s.blobs,
            bytes: s.bytes,
        })
        .collect();
    Ok(saved)
}

fn moment(seen: &Seen) -> Option<Moment> {
    Some(Moment { time: instant(&seen.time)?, revision: seen.revision.as_str().into(), party: seen.party.as_str().into() })
}
