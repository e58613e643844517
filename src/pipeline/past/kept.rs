//! What an earlier run read of the history. All of it counts while no reference moved; single blobs count wherever they are read in the same way.

use std::collections::{BTreeMap, HashSet};

use super::{Found, Held, Past, Scan, Scope};
use crate::cache::{Reader, Writer};
use crate::git::{self, History, Objects};
use crate::model::Sighting;

/// Kinds of entries; a change of their form is a new kind.
const PAST: &str = "past/3";
const BLOBS: &str = "blobs/1";

/// What decides everything that the history says.
fn parts<'a>(scope: &'a Scope<'_>, state: &'a [u8], exclude: &'a str) -> [&'a [u8]; 4] {
    [state, scope.repository.as_bytes(), scope.prefix.as_bytes(), exclude.as_bytes()]
}

/// Everything, when the references are where they were.
pub(super) fn past(repo: &git::Repo, scope: &Scope<'_>, state: &[u8]) -> Option<Past> {
    if scope.added_only {
        return None;
    }
    let row = scope.cache.get(PAST, &parts(scope, state, &scope.exclude.join("\n")))?;
    let mut row = Reader::new(&row);
    let cuts: Vec<String> = row.thing()?;
    let stamp = row.bytes()?;
    // What could not be read then may be there now.
    if !cuts.is_empty() && stamp != repo.objects_stamp() {
        return None;
    }
    let blobs = row.number()?;
    let history = History::kept(&mut row)?;
    let mut sightings: Vec<(u32, Sighting)> = row.thing()?;
    sightings.iter_mut().for_each(|(_, s)| s.value = scope.cache.unseal(s.value));
    let fates: Vec<(u128, git::Fate)> = row.thing()?;
    let ways: Vec<(u128, super::Way)> = row.thing()?;
    let commits = history.commits.len();
    let in_range = |c: &u32| (*c as usize) < commits || *c == super::NO_COMMIT;
    if !sightings.iter().all(|(c, _)| in_range(c)) || !fates.iter().all(|(_, f)| f.removed.iter().all(in_range)) {
        return None;
    }
    Some(Past { history, sightings, fates: unsealed(scope, fates), ways: unsealed(scope, ways), cuts, blobs, known: HashSet::new() })
}

pub(super) fn keep_past(repo: &git::Repo, scope: &Scope<'_>, state: &[u8], past: &Past) {
    if scope.added_only || !scope.cache.keeps() {
        return;
    }
    let write = || {
        let mut row = Writer::default();
        row.thing(&past.cuts)?;
        row.bytes(&repo.objects_stamp());
        row.number(past.blobs);
        past.history.keep(&mut row);
        row.thing(&past.sightings.iter().map(|(c, s)| (c, sealed(scope, s))).collect::<Vec<_>>())?;
        row.thing(&past.fates.iter().map(|(value, fate)| (scope.cache.seal(*value), fate)).collect::<Vec<_>>())?;
        row.thing(&past.ways.iter().map(|(value, way)| (scope.cache.seal(*value), way)).collect::<Vec<_>>())?;
        scope.cache.put(PAST, &parts(scope, state, &scope.exclude.join("\n")), &row.finish());
        Some(())
    };
    // What has no serial form is worked out again.
    let _kept: Option<()> = write();
}

/// A sighting as it may be written.
fn sealed(scope: &Scope<'_>, s: &Sighting) -> Sighting {
    Sighting { value: scope.cache.seal(s.value), ..s.clone() }
}

fn unsealed<T>(scope: &Scope<'_>, by_value: Vec<(u128, T)>) -> BTreeMap<u128, T> {
    by_value.into_iter().map(|(value, of)| (scope.cache.unseal(value), of)).collect()
}

/// What an earlier run found in single objects.
pub(super) struct Blobs {
    /// Objects that need not be read, by number.
    pub(super) known: Vec<bool>,
    pub(super) found: Found,
}

