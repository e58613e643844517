//! References by name, and partial ids, meet the nodes that they mean.

use std::collections::BTreeSet;

use crate::graph::{Graph, GraphNode, Unresolved};
use crate::model::{Basis, Condition, NodeId, Reference, Spec};
use crate::relation::SAME_AS;

/// Candidates beyond which a name says nothing.
const MAX_CANDIDATES: usize = 4;

pub(super) fn apply(graph: &mut Graph) -> bool {
    let references = std::mem::take(&mut graph.references);
    let mut changed = false;
    for reference in &references {
        let candidates = candidates(graph, reference);
        if candidates.is_empty() || candidates.len() > MAX_CANDIDATES {
            continue;
        }
        let basis = match (&reference.spec, candidates.len()) {
            (_, n) if n > 1 => Basis::Ambiguous,
            (Spec::ValueOf { .. }, _) => Basis::Evaluated,
            _ => Basis::UniqueName,
        };
        let confidence = basis.confidence() / candidates.len() as f64;
        for to in &candidates {
            graph.ensure(&reference.from);
            changed |= graph.derive(&reference.from.id, reference.relation, to, (basis, confidence), Condition::True, &[]);
            let id = crate::graph::edge_id(reference.relation, &reference.from.id, to, "");
            if let Some(edge) = graph.edges.get_mut(&id) {
                edge.at.insert(reference.at.clone());
                for (k, v) in &reference.attributes {
                    edge.attributes.entry(k.clone()).or_insert_with(|| v.clone());
                }
            }
        }
    }
    graph.references = references;
    changed | unify(graph)
}

fn candidates(graph: &Graph, reference: &Reference) -> Vec<NodeId> {
    let in_scope = |n: &GraphNode| reference.scope.is_empty() || n.places().any(|l| l.path.starts_with(&reference.scope));
    let found: BTreeSet<NodeId> = match &reference.spec {
        Spec::Name { kind, subtypes, name } => graph
            .of_kind(*kind)
            .filter(|n| {
                n.name() == name && (subtypes.is_empty() || subtypes.iter().any(|s| *s == n.key.subtype)) && n.id() != &reference.from.id && in_scope(n)
            })
            .map(|n| n.id().clone())
            .collect(),
        Spec::Partial { kind, id, .. } => graph.of_kind(*kind).filter(|n| fits(id, n.id()) && in_scope(n)).map(|n| n.id().clone()).collect(),
        Spec::ValueOf { slot, kind } => {
            let Some(value) = graph.node(slot).and_then(|n| n.text("value")) else { return Vec::new() };
            graph.of_kind(*kind).filter(|n| &**n.id() == value || fits(value, n.id())).map(|n| n.id().clone()).collect()
        }
    };
    found.into_iter().collect()
}

/// Whether two ids are equal but for components that either leaves open in braces.
pub(super) fn fits(a: &str, b: &str) -> bool {
    if !a.contains('{') && !b.contains('{') {
        return a == b;
    }
    let (a, b): (Vec<&str>, Vec<&str>) = (components(a), components(b));
    a.len() == b.len() && a.iter().zip(&b).all(|(x, y)| x == y || is_open(x) || is_open(y)) && a.iter().zip(&b).any(|(x, y)| x == y && !is_open(x))
}

fn is_open(component: &str) -> bool {
    component.starts_with('{') && component.ends_with('}')
}

/// Splits at `:` and `/`, but not inside braces.
fn components(id: &str) -> Vec<&str> {
    let (mut out, mut depth, mut from) = (Vec::new(), 0usize, 0);
    for (i, c) in id.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ':' | '/' if depth == 0 => {
                out.push(&id[from..i]);
                from = i + 1;
            }
            _ => {}
        }
    }
    out.push(&id[from..]);
    out
}

/// Partial ids that fit exactly one full id mean it; several share the confidence.
fn unify(graph: &mut Graph) -> bool {
    let partial: Vec<(NodeId, crate::model::Kind)> =
        graph.nodes.values().filter(|n| n.id().contains('{') && n.id().starts_with("arn:")).map(|n| (n.id().clone(), n.key.kind)).collect();
    let mut changed = false;
    for (id, kind) in partial {
        let full: Vec<NodeId> =
            graph.of_kind(kind).filter(|n| !n.id().contains('{') && n.id().starts_with("arn:") && fits(&id, n.id())).map(|n| n.id().clone()).collect();
        if full.is_empty() || full.len() > MAX_CANDIDATES {
            continue;
        }
        for other in &full {
            changed |= graph.derive(&id, &SAME_AS, other, (Basis::UniqueName, 0.8 / full.len() as f64), Condition::True, &[]);
        }
    }
    changed
}

/// References that met nothing, or too much.
pub(super) fn unresolved(graph: &Graph) -> Vec<Unresolved> {
    let mut open: Vec<Unresolved> = graph
        .references
        .iter()
        .filter_map(|r| {
            let count = candidates(graph, r).len();
            let reason = match (&r.spec, count) {
                (_, 1..=MAX_CANDIDATES) => return None,
                (Spec::ValueOf { .. }, 0) => "no definition of the variable in the scanned sources".to_owned(),
                (_, 0) => "nothing of that name in the scanned sources".to_owned(),
                (_, n) => format!("{n} things have that name"),
            };
            Some(Unresolved { from: r.from.id.clone(), relation: r.relation.name, expression: r.expression.clone(), reason, at: r.at.clone() })
        })
        .collect();
    open.sort();
    open.dedup();
    open
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn an_open_component_fits_any_and_a_known_one_only_itself() {
        assert!(fits("arn:aws:iam::{github.com/acme/web//infra}:role/deploy", "arn:aws:iam::111122223333:role/deploy"));
        assert!(!fits("arn:aws:iam::{a//b}:role/deploy", "arn:aws:iam::111122223333:role/other"));
        assert!(!fits("arn:aws:iam::{a}:role/x", "arn:aws:iam::1:user/x"));
    }
}
