//! A vendor's format, as `rules/` states it.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};

use super::assigned;
use super::form::{self, Form};

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

impl Rule {
    pub(super) const fn new(form: Form) -> Self {
        Rule { form, compiled: OnceLock::new() }
    }
}

/// Most a compiled pattern may take, in bytes.
const LARGEST: usize = 8 << 20;

/// Reads rules of a user. Errors name the entry.
pub(super) fn read(text: &str) -> Result<Vec<Rule>, String> {
    let compiles = |pattern: &str| {
        let regex = RegexBuilder::new(pattern).unicode(false).size_limit(LARGEST).build().map_err(|e| e.to_string().replace('\n', " "))?;
        if regex.is_match(b"") { Err("it matches where nothing stands".to_owned()) } else { Ok(()) }
    };
    Ok(form::read(text, compiles)?.into_iter().map(Rule::new).collect())
}

impl Rule {
    /// Whether it stands for many services, whose keys have no shape of their own: then the keyword says whose the value is.
    pub(super) fn any_shape(&self) -> bool {
        self.provider == "various"
    }

    /// The value in `text`: of the whole pattern anywhere, of a value that must be assigned to a key behind what assigns it, right behind the keyword.
    pub(super) fn find(&self, text: &[u8]) -> Option<Range<usize>> {
        let first_group = |at: usize| {
            let captures = self.regex()?.captures(&text[at..])?;
            let group = captures.iter().skip(1).flatten().next().or_else(|| captures.get(0))?;
            Some(at + group.start()..at + group.end())
        };
        if !self.needs_key() {
            return first_group(0);
        }
        let mut found = None;
        assigned::places(text, self.run, |at| {
            found = first_group(at);
            found.is_some()
        });
        found
    }

    /// The pattern, compiled when first needed: most runs need few.
    fn regex(&self) -> Option<&Regex> {
        self.compiled
            .get_or_init(|| {
                let assigned = || format!(r#"^({})(?:["'`<\s;,)\]}}&]|$)"#, self.value);
                let pattern = if self.needs_key() { Cow::from(assigned()) } else { self.pattern.clone() };
                RegexBuilder::new(&pattern).unicode(false).size_limit(LARGEST).build().ok()
            })
            .as_ref()
    }

    /// How far around a keyword the pattern may reach, in bytes.
    pub(super) fn window(&self) -> (usize, usize) {
        match &*self.check {
            "pem" => (64, 8300),
            "jwt" => (4, 6100),
            "jwk" => (3000, 3000),
            _ => (120, 460),
        }
    }
}
