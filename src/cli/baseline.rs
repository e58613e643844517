//! `nhi baseline`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::{output, scan};
use crate::audit;
use crate::config::{ACCEPTED_FILE, Accepted, Day, Entry, Subject, WeakHash};

const AFTER_HELP: &str = "\
An entry is by value, or by what the finding is about, never by line: it still holds when lines move, and never covers a new value on
an old line. Values that could be guessed are kept as salted, memory-hard hashes. The file may be merged line by line, in any order.

Examples:
  nhi baseline --reason 'before we began' --expires 2027-03-31
  nhi baseline --check LEAK-03 --reason 'rotated, see the runbook' --owner team:gh/acme/platform
  nhi baseline --prune           take out entries that are about nothing any more, or whose day is over";

/// Accept what there is, so that only what is new counts.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Baseline {
    #[command(flatten)]
    input: scan::Input,

    /// Accept only what these checks find
    #[arg(long, value_name = "CHECK")]
    check: Vec<String>,

    /// Accept only the finding with this fingerprint (or the start of it)
    #[arg(long, value_name = "FINGERPRINT")]
    finding: Option<String>,

    /// Why it is accepted
    #[arg(long, value_name = "TEXT", default_value = "accepted as the baseline")]
    reason: String,

    /// Who accepts it, `team:gh/acme/platform`
    #[arg(long, value_name = "PARTY", value_parser = one_word)]
    owner: Option<String>,

    /// The last day on which it holds, `2027-03-31`
    #[arg(long, value_name = "DAY", value_parser = day)]
    expires: Option<Day>,

    /// Only take out entries that are stale or expired; accept nothing
    #[arg(long, conflicts_with_all = ["check", "finding", "owner", "expires"])]
    prune: bool,
}

fn day(text: &str) -> Result<Day, String> {
    Day::parse(text).ok_or_else(|| "expected a day such as 2027-03-31".to_owned())
}

fn one_word(text: &str) -> Result<String, String> {
    if text.is_empty() || text.contains(char::is_whitespace) {
        Err("expected the id of a party, such as team:gh/acme/platform".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

impl Baseline {
    pub(crate) fn run(self) -> Result<u8> {
        let config = self.input.read_config()?;
        let start = self.input.paths.first().cloned().unwrap_or_else(|| PathBuf::from("."));
        let file = match Accepted::find(&start) {
            Some(file) => file,
            None => crate::git::Repo::discover(&start).ok().and_then(|r| r.root()).unwrap_or_else(|| start.clone()).join(ACCEPTED_FILE),
        };
        let lineage = self.input.scan(self.input.everything(&config), &config)?;
        let mut entries = config.accepted.entries.clone();
        let before = entries.len();
        if self.prune {
            let gone = |e: &Entry| lineage.accepted.stale.iter().chain(&lineage.accepted.expired).any(|line| *line == e.to_string());
            entries.retain(|e| !gone(e));
        } else {
            let reason: String = self.reason.split_whitespace().collect::<Vec<_>>().join(" ");
            let mut like: Option<WeakHash> = entries.iter().find_map(|e| if let Subject::Weak(hash) = &e.subject { Some(hash.clone()) } else { None });
            for finding in &lineage.findings {
                let is_meant = (self.check.is_empty() || self.check.iter().any(|c| c.eq_ignore_ascii_case(finding.check)))
                    && self.finding.as_ref().is_none_or(|f| finding.fingerprint.starts_with(f.as_str()));
                let Some(subject) = is_meant.then(|| audit::entry(&lineage, finding, like.as_ref())).flatten() else { continue };
                if let Subject::Weak(hash) = &subject {
                    like.get_or_insert_with(|| hash.clone());
                }
                entries.insert(Entry { subject, check: finding.check.to_owned(), owner: self.owner.clone(), expires: self.expires, reason: reason.clone() });
            }
        }
        let after = entries.len();
        let text = Accepted { entries }.write();
        if after > 0 || file.exists() {
            output::write_file(&file, &text)?;
        }
        let change = if after >= before { format!("{} new", after - before) } else { format!("{} taken out", before - after) };
        output::print(&format!("{}: {after} entries, {change}\n", file.display()))?;
        Ok(0)
    }
}
