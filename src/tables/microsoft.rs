//! Permissions of Microsoft Graph: manifests name them by number only.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::model::Level;

/// A permission a line: `A` (held by the application itself) or `D` (by somebody who is logged in), its number, its name.
static PERMISSIONS: &str = include_str!("../../tables/msgraph_permissions.txt");

/// Permissions by which their holder can give itself every other.
const TIER_0: &[&str] = &[
    "Application.ReadWrite.All",
    "AppRoleAssignment.ReadWrite.All",
    "RoleManagement.ReadWrite.Directory",
    "Directory.ReadWrite.All",
    "PrivilegedAccess.ReadWrite.AzureAD",
    "PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup",
    "EntitlementManagement.ReadWrite.All",
    "UserAuthenticationMethod.ReadWrite.All",
    "Policy.ReadWrite.PermissionGrant",
    "Domain.ReadWrite.All",
];

/// A permission, and whether the application holds it without anybody logged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permission {
    pub name: &'static str,
    pub application: bool,
}

/// The permission of that number.
pub fn permission(number: &str) -> Option<Permission> {
    static TABLE: OnceLock<HashMap<&'static str, Permission>> = OnceLock::new();
    let read = |line: &'static str| {
        let mut columns = line.split(' ');
        let application = columns.next()? == "A";
        let number = columns.next()?;
        Some((number, Permission { name: columns.next()?, application }))
    };
    let table = TABLE.get_or_init(|| PERMISSIONS.lines().filter_map(read).collect());
    table.get(number.to_ascii_lowercase().as_str()).copied()
}

/// Whether its holder can give itself every other permission.
pub fn is_tier_0(name: &str) -> bool {
    TIER_0.contains(&name)
}

/// What a permission gives away, told from its name.
pub fn level(name: &str) -> Level {
    if is_tier_0(name) || name.contains("FullControl") || name == "full_access_as_app" {
        Level::Admin
    } else if ["Write", "Send", "Manage", "Create", "Impersonate", "AccessAsUser"].iter().any(|w| name.contains(w)) {
        Level::Write
    } else if ["Mail.", "Files.", "Sites.", "Chat", "Calendars.", "Notes.", "ChannelMessage"].iter().any(|w| name.starts_with(w)) {
        Level::ReadData
    } else {
        Level::ReadMeta
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_names_a_permission() {
        let one = PERMISSIONS.lines().find(|l| l.ends_with(" Application.ReadWrite.All") && l.starts_with('A')).expect("there");
        let number = one.split(' ').nth(1).expect("number");
        assert_eq!(permission(&number.to_uppercase()), Some(Permission { name: "Application.ReadWrite.All", application: true }));
        assert_eq!(permission("00000000-0000-0000-0000-000000000000"), None);
        assert_eq!(
            (level("Application.ReadWrite.All"), level("Mail.Send"), level("Mail.Read"), level("User.Read")),
            (Level::Admin, Level::Write, Level::ReadData, Level::ReadMeta)
        );
    }
}
