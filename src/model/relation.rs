//! The type of a relation, and how sure an edge is. The relations themselves are constants in `relation/`.

use serde::{Deserialize, Serialize, Serializer};

use super::Kind;

/// How a compromise travels along an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Who controls *from* gets *to*.
    Forward,
    /// Who controls *to* gets *from*.
    Backward,
    /// Either way: two names of one thing.
    Both,
    /// None: governance only.
    None,
}

/// One of the twenty-two relations.
#[derive(Debug)]
pub struct Relation {
    pub name: &'static str,
    /// Kinds allowed at the start; empty means any.
    pub from: &'static [Kind],
    /// Kinds allowed at the end; empty means any.
    pub to: &'static [Kind],
    pub flow: Flow,
    /// What the edge asserts, in one clause: "*from* … *to*".
    pub meaning: &'static str,
}

impl PartialEq for Relation {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}
impl Eq for Relation {}

/// On what an edge rests; the number is the confidence it starts from (domain specification, 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Basis {
    Weak,
    Heuristic,
    Convention,
    Ambiguous,
    UniqueName,
    EnvAssumed,
    Evaluated,
    Exact,
}

impl Basis {
    pub const ALL: [Basis; 8] =
        [Basis::Weak, Basis::Heuristic, Basis::Convention, Basis::Ambiguous, Basis::UniqueName, Basis::EnvAssumed, Basis::Evaluated, Basis::Exact];

    /// The basis of that name; anything else is weak.
    pub fn parse(name: &str) -> Self {
        Basis::ALL.into_iter().find(|b| b.name() == name).unwrap_or(Basis::Weak)
    }

    pub fn name(self) -> &'static str {
        match self {
            Basis::Weak => "weak",
            Basis::Heuristic => "heuristic",
            Basis::Convention => "convention",
            Basis::Ambiguous => "ambiguous",
            Basis::UniqueName => "unique-name",
            Basis::EnvAssumed => "env-assumed",
            Basis::Evaluated => "evaluated",
            Basis::Exact => "exact",
        }
    }

    /// 0 to 1.
    pub fn confidence(self) -> f64 {
        match self {
            Basis::Weak => 0.2,
            Basis::Heuristic => 0.4,
            Basis::Convention => 0.5,
            Basis::Ambiguous | Basis::UniqueName => 0.7,
            Basis::EnvAssumed => 0.75,
            Basis::Evaluated => 0.9,
            Basis::Exact => 1.0,
        }
    }
}

/// Whether the condition on an edge is known to hold. A false one is no edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Condition {
    Unknown,
    True,
}

impl Condition {
    pub fn name(self) -> &'static str {
        match self {
            Condition::Unknown => "unknown",
            Condition::True => "true",
        }
    }

    /// The factor on confidence.
    pub fn factor(self) -> f64 {
        match self {
            Condition::Unknown => 0.6,
            Condition::True => 1.0,
        }
    }
}

/// Written as its name; `relation` knows which one that is.
impl Serialize for Relation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name)
    }
}
