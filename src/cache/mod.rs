//! What earlier runs worked out, kept outside of everything that is scanned. No secret value is in it: what must be comparable is hashed with a key
//! of the cache's own. A cache that cannot be read or written is as good as none, and never a reason to stop.

mod bytes;
mod folder;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use hmac::{Hmac, Mac};
use sha2::Sha256;

pub use bytes::{Reader, Writer};
pub use folder::{Content, FOLDER, clear, content, default_folder, prune};

/// Entries that nobody asked for in this time are taken away.
pub const UNUSED: Duration = Duration::from_secs(30 * DAY);
const DAY: u64 = 86_400;
/// Larger results are worked out again.
const MAX_ENTRY: usize = 256 << 20;
/// Four rounds of a keyed hash make a permutation that looks like any other (Luby and Rackoff).
const ROUNDS: u8 = 4;
/// Length of what proves an entry to be ours and whole.
const PROOF: usize = 32;

/// Results by what they were made from.
pub struct Cache {
    kept: Option<Kept>,
}

struct Kept {
    folder: PathBuf,
    /// Nobody but the owner of the cache can read it: it makes names, proofs and hashes of values useless to others.
    key: [u8; 32],
    /// Results of another program are none.
    program: String,
}

impl Cache {
    /// Knows nothing and keeps nothing.
    pub fn none() -> Self {
        Cache { kept: None }
    }

    /// The cache in a folder, which is made if need be. `program` names whatever decides results beside their input.
    pub fn open(folder: &Path, program: String) -> Self {
        let kept = folder::open(folder).map(|(folder, key)| Kept { folder, key, program });
        if let Some(kept) = &kept {
            folder::tidy(&kept.folder);
        }
        Cache { kept }
    }

    /// Whether anything can be kept.
    pub fn keeps(&self) -> bool {
        self.kept.is_some()
    }

    /// What was kept of one kind under these parts.
    pub fn get(&self, kind: &str, parts: &[&[u8]]) -> Option<Vec<u8>> {
        let kept = self.kept.as_ref()?;
        let path = kept.path(kind, parts);
        if fs::symlink_metadata(&path).ok().filter(|m| m.is_file())?.len() > (MAX_ENTRY + PROOF) as u64 {
            return None;
        }
        let mut content = fs::read(&path).ok()?;
        let proof = content.split_off(content.len().checked_sub(PROOF)?);
        kept.hash(&[path.file_name()?.as_encoded_bytes(), &content]).verify_slice(&proof).ok()?;
        // Its age tells how long nobody has asked for it.
        let age = |m: fs::Metadata| SystemTime::now().duration_since(m.modified().ok()?).ok();
        if fs::metadata(&path).ok().and_then(age).is_some_and(|age| age.as_secs() > DAY)
            && let Ok(file) = fs::File::options().append(true).open(&path)
        {
            // Only the date is lost when this fails.
            drop(file.set_modified(SystemTime::now()));
        }
        Some(content)
    }

    /// Keeps a result. Whoever reads at the same time sees the old one or all of the new one.
    pub fn put(&self, kind: &str, parts: &[&[u8]], content: &[u8]) {
        let Some(kept) = self.kept.as_ref().filter(|_| content.len() <= MAX_ENTRY) else { return };
        let path = kept.path(kind, parts);
        let Some(name) = path.file_name() else { return };
        let proof = kept.hash(&[name.as_encoded_bytes(), content]).finalize().into_bytes();
        let written = tempfile::NamedTempFile::new_in(&kept.folder).and_then(|mut file| {
            file.write_all(content)?;
            file.write_all(&proof)?;
            file.persist(&path).map_err(|e| e.error)
        });
        // A full disk costs the next run its time, and this one nothing.
        drop(written);
    }

    /// What stands for a hash of content: without the key, nobody can try guesses on it either.
    pub fn mark(&self, hash: &[u8]) -> [u8; 32] {
        match &self.kept {
            Some(kept) => kept.hash(&[b"content", hash]).finalize().into_bytes().into(),
            None => [0; 32],
        }
    }

    /// What stands for a value's hash in everything that is kept: without the key, nobody can try guesses on it.
    pub fn seal(&self, value: u128) -> u128 {
        let (left, right) = (0..ROUNDS).fold(halves(value), |(left, right), round| (right, left ^ self.round(round, right)));
        u128::from(left) << 64 | u128::from(right)
    }

    /// The hash that was sealed.
    pub fn unseal(&self, sealed: u128) -> u128 {
        let (left, right) = (0..ROUNDS).rev().fold(halves(sealed), |(left, right), round| (right ^ self.round(round, left), left));
        u128::from(left) << 64 | u128::from(right)
    }

