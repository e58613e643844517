//! `nhi scan`.

use std::io::BufRead;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum, builder::PossibleValuesParser};

use super::rules::More;
use super::{output, progress};
use crate::audit::gate;
use crate::cache::Cache;
use crate::config::{Accepted, Config, FailOn};
use crate::git::{Selection, Update};
use crate::graph;
use crate::pipeline::{self, Mode, Request};
use crate::report;

/// What to read, shared by every command that scans.
#[derive(Args)]
pub(crate) struct Input {
    /// Repositories or folders; this folder when none is given
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,

    /// Leave out the git history
    #[arg(long)]
    no_history: bool,

    #[command(flatten)]
    rules: More,

    /// Use this configuration instead of the nearest nhi.yaml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// The time that decides expiry, as RFC 3339 (for reproducible reports)
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    now: Option<i64>,

    /// Read submodules too, each as a repository of its own
    #[arg(long)]
    submodules: bool,

    #[command(flatten)]
    kept: super::cache::Place,

    /// Work everything out again, and keep nothing for the next run
    #[arg(long, conflicts_with = "cache_dir")]
    no_cache: bool,
}

impl Input {
    pub(crate) fn read_config(&self) -> Result<Config> {
        read_config(self.config.as_deref(), self.paths.first().map_or(Path::new("."), PathBuf::as_path))
    }

    /// The time that decides expiry, seconds since the Unix epoch.
    pub(crate) fn now(&self) -> i64 {
        self.now.unwrap_or_else(wall_clock)
    }

    /// What is read when nothing narrower is asked for.
    pub(crate) fn everything(&self, config: &Config) -> Mode {
        Mode::Full { history: (!self.no_history && config.scan.history != Some(false)).then(Selection::default) }
    }

    pub(crate) fn scan(&self, mode: Mode, config: &Config) -> Result<graph::Lineage> {
        let line = progress::Line::new();
        let here = [PathBuf::from(".")];
        let now = self.now();
        self.rules.add(&config.rules)?;
        // What a commit adds is read faster than it is looked up; what the user's rules find is not what ours alone found.
        let kept = !self.no_cache && !self.rules.are_given(config.rules.folder.as_deref());
        let cache = match (&mode, kept) {
            (Mode::Full { .. }, true) => self.kept.open(),
            _ => Cache::none(),
        };
        let request = Request {
            paths: if self.paths.is_empty() { &here } else { &self.paths },
            mode,
            config,
            submodules: self.submodules,
            cache: &cache,
            now,
            progress: &|p| line.update(&p),
        };
        pipeline::scan(&request)
    }
}

/// The given configuration or the nearest above `start`, with what is accepted there.
pub(crate) fn read_config(file: Option<&Path>, start: &Path) -> Result<Config> {
    let file = file.map(Path::to_path_buf).or_else(|| Config::find(start));
    let mut config = file.map_or_else(|| Ok(Config::default()), |f| Config::read(&f))?;
    if let Some(file) = Accepted::find(start) {
        config.accepted = Accepted::read(&file)?;
    }
    Ok(config)
}

#[derive(Args)]
pub(crate) struct Scan {
    #[command(flatten)]
    input: Input,

    /// Look only at what the git index adds against HEAD
    #[arg(long, conflicts_with = "no_history")]
    staged: bool,

    /// Look only at what the commits since this one add, up to HEAD
    #[arg(long, value_name = "REV", conflicts_with_all = ["staged", "no_history", "range"])]
    since: Option<String>,

    /// Look only at what these commits add: those that B has and A has not
    #[arg(long, value_name = "A..B", conflicts_with_all = ["staged", "no_history"], value_parser = parse_range)]
    range: Option<Selection>,

    /// Of the history, only what this branch (or tag, or commit) reaches
    #[arg(long, value_name = "REV", conflicts_with_all = ["staged", "no_history", "since", "range"])]
    branch: Vec<String>,

    /// Of the history, only so many generations of commits
    #[arg(long, value_name = "N", conflicts_with_all = ["staged", "no_history"])]
    max_depth: Option<u32>,

    /// Of the history, also what no reference reaches any more: stash, reflogs, dangling commits and files
    #[arg(long, conflicts_with_all = ["staged", "no_history", "since", "range", "branch", "max_depth"])]
    unreachable: bool,

    /// Look only at what a push brings: as a pre-receive hook, with lines of old id, new id and reference on standard input
    #[arg(long, conflicts_with_all = ["staged", "no_history", "since", "range", "branch", "max_depth", "unreachable"])]
    pre_receive: bool,

