//! CODEOWNERS, as GitHub reads it: the last line that matches decides, wholly.

use std::sync::Arc;

use super::Repository;
use crate::git::BlobReader;
use crate::model::Location;

/// Where the file is looked for, in this order; the first one counts.
const PLACES: &[&str] = &[".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS", ".bitbucket/CODEOWNERS"];

/// Larger files are ignored, as the forge does.
const MAX_SIZE: usize = 3 * 1024 * 1024;

struct Line {
    pattern: String,
    owners: Vec<String>,
    number: u32,
}

/// The rules of one repository.
#[derive(Default)]
pub(super) struct CodeOwners {
    lines: Vec<Line>,
    repository: Option<Arc<str>>,
    path: Arc<str>,
}

/// The line that decides for a path.
pub(super) struct Owned {
    pub(super) owners: Vec<String>,
    pub(super) at: Location,
    pub(super) catch_all: bool,
}

impl CodeOwners {
    /// The rules in the newest version of the file.
    pub(super) fn of(repository: &Repository) -> Self {
        let work_tree = repository.root.clone();
        for place in PLACES {
            // A link out of the repository is not followed.
            let inside = |root: &std::path::PathBuf| root.join(place).canonicalize().ok().filter(|p| root.canonicalize().is_ok_and(|r| p.starts_with(r)));
            let text = match work_tree.as_ref().and_then(inside).map(std::fs::read) {
                Some(Ok(bytes)) => Some(bytes),
                _ => repository
                    .history
                    .versions_of(place)
                    .next_back()
                    .filter(|_| work_tree.is_none())
                    .and_then(|v| BlobReader::open(&repository.git_dir).ok()?.read(v.oid, MAX_SIZE).ok()),
            };
            if let Some(bytes) = text.filter(|b| b.len() <= MAX_SIZE) {
                return CodeOwners { lines: parse(&String::from_utf8_lossy(&bytes)), repository: Some(repository.id.clone()), path: (*place).into() };
            }
        }
        CodeOwners::default()
    }

    /// The last matching line, unless it names nobody.
    pub(super) fn owners_of(&self, path: &str) -> Option<Owned> {
        let line = self.lines.iter().rev().find(|l| matches(&l.pattern, path))?;
        if line.owners.is_empty() {
            return None;
        }
        let at =
            Location { repository: self.repository.clone()?, path: self.path.clone(), line: line.number, column: 1, end_line: line.number, revision: None };
        Some(Owned { owners: line.owners.clone(), at, catch_all: line.pattern == "*" })
    }
}

fn parse(text: &str) -> Vec<Line> {
    text.lines()
        .enumerate()
        .filter_map(|(i, line)| {
            let line = line.split(" #").next().unwrap_or(line).trim();
            if line.is_empty() || line.starts_with('#') || line.starts_with('[') || line.starts_with("^[") {
                return None;
            }
            let mut words = line.split_whitespace();
            let pattern = words.next()?.to_owned();
            // Negation and ranges are not understood by the forge: such a line is skipped.
            if pattern.starts_with('!') || pattern.contains('[') {
                return None;
            }
            let owners = words.filter(|w| w.contains('@')).map(party).collect();
            Some(Line { pattern, owners, number: i as u32 + 1 })
        })
        .collect()
}

fn party(word: &str) -> String {
    match word.strip_prefix('@') {
        Some(handle) if handle.contains('/') => format!("team:gh/{}", handle.to_ascii_lowercase()),
        Some(handle) => format!("person:gh/{}", handle.to_ascii_lowercase()),
        None => format!("person:{}", word.to_ascii_lowercase()),
    }
}

/// Whether a pattern covers a path: gitignore's meaning without negation; case counts.
fn matches(pattern: &str, path: &str) -> bool {
    let anchored = pattern.trim_end_matches('/').contains('/');
    let folder_only = pattern.ends_with('/');
    let bare = pattern.trim_start_matches('/').trim_end_matches('/');
    let segments: Vec<&str> = path.split('/').collect();
    let wanted: Vec<&str> = bare.split('/').collect();
    let starts = if anchored { 0..=0 } else { 0..=segments.len().saturating_sub(1) };
    for start in starts {
        for end in (start + 1..=segments.len()).rev() {
            let whole = end == segments.len();
            if folder_only && whole {
                continue;
            }
            // `docs/*` covers direct children only; a plain name covers everything below it.
            if !whole && wanted.last() == Some(&"*") && wanted.len() > 1 {
                continue;
            }
            if fits(&wanted, &segments[start..end]) {
                return true;
            }
        }
    }
    false
}

fn fits(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern.first(), path.first()) {
        (None, None) => true,
        (Some(&"**"), _) => (0..=path.len()).any(|i| fits(&pattern[1..], &path[i..])),
        (Some(p), Some(s)) => glob(p, s) && fits(&pattern[1..], &path[1..]),
        _ => false,
    }
}

/// `*` and `?` within one segment (or, given a whole id, within all of it).
pub(super) fn glob(pattern: &str, text: &str) -> bool {
    let (p, t): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut i, mut j, mut star, mut mark) = (0, 0, None, 0);
    while j < t.len() {
        if i < p.len() && (p[i] == '?' || p[i] == t[j]) {
            i += 1;
            j += 1;
        } else if i < p.len() && p[i] == '*' {
            star = Some(i);
            mark = j;
            i += 1;
        } else if let Some(s) = star {
            i = s + 1;
            mark += 1;
            j = mark;
        } else {
            return false;
        }
    }
    p[i..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_the_forge_means() {
        for (pattern, path, covered) in [
            ("*", "a/b.rs", true),
            ("*.js", "a/b.js", true),
            ("/docs/", "docs/a/b.md", true),
            ("/docs/", "x/docs/a.md", false),
            ("docs/*", "docs/a.md", true),
            ("docs/*", "docs/a/b.md", false),
            ("apps/", "x/apps/y", true),
            ("/apps/github", "apps/github/x", true),
            ("**/logs", "a/b/logs/c", true),
            ("/a/**/z", "a/b/c/z", true),
            ("Docs/", "docs/a", false),
        ] {
            assert_eq!(matches(pattern, path), covered, "{pattern} on {path}");
        }
    }

    #[test]
    fn the_last_line_decides_and_an_empty_one_un_owns() {
        let rules = CodeOwners {
            lines: parse("* @acme/all\n/infra/ @acme/platform c@example.org # why\n/infra/open/\n!x @y\n"),
            repository: Some("repo:r".into()),
            path: "CODEOWNERS".into(),
        };
        assert_eq!(rules.owners_of("infra/a.tf").map(|o| o.owners), Some(vec!["team:gh/acme/platform".to_owned(), "person:c@example.org".to_owned()]));
        assert!(rules.owners_of("infra/open/a.tf").is_none());
        assert!(rules.owners_of("src/a.rs").is_some_and(|o| o.catch_all));
    }
}
