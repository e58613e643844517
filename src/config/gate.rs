//! What trips the gate.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::model::{Level, Severity};

/// Rules of `nhi scan`, `nhi diff` and their exit code. Those about what is new are judged by `nhi diff` alone.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Gate {
    /// `never`, or the least severity that trips the gate. In `nhi diff` only new findings count.
    pub fail_on: Option<FailOn>,
    /// The highest risk (0 to 100) that anything may have.
    #[schemars(range(min = 0, max = 100))]
    pub max_risk: Option<f64>,
    /// The highest risk (0 to 100) of what a change brings or gives new reach.
    #[schemars(range(min = 0, max = 100))]
    pub max_new_risk: Option<f64>,
    /// By how much (0 to 100) a change may raise the blast radius of anything that was there before.
    #[schemars(range(min = 0, max = 100))]
    pub max_blast_increase: Option<f64>,
    /// Reach that no change may bring.
    pub deny_new_reach: Vec<DeniedReach>,
    /// What new things must have.
    pub require: Require,
    /// What expired exceptions and accepted entries do: nothing, a warning (the default), or trip the gate.
    pub expiring_exceptions: Expired,
}

/// New reach that trips the gate; what is left out fits anything.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct DeniedReach {
    /// A kind (`agent`, `identity`, `credential`), a class of parties (`class:public`), or a glob over ids of what reaches.
    pub from: Option<String>,
    /// A glob over ids of what is reached.
    pub to: Option<String>,
    /// Environment of what is reached: `prod`, `staging`, `dev`.
    pub env: Option<String>,
    /// The least level that counts; `list` when left out.
    #[serde(deserialize_with = "level")]
    #[schemars(with = "Option<String>")]
    pub level: Option<Level>,
}

/// What new things must have; each list names environments (`prod`), kinds (`agent`, `identity`) or `all`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Require {
    /// Somebody who answers for it.
    pub owner: Vec<String>,
    /// A human sponsor.
    pub sponsor: Vec<String>,
    /// A known way to take it away.
    pub revocation: Vec<String>,
    /// A definition in a file whose changes a code owner sees.
    pub reviewed_path: Vec<String>,
}

/// What an expired exception does.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Expired {
    Ignore,
    #[default]
    Warn,
    Fail,
}

/// Least severity at which the gate trips.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
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

fn level<'de, D: serde::Deserializer<'de>>(input: D) -> Result<Option<Level>, D::Error> {
    super::checked(input, "the name of a level", |text| {
        Level::ALL.into_iter().find(|l| l.name() == text).map(Some).ok_or_else(|| {
            let names: Vec<&str> = Level::ALL.iter().map(|l| l.name()).collect();
            format!("{text} is no level; write one of {}", names.join(", "))
        })
    })
}
