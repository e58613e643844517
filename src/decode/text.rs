//! What is text, and in which of the ways in which characters are written as bytes.

use std::borrow::Cow;

use super::container;

/// Bytes that decide.
const HEAD: usize = 64;

/// Whether the bytes could be the beginning of a text: printable, in ASCII.
pub(super) fn is_text(head: &[u8]) -> bool {
    !head.is_empty() && head.iter().all(|b| matches!(b, b' '..=b'~' | b'\t' | b'\n' | b'\r'))
}

/// How many bytes a character takes, and whether the least one comes first, when that is not UTF-8.
fn width(bytes: &[u8]) -> Option<(usize, bool, usize)> {
    // The mark of UTF-32 begins with that of UTF-16.
    for (mark, width, little) in [(&b"\xFF\xFE\0\0"[..], 4, true), (b"\0\0\xFE\xFF", 4, false), (b"\xFF\xFE", 2, true), (b"\xFE\xFF", 2, false)] {
        if bytes.starts_with(mark) {
            return Some((width, little, mark.len()));
        }
    }
    // Without a mark, text in the letters of ASCII gives itself away by its zeros.
    let head = &bytes[..bytes.len().min(HEAD) / 4 * 4];
    if head.len() < 8 || !head.contains(&0) {
        return None;
    }
    let fits = |width: usize, place: usize| {
        head.chunks_exact(width).all(|c| is_text(&c[place..=place]) && c.iter().enumerate().all(|(i, b)| i == place || *b == 0)).then_some((
            width,
            place == 0,
            0,
        ))
    };
    fits(2, 0).or_else(|| fits(2, 1)).or_else(|| fits(4, 0)).or_else(|| fits(4, 3))
}

/// Whether the bytes are text, or a container of text.
pub fn is_readable(bytes: &[u8]) -> bool {
    memchr::memchr(0, &bytes[..bytes.len().min(8000)]).is_none() || width(bytes).is_some() || container(bytes).is_some()
}

/// Whether characters take two or four bytes each.
pub fn is_wide(bytes: &[u8]) -> bool {
    width(bytes).is_some()
}

/// UTF-16 and UTF-32, with a byte-order mark or plainly, as UTF-8; anything else as it is.
pub fn utf8(bytes: &[u8]) -> Cow<'_, [u8]> {
    let Some((width, little, mark)) = width(bytes) else { return bytes.into() };
    let units = bytes[mark..].chunks_exact(width).map(|unit| {
        let number = |n: u32, b: &u8| n << 8 | u32::from(*b);
        if little { unit.iter().rev().fold(0, number) } else { unit.iter().fold(0, number) }
    });
    let text: String = if width == 4 {
        units.map(|u| char::from_u32(u).unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    } else {
        char::decode_utf16(units.map(|u| u as u16)).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    text.into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_are_read_with_and_without_a_mark() {
        let text = "key = välue \u{1F511}\n";
        let wide = |little: bool, width: usize, mark: bool| -> Vec<u8> {
            let units: Vec<u32> = if width == 2 { text.encode_utf16().map(u32::from).collect() } else { text.chars().map(u32::from).collect() };
            let units = mark.then_some(0xFEFF).into_iter().chain(units);
            units.flat_map(|u| if little { u.to_le_bytes()[..width].to_vec() } else { u.to_be_bytes()[4 - width..].to_vec() }).collect()
        };
        for (little, width) in [(true, 2), (false, 2), (true, 4), (false, 4)] {
            assert_eq!(utf8(&wide(little, width, true)), text.as_bytes(), "{little} {width}");
        }
        let plain: Vec<u8> = "password = x".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(&*utf8(&plain), b"password = x");
        assert!(matches!(utf8(b"password = x"), Cow::Borrowed(_)));
        assert!(matches!(utf8(b"\x7fELF\x02\x01\x01\0\0\0\0\0"), Cow::Borrowed(_)));
    }
}
