//! Zip archives by their directory, and the documents of office programs, which are zip archives of XML.

use std::borrow::Cow;
use std::io::Read;

use super::container::{Budget, Container, MAX_MEMBER, Member, metered, read_member, unpacked};
use super::office;

/// The end of the directory, without and with the longest comment.
const END: usize = 22;
const END_WITH_COMMENT: usize = END + 65_535;

/// One line of the directory.
struct Entry<'a> {
    name: Cow<'a, str>,
    encrypted: bool,
    method: u16,
    size: u64,
    packed: &'a [u8],
}

pub(super) fn members(bytes: &[u8], budget: &Budget, take: &mut dyn FnMut(Member)) {
    let Some(entries) = directory(bytes) else { return budget.leave_out("is damaged") };
    let mut book = office::Workbook::default();
    for entry in entries {
        if entry.encrypted {
            budget.leave_out("has a member that is encrypted");
            continue;
        }
        if entry.size > MAX_MEMBER {
            budget.leave_out("has a member that is larger than is read");
            continue;
        }
        let Some(content) = unpack(&entry, budget) else { continue };
        match office::part(&entry.name) {
            None => take(Member { name: entry.name.into_owned(), bytes: content }),
            Some(office::Part::Document) => take(Member { name: entry.name.into_owned(), bytes: office::text(&content) }),
            Some(office::Part::SharedStrings) => book.strings = office::shared_strings(&content),
            Some(office::Part::Sheet) => book.sheets.push((entry.name.into_owned(), content)),
        }
    }
    book.sheets().for_each(take);
}

fn unpack(entry: &Entry<'_>, budget: &Budget) -> Option<Vec<u8>> {
    let stream: Box<dyn Read> = match entry.method {
        0 => Box::new(entry.packed),
        8 => Box::new(flate2::read::DeflateDecoder::new(entry.packed)),
        12 => unpacked(Container::Bzip2, entry.packed)?,
        93 => unpacked(Container::Zstd, entry.packed)?,
        95 => unpacked(Container::Xz, entry.packed)?,
        _ => {
            budget.leave_out("has a member that is packed in a way that is not read");
            return None;
        }
    };
    read_member(metered(stream, budget), budget)
}

fn number(bytes: &[u8], at: usize, length: usize) -> Option<usize> {
    Some(bytes.get(at..at + length)?.iter().rev().fold(0, |n, b| n << 8 | usize::from(*b)))
}

/// The files that the directory at the end of the archive names. A directory of more than four gigabytes is not read.
fn directory(bytes: &[u8]) -> Option<Vec<Entry<'_>>> {
    let tail = bytes.len().saturating_sub(END_WITH_COMMENT);
    let end = tail + memchr::memmem::rfind(&bytes[tail..], b"PK\x05\x06")?;
    let (size, start) = (number(bytes, end + 12, 4)?, number(bytes, end + 16, 4)?);
    // What stands in front of an archive that unpacks itself is not counted by its places.
    let first = end.checked_sub(size)?;
    let before = first.checked_sub(start)?;
    let mut entries = Vec::new();
    let mut at = first;
    while bytes.get(at..at + 4) == Some(b"PK\x01\x02") {
        let field = |offset: usize, length: usize| number(bytes, at + offset, length);
        let (name, extra, comment) = (field(28, 2)?, field(30, 2)?, field(32, 2)?);
        let raw = bytes.get(at + 46..at + 46 + name)?;
        let head = before + field(42, 4)?;
        let content = || {
            let data = head + 30 + number(bytes, head + 26, 2)? + number(bytes, head + 28, 2)?;
            bytes.get(data..data + field(20, 4)?)
        };
        if let Some(packed) = content().filter(|_| !raw.ends_with(b"/")) {
            let (flags, method, size) = (field(8, 2)?, field(10, 2)?, field(24, 4)?);
            entries.push(Entry { name: String::from_utf8_lossy(raw), encrypted: flags & 1 == 1, method: method as u16, size: size as u64, packed });
        }
        at += 46 + name + extra + comment;
    }
    Some(entries)
}
