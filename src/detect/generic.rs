//! Passwords, tokens and keys that no vendor's format tells: judged by key, value and place together.

use super::assignment::{Assignment, COMPARED, Style, around, words};
use super::key::{self, Class, HARMLESS_BEFORE, STOP, class_of};
use super::place::Place;
use super::{Detection, partner, sample, value};
use crate::model::{Attributes, Secret};

/// Judges the assignment around a trigger word; gives back how far the text has been dealt with.
pub(super) fn scan(text: &[u8], start: usize, end: usize, place: &mut Place, found: &mut Vec<Detection>) -> usize {
    if place.silent {
        return text.len();
    }
    if text[start..end].eq_ignore_ascii_case(b"auth")
        && let Some(detection) = header(text, end)
    {
        let to = detection.range.end;
        found.push(detection);
        return to;
    }
    // Short words are looked for together with what follows them.
    let end = end - usize::from(matches!(text[end - 1], b':' | b'=' | b' '));
    let Some(a) = around(text, start, end, place.style) else { return end };
    if let Some(detection) = judge(text, &a, place.style) {
        let to = detection.range.end;
        found.push(detection);
        return to;
    }
    a.key.end
}

/// An HTTP header that carries a credential: `Authorization: Bearer …`, in any quotes, or on the next line of a recorded exchange.
fn header(text: &[u8], from: usize) -> Option<Detection> {
    let window = &text[from..(from + 60).min(text.len())];
    if !window.get(..9)?.eq_ignore_ascii_case(b"orization") {
        return None;
    }
    let (scheme, at) = [(&b"bearer "[..], "bearer-token"), (b"basic ", "basic-auth"), (b"token ", "bearer-token"), (b"apikey ", "bearer-token")]
        .iter()
        .find_map(|(scheme, kind)| window.windows(scheme.len()).position(|w| w.eq_ignore_ascii_case(scheme)).map(|i| (*kind, i + scheme.len())))?;
    let start = from + at;
    let length = text[start..].iter().take(4_000).take_while(|b| b.is_ascii_alphanumeric() || b"-._~+/=".contains(b)).count();
    let bytes = &text[start..start + length];
    if length < 8
        || value::is_placeholder(bytes)
        || sample::is_sample(bytes)
        || value::is_made_up(bytes)
        || value::wordiness(bytes) > 0.6
        || value::entropy(bytes) < 2.5
    {
        return None;
    }
    if scheme == "basic-auth" {
        // User and password in base 64, or nothing.
        if !value::as_text(bytes).is_some_and(|pair| is_login(&pair)) {
            return None;
        }
    } else if !bytes.iter().any(u8::is_ascii_digit) {
        return None;
    }
    Some(Detection {
        rule: format!("generic-{scheme}"),
        credential: scheme.into(),
        range: start..start + length,
        secret: Secret::new(bytes),
        public_id: None,
        part_of: None,
        identity: None,
        confidence: 0.75,
        reasons: vec!["an Authorization header with a value".into()],
        strong: length >= 24 && scheme != "basic-auth",
        preview: format!("{} in an Authorization header ({length} characters)", scheme.replace('-', " ")),
        attributes: Attributes::new(),
        decoded: Vec::new(),
    })
}

/// Whether a text is `user:password`, and the password is meant.
fn is_login(pair: &[u8]) -> bool {
    pair.iter().position(|b| *b == b':').map(|i| &pair[i + 1..]).is_some_and(|p| !value::is_placeholder(p))
}

