//! One pack and its index, versions 1 and 2 (git's `pack-format`).

use std::fs::{self, File};
use std::ops::Range;
use std::path::Path;

use rayon::prelude::*;

use super::ids::Ids;
use super::{Kind, MAX_OBJECT, NONE, Tools};

/// Longest header of an entry: type and size, then an offset or an id.
const MAX_ENTRY_HEADER: usize = 10 + 32;
/// Entries whose headers are read in one go, and the bytes that this may take.
const GROUP: usize = 1024;
const MAX_GROUP_BYTES: u64 = 8 << 20;
/// Deflate makes at most this many bytes of one.
const MAX_RATIO: usize = 1032;

/// An opened pack; its objects are numbered in the order of the file.
pub(super) struct Pack {
    file: File,
    first: u32,
    /// Where each entry begins; one more, where the last one ends.
    offsets: Vec<u64>,
    entries: Vec<Entry>,
}

/// What the header of an entry says.
#[derive(Clone, Copy)]
struct Entry {
    /// Of what is stored, in bytes.
    size: u32,
    header: u8,
}

#[derive(Clone, Copy)]
struct Header<'a> {
    kind: Kind,
    entry: Entry,
    base: Base<'a>,
}

#[derive(Clone, Copy)]
enum Base<'a> {
    None,
    At(u64),
    Id(&'a [u8]),
}

/// What an entry is, its header, and the number of its base; nothing when it cannot be read.
type Read = Option<(Kind, Entry, u32)>;

impl Pack {
    /// Opens the pack beside an index, and gives its ids in the order of the file. Nothing when either cannot be read.
    pub(super) fn open(index: &Path, width: usize, first: usize) -> Option<(Pack, Vec<u8>)> {
        let file = File::open(index.with_extension("pack")).ok()?;
        let length = file.metadata().ok()?.len();
        // What was only needed on the way is given back before the next step.
        let (offsets, ids) = fs::read(index).ok().and_then(|bytes| read_index(&bytes, width))?;
        let end = length.checked_sub(width as u64)?;
        let mut order: Vec<u32> = (0..offsets.len() as u32).collect();
        order.sort_unstable_by_key(|i| offsets[*i as usize]);
        let mut sorted: Vec<u64> = Vec::with_capacity(order.len() + 1);
        sorted.extend(order.iter().map(|i| offsets[*i as usize]));
        // Entries lie behind the header of the pack and before its checksum.
        if sorted.first().is_some_and(|o| *o < 12) || sorted.last().is_some_and(|o| *o >= end) || first + offsets.len() >= NONE as usize {
            return None;
        }
        sorted.push(end);
        let mut by_file = Vec::with_capacity(ids.len());
        order.iter().for_each(|i| by_file.extend_from_slice(&ids[*i as usize * width..(*i as usize + 1) * width]));
        let mut pack = Pack { file, first: first as u32, offsets: sorted, entries: Vec::new() };
        pack.entries = vec![Entry { size: 0, header: 0 }; order.len()];
        Some((pack, by_file))
    }

    /// Reads the header of every entry: kinds and bases by number, and how many cannot be read.
    pub(super) fn headers(&mut self, ids: &Ids) -> (Vec<Kind>, Vec<u32>, u64) {
        let pack = &*self;
        let starts: Vec<usize> = (0..pack.entries.len()).step_by(GROUP).collect();
        let group = |start: &usize| pack.read_headers(*start..(start + GROUP).min(pack.entries.len()), ids);
        let groups: Vec<Vec<Read>> = starts.par_iter().map(group).collect();
        let (mut kinds, mut bases, mut broken) = (Vec::with_capacity(self.entries.len()), Vec::with_capacity(self.entries.len()), 0);
        for (position, header) in groups.into_iter().flatten().enumerate() {
            let (kind, entry, base) = header.unwrap_or((Kind::Unknown, self.entries[position], NONE));
            self.entries[position] = entry;
            // A delta whose base is missing cannot be read.
            broken += u64::from(kind == Kind::Unknown && base == NONE);
            kinds.push(kind);
            bases.push(base);
        }
        (kinds, bases, broken)
    }

    fn read_headers(&self, group: Range<usize>, ids: &Ids) -> Vec<Read> {
        let (from, to) = (self.offsets[group.start], (self.offsets[group.end - 1] + MAX_ENTRY_HEADER as u64).min(self.offsets[self.entries.len()]));
        let mut whole = Vec::new();
        let together = to - from <= MAX_GROUP_BYTES && self.read_at(from, (to - from) as usize, &mut whole).is_some();
        let mut single = Vec::new();
        group
            .map(|position| {
                let offset = self.offsets[position];
                let room = (self.offsets[position + 1] - offset).min(MAX_ENTRY_HEADER as u64) as usize;
                let bytes = if together {
                    let at = (offset - from) as usize;
                    whole.get(at..at + room)?
                } else {
                    self.read_at(offset, room, &mut single)?;
                    &single
                };
                let Header { kind, entry, base } = header(bytes, offset, ids.width())?;
                let base = match base {
                    Base::None => NONE,
                    Base::At(offset) => self.offsets.binary_search(&offset).map_or(NONE, |p| self.first + p as u32),
                    Base::Id(id) => ids.number(id).unwrap_or(NONE),
                };
                Some((kind, entry, base))
            })
            .collect()
    }

