//! How a framework stands after a run, id by id: the checks that are mapped to it, which of them found something, and what no file can tell.

use std::fmt::Write;

use serde_json::json;

use crate::audit::{Standing, standing};
use crate::graph::Lineage;
use crate::model::Framework;

/// What limits every answer: a check that finds nothing in half of the files proves little.
fn limit(lineage: &Lineage) -> Option<String> {
    let missed = lineage.coverage.len();
    (missed > 0).then(|| format!("The scan is not complete ({missed} notes of coverage): what was not found may stand in what was not read."))
}

/// In a word or two.
fn verdict(s: &Standing) -> &'static str {
    if s.checks.is_empty() {
        "not assessable from files"
    } else if s.failed > 0 {
        "found"
    } else {
        // What was not found is not proved to be absent.
        "nothing found"
    }
}

pub fn framework_text(lineage: &Lineage, framework: Framework) -> String {
    let mut out = format!("{}\n\n", framework.title());
    if let Some(limit) = limit(lineage) {
        let _ = writeln!(out, "{limit}\n");
    }
    for s in standing(lineage, framework) {
        let title = if s.title.is_empty() { String::new() } else { format!("  {}", s.title) };
        let _ = writeln!(out, "{}{title}", s.id);
        if s.checks.is_empty() {
            let _ = writeln!(out, "    not assessable from files: {}", s.not_assessable);
            continue;
        }
        let _ = writeln!(out, "    {}: {} of {} checks found something, {} findings", verdict(&s), s.failed, s.checks.len(), s.findings);
        let _ = writeln!(out, "    {}", s.checks.join(" "));
    }
    out
}

pub fn framework_markdown(lineage: &Lineage, framework: Framework) -> String {
    let mut out = format!("## {}\n\n", framework.title());
    if let Some(limit) = limit(lineage) {
        let _ = writeln!(out, "{limit}\n");
    }
    out.push_str("| id | | stands | checks that found something | findings | checks |\n|---|---|---|---|---|---|\n");
    for s in standing(lineage, framework) {
        let how = if s.checks.is_empty() { format!("not assessable from files: {}", s.not_assessable) } else { verdict(&s).to_owned() };
        let _ = writeln!(out, "| {} | {} | {how} | {} of {} | {} | {} |", s.id, s.title, s.failed, s.checks.len(), s.findings, s.checks.join(" "));
    }
    out
}

pub fn framework_json(lineage: &Lineage, framework: Framework) -> String {
    let ids: Vec<_> = standing(lineage, framework)
        .iter()
        .map(|s| {
            json!({
                "id": s.id, "title": s.title, "standing": verdict(s), "checks": s.checks, "passed": s.passed, "failed": s.failed, "findings": s.findings,
                "not_assessable": if s.checks.is_empty() { Some(s.not_assessable) } else { None },
            })
        })
        .collect();
    let report = json!({ "framework": framework.name(), "title": framework.title(), "coverage_notes": lineage.coverage.len(), "ids": ids });
    serde_json::to_string_pretty(&report).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_framework_says_what_passes_and_what_files_cannot_tell() {
        let lineage = Lineage::default();
        let text = framework_text(&lineage, Framework::Csf);
        assert!(text.contains("PR.AA-06  physical access\n    not assessable from files: doors"), "{text}");
        assert!(text.contains("PR.AA-05") && text.contains("nothing found: 0 of "));
        let json: serde_json::Value = serde_json::from_str(&framework_json(&lineage, Framework::OwaspNhi)).expect("JSON");
        assert_eq!(json["ids"].as_array().map(Vec::len), Some(10));
        assert_eq!(json["ids"][0]["standing"], "nothing found");
        assert!(framework_markdown(&lineage, Framework::Llm).contains("| LLM04 |"));
    }
}
