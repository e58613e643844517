//! The graph as data, from which the page draws the lineage that somebody opens.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::graph::Lineage;
use crate::model::NodeId;
use crate::report::plain;
use crate::report::text::cut;

/// Edges that are drawn; the JSON report has all.
const MAX_EDGES: usize = 40_000;

/// The number of each node in the data: its position among all ids.
pub(super) fn numbers(lineage: &Lineage) -> BTreeMap<&NodeId, usize> {
    lineage.graph.nodes.keys().enumerate().map(|(i, id)| (id, i)).collect()
}

/// Nodes (name, kind, subtype, number of the record), edges (from, to, relation, level) and what relations mean. Every `<` is escaped, so that nothing ends the
/// block.
pub(super) fn data(lineage: &Lineage, records: &BTreeMap<&NodeId, usize>) -> String {
    let numbers = numbers(lineage);
    let nodes: Vec<Value> =
        lineage.graph.nodes.values().map(|n| json!([plain(&cut(n.name(), 80)), n.key.kind.name(), plain(&n.key.subtype), records.get(n.id())])).collect();
    let mut relations: Vec<&str> = Vec::new();
    let mut edges: Vec<Value> = Vec::new();
    for edge in lineage.graph.edges.values().take(MAX_EDGES) {
        let (Some(from), Some(to)) = (numbers.get(&edge.from), numbers.get(&edge.to)) else { continue };
        let relation = relations.iter().position(|r| *r == edge.relation.meaning).unwrap_or_else(|| {
            relations.push(edge.relation.meaning);
            relations.len() - 1
        });
        edges.push(json!([from, to, relation, edge.text("level").unwrap_or_default()]));
    }
    json!({ "nodes": nodes, "edges": edges, "relations": relations }).to_string().replace('<', "\\u003c")
}
