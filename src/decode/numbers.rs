//! Texts that a program or a file writes as numbers or letters one by one: `[]byte{0x67, 0x68}`, `[103, 104]`, `{'g', 'h'}`. The line is read as if the
//! text stood there in quotes.

use std::ops::Range;

use super::{Places, Stretch, Way};

/// Fewer numbers than this hold no credential.
const SHORTEST: usize = 12;
/// More than this are no credential, but a file.
const LONGEST: usize = 16 * 1024;
/// Blanks at most, in bytes, between two numbers.
const BLANKS: usize = 200;
/// How far in front of the numbers the key may begin, in bytes, within the line.
const AROUND: usize = 400;

/// What one element stands for, and where it is written.
type Letter = (u8, Range<usize>);

pub(super) fn find(text: &[u8], zone: Range<usize>, take: &mut dyn FnMut(Stretch)) {
    const CALL: &[u8] = b"CharCode(";
    let mut look = |at: usize, passed: &mut usize| {
        // Most lists begin otherwise: one look tells.
        let begins = |b: &u8| b.is_ascii_digit() || b.is_ascii_whitespace() || matches!(b, b'\'' | b'(');
        if at >= *passed
            && text.get(at + 1).is_some_and(begins)
            && let Some((letters, end)) = list(text, at + 1)
        {
            *passed = end;
            if letters.len() >= SHORTEST {
                stretch(text, at, &letters, end, take);
            }
        }
    };
    let mut passed = zone.start;
    memchr::memchr2_iter(b'[', b'{', &text[zone.clone()]).for_each(|i| look(zone.start + i, &mut passed));
    // JavaScript makes a text of what it is called with.
    passed = zone.start;
    memchr::memmem::find_iter(&text[zone.clone()], CALL).for_each(|i| look(zone.start + i + CALL.len() - 1, &mut passed));
}

/// The letters of a list that begins at `at`, with the place of each, and where the list ends; nothing when something else is in it.
fn list(text: &[u8], mut at: usize) -> Option<(Vec<Letter>, usize)> {
    let mut letters = Vec::new();
    loop {
        at = skip_blanks(text, at);
        // A comma may stand behind the last one.
        if !letters.is_empty() && matches!(text.get(at)?, b']' | b'}' | b')') {
            return Some((letters, at + 1));
        }
        let (byte, end) = element(text, at)?;
        if !matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t') || letters.len() >= LONGEST {
            return None;
        }
        letters.push((byte, at..end));
        at = skip_blanks(text, end);
        match text.get(at)? {
            b',' => at += 1,
            b']' | b'}' | b')' => {}
            _ => return None,
        }
    }
}

fn skip_blanks(text: &[u8], at: usize) -> usize {
    at + text.get(at..).map_or(0, |rest| rest.iter().take(BLANKS).take_while(|b| b.is_ascii_whitespace()).count())
}

/// A number below 256, or a letter in quotes, and where it ends.
fn element(text: &[u8], at: usize) -> Option<(u8, usize)> {
    let rest = text.get(at..)?;
    let cast = [&b"(byte)"[..], b"(byte) ", b"(char)"].into_iter().rev().find(|c| rest.starts_with(c)).map_or(0, <[u8]>::len);
    let rest = &rest[cast..];
    let at = at + cast;
    match rest {
        [b'\'', letter, b'\'', ..] if letter.is_ascii_graphic() && !matches!(letter, b'\'' | b'\\') => Some((*letter, at + 3)),
        [b'0', b'x' | b'X', digits @ ..] => {
            let count = digits.iter().take(3).take_while(|b| b.is_ascii_hexdigit()).count();
            number(&digits[..count], 16).map(|n| (n, at + 2 + count))
        }
        _ => {
            let count = rest.iter().take(4).take_while(|b| b.is_ascii_digit()).count();
            // The first number of Rust's lists says of which kind they are.
            let kind = if rest[count..].starts_with(b"u8") { 2 } else { 0 };
            number(&rest[..count], 10).map(|n| (n, at + count + kind))
        }
    }
}

fn number(digits: &[u8], radix: u32) -> Option<u8> {
    let digits = std::str::from_utf8(digits).ok().filter(|d| !d.is_empty())?;
    u8::from_str_radix(digits, radix).ok()
}

fn stretch(text: &[u8], open: usize, letters: &[Letter], end: usize, take: &mut dyn FnMut(Stretch)) {
    let from = open.saturating_sub(AROUND);
    let start = memchr::memrchr(b'\n', &text[from..open]).map_or(from, |i| from + i + 1);
    // What says of which type the list is stands between it and what it is assigned to.
    let head = text[start..open].iter().rposition(|b| matches!(b, b'=' | b':' | b',')).map_or(open, |i| start + i + 1);
    let mut bytes = text[start..head].to_vec();
    let mut places = Places::default();
    places.push(0, start, 1, 1);
    bytes.extend_from_slice(b" \"");
    for (letter, place) in letters {
        places.push(bytes.len(), place.start, place.len(), 1);
        bytes.push(*letter);
    }
    places.push(bytes.len(), end, 0, 1);
    bytes.extend_from_slice(b"\"\n");
    take(Stretch { way: Way::Numbers, bytes, places });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        find(text.as_bytes(), 0..text.len(), &mut |s| found.push(String::from_utf8_lossy(&s.bytes).into_owned()));
        found
    }

    fn written(each: impl Fn(u8) -> String) -> String {
        b"made-up-value".iter().map(|b| each(*b)).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn every_way_to_list_bytes() {
        let decimal = written(|b| b.to_string());
        let hex = written(|b| format!("{b:#04x}"));
        for (text, head) in [
            (format!("token := []byte{{{hex}}}"), "token :="),
            (format!("\"token\": [{decimal}]"), "\"token\":"),
            (format!("byte[] token = new byte[] {{ {decimal}, }};"), "byte[] token ="),
            (format!("byte[] token = {{{}}};", written(|b| format!("(byte) {b}"))), "byte[] token ="),
            (format!("const TOKEN: &[u8] = &[{}];", decimal.replacen(',', "u8,", 1)), "const TOKEN: &[u8] ="),
            (format!("char token[] = {{{}}};", written(|b| format!("'{}'", b as char))), "char token[] ="),
            (format!("token = bytes([\n  {}\n])", decimal.replace(", ", ",\n  ")), "token ="),
            (format!("token = String.fromCharCode({decimal})"), "token ="),
        ] {
            assert_eq!(all(&text), [format!("{head} \"made-up-value\"\n")], "{text}");
        }
    }

    #[test]
    fn other_lists_are_nothing() {
        for text in
            ["[1, 2, 3]", "x = [104, 105]", "[65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 200]", "[65, x]", "[", "{65,", "[]", "['ab', 'c']", "[0x]"]
        {
            assert!(all(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn the_place_of_a_letter_is_its_number() {
        let text = format!("x = [{}]", written(|b| b.to_string()));
        find(text.as_bytes(), 0..text.len(), &mut |s| {
            let at = s.bytes.iter().position(|b| *b == b'm').expect("there");
            assert_eq!(&text[s.places.outer(&(at..at + 2))], "109, 97");
        });
    }
}
