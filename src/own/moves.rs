//! Files that were moved as they are: what came before at the old path is their history, too. (`git blame` follows them in the same way.)

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::Repository;
use crate::git::{BlobVersion, History, ObjectId};

/// Moves of one file that are followed back.
const MAX_MOVES: usize = 8;

/// Of files that were moved, the path before.
#[derive(Default)]
pub(super) struct Moves(BTreeMap<Arc<str>, Arc<str>>);

impl Moves {
    /// Follows these files back. A file whose first version stood elsewhere before, under the same name, was moved from there, unless the other
    /// one is still there: then it is a copy, and whoever made it is its author.
    pub(super) fn of(repository: &Repository, paths: &[Arc<str>]) -> Self {
        let history = &repository.history;
        let mut moves = Moves::default();
        let mut open: Vec<Arc<str>> = paths.to_vec();
        for _ in 0..MAX_MOVES {
            let mut wanted: FxHashMap<ObjectId, Vec<(&Arc<str>, u32)>> = FxHashMap::default();
            for path in open.iter().filter(|p| !moves.0.contains_key(*p)) {
                if let Some(first) = history.versions_of(path).next().filter(|v| !v.is_new) {
                    wanted.entry(first.oid).or_default().push((path, first.commit));
                }
            }
            if wanted.is_empty() {
                break;
            }
            let mut found = BTreeMap::new();
            for version in &history.versions {
                for (path, commit) in wanted.get(&version.oid).into_iter().flatten() {
                    let earlier = version.commit < *commit && version.path != **path && name(&version.path) == name(path);
                    if earlier {
                        // Of several the newest: the last one in the history's order.
                        found.insert((*path).clone(), version.path.clone());
                    }
                }
            }
            found.retain(|_, before| !is_there(repository, before));
            open = found.values().cloned().collect();
            moves.0.extend(found);
        }
        moves
    }

    /// The versions of a file, oldest first, those of its former paths among them.
    pub(super) fn versions<'a>(&self, history: &'a History, path: &str) -> Vec<&'a BlobVersion> {
        let mut chain = vec![path];
        while let Some(before) = chain.last().and_then(|p| self.0.get(*p)).filter(|p| !chain.contains(&&***p) && chain.len() <= MAX_MOVES) {
            chain.push(before);
        }
        let mut until = u32::MAX;
        let mut parts: Vec<Vec<&BlobVersion>> = Vec::new();
        for path in chain {
            let part: Vec<&BlobVersion> = history.versions_of(path).filter(|v| v.commit < until).collect();
            until = part.first().map_or(until, |v| v.commit);
            parts.push(part);
        }
        parts.into_iter().rev().flatten().collect()
    }
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn is_there(repository: &Repository, path: &str) -> bool {
    repository.root.as_ref().is_some_and(|root| root.join(Path::new(path)).is_file())
}
