//! AI agents, their tools and their settings.

use super::Extractor;

/// The extractors of this wing.
pub const EXTRACTORS: &[Extractor] = &[];
