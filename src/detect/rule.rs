//! A vendor's format, as `rules/` states it.

use std::sync::{LazyLock, OnceLock};

use regex::bytes::{Regex, RegexBuilder};
use serde::Deserialize;

use super::keywords::Word;

/// One detector.
#[derive(Debug, Deserialize)]
pub struct Rule {
    pub id: String,
    pub name: String,
    /// Credential type of the vocabulary.
    pub credential: String,
    pub provider: String,
    /// One of these must stand in the text, whatever the case.
    pub keywords: Vec<String>,
    /// The whole pattern, with the value as its first group; or nothing.
    pattern: String,
    /// The value alone, which must be assigned to a key that names a keyword; or nothing.
    value: String,
    /// How a match proves itself without the network: `github` (checksum), `jwt`, `pem`; `jwk` only widens where it looks.
    pub check: String,
    /// The value is a public identifier, and may be shown.
    pub public: bool,
    /// Shapes of text in which the rule finds a value, and of text in which it finds none.
    pub matches: Vec<String>,
    pub ignores: Vec<String>,
    #[serde(skip)]
    compiled: OnceLock<Option<Regex>>,
}

static BUILT_IN: LazyLock<Vec<Rule>> = LazyLock::new(|| serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/rules.json"))).unwrap_or_default());

/// Every rule of `rules/`.
pub(super) fn built_in() -> &'static [Rule] {
    &BUILT_IN
}

impl Rule {
    /// The keywords, as they are looked for: in one case where the pattern is, in any where a key is written as people like.
    pub(super) fn words(&self) -> impl Iterator<Item = Word> + use<'_> {
        self.keywords.iter().map(|keyword| {
            let one_case = !self.needs_key() && !self.pattern.contains("(?i");
            let exact = one_case && (keyword.bytes().any(|b| b.is_ascii_uppercase()) || self.pattern.contains(keyword.as_str()));
            Word { text: if exact { keyword.clone() } else { keyword.to_ascii_lowercase() }, exact }
        })
    }

    /// Whether the value is only believed because of the key that it is assigned to.
    pub(super) fn needs_key(&self) -> bool {
        !self.value.is_empty()
    }

    /// The keywords that every value of the format begins with, where they are too odd to begin anything else.
    pub(super) fn beginnings(&self) -> impl Iterator<Item = &str> {
        const COMMON: &[&str] = &["live_", "prod-", "admin-", "secret-", "apikey_", "rails_master_key", "bedrock-api-key-", "key_", "web_", "pat_", "arc_"];
        let body = self.pattern.trim_start_matches(r"\b").trim_start_matches('(');
        let begins = move |k: &str| body.bytes().filter(|b| *b != b'\\').zip(k.bytes()).filter(|(a, b)| a == b).count() == k.len();
        self.keywords.iter().map(String::as_str).filter(move |k| (k.len() >= 5 || k.len() == 4 && k.ends_with('_')) && !COMMON.contains(k) && begins(k))
    }

    /// Whether it stands for many services, whose keys have no shape of their own: then the keyword says whose the value is.
    pub(super) fn any_shape(&self) -> bool {
        self.provider == "various"
    }

    /// The pattern, compiled when first needed: most runs need few.
    pub(super) fn regex(&self) -> Option<&Regex> {
        self.compiled
            .get_or_init(|| {
                let pattern = if self.needs_key() {
                    // Tried right behind the keyword.
                    format!(
                        r#"^[A-Za-z0-9_.\[\] -]{{0,40}}?["'`]?\]?\)?(?:\s{{0,8}}(?:=>|:=|=|:|,|\bto\b|>)\s{{0,8}}|[ -])["'`]?({})(?:["'`<\s;,)\]}}&]|$)"#,
                        self.value
                    )
                } else {
                    self.pattern.clone()
                };
                RegexBuilder::new(&pattern).unicode(false).size_limit(8 << 20).build().ok()
            })
            .as_ref()
    }

    /// How far around a keyword the pattern may reach, in bytes.
    pub(super) fn window(&self) -> (usize, usize) {
        match self.check.as_str() {
            "pem" => (64, 8300),
            "jwt" => (4, 6100),
            "jwk" => (3000, 3000),
            _ => (120, 460),
        }
    }
}
