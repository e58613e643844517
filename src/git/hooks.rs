//! Where git looks for the hooks of a repository.

use std::path::{Path, PathBuf};

use super::Repo;

impl Repo {
    /// The folder of hooks: `core.hooksPath`, relative to the root of the work tree, or `hooks` beside the objects.
    pub fn hooks_folder(&self) -> PathBuf {
        let configured = self.inner.config().ok().and_then(|c| c.get_path("core.hooksPath").ok());
        match configured {
            Some(path) if path.is_absolute() => path,
            Some(path) => self.root().unwrap_or_else(|| self.git_dir.clone()).join(path),
            None => self.inner.commondir().join("hooks"),
        }
    }

    /// Whether a path lies in the work tree, outside `.git`: what is written there becomes part of what is committed.
    pub fn is_tracked_area(&self, path: &Path) -> bool {
        self.root().is_some_and(|root| path.starts_with(root)) && !path.starts_with(self.inner.commondir())
    }
}
