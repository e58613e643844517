//! A secret value seen at a place: what detection hands to linking.

use serde::{Deserialize, Serialize};

use super::{Attributes, Fingerprint, Key, Location};

/// What part the file plays; it lowers severity and rank, it hides nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum FileRole {
    Normal,
    Test,
    Doc,
    Example,
}

impl FileRole {
    pub fn name(self) -> &'static str {
        match self {
            FileRole::Normal => "normal",
            FileRole::Test => "test",
            FileRole::Doc => "doc",
            FileRole::Example => "example",
        }
    }
}

/// The value of which another is the other half.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Half {
    /// One that cannot be guessed, by its fingerprint.
    Of(Fingerprint),
    /// One that may be guessed, by where it stands: so many lines further down (or up), at this column.
    At { lines: i32, column: u32 },
}

/// One credential value at one place. Holds no value, only what may be told of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sighting {
    /// Id of the detector's rule.
    pub rule: String,
    /// Credential type of the vocabulary, e.g. `aws-access-key`.
    pub credential: String,
    /// Short text that may be shown: type, public prefix, length.
    pub preview: String,
    /// Equality inside the run; never written, but sealed by the key of a cache.
    pub value: u128,
    /// Set when the value is strong by construction, or the user gave a key.
    pub fingerprint: Option<Fingerprint>,
    /// A public identifier that names the credential (AWS key id, private_key_id).
    pub public_id: Option<String>,
    /// What names the credential, where this value is only its other half.
    pub part_of: Option<Half>,
    /// The identity that the value itself proves, when its format tells.
    pub identity: Option<Key>,
    /// 0 to 1.
    pub confidence: f64,
    /// Why it is believed to be a credential, each a short clause.
    pub reasons: Vec<String>,
    pub role: FileRole,
    pub at: Location,
    /// Further public facts: `expires`, `issuer`, `scopes`, `decoded` …
    pub attributes: Attributes,
}
