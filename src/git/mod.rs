//! Reading git repositories: identity, history by object, the index. Nothing is ever written, and nothing of the repository is run.

mod fate;
mod history;
mod hooks;
mod index;
mod kept;
mod objects;
mod people;
mod references;
mod selection;
mod snapshot;
mod staged;
mod told;
mod trees;

use std::path::{Path, PathBuf};

use git2::{ObjectFormat, Oid, Repository};
use references::small;
use sha2::{Digest, Sha256};

pub use fate::{Fate, Line};
pub use history::{BlobVersion, Commit, History};
pub use objects::{Kind, Objects, Piece, Visited, Visitor};
pub use people::{Person, assistant, is_bot, party_id};
pub use selection::{Selection, Update};
pub use snapshot::{Contents, Snapshot, Unread};
pub use staged::StagedFile;
pub use told::{Told, told};

/// Id of an object.
pub use git2::Oid as ObjectId;

/// Paths nested deeper than this are not followed.
const MAX_PATH_DEPTH: usize = 128;

/// A longer list of submodules is none.
const MAX_MODULES: u64 = 1 << 20;

/// Why a repository cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    #[error("{path} is not inside a git repository")]
    NotARepository { path: String },
    #[error("{revision} names no commit of this repository; in a shallow clone, fetch it first")]
    NoSuchRevision { revision: String },
    #[error("cannot read the git repository at {path}: {reason}")]
    Unreadable { path: String, reason: String },
}

/// An opened repository.
pub struct Repo {
    inner: Repository,
    git_dir: PathBuf,
    /// Folders of objects that a push brought.
    quarantine: Vec<PathBuf>,
}

/// An id as text; which hash it is of, its length tells.
fn oid(text: &str) -> Result<Oid, git2::Error> {
    let format = if text.len() > 40 { ObjectFormat::Sha256 } else { ObjectFormat::Sha1 };
    Oid::from_str_ext(text, format)
}

/// Bytes of an id.
fn id_width(repository: &Repository) -> usize {
    match repository.object_format() {
        ObjectFormat::Sha256 => 32,
        _ => 20,
    }
}

/// Kind of an entry of the index, and the one of a file.
const KIND: u32 = 0o170_000;
const FILE: u32 = 0o100_000;

/// Files below a folder that the index of its repository names, as paths that begin with the folder as it is given; none outside of a repository.
pub fn tracked(scope: &Path) -> Vec<PathBuf> {
    let Ok(repo) = Repository::discover(scope) else { return Vec::new() };
    let root = repo.workdir().and_then(|w| w.canonicalize().ok());
    let Some((root, whole)) = root.zip(scope.canonicalize().ok()) else { return Vec::new() };
    let (Ok(inside), Ok(index)) = (whole.strip_prefix(&root), repo.index()) else { return Vec::new() };
    let below = |path: &str| Path::new(path).strip_prefix(inside).ok().filter(|rest| !rest.as_os_str().is_empty()).map(|rest| scope.join(rest));
    index.iter().filter(|e| e.mode & KIND == FILE).filter_map(|e| below(std::str::from_utf8(&e.path).ok()?)).collect()
}

impl Repo {
    /// The repository that holds `path`.
    pub fn discover(path: &Path) -> Result<Self, GitError> {
        let shown = || path.display().to_string();
        // Objects are addressed by what their repository calls them; to hash each again costs half the time of reading it and tells a scan nothing.
        git2::opts::strict_hash_verification(false);
        match Repository::discover(path) {
            Ok(inner) => {
                let git_dir = inner.path().to_path_buf();
                Ok(Repo { inner, git_dir, quarantine: Vec::new() })
            }
            Err(e) if e.code() == git2::ErrorCode::NotFound => Err(GitError::NotARepository { path: shown() }),
            Err(e) => Err(GitError::Unreadable { path: shown(), reason: e.message().to_owned() }),
        }
    }

