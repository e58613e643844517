//! `nhi.yaml`: the one configuration file, found upward from the scanned path.

mod accepted;
mod checks;
mod gate;
mod inventory;
mod people;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

pub use accepted::{Accepted, Entry, FILE_NAME as ACCEPTED_FILE, Subject, WeakHash};
pub use checks::{Checks, Defaults, Scope, Thresholds, TokenDefault};
pub use gate::{DeniedReach, Expired, FailOn, Gate, Require};
pub use inventory::{Allowed, Approved, Day, Exception, Inventory};
pub use people::{People, person_id};

/// The file's name.
pub const FILE_NAME: &str = "nhi.yaml";

/// Everything a user can settle. Every key is optional; an unknown key is an error, so that a slip is not silently ignored.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Version of this format; 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: Option<u32>,
    pub scan: Scan,
    pub gate: Gate,
    pub checks: Checks,
    pub rules: Rules,
    /// Who answers for what: the first entry whose glob matches the id or the path wins.
    pub owners: Vec<OwnerEntry>,
    /// A file of people: who is who, who has left, who is in which team. Its path starts at this file's folder.
    pub people: Option<String>,
    /// What that file holds.
    #[serde(skip)]
    pub roster: People,
    /// Globs of ids of resources whose loss would be the worst.
    pub crown_jewels: Vec<String>,
    /// Account, project or subscription id to what it is.
    pub accounts: BTreeMap<String, Account>,
    /// Settings of providers that no file shows.
    pub defaults: Defaults,
    /// Identities and agents that somebody approved.
    pub inventory: Inventory,
    /// Checks that do not count for some subjects, for a time.
    pub exceptions: Vec<Exception>,
    /// Whether outsiders can read the repository.
    pub visibility: Visibility,
    /// What stands in `.nhi-accepted`, a file of its own.
    #[serde(skip)]
    pub accepted: Accepted,
}

/// What is read.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Scan {
    /// Read the history too; on unless switched off here or by `--no-history`.
    pub history: Option<bool>,
    /// Globs of paths that are left out.
    pub exclude: Vec<String>,
}

/// Detectors of secrets.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Rules {
    /// Ids of detectors that do not run.
    pub disable: Vec<String>,
    /// A folder of further detectors, relative to this file.
    pub folder: Option<PathBuf>,
}

/// Who answers for the ids and paths that a glob fits.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct OwnerEntry {
    /// Glob over node ids and paths.
    #[serde(rename = "match")]
    pub matches: String,
    /// Id of the party: `team:gh/acme/platform`, `person:carol@example.org`.
    pub owner: String,
}

/// A cloud account, project or subscription.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Account {
    /// What people call it.
    pub name: Option<String>,
    /// `prod`, `staging` or `dev`.
    pub env: Option<String>,
}

/// Whether outsiders can read the repository.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    Public,
    Private,
    /// Counted as private for exposure, and said so.
    #[default]
    Unknown,
}

/// Why a configuration cannot be used; names the file and, where known, line and column.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read {path}: {source}")]
    Unreadable { path: String, source: std::io::Error },
    #[error("{path}: {reason}")]
    Invalid { path: String, reason: String },
}

impl Config {
    /// Reads one file.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable { path: shown.clone(), source })?;
        let mut config = Config::parse(&text).map_err(|reason| ConfigError::Invalid { path: shown, reason })?;
        if let Some(people) = &config.people {
            config.roster = People::read(&path.parent().unwrap_or(Path::new("")).join(people))?;
        }
        // Paths in it start where it stands.
        if let (Some(rules), Some(folder)) = (&mut config.rules.folder, path.parent()) {
            *rules = folder.join(&*rules);
        }
        Ok(config)
    }

    /// Reads the text of one file; the error says line and column.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Ok(Config::default());
        }
        let config: Config = serde_yaml::from_str(text).map_err(|e| e.to_string())?;
        match config.version {
            None | Some(1) => Ok(config),
            Some(other) => Err(format!("version {other} is not known to this release; it reads version 1")),
        }
    }

    /// The file nearest above `start`, if there is one.
    pub fn find(start: &Path) -> Option<PathBuf> {
        let start = start.canonicalize().ok()?;
        start.ancestors().map(|folder| folder.join(FILE_NAME)).find(|p| p.is_file())
    }

    /// The JSON Schema of the file, for editors.
    pub fn schema() -> String {
        let mut schema = schemars::schema_for!(Config);
        schema.insert("title".to_owned(), "nhi.yaml".into());
        serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n"
    }
}

/// Reads a text that must be one of a kind, so that the error stands at the text itself.
fn checked<'de, D: Deserializer<'de>, T>(input: D, expected: &'static str, read: impl Fn(&str) -> Result<T, String>) -> Result<T, D::Error> {
    struct Text<F>(&'static str, F);
    impl<T, F: Fn(&str) -> Result<T, String>> Visitor<'_> for Text<F> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
            (self.1)(text).map_err(E::custom)
        }
    }
    input.deserialize_str(Text(expected, read))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_an_error_with_its_place() {
        for (text, said, place) in [
            ("gate:\n  fail_onn: high\n", "fail_onn", "line 2 column 3"),
            ("exceptions:\n  - check: FED-02\n    match: x\n    reason: y\n    approved_by: z\n    expires: 31.12.2026\n", "2026-12-31", "line 6 column 14"),
            ("gate:\n  deny_new_reach:\n    - { level: wriite }\n", "read-data", "line 3 column 16"),
            ("gate:\n  fail_on: sometimes\n", "sometimes", "line 2 column 12"),
            ("checks:\n  thresholds: { max_age_days: soon }\n", "max_age_days", "line 2"),
        ] {
            let error = Config::parse(text).expect_err(text);
            assert!(error.contains(said) && error.contains(place), "{error}");
        }
        assert_eq!(Config::parse("gate: { fail_on: never }").map(|c| c.gate.fail_on), Ok(Some(FailOn::Never)));
        assert!(Config::parse("version: 7").is_err());
    }
}
