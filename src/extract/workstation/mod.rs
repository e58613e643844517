//! Files of workstations and images: Compose, Dockerfiles, environment and credential files.

use super::Extractor;

/// The extractors of this wing.
pub const EXTRACTORS: &[Extractor] = &[];
