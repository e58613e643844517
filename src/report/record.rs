//! The record of one identity, and one finding, as text.

use std::fmt::Write;

use super::text::place;
use super::{Style, plain};
use crate::graph::Lineage;
use crate::model::Finding;
use crate::query::Record;

/// Records, one below the other.
pub fn records(records: &[Record], style: &Style) -> String {
    let mut out = String::new();
    for (i, record) in records.iter().enumerate() {
        if i > 0 {
            out.push('\n');
        }
        for (label, lines) in record.sections() {
            for (n, line) in lines.iter().enumerate() {
                let head = if n == 0 { label } else { "" };
                let head = if style.color { format!("\u{1b}[1m{head:<12}\u{1b}[0m") } else { format!("{head:<12}") };
                let _ = writeln!(out, "{head}{}", plain(line));
            }
        }
    }
    out
}

/// One finding with the hops of its path.
pub fn finding(lineage: &Lineage, f: &Finding, _: &Style) -> String {
    let mut out = format!("{} {}  {}\n", f.check, f.severity.name(), plain(&f.message));
    if let Some(at) = &f.at {
        let _ = writeln!(out, "at        {}", place(at));
    }
    for id in &f.path {
        if let Some(e) = lineage.graph.edges.get(id) {
            let name = |id: &str| lineage.graph.node(id).map_or(id.to_owned(), |n| n.name().to_owned());
            let at = e.at.iter().next().map_or(String::new(), |l| format!("  [{}]", place(l)));
            let _ = writeln!(out, "hop       {} {} {}{at}", plain(&name(&e.from)), e.relation.meaning, plain(&name(&e.to)));
        }
    }
    let _ = writeln!(out, "fix       {}", plain(&f.fix));
    out
}
