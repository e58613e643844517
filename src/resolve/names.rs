//! References by name, and partial ids, meet the nodes that they mean.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::graph::{Graph, GraphNode, Unresolved};
use crate::model::{Basis, Condition, Kind, NodeId, Reference, Spec};
use crate::relation::SAME_AS;

/// Candidates beyond which a name says nothing.
const MAX_CANDIDATES: usize = 4;

/// Nodes by what references say of them: their names, and how their ids end.
struct Index<'a> {
    names: HashMap<(Kind, &'a str), Vec<&'a GraphNode>>,
    /// By kind, count of components and last component; one that is open stands under the empty text.
    ends: BTreeMap<(Kind, usize, &'a str), Vec<&'a GraphNode>>,
}

impl<'a> Index<'a> {
    fn of(graph: &'a Graph, kinds: &BTreeSet<Kind>) -> Self {
        let mut index = Index { names: HashMap::new(), ends: BTreeMap::new() };
        for kind in kinds {
            for node in graph.of_kind(*kind) {
                index.names.entry((*kind, node.name())).or_default().push(node);
                let (count, last) = ending(node.id());
                index.ends.entry((*kind, count, last)).or_default().push(node);
            }
        }
        index
    }

    /// Nodes whose id an id with open components may mean.
    fn fitting(&self, kind: Kind, id: &'a str) -> impl Iterator<Item = &'a GraphNode> {
        let (count, last) = ending(id);
        // An open end fits every end, and every closed one fits an open one.
        let every =
            last.is_empty().then(|| self.ends.range((kind, count, "")..).take_while(move |((k, c, _), _)| *k == kind && *c == count).flat_map(|(_, n)| n));
        let closed = [last, ""].into_iter().filter(|_| !last.is_empty()).filter_map(move |end| self.ends.get(&(kind, count, end))).flatten();
        every.into_iter().flatten().chain(closed).copied().filter(move |n| fits(id, n.id()))
    }
}

/// Number of components of an id, and the last one; nothing when that is open.
fn ending(id: &str) -> (usize, &str) {
    let parts = components(id);
    let last = parts.last().copied().unwrap_or_default();
    (parts.len(), if is_open(last) { "" } else { last })
}

/// Kinds that references ask for.
fn wanted(references: &[Reference]) -> BTreeSet<Kind> {
    let of = |r: &Reference| match &r.spec {
        Spec::Name { kind, .. } | Spec::Partial { kind, .. } | Spec::ValueOf { kind, .. } => *kind,
    };
    references.iter().map(of).collect()
}

pub(super) fn apply(graph: &mut Graph) -> bool {
    let references = std::mem::take(&mut graph.references);
    let index = Index::of(graph, &wanted(&references));
    let found: Vec<Vec<NodeId>> = references.iter().map(|r| candidates(graph, &index, r)).collect();
    let mut changed = false;
    for (reference, candidates) in references.iter().zip(found) {
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

fn candidates<'a>(graph: &'a Graph, index: &Index<'a>, reference: &'a Reference) -> Vec<NodeId> {
    let in_scope = |n: &GraphNode| reference.scope.is_empty() || n.places().any(|l| l.path.starts_with(&reference.scope));
    let found: BTreeSet<NodeId> = match &reference.spec {
        Spec::Name { kind, subtypes, name } => {
            let named = index.names.get(&(*kind, name.as_str())).into_iter().flatten();
            named
                .filter(|n| (subtypes.is_empty() || subtypes.iter().any(|s| *s == n.key.subtype)) && n.id() != &reference.from.id && in_scope(n))
                .map(|n| n.id().clone())
                .collect()
        }
        Spec::Partial { kind, id, .. } => index.fitting(*kind, id).filter(|n| in_scope(n)).map(|n| n.id().clone()).collect(),
        Spec::ValueOf { slot, kind } => {
            let Some(value) = graph.node(slot).and_then(|n| n.text("value")) else { return Vec::new() };
            index.fitting(*kind, value).map(|n| n.id().clone()).collect()
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
    let partial: Vec<(NodeId, Kind)> = graph.nodes.with_prefix("arn:").filter(|n| n.id().contains('{')).map(|n| (n.id().clone(), n.key.kind)).collect();
    let mut drawn = addresses(graph);
    if partial.is_empty() && drawn.is_empty() {
        return false;
    }
    let mut full: HashMap<(Kind, usize, &str), Vec<&NodeId>> = HashMap::new();
    for node in graph.nodes.with_prefix("arn:").filter(|n| !n.id().contains('{')) {
        let (count, last) = ending(node.id());
        full.entry((node.key.kind, count, last)).or_default().push(node.id());
    }
    for (id, kind) in &partial {
        let (count, last) = ending(id);
        if last.is_empty() {
            // A resource whose own name is open could be any.
            continue;
        }
        let fitting: Vec<&NodeId> = full.get(&(*kind, count, last)).into_iter().flatten().copied().filter(|f| fits(id, f)).collect();
        if fitting.len() <= MAX_CANDIDATES {
            drawn.extend(fitting.iter().map(|f| (id.clone(), (*f).clone(), 0.8 / fitting.len() as f64)));
        }
    }
    drawn
        .into_iter()
        .fold(false, |changed, (id, other, confidence)| changed | graph.derive(&id, &SAME_AS, &other, (Basis::UniqueName, confidence), Condition::True, &[]))
}

/// Accounts of Google whose project nobody names, and those of the same name in projects that somebody does.
fn addresses(graph: &Graph) -> Vec<(NodeId, NodeId, f64)> {
    let accounts = || graph.nodes.with_prefix("gcp-sa:").filter_map(|n| Some((n.id(), n.id().rsplit_once('@')?)));
    let mut full: HashMap<&str, Vec<&NodeId>> = HashMap::new();
    for (id, (name, project)) in accounts() {
        if !name.contains(['{', '$']) && !project.contains('{') {
            full.entry(name).or_default().push(id);
        }
    }
    let open = accounts().filter(|(_, (_, project))| project.starts_with('{') && project.ends_with("}.iam.gserviceaccount.com"));
    let mut drawn = Vec::new();
    for (id, (name, _)) in open {
        let fitting = full.get(name).into_iter().flatten().collect::<Vec<_>>();
        if fitting.len() <= MAX_CANDIDATES {
            drawn.extend(fitting.iter().map(|f| (id.clone(), (**f).clone(), 0.8 / fitting.len() as f64)));
        }
    }
    drawn
}

/// References that met nothing, or too much.
pub(super) fn unresolved(graph: &Graph) -> Vec<Unresolved> {
    let index = Index::of(graph, &wanted(&graph.references));
    let mut open: Vec<Unresolved> = graph
        .references
        .iter()
        .filter_map(|r| {
            let count = candidates(graph, &index, r).len();
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