    /// Root of the work tree; nothing for a bare repository.
    pub fn root(&self) -> Option<PathBuf> {
        self.inner.workdir().map(Path::to_path_buf)
    }

    /// The `.git` folder of this work tree.
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// The folder that all work trees of the repository share.
    pub fn common_dir(&self) -> &Path {
        self.inner.commondir()
    }

    fn references(&self) -> references::References {
        references::References::read(&self.git_dir, self.common_dir())
    }

    /// Canonical id, `repo:github.com/acme/web`: from the `origin` remote, else the first one, else the ids of the root commits.
    pub fn id(&self) -> String {
        let remotes = self.inner.remotes().ok();
        let names: Vec<String> = remotes.iter().flat_map(|r| r.iter().flatten().flatten().map(str::to_owned)).collect();
        let chosen = names.iter().find(|n| *n == "origin").or(names.first());
        let url = chosen.and_then(|n| self.inner.find_remote(n).ok()).and_then(|r| r.url().ok().map(str::to_owned));
        if let Some(body) = url.as_deref().and_then(normalise_url) {
            return format!("repo:{body}");
        }
        let mut root = None;
        if let Ok(mut walk) = self.inner.revwalk()
            && walk.push_head().is_ok()
            // The main line has one root; to look for others is to read every commit.
            && walk.simplify_first_parent().is_ok()
        {
            root = walk.flatten().last().filter(|id| self.inner.find_commit(*id).is_ok_and(|c| c.parent_count() == 0)).map(|id| id.to_string());
        }
        // Nothing in it yet: only its place tells it from another empty one.
        let root = root.unwrap_or_else(|| self.root().unwrap_or_default().to_string_lossy().into_owned());
        let digest = Sha256::digest(root.as_bytes());
        let hex: String = digest.iter().take(8).map(|b| format!("{b:02x}")).collect();
        format!("repo:local/{hex}")
    }

    /// Commit that HEAD points at and its time, seconds since the epoch; nothing when HEAD is unborn.
    pub fn head(&self) -> Option<(String, i64)> {
        let commit = self.inner.head().ok()?.peel_to_commit().ok()?;
        Some((commit.id().to_string(), commit.time().seconds()))
    }

    /// A file of a commit, when it is there and at most `limit` bytes long.
    pub fn file_at(&self, commit: &str, path: &str, limit: usize) -> Option<Vec<u8>> {
        let tree = self.inner.find_commit(oid(commit).ok()?).ok()?.tree().ok()?;
        let entry = tree.get_path(Path::new(path)).ok().filter(|e| e.filemode() != 0o120000)?;
        self.inner.find_blob(entry.id()).ok().filter(|b| b.size() <= limit).map(|b| b.content().to_vec())
    }

    /// Every object that the repository holds or borrows.
    pub fn objects(&self) -> Objects {
        let folders: Vec<PathBuf> = self.quarantine.iter().cloned().chain([self.common_dir().join("objects")]).collect();
        Objects::open(&folders, id_width(&self.inner))
    }

