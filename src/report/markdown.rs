//! The report as a comment on a change.

use std::fmt::Write;

use super::text::{cut, place};
use super::{Style, plain};
use crate::graph::Lineage;

/// Rows of each table.
const TOP: usize = 20;

/// Text that cannot start markup, a mention or a link.
pub(super) fn safe(text: &str) -> String {
    let mut out = String::new();
    for c in plain(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // A zero-length comment breaks a mention and is not shown.
            '@' => out.push_str("@<!-- -->"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '(' | ')' | '#' | '!' | '|' | '~' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// Whole numbers as such, others with two places.
fn measure(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

pub(super) fn write(lineage: &Lineage, _: &Style) -> String {
    let mut out = String::from("## Non-human identities\n\n");
    if lineage.findings.is_empty() {
        out.push_str("No findings.\n");
    } else {
        out.push_str("| severity | check | what | where |\n|---|---|---|---|\n");
        for f in lineage.findings.iter().take(TOP) {
            let at = f.at.as_ref().map_or(String::new(), place);
            let _ = writeln!(out, "| {} | {} | {} | {} |", f.severity.name(), f.check, safe(&cut(&f.message, 200)), safe(&at));
        }
        if lineage.findings.len() > TOP {
            let _ = writeln!(out, "\n… and {} more.", lineage.findings.len() - TOP);
        }
    }
    if !lineage.ranking.is_empty() {
        out.push_str("\n### Top by blast radius\n\n| B | E | R | identity | kind | reaches |\n|---|---|---|---|---|---|\n");
        for r in lineage.ranking.iter().take(TOP) {
            let Some(node) = lineage.graph.node(&r.node) else { continue };
            let reaches =
                r.reach.first().map_or(String::new(), |x| format!("{} {}", x.level.name(), lineage.graph.node(&x.resource).map_or(&*x.resource, |n| n.name())));
            let _ = writeln!(
                out,
                "| {:.0} | {:.0} | {:.0} | {} | {} | {} |",
                r.blast.score,
                r.exposure,
                r.risk,
                safe(&cut(node.name(), 80)),
                safe(&node.key.subtype),
                safe(&cut(&reaches, 80))
            );
        }
    }
    if !lineage.metrics.is_empty() {
        out.push_str("\n### Measures\n\n| measure | value |\n|---|---|\n");
        for (name, value) in &lineage.metrics {
            let _ = writeln!(out, "| {} | {} |", safe(&name.replace('_', " ")), measure(*value));
        }
    }
    if !lineage.coverage.is_empty() {
        let _ = writeln!(out, "\n{} places were not, or not wholly, understood.", lineage.coverage.len());
    }
    out
}
