//! Cypher: statements that load the graph into a graph database, and may be run again.

use std::fmt::Write;

use super::{Style, plain};
use crate::graph::Lineage;

/// A string literal.
fn literal(text: &str) -> String {
    format!("'{}'", plain(text).replace('\\', "\\\\").replace('\'', "\\'"))
}

/// `coding-agent` kinds become labels: `Identity`.
fn camel(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or(String::new(), |c| c.to_ascii_uppercase().to_string() + letters.as_str())
}

pub(super) fn write(lineage: &Lineage, _: &Style) -> String {
    let mut out = String::from("CREATE CONSTRAINT nhi_id IF NOT EXISTS FOR (n:Nhi) REQUIRE n.id IS UNIQUE;\n");
    for n in lineage.graph.nodes.values() {
        let _ = write!(
            out,
            "MERGE (n:Nhi {{id: {}}}) SET n:{}, n.name = {}, n.subtype = {}",
            literal(n.id()),
            camel(n.key.kind.name()),
            literal(n.name()),
            literal(&n.key.subtype)
        );
        if let Some(env) = &n.env {
            let _ = write!(out, ", n.env = {}", literal(env));
        }
        out.push_str(";\n");
    }
    for r in &lineage.ranking {
        let _ = writeln!(
            out,
            "MATCH (n:Nhi {{id: {}}}) SET n.blast = {:.0}, n.exposure = {:.0}, n.risk = {:.0}, n.trust_debt = {:.0};",
            literal(&r.node),
            r.blast.score,
            r.exposure,
            r.risk,
            r.trust_debt
        );
    }
    for e in lineage.graph.edges.values() {
        let _ = writeln!(
            out,
            "MATCH (a:Nhi {{id: {}}}), (b:Nhi {{id: {}}}) MERGE (a)-[r:{} {{id: '{}'}}]->(b) SET r.confidence = {:.3}, r.derived = {};",
            literal(&e.from),
            literal(&e.to),
            e.relation.name.to_ascii_uppercase(),
            e.id,
            e.certainty(),
            e.derived
        );
    }
    out
}
