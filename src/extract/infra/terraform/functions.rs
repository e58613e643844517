//! Functions of Terraform over values that are known; what a function cannot tell of open values stays open.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value as Json};

use super::eval::{as_text, descend};

/// Bytes of a text that functions make.
const MAX_TEXT: usize = 1 << 20;

/// Whether nothing in a value is open.
pub(super) fn is_known(value: &Json) -> bool {
    match value {
        Json::String(s) => !s.contains("${"),
        Json::Array(items) => items.iter().all(is_known),
        Json::Object(map) => map.values().all(is_known),
        _ => true,
    }
}

fn items(value: &Json) -> Option<&Vec<Json>> {
    value.as_array()
}

fn distinct(list: Vec<Json>) -> Vec<Json> {
    let mut out: Vec<Json> = Vec::new();
    for item in list {
        if !out.contains(&item) {
            out.push(item);
        }
    }
    out
}

/// The elements of all arguments, one list after the other.
fn joined(arguments: &[Json]) -> Vec<Json> {
    let mut out = Vec::new();
    for argument in arguments {
        match argument {
            Json::Array(items) => out.extend(items.iter().cloned()),
            Json::Null => {}
            other => out.push(other.clone()),
        }
    }
    out
}

fn flat(value: &Json, out: &mut Vec<Json>, depth: usize) {
    match value {
        Json::Array(items) if depth < 16 => items.iter().for_each(|i| flat(i, out, depth + 1)),
        other => out.push(other.clone()),
    }
}

/// `%s`, `%d`, `%q`, `%03d` and `%%` are replaced by the arguments in their order.
fn formatted(pattern: &str, arguments: &[Json]) -> String {
    let mut out = String::new();
    let mut given = arguments.iter();
    let mut rest = pattern;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(end) = rest.find(|c: char| !(c.is_ascii_digit() || matches!(c, '+' | '-' | '#' | ' ' | '.'))) else { break };
        let verb = rest[end..].chars().next().unwrap_or_default();
        let flags = &rest[..end];
        rest = &rest[end + verb.len_utf8()..];
        if verb == '%' {
            out.push('%');
            continue;
        }
        let text = given.next().map(as_text).unwrap_or_default();
        match flags.strip_prefix('0').and_then(|w| w.parse::<usize>().ok()).filter(|w| *w <= 64) {
            Some(width) => out.push_str(&format!("{text:0>width$}")),
            None if verb == 'q' => out.push_str(&format!("{text:?}")),
            None => out.push_str(&text),
        }
    }
    out.push_str(rest);
    out
}

/// What a pattern captures first; a slash at both ends, as `replace` has it, is no part of the pattern.
fn pattern(text: &str) -> Option<regex::Regex> {
    regex::RegexBuilder::new(text).size_limit(1 << 20).build().ok()
}