    /// Reads the objects of a push too, which git keeps apart until its hooks have agreed (`git receive-pack`, "quarantine environment").
    pub fn with_quarantine(mut self) -> Self {
        let named = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty());
        let folders = named("GIT_OBJECT_DIRECTORY").map(PathBuf::from).into_iter();
        let borrowed = named("GIT_ALTERNATE_OBJECT_DIRECTORIES").map(|v| std::env::split_paths(&v).collect::<Vec<_>>()).unwrap_or_default();
        self.quarantine = folders.chain(borrowed).filter_map(|f| f.canonicalize().ok()).collect();
        if let Ok(odb) = self.inner.odb() {
            // What the library cannot add, it will not find; the reading of the history tells.
            self.quarantine.iter().filter_map(|f| f.to_str()).for_each(|f| odb.add_disk_alternate(f).unwrap_or_default());
        }
        self
    }

    /// Every file of HEAD's tree of at most `limit` bytes, by path: what a repository without a work tree has instead of one. `too_large` is told of the
    /// others.
    pub fn head_files(&self, limit: usize, take: &mut dyn FnMut(String, Vec<u8>), too_large: &mut dyn FnMut(String)) {
        let Some(tree) = self.inner.head().ok().and_then(|h| h.peel_to_tree().ok()) else { return };
        let Ok(odb) = self.inner.odb() else { return };
        let walked = tree.walk(git2::TreeWalkMode::PreOrder, |folder, entry| {
            if entry.kind() == Some(git2::ObjectType::Blob) && entry.filemode() != 0o120000 {
                let path = format!("{folder}{}", String::from_utf8_lossy(entry.name_bytes()));
                match odb.read_header(entry.id()) {
                    Ok((size, _)) if size > limit => too_large(path),
                    // What is missing is told by the reading of the history.
                    _ => odb.read(entry.id()).into_iter().for_each(|o| take(path.clone(), o.data().to_vec())),
                }
            }
            git2::TreeWalkResult::Ok
        });
        // A tree that is missing ends the walk; the history tells that too.
        drop(walked);
    }

    /// Paths of the submodules, and whether each is there to be read: it lies inside the work tree and is a repository of its own.
    pub fn submodules(&self) -> Vec<(String, bool)> {
        let Some(root) = self.root().and_then(|r| r.canonicalize().ok()) else { return Vec::new() };
        let text = small(&root.join(".gitmodules"), MAX_MODULES).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let paths = text.lines().filter_map(|l| l.trim().strip_prefix("path")?.trim_start().strip_prefix('=').map(|p| p.trim().trim_matches('"')));
        let mut found: Vec<(String, bool)> = paths
            .map(|path| {
                let folder = root.join(path).canonicalize().ok();
                // What the file says is no more than a claim: a path may lead anywhere.
                let there = folder.is_some_and(|f| f != root && f.starts_with(&root) && f.join(".git").exists());
                (path.trim_end_matches('/').to_owned(), there)
            })
            .collect();
        found.sort();
        found.dedup();
        found
    }

    /// Whether the history was cut when the repository was cloned.
    pub fn is_shallow(&self) -> bool {
        self.inner.is_shallow()
    }
}

/// `host/path` of a remote URL, without scheme, user, default port and `.git`.
fn normalise_url(url: &str) -> Option<String> {
    let rest = match url.split_once("://") {
        Some(("file", _)) => return None,
        Some((_, rest)) => rest.to_owned(),
        // scp-like: user@host:path; anything else without a scheme is a local path.
        None => {
            let (host, path) = url.split_once(':')?;
            if host.contains('/') || host.len() < 2 {
                return None;
            }
            format!("{host}/{}", path.trim_start_matches('/'))
        }
    };
    let rest = rest.rsplit_once('@').map_or(rest.as_str(), |(_, r)| r);
    let (host, path) = rest.split_once('/')?;
    let host = host.to_ascii_lowercase();
    let host = host.trim_end_matches(":443").trim_end_matches(":22");
    let host = if host == "ssh.github.com" { "github.com" } else { host };
    let path = path.trim_matches('/').trim_end_matches(".git").trim_end_matches('/').to_ascii_lowercase();
    if path.is_empty() { None } else { Some(format!("{host}/{path}")) }
}

#[cfg(test)]
mod tests {
    use super::normalise_url;

    #[test]
    fn every_spelling_of_a_remote_is_one_id() {
        for url in
            ["https://github.com/Acme/Web.git", "git@github.com:acme/web.git", "ssh://git@ssh.github.com:443/acme/web", "https://user:x@github.com/acme/web/"]
        {
            assert_eq!(normalise_url(url).as_deref(), Some("github.com/acme/web"), "{url}");
        }
        assert_eq!(normalise_url("/srv/git/web.git"), None);
        assert_eq!(normalise_url("file:///srv/web"), None);
    }
}
