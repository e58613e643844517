//! The rules of `rules/` and the tables of their keywords, as the build made them: a run starts with nothing to read or to build.

use std::borrow::Cow;

use super::form::Form;
use super::keywords::{Keywords, Word};
use super::rule::Rule;
use super::wanted::{Want, Wanted};

include!(concat!(env!("OUT_DIR"), "/rules.rs"));
