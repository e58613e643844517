//! Escapes inside a text: those of strings, of URLs and of HTML. A stretch around them is decoded together, so that keys and values stay side by side.

use std::ops::Range;

use super::{Places, Stretch, Way};

/// Escapes at most so far from each other, in bytes, belong to one stretch.
const NEAR: usize = 160;
/// How far a stretch goes beyond its escapes, in bytes, within their line.
const AROUND: usize = 400;
/// Longest stretch, in bytes: what is longer goes on in the next one.
const LONGEST: usize = 64 * 1024;

/// One escape: how many bytes it takes, and the character that it stands for.
type Escape = (usize, char);

pub(super) fn find(text: &[u8], zone: Range<usize>, take: &mut dyn FnMut(Stretch)) {
    let mut open: [Option<Range<usize>>; 3] = [None, None, None];
    let mut from = zone.start;
    // The second of two backslashes may stand behind the zone.
    while let Some(found) = text.get(from..zone.end).and_then(|rest| memchr::memchr3(b'\\', b'%', b'&', rest)) {
        let at = from + found;
        from = at + 1;
        let (slot, way, worth) = match text[at] {
            b'\\' => (0, Way::Backslash, changes_what_is_read(text, at)),
            b'%' => (1, Way::Percent, percent(text, at).is_some()),
            _ => (2, Way::Entity, entity(text, at).is_some()),
        };
        if text[at] == b'\\' && text.get(at + 1) == Some(&b'\\') {
            from += 1;
        }
        if !worth {
            continue;
        }
        match &mut open[slot] {
            Some(range) if at - range.end <= NEAR && at - range.start <= LONGEST && same_line(text, range.end, at) => range.end = at + 1,
            other => {
                if let Some(range) = other.replace(at..at + 1) {
                    stretch(text, way, range, take);
                }
            }
        }
    }
    for (range, way) in open.into_iter().zip([Way::Backslash, Way::Percent, Way::Entity]) {
        if let Some(range) = range {
            stretch(text, way, range, take);
        }
    }
}

fn same_line(text: &[u8], a: usize, b: usize) -> bool {
    memchr::memchr(b'\n', &text[a..b]).is_none()
}

/// Decodes one way around the escapes in `range`, up to the ends of their line.
fn stretch(text: &[u8], way: Way, range: Range<usize>, take: &mut dyn FnMut(Stretch)) {
    let from = range.start.saturating_sub(AROUND);
    let start = memchr::memrchr(b'\n', &text[from..range.start]).map_or(from, |i| from + i + 1);
    let to = (range.end + AROUND).min(text.len());
    let end = memchr::memchr(b'\n', &text[range.end..to]).map_or(to, |i| range.end + i);
    let sign = match way {
        Way::Percent => b'%',
        Way::Entity => b'&',
        _ => b'\\',
    };
    let read = |text: &[u8], at: usize| match way {
        Way::Percent => percent(text, at),
        Way::Entity => entity(text, at),
        _ => backslash(text, at),
    };
    let text = &text[..end];
    let mut bytes = Vec::with_capacity(end - start);
    let mut places = Places::default();
    let mut at = start;
    while at < end {
        let plain = memchr::memchr(sign, &text[at..end]).unwrap_or(end - at);
        if plain > 0 {
            places.push(bytes.len(), at, 1, 1);
            bytes.extend_from_slice(&text[at..at + plain]);
            at += plain;
        }
        if at < end {
            match read(text, at) {
                Some((written, character)) => {
                    let mut utf8 = [0; 4];
                    // Bytes that are written one by one make up a character together; most are letters of ASCII.
                    let meant = character.encode_utf8(&mut utf8).len();
                    places.push(bytes.len(), at, written, meant);
                    bytes.extend_from_slice(&utf8[..meant]);
                    at += written;
                }
                None => {
                    places.push(bytes.len(), at, 1, 1);
                    bytes.push(sign);
                    at += 1;
                }
            }
        }
    }
    take(Stretch { way, bytes, places });
}

/// Whether a backslash hides what stands behind it: a line's end or a tab that touches a word (`\nghp_`), a slash, a letter by its number, or
/// a quote of a string inside a string inside a string. What is left reads the same with the backslash.
fn changes_what_is_read(text: &[u8], at: usize) -> bool {
    match text.get(at + 1) {
        Some(b'n' | b't' | b'r') => text.get(at + 2).is_some_and(u8::is_ascii_alphanumeric),
        Some(b'/' | b'x' | b'u' | b'U' | b'0'..=b'7') => backslash(text, at).is_some(),
        Some(b'\\') => matches!(text.get(at + 2), Some(b'"' | b'\\' | b'u' | b'n')) && text.get(at + 3).is_some(),
        _ => false,
    }
}

fn number(digits: Option<&[u8]>, radix: u32) -> Option<u32> {
    digits?.iter().try_fold(0, |n: u32, b| n.checked_mul(radix)?.checked_add((*b as char).to_digit(radix)?))
}

