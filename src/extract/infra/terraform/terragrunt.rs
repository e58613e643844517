//! Terragrunt: units that call a module with inputs of their own, of the files that they include, and of the outputs of other units.

use std::collections::BTreeMap;

use super::join;
use crate::document::{Document, Node};

/// Files that one unit includes, one in another.
const MAX_INCLUDED: usize = 8;

/// Files of Terragrunt by their folders.
pub(super) type Units<'a> = BTreeMap<&'a str, (&'a Document, &'a Node)>;

/// The folder of the module that a unit calls, and of the units whose outputs it reads, by the names that it gives them.
pub(super) struct Unit {
    pub(super) module: String,
    pub(super) dependencies: BTreeMap<String, String>,
}

/// Whether a file is one of Terragrunt's.
pub(super) fn is_unit(path: &str) -> bool {
    path.rsplit('/').next() == Some("terragrunt.hcl")
}

/// What a unit calls and reads; nothing when it calls no module at hand.
pub(super) fn unit(folder: &str, units: &Units<'_>) -> Option<Unit> {
    let files = included(folder, units);
    // A double slash parts the module from what is copied with it.
    let source = files.iter().find_map(|(_, root)| root.all("terraform").find_map(|t| t.get_str("source")))?;
    let source = source.split('?').next().unwrap_or(source).replace("//", "/");
    let local = source.starts_with('.');
    let read = files.iter().flat_map(|(_, root)| root.all("dependency")).flat_map(Node::entries);
    let dependencies = read.filter_map(|(name, body)| Some((name.str()?.to_owned(), join(folder, body.get_str("config_path")?)))).collect();
    local.then(|| Unit { module: join(folder, &source), dependencies })
}

/// The files of a unit: its own, then those that it includes, the nearest first.
fn included<'a>(folder: &str, units: &Units<'a>) -> Vec<(&'a Document, &'a Node)> {
    let Some(own) = units.get(folder) else { return Vec::new() };
    let mut out = vec![*own];
    let mut at = folder;
    while out.last().is_some_and(|(_, root)| root.all("include").next().is_some()) && out.len() < MAX_INCLUDED {
        // Whatever says where it is, it is the nearest above.
        let above = std::iter::successors(at.rsplit_once('/').map(|(above, _)| above).or((!at.is_empty()).then_some("")), |f| {
            f.rsplit_once('/').map(|(above, _)| above).or((!f.is_empty()).then_some(""))
        });
        let Some((path, found)) = above.filter_map(|f| units.get_key_value(f)).next() else { break };
        out.push(*found);
        at = path;
    }
    out
}

/// Inputs of a unit, those of the file that is nearest to it first: names with the documents and nodes that give them.
pub(super) fn inputs<'a>(folder: &str, units: &Units<'a>) -> Vec<(String, &'a Document, &'a Node)> {
    let mut out: Vec<(String, &Document, &Node)> = Vec::new();
    for (document, root) in included(folder, units) {
        for (name, value) in root.get("inputs").into_iter().flat_map(Node::entries) {
            if let Some(name) = name.str().filter(|n| !out.iter().any(|(known, ..)| known == n)) {
                out.push((name.to_owned(), document, value));
            }
        }
    }
    out
}
