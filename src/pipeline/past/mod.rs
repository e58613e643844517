//! The history: values that the work tree no longer holds, who introduced each value, and what became of it.

mod hops;
mod kept;
mod scan;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use anyhow::Result;
use serde_json::json;

use super::intake::Intake;
use super::{Progress, Reading, add_hops};
use crate::cache::Cache;
use crate::decode;
use crate::detect::Engine;
use crate::document::Document;
use crate::extract::text;
use crate::graph::{Source, sighting_key};
use crate::model::{Moment, Note, NoteStatus, Sighting, rfc3339};
use crate::{git, own, source};

use hops::{Rotation, Way, Ways};
use scan::{Found, Held, Scan};

/// References that are named as still holding a value.
const MAX_REFERENCES: usize = 20;
/// In place of a commit where none has the file.
const NO_COMMIT: u32 = u32::MAX;

/// What of the history is read, and with what.
pub(super) struct Scope<'a> {
    pub(super) repository: &'a Arc<str>,
    /// Folder or file, relative to the root of the repository; empty for all.
    pub(super) prefix: &'a str,
    /// Globs of paths that are left out, and what they mean.
    pub(super) exclude: &'a [String],
    pub(super) excluded: &'a (dyn Fn(&str) -> bool + Sync),
    pub(super) commits: &'a git::Selection,
    /// Only what the selected commits add counts, not what they found.
    pub(super) added_only: bool,
    pub(super) engine: &'a Engine,
    pub(super) cache: &'a Cache,
    pub(super) progress: &'a (dyn Fn(Progress) + Sync),
}

/// What the history says, whatever the work tree holds.
struct Past {
    history: git::History,
    /// The oldest sighting of each value at each path, by its commit; oldest commit first.
    sightings: Vec<(u32, Sighting)>,
    /// What became of each value.
    fates: BTreeMap<u128, git::Fate>,
    /// What commits did to each value.
    ways: BTreeMap<u128, Way>,
    /// Why something could not be told, or not be read.
    cuts: Vec<String>,
    /// How many versions of files were read.
    blobs: u64,
    /// Values in what the commits changed or took away, when only what they add is asked for.
    known: HashSet<u128>,
}

/// A history that was read, and what from.
pub(super) struct Opened {
    past: Past,
    objects: git::Objects,
}

/// Reads the history, or what an earlier run read of it.
pub(super) fn open(repo: &git::Repo, scope: &Scope<'_>) -> Result<Opened> {
    let state = repo.state(scope.commits)?;
    let objects = repo.objects();
    if let Some(past) = kept::past(repo, scope, &state) {
        return Ok(Opened { past, objects });
    }
    let past = work_out(repo, scope, &objects)?;
    kept::keep_past(repo, scope, &state, &past);
    Ok(Opened { past, objects })
}

