//! `nhi` reads what engineers have on disk and says which non-human identities live there: who made them, who answers for
//! them, where their credentials are kept, what uses them and what they reach.
//!
//! Each blank-line group of `pub mod` lines below is a floor. A module names only modules of lower floors; `tests/floors.rs`
//! holds that.

pub mod cli;

pub mod pipeline;

pub mod report;

pub mod audit;
pub mod query;

pub mod extract;
pub mod life;
pub mod own;
pub mod rank;
pub mod resolve;
pub mod source;

pub mod config;
pub mod detect;
pub mod document;
pub mod git;
pub mod graph;
pub mod relation;
pub mod tables;

pub mod decode;
pub mod keys;

pub mod model;

pub mod cache;
