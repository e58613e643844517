//! As Gitea and Forgejo read it: regular expressions over the whole path, and every line that matches has a say.

use regex::{Regex, RegexBuilder};

use super::super::party::Forge;
use super::{Entry, Owned, words};

/// Compiled size of one expression: what is scanned is hostile.
const MAX_EXPRESSION: usize = 128 << 10;
/// Lines that are read.
const MAX_LINES: usize = 500;

pub(super) struct Rules {
    lines: Vec<Line>,
}

struct Line {
    expression: Regex,
    negated: bool,
    catch_all: bool,
    parties: Vec<String>,
    number: u32,
}

impl Rules {
    pub(super) fn parse(text: &str) -> Self {
        Rules { lines: text.lines().enumerate().filter_map(|(i, line)| parse_line(line, i as u32 + 1)).take(MAX_LINES).collect() }
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.lines.iter().map(|l| Entry { pattern: l.expression.as_str(), parties: &l.parties, line: l.number })
    }

    pub(super) fn owners_of(&self, path: &str) -> Vec<Owned> {
        self.lines
            .iter()
            .filter(|l| l.expression.is_match(path) != l.negated)
            .map(|l| Owned { parties: l.parties.clone(), line: l.number, catch_all: l.catch_all })
            .collect()
    }
}

fn parse_line(line: &str, number: u32) -> Option<Line> {
    let line = line.trim();
    if line.starts_with('#') {
        return None;
    }
    let comment = line.match_indices('#').map(|(i, _)| i).find(|i| line[..*i].ends_with(char::is_whitespace));
    let mut words = words(&line[..comment.unwrap_or(line.len())]).into_iter();
    let first = words.next()?;
    let (pattern, negated) = first.strip_prefix('!').map_or((first.as_str(), false), |p| (p, true));
    let expression = RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(MAX_EXPRESSION).build().ok()?;
    let parties = words.filter_map(|w| Forge::Gitea.party(&w)).collect();
    Some(Line { expression, negated, catch_all: pattern == ".*" && !negated, parties, number })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_fit_whole_paths_and_add_up() {
        let rules = Rules::parse(".*\\.go @gopher # why\n!docs/.* @acme/code\n(unclosed @x\ndocs/(a|b)\\.md @carol\n");
        let parties = |path: &str| rules.owners_of(path).into_iter().map(|o| o.parties.join(" ")).collect::<Vec<_>>().join(" | ");
        assert_eq!(parties("cmd/main.go"), "person:gt/gopher | team:gt/acme/code");
        assert_eq!(parties("docs/a.md"), "person:gt/carol");
        assert_eq!(parties("docs/a.mdx"), "");
    }
}
