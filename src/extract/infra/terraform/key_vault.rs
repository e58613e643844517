//! Azure's identities of a resource's own, and the policies of a Key Vault that let an identity at what it keeps.

use super::Block;
use super::eval::Scope;
use super::references::{many, targets};
use crate::document::Node;
use crate::model::{Facts, Key, Kind, Location};
use crate::relation::{CAN_ACCESS, GRANTED, PART_OF, PERMITS, RUNS_AS};

/// Lists of permissions, and the permission of each that gives away what is kept.
const LISTS: &[(&str, &str)] = &[("secret_permissions", "get"), ("key_permissions", "decrypt"), ("certificate_permissions", "get")];

/// Permissions that change what is kept.
const WRITES: &[&str] = &["set", "delete", "create", "update", "import", "restore", "recover", "purge", "backup"];

/// The identity that Azure makes for a resource and keeps the secret of.
pub(super) fn own_identity(key: &Key) -> Key {
    Key::new(Kind::Identity, "azure-mi-system", format!("{}/identity", key.id))
}

/// Whom a reference to a principal means: an identity, or the resource's own.
pub(super) fn principal(key: Key) -> Key {
    if matches!(key.kind, Kind::Consumer | Kind::Resource) { own_identity(&key) } else { key }
}

pub(super) fn read(block: &Block<'_>, scope: &Scope<'_>, facts: &mut Facts) {
    if !block.resource_type.starts_with("azurerm_") || block.data {
        return;
    }
    let own = scope.own(block).map(|(key, _)| key.clone());
    if let Some((key, identity)) =
        own.as_ref().zip(block.body.all("identity").find(|i| scope.attribute(i, "type").is_some_and(|t| t.contains("SystemAssigned"))))
    {
        let at = block.document.at(identity);
        let principal = own_identity(key);
        facts.declare(&principal, format!("identity of {}", block.name), at.clone()).attr("provider", "azurerm").attr("auth_style", "workload");
        let relation = if key.kind == Kind::Consumer { facts.relate(key, &RUNS_AS, &principal, at) } else { facts.relate(&principal, &PART_OF, key, at) };
        relation.attr("via", "managed-identity");
    }
    match block.resource_type {
        "azurerm_key_vault" => {
            let Some(vault) = own else { return };
            for (number, policy) in block.body.all("access_policy").flat_map(Node::one_or_many).enumerate() {
                let id = format!("pol:{}#access-policy-{number}", vault.id);
                admit(block, scope, &vault, &id, policy, &block.document.at(policy), facts);
            }
        }
        "azurerm_key_vault_access_policy" => {
            let vault = block.body.get("key_vault_id").map(|n| targets(scope, n)).unwrap_or_default().into_iter().next();
            let Some((vault, _)) = vault else { return };
            let id = format!("pol:{}#{}", block.document.file_id().replacen("file:", "def:", 1), block.address());
            admit(block, scope, &vault, &id, block.body, &block.document.at(block.body), facts);
        }
        _ => {}
    }
}

/// One policy: who may do what in the vault.
fn admit(block: &Block<'_>, scope: &Scope<'_>, vault: &Key, id: &str, body: &Node, at: &Location, facts: &mut Facts) {
    let list = |name: &str| body.get(name).map(|n| many(&scope.value(n, 0))).unwrap_or_default();
    let mut stated: Vec<String> = Vec::new();
    let (mut reads, mut writes) = (false, false);
    for (name, gives) in LISTS {
        for permission in list(name).into_iter().map(|p| p.to_ascii_lowercase()) {
            let all = permission == "all";
            reads |= all || permission == *gives;
            writes |= all || WRITES.contains(&permission.as_str());
            stated.push(format!("{}:{permission}", name.trim_end_matches("_permissions")));
        }
    }
    let level = match (reads, writes) {
        (true, true) => "admin",
        (true, false) => "secret-read",
        (false, true) => "write",
        (false, false) => "list",
    };
    let policy = Key::new(Kind::Policy, "azure-role", id);
    facts.declare(&policy, format!("access policy of {}", block.name), at.clone()).attr("provider", "azurerm").attr("actions", stated);
    // Such a policy cannot name what it opens: that it is about the whole vault is no fault of its own.
    facts.relate(&policy, &PERMITS, vault, at.clone());
    for (identity, _) in body.get("object_id").map(|n| targets(scope, n)).unwrap_or_default() {
        let identity = principal(identity);
        facts.relate(&identity, &GRANTED, &policy, at.clone());
        facts.relate(&identity, &CAN_ACCESS, vault, at.clone()).attr("level", level);
    }
}
