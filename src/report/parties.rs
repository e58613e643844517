//! Who answers for what, and what hangs on one person: for people, and as JSON.

use std::fmt::Write;

use serde::Serialize;
use serde_json::{Value, json};

use super::text::place;
use super::{Style, plain};
use crate::model::{Ownership, Role, rfc3339};
use crate::query::{Answer, Held, Offboarding, Step};

/// Lines of one section that are shown to people; JSON has all.
const SHOWN: usize = 20;

/// A label in front of a line; none in front of those that follow.
fn line(out: &mut String, style: &Style, label: &str, text: &str) {
    let label = format!("{label:<12}");
    let label = if style.color { format!("\u{1b}[1m{label}\u{1b}[0m") } else { label };
    let _ = writeln!(out, "{label}{}", plain(text));
}

fn section(out: &mut String, style: &Style, label: &str, lines: &[String], otherwise: &str) {
    if lines.is_empty() {
        line(out, style, label, otherwise);
    }
    for (i, text) in lines.iter().take(SHOWN).enumerate() {
        line(out, style, if i == 0 { label } else { "" }, text);
    }
    if lines.len() > SHOWN {
        line(out, style, "", &format!("… and {} more", lines.len() - SHOWN));
    }
}

fn day(time: i64) -> String {
    rfc3339(time).chars().take(10).collect()
}

fn candidate(p: &Ownership) -> Vec<String> {
    let settled = if p.contested {
        "contested"
    } else if p.resolved {
        "settled"
    } else {
        "not settled"
    };
    let last = p.last_active.map_or(String::new(), |t| format!(", last active {}", day(t)));
    let mut lines = vec![format!("{}  {:.2}  {settled}, {}{last}", p.party, p.confidence, p.activity.name())];
    for signal in &p.signals {
        let about = crate::own::SIGNALS.iter().find(|s| s.name == signal.signal).map_or("", |s| s.about);
        let at = signal.at.as_ref().map_or(String::new(), |l| format!("  [{}]", place(l)));
        lines.push(format!("  {} .{:02.0}  {about}{at}", signal.signal, (signal.weight * 100.0).min(99.0)));
    }
    lines
}

