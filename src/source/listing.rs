//! The files of a work tree, without what they hold: enough to tell whether one came, went or changed since it was read.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use super::stamp::Stamp;
use super::worktree::{relative, walk};
use crate::cache::{Cache, Reader, Writer};

/// Bytes of one file that are hashed: a larger one that was just changed is read again.
const MAX_HASHED: u64 = 64 << 20;

/// The files that a scan of the tree would read.
pub struct Listing {
    files: Vec<Listed>,
    /// Whether every folder could be listed.
    pub whole: bool,
}

struct Listed {
    /// From the root, with `/`.
    path: String,
    place: PathBuf,
    stamp: Stamp,
}

/// Lists every file below `scope` that `read_work_tree` would read.
pub fn list_work_tree(root: &Path, scope: &Path, excluded: &(dyn Fn(&str) -> bool + Sync)) -> Listing {
    let (files, broken) = (Mutex::new(Vec::new()), AtomicBool::new(false));
    let list = |place: &Path| {
        let Some(path) = relative(root, place).filter(|path| !excluded(path)) else { return };
        match place.metadata() {
            Ok(metadata) => {
                if let Ok(mut files) = files.lock() {
                    files.push(Listed { path, place: place.to_path_buf(), stamp: Stamp::of(&metadata) });
                }
            }
            Err(_) => broken.store(true, Ordering::Relaxed),
        }
    };
    walk(scope, &list, &|| broken.store(true, Ordering::Relaxed));
    let mut files = files.into_inner().unwrap_or_default();
    files.sort_by(|a, b| a.place.cmp(&b.place));
    Listing { files, whole: !broken.into_inner() }
}

impl Listing {
    /// Writes down the state of every file, as it was at that time at the latest. What a stamp cannot tell is read and hashed.
    pub fn keep(&self, time: SystemTime, cache: &Cache, row: &mut Writer) {
        row.number(self.files.len() as u64);
        for file in &self.files {
            row.bytes(file.path.as_bytes());
            file.stamp.keep(row);
            let content = if file.stamp.is_fresh(time) { file.content(cache).unwrap_or_else(|| vec![0]) } else { Vec::new() };
            row.bytes(&content);
        }
    }

    /// Whether every file is as it was written down, and there is no other one.
    pub fn is_kept(&self, cache: &Cache, row: &mut Reader<'_>) -> Option<bool> {
        if row.number()? != self.files.len() as u64 {
            return Some(false);
        }
        for file in &self.files {
            let (path, stamp, content) = (row.bytes()?, Stamp::kept(row)?, row.bytes()?);
            let same = || content.is_empty() || file.content(cache).is_some_and(|now| now == content);
            if path != file.path.as_bytes() || stamp != file.stamp || !same() {
                return Some(false);
            }
        }
        Some(true)
    }
}

impl Listed {
    /// What stands for what is in the file now; nothing when that cannot be told, or takes too long.
    fn content(&self, cache: &Cache) -> Option<Vec<u8>> {
        let mut file = std::fs::File::open(&self.place).ok()?.take(MAX_HASHED + 1);
        let mut hash = Sha256::new();
        let read = io::copy(&mut file, &mut hash).ok()?;
        (read <= MAX_HASHED).then(|| cache.mark(&hash.finalize()).to_vec())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn where_a_stamp_cannot_tell_the_content_does() {
        let folder = tempfile::tempdir().expect("temp");
        let file = folder.path().join("a.env");
        std::fs::write(&file, "one").expect("written");
        let list = || list_work_tree(folder.path(), folder.path(), &|_| false);
        let listing = list();
        let home = tempfile::tempdir().expect("temp");
        let cache = Cache::open(home.path(), "one".to_owned());
        let kept = |time| {
            let mut row = Writer::default();
            listing.keep(time, &cache, &mut row);
            row.finish()
        };
        let (fresh, old) = (kept(SystemTime::now()), kept(SystemTime::now() + Duration::from_secs(60)));
        let same = |row: &[u8], listing: &Listing| listing.is_kept(&cache, &mut Reader::new(row));
        assert_eq!(same(&fresh, &list()), Some(true));
        assert_eq!(same(&old, &list()), Some(true));
        // Changed so soon that the stamp is the same, as far as the listing of before can tell.
        std::fs::write(&file, "two").expect("written");
        assert_eq!(same(&fresh, &listing), Some(false));
        assert_eq!(same(&old, &list()), Some(false), "a stamp that was not fresh");
        assert_eq!(same(&old[..9], &listing), None, "a row that was cut");
        std::fs::write(folder.path().join("b.env"), "two").expect("written");
        assert_eq!(same(&fresh, &list()), Some(false), "a file more");
    }
}
