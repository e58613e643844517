//! The way of each value through the history: which commits copied, moved, indented or encoded it, and what stands now where it was taken away.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::scan::{Found, Held};
use crate::git::{Fate, History, Line};
use crate::graph::sighting_key;
use crate::model::{Deed, Hop, NodeId, Sighting};

/// Hops that are told of one value: the first ones, and how it ended.
const MAX_HOPS: usize = 64;
/// Versions that are looked at for one value.
const MAX_EVENTS: usize = 4_000;
/// Paths that are taken for the source of a copy, the oldest first.
const MAX_SOURCES: usize = 32;
/// Look-ups of a path in a commit, for all values together.
const MAX_LOOKUPS: usize = 4_000_000;

/// What stands where a value was taken away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rotation {
    /// The credential, when its id does not depend on where it stands now.
    pub(super) to: Option<NodeId>,
    pub(super) path: Arc<str>,
    pub(super) line: u32,
}

/// The way of one value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Way {
    pub(super) hops: Vec<Hop>,
    pub(super) rotated: Option<Rotation>,
}

/// A value in a version of a file, or in a message.
#[derive(Clone, Copy)]
struct Event<'a> {
    commit: u32,
    path: &'a Arc<str>,
    held: &'a Held,
}

pub(super) struct Ways<'a> {
    found: &'a Found,
    history: &'a History,
    line: &'a Line,
    /// Objects and values that each holds, sorted.
    holders: Vec<(u32, u128)>,
    lookups: usize,
}

impl<'a> Ways<'a> {
    pub(super) fn new(found: &'a Found, history: &'a History, line: &'a Line) -> Self {
        let mut holders: Vec<(u32, u128)> = found.held.iter().map(|h| (h.object, found.kinds[h.kind as usize].value)).collect();
        holders.sort_unstable();
        holders.dedup();
        Ways { found, history, line, holders, lookups: 0 }
    }

    /// The way of every value; `counts` says which paths are looked at.
    pub(super) fn all(&mut self, fates: &BTreeMap<u128, Fate>, counts: &dyn Fn(&str) -> bool) -> BTreeMap<u128, Way> {
        let events = self.events(counts);
        events.iter().map(|(value, events)| (*value, self.way(*value, events, fates.get(value)))).collect()
    }

    /// Whether more was asked than is answered.
    pub(super) fn cut(&self) -> bool {
        self.lookups >= MAX_LOOKUPS
    }

