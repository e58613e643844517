//! Two commits side by side: what both have is read once.

use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

use super::worktree::MAX_FILE;
use crate::decode;
use crate::document::Document;
use crate::git::{Contents, Snapshot, Unread};
use crate::model::{Note, NoteStatus};

/// Which of the two commits a document belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Base,
    Head,
    Both,
}

/// Reads the files of both commits. `excluded` says which paths are left out; `take` is called from several threads. Returns what could not be read.
pub fn read_snapshots(
    git_dir: &Path,
    repository: &Arc<str>,
    (base, head): (&Snapshot, &Snapshot),
    excluded: &(dyn Fn(&str) -> bool + Sync),
    take: &(dyn Fn(Document, Side) + Sync),
) -> Vec<Note> {
    let mut wanted = Vec::new();
    for (path, id) in &head.files {
        wanted.push((path, *id, if base.files.get(path) == Some(id) { Side::Both } else { Side::Head }));
    }
    wanted.extend(base.files.iter().filter(|(path, id)| head.files.get(*path) != Some(id)).map(|(path, id)| (path, *id, Side::Base)));
    let note = |path: &Arc<str>, reason: String| Some(Note { repository: repository.clone(), path: path.clone(), status: NoteStatus::Skipped, reason });
    let mut notes: Vec<Note> = wanted
        .into_par_iter()
        .filter(|(path, ..)| !excluded(path))
        .map_init(
            || Contents::open(git_dir),
            |contents, (path, id, side)| match contents.read(id, MAX_FILE as usize) {
                Ok(bytes) if !decode::is_readable(&bytes) => None,
                Ok(bytes) => {
                    take(Document::new(repository.clone(), path.clone(), bytes, None), side);
                    None
                }
                Err(Unread::TooLarge) => note(path, format!("larger than {} MiB", MAX_FILE / 1024 / 1024)),
                Err(_) => note(path, "its content is missing from the repository (a partial clone?)".to_owned()),
            },
        )
        .flatten()
        .collect();
    notes.sort();
    notes
}
