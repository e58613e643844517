//! `nhi rules` and `nhi rules test`.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::{Args, Subcommand};

use super::output;
use crate::{config, detect, report};

/// Rules of the user, wherever rules are used.
#[derive(Args)]
pub(crate) struct More {
    /// Add the rules in this folder, written as the files in rules/ are
    #[arg(long = "rules", value_name = "DIR", global = true)]
    folder: Option<PathBuf>,
}

impl More {
    /// Whether rules of the user run beside ours.
    pub(crate) fn are_given(&self, configured: Option<&Path>) -> bool {
        self.folder.as_deref().or(configured).is_some()
    }

    /// Adds the rules of the command line, else those of the configuration. What the configuration switches off must exist.
    pub(crate) fn add(&self, configured: &config::Rules) -> Result<()> {
        if let Some(folder) = self.folder.as_deref().or(configured.folder.as_deref()) {
            detect::add(folder).map_err(anyhow::Error::msg)?;
        }
        match configured.disable.iter().find(|id| !detect::is_rule(id)) {
            Some(id) => bail!("rules.disable: no rule is called {}; `nhi rules` lists them", report::plain(id)),
            None => Ok(()),
        }
    }
}

#[derive(Args)]
pub(crate) struct Rules {
    #[command(flatten)]
    more: More,

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
        self.more.add(&config::Rules::default())?;
        match self.what {
            None | Some(What::List) => list(),
            Some(What::Test) => test(),
        }
    }
}

fn list() -> Result<u8> {
    let mut text = String::new();
    for rule in detect::engine().rules() {
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
    text.push_str(&format!("{} rules, {} failures\n", detect::engine().rules().len(), failures.len()));
    output::print(&text)?;
    Ok(u8::from(!failures.is_empty()))
}
