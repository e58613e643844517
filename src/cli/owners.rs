//! `nhi owners` and `nhi offboard`: who answers for what, and what hangs on one person.

use std::path::PathBuf;

use anyhow::{Context, Result, anyhow};
use clap::{Args, ValueEnum};

use super::{output, scan};
use crate::config::{Config, People};
use crate::graph::Lineage;
use crate::{pipeline, query, report};

/// What the answer is drawn from, and how it is written.
#[derive(Args)]
struct Basis {
    /// Ask these reports of `nhi scan --format json` instead of scanning
    #[arg(long, value_name = "REPORT", conflicts_with = "paths")]
    graph: Vec<PathBuf>,

    /// A table of people who have left: addresses or logins, and perhaps their last day, in each line
    #[arg(long, value_name = "FILE")]
    departed: Option<PathBuf>,

    /// How to write the answer
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    format: Format,

    #[command(flatten)]
    input: scan::Input,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people, at a terminal
    Text,
    /// For tools
    Json,
}

impl Basis {
    fn read(&self) -> Result<(Lineage, Config)> {
        let mut config = self.input.read_config()?;
        if let Some(file) = &self.departed {
            config.roster.extend(People::read_departed(file)?);
        }
        if self.graph.is_empty() {
            return Ok((self.input.scan(self.input.everything(&config), &config)?, config));
        }
        let mut saved = Vec::new();
        for path in &self.graph {
            let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            saved.push(report::read(&text).map_err(|e| anyhow!("{}: {e}", path.display()))?);
        }
        Ok((pipeline::merge(saved, &config, self.input.now())?, config))
    }
}

#[derive(Args)]
pub(crate) struct Owners {
    /// Id of a node, or part of an id or name (`*` matches anything); everything that is ranked when it is left out
    #[arg(value_name = "ID|PATTERN")]
    pattern: Option<String>,

    #[command(flatten)]
    basis: Basis,
}

impl Owners {
    pub(crate) fn run(self) -> Result<u8> {
        let (lineage, _) = self.basis.read()?;
        let answers = query::owners(&lineage, self.pattern.as_deref());
        if answers.is_empty() {
            output::complain("nothing matches; `nhi scan` lists what there is");
            return Ok(1);
        }
        output::print(&match self.basis.format {
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
    basis: Basis,
}

impl Offboard {
    pub(crate) fn run(self) -> Result<u8> {
        let (lineage, config) = self.basis.read()?;
        let Some(found) = query::offboard(&lineage, &config.roster, &self.who) else {
            output::complain(&format!("nothing that was read hangs on {}; a people file (people: in nhi.yaml) says who is who", report::plain(&self.who)));
            return Ok(0);
        };
        let steps = query::plan(&found);
        let threshold = f64::from(self.threshold);
        if let Some(file) = &self.plan {
            output::write_file(file, &report::offboarding_plan(&found, &steps))?;
        }
        output::print(&match self.basis.format {
            Format::Text => report::offboarding(&found, threshold, &output::style(true)),
            Format::Json => report::offboarding_json(&found, threshold, &steps),
        })?;
        Ok(u8::from(found.orphaned(threshold).next().is_some()))
    }
}
