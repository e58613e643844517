//! The numbers of a node, each with the reasons that make it.

use std::sync::Arc;

use super::NodeId;

/// Access levels, ordered by what they give away (domain specification, 6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    None,
    List,
    ReadMeta,
    Tag,
    Unknown,
    ReadData,
    Write,
    SecretRead,
    Admin,
}

impl Level {
    pub const ALL: [Level; 9] =
        [Level::None, Level::List, Level::ReadMeta, Level::Tag, Level::Unknown, Level::ReadData, Level::Write, Level::SecretRead, Level::Admin];

    /// Weight in the blast radius, 0 to 1.
    pub fn weight(self) -> f64 {
        match self {
            Level::None => 0.0,
            Level::List => 0.10,
            Level::ReadMeta => 0.25,
            Level::Tag => 0.30,
            Level::Unknown => 0.5,
            Level::ReadData => 0.65,
            Level::Write => 0.80,
            Level::SecretRead => 0.90,
            Level::Admin => 1.0,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Level::None => "none",
            Level::List => "list",
            Level::ReadMeta => "read-meta",
            Level::Tag => "tag",
            Level::Unknown => "unknown",
            Level::ReadData => "read-data",
            Level::Write => "write",
            Level::SecretRead => "secret-read",
            Level::Admin => "admin",
        }
    }

    /// The level of that name; anything else is unknown.
    pub fn parse(name: &str) -> Self {
        Level::ALL.into_iter().find(|l| l.name() == name).unwrap_or(Level::Unknown)
    }
}

/// A score with the range it would have under only certain, and under every possible, link. 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Interval {
    pub score: f64,
    pub low: f64,
    pub high: f64,
}

/// One term of a score, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Factor {
    pub factor: &'static str,
    pub value: f64,
    pub because: String,
}

/// A resource that a node reaches, and the best path there.
#[derive(Clone, Debug, PartialEq)]
pub struct Reached {
    pub resource: NodeId,
    pub level: Level,
    /// Product of the confidences along the path.
    pub confidence: f64,
    /// What it adds: sensitivity × level weight × confidence.
    pub value: f64,
    /// Ids of the edges, in order.
    pub path: Vec<Arc<str>>,
}

/// Blast radius, exposure, risk and trust debt of one node, unrounded, 0 to 100.
#[derive(Clone, Debug, PartialEq)]
pub struct Rank {
    pub node: NodeId,
    pub blast: Interval,
    pub exposure: f64,
    pub risk: f64,
    pub trust_debt: f64,
    pub factors: Vec<Factor>,
    /// Most valuable first.
    pub reach: Vec<Reached>,
}
