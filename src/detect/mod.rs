//! Secret values in bytes: vendor formats by rule, everything else by key, shape and place. Knows no trees.

mod assigned;
mod assignment;
mod built_in;
mod engine;
mod explain;
mod form;
mod generic;
mod halves;
mod inside;
mod key;
mod keywords;
mod partner;
mod parts;
mod place;
mod proof;
mod prove;
mod rule;
mod sample;
mod shape;
mod suppression;
mod url;
mod user;
mod validity;
mod value;
mod vendor;
mod wanted;

use std::ops::Range;
use std::sync::OnceLock;

use crate::model::{Attributes, Half, Key, Secret};

pub use engine::{Engine, settle};
pub use explain::explain;
pub use form::Form;
pub use inside::Unpacked;
pub use keywords::{Keywords, Word};
pub use prove::{Failure, prove};
pub use rule::Rule;
pub use user::add;

/// A value that is believed to be a credential.
#[derive(Clone, Debug)]
pub struct Detection {
    /// Id of the rule, or `generic-…`.
    pub rule: String,
    /// Credential type of the vocabulary.
    pub credential: String,
    /// Bytes of the value in the text.
    pub range: Range<usize>,
    pub secret: Secret,
    /// A public identifier of the credential.
    pub public_id: Option<String>,
    /// The other half of the credential, where that one names it.
    pub part_of: Option<Half>,
    /// The identity that the value proves.
    pub identity: Option<Key>,
    /// 0 to 1.
    pub confidence: f64,
    pub reasons: Vec<String>,
    /// Guessing it is infeasible by construction.
    pub strong: bool,
    /// What may be shown of it.
    pub preview: String,
    pub attributes: Attributes,
    /// How it is written, from the outside in: `base64`, or `zip conf/prod.env:12`. Empty when it stands there as it is.
    pub decoded: Vec<String>,
}

/// Whether a rule, or a detector that is no rule, has this id.
pub fn is_rule(id: &str) -> bool {
    let other = id.strip_prefix("generic-").is_some_and(key::is_kind) || url::RULES.contains(&id);
    other || engine().rules().iter().any(|rule| rule.id == id)
}

static ENGINE: OnceLock<Engine> = OnceLock::new();

/// The engine with every rule that runs: the built-in ones, and those that `add` brought.
pub fn engine() -> &'static Engine {
    ENGINE.get_or_init(|| Engine::new(Vec::new()))
}
