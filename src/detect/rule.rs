//! A vendor's format, as `rules/` states it.

use std::sync::{LazyLock, OnceLock};

use regex::bytes::{Regex, RegexBuilder};

use super::form::{self, Form};
use super::keywords::Word;

/// One detector: how it is written down, and its pattern once it is compiled.
#[derive(Debug)]
pub struct Rule {
    form: Form,
    compiled: OnceLock<Option<Regex>>,
}

impl std::ops::Deref for Rule {
    type Target = Form;

    fn deref(&self) -> &Form {
        &self.form
    }
}

impl From<Form> for Rule {
    fn from(form: Form) -> Self {
        Rule { form, compiled: OnceLock::new() }
    }
}

static BUILT_IN: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let forms: Vec<Form> = serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/rules.json"))).unwrap_or_default();
    forms.into_iter().map(Rule::from).collect()
});

/// Every rule of `rules/`.
pub(super) fn built_in() -> &'static [Rule] {
    &BUILT_IN
}

/// Most a compiled pattern may take, in bytes.
const LARGEST: usize = 8 << 20;

/// Reads rules of a user. Errors name the entry.
pub(super) fn read(text: &str) -> Result<Vec<Rule>, String> {
    let compiles = |pattern: &str| {
        let regex = RegexBuilder::new(pattern).unicode(false).size_limit(LARGEST).build().map_err(|e| e.to_string().replace('\n', " "))?;
        if regex.is_match(b"") { Err("it matches where nothing stands".to_owned()) } else { Ok(()) }
    };
    Ok(form::read(text, compiles)?.into_iter().map(Rule::from).collect())
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
                RegexBuilder::new(&pattern).unicode(false).size_limit(LARGEST).build().ok()
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
