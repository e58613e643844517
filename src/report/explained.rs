//! One link of the graph, or one node with what makes its numbers, as text.

use std::fmt::Write;

use super::plain;
use super::text::place;
use crate::graph::{Edge, GraphNode, Lineage};

/// A link: what it states, how sure that is, where it stands, and what it follows from.
pub fn edge(lineage: &Lineage, e: &Edge) -> String {
    let name = |id: &str| plain(lineage.graph.node(id).map_or(id, |n| n.name()));
    let mut out = format!("{} {} {}\n", name(&e.from), e.relation.meaning, name(&e.to));
    let _ = writeln!(out, "from        {}\nto          {}", plain(&e.from), plain(&e.to));
    let _ = writeln!(out, "relation    {}", e.relation.name);
    let _ = writeln!(out, "certainty   {:.2} ({}, condition {})", e.certainty(), e.basis.name(), e.condition.name());
    for at in &e.at {
        let _ = writeln!(out, "stated      {}", place(at));
    }
    for (key, value) in &e.attributes {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let _ = writeln!(out, "{:<11} {}", plain(key), plain(&text));
    }
    for id in &e.via {
        if let Some(from) = lineage.graph.edges.get(id) {
            let _ = writeln!(out, "follows     {id}  {} {} {}", name(&from.from), from.relation.meaning, name(&from.to));
        }
    }
    out
}

/// A node: its numbers with the terms that make them, the way to the worst that it reaches, and what was found on it.
pub fn node(lineage: &Lineage, n: &GraphNode) -> String {
    let mut out = format!("{}  {} {}\n{}\n", plain(n.name()), n.key.kind.name(), plain(&n.key.subtype), plain(n.id()));
    for at in n.places().take(5) {
        let _ = writeln!(out, "at          {}", place(at));
    }
    match lineage.rank(n.id()) {
        Some(rank) => {
            let b = rank.blast;
            let _ = writeln!(
                out,
                "blast       {:.0} ({:.0}–{:.0})   exposure {:.0}   risk {:.0}   trust debt {:.0}",
                b.score, b.low, b.high, rank.exposure, rank.risk, rank.trust_debt
            );
            for f in &rank.factors {
                let _ = writeln!(out, "  {:<10}{:>6.2}  {}", f.factor, f.value, plain(&f.because));
            }
            for reached in rank.reach.iter().take(3) {
                let name = plain(lineage.graph.node(&reached.resource).map_or(&*reached.resource, |r| r.name()));
                let _ = writeln!(out, "reaches     {} at {} ({:.2})", name, reached.level.name(), reached.confidence);
                for hop in reached.path.iter().filter_map(|id| lineage.graph.edges.get(id)) {
                    let name = |id: &str| plain(lineage.graph.node(id).map_or(id, |n| n.name()));
                    let _ = writeln!(out, "  {}  {} {} {}", hop.id, name(&hop.from), hop.relation.meaning, name(&hop.to));
                }
            }
        }
        None => out.push_str("not ranked: only identities, credentials and agents are\n"),
    }
    for f in lineage.findings.iter().filter(|f| f.subject == *n.id()) {
        let _ = writeln!(out, "found       {} {}  {}", f.check, f.severity.name(), plain(&f.message));
    }
    out
}
