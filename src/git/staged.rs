//! What the index adds against HEAD.

use std::path::Path;

use git2::{Delta, DiffOptions, Oid};

use super::index::{self, Change};
use super::references::small;
use super::{GitError, Repo};
use crate::decode;

/// A longer list of commits to merge is none.
const MAX_HEADS: u64 = 64 << 10;

/// A file that differs between HEAD and the index.
pub struct StagedFile {
    /// Relative to the root of the repository, with `/`.
    pub path: String,
    /// What the index holds; nothing when the file goes away.
    pub new: Option<Vec<u8>>,
    /// What HEAD holds, and in the middle of a merge what the commits hold that are being merged.
    pub old: Vec<Vec<u8>>,
}

impl Repo {
    /// Every file that differs between HEAD and the index, both sides; what is larger than `limit` bytes or no text is empty. An unborn HEAD counts as
    /// empty. Files that go away are there too: what they held is not new anywhere else.
    pub fn staged(&self, limit: usize) -> Result<Vec<StagedFile>, GitError> {
        let changes = match index::changes(&self.inner) {
            Some(changes) => changes,
            None => self.compared().map_err(|e| GitError::Unreadable { path: self.git_dir.display().to_string(), reason: e.message().to_owned() })?,
        };
        let bytes = |oid: Oid| -> Vec<u8> {
            self.inner.find_blob(oid).ok().filter(|b| b.size() <= limit && decode::is_readable(b.content())).map(|b| b.content().to_vec()).unwrap_or_default()
        };
        let merged = self.being_merged();
        let there = |path: &str| merged.iter().filter_map(|tree| Some(tree.get_path(Path::new(path)).ok()?.id())).collect::<Vec<Oid>>();
        Ok(changes
            .into_iter()
            .map(|c| StagedFile { new: c.new.map(bytes), old: c.old.into_iter().chain(there(&c.path)).map(bytes).collect(), path: c.path })
            .collect())
    }

    /// The trees of the commits that a merge in progress takes in.
    fn being_merged(&self) -> Vec<git2::Tree<'_>> {
        let heads = small(&self.git_dir.join("MERGE_HEAD"), MAX_HEADS).unwrap_or_default();
        let text = String::from_utf8_lossy(&heads).into_owned();
        text.lines().filter_map(|id| self.inner.find_commit(super::oid(id.trim()).ok()?).ok()?.tree().ok()).collect()
    }

    /// The same by the library, which understands every index and reads all of it.
    fn compared(&self) -> Result<Vec<Change>, git2::Error> {
        let head = self.inner.head().ok().and_then(|h| h.peel_to_tree().ok());
        let index = git2::Index::open_ext(&index::file_of(&self.inner), self.inner.object_format())?;
        let mut options = DiffOptions::new();
        options.include_typechange(true);
        let diff = self.inner.diff_tree_to_index(head.as_ref(), Some(&index), Some(&mut options))?;
        let mut changes = Vec::new();
        for delta in diff.deltas() {
            let side = |file: git2::DiffFile<'_>, missing: Delta| (delta.status() != missing).then(|| file.id());
            let (old, new) = (side(delta.old_file(), Delta::Added), side(delta.new_file(), Delta::Deleted));
            let path = delta.new_file().path_bytes().or(delta.old_file().path_bytes()).unwrap_or_default();
            changes.push(Change { path: String::from_utf8_lossy(path).into_owned(), old, new });
        }
        Ok(changes)
    }
}