/// How an object is read: as a file of this path, or as a message.
fn read_as<'a>(number: u32, history: &'a History, versions: &[Option<u32>]) -> Option<&'a str> {
    match versions[number as usize] {
        Some(version) => Some(&history.versions[version as usize].path),
        // What no commit has is read again each time.
        None => history.message_of(number).map(|_| ""),
    }
}

/// Objects that an earlier run read as they would be read now.
pub(super) fn blobs(repo: &git::Repo, scope: &Scope<'_>, objects: &Objects, history: &History, versions: &[Option<u32>]) -> Blobs {
    let read = || {
        let row = scope.cache.get(BLOBS, &[repo.common_dir().as_os_str().as_encoded_bytes(), scope.repository.as_bytes()])?;
        let mut row = Reader::new(&row);
        let mut blobs = Blobs { known: vec![false; objects.len()], found: Found::default() };
        let mut kinds: Vec<Sighting> = row.thing()?;
        kinds.iter_mut().for_each(|s| s.value = scope.cache.unseal(s.value));
        let paths: Vec<&str> = (0..row.count()?).map(|_| std::str::from_utf8(row.bytes()?).ok()).collect::<Option<_>>()?;
        let mut held = Vec::new();
        for _ in 0..row.count()? {
            let number = objects.number(row.bytes()?);
            let path = *paths.get(row.small()? as usize)?;
            let count = row.count()?;
            let alike = number.filter(|n| read_as(*n, history, versions) == Some(path) && (!path.is_empty() || scope.prefix.is_empty()));
            if let Some(number) = alike {
                blobs.known[number as usize] = true;
            }
            for _ in 0..count {
                let (kind, line, column, end_line) = (row.small()?, row.small()?, row.small()?, row.small()?);
                held.extend(alike.map(|object| Held { object, line, column, end_line, kind }).filter(|h| (h.kind as usize) < kinds.len()));
            }
        }
        blobs.found.extend(Found { kinds, held, ..Found::default() });
        Some(blobs)
    };
    read().unwrap_or_else(|| Blobs { known: vec![false; objects.len()], found: Found::default() })
}

/// Keeps what was found in single objects, when all of the history was read.
pub(super) fn keep_blobs(repo: &git::Repo, scope: &Scope<'_>, objects: &Objects, scan: &Scan<'_>, found: &Found) {
    if scope.added_only || !scope.cache.keeps() || *scope.commits != git::Selection::default() || !scope.prefix.is_empty() {
        return;
    }
    let failed: HashSet<u32> = found.unreadable.iter().chain(&found.too_large).copied().collect();
    let read: Vec<(u32, &str)> = (0..objects.len() as u32)
        .filter(|n| !failed.contains(n) && objects.kind(*n) != git::Kind::Unknown && objects.is_first(*n))
        .filter_map(|n| Some((n, read_as(n, scan.history, scan.versions)?)))
        .collect();
    let mut paths: BTreeMap<&str, u64> = read.iter().map(|(_, path)| (*path, 0)).collect();
    let mut row = Writer::default();
    if row.thing(&found.kinds.iter().map(|s| sealed(scope, s)).collect::<Vec<_>>()).is_none() {
        return;
    }
    row.number(paths.len() as u64);
    for (i, (path, number)) in paths.iter_mut().enumerate() {
        row.bytes(path.as_bytes());
        *number = i as u64;
    }
    row.number(read.len() as u64);
    for (number, path) in read {
        row.bytes(objects.id(number));
        row.number(paths[path]);
        let from = found.held.partition_point(|h| h.object < number);
        let held = &found.held[from..from + found.held[from..].partition_point(|h| h.object == number)];
        row.number(held.len() as u64);
        for h in held {
            [h.kind, h.line, h.column, h.end_line].into_iter().for_each(|n| row.number(u64::from(n)));
        }
    }
    scope.cache.put(BLOBS, &[repo.common_dir().as_os_str().as_encoded_bytes(), scope.repository.as_bytes()], &row.finish());
}
