//! Any text: secret values and references that need no structure.

use super::Extractor;

/// The extractors of this wing.
pub const EXTRACTORS: &[Extractor] = &[];
