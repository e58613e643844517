//! `nhi owners` and `nhi offboard`: who answers for what, and what hangs on one person.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum};

use super::basis::Basis;
use super::output;
use crate::config::{Config, People};
use crate::graph::Lineage;
use crate::{query, report};

/// What the answer is drawn from, and how it is written.
#[derive(Args)]
struct Parties {
    /// A table of people who have left: addresses or logins, and perhaps their last day, in each line
    #[arg(long, value_name = "FILE")]
    departed: Option<PathBuf>,

    /// How to write the answer
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    format: Format,

    #[command(flatten)]
    basis: Basis,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people, at a terminal
    Text,
    /// For tools
    Json,
}

impl Parties {
    fn read(&self) -> Result<(Lineage, Config)> {
        let mut config = self.basis.read_config()?;
        if let Some(file) = &self.departed {
            config.roster.extend(People::read_departed(file)?);
        }
        Ok((self.basis.read_with(&config)?, config))
    }
}

#[derive(Args)]
pub(crate) struct Owners {
    /// Id of a node, or part of an id or name (`*` matches anything); everything that is ranked when it is left out
    #[arg(value_name = "ID|PATTERN")]
    pattern: Option<String>,

    #[command(flatten)]
    parties: Parties,
}

impl Owners {
    pub(crate) fn run(self) -> Result<u8> {
        let (lineage, _) = self.parties.read()?;
        let answers = query::owners(&lineage, self.pattern.as_deref());
        if answers.is_empty() {
            output::complain("nothing matches; `nhi scan` lists what there is");
            return Ok(1);
        }
        output::print(&match self.parties.format {
            Format::Text => report::answers(&answers, &output::style(true)),
            Format::Json => report::answers_json(&answers),
        })?;
        Ok(0)
    }
}

#[derive(Args)]
pub(crate) struct Offboard {
    /// Who leaves: an address, a login (`alice`, `gl/alice`), or a name of the people file
    #[arg(value_name = "WHO")]
    who: String,

    /// Write the plan to this file: new owners, sponsors, rotations, revocations, rules
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,

    /// The least risk of something orphaned that makes the exit code 1
    #[arg(long, value_name = "RISK", default_value_t = 60)]
    threshold: u8,

    #[command(flatten)]
    parties: Parties,
}

impl Offboard {
    pub(crate) fn run(self) -> Result<u8> {
        let (lineage, config) = self.parties.read()?;
        let Some(found) = query::offboard(&lineage, &config.roster, &self.who) else {
            output::complain(&format!("nothing that was read hangs on {}; a people file (people: in nhi.yaml) says who is who", report::plain(&self.who)));
            return Ok(0);
        };
        let steps = query::plan(&found);
        let threshold = f64::from(self.threshold);
        if let Some(file) = &self.plan {
            output::write_file(file, &report::offboarding_plan(&found, &steps))?;
        }
        output::print(&match self.parties.format {
            Format::Text => report::offboarding(&found, threshold, &output::style(true)),
            Format::Json => report::offboarding_json(&found, threshold, &steps),
        })?;
        Ok(u8::from(found.orphaned(threshold).next().is_some()))
    }
}