/// The value of a call; nothing when the function is not known, or cannot tell.
pub(super) fn call(name: &str, a: &[Json]) -> Option<Json> {
    let null = Json::Null;
    let at = |i: usize| a.get(i).unwrap_or(&null);
    let text = |i: usize| as_text(at(i));
    let known = || a.iter().all(is_known);
    let string = |s: String| Some(Json::String(s));
    Some(match name {
        "jsonencode" | "yamlencode" => return string(at(0).to_string()),
        "jsondecode" | "yamldecode" => serde_json::from_str(&text(0)).unwrap_or(Json::Null),
        "toset" => match at(0) {
            Json::Array(list) => Json::Array(distinct(list.clone())),
            other => other.clone(),
        },
        "tolist" | "tomap" | "tostring" | "tonumber" | "tobool" | "sensitive" | "nonsensitive" | "one" => match at(0) {
            Json::Array(list) if name == "one" => list.first().cloned().unwrap_or(Json::Null),
            other => other.clone(),
        },
        "try" | "coalesce" => a.iter().find(|v| !v.is_null() && v.as_str() != Some("")).cloned().unwrap_or(Json::Null),
        "can" => Json::Bool(!at(0).is_null()),
        "coalescelist" => a.iter().find(|v| items(v).is_some_and(|l| !l.is_empty())).cloned().unwrap_or(Json::Null),
        "lower" => return string(text(0).to_lowercase()),
        "upper" => return string(text(0).to_uppercase()),
        "title" => {
            let mut begins = true;
            let letters = text(0);
            return string(letters.chars().map(|c| if std::mem::replace(&mut begins, c == ' ') { c.to_ascii_uppercase() } else { c }).collect());
        }
        "trimspace" | "chomp" => return string(text(0).trim().to_owned()),
        "trim" => {
            let cut = text(1);
            return string(text(0).trim_matches(|c| cut.contains(c)).to_owned());
        }
        "trimsuffix" => return string(text(0).strip_suffix(&text(1)).map_or_else(|| text(0), str::to_owned)),
        "trimprefix" => return string(text(0).strip_prefix(&text(1)).map_or_else(|| text(0), str::to_owned)),
        "replace" => {
            let (of, with) = (text(1), text(2));
            let expression = of.strip_prefix('/').and_then(|p| p.strip_suffix('/')).filter(|p| !p.is_empty());
            return string(match expression.map(pattern) {
                Some(Some(p)) => p.replace_all(&text(0), with.as_str()).into_owned(),
                Some(None) => return None,
                None if of.is_empty() => text(0),
                None => text(0).replace(&of, &with),
            })
            .filter(|s| s.as_str().is_some_and(|s| s.len() <= MAX_TEXT));
        }
        "regex" if known() => {
            let subject = text(1);
            let found = pattern(&text(0))?;
            let captures = found.captures(&subject)?;
            let group = |i: usize| captures.get(i).map_or(Json::Null, |m| Json::String(m.as_str().to_owned()));
            match captures.len() {
                1 => group(0),
                n => Json::Array((1..n).map(group).collect()),
            }
        }
        "join" => match at(1) {
            Json::Array(list) => return string(list.iter().map(as_text).collect::<Vec<_>>().join(&text(0))),
            other => other.clone(),
        },
        "split" if known() => {
            let (by, whole) = (text(0), text(1));
            let pieces: Vec<Json> = if by.is_empty() { vec![Json::String(whole)] } else { whole.split(&by).map(Json::from).collect() };
            Json::Array(pieces)
        }
        "substr" if known() => {
            let letters: Vec<char> = text(0).chars().collect();
            let length = letters.len() as i64;
            let from = at(1).as_i64()?;
            let from = if from < 0 { length + from } else { from }.clamp(0, length);
            let count = at(2).as_i64()?;
            let end = if count < 0 { length } else { from.saturating_add(count).min(length) };
            return string(letters[from as usize..end as usize].iter().collect());
        }
        "format" => return string(formatted(&text(0), a.get(1..).unwrap_or_default())),
        "formatlist" => {
            let longest = a.iter().skip(1).filter_map(items).map(Vec::len).max()?;
            let of = |i: usize| -> Vec<Json> { a.iter().skip(1).map(|v| items(v).map_or(v, |l| l.get(i).unwrap_or(&null)).clone()).collect() };
            Json::Array((0..longest.min(1000)).map(|i| Json::String(formatted(&text(0), &of(i)))).collect())
        }
        "concat" => Json::Array(joined(a)),
        "setunion" => Json::Array(distinct(joined(a))),
        "setsubtract" => Json::Array(items(at(0))?.iter().filter(|i| !items(at(1)).is_some_and(|l| l.contains(i))).cloned().collect()),
        "setintersection" => Json::Array(items(at(0))?.iter().filter(|i| a.iter().skip(1).all(|o| items(o).is_some_and(|l| l.contains(i)))).cloned().collect()),
        "setproduct" => {
            let mut rows: Vec<Vec<Json>> = vec![Vec::new()];
            for list in a {
                let list = items(list)?;
                if rows.len() * list.len() > 1000 {
                    return None;
                }
                rows = rows.iter().flat_map(|row| list.iter().map(move |i| row.iter().cloned().chain([i.clone()]).collect())).collect();
            }
            Json::Array(rows.into_iter().map(Json::Array).collect())
        }
        "distinct" | "sort" => {
            let mut list = distinct(items(at(0))?.clone());
            if name == "sort" {
                list = items(at(0))?.clone();
                list.sort_by_key(as_text);
            }
            Json::Array(list)
        }
        "compact" => Json::Array(items(at(0))?.iter().filter(|v| !v.is_null() && v.as_str() != Some("")).cloned().collect()),
        "flatten" => {
            let mut out = Vec::new();
            a.iter().for_each(|v| flat(v, &mut out, 0));
            Json::Array(out)
        }
        "reverse" => Json::Array(items(at(0))?.iter().rev().cloned().collect()),
        "slice" => {
            let list = items(at(0))?;
            let end = (at(2).as_u64()? as usize).min(list.len());
            Json::Array(list.get(at(1).as_u64()? as usize..end)?.to_vec())
        }
        "merge" => {
            let mut out = Map::new();
            for map in a.iter().filter_map(Json::as_object) {
                out.extend(map.clone());
            }
            Json::Object(out)
        }
        "lookup" => descend(at(0).clone(), &[text(1)]).unwrap_or_else(|| at(2).clone()),
        "element" => match at(0) {
            Json::Array(list) if !list.is_empty() => list[at(1).as_u64().unwrap_or(0) as usize % list.len()].clone(),
            Json::Array(_) => Json::Null,
            other => other.clone(),
        },
        "keys" => Json::Array(at(0).as_object()?.keys().map(|k| Json::String(k.clone())).collect()),
        "values" => Json::Array(at(0).as_object()?.values().cloned().collect()),
        "zipmap" => Json::Object(items(at(0))?.iter().map(as_text).zip(items(at(1))?.iter().cloned()).collect()),
        "length" if known() => Json::from(match at(0) {
            Json::Array(list) => list.len(),
            Json::Object(map) => map.len(),
            other => as_text(other).chars().count(),
        }),
        "contains" if known() => Json::Bool(items(at(0))?.contains(at(1))),
        "startswith" if known() => Json::Bool(text(0).starts_with(&text(1))),
        "endswith" if known() => Json::Bool(text(0).ends_with(&text(1))),
        "basename" => return string(text(0).rsplit('/').next().unwrap_or_default().to_owned()),
        "dirname" => return string(text(0).rsplit_once('/').map_or(".".to_owned(), |(folder, _)| folder.to_owned())),
        "urlencode" => at(0).clone(),
        "base64encode" if known() => return string(STANDARD.encode(text(0))),
        "base64decode" if known() => return string(String::from_utf8(STANDARD.decode(text(0)).ok()?).ok()?),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::call;

    #[test]
    fn functions_give_what_terraform_gives() {
        for (name, arguments, value) in [
            ("split", json!(["/", "a/b"]), json!(["a", "b"])),
            ("join", json!(["-", ["a", "b"]]), json!("a-b")),
            ("format", json!(["%s-%03d-%%", "a", 7]), json!("a-007-%")),
            ("formatlist", json!(["%s/%s", "x", ["a", "b"]]), json!(["x/a", "x/b"])),
            ("replace", json!(["a_b", "_", "-"]), json!("a-b")),
            ("replace", json!(["a1b2", "/[0-9]/", ""]), json!("ab")),
            ("regex", json!(["^([a-z]+)-", "web-deploy"]), json!(["web"])),
            ("substr", json!(["abcdef", 1, 3]), json!("bcd")),
            ("substr", json!(["abcdef", -2, -1]), json!("ef")),
            ("flatten", json!([[["a"], ["b", ["c"]]]]), json!(["a", "b", "c"])),
            ("merge", json!([{"a": 1}, {"b": 2}]), json!({"a": 1, "b": 2})),
            ("zipmap", json!([["a", "b"], [1, 2]]), json!({"a": 1, "b": 2})),
            ("keys", json!([{"a": 1}]), json!(["a"])),
            ("setproduct", json!([["a", "b"], ["x"]]), json!([["a", "x"], ["b", "x"]])),
            ("setunion", json!([["a"], ["a", "b"]]), json!(["a", "b"])),
            ("element", json!([["a", "b"], 3]), json!("b")),
            ("contains", json!([["a"], "a"]), json!(true)),
            ("length", json!([["a"]]), json!(1)),
            ("compact", json!([["a", ""]]), json!(["a"])),
            ("base64decode", json!(["YWI="]), json!("ab")),
            ("trimprefix", json!(["aab", "a"]), json!("ab")),
            ("coalesce", json!(["", "b"]), json!("b")),
        ] {
            assert_eq!(call(name, arguments.as_array().expect("a list")), Some(value), "{name} {arguments}");
        }
    }

    #[test]
    fn what_is_open_stays_open() {
        assert_eq!(call("split", &[json!("/"), json!("${var.x}")]), None);
        assert_eq!(call("length", &[json!(["${var.x}"])]), None);
        assert_eq!(call("nobody_knows", &[]), None);
        assert_eq!(call("join", &[json!("-"), json!(["a", "${var.x}"])]), Some(json!("a-${var.x}")));
    }
}
