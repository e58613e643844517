//! Which links to cut: each link on the ways to what matters most is left out, and the risk measured again.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::hops::told;
use crate::graph::{GraphNode, Lineage};
use crate::model::Reached;
use crate::rank::{Paths, risk};

/// Links that are tried out, and those that are told.
const TRIED: usize = 24;
const TOLD: usize = 5;

/// Links in the order of the risk that is left without them, one line each: `R 40 → 12, 70 % of the reach is gone, 2 left, without: …`.
pub(super) fn cuts(lineage: &Lineage, paths: &Paths<'_>, node: &GraphNode, reached: &[Reached]) -> Vec<String> {
    let total: f64 = reached.iter().map(|r| r.value).sum();
    let exposure = lineage.rank(node.id()).map_or(0.0, |r| r.exposure);
    let mut carried: BTreeMap<&Arc<str>, f64> = BTreeMap::new();
    for r in reached {
        for edge in &r.path {
            *carried.entry(edge).or_default() += r.value;
        }
    }
    let mut tried: Vec<(&Arc<str>, f64)> = carried.into_iter().collect();
    tried.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
    let before = risk(Paths::blast(reached), exposure);
    let mut cuts: Vec<(f64, f64, usize, &Arc<str>)> = tried
        .into_iter()
        .take(TRIED)
        .map(|(edge, _)| {
            let (blast, left) = paths.without(node.id(), edge);
            (risk(blast, exposure), left.iter().map(|r| r.value).sum(), left.len(), edge)
        })
        .filter(|(_, left, ..)| *left < total)
        .collect();
    cuts.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.3.cmp(b.3)));
    cuts.into_iter()
        .take(TOLD)
        .flat_map(|(after, left, count, edge)| {
            let share = 100.0 * (1.0 - left / total);
            let hop = told(lineage, std::slice::from_ref(edge)).into_iter();
            hop.map(move |hop| format!("R {before:.0} → {after:.0}, {share:.0} % of the reach is gone, {count} left, without: {hop}"))
        })
        .collect()
}