/// Answers, one below the other.
pub fn answers(answers: &[Answer<'_>], style: &Style) -> String {
    let mut out = String::new();
    for (i, answer) in answers.iter().enumerate() {
        if i > 0 {
            out.push('\n');
        }
        let score = answer.blast.map_or(String::new(), |b| format!("   B {b:.0}  R {:.0}", answer.risk.unwrap_or(0.0)));
        let node = answer.node;
        line(&mut out, style, node.key.kind.name(), &format!("{} ({}){score}", node.name(), node.key.subtype));
        line(&mut out, style, "", node.id());
        for role in [Role::Owner, Role::Creator, Role::Sponsor] {
            let lines: Vec<String> = answer.of(role).flat_map(candidate).collect();
            if role != Role::Sponsor || !lines.is_empty() {
                section(&mut out, style, role.name(), &lines, "unknown");
            }
        }
        if answer.is_orphan() {
            line(&mut out, style, "orphan", "nobody is known to answer for it and to be still there");
        } else if answer.bus_factor == 1 {
            line(&mut out, style, "bus factor", "1: one owner is left");
        }
    }
    out
}

fn party(p: &Ownership) -> Value {
    json!({
        "role": p.role.name(), "party": plain(&p.party), "confidence": rounded(p.confidence), "tier": p.tier, "contested": p.contested,
        "resolved": p.resolved, "activity": p.activity.name(), "last_active": p.last_active.map(rfc3339),
        "signals": p.signals.iter().map(|s| json!({
            "signal": s.signal, "weight": rounded(s.weight), "at": s.at.as_ref().map(|l| json!({ "path": plain(&l.path), "line": l.line })),
        })).collect::<Vec<_>>(),
    })
}

fn rounded(x: f64) -> f64 {
    (x * 1000.0).round() / 1000.0
}

fn written(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

/// The same as JSON: an array with an object for each thing.
pub fn answers_json(answers: &[Answer<'_>]) -> String {
    let all: Vec<Value> = answers
        .iter()
        .map(|a| {
            json!({
                "node": a.node.id().to_string(), "kind": a.node.key.kind.name(), "subtype": plain(&a.node.key.subtype), "name": plain(a.node.name()),
                "blast": a.blast.map(f64::round), "risk": a.risk.map(f64::round), "orphan": a.is_orphan(), "bus_factor": a.bus_factor,
                "parties": a.parties.iter().map(|p| party(p)).collect::<Vec<_>>(),
            })
        })
        .collect();
    written(&all)
}

fn held(h: &Held<'_>) -> String {
    let alone = if h.orphaned { "  nobody else" } else { "" };
    let next = h.successor.as_ref().map_or("  → nobody suggests itself".to_owned(), |s| format!("  → {} ({})", s.party, s.because));
    format!("{} ({})  B {:.0}  R {:.0}{alone}{next}", h.node.name(), h.node.key.subtype, h.blast, h.risk)
}

/// What hangs on one person.
pub fn offboarding(found: &Offboarding<'_>, threshold: f64, style: &Style) -> String {
    let mut out = String::new();
    let ids: Vec<String> = found.ids.iter().cloned().collect();
    let last = found.last_active.map_or("no commit of theirs was read".to_owned(), |t| format!("last active {}", day(t)));
    line(&mut out, style, "who", &format!("{}   {last}", ids.join(", ")));
    section(&mut out, style, "owns", &found.owns.iter().map(held).collect::<Vec<_>>(), "nothing");
    section(&mut out, style, "sponsors", &found.sponsors.iter().map(held).collect::<Vec<_>>(), "no agent");
    let named = |n: &&crate::graph::GraphNode| {
        let at = n.primary().map_or(String::new(), |l| format!("  [{}]", place(l)));
        format!("{} ({}){at}", n.name(), n.key.subtype)
    };
    section(&mut out, style, "knows", &found.knows.iter().map(named).collect::<Vec<_>>(), "no credential, as far as the history shows");
    section(&mut out, style, "lends", &found.lends.iter().map(named).collect::<Vec<_>>(), "no credential of their own to automation");
    let rules = found.approves.iter().map(|a| {
        let alone = if a.alone { "  (nobody else)" } else { "" };
        format!("{}{alone}  [{}]", a.rule.pattern, place(&a.rule.at))
    });
    section(&mut out, style, "approves", &rules.collect::<Vec<_>>(), "no path");
    let count = |risk: f64| found.owns.iter().filter(|h| h.orphaned && h.risk >= risk).count();
    let agents = found.sponsors.iter().filter(|h| h.orphaned).count();
    line(
        &mut out,
        style,
        "afterwards",
        &format!("orphaned {} (R ≥ {threshold:.0}: {}), agents without a sponsor {agents}", count(0.0), found.orphaned(threshold).count()),
    );
    out
}

/// The same as JSON.
pub fn offboarding_json(found: &Offboarding<'_>, threshold: f64, steps: &[Step]) -> String {
    let held = |h: &Held<'_>| {
        json!({
            "node": h.node.id().to_string(), "subtype": plain(&h.node.key.subtype), "name": plain(h.node.name()), "blast": h.blast.round(), "risk": h.risk.round(),
            "orphaned": h.orphaned, "successor": h.successor.as_ref().map(|s| json!({ "party": plain(&s.party), "because": plain(&s.because) })),
        })
    };
    let node = |n: &&crate::graph::GraphNode| json!({ "node": n.id().to_string(), "subtype": plain(&n.key.subtype), "name": plain(n.name()) });
    let rule =
        |a: &crate::query::Approves<'_>| json!({ "pattern": plain(&a.rule.pattern), "path": plain(&a.rule.at.path), "line": a.rule.at.line, "alone": a.alone });
    written(&json!({
        "ids": found.ids, "last_active": found.last_active.map(rfc3339),
        "owns": found.owns.iter().map(held).collect::<Vec<_>>(),
        "sponsors": found.sponsors.iter().map(held).collect::<Vec<_>>(),
        "knows": found.knows.iter().map(node).collect::<Vec<_>>(),
        "lends": found.lends.iter().map(node).collect::<Vec<_>>(),
        "approves": found.approves.iter().map(rule).collect::<Vec<_>>(),
        "threshold": threshold,
        "orphaned_above_threshold": found.orphaned(threshold).map(|h| h.node.id().to_string()).collect::<Vec<_>>(),
        "plan": steps.iter().map(step).collect::<Vec<_>>(),
    }))
}

fn step(s: &Step) -> Value {
    json!({ "action": s.action, "subject": plain(&s.subject), "detail": plain(&s.detail) })
}

/// The plan as YAML, for a ticket or a tool.
pub fn offboarding_plan(found: &Offboarding<'_>, steps: &[Step]) -> String {
    let plan = json!({ "version": 1, "leaves": found.ids, "steps": steps.iter().map(step).collect::<Vec<_>>() });
    serde_yaml::to_string(&plan).unwrap_or_default()
}
