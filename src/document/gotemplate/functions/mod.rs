//! The functions that charts call: those of Go templates, and the useful part of Sprig. `None` is a function whose result is not known here.

mod collections;
mod texts;

use std::cmp::Ordering;
use std::rc::Rc;

use super::eval::OPEN;
use super::text::Text;
use super::value::Val;

/// Items of a list that a function makes.
const MAX_ITEMS: usize = 10_000;

/// A version of Kubernetes that a cluster of today has, for charts that ask.
pub const CLUSTER_VERSION: &str = "v1.33.0";

/// Functions that put texts together. `shown` are the arguments as text, `items` those of the list among them.
pub(super) fn joined(name: &str, arguments: &[Val], shown: &[Text], items: &[Text]) -> Text {
    let mut out = Text::default();
    let between = |out: &mut Text, texts: &[Text], separator: &str| {
        for (i, text) in texts.iter().enumerate() {
            if i > 0 {
                out.push_str(separator);
            }
            out.push(text);
        }
    };
    match name {
        "join" => between(&mut out, items, shown.first().map_or("", Text::as_str)),
        "cat" => between(&mut out, shown, " "),
        "quote" | "squote" => {
            let shown: Vec<Text> = shown
                .iter()
                .zip(arguments)
                .filter(|(_, a)| !matches!(a, Val::Null))
                .map(|(text, _)| {
                    let mut quoted = Text::default();
                    if name == "squote" || !text.as_str().contains(['"', '\\', '\n']) {
                        let quote = if name == "squote" { "'" } else { "\"" };
                        quoted.push_str(quote);
                        quoted.push(text);
                        quoted.push_str(quote);
                    } else {
                        quoted.push(&text.with(serde_json::Value::from(text.as_str()).to_string()));
                    }
                    quoted
                })
                .collect();
            between(&mut out, &shown, " ");
        }
        "printf" => {
            let mut next = shown.iter().skip(1);
            let format = shown.first().map_or("", Text::as_str);
            let mut rest = format;
            while let Some(percent) = rest.find('%') {
                out.push_str(&rest[..percent]);
                let verb = rest[percent + 1..].find(|c: char| c.is_alphabetic() || c == '%').map(|v| percent + 1 + v);
                let Some(verb) = verb else { break };
                match &rest[verb..=verb] {
                    "%" => out.push_str("%"),
                    "q" => {
                        out.push_str("\"");
                        out.push(next.next().unwrap_or(&Text::default()));
                        out.push_str("\"");
                    }
                    _ => out.push(next.next().unwrap_or(&Text::default())),
                }
                rest = &rest[verb + 1..];
            }
            out.push_str(rest);
        }
        _ => {
            between(&mut out, shown, if name == "println" { " " } else { "" });
            if name == "println" {
                out.push_str("\n");
            }
        }
    }
    out
}

fn text(value: &Val) -> Option<Rc<Text>> {
    match value {
        Val::Text(text) => Some(text.clone()),
        Val::Int(n) => Some(Rc::new(Text::new(n.to_string()))),
        Val::Bool(b) => Some(Rc::new(Text::new(b.to_string()))),
        Val::Float(n) => Some(Rc::new(Text::new(n.to_string()))),
        Val::Null => Some(Rc::default()),
        _ => None,
    }
}

fn int(value: &Val) -> i64 {
    match value {
        Val::Int(n) => *n,
        Val::Float(n) => *n as i64,
        Val::Bool(b) => i64::from(*b),
        Val::Text(text) => text.as_str().trim().parse().unwrap_or(0),
        _ => 0,
    }
}

fn list(value: &Val) -> Vec<Val> {
    match value {
        Val::List(items) => items.to_vec(),
        _ => Vec::new(),
    }
}

fn listed(items: Vec<Val>) -> Val {
    Val::List(Rc::new(items.into_iter().take(MAX_ITEMS).collect()))
}

/// Equal, less or greater, where that can be told.
fn order(a: &Val, b: &Val) -> Option<Ordering> {
    match (a, b) {
        (Val::Unknown(_), _) | (_, Val::Unknown(_)) => None,
        (Val::Int(a), Val::Int(b)) => Some(a.cmp(b)),
        (Val::Int(_) | Val::Float(_), Val::Int(_) | Val::Float(_)) => {
            let number = |v: &Val| if let Val::Float(n) = v { *n } else { int(v) as f64 };
            number(a).partial_cmp(&number(b))
        }
        (Val::Text(a), Val::Text(b)) if a.as_str() == b.as_str() => Some(Ordering::Equal),
        (Val::Text(a), Val::Text(b)) if a.as_str().contains(OPEN) || b.as_str().contains(OPEN) => None,
        (Val::Text(a), Val::Text(b)) => Some(a.as_str().cmp(b.as_str())),
        (Val::Bool(a), Val::Bool(b)) => Some(a.cmp(b)),
        (Val::Null, Val::Null) => Some(Ordering::Equal),
        _ => Some(Ordering::Less),
    }
}

