//! BloodHound OpenGraph: nodes and edges for its ingest; attributes are flat.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Style, plain};
use crate::graph::Lineage;

/// `can_assume` becomes `NhiCanAssume`.
fn kind(name: &str) -> String {
    let words = name.split(['_', '-']).map(|w| w.chars().take(1).map(|c| c.to_ascii_uppercase()).chain(w.chars().skip(1)).collect::<String>());
    "Nhi".to_owned() + &words.collect::<String>()
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
            json!({ "id": plain(n.id()), "kinds": [kind(n.key.kind.name()), "Nhi"], "properties": properties })
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
        .map(|e| {
            json!({
                "kind": kind(e.relation.name),
                "start": { "match_by": "id", "value": plain(&e.from) },
                "end": { "match_by": "id", "value": plain(&e.to) },
                "properties": { "confidence": e.certainty(), "derived": e.derived, "basis": e.basis.name() }
            })
        })
        .collect();
    let report = json!({ "metadata": { "source_kind": "Nhi" }, "graph": { "nodes": nodes, "edges": edges } });
    serde_json::to_string_pretty(&report).unwrap_or_default() + "\n"
}
