//! One self-contained page: ranked table with search, the lineage of each identity, findings and coverage. Its policy lets nothing be loaded,
//! and only its own script and style run.

use std::collections::BTreeMap;
use std::fmt::Write;

use base64::Engine;
use sha2::{Digest, Sha256};

mod picture;

use super::Style;
use super::markup::escape;
use super::text::{cut, place};
use crate::graph::{GraphNode, Lineage};
use crate::model::{Kind, NodeId, Ownership, Rank, Role};
use crate::query;

const CSS: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Lines of one section of a record.
const LINES: usize = 30;
/// Rows of findings and of coverage.
const ROWS: usize = 5_000;

/// The hash by which the policy knows the page's own script and style.
fn hash(text: &str) -> String {
    format!("'sha256-{}'", base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text.as_bytes())))
}

pub(super) fn write(lineage: &Lineage, _: &Style) -> String {
    let numbers: BTreeMap<&NodeId, usize> = lineage.ranking.iter().enumerate().map(|(i, r)| (&r.node, i)).collect();
    let mut out = String::from("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    let _ = writeln!(
        out,
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'\">",
        hash(SCRIPT),
        hash(CSS)
    );
    let _ = writeln!(
        out,
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Non-human identities</title>\n<style>{CSS}</style>\n</head>\n<body>"
    );
    out.push_str("<header><h1>Non-human identities</h1>\n<nav aria-label=\"Sections\"><a href=\"#ranked\">Ranked</a><a href=\"#agents\">Agents</a><a href=\"#owners\">Owners</a><a href=\"#findings\">Findings</a><a href=\"#lineage\">Lineage</a><a href=\"#coverage\">Coverage</a></nav></header>\n<main>\n");
    summary(lineage, &mut out);
    ranked(lineage, &mut out);
    agents(lineage, &numbers, &mut out);
    owners(lineage, &numbers, &mut out);
    findings(lineage, &numbers, &mut out);
    records(lineage, &mut out);
    coverage(lineage, &mut out);
    // A block of data is no script: nothing runs it.
    let _ = writeln!(out, "</main>\n<script type=\"application/json\" id=\"graph\">{}</script>", picture::data(lineage, &numbers));
    let _ = writeln!(out, "<script>{SCRIPT}</script>\n</body>\n</html>");
    out
}

fn summary(lineage: &Lineage, out: &mut String) {
    out.push_str("<section aria-label=\"Summary\"><dl>\n");
    for s in &lineage.sources {
        let _ = writeln!(out, "<dt>{}</dt><dd>{} files, {} commits</dd>", escape(&s.id), s.files, s.commits);
    }
    for (name, value) in &lineage.metrics {
        let _ = writeln!(out, "<dt>{}</dt><dd>{:.2}</dd>", escape(name), value);
    }
    out.push_str("</dl></section>\n");
}

/// Opens a table with these columns.
fn table(out: &mut String, id: &str, title: &str, columns: &[&str]) {
    let _ = writeln!(out, "<section id=\"{id}\"><h2>{title}</h2>");
    if id == "ranked" {
        out.push_str("<div class=\"filters\"><label>Search <input id=\"search\" type=\"search\"></label><label>Kind <select id=\"kind\"><option value=\"\">all</option><option>identity</option><option>credential</option><option>agent</option></select></label><label>Least blast radius <input id=\"least\" type=\"number\" min=\"0\" max=\"100\" value=\"0\"></label><output id=\"shown\" aria-live=\"polite\"></output></div>\n");
    }
    out.push_str("<table><thead><tr>");
    for column in columns {
        let _ = write!(out, "<th scope=\"col\">{column}</th>");
    }
    out.push_str("</tr></thead><tbody>\n");
}

const END: &str = "</tbody></table></section>\n";

fn owner(lineage: &Lineage, id: &str) -> String {
    lineage.party(id, Role::Owner).map_or_else(|| "unknown".to_owned(), |p| escape(&p.told()))
}

fn worst(lineage: &Lineage, r: &Rank) -> String {
    r.reach.first().map_or(String::new(), |x| escape(&format!("{} {}", x.level.name(), lineage.graph.node(&x.resource).map_or(&*x.resource, GraphNode::name))))
}

fn ranked(lineage: &Lineage, out: &mut String) {
    table(out, "ranked", "Ranked by blast radius", &["Blast", "Exposure", "Risk", "Trust debt", "Name", "Kind", "Environment", "Owner", "Worst reach"]);
    for (i, r) in lineage.ranking.iter().enumerate() {
        let Some(node) = lineage.graph.node(&r.node) else { continue };
        let _ = writeln!(
            out,
            "<tr data-kind=\"{}\" data-blast=\"{:.0}\"><td class=\"n\">{2:.0}</td><td class=\"n\">{3:.0}</td><td class=\"n\">{4:.0}</td><td class=\"n\">{5:.0}</td><td><a href=\"#n{i}\">{6}</a></td><td>{7}</td><td>{8}</td><td>{9}</td><td>{10}</td></tr>",
            node.key.kind.name(),
            r.blast.score,
            r.blast.score,
            r.exposure,
            r.risk,
            r.trust_debt,
            escape(&cut(node.name(), 120)),
            escape(&node.key.subtype),
            escape(node.env.as_deref().unwrap_or("")),
            owner(lineage, &r.node),
            worst(lineage, r)
        );
    }
    out.push_str(END);
}

