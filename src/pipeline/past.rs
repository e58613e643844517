//! The history: values that the work tree no longer holds, and who introduced each value. Every blob is read once, and of a blob that is stored as
//! a delta only what the delta brings.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;
use serde_json::json;

use super::intake::Intake;
use super::{Progress, Reading};
use crate::decode;
use crate::detect::{self, Detection, Engine};
use crate::document::Document;
use crate::extract::text;
use crate::git::{self, Piece};
use crate::graph::{Source, sighting_key};
use crate::model::{Moment, Note, NoteStatus, Sighting, rfc3339};
use crate::{own, source};

/// How far around a change a value may be judged otherwise than before: to the end of the next line and the start of the one before, and in bytes
/// no further than this.
const AFFECTED: usize = 160;
/// How far in front of that, and behind it, the keywords may stand which decide it.
const KEYWORDS: (usize, usize) = (128, 48);
/// What stands for a path where a message holds a value.
const COMMIT_MESSAGE: &str = "(commit message)";
const TAG_MESSAGE: &str = "(tag message)";
/// References that are named as still holding a value.
const MAX_REFERENCES: usize = 20;
/// Blobs between two messages of progress.
const STEP: u64 = 1024;

/// What of the history is read.
pub(super) struct Scope<'a> {
    pub(super) repository: &'a Arc<str>,
    /// Folder or file, relative to the root of the repository; empty for all.
    pub(super) prefix: &'a str,
    pub(super) commits: &'a git::Selection,
    /// Only what the selected commits add counts, not what they found.
    pub(super) added_only: bool,
}

