//! `nhi hook`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};

use super::output;
use crate::git::Repo;

/// What tells our hook from others.
const MARK: &str = "# installed by `nhi hook install`";
/// The hook that was there before; it goes first.
const BEFORE: &str = "pre-commit.before-nhi";

/// Frameworks that keep hooks themselves: a file that shows one, and what to write where.
const FRAMEWORKS: &[(&str, &str)] = &[
    (".pre-commit-config.yaml", "pre-commit is set up here: add the hook `nhi` to .pre-commit-config.yaml (see docs/pre-commit.md)"),
    ("lefthook.yml", "lefthook is set up here: add `nhi scan --staged` to pre-commit in lefthook.yml"),
    (".husky", "husky is set up here: add the line `nhi scan --staged` to .husky/pre-commit"),
];

/// Look at what is staged whenever something is committed.
#[derive(Args)]
pub(crate) struct Hook {
    #[command(subcommand)]
    action: Action,

    /// A path inside the repository
    #[arg(long, value_name = "PATH", default_value = ".", global = true)]
    repository: PathBuf,
}

#[derive(Subcommand)]
enum Action {
    /// Write the pre-commit hook; one that is there already is kept, and goes first
    Install,
    /// Take the hook away; one that was there before comes back
    Uninstall,
    /// Say whether the hook is there
    Status,
}

/// The script. It fails where `nhi` is missing: a commit that nobody looked at must not look like one that is clean.
fn script() -> String {
    format!(
        r#"#!/bin/sh
{MARK}; `nhi hook uninstall` takes it away
before="$(dirname "$0")/{BEFORE}"
if [ -x "$before" ]; then
    "$before" "$@" || exit $?
fi
if ! command -v nhi >/dev/null 2>&1; then
    echo "nhi is not on the path, so what is staged was not looked at; install it, or remove $0" >&2
    exit 1
fi
exec nhi scan --staged
"#
    )
}

impl Hook {
    pub(crate) fn run(self) -> Result<u8> {
        let repo = Repo::discover(&self.repository)?;
        let folder = repo.hooks_folder();
        let file = folder.join("pre-commit");
        let ours = fs::read_to_string(&file).is_ok_and(|text| text.contains(MARK));
        match self.action {
            Action::Install if ours => {
                output::write_executable(&file, &script())?;
                output::print(&format!("{} is up to date\n", file.display()))?;
            }
            Action::Install => {
                if repo.is_tracked_area(&folder) {
                    bail!(
                        "core.hooksPath is {}, a folder of the work tree, which something else keeps: {}",
                        folder.display(),
                        advice(&repo).unwrap_or("add `nhi scan --staged` to the pre-commit hook there")
                    );
                }
                fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
                let kept = keep(&file, &folder.join(BEFORE))?;
                output::write_executable(&file, &script())?;
                let first = if kept { "; the hook that was there goes first" } else { "" };
                output::print(&format!("wrote {}{first}\n", file.display()))?;
                if let Some(advice) = advice(&repo) {
                    output::complain(advice);
                }
            }
            Action::Uninstall if ours => {
                fs::remove_file(&file).with_context(|| format!("cannot remove {}", file.display()))?;
                let before = folder.join(BEFORE);
                if before.exists() {
                    fs::rename(&before, &file).with_context(|| format!("cannot put {} back", before.display()))?;
                }
                output::print(&format!("removed {}\n", file.display()))?;
            }
            Action::Uninstall => output::print("no hook of nhi is installed\n")?,
            Action::Status => {
                output::print(&if ours { format!("installed: {}\n", file.display()) } else { "not installed; `nhi hook install` writes it\n".to_owned() })?;
                return Ok(u8::from(!ours));
            }
        }
        Ok(0)
    }
}

/// Moves a hook that is there out of the way; says whether there was one.
fn keep(file: &Path, before: &Path) -> Result<bool> {
    if !file.exists() {
        return Ok(false);
    }
    if before.exists() {
        bail!("{} exists already; put together what both do, then try again", before.display());
    }
    fs::rename(file, before).with_context(|| format!("cannot move {}", file.display()))?;
    Ok(true)
}

fn advice(repo: &Repo) -> Option<&'static str> {
    let root = repo.root()?;
    FRAMEWORKS.iter().find(|(file, _)| root.join(file).exists()).map(|(_, advice)| *advice)
}
