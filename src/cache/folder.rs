//! Where the cache is, who may read it, and how it is emptied.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::{DAY, UNUSED};

/// Everything is in a folder of this name, so that nothing else is ever taken away.
pub const FOLDER: &str = "nhi-cache-1";
const KEY: &str = "key";
/// Its date says when the cache was tidied.
const TIDIED: &str = "tidied";
const TAG: &str = "CACHEDIR.TAG";
/// Backups leave out folders with such a file ("Cache Directory Tagging Specification").
const TAG_TEXT: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55\n# Made by nhi. `nhi cache clear` empties it.\n";

/// Where caches of this user are: `NHI_CACHE_DIR`, else the platform's place for them.
pub fn default_folder() -> Option<PathBuf> {
    let named = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let home = || named(if cfg!(windows) { "LOCALAPPDATA" } else { "HOME" });
    named("NHI_CACHE_DIR").or_else(|| {
        // A relative XDG_CACHE_HOME is to be ignored, says its specification.
        let base = named("XDG_CACHE_HOME").filter(|p| p.is_absolute()).or_else(|| Some(if cfg!(windows) { home()? } else { home()?.join(".cache") }))?;
        Some(base.join("nhi"))
    })
}

/// Makes the folder and its key, if need be. Nothing when that cannot be done, or others could have made the key.
pub(super) fn open(folder: &Path) -> Option<(PathBuf, [u8; 32])> {
    let folder = folder.join(FOLDER);
    let key_file = folder.join(KEY);
    if let Some(key) = read_key(&key_file) {
        return Some((folder, key));
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&folder).ok()?;
    let mut key = [0; 32];
    getrandom::fill(&mut key).ok()?;
    let mut file = tempfile::NamedTempFile::new_in(&folder).ok()?;
    file.write_all(&key).ok()?;
    // Of runs that begin at once, one wins; all use its key.
    drop(file.persist_noclobber(&key_file));
    drop(fs::write(folder.join(TAG), TAG_TEXT));
    Some((folder, read_key(&key_file)?))
}

fn read_key(file: &Path) -> Option<[u8; 32]> {
    fs::symlink_metadata(file).ok().filter(|m| m.is_file() && m.len() == 32 && only_mine(m))?;
    fs::read(file).ok()?.try_into().ok()
}

#[cfg(unix)]
fn only_mine(metadata: &fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077 == 0
}

/// Where files have no such bits, the folder of the user decides.
#[cfg(not(unix))]
fn only_mine(_: &fs::Metadata) -> bool {
    true
}

/// Takes away what was not used for long, once a day.
pub(super) fn tidy(folder: &Path) {
    let stamp = folder.join(TIDIED);
    let age = fs::metadata(&stamp).and_then(|m| m.modified()).ok().and_then(|t| SystemTime::now().duration_since(t).ok());
    if age.is_none_or(|age| age.as_secs() > DAY) {
        drop(tempfile::NamedTempFile::new_in(folder).map(|file| file.persist(&stamp)));
        drop(remove(folder, UNUSED));
    }
}

/// How much a cache holds, or lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Content {
    pub entries: u64,
    pub bytes: u64,
}

/// What the cache in a folder holds.
///
/// # Errors
/// The folder cannot be listed.
pub fn content(folder: &Path) -> io::Result<Content> {
    let mut found = Content::default();
    for (_, metadata) in entries(&folder.join(FOLDER))? {
        found.entries += 1;
        found.bytes += metadata.len();
    }
    Ok(found)
}

/// Takes away entries that nobody asked for in that time.
///
/// # Errors
/// The folder cannot be listed, or an entry cannot be removed.
pub fn prune(folder: &Path, unused: Duration) -> io::Result<Content> {
    remove(&folder.join(FOLDER), unused)
}

/// Takes away everything, the key too.
///
/// # Errors
/// Something cannot be removed.
pub fn clear(folder: &Path) -> io::Result<Content> {
    let held = content(folder)?;
    match fs::remove_dir_all(folder.join(FOLDER)) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(held),
    }
}

fn remove(folder: &Path, unused: Duration) -> io::Result<Content> {
    let mut removed = Content::default();
    let now = SystemTime::now();
    for (path, metadata) in entries(folder)? {
        // What has a date in the future was used.
        if metadata.modified().is_ok_and(|t| now.duration_since(t).is_ok_and(|age| age >= unused)) {
            match fs::remove_file(&path) {
                // Another run was faster.
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
                _ => {}
            }
            removed.entries += 1;
            removed.bytes += metadata.len();
        }
    }
    Ok(removed)
}

/// The files of a cache but those that make it one.
fn entries(folder: &Path) -> io::Result<Vec<(PathBuf, fs::Metadata)>> {
    let listed = match fs::read_dir(folder) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        listed => listed?,
    };
    let mut entries = Vec::new();
    for entry in listed {
        let entry = entry?;
        let name = entry.file_name();
        if ![KEY, TIDIED, TAG].iter().any(|n| name == *n)
            && let Ok(metadata) = entry.metadata()
            && metadata.is_file()
        {
            entries.push((entry.path(), metadata));
        }
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::Cache;

    #[test]
    fn only_what_was_not_used_is_pruned_and_nothing_else_is_cleared() {
        let folder = tempfile::tempdir().expect("temp");
        fs::write(folder.path().join("mine.txt"), "x").expect("written");
        let cache = Cache::open(folder.path(), "one".to_owned());
        cache.put("kind", &[b"old"], b"1");
        let (path, _) = entries(&folder.path().join(FOLDER)).expect("listed").remove(0);
        let file = fs::File::options().append(true).open(path).expect("opened");
        file.set_modified(SystemTime::now() - UNUSED - Duration::from_secs(60)).expect("dated");
        cache.put("kind", &[b"new"], b"22");
        assert_eq!(prune(folder.path(), UNUSED).expect("pruned").entries, 1);
        assert_eq!(cache.get("kind", &[b"old"]), None);
        assert!(cache.get("kind", &[b"new"]).is_some());
        assert_eq!(clear(folder.path()).expect("cleared").entries, 1);
        assert_eq!(clear(folder.path()).expect("nothing left").entries, 0);
        assert!(folder.path().join("mine.txt").exists());
    }
}
