//! Whether a change takes reviewers away from paths.

use std::collections::BTreeMap;

/// Each pattern of a CODEOWNERS file that names somebody, with the line and those it names. Headings of sections add their names to what follows only at
/// forges that have them, so they are kept as patterns of their own.
pub(super) fn rules(text: &str) -> BTreeMap<&str, (u32, Vec<&str>)> {
    let mut rules: BTreeMap<&str, (u32, Vec<&str>)> = BTreeMap::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.split(" #").next().unwrap_or_default().trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let mut words = line.split_whitespace();
        let Some(pattern) = words.next() else { continue };
        let owners: Vec<&str> = words.collect();
        // The last line of a pattern decides; without names it takes them away.
        rules.insert(pattern, (number as u32 + 1, owners));
    }
    rules.retain(|_, (_, owners)| !owners.is_empty());
    rules
}

/// Patterns that lost all their owners, with the line that named them.
pub(super) fn lost<'a>(before: &'a str, after: &str) -> Vec<(&'a str, u32, Vec<&'a str>)> {
    let kept = rules(after);
    rules(before).into_iter().filter(|(pattern, _)| !kept.contains_key(pattern)).map(|(pattern, (line, owners))| (pattern, line, owners)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_that_is_gone_or_names_nobody_is_lost_and_a_moved_one_is_not() {
        let before = "# who\n* @acme/all\n/.github/ @acme/sec # why\n/infra/ @acme/platform\n";
        assert_eq!(lost(before, "/infra/ @acme/platform @acme/sec\n* @acme/all\n/.github/\n"), vec![("/.github/", 3, vec!["@acme/sec"])]);
        assert!(lost(before, before).is_empty());
        assert_eq!(lost(before, "").len(), 3);
    }
}
