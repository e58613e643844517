//! What each keyword is looked for on behalf of.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::form::Form;
use super::keywords::{Keywords, Word};

/// Words that make a key worth a look, lower case.
const TRIGGERS: &[&str] =
    &["pass", "pwd", "secret", "token", "key", "auth", "cred", "psw", "pasw", "pssw", "bindpw", "rootpw", "psk", "identified by", "pw:", "pw=", "pw "];

/// Who looks closer where a keyword stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Want {
    /// A rule, by its index.
    Rule(u32),
    /// The detector of keys that name a secret.
    Generic,
    /// The detector of passwords in addresses.
    Url,
}

/// The keywords of some rules and of the detectors that are no rules, and by keyword who wants it.
pub(super) struct Wanted {
    pub(super) keywords: Keywords,
    pub(super) by_keyword: Cow<'static, [Cow<'static, [Want]>]>,
}

impl Wanted {
    pub(super) fn new<'a>(forms: impl Iterator<Item = &'a Form>) -> Self {
        let mut words: BTreeMap<Word, Vec<Want>> = BTreeMap::new();
        for (i, form) in (0..).zip(forms) {
            for keyword in form.words() {
                words.entry(keyword).or_default().push(Want::Rule(i));
            }
        }
        let any_case = |text: &'static str| Word { text: text.into(), exact: false };
        for word in TRIGGERS {
            words.entry(any_case(word)).or_default().push(Want::Generic);
        }
        words.entry(any_case("://")).or_default().push(Want::Url);
        let (words, wants): (Vec<Word>, Vec<Cow<'static, [Want]>>) = words.into_iter().map(|(word, wants)| (word, wants.into())).unzip();
        Wanted { keywords: Keywords::new(words), by_keyword: wants.into() }
    }
}
