//! `nhi report`.

use anyhow::{Result, bail};
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, ValueEnum};

use super::basis::Basis;
use super::output;
use crate::model::Framework;
use crate::report;

#[derive(Args)]
pub(crate) struct Report {
    /// Whose ids the checks are sorted by
    #[arg(long, value_name = "FRAMEWORK", required = true, value_parser = PossibleValuesParser::new(Framework::ALL.map(|f| PossibleValue::new(f.name()).help(f.title()))))]
    framework: String,

    /// How to write it
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Form::Text)]
    format: Form,

    #[command(flatten)]
    basis: Basis,
}

#[derive(Clone, Copy, ValueEnum)]
enum Form {
    /// For people, at a terminal
    Text,
    /// For tools
    Json,
    /// For a page or a comment
    Markdown,
}

impl Report {
    pub(crate) fn run(self) -> Result<u8> {
        let Some(framework) = Framework::ALL.into_iter().find(|f| f.name() == self.framework) else { bail!("no framework is called {}", self.framework) };
        let lineage = self.basis.read()?;
        output::print(&match self.format {
            Form::Text => report::framework_text(&lineage, framework),
            Form::Json => report::framework_json(&lineage, framework),
            Form::Markdown => report::framework_markdown(&lineage, framework),
        })?;
        Ok(0)
    }
}
