//! What an earlier run read of a work tree: the state of its files, and what they said. Charters are not kept, as files hold what must not be: they
//! are read again.

use std::sync::Arc;
use std::time::SystemTime;

use rayon::prelude::*;
use rustc_hash::FxHashSet;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::super::Reading;
use super::super::intake::Intake;
use super::{Scope, Tree};
use crate::cache::{Reader, Writer};
use crate::document::Document;
use crate::model::{Facts, Key, Location, Sighting};
use crate::source::{Listing, WorkTree};

/// The kind of the entry; a change of its form is a new kind.
const TREE: &str = "tree/1";
/// Facts that are written and read at once: what is text and what is a fact need not be in memory as a whole.
const PART: usize = 1024;

/// What decides everything that a tree says, but for its files.
fn parts<'a>(scope: &'a Scope<'_>) -> Vec<&'a [u8]> {
    let mut parts = vec![scope.root.as_os_str().as_encoded_bytes(), scope.inside.as_os_str().as_encoded_bytes(), scope.repository.as_bytes()];
    parts.extend(scope.rules);
    parts
}

/// What was read of the same files.
pub(super) fn tree(scope: &Scope<'_>, listing: &Listing) -> Option<Tree> {
    let row = scope.cache.get(TREE, &parts(scope))?;
    let mut row = Reader::new(&row);
    if !listing.whole || !listing.is_kept(scope.cache, &mut row)? {
        return None;
    }
    let mut tree = WorkTree { files: row.number()?, bytes: row.number()?, ..WorkTree::default() };
    tree.notes = row.thing()?;
    let intake = Intake::default();
    for _ in 0..row.count()? {
        let path = row.text()?;
        // One that is gone by now is not the tree that was listed.
        let content = std::fs::read(scope.root.join(&*path)).ok()?;
        intake.charter(&Document::new(scope.repository.clone(), path, content, None));
    }
    let mut reading = Reading::default();
    intake.finish(&mut reading);
    let facts = &mut reading.facts;
    let mut known = Known::default();
    read(&mut row, &mut facts.nodes, |n| {
        known.key(&mut n.key);
        n.at.iter_mut().for_each(|at| known.location(at));
    })?;
    read(&mut row, &mut facts.edges, |e| {
        known.key(&mut e.from);
        known.key(&mut e.to);
        e.at.iter_mut().for_each(|at| known.location(at));
    })?;
    read(&mut row, &mut facts.references, |r| {
        known.key(&mut r.from);
        known.location(&mut r.at);
    })?;
    read(&mut row, &mut facts.slots, |s| {
        known.key(&mut s.slot);
        known.location(&mut s.at);
    })?;
    read(&mut row, &mut facts.sightings, |s: &mut Sighting| {
        s.value = scope.cache.unseal(s.value);
        known.location(&mut s.at);
    })?;
    read(&mut row, &mut facts.notes, |n| known.text(&mut n.path))?;
    Some((tree, reading))
}

/// Keeps what was read of files that were listed at that time.
pub(super) fn keep_tree(scope: &Scope<'_>, listing: &Listing, time: SystemTime, (tree, read): &Tree) {
    let write = || {
        let mut row = Writer::default();
        listing.keep(time, scope.cache, &mut row);
        row.number(tree.files);
        row.number(tree.bytes);
        row.thing(&tree.notes)?;
        row.number(read.charters.len() as u64);
        read.charters.iter().for_each(|c| row.bytes(c.path.as_bytes()));
        let Facts { nodes, edges, references, slots, sightings, notes } = &read.facts;
        keep(&mut row, nodes)?;
        keep(&mut row, edges)?;
        keep(&mut row, references)?;
        keep(&mut row, slots)?;
        let sealed: Vec<Sighting> = sightings.iter().map(|s| Sighting { value: scope.cache.seal(s.value), ..s.clone() }).collect();
        keep(&mut row, &sealed)?;
        keep(&mut row, notes)?;
        scope.cache.put(TREE, &parts(scope), &row.finish());
        Some(())
    };
    // What has no serial form is worked out again.
    let _kept: Option<()> = write();
}

fn keep<T: Serialize + Sync>(row: &mut Writer, facts: &[T]) -> Option<()> {
    let parts: Vec<Vec<u8>> = facts.par_chunks(PART).map(|part| serde_json::to_vec(part).ok()).collect::<Option<_>>()?;
    row.number(parts.len() as u64);
    parts.iter().for_each(|part| row.bytes(part));
    Some(())
}

fn read<T: DeserializeOwned>(row: &mut Reader<'_>, facts: &mut Vec<T>, mut settle: impl FnMut(&mut T)) -> Option<()> {
    for _ in 0..row.count()? {
        let mut part: Vec<T> = row.thing()?;
        part.iter_mut().for_each(&mut settle);
        facts.append(&mut part);
    }
    Some(())
}

/// Each text once, as it was when the files were read.
#[derive(Default)]
struct Known(FxHashSet<Arc<str>>);

impl Known {
    fn text(&mut self, text: &mut Arc<str>) {
        match self.0.get(text) {
            Some(known) => *text = known.clone(),
            None => {
                self.0.insert(text.clone());
            }
        }
    }

    fn key(&mut self, key: &mut Key) {
        self.text(&mut key.id);
    }

    fn location(&mut self, at: &mut Location) {
        self.text(&mut at.repository);
        self.text(&mut at.path);
    }
}
