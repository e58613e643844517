//! The tree of HEAD, for a repository that has no work tree.

use std::sync::Arc;

use super::worktree::{MAX_FILE, WorkTree};
use crate::decode;
use crate::document::Document;
use crate::git::Repo;
use crate::model::{Note, NoteStatus};

/// Reads every file of HEAD. `excluded` says which paths are left out.
pub fn read_head(repo: &Repo, repository: &Arc<str>, excluded: &dyn Fn(&str) -> bool, take: &dyn Fn(Document)) -> WorkTree {
    let mut tree = WorkTree::default();
    let (mut files, mut bytes) = (0, 0);
    let mut each = |path: String, content: Vec<u8>| {
        if !excluded(&path) && (decode::is_readable(&content) || crate::keys::is_store_name(&path)) {
            files += 1;
            bytes += content.len() as u64;
            take(Document::new(repository.clone(), path, content, None));
        }
    };
    let mut too_large = |path: String| {
        let reason = format!("larger than {} MiB", MAX_FILE / 1024 / 1024);
        tree.notes.push(Note { repository: repository.clone(), path: path.into(), status: NoteStatus::Skipped, reason });
    };
    repo.head_files(MAX_FILE as usize, &mut each, &mut too_large);
    (tree.files, tree.bytes) = (files, bytes);
    tree
}
