//! Files that code keeps beside it and reads at run time: stores of keys, and what its name says is secret.

use super::language::Language;
use super::source::Source;
use super::unit::Unit;
use crate::model::{Key, Kind};

/// Endings of files that hold keys.
const KEYS: &[&str] = &[".p12", ".pfx", ".jks", ".keystore", ".pem", ".key", ".der", ".bcfks", ".ppk"];

/// Words in the name of a file that is said to hold something secret.
const WORDS: &[&str] = &["secret", "password", "credential", "token", "apikey", "api-key", "keys"];

/// Calls that read a file that is packed with the program.
const CALLS: &[&str] = &["getResourceAsStream", "getResource", "ClassPathResource", "ResourceUtils.getFile"];

/// Files of one file of code that are told.
const MAX_FILES: usize = 50;

pub(super) fn read(unit: &mut Unit<'_, '_>) {
    let source = unit.source;
    let path = &source.document.path;
    // The module keeps them apart from its code.
    let Some((module, _)) = path.split_once("src/main/").filter(|_| source.language == Language::Java) else { return };
    for (at, name) in named(source).into_iter().take(MAX_FILES) {
        let file = name.trim_start_matches("classpath:").trim_start_matches('/');
        let lower = file.to_ascii_lowercase();
        let short = lower.rsplit('/').next().unwrap_or(&lower);
        let plain = !file.is_empty() && file.len() <= 300 && short.contains('.') && !file.contains([' ', '$', '*', '{', ':', '\\']) && !file.contains("..");
        if !plain || !(KEYS.iter().any(|e| short.ends_with(e) && short.len() > e.len()) || WORDS.iter().any(|w| short.contains(w))) {
            continue;
        }
        let key = Key::new(Kind::Location, "file", format!("file:{}//{module}src/main/resources/{file}", source.document.repository_body()));
        let place = source.at(at);
        unit.reads(&key, file.rsplit('/').next().unwrap_or(file), "file", &place);
    }
}

/// Texts that name a file: stores of keys wherever they stand, others where they are read, or kept in a constant that says `FILE`.
fn named<'s>(source: &'s Source<'_>) -> Vec<(usize, &'s str)> {
    let read: Vec<usize> = source.calls.iter().filter(|c| CALLS.iter().any(|n| c.ends(n))).flat_map(|c| c.arguments.clone()).collect();
    let mut out = Vec::new();
    for index in 0..source.tokens.len() {
        let Some(text) = source.literal(index) else { continue };
        let lower = text.to_ascii_lowercase();
        let store = KEYS.iter().any(|e| lower.ends_with(e));
        let constant = || {
            let name = index.checked_sub(2).filter(|_| source.is(index - 1, "=")).and_then(|i| source.word(i));
            name.is_some_and(|n| n.to_ascii_uppercase().split('_').any(|s| s == "FILE" || s == "PATH"))
        };
        if store || read.contains(&index) || text.starts_with("classpath:") || constant() {
            out.push((index, text));
        }
    }
    out
}
