//! Values that do not stand right behind their key: in another attribute or behind the tag, in the block below, in a list of `key=value;`.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// How far, in bytes, the head of a manifest may be from its values.
const MANIFEST: usize = 8 * 1024;

/// How far a tag, or a list of settings, is followed, in bytes.
const FAR: usize = 400;

/// Attributes whose value is a name that the tag gives to something.
const NAMING: &[&[u8]] = &[b"name", b"key", b"id", b"property", b"variable"];

/// Settings that a connection has beside its password.
const SETTINGS: &[&[u8]] = &[
    b"server",
    b"data source",
    b"host",
    b"hostname",
    b"address",
    b"uid",
    b"user id",
    b"userid",
    b"user",
    b"username",
    b"database",
    b"initial catalog",
    b"driver",
    b"dsn",
    b"dbname",
    b"endpoint",
];

/// Where the value of a key in a tag stands: `<add key="Password" value="…"/>`, `<property name="password"><value>…`, `<Pass encoding="…">…`,
/// `<key>Password</key><string>…`. Also whether it is the value of an attribute.
pub(super) fn in_tags(text: &[u8], key: &Range<usize>) -> Option<(Range<usize>, bool)> {
    let content = |from: usize| content(text, from).map(|value| (value, false));
    let before = *text.get(key.start.checked_sub(1)?)?;
    match before {
        b'"' | b'\'' if text.get(key.end) == Some(&before) => {
            let start = key.start.saturating_sub(FAR);
            let tag = start + memchr::memrchr(b'<', &text[start..key.start])?;
            let head = text[tag..key.start - 1].trim_ascii_end().strip_suffix(b"=")?.trim_ascii_end();
            if !NAMING.iter().any(|n| ends_with(head, n)) || memchr::memchr(b'>', &text[tag..key.start]).is_some() {
                return None;
            }
            let end = key.end + memchr::memchr(b'>', &text[key.end..(key.end + FAR).min(text.len())])?;
            let rest = &text[key.end..end];
            match rest.windows(7).position(|w| w[0].is_ascii_whitespace() && w[1..6].eq_ignore_ascii_case(b"value") && w[6] == b'=') {
                Some(at) => {
                    let open = key.end + at + 7;
                    let quote = *text.get(open).filter(|b| matches!(b, b'"' | b'\''))?;
                    let length = memchr::memchr(quote, &text[open + 1..(open + FAR).min(text.len())])?;
                    Some((open + 1..open + 1 + length, true))
                }
                None if rest.ends_with(b"/") => None,
                None => content(end + 1),
            }
        }
        b'<' if text.get(key.end).is_some_and(u8::is_ascii_whitespace) => {
            let end = key.end + memchr::memchr2(b'>', b'<', &text[key.end..(key.end + FAR).min(text.len())])?;
            (text[end] == b'>' && text[end - 1] != b'/' && text[key.end..end].contains(&b'=')).then(|| content(end + 1))?
        }
        b'>' if text[key.end..].starts_with(b"</key>") => content(key.end + 6),
        _ => None,
    }
}

fn ends_with(text: &[u8], word: &[u8]) -> bool {
    let Some(from) = text.len().checked_sub(word.len()) else { return false };
    text[from..].eq_ignore_ascii_case(word) && !text[..from].last().is_some_and(u8::is_ascii_alphanumeric)
}

/// The text behind a tag, or inside the `<value>` or `<string>` that comes first there.
fn content(text: &[u8], from: usize) -> Option<Range<usize>> {
    let mut at = from + text[from..].iter().take(FAR).take_while(|b| b.is_ascii_whitespace()).count();
    let inner = [&b"<value>"[..], b"<string>"].iter().find(|t| text[at..].starts_with(t)).map(|t| t.len());
    match inner {
        Some(tag) => at += tag,
        // A value of its own stands in its line.
        None if text[from..at].contains(&b'\n') => return None,
        None => {}
    }
    let length = memchr::memchr2(b'<', b'\n', &text[at..(at + 10 * FAR).min(text.len())])?;
    (length > 0 && text[at + length] == b'<').then_some(at..at + length)
}