fn judge(text: &[u8], a: &Assignment, style: Style) -> Option<Detection> {
    let key = &text[a.key.clone()];
    let mut words = words(key);
    // `access key: …` in prose.
    if words == ["key"] && a.key.start > 0 && text[a.key.start - 1] == b' ' {
        let head = text[a.key.start.saturating_sub(20)..a.key.start].trim_ascii_end();
        let word = head.rsplit(|b| !b.is_ascii_alphabetic()).next().unwrap_or_default();
        words.insert(0, String::from_utf8_lossy(word).to_ascii_lowercase());
    }
    // A variable of the environment, wherever it is written.
    let constant = key.contains(&b'_') && !key.iter().any(u8::is_ascii_lowercase) && a.operator == b'=';
    let style = if style == Style::Text && constant { Style::Config } else { style };
    let (class, at) = class_of(&words).or_else(|| (key.eq_ignore_ascii_case(b"identified by") || key.ends_with(b"by")).then_some((Class::Password, 0)))?;
    if words[at..].iter().skip(1).any(|w| STOP.contains(&w.as_str())) || at.checked_sub(1).is_some_and(|i| HARMLESS_BEFORE.contains(&words[i].as_str())) {
        return None;
    }
    let mut range = a.value.clone();
    let mut bytes = &text[range.clone()];
    for scheme in [&b"Bearer "[..], b"bearer ", b"Basic ", b"basic ", b"Token ", b"token ", b"token="] {
        if bytes.starts_with(scheme) {
            range.start += scheme.len();
            bytes = &text[range.clone()];
            if scheme.eq_ignore_ascii_case(b"basic ") && value::as_text(bytes).is_some_and(|pair| !is_login(&pair)) {
                return None;
            }
        }
    }
    let lead = bytes.iter().take_while(|b| b.is_ascii_whitespace()).count();
    range.start += lead;
    let bytes = text[range.clone()].trim_ascii_end();
    range.end = range.start + bytes.len();
    let meant = partner::meant(text, &a.key, &range);
    let bytes = meant.as_deref().unwrap_or(bytes).trim_ascii();
    let shown = std::str::from_utf8(bytes).ok()?;
    let (confidence, weak, reasons) = weigh(class, &words, shown, a, style)?;
    let strong = !weak && bytes.len() >= 24 && value::is_unguessable(bytes) && value::entropy(bytes) >= 3.8 && value::wordiness(bytes) < 0.5;
    let credential = key::credential(class, &words);
    let mut attributes = Attributes::new();
    if weak {
        attributes.insert("weak".into(), true.into());
    }
    attributes.insert("key".into(), String::from_utf8_lossy(key).into_owned().into());
    Some(Detection {
        rule: format!("generic-{credential}"),
        credential: credential.into(),
        preview: format!("{} in {} ({} characters)", credential.replace('-', " "), String::from_utf8_lossy(key), bytes.len()),
        secret: Secret::new(bytes),
        range,
        public_id: None,
        part_of: None,
        identity: None,
        confidence,
        reasons,
        strong,
        attributes,
        decoded: meant.iter().map(|_| "base64".to_owned()).collect(),
    })
}