/// Adds the values of the history to what was read of the work tree.
pub(super) fn add(repo: &git::Repo, scope: &Scope<'_>, opened: Opened, reading: &mut Reading, source: &mut Source) {
    let Opened { past, objects } = opened;
    let Past { mut history, mut sightings, fates, ways, cuts, blobs, known } = past;
    history.number(&objects);
    let gaps = if cuts.is_empty() { Vec::new() } else { repo.objects_stamp() };
    let cut = |reason| Note { repository: scope.repository.clone(), path: "".into(), status: NoteStatus::Cut, reason };
    reading.facts.notes.extend(cuts.into_iter().map(cut));
    (source.commits, source.blobs) = (history.commits.len() as u64, blobs);
    if scope.added_only {
        add_tip(repo, scope, &history, reading, source);
        sightings.retain(|(_, s)| !known.contains(&s.value));
        reading.facts.sightings.retain(|s| !known.contains(&s.value));
    }
    let mut earliest: BTreeMap<u128, u32> = BTreeMap::new();
    for (commit, s) in sightings.iter().filter(|(c, _)| *c != NO_COMMIT) {
        earliest.entry(s.value).or_insert(*commit);
    }
    // In a shallow clone the oldest commit at hand need not be the one that introduced the value.
    let moment = |value: &u128| earliest.get(value).filter(|_| !repo.is_shallow()).map(|c| history.commits[*c as usize].moment());
    let mut first_seen = |s: &Sighting| {
        if let Some(moment) = moment(&s.value) {
            let known = reading.first_seen.entry(sighting_key(s).id).or_insert_with(|| moment.clone());
            // Another repository that was read may have had it earlier.
            if (moment.time, &moment.revision) < (known.time, &known.revision) {
                *known = moment;
            }
        }
    };
    // So need the first copy not be one, nor what came back have been gone.
    let way = |value: &u128| ways.get(value).filter(|_| !repo.is_shallow());
    let here = |s: &Sighting| s.at.repository == *scope.repository;
    let fate = |value: &u128| fates.get(value).filter(|_| !repo.is_shallow());
    for s in reading.facts.sightings.iter_mut().filter(|s| here(s)) {
        first_seen(s);
        fate(&s.value).into_iter().for_each(|fate| tell_holders(fate, s));
        way(&s.value).into_iter().for_each(|w| add_hops(&mut reading.hops, sighting_key(s).id, &w.hops));
    }
    let taken: BTreeSet<Arc<str>> = fates.values().filter_map(|f| f.removed).map(|c| history.commits[c as usize].id.clone()).collect();
    let told = git::told(repo.git_dir(), &taken);
    let present: HashSet<u128> = reading.facts.sightings.iter().filter(|s| here(s)).map(|s| s.value).collect();
    for (_, mut s) in sightings.into_iter().filter(|(_, s)| !present.contains(&s.value)) {
        first_seen(&s);
        if let Some(fate) = fate(&s.value) {
            tell_holders(fate, &mut s);
            tell(fate, moment(&s.value).as_ref(), &history, &told, &mut s);
        }
        if let Some(way) = way(&s.value) {
            way.rotated.iter().for_each(|rotation| tell_rotation(rotation, &mut s));
            add_hops(&mut reading.hops, sighting_key(&s).id, &way.hops);
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
        gaps,
    });
}

