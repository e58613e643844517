//! The history as a row of bytes, and what decides it: as long as that is the same, so is the history.

use std::path::PathBuf;
use std::sync::Arc;

use git2::Oid;
use sha2::{Digest, Sha256};

use super::history::{BlobVersion, Commit, History};
use super::objects::{self, NONE};
use super::references::small;
use super::{GitError, Person, Repo, Selection};
use crate::cache::{Reader, Writer};

/// Files that say which commits there are and who people are: larger ones are none.
const MAX_SMALL: u64 = 16 << 20;

impl Repo {
    /// A digest of everything that decides what `history` says, but for objects that are missing.
    ///
    /// # Errors
    /// A revision of the selection that names no commit.
    pub fn state(&self, selection: &Selection) -> Result<Vec<u8>, GitError> {
        let mut state = Writer::default();
        let references = self.references();
        for (name, id) in references.all() {
            state.bytes(name.as_bytes());
            state.bytes(id);
        }
        state.bytes(references.id("HEAD").unwrap_or_default());
        for revisions in [&selection.from, &selection.without] {
            state.number(revisions.len() as u64);
            self.commits(revisions)?.iter().for_each(|id| state.bytes(id.as_bytes()));
        }
        state.number(selection.max_depth.map_or(0, |depth| u64::from(depth) + 1));
        state.number(u64::from(selection.unreferenced) << 1 | u64::from(selection.unreachable));
        if selection.unreachable {
            state.bytes(&self.objects_stamp());
        }
        let config = self.inner.config().ok();
        let setting = |name: &str| config.as_ref().and_then(|c| c.get_string(name).ok()).unwrap_or_default();
        let files = [
            Some(self.common_dir().join("shallow")),
            Some(self.common_dir().join("info/grafts")),
            self.root().map(|r| r.join(".mailmap")),
            Some(PathBuf::from(setting("mailmap.file"))),
        ];
        for file in files {
            state.bytes(&file.and_then(|f| small(&f, MAX_SMALL)).unwrap_or_default());
        }
        state.bytes(setting("mailmap.blob").as_bytes());
        Ok(Sha256::digest(state.finish()).to_vec())
    }

    /// What tells whether objects came or went.
    pub fn objects_stamp(&self) -> Vec<u8> {
        objects::stamp(&self.common_dir().join("objects"))
    }
}

impl History {
    /// Writes down everything but numbers of objects.
    pub fn keep(&self, row: &mut Writer) {
        let mut people: Vec<&Person> = self.commits.iter().map(|c| &c.author).collect();
        people.sort_unstable();
        people.dedup();
        row.number(people.len() as u64);
        for person in &people {
            row.bytes(person.name.as_bytes());
            row.bytes(person.email.as_bytes());
        }
        row.number(self.commits.len() as u64);
        for commit in &self.commits {
            row.bytes(&objects::hex(&commit.id).unwrap_or_default());
            row.number(commit.time as u64);
            let author = people.partition_point(|p| **p < commit.author) as u64;
            row.number(author << 2 | u64::from(commit.beside) << 1 | u64::from(commit.unreachable));
        }
        row.number(self.by_path.len() as u64);
        let mut paths = vec![0; self.versions.len()];
        for (i, (path, versions)) in self.by_path.iter().enumerate() {
            row.bytes(path.as_bytes());
            versions.iter().for_each(|v| paths[*v as usize] = i);
        }
        row.number(self.versions.len() as u64);
        for (version, path) in self.versions.iter().zip(paths) {
            row.bytes(version.oid.as_bytes());
            row.number(path as u64);
            row.number(u64::from(version.commit) << 2 | u64::from(version.landed) << 1 | u64::from(version.is_new));
        }
        row.number(self.missing);
        row.number(u64::from(self.cut));
    }

    /// Numbers objects as they are numbered now: those that were kept have no numbers.
    pub fn number(&mut self, objects: &objects::Objects) {
        for version in self.versions.iter_mut().filter(|v| v.object == NONE) {
            version.object = objects.number(version.oid.as_bytes()).unwrap_or(NONE);
        }
    }

    /// Reads it back. Nothing when that is not what the row holds.
    pub fn kept(row: &mut Reader<'_>) -> Option<Self> {
        let mut history = History::default();
        let mut people = Vec::new();
        for _ in 0..row.count()? {
            people.push(Person { name: row.text()?.to_string(), email: row.text()?.to_string() });
        }
        for _ in 0..row.count()? {
            let id: String = row.bytes()?.iter().map(|b| format!("{b:02x}")).collect();
            let time = row.number()? as i64;
            let packed = row.small()?;
            let author = people.get((packed >> 2) as usize)?.clone();
            history.commits.push(Commit { id: id.into(), time, author, unreachable: packed & 1 == 1, beside: packed & 2 == 2 });
        }
        let mut paths: Vec<(Arc<str>, Vec<u32>)> = Vec::new();
        for _ in 0..row.count()? {
            paths.push((row.text()?, Vec::new()));
        }
        for i in 0..row.count()? {
            let oid = Oid::from_bytes(row.bytes()?).ok()?;
            let (path, versions) = paths.get_mut(row.small()? as usize)?;
            let packed = row.number()?;
            let commit = u32::try_from(packed >> 2).ok()?;
            history.commits.get(commit as usize)?;
            history.versions.push(BlobVersion { oid, path: path.clone(), commit, is_new: packed & 1 == 1, landed: packed & 2 == 2, object: NONE });
            versions.push(i as u32);
        }
        history.by_path = paths.into_iter().collect();
        history.missing = row.number()?;
        history.cut = row.number()? == 1;
        Some(history)
    }
}
