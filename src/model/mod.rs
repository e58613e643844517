//! The nouns: plain data that every floor above speaks in. No I/O, no parsing, no policy.

mod attributes;
mod coverage;
mod facts;
mod finding;
mod framework;
mod glob;
mod hop;
mod key;
mod kind;
mod location;
mod moment;
mod ownership;
mod relation;
mod score;
mod secret;
mod severity;
mod sighting;
mod weakening;

pub use attributes::{Attributes, merge_attributes};
pub use coverage::{Note, NoteStatus};
pub use facts::{EdgeFact, Facts, NodeFact, Reference, SlotFact, Spec};
pub use finding::Finding;
pub use framework::{Framework, Frameworks};
pub use glob::glob;
pub use hop::{Deed, Hop};
pub use key::{Key, NodeId, without_line};
pub use kind::Kind;
pub use location::Location;
pub use moment::{Moment, instant, rfc3339};
pub use ownership::{Activity, Ownership, Role, Signal};
pub use relation::{Basis, Condition, Flow, Relation};
pub use score::{Factor, Interval, Level, Rank, Reached};
pub use secret::{Fingerprint, Secret};
pub use severity::Severity;
pub use sighting::{FileRole, Half, Sighting};
pub use weakening::Weakening;
