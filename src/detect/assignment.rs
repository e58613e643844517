//! `key = value` in any syntax: finds, around a word, the key that it is part of and the value that the key is given.

use std::ops::Range;

use super::partner;

/// Longest key and value looked at, in bytes.
const MAX_KEY: usize = 100;
const MAX_VALUE: usize = 4_200;

/// How values are written in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Bare values: dotenv, properties, INI, YAML, shell.
    Config,
    /// A bare word is a name; values are quoted.
    Source,
    /// Prose, logs, and what is not known.
    Text,
}

/// A key and its value, by place.
#[derive(Clone, Debug)]
pub(super) struct Assignment {
    pub key: Range<usize>,
    pub value: Range<usize>,
    pub quoted: bool,
    /// The operator, in one character: `=`, `:`, `,`, `(`, `>`, a space, `COMPARED` or `DEFINED`.
    pub operator: u8,
}

/// The operator of `password == "…"`.
pub(super) const COMPARED: u8 = b'~';
/// The operator of `#define PASSWORD …`.
pub(super) const DEFINED: u8 = b'#';

fn is_name(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')
}

/// The assignment whose key holds the word at `start..end`.
pub(super) fn around(text: &[u8], start: usize, end: usize, style: Style) -> Option<Assignment> {
    let mut from = start;
    while from > 0 && start - from < MAX_KEY && (is_name(text[from - 1]) || text[from - 1] == b'.') {
        from -= 1;
    }
    let mut to = end;
    while to < text.len() && to - end < MAX_KEY && is_name(text[to]) {
        to += 1;
    }
    let key = from..to;
    if let Some((value, quoted)) = partner::in_tags(text, &key) {
        return Some(Assignment { key, value, quoted, operator: if quoted { b'=' } else { b'>' } });
    }
    if let Some(value) = partner::in_block(text, &key).filter(|_| style == Style::Config) {
        return Some(Assignment { key, value, quoted: false, operator: b':' });
    }
    if let Some(value) = partner::in_settings(text, &key, style == Style::Source) {
        return Some(Assignment { key, value, quoted: true, operator: b'=' });
    }
    let before = from.checked_sub(1).map_or(b'\n', |i| text[i]);
    let mut p = to;
    // What closes the key: quotes, brackets, escaped quotes of JSON inside a string.
    let mut closed = 0;
    while p < text.len() && closed < 4 && matches!(text[p], b'"' | b'\'' | b'`' | b']' | b'\\' | b'?' | b'!') {
        p += 1;
        closed += 1;
    }
    let key_quoted = closed > 0 && matches!(before, b'"' | b'\'' | b'`' | b'\\');
    let after_key = p;
    p = skip_blanks(text, p);
    let blanks = p > after_key;
    let next = *text.get(p)?;
    let mut operator = next;
    // `?token=…&` in a URL is bare, whatever the language around it.
    let parameter = matches!(before, b'?' | b'&') && next == b'=' && !key_quoted;
    let beside = named_value(text, from, to);
    match next {
        _ if beside.is_some() => {
            p = beside.unwrap_or(p);
            operator = b':';
        }
        b'+' if text.get(p + 1) == Some(&b'=') => {
            p += 2;
            operator = b'=';
        }
        b'=' => {
            p += 1;
            match text.get(p) {
                Some(b'=') => {
                    p += 1 + usize::from(text.get(p + 1) == Some(&b'='));
                    operator = COMPARED;
                }
                Some(b'~') => return None,
                Some(b'>') => p += 1,
                _ => {}
            }
        }
        b':' => {
            p += 1;
            match text.get(p) {
                Some(b':') => return None,
                Some(b'=') => p += 1,
                _ => {}
            }
            // `password: string = "…"`, `password: &str = "…"`.
            if style != Style::Config {
                let mut q = skip_blanks(text, p);
                let typed = q;
                while q < text.len()
                    && q - typed < 40
                    && (text[q].is_ascii_alphanumeric() || matches!(text[q], b'&' | b'\'' | b'<' | b'>' | b'?' | b'_' | b'.'))
                {
                    q += 1;
                }
                let r = skip_blanks(text, q);
                if q > typed && text.get(r) == Some(&b'=') && text.get(r + 1) != Some(&b'=') && !matches!(text.get(typed), Some(b'"' | b'\'')) {
                    p = r + 1;
                }
            }
        }
        b',' if key_quoted || text[key.clone()].starts_with(b"CURLOPT_") => p += 1,
        b'(' if style == Style::Source && closed == 0 => p += 1,
        b'>' if before == b'<' || xml_attribute_name(text, from) => p += 1,
        // `f $password "…"` hands over two things.
        b'"' | b'\'' if blanks && before == b'$' => return None,
        b'"' | b'\'' if blanks => operator = b' ',
        _ if blanks && is_defined(text, from) => operator = DEFINED,
        // `--password …` on a command line.
        _ if blanks && (before == b'-' || text[from] == b'-') => operator = b' ',
        // `password …` as a line of its own, not in a sentence.
        _ if blanks && style == Style::Config && !matches!(next, b'\n' | b'\r') && begins_line(text, from) => operator = b' ',
        _ => return None,
    }
    // `registry/api-token:v2` is an image and its tag.
    if next == b':' && before == b'/' && closed == 0 && !blanks && !matches!(text.get(p), Some(b' ' | b'\t' | b'"' | b'\'')) && is_inside_path(text, from - 1) {
        return None;
    }
    // `"Password:",label:"…"`: what looks like an opening quote closes the string that the key ends, and `/password` is a route.
    let ends_string = matches!(before, b'"' | b'\'') && closed == 0 && text.get(p) == Some(&before);
    let route = before == b'/' && from.checked_sub(2).is_none_or(|i| !is_name(text[i]));
    if ends_string || route {
        return None;
    }
    p = skip_blanks(text, p);
    // String prefixes of source languages.
    if matches!(text.get(p), Some(b'b' | b'r' | b'u' | b'f' | b'@' | b'L' | b'B' | b'R' | b'U')) && matches!(text.get(p + 1), Some(b'"' | b'\'')) {
        if matches!(text.get(p), Some(b'f')) {
            return None;
        }
        p += 1;
    }
    if text.get(p) == Some(&b'\\') && matches!(text.get(p + 1), Some(b'"' | b'\'')) {
        p += 1;
    }
    p = first_of_list(text, p);
    let first = *text.get(p)?;
    let limit = (p + MAX_VALUE).min(text.len());
    if matches!(first, b'"' | b'\'' | b'`') {
        let mut q = p + 1;
        if text.get(q) == Some(&first) && text.get(q + 1) == Some(&first) {
            return None;
        }
        while q < limit && text[q] != first && text[q] != b'\n' {
            // An escaped quote ends a value that stands in JSON inside a string.
            if text[q] == b'\\' && p > 0 && text[p - 1] == b'\\' {
                break;
            }
            q += if text[q] == b'\\' { 2 } else { 1 };
        }
        let q = q.min(limit);
        // `"PASSWORD=" + x`: what looks like an opening quote closes the string before it.
        if style == Style::Source && text.get(q) == Some(&b'\n') {
            return None;
        }
        return (q > p + 1).then_some(Assignment { key, value: p + 1..q, quoted: true, operator });
    }
    if let Some(value) = default_of(text, p) {
        return Some(Assignment { key, value, quoted: true, operator });
    }
    if operator == COMPARED || style == Style::Source && !matches!(operator, b'>' | DEFINED) && !parameter {
        return None;
    }
    let mut q = p;
    while q < limit {
        let b = text[q];
        let ends = match operator {
            _ if parameter => b.is_ascii_whitespace() || matches!(b, b'&' | b'"' | b'\'' | b'`' | b'<' | b')' | b'#' | b'\\'),
            b'>' => b == b'<' || b == b'\n',
            b' ' | DEFINED => b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'`' | b';' | b'|'),
            _ => {
                b == b'\n'
                    || b == b'\r'
                    || (b.is_ascii_whitespace() && (style != Style::Config || text.get(q + 1).is_some_and(|n| matches!(n, b'#' | b'/' | b'-' | b';'))))
                    || matches!(b, b'"' | b'`' | b'<')
            }
        };
        if ends {
            break;
        }
        q += 1;
    }
    while q > p && (text[q - 1].is_ascii_whitespace() || matches!(text[q - 1], b',' | b';' | b'\\' | b'\'')) {
        q -= 1;
    }
    // `password manager: …`: the key goes on.
    let goes_on = operator == b' ' && text[p..q].ends_with(b":");
    (q > p && !goes_on).then_some(Assignment { key, value: p..q, quoted: false, operator })
}

