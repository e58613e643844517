//! Kubernetes manifests and what produces them.

use super::Extractor;

/// The extractors of this wing.
pub const EXTRACTORS: &[Extractor] = &[];
