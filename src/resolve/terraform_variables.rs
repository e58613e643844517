//! A variable of Terraform that holds a secret is fed by what a pipeline or a file of the repository sets as `TF_VAR_name` (domain specification, 3.3).

use std::collections::BTreeMap;

use crate::graph::{Graph, GraphNode};
use crate::model::{Basis, Condition, Kind, NodeId};
use crate::relation::SOURCED_FROM;

/// Folders that declare a variable of the same name; beyond that the name says nothing.
const MAX_FOLDERS: usize = 4;

fn repository(node: &GraphNode) -> Option<&str> {
    node.primary().map(|l| &*l.repository)
}

/// The variable that a slot sets: `db_password` of `env:…#TF_VAR_db_password`.
fn sets(slot: &GraphNode) -> Option<&str> {
    slot.id().rsplit(['#', '/']).next()?.strip_prefix("TF_VAR_")
}

pub(super) fn apply(graph: &mut Graph) -> bool {
    let mut variables: BTreeMap<(&str, String), Vec<&NodeId>> = BTreeMap::new();
    for node in graph.nodes.with_prefix("tf-var:") {
        let Some((repository, name)) = repository(node).zip(node.id().rsplit('#').next()) else { continue };
        variables.entry((repository, name.to_ascii_lowercase())).or_default().push(node.id());
    }
    if variables.is_empty() {
        return false;
    }
    let mut drawn: Vec<(NodeId, NodeId, Basis, f64)> = Vec::new();
    for slot in graph.of_kind(Kind::Location) {
        let Some((repository, name)) = repository(slot).zip(sets(slot)) else { continue };
        let Some(found) = variables.get(&(repository, name.to_ascii_lowercase())).filter(|f| f.len() <= MAX_FOLDERS) else { continue };
        let basis = if found.len() == 1 { Basis::UniqueName } else { Basis::Ambiguous };
        drawn.extend(found.iter().map(|v| ((*v).clone(), slot.id().clone(), basis, basis.confidence() / found.len() as f64)));
    }
    drawn.into_iter().fold(false, |changed, (variable, slot, basis, confidence)| {
        changed | graph.derive(&variable, &SOURCED_FROM, &slot, (basis, confidence), Condition::True, &[])
    })
}
