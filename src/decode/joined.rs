//! Strings of a program that are written in parts: `"one" + "two"`, also over lines, and with nothing between them.

use std::ops::Range;

use super::{Places, Stretch, Way};

/// Blanks at most, in bytes, between the parts of a joint.
const BLANKS: usize = 200;
/// How far a stretch goes beyond its joints, in bytes, within their lines.
const AROUND: usize = 400;
/// Joints at most so far from each other, in bytes, belong to one stretch.
const NEAR: usize = 1_000;
/// Joints of one stretch at most.
const MOST: usize = 2_000;

/// What may stand right in front of a joint's sign or of the line's end in it: most stand behind something else, and one look tells.
const MAY_PRECEDE: [bool; 256] = {
    let mut table = [false; 256];
    let signs = b"\"'` \t\r+.\\&";
    let mut i = 0;
    while i < signs.len() {
        table[signs[i] as usize] = true;
        i += 1;
    }
    table
};

/// `beside` says that strings which only blanks keep apart are one.
pub(super) fn find(text: &[u8], zone: Range<usize>, beside: bool, take: &mut dyn FnMut(Stretch)) {
    let mut joints: Vec<Range<usize>> = Vec::new();
    let mut passed = zone.start;
    for at in memchr::memchr3_iter(b'+', b'\n', b'.', &text[zone.clone()]).map(|i| zone.start + i) {
        if at < passed || !at.checked_sub(1).is_some_and(|before| MAY_PRECEDE[text[before] as usize]) {
            continue;
        }
        // The quote that opened the last part closes nothing.
        let Some(joint) = joint(text, at, beside).filter(|j| j.start >= passed) else { continue };
        passed = joint.end;
        if joints.last().is_some_and(|last| joint.start.saturating_sub(last.end) > NEAR) || joints.len() >= MOST {
            stretch(text, &joints, take);
            joints.clear();
        }
        joints.push(joint);
    }
    stretch(text, &joints, take);
}

/// Whether the language of a file makes one string of strings that stand side by side.
pub(super) fn are_joined_beside(path: &str) -> bool {
    const LANGUAGES: &[&str] = &["py", "pyi", "c", "h", "cc", "cpp", "cxx", "hh", "hpp", "ino", "m", "mm", "dart", "d", "rb"];
    path.rsplit_once('.').is_some_and(|(_, extension)| LANGUAGES.iter().any(|l| extension.eq_ignore_ascii_case(l)))
}

fn is_quote(b: u8) -> bool {
    matches!(b, b'"' | b'\'' | b'`')
}

/// From the quote that closes a string to the one that opens the next, both included, when there is only a joint between them.
fn joint(text: &[u8], at: usize, beside: bool) -> Option<Range<usize>> {
    // Most signs stand behind something else than a string: one look tells.
    let blank = |b: &&u8| matches!(**b, b' ' | b'\t');
    let mut close = at - text[..at].iter().rev().take(BLANKS).take_while(blank).count();
    let line_ended = text[at] == b'\n';
    let mut sign = !line_ended;
    if line_ended {
        close -= usize::from(close > 0 && text[close - 1] == b'\r');
        // A sign, or a backslash, in front of the line's end.
        if close > 0 && matches!(text[close - 1], b'+' | b'.' | b'\\' | b'&') {
            sign = true;
            close -= 1;
            close -= text[..close].iter().rev().take(BLANKS).take_while(blank).count();
        }
    }
    let quote = *text.get(close.checked_sub(1)?)?;
    // An escaped quote is inside its string; two in a row are an empty string, or three of them a long one.
    if !is_quote(quote) || close < 2 || text[close - 2] == b'\\' || text[close - 2] == quote {
        return None;
    }
    let mut open = at + 1;
    for _ in 0..2 {
        open += text[open..].iter().take(BLANKS).take_while(|b| b.is_ascii_whitespace()).count();
        match text.get(open)? {
            b'+' | b'.' if !sign => {
                sign = true;
                open += 1;
                // Lua joins with two dots.
                open += usize::from(text.get(open) == Some(&b'.'));
            }
            b'.' if text[at] == b'.' && open == at + 1 => open += 1,
            _ => break,
        }
    }
    // The parts are written alike, and the next one is not empty.
    ((sign || beside) && text.get(open) == Some(&quote) && text.get(open + 1).is_some_and(|b| *b != quote)).then(|| close - 1..open + 1)
}