/// `name: TOKEN` beside `value: …`, as lists of variables are written: where the value begins.
fn named_value(text: &[u8], from: usize, to: usize) -> Option<usize> {
    let quote = |b: &u8| matches!(b, b'"' | b'\'' | b' ' | b'\t');
    let head = &text[from.saturating_sub(24)..from];
    let head = &head[..head.len() - head.iter().rev().take_while(|b| quote(b)).count()];
    let head = head.strip_suffix(b":").or_else(|| head.strip_suffix(b"="))?;
    let head = &head[..head.len() - head.iter().rev().take_while(|b| quote(b)).count()];
    let word = |w: &[u8]| head.len() >= w.len() && head[head.len() - w.len()..].eq_ignore_ascii_case(w);
    // Only a whole word: `keyname: x` says nothing.
    let length = [&b"name"[..], b"key"].into_iter().find(|w| word(w))?.len();
    if head.len() > length && is_name(head[head.len() - length - 1]) {
        return None;
    }
    let tail = &text[to..text.len().min(to + 160)];
    let mut p = tail.iter().take_while(|b| quote(b) || matches!(b, b',' | b'\n' | b'\r')).count();
    if !tail[..p].contains(&b'\n') && !tail[..p].contains(&b',') || !tail.get(p..p + 5)?.eq_ignore_ascii_case(b"value") {
        return None;
    }
    p += 5;
    p += tail[p..].iter().take_while(|b| quote(b)).count();
    matches!(tail.get(p), Some(b':' | b'=')).then_some(to + p + 1)
}