    #[command(flatten)]
    delivery: Delivery,
}

impl Scan {
    fn mode(&self, config: &Config) -> Result<Mode> {
        if self.pre_receive {
            let lines = std::io::stdin().lock().lines().collect::<Result<Vec<String>, _>>().context("cannot read standard input")?;
            let updates = lines.iter().map(|line| Update::read(line).with_context(|| "a line of standard input is not <old id> <new id> <reference>"));
            return Ok(Mode::Commits(Selection::pushed(&updates.collect::<Result<Vec<_>>>()?)));
        }
        let since = self.since.as_ref().map(|rev| Selection { from: vec!["HEAD".to_owned()], without: vec![rev.clone()], ..Selection::default() });
        Ok(match (since.or_else(|| self.range.clone()), self.input.everything(config)) {
            _ if self.staged => Mode::Staged,
            (Some(commits), _) => Mode::Commits(Selection { max_depth: self.max_depth, ..commits }),
            (None, Mode::Full { history: Some(_) }) => {
                let (from, max_depth) = (self.branch.clone(), self.max_depth);
                Mode::Full { history: Some(Selection { from, max_depth, unreachable: self.unreachable, ..Selection::default() }) }
            }
            (None, all) => all,
        })
    }
}

fn parse_range(text: &str) -> Result<Selection, String> {
    Selection::range(text).ok_or_else(|| format!("{text} is no range of commits; write A..B, for example main..HEAD"))
}

/// Where a report goes, how, and what makes the exit code, shared by every command that reports.
#[derive(Args)]
pub(crate) struct Delivery {
    /// How to write the report [default: table; with --staged: brief]
    #[arg(long, value_name = "FORMAT", value_parser = PossibleValuesParser::new(report::FORMATS.iter().map(|f| clap::builder::PossibleValue::new(f.name).help(f.about))))]
    format: Option<String>,

    /// Write the report to this file (in one step) instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// The least severity that makes the exit code 1 (default: high)
    #[arg(long, value_enum, value_name = "SEVERITY")]
    fail_on: Option<Threshold>,

    /// Exit with 3 when anything at all could not be read
    #[arg(long)]
    strict: bool,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Threshold {
    Never,
    Low,
    Medium,
    High,
    Critical,
}

impl From<Threshold> for FailOn {
    fn from(t: Threshold) -> Self {
        match t {
            Threshold::Never => FailOn::Never,
            Threshold::Low => FailOn::Low,
            Threshold::Medium => FailOn::Medium,
            Threshold::High => FailOn::High,
            Threshold::Critical => FailOn::Critical,
        }
    }
}

impl Scan {
    pub(crate) fn run(self) -> Result<u8> {
        let config = self.input.read_config()?;
        self.delivery.check()?;
        let lineage = self.input.scan(self.mode(&config)?, &config)?;
        let code = self.delivery.deliver(&lineage, &config, if self.staged { "brief" } else { "table" })?;
        if self.staged && code == 1 {
            output::complain("the commit is stopped; mend or accept what is said above, or go on without looking: git commit --no-verify");
        }
        Ok(code)
    }
}

impl Delivery {
    /// What can be known to be wrong before anything is read.
    pub(crate) fn check(&self) -> Result<()> {
        if let Some(file) = &self.output
            && file.is_dir()
        {
            bail!("{} is a folder; give the name of a file", file.display());
        }
        Ok(())
    }

    /// Writes the report where it goes, in the format asked for or the usual one, and says the exit code.
    pub(crate) fn deliver(&self, lineage: &graph::Lineage, config: &Config, usual: &str) -> Result<u8> {
        let name = self.format.as_deref().unwrap_or(usual);
        let Some(format) = report::FORMATS.iter().find(|f| f.name == name) else { bail!("no format is called {name}") };
        let text = (format.write)(lineage, &output::style(self.output.is_none()));
        match &self.output {
            Some(file) => output::write_file(file, &text)?,
            None => output::print(&text)?,
        }
        let threshold = self.fail_on.map(FailOn::from).or(config.gate.fail_on).unwrap_or(FailOn::High);
        Ok(gate::verdict(lineage, threshold.severity(), self.strict))
    }
}

pub(crate) fn parse_time(text: &str) -> Result<i64> {
    let parsed = time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339);
    Ok(parsed.with_context(|| "expected a time such as 2026-01-31T00:00:00Z")?.unix_timestamp())
}

pub(crate) fn wall_clock() -> i64 {
    time::OffsetDateTime::now_utc().unix_timestamp()
}