    pub(super) fn first(&self) -> u32 {
        self.first
    }

    /// The number behind the last one.
    pub(super) fn end(&self) -> u32 {
        self.first + self.entries.len() as u32
    }

    pub(super) fn holds(&self, number: u32) -> bool {
        (self.first..self.end()).contains(&number)
    }

    /// Size of what is stored, in bytes.
    pub(super) fn size(&self, number: u32) -> usize {
        self.entries[(number - self.first) as usize].size as usize
    }

    /// What an entry stores: an object or a delta. Nothing when it is broken or too large.
    pub(super) fn unpack(&self, number: u32, tools: &mut Tools, out: &mut Vec<u8>) -> Option<()> {
        let position = (number - self.first) as usize;
        let Entry { size, header } = self.entries[position];
        let from = self.offsets[position] + u64::from(header);
        let stored = self.offsets[position + 1].checked_sub(from)? as usize;
        let size = size as usize;
        // A size that no compression explains is a lie.
        if header == 0 || size > MAX_OBJECT || size / MAX_RATIO > stored {
            return None;
        }
        let mut compressed = std::mem::take(&mut tools.compressed);
        let read = self.read_at(from, stored, &mut compressed);
        out.resize(size, 0);
        let made = read.and_then(|()| tools.inflater.zlib_decompress(&compressed, out).ok());
        tools.compressed = compressed;
        (made? == size).then_some(())
    }

    fn read_at(&self, offset: u64, length: usize, out: &mut Vec<u8>) -> Option<()> {
        out.resize(length, 0);
        #[cfg(unix)]
        std::os::unix::fs::FileExt::read_exact_at(&self.file, out, offset).ok()?;
        #[cfg(windows)]
        {
            let mut done = 0;
            while done < length {
                let n = std::os::windows::fs::FileExt::seek_read(&self.file, &mut out[done..], offset + done as u64).ok().filter(|n| *n > 0)?;
                done += n;
            }
        }
        Some(())
    }
}

/// The header of the entry that stands at `offset`.
fn header(bytes: &[u8], offset: u64, width: usize) -> Option<Header<'_>> {
    let first = *bytes.first()?;
    let (mut size, mut shift, mut at) = (u64::from(first & 15), 4, 1);
    let mut byte = first;
    while byte & 0x80 != 0 {
        byte = *bytes.get(at)?;
        size |= u64::from(byte & 0x7f).checked_shl(shift).filter(|_| shift < 57)?;
        shift += 7;
        at += 1;
    }
    let mut base = Base::None;
    let kind = match first >> 4 & 7 {
        1 => Kind::Commit,
        2 => Kind::Tree,
        3 => Kind::Blob,
        4 => Kind::Tag,
        6 => {
            byte = *bytes.get(at)?;
            at += 1;
            let mut back = u64::from(byte & 0x7f);
            while byte & 0x80 != 0 {
                byte = *bytes.get(at)?;
                at += 1;
                back = back.checked_add(1)?.checked_mul(128)? | u64::from(byte & 0x7f);
            }
            base = Base::At(offset.checked_sub(back).filter(|o| *o < offset)?);
            Kind::Unknown
        }
        7 => {
            base = Base::Id(bytes.get(at..at + width)?);
            at += width;
            Kind::Unknown
        }
        _ => return None,
    };
    Some(Header { kind, entry: Entry { size: u32::try_from(size).unwrap_or(u32::MAX), header: at as u8 }, base })
}

/// Offsets and ids of an index, both by id.
fn read_index(bytes: &[u8], width: usize) -> Option<(Vec<u64>, Vec<u8>)> {
    let number = |at: usize| -> Option<u32> { Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?)) };
    if !bytes.starts_with(b"\xfftOc") {
        let count = number(255 * 4)? as usize;
        let rows = bytes.get(1024..1024 + count.checked_mul(4 + width)?)?;
        let mut ids = Vec::with_capacity(count * width);
        let mut offsets = Vec::with_capacity(count);
        for row in rows.chunks_exact(4 + width) {
            offsets.push(u64::from(u32::from_be_bytes(row[..4].try_into().ok()?)));
            ids.extend_from_slice(&row[4..]);
        }
        return Some((offsets, ids));
    }
    if number(4)? != 2 {
        return None;
    }
    let count = number(8 + 255 * 4)? as usize;
    let ids_at = 8 + 1024;
    let offsets_at = ids_at + count.checked_mul(width + 4)?;
    let wide_at = offsets_at + count * 4;
    let ids = bytes.get(ids_at..ids_at + count * width)?.to_vec();
    let short = bytes.get(offsets_at..wide_at)?;
    let mut offsets = Vec::with_capacity(count);
    for four in short.chunks_exact(4) {
        let value = u32::from_be_bytes(four.try_into().ok()?);
        offsets.push(if value & 0x8000_0000 == 0 {
            u64::from(value)
        } else {
            let at = wide_at + (value & 0x7fff_ffff) as usize * 8;
            u64::from_be_bytes(bytes.get(at..at + 8)?.try_into().ok()?)
        });
    }
    Some((offsets, ids))
}
