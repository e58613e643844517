//! What a node reaches, hop by hop, and which links to cut.

use super::cuts::cuts;
use super::hops::{name, named, told};
use super::lineage::Record;
use super::select::select;
use crate::graph::{GraphNode, Lineage};
use crate::rank;

/// Everything that the named nodes reach, most valuable first, each with its path; and the links whose removal takes most of it away.
pub fn reach(lineage: &Lineage, pattern: &str) -> Vec<Record> {
    select(lineage, pattern).into_iter().map(|n| record(lineage, n)).collect()
}

fn record(lineage: &Lineage, node: &GraphNode) -> Record {
    let mut record = Record::default();
    record.push(node.key.kind.name(), vec![named(node), node.id().to_string()]);
    let paths = rank::Paths::new(&lineage.graph);
    let extent = paths.extent(node.id());
    if extent.reached.is_empty() {
        record.push("reach", vec!["nothing that the files name; what it opens is unknown".into()]);
        return record;
    }
    for r in &extent.reached {
        let mut lines = vec![format!("{} {}  confidence {:.2}", r.level.name(), name(&lineage.graph, &r.resource), r.confidence)];
        lines.extend(told(lineage, &r.path).into_iter().map(|hop| format!("  {hop}")));
        record.push("reach", lines);
    }
    let cuts = cuts(lineage, node, &extent);
    if !cuts.is_empty() {
        record.push("cut", cuts);
    }
    record
}
