//! `nhi.yaml`: the one configuration file, found upward from the scanned path.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::model::Severity;

/// The file's name.
pub const FILE_NAME: &str = "nhi.yaml";

/// Everything a user can settle. Every key is optional; an unknown key is an error, so that a slip is not silently ignored.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Version of this format; 1.
    pub version: Option<u32>,
    pub scan: Scan,
    pub gate: Gate,
    pub checks: Checks,
    pub rules: Rules,
    /// Who answers for what: the first entry whose glob matches the id or the path wins.
    pub owners: Vec<OwnerEntry>,
    /// Globs of ids of resources whose loss would be the worst.
    pub crown_jewels: Vec<String>,
    /// Whether outsiders can read the repository.
    pub visibility: Visibility,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Scan {
    /// Read the history too; on unless switched off here or by `--no-history`.
    pub history: Option<bool>,
    /// Globs of paths that are left out.
    pub exclude: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Gate {
    /// `never`, or the least severity that trips the gate.
    pub fail_on: Option<FailOn>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Checks {
    /// Ids of checks that do not run.
    pub disable: Vec<String>,
    /// Check id to the severity that replaces its own.
    pub severity: BTreeMap<String, Severity>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Rules {
    /// Ids of detectors that do not run.
    pub disable: Vec<String>,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct OwnerEntry {
    /// Glob over node ids and paths.
    #[serde(rename = "match")]
    pub matches: String,
    /// Id of the party: `team:gh/acme/platform`, `person:carol@example.org`.
    pub owner: String,
}

/// Least severity at which the gate trips.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum FailOn {
    Never,
    Low,
    Medium,
    High,
    Critical,
}

impl FailOn {
    /// The severity, or nothing for `never`.
    pub fn severity(self) -> Option<Severity> {
        match self {
            FailOn::Never => None,
            FailOn::Low => Some(Severity::Low),
            FailOn::Medium => Some(Severity::Medium),
            FailOn::High => Some(Severity::High),
            FailOn::Critical => Some(Severity::Critical),
        }
    }
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
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
        Config::parse(&text).map_err(|reason| ConfigError::Invalid { path: shown, reason })
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_an_error_with_its_place() {
        let error = Config::parse("gate:\n  fail_onn: high\n").expect_err("unknown key");
        assert!(error.contains("fail_onn") && error.contains("line 2"), "{error}");
        assert_eq!(Config::parse("gate: { fail_on: never }").map(|c| c.gate.fail_on), Ok(Some(FailOn::Never)));
        assert!(Config::parse("version: 7").is_err());
    }
}
