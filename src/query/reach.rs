//! What a node reaches, hop by hop, and which links to cut.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::hops::{name, named, told};
use super::lineage::Record;
use super::select::select;
use crate::graph::{GraphNode, Lineage};
use crate::rank;

/// Links that are tried out as cuts.
const TRIED: usize = 6;

/// Everything that the named nodes reach, most valuable first, each with its path; and the links whose removal takes most of it away.
pub fn reach(lineage: &Lineage, pattern: &str) -> Vec<Record> {
    select(lineage, pattern).into_iter().map(|n| record(lineage, n)).collect()
}

fn record(lineage: &Lineage, node: &GraphNode) -> Record {
    let mut record = Record::default();
    record.push(node.key.kind.name(), vec![named(node), node.id().to_string()]);
    let paths = rank::Paths::new(&lineage.graph);
    let mut reached = paths.reached(node.id());
    reached.sort_by(|a, b| b.value.total_cmp(&a.value).then(a.resource.cmp(&b.resource)));
    if reached.is_empty() {
        record.push("reach", vec!["nothing that the files name; what it opens is unknown".into()]);
        return record;
    }
    for r in &reached {
        let mut lines = vec![format!("{} {}  confidence {:.2}", r.level.name(), name(&lineage.graph, &r.resource), r.confidence)];
        lines.extend(told(lineage, &r.path).into_iter().map(|hop| format!("  {hop}")));
        record.push("reach", lines);
    }
    let cuts = cuts(lineage, &paths, node, &reached);
    if !cuts.is_empty() {
        record.push("cut", cuts);
    }
    record
}

/// Links in the order of what is lost without them: each is left out, and the reach measured again.
fn cuts(lineage: &Lineage, paths: &rank::Paths<'_>, node: &GraphNode, reached: &[crate::model::Reached]) -> Vec<String> {
    let total: f64 = reached.iter().map(|r| r.value).sum();
    let mut carried: BTreeMap<&Arc<str>, f64> = BTreeMap::new();
    for r in reached {
        for edge in &r.path {
            *carried.entry(edge).or_default() += r.value;
        }
    }
    let mut tried: Vec<(&Arc<str>, f64)> = carried.into_iter().collect();
    tried.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
    let mut cuts: Vec<(f64, usize, &Arc<str>)> = tried
        .into_iter()
        .take(TRIED)
        .map(|(edge, _)| {
            let left = paths.reached_without(node.id(), edge);
            (left.iter().map(|r| r.value).sum(), left.len(), edge)
        })
        .filter(|(left, ..)| *left < total)
        .collect();
    cuts.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.2.cmp(b.2)));
    cuts.into_iter()
        .take(3)
        .flat_map(|(left, count, edge)| {
            let share = 100.0 * (1.0 - left / total);
            told(lineage, std::slice::from_ref(edge)).into_iter().map(move |hop| format!("{share:.0} % of the reach is gone, {count} left, without: {hop}"))
        })
        .collect()
}
