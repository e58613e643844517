//! `Location`: a place in a source, self-contained so that it outlives its document.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A place. Lines and columns are 1-based; columns count characters. `path` is relative to the root of the source, with `/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Location {
    /// Id of the source, `repo:github.com/acme/web`.
    pub repository: Arc<str>,
    pub path: Arc<str>,
    pub line: u32,
    pub column: u32,
    /// Last line of the block; equal to `line` when the place is one line.
    pub end_line: u32,
    /// The commit that introduced it, when the place is not in the work tree.
    pub revision: Option<Arc<str>>,
}
