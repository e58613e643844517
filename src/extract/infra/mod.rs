//! Infrastructure code: identities, permissions and resources as they are declared.

use super::Extractor;

/// The extractors of this wing.
pub const EXTRACTORS: &[Extractor] = &[];
