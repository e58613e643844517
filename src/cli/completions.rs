//! `nhi completions SHELL`.

use anyhow::Result;
use clap::Args;
use clap_complete::Shell;

use super::output;

#[derive(Args)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self) -> Result<u8> {
        let mut bytes = Vec::new();
        clap_complete::generate(self.shell, &mut super::command(), "nhi", &mut bytes);
        output::print(&String::from_utf8_lossy(&bytes))?;
        Ok(0)
    }
}