/// The one line of a block that YAML folds or keeps: `key: >-` and the value below.
pub(super) fn in_block(text: &[u8], key: &Range<usize>) -> Option<Range<usize>> {
    let quoted = usize::from(matches!(text.get(key.end), Some(b'"' | b'\'')));
    let rest = text.get(key.end + quoted..)?.strip_prefix(b":")?;
    let line = memchr::memchr(b'\n', &rest[..rest.len().min(20)])?;
    let sign = rest[..line].trim_ascii();
    if !matches!(sign.first(), Some(b'|' | b'>')) || !sign[1..].iter().all(|b| matches!(b, b'-' | b'+' | b'1'..=b'9')) {
        return None;
    }
    let start = text.len() - rest.len() + line + 1;
    let indent = |from: usize| text[from..].iter().take_while(|b| **b == b' ').count();
    let own = {
        let begin = memchr::memrchr(b'\n', &text[..key.start]).map_or(0, |i| i + 1);
        indent(begin)
    };
    let inner = indent(start);
    let end = start + memchr::memchr(b'\n', &text[start..]).unwrap_or(text.len() - start);
    let value = start + inner..end - (end - start - text[start..end].trim_ascii_end().len());
    // More lines are a text, which other rules read.
    let alone = text.get(end + 1).is_none_or(|b| matches!(b, b'\n' | b'\r') || indent(end + 1) < inner);
    (inner > own && !value.is_empty() && alone).then_some(value)
}

/// The value in a list of settings of a connection: `Server=db;User Id=sa;Password=…;`, `host=db user=app password=…`. In a program such a list is a string.
pub(super) fn in_settings(text: &[u8], key: &Range<usize>, program: bool) -> Option<Range<usize>> {
    let blanks = |at: usize| at + text[at..].iter().take(8).take_while(|b| matches!(b, b' ' | b'\t')).count();
    let sign = blanks(key.end);
    if text.get(sign) != Some(&b'=') || matches!(text.get(sign + 1), Some(b'=' | b'>')) {
        return None;
    }
    let start = blanks(sign + 1);
    let first = *text.get(start)?;
    if matches!(first, b'"' | b'\'' | b'`' | b'$') {
        return None;
    }
    let from = key.start.saturating_sub(FAR);
    let begin = memchr::memrchr(b'\n', &text[from..key.start]).map_or(from, |i| from + i + 1);
    let to = (start + FAR).min(text.len());
    let end = memchr::memchr(b'\n', &text[start..to]).map_or(to, |i| start + i);
    // Inside a string: an odd number of its quotes stands in front, and one behind.
    let quote = [b'"', b'\'', b'`'].into_iter().find(|q| memchr::memchr_iter(*q, &text[begin..key.start]).count() % 2 == 1);
    if program && quote.is_none() {
        return None;
    }
    let (string, stop) = match quote.map(|q| (q, memchr::memchr(q, &text[start..end]))) {
        Some((q, Some(length))) => (memchr::memrchr(q, &text[begin..key.start]).map_or(begin, |i| begin + i + 1), start + length),
        Some((_, None)) if program => return None,
        _ => (begin, end),
    };
    let ahead = text[string..key.start].trim_ascii_end().last().copied();
    let braced = first == b'{';
    let semicolon = text[start..stop].iter().position(|b| if braced { *b == b'}' } else { matches!(b, b';' | b'<' | b'&') });
    let listed = ahead == Some(b';') || semicolon.is_some_and(|i| text[start + i] != b'<' && text[start + i] != b'&');
    let setting = |separator: fn(u8) -> bool| {
        SETTINGS.iter().any(|s| {
            let found = |window: &[u8]| {
                window.windows(s.len() + 1).enumerate().any(|(i, w)| {
                    w[..s.len()].eq_ignore_ascii_case(s)
                        && (i == 0 || separator(window[i - 1]))
                        && window[i + s.len()..].trim_ascii_start().first() == Some(&b'=')
                })
            };
            found(&text[string..key.start]) || found(&text[start..stop])
        })
    };
    if listed && setting(|b| matches!(b, b';' | b'"' | b'\'' | b' ' | b'=')) {
        let length = semicolon.unwrap_or(stop - start);
        let skip = usize::from(braced);
        return (length > skip).then_some(start + skip..start + length);
    }
    // Settings that blanks keep apart, as libpq has them; elsewhere the value ends there anyhow.
    if program && quote.is_some() && setting(|b| matches!(b, b' ' | b'"' | b'\'')) {
        let length = text[start..stop].iter().position(|b| b.is_ascii_whitespace()).unwrap_or(stop - start);
        return (length > 0).then_some(start..start + length);
    }
    None
}

/// The value as it is meant, where what holds it says that it is base 64: `encoding="base64"` in its tag, or `data` of a Kubernetes Secret.
pub(super) fn meant(text: &[u8], key: &Range<usize>, value: &Range<usize>) -> Option<Vec<u8>> {
    let written = &text[value.clone()];
    if written.len() < 4 || !written.len().is_multiple_of(4) {
        return None;
    }
    let between = text.get(key.end..value.start).unwrap_or_default();
    let tagged = memchr::memmem::find(&between[..between.len().min(FAR)], b"encoding=\"base64\"").is_some();
    if !tagged && !is_secret_data(text, key) {
        return None;
    }
    let bytes = STANDARD.decode(written).ok()?;
    (!bytes.is_empty() && std::str::from_utf8(&bytes).is_ok_and(|t| !t.chars().any(|c| c.is_control() && !c.is_whitespace()))).then_some(bytes)
}

