//! Which links to cut: each statement on the ways to what matters most is left out, everything is concluded anew, and the risk measured again. A
//! conclusion cannot be cut, and one that follows from something else as well is still there: what is told is what a change of the files would do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::hops::told;
use crate::graph::{Edge, Graph, GraphNode, Lineage};
use crate::rank::{Extent, Paths, risk};
use crate::resolve::resolve;

/// Links that are tried out, and those that are told.
const TRIED: usize = 12;
const TOLD: usize = 5;
/// Edges that are concluded anew in all; in a graph so large that this is less than those links come to, fewer are tried.
const WORK: usize = 2_000_000;

/// Statements that an edge of a path follows from.
fn grounds<'g>(graph: &'g Graph, edge: &'g Arc<str>, into: &mut BTreeSet<&'g Arc<str>>) {
    let mut seen: BTreeSet<&Arc<str>> = BTreeSet::from([edge]);
    let mut todo = vec![edge];
    while let Some(edge) = todo.pop().and_then(|id| graph.edges.get(id)) {
        if edge.is_stated() {
            into.insert(&edge.id);
        } else {
            todo.extend(edge.via.iter().filter(|v| seen.insert(v)));
        }
    }
}

/// A link, and what is left without it.
struct Cut<'g> {
    edge: &'g Edge,
    risk: f64,
    value: f64,
    count: usize,
}

fn cut<'g>(graph: &'g Graph, edge: &'g Edge, node: &GraphNode, exposure: f64) -> Cut<'g> {
    let mut less = graph.without(edge);
    resolve(&mut less);
    let left = Paths::new(&less).extent(node.id());
    Cut { edge, risk: risk(left.blast, exposure), value: value(&left), count: left.reached.len() }
}

fn value(extent: &Extent) -> f64 {
    extent.reached.iter().map(|r| r.value).sum()
}

/// Links in the order of the risk that is left without them, one line each: `R 40 → 12, 70 % of the reach is gone, 2 left, without: …`.
pub(super) fn cuts(lineage: &Lineage, node: &GraphNode, extent: &Extent) -> Vec<String> {
    let graph = &lineage.graph;
    let total = value(extent);
    let exposure = lineage.rank(node.id()).map_or(0.0, |r| r.exposure);
    let mut carried: BTreeMap<&Arc<str>, f64> = BTreeMap::new();
    for r in &extent.reached {
        let mut facts = BTreeSet::new();
        r.path.iter().for_each(|edge| grounds(graph, edge, &mut facts));
        facts.into_iter().for_each(|fact| *carried.entry(fact).or_default() += r.value);
    }
    let mut tried: Vec<(&Arc<str>, f64)> = carried.into_iter().collect();
    tried.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
    tried.truncate(TRIED.min(1 + WORK / (1 + graph.edges.len())));
    let edges = tried.into_par_iter().filter_map(|(id, _)| graph.edges.get(id));
    let mut cuts: Vec<Cut<'_>> = edges.map(|edge| cut(graph, edge, node, exposure)).filter(|c| c.value < total).collect();
    cuts.sort_by(|a, b| a.risk.total_cmp(&b.risk).then(a.value.total_cmp(&b.value)).then(a.edge.id.cmp(&b.edge.id)));
    let before = risk(extent.blast, exposure);
    cuts.into_iter()
        .take(TOLD)
        .flat_map(|Cut { edge, risk, value, count }| {
            let share = 100.0 * (1.0 - value / total);
            let hop = told(lineage, std::slice::from_ref(&edge.id)).into_iter();
            hop.map(move |hop| format!("R {before:.0} → {risk:.0}, {share:.0} % of the reach is gone, {count} left, without: {hop}"))
        })
        .collect()
}
