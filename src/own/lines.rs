//! Which commit brought each line of a file: re-indenting, re-formatting and moving a line inside its file do not count.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};

use super::Repository;
use super::kept::{self, Known, Proof, Versions};
use super::moves::Moves;
use crate::cache::Cache;
use crate::git::{History, Kind, Objects, Person, Visited, Visitor};

/// Versions of one file that are looked at: the oldest of them, and the newest.
const MAX_VERSIONS: usize = 600;
/// Files longer than this, in bytes, are not followed line by line.
const MAX_SIZE: usize = 512 * 1024;
/// Commits in a row that only formatted a line and are looked behind.
const MAX_FORMATTED: usize = 3;

/// For each line of the newest version, the commit that brought it: an index into the history's commits; nothing where it cannot be told.
pub(super) struct FileLines {
    /// On HEAD's line.
    landed: Vec<Option<u32>>,
    /// On any; nothing where there is no other.
    first: Option<Vec<Option<u32>>>,
    /// Lines that say something: closing brackets and blanks say nothing of who made a block.
    telling: Vec<bool>,
}

impl FileLines {
    fn block<'a>(&'a self, commits: &'a [Option<u32>], first: u32, last: u32) -> impl Iterator<Item = u32> + 'a {
        let from = (first.max(1) as usize - 1).min(commits.len());
        let to = (last as usize).clamp(from, commits.len());
        (from..to).filter(|i| self.telling[*i]).filter_map(|i| commits[i])
    }

    /// The commit that brought the first telling line of a block, on whatever branch.
    pub(super) fn introducer(&self, first: u32, last: u32) -> Option<u32> {
        self.block(self.first.as_ref().unwrap_or(&self.landed), first, last).next()
    }

