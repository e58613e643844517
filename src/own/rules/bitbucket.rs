//! As Bitbucket reads it: the last line that matches decides; groups are defined in the file itself.

use std::collections::BTreeMap;

use super::super::party::Forge;
use super::github::matches;
use super::{Entry, Owned, words};

#[derive(Default)]
pub(super) struct Rules {
    lines: Vec<Line>,
}

struct Line {
    pattern: String,
    negated: bool,
    parties: Vec<String>,
    number: u32,
}

impl Rules {
    pub(super) fn parse(text: &str) -> Self {
        let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut rules = Rules::default();
        for (i, line) in text.lines().enumerate() {
            let line = line.trim();
            // Settings of the merge checks say nothing of owners.
            if line.is_empty() || line.starts_with('#') || line.starts_with("CODEOWNERS.") || line.starts_with("Check(") {
                continue;
            }
            let mut words = words(line);
            let first = words.remove(0);
            let parties: Vec<String> = words.iter().flat_map(|w| party(w, &groups)).collect();
            if let Some(group) = first.strip_prefix("@@@") {
                groups.insert(group.to_lowercase(), parties);
                continue;
            }
            let (pattern, negated) = first.strip_prefix('!').map_or((first.as_str(), false), |p| (p, true));
            rules.lines.push(Line { pattern: pattern.to_owned(), negated, parties, number: i as u32 + 1 });
        }
        rules
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.lines.iter().map(|l| Entry { pattern: &l.pattern, parties: &l.parties, line: l.number })
    }

    pub(super) fn owners_of(&self, path: &str) -> Option<Owned> {
        let line = self.lines.iter().rev().find(|l| matches(&l.pattern, path)).filter(|l| !l.negated)?;
        Some(Owned { parties: line.parties.clone(), line: line.number, catch_all: matches!(line.pattern.as_str(), "*" | "**") })
    }
}

/// `@@@group` of the file, `@@group` of the workspace, `@user`, or an address.
fn party(word: &str, groups: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    if let Some(group) = word.strip_prefix("@@@") {
        return groups.get(&group.to_lowercase()).cloned().unwrap_or_else(|| vec![format!("team:bb/{}", group.to_lowercase())]);
    }
    match word.strip_prefix("@@") {
        Some(group) => vec![format!("team:bb/{}", group.to_lowercase())],
        None => Forge::Bitbucket.party(word).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_defined_in_the_file_and_directives_are_none() {
        let rules = Rules::parse(
            "CODEOWNERS.destination_branch_pattern main\n@@@Devs @carol dave@example.org\n* @@@devs\n*.tf @@Platform\n!/docs/\nCheck(@@@Devs >= 2)\n",
        );
        let parties = |path: &str| rules.owners_of(path).map(|o| o.parties.join(" ")).unwrap_or_default();
        assert_eq!(parties("a.rs"), "person:bb/carol person:dave@example.org");
        assert_eq!(parties("infra/a.tf"), "team:bb/platform");
        assert_eq!(parties("docs/a.tf"), "");
    }
}