fn backslash(text: &[u8], at: usize) -> Option<Escape> {
    Some(match *text.get(at + 1)? {
        b'n' => (2, '\n'),
        b't' => (2, '\t'),
        b'r' => (2, '\r'),
        c @ (b'"' | b'\'' | b'\\' | b'/' | b'`') => (2, c as char),
        // A line that goes on.
        b'\n' => (2, ' '),
        b'x' => (4, char::from_u32(number(text.get(at + 2..at + 4), 16)?)?),
        b'u' if text.get(at + 2) == Some(&b'{') => {
            let digits = text.get(at + 3..(at + 10).min(text.len()))?;
            let close = digits.iter().position(|b| *b == b'}').filter(|c| *c > 0)?;
            (close + 4, char::from_u32(number(digits.get(..close), 16)?)?)
        }
        b'u' => {
            let unit = number(text.get(at + 2..at + 6), 16)?;
            match char::from_u32(unit) {
                Some(c) => (6, c),
                // Two halves of a character beyond the first plane.
                None => {
                    let low = text.get(at + 6..at + 8).filter(|b| *b == b"\\u").and_then(|_| number(text.get(at + 8..at + 12), 16))?;
                    (12, char::decode_utf16([unit as u16, low as u16]).next()?.ok()?)
                }
            }
        }
        b'U' => (10, char::from_u32(number(text.get(at + 2..at + 10), 16)?)?),
        b'0'..=b'7' => (4, char::from_u32(number(text.get(at + 1..at + 4), 8).filter(|n| (32..127).contains(n))?)?),
        _ => return None,
    })
}

fn percent(text: &[u8], at: usize) -> Option<Escape> {
    let byte = number(text.get(at + 1..at + 3), 16)?;
    // Letters beyond ASCII stay as they are written: no credential is made of them.
    matches!(byte, 9 | 10 | 13 | 32..=126).then(|| char::from_u32(byte).map(|c| (3, c)))?
}

fn entity(text: &[u8], at: usize) -> Option<Escape> {
    let inside = text.get(at + 1..(at + 11).min(text.len()))?;
    let close = inside.iter().position(|b| *b == b';')?;
    let name = &inside[..close];
    let character = match name {
        b"quot" => '"',
        b"apos" => '\'',
        b"amp" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"nbsp" => ' ',
        b"equals" => '=',
        b"colon" => ':',
        [b'#', b'x' | b'X', digits @ ..] => char::from_u32(number(Some(digits).filter(|d| !d.is_empty()), 16)?)?,
        [b'#', digits @ ..] => char::from_u32(number(Some(digits).filter(|d| !d.is_empty()), 10)?)?,
        _ => return None,
    };
    Some((close + 2, character))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<(Way, String, Places)> {
        let mut found = Vec::new();
        find(text.as_bytes(), 0..text.len(), &mut |s| found.push((s.way, String::from_utf8_lossy(&s.bytes).into_owned(), s.places)));
        found
    }

    #[test]
    fn every_way_of_escaping_a_letter() {
        for (text, way, meant) in [
            (r"a = '\x6bey'", Way::Backslash, "a = 'key'"),
            (r"a = '\u006bey'", Way::Backslash, "a = 'key'"),
            (r"a = '\u{6b}ey'", Way::Backslash, "a = 'key'"),
            (r"a = '\U0000006bey'", Way::Backslash, "a = 'key'"),
            (r"a = '\153ey'", Way::Backslash, "a = 'key'"),
            (r"a = '\ud83d\udd11 \x6b'", Way::Backslash, "a = '\u{1F511} k'"),
            (r"'x\nkey: y'", Way::Backslash, "'x\nkey: y'"),
            (r"https:\/\/u:p@host\/", Way::Backslash, "https://u:p@host/"),
            (r#"{\\\"key\\\": 1}"#, Way::Backslash, r#"{\"key\": 1}"#),
            ("k=%6bey%3D1%zz", Way::Percent, "k=key=1%zz"),
            ("&#107;&#x65;y=&quot;1&quot; &unknown;", Way::Entity, "key=\"1\" &unknown;"),
        ] {
            let found = all(text);
            assert_eq!(found.len(), 1, "{text}");
            assert_eq!((found[0].0, &*found[0].1), (way, meant));
        }
    }

    #[test]
    fn what_reads_the_same_is_left_alone() {
        for text in [r"C:\windows", r#""say \"hi\"\n""#, "100 % of", "a && b", "&x; y", "%d %s", r"\d+\s*\w"] {
            assert!(all(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn a_zone_may_end_anywhere() {
        let text = r#"a \\ \\"b\\" %41%4 &#65;&#6 \x41\x4 \ud83d\udd"#;
        for start in 0..text.len() {
            for end in start..=text.len() {
                find(text.as_bytes(), start..end, &mut |s| assert!(s.places.outer(&(0..s.bytes.len())).end <= text.len()));
            }
        }
    }

    #[test]
    fn a_stretch_ends_with_its_line() {
        let text = format!("first\n{}%41{}\nlast", "x".repeat(1000), "y".repeat(1000));
        let found = all(&text);
        assert_eq!(found.len(), 1);
        // The escape itself counts from its sign.
        assert_eq!(found[0].1.len(), 2 * AROUND - 1);
        assert_eq!(found[0].2.outer(&(AROUND..AROUND + 1)), 1006..1009);
        assert_eq!(all("%41\n%42").len(), 2);
    }
}
