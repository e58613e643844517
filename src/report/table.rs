//! The report for people: what matters first, in the width of the terminal.

use std::collections::BTreeMap;
use std::fmt::Write;

use comfy_table::{Attribute, Cell, CellAlignment, Color, ContentArrangement, Table, presets};

use super::text::{cut, cut_start, place};
use super::{Style, plain};
use crate::graph::Lineage;
use crate::model::{Kind, Role, Severity};

/// Rows of the ranking shown; the JSON report has them all.
const TOP: usize = 15;
/// Findings shown.
const FINDINGS: usize = 25;

pub(super) fn write(lineage: &Lineage, style: &Style) -> String {
    let mut out = String::new();
    header(lineage, &mut out);
    ranking(lineage, style, &mut out);
    findings(lineage, style, &mut out);
    coverage(lineage, &mut out);
    out
}

fn header(lineage: &Lineage, out: &mut String) {
    for s in &lineage.sources {
        let _ = writeln!(out, "{}  {} files, {} commits, {} blobs of history", plain(s.id.trim_start_matches("repo:")), s.files, s.commits, s.blobs);
    }
    let count = |kind| lineage.graph.of_kind(kind).count();
    let _ = writeln!(
        out,
        "identities {} · credentials {} · locations {} · consumers {} · agents {} · tools {} · resources {}",
        count(Kind::Identity),
        count(Kind::Credential),
        count(Kind::Location),
        count(Kind::Consumer),
        count(Kind::Agent),
        count(Kind::Tool),
        count(Kind::Resource)
    );
    let share = |name: &str| lineage.metrics.get(name).map_or("–".to_owned(), |v| format!("{:.0} %", v * 100.0));
    let _ = writeln!(
        out,
        "lineage complete {} · owner {} · origin {} · storage {} · consumer {} · reach {}",
        share("lineage_complete"),
        share("with_owner"),
        share("with_origin"),
        share("with_storage"),
        share("with_consumer"),
        share("with_reach")
    );
    programme(lineage, out);
}

/// The figures by which a programme is measured; what nothing is known of is a dash.
fn programme(lineage: &Lineage, out: &mut String) {
    if !lineage.metrics.contains_key("trust_debt") {
        out.push('\n');
        return;
    }
    let share = |name: &str| lineage.metrics.get(name).map_or("–".to_owned(), |v| format!("{:.0} %", v * 100.0));
    let count = |name: &str| lineage.metrics.get(name).map_or("–".to_owned(), |v| format!("{v:.0}"));
    let _ = writeln!(
        out,
        "rotated in time {} · outside secret stores {} · revocable {} · federated {} · agents' share of reach {}\norphans {} · zombies {} · shadow {} · production within reach of injection {} · trust debt {} · short lifetimes would save {}\n",
        share("rotation_compliant"),
        share("outside_secret_managers"),
        share("revocable"),
        share("federated"),
        share("agent_reach"),
        count("orphans"),
        count("zombies"),
        count("shadow"),
        count("injection_reachable_prod"),
        count("trust_debt"),
        count("jit_benefit"),
    );
}

fn band(score: f64) -> Color {
    match score {
        s if s >= 80.0 => Color::Red,
        s if s >= 60.0 => Color::Yellow,
        s if s >= 35.0 => Color::Cyan,
        _ => Color::Reset,
    }
}

fn new_table(style: &Style) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(style.width.min(240) as u16);
    if style.color {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    table
}

