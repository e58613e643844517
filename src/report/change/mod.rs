//! What a change gives away, turned into bytes.

mod json;
mod markdown;
mod text;
mod words;

use super::{Style, github, sarif};
use crate::graph::Lineage;
use crate::query::{Change, Violation};

pub use json::schema as change_schema;

/// Everything that a report of a change says.
pub struct Told<'a> {
    pub base: &'a Lineage,
    pub head: &'a Lineage,
    pub change: &'a Change,
    pub violations: &'a [Violation],
}

/// One output format of a change.
pub struct ChangeFormat {
    pub name: &'static str,
    pub about: &'static str,
    pub write: fn(&Told<'_>, &Style) -> String,
}

/// Every format of `nhi diff`. `--format`, its help and the completions come from this list.
pub const CHANGE_FORMATS: &[ChangeFormat] = &[
    ChangeFormat { name: "text", about: "for people, at a terminal", write: text::write },
    ChangeFormat { name: "json", about: "nhi.diff/1", write: json::write },
    ChangeFormat { name: "markdown", about: "for a comment on a change", write: markdown::write },
    ChangeFormat { name: "sarif", about: "SARIF 2.1.0 of the new findings, for code scanning", write: |told, style| sarif::write(&only_new(told), style) },
    ChangeFormat { name: "github", about: "GitHub workflow annotations of the new findings", write: |told, style| github::write(&only_new(told), style) },
];

/// The state after the change, with those findings only that the change brings.
fn only_new(told: &Told<'_>) -> Lineage {
    Lineage { findings: told.change.new_findings.clone(), ..told.head.clone() }
}
