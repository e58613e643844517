//! Roles that a file makes itself: what their actions amount to, less what they leave out.

use serde_json::Value as Json;

use super::Block;
use super::eval::Scope;
use super::references::many;
use crate::model::Level;

/// Actions of Azure that give away more than their names say, with what they give.
const NOTABLE: &[(&str, Level)] = &[
    ("microsoft.authorization/roleassignments/write", Level::Admin),
    ("microsoft.authorization/roledefinitions/write", Level::Admin),
    ("microsoft.authorization/elevateaccess/action", Level::Admin),
    ("microsoft.storage/storageaccounts/listkeys/action", Level::SecretRead),
    ("microsoft.containerservice/managedclusters/listclusteradmincredential/action", Level::SecretRead),
    ("microsoft.web/sites/publishxml/action", Level::SecretRead),
    ("microsoft.web/sites/config/list/action", Level::SecretRead),
    ("microsoft.keyvault/vaults/secrets/getsecret/action", Level::SecretRead),
    ("microsoft.compute/virtualmachines/write", Level::Write),
    ("microsoft.storage/storageaccounts/write", Level::Write),
    ("microsoft.compute/virtualmachines/read", Level::ReadMeta),
    ("microsoft.storage/storageaccounts/read", Level::ReadMeta),
];

/// Data actions that stand for the rest.
const DATA: &[(&str, Level)] = &[
    ("microsoft.storage/storageaccounts/blobservices/containers/blobs/read", Level::ReadData),
    ("microsoft.storage/storageaccounts/blobservices/containers/blobs/write", Level::Write),
    ("microsoft.keyvault/vaults/secrets/getsecret/action", Level::SecretRead),
];

/// The highest level of a role that a block defines; nothing when the block defines none.
pub(super) fn level(block: &Block<'_>, scope: &Scope<'_>) -> Option<Level> {
    match block.resource_type {
        "azurerm_role_definition" => {
            let blocks = block.body.all("permissions");
            let list = |permission: &Json, name: &str| -> Vec<String> {
                permission.get(name).map(many).unwrap_or_default().iter().map(|a| a.to_ascii_lowercase()).collect()
            };
            let of = |permission: Json| -> Level {
                let control = azure(&list(&permission, "actions"), &list(&permission, "not_actions"), NOTABLE, false);
                control.max(azure(&list(&permission, "data_actions"), &list(&permission, "not_data_actions"), DATA, true))
            };
            blocks.flat_map(|b| b.one_or_many()).map(|b| of(scope.value(b, 0))).max()
        }
        "google_project_iam_custom_role" | "google_organization_iam_custom_role" => {
            many(&scope.value(block.body.get("permissions")?, 0)).iter().map(|p| google(p)).max()
        }
        _ => None,
    }
}

/// Whether a pattern of actions, with stars anywhere, fits an action.
fn fits(pattern: &str, action: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = action.strip_prefix(first) else { return false };
    let mut open = false;
    for piece in pieces {
        open = true;
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.is_empty() || open && pattern.ends_with('*')
}

/// What actions of Azure amount to when others are left out of them.
fn azure(actions: &[String], without: &[String], notable: &[(&str, Level)], data: bool) -> Level {
    let kept = |action: &str| !without.iter().any(|n| fits(n, action));
    let named = notable.iter().filter(|(a, _)| actions.iter().any(|p| fits(p, a)) && kept(a)).map(|(_, level)| *level);
    // What is written out is judged by its last word; what ends in a star, by the actions that stand for the rest.
    let plain = actions.iter().filter(|a| !a.ends_with('*') && kept(a)).map(|a| match a.rsplit('/').next().unwrap_or_default() {
        "read" if data => Level::ReadData,
        "read" => Level::ReadMeta,
        "action" if ["listkeys", "listsecrets", "getsecret", "listcredential", "listconnectionstrings", "token"].iter().any(|w| a.contains(w)) => {
            Level::SecretRead
        }
        "write" | "delete" | "action" => Level::Write,
        _ => Level::Unknown,
    });
    // A whole provider, or a kind of thing in it: what its star stands for is written, unless that is left out.
    let open = actions.iter().filter(|a| a.ends_with("/*") && **a != "*/*").map(|a| {
        let of = |verb: &str| kept(&format!("{}{verb}", a.trim_end_matches('*')));
        if of("write") || of("x/write") { Level::Write } else { Level::ReadMeta }
    });
    let reads = actions.iter().filter(|a| a.ends_with("*/read") || *a == "*/read").map(|_| if data { Level::ReadData } else { Level::ReadMeta });
    named.chain(plain).chain(open).chain(reads).max().unwrap_or(Level::None)
}

/// What a permission of Google amounts to, by its last word and a few by their whole names.
fn google(permission: &str) -> Level {
    let verb = permission.rsplit('.').next().unwrap_or_default();
    let secret = [
        "secretmanager.versions.access",
        "apikeys.keys.getKeyString",
        "container.secrets.get",
        "container.secrets.list",
        "cloudkms.cryptoKeyVersions.useToDecrypt",
    ];
    let raising = [
        "iam.roles.update",
        "iam.serviceAccountKeys.create",
        "iam.serviceAccounts.getAccessToken",
        "iam.serviceAccounts.signBlob",
        "iam.serviceAccounts.signJwt",
        "iam.serviceAccounts.getOpenIdToken",
        "iam.serviceAccounts.implicitDelegation",
        "iam.serviceAccounts.actAs",
        "orgpolicy.policy.set",
        "storage.hmacKeys.create",
    ];
    let data = ["storage.objects.get", "bigquery.tables.getData", "pubsub.subscriptions.consume", "datastore.entities.get", "logging.logEntries.list"];
    if verb == "setIamPolicy" || raising.contains(&permission) {
        Level::Admin
    } else if secret.contains(&permission) {
        Level::SecretRead
    } else if data.contains(&permission) {
        Level::ReadData
    } else if verb.starts_with("list") {
        Level::List
    } else if verb.starts_with("get") {
        Level::ReadMeta
    } else {
        Level::Write
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_role_leaves_out_it_does_not_give() {
        let texts = |list: &[&str]| list.iter().map(|s| s.to_ascii_lowercase()).collect::<Vec<_>>();
        for (actions, without, level) in [
            (&["*"][..], &[][..], Level::Admin),
            (&["*"], &["Microsoft.Authorization/*"], Level::SecretRead),
            (&["*"], &["Microsoft.Authorization/*", "*/action", "*/write", "*/delete"], Level::ReadMeta),
            (&["*/read"], &[], Level::ReadMeta),
            (&["Microsoft.Storage/*"], &[], Level::SecretRead),
            (&["Microsoft.Storage/*"], &["Microsoft.Storage/storageAccounts/listKeys/action"], Level::Write),
            (&["Microsoft.Compute/virtualMachines/read"], &[], Level::ReadMeta),
            (&["Microsoft.Authorization/roleAssignments/write"], &[], Level::Admin),
            (&["Microsoft.Authorization/roleAssignments/write"], &["Microsoft.Authorization/*/write"], Level::None),
        ] {
            assert_eq!(azure(&texts(actions), &texts(without), NOTABLE, false), level, "{actions:?} without {without:?}");
        }
        assert_eq!(azure(&texts(&["Microsoft.KeyVault/vaults/secrets/*"]), &[], DATA, true), Level::SecretRead);
        assert_eq!(
            (google("secretmanager.versions.access"), google("storage.objects.list"), google("run.services.setIamPolicy")),
            (Level::SecretRead, Level::List, Level::Admin)
        );
    }
}
