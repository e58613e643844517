//! `nhi checks`.

use anyhow::Result;
use clap::Args;

use super::output;
use crate::audit;

#[derive(Args)]
pub(crate) struct Checks {}

impl Checks {
    pub(crate) fn run(self) -> Result<u8> {
        let mut text = String::new();
        for check in audit::CHECKS {
            text.push_str(&format!("{:<9} {:<9} {}\n", check.id, check.severity.name(), check.title));
        }
        output::print(&text)?;
        Ok(0)
    }
}
