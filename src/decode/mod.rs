//! What is written in another way: encoded stretches of a text, and files that hold files. Bytes in, bytes out; knows no secrets.

mod container;
mod escapes;
mod joined;
mod numbers;
mod office;
mod places;
mod runs;
mod sqlite;
mod strings;
mod tables;
mod tar;
mod text;
mod zip;

use std::ops::Range;

pub use container::{Budget, Container, MAX_MEMBER, Member, container, members};
pub use places::Places;
pub use text::{is_readable, is_wide, utf8};

/// How the bytes of a stretch are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Base64,
    Hex,
    /// `\n`, `\x41`, `\u0041`, `\"`.
    Backslash,
    /// `%41`.
    Percent,
    /// `&#65;`, `&quot;`.
    Entity,
    /// `"one" + "two"`.
    Joined,
    /// `[103, 104]`.
    Numbers,
    /// A value under the name of its column: nothing is encoded, but what belongs together stands apart.
    Table,
}

impl Way {
    /// The word for it in a report.
    pub fn name(self) -> &'static str {
        match self {
            Way::Base64 => "base64",
            Way::Hex => "hex",
            Way::Backslash => "backslash escapes",
            Way::Percent => "percent",
            Way::Entity => "html entities",
            Way::Joined => "joined strings",
            Way::Numbers => "byte array",
            Way::Table => "table",
        }
    }
}

/// An encoded stretch of a text, decoded.
#[derive(Debug)]
pub struct Stretch {
    pub way: Way,
    pub bytes: Vec<u8>,
    /// Where in the text the decoded bytes stand.
    pub places: Places,
}

/// Calls `take` with every stretch of the text that touches `zone` and is written in another way; the path tells tables from other text. `source` says
/// that the text is a program, in which strings can be joined. Costs one look at few of the bytes where nothing is encoded.
pub fn stretches(path: &str, text: &[u8], zone: Range<usize>, source: bool, take: &mut dyn FnMut(Stretch)) {
    if zone.is_empty() || zone.end > text.len() {
        return;
    }
    tables::find(path, text, zone.clone(), take);
    runs::find(text, zone.clone(), take);
    escapes::find(text, zone.clone(), take);
    numbers::find(text, zone.clone(), take);
    if source {
        joined::find(text, zone, joined::are_joined_beside(path), take);
    }
}
