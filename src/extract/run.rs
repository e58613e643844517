//! Runs the extractors over documents as they come, in any order and from any thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

use rayon::prelude::*;

use super::{Extractor, Read, all, context, left_out, note};
use crate::decode;
use crate::document::Document;
use crate::model::Facts;

/// Bytes of a document that decide whether an extractor is interested.
const HEAD: usize = 4096;

/// Takes documents in, and gives the facts of all of them out.
#[derive(Default)]
pub struct Extraction {
    facts: Mutex<Vec<Facts>>,
    /// Documents of formats that are read as a unit wait until all are there.
    waiting: Mutex<Vec<Document>>,
}

impl Extraction {
    /// Reads one document with every extractor that wants it.
    pub fn take(&self, document: Document) {
        let (facts, keep) = read(&document);
        self.keep(facts, keep.then_some(document));
    }

    /// Reads one document that two sources have: what it says is said in both.
    pub fn take_shared(&self, other: &Extraction, document: Document) {
        let (facts, keep) = read(&document);
        let copy = keep.then(|| Document::new(document.repository.clone(), document.path.clone(), document.bytes.clone(), document.revision.clone()));
        other.keep(facts.clone(), copy);
        self.keep(facts, keep.then_some(document));
    }

    fn keep(&self, facts: Facts, waits: Option<Document>) {
        if let Ok(mut all) = self.facts.lock() {
            all.push(facts);
        }
        if let Some(document) = waits
            && let Ok(mut waiting) = self.waiting.lock()
        {
            waiting.push(document);
        }
    }

    /// Reads the units, and gives everything that was said. The order is that of the extractors' answers; joining does not depend on it.
    pub fn finish(self) -> Facts {
        let mut waiting = self.waiting.into_inner().unwrap_or_default();
        waiting.sort_by(|a, b| (&a.repository, &a.path).cmp(&(&b.repository, &b.path)));
        let mut facts = Facts::default();
        for said in self.facts.into_inner().unwrap_or_default() {
            facts.extend(said);
        }
        let units: Vec<Facts> = all()
            .collect::<Vec<_>>()
            .par_iter()
            .filter_map(|extractor| match extractor.read {
                Read::Unit(read) => Some((extractor, read)),
                Read::Any(_) | Read::Each(_) => None,
            })
            .map(|(extractor, read)| {
                let mut said = Facts::default();
                // A unit never crosses repositories.
                for group in waiting.chunk_by(|a, b| a.repository == b.repository) {
                    let members: Vec<&Document> = group.iter().filter(|d| wants(extractor, d)).collect();
                    if let Some(first) = members.first() {
                        guarded(extractor, first, &mut said, |facts| read(&members, facts));
                    }
                }
                said
            })
            .collect();
        for said in units {
            facts.extend(said);
        }
        for document in &waiting {
            left_out(document, &mut facts);
        }
        facts
    }
}

/// What one document says by itself, and whether it is part of a unit.
fn read(document: &Document) -> (Facts, bool) {
    let mut facts = Facts::default();
    let mut keep = false;
    for extractor in interested(document) {
        match extractor.read {
            Read::Any(read) | Read::Each(read) => guarded(extractor, document, &mut facts, |facts| read(document, facts)),
            Read::Unit(_) => keep = true,
        }
    }
    // What waits may be parsed only then.
    if !keep {
        left_out(document, &mut facts);
    }
    (facts, keep)
}

fn interested(document: &Document) -> impl Iterator<Item = &'static Extractor> {
    let whole_text = document.window.is_none() && decode::container(&document.bytes).is_none();
    all().filter(move |e| (whole_text || matches!(e.read, Read::Any(_))) && wants(e, document))
}

fn wants(extractor: &Extractor, document: &Document) -> bool {
    (extractor.matches)(&document.path, &document.bytes[..document.bytes.len().min(HEAD)])
}

/// What is scanned is hostile: an extractor that fails loses its own answer, and says so.
fn guarded(extractor: &Extractor, document: &Document, facts: &mut Facts, read: impl FnOnce(&mut Facts)) {
    let mut said = Facts::default();
    match catch_unwind(AssertUnwindSafe(|| read(&mut said))) {
        Ok(()) => {
            context::weigh(&mut said);
            facts.extend(said);
        }
        Err(_) => note(document, facts, format!("the {} extractor failed on this file; please report it", extractor.name)),
    }
}
