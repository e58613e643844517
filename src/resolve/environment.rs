//! A variable that a tool or agent reads from its environment is the key of the same name in an environment file of the repository; an agent
//! that can read files holds what lies open beside it.

use std::collections::BTreeMap;

use crate::graph::Graph;
use crate::model::{Basis, Condition, Kind, NodeId};
use crate::relation::{CONSUMES, SOURCED_FROM};

/// Files beyond which an agent's reach into them is told by its repository alone.
const MAX_SLOTS: usize = 200;

pub(super) fn apply(graph: &mut Graph) -> bool {
    let files: Vec<(NodeId, String, String)> = graph
        .of_kind(Kind::Location)
        .filter_map(|n| {
            let (file, key) = n.id().strip_prefix("file:")?.split_once('#')?;
            let (repository, path) = file.split_once("//")?;
            let name = path.rsplit('/').next().unwrap_or(path);
            (name.starts_with(".env") && !name.contains("example") && !name.contains("sample") && !name.contains("template"))
                .then(|| (n.id().clone(), repository.to_owned(), key.to_owned()))
        })
        .collect();
    let mut by_key: BTreeMap<(&str, &str), Vec<&NodeId>> = BTreeMap::new();
    let mut by_repository: BTreeMap<&str, Vec<&NodeId>> = BTreeMap::new();
    for (id, repository, key) in &files {
        by_key.entry((repository, key)).or_default().push(id);
        by_repository.entry(repository).or_default().push(id);
    }
    let mut drawn: Vec<(NodeId, &'static crate::model::Relation, NodeId, Basis)> = Vec::new();
    for slot in graph.of_kind(Kind::Location) {
        let Some((repository, name)) = slot.id().strip_prefix("os-env:").and_then(|r| r.split_once('#')) else { continue };
        let same = by_key.get(&(repository, name)).into_iter().flatten();
        drawn.extend(same.map(|id| (slot.id().clone(), &SOURCED_FROM, (*id).clone(), Basis::UniqueName)));
    }
    for agent in graph.of_kind(Kind::Agent).filter(|a| a.key.subtype == "coding-agent" && !a.declared.is_empty()) {
        let Some(repository) = agent.id().strip_prefix("agent:").and_then(|r| r.split_once("//")).map(|(r, _)| r) else { continue };
        let beside = by_repository.get(repository).into_iter().flatten().take(MAX_SLOTS);
        drawn.extend(beside.map(|id| (agent.id().clone(), &CONSUMES, (*id).clone(), Basis::UniqueName)));
    }
    let mut changed = false;
    for (from, relation, to, basis) in drawn {
        changed |= graph.derive(&from, relation, &to, (basis, basis.confidence()), Condition::True, &[]);
    }
    changed
}
