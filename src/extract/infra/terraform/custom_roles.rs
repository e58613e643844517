//! Roles that a file makes itself: what their actions amount to, less what they leave out.

use serde_json::Value as Json;

use super::Block;
use super::eval::Scope;
use super::references::many;
use crate::extract::infra::azure_role::Permissions;
use crate::model::{Level, NodeFact};
use crate::tables::google;

/// Permissions of one role that are kept.
const MAX_PERMISSIONS: usize = 200;

/// The blocks of permissions of a role of Azure.
fn azure(block: &Block<'_>, scope: &Scope<'_>) -> Vec<Permissions> {
    let list = |permission: &Json, name: &str| permission.get(name).map(many).unwrap_or_default();
    let of = |p: Json| Permissions::new(["actions", "not_actions", "data_actions", "not_data_actions"].map(|name| list(&p, name)));
    block.body.all("permissions").flat_map(|b| b.one_or_many()).map(|b| of(scope.value(b, 0))).collect()
}

/// The permissions of a role of Google.
fn permissions(block: &Block<'_>, scope: &Scope<'_>) -> Option<Vec<String>> {
    Some(many(&scope.value(block.body.get("permissions")?, 0)))
}

/// The highest level of a role that a block defines; nothing when the block defines none.
pub(super) fn level(block: &Block<'_>, scope: &Scope<'_>) -> Option<Level> {
    match block.resource_type {
        "azurerm_role_definition" => azure(block, scope).iter().map(Permissions::level).max(),
        "google_project_iam_custom_role" | "google_organization_iam_custom_role" => permissions(block, scope)?.iter().map(|p| google::level(p)).max(),
        _ => None,
    }
}

/// States on the node of a role what it lets its holder do.
pub(super) fn state(block: &Block<'_>, scope: &Scope<'_>, node: &mut NodeFact) {
    match block.resource_type {
        "azurerm_role_definition" => {
            let mut powers: Vec<&str> = azure(block, scope).iter().flat_map(Permissions::powers).collect();
            powers.sort_unstable();
            powers.dedup();
            node.attr("powers", powers);
        }
        "google_project_iam_custom_role" | "google_organization_iam_custom_role" => {
            let mut held = permissions(block, scope).unwrap_or_default();
            held.truncate(MAX_PERMISSIONS);
            node.attr("permissions", held);
        }
        _ => {}
    }
}
