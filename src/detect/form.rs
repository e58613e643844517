//! How a file of rules is written, ours and those of users: the build and `--rules` read it with the same eyes.

use serde::{Deserialize, Serialize};

/// One file: what one provider hands out.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Provider {
    provider: String,
    rules: Vec<Form>,
}

/// One detector, as it is written down.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    pub id: String,
    pub name: String,
    /// Credential type of the vocabulary.
    pub credential: String,
    #[serde(default)]
    pub provider: String,
    /// One of these must stand in the text: in the case that the pattern gives it, else in any.
    pub keywords: Vec<String>,
    /// The whole pattern, with the value as its first group; or nothing.
    #[serde(default)]
    pub pattern: String,
    /// The value alone, which must be assigned to a key that names a keyword; or nothing.
    #[serde(default)]
    pub value: String,
    /// How a match proves itself without the network, one of `CHECKS`; or nothing.
    #[serde(default)]
    pub check: String,
    /// The value is a public identifier, and may be shown.
    #[serde(default)]
    pub public: bool,
    /// Shapes of text in which the rule finds a value, and of text in which it finds none.
    pub matches: Vec<String>,
    pub ignores: Vec<String>,
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
    fn check(&self, compiles: impl Fn(&str) -> Result<(), String>) -> Result<(), String> {
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
        if !CHECKS.contains(&self.check.as_str()) {
            return Err(format!("there is no check {}; there are {}", self.check, CHECKS[1..].join(", ")));
        }
        if self.matches.is_empty() || self.ignores.is_empty() {
            return Err("it needs examples, both matches and ignores".into());
        }
        compiles(if self.pattern.is_empty() { &self.value } else { &self.pattern }).map_err(|e| format!("its pattern cannot be read: {e}"))
    }
}
