//! A path in words: each hop with its evidence.

use std::sync::Arc;

use serde_json::Value;

use crate::graph::{Graph, GraphNode, Lineage};
use crate::model::rfc3339;

/// `deploy (aws-role)`, or the id where that is all that is known.
pub(super) fn named(node: &GraphNode) -> String {
    if node.name() == &**node.id() { node.id().to_string() } else { format!("{} ({})", node.name(), node.key.subtype) }
}

/// The same by id.
pub(super) fn name(graph: &Graph, id: &str) -> String {
    graph.node(id).map_or(id.to_owned(), named)
}

/// One line a hop: `web-deploy (aws-role) may act on invoices (object-store)  write 0.90 exact [infra/main.tf:12]`.
pub(super) fn told(lineage: &Lineage, path: &[Arc<str>]) -> Vec<String> {
    path.iter()
        .filter_map(|id| lineage.graph.edges.get(id))
        .map(|e| {
            let level = e.text("level").map_or(String::new(), |l| format!("  {l}"));
            let condition = if e.condition == crate::model::Condition::Unknown { "  if its condition holds" } else { "" };
            let at = lineage.graph.ground(e).map_or(String::new(), |l| format!("  [{}:{}]", l.path, l.line));
            format!("{} {} {}{level}  {:.2}{condition}{at}", name(&lineage.graph, &e.from), e.relation.meaning, name(&lineage.graph, &e.to), e.confidence)
        })
        .collect()
}

/// What commits did to the value of a credential, one line each: `2026-01-31 person:carol@example.org moved it from a.env to b.env:3  [1a2b3c4d]`; then
/// what stands there now, and which references still hold it.
pub(super) fn way(node: &GraphNode) -> Vec<String> {
    let mut lines: Vec<String> = node
        .hops
        .iter()
        .map(|hop| {
            let day = rfc3339(hop.moment.time);
            let from = hop.from.as_ref().map_or(String::new(), |f| format!(" from {f}"));
            let revision = &hop.moment.revision[..hop.moment.revision.len().min(8)];
            let to = if hop.from.is_some() { "to" } else { "at" };
            format!("{} {} {} it{from} {to} {}:{}  [{revision}]", day.get(..10).unwrap_or_default(), hop.moment.party, hop.deed.name(), hop.path, hop.line)
        })
        .collect();
    if let Some(rotated) = node.attributes.get("rotated") {
        let text = |name: &str| rotated.get(name).and_then(Value::as_str).unwrap_or("another value");
        lines.push(format!("in its place stands {}  [{}:{}]", text("to"), text("path"), rotated.get("line").and_then(Value::as_u64).unwrap_or_default()));
    }
    let held = node.list("held_by");
    if !held.is_empty() {
        lines.push(format!("still held by {}", held.join(", ")));
    }
    lines
}
