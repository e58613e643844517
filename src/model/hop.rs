//! A hop: what a commit did to a value that was known before.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Moment;

/// What a commit did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Deed {
    /// No commit before had the value.
    Introduced,
    /// It stands at a further path.
    Copied,
    /// It stands at another path in place of one that had it.
    Moved,
    /// It begins in another column of its line.
    Indented,
    /// The same value in another encoding.
    Encoded,
    /// It is kept in another way: under another key, as another kind of credential.
    Rewritten,
    /// It was gone from this path, and is back.
    Returned,
    /// The last place on the way to HEAD lost it.
    Removed,
}

impl Deed {
    pub fn name(self) -> &'static str {
        match self {
            Deed::Introduced => "introduced",
            Deed::Copied => "copied",
            Deed::Moved => "moved",
            Deed::Indented => "indented",
            Deed::Encoded => "encoded",
            Deed::Rewritten => "rewritten",
            Deed::Returned => "returned",
            Deed::Removed => "removed",
        }
    }
}

/// One hop of a value on its way through the history.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Hop {
    pub moment: Moment,
    pub deed: Deed,
    pub path: Arc<str>,
    pub line: u32,
    /// Where it was moved or copied from, when the history tells.
    pub from: Option<Arc<str>>,
}
