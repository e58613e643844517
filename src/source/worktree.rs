//! The work tree: tracked and untracked files, in parallel; what the tree ignores is left out, but for files that hold credentials by name.

use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use ignore::{WalkBuilder, WalkState};

use super::large::{self, Outcome};
use crate::cache;
use crate::decode;
use crate::document::Document;
use crate::git;
use crate::model::{Note, NoteStatus};

/// Files larger than this are not parsed; of text in the work tree, secret values are looked for all the same. What is not read is in coverage.
pub const MAX_FILE: u64 = 10 * 1024 * 1024;

/// What was read, in numbers, and what was not.
#[derive(Default)]
pub struct WorkTree {
    pub files: u64,
    pub bytes: u64,
    pub notes: Vec<Note>,
    /// Files or folders were there and could not be read: another time they may be.
    pub broken: bool,
}

/// Reads every file below `scope`. Paths of the documents are relative to `root`. `excluded` says which of those paths are left out; `take` is
/// called from several threads.
pub fn read_work_tree(
    root: &Path,
    scope: &Path,
    repository: &Arc<str>,
    excluded: &(dyn Fn(&str) -> bool + Sync),
    take: &(dyn Fn(Document) + Sync),
) -> WorkTree {
    let (files, bytes) = (AtomicU64::new(0), AtomicU64::new(0));
    let (notes, broken) = (Mutex::new(Vec::new()), AtomicBool::new(false));
    let note = |path: &str, status: NoteStatus, reason: String| {
        if let Ok(mut notes) = notes.lock() {
            notes.push(Note { repository: repository.clone(), path: path.into(), status, reason });
        }
    };
    let failed = |path: &str, reason: String| {
        broken.store(true, Ordering::Relaxed);
        note(path, NoteStatus::Skipped, reason);
    };
    let read = |path: &Path| {
        let Some(relative) = relative(root, path) else { return };
        if excluded(&relative) {
            return;
        }
        let size = match path.metadata() {
            Ok(m) => m.len(),
            Err(e) => return failed(&relative, format!("cannot be read: {}", e.kind())),
        };
        if size > MAX_FILE {
            let outcome = large::read(path, size, repository, &relative, take);
            if !matches!(outcome, Ok(Outcome::Skipped(_)) | Err(_)) {
                files.fetch_add(1, Ordering::Relaxed);
                bytes.fetch_add(size, Ordering::Relaxed);
            }
            return match outcome {
                Ok(Outcome::Skipped(why)) => note(&relative, NoteStatus::Skipped, why),
                Ok(Outcome::Partial(why)) => note(&relative, NoteStatus::Partial, why),
                Ok(Outcome::Read) => {}
                Err(e) => failed(&relative, format!("cannot be read: {}", e.kind())),
            };
        }
        match std::fs::read(path) {
            Ok(content) if !decode::is_readable(&content) && !crate::keys::is_store_name(&relative) => {}
            Ok(content) => {
                files.fetch_add(1, Ordering::Relaxed);
                bytes.fetch_add(content.len() as u64, Ordering::Relaxed);
                take(Document::new(repository.clone(), relative.as_str(), content, None));
            }
            Err(e) => failed(&relative, format!("cannot be read: {}", e.kind())),
        }
    };
    let unlisted = || {
        broken.store(true, Ordering::Relaxed);
        note("", NoteStatus::Partial, "a folder below cannot be listed".to_owned());
    };
    walk(scope, &read, &unlisted);
    let mut notes = notes.into_inner().unwrap_or_default();
    notes.sort();
    WorkTree { files: files.into_inner(), bytes: bytes.into_inner(), notes, broken: broken.into_inner() }
}

/// Names every file below `scope` that is to be read, from several threads; `unlisted` is told of each folder that cannot be listed.
pub(super) fn walk(scope: &Path, each: &(dyn Fn(&Path) + Sync), unlisted: &(dyn Fn() + Sync)) {
    let seen = Mutex::new(HashSet::new());
    // Nothing may depend on the environment: no global ignore file, none of parent folders.
    let mut builder = WalkBuilder::new(scope);
    builder.hidden(false).git_global(false).git_exclude(false).parents(false).require_git(false).follow_links(false).threads(rayon::current_num_threads());
    builder.filter_entry(|e| e.file_name() != ".git" && e.file_name() != cache::FOLDER);
    builder.build_parallel().run(|| {
        Box::new(|entry| {
            match entry {
                Ok(entry) if entry.file_type().is_some_and(|t| t.is_file()) => {
                    if let Ok(mut seen) = seen.lock() {
                        seen.insert(entry.path().to_path_buf());
                    }
                    each(entry.path());
                }
                Ok(_) => {}
                Err(_) => unlisted(),
            }
            WalkState::Continue
        })
    });
    // Ignored files that hold credentials by name: a second walk, unfiltered, that looks at names only.
    let mut seen = seen.into_inner().unwrap_or_default();
    let all = WalkBuilder::new(scope)
        .standard_filters(false)
        .filter_entry(|e| !matches!(e.file_name().to_str(), Some(".git" | "node_modules" | "target" | ".venv" | "venv" | ".terraform" | cache::FOLDER)))
        .build();
    for entry in all.flatten().filter(|e| holds_credentials_by_name(&e.file_name().to_string_lossy()) && e.file_type().is_some_and(|t| t.is_file())) {
        if seen.insert(entry.path().to_path_buf()) {
            each(entry.path());
        }
    }
    // What git follows is no ignored file, whatever the ignore files say.
    for path in git::tracked(scope).into_iter().filter(|p| !seen.contains(p)) {
        if path.symlink_metadata().is_ok_and(|m| m.is_file()) {
            each(&path);
        }
    }
}

pub(super) fn relative(root: &Path, path: &Path) -> Option<String> {
    let inside = path.strip_prefix(root).ok()?;
    if inside.as_os_str().is_empty() {
        return path.file_name().map(|n| n.to_string_lossy().into_owned());
    }
    Some(inside.components().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/"))
}

/// Names that are read even when the tree ignores them.
fn holds_credentials_by_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with(".env")
        || name.contains(".tfstate")
        || name.contains(".tfvars")
        || [".env", ".pem", ".key", ".p12"].iter().any(|e| name.ends_with(e))
        || matches!(
            name.as_str(),
            ".npmrc" | ".pypirc" | ".netrc" | ".git-credentials" | "credentials.json" | "id_rsa" | "id_ed25519" | ".vault-token" | "settings.local.json"
        )
}
