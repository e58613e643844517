//! The result of a run, turned into bytes. Nothing is decided here; what came from scanned files is neutralised for the medium.

mod brief;
mod change;
mod csv;
mod cyclonedx;
mod cypher;
mod dot;
mod explained;
mod frameworks;
mod github;
mod gitlab;
mod graphml;
mod html;
mod json;
mod junit;
mod markdown;
mod markup;
mod mermaid;
mod ocsf;
mod opengraph;
mod parties;
mod record;
mod sarif;
mod saved;
mod table;
mod text;

use crate::graph::Lineage;

pub use change::{CHANGE_FORMATS, Told, change_schema};
pub use explained::{edge, node};
pub use frameworks::{framework_json, framework_markdown, framework_text};
pub use json::schema;
pub use opengraph::opengraph_definition;
pub use parties::{answers, answers_json, offboarding, offboarding_json, offboarding_plan};
pub use record::{finding, records};
pub use saved::{Saved, read};
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
    Format { name: "brief", about: "findings and what to do now; nothing when there are none (the default of --staged)", write: brief::write },
    Format { name: "json", about: "the whole graph, nhi.lineage/1", write: json::write },
    Format { name: "sarif", about: "SARIF 2.1.0, for code scanning", write: sarif::write },
    Format { name: "markdown", about: "for a comment on a change", write: markdown::write },
    Format { name: "html", about: "one self-contained page, for people", write: html::write },
    Format { name: "csv", about: "one row an identity, for a spreadsheet", write: csv::write },
    Format { name: "junit", about: "JUnit XML, for test reports", write: junit::write },
    Format { name: "gitlab", about: "GitLab secret-detection report", write: gitlab::write },
    Format { name: "github", about: "GitHub workflow annotations", write: github::write },
    Format { name: "dot", about: "Graphviz", write: dot::write },
    Format { name: "mermaid", about: "the paths of greatest reach, as a flowchart", write: mermaid::write },
    Format { name: "graphml", about: "GraphML, for graph tools", write: graphml::write },
    Format { name: "cypher", about: "statements for a graph database", write: cypher::write },
    Format { name: "cyclonedx", about: "CycloneDX 1.6", write: cyclonedx::write },
    Format { name: "ocsf", about: "OCSF 1.8 events, one a line", write: ocsf::write },
    Format { name: "opengraph", about: "BloodHound OpenGraph", write: opengraph::write },
];

#[cfg(test)]
mod tests;