fn compared(a: &Val, b: &Val, holds: impl Fn(Ordering) -> bool) -> Val {
    order(a, b).map_or_else(|| Val::unknown("a comparison"), |o| Val::Bool(holds(o)))
}

/// Whether a version is one that the constraint allows; only lower and upper bounds are judged.
fn version_allows(constraint: &str, version: &str) -> Option<bool> {
    let numbers = |v: &str| -> Vec<u64> {
        let core = v.trim().trim_start_matches(['v', '=']).split(['-', '+']).next().unwrap_or_default().to_owned();
        core.split('.').map(|n| n.parse().unwrap_or(0)).chain(std::iter::repeat(0)).take(3).collect()
    };
    let mut all = true;
    for part in constraint.split([',', ' ']).map(str::trim).filter(|p| !p.is_empty()) {
        let (operator, wanted) = part.split_at(part.find(|c: char| c.is_ascii_digit() || c == 'v')?);
        let order = numbers(version).cmp(&numbers(wanted));
        all &= match operator.trim() {
            ">=" | "^" | "~" => order != Ordering::Less,
            ">" => order == Ordering::Greater,
            "<=" => order != Ordering::Greater,
            "<" => order == Ordering::Less,
            "=" | "" => order == Ordering::Equal,
            _ => return None,
        };
    }
    Some(all)
}

pub(super) fn call(name: &str, arguments: &[Val]) -> Option<Val> {
    let null = Val::Null;
    let a = arguments.first().unwrap_or(&null);
    let b = arguments.get(1).unwrap_or(&null);
    let last = arguments.last().unwrap_or(&null);
    // What is not known stays so through every function that does not ask for a default.
    let open = arguments.iter().find(|v| v.is_unknown());
    let forgiving = ["default", "coalesce", "ternary", "list", "tuple", "dict", "set", "empty", "append", "prepend", "merge", "not", "pluck"];
    if let Some(open) = open
        && !forgiving.contains(&name)
    {
        return Some(open.clone());
    }
    logic(name, arguments, a, b, last)
        .or_else(|| texts::call(name, arguments, a, b, last))
        .or_else(|| collections::call(name, arguments, a, b, last))
        .or_else(|| numbers(name, arguments, a, b))
}

fn logic(name: &str, arguments: &[Val], a: &Val, b: &Val, last: &Val) -> Option<Val> {
    Some(match name {
        "default" => match last.truth() {
            Some(false) => a.clone(),
            _ => last.clone(),
        },
        "coalesce" => arguments.iter().find(|v| v.truth() != Some(false)).cloned().unwrap_or(Val::Null),
        "empty" => last.truth().map_or_else(|| last.clone(), |t| Val::Bool(!t)),
        "not" => a.truth().map_or_else(|| a.clone(), |t| Val::Bool(!t)),
        "ternary" => match last.truth() {
            Some(false) => b.clone(),
            _ => a.clone(),
        },
        "eq" => {
            let mut equal = Val::Bool(false);
            for other in arguments.iter().skip(1) {
                match compared(a, other, |o| o == Ordering::Equal) {
                    Val::Bool(true) => return Some(Val::Bool(true)),
                    unknown @ Val::Unknown(_) => equal = unknown,
                    _ => {}
                }
            }
            equal
        }
        "ne" => compared(a, b, |o| o != Ordering::Equal),
        "lt" => compared(a, b, |o| o == Ordering::Less),
        "le" => compared(a, b, |o| o != Ordering::Greater),
        "gt" => compared(a, b, |o| o == Ordering::Greater),
        "ge" => compared(a, b, |o| o != Ordering::Less),
        "kindOf" | "typeOf" => Val::text(last.kind()),
        "kindIs" | "typeIs" => Val::Bool(text(a).is_some_and(|k| k.as_str() == last.kind() || k.as_str() == "int" && last.kind() == "int64")),
        "semverCompare" => Val::Bool(version_allows(text(a)?.as_str(), text(b)?.as_str())?),
        _ => return None,
    })
}

fn numbers(name: &str, arguments: &[Val], a: &Val, b: &Val) -> Option<Val> {
    let all = || arguments.iter().map(int);
    Some(match name {
        "add" => Val::Int(all().fold(0, i64::wrapping_add)),
        "add1" => Val::Int(int(a).wrapping_add(1)),
        "sub" => Val::Int(int(a).wrapping_sub(int(b))),
        "mul" => Val::Int(all().fold(1, i64::wrapping_mul)),
        "div" => Val::Int(int(a).checked_div(int(b))?),
        "mod" => Val::Int(int(a).checked_rem(int(b))?),
        "max" => Val::Int(all().max()?),
        "min" => Val::Int(all().min()?),
        "int" | "int64" | "atoi" | "floor" | "ceil" | "round" => Val::Int(int(a)),
        "float64" => Val::Float(match a {
            Val::Float(n) => *n,
            Val::Text(text) => text.as_str().parse().unwrap_or(0.0),
            other => int(other) as f64,
        }),
        _ => return None,
    })
}
