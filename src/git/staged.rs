//! What the index adds against HEAD.

use git2::{Delta, DiffOptions};

use super::{GitError, Repo};

/// A file that differs between HEAD and the index.
pub struct StagedFile {
    /// Relative to the root of the repository, with `/`; empty when the file goes away.
    pub path: String,
    /// What the index holds.
    pub new: Vec<u8>,
    /// What HEAD holds.
    pub old: Vec<u8>,
    pub old_path: String,
}

impl Repo {
    /// Every file that differs between HEAD and the index, both sides, each at most `limit` bytes. An unborn HEAD counts as empty. Files that
    /// go away are there too: what they held is not new anywhere else.
    pub fn staged(&self, limit: usize) -> Result<Vec<StagedFile>, GitError> {
        let failed = |e: git2::Error| GitError::Unreadable { path: self.git_dir.display().to_string(), reason: e.message().to_owned() };
        let head = self.inner.head().ok().and_then(|h| h.peel_to_tree().ok());
        let index = self.inner.index().map_err(failed)?;
        let mut options = DiffOptions::new();
        options.include_typechange(true);
        let diff = self.inner.diff_tree_to_index(head.as_ref(), Some(&index), Some(&mut options)).map_err(failed)?;
        let bytes = |oid: git2::Oid| -> Vec<u8> {
            self.inner.find_blob(oid).ok().filter(|b| b.size() <= limit && !b.is_binary()).map(|b| b.content().to_vec()).unwrap_or_default()
        };
        let name = |file: git2::DiffFile<'_>| file.path_bytes().map(|p| String::from_utf8_lossy(p).into_owned()).unwrap_or_default();
        let mut files = Vec::new();
        for delta in diff.deltas() {
            let gone = delta.status() == Delta::Deleted;
            files.push(StagedFile {
                path: if gone { String::new() } else { name(delta.new_file()) },
                new: if gone { Vec::new() } else { bytes(delta.new_file().id()) },
                old: if delta.status() == Delta::Added { Vec::new() } else { bytes(delta.old_file().id()) },
                old_path: name(delta.old_file()),
            });
        }
        Ok(files)
    }
}