/// Whether what stands before a slash is a host or a longer path, not a word of its own.
fn is_inside_path(text: &[u8], slash: usize) -> bool {
    text[..slash].iter().rev().take(MAX_KEY).take_while(|b| is_name(**b) || matches!(**b, b'.' | b'/')).any(|b| matches!(b, b'.' | b'/'))
}

/// Whether nothing but a command stands in front on the line: `ENV PASSWORD …`, `export PASSWORD …`, `username x password …`.
fn begins_line(text: &[u8], from: usize) -> bool {
    const COMMANDS: &[&[u8]] = &[b"-", b"env", b"arg", b"export", b"set", b"setenv", b"user", b"username", b"login", b"machine", b"default"];
    let low = from.saturating_sub(120);
    let line = text[low..from].iter().rposition(|b| *b == b'\n').map_or(low, |i| low + i + 1);
    let first = text[line..from].split(u8::is_ascii_whitespace).find(|word| !word.is_empty());
    first.is_none_or(|first| COMMANDS.iter().any(|command| first.eq_ignore_ascii_case(command)))
}

/// Whether the line defines a macro and the name at `from` is what it defines.
fn is_defined(text: &[u8], from: usize) -> bool {
    let head = text[from.saturating_sub(24)..from].trim_ascii_end();
    head.ends_with(b"#define") || head.ends_with(b"%define")
}

/// The literal that a variable of the environment falls back to: `getenv("X", "…")`, `process.env.X || "…"`, `environ.get("X") or "…"`.
fn default_of(text: &[u8], p: usize) -> Option<Range<usize>> {
    let line = &text[p..(p + 300).min(text.len())];
    let line = &line[..line.iter().position(|b| *b == b'\n').unwrap_or(line.len())];
    let reads = line.iter().position(|b| matches!(b, b'(' | b'[' | b'|' | b'?')).map_or(line, |i| &line[..i]);
    if !reads.windows(3).any(|w| w.eq_ignore_ascii_case(b"env")) {
        return None;
    }
    let close = line.iter().rposition(|b| matches!(b, b'"' | b'\''))?;
    let open = line[..close].iter().rposition(|b| *b == line[close])?;
    let before = line[..open].trim_ascii_end();
    let falls_back = [&b","[..], b"||", b"??", b" or", b"?:", b"default=", b"default:", b" else"].iter().any(|word| before.ends_with(word));
    (falls_back && close > open + 1).then_some(p + open + 1..p + close)
}

fn skip_blanks(text: &[u8], mut p: usize) -> usize {
    let from = p;
    while p < text.len() && p - from < 40 && matches!(text[p], b' ' | b'\t') {
        p += 1;
    }
    p
}

