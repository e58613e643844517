//! `Charter`: a file that says who answers for other files. It is kept whole: what it means depends on where it lies and on what lies beside it.

use std::sync::Arc;

use super::{catalogue, manifests, rules};

/// One such file: CODEOWNERS, OWNERS, a catalogue entry, a manifest with its authors.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Charter {
    /// Id of the source, `repo:github.com/acme/web`.
    pub repository: Arc<str>,
    /// Relative to the source's root, with `/`.
    pub path: Arc<str>,
    pub text: Arc<str>,
}

/// Where commits stand that only formatted.
pub(super) const IGNORED_REVISIONS: &str = ".git-blame-ignore-revs";
/// Manifests and catalogues longer than this, in bytes, are not kept; rule files have a limit of their own.
const MAX_SIZE: usize = 256 * 1024;

/// Whether a file says who answers for others, so that it is kept when its document is gone.
pub fn is_charter(path: &str, size: usize) -> bool {
    if rules::is_place(path) {
        return size <= rules::MAX_SIZE;
    }
    let name = path.rsplit('/').next().unwrap_or(path);
    let named = matches!(name, "OWNERS" | "OWNERS_ALIASES") || path == IGNORED_REVISIONS;
    size <= MAX_SIZE && (named || catalogue::is_place(path) || manifests::is_place(path))
}

/// Where a repository's CODEOWNERS may stand; the first one that exists counts.
pub fn reviewer_places(repository: &str) -> impl Iterator<Item = &'static str> {
    rules::places_of(repository)
}

/// Paths of the files that rule a whole repository: where only a change is read, they are read too.
pub fn rule_places() -> impl Iterator<Item = &'static str> {
    rules::places().chain(["OWNERS", "OWNERS_ALIASES", "catalog-info.yaml", IGNORED_REVISIONS])
}
