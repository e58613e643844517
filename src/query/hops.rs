//! A path in words: each hop with its evidence.

use std::sync::Arc;

use crate::graph::{Graph, GraphNode, Lineage};

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
