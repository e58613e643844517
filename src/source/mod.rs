//! Sources: where documents come from. The history is read by the pipeline from `git`, since it yields values, not trees.

mod head;
mod large;
mod listing;
mod snapshots;
mod stamp;
mod worktree;

pub use head::read_head;
pub use listing::{Listing, list_work_tree};
pub use snapshots::{Side, read_snapshots};
pub use worktree::{MAX_FILE, WorkTree, read_work_tree};
