//! Any text: secret values, which need no structure, and logins, which need little.

mod accounts;
mod secrets;
mod stated;

use super::{Extractor, Read};

pub use secrets::{locate, sightings};
pub(in crate::extract) use stated::sight;

/// The extractors of this wing.
pub const EXTRACTORS: &[Extractor] = &[
    Extractor { name: "secrets", about: "secret values in any file", matches: |_, _| true, read: Read::Any(secrets::read) },
    Extractor {
        name: "accounts",
        about: "logins in structured configuration: a user beside a password or a token",
        matches: accounts::matches,
        read: Read::Each(accounts::read),
    },
];