    /// Authors of a block with their share of its telling lines and the time of their newest one; largest share first. As in blame, a line is its
    /// author's who brought it to HEAD's line.
    pub(super) fn majority(&self, history: &History, first: u32, last: u32) -> Vec<(Person, f64, i64)> {
        let mut shares: BTreeMap<&Person, (usize, i64)> = BTreeMap::new();
        let mut total = 0u32;
        // Automation counts for nobody, and takes nothing from people's shares.
        for commit in self.block(&self.landed, first, last).map(|c| &history.commits[c as usize]).filter(|c| !c.by_bot()) {
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

/// Reads the history of many files in one pass over the objects, but for those that an earlier run read. `ignored` are ids of commits that only
/// formatted.
pub(super) fn read(repository: &Repository, moves: &Moves, paths: &[Arc<str>], ignored: &BTreeSet<String>, cache: &Cache) -> BTreeMap<Arc<str>, FileLines> {
    let Some(objects) = &repository.objects else { return BTreeMap::new() };
    let same = everywhere(repository, ignored);
    let open = |path| File::open(repository, moves, objects, path, &same, cache);
    let mut files: Vec<File> = paths.par_iter().filter_map(open).collect();
    let earlier = kept::lines(repository, cache);
    for file in &mut files {
        file.is_known = earlier.get(&file.path).is_some_and(|known| file.recall(known));
    }
    let (known, mut files): (Vec<File>, Vec<File>) = files.into_iter().partition(|f| f.is_known);
    follow(repository, objects, &mut files, ignored);
    if !files.is_empty() && cache.keeps() {
        let known = known.iter().chain(&files).map(|f| (f.path.clone(), f.remember())).collect();
        kept::keep_lines(repository, cache, &known);
    }
    known.into_iter().chain(files).map(|f| (f.path, FileLines { landed: f.landed, first: f.first, telling: f.telling })).collect()
}

/// What decides who brought a line, whatever the file.
fn everywhere(repository: &Repository, ignored: &BTreeSet<String>) -> Sha256 {
    let mut hash = Sha256::new();
    // Objects that were missing may be there now, and the other way round.
    hash.update(Sha256::digest(&repository.gaps));
    for id in ignored {
        hash.update(id.len().to_be_bytes());
        hash.update(id);
    }
    hash
}

/// Finds out who brought each line of the files.
fn follow(repository: &Repository, objects: &Objects, files: &mut [File], ignored: &BTreeSet<String>) {
    for file in files.iter_mut() {
        let mut seen: FxHashMap<u64, u32> = FxHashMap::default();
        let views = if file.first.is_some() { [true; 2] } else { [true, false] };
        file.wanted = file.lines.iter().enumerate().map(|(line, hash)| Wanted::new(line, *hash, views, &mut seen)).collect();
    }
    let commits = &repository.history.commits;
    for round in 0..=MAX_FORMATTED {
        trace(objects, files);
        for file in files.iter_mut() {
            let settled = file.settle(objects, |commit| round < MAX_FORMATTED && ignored.contains(&*commits[commit as usize].id));
            file.wanted = settled;
        }
        if files.iter().all(|f| f.wanted.is_empty()) {
            break;
        }
    }
}

/// One file while its lines are traced.
struct File {
    path: Arc<str>,
    /// Essence of each line of the newest version.
    lines: Vec<u64>,
    telling: Vec<bool>,
    /// As in `FileLines`.
    landed: Vec<Option<u32>>,
    first: Option<Vec<Option<u32>>>,
    /// The versions that are looked at, oldest first.
    versions: Vec<Version>,
    proof: Proof,
    /// An earlier run found out.
    is_known: bool,
    wanted: Vec<Wanted>,
    /// For each version: what all of its text comes to, and which of the wanted lines it holds.
    found: BTreeMap<u32, Found>,
}

/// A version of a file: its object, its commit, and whether that is none of HEAD's line.
#[derive(Clone, Copy)]
struct Version {
    object: u32,
    commit: u32,
    beside: bool,
}

/// Which versions are looked at: those of HEAD's line, and all.
const VIEWS: [usize; 2] = [0, 1];

/// A line that is looked for.
struct Wanted {
    /// Number of the line in the newest version.
    line: usize,
    /// Its essence, in the form that older versions have.
    hash: u64,
    /// Which of several equal lines it is: a version holds it when it has as many.
    nth: u32,
    /// In which views.
    views: [bool; 2],
}

impl Wanted {
    fn new(line: usize, hash: u64, views: [bool; 2], seen: &mut FxHashMap<u64, u32>) -> Self {
        let nth = seen.entry(hash).or_default();
        *nth += 1;
        Wanted { line, hash, nth: *nth, views }
    }
}

#[derive(Clone)]
struct Found {
    whole: u64,
    held: Vec<u64>,
}

impl File {
    fn open(repository: &Repository, moves: &Moves, objects: &Objects, path: &Arc<str>, same: &Sha256, cache: &Cache) -> Option<Self> {
        let mut versions = moves.versions(&repository.history, path);
        let newest = versions.last()?.object;
        if versions.len() > MAX_VERSIONS {
            versions.drain(MAX_VERSIONS / 2..versions.len() - MAX_VERSIONS / 2);
        }
        let mut proof = same.clone();
        proof.update(versions.len().to_be_bytes());
        for version in &versions {
            proof.update(version.oid);
            let commit = &repository.history.commits[version.commit as usize];
            proof.update([u8::from(commit.beside)]);
            proof.update(commit.id.as_bytes());
        }
        let beside = |commit: u32| repository.history.commits[commit as usize].beside;
        let versions: Vec<Version> = versions.into_iter().map(|v| Version { object: v.object, commit: v.commit, beside: beside(v.commit) }).collect();
        let branched = versions.iter().any(|v| v.beside) && versions.iter().any(|v| !v.beside);
        let inside = |root: std::path::PathBuf| root.join(&**path).canonicalize().ok().filter(|p| root.canonicalize().is_ok_and(|r| p.starts_with(r)));
        let on_disk = repository.root.clone().and_then(inside).filter(|p| p.metadata().is_ok_and(|m| m.len() <= MAX_SIZE as u64));
        let bytes = match on_disk.and_then(|p| std::fs::read(p).ok()) {
            Some(bytes) => bytes,
            None => objects.bytes_of(&[newest]).next().filter(|b| b.len() <= MAX_SIZE)?,
        };
        proof.update(&bytes);
        let lines: Vec<u64> = lines_of(&bytes).map(essence).collect();
        let telling = lines_of(&bytes).map(|l| String::from_utf8_lossy(l).chars().filter(|c| c.is_alphanumeric()).count() >= 3).collect();
        Some(File {
            path: path.clone(),
            landed: vec![None; lines.len()],
            first: branched.then(|| vec![None; lines.len()]),
            lines,
            telling,
            versions,
            proof: cache.mark(&proof.finalize()),
            is_known: false,
            wanted: Vec::new(),
            found: BTreeMap::new(),
        })
    }

    /// Takes over what an earlier run found. Nothing when the file, or its history, was another one then.
    fn recall(&mut self, known: &Known) -> bool {
        let lengths = [&known.landed].into_iter().chain(&known.first).all(|v| v.len() == self.lines.len());
        if known.proof != self.proof || !lengths || known.first.is_some() != self.first.is_some() {
            return false;
        }
        let commits = |versions: &Versions| -> Vec<Option<u32>> {
            versions.iter().map(|at| at.and_then(|at| self.versions.get(at as usize)).map(|v| v.commit)).collect()
        };
        (self.landed, self.first) = (commits(&known.landed), known.first.as_ref().map(commits));
        true
    }

    /// What a later run need not find out.
    fn remember(&self) -> Known {
        let numbers: FxHashMap<u32, u32> = self.versions.iter().enumerate().rev().map(|(at, v)| (v.commit, at as u32)).collect();
        let versions = |commits: &Vec<Option<u32>>| commits.iter().map(|c| c.and_then(|c| numbers.get(&c).copied())).collect();
        Known { proof: self.proof, landed: versions(&self.landed), first: self.first.as_ref().map(versions) }
    }

    /// What a version holds of what is wanted.
    fn look(&self, bytes: &[u8]) -> Found {
        let mut counts: FxHashMap<u64, u32> = FxHashMap::default();
        let mut whole = SEED;
        for line in lines_of(bytes) {
            let hash = add(SEED, line);
            whole = add(whole, line);
            *counts.entry(hash).or_default() += 1;
        }
        let mut held = vec![0u64; self.wanted.len().div_ceil(64)];
        for (i, wanted) in self.wanted.iter().enumerate() {
            if counts.get(&wanted.hash).is_some_and(|n| *n >= wanted.nth) {
                held[i / 64] |= 1 << (i % 64);
            }
        }
        Found { whole, held }
    }

    /// Gives each wanted line the commit of the oldest version that holds it. Where that commit only formatted, what the line was before is wanted next.
    fn settle(&mut self, objects: &Objects, ignored: impl Fn(u32) -> bool) -> Vec<Wanted> {
        let mut next = Vec::new();
        let branched = self.first.is_some();
        for view in VIEWS.into_iter().filter(|v| *v == 0 || branched) {
            let seen: Vec<Version> = self.versions.iter().filter(|v| view == 1 || !branched || !v.beside).copied().collect();
            let formatted = self.settle_view(view, &seen, &ignored);
            for (at, lines) in formatted {
                let texts: Vec<Vec<u8>> = objects.bytes_of(&[seen[at - 1].object, seen[at].object]).collect();
                let [old, new] = texts.as_slice() else { continue };
                let was = pairs(old, new);
                let mut seen = FxHashMap::default();
                for i in lines {
                    let Wanted { line, hash, .. } = self.wanted[i];
                    next.extend(was.get(&hash).map(|old| Wanted::new(line, *old, VIEWS.map(|v| v == view), &mut seen)));
                }
            }
        }
        self.found.clear();
        next
    }

    /// The same for some of the versions; which of them only formatted, with the lines that they are the oldest to hold.
    fn settle_view(&mut self, view: usize, versions: &[Version], ignored: &impl Fn(u32) -> bool) -> BTreeMap<usize, Vec<usize>> {
        let mut open: Vec<usize> = (0..self.wanted.len()).filter(|i| self.wanted[*i].views[view]).collect();
        let mut before: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let mut texts = BTreeSet::new();
        let commits = if view == 0 { &mut self.landed } else { self.first.get_or_insert_default() };
        for (at, version) in versions.iter().enumerate() {
            if open.is_empty() {
                break;
            }
            let Some(found) = self.found.get(&version.object) else { continue };
            // The same text in other clothes: whoever dressed it wrote nothing.
            let formatted = !texts.insert(found.whole) || (at > 0 && ignored(version.commit));
            open.retain(|i| {
                let held = found.held[i / 64] & (1 << (i % 64)) != 0;
                if held {
                    commits[self.wanted[*i].line] = Some(version.commit);
                    if formatted {
                        before.entry(at).or_default().push(*i);
                    }
                }
                !held
            });
        }
        before
    }
}

/// What lines became: of each run of lines that only the new text has, the essence that stood in its place in the old.
fn pairs(old: &[u8], new: &[u8]) -> FxHashMap<u64, u64> {
    let (old, new): (Vec<u64>, Vec<u64>) = (lines_of(old).map(essence).collect(), lines_of(new).map(essence).collect());
    let known: FxHashMap<u64, usize> = old.iter().enumerate().rev().map(|(i, h)| (*h, i)).collect();
    let held: rustc_hash::FxHashSet<u64> = new.iter().copied().collect();
    let mut out = FxHashMap::default();
    let mut at = 0;
    for hash in &new {
        match known.get(hash) {
            Some(i) => at = i + 1,
            None => {
                // The next line that the new text lost stands here; the last one again when there are fewer.
                while at < old.len() && held.contains(&old[at]) && at + 1 < old.len() && !held.contains(&old[at + 1]) {
                    at += 1;
                }
                if let Some(was) = old.get(at).filter(|h| !held.contains(h)) {
                    out.insert(*hash, *was);
                    if old.get(at + 1).is_some_and(|h| !held.contains(h)) {
                        at += 1;
                    }
                }
            }
        }
    }
    out
}

const SEED: u64 = 0xcbf2_9ce4_8422_2325;

/// The line without what re-indenting and re-formatting change, as a number: only equality matters.
fn essence(line: &[u8]) -> u64 {
    add(SEED, line)
}

fn add(seed: u64, line: &[u8]) -> u64 {
    line.iter()
        .filter(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'"' | b'\'' | b'`' | b',' | b';'))
        .fold(seed, |hash, b| (hash ^ u64::from(*b)).wrapping_mul(0x0000_0100_0000_01b3))
}

fn lines_of(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.strip_suffix(b"\n").unwrap_or(bytes).split(|b| *b == b'\n')
}

/// Looks for the wanted lines of every file in all of its versions: each object once.
fn trace(objects: &Objects, files: &mut [File]) {
    let mut uses: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
    for (i, file) in files.iter().enumerate().filter(|(_, f)| !f.wanted.is_empty()) {
        let versions: BTreeSet<u32> = file.versions.iter().map(|v| v.object).collect();
        versions.into_iter().for_each(|object| uses.entry(object).or_default().push(i as u32));
    }
    let parts = objects.visit(&Trace { files, uses: &uses });
    for (file, object, found) in parts.into_iter().flatten() {
        files[file as usize].found.insert(object, found);
    }
}

struct Trace<'a> {
    files: &'a [File],
    /// Files of which an object is a version.
    uses: &'a FxHashMap<u32, Vec<u32>>,
}

impl Visitor for Trace<'_> {
    type Kept = ();
    type Gathered = Vec<(u32, u32, Found)>;

    fn begin(&self) -> Self::Gathered {
        Vec::new()
    }

    fn wants(&self, number: u32, kind: Kind) -> bool {
        kind == Kind::Blob && self.uses.contains_key(&number)
    }

    fn unreadable(&self, _: &mut Self::Gathered, _: u32) {}

    fn visit(&self, gathered: &mut Self::Gathered, object: Visited<'_>, _: Option<&()>) {
        if object.bytes.len() <= MAX_SIZE {
            for file in self.uses.get(&object.number).into_iter().flatten() {
                gathered.push((*file, object.number, self.files[*file as usize].look(object.bytes)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formatted_line_is_the_one_that_stood_there() {
        let old = b"a = {\n  role : admin,\n  name: \"x\"\n}\nend\n";
        let new = b"a = {\n  role = admin\n  name = 'x'\n}\nend\n";
        let was = pairs(old, new);
        assert_eq!(was.get(&essence(b"role = admin")), Some(&essence(b"role : admin,")));
        assert_eq!(was.get(&essence(b"name = 'x'")), Some(&essence(b"name: \"x\"")));
        assert!(!was.contains_key(&essence(b"end")));
    }
}
