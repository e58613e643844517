//! One test binary: the architecture, the stories, and the command line.

mod accepted;
mod browser;
mod chain;
mod change;
mod cli;
mod encodings;
mod exports;
mod floors;
mod history;
mod hook;
mod invariants;
mod kept;
mod measures;
mod merging;
mod mutations;
mod offboarding;
mod packing;
mod pages;
mod properties;
mod rights;
mod stories;
