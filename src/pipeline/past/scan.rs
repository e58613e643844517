//! Values in every object: each blob once, and of a blob that is stored as a delta only what the delta brings.

use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustc_hash::{FxHashMap, FxHasher};

use super::super::Progress;
use crate::decode;
use crate::detect::{self, Detection, Engine};
use crate::document::Document;
use crate::extract::text;
use crate::git::{self, Piece};
use crate::model::Sighting;
use crate::source;

/// How far around a change a value may be judged otherwise than before: to the end of the next line and the start of the one before, and in bytes
/// no further than this.
const AFFECTED: usize = 160;
/// How far in front of that, and behind it, the keywords may stand which decide it.
const KEYWORDS: (usize, usize) = (128, 48);
/// What stands for a path where a message holds a value.
pub(super) const COMMIT_MESSAGE: &str = "(commit message)";
pub(super) const TAG_MESSAGE: &str = "(tag message)";
/// The same for a file that no commit at hand has.
pub(super) const DANGLING: &str = "(dangling file)";
/// Blobs between two messages of progress.
const STEP: u64 = 1024;

/// A value in an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Held {
    /// Number of the object.
    pub(super) object: u32,
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) end_line: u32,
    /// What is the same wherever it was seen so: an index into `Found::kinds`.
    pub(super) kind: u32,
}

/// Every value in every object.
#[derive(Default)]
pub(super) struct Found {
    /// Sightings without their lines and commits, each once.
    pub(super) kinds: Vec<Sighting>,
    /// Numbers of kinds.
    pub(super) numbers: FxHashMap<(u128, u64), u32>,
    pub(super) held: Vec<Held>,
    /// Objects that could not be unpacked, and those that were too large.
    pub(super) unreadable: Vec<u32>,
    pub(super) too_large: Vec<u32>,
}

impl Found {
    /// Notes a sighting in an object.
    fn note(&mut self, object: u32, sighting: Sighting) {
        let at = &sighting.at;
        let (line, column, end_line) = (at.line, at.column, at.end_line);
        let kind = self.kind(sighting);
        self.held.push(Held { object, line, column, end_line, kind });
    }

    /// The number of what a sighting says but for where in the file.
    pub(super) fn kind(&mut self, mut sighting: Sighting) -> u32 {
        (sighting.at.line, sighting.at.column, sighting.at.end_line, sighting.at.revision) = (0, 0, 0, None);
        let key = (sighting.value, essence(&sighting));
        *self.numbers.entry(key).or_insert_with(|| {
            self.kinds.push(sighting);
            self.kinds.len() as u32 - 1
        })
    }

    /// Takes over what another thread, or an earlier run, found.
    pub(super) fn extend(&mut self, other: Found) {
        self.unreadable.extend(other.unreadable);
        self.too_large.extend(other.too_large);
        let renumbered: Vec<u32> = other.kinds.into_iter().map(|s| self.kind(s)).collect();
        self.held.extend(other.held.into_iter().map(|h| Held { kind: renumbered[h.kind as usize], ..h }));
    }
}

/// A number for all that is not the value and not a place in the file.
fn essence(s: &Sighting) -> u64 {
    let mut hash = FxHasher::default();
    (&s.rule, &s.credential, &s.preview, &s.public_id, &s.part_of, s.confidence.to_bits(), &s.reasons, &s.at.path).hash(&mut hash);
    s.identity.hash(&mut hash);
    for (name, value) in &s.attributes {
        (name, value.to_string()).hash(&mut hash);
    }
    hash.finish()
}

pub(super) struct Scan<'a> {
    pub(super) engine: &'a Engine,
    pub(super) history: &'a git::History,
    pub(super) repository: &'a Arc<str>,
    /// The version that a blob is read as, by the number of the object.
    pub(super) versions: &'a [Option<u32>],
    /// Objects that an earlier run read in the same way, by number.
    pub(super) known: &'a [bool],
    /// Files that no commit at hand has, by number.
    pub(super) dangling: &'a HashSet<u32>,
    /// Whether messages of commits and tags are read: they belong to no folder.
    pub(super) messages: bool,
    pub(super) progress: &'a (dyn Fn(Progress) + Sync),
    pub(super) done: AtomicU64,
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
            _ if self.known[number as usize] => false,
            git::Kind::Blob => self.versions[number as usize].is_some() || self.dangling.contains(&number),
            git::Kind::Commit | git::Kind::Tag => self.messages && self.history.message_of(number).is_some(),
            _ => false,
        }
    }

    fn unreadable(&self, found: &mut Found, number: u32) {
        found.unreadable.push(number);
    }

    fn visit(&self, found: &mut Found, object: git::Visited<'_>, base: Option<&Self::Kept>) -> Self::Kept {
        let done = self.done.fetch_add(1, Ordering::Relaxed);
        if done.is_multiple_of(STEP) {
            (self.progress)(Progress::Blobs(done));
        }
        if self.history.message_of(object.number).is_some() {
            self.message(found, object.number, object.bytes);
            return None;
        }
        let path = match self.versions[object.number as usize] {
            Some(version) => self.history.versions[version as usize].path.clone(),
            None => DANGLING.into(),
        };
        if object.bytes.len() as u64 > source::MAX_FILE {
            found.too_large.push(object.number);
            return None;
        }
        if !decode::is_readable(object.bytes) {
            return None;
        }
        if let Some(kind) = decode::container(object.bytes) {
            self.note(found, object.number, &path, &[], self.engine.unpack(&path, kind, object.bytes).found);
            return None;
        }
        let bytes = decode::utf8(object.bytes);
        let plain = matches!(bytes, std::borrow::Cow::Borrowed(_));
        let candidates = match (object.pieces, base) {
            (Some(pieces), Some(Some(base))) if plain => self.change(&path, &bytes, pieces, base),
            _ => self.engine.candidates(&path, &bytes, std::slice::from_ref(&(0..bytes.len()))),
        };
        if !candidates.is_empty() {
            let settled = detect::settle(&bytes, candidates.clone());
            self.note(found, object.number, &path, &bytes, settled);
        }
        plain.then_some(candidates)
    }
}

impl Scan<'_> {
    /// What people wrote about a commit: everything behind the first empty line.
    fn message(&self, found: &mut Found, object: u32, bytes: &[u8]) {
        let Some(start) = bytes.windows(2).position(|w| w == b"\n\n").map(|i| i + 2) else { return };
        let (path, message) = (if bytes.starts_with(b"object ") { TAG_MESSAGE } else { COMMIT_MESSAGE }, &bytes[start..]);
        self.note(found, object, &path.into(), message, self.engine.scan(path, message));
    }

    fn note(&self, found: &mut Found, object: u32, path: &Arc<str>, text: &[u8], settled: Vec<Detection>) {
        if !settled.is_empty() {
            let document = Document::new(self.repository.clone(), path.clone(), Vec::new(), None);
            text::locate(&document, text, settled).into_iter().for_each(|sighting| found.note(object, sighting));
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
