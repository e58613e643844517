//! Where a thing of Google stands: its project, the folder of that, the organisation.

use super::Block;
use super::eval::Scope;
use super::references::targets;
use crate::model::{Basis, Facts, Key, Kind, Location};
use crate::relation::PART_OF;

fn account(id: String) -> Key {
    Key::new(Kind::Resource, "cloud-account", id)
}

/// The organisation, folder or project that a block names, by the first of its arguments that does.
fn named(block: &Block<'_>, scope: &Scope<'_>) -> Option<(Key, String)> {
    for (argument, scheme) in [("org_id", "gcp-org"), ("folder", "gcp-folder"), ("folder_id", "gcp-folder"), ("parent", ""), ("project", "gcp-project")] {
        let Some(node) = block.body.get(argument) else { continue };
        if let Some(found) = targets(scope, node).into_iter().find(|(k, _)| k.kind == Kind::Resource) {
            return Some(found);
        }
        let Some(text) = scope.attribute(block.body, argument).filter(|t| !t.is_empty() && !t.contains("${")) else { continue };
        let (scheme, name) = match text.split_once('/') {
            Some(("organizations", rest)) => ("gcp-org", rest),
            Some(("folders", rest)) => ("gcp-folder", rest),
            Some(("projects", rest)) => ("gcp-project", rest),
            _ => (scheme, text.as_str()),
        };
        if !scheme.is_empty() {
            return Some((account(format!("{scheme}:{name}")), name.to_owned()));
        }
    }
    None
}

/// What a binding that names no thing is about: the organisation, the folder, or the project, which the provider names when the block does not.
pub(super) fn container(block: &Block<'_>, scope: &Scope<'_>, facts: &mut Facts, at: &Location) -> Key {
    let (key, name) = named(block, scope).unwrap_or_else(|| (account(format!("gcp-project:{}", scope.account)), scope.account.clone()));
    facts.mention(&key, name, at.clone());
    key
}

/// A project is part of its folder, a folder of another or of the organisation, everything else of its project.
pub(super) fn place(block: &Block<'_>, key: &Key, scope: &Scope<'_>, facts: &mut Facts, at: &Location) {
    if !block.resource_type.starts_with("google_") || block.data || !matches!(key.kind, Kind::Resource | Kind::Location) {
        return;
    }
    let own = matches!(block.resource_type, "google_project" | "google_folder");
    let above = match named(block, scope) {
        Some(found) => found,
        None if own => return,
        None => (account(format!("gcp-project:{}", scope.account)), scope.account.clone()),
    };
    if above.0.id != key.id {
        facts.mention(&above.0, above.1, at.clone());
        facts.relate(key, &PART_OF, &above.0, at.clone()).basis(Basis::Evaluated);
    }
}