    fn held_by(&self, object: u32) -> &'a [Held] {
        let held = &self.found.held;
        let from = held.partition_point(|h| h.object < object);
        &held[from..from + held[from..].partition_point(|h| h.object == object)]
    }

    /// By value, in the order of commits.
    fn events(&self, counts: &dyn Fn(&str) -> bool) -> BTreeMap<u128, Vec<Event<'a>>> {
        let mut events: BTreeMap<u128, Vec<Event<'a>>> = BTreeMap::new();
        let mut note = |event: Event<'a>| {
            let list = events.entry(self.found.kinds[event.held.kind as usize].value).or_default();
            // Of several places in one file, the first stands for all.
            let again = list.last().is_some_and(|last| last.commit == event.commit && last.held.object == event.held.object && last.path == event.path);
            if list.len() < MAX_EVENTS && !again {
                list.push(event);
            }
        };
        // What came to HEAD's line by another commit than the one that wrote it did not come back.
        for version in self.history.versions.iter().filter(|v| !v.landed && counts(&v.path)) {
            self.held_by(version.object).iter().for_each(|held| note(Event { commit: version.commit, path: &version.path, held }));
        }
        for held in &self.found.held {
            if let Some(commit) = self.history.message_of(held.object) {
                note(Event { commit, path: &self.found.kinds[held.kind as usize].at.path, held });
            }
        }
        events.values_mut().for_each(|list| list.sort_by_key(|e| e.commit));
        events
    }

    fn way(&mut self, value: u128, events: &[Event<'a>], fate: Option<&Fate>) -> Way {
        let mut way = Way::default();
        // Paths that held the value, the oldest first, and how they last did.
        let mut places: Vec<Event<'a>> = Vec::new();
        for event in events {
            let known = places.iter().position(|p| p.path == event.path);
            let (deed, from) = match known {
                Some(known) if self.before(event.commit, event.path, value) => match self.difference(places[known].held, event.held) {
                    Some(deed) => (deed, None),
                    None => {
                        places[known] = *event;
                        continue;
                    }
                },
                Some(_) => (Deed::Returned, None),
                None if places.is_empty() => (Deed::Introduced, None),
                None => self.arrival(event, &places, value),
            };
            way.hops.extend(self.hop(event.commit, deed, event.path, event.held.line, from));
            match known {
                Some(known) => places[known] = *event,
                None => places.push(*event),
            }
        }
        way.hops.truncate(MAX_HOPS);
        if let Some(removed) = fate.and_then(|f| f.removed)
            && let Some(last) = places.iter().take(MAX_SOURCES).rev().find(|p| self.before(removed, p.path, value)).copied()
        {
            way.hops.extend(self.hop(removed, Deed::Removed, last.path, last.held.line, None));
            way.rotated = self.rotation(removed, &last, value);
        }
        way
    }

    fn hop(&self, commit: u32, deed: Deed, path: &Arc<str>, line: u32, from: Option<Arc<str>>) -> Option<Hop> {
        let moment = self.history.commits.get(commit as usize)?.moment();
        Some(Hop { moment, deed, path: path.clone(), line, from })
    }

    /// How a value came to a further path: from one that lost it in the same commit, else from one that the commit found.
    fn arrival(&mut self, event: &Event<'a>, places: &[Event<'a>], value: u128) -> (Deed, Option<Arc<str>>) {
        let sources: Vec<Event<'a>> = places.iter().take(MAX_SOURCES).filter(|p| self.before(event.commit, p.path, value)).copied().collect();
        let left = sources.iter().find(|p| self.object_at(event.commit, p.path).is_none_or(|o| !self.holds(o, value)));
        match (left, sources.first()) {
            (Some(source), _) => (Deed::Moved, Some(source.path.clone())),
            (None, Some(source)) if self.difference(source.held, event.held) == Some(Deed::Encoded) => (Deed::Encoded, Some(source.path.clone())),
            (None, source) => (Deed::Copied, source.map(|s| s.path.clone())),
        }
    }

    /// What became another way of keeping the value, at one path.
    fn difference(&self, old: &Held, new: &Held) -> Option<Deed> {
        let (was, is) = (&self.found.kinds[old.kind as usize], &self.found.kinds[new.kind as usize]);
        let encoding = |s: &Sighting| s.attributes.get("decoded").map(Value::to_string);
        if encoding(was) != encoding(is) {
            return Some(Deed::Encoded);
        }
        if (&was.rule, &was.credential) != (&is.rule, &is.credential) {
            return Some(Deed::Rewritten);
        }
        (old.column != new.column).then_some(Deed::Indented)
    }

    /// Another credential of the same kind that the commit put where the value was: the nearest, in the same column if there is one.
    fn rotation(&mut self, commit: u32, last: &Event<'a>, value: u128) -> Option<Rotation> {
        let now = self.object_at(commit, last.path)?;
        let parents = self.line.parents_of(commit).to_vec();
        let then = parents.iter().find_map(|p| self.object_at(*p, last.path).filter(|o| self.holds(*o, value)))?;
        let kind = |h: &Held| &self.found.kinds[h.kind as usize];
        let place = self.held_by(then).iter().find(|h| kind(h).value == value)?;
        let successor = self
            .held_by(now)
            .iter()
            .filter(|h| kind(h).credential == kind(place).credential && !self.holds(then, kind(h).value))
            .min_by_key(|h| (h.column != place.column, h.line.abs_diff(place.line), h.line, h.column))?;
        let sighting = kind(successor);
        let lasting = sighting.fingerprint.is_some() || sighting.public_id.is_some();
        Some(Rotation { to: lasting.then(|| sighting_key(sighting).id), path: last.path.clone(), line: successor.line })
    }

    /// Whether a commit found the value at a path.
    fn before(&mut self, commit: u32, path: &str, value: u128) -> bool {
        let parents = self.line.parents_of(commit).to_vec();
        parents.iter().any(|p| self.object_at(*p, path).is_some_and(|o| self.holds(o, value)))
    }

    fn holds(&self, object: u32, value: u128) -> bool {
        self.holders.binary_search(&(object, value)).is_ok()
    }

    fn object_at(&mut self, commit: u32, path: &str) -> Option<u32> {
        self.lookups += 1;
        if self.cut() { None } else { self.line.object_at(commit, path) }
    }
}
