//! Tar archives, as they stream by: plain, with the long names of GNU and of POSIX.1-2001.

use std::io::{self, Read};

use super::container::{Budget, MAX_MEMBER, Member};

const BLOCK: usize = 512;
/// Bytes of a name, or of a set of attributes, that are read.
const MAX_NAME: u64 = 64 * 1024;

pub(super) fn members(mut stream: impl Read, budget: &Budget, take: &mut dyn FnMut(Member)) {
    let mut long_name = None;
    loop {
        let mut block = [0; BLOCK];
        match stream.read_exact(&mut block) {
            Ok(()) if block.iter().any(|b| *b != 0) => {}
            Ok(()) => return,
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return,
            Err(_) => return budget.leave_out("is damaged"),
        }
        let Some(size) = size(&block).filter(|_| checksum_is_right(&block)) else { return budget.leave_out("is damaged") };
        if !budget.next_member() {
            return;
        }
        let padded = size.div_ceil(BLOCK as u64).saturating_mul(BLOCK as u64);
        let wanted = match block[156] {
            b'0' | 0 | b'7' => MAX_MEMBER,
            b'L' | b'x' => MAX_NAME,
            _ => 0,
        };
        let mut data = Vec::new();
        if size <= wanted {
            if stream.by_ref().take(padded).read_to_end(&mut data).is_err() {
                budget.leave_out("is damaged");
            }
            data.truncate(size as usize);
        } else {
            if wanted == MAX_MEMBER {
                budget.leave_out("has a member that is larger than is read");
            }
            if io::copy(&mut stream.by_ref().take(padded), &mut io::sink()).is_err() {
                return;
            }
        }
        match block[156] {
            b'L' => long_name = Some(text(&data)),
            b'x' => long_name = path_attribute(&data).or(long_name),
            kind => {
                let name = long_name.take().unwrap_or_else(|| name(&block));
                if matches!(kind, b'0' | 0 | b'7') && size <= wanted && !data.is_empty() {
                    take(Member { name, bytes: data });
                }
            }
        }
    }
}

/// Text up to its first zero.
fn text(field: &[u8]) -> String {
    String::from_utf8_lossy(field.split(|b| *b == 0).next().unwrap_or_default()).into_owned()
}

fn name(block: &[u8; BLOCK]) -> String {
    let (name, prefix) = (text(&block[..100]), text(&block[345..500]));
    // GNU keeps times where the others keep the folder.
    if prefix.is_empty() || &block[257..263] != b"ustar\0" { name } else { format!("{prefix}/{name}") }
}

/// Octal digits, or, with the first bit set, a number of 64 bits at the end.
fn size(block: &[u8; BLOCK]) -> Option<u64> {
    let field = &block[124..136];
    if field[0] & 0x80 != 0 {
        return Some(u64::from_be_bytes(field[4..12].try_into().ok()?));
    }
    u64::from_str_radix(text(field).trim(), 8).ok()
}

/// The sum of the block's bytes, its own field read as blanks.
fn checksum_is_right(block: &[u8; BLOCK]) -> bool {
    let sum: u32 = block.iter().enumerate().map(|(i, b)| if (148..156).contains(&i) { u32::from(b' ') } else { u32::from(*b) }).sum();
    u32::from_str_radix(text(&block[148..156]).trim(), 8) == Ok(sum)
}

/// `27 path=long/name` among the attributes of the member that follows.
fn path_attribute(data: &[u8]) -> Option<String> {
    data.split(|b| *b == b'\n').find_map(|line| {
        let (_, attribute) = std::str::from_utf8(line).ok()?.split_once(' ')?;
        Some(attribute.strip_prefix("path=")?.to_owned())
    })
}
