//! As GitLab reads it: in each section the last line that matches decides, and every section has a say.

use std::collections::BTreeMap;

use super::super::party::Forge;
use super::{Entry, Owned, fits, words};

#[derive(Default)]
pub(super) struct Rules {
    sections: Vec<Section>,
}

#[derive(Default)]
struct Section {
    lines: Vec<Line>,
    /// Patterns that are out of the section for good.
    excluded: Vec<String>,
}

struct Line {
    pattern: String,
    parties: Vec<String>,
    number: u32,
}

impl Rules {
    pub(super) fn parse(text: &str) -> Self {
        let mut rules = Rules::default();
        // Sections of one name are one section; the one before the first heading has none.
        let mut by_name: BTreeMap<String, usize> = BTreeMap::new();
        let mut current = rules.section("", &mut by_name);
        let mut defaults: Vec<String> = Vec::new();
        for (i, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some((name, owners)) = heading(line) {
                current = rules.section(&name, &mut by_name);
                defaults = parties(&words(owners));
                continue;
            }
            let mut words = words(line);
            let pattern = words.remove(0);
            if let Some(excluded) = pattern.strip_prefix('!') {
                rules.sections[current].excluded.push(excluded.to_owned());
                continue;
            }
            // A line that names nobody has the owners of its section.
            let parties = if words.is_empty() { defaults.clone() } else { parties(&words) };
            rules.sections[current].lines.push(Line { pattern, parties, number: i as u32 + 1 });
        }
        rules
    }

    fn section(&mut self, name: &str, by_name: &mut BTreeMap<String, usize>) -> usize {
        *by_name.entry(name.to_lowercase()).or_insert_with(|| {
            self.sections.push(Section::default());
            self.sections.len() - 1
        })
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.sections.iter().flat_map(|s| &s.lines).map(|l| Entry { pattern: &l.pattern, parties: &l.parties, line: l.number })
    }

    pub(super) fn owners_of(&self, path: &str) -> Vec<Owned> {
        self.sections
            .iter()
            .filter(|s| !s.excluded.iter().any(|e| matches(e, path)))
            .filter_map(|s| s.lines.iter().rev().find(|l| matches(&l.pattern, path)))
            .map(|l| Owned { parties: l.parties.clone(), line: l.number, catch_all: matches!(l.pattern.as_str(), "*" | "/**" | "**" | "/**/*") })
            .collect()
    }
}

/// Name of a section and the owners behind its heading: `^[Name][2] @owner`.
fn heading(line: &str) -> Option<(String, &str)> {
    let body = line.strip_prefix('^').unwrap_or(line).strip_prefix('[')?;
    let (name, mut rest) = body.split_once(']')?;
    if name.trim().is_empty() {
        return None;
    }
    if let Some((approvals, behind)) = rest.strip_prefix('[').and_then(|r| r.split_once(']')) {
        if !approvals.chars().all(|c| c.is_ascii_digit()) {
            return None;
        }
        rest = behind;
    }
    Some((name.trim().to_owned(), rest))
}

fn parties(words: &[String]) -> Vec<String> {
    words.iter().filter_map(|w| Forge::GitLab.party(w)).collect()
}

/// A pattern without a leading `/` begins anywhere; one that ends in `/` means everything below; ranges are understood.
fn matches(pattern: &str, path: &str) -> bool {
    let anywhere = if pattern == "*" {
        "/**/*".to_owned()
    } else if pattern.starts_with('/') {
        pattern.to_owned()
    } else {
        format!("/**/{pattern}")
    };
    let whole = if anywhere.ends_with('/') { format!("{anywhere}**/*") } else { anywhere };
    let wanted: Vec<&str> = whole.trim_start_matches('/').split('/').collect();
    fits(&wanted, &path.split('/').collect::<Vec<_>>(), segment)
}

