//! Files that hold other files, or text between other bytes: told by their first bytes, opened within bounds.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::io::{self, BufReader, Read};

use super::{sqlite, strings, tar, zip};

/// Bytes of one member at most; larger ones are left out.
pub const MAX_MEMBER: u64 = 10 << 20;
/// Members of one outer file at most, all depths together.
const MAX_MEMBERS: u32 = 20_000;
/// Bytes unpacked of one outer file: so many for each of its own, but not fewer than the least nor more than the most.
const RATIO: u64 = 200;
const LEAST: u64 = 16 << 20;
const MOST: u64 = 256 << 20;
/// Memory for the window of a packed stream, in KiB.
const WINDOW: u32 = 64 * 1024;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    Gzip,
    Bzip2,
    Xz,
    Zstd,
    Tar,
    Zip,
    Sqlite,
    Class,
    Pyc,
    Executable,
}

impl Container {
    /// The word for it in a report.
    pub fn name(self) -> &'static str {
        match self {
            Container::Gzip => "gzip",
            Container::Bzip2 => "bzip2",
            Container::Xz => "xz",
            Container::Zstd => "zstd",
            Container::Tar => "tar",
            Container::Zip => "zip",
            Container::Sqlite => "sqlite",
            Container::Class => "class",
            Container::Pyc => "pyc",
            Container::Executable => "strings",
        }
    }

    /// Whether its texts have lost what stood around them, so that only a format of its own tells a value.
    pub fn is_loose(self) -> bool {
        matches!(self, Container::Class | Container::Pyc | Container::Executable)
    }
}

/// What a file with these first bytes is.
pub fn container(bytes: &[u8]) -> Option<Container> {
    const SIGNS: &[(&[u8], Container)] = &[
        (b"\x1f\x8b\x08", Container::Gzip),
        (b"\xfd7zXZ\0", Container::Xz),
        (b"\x28\xb5\x2f\xfd", Container::Zstd),
        (b"PK\x03\x04", Container::Zip),
        (b"SQLite format 3\0", Container::Sqlite),
        (b"\x7fELF", Container::Executable),
        (b"MZ\x90\0", Container::Executable),
        (b"\0asm", Container::Executable),
        (b"\xfe\xed\xfa\xce", Container::Executable),
        (b"\xfe\xed\xfa\xcf", Container::Executable),
        (b"\xce\xfa\xed\xfe", Container::Executable),
        (b"\xcf\xfa\xed\xfe", Container::Executable),
    ];
    if let Some((_, found)) = SIGNS.iter().find(|(sign, _)| bytes.starts_with(sign)) {
        return Some(*found);
    }
    if bytes.get(257..262) == Some(b"ustar") {
        return Some(Container::Tar);
    }
    // The size of a block, and then the first block.
    if bytes.starts_with(b"BZh") && bytes.get(3).is_some_and(|b| matches!(b, b'1'..=b'9')) && bytes.get(4..10) == Some(b"1AY&SY") {
        return Some(Container::Bzip2);
    }
    let pair = |at: usize| Some((*bytes.get(at)?, *bytes.get(at + 1)?));
    // Both begin so; a binary for several processors counts them where a class has its version, which is 45 or more.
    if bytes.starts_with(b"\xca\xfe\xba\xbe") {
        return Some(if pair(6).is_some_and(|(high, low)| u16::from_be_bytes([high, low]) >= 45) { Container::Class } else { Container::Executable });
    }
    // CPython counts its versions and ends the number with a line's end, so that a copy as text would be seen.
    let version = pair(0).map_or(0, |(low, high)| u16::from_le_bytes([low, high]));
    let compiled = pair(2) == Some((b'\r', b'\n')) && (matches!(version, 3_000..=3_999 | 62_000..=62_299));
    compiled.then_some(Container::Pyc)
}

/// One member of a container.
pub struct Member {
    /// Its name inside; empty where it has none.
    pub name: String,
    pub bytes: Vec<u8>,
}

/// What may still be unpacked of one outer file, and what was left out.
pub struct Budget {
    bytes: Cell<u64>,
    members: Cell<u32>,
    left_out: RefCell<BTreeSet<&'static str>>,
}

impl Budget {
    /// For an outer file of so many bytes.
    pub fn new(size: usize) -> Self {
        let bytes = (size as u64).saturating_mul(RATIO).clamp(LEAST, MOST);
        Budget { bytes: Cell::new(bytes), members: Cell::new(MAX_MEMBERS), left_out: RefCell::default() }
    }

