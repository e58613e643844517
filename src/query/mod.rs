//! Questions asked of the graph.

mod agents;
mod cuts;
mod diff;
mod hops;
mod incident;
mod lineage;
mod offboard;
mod owners;
mod path;
mod reach;
mod select;
mod who_can;

pub use agents::agents;
pub use diff::{Arrival, Change, Move, ReachChange, Reviewers, Violation, diff, verdict, weakened};
pub use incident::{Leak, incident};
pub use lineage::{Record, lineage, record};
pub use offboard::{Approves, Held, Offboarding, Step, Successor, offboard, plan};
pub use owners::{Answer, owners};
pub use path::path;
pub use reach::reach;
pub use who_can::who_can;
