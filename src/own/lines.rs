//! Which commit brought each line of a file: re-indenting does not count, and moving a line inside its file does not either.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hasher};

use super::Repository;
use crate::git::{BlobReader, History, Person};

/// Versions of one file that are looked at, newest first.
const MAX_VERSIONS: usize = 300;
/// Files longer than this, in bytes, are not followed line by line.
const MAX_SIZE: usize = 512 * 1024;

/// For each line of the newest version, the commit that brought it.
pub(super) struct FileLines {
    /// Index into the history's commits; nothing where it cannot be told.
    commits: Vec<Option<u32>>,
    /// Lines that say something: closing brackets and blanks say nothing of who made a block.
    telling: Vec<bool>,
}

/// The line without what re-indenting and re-formatting change, as a number: only equality matters.
fn essence(line: &str) -> u64 {
    let mut hash = DefaultHasher::new();
    line.bytes().filter(|b| !b.is_ascii_whitespace()).for_each(|b| hash.write_u8(b));
    hash.finish()
}

impl FileLines {
    /// Compares the newest version with each older one, until every line has a version in which it was not there.
    pub(super) fn read(repository: &Repository, path: &str) -> Self {
        let history = &repository.history;
        let Ok(reader) = BlobReader::open(&repository.git_dir) else { return FileLines { commits: Vec::new(), telling: Vec::new() } };
        let versions: Vec<_> = history.versions_of(path).rev().take(MAX_VERSIONS).collect();
        let on_disk = repository.root.clone().and_then(|r| std::fs::read(r.join(path)).ok());
        let read = |oid| reader.read(oid, MAX_SIZE).ok();
        let Some(newest) = on_disk.filter(|b| b.len() <= MAX_SIZE).or_else(|| versions.first().and_then(|v| read(v.oid))) else {
            return FileLines { commits: Vec::new(), telling: Vec::new() };
        };
        let newest = String::from_utf8_lossy(&newest).into_owned();
        let lines: Vec<u64> = newest.lines().map(essence).collect();
        let mut commits: Vec<Option<u32>> = vec![None; lines.len()];
        let mut open: Vec<usize> = (0..lines.len()).collect();
        for version in versions {
            let Some(bytes) = read(version.oid) else { break };
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let there: HashSet<u64> = text.lines().map(essence).collect();
            open.retain(|i| {
                let held = there.contains(&lines[*i]);
                if held {
                    commits[*i] = Some(version.commit);
                }
                held
            });
            if open.is_empty() {
                break;
            }
        }
        let telling = newest.lines().map(|l| l.chars().filter(|c| c.is_alphanumeric()).count() >= 3).collect();
        FileLines { commits, telling }
    }

    fn block(&self, first: u32, last: u32) -> impl Iterator<Item = u32> + '_ {
        let from = (first.max(1) as usize - 1).min(self.commits.len());
        let to = (last as usize).clamp(from, self.commits.len());
        (from..to).filter(|i| self.telling[*i]).filter_map(|i| self.commits[i])
    }

    /// The commit that brought the first telling line of a block.
    pub(super) fn introducer(&self, first: u32, last: u32) -> Option<u32> {
        self.block(first, last).next()
    }

    /// Authors of a block with their share of its telling lines and the time of their newest one; largest share first.
    pub(super) fn majority(&self, history: &History, first: u32, last: u32) -> Vec<(Person, f64, i64)> {
        let mut shares: BTreeMap<&Person, (usize, i64)> = BTreeMap::new();
        let mut total = 0;
        for commit in self.block(first, last) {
            let commit = &history.commits[commit as usize];
            let share = shares.entry(&commit.author).or_insert((0, commit.time));
            share.0 += 1;
            share.1 = share.1.max(commit.time);
            total += 1;
        }
        let mut out: Vec<(Person, f64, i64)> = shares.into_iter().map(|(p, (n, t))| (p.clone(), n as f64 / f64::from(total.max(1)), t)).collect();
        out.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        out
    }
}
