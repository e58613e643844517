//! One test binary: the architecture, the stories, and the command line.

mod change;
mod cli;
mod floors;
mod history;
mod invariants;
mod properties;
mod stories;
