//! `nhi merge`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::{basis, scan};
use crate::pipeline;

#[derive(Args)]
pub(crate) struct Merge {
    /// Reports written by `nhi scan --format json`; their order does not matter
    #[arg(value_name = "REPORT", required = true)]
    reports: Vec<PathBuf>,

    /// Use this configuration instead of the nearest nhi.yaml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// The time that decides expiry, as RFC 3339 (for reproducible reports)
    #[arg(long, value_name = "TIME", value_parser = scan::parse_time)]
    now: Option<i64>,

    #[command(flatten)]
    delivery: scan::Delivery,
}

impl Merge {
    pub(crate) fn run(self) -> Result<u8> {
        let config = scan::read_config(self.config.as_deref(), std::path::Path::new("."))?;
        self.delivery.check()?;
        let lineage =
            pipeline::merge(self.reports.iter().map(|path| basis::saved(path)).collect::<Result<_>>()?, &config, self.now.unwrap_or_else(scan::wall_clock))?;
        self.delivery.deliver(&lineage, &config, "table")
    }
}
