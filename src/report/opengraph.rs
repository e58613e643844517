//! BloodHound OpenGraph: nodes and edges for its ingest with flat attributes, and the definition of the extension that says what their kinds mean.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Style, plain};
use crate::graph::Lineage;
use crate::model::{Flow, Kind, Relation};
use crate::relation;

/// The prefix of every kind that is ours, as the rules for extensions ask (BloodHound RFC 4).
const NAMESPACE: &str = "NHI";
/// Where a relation flows backwards, the way that a compromise takes is an edge of its own: paths are searched along edges only.
const YIELDS: &str = "yields";

/// `can_assume` becomes `NHI_CanAssume`.
fn kind(name: &str) -> String {
    let words = name.split(['_', '-']).map(|w| w.chars().take(1).map(|c| c.to_ascii_uppercase()).chain(w.chars().skip(1)).collect::<String>());
    format!("{NAMESPACE}_{}", words.collect::<String>())
}

/// The extension's definition: kinds of nodes, kinds of edges, and which of these a compromise travels along.
pub fn opengraph_definition() -> String {
    let nodes: Vec<Value> = Kind::ALL
        .iter()
        .map(|k| {
            json!({
                "name": kind(k.name()), "display_name": display(k.name()), "description": k.meaning(), "is_display_kind": true,
                "icon": icon(*k), "color": color(*k),
            })
        })
        .collect();
    let mut edges: Vec<Value> = relation::ALL
        .iter()
        .map(|r| json!({ "name": kind(r.name), "description": format!("the start {} the end", r.meaning), "is_traversable": is_traversable(r) }))
        .collect();
    edges.push(json!({ "name": kind(YIELDS), "description": "who controls the start gets the end", "is_traversable": true }));
    let definition = json!({
        "schema": { "name": "nhi", "display_name": "Non-human identities", "version": env!("CARGO_PKG_VERSION"), "namespace": NAMESPACE },
        "node_kinds": nodes, "relationship_kinds": edges, "environments": [], "relationship_findings": [],
    });
    serde_json::to_string_pretty(&definition).unwrap_or_default() + "\n"
}

fn is_traversable(relation: &Relation) -> bool {
    matches!(relation.flow, Flow::Forward | Flow::Both)
}

fn display(name: &str) -> String {
    name.chars().take(1).map(|c| c.to_ascii_uppercase()).chain(name.chars().skip(1)).collect()
}

/// Names of Font Awesome, which the viewer draws.
fn icon(kind: Kind) -> &'static str {
    match kind {
        Kind::Party => "users",
        Kind::Identity => "id-badge",
        Kind::Credential => "key",
        Kind::Location => "box-archive",
        Kind::Consumer => "gears",
        Kind::Agent => "robot",
        Kind::Tool => "wrench",
        Kind::Policy => "scroll",
        Kind::Resource => "database",
        Kind::Issuer => "stamp",
        Kind::Origin => "code-commit",
    }
}

fn color(kind: Kind) -> &'static str {
    match kind {
        Kind::Identity => "#3B82F6",
        Kind::Credential => "#D97706",
        Kind::Agent => "#9333EA",
        Kind::Resource => "#DC2626",
        _ => "#64748B",
    }
}

pub(super) fn write(lineage: &Lineage, _: &Style) -> String {
    let ranks: std::collections::BTreeMap<_, _> = lineage.ranking.iter().map(|r| (&r.node, r)).collect();
    let nodes: Vec<Value> = lineage
        .graph
        .nodes
        .values()
        .map(|n| {
            let mut properties = json!({ "name": plain(n.name()), "subtype": plain(&n.key.subtype), "confidence": n.confidence });
            if let Some(env) = &n.env {
                properties["environment"] = plain(env).into();
            }
            if let Some(r) = ranks.get(n.id()) {
                properties["blast"] = r.blast.score.round().into();
                properties["exposure"] = r.exposure.round().into();
                properties["risk"] = r.risk.round().into();
                properties["trust_debt"] = r.trust_debt.round().into();
            }
            if let Some(at) = n.primary() {
                properties["location"] = super::text::place(at).into();
            }
            json!({ "id": plain(n.id()), "kinds": [kind(n.key.kind.name()), NAMESPACE], "properties": properties })
        })
        .collect();
    // One edge of a kind between two nodes: the first statement stands for the others.
    let mut seen = BTreeSet::new();
    let edges: Vec<Value> = lineage
        .graph
        .edges
        .values()
        .filter(|e| lineage.graph.node(&e.from).is_some() && lineage.graph.node(&e.to).is_some())
        .filter(|e| seen.insert((e.from.clone(), e.relation.name, e.to.clone())))
        .flat_map(|e| {
            let edge = |name: &str, start: &str, end: &str| {
                json!({
                    "kind": kind(name),
                    "start": { "match_by": "id", "value": plain(start) },
                    "end": { "match_by": "id", "value": plain(end) },
                    "properties": { "confidence": e.certainty(), "derived": e.derived, "basis": e.basis.name() }
                })
            };
            let back = (e.relation.flow == Flow::Backward).then(|| edge(YIELDS, &e.to, &e.from));
            std::iter::once(edge(e.relation.name, &e.from, &e.to)).chain(back)
        })
        .collect();
    let report = json!({ "metadata": { "source_kind": NAMESPACE }, "graph": { "nodes": nodes, "edges": edges } });
    serde_json::to_string_pretty(&report).unwrap_or_default() + "\n"
}
