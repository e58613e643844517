//! `nhi rules` and `nhi rules test`.

use anyhow::Result;
use clap::{Args, Subcommand};

use super::output;
use crate::detect;

#[derive(Args)]
pub(crate) struct Rules {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Subcommand)]
enum What {
    /// List every rule (the default)
    List,
    /// Run every rule's own examples through the engine, and say which fail
    Test,
}

impl Rules {
    pub(crate) fn run(self) -> Result<u8> {
        match self.what {
            None | Some(What::List) => list(),
            Some(What::Test) => test(),
        }
    }
}

fn list() -> Result<u8> {
    let mut text = String::new();
    for rule in detect::rules() {
        text.push_str(&format!("{:<40} {:<24} {}\n", rule.id, rule.credential, rule.name));
    }
    output::print(&text)?;
    Ok(0)
}

fn test() -> Result<u8> {
    let failures = detect::prove(detect::engine());
    let mut text = String::new();
    for failure in &failures {
        text.push_str(&format!("{failure}\n"));
    }
    text.push_str(&format!("{} rules, {} failures\n", detect::rules().len(), failures.len()));
    output::print(&text)?;
    Ok(u8::from(!failures.is_empty()))
}
