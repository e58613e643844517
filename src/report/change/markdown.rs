//! A change as a comment on it.

use std::fmt::Write;

use super::words::{by_subject, gate, hop, is_quiet, named, numbers_of, reaches, standing};
use super::{Style, Told};
use crate::report::markdown::safe;
use crate::report::text::{cut, place};

/// Rows of each part.
const TOP: usize = 15;
/// Targets of one subject.
const TARGETS: usize = 3;

pub(super) fn write(told: &Told<'_>, _: &Style) -> String {
    let (head, change) = (told.head, told.change);
    let mut out = format!("## Non-human identities: {}\n", gate(told));
    for v in told.violations.iter().take(TOP) {
        let _ = writeln!(out, "\n- `{}` {}", v.rule, safe(&cut(&v.message, 200)));
    }
    if is_quiet(told) {
        out.push_str("\nNothing in what was read changes who reaches what.\n");
    }
    for (title, side, all, sign) in [("New reach", head, &change.new_reach, "+"), ("Removed reach", told.base, &change.removed_reach, "−")] {
        if all.is_empty() {
            continue;
        }
        let groups = by_subject(all);
        let _ = writeln!(out, "\n### {title} ({})\n", all.len());
        for group in groups.iter().take(TOP) {
            for r in group.iter().take(TARGETS) {
                let _ = writeln!(
                    out,
                    "- {sign} **{}** {} (confidence {:.2})",
                    safe(&cut(&named(side, &r.subject), 80)),
                    safe(&cut(&reaches(side, r), 120)),
                    r.confidence
                );
                let because = if r.because.is_empty() { &r.path } else { &r.because };
                for edge in because.iter().filter_map(|e| side.graph.edges.get(e)) {
                    let _ = writeln!(out, "  - {}", safe(&cut(&hop(side, edge), 200)));
                }
            }
            if group.len() > TARGETS {
                let _ = writeln!(out, "  - … and {} more", group.len() - TARGETS);
            }
            if let Some(numbers) = numbers_of(told, &group[0].subject).filter(|_| sign == "+") {
                let _ = writeln!(out, "  - {numbers}");
            }
        }
        more(&mut out, groups.len());
    }
    if !change.new_identities.is_empty() {
        let _ = writeln!(out, "\n### New identities ({})\n", change.new_identities.len());
        for a in change.new_identities.iter().take(TOP) {
            let _ = writeln!(out, "- **{}**: {}", safe(&cut(&named(head, &a.node), 80)), safe(&standing(head, a)));
        }
        more(&mut out, change.new_identities.len());
    }
    if !change.weakened.is_empty() {
        let _ = writeln!(out, "\n### Controls weakened ({})\n", change.weakened.len());
        for w in change.weakened.iter().take(TOP) {
            let _ = writeln!(out, "- {}", safe(&cut(&w.message, 200)));
        }
        more(&mut out, change.weakened.len());
    }
    if !change.accepted.is_empty() {
        let _ = writeln!(out, "\n### Accepted by this change ({})\n", change.accepted.len());
        for entry in change.accepted.iter().take(TOP) {
            let _ = writeln!(out, "- {}", safe(&cut(&entry.to_string(), 200)));
        }
        more(&mut out, change.accepted.len());
    }
    if !change.new_findings.is_empty() {
        let _ = writeln!(out, "\n### New findings ({})\n\n| severity | check | what | where |\n|---|---|---|---|", change.new_findings.len());
        for f in change.new_findings.iter().take(TOP) {
            let at = f.at.as_ref().map_or(String::new(), place);
            let _ = writeln!(out, "| {} | {} | {} | {} |", f.severity.name(), f.check, safe(&cut(&f.message, 200)), safe(&at));
        }
        more(&mut out, change.new_findings.len());
    }
    if !change.fixed_findings.is_empty() {
        let _ = writeln!(out, "\n{} findings are fixed.", change.fixed_findings.len());
    }
    if !head.coverage.is_empty() {
        let _ = writeln!(out, "\n{} places were not, or not wholly, understood; what they hold is not compared.", head.coverage.len());
    }
    out
}

fn more(out: &mut String, all: usize) {
    if all > TOP {
        let _ = writeln!(out, "\n… and {} more.", all - TOP);
    }
}
