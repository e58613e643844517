//! Entra: permissions that applications are given on Microsoft Graph, and directory roles.

use super::Block;
use super::eval::Scope;
use super::references::targets;
use crate::document::Node;
use crate::model::{Facts, Key, Kind, Location};
use crate::relation::{CAN_ASSUME, GRANTED, PERMITS};
use crate::tables::microsoft;

/// Microsoft Graph, as an application.
const GRAPH: &str = "00000003-0000-0000-c000-000000000000";

pub(super) fn read(block: &Block<'_>, scope: &Scope<'_>, facts: &mut Facts) {
    let body = block.body;
    match block.resource_type {
        "azuread_application" => {
            let Some((app, _)) = scope.own(block) else { return };
            owners(body.get("owners"), std::slice::from_ref(app), scope, &block.document.at(body), facts);
            for wanted in body.all("required_resource_access") {
                let graph = wanted.get("resource_app_id").is_some_and(|n| scope.text(n, 0) == GRAPH || is_graph(n));
                for access in wanted.all("resource_access").filter(|a| graph && a.get_str("type") == Some("Role")) {
                    if let Some(id) = scope.attribute(access, "id") {
                        permission(app, &named(&id), scope, &block.document.at(access), facts);
                    }
                }
            }
        }
        "azuread_application_api_access" | "azuread_app_role_assignment" => {
            let owner = ["principal_object_id", "application_id"].into_iter().find_map(|a| body.get(a));
            let roles = ["app_role_id", "role_ids"].into_iter().find_map(|a| body.get(a));
            for (identity, _) in owner.map(|o| targets(scope, o)).unwrap_or_default() {
                for role in roles.into_iter().flat_map(Node::one_or_many) {
                    permission(&identity, &named(&scope.text(role, 0)), scope, &block.document.at(role), facts);
                }
            }
        }
        "azuread_directory_role_assignment" => {
            let Some(role) = scope.attribute(body, "role_id") else { return };
            let name = microsoft::directory_role(&role).map_or(role.clone(), str::to_owned);
            for (identity, _) in body.get("principal_object_id").map(|n| targets(scope, n)).unwrap_or_default() {
                grant(&identity, &name, "admin", scope, &block.document.at(body), facts);
            }
        }
        "azuread_application_owner" => {
            let owned: Vec<Key> = body.get("application_id").map(|n| targets(scope, n)).unwrap_or_default().into_iter().map(|(k, _)| k).collect();
            owners(body.get("owner_object_id"), &owned, scope, &block.document.at(body), facts);
        }
        "azuread_service_principal" => {
            let Some((own, _)) = scope.own(block) else { return };
            owners(body.get("owners"), std::slice::from_ref(own), scope, &block.document.at(body), facts);
        }
        _ => {}
    }
}

/// An owner adds credentials to what it owns, and is that then.
fn owners(stated: Option<&Node>, owned: &[Key], scope: &Scope<'_>, at: &Location, facts: &mut Facts) {
    for (owner, _) in stated.into_iter().flat_map(Node::one_or_many).flat_map(|n| targets(scope, n)).filter(|(k, _)| k.kind == Kind::Identity) {
        for app in owned.iter().filter(|a| a.id != owner.id) {
            facts.relate(&owner, &CAN_ASSUME, app, at.clone()).attr("via", "owner");
        }
    }
}

/// Whether an argument takes the id of Graph from the provider's list of well-known applications.
fn is_graph(node: &Node) -> bool {
    format!("{:?}", node.value).contains("MicrosoftGraph")
}

/// The name of a permission that is stated by its id, or by a reference that ends in it.
fn named(id: &str) -> String {
    if let Some(permission) = microsoft::permission(id) {
        return permission.name.to_owned();
    }
    id.split(['"', '\'', '[', ']']).rfind(|p| p.contains('.') && p.starts_with(|c: char| c.is_ascii_uppercase())).unwrap_or(id).to_owned()
}

fn permission(identity: &Key, name: &str, scope: &Scope<'_>, at: &Location, facts: &mut Facts) {
    grant(identity, name, microsoft::level(name).name(), scope, at, facts);
}

fn grant(identity: &Key, name: &str, level: &str, scope: &Scope<'_>, at: &Location, facts: &mut Facts) {
    let policy = Key::new(Kind::Policy, "entra-permission-set", format!("pol:{}#entra", identity.id));
    facts.declare(&policy, format!("{name} …"), at.clone()).attr("scopes", vec![name.to_owned()]);
    facts.relate(identity, &GRANTED, &policy, at.clone());
    let tenant = Key::new(Kind::Resource, "identity-provider", format!("entra-tenant:{}", scope.account));
    facts.mention(&tenant, "Entra tenant", at.clone());
    facts.relate(&policy, &PERMITS, &tenant, at.clone()).attr("effect", "allow").attr("level", level).attr("actions", vec![name.to_owned()]);
}