fn stretch(text: &[u8], joints: &[Range<usize>], take: &mut dyn FnMut(Stretch)) {
    let (Some(first), Some(last)) = (joints.first(), joints.last()) else { return };
    let from = first.start.saturating_sub(AROUND);
    let start = memchr::memrchr(b'\n', &text[from..first.start]).map_or(from, |i| from + i + 1);
    let to = (last.end + AROUND).min(text.len());
    let end = memchr::memchr(b'\n', &text[last.end..to]).map_or(to, |i| last.end + i);
    let mut bytes = Vec::with_capacity(end - start);
    let mut places = Places::default();
    let mut at = start;
    for joint in joints.iter().cloned().chain(std::iter::once(end..end)) {
        places.push(bytes.len(), at, 1, 1);
        bytes.extend_from_slice(&text[at..joint.start]);
        at = joint.end;
    }
    take(Stretch { way: Way::Joined, bytes, places });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        find(text.as_bytes(), 0..text.len(), true, &mut |s| found.push(String::from_utf8_lossy(&s.bytes).into_owned()));
        found
    }

    #[test]
    fn parts_become_one_string() {
        for text in [
            r#"x = "made" + "-up";"#,
            "x = \"made\" +\n    \"-up\";",
            "x = \"made\"\n    + \"-up\";",
            "x = \"made\"\n    \"-up\";",
            "x = \"made\" \\\n    \"-up\";",
            "x = \"made\" . \"-up\";",
            "x = \"made\" .. \"-up\";",
            "x = \"made\"+\"-up\";",
        ] {
            assert_eq!(all(text), ["x = \"made-up\";"], "{text}");
        }
        assert_eq!(all("x = 'a' + 'b' + 'c'\ny\nz = 'd' + 'e'\n"), ["x = 'abc'\ny\nz = 'de'"]);
        assert_eq!(all("x = 'a' + '+' + 'b'\n"), ["x = 'a+b'"]);
        assert_eq!(all("x = 'a' + ' + 'b'\n"), ["x = 'a + 'b'"]);
    }

    #[test]
    fn other_strings_stay_apart() {
        for text in ["[\"a\",\n \"b\"]", "x = \"a\" + y", "x = \"a\\\" + \"", "\"\"\"a\"\"\"\n\"b\"", "f(\"a\").g(\"b\")", "x = \"a\" + 'b'"] {
            assert!(all(text).is_empty(), "{text}: {:?}", all(text));
        }
    }

    #[test]
    fn not_every_language_joins_what_stands_side_by_side() {
        let text = "import (\n\"one\"\n\"two\"\n)\nx = \"a\"\n + \"b\"";
        let mut found = Vec::new();
        find(text.as_bytes(), 0..text.len(), false, &mut |s| found.push(String::from_utf8_lossy(&s.bytes).into_owned()));
        assert_eq!(found, ["x = \"ab\""]);
    }

    #[test]
    fn a_quote_belongs_to_one_joint() {
        assert_eq!(all("x = \"a\"+\"\n\"b\""), ["x = \"a"]);
    }

    #[test]
    fn the_place_of_a_part_is_its_own() {
        let text = "x = \"made\" + \"-up\"";
        find(text.as_bytes(), 0..text.len(), true, &mut |s| {
            assert_eq!(s.places.outer(&(5..12)), 5..17);
            assert_eq!(s.places.seams().collect::<Vec<_>>(), [9]);
        });
    }
}
