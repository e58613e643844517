//! CODEOWNERS, by the rules of the forge that reads it.

mod bitbucket;
mod gitea;
mod github;
mod gitlab;

use std::sync::Arc;

use super::charter::Charter;
use super::party::Forge;
use crate::model::Location;

/// Larger files are ignored, as the forge does.
pub(super) const MAX_SIZE: usize = 3 * 1024 * 1024;

/// Where each forge looks for the file, in this order; the first one counts.
const PLACES: &[(Forge, &[&str])] = &[
    (Forge::GitHub, &[".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"]),
    (Forge::GitLab, &["CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"]),
    (Forge::Bitbucket, &[".bitbucket/CODEOWNERS"]),
    (Forge::Gitea, &["CODEOWNERS", "docs/CODEOWNERS", ".gitea/CODEOWNERS", ".forgejo/CODEOWNERS"]),
];

/// Whether some forge looks for its rules at this path.
pub(super) fn is_place(path: &str) -> bool {
    PLACES.iter().any(|(_, places)| places.contains(&path))
}

/// Every such path, each once.
pub(super) fn places() -> impl Iterator<Item = &'static str> {
    let all: std::collections::BTreeSet<&str> = PLACES.iter().flat_map(|(_, places)| places.iter().copied()).collect();
    all.into_iter()
}

/// Each forge and place in the order in which they count for a repository: the forge that its id names comes first.
fn order(host: Option<Forge>) -> impl Iterator<Item = (Forge, &'static str)> {
    // A mirror keeps the file of the forge that it comes from.
    let (own, others): (Vec<_>, Vec<_>) = PLACES.iter().partition(|(forge, _)| host == Some(*forge));
    own.into_iter().chain(others).flat_map(|(forge, places)| places.iter().map(move |place| (forge, *place)))
}

/// The places of a repository's rules; the first one that exists counts.
pub(super) fn places_of(repository: &str) -> impl Iterator<Item = &'static str> {
    order(Forge::of_repository(repository)).map(|(_, place)| place)
}

/// Who a file belongs to by one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owned {
    pub(super) parties: Vec<String>,
    pub(super) line: u32,
    /// The rule is for every file: it says less.
    pub(super) catch_all: bool,
}

/// One line with a pattern.
pub(super) struct Entry<'a> {
    pub(super) pattern: &'a str,
    pub(super) parties: &'a [String],
    pub(super) line: u32,
}

/// The rules of one repository.
pub(super) struct CodeOwners {
    rules: Rules,
    repository: Arc<str>,
    path: Arc<str>,
}

enum Rules {
    GitHub(github::Rules),
    GitLab(gitlab::Rules),
    Bitbucket(bitbucket::Rules),
    Gitea(gitea::Rules),
}