/// The first quoted element of a list: `["…", …]`, `[]string{"…"}`; else the place itself.
fn first_of_list(text: &[u8], p: usize) -> usize {
    let rest = &text[p.min(text.len())..];
    let open = [&b"[]string{"[..], b"["].iter().find(|o| rest.starts_with(o)).map_or(0, |o| o.len());
    let blanks = rest[open..].iter().take(60).take_while(|b| b.is_ascii_whitespace()).count();
    let at = p + open + blanks;
    if open > 0 && matches!(text.get(at), Some(b'"' | b'\'' | b'`')) { at } else { p }
}

/// `<add key="Password" value=…` and `<property name="password">`: the key stands in quotes inside a tag.
fn xml_attribute_name(text: &[u8], key: usize) -> bool {
    text[key.saturating_sub(60)..key].iter().rev().take_while(|b| **b != b'\n').any(|b| *b == b'<')
}

/// Key words, lower case: `dbPassword_old` → `db`, `password`, `old`.
pub(super) fn words(key: &[u8]) -> Vec<String> {
    let mut words: Vec<String> = vec![String::new()];
    let mut previous = 0u8;
    for (i, &b) in key.iter().enumerate() {
        let next_lower = key.get(i + 1).is_some_and(u8::is_ascii_lowercase);
        let starts = b.is_ascii_uppercase() && (previous.is_ascii_lowercase() || previous.is_ascii_digit() || (previous.is_ascii_uppercase() && next_lower));
        if !b.is_ascii_alphanumeric() || starts {
            words.push(String::new());
        }
        if b.is_ascii_alphanumeric()
            && let Some(last) = words.last_mut()
        {
            last.push(b.to_ascii_lowercase() as char);
        }
        previous = b;
    }
    words.retain(|w| !w.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str, style: Style) -> Option<&str> {
        let at = text.to_ascii_lowercase().find("passw")?;
        around(text.as_bytes(), at, at + 8, style).map(|a| &text[a.value])
    }

    #[test]
    fn one_reader_for_every_syntax() {
        for (text, style) in [
            ("DB_PASSWORD=v4lue\n", Style::Config),
            ("  password: v4lue  # why\n", Style::Config),
            ("\"password\": \"v4lue\",", Style::Source),
            ("password = \"v4lue\";", Style::Source),
            ("let password: &str = \"v4lue\";", Style::Source),
            ("'password' => 'v4lue',", Style::Source),
            ("define('DB_PASSWORD', 'v4lue');", Style::Source),
            ("x.setPassword(\"v4lue\")", Style::Source),
            ("<password>v4lue</password>", Style::Source),
            ("tool --password v4lue --x", Style::Config),
            ("user PASSWORD 'v4lue'", Style::Text),
            ("{\\\"password\\\": \\\"v4lue\\\"}", Style::Source),
            ("- name: DB_PASSWORD\n  value: v4lue\n", Style::Config),
            ("{ \"name\": \"DB_PASSWORD\", \"value\": \"v4lue\" }", Style::Source),
            ("key = \"password\"\nvalue = \"v4lue\"\n", Style::Source),
        ] {
            assert_eq!(value(text, style), Some("v4lue"), "{text}");
        }
        assert_eq!(value("if password == \"v4lue\"", Style::Source), Some("v4lue"));
        assert_eq!(value("if password == given", Style::Source), None);
        for text in [
            "PASSWORD = os.environ.get(\"DB_PASS\", \"v4lue\")",
            "password = process.env.DB_PASS || 'v4lue';",
            "password = os.environ.get('DB_PASS') or 'v4lue'",
        ] {
            assert_eq!(value(text, Style::Source), Some("v4lue"), "{text}");
        }
        assert_eq!(value("password = os.environ[\"DB_PASS\"]", Style::Source), None);
        for text in ["image: acme.example/password:v4lue", "{{ hash $password \"v4lue\" }}", "- password manager: v4lue"] {
            assert_eq!(value(text, Style::Config), None, "{text}");
        }
        assert_eq!(value("acme.example/password: v4lue", Style::Config), Some("v4lue"));
        assert_eq!(value("user:app/password:v4lue", Style::Text), Some("v4lue"));
        assert_eq!(value("#define PASSWORD v4lue", Style::Source), Some("v4lue"));
        assert_eq!(value("password = input()", Style::Source), None);
        assert_eq!(value("list = append(list, \"X_PASSWORD=\"+given)\n", Style::Source), None);
    }

    #[test]
    fn keys_fall_into_words() {
        assert_eq!(words(b"spring.dbPasswordOLDValue_2"), ["spring", "db", "password", "old", "value", "2"]);
    }
}
