//! Patterns over ids, names and paths.

/// Whether the pattern fits all of the text: `*` stands for anything, slashes too, `?` for one character. Time is bounded by the product of both lengths.
pub fn glob(pattern: &str, text: &str) -> bool {
    let (p, t): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut i, mut j) = (0, 0);
    // Where the last star stands, and up to where it has taken the text.
    let mut star: Option<(usize, usize)> = None;
    while j < t.len() {
        if i < p.len() && p[i] == '*' {
            star = Some((i, j));
            i += 1;
        } else if i < p.len() && (p[i] == '?' || p[i] == t[j]) {
            i += 1;
            j += 1;
        } else if let Some((at, taken)) = star {
            star = Some((at, taken + 1));
            i = at + 1;
            j = taken + 1;
        } else {
            return false;
        }
    }
    p[i..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn a_star_takes_anything_and_the_whole_text_must_fit() {
        for (pattern, text, fits) in [
            ("arn:aws:iam::*:role/web-*", "arn:aws:iam::111122223333:role/web-deploy", true),
            ("role/web-*", "arn:aws:iam::111122223333:role/web-deploy", false),
            ("*", "", true),
            ("", "a", false),
            ("a?c", "abc", true),
            ("a*b*c", "a-b-b-c-c", true),
            ("a*b", "a-b-", false),
            ("a*", "*a", false),
        ] {
            assert_eq!(glob(pattern, text), fits, "{pattern} on {text}");
        }
    }
}
