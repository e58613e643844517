//! How a file of rules is written, ours and those of users: the build and `--rules` read it with the same eyes.

use std::borrow::Cow;

use serde::Deserialize;

use super::keywords::Word;
use super::shape;

/// Ours are part of the program, a user's are read.
type Text = Cow<'static, str>;
type Texts = Cow<'static, [Text]>;

/// One file: what one provider hands out.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Provider {
    provider: Text,
    rules: Vec<Form>,
}

/// One detector, as it is written down.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    pub id: Text,
    pub name: Text,
    /// Credential type of the vocabulary.
    pub credential: Text,
    #[serde(default)]
    pub provider: Text,
    /// One of these must stand in the text: in the case that the pattern gives it, else in any.
    pub keywords: Texts,
    /// The whole pattern, with the value as its first group; or nothing.
    #[serde(default)]
    pub pattern: Text,
    /// The value alone, which must be assigned to a key that names a keyword; or nothing.
    #[serde(default)]
    pub value: Text,
    /// Bytes of such a value that stand together at least, without white space and quotes.
    #[serde(skip)]
    pub run: usize,
    /// How a match proves itself without the network, one of `CHECKS`; or nothing.
    #[serde(default)]
    pub check: Text,
    /// The value is a public identifier, and may be shown.
    #[serde(default)]
    pub public: bool,
    /// Shapes of text in which the rule finds a value, and of text in which it finds none.
    pub matches: Texts,
    pub ignores: Texts,
}

/// What a match may be asked to prove: `jwk` only widens where the rule looks.
const CHECKS: &[&str] = &["", "crc32-hex", "crypt", "github", "gitlab", "grafana", "json", "jwk", "jwt", "login", "pem", "slack", "uuid4"];

/// Keywords are looked for by their first bytes.
const SHORTEST_KEYWORD: usize = 3;

/// Reads a file. `compiles` says what is wrong with a pattern; errors name the entry and say what to do.
pub(super) fn read(text: &str, compiles: impl Fn(&str) -> Result<(), String>) -> Result<Vec<Form>, String> {
    let file: Provider = serde_yaml::from_str(text).map_err(|e| e.to_string())?;
    let provider = file.provider;
    let checked = file.rules.into_iter().map(|mut form| {
        form.check(&compiles).map_err(|problem| format!("rule {}: {problem}", form.id))?;
        form.provider.clone_from(&provider);
        Ok(form)
    });
    checked.collect()
}

impl Form {
    fn check(&mut self, compiles: impl Fn(&str) -> Result<(), String>) -> Result<(), String> {
        if self.id.is_empty() || !self.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
            return Err("an id has lower-case letters, digits and dashes".into());
        }
        if self.keywords.is_empty() {
            return Err("it has no keywords; name what every match, or its key, contains".into());
        }
        if let Some(short) = self.keywords.iter().find(|k| k.len() < SHORTEST_KEYWORD) {
            return Err(format!("the keyword {short} is too short to look for; {SHORTEST_KEYWORD} bytes at least"));
        }
        if self.pattern.is_empty() == self.value.is_empty() {
            return Err("it needs either a pattern or a value".into());
        }
        if !CHECKS.contains(&&*self.check) {
            return Err(format!("there is no check {}; there are {}", self.check, CHECKS[1..].join(", ")));
        }
        if self.matches.is_empty() || self.ignores.is_empty() {
            return Err("it needs examples, both matches and ignores".into());
        }
        let unread = |e: String| format!("its pattern cannot be read: {e}");
        self.run = shape::run(&self.value).map_err(unread)?;
        compiles(if self.pattern.is_empty() { &self.value } else { &self.pattern }).map_err(unread)
    }

    /// The keywords, as they are looked for: in one case where the pattern is, in any where a key is written as people like.
    pub(super) fn words(&self) -> impl Iterator<Item = Word> + use<'_> {
        self.keywords.iter().map(|keyword| {
            let one_case = !self.needs_key() && !self.pattern.contains("(?i");
            let exact = one_case && (keyword.bytes().any(|b| b.is_ascii_uppercase()) || self.pattern.contains(&**keyword));
            Word { text: if exact { keyword.clone() } else { keyword.to_ascii_lowercase().into() }, exact }
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
        self.keywords.iter().map(|k| &**k).filter(move |k| (k.len() >= 5 || k.len() == 4 && k.ends_with('_')) && !COMMON.contains(k) && begins(k))
    }
}
