//! What a question is asked of: what is scanned now, or reports of earlier scans.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use clap::Args;

use super::scan;
use crate::config::Config;
use crate::graph::Lineage;
use crate::{pipeline, report};

#[derive(Args)]
pub(crate) struct Basis {
    /// Ask these reports of `nhi scan --format json`, together, instead of scanning
    #[arg(long, value_name = "REPORT", conflicts_with = "paths")]
    graph: Vec<PathBuf>,

    #[command(flatten)]
    input: scan::Input,
}

impl Basis {
    pub(crate) fn read_config(&self) -> Result<Config> {
        self.input.read_config()
    }

    /// The whole graph, with the configuration that applies.
    pub(crate) fn read(&self) -> Result<Lineage> {
        self.read_with(&self.read_config()?)
    }

    pub(crate) fn read_with(&self, config: &Config) -> Result<Lineage> {
        if self.graph.is_empty() {
            self.input.scan(self.input.everything(config), config)
        } else {
            let reports = self.graph.iter().map(|path| saved(path)).collect::<Result<_>>()?;
            pipeline::merge(reports, config, self.input.now())
        }
    }
}

/// A report that an earlier run wrote.
pub(crate) fn saved(path: &Path) -> Result<report::Saved> {
    let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    report::read(&text).map_err(|e| anyhow!("{}: {e}", path.display()))
}
