//! Who created, who answers for, who sponsors: with the signals that say so.

use std::sync::Arc;

use super::{Location, NodeId};

/// Three roles, kept apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    Owner,
    Creator,
    Sponsor,
}

impl Role {
    pub fn name(self) -> &'static str {
        match self {
            Role::Owner => "owner",
            Role::Creator => "creator",
            Role::Sponsor => "sponsor",
        }
    }
}

/// Whether a party is still there, as far as what was read shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Activity {
    Active,
    /// Nothing for more than 90 days.
    Quiet,
    /// Nothing for half a year, or three times what is usual in a slow repository.
    Inactive,
    /// The people file says so.
    Departed,
    /// Nothing that was read shows what it does.
    #[default]
    Unknown,
}

impl Activity {
    pub const ALL: &'static [Activity] = &[Activity::Active, Activity::Quiet, Activity::Inactive, Activity::Departed, Activity::Unknown];

    pub fn name(self) -> &'static str {
        match self {
            Activity::Active => "active",
            Activity::Quiet => "quiet",
            Activity::Inactive => "inactive",
            Activity::Departed => "departed",
            Activity::Unknown => "unknown",
        }
    }

    /// What a signal for such a party is worth, 0 to 1.
    pub fn factor(self) -> f64 {
        match self {
            Activity::Active | Activity::Quiet => 1.0,
            Activity::Unknown => 0.9,
            Activity::Inactive => 0.4,
            Activity::Departed => 0.0,
        }
    }

    /// Whether nobody can be expected to answer.
    pub fn is_gone(self) -> bool {
        matches!(self, Activity::Inactive | Activity::Departed)
    }
}

/// One reason to think that a party answers for a node.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    /// Name of the signal: `tag`, `codeowners`, `introducer`, `blame` …
    pub signal: &'static str,
    /// 1 (stated on the object) to 6 (naming).
    pub tier: u8,
    /// 0 to 1, activity and recency applied.
    pub weight: f64,
    pub at: Option<Location>,
}

/// One candidate for one role on one node.
#[derive(Clone, Debug, PartialEq)]
pub struct Ownership {
    pub node: NodeId,
    pub role: Role,
    /// Id of the party, `team:gh/acme/platform`.
    pub party: Arc<str>,
    /// 0 to 1.
    pub confidence: f64,
    /// Best tier among the signals.
    pub tier: u8,
    pub contested: bool,
    /// Whether the evidence suffices to call it the answer (domain specification, 4.1).
    pub resolved: bool,
    pub activity: Activity,
    /// The newest commit of the party, seconds since the Unix epoch.
    pub last_active: Option<i64>,
    pub signals: Vec<Signal>,
}

impl Ownership {
    /// The party as a report names it: before an owner for whom the evidence does not suffice stands a question mark.
    pub fn told(&self) -> String {
        let sure = if self.resolved || self.role != Role::Owner { "" } else { "? " };
        format!("{sure}{}", self.party)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_of_whom_the_evidence_is_not_enough_is_told_with_a_question_mark() {
        let of = |role, resolved| Ownership {
            node: "n".into(),
            role,
            party: "team:gh/acme/platform".into(),
            confidence: 0.4,
            tier: 3,
            contested: false,
            resolved,
            activity: Activity::Unknown,
            last_active: None,
            signals: Vec::new(),
        };
        assert_eq!(of(Role::Owner, true).told(), "team:gh/acme/platform");
        assert_eq!(of(Role::Owner, false).told(), "? team:gh/acme/platform");
        assert_eq!(of(Role::Creator, false).told(), "team:gh/acme/platform");
    }
}
