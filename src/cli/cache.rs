//! `nhi cache`: what earlier runs kept, so that the next one need not read it again.

use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use anyhow::{Context, Result};
use clap::{Args, Subcommand};

use super::output;
use crate::cache::{self, Content};

/// Where the cache is.
#[derive(Args)]
pub(crate) struct Place {
    /// Keep results in this folder (default: $NHI_CACHE_DIR, else the user's folder for caches)
    #[arg(long, value_name = "DIR")]
    cache_dir: Option<PathBuf>,
}

impl Place {
    fn folder(&self) -> Option<PathBuf> {
        self.cache_dir.clone().or_else(cache::default_folder)
    }

    /// The cache for results of this very program: another one may find more.
    pub(crate) fn open(&self) -> cache::Cache {
        let Some(folder) = self.folder() else { return cache::Cache::none() };
        let built = std::env::current_exe().and_then(|file| file.metadata()).ok();
        let date = built.as_ref().and_then(|m| m.modified().ok()).and_then(|t| t.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
        let size = built.map_or(0, |m| m.len());
        cache::Cache::open(&folder, format!("{} {size} {}", env!("CARGO_PKG_VERSION"), date.as_nanos()))
    }
}

#[derive(Args)]
pub(crate) struct Cache {
    #[command(flatten)]
    place: Place,

    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Print the folder and how much it holds
    Path,
    /// Take away what was not used lately
    Prune {
        /// Days without use
        #[arg(long, value_name = "DAYS", default_value_t = cache::UNUSED.as_secs() / 86_400)]
        unused: u64,
    },
    /// Take away everything
    Clear,
}

impl Cache {
    pub(crate) fn run(self) -> Result<u8> {
        let folder = self.place.folder().context("no folder for caches is known; name one with --cache-dir")?;
        let shown = folder.display();
        let told = |what: &str, c: Content| format!("{what} {} entries, {:.1} MB\n", c.entries, c.bytes as f64 / 1e6);
        let text = match self.task {
            Task::Path => format!("{shown}\n{}", told("holds", cache::content(&folder).with_context(|| format!("cannot list {shown}"))?)),
            Task::Prune { unused } => {
                let unused = Duration::from_secs(unused.saturating_mul(86_400));
                told("removed", cache::prune(&folder, unused).with_context(|| format!("cannot prune {shown}"))?)
            }
            Task::Clear => told("removed", cache::clear(&folder).with_context(|| format!("cannot clear {shown}"))?),
        };
        output::print(&text)?;
        Ok(0)
    }
}