    /// The same, and no more than that many bytes.
    pub fn within(size: usize, most: usize) -> Self {
        let budget = Budget::new(size);
        budget.bytes.set(budget.bytes.get().min(most as u64));
        budget
    }

    /// Bytes that are left.
    pub fn left(&self) -> usize {
        self.bytes.get() as usize
    }

    /// Notes that something was not read, and why.
    pub fn leave_out(&self, why: &'static str) {
        self.left_out.borrow_mut().insert(why);
    }

    /// Why something was not read: each reason once, sorted.
    pub fn left_out(self) -> Vec<&'static str> {
        self.left_out.into_inner().into_iter().collect()
    }

    /// Takes so many bytes; whether they were there.
    pub fn spend(&self, bytes: u64) -> bool {
        let left = self.bytes.get();
        self.bytes.set(left.saturating_sub(bytes));
        if left < bytes {
            self.leave_out("unpacks to more than is read");
        }
        left >= bytes
    }

    /// Takes one member; whether one was left.
    pub(super) fn next_member(&self) -> bool {
        let left = self.members.get();
        self.members.set(left.saturating_sub(1));
        if left == 0 {
            self.leave_out("has more members than are read");
        }
        left > 0
    }
}

/// A stream that ends with an error when the budget does.
struct Metered<'a, R> {
    inner: R,
    budget: &'a Budget,
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        if self.budget.spend(count as u64) { Ok(count) } else { Err(io::ErrorKind::FileTooLarge.into()) }
    }
}

/// Calls `take` with every member of a container. What cannot be read is noted in the budget.
pub fn members(kind: Container, bytes: &[u8], budget: &Budget, take: &mut dyn FnMut(Member)) {
    let whole = |text: Vec<u8>| Member { name: String::new(), bytes: text };
    match kind {
        Container::Gzip | Container::Bzip2 | Container::Xz | Container::Zstd => match unpacked(kind, bytes) {
            Some(stream) => from_stream(stream, budget, take),
            None => budget.leave_out("is damaged"),
        },
        Container::Tar => tar::members(bytes, budget, take),
        Container::Zip => zip::members(bytes, budget, take),
        Container::Sqlite => sqlite::tables(bytes, budget, take),
        Container::Class => take(whole(strings::of_class(bytes))),
        Container::Pyc => take(whole(strings::of_pyc(bytes))),
        Container::Executable => take(whole(strings::of_executable(bytes))),
    }
}

/// The stream behind a packed one.
pub(super) fn unpacked<'a>(kind: Container, packed: &'a [u8]) -> Option<Box<dyn Read + 'a>> {
    Some(match kind {
        Container::Gzip => Box::new(flate2::read::MultiGzDecoder::new(packed)),
        Container::Bzip2 => Box::new(bzip2::read::MultiBzDecoder::new(packed)),
        Container::Xz => Box::new(lzma_rust2::XzReader::new_mem_limit(packed, true, WINDOW)),
        Container::Zstd => Box::new(ruzstd::decoding::StreamingDecoder::new_with_max_window_size(packed, u64::from(WINDOW) << 10).ok()?),
        _ => return None,
    })
}

/// A packed stream is one file, or an archive of many.
fn from_stream(stream: Box<dyn Read + '_>, budget: &Budget, take: &mut dyn FnMut(Member)) {
    let mut stream = BufReader::new(Metered { inner: stream, budget });
    let mut head = Vec::new();
    if stream.by_ref().take(512).read_to_end(&mut head).is_err() {
        budget.leave_out("is damaged");
        return;
    }
    if container(&head) == Some(Container::Tar) {
        tar::members(head.chain(stream), budget, take);
    } else if let Some(bytes) = read_member(head.chain(stream), budget) {
        take(Member { name: String::new(), bytes });
    }
}

/// All of a stream, when that is no more than a member may have; what could be read of a damaged one.
pub(super) fn read_member(stream: impl Read, budget: &Budget) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    if !budget.next_member() {
        return None;
    }
    if stream.take(MAX_MEMBER + 1).read_to_end(&mut bytes).is_err() {
        budget.leave_out("is damaged");
    }
    if bytes.len() as u64 > MAX_MEMBER {
        budget.leave_out("has a member that is larger than is read");
        return None;
    }
    Some(bytes)
}

/// A stream within the budget.
pub(super) fn metered<'a>(stream: impl Read + 'a, budget: &'a Budget) -> impl Read + 'a {
    Metered { inner: stream, budget }
}
