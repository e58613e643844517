//! Pipelines: what runs, as whom, with which secrets.

use super::Extractor;

/// The extractors of this wing.
pub const EXTRACTORS: &[Extractor] = &[];
