//! `nhi explain`.

use anyhow::Result;
use clap::Args;

use super::basis::Basis;
use super::output;
use crate::{audit, detect, report};

#[derive(Args)]
pub(crate) struct Explain {
    /// A check (LEAK-01), a detector rule (`nhi rules` lists them), the fingerprint of a finding, or the id of a link or node of the graph
    #[arg(value_name = "CHECK|RULE|FINDING|ID")]
    what: String,

    #[command(flatten)]
    basis: Basis,
}

impl Explain {
    pub(crate) fn run(self) -> Result<u8> {
        if let Some(text) = audit::explain(&self.what).or_else(|| detect::explain(&self.what)) {
            output::print(&text)?;
            return Ok(0);
        }
        // A fingerprint or the id of a link is hexadecimal, and the id of a node has its scheme; anything else is a slip, and no reason to scan.
        let hexadecimal = self.what.len() >= 8 && self.what.chars().all(|c| c.is_ascii_hexdigit());
        if hexadecimal || self.what.contains(':') {
            let lineage = self.basis.read()?;
            if let Some(finding) = lineage.findings.iter().find(|f| f.fingerprint.starts_with(&self.what)) {
                output::print(&report::finding(&lineage, finding, &output::style(true)))?;
                if let Some(text) = audit::explain(finding.check) {
                    output::print("\n")?;
                    output::print(&text)?;
                }
                return Ok(0);
            }
            let told = match (lineage.graph.edges.get(self.what.as_str()), lineage.graph.node(&self.what)) {
                (Some(edge), _) => Some(report::edge(&lineage, edge)),
                (_, Some(node)) => Some(report::node(&lineage, node)),
                _ => None,
            };
            if let Some(text) = told {
                output::print(&text)?;
                return Ok(0);
            }
        }
        anyhow::bail!("no check, rule, finding, link or node is called {}; `nhi checks` and `nhi rules` list what there is", report::plain(&self.what))
    }
}
