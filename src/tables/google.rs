//! Predefined roles of Google Cloud.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::{Role, letter, services};

/// A role a line: its name, its level, then columns of a level and the services where it reaches that level.
static ROLES: &str = include_str!("../../tables/gcp_roles.txt");

/// What `roles/<name>` gives; custom roles are not known here.
pub fn role(name: &str) -> Option<Role> {
    static TABLE: OnceLock<HashMap<&'static str, &'static str>> = OnceLock::new();
    let table = TABLE.get_or_init(|| ROLES.lines().filter_map(|l| l.split_once('\t')).collect());
    let row = table.get(name.strip_prefix("roles/")?)?;
    let mut columns = row.split('\t');
    let level = letter(columns.next().unwrap_or_default());
    Some(Role { level, services: services(columns), conditional: false })
}

#[cfg(test)]
mod tests {
    use super::role;
    use crate::model::Level;

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
}
