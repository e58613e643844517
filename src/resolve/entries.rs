//! The code of an action reads, by `INPUT_NAME`, what the action is handed under that name.

use std::collections::BTreeMap;

use super::deployables::folder;
use crate::graph::Graph;
use crate::model::{Basis, Condition, Kind, NodeId};
use crate::relation::{INVOKES, SOURCED_FROM};

/// Repository and folder of an action, and the name of an input in capitals.
type Place<'a> = (&'a str, &'a str, String);

pub(super) fn apply(graph: &mut Graph) -> bool {
    let mut drawn = Vec::new();
    {
        let inputs: BTreeMap<Place<'_>, NodeId> = graph.of_kind(Kind::Location).filter_map(|n| Some((input(n.id())?, n.id().clone()))).collect();
        for slot in graph.of_kind(Kind::Location).filter(|_| !inputs.is_empty()) {
            let Some((unit, name)) = slot.id().strip_prefix("env:").and_then(|r| r.split_once("#INPUT_")) else { continue };
            let Some((repository, path)) = unit.strip_prefix("code:").and_then(|r| r.split_once("//")) else { continue };
            let project = repository.split_once('/').map_or(repository, |(_, p)| p);
            // The action is that of the nearest folder above the code which declares such an input.
            let folders = std::iter::successors(Some(folder(path)), |f| (!f.is_empty()).then(|| folder(f)));
            let found = folders.map(|f| (f, inputs.get(&(project, f, name.to_owned())))).find(|(_, input)| input.is_some());
            let Some((at, Some(from))) = found else { continue };
            drawn.push((slot.id().clone(), &SOURCED_FROM, from.clone()));
            for file in ["action.yml", "action.yaml"] {
                let path = if at.is_empty() { file.to_owned() } else { format!("{at}/{file}") };
                let tool = NodeId::from(format!("tool:file:{repository}//{path}"));
                // The steps of another name what they run themselves.
                if graph.nodes.get(&tool).is_some_and(|t| t.attributes.contains_key("main")) {
                    drawn.push((tool, &INVOKES, NodeId::from(unit)));
                }
            }
        }
    }
    let mut changed = false;
    for (from, relation, to) in drawn {
        let basis = Basis::UniqueName;
        changed |= graph.derive(&from, relation, &to, (basis, basis.confidence()), Condition::True, &[]);
    }
    changed
}

/// What `gh-input:acme/web/tools/action.yml#api-key` is the input of.
fn input(id: &str) -> Option<Place<'_>> {
    let (file, name) = id.strip_prefix("gh-input:")?.split_once('#')?;
    let (at, _) = file.match_indices('/').nth(1)?;
    let (project, path) = (&file[..at], &file[at + 1..]);
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    matches!(file, "action.yml" | "action.yaml").then(|| (project, folder, name.to_ascii_uppercase().replace(['-', ' '], "_")))
}
