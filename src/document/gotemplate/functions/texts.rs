//! Functions of texts: cutting, joining, encoding, patterns.

use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::super::eval::{MAX_TEXT, OPEN};
use super::super::text::Text;
use super::super::value::{MAX_NODES, Val};
use super::{MAX_ITEMS, int, listed, text};

pub(super) fn call(name: &str, arguments: &[Val], a: &Val, b: &Val, last: &Val) -> Option<Val> {
    let whole = || text(last);
    let first = || text(a);
    let made = |from: &Text, to: String| Some(Val::Text(Rc::new(from.with(to))));
    let told = |f: &dyn Fn(&str, &str) -> bool| {
        let (part, whole) = (first()?, whole()?);
        if whole.as_str().contains(OPEN) && !f(part.as_str(), whole.as_str()) {
            return Some(Val::unknown("a comparison"));
        }
        Some(Val::Bool(f(part.as_str(), whole.as_str())))
    };
    match name {
        "contains" => told(&|part, whole| whole.contains(part)),
        "hasPrefix" => told(&|part, whole| whole.starts_with(part)),
        "hasSuffix" => told(&|part, whole| whole.ends_with(part)),
        "indent" | "nindent" => {
            let text = text(b)?;
            let spaces = int(a).clamp(0, 100) as usize;
            if text.as_str().matches('\n').count().saturating_mul(spaces) > MAX_TEXT {
                return Some(Val::Null);
            }
            let mut out = Text::new(if name == "nindent" { "\n" } else { "" });
            out.push(&text.indent(spaces));
            Some(Val::Text(Rc::new(out)))
        }
        "trim" => Some(Val::Text(Rc::new(whole()?.trim(char::is_whitespace)))),
        "trimAll" => {
            let cut = first()?;
            Some(Val::Text(Rc::new(whole()?.trim(|c| cut.as_str().contains(c)))))
        }
        "trimSuffix" | "trimPrefix" => {
            let (cut, whole) = (first()?, whole()?);
            let (from, to) = match name {
                "trimSuffix" => (0, whole.as_str().strip_suffix(cut.as_str()).unwrap_or(whole.as_str()).len()),
                _ => (whole.as_str().len() - whole.as_str().strip_prefix(cut.as_str()).unwrap_or(whole.as_str()).len(), whole.as_str().len()),
            };
            Some(Val::Text(Rc::new(whole.slice(from, to))))
        }
        "trunc" | "substr" => {
            let whole = text(last)?;
            if whole.as_str().contains(OPEN) {
                return Some(Val::Text(whole));
            }
            let offsets: Vec<usize> = whole.as_str().char_indices().map(|(i, _)| i).chain([whole.as_str().len()]).collect();
            let count = offsets.len() as i64 - 1;
            let (from, to) = match (name, int(a)) {
                ("trunc", n) if n < 0 => ((count + n).max(0), count),
                ("trunc", n) => (0, n.min(count)),
                (_, from) => (from.clamp(0, count), if int(b) < 0 { count } else { int(b).clamp(0, count) }),
            };
            Some(Val::Text(Rc::new(whole.slice(*offsets.get(from as usize)?, *offsets.get(to.max(from) as usize)?))))
        }
        "lower" => whole().and_then(|t| made(&t, t.as_str().to_lowercase())),
        "upper" => whole().and_then(|t| made(&t, t.as_str().to_uppercase())),
        "title" => whole().and_then(|t| {
            let words = t.as_str().split(' ').map(|w| w.chars().take(1).flat_map(char::to_uppercase).chain(w.chars().skip(1)).collect::<String>());
            made(&t, words.collect::<Vec<_>>().join(" "))
        }),
        "kebabcase" | "snakecase" => whole().and_then(|t| {
            let separator = if name == "kebabcase" { '-' } else { '_' };
            let mut out = String::new();
            for c in t.as_str().chars() {
                if c.is_uppercase() && !out.is_empty() && !out.ends_with(separator) {
                    out.push(separator);
                }
                if c.is_alphanumeric() { out.extend(c.to_lowercase()) } else { out.push(separator) }
            }
            made(&t, out)
        }),
        "nospace" => whole().and_then(|t| made(&t, t.as_str().split_whitespace().collect())),
        "replace" => {
            let (from, to, whole) = (first()?, text(b)?, whole()?);
            if from.as_str().is_empty() || !whole.as_str().contains(from.as_str()) {
                return Some(Val::Text(whole));
            }
            if whole.as_str().matches(from.as_str()).count().saturating_mul(to.as_str().len()) > MAX_TEXT {
                return Some(Val::Null);
            }
            made(&whole, whole.as_str().replace(from.as_str(), to.as_str()))
        }
        "repeat" => {
            let whole = whole()?;
            let times = int(a).clamp(0, (MAX_TEXT / whole.as_str().len().max(1)) as i64) as usize;
            made(&whole, whole.as_str().repeat(times))
        }
        "b64enc" | "b64dec" | "sha256sum" => {
            let whole = whole()?;
            if whole.as_str().contains(OPEN) {
                return Some(Val::unknown("a value of what is not known"));
            }
            let result = match name {
                "b64enc" => STANDARD.encode(whole.as_str()),
                "b64dec" => String::from_utf8(STANDARD.decode(whole.as_str().trim()).ok()?).ok()?,
                _ => Sha256::digest(whole.as_str().as_bytes()).iter().map(|b| format!("{b:02x}")).collect(),
            };
            made(&whole, result)
        }
        "split" | "splitList" | "splitn" => {
            let (separator, whole) = (first()?, whole()?);
            if separator.as_str().is_empty() {
                return Some(listed(vec![Val::Text(whole)]));
            }
            let limit = if name == "splitn" { int(b).max(1) as usize } else { MAX_ITEMS };
            let parts: Vec<Val> = whole.as_str().splitn(limit, separator.as_str()).map(|p| Val::Text(Rc::new(whole.with(p)))).collect();
            Some(if name == "splitList" { listed(parts) } else { Val::map(parts.into_iter().enumerate().map(|(i, p)| (format!("_{i}"), p))) })
        }
        "regexMatch" | "mustRegexMatch" => Some(Val::Bool(pattern(first()?.as_str())?.is_match(whole()?.as_str()))),
        "regexReplaceAll" | "regexReplaceAllLiteral" | "mustRegexReplaceAll" => {
            let (expression, whole, by) = (pattern(first()?.as_str())?, text(b)?, text(last)?);
            let by = by.as_str().replace("${", "$ {").replace('$', if name.ends_with("Literal") { "$$" } else { "$" }).replace("$ {", "${");
            if whole.as_str().len().saturating_mul(by.len().max(1)) > MAX_TEXT * 16 {
                return None;
            }
            made(&whole, expression.replace_all(whole.as_str(), by.as_str()).into_owned())
        }
        "regexFind" => {
            let whole = whole()?;
            let found = pattern(first()?.as_str())?.find(whole.as_str()).map_or("", |m| m.as_str()).to_owned();
            made(&whole, found)
        }
        "toJson" | "toPrettyJson" | "toRawJson" | "mustToJson" => Some(Val::text(json(last, 0, &mut { MAX_NODES }).to_string())),
        "len" if matches!(a, Val::Text(_)) && arguments.len() == 1 => Some(Val::Int(first()?.as_str().len() as i64)),
        "base" => whole().and_then(|t| made(&t, t.as_str().rsplit('/').next().unwrap_or_default().to_owned())),
        "dir" => whole().and_then(|t| made(&t, t.as_str().rsplit_once('/').map_or(".", |(d, _)| d).to_owned())),
        _ => None,
    }
}

fn pattern(expression: &str) -> Option<regex::Regex> {
    regex::RegexBuilder::new(expression).size_limit(1 << 18).build().ok()
}

fn json(value: &Val, depth: usize, left: &mut usize) -> serde_json::Value {
    *left = left.saturating_sub(1);
    match value {
        _ if depth > 40 || *left == 0 => serde_json::Value::Null,
        Val::Null | Val::Unknown(_) => serde_json::Value::Null,
        Val::Bool(b) => (*b).into(),
        Val::Int(n) => (*n).into(),
        Val::Float(n) => (*n).into(),
        Val::Text(text) => text.as_str().into(),
        Val::List(items) => items.iter().map(|i| json(i, depth + 1, left)).collect(),
        Val::Map(map) => map.borrow().iter().map(|(k, v)| (k.clone(), json(v, depth + 1, left))).collect::<serde_json::Map<_, _>>().into(),
    }
}
