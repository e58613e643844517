//! Comments that say that a value beside them is meant to be there: ours, and those of other scanners.

use std::ops::Range;

/// Longest stretch of a line that is looked at on each side of a value, in bytes.
const REACH: usize = 2_000;

/// Ours. `nhi:ignore` is for every rule, `nhi:ignore[rule, type]` for some; what follows is the reason.
const OURS: &str = "nhi:ignore";

/// Comments of other scanners, for their line: gitleaks, betterleaks, detect-secrets, trufflehog, kingfisher, ggshield.
const SAME_LINE: &[&str] =
    &["gitleaks:allow", "betterleaks:allow", "pragma: allowlist secret", "pragma: whitelist secret", "trufflehog:ignore", "kingfisher:ignore", "ggignore"];

/// Comments for the line after theirs.
const NEXT_LINE: &[&str] = &["pragma: allowlist nextline", "pragma: whitelist nextline"];

/// Whether a comment on the first or the last line of a value, or a fitting one on the line before, covers what `rule` found there.
pub(super) fn covers(text: &[u8], place: &Range<usize>, rule: &str, credential: &str) -> bool {
    let line = line_around(text, place.start);
    let last = line_around(text, place.end.saturating_sub(1).max(place.start));
    let says = |line: &str| SAME_LINE.iter().any(|s| line.contains(s)) || ours(line, OURS, rule, credential);
    if says(&lower(text, &line)) || last != line && says(&lower(text, &last)) {
        return true;
    }
    let Some(end) = line.start.checked_sub(1) else { return false };
    let before = lower(text, &line_around(text, end));
    NEXT_LINE.iter().any(|s| before.contains(s)) || ours(&before, "nhi:ignore-next-line", rule, credential)
}

/// Whether our comment stands in a line, and for this rule.
fn ours(line: &str, word: &str, rule: &str, credential: &str) -> bool {
    let Some(at) = line.find(word) else { return false };
    let rest = &line[at + word.len()..];
    // Another word: `nhi:ignore-next-line` is for the next one.
    if rest.starts_with("-next") {
        return false;
    }
    match rest.strip_prefix('[').and_then(|list| list.split_once(']')) {
        Some((list, _)) => list.split(',').map(str::trim).any(|name| name == rule || name == credential),
        None => true,
    }
}

fn line_around(text: &[u8], at: usize) -> Range<usize> {
    let low = at.saturating_sub(REACH);
    let high = (at + REACH).min(text.len());
    let start = text[low..at].iter().rposition(|b| *b == b'\n').map_or(low, |i| low + i + 1);
    let end = text[at..high].iter().position(|b| *b == b'\n').map_or(high, |i| at + i);
    start..end
}

fn lower(text: &[u8], line: &Range<usize>) -> String {
    String::from_utf8_lossy(&text[line.clone()]).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covered(text: &str) -> bool {
        let start = text.find("v4lue").expect("there");
        covers(text.as_bytes(), &(start..start + 5), "generic-password", "password")
    }

    #[test]
    fn a_comment_covers_its_line() {
        for comment in [
            "nhi:ignore",
            "NHI:ignore: of the test user",
            "gitleaks:allow",
            "pragma: allowlist secret",
            "trufflehog:ignore",
            "kingfisher:ignore",
            "betterleaks:allow",
        ] {
            assert!(covered(&format!("a\npassword = v4lue # {comment}\nb")), "{comment}");
            assert!(!covered(&format!("a # {comment}\npassword = v4lue\nb # {comment}")), "{comment}");
        }
    }

    #[test]
    fn or_the_next() {
        for comment in ["nhi:ignore-next-line", "nhi:ignore-next-line[password]: why", "pragma: allowlist nextline secret"] {
            assert!(covered(&format!("# {comment}\npassword = v4lue\n")), "{comment}");
            assert!(!covered(&format!("# {comment}\n\npassword = v4lue\n")), "{comment}");
            assert!(!covered(&format!("password = v4lue # {comment}\n")), "{comment}");
        }
    }

    #[test]
    fn and_only_the_rules_that_it_names() {
        assert!(covered("password = v4lue # nhi:ignore[generic-password]"));
        assert!(covered("password = v4lue # nhi:ignore[stripe-key, password] of a test"));
        assert!(!covered("password = v4lue # nhi:ignore[stripe-key]"));
    }
}
