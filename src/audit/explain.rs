//! What is told of a check: why it is there, what it finds and lets be, and how to mend what it finds.

use std::fmt::Write;

use super::{CHECKS, Check};
use crate::model::Framework;

/// The stories that prove the checks, which are their examples too.
const STORIES: &[&str] = &[
    include_str!("../../testdata/audit/leak.md"),
    include_str!("../../testdata/audit/life.md"),
    include_str!("../../testdata/audit/own.md"),
    include_str!("../../testdata/audit/auth.md"),
    include_str!("../../testdata/audit/fed.md"),
    include_str!("../../testdata/audit/priv.md"),
    include_str!("../../testdata/audit/iso.md"),
    include_str!("../../testdata/audit/reuse.md"),
    include_str!("../../testdata/audit/hum.md"),
    include_str!("../../testdata/audit/tp.md"),
    include_str!("../../testdata/audit/ci.md"),
    include_str!("../../testdata/audit/agt.md"),
    include_str!("../../testdata/audit/gov.md"),
    include_str!("../../testdata/audit/lin.md"),
];

/// One example of a check: its title and the files that it is made of.
pub struct Example {
    pub title: &'static str,
    /// Path and text; values in `‹…›` stand for generated ones.
    pub files: Vec<(&'static str, &'static str)>,
}

/// Sections whose heading is `ID finds: …` or `ID lets be: …`.
fn examples(id: &str, kind: &str) -> Vec<Example> {
    let heading = format!("{id} {kind}: ");
    let sections = STORIES.iter().flat_map(|s| s.split("\n## ").skip(1));
    sections.filter_map(|s| s.strip_prefix(heading.as_str())).map(example).collect()
}

fn example(section: &'static str) -> Example {
    let (title, mut rest) = section.split_once('\n').unwrap_or((section, ""));
    let mut files = Vec::new();
    while let Some((_, after)) = rest.split_once("\n```") {
        let Some((info, body)) = after.split_once('\n') else { break };
        let Some((text, left)) = body.split_once("\n```").or_else(|| body.strip_prefix("```").map(|left| ("", left))) else { break };
        match info.split_whitespace().nth(1) {
            Some(path) => files.push((path, text)),
            None if info == "git" => files.push(("the history, commit by commit", text)),
            None => {}
        }
        rest = left;
    }
    Example { title, files }
}

impl Check {
    /// What it finds.
    pub fn finds(&self) -> Vec<Example> {
        examples(self.id, "finds")
    }

    /// What it lets be.
    pub fn lets_be(&self) -> Vec<Example> {
        examples(self.id, "lets be")
    }
}

/// The text of `nhi explain CHECK`; nothing when no check has that id.
pub fn explain(id: &str) -> Option<String> {
    let check = CHECKS.iter().find(|c| c.id.eq_ignore_ascii_case(id))?;
    let mut out = format!(
        "{}  {}\n\nseverity    {} (raised by risk and crown jewels; lowered in tests, documentation and examples, when uncertain, and at little risk)\n",
        check.id,
        check.title,
        check.severity.name()
    );
    let _ = writeln!(out, "why         {}\nfix         {}\nframeworks", check.rationale, check.fix);
    for framework in Framework::ALL {
        let ids = check.frameworks.of(framework);
        if !ids.is_empty() {
            let _ = writeln!(out, "  {}  {}", framework.title(), ids.join(", "));
        }
    }
    for (kind, examples) in [("finds", check.finds()), ("lets be", check.lets_be())] {
        for example in examples {
            let _ = writeln!(out, "\n{kind}: {}", example.title);
            for (path, text) in &example.files {
                let _ = writeln!(out, "\n    {path}");
                for line in text.lines() {
                    let _ = writeln!(out, "    | {line}");
                }
            }
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_tells_what_it_finds_and_what_it_lets_be() {
        let mut silent = Vec::new();
        for check in CHECKS {
            for (kind, found) in [("finds", check.finds()), ("lets be", check.lets_be())] {
                if !found.iter().any(|e| !e.files.is_empty() && e.title.len() > 10) {
                    silent.push(format!("{} {kind}", check.id));
                }
            }
        }
        assert!(silent.is_empty(), "no example: {silent:?}");
    }

    #[test]
    fn an_example_is_a_title_with_files() {
        let section = "a key\n\nProse.\n\n```sh a/b.env\nX=1\n```\n\n```findings\nLEAK-01 high x\n```\n";
        let found = example(section);
        assert_eq!((found.title, found.files), ("a key", vec![("a/b.env", "X=1")]));
    }
}
