//! Predefined roles of Google Cloud, and the permissions that they hold.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::{Role, letter, services};
use crate::model::Level;

/// A role a line: its name, its level, then columns of a level and the services where it reaches that level.
static ROLES: &str = include_str!("../../tables/gcp_roles.txt");
/// A kind of thing a line, with what can be done to it: a permission is both, and its number is its place.
static PERMISSIONS: &str = include_str!("../../tables/gcp_permissions.txt");
/// A role a line: its name, then the numbers of its permissions as ranges.
static HELD: &str = include_str!("../../tables/gcp_role_permissions.txt");

/// What `roles/<name>` gives; custom roles are not known here.
pub fn role(name: &str) -> Option<Role> {
    static TABLE: OnceLock<HashMap<&'static str, &'static str>> = OnceLock::new();
    let table = TABLE.get_or_init(|| ROLES.lines().filter_map(|l| l.split_once('\t')).collect());
    let row = table.get(name.strip_prefix("roles/")?)?;
    let mut columns = row.split('\t');
    let level = letter(columns.next().unwrap_or_default());
    Some(Role { level, services: services(columns), conditional: false })
}

/// Every permission, by its number.
fn permissions() -> &'static [String] {
    static TABLE: OnceLock<Vec<String>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let rows = PERMISSIONS.lines().filter_map(|l| l.split_once(' '));
        rows.flat_map(|(thing, verbs)| verbs.split(' ').map(move |verb| format!("{thing}.{verb}"))).collect()
    })
}

/// The permissions of `roles/<name>`; nothing when no such role is predefined.
pub fn held(name: &str) -> Option<impl Iterator<Item = &'static str> + use<>> {
    static TABLE: OnceLock<HashMap<&'static str, &'static str>> = OnceLock::new();
    let table = TABLE.get_or_init(|| HELD.lines().filter_map(|l| l.split_once('\t')).collect());
    let ranges = table.get(name.strip_prefix("roles/")?)?.split(',').filter_map(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        Some(first.parse::<usize>().ok()?..=last.parse::<usize>().ok()?)
    });
    Some(ranges.flatten().filter_map(|number| permissions().get(number)).map(String::as_str))
}

/// Permissions that return what a thing keeps.
const DATA: &[&str] = &["storage.objects.get", "bigquery.tables.getData", "pubsub.subscriptions.consume", "datastore.entities.get", "logging.logEntries.list"];

/// Permissions that return credentials.
const SECRET: &[&str] = &[
    "secretmanager.versions.access",
    "apikeys.keys.getKeyString",
    "container.secrets.get",
    "container.secrets.list",
    "cloudkms.cryptoKeyVersions.useToDecrypt",
];

/// Permissions by which their holder becomes another, or more.
const RAISING: &[&str] = &[
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
    "iam.googleapis.com/workloadIdentityPoolProviders.create",
    "iam.googleapis.com/workloadIdentityPoolProviders.update",
];

/// What a permission amounts to, by its last word and a few by their whole names.
pub fn level(permission: &str) -> Level {
    let verb = permission.rsplit('.').next().unwrap_or_default();
    if verb == "setIamPolicy" || RAISING.contains(&permission) {
        Level::Admin
    } else if SECRET.contains(&permission) {
        Level::SecretRead
    } else if DATA.contains(&permission) {
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
    fn a_role_has_a_level_and_one_for_each_service() {
        let level = |name: &str| role(name).map(|r| r.level);
        assert_eq!(level("roles/owner"), Some(Level::Admin));
        assert_eq!(level("roles/editor"), Some(Level::Write));
        assert_eq!(level("roles/viewer"), Some(Level::ReadMeta));
        assert_eq!(level("roles/storage.objectViewer"), Some(Level::ReadData));
        assert_eq!(level("roles/secretmanager.secretAccessor"), Some(Level::SecretRead));
        assert_eq!(level("projects/p/roles/custom"), None);
        assert!(role("roles/storage.objectViewer").is_some_and(|r| r.services.contains(&("storage", Level::ReadData))));
    }

    #[test]
    fn a_role_holds_its_permissions_and_no_others() {
        let holds = |role: &str, permission: &str| held(role).is_some_and(|mut all| all.any(|p| p == permission));
        assert!(holds("roles/iam.serviceAccountTokenCreator", "iam.serviceAccounts.getAccessToken"));
        assert!(!holds("roles/iam.serviceAccountTokenCreator", "iam.serviceAccountKeys.create"));
        assert!(holds("roles/iam.serviceAccountUser", "iam.serviceAccounts.actAs") && !holds("roles/viewer", "iam.serviceAccounts.actAs"));
        assert!(holds("roles/editor", "iam.serviceAccounts.actAs") && !holds("roles/editor", "resourcemanager.projects.setIamPolicy"));
        assert!(held("projects/p/roles/custom").is_none());
    }

    #[test]
    fn a_permission_has_the_level_of_what_it_gives() {
        assert_eq!(
            (level("secretmanager.versions.access"), level("storage.objects.list"), level("run.services.setIamPolicy"), level("storage.objects.create")),
            (Level::SecretRead, Level::List, Level::Admin, Level::Write)
        );
    }
}
