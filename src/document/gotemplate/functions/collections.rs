//! Functions of lists and maps.

use std::cmp::Ordering;
use std::rc::Rc;

use super::super::text::Text;
use super::super::value::Val;
use super::{MAX_ITEMS, int, list, listed, order, text};

pub(super) fn call(name: &str, arguments: &[Val], a: &Val, b: &Val, last: &Val) -> Option<Val> {
    Some(match name {
        "list" | "tuple" => listed(arguments.to_vec()),
        "dict" => Val::map(arguments.chunks(2).filter_map(|p| Some((text(p.first()?)?.as_str().to_owned(), p.get(1).cloned().unwrap_or(Val::Null))))),
        "get" => a.get(text(b)?.as_str()),
        "set" | "unset" => {
            if let Val::Map(map) = a {
                let key = text(b)?.as_str().to_owned();
                // A map that holds itself would have no end.
                let itself = matches!(last, Val::Map(inner) if Rc::ptr_eq(inner, map));
                if name == "unset" {
                    map.borrow_mut().remove(&key);
                } else if !itself {
                    map.borrow_mut().insert(key, last.clone());
                }
            }
            a.clone()
        }
        "hasKey" => match a {
            Val::Map(map) => Val::Bool(map.borrow().contains_key(text(b)?.as_str())),
            _ => Val::Bool(false),
        },
        "dig" => {
            let keys = arguments.get(..arguments.len().checked_sub(2)?)?;
            let mut found = last.clone();
            for key in keys {
                found = found.get(text(key)?.as_str());
            }
            if matches!(found, Val::Null) { arguments[arguments.len() - 2].clone() } else { found }
        }
        "pluck" => listed(arguments.iter().skip(1).map(|m| m.get(text(a).unwrap_or_default().as_str())).filter(|v| !matches!(v, Val::Null)).collect()),
        "merge" | "mustMerge" => {
            let merged = arguments.iter().rev().fold(Val::map([]), |under, over| under.overlaid(over));
            keep(a, &merged)
        }
        "mergeOverwrite" | "mustMergeOverwrite" => {
            let merged = arguments.iter().fold(Val::map([]), |under, over| under.overlaid(over));
            keep(a, &merged)
        }
        "deepCopy" | "mustDeepCopy" => last.copied(),
        "keys" => {
            let keys = arguments.iter().flat_map(|m| match m {
                Val::Map(map) => map.borrow().keys().cloned().collect(),
                _ => Vec::new(),
            });
            listed(keys.map(Val::text).collect())
        }
        "values" => match a {
            Val::Map(map) => listed(map.borrow().values().cloned().collect()),
            _ => listed(Vec::new()),
        },
        "pick" | "omit" => match a {
            Val::Map(map) => {
                let named: Vec<Rc<Text>> = arguments
                    .iter()
                    .skip(1)
                    .flat_map(|v| if let Val::List(items) = v { items.to_vec() } else { vec![v.clone()] })
                    .filter_map(|v| text(&v))
                    .collect();
                let wanted = name == "pick";
                let kept = map
                    .borrow()
                    .iter()
                    .filter(|(k, _)| named.iter().any(|n| n.as_str() == k.as_str()) == wanted)
                    .map(|(k, v)| (k.clone(), v.clone()))
                    .collect::<Vec<_>>();
                Val::map(kept)
            }
            _ => Val::map([]),
        },
        "first" => list(a).into_iter().next().unwrap_or(Val::Null),
        "last" => list(a).into_iter().next_back().unwrap_or(Val::Null),
        "rest" => listed(list(a).into_iter().skip(1).collect()),
        "initial" => {
            let mut items = list(a);
            items.pop();
            listed(items)
        }
        "append" | "mustAppend" => listed(list(a).into_iter().chain([b.clone()]).collect()),
        "prepend" => listed([b.clone()].into_iter().chain(list(a)).collect()),
        "concat" => listed(arguments.iter().flat_map(list).collect()),
        "reverse" => listed(list(a).into_iter().rev().collect()),
        "compact" => listed(list(a).into_iter().filter(|v| v.truth() != Some(false)).collect()),
        "uniq" => {
            let mut kept: Vec<Val> = Vec::new();
            for item in list(a).into_iter().take(MAX_ITEMS) {
                if kept.len() < 1000 && !kept.iter().any(|k| order(k, &item) == Some(Ordering::Equal)) {
                    kept.push(item);
                }
            }
            listed(kept)
        }
        "has" => {
            let same = list(b).iter().map(|i| order(a, i)).collect::<Vec<_>>();
            Val::Bool(same.contains(&Some(Ordering::Equal)))
        }
        "without" => listed(list(a).into_iter().filter(|i| !arguments[1..].iter().any(|w| order(i, w) == Some(Ordering::Equal))).collect()),
        "sortAlpha" | "toStrings" => {
            let mut items: Vec<Rc<Text>> = list(a).iter().filter_map(text).collect();
            if name == "sortAlpha" {
                items.sort_by(|x, y| x.as_str().cmp(y.as_str()));
            }
            listed(items.into_iter().map(Val::Text).collect())
        }
        "len" => match a {
            Val::List(items) => Val::Int(items.len() as i64),
            Val::Map(map) => Val::Int(map.borrow().len() as i64),
            _ => Val::Int(0),
        },
        "index" => arguments.iter().skip(1).fold(a.clone(), |value, key| match (&value, key) {
            (Val::List(items), key) => usize::try_from(int(key)).ok().and_then(|i| items.get(i).cloned()).unwrap_or(Val::Null),
            (Val::Text(_), _) => Val::Null,
            (value, key) => text(key).map_or(Val::Null, |k| value.get(k.as_str())),
        }),
        "slice" => {
            let items = list(a);
            let to = arguments.get(2).map_or(items.len(), |n| int(n).max(0) as usize).min(items.len());
            listed(items.into_iter().take(to).skip(int(b).max(0) as usize).collect())
        }
        "until" => listed((0..int(a).clamp(0, MAX_ITEMS as i64)).map(Val::Int).collect()),
        _ => return None,
    })
}

/// `merge` changes its first map in place.
fn keep(first: &Val, merged: &Val) -> Val {
    if let (Val::Map(into), Val::Map(from)) = (first, merged)
        && !Rc::ptr_eq(into, from)
    {
        let entries = from.borrow().clone();
        *into.borrow_mut() = entries;
    }
    first.clone()
}
