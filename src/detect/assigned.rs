//! Where a value may stand that is assigned to a key, behind the vendor's name in the key. Code, as a pattern of all this costs more to build and to
//! run than all the rest of the rules.

/// Characters of a key behind the vendor's name that are skipped.
const LONGEST_REST: usize = 40;
/// White space on either side of what assigns.
const SPACES: usize = 8;
/// What assigns; the longer first.
const OPERATORS: &[&[u8]] = &[b"=>", b":=", b"=", b":", b",", b"to", b">"];

/// The places where a value of at least `run` bytes without white space and quotes may begin in `text`, which begins behind the name; nearest first,
/// until `take` is content.
pub(super) fn places(text: &[u8], run: usize, mut take: impl FnMut(usize) -> bool) {
    // Many ways lead to one place: each is tried once.
    let mut tried = 0u64;
    let mut once = |p: usize| {
        let bit = 1u64 << p.min(63);
        let new = tried & bit == 0;
        tried |= bit;
        new && text.get(p..p + run).is_some_and(|value| value.iter().all(|b| is_dense(*b))) && take(p)
    };
    for (end, next) in text.iter().enumerate().take(LONGEST_REST + 1) {
        if ends_a_key(*next) && behind(text, end, &mut once) || !is_key(*next) {
            return;
        }
    }
}

/// Whether a byte can be inside a value of which the run is counted.
pub(super) fn is_dense(b: u8) -> bool {
    !is_space(b) && !is_quote(b)
}

fn is_key(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'[' | b']' | b' ' | b'-')
}

fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t'..=b'\r')
}

fn is_quote(b: u8) -> bool {
    matches!(b, b'"' | b'\'' | b'`')
}

/// Whether a byte may follow a key.
fn ends_a_key(b: u8) -> bool {
    is_space(b) || is_quote(b) || matches!(b, b']' | b')' | b'=' | b':' | b',' | b'>' | b'-' | b't')
}

/// With the key ending at `end`: what closes it, what assigns, and the value's quote.
fn behind(text: &[u8], end: usize, once: &mut impl FnMut(usize) -> bool) -> bool {
    let skip = |p: usize, closes: fn(u8) -> bool| p + usize::from(text.get(p).is_some_and(|b| closes(*b)));
    let closed = skip(skip(skip(end, is_quote), |b| b == b']'), |b| b == b')');
    let mut value = |p: usize| once(skip(p, is_quote)) || once(p);
    operator(text, closed).is_some_and(&mut value) || matches!(text.get(closed), Some(b' ' | b'-')) && value(closed + 1)
}

/// Behind what assigns at `at`, white space around it included.
fn operator(text: &[u8], at: usize) -> Option<usize> {
    let spaces = |p: usize| p + text[p..].iter().take(SPACES).take_while(|b| is_space(**b)).count();
    let p = spaces(at);
    let sign = OPERATORS.iter().find(|sign| text[p..].starts_with(sign))?;
    let word = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    if **sign == *b"to" && (p == 0 || word(text.get(p - 1)) || word(text.get(p + 2))) {
        return None;
    }
    Some(spaces(p + sign.len()))
}

#[cfg(test)]
mod tests {
    use super::places;

    /// What stands at each place, up to the next sign that ends a value.
    fn all(text: &str, run: usize) -> Vec<&str> {
        let mut found = Vec::new();
        places(text.as_bytes(), run, |p| {
            found.push(text[p..].split(['"', ' ', '\n', ';']).next().unwrap_or_default());
            false
        });
        found
    }

    #[test]
    fn a_value_stands_behind_what_assigns_it() {
        for text in [
            "_key=abcdef",
            "Key\": \"abcdef\"",
            "key'] => 'abcdef'",
            " = \n  abcdef",
            ".key := `abcdef`",
            "-token abcdef",
            ") to abcdef",
            "_id\",abcdef",
            ">abcdef",
        ] {
            assert!(all(text, 6).iter().any(|v| v.trim_end_matches(['\'', '`']) == "abcdef"), "{text}: {:?}", all(text, 6));
        }
        assert_eq!(all("_key=abc def", 6), [""; 0], "too short");
        assert_eq!(all(&format!("{}=abcdef", "k".repeat(41)), 6), [""; 0], "too far");
        assert_eq!(all("_key(abcdef)", 6), [""; 0]);
        assert_eq!(all("", 0), [""; 0]);
    }

    #[test]
    fn the_nearest_comes_first_and_one_that_is_taken_ends_the_search() {
        assert_eq!(all(" my key=one two=three", 3), ["key=one", "one"], "`my` is too short, and the key ends with what assigns");
        let mut asked = 0;
        places(b" my key=one two=three", 3, |_| {
            asked += 1;
            true
        });
        assert_eq!(asked, 1);
    }
}
