//! As GitHub reads it: the last line that matches decides, wholly; a line that GitHub cannot read is skipped.

use super::super::party::{Forge, is_address};
use super::{Entry, Owned, glob, prefixes, words};

pub(super) struct Rules {
    lines: Vec<Line>,
}

struct Line {
    pattern: String,
    parties: Vec<String>,
    number: u32,
}

impl Rules {
    pub(super) fn parse(text: &str) -> Self {
        Rules { lines: text.lines().enumerate().filter_map(|(i, line)| parse_line(line, i as u32 + 1)).collect() }
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.lines.iter().map(|l| Entry { pattern: &l.pattern, parties: &l.parties, line: l.number })
    }

    /// The last matching line; one without owners says that nobody owns the file.
    pub(super) fn owners_of(&self, path: &str) -> Option<Owned> {
        let line = self.lines.iter().rev().find(|l| matches(&l.pattern, path))?;
        Some(Owned { parties: line.parties.clone(), line: line.number, catch_all: matches!(line.pattern.as_str(), "*" | "/**" | "**" | "/*") })
    }
}

fn parse_line(line: &str, number: u32) -> Option<Line> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let comment = line.match_indices('#').map(|(i, _)| i).find(|i| line[..*i].ends_with(char::is_whitespace));
    let mut words = words(&line[..comment.unwrap_or(line.len())]).into_iter();
    let pattern = words.next()?;
    // Negation, ranges and an escaped # are not understood.
    if pattern.starts_with('!') || pattern.contains(['[', ']']) || line.starts_with("\\#") {
        return None;
    }
    let owners: Vec<String> = words.collect();
    // One owner that cannot be one makes the line invalid.
    if !owners.iter().all(|o| is_owner(o)) {
        return None;
    }
    Some(Line { pattern, parties: owners.iter().filter_map(|o| Forge::GitHub.party(o)).collect(), number })
}

fn is_owner(word: &str) -> bool {
    let is_name = |n: &str| !n.is_empty() && n.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    match word.strip_prefix('@') {
        Some(handle) => match handle.split_once('/') {
            Some((organisation, team)) => is_name(organisation) && is_name(team),
            None => is_name(handle),
        },
        None => is_address(word),
    }
}

/// Whether a pattern covers a path: gitignore's meaning without negation and ranges; case counts.
pub(super) fn matches(pattern: &str, path: &str) -> bool {
    let anchored = pattern.trim_end_matches('/').contains('/');
    let folder_only = pattern.ends_with('/');
    let bare = pattern.trim_start_matches('/').trim_end_matches('/');
    if bare.is_empty() {
        return folder_only;
    }
    // Most patterns name a folder that most paths are not in.
    let literal = &bare[..bare.find(['*', '?', '\\']).unwrap_or(bare.len())];
    if anchored && !path.starts_with(literal) {
        return false;
    }
    let mut wanted: Vec<&str> = bare.split('/').collect();
    if !anchored {
        wanted.insert(0, "**");
    }
    let segments: Vec<&str> = path.split('/').collect();
    // `docs/*` covers direct children only; any other pattern covers everything below what it names.
    let children_only = wanted.last() == Some(&"*") && anchored;
    let last = segments.len() - usize::from(folder_only);
    let first = if children_only { segments.len() } else { 1 };
    let fitting = prefixes(&wanted, &segments, glob);
    (first..=last).any(|end| fitting[end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_the_forge_means() {
        for (pattern, path, covered) in [
            ("*", "a/b.rs", true),
            ("*.js", "a/b.js", true),
            ("*.js", "a/b.jsx", false),
            ("/docs/", "docs/a/b.md", true),
            ("/docs/", "x/docs/a.md", false),
            ("docs/", "x/docs/a.md", true),
            ("docs/*", "docs/a.md", true),
            ("docs/*", "docs/a/b.md", false),
            ("docs/*.md", "docs/a/b.md", false),
            ("docs/**", "docs/a/b.md", true),
            ("apps/", "x/apps/y", true),
            ("apps", "x/apps/y", true),
            ("/apps", "x/apps/y", false),
            ("/apps/github", "apps/github/x", true),
            ("apps/github", "x/apps/github/y", false),
            ("**/logs", "a/b/logs/c", true),
            ("**/logs", "logs", true),
            ("/a/**/z", "a/b/c/z", true),
            ("/a/**/z", "a/z", true),
            ("Docs/", "docs/a", false),
            ("/docs/", "docs", false),
            ("a?c", "abc", true),
        ] {
            assert_eq!(matches(pattern, path), covered, "{pattern} on {path}");
        }
        // Many stars cost no more than few.
        assert!(!matches(&"**/a/".repeat(300), &"a/".repeat(200)));
    }

    #[test]
    fn the_last_line_decides_and_an_empty_one_un_owns() {
        let rules = Rules::parse(
            "* @acme/all\n/infra/ @acme/platform c@example.org # why\n/infra/open/\n!x @y\n[ab] @y\n/infra/bad/ @acme/platform nobody\n/a\\ b/ @carol\n\\#x @y\n",
        );
        let parties = |path: &str| rules.owners_of(path).map(|o| o.parties.join(" ")).unwrap_or_default();
        assert_eq!(parties("infra/a.tf"), "team:gh/acme/platform person:c@example.org");
        assert_eq!(parties("infra/open/a.tf"), "");
        assert_eq!(parties("infra/bad/a.tf"), "team:gh/acme/platform person:c@example.org", "an invalid line is skipped");
        assert_eq!(parties("a b/x"), "person:gh/carol");
        assert_eq!(parties("x"), "team:gh/acme/all");
        assert!(rules.owners_of("src/a.rs").is_some_and(|o| o.catch_all));
    }
}