fn ranking(lineage: &Lineage, style: &Style, out: &mut String) {
    if lineage.ranking.is_empty() {
        let _ = writeln!(out, "no identity, credential or agent was found in what was read");
        return;
    }
    let _ = writeln!(out, "Top by blast radius (B), with exposure (E), risk (R) and trust debt (TD)");
    let mut table = new_table(style);
    let heading = |t: &str| if style.color { Cell::new(t).add_attribute(Attribute::Bold) } else { Cell::new(t) };
    table.set_header(["B", "E", "R", "TD", "identity", "kind", "owner", "reaches", "where"].map(heading));
    // What the numbers and the gaps leave.
    let wide = style.width.saturating_sub(32).max(40);
    let mut shown = Vec::new();
    for rank in &lineage.ranking {
        let Some(node) = lineage.graph.node(&rank.node) else { continue };
        // Two ids of one thing are one row.
        let twin = |id: &str| {
            lineage.graph.out(id).chain(lineage.graph.ending_at(id)).any(|e| e.relation.name == "same_as" && (shown.contains(&e.from) || shown.contains(&e.to)))
        };
        if shown.len() == TOP {
            break;
        }
        if twin(&rank.node) {
            continue;
        }
        shown.push(rank.node.clone());
        let owner = lineage
            .party(&rank.node, Role::Owner)
            .map(|p| p.told().replacen("person:", "", 1).replacen("team:", "", 1))
            .or_else(|| lineage.party(&rank.node, Role::Creator).map(|p| format!("({})", p.party.trim_start_matches("person:"))))
            .unwrap_or_else(|| "unknown".into());
        let reaches = rank.reach.first().map_or("–".to_owned(), |r| {
            let name = lineage.graph.node(&r.resource).map_or(&*r.resource, |n| n.name());
            let more = rank.reach.len().saturating_sub(1);
            let tail = if more > 0 { format!(" +{more}") } else { String::new() };
            format!("{} {}{tail}", r.level.name(), name)
        });
        let number = |x: f64| {
            let cell = Cell::new(format!("{}", (x + 0.5).floor() as u8)).set_alignment(CellAlignment::Right);
            if style.color { cell.fg(band(x)) } else { cell }
        };
        table.add_row([
            number(rank.blast.score),
            number(rank.exposure),
            number(rank.risk),
            number(rank.trust_debt),
            Cell::new(cut(&plain(node.name()), wide * 26 / 100)),
            Cell::new(cut(&plain(&node.key.subtype), 14.max(wide * 14 / 100))),
            Cell::new(cut(&plain(&owner), wide * 17 / 100)),
            Cell::new(cut(&plain(&reaches), wide * 22 / 100)),
            Cell::new(cut_start(&node.primary().map_or(String::new(), place), wide * 21 / 100)),
        ]);
    }
    let _ = writeln!(out, "{table}");
    if lineage.ranking.len() > TOP {
        let _ = writeln!(out, "  … and {} more", lineage.ranking.len() - TOP);
    }
}

fn findings(lineage: &Lineage, style: &Style, out: &mut String) {
    let mut counts: BTreeMap<Severity, usize> = BTreeMap::new();
    for f in &lineage.findings {
        *counts.entry(f.severity).or_default() += 1;
    }
    let summary: Vec<String> = Severity::ALL.into_iter().map(|s| format!("{} {}", s.name(), counts.get(&s).copied().unwrap_or(0))).collect();
    let _ = writeln!(out, "\nFindings  {}", summary.join(" · "));
    let accepted = &lineage.accepted;
    if !accepted.findings.is_empty() || !accepted.expired.is_empty() || !accepted.stale.is_empty() {
        let (count, expired, stale) = (accepted.findings.len(), accepted.expired.len(), accepted.stale.len());
        let _ =
            writeln!(out, "Accepted  {count} · entries expired {expired}, stale {stale}{}", if expired + stale > 0 { " (nhi baseline --prune)" } else { "" });
    }
    let mut table = new_table(style);
    for f in lineage.findings.iter().take(FINDINGS) {
        let severity = Cell::new(f.severity.name());
        let color = match f.severity {
            Severity::Critical => Color::Red,
            Severity::High => Color::Yellow,
            Severity::Medium => Color::Cyan,
            Severity::Low | Severity::Info => Color::Reset,
        };
        table.add_row([
            if style.color { severity.fg(color) } else { severity },
            Cell::new(f.check),
            Cell::new(plain(&f.message)),
            Cell::new(f.at.as_ref().map_or(String::new(), place)),
        ]);
    }
    if !lineage.findings.is_empty() {
        let _ = writeln!(out, "{table}");
    }
    if lineage.findings.len() > FINDINGS {
        let _ = writeln!(out, "  … and {} more", lineage.findings.len() - FINDINGS);
    }
    if let (Some(finding), Some(top)) = (lineage.findings.first(), lineage.ranking.first()) {
        let name = lineage.graph.node(&top.node).map_or(&*top.node, |n| n.name());
        let _ = writeln!(out, "\nNext: nhi explain {} · nhi lineage '{}' · nhi scan --format json", finding.check, plain(name));
    }
}

fn coverage(lineage: &Lineage, out: &mut String) {
    if !lineage.unresolved.is_empty() {
        let _ =
            writeln!(out, "\nUnresolved  {} references could not be followed (nhi scan --format json lists them with their reasons)", lineage.unresolved.len());
    }
    if lineage.coverage.is_empty() {
        return;
    }
    let _ = writeln!(out, "\nCoverage  {} places were not, or not wholly, understood", lineage.coverage.len());
    for note in lineage.coverage.iter().take(8) {
        let path = if note.path.is_empty() { "(source)".to_owned() } else { plain(&note.path) };
        let _ = writeln!(out, "  {:<8} {path}: {}", note.status.name(), plain(&note.reason));
    }
    if lineage.coverage.len() > 8 {
        let _ = writeln!(out, "  … and {} more", lineage.coverage.len() - 8);
    }
}
