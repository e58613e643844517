//! Who created, who answers for, who sponsors: with the signals that say so.

use std::sync::Arc;

use super::{Location, NodeId};

/// Three roles, kept apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    pub signals: Vec<Signal>,
}
