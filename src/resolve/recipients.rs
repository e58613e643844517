//! Whoever may decrypt with a key opens the files that are encrypted for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::graph::{Edge, Graph};
use crate::model::{Basis, Kind, Level};
use crate::relation::CAN_ACCESS;

pub(super) fn apply(graph: &mut Graph) -> bool {
    let mut files: BTreeMap<&str, Vec<&Arc<str>>> = BTreeMap::new();
    for file in graph.of_kind(Kind::Location) {
        for recipient in file.list("recipients") {
            let key = recipient.split_once(':').map_or(recipient, |(_, key)| key);
            files.entry(key).or_default().push(&file.key.id);
        }
    }
    let mut drawn = Vec::new();
    for (key, files) in files.into_iter().filter(|(key, _)| graph.node(key).is_some_and(|n| n.key.kind == Kind::Resource)) {
        for may in graph.ending_at(key).filter(|e| e.relation.name == "can_access" && e.text("level").is_some_and(|l| Level::parse(l) >= Level::SecretRead)) {
            for file in &files {
                let basis = (Basis::Evaluated, may.confidence * 0.9);
                let mut edge = Edge::derived(may.from.clone(), &CAN_ACCESS, Arc::clone(file), basis, may.condition, vec![may.id.clone()]);
                edge.attributes.insert("level".into(), Level::SecretRead.name().into());
                drawn.push(edge);
            }
        }
    }
    drawn.into_iter().fold(false, |changed, edge| changed | graph.add_edge(edge))
}
