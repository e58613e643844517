//! `nhi diff`.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser};

use super::{basis, output, progress, scan};
use crate::config::FailOn;
use crate::git::Selection;
use crate::pipeline::{self, Ends, Revisions};
use crate::report::{self, Told};
use crate::{audit, query};

const AFTER_HELP: &str = "\
Both sides are built in this run, with the configuration that is found now, so that only the change counts. The state before is that of
the newest commit that BASE and HEAD have in common. Files that moved, renamed files, rebased and squashed commits are no news.

What trips the gate stands below `gate:` in nhi.yaml: fail_on (new findings only), max_risk, max_new_risk, max_blast_increase,
deny_new_reach, require, expiring_exceptions.

Examples:
  nhi diff origin/main..HEAD                    what this branch newly gives away
  nhi diff main                                 the same, up to HEAD
  nhi diff before.json after.json               two reports of `nhi scan --format json`
  nhi diff origin/main.. --format markdown --output comment.md";

/// What to compare, and how to tell it.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Diff {
    /// BASE..HEAD, or BASE for BASE..HEAD; or two reports
    #[arg(value_name = "BASE..HEAD|REPORT", num_args = 1..=2, required = true)]
    what: Vec<String>,

    /// A path inside the repository
    #[arg(long, value_name = "PATH", default_value = ".")]
    repository: PathBuf,

    /// Use this configuration instead of the nearest nhi.yaml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// The time that decides expiry, as RFC 3339 (for reproducible reports)
    #[arg(long, value_name = "TIME", value_parser = scan::parse_time)]
    now: Option<i64>,

    /// How to write the report
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = PossibleValuesParser::new(report::CHANGE_FORMATS.iter().map(|f| PossibleValue::new(f.name).help(f.about))))]
    format: String,

    /// Write the report to this file (in one step) instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// The least severity of a new finding that makes the exit code 1 (default: high)
    #[arg(long, value_enum, value_name = "SEVERITY")]
    fail_on: Option<scan::Threshold>,

    /// Exit with 3 when anything at all could not be read
    #[arg(long)]
    strict: bool,
}

impl Diff {
    pub(crate) fn run(self) -> Result<u8> {
        let config = scan::read_config(self.config.as_deref(), &self.repository)?;
        let Some(format) = report::CHANGE_FORMATS.iter().find(|f| f.name == self.format) else { bail!("no format is called {}", self.format) };
        let range;
        let ends = match self.what.as_slice() {
            [one] => {
                range = Selection::range(one).or_else(|| Selection::range(&format!("{one}..HEAD")));
                let Some((base, head)) = range.as_ref().and_then(|r| Some((r.without.first()?, r.from.first()?))) else {
                    bail!("{} is no range of commits; write BASE..HEAD, for example origin/main..HEAD", report::plain(one))
                };
                Ends::Revisions(Revisions { path: &self.repository, base, head })
            }
            [base, head] => {
                let read = |path: &str| basis::saved(path.as_ref()).context("give one BASE..HEAD, or two reports").map(Box::new);
                Ends::Saved(read(base)?, read(head)?)
            }
            _ => bail!("give one range of commits, or two reports"),
        };
        let line = progress::Line::new();
        let compared = pipeline::compare(ends, &config, self.now.unwrap_or_else(scan::wall_clock), &|p| line.update(&p))?;
        drop(line);
        let threshold = self.fail_on.map(FailOn::from).or(config.gate.fail_on).unwrap_or(FailOn::High);
        let violations = query::verdict(&compared.head, &compared.change, &config, threshold);
        let told = Told { base: &compared.base, head: &compared.head, change: &compared.change, violations: &violations };
        let text = (format.write)(&told, &output::style(self.output.is_none()));
        match &self.output {
            Some(file) => output::write_file(file, &text)?,
            None => output::print(&text)?,
        }
        Ok(if violations.is_empty() { audit::gate::verdict(&compared.head, None, self.strict) } else { 1 })
    }
}