impl CodeOwners {
    /// The rules that count in a repository.
    pub(super) fn of<'a>(repository: &str, charters: impl Iterator<Item = &'a Charter> + Clone) -> Option<Self> {
        let host = Forge::of_repository(repository);
        for (forge, place) in order(host) {
            let Some(charter) = charters.clone().find(|c| &*c.path == place && c.text.len() <= MAX_SIZE) else { continue };
            let told_by_folder = place.starts_with('.');
            let forge = if told_by_folder || host.is_some() { forge } else { sniffed(&charter.text) };
            return Some(CodeOwners::parse(forge, charter));
        }
        None
    }

    pub(super) fn parse(forge: Forge, charter: &Charter) -> Self {
        let text = &charter.text;
        let rules = match forge {
            Forge::GitHub => Rules::GitHub(github::Rules::parse(text)),
            Forge::GitLab => Rules::GitLab(gitlab::Rules::parse(text)),
            Forge::Bitbucket => Rules::Bitbucket(bitbucket::Rules::parse(text)),
            Forge::Gitea => Rules::Gitea(gitea::Rules::parse(text)),
        };
        CodeOwners { rules, repository: charter.repository.clone(), path: charter.path.clone() }
    }

    /// Every rule that has a say about a file; none names nobody.
    pub(super) fn owners_of(&self, path: &str) -> Vec<Owned> {
        let mut owned = match &self.rules {
            Rules::GitHub(rules) => rules.owners_of(path).into_iter().collect(),
            Rules::GitLab(rules) => rules.owners_of(path),
            Rules::Bitbucket(rules) => rules.owners_of(path).into_iter().collect(),
            Rules::Gitea(rules) => rules.owners_of(path),
        };
        owned.retain(|o| !o.parties.is_empty());
        owned
    }

    /// Every line with a pattern, as the file has them.
    pub(super) fn entries(&self) -> Vec<Entry<'_>> {
        match &self.rules {
            Rules::GitHub(rules) => rules.entries().collect(),
            Rules::GitLab(rules) => rules.entries().collect(),
            Rules::Bitbucket(rules) => rules.entries().collect(),
            Rules::Gitea(rules) => rules.entries().collect(),
        }
    }

    /// A line of the file, as a place.
    pub(super) fn at(&self, line: u32) -> Location {
        Location { repository: self.repository.clone(), path: self.path.clone(), line, column: 1, end_line: line, revision: None }
    }
}

/// The dialect of a file at a place that several forges read, in a repository whose forge is not known.
fn sniffed(text: &str) -> Forge {
    let lines = || text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#'));
    let is_heading = |l: &str| (l.starts_with('[') || l.starts_with("^[")) && l.contains(']');
    let is_expression = |l: &str| l.split_whitespace().next().is_some_and(|p| p.contains(".*") || p.ends_with('$') || p.contains("\\."));
    match () {
        () if lines().any(is_heading) => Forge::GitLab,
        () if lines().any(|l| l.starts_with("@@@") || l.starts_with("CODEOWNERS.")) => Forge::Bitbucket,
        () if lines().next().is_some() && lines().filter(|l| is_expression(l)).count() * 2 > lines().count() => Forge::Gitea,
        () => Forge::GitHub,
    }
}

/// Words of a line; a backslash keeps the space behind it in the word.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(' ') => word.push(' '),
                Some('#') => word.push('#'),
                Some(other) => word.extend(['\\', other]),
                None => word.push('\\'),
            },
            c if c.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            c => word.push(c),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// `*` and `?` within one text.
pub(super) fn glob(pattern: &str, text: &str) -> bool {
    if !pattern.contains(['*', '?']) {
        return pattern == text;
    }
    let (p, t): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut i, mut j, mut star, mut mark) = (0, 0, None, 0);
    while j < t.len() {
        if i < p.len() && p[i] == '*' {
            star = Some(i);
            mark = j;
            i += 1;
        } else if i < p.len() && (p[i] == '?' || p[i] == t[j]) {
            i += 1;
            j += 1;
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

/// Whether segments of a path fit segments of a pattern; `**` stands for any number of them.
fn fits(pattern: &[&str], path: &[&str], segment: impl Fn(&str, &str) -> bool) -> bool {
    prefixes(pattern, path, segment)[path.len()]
}

/// For each number of segments of a path, whether so many fit a pattern. Linear in the product of both.
fn prefixes(pattern: &[&str], path: &[&str], segment: impl Fn(&str, &str) -> bool) -> Vec<bool> {
    // reachable[j]: the pattern so far fits the first j segments.
    let mut reachable = vec![false; path.len() + 1];
    reachable[0] = true;
    for p in pattern {
        let mut next = vec![false; path.len() + 1];
        if *p == "**" {
            let mut seen = false;
            for j in 0..=path.len() {
                seen |= reachable[j];
                next[j] = seen;
            }
        } else {
            for j in 0..path.len() {
                next[j + 1] = reachable[j] && segment(p, path[j]);
            }
        }
        reachable = next;
    }
    reachable
}
