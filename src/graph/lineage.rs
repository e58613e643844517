//! The whole result of a run, before it is turned into bytes.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::model::{Finding, Location, NodeId, Note, Ownership, Rank, Role, Weakening};

use super::Graph;

/// One scanned source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// `repo:github.com/acme/web`.
    pub id: String,
    /// As given on the command line.
    pub root: String,
    /// Commit that HEAD points at.
    pub head: Option<String>,
    /// When that commit was made, seconds since the Unix epoch.
    pub head_time: Option<i64>,
    pub files: u64,
    pub commits: u64,
    pub blobs: u64,
    pub bytes: u64,
}

/// A reference that stayed open: explicit, with its reason.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unresolved {
    pub from: NodeId,
    pub relation: &'static str,
    pub expression: String,
    pub reason: String,
    pub at: Location,
}

/// Who must approve changes of the paths that a pattern fits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Approval {
    pub pattern: String,
    /// Ids of the parties.
    pub parties: Vec<Arc<str>>,
    pub at: Location,
}

/// Programme metrics, name to value (shares are 0 to 1).
pub type Metrics = BTreeMap<&'static str, f64>;

/// Graph, owners, ranking, findings, coverage.
#[derive(Clone, Debug, Default)]
pub struct Lineage {
    /// The time that decided expiry, seconds since the Unix epoch.
    pub now: i64,
    pub sources: Vec<Source>,
    pub graph: Graph,
    pub unresolved: Vec<Unresolved>,
    pub parties: Vec<Ownership>,
    pub approvals: Vec<Approval>,
    /// Highest blast radius first.
    pub ranking: Vec<Rank>,
    /// Most severe first.
    pub findings: Vec<Finding>,
    pub coverage: Vec<Note>,
    pub metrics: Metrics,
    /// What somebody accepted.
    pub accepted: Accepted,
    /// Controls that the change took away or loosened; empty unless two states are compared.
    pub weakened: Vec<Weakening>,
    /// Which credentials have the same value; never written.
    pub values: Values,
}

/// What somebody accepted: it does not count, and is not hidden.
#[derive(Clone, Debug, Default)]
pub struct Accepted {
    /// Each with the reason that was given.
    pub findings: Vec<(Finding, String)>,
    /// Entries whose last day is over; what they were about counts again.
    pub expired: Vec<String>,
    /// Entries that are about nothing that was found.
    pub stale: Vec<String>,
}

/// Credential to what tells its value from others inside the run. Nothing prints it: a weak value could be guessed from it.
#[derive(Clone, Default)]
pub struct Values(pub BTreeMap<NodeId, u128>);

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Values({})", self.0.len())
    }
}

impl Lineage {
    /// The rank of a node.
    pub fn rank(&self, id: &str) -> Option<&Rank> {
        self.ranking.iter().find(|r| &*r.node == id)
    }

    /// The best candidate of a role on a node.
    pub fn party(&self, id: &str, role: Role) -> Option<&Ownership> {
        self.parties.iter().find(|p| &*p.node == id && p.role == role)
    }

    /// Those who answer for a node, as far as the evidence goes; best first.
    pub fn owners<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Ownership> + use<'a> {
        // They are in the order of their nodes.
        let first = self.parties.partition_point(|p| &*p.node < id);
        self.parties[first..].iter().take_while(move |p| &*p.node == id).filter(|p| p.role == Role::Owner && p.resolved)
    }

    /// Whether nobody answers for a node: no owner is settled, or all of them are gone.
    pub fn is_orphan(&self, id: &str) -> bool {
        self.owners(id).all(|o| o.activity.is_gone())
    }

    /// How many settled owners of a node are still there.
    pub fn bus_factor(&self, id: &str) -> usize {
        self.owners(id).filter(|o| !o.activity.is_gone()).count()
    }

    /// Wraps an id that came from a string.
    pub fn node_id(&self, id: &str) -> Option<Arc<str>> {
        self.graph.nodes.get_key_value(id).map(|(k, _)| k.clone())
    }
}
