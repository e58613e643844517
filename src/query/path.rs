//! The most certain way from one node to another.

use super::hops::{named, told};
use super::lineage::Record;
use super::select::select_any;
use crate::graph::Lineage;
use crate::rank;

/// The best path between any two nodes that the patterns name; nothing when no path is known.
pub fn path(lineage: &Lineage, from: &str, to: &str) -> Option<Record> {
    let paths = rank::Paths::new(&lineage.graph);
    let targets = select_any(lineage, to);
    let (start, target, found) = select_any(lineage, from)
        .into_iter()
        .flat_map(|start| targets.iter().filter(move |t| t.id() != start.id()).map(move |t| (start, *t)))
        .filter_map(|(start, target)| Some((start, target, paths.between(start.id(), target.id())?)))
        .max_by(|a, b| a.2.value.total_cmp(&b.2.value).then(b.0.id().cmp(a.0.id())).then(b.1.id().cmp(a.1.id())))?;
    let mut record = Record::default();
    record.push("from", vec![named(start), start.id().to_string()]);
    record.push("to", vec![named(target), target.id().to_string()]);
    record.push("level", vec![format!("{}  confidence {:.2}", found.level.name(), found.confidence)]);
    record.push("path", told(lineage, &found.path));
    Some(record)
}
