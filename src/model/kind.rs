//! The eleven kinds of node: a closed set, so that ranking and audits match exhaustively.

use serde::{Deserialize, Serialize};

/// What a node of the lineage graph is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A human, a team, a bot account, a vendor or a population (`class`).
    Party,
    /// A non-human identity: something that can be authenticated as an actor and is not a person.
    Identity,
    /// What proves possession of an identity.
    Credential,
    /// Where a credential is kept, or a slot where one is expected.
    Location,
    /// What uses credentials or runs as an identity.
    Consumer,
    /// Software that lets a model choose actions.
    Agent,
    /// A capability that an agent or a pipeline calls.
    Tool,
    /// A set of permissions.
    Policy,
    /// What is protected.
    Resource,
    /// What vouches for identities.
    Issuer,
    /// Where something came into being.
    Origin,
}

impl Kind {
    pub const ALL: [Kind; 11] = [
        Kind::Party,
        Kind::Identity,
        Kind::Credential,
        Kind::Location,
        Kind::Consumer,
        Kind::Agent,
        Kind::Tool,
        Kind::Policy,
        Kind::Resource,
        Kind::Issuer,
        Kind::Origin,
    ];

    /// What nodes of the kind are, for those who meet the word elsewhere (domain specification, 1.1).
    pub fn meaning(self) -> &'static str {
        match self {
            Kind::Party => "a human, a team, a bot account, a vendor or a population",
            Kind::Identity => "something that can be authenticated as an actor and is not a person",
            Kind::Credential => "what proves possession of an identity",
            Kind::Location => "where a credential is kept, or a slot where one is expected",
            Kind::Consumer => "what uses credentials or runs as an identity",
            Kind::Agent => "software that lets a model choose actions",
            Kind::Tool => "a capability that an agent or a pipeline calls",
            Kind::Policy => "a set of permissions",
            Kind::Resource => "what is protected",
            Kind::Issuer => "what vouches for identities",
            Kind::Origin => "where something came into being",
        }
    }

    /// The name used in ids, JSON and help.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Party => "party",
            Kind::Identity => "identity",
            Kind::Credential => "credential",
            Kind::Location => "location",
            Kind::Consumer => "consumer",
            Kind::Agent => "agent",
            Kind::Tool => "tool",
            Kind::Policy => "policy",
            Kind::Resource => "resource",
            Kind::Issuer => "issuer",
            Kind::Origin => "origin",
        }
    }

    /// Whether nodes of this kind are ranked by blast radius: everything that can act or be stolen.
    pub fn is_ranked(self) -> bool {
        matches!(self, Kind::Identity | Kind::Credential | Kind::Agent)
    }
}
