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
    "Group.ReadWrite.All",
    "GroupMember.ReadWrite.All",
    "PrivilegedAccess.ReadWrite.AzureADGroup",
    "PrivilegedAccess.ReadWrite.AzureResources",
    "RoleEligibilitySchedule.ReadWrite.Directory",
    "RoleAssignmentSchedule.ReadWrite.Directory",
    "Policy.ReadWrite.ConditionalAccess",
    "Policy.ReadWrite.AuthenticationMethod",
    "User-PasswordProfile.ReadWrite.All",
    "DeviceManagementConfiguration.ReadWrite.All",
    "DeviceManagementScripts.ReadWrite.All",
];

/// Template numbers of those roles of a directory that lead to others, and their names (Microsoft's documentation of built-in roles).
const DIRECTORY_ROLES: &[(&str, &str)] = &[
    ("62e90394-69f5-4237-9190-012177145e10", "Global Administrator"),
    ("e8611ab8-c189-46e8-94e1-60213ab1f814", "Privileged Role Administrator"),
    ("7be44c8a-adaf-4e2a-84d6-ab2649e08a13", "Privileged Authentication Administrator"),
    ("9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3", "Application Administrator"),
    ("158c047a-c907-4556-b7ef-446551a6b5f7", "Cloud Application Administrator"),
    ("8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2", "Hybrid Identity Administrator"),
    ("fe930be7-5e62-47db-91af-98c3a49a38b1", "User Administrator"),
];

/// The directory role with that template number, among those that lead to others.
pub fn directory_role(number: &str) -> Option<&'static str> {
    DIRECTORY_ROLES.iter().find(|(n, _)| number.eq_ignore_ascii_case(n)).map(|(_, name)| *name)
}

/// Whether a role of a directory leads to others.
pub fn is_directory_role(name: &str) -> bool {
    DIRECTORY_ROLES.iter().any(|(_, n)| *n == name)
}

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

/// Every permission and every role of a directory that leads to others.
#[cfg(test)]
pub(crate) fn leading() -> impl Iterator<Item = &'static str> {
    TIER_0.iter().copied().chain(DIRECTORY_ROLES.iter().map(|(_, name)| *name))
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
        assert_eq!(directory_role("62E90394-69f5-4237-9190-012177145e10"), Some("Global Administrator"));
        assert!(is_directory_role("User Administrator") && !is_directory_role("Directory Readers"));
        assert_eq!(permission("00000000-0000-0000-0000-000000000000"), None);
        assert_eq!(
            (level("Application.ReadWrite.All"), level("Mail.Send"), level("Mail.Read"), level("User.Read")),
            (Level::Admin, Level::Write, Level::ReadData, Level::ReadMeta)
        );
    }
}
