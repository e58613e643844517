//! Where documents go: what they state to the extractors, and those that say who answers for others to the owners.

use std::sync::{Mutex, PoisonError};

use super::Reading;
use crate::document::Document;
use crate::extract::Extraction;
use crate::own;

/// Takes documents in, from any thread.
#[derive(Default)]
pub(super) struct Intake {
    extraction: Extraction,
    charters: Mutex<Vec<own::Charter>>,
}

impl Intake {
    pub(super) fn take(&self, document: Document) {
        self.charter(&document);
        self.extraction.take(document);
    }

    /// Takes in a document that another state of the same source has too.
    pub(super) fn take_shared(&self, other: &Intake, document: Document) {
        self.charter(&document);
        other.charter(&document);
        self.extraction.take_shared(&other.extraction, document);
    }

    /// Keeps a document that says who answers for others, and nothing else of it.
    pub(super) fn charter(&self, document: &Document) {
        if document.revision.is_none() && own::is_charter(&document.path, document.bytes.len()) {
            let charter = own::Charter { repository: document.repository.clone(), path: document.path.clone(), text: document.text().as_ref().into() };
            self.charters.lock().unwrap_or_else(PoisonError::into_inner).push(charter);
        }
    }

    /// Adds everything that was said to what was read before.
    pub(super) fn finish(self, reading: &mut Reading) {
        reading.facts.extend(self.extraction.finish());
        reading.charters.extend(self.charters.into_inner().unwrap_or_else(PoisonError::into_inner));
        reading.charters.sort();
        reading.charters.dedup();
    }
}
