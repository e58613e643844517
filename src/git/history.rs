//! History by object: every reachable blob once, with the first commit that holds it. Merges are no blind spot, and no diff is made.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use git2::{ObjectType, Oid, Repository, Sort};

use super::people::{Person, is_bot, party_id};
use super::{GitError, Repo};
use crate::model::Moment;

/// Paths nested deeper than this are not followed.
const MAX_PATH_DEPTH: usize = 128;

/// One commit.
#[derive(Clone, Debug)]
pub struct Commit {
    pub id: Arc<str>,
    /// Author time, seconds since the epoch.
    pub time: i64,
    pub author: Person,
}

impl Commit {
    /// This commit as an event.
    pub fn moment(&self) -> Moment {
        Moment { time: self.time, revision: self.id.clone(), party: party_id(&self.author).into() }
    }

    pub fn by_bot(&self) -> bool {
        is_bot(&self.author)
    }
}

/// A version of a file: the commit is the first, parents before children, that has this blob at this path.
#[derive(Clone, Debug)]
pub struct BlobVersion {
    pub oid: Oid,
    pub path: Arc<str>,
    /// Index into `History::commits`.
    pub commit: u32,
    /// Whether no earlier commit has the blob at any path.
    pub is_new: bool,
}

/// Commits, oldest first, and the versions of every file that they brought.
#[derive(Default)]
pub struct History {
    pub commits: Vec<Commit>,
    pub versions: Vec<BlobVersion>,
    /// Objects that are not there: a shallow or partial clone.
    pub missing: u64,
    by_path: BTreeMap<Arc<str>, Vec<u32>>,
}

impl History {
    /// The versions of one path, oldest first.
    pub fn versions_of(&self, path: &str) -> impl DoubleEndedIterator<Item = &BlobVersion> + use<'_> {
        self.by_path.get(path).into_iter().flatten().map(|i| &self.versions[*i as usize])
    }

    /// The first commit that has a file at this path.
    pub fn creator_of(&self, path: &str) -> Option<&Commit> {
        self.versions_of(path).next().map(|v| &self.commits[v.commit as usize])
    }
}

impl Repo {
    /// Walks branches, tags, remote-tracking branches, notes and HEAD, parents first, into trees not seen before.
    pub fn history(&self) -> Result<History, GitError> {
        let failed = |e: git2::Error| GitError::Unreadable { path: self.git_dir.display().to_string(), reason: e.message().to_owned() };
        let mut walk = self.inner.revwalk().map_err(failed)?;
        for glob in ["refs/heads/*", "refs/tags/*", "refs/remotes/*", "refs/notes/*"] {
            // A reference to something that is no commit, or is missing, is no reason to stop.
            let _ = walk.push_glob(glob);
        }
        let _ = walk.push_head();
        walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME | Sort::REVERSE).map_err(failed)?;
        let mailmap = self.inner.mailmap().ok();
        let mut history = History::default();
        let mut trees: HashSet<(Oid, Arc<str>)> = HashSet::new();
        let mut blobs: HashSet<Oid> = HashSet::new();
        let mut pairs: HashSet<(Oid, Arc<str>)> = HashSet::new();
        for id in walk {
            let Ok(id) = id else {
                history.missing += 1;
                break;
            };
            let Ok(commit) = self.inner.find_commit(id) else {
                history.missing += 1;
                continue;
            };
            let author = commit.author();
            let mapped = mailmap.as_ref().and_then(|m| m.resolve_signature(&author).ok());
            let signature = mapped.as_ref().unwrap_or(&author);
            history.commits.push(Commit {
                id: id.to_string().into(),
                time: author.when().seconds(),
                author: Person {
                    name: String::from_utf8_lossy(signature.name_bytes()).into_owned(),
                    email: String::from_utf8_lossy(signature.email_bytes()).into_owned(),
                },
            });
            let number = history.commits.len() as u32 - 1;
            let mut stack: Vec<(Oid, Arc<str>, usize)> = vec![(commit.tree_id(), "".into(), 0)];
            while let Some((tree, prefix, depth)) = stack.pop() {
                // A tree seen at this very place brings nothing new.
                if depth > MAX_PATH_DEPTH || !trees.insert((tree, prefix.clone())) {
                    continue;
                }
                let Ok(tree) = self.inner.find_tree(tree) else {
                    history.missing += 1;
                    continue;
                };
                for entry in tree.iter() {
                    let name = String::from_utf8_lossy(entry.name_bytes());
                    let path: Arc<str> = if prefix.is_empty() { name.as_ref().into() } else { format!("{prefix}/{name}").into() };
                    match entry.kind() {
                        Some(ObjectType::Tree) => stack.push((entry.id(), path, depth + 1)),
                        // A symbolic link's blob is a path, not content.
                        Some(ObjectType::Blob) if entry.filemode() != 0o120000 && pairs.insert((entry.id(), path.clone())) => {
                            let is_new = blobs.insert(entry.id());
                            history.by_path.entry(path.clone()).or_default().push(history.versions.len() as u32);
                            history.versions.push(BlobVersion { oid: entry.id(), path, commit: number, is_new });
                        }
                        _ => {}
                    }
                }
            }
        }
        Ok(history)
    }
}

/// Reads blobs; one for each thread.
pub struct BlobReader {
    inner: Repository,
}

/// Why a blob was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    Missing,
    TooLarge,
    Binary,
}

impl BlobReader {
    /// Opens the object database behind a `.git` folder once more.
    pub fn open(git_dir: &Path) -> Result<Self, GitError> {
        let inner = Repository::open(git_dir).map_err(|e| GitError::Unreadable { path: git_dir.display().to_string(), reason: e.message().to_owned() })?;
        Ok(BlobReader { inner })
    }

    /// The bytes of a text blob of at most `limit` bytes.
    pub fn read(&self, oid: Oid, limit: usize) -> Result<Vec<u8>, Unread> {
        let odb = self.inner.odb().map_err(|_| Unread::Missing)?;
        // The header is read first, so that a huge blob is never inflated.
        let (size, _) = odb.read_header(oid).map_err(|_| Unread::Missing)?;
        if size > limit {
            return Err(Unread::TooLarge);
        }
        let object = odb.read(oid).map_err(|_| Unread::Missing)?;
        let bytes = object.data();
        if bytes[..bytes.len().min(8000)].contains(&0) {
            return Err(Unread::Binary);
        }
        Ok(bytes.to_vec())
    }
}
