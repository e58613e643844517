//! The work tree: what an earlier run read of it counts while no file came, went or changed.

mod kept;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use super::intake::Intake;
use super::{Progress, Reading};
use crate::cache::Cache;
use crate::document::Document;
use crate::git;
use crate::graph::Source;
use crate::source::{self, WorkTree};

/// Documents between two messages of progress.
const STEP: u64 = 64;

/// What is read, and with what.
pub(super) struct Scope<'a> {
    /// Paths are relative to it.
    pub(super) root: &'a Path,
    /// The folder or file below it that is asked for.
    pub(super) inside: &'a Path,
    pub(super) repository: &'a Arc<str>,
    /// Whether a path is left out, and everything that decides it.
    pub(super) left_out: &'a (dyn Fn(&str) -> bool + Sync),
    pub(super) rules: &'a [&'a [u8]],
    pub(super) cache: &'a Cache,
    pub(super) progress: &'a (dyn Fn(Progress) + Sync),
}

/// Adds everything that the files say.
pub(super) fn read(scope: &Scope<'_>, reading: &mut Reading, source: &mut Source) {
    let read = || take(scope, |take| source::read_work_tree(scope.root, scope.inside, scope.repository, scope.left_out, take));
    if !scope.cache.keeps() {
        return add(read(), reading, source);
    }
    // A file that changes after it was listed, and before it is read, is not the next time as it is listed now.
    let begun = SystemTime::now();
    let listing = source::list_work_tree(scope.root, scope.inside, scope.left_out);
    let tree = kept::tree(scope, &listing).unwrap_or_else(|| {
        let tree = read();
        if listing.whole && !tree.0.broken {
            kept::keep_tree(scope, &listing, begun, &tree);
        }
        tree
    });
    add(tree, reading, source);
}

/// The same of the tree of HEAD, where there is no work tree.
pub(super) fn read_bare(repo: &git::Repo, scope: &Scope<'_>, reading: &mut Reading, source: &mut Source) {
    add(take(scope, |take| source::read_head(repo, scope.repository, scope.left_out, take)), reading, source);
}

/// What was read, in numbers, and what it says.
type Tree = (WorkTree, Reading);

fn take(scope: &Scope<'_>, read: impl FnOnce(&(dyn Fn(Document) + Sync)) -> WorkTree) -> Tree {
    let intake = Intake::default();
    let count = AtomicU64::new(0);
    let tree = read(&|document| {
        intake.take(document);
        let n = count.fetch_add(1, Ordering::Relaxed) + 1;
        if n.is_multiple_of(STEP) {
            (scope.progress)(Progress::Files(n));
        }
    });
    let mut reading = Reading::default();
    intake.finish(&mut reading);
    (tree, reading)
}

fn add((tree, read): Tree, reading: &mut Reading, source: &mut Source) {
    (source.files, source.bytes) = (tree.files, tree.bytes);
    reading.facts.extend(read.facts);
    reading.facts.notes.extend(tree.notes);
    reading.charters.extend(read.charters);
    reading.charters.sort();
    reading.charters.dedup();
}
