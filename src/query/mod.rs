//! Questions asked of the graph.

mod lineage;
mod revoke;

pub use lineage::{Record, lineage};
pub use revoke::{Revocation, revocation};
