//! `nhi reach`, `nhi who-can`, `nhi path`, `nhi incident`, `nhi agents`: questions asked of the graph.

use std::io::Read;

use anyhow::{Context, Result, bail};
use clap::Args;
use clap::builder::PossibleValuesParser;

use super::basis::Basis;
use super::output;
use crate::model::{Level, Secret};
use crate::query::{self, Leak, Record};
use crate::report;

/// Bytes of a value that is read from standard input.
const MAX_VALUE: u64 = 64 << 10;

#[derive(Args)]
pub(crate) struct Reach {
    /// Id of an identity, credential or agent, or part of an id or name (`*` matches anything)
    #[arg(value_name = "ID|PATTERN")]
    pattern: String,

    #[command(flatten)]
    basis: Basis,
}

#[derive(Args)]
pub(crate) struct WhoCan {
    /// Id of a resource, place or identity, or part of an id or name (`*` matches anything)
    #[arg(value_name = "ID|PATTERN")]
    pattern: String,

    /// The least level of access that counts
    #[arg(long, value_name = "LEVEL", default_value = "list", value_parser = PossibleValuesParser::new(Level::ALL.iter().map(|l| l.name())))]
    level: String,

    #[command(flatten)]
    basis: Basis,
}

#[derive(Args)]
pub(crate) struct Path {
    /// Where the path starts: an id, or part of an id or name
    #[arg(value_name = "FROM")]
    from: String,

    /// Where it ends: an id, or part of an id or name
    #[arg(value_name = "TO")]
    to: String,

    #[command(flatten)]
    basis: Basis,
}

#[derive(Args)]
pub(crate) struct Incident {
    /// Public key id, fingerprint, node id, or FILE:LINE; `-` reads the leaked value from standard input
    #[arg(value_name = "CREDENTIAL")]
    credential: String,

    #[command(flatten)]
    basis: Basis,
}

#[derive(Args)]
pub(crate) struct Agents {
    #[command(flatten)]
    basis: Basis,
}

/// Prints the answer; an empty one is said to be so, and is exit code 1.
fn answer(records: &[Record], otherwise: &str) -> Result<u8> {
    if records.is_empty() {
        output::complain(otherwise);
        return Ok(1);
    }
    output::print(&report::records(records, &output::style(true)))?;
    Ok(0)
}

fn nothing(pattern: &str) -> String {
    format!("nothing matches {}; `nhi scan` lists what there is", report::plain(pattern))
}

impl Reach {
    pub(crate) fn run(self) -> Result<u8> {
        let lineage = self.basis.read()?;
        answer(&query::reach(&lineage, &self.pattern), &nothing(&self.pattern))
    }
}

impl WhoCan {
    pub(crate) fn run(self) -> Result<u8> {
        let lineage = self.basis.read()?;
        answer(&query::who_can(&lineage, &self.pattern, Level::parse(&self.level)), &nothing(&self.pattern))
    }
}

impl Path {
    pub(crate) fn run(self) -> Result<u8> {
        let lineage = self.basis.read()?;
        let found: Vec<Record> = query::path(&lineage, &self.from, &self.to).into_iter().collect();
        answer(&found, &format!("no path from {} to {} in what was read; that there is none is not proved", report::plain(&self.from), report::plain(&self.to)))
    }
}

impl Incident {
    pub(crate) fn run(self) -> Result<u8> {
        let leak = if self.credential == "-" {
            let mut value = Vec::new();
            std::io::stdin().lock().take(MAX_VALUE).read_to_end(&mut value).context("cannot read the value from standard input")?;
            let secret = Secret::new(&value);
            if secret.is_empty() {
                bail!("standard input is empty; give the leaked value there, or name the credential");
            }
            Leak::Value(secret)
        } else {
            Leak::Named(&self.credential)
        };
        let lineage = self.basis.read()?;
        answer(
            &query::incident(&lineage, &leak),
            "no credential of what was read is that one; a value is read from standard input (`nhi incident -`), a weak password is found by FILE:LINE only",
        )
    }
}

impl Agents {
    pub(crate) fn run(self) -> Result<u8> {
        let lineage = self.basis.read()?;
        answer(&query::agents(&lineage), "no agents in what was read")
    }
}
