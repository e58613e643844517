//! Any text: secret values, which need no structure.

mod secrets;

use super::{Extractor, Read};

pub use secrets::sightings;

/// The extractors of this wing.
pub const EXTRACTORS: &[Extractor] =
    &[Extractor { name: "secrets", about: "secret values in any text file", matches: |_, _| true, read: Read::Each(secrets::read) }];
