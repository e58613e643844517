//! Public facts of cloud platforms: what their actions, managed policies and built-in roles give away. Each table is text inside the
//! binary that nobody reads before it is asked (`tables/`; sources and licences: `THIRD_PARTY.md`).

pub mod aws;
pub mod azure;
pub mod google;
pub mod microsoft;

use crate::model::Level;

/// The level behind a letter of the tables.
fn letter(text: &str) -> Level {
    match text {
        "L" => Level::List,
        "M" => Level::ReadMeta,
        "T" => Level::Tag,
        "D" => Level::ReadData,
        "W" => Level::Write,
        "S" => Level::SecretRead,
        "A" => Level::Admin,
        _ => Level::Unknown,
    }
}

/// What a built-in role gives: the highest level of all, and that of each service.
#[derive(Clone, Debug, PartialEq)]
pub struct Role {
    pub level: Level,
    /// Services by the names that the platform gives them; `*` is every one.
    pub services: Vec<(&'static str, Level)>,
    /// Whether the role itself holds only under a condition.
    pub conditional: bool,
}

/// Columns `<letter> <service> …`.
fn services<'a>(columns: impl Iterator<Item = &'a str>) -> Vec<(&'a str, Level)> {
    columns.filter_map(|c| c.split_once(' ')).flat_map(|(level, names)| names.split(' ').map(move |n| (n, letter(level)))).collect()
}
