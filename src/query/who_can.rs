//! Who reaches a thing, at which level, and how.

use super::hops::{named, told};
use super::lineage::Record;
use super::select::select_any;
use crate::graph::{GraphNode, Lineage};
use crate::model::{Level, Reached};
use crate::rank;

/// Everyone of the ranked kinds that reaches the named things with at least that level, most certain first.
pub fn who_can(lineage: &Lineage, pattern: &str, level: Level) -> Vec<Record> {
    let paths = rank::Paths::new(&lineage.graph);
    select_any(lineage, pattern).into_iter().map(|target| record(lineage, &paths, target, level)).collect()
}

fn record(lineage: &Lineage, paths: &rank::Paths<'_>, target: &GraphNode, level: Level) -> Record {
    let mut record = Record::default();
    record.push(target.key.kind.name(), vec![named(target), target.id().to_string()]);
    let mut found: Vec<(&GraphNode, Reached)> = lineage
        .graph
        .nodes
        .values()
        .filter(|n| n.key.kind.is_ranked() && n.id() != target.id())
        .filter_map(|n| Some((n, paths.between(n.id(), target.id())?)))
        .filter(|(_, r)| r.level >= level)
        .collect();
    found.sort_by(|(a, x), (b, y)| y.level.cmp(&x.level).then(y.confidence.total_cmp(&x.confidence)).then(a.id().cmp(b.id())));
    if found.is_empty() {
        record.push("who", vec!["nobody that the files name; who else can is unknown".into()]);
    }
    for (node, r) in found {
        let mut lines = vec![format!("{}  {}  confidence {:.2}", named(node), r.level.name(), r.confidence)];
        lines.extend(told(lineage, &r.path).into_iter().map(|hop| format!("  {hop}")));
        record.push("who", lines);
    }
    record
}