/// Whether the line stands below `data:` in a manifest of a Secret.
fn is_secret_data(text: &[u8], key: &Range<usize>) -> bool {
    let around = &text[key.start.saturating_sub(MANIFEST)..(key.end + MANIFEST).min(text.len())];
    if memchr::memmem::find(around, b"kind: Secret").is_none() {
        return false;
    }
    let mut lines = text[key.start.saturating_sub(MANIFEST)..key.start].rsplit(|b| *b == b'\n');
    let indent = lines.next().map_or(0, <[u8]>::len);
    let above = lines.find(|l| !l.trim_ascii().is_empty() && l.iter().take_while(|b| **b == b' ').count() < indent);
    above.is_some_and(|l| l.trim_ascii() == b"data:")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Range<usize> {
        let at = text.to_ascii_lowercase().find("pass").expect("a key");
        let end = at + text[at..].bytes().take_while(u8::is_ascii_alphanumeric).count();
        at..end
    }

    #[test]
    fn values_in_tags() {
        for text in [
            r#"<add key="Password" value="v4lue" />"#,
            r#"<property name="password" value='v4lue'/>"#,
            "<property name=\"password\">\n  <value>v4lue</value>",
            r#"<property name="password">v4lue</property>"#,
            r#"<Pass encoding="base64">v4lue</Pass>"#,
            "<key>Password</key>\n<string>v4lue</string>",
        ] {
            assert_eq!(in_tags(text.as_bytes(), &key(text)).map(|(r, _)| &text[r]), Some("v4lue"), "{text}");
        }
        for text in [r#"<input type="password" value="v4lue">"#, r#"<Password hidden />v4lue<"#, r#"<p>password v4lue</p>"#, "<a name=\"password\">\nv4lue</a>"]
        {
            assert_eq!(in_tags(text.as_bytes(), &key(text)), None, "{text}");
        }
    }

    #[test]
    fn values_in_blocks() {
        for text in ["password: >-\n  v4lue\nnext: 1\n", "a:\n  \"password\": |\n    v4lue\n  b: 1", "password: |-\n  v4lue"] {
            assert_eq!(in_block(text.as_bytes(), &key(text)).map(|r| &text[r]), Some("v4lue"), "{text}");
        }
        for text in ["password: |\n  one\n  two\n", "password: |\nnext: 1\n", "password: v4lue\n"] {
            assert_eq!(in_block(text.as_bytes(), &key(text)), None, "{text}");
        }
    }

    #[test]
    fn values_among_settings() {
        for text in [
            r#"x = "Server=db;User Id=sa;Password=v4lue;Encrypt=true""#,
            r#"{"Default": "Data Source=db; Password = v4lue"}"#,
            r#"<add connectionString="Server=db;Password=v4lue;" />"#,
            "x = 'DRIVER={SQL Server};SERVER=x;UID=sa;PASSWORD={v4lue}'",
            r#"connect("host=db dbname=a user=app password=v4lue")"#,
        ] {
            assert_eq!(in_settings(text.as_bytes(), &key(text), true).map(|r| &text[r]), Some("v4lue"), "{text}");
        }
        for text in ["password = input; server = \"x\";", "connect(host=\"x\", password=y)", "x = \"password=v4lue\"", "x = \"a\"; password=y; host=\"z\""] {
            assert_eq!(in_settings(text.as_bytes(), &key(text), true), None, "{text}");
        }
    }
    #[test]
    fn what_holds_a_value_may_say_that_it_is_encoded() {
        let meant_by = |text: &str| {
            let key = key(text);
            let at = text.find("bWFkZS11cA==").expect("a value");
            meant(text.as_bytes(), &key, &(at..at + 12)).map(|v| String::from_utf8_lossy(&v).into_owned())
        };
        assert_eq!(meant_by("<Pass encoding=\"base64\">bWFkZS11cA==</Pass>").as_deref(), Some("made-up"));
        assert_eq!(meant_by("kind: Secret\ndata:\n  a: b\n  pass: bWFkZS11cA==\n").as_deref(), Some("made-up"));
        assert_eq!(meant_by("kind: Secret\nstringData:\n  pass: bWFkZS11cA==\n"), None);
        assert_eq!(meant_by("kind: ConfigMap\ndata:\n  pass: bWFkZS11cA==\n"), None);
    }
}
