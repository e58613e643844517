//! What the actions of a role of Azure that somebody wrote amount to, less what it leaves out.

use crate::model::{Level, glob};
use crate::tables::azure::powers;

/// Actions of Azure that give away more than their names say, with what they give.
const NOTABLE: &[(&str, Level)] = &[
    ("microsoft.authorization/roleassignments/write", Level::Admin),
    ("microsoft.authorization/roleassignments/delete", Level::Admin),
    ("microsoft.authorization/roledefinitions/write", Level::Admin),
    ("microsoft.authorization/roledefinitions/delete", Level::Admin),
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

/// The actions of one block of permissions, in small letters.
#[derive(Clone, Debug, Default)]
pub(super) struct Permissions {
    actions: Vec<String>,
    without: Vec<String>,
    data: Vec<String>,
    without_data: Vec<String>,
}

impl Permissions {
    /// What is allowed, what is left out of it, and the same of data.
    pub(super) fn new(lists: [Vec<String>; 4]) -> Self {
        let [actions, without, data, without_data] = lists.map(|l| l.iter().map(|a| a.to_ascii_lowercase()).collect());
        Permissions { actions, without, data, without_data }
    }

    /// The highest level that they give.
    pub(super) fn level(&self) -> Level {
        amount(&self.actions, &self.without, NOTABLE, false).max(amount(&self.data, &self.without_data, DATA, true))
    }

    /// Actions among them by which their holder becomes another, or more.
    pub(super) fn powers(&self) -> impl Iterator<Item = &'static str> + '_ {
        let given = |action: &str| self.actions.iter().any(|p| glob(p, action)) && !self.without.iter().any(|n| glob(n, action));
        powers().iter().copied().filter(move |a| given(a))
    }
}

/// What actions of Azure amount to when others are left out of them.
fn amount(actions: &[String], without: &[String], notable: &[(&str, Level)], data: bool) -> Level {
    let kept = |action: &str| !without.iter().any(|n| glob(n, action));
    let named = notable.iter().filter(|(a, _)| actions.iter().any(|p| glob(p, a)) && kept(a)).map(|(_, level)| *level);
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
        // Nothing is written to a provider itself.
        if of("x/write") || a.matches('/').count() > 1 && of("write") { Level::Write } else { Level::ReadMeta }
    });
    let reads = actions.iter().filter(|a| a.ends_with("*/read") || *a == "*/read").map(|_| if data { Level::ReadData } else { Level::ReadMeta });
    named.chain(plain).chain(open).chain(reads).max().unwrap_or(Level::None)
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
            (&["Microsoft.Authorization/roleAssignments/delete"], &[], Level::Admin),
        ] {
            assert_eq!(amount(&texts(actions), &texts(without), NOTABLE, false), level, "{actions:?} without {without:?}");
        }
        assert_eq!(amount(&texts(&["Microsoft.KeyVault/vaults/secrets/*"]), &[], DATA, true), Level::SecretRead);
    }
}
