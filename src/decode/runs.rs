//! Base 64 and hexadecimal: runs of their letters that are long enough, also wrapped over lines, and that decode to something readable.

use std::ops::Range;

use super::{Places, Stretch, Way, container, text};

/// Runs shorter than this, in bytes, hold no credential that their surroundings do not tell better.
const SHORTEST: usize = 20;
/// Hexadecimal digits in a row that are looked at: fewer are numbers.
const SHORTEST_HEX: usize = 32;
/// A line that may be wrapped has at least so many letters.
const SHORTEST_LINE: usize = 32;
/// Bytes in front of a zone in which a wrapped run may have begun.
const BACK: usize = 32 * 1024;
/// Decoded bytes that say whether the rest is worth it.
const HEAD: usize = 12;

/// Letters of base 64, in both alphabets.
const LETTER: [bool; 256] = {
    let mut table = [false; 256];
    let mut i = 0;
    while i < 256 {
        let b = i as u8;
        table[i] = b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_');
        i += 1;
    }
    table
};

fn is_letter(b: u8) -> bool {
    LETTER[b as usize]
}

pub(super) fn find(text: &[u8], zone: Range<usize>, take: &mut dyn FnMut(Stretch)) {
    // From the end of a window back to its start: ordinary text has a sign that is no letter after a few bytes, and the rest of the window is skipped.
    let mut at = zone.start;
    if at > 0 && is_letter(text[at]) {
        let letters = text[at.saturating_sub(BACK)..at].iter().rev().take_while(|b| is_letter(**b)).count();
        at -= letters;
    }
    while at + SHORTEST <= text.len() && at < zone.end {
        if let Some(other) = text[at..at + SHORTEST].iter().rposition(|b| !is_letter(*b)) {
            at += other + 1;
            continue;
        }
        let end = at + SHORTEST + text[at + SHORTEST..].iter().take_while(|b| is_letter(**b)).count();
        at = run(text, at..end, take).max(end);
    }
}

/// Looks at one run; gives back how far it went.
fn run(text: &[u8], first: Range<usize>, take: &mut dyn FnMut(Stretch)) -> usize {
    // The parts of a token that is signed are the token's own.
    if text.get(first.end) == Some(&b'.') && text[first.clone()].starts_with(b"eyJ") || first.start > 0 && text[first.start - 1] == b'.' {
        return first.end;
    }
    // `0x` is how a number of digits begins.
    let first = if text[first.clone()].starts_with(b"0x") { first.start + 2..first.end } else { first };
    let letters = &text[first.clone()];
    if letters.len() >= SHORTEST_HEX && letters.len().is_multiple_of(2) && is_readable(&hex(&letters[..2 * HEAD])) {
        let lines = lines(text, first);
        let all: Vec<u8> = lines.iter().flat_map(|l| &text[l.clone()]).copied().collect();
        let bytes = hex(&all);
        if bytes.len() * 2 >= all.len() - 1 {
            take(Stretch { way: Way::Hex, bytes, places: places(&lines, 2, 1) });
        }
        return lines.last().map_or(0, |l| l.end);
    }
    if !is_readable(&base64(&letters[..letters.len().min(HEAD / 3 * 4)])) {
        return first.end;
    }
    let lines = lines(text, first);
    let all: Vec<u8> = lines.iter().flat_map(|l| &text[l.clone()]).copied().collect();
    let bytes = base64(&all);
    if is_worth_it(&bytes) {
        take(Stretch { way: Way::Base64, bytes, places: places(&lines, 4, 3) });
    }
    lines.last().map_or(0, |l| l.end)
}

/// Whether the beginning could be that of a text or of a file that holds more.
fn is_readable(head: &[u8]) -> bool {
    text::is_text(head) || container(head).is_some() || (head.len() >= 8 && head.chunks_exact(2).all(|c| text::is_text(&c[..1]) && c[1] == 0))
}

/// A text whose first bytes are letters by chance goes on otherwise.
fn is_worth_it(bytes: &[u8]) -> bool {
    let strange = |b: &&u8| !matches!(**b, b' '..=b'~' | b'\t' | b'\n' | b'\r' | 0x80..);
    container(bytes).is_some() || bytes.starts_with(&[bytes.first().copied().unwrap_or(0), 0]) || bytes.iter().take(256).filter(strange).count() == 0
}