    fn round(&self, round: u8, half: u64) -> u64 {
        let Some(kept) = &self.kept else { return 0 };
        let bytes = kept.hash(&[b"value", &[round], &half.to_be_bytes()]).finalize().into_bytes();
        bytes.iter().take(8).fold(0, |n, b| n << 8 | u64::from(*b))
    }
}

fn halves(value: u128) -> (u64, u64) {
    ((value >> 64) as u64, value as u64)
}

impl Kept {
    fn path(&self, kind: &str, parts: &[&[u8]]) -> PathBuf {
        let all: Vec<&[u8]> = [kind.as_bytes(), self.program.as_bytes()].into_iter().chain(parts.iter().copied()).collect();
        let name: String = self.hash(&all).finalize().into_bytes().iter().take(16).map(|b| format!("{b:02x}")).collect();
        self.folder.join(name)
    }

    /// Lengths stand in front of the parts, so that no two lists of parts are alike.
    fn hash(&self, parts: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac = match Hmac::<Sha256>::new_from_slice(&self.key) {
            Ok(mac) => mac,
            Err(_) => unreachable!("HMAC takes keys of any length"),
        };
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(folder: &Path, program: &str) -> Cache {
        Cache::open(folder, program.to_owned())
    }

    #[test]
    fn what_was_kept_comes_back_to_the_same_program_only() {
        let folder = tempfile::tempdir().expect("temp");
        let cache = open(folder.path(), "one");
        cache.put("kind", &[b"a", b"bc"], b"result");
        assert_eq!(open(folder.path(), "one").get("kind", &[b"a", b"bc"]).as_deref(), Some(&b"result"[..]));
        assert_eq!(cache.get("kind", &[b"ab", b"c"]), None);
        assert_eq!(cache.get("other", &[b"a", b"bc"]), None);
        assert_eq!(open(folder.path(), "two").get("kind", &[b"a", b"bc"]), None);
        assert_eq!(cache.seal(7), open(folder.path(), "two").seal(7));
        assert_ne!(cache.seal(7), 7);
        for value in [0, 7, u128::MAX, 1 << 64] {
            assert_eq!(cache.unseal(cache.seal(value)), value);
            assert_eq!(Cache::none().unseal(Cache::none().seal(value)), value);
        }
        let other = tempfile::tempdir().expect("temp");
        assert_ne!(cache.seal(7), open(other.path(), "one").seal(7));
        assert_eq!(cache.mark(b"content"), open(folder.path(), "two").mark(b"content"));
        assert_ne!(cache.mark(b"content"), cache.mark(b"other"));
        assert_ne!(cache.mark(b"content"), open(other.path(), "one").mark(b"content"));
    }

    #[test]
    fn what_somebody_changed_or_cut_is_no_result() {
        let folder = tempfile::tempdir().expect("temp");
        let cache = open(folder.path(), "one");
        cache.put("kind", &[b"a"], b"result");
        let path = cache.kept.as_ref().expect("kept").path("kind", &[b"a"]);
        let whole = fs::read(&path).expect("readable");
        for changed in [&whole[..whole.len() - 1], &whole[1..], &[&whole[..], b"x"].concat(), b""] {
            fs::write(&path, changed).expect("written");
            assert_eq!(cache.get("kind", &[b"a"]), None);
        }
        // Nor is one thing's result another's.
        fs::write(cache.kept.as_ref().expect("kept").path("kind", &[b"b"]), &whole).expect("written");
        assert_eq!(cache.get("kind", &[b"b"]), None);
    }

    #[test]
    fn runs_at_the_same_time_read_whole_results() {
        let folder = tempfile::tempdir().expect("temp");
        let results: Vec<Vec<u8>> = (0u8..4).map(|n| vec![n; 100_000]).collect();
        std::thread::scope(|scope| {
            for result in &results {
                scope.spawn(|| {
                    for _ in 0..20 {
                        let cache = open(folder.path(), "one");
                        cache.put("kind", &[], result);
                        let read = cache.get("kind", &[]).expect("kept under one key");
                        assert!(results.contains(&read));
                    }
                });
            }
        });
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("temp");
        let inside = folder.path().join("cache");
        open(&inside, "one").put("kind", &[], b"result");
        let mut looked_at = 0;
        let mut open_folders = vec![inside];
        while let Some(folder) = open_folders.pop() {
            for entry in fs::read_dir(folder).expect("readable").map(|e| e.expect("entry").path()) {
                let mode = entry.metadata().expect("there").permissions().mode() & 0o077;
                looked_at += 1;
                if entry.is_dir() {
                    assert_eq!(mode, 0, "{}", entry.display());
                    open_folders.push(entry);
                } else if entry.file_name().is_some_and(|n| n != "CACHEDIR.TAG") {
                    assert_eq!(mode, 0, "{}", entry.display());
                }
            }
        }
        assert!(looked_at >= 3);
    }
}
