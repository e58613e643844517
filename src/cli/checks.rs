//! `nhi checks`.

use anyhow::Result;
use clap::{Args, ValueEnum};

use super::output;
use crate::audit;
use crate::model::Framework;

#[derive(Args)]
pub(crate) struct Checks {
    /// How to write the list
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Form::Text)]
    format: Form,
}

#[derive(Clone, Copy, ValueEnum)]
enum Form {
    Text,
    Json,
}

impl Checks {
    pub(crate) fn run(self) -> Result<u8> {
        let text = match self.format {
            Form::Text => audit::CHECKS.iter().map(|c| format!("{:<9} {:<9} {}\n", c.id, c.severity.name(), c.title)).collect(),
            Form::Json => json(),
        };
        output::print(&text)?;
        Ok(0)
    }
}

fn json() -> String {
    let told = |examples: Vec<audit::Example>| examples.iter().map(|e| e.title).collect::<Vec<_>>();
    let checks: Vec<_> = audit::CHECKS
        .iter()
        .map(|c| {
            let frameworks: serde_json::Map<String, serde_json::Value> =
                Framework::ALL.iter().map(|f| (f.name().to_owned(), c.frameworks.of(*f).into())).collect();
            serde_json::json!({
                "id": c.id, "title": c.title, "severity": c.severity.name(), "why": c.rationale, "fix": c.fix, "frameworks": frameworks,
                "finds": told(c.finds()), "lets_be": told(c.lets_be()),
            })
        })
        .collect();
    serde_json::to_string_pretty(&checks).unwrap_or_default() + "\n"
}