/// The lines over which a run is wrapped: all as long as the first, but for the last.
fn lines(text: &[u8], first: Range<usize>) -> Vec<Range<usize>> {
    let length = first.len();
    let mut lines = vec![first];
    if length < SHORTEST_LINE {
        return lines;
    }
    while let Some(last) = lines.last().filter(|l| l.len() == length) {
        let rest = &text[last.end..];
        // A line's end, as such or as a string writes it, and what indents or comments the next one.
        let ended = [&b"\n"[..], b"\r\n", b"\\n", b"\\r\\n", b"\\\n"].iter().find(|e| rest.starts_with(e)).map(|e| e.len());
        let Some(start) = ended.map(|e| last.end + e + rest[e..].iter().take(80).take_while(|b| matches!(b, b' ' | b'\t')).count()) else { break };
        let count = text[start..].iter().take_while(|b| is_letter(**b)).count();
        if count == 0 || count > length || matches!(text.get(start + count), Some(b':' | b'(' | b'.')) {
            break;
        }
        lines.push(start..start + count);
    }
    lines
}

fn places(lines: &[Range<usize>], written: usize, meant: usize) -> Places {
    let mut places = Places::default();
    let mut before = 0;
    for line in lines {
        places.push(before * meant / written, line.start, written, meant);
        before += line.len();
    }
    places
}

/// The value of each letter; both alphabets, and anything above 63 is none.
const VALUE: [u8; 256] = {
    let mut table = [255; 256];
    let mut i = 0;
    while i < 26 {
        table[b'A' as usize + i] = i as u8;
        table[b'a' as usize + i] = 26 + i as u8;
        i += 1;
    }
    let mut digit = 0;
    while digit < 10 {
        table[b'0' as usize + digit] = 52 + digit as u8;
        digit += 1;
    }
    table[b'+' as usize] = 62;
    table[b'-' as usize] = 62;
    table[b'/' as usize] = 63;
    table[b'_' as usize] = 63;
    table
};

/// Letters as bytes; what does not fill a byte is dropped.
fn base64(letters: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(letters.len() / 4 * 3 + 2);
    for four in letters.chunks(4) {
        let bits = (0..4).fold(0u32, |bits, i| bits << 6 | u32::from(four.get(i).map_or(0, |b| VALUE[*b as usize] & 63)));
        out.extend_from_slice(&bits.to_be_bytes()[1..four.len().max(1)]);
    }
    out
}

/// Pairs of digits as bytes, up to the first that is none.
fn hex(digits: &[u8]) -> Vec<u8> {
    digits.chunks_exact(2).map_while(|pair| Some((pair[0] as char).to_digit(16)? << 4 | (pair[1] as char).to_digit(16)?)).map(|b| b as u8).collect()
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    use super::*;

    fn all(text: &str) -> Vec<(Way, String, Places)> {
        let mut found = Vec::new();
        find(text.as_bytes(), 0..text.len(), &mut |s| found.push((s.way, String::from_utf8_lossy(&s.bytes).into_owned(), s.places)));
        found
    }

    #[test]
    fn both_alphabets_with_and_without_padding() {
        for inner in ["user=app password=made>>>?up", "a secret of thirty letters ....", "x: y and then some more text"] {
            for written in [STANDARD.encode(inner), URL_SAFE_NO_PAD.encode(inner)] {
                let text = format!("data = \"{written}\"\n");
                let found = all(&text);
                assert_eq!(found.len(), 1, "{text}");
                assert_eq!((found[0].0, &*found[0].1), (Way::Base64, inner));
                assert_eq!(found[0].2.outer(&(0..3)), 8..12);
            }
        }
    }

    #[test]
    fn wrapped_lines_are_one_text() {
        let inner = "line one of a text\nand line two, which is longer than the first\nkey: value\n".repeat(3);
        let written = STANDARD.encode(&inner);
        for (before, between) in [("", "\n"), ("    ", "\n    "), ("\"", "\\n"), ("", "\r\n")] {
            let lines: Vec<&str> = written.as_bytes().chunks(64).map(|c| std::str::from_utf8(c).expect("ASCII")).collect();
            let text = format!("x:\n{before}{}\n", lines.join(between));
            let found = all(&text);
            assert_eq!(found.len(), 1, "{text}");
            assert_eq!(found[0].1, inner);
            let at = found[0].2.outer(&(48..51));
            assert_eq!(&text[at], &written[64..68]);
        }
    }

    #[test]
    fn hexadecimal_text() {
        let inner = "token of a machine: made-up";
        let text = format!("0x{}", inner.bytes().map(|b| format!("{b:02x}")).collect::<String>());
        let found = all(&text);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].0, &*found[0].1), (Way::Hex, inner));
    }

    #[test]
    fn names_paths_digests_and_keys_are_nothing() {
        for text in [
            "usr/local/share/applications/thing_with_a_long_name",
            "aVeryLongIdentifierThatNobodyWouldEverWriteButSomeoneDid",
            "d41d8cd98f00b204e9800998ecf8427ed41d8cd98f00b204e9800998ecf8427e",
            "AAAAB3NzaC1yc2EAAAADAQABAAABgQC7vbqajDhA",
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ",
            "deadbeefdeadbeefdeadbeefdeadbeef",
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        ] {
            assert!(all(text).is_empty(), "{text}");
        }
    }
}