/// Adds the values of the history to what was read of the work tree.
pub(super) fn read(
    repo: &git::Repo,
    scope: &Scope<'_>,
    engine: &Engine,
    progress: &(dyn Fn(Progress) + Sync),
    reading: &mut Reading,
    source: &mut Source,
) -> Result<()> {
    let objects = repo.objects();
    let (history, line) = repo.history(&objects, scope.commits)?;
    let cut = |reason: String| Note { repository: scope.repository.clone(), path: "".into(), status: NoteStatus::Cut, reason };
    if repo.is_shallow() {
        reading.facts.notes.push(cut("the clone is shallow: who introduced what, and what the missing history holds, is unknown".into()));
    } else if history.missing > 0 {
        reading.facts.notes.push(cut("objects are missing from the repository (a partial clone?): what they hold is unknown".into()));
    }
    if history.cut {
        reading.facts.notes.push(cut("the history has more paths than are followed: what the rest holds is unknown".into()));
    }
    let inside = |path: &str| scope.prefix.is_empty() || path.strip_prefix(scope.prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let mut versions: Vec<Option<u32>> = vec![None; objects.len()];
    for (i, version) in history.versions.iter().enumerate().filter(|(_, v)| v.is_new && inside(&v.path)) {
        versions[version.object as usize] = Some(i as u32);
    }
    (source.commits, source.blobs) = (history.commits.len() as u64, versions.iter().flatten().count() as u64);
    let scan = Scan { engine, history: &history, repository: scope.repository, versions, messages: scope.prefix.is_empty(), progress, done: AtomicU64::new(0) };
    let mut found = Found::default();
    for part in objects.visit(&scan) {
        found.held.extend(part.held);
        found.unreadable += part.unreadable;
        found.too_large += part.too_large;
        part.first.into_values().for_each(|(commit, sighting)| found.keep(commit, sighting));
    }
    if found.unreadable > 0 {
        reading.facts.notes.push(cut(format!("{} blobs of the history cannot be read: what they hold is unknown", found.unreadable)));
    }
    if found.too_large > 0 {
        let limit = source::MAX_FILE / 1024 / 1024;
        reading.facts.notes.push(cut(format!("{} blobs of the history are larger than {limit} MiB: what they hold is unknown", found.too_large)));
    }
    if scope.added_only {
        add_tip(repo, scope, &history, reading, source);
        let known = known(&objects, &history.replaced, engine);
        found.first.retain(|(value, _), _| !known.contains(value));
        reading.facts.sightings.retain(|s| !known.contains(&s.value));
    }
    let mut sightings: Vec<(u32, Sighting)> = found.first.into_values().collect();
    sightings.sort_by(|(a, x), (b, y)| (a, &x.at, &x.rule).cmp(&(b, &y.at, &y.rule)));
    let mut earliest: BTreeMap<u128, u32> = BTreeMap::new();
    for (commit, s) in &sightings {
        earliest.entry(s.value).or_insert(*commit);
    }
    // In a shallow clone the oldest commit at hand need not be the one that introduced the value.
    let moment = |value: &u128| earliest.get(value).filter(|_| !repo.is_shallow()).map(|c| history.commits[*c as usize].moment());
    for s in &reading.facts.sightings {
        if let Some(moment) = moment(&s.value) {
            reading.first_seen.entry(sighting_key(s).id).or_insert(moment);
        }
    }
    let present: HashSet<u128> = reading.facts.sightings.iter().map(|s| s.value).collect();
    sightings.retain(|(_, s)| !present.contains(&s.value));
    let fates = fates(&line, &sightings, &found.held);
    for (_, mut s) in sightings {
        if let Some(fate) = fates.get(&s.value).filter(|_| !repo.is_shallow()) {
            tell(fate, moment(&s.value).as_ref(), &history, &mut s);
        }
        if let Some(moment) = moment(&s.value) {
            reading.first_seen.entry(sighting_key(&s).id).or_insert(moment);
        }
        reading.facts.sightings.push(s);
    }
    reading.repositories.push(own::Repository {
        id: scope.repository.clone(),
        root: repo.root(),
        git_dir: repo.git_dir().to_path_buf(),
        shallow: repo.is_shallow(),
        head_time: repo.head().map(|h| h.1),
        history,
        objects: Some(objects),
    });
    Ok(())
}

/// Reads the files that the selected commits brought and left, as the newest of them has them.
fn add_tip(repo: &git::Repo, scope: &Scope<'_>, history: &git::History, reading: &mut Reading, source: &mut Source) {
    let Some(newest) = history.commits.last() else { return };
    let intake = Intake::default();
    let brought: BTreeSet<&Arc<str>> = history.versions.iter().map(|v| &v.path).collect();
    for path in brought {
        if let Some(bytes) = repo.file_at(&newest.id, path, source::MAX_FILE as usize).filter(|b| decode::is_readable(b)) {
            source.files += 1;
            source.bytes += bytes.len() as u64;
            intake.take(Document::new(scope.repository.clone(), path.clone(), bytes, None));
        }
    }
    for place in own::rule_places() {
        if let Some(bytes) = repo.file_at(&newest.id, place, source::MAX_FILE as usize) {
            intake.charter(&Document::new(scope.repository.clone(), place, bytes, None));
        }
    }
    intake.finish(reading);
}

/// The values in what the selected commits changed or took away: they are no news wherever they stand now.
fn known(objects: &git::Objects, replaced: &[u32], engine: &Engine) -> HashSet<u128> {
    let values = |bytes: Vec<u8>| text::sightings(&Document::new("".into(), "", bytes, None), engine).into_iter().map(|s| s.value).collect::<Vec<_>>();
    objects.bytes_of(replaced).filter(|b| decode::is_readable(b)).flat_map(values).collect()
}

/// What became of the values that the work tree does not hold.
fn fates(line: &git::Line, sightings: &[(u32, Sighting)], held: &[(u32, u128)]) -> HashMap<u128, git::Fate> {
    let mut numbers: HashMap<u128, u32> = HashMap::new();
    for (_, s) in sightings {
        let next = numbers.len() as u32;
        numbers.entry(s.value).or_insert(next);
    }
    let holders = held.iter().filter_map(|(object, value)| Some((*object, *numbers.get(value)?))).collect();
    let fates = line.fates(holders, numbers.len());
    numbers.into_iter().map(|(value, number)| (value, fates[number as usize].clone())).collect()
}

/// Writes down who took a value away, how long it was there, and where it still is.
fn tell(fate: &git::Fate, introduced: Option<&Moment>, history: &git::History, sighting: &mut Sighting) {
    if let Some(removed) = fate.removed.map(|c| history.commits[c as usize].moment()) {
        if let Some(introduced) = introduced {
            sighting.attributes.insert("days_exposed".into(), ((removed.time - introduced.time).max(0) / 86_400).into());
        }
        let removed = json!({ "revision": &*removed.revision, "time": rfc3339(removed.time), "party": &*removed.party });
        sighting.attributes.insert("removed".into(), removed);
    }
    if !fate.held_by.is_empty() {
        let names: Vec<&String> = fate.held_by.iter().take(MAX_REFERENCES).collect();
        sighting.attributes.insert("held_by".into(), json!(names));
    }
}

/// The values of the history: for each value and path, the oldest sighting.
#[derive(Default)]
struct Found {
    first: HashMap<(u128, Arc<str>), (u32, Sighting)>,
    /// Objects, and a value that each holds.
    held: Vec<(u32, u128)>,
    unreadable: u64,
    too_large: u64,
}

impl Found {
    /// Whether a sighting by this commit would be kept.
    fn wants(&self, commit: u32, value: u128, path: &Arc<str>) -> bool {
        self.first.get(&(value, path.clone())).is_none_or(|(known, _)| commit < *known)
    }

    fn keep(&mut self, commit: u32, sighting: Sighting) {
        if self.wants(commit, sighting.value, &sighting.at.path) {
            self.first.insert((sighting.value, sighting.at.path.clone()), (commit, sighting));
        }
    }
}

struct Scan<'a> {
    engine: &'a Engine,
    history: &'a git::History,
    repository: &'a Arc<str>,
    /// The version that a blob is read as, by the number of the object.
    versions: Vec<Option<u32>>,
    /// Whether messages of commits and tags are read: they belong to no folder.
    messages: bool,
    progress: &'a (dyn Fn(Progress) + Sync),
    done: AtomicU64,
}

