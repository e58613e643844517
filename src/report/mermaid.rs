//! Mermaid: the paths from the identities of greatest blast radius to what they reach, small enough for a comment.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::text::cut;
use super::{Style, plain};
use crate::graph::Lineage;

/// Beyond these nobody reads the picture, and renderers refuse it.
const TOP: usize = 15;
const PATHS: usize = 5;

/// Quoted text: letters, digits and plain punctuation stay, all else becomes a character code.
fn label(text: &str) -> String {
    let mut out = String::new();
    for c in cut(&plain(text), 60).chars() {
        if c.is_alphanumeric() || " -_.:/…".contains(c) {
            out.push(c);
        } else {
            let _ = write!(out, "#{};", c as u32);
        }
    }
    out
}

pub(super) fn write(lineage: &Lineage, _: &Style) -> String {
    let mut nodes = BTreeSet::new();
    let mut edges = BTreeSet::new();
    for r in lineage.ranking.iter().take(TOP) {
        nodes.insert(r.node.clone());
        for e in r.reach.iter().take(PATHS).flat_map(|x| &x.path).filter_map(|id| lineage.graph.edges.get(id)) {
            nodes.extend([e.from.clone(), e.to.clone()]);
            edges.insert((e.from.clone(), e.relation.name, e.to.clone()));
        }
    }
    let numbers: BTreeMap<_, usize> = nodes.iter().enumerate().map(|(i, id)| (id.clone(), i)).collect();
    let mut out = String::from("flowchart LR\n");
    for (id, number) in &numbers {
        let (name, subtype) = lineage.graph.node(id).map_or((&**id, ""), |n| (n.name(), &*n.key.subtype));
        let _ = writeln!(out, "  n{number}[\"{}<br/>{}\"]", label(name), label(subtype));
    }
    for (from, relation, to) in &edges {
        let _ = writeln!(out, "  n{} -->|{}| n{}", numbers[from], relation.replace('_', " "), numbers[to]);
    }
    out
}
