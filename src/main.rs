//! The `nhi` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    nhi::cli::run()
}