impl git::Visitor for Scan<'_> {
    /// The candidates in a blob of plain text.
    type Kept = Option<Vec<Detection>>;
    type Gathered = Found;

    fn begin(&self) -> Found {
        Found::default()
    }

    fn wants(&self, number: u32, kind: git::Kind) -> bool {
        match kind {
            git::Kind::Blob => self.versions[number as usize].is_some(),
            git::Kind::Commit | git::Kind::Tag => self.messages && self.history.message_of(number).is_some(),
            _ => false,
        }
    }

    fn unreadable(&self, found: &mut Found, _: u32) {
        found.unreadable += 1;
    }

    fn visit(&self, found: &mut Found, object: git::Visited<'_>, base: Option<&Self::Kept>) -> Self::Kept {
        let done = self.done.fetch_add(1, Ordering::Relaxed);
        if done.is_multiple_of(STEP) {
            (self.progress)(Progress::Blobs(done));
        }
        if let Some(commit) = self.history.message_of(object.number) {
            self.message(found, commit, object.bytes);
            return None;
        }
        let version = &self.history.versions[self.versions[object.number as usize]? as usize];
        if object.bytes.len() as u64 > source::MAX_FILE {
            found.too_large += 1;
            return None;
        }
        if !decode::is_readable(object.bytes) {
            return None;
        }
        if let Some(kind) = decode::container(object.bytes) {
            self.keep(found, object.number, version, &[], self.engine.unpack(&version.path, kind, object.bytes).found);
            return None;
        }
        let bytes = decode::utf8(object.bytes);
        let plain = matches!(bytes, std::borrow::Cow::Borrowed(_));
        let candidates = match (object.pieces, base) {
            (Some(pieces), Some(Some(base))) if plain => self.change(&version.path, &bytes, pieces, base),
            _ => self.engine.candidates(&version.path, &bytes, std::slice::from_ref(&(0..bytes.len()))),
        };
        if !candidates.is_empty() {
            self.keep(found, object.number, version, &bytes, detect::settle(&bytes, candidates.clone()));
        }
        plain.then_some(candidates)
    }
}

