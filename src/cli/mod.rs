//! The command line: arguments in, exit code out. The only place that prints.

mod baseline;
mod basis;
mod cache;
mod checks;
mod completions;
mod diff;
mod explain;
mod hook;
mod lineage;
mod merge;
mod output;
mod owners;
mod progress;
mod questions;
mod report;
mod rules;
mod scan;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Exit code for usage, configuration, or input that cannot be read.
const UNUSABLE: u8 = 2;

const AFTER_HELP: &str = "\
Exit codes:
  0  nothing at or above the threshold
  1  the gate tripped: a finding at or above --fail-on
  2  usage, configuration, or input that cannot be read
  3  the scan is incomplete, and nothing tripped the gate

Examples:
  nhi scan                        audit this repository, history included
  nhi scan --staged               what the next commit would add (pre-commit)
  nhi scan --format sarif --output nhi.sarif --fail-on critical
  nhi lineage deploy              everything known about the identities named deploy
  nhi who-can prod-db --level write    everyone who can write there, and how
  nhi incident config/prod.env:3       a credential leaked: copies, users, reach, what to do
  nhi diff origin/main..HEAD           what this branch newly gives away
  nhi explain LEAK-01             why a check exists and how to fix what it finds

Nothing is sent anywhere, nothing that is scanned is run, and no secret value is ever printed.";

/// Who are the non-human identities in this code, who answers for them, and how far does a compromise travel?
#[derive(Parser)]
#[command(name = "nhi", version, about, after_help = AFTER_HELP, max_term_width = 100, propagate_version = false)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Read a repository or folder and report its identities, ranked by blast radius
    Scan(scan::Scan),
    /// Show the record of one identity: origin, owner, storage, consumers, reach, how to revoke
    Lineage(lineage::Lineage),
    /// Show everything that an identity, credential or agent reaches, hop by hop, and which links to cut
    Reach(questions::Reach),
    /// Show who reaches a resource, place or identity, and how
    WhoCan(questions::WhoCan),
    /// Show the most certain way from one thing to another
    Path(questions::Path),
    /// A credential leaked: what it is, its copies, its users, its reach, and what to do in which order
    Incident(questions::Incident),
    /// Show every agent: sponsor, who steers it, tools, credentials, reach
    Agents(questions::Agents),
    /// Show who answers for what, and why: every candidate with the signals that speak for it
    Owners(owners::Owners),
    /// Somebody leaves: what they own, sponsor, know and approve, what would stand alone, and who could take over
    Offboard(owners::Offboard),
    /// Unite reports of several repositories, and draw what follows from them together
    Merge(merge::Merge),
    /// Say what a change newly gives away: reach, identities, weakened controls, findings
    Diff(diff::Diff),
    /// Accept what there is in .nhi-accepted, so that only what is new counts
    Baseline(baseline::Baseline),
    /// Write, remove or look for the pre-commit hook
    Hook(hook::Hook),
    /// Explain a check (LEAK-01), a detector rule, a finding by its fingerprint, or a link or node of the graph by its id
    Explain(explain::Explain),
    /// List the secret detectors, or prove each by its own examples
    Rules(rules::Rules),
    /// Show how a framework (OWASP NHI, NIST, …) stands: its ids, their checks, what fails, what files cannot tell
    Report(report::Report),
    /// List the checks
    Checks(checks::Checks),
    /// Show, prune or clear what earlier runs kept
    Cache(cache::Cache),
    /// Print completions for a shell
    Completions(completions::Completions),
}

/// The command line as data: completions and man pages are made from it.
pub fn command() -> clap::Command {
    <Arguments as clap::CommandFactory>::command()
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    // The message of a panic may quote what was scanned: only its place is told.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(String::new, |l| format!(" at {}:{}", l.file(), l.line()));
        output::complain(&format!("internal error{place}; please report it"));
    }));
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are no errors; clap prints both where they belong.
            let code = if error.use_stderr() { UNUSABLE } else { 0 };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let outcome = match arguments.command {
        Command::Scan(c) => c.run(),
        Command::Lineage(c) => c.run(),
        Command::Reach(c) => c.run(),
        Command::WhoCan(c) => c.run(),
        Command::Path(c) => c.run(),
        Command::Incident(c) => c.run(),
        Command::Agents(c) => c.run(),
        Command::Owners(c) => c.run(),
        Command::Offboard(c) => c.run(),
        Command::Merge(c) => c.run(),
        Command::Diff(c) => c.run(),
        Command::Baseline(c) => c.run(),
        Command::Hook(c) => c.run(),
        Command::Explain(c) => c.run(),
        Command::Rules(c) => c.run(),
        Command::Report(c) => c.run(),
        Command::Checks(c) => c.run(),
        Command::Cache(c) => c.run(),
        Command::Completions(c) => c.run(),
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            output::complain(&format!("{error:#}"));
            ExitCode::from(UNUSABLE)
        }
    }
}
