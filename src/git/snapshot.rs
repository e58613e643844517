//! The files of one commit, and what moved between two.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use git2::{DiffFindOptions, Oid, Repository};

use super::{GitError, Repo};

/// Why a blob was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    Missing,
    TooLarge,
    Binary,
}

/// Renamed files beyond this number are not told apart from new ones: to compare all with all takes the square of their number.
const MAX_RENAMES: usize = 1_000;

/// The files of one commit, by path; links and submodules are left out.
pub struct Snapshot {
    /// The commit's id, in hexadecimal digits.
    pub commit: String,
    pub files: BTreeMap<Arc<str>, Oid>,
}

impl Repo {
    /// The id of the commit that a revision names.
    pub fn commit_id(&self, revision: &str) -> Result<String, GitError> {
        Ok(self.commits(&[revision.to_owned()])?.into_iter().map(|c| c.to_string()).collect())
    }

    /// The newest commit that both have; nothing when their histories do not meet in what was cloned.
    pub fn merge_base(&self, one: &str, other: &str) -> Option<String> {
        let base = self.inner.merge_base(super::oid(one).ok()?, super::oid(other).ok()?).ok()?;
        Some(base.to_string())
    }

    /// The files of a commit, given by its id.
    pub fn snapshot(&self, commit: &str) -> Result<Snapshot, GitError> {
        let unreadable =
            |e: git2::Error| GitError::Unreadable { path: self.git_dir.display().to_string(), reason: format!("commit {commit}: {}", e.message()) };
        let tree = super::oid(commit).and_then(|id| self.inner.find_commit(id)).and_then(|c| c.tree()).map_err(unreadable)?;
        let mut files = BTreeMap::new();
        tree.walk(git2::TreeWalkMode::PreOrder, |folder, entry| {
            if entry.kind() == Some(git2::ObjectType::Blob) && entry.filemode() != 0o120000 {
                files.insert(Arc::from(format!("{folder}{}", String::from_utf8_lossy(entry.name_bytes()))), entry.id());
            }
            git2::TreeWalkResult::Ok
        })
        .map_err(unreadable)?;
        Ok(Snapshot { commit: commit.to_owned(), files })
    }

    /// What was renamed, or moved and edited a little, from one commit to another: old and new path, files first, then folders that are gone.
    pub fn renames(&self, from: &Snapshot, to: &Snapshot) -> Vec<(String, String)> {
        let files = self.renamed_files(&from.commit, &to.commit);
        let folder = |path: &str| path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned());
        let is_gone = |folder: &str| !folder.is_empty() && !to.files.keys().any(|path| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')));
        let mut folders: Vec<(String, String)> =
            files.iter().map(|(old, new)| (folder(old), folder(new))).filter(|(old, new)| old != new && !new.is_empty()).collect();
        // The deepest first: its name holds those of the others.
        folders.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then(a.cmp(b)));
        folders.dedup_by(|a, b| a.0 == b.0);
        folders.retain(|(old, _)| is_gone(old));
        files.into_iter().chain(folders).collect()
    }

    fn renamed_files(&self, from: &str, to: &str) -> Vec<(String, String)> {
        let tree = |id: &str| super::oid(id).and_then(|id| self.inner.find_commit(id)).and_then(|c| c.tree());
        let (Ok(from), Ok(to)) = (tree(from), tree(to)) else { return Vec::new() };
        let Ok(mut diff) = self.inner.diff_tree_to_tree(Some(&from), Some(&to), None) else { return Vec::new() };
        let mut find = DiffFindOptions::new();
        find.renames(true).rename_limit(MAX_RENAMES);
        if diff.find_similar(Some(&mut find)).is_err() {
            return Vec::new();
        }
        let path = |file: git2::DiffFile<'_>| file.path().map(Path::to_string_lossy).map(|p| p.replace('\\', "/"));
        diff.deltas()
            .filter(|d| d.status() == git2::Delta::Renamed)
            .filter_map(|d| Some((path(d.old_file())?, path(d.new_file())?)))
            .take(MAX_RENAMES)
            .collect()
    }
}

/// Reads blobs; each thread has its own.
pub struct Contents(Option<Repository>);

impl Contents {
    pub fn open(git_dir: &Path) -> Self {
        Contents(Repository::open(git_dir).ok())
    }

    /// The bytes of a blob of at most `limit` bytes.
    pub fn read(&self, id: Oid, limit: usize) -> Result<Vec<u8>, Unread> {
        let odb = self.0.as_ref().and_then(|r| r.odb().ok()).ok_or(Unread::Missing)?;
        // The header is read first, so that a huge blob is never inflated.
        match odb.read_header(id) {
            Ok((size, _)) if size > limit => Err(Unread::TooLarge),
            Ok(_) => odb.read(id).map(|o| o.data().to_vec()).map_err(|_| Unread::Missing),
            Err(_) => Err(Unread::Missing),
        }
    }
}
