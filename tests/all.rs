//! One test binary: the architecture, the stories, and the command line.

mod accepted;
mod change;
mod cli;
mod encodings;
mod floors;
mod history;
mod invariants;
mod packing;
mod properties;
mod stories;