/// `*`, `?` and `[a-z]` within one segment.
fn segment(pattern: &str, text: &str) -> bool {
    if !pattern.contains('[') {
        return super::glob(pattern, text);
    }
    let tokens = tokens(pattern);
    let text: Vec<char> = text.chars().collect();
    let mut reachable = vec![false; text.len() + 1];
    reachable[0] = true;
    for token in &tokens {
        let mut next = vec![false; text.len() + 1];
        match token {
            Token::Any => {
                let mut seen = false;
                for j in 0..=text.len() {
                    seen |= reachable[j];
                    next[j] = seen;
                }
            }
            Token::One(set) => (0..text.len()).for_each(|j| next[j + 1] = reachable[j] && set.holds(text[j])),
        }
        reachable = next;
    }
    reachable[text.len()]
}

enum Token {
    Any,
    One(Set),
}

struct Set {
    negated: bool,
    /// Empty for any character.
    ranges: Vec<(char, char)>,
}

impl Set {
    fn holds(&self, c: char) -> bool {
        self.ranges.is_empty() || self.ranges.iter().any(|(a, b)| (*a..=*b).contains(&c)) != self.negated
    }
}

fn tokens(pattern: &str) -> Vec<Token> {
    let chars: Vec<char> = pattern.chars().collect();
    let mut out = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        let close = if chars[i] == '[' { chars[i + 1..].iter().skip(1).position(|c| *c == ']').map(|n| i + 2 + n) } else { None };
        match (chars[i], close) {
            ('*', _) => out.push(Token::Any),
            ('?', _) => out.push(Token::One(Set { negated: false, ranges: Vec::new() })),
            ('[', Some(close)) => {
                let mut inside = &chars[i + 1..close];
                let negated = matches!(inside.first(), Some('!' | '^'));
                inside = &inside[usize::from(negated)..];
                let mut ranges = Vec::new();
                while let Some(first) = inside.first() {
                    let range = inside.get(1) == Some(&'-') && inside.len() > 2;
                    ranges.push((*first, if range { inside[2] } else { *first }));
                    inside = &inside[if range { 3 } else { 1 }..];
                }
                out.push(Token::One(Set { negated, ranges }));
                i = close;
            }
            (c, _) => out.push(Token::One(Set { negated: false, ranges: vec![(c, c)] })),
        }
        i += 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_the_forge_means() {
        for (pattern, path, covered) in [
            ("*", "a/b.rs", true),
            ("*.md", "a/b.md", true),
            ("/*.md", "a/b.md", false),
            ("/docs/", "docs/a/b.md", true),
            ("docs/", "x/docs/a/b.md", true),
            ("/docs", "docs/a.md", false),
            ("/docs/*", "docs/a.md", true),
            ("/docs/*", "docs/a/b.md", false),
            ("/docs/**/*.md", "docs/a/b.md", true),
            ("internal/README.md", "x/internal/README.md", true),
            ("/file[0-9].rb", "file7.rb", true),
            ("/file[!0-9].rb", "file7.rb", false),
            ("/file[.rb", "file[.rb", true),
        ] {
            assert_eq!(matches(pattern, path), covered, "{pattern} on {path}");
        }
    }

    #[test]
    fn every_section_has_a_say_and_within_it_the_last_line() {
        let rules = Rules::parse(
            "* @acme/all # not a comment\n/src/ @carol\n\n[Docs][2] @acme/writers\n*.md\n!/src/private.md\n\n^[Security] @acme/security\n/src/ @dave\n[DOCS]\n/src/guide.md @erin\n[Open]\n/src/x.md\n",
        );
        let parties = |path: &str| rules.owners_of(path).into_iter().map(|o| o.parties.join(" ")).collect::<Vec<_>>().join(" | ");
        assert_eq!(parties("a.md"), "team:gl/acme/all | team:gl/acme/writers");
        assert_eq!(parties("src/guide.md"), "person:gl/carol | person:gl/erin | person:gl/dave");
        assert_eq!(parties("src/private.md"), "person:gl/carol | person:gl/dave", "excluded for good");
        assert_eq!(parties("src/x.md"), "person:gl/carol | team:gl/acme/writers | person:gl/dave | ");
        assert_eq!(parties("README"), "team:gl/acme/all");
    }
}
