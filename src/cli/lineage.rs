//! `nhi lineage`.

use anyhow::Result;
use clap::Args;

use super::{output, scan};
use crate::{query, report};

#[derive(Args)]
pub(crate) struct Lineage {
    /// Id of a node, or part of an id or name (`*` matches anything)
    #[arg(value_name = "ID|PATTERN")]
    pattern: String,

    #[command(flatten)]
    input: scan::Input,
}

impl Lineage {
    pub(crate) fn run(self) -> Result<u8> {
        let config = self.input.read_config()?;
        let lineage = self.input.scan(self.input.everything(&config), &config)?;
        let records = query::lineage(&lineage, &self.pattern);
        if records.is_empty() {
            output::complain(&format!("nothing matches {}; `nhi scan` lists what there is", report::plain(&self.pattern)));
            return Ok(1);
        }
        output::print(&report::records(&records, &output::style(true)))?;
        Ok(0)
    }
}