/// The name of a node, as a link when it has a record on the page.
fn link(lineage: &Lineage, numbers: &BTreeMap<&NodeId, usize>, id: &NodeId) -> String {
    let name = escape(&cut(lineage.graph.node(id).map_or(id, GraphNode::name), 120));
    numbers.get(id).map_or(name.clone(), |i| format!("<a href=\"#n{i}\">{name}</a>"))
}

fn agents(lineage: &Lineage, numbers: &BTreeMap<&NodeId, usize>, out: &mut String) {
    table(out, "agents", "Agents", &["Agent", "Kind", "Sponsor", "Autonomy", "May call", "Can be triggered by"]);
    for node in lineage.graph.of_kind(Kind::Agent) {
        let names = |ids: Vec<&NodeId>| ids.into_iter().take(LINES).map(|id| link(lineage, numbers, id)).collect::<Vec<_>>().join(", ");
        let calls = lineage.graph.out(node.id()).filter(|e| e.relation.name == "invokes").map(|e| &e.to).collect();
        let triggers = lineage.graph.ending_at(node.id()).filter(|e| e.relation.name == "can_trigger").map(|e| &e.from).collect();
        let _ = writeln!(
            out,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            link(lineage, numbers, node.id()),
            escape(&node.key.subtype),
            lineage.party(node.id(), Role::Sponsor).map_or_else(|| "none".to_owned(), |p| escape(&p.party)),
            node.attributes.get("autonomy").map_or(String::new(), |a| escape(&a.to_string())),
            names(calls),
            names(triggers)
        );
    }
    out.push_str(END);
}

fn owners(lineage: &Lineage, numbers: &BTreeMap<&NodeId, usize>, out: &mut String) {
    let mut owned: BTreeMap<String, Vec<&NodeId>> = BTreeMap::new();
    for r in &lineage.ranking {
        owned.entry(lineage.party(&r.node, Role::Owner).map_or_else(|| "nobody known".to_owned(), Ownership::told)).or_default().push(&r.node);
    }
    table(out, "owners", "Owners", &["Owner", "Count", "Answers for"]);
    for (party, ids) in owned {
        let names: Vec<String> = ids.iter().take(LINES).map(|id| link(lineage, numbers, id)).collect();
        let _ = writeln!(out, "<tr><td>{}</td><td class=\"n\">{}</td><td>{}</td></tr>", escape(&party), ids.len(), names.join(", "));
    }
    out.push_str(END);
}

fn findings(lineage: &Lineage, numbers: &BTreeMap<&NodeId, usize>, out: &mut String) {
    table(out, "findings", "Findings", &["Severity", "Check", "What", "Subject", "Where", "Fix"]);
    for f in lineage.findings.iter().take(ROWS) {
        let _ = writeln!(
            out,
            "<tr><td class=\"{0}\">{0}</td><td>{1}</td><td>{2}</td><td>{3}</td><td>{4}</td><td>{5}</td></tr>",
            f.severity.name(),
            f.check,
            escape(&f.message),
            link(lineage, numbers, &f.subject),
            f.at.as_ref().map_or(String::new(), |l| escape(&place(l))),
            escape(&f.fix)
        );
    }
    out.push_str(END);
}

fn records(lineage: &Lineage, out: &mut String) {
    out.push_str("<section id=\"lineage\"><h2>Lineage</h2>\n");
    let places = picture::numbers(lineage);
    for (i, r) in lineage.ranking.iter().enumerate() {
        let Some(node) = lineage.graph.node(&r.node) else { continue };
        let _ = writeln!(
            out,
            "<article id=\"n{i}\" data-node=\"{}\"><details><summary>{} <code>{}</code></summary><dl>",
            places[&r.node],
            escape(node.name()),
            escape(node.id())
        );
        for (title, lines) in query::record(lineage, node).sections() {
            let _ = write!(out, "<dt>{}</dt>", escape(title));
            for line in lines.iter().take(LINES) {
                let _ = write!(out, "<dd>{}</dd>", escape(line));
            }
            if lines.len() > LINES {
                let _ = write!(out, "<dd>and {} more</dd>", lines.len() - LINES);
            }
        }
        out.push_str("</dl></details></article>\n");
    }
    out.push_str("</section>\n");
}

fn coverage(lineage: &Lineage, out: &mut String) {
    table(out, "coverage", "Not, or not wholly, understood", &["Path", "Status", "Reason"]);
    for n in lineage.coverage.iter().take(ROWS) {
        let _ = writeln!(out, "<tr><td>{}</td><td>{}</td><td>{}</td></tr>", escape(&n.path), n.status.name(), escape(&n.reason));
    }
    out.push_str(END);
}
