//! Built-in roles of Azure.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::{Role, letter, services};

/// A role a line: its guid, its name, its level (`?` behind it: under a condition), then columns of a level and the resource providers where it
/// reaches that level.
static ROLES: &str = include_str!("../../tables/azure_roles.txt");
/// First the actions by which their holder becomes another, or more; then a role a line: its guid, and the numbers of those that it allows.
static POWERS: &str = include_str!("../../tables/azure_role_powers.txt");

/// Rows of the built-in roles by guid and by name, in small letters: guid, name, and what they give.
type Rows = HashMap<String, (&'static str, &'static str, &'static str)>;

fn rows() -> &'static Rows {
    static TABLE: OnceLock<Rows> = OnceLock::new();
    TABLE.get_or_init(|| {
        let rows = ROLES.lines().filter_map(|l| l.split_once('\t')).filter_map(|(guid, rest)| Some((guid, rest.split_once('\t')?)));
        rows.flat_map(|(guid, (name, row))| [(guid.to_owned(), (guid, name, row)), (name.to_ascii_lowercase(), (guid, name, row))]).collect()
    })
}

/// The row of a role by its name, its guid, or a definition id, of which the last part is the guid.
fn row(name: &str) -> Option<&'static (&'static str, &'static str, &'static str)> {
    rows().get(&name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase())
}

/// Guid and name of the first built-in role that a text names by its guid.
pub fn mentioned(text: &str) -> Option<(&'static str, &'static str)> {
    let text = text.to_ascii_lowercase();
    let words = text.split(|c: char| !c.is_ascii_hexdigit() && c != '-').filter(|w| w.len() == GUID);
    words.filter_map(|w| rows().get(w)).map(|(guid, name, _)| (*guid, *name)).next()
}

/// Letters of a guid.
const GUID: usize = 36;

/// Actions by which their holder becomes another, or more, in small letters.
pub fn powers() -> &'static [&'static str] {
    static TABLE: OnceLock<Vec<&'static str>> = OnceLock::new();
    TABLE.get_or_init(|| POWERS.lines().next().unwrap_or_default().split_ascii_whitespace().collect())
}

/// Those of them that the built-in role of that name, or of that definition id, allows; nothing when no such role is built in.
pub fn powers_of(name: &str) -> Option<Vec<&'static str>> {
    static TABLE: OnceLock<HashMap<&'static str, &'static str>> = OnceLock::new();
    let (guid, ..) = row(name)?;
    let table = TABLE.get_or_init(|| POWERS.lines().skip(1).filter_map(|l| l.split_once('\t')).collect());
    let numbers = table.get(guid).into_iter().flat_map(|n| n.split(' ')).filter_map(|n| n.parse::<usize>().ok());
    Some(numbers.filter_map(|n| powers().get(n).copied()).collect())
}

/// What the built-in role of that name gives, or of that definition id, of which the last part is the guid.
pub fn role(name: &str) -> Option<Role> {
    let mut columns = row(name)?.2.split('\t');
    let level = columns.next().unwrap_or_default();
    Some(Role { level: letter(level.trim_end_matches('?')), services: services(columns), conditional: level.ends_with('?') })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Level, glob};

    #[test]
    fn a_role_allows_the_powers_that_its_actions_cover() {
        let allows = |role: &str, action: &str| powers_of(role).is_some_and(|p| p.contains(&action));
        assert!(allows("Owner", "microsoft.authorization/roleassignments/write") && !allows("Contributor", "microsoft.authorization/roleassignments/write"));
        assert!(allows("Virtual Machine Contributor", "microsoft.compute/virtualmachines/runcommand/action"));
        assert_eq!((powers_of("Reader"), powers_of("our own role")), (Some(Vec::new()), None));
        assert_eq!(mentioned("subscriptionResourceId('x', 'b24988ac-6180-42a0-ab88-20f7382dd24c')").map(|(_, name)| name), Some("Contributor"));
        assert!(glob("microsoft.web/*", "microsoft.web/sites/write") && glob("*/write", "a/b/write") && !glob("*/write", "a/write/b"));
    }

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
