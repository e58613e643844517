//! Built-in roles of Azure.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::{Role, letter, services};

/// A role a line: its guid, its name, its level (`?` behind it: under a condition), then columns of a level and the resource providers where it
/// reaches that level.
static ROLES: &str = include_str!("../../tables/azure_roles.txt");

/// What the built-in role of that name gives, or of that definition id, of which the last part is the guid.
pub fn role(name: &str) -> Option<Role> {
    static TABLE: OnceLock<HashMap<String, &'static str>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let rows = ROLES.lines().filter_map(|l| l.split_once('\t')).filter_map(|(guid, rest)| Some((guid, rest.split_once('\t')?)));
        rows.flat_map(|(guid, (name, row))| [(guid.to_owned(), row), (name.to_ascii_lowercase(), row)]).collect()
    });
    let wanted = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
    let mut columns = table.get(&wanted)?.split('\t');
    let level = columns.next().unwrap_or_default();
    Some(Role { level: letter(level.trim_end_matches('?')), services: services(columns), conditional: level.ends_with('?') })
}

#[cfg(test)]
mod tests {
    use super::role;
    use crate::model::Level;

    #[test]
    fn a_role_is_known_by_name_and_by_id() {
        let by_id = role("/subscriptions/0/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c");
        assert_eq!(by_id, role("Contributor"));
        let level = |name: &str| role(name).map(|r| r.level);
        assert_eq!(level("Contributor"), Some(Level::Write));
        assert_eq!(level("User Access Administrator"), Some(Level::Admin));
        assert_eq!(level("Reader"), Some(Level::ReadMeta));
        assert_eq!(level("Key Vault Secrets User"), Some(Level::SecretRead));
        assert_eq!(level("AcrPull"), Some(Level::ReadData));
        assert_eq!(level("our own role"), None);
    }
}
