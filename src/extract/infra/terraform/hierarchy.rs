//! Where a thing of Google stands: its project, the folder of that, the organisation.

use super::Block;
use super::eval::Scope;
use super::references::targets;
use crate::model::{Basis, Facts, Key, Kind, Location};
use crate::relation::PART_OF;

fn account(id: String) -> Key {
    Key::new(Kind::Resource, "cloud-account", id)
}

/// The organisation, folder or project that a block names, by the first of its arguments that does, and where.
fn named(block: &Block<'_>, scope: &Scope<'_>) -> Option<(Key, String, Location)> {
    for (argument, scheme) in [("org_id", "gcp-org"), ("folder", "gcp-folder"), ("folder_id", "gcp-folder"), ("parent", ""), ("project", "gcp-project")] {
        let Some(node) = block.body.get(argument) else { continue };
        // What a variable says once is said where the provider is given it, and not in every block.
        let stated = scope.project.as_ref().filter(|_| scheme == "gcp-project" && node.str().is_none()).map(|(_, at)| at.clone());
        let at = || stated.clone().unwrap_or_else(|| block.document.at(node));
        if let Some((key, name)) = targets(scope, node).into_iter().find(|(k, _)| k.kind == Kind::Resource) {
            return Some((key, name, at()));
        }
        let Some(text) = scope.attribute(block.body, argument).filter(|t| !t.is_empty() && !t.contains("${")) else { continue };
        let (scheme, name) = match text.split_once('/') {
            Some(("organizations", rest)) => ("gcp-org", rest),
            Some(("folders", rest)) => ("gcp-folder", rest),
            Some(("projects", rest)) => ("gcp-project", rest),
            _ => (scheme, text.as_str()),
        };
        if !scheme.is_empty() {
            return Some((account(format!("{scheme}:{name}")), name.to_owned(), at()));
        }
    }
    None
}

/// The project that holds what names none: that of the provider, where the provider names it; else one that is known by its root.
pub(super) fn project(scope: &Scope<'_>, otherwise: &Location) -> (Key, String, Location) {
    let (name, at) = scope.project.clone().unwrap_or_else(|| (scope.account.clone(), otherwise.clone()));
    (account(format!("gcp-project:{name}")), name, at)
}

/// What a binding that names no thing is about: the organisation, the folder, or the project, which the provider names when the block does not.
pub(super) fn container(block: &Block<'_>, scope: &Scope<'_>, facts: &mut Facts, at: &Location) -> Key {
    let (key, name, place) = named(block, scope).unwrap_or_else(|| project(scope, at));
    facts.mention(&key, name, place);
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
        None => project(scope, at),
    };
    if above.0.id != key.id {
        facts.mention(&above.0, above.1, above.2);
        facts.relate(key, &PART_OF, &above.0, at.clone()).basis(Basis::Evaluated);
    }
}
