//! What has been approved: identities and agents with who answers for them, and exceptions from checks.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

/// Seconds of a day.
const DAY: i64 = 86_400;

/// Identities and agents that somebody approved. Once an inventory is kept, what is not in it is said.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Inventory {
    pub agents: Vec<Approved>,
    pub identities: Vec<Approved>,
}

/// One approved thing, or all that a glob fits.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Approved {
    /// Glob over ids.
    #[serde(rename = "match")]
    pub matches: String,
    /// Id of the party that answers for it: `team:gh/acme/platform`.
    pub owner: Option<String>,
    /// Of an agent: id of the person on whose behalf it acts.
    pub sponsor: Option<String>,
    /// What it is for.
    pub purpose: Option<String>,
    /// What it may do.
    #[serde(default)]
    pub allowed: Allowed,
    /// How it is taken away: a command, or the address of a runbook.
    pub revocation: Option<String>,
    /// The last day on which the approval holds.
    pub review_by: Option<Day>,
}

/// What was approved; what is left out was not looked at.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Allowed {
    /// Globs over names of tools.
    pub tools: Option<Vec<String>>,
    /// The highest level of access.
    pub max_level: Option<String>,
    /// Environments.
    pub env: Option<Vec<String>>,
}

/// A check that does not count for some subjects, for a time.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// Id of the check.
    pub check: String,
    /// Glob over ids of subjects, or over paths.
    #[serde(rename = "match")]
    pub matches: String,
    pub reason: String,
    /// Id of the party that approved it.
    pub approved_by: String,
    /// The last day on which it holds.
    pub expires: Day,
}

/// A day of the calendar, `2026-12-31`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(time::Date);

impl Day {
    /// Reads `2026-12-31`.
    pub fn parse(text: &str) -> Option<Self> {
        time::Date::parse(text, time::macros::format_description!("[year]-[month]-[day]")).ok().map(Day)
    }

    /// Whether the day was over at that time, in seconds since the epoch; days end at midnight UTC.
    pub fn is_past(self, now: i64) -> bool {
        now >= self.0.midnight().assume_utc().unix_timestamp() + DAY
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        super::checked(input, "a day", |text| Day::parse(text).ok_or_else(|| format!("{text} is no day; write it as 2026-12-31")))
    }
}

impl JsonSchema for Day {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Day".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date" })
    }
}

#[cfg(test)]
mod tests {
    use super::Day;

    #[test]
    fn a_day_is_past_when_it_is_over() {
        let day = Day::parse("1970-01-02").expect("a day");
        assert!(!day.is_past(86_400) && !day.is_past(2 * 86_400 - 1) && day.is_past(2 * 86_400));
        assert_eq!(day.to_string(), "1970-01-02");
        assert!(Day::parse("2026-02-30").is_none() && Day::parse("31.12.2026").is_none());
    }
}
