//! How long things live: when they were made and renewed, when they end, what still uses them, and how they are revoked (domain specification, 5).
//!
//! Extractors state what their documents say, on identities, credentials and slots: `created` and `expires` (RFC 3339, a date, or seconds since the
//! Unix epoch), `lifetime` (a duration: `2160h`, `90d`, `P90D`, seconds), `rotation` (what renews it: `rotate_when_changed`, `rotation_rules`) and
//! `status` (`Inactive`). What files said before of what is not defined or not used any more is told as `former`: `path`, `revision`, `time` and `party` of
//! the version, and `user` where it was used. What follows is written down here, for reports and checks:
//!
//! | attribute | on | value |
//! |---|---|---|
//! | `created`, `created_basis` | identity, credential | RFC 3339; `stated`, or `history` when it is the first commit that holds it |
//! | `expires` | identity, credential | RFC 3339 |
//! | `rotated`, `rotated_because` | credential | the newest renewal that the history shows; absent: none was seen |
//! | `replaced_by` | credential of the history | id of the value that took its place, in the commit that took it away |
//! | `revocation_evidence` | credential of the history | what says that it was revoked or rotated; weak: presence stays `history-only` |
//! | `lifetime_class` | identity, credential | `federated`, `short` (≤ 12 h), `medium` (≤ 90 d), `long`, `static` (no end), `expired`; absent: unknown |
//! | `lifetime_basis` | beside it | `stated`, `kind` (what such credentials are), `credentials` (the longest-lived one of the identity), `trust` |
//! | `presence`, `presence_because` | identity, credential | `present`, `history-only`, `moved` (the slot reads from a managed store now), `revoked`, `referenced` |
//! | `consumers` | identity, slot | how many things use it in what was read |
//! | `zombie` | identity, credential, slot | why nothing seems to use it any more |
//! | `dangling` | identity | why what is referred to seems to be gone |
//! | `revocation_path` | identity, credential, agent | `automated`, `documented`, `partial`, `none` |
//!
//! Ages are not written down: they are `now` less `rotated`, else `created`.

mod class;
mod presence;
mod revoke;
mod runbook;
mod span;
mod times;

use crate::graph::Graph;
use crate::model::{Kind, NodeId};

pub use presence::{Questions, is_use, questions};
pub use revoke::{Revocation, fill, revocation};

/// Writes the attributes above. What an earlier run derived is derived anew.
pub fn assign(graph: &mut Graph, now: i64) {
    times::assign(graph);
    class::assign(graph, now);
    presence::assign(graph);
    revoke::assign(graph);
}

/// Ids of the nodes that have a life of their own.
fn living(graph: &Graph) -> Vec<NodeId> {
    graph.nodes.values().filter(|n| matches!(n.key.kind, Kind::Identity | Kind::Credential)).map(|n| n.id().clone()).collect()
}
