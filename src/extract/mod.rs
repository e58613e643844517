//! Extractors: each says what a document, or a unit of documents, states. None looks anything up outside it.

use crate::document::Document;
use crate::model::{Facts, Note, NoteStatus};

pub mod agents;
pub mod certificates;
pub mod ci;
pub mod code;
mod commands;
mod context;
mod guessable;
pub mod infra;
pub mod kubernetes;
pub mod text;
pub mod workstation;

mod run;

pub(crate) use ci::is_secret_name;
pub use run::Extraction;

/// How an extractor reads.
#[derive(Clone, Copy)]
pub enum Read {
    /// One document at a time, in parallel, also when it is no text but holds some.
    Any(fn(&Document, &mut Facts)),
    /// One document at a time, in parallel.
    Each(fn(&Document, &mut Facts)),
    /// All documents of the source that match, at once: formats whose meaning needs several files. They are sorted by path.
    Unit(fn(&[&Document], &mut Facts)),
}

/// One format, or one family of them.
pub struct Extractor {
    /// Short, kebab-case; shown in coverage notes.
    pub name: &'static str,
    /// One line for the documentation.
    pub about: &'static str,
    /// Decides by path, and if need be by the first 4 KiB, whether the document is of this format.
    pub matches: fn(path: &str, head: &[u8]) -> bool,
    pub read: Read,
}

/// Every extractor, wing by wing. Secret detection comes first: the others add structure to what it sights.
pub fn all() -> impl Iterator<Item = &'static Extractor> {
    [
        text::EXTRACTORS,
        certificates::EXTRACTORS,
        ci::EXTRACTORS,
        infra::EXTRACTORS,
        kubernetes::EXTRACTORS,
        workstation::EXTRACTORS,
        agents::EXTRACTORS,
        code::EXTRACTORS,
    ]
    .into_iter()
    .flatten()
}

/// A note that this document, or a part of it, was not understood.
pub fn note(document: &Document, facts: &mut Facts, reason: impl Into<String>) {
    facts.notes.push(Note { repository: document.repository.clone(), path: document.path.clone(), status: NoteStatus::Partial, reason: reason.into() });
}

/// Says what the parser could not make sense of, once for the document, whoever read the rest.
fn left_out(document: &Document, facts: &mut Facts) {
    if let Some(reason) = document.left_out() {
        note(document, facts, reason);
    }
}

/// Joins a path to a folder; `..` climbs, but not out of the source.
fn joined(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = if path.starts_with('/') { Vec::new() } else { folder.split('/').filter(|p| !p.is_empty()).collect() };
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}