/// Reads every commit, tree and blob that an earlier run has not read.
fn work_out(repo: &git::Repo, scope: &Scope<'_>, objects: &git::Objects) -> Result<Past> {
    let (history, line) = repo.history(objects, scope.commits)?;
    let mut cuts = Vec::new();
    if repo.is_shallow() {
        cuts.push("the clone is shallow: who introduced what, and what the missing history holds, is unknown".to_owned());
    } else if history.missing > 0 {
        cuts.push("objects are missing from the repository (a partial clone?): what they hold is unknown".to_owned());
    }
    if history.cut {
        cuts.push("the history has more paths than are followed: what the rest holds is unknown".to_owned());
    }
    let inside = |path: &str| scope.prefix.is_empty() || path.strip_prefix(scope.prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let mut versions: Vec<Option<u32>> = vec![None; objects.len()];
    for (i, version) in history.versions.iter().enumerate().filter(|(_, v)| v.is_new && inside(&v.path) && !(scope.excluded)(&v.path)) {
        versions[version.object as usize] = Some(i as u32);
    }
    let blobs = versions.iter().flatten().count() as u64;
    let earlier = kept::blobs(repo, scope, objects, &history, &versions);
    let dangling: HashSet<u32> = history.dangling.iter().copied().filter(|_| scope.prefix.is_empty()).collect();
    let scan = Scan {
        engine: scope.engine,
        history: &history,
        repository: scope.repository,
        versions: &versions,
        known: &earlier.known,
        dangling: &dangling,
        messages: scope.prefix.is_empty(),
        progress: scope.progress,
        done: AtomicU64::new(0),
    };
    let mut found = Found::default();
    objects.visit(&scan).into_iter().for_each(|part| found.extend(part));
    found.extend(earlier.found);
    found.held.sort_unstable();
    kept::keep_blobs(repo, scope, objects, &scan, &found);
    if !found.unreadable.is_empty() {
        cuts.push(format!("{} blobs of the history cannot be read: what they hold is unknown", found.unreadable.len()));
    }
    if !found.too_large.is_empty() {
        let limit = source::MAX_FILE / 1024 / 1024;
        cuts.push(format!("{} blobs of the history are larger than {limit} MiB: what they hold is unknown", found.too_large.len()));
    }
    let sightings = oldest(&found, objects, &history, &versions);
    let fates = fates(&line, &sightings, &found);
    let mut ways = Ways::new(&found, &history, &line);
    let way = ways.all(&fates, &|path| inside(path) && !(scope.excluded)(path));
    if ways.cut() {
        cuts.push("values were copied and moved more often than is followed: some of their ways are unknown".to_owned());
    }
    let known = if scope.added_only { known(objects, &history.replaced, scope.engine) } else { HashSet::new() };
    Ok(Past { history, sightings, fates, ways: way, cuts, blobs, known })
}

/// Of each value at each path the sighting by the oldest commit, and of those the first in the file.
fn oldest(found: &Found, objects: &git::Objects, history: &git::History, versions: &[Option<u32>]) -> Vec<(u32, Sighting)> {
    let mut first: BTreeMap<(u128, &Arc<str>), (u32, &Held)> = BTreeMap::new();
    for held in &found.held {
        let version = || versions[held.object as usize].map(|v| history.versions[v as usize].commit);
        let commit = history.message_of(held.object).or_else(version).unwrap_or(NO_COMMIT);
        let kind = &found.kinds[held.kind as usize];
        let order = |commit: u32, h: &Held| (commit, h.line, h.column);
        let known = first.entry((kind.value, &kind.at.path)).or_insert((commit, held));
        if order(commit, held) < order(known.0, known.1) {
            *known = (commit, held);
        }
    }
    let mut sightings: Vec<(u32, Sighting)> = first
        .into_values()
        .map(|(commit, held)| {
            let mut sighting = found.kinds[held.kind as usize].clone();
            (sighting.at.line, sighting.at.column, sighting.at.end_line) = (held.line, held.column, held.end_line);
            let at = history.commits.get(commit as usize);
            if at.is_none_or(|c| c.unreachable) {
                sighting.attributes.insert("unreachable".into(), true.into());
            }
            // What no commit has is found by its own id.
            let own = || objects.id(held.object).iter().map(|b| format!("{b:02x}")).collect::<String>().into();
            sighting.at.revision = Some(at.map_or_else(own, |c| c.id.clone()));
            (commit, sighting)
        })
        .collect();
    sightings.sort_by(|(a, x), (b, y)| (a, &x.at, &x.rule).cmp(&(b, &y.at, &y.rule)));
    sightings
}

/// Reads the files that the selected commits brought and left, as the newest of them has them.
fn add_tip(repo: &git::Repo, scope: &Scope<'_>, history: &git::History, reading: &mut Reading, source: &mut Source) {
    let Some(newest) = history.commits.last() else { return };
    let intake = Intake::default();
    let brought: BTreeSet<&Arc<str>> = history.versions.iter().map(|v| &v.path).filter(|p| !(scope.excluded)(p)).collect();
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

/// What became of each value.
fn fates(line: &git::Line, sightings: &[(u32, Sighting)], found: &Found) -> BTreeMap<u128, git::Fate> {
    let mut numbers: HashMap<u128, u32> = HashMap::new();
    let mut values = Vec::new();
    for (_, s) in sightings {
        numbers.entry(s.value).or_insert_with(|| {
            values.push(s.value);
            values.len() as u32 - 1
        });
    }
    let holders = found.held.iter().filter_map(|h| Some((h.object, *numbers.get(&found.kinds[h.kind as usize].value)?))).collect();
    let fates = line.fates(holders, values.len());
    values.into_iter().zip(fates).collect()
}

/// Writes down who took a value away, and how long it was there.
fn tell(fate: &git::Fate, introduced: Option<&Moment>, history: &git::History, told: &BTreeMap<Arc<str>, git::Told>, sighting: &mut Sighting) {
    if let Some(removed) = fate.removed.map(|c| history.commits[c as usize].moment()) {
        if let Some(introduced) = introduced {
            sighting.attributes.insert("days_exposed".into(), ((removed.time - introduced.time).max(0) / 86_400).into());
        }
        if told.get(&*removed.revision).is_some_and(|t| t.revokes) {
            sighting.attributes.insert("revocation_evidence".into(), "the message of the commit that took it away speaks of it".into());
        }
        let removed = json!({ "revision": &*removed.revision, "time": rfc3339(removed.time), "party": &*removed.party });
        sighting.attributes.insert("removed".into(), removed);
    }
}

/// Writes down which references still hold a value.
fn tell_holders(fate: &git::Fate, sighting: &mut Sighting) {
    if !fate.held_by.is_empty() {
        let names: Vec<&String> = fate.held_by.iter().take(MAX_REFERENCES).collect();
        sighting.attributes.insert("held_by".into(), json!(names));
    }
}

/// Writes down what stands where the value was.
fn tell_rotation(rotation: &Rotation, sighting: &mut Sighting) {
    let to = json!({ "to": rotation.to.as_deref(), "path": &*rotation.path, "line": rotation.line });
    sighting.attributes.insert("rotated".into(), to);
}
