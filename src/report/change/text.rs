//! A change for people, at a terminal.

use std::fmt::Write;

use super::words::{by_subject, gate, hop, is_quiet, named, numbers, numbers_of, reaches, standing};
use super::{Style, Told};
use crate::graph::Lineage;
use crate::model::{Finding, Severity};
use crate::query::ReachChange;
use crate::report::plain;
use crate::report::text::{cut, place};

/// Subjects, and targets of one subject, that are told one by one.
const SUBJECTS: usize = 12;
const TARGETS: usize = 3;
/// Findings that are told one by one.
const FINDINGS: usize = 30;

pub(super) fn write(told: &Told<'_>, style: &Style) -> String {
    let (head, change) = (told.head, told.change);
    let mut out = String::new();
    let title = |out: &mut String, text: &str, count: usize| {
        let line = format!("{text} ({count})");
        let _ = if style.color { writeln!(out, "\u{1b}[1m{line}\u{1b}[0m") } else { writeln!(out, "{line}") };
    };
    if is_quiet(told) {
        out.push_str("Nothing in what was read changes who reaches what.\n");
    }
    if !change.new_reach.is_empty() {
        title(&mut out, "NEW REACH", change.new_reach.len());
        reach(&mut out, told, head, &change.new_reach, '+');
    }
    if !change.removed_reach.is_empty() {
        title(&mut out, "REMOVED REACH", change.removed_reach.len());
        reach(&mut out, told, told.base, &change.removed_reach, '-');
    }
    if !change.new_identities.is_empty() {
        title(&mut out, "NEW IDENTITIES", change.new_identities.len());
        for arrival in change.new_identities.iter().take(FINDINGS) {
            let at = head.graph.node(&arrival.node).and_then(|n| n.primary()).map_or(String::new(), |l| format!("  [{}]", place(l)));
            let _ = writeln!(out, " + {}{at}\n   {}", plain(&named(head, &arrival.node)), plain(&standing(head, arrival)));
        }
        more(&mut out, change.new_identities.len(), FINDINGS);
    }
    if !change.removed_identities.is_empty() {
        title(&mut out, "REMOVED IDENTITIES", change.removed_identities.len());
        for id in change.removed_identities.iter().take(FINDINGS) {
            let _ = writeln!(out, " - {}", plain(&named(told.base, id)));
        }
        more(&mut out, change.removed_identities.len(), FINDINGS);
    }
    if !change.weakened.is_empty() {
        title(&mut out, "CONTROLS WEAKENED", change.weakened.len());
        for w in &change.weakened {
            let at = w.at.as_ref().map_or(String::new(), |l| format!("  [{}]", place(l)));
            let _ = writeln!(out, " ! {}{at}", plain(&w.message));
        }
    }
    if !change.accepted.is_empty() {
        title(&mut out, "ACCEPTED BY THIS CHANGE", change.accepted.len());
        for entry in change.accepted.iter().take(FINDINGS) {
            let _ = writeln!(out, " ~ {}", plain(&entry.to_string()));
        }
        more(&mut out, change.accepted.len(), FINDINGS);
    }
    findings(&mut out, "NEW FINDINGS", '+', &change.new_findings, &title);
    findings(&mut out, "FIXED FINDINGS", '-', &change.fixed_findings, &title);
    let _ = writeln!(out, "{}", gate(told));
    for v in told.violations {
        let _ = writeln!(out, "  {}: {}", v.rule, plain(&v.message));
    }
    if !head.coverage.is_empty() {
        let _ = writeln!(out, "{} places were not, or not wholly, understood; what they hold is not compared.", head.coverage.len());
    }
    out
}

fn reach(out: &mut String, told: &Told<'_>, side: &Lineage, all: &[ReachChange], sign: char) {
    let groups = by_subject(all);
    for group in groups.iter().take(SUBJECTS) {
        for r in group.iter().take(TARGETS) {
            let _ = writeln!(out, " {sign} {} {}  {:.2}", plain(&named(side, &r.subject)), plain(&reaches(side, r)), r.confidence);
            let because = if r.because.is_empty() { &r.path } else { &r.because };
            for (i, edge) in because.iter().filter_map(|e| side.graph.edges.get(e)).enumerate() {
                let label = if i == 0 { "because" } else { "" };
                let _ = writeln!(out, "   {label:<8} {}", plain(&hop(side, edge)));
            }
        }
        if group.len() > TARGETS {
            let _ = writeln!(out, "   … and {} more", group.len() - TARGETS);
        }
        let subject = &group[0].subject;
        if let Some(line) = if sign == '+' { numbers_of(told, subject) } else { told.base.rank(subject).map(|r| numbers(None, r)) } {
            let _ = writeln!(out, "   {line}");
        }
    }
    more(out, groups.len(), SUBJECTS);
}

fn findings(out: &mut String, heading: &str, sign: char, all: &[Finding], title: &dyn Fn(&mut String, &str, usize)) {
    if all.is_empty() {
        return;
    }
    title(out, heading, all.len());
    for f in all.iter().take(FINDINGS) {
        let at = f.at.as_ref().map_or(String::new(), |l| format!("  [{}]", place(l)));
        let _ = writeln!(out, " {sign} {:<8} {:<8} {}{at}", f.severity.name(), f.check, plain(&cut(&f.message, 160)));
        if sign == '+' && f.severity >= Severity::High {
            let _ = writeln!(out, "            fix: {}", plain(&f.fix));
        }
    }
    more(out, all.len(), FINDINGS);
}

fn more(out: &mut String, all: usize, shown: usize) {
    if all > shown {
        let _ = writeln!(out, "   … and {} more (--format json has all)", all - shown);
    }
}
