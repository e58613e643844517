//! GraphML: the whole graph, for graph tools.

use std::fmt::Write;

use super::Style;
use super::markup::escape;
use crate::graph::Lineage;

const KEYS: &[(&str, &str, &str)] = &[
    ("kind", "node", "string"),
    ("subtype", "node", "string"),
    ("name", "node", "string"),
    ("env", "node", "string"),
    ("blast", "node", "double"),
    ("risk", "node", "double"),
    ("relation", "edge", "string"),
    ("confidence", "edge", "double"),
    ("derived", "edge", "boolean"),
];

pub(super) fn write(lineage: &Lineage, _: &Style) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n");
    for (name, of, kind) in KEYS {
        let _ = writeln!(out, "  <key id=\"{name}\" for=\"{of}\" attr.name=\"{name}\" attr.type=\"{kind}\"/>");
    }
    out.push_str("  <graph id=\"nhi\" edgedefault=\"directed\">\n");
    let ranks: std::collections::BTreeMap<_, _> = lineage.ranking.iter().map(|r| (&r.node, r)).collect();
    for n in lineage.graph.nodes.values() {
        let _ = write!(out, "    <node id=\"{}\">", escape(n.id()));
        for (key, value) in [("kind", n.key.kind.name()), ("subtype", &n.key.subtype), ("name", n.name()), ("env", n.env.as_deref().unwrap_or(""))] {
            if !value.is_empty() {
                let _ = write!(out, "<data key=\"{key}\">{}</data>", escape(value));
            }
        }
        if let Some(r) = ranks.get(n.id()) {
            let _ = write!(out, "<data key=\"blast\">{:.0}</data><data key=\"risk\">{:.0}</data>", r.blast.score, r.risk);
        }
        out.push_str("</node>\n");
    }
    for e in lineage.graph.edges.values() {
        let _ = writeln!(
            out,
            "    <edge id=\"{}\" source=\"{}\" target=\"{}\"><data key=\"relation\">{}</data><data key=\"confidence\">{:.3}</data><data key=\"derived\">{}</data></edge>",
            e.id,
            escape(&e.from),
            escape(&e.to),
            e.relation.name,
            e.certainty(),
            e.derived
        );
    }
    out + "  </graph>\n</graphml>\n"
}
