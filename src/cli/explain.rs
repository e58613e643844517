//! `nhi explain`.

use anyhow::Result;
use clap::Args;

use super::{output, scan};
use crate::{audit, detect, report};

#[derive(Args)]
pub(crate) struct Explain {
    /// A check (LEAK-01), a detector rule (`nhi rules` lists them), or the fingerprint of a finding
    #[arg(value_name = "CHECK|RULE|FINDING")]
    what: String,

    #[command(flatten)]
    input: scan::Input,
}

impl Explain {
    pub(crate) fn run(self) -> Result<u8> {
        if let Some(text) = audit::explain(&self.what).or_else(|| detect::explain(&self.what)) {
            output::print(&text)?;
            return Ok(0);
        }
        // A fingerprint is hexadecimal; anything else is a slip, and no reason to scan.
        if self.what.len() >= 8 && self.what.chars().all(|c| c.is_ascii_hexdigit()) {
            let config = self.input.read_config()?;
            let lineage = self.input.scan(self.input.everything(&config), &config)?;
            if let Some(finding) = lineage.findings.iter().find(|f| f.fingerprint.starts_with(&self.what)) {
                output::print(&report::finding(&lineage, finding, &output::style(true)))?;
                if let Some(text) = audit::explain(finding.check) {
                    output::print("\n")?;
                    output::print(&text)?;
                }
                return Ok(0);
            }
        }
        anyhow::bail!("no check, rule or finding is called {}; `nhi checks` and `nhi rules` list what there is", report::plain(&self.what))
    }
}