impl Scan<'_> {
    /// Keeps what a blob holds, where that is news.
    fn keep(&self, found: &mut Found, object: u32, version: &git::BlobVersion, text: &[u8], mut settled: Vec<Detection>) {
        found.held.extend(settled.iter().map(|d| (object, d.secret.identity())));
        settled.retain(|d| found.wants(version.commit, d.secret.identity(), &version.path));
        if !settled.is_empty() {
            let revision = self.history.commits[version.commit as usize].id.clone();
            let document = Document::new(self.repository.clone(), version.path.clone(), Vec::new(), Some(revision));
            text::locate(&document, text, settled).into_iter().for_each(|s| found.keep(version.commit, s));
        }
    }

    /// What people wrote about a commit: everything behind the first empty line.
    fn message(&self, found: &mut Found, commit: u32, bytes: &[u8]) {
        let Some(start) = bytes.windows(2).position(|w| w == b"\n\n").map(|i| i + 2) else { return };
        let (path, message) = (if bytes.starts_with(b"object ") { TAG_MESSAGE } else { COMMIT_MESSAGE }, &bytes[start..]);
        let settled = self.engine.scan(path, message);
        if !settled.is_empty() {
            let document = Document::new(self.repository.clone(), path, Vec::new(), Some(self.history.commits[commit as usize].id.clone()));
            text::locate(&document, message, settled).into_iter().for_each(|s| found.keep(commit, s));
        }
    }

    /// The candidates of a blob that is made of pieces of another: those of the other where it was copied, and new ones where it was not.
    fn change(&self, path: &str, text: &[u8], pieces: &[Piece], base: &[Detection]) -> Vec<Detection> {
        let affected = join(changes(pieces).into_iter().map(|c| lines_around(text, c)));
        let touched = |range: &Range<usize>| {
            let next = affected.partition_point(|a| a.end <= range.start);
            affected.get(next).is_some_and(|a| a.start < range.end)
        };
        let mut zones = affected.clone();
        let mut carried = Vec::new();
        let mut at = 0;
        for piece in pieces {
            if let Piece::Copy { from, length } = *piece {
                for detection in base.iter().filter(|d| (from..from + length).contains(&d.range.start)) {
                    let start = detection.range.start - from + at;
                    let range = start..start + detection.range.len();
                    if detection.range.end <= from + length && !touched(&range) {
                        carried.push(Detection { range, ..detection.clone() });
                    } else {
                        // A long value that changed inside: its keyword may stand far in front of the change.
                        zones.push(start..(start + 1).min(text.len()));
                    }
                }
            }
            at += piece.length();
        }
        zones.sort_by_key(|z| z.start);
        let zones = join(zones.into_iter().map(|z| z.start.saturating_sub(KEYWORDS.0)..(z.end + KEYWORDS.1).min(text.len())));
        let mut candidates = self.engine.candidates(path, text, &zones);
        candidates.retain(|d| touched(&d.range));
        candidates.extend(carried);
        candidates
    }
}

/// Where the result of a delta is not the base's: bytes of its own, and the seams between copies. In order.
fn changes(pieces: &[Piece]) -> Vec<Range<usize>> {
    let mut changes = Vec::new();
    let mut at = 0;
    let mut expected = 0;
    for piece in pieces {
        match *piece {
            Piece::Copy { from, length } => {
                if from != expected {
                    changes.push(at..at);
                }
                expected = from + length;
            }
            Piece::Insert { length, .. } => changes.push(at..at + length),
        }
        at += piece.length();
    }
    // Whatever the base had behind the last piece is gone.
    changes.push(at..at);
    changes
}

/// The range with the lines that it touches, the one before and the one behind.
fn lines_around(text: &[u8], range: Range<usize>) -> Range<usize> {
    let (from, to) = (range.start.saturating_sub(AFFECTED), (range.end + AFFECTED).min(text.len()));
    let before = memchr::memrchr_iter(b'\n', &text[from..range.start]).nth(1).map_or(from, |i| from + i + 1);
    let behind = memchr::memchr_iter(b'\n', &text[range.end..to]).nth(1).map_or(to, |i| range.end + i + 1);
    before..behind
}

/// Joins those of the ranges that meet; they are ordered by their starts.
fn join(ranges: impl Iterator<Item = Range<usize>>) -> Vec<Range<usize>> {
    let mut out: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match out.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => out.push(range),
        }
    }
    out
}
