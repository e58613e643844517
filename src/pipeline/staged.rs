//! What the index adds: values that HEAD holds already, in the changed files or in one that a staged file was copied from, are not new; nor are those
//! that a merge in progress takes in.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use anyhow::Result;
use rayon::prelude::*;

use super::Reading;
use super::intake::Intake;
use crate::detect::Engine;
use crate::document::Document;
use crate::extract::text;
use crate::git::{Repo, StagedFile};
use crate::graph::Source;
use crate::model::{Secret, Sighting};
use crate::source;

pub(super) fn read(repo: &Repo, id: &Arc<str>, engine: &Engine, reading: &mut Reading, source: &mut Source) -> Result<()> {
    let files = repo.staged(source::MAX_FILE as usize)?;
    let intake = Intake::default();
    let known: HashSet<u128> = files
        .par_iter()
        .flat_map_iter(|f| f.old.iter().map(|old| Document::new(id.clone(), f.path.as_str(), old.clone(), None)))
        .flat_map_iter(|old| text::sightings(&old, engine))
        .map(|s| s.value)
        .collect();
    for (file, new) in files.iter().filter_map(|f| Some((f, f.new.as_ref()?))) {
        source.files += 1;
        source.bytes += new.len() as u64;
        intake.take(Document::new(id.clone(), file.path.as_str(), new.clone(), None));
    }
    let mut fresh = Reading::default();
    intake.finish(&mut fresh);
    let mut facts = fresh.facts;
    facts.sightings.retain(|s| !known.contains(&s.value));
    // Only what would be said is looked for in the rest of HEAD.
    let copied = copied(repo, &files, &facts.sightings, engine);
    facts.sightings.retain(|s| !copied.contains(&s.value));
    reading.facts.extend(facts);
    reading.charters.extend(fresh.charters);
    Ok(())
}

/// Those of the sighted values that a file of HEAD holds, whether the change touches it or not.
fn copied(repo: &Repo, files: &[StagedFile], sightings: &[Sighting], engine: &Engine) -> HashSet<u128> {
    let wanted: HashSet<u128> = sightings.iter().map(|s| s.value).collect();
    let paths: HashSet<&str> = sightings.iter().map(|s| &*s.at.path).collect();
    let detections = files.iter().filter(|f| paths.contains(f.path.as_str())).filter_map(|f| Some(engine.scan(&f.path, f.new.as_ref()?))).flatten();
    let secrets: BTreeMap<u128, Secret> = detections.map(|d| (d.secret.identity(), d.secret)).filter(|(value, _)| wanted.contains(value)).collect();
    let mut copied = HashSet::new();
    if !secrets.is_empty() {
        let mut look = |path: String, content: Vec<u8>| {
            // Where the letters stand, they need not be a credential: a short one may be part of anything.
            if secrets.values().any(|secret| secret.occurs_in(&content)) {
                copied.extend(engine.scan(&path, &content).into_iter().map(|d| d.secret.identity()).filter(|value| wanted.contains(value)));
            }
        };
        repo.head_files(source::MAX_FILE as usize, &mut look, &mut |_| {});
    }
    copied
}
