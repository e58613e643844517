//! Patterns met with patterns: `*` stands for anything, `?` for one character, on either side.

/// Characters of a pattern that are compared.
const MOST: usize = 600;
/// Bytes of two open patterns for which a common text is looked for.
const MOST_OPEN: usize = 200;

/// Whether any text fits both patterns; `*` stands for anything, `?` for one character, on either side.
pub(super) fn meet(a: &str, b: &str) -> bool {
    let (mut left, mut right) = (a.chars().take(MOST), b.chars().take(MOST));
    // What both begin with is soon told; most patterns differ there, or are the same to the end.
    let (a, b): (Vec<char>, Vec<char>) = loop {
        let (rest_a, rest_b) = (left.clone(), right.clone());
        match (left.next(), right.next()) {
            (None, None) => return true,
            (Some('*'), _) | (_, Some('*')) => break (rest_a.collect(), rest_b.collect()),
            (Some('?'), Some(_)) | (Some(_), Some('?')) => {}
            (x, y) if x == y => {}
            _ => return false,
        }
    };
    // reachable[j]: the patterns consumed so far can fit a common text.
    let mut row = vec![false; b.len() + 1];
    row[0] = true;
    for j in 1..=b.len() {
        row[j] = row[j - 1] && b[j - 1] == '*';
    }
    for i in 1..=a.len() {
        let mut next = vec![false; b.len() + 1];
        next[0] = row[0] && a[i - 1] == '*';
        for j in 1..=b.len() {
            let (x, y) = (a[i - 1], b[j - 1]);
            next[j] = match (x, y) {
                // A star takes nothing, or one more character of the other side.
                ('*', _) | (_, '*') => row[j] || next[j - 1],
                ('?', _) | (_, '?') => row[j - 1],
                _ => x == y && row[j - 1],
            };
        }
        row = next;
    }
    row[b.len()]
}

/// A text that fits both patterns, if there is one: what one side leaves open is taken from the other, what both leave open is named `x`.
pub(super) fn witness(a: &str, b: &str) -> Option<String> {
    if !meet(a, b) {
        return None;
    }
    let open = |text: &str| text.contains(['*', '?']);
    match (open(a), open(b)) {
        (_, false) => return Some(b.to_owned()),
        (false, true) => return Some(a.to_owned()),
        _ if a.len().max(b.len()) > MOST_OPEN => return None,
        _ => {}
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(MOST).collect(), b.chars().take(MOST).collect());
    let rest = |i: usize, j: usize| meet(&a[i..].iter().collect::<String>(), &b[j..].iter().collect::<String>());
    let (mut i, mut j, mut out) = (0, 0, String::new());
    while i < a.len() || j < b.len() {
        match (a.get(i), b.get(j)) {
            // A star that both have is filled once, and ends there if it can.
            (Some('*'), Some('*')) if rest(i + 1, j + 1) => {
                out.push('x');
                (i, j) = (i + 1, j + 1);
            }
            (Some('*'), _) if rest(i + 1, j) => i += 1,
            (_, Some('*')) if rest(i, j + 1) => j += 1,
            (Some('*'), Some(c)) => {
                out.push(if matches!(c, '*' | '?') { 'x' } else { *c });
                j += 1;
            }
            (Some(c), Some('*')) => {
                out.push(if *c == '?' { 'x' } else { *c });
                i += 1;
            }
            (Some(x), Some(y)) => {
                out.push(match (x, y) {
                    ('?', '?') => 'x',
                    ('?', c) | (c, _) => *c,
                });
                (i, j) = (i + 1, j + 1);
            }
            _ => return None,
        }
        if out.len() > 4 * MOST {
            return None;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_meet_patterns() {
        for (trust, subject, admitted) in [
            ("repo:acme/web:*", "repo:acme/web:environment:prod", true),
            ("repo:acme/web:*", "repo:acme/web:ref:refs/heads/*", true),
            ("repo:acme/web:ref:refs/heads/main", "repo:acme/web:ref:refs/heads/*", true),
            ("repo:acme/web:environment:prod", "repo:acme/web:environment:dev", false),
            ("repo:acme/web:environment:prod", "repo:acme/web:ref:refs/heads/*", false),
            ("repo:acme/*", "repo:acme/other:pull_request", true),
            ("repo:acme/web*", "repo:acme/web-evil:pull_request", true),
            ("repo:acme/web:*", "repo:acme/web-evil:pull_request", false),
            ("repo:acme/we?:pull_request", "repo:acme/web:pull_request", true),
            ("*", "anything", true),
            ("", "x", false),
            ("repo:other/*", "repo:acme/web:ref:refs/heads/*", false),
            ("system:serviceaccount:pay:*", "system:serviceaccount:pay:api", true),
            ("system:serviceaccount:*:api", "system:serviceaccount:pay:web", false),
        ] {
            assert_eq!(meet(trust, subject), admitted, "{trust} against {subject}");
        }
    }

    #[test]
    fn a_witness_fits_both_patterns() {
        for (a, b) in [
            ("repo:acme/web:*", "repo:acme/web:ref:refs/heads/*"),
            ("repo:acme/*:environment:prod", "repo:*/web:*"),
            ("a?c", "*b*"),
            ("*", "*"),
            ("repo:acme/web:ref:refs/heads/main", "repo:acme/web:ref:refs/heads/*"),
        ] {
            let found = witness(a, b).expect("they meet");
            assert!(!found.contains(['*', '?']) && meet(a, &found) && meet(b, &found), "{a} and {b}: {found}");
        }
        assert_eq!(witness("repo:acme/*", "repo:other/*"), None);
        assert_eq!(witness("repo:acme/web:*", "repo:acme/web:ref:refs/heads/*").as_deref(), Some("repo:acme/web:ref:refs/heads/x"));
    }
}