/// Confidence, whether the value is weak, and why; nothing when it is no credential.
fn weigh(class: Class, words: &[String], shown: &str, a: &Assignment, style: Style) -> Option<(f64, bool, Vec<String>)> {
    let bytes = shown.as_bytes();
    let length = bytes.len();
    let shortest = if class == Class::Password { 4 } else { 8 };
    let longest = if class == Class::Password { 200 } else { 4_000 };
    if length < shortest || length > longest || !shown.is_ascii() || value::is_reference(shown) || value::is_placeholder(bytes) || sample::is_sample(bytes) {
        return None;
    }
    // A bare name in capitals (`USERPW`, `DB_PASSWORD`) says what belongs there.
    let capitals = bytes.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_');
    if capitals && ["PASS", "PW", "USER", "SECRET", "TOKEN", "KEY", "CRED"].iter().any(|w| shown.contains(w)) {
        return None;
    }
    if class != Class::Password && value::is_made_up(bytes) || bytes.iter().all(|b| *b == bytes[0]) {
        return None;
    }
    let spaces = bytes.iter().filter(|b| b.is_ascii_whitespace()).count();
    if spaces > 0 || bytes.iter().any(u8::is_ascii_control) || shown.contains("...") || shown.contains('…') {
        return None;
    }
    // `x.setPassword("…")` sets one; `verifyPassword("…")` and `userPass("…", "…")` take something else, or elsewhere.
    let sets = |word: &String| matches!(word.as_str(), "set" | "with" | "use" | "put" | "add" | "new" | "basic" | "auth" | "login" | "connect");
    if a.operator == b'(' && !(class == Class::Password && words.len() == 1) && !words.first().is_some_and(sets) {
        return None;
    }
    let plain_key: String = words.concat();
    let lower = shown.to_ascii_lowercase();
    let plain_value: String = lower.chars().filter(char::is_ascii_alphanumeric).collect();
    if plain_value == plain_key || class != Class::Password && plain_key.contains(&plain_value) || value::names_a_role(&lower, class == Class::Password) {
        return None;
    }
    // The head of a token without its claims opens nothing; numbers and dots are a version.
    if lower.starts_with("eyjhbgci") && !lower.contains('.') || lower.contains('.') && bytes.iter().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-')) {
        return None;
    }
    if lower.replace(['_', '-', '.'], "") == plain_key || words.contains(&lower) || value::is_path_or_name(shown) {
        return None;
    }
    // Code: calls, members, indexes, generics, comparisons.
    if !a.quoted
        && (shown.contains('(')
            || shown.contains("->")
            || shown.contains("::")
            || shown.ends_with(']')
            || shown.contains('{')
            || shown.starts_with('&')
            || shown.starts_with('*')
            || shown.starts_with('[')
            || shown.starts_with('|')
            || shown.starts_with('>'))
    {
        return None;
    }
    let digits = bytes.iter().filter(|b| b.is_ascii_digit()).count();
    let classes = value::classes(bytes);
    let entropy = value::entropy(bytes);
    let wordiness = value::wordiness(bytes);
    let mut reasons = vec![format!("the key {} names a secret", words.join("_"))];
    // Names of variables: words joined by underscores or dots, or camel case, without digits.
    let identifier = digits == 0 && bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b':' | b'/'));
    if class == Class::Password {
        if a.operator == COMPARED && (length < 8 || digits == 0 || classes < 3) {
            return None;
        }
        let bare_word = identifier && wordiness > 0.55;
        if digits == length && length < 4 || (!a.quoted && style == Style::Text && (wordiness > 0.5 || a.operator != b'=' && (digits == 0 || classes < 2))) {
            return None;
        }
        if bare_word
            && (shown.contains('.')
                || shown.contains(':')
                || shown.contains('/')
                || (style == Style::Source && shown.contains(['_', '-']))
                || bytes.windows(2).any(|w| w[0].is_ascii_lowercase() && w[1].is_ascii_uppercase()))
        {
            return None;
        }
        if bare_word {
            if a.operator == b' ' || a.operator == b'(' || a.operator == b',' || (style == Style::Text && a.operator != b'=') {
                return None;
            }
            reasons.push("the value is a plain word".into());
            return Some((0.45, true, reasons));
        }
        // Strings of a list that name fields: `"gr_passwd", "gr_gid"`.
        if a.operator == b',' && identifier {
            return None;
        }
        let mut confidence = 0.6;
        if digits > 0 && classes >= 2 {
            confidence += 0.1;
            reasons.push("letters and digits".into());
        }
        if classes >= 3 || entropy > 3.3 {
            confidence += 0.1;
            reasons.push("mixed characters".into());
        }
        if style == Style::Text {
            confidence -= 0.1;
        }
        return Some((confidence, length < 8, reasons));
    }
    if a.operator == COMPARED || class == Class::Auth && (length < 12 || wordiness > 0.4) {
        return None;
    }
    if identifier && (wordiness > 0.3 || length < 16) || digits == 0 && classes < 3 && length < 20 {
        return None;
    }
    if wordiness > 0.6 || entropy < 2.8 || (digits == length) {
        return None;
    }
    // Words in base 64 are a sample, or no credential; a login is one all the same.
    if value::as_text(bytes).is_some_and(|text| {
        if class == Class::Auth { !is_login(&text) } else { value::is_placeholder(&text) || value::wordiness(&text) > 0.4 || text.len() < 8 }
    }) {
        return None;
    }
    // Keys of a sandbox, identifiers made from a time, and coordinates of a package open nothing.
    let sandbox = ["sandbox", "sbx_", "sbx-", "sb-mid-", "_test_"].iter().any(|mark| lower.contains(mark));
    if sandbox || value::uuid_version(bytes).is_some_and(|version| version == b'1') || value::ends_with_version(bytes) {
        return None;
    }
    if !bytes.iter().all(|b| b.is_ascii_graphic()) || shown.contains("<") || shown.contains('(') && shown.contains(')') {
        return None;
    }
    let mut confidence = 0.6;
    if length >= 16 && digits > 0 {
        confidence += 0.1;
        reasons.push(format!("{length} characters with digits"));
    }
    if entropy >= 3.5 {
        confidence += 0.1;
        reasons.push("looks drawn at random".into());
    }
    if value::is_hash_or_uuid(shown) {
        confidence -= 0.1;
        reasons.push("could be a digest or an identifier".into());
    }
    Some((confidence, false, reasons))
}
