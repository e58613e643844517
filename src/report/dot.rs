//! Graphviz: the whole graph.

use std::fmt::Write;

use super::{Style, plain};
use crate::graph::Lineage;
use crate::model::Kind;

/// The inside of a quoted string.
fn quoted(text: &str) -> String {
    format!("\"{}\"", plain(text).replace('\\', "\\\\").replace('"', "\\\""))
}

fn shape(kind: Kind) -> &'static str {
    match kind {
        Kind::Identity => "ellipse",
        Kind::Agent => "doubleoctagon",
        Kind::Credential => "note",
        Kind::Location => "folder",
        Kind::Resource => "cylinder",
        Kind::Tool => "component",
        Kind::Party => "house",
        _ => "box",
    }
}

pub(super) fn write(lineage: &Lineage, _: &Style) -> String {
    let mut out = String::from("digraph nhi {\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n");
    for n in lineage.graph.nodes.values() {
        let _ = writeln!(out, "  {} [label={}, tooltip={}, shape={}];", quoted(n.id()), quoted(n.name()), quoted(&n.key.subtype), shape(n.key.kind));
    }
    for e in lineage.graph.edges.values() {
        let style = if e.derived { "dashed" } else { "solid" };
        let _ = writeln!(out, "  {} -> {} [label={}, style={style}];", quoted(&e.from), quoted(&e.to), quoted(e.relation.name));
    }
    out + "}\n"
}
