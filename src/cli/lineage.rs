//! `nhi lineage`.

use anyhow::Result;
use clap::Args;

use super::basis::Basis;
use super::output;
use crate::{query, report};

#[derive(Args)]
pub(crate) struct Lineage {
    /// Id of a node, or part of an id or name (`*` matches anything)
    #[arg(value_name = "ID|PATTERN")]
    pattern: String,

    #[command(flatten)]
    basis: Basis,
}

impl Lineage {
    pub(crate) fn run(self) -> Result<u8> {
        let lineage = self.basis.read()?;
        let records = query::lineage(&lineage, &self.pattern);
        if records.is_empty() {
            output::complain(&format!("nothing matches {}; `nhi scan` lists what there is", report::plain(&self.pattern)));
            return Ok(1);
        }
        output::print(&report::records(&records, &output::style(true)))?;
        Ok(0)
    }
}
