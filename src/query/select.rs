//! Which nodes a pattern means.

use crate::graph::{GraphNode, Lineage};
use crate::model::Kind;

/// Nodes that the pattern names: by exact id or name, else ranked ones by a part of either; `*` matches anything. Ranked nodes come first.
pub(super) fn select<'a>(lineage: &'a Lineage, pattern: &str) -> Vec<&'a GraphNode> {
    let mut chosen = exact(lineage, pattern);
    // A policy or a place of the same name as somebody who acts is not who is meant.
    if chosen.iter().any(|n| n.key.kind.is_ranked()) {
        chosen.retain(|n| n.key.kind.is_ranked());
    }
    if chosen.is_empty() {
        chosen = lineage.graph.nodes.values().filter(|n| n.key.kind.is_ranked() && fits(pattern, n)).collect();
    }
    sorted(lineage, chosen)
}

/// The same for whatever can be a target: resources, places and parties too.
pub(super) fn select_any<'a>(lineage: &'a Lineage, pattern: &str) -> Vec<&'a GraphNode> {
    let mut chosen = exact(lineage, pattern);
    if chosen.is_empty() {
        chosen = lineage.graph.nodes.values().filter(|n| n.key.kind != Kind::Origin && fits(pattern, n)).collect();
    }
    sorted(lineage, chosen)
}

fn exact<'a>(lineage: &'a Lineage, pattern: &str) -> Vec<&'a GraphNode> {
    lineage.graph.nodes.values().filter(|n| n.key.kind != Kind::Origin && (&**n.id() == pattern || n.name() == pattern)).collect()
}

fn fits(pattern: &str, node: &GraphNode) -> bool {
    let wanted = pattern.to_ascii_lowercase();
    let parts: Vec<&str> = wanted.split('*').filter(|p| !p.is_empty()).collect();
    let in_order = |text: &str| {
        let text = text.to_ascii_lowercase();
        let mut from = 0;
        parts.iter().all(|p| text[from..].find(p).map(|i| from += i + p.len()).is_some())
    };
    in_order(node.id()) || in_order(node.name())
}

fn sorted<'a>(lineage: &Lineage, mut chosen: Vec<&'a GraphNode>) -> Vec<&'a GraphNode> {
    let position = |n: &GraphNode| lineage.ranking.iter().position(|r| r.node == *n.id()).unwrap_or(usize::MAX);
    chosen.sort_by_key(|n| (position(n), n.id().clone()));
    chosen
}
