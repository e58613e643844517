//! The result of a run, turned into bytes. Nothing is decided here; what came from scanned files is neutralised for the medium.

mod json;
mod markdown;
mod record;
mod sarif;
mod table;
mod text;

use crate::graph::Lineage;

pub use json::schema;
pub use record::{finding, records};
pub use text::plain;

/// How wide and whether in colour.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Columns.
    pub width: usize,
    pub color: bool,
}

/// One output format.
pub struct Format {
    pub name: &'static str,
    pub about: &'static str,
    pub write: fn(&Lineage, &Style) -> String,
}

/// Every format. `--format`, its help and the completions come from this list.
pub const FORMATS: &[Format] = &[
    Format { name: "table", about: "for people, at a terminal", write: table::write },
    Format { name: "json", about: "the whole graph, nhi.lineage/1", write: json::write },
    Format { name: "sarif", about: "SARIF 2.1.0, for code scanning", write: sarif::write },
    Format { name: "markdown", about: "for a comment on a change", write: markdown::write },
];
