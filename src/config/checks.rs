//! How checks are set.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::model::{Severity, glob};

/// Checks: which run, how severe, where, and from when on.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Checks {
    /// Ids of checks that do not run.
    pub disable: Vec<String>,
    /// Check id to the severity that replaces its own.
    pub severity: BTreeMap<String, Severity>,
    /// Check id to where it counts.
    pub scope: BTreeMap<String, Scope>,
    /// Limits that checks compare with.
    pub thresholds: Thresholds,
    /// Hosts of remote tool servers that may hold credentials.
    pub trusted_hosts: Vec<String>,
}

/// Where a check counts: globs over ids of subjects and over paths.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Scope {
    /// Nowhere else, unless empty.
    pub only: Vec<String>,
    /// Not here.
    pub except: Vec<String>,
}

impl Scope {
    /// Whether a subject, or the path where it stands, is inside.
    pub fn holds(&self, id: &str, path: Option<&str>) -> bool {
        let fits = |globs: &[String]| globs.iter().any(|g| glob(g, id) || path.is_some_and(|p| glob(g, p)));
        (self.only.is_empty() || fits(&self.only)) && !fits(&self.except)
    }
}

/// Limits, in days unless the name says otherwise (domain specification, 5.1).
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Thresholds {
    /// Age of a static credential.
    pub max_age_days: u32,
    /// Validity of a certificate.
    pub max_certificate_days: u32,
    /// Validity of a certificate of an authority.
    pub max_ca_days: u32,
    /// Before an expiry, the days in which renewal has to be under way.
    pub expires_soon_days: u32,
    /// Days without a commit after which a repository is dormant.
    pub dormant_days: u32,
    /// Hours of a session as an identity.
    pub max_session_hours: u32,
    /// Hours of a session that a pipeline gets by federation.
    pub max_ci_session_hours: u32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Thresholds {
            max_age_days: 90,
            max_certificate_days: 398,
            max_ca_days: 3_650,
            expires_soon_days: 30,
            dormant_days: 365,
            max_session_hours: 12,
            max_ci_session_hours: 1,
        }
    }
}

/// Settings of providers that no file shows; what is left out is unknown, never assumed.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Defaults {
    /// What the token of a GitHub workflow may do where the workflow does not say.
    pub github_token: Option<TokenDefault>,
    /// Environments that somebody has to approve before a job enters them.
    pub protected_environments: Option<Vec<String>>,
    /// Whether a change needs the review of the code owners of what it touches.
    pub code_owner_review: Option<bool>,
    /// Whether the repository is archived.
    pub archived: Option<bool>,
}

/// What the token of a workflow may do.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum TokenDefault {
    /// Read the repository.
    Read,
    /// Write everything in it.
    Write,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_by_id_or_path() {
        let scope = Scope { only: vec!["infra/*".into()], except: vec!["*:role/sandbox-*".into()] };
        assert!(scope.holds("arn:aws:iam::1:role/web", Some("infra/a.tf")));
        assert!(!scope.holds("arn:aws:iam::1:role/sandbox-a", Some("infra/a.tf")));
        assert!(!scope.holds("arn:aws:iam::1:role/web", Some("src/a.py")) && !scope.holds("x", None));
        assert!(Scope::default().holds("x", None));
    }
}
