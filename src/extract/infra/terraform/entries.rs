//! What holds for one entry of a collection, and whether a condition holds, as far as everything in it is known.

use serde_json::{Map, Value as Json};

use super::eval::{MAX_DEPTH, Scope, as_text};
use super::functions::is_known;
use crate::document::{Expr, Node, Value};

/// Entries of one `for`, and of one `for_each`, that are told one by one.
const MAX_ENTRIES: usize = 50;

impl Scope<'_> {
    /// Does something as the block is made for one entry of its `for_each`; without an entry, as it stands.
    pub(super) fn entry<T>(&self, entry: Option<&(String, Json)>, act: impl FnOnce(&Self) -> T) -> T {
        let Some((key, value)) = entry else { return act(self) };
        self.bound.borrow_mut().push(("each".to_owned(), serde_json::json!({"key": key, "value": value})));
        let done = act(self);
        self.bound.borrow_mut().pop();
        done
    }

    /// Entries of a block's `for_each`, when they are known: keys with values. A set has its elements as both.
    pub(super) fn entries(&self, body: &Node) -> Vec<(String, Json)> {
        let entries: Vec<(String, Json)> = match body.get("for_each").map(|n| self.value(n, 0)) {
            Some(Json::Object(map)) => map.into_iter().collect(),
            Some(Json::Array(items)) => items.into_iter().map(|i| (as_text(&i), i)).collect(),
            _ => Vec::new(),
        };
        let told = entries.len() <= MAX_ENTRIES && entries.iter().all(|(k, _)| !k.contains("${"));
        if told { entries } else { Vec::new() }
    }

    /// A list or an object that a `for` makes of a known collection.
    pub(super) fn each(&self, names: &[String], over: &Node, key: Option<&Node>, value: &Node, condition: Option<&Node>, depth: usize) -> Json {
        let open = || Json::String("${…}".into());
        let entries: Vec<(Json, Json)> = match self.value(over, depth + 1) {
            Json::Array(items) => items.into_iter().enumerate().map(|(i, v)| (Json::from(i), v)).collect(),
            Json::Object(map) => map.into_iter().map(|(k, v)| (Json::String(k), v)).collect(),
            _ => return open(),
        };
        if entries.len() > MAX_ENTRIES {
            return open();
        }
        let (mut list, mut object) = (Vec::new(), Map::new());
        for (k, v) in entries {
            let before = self.bound.borrow().len();
            match names {
                [one] => self.bound.borrow_mut().push((one.clone(), v)),
                [first, second] => self.bound.borrow_mut().extend([(first.clone(), k), (second.clone(), v)]),
                _ => return open(),
            }
            if condition.is_none_or(|c| self.truth(c, depth + 1) != Some(false)) {
                match key {
                    Some(key) => drop(object.insert(self.text(key, depth + 1), self.value(value, depth + 1))),
                    None => list.push(self.value(value, depth + 1)),
                }
            }
            self.bound.borrow_mut().truncate(before);
        }
        if key.is_some() { Json::Object(object) } else { Json::Array(list) }
    }

    /// Whether a condition holds, when everything in it is known.
    pub(super) fn truth(&self, node: &Node, depth: usize) -> Option<bool> {
        match self.plain(node, depth)? {
            Json::Bool(b) => Some(b),
            Json::String(s) => s.parse().ok(),
            _ => None,
        }
    }

    /// The value of a node when nothing in it is open. A variable whose default is empty is empty as long as nobody gives it.
    fn plain(&self, node: &Node, depth: usize) -> Option<Json> {
        if depth > MAX_DEPTH {
            return None;
        }
        if let Value::Expr(e) = &node.value
            && let Expr::Reference(segments) = &**e
            && let [first, name] = segments.as_slice()
            && first == "var"
            && !self.inputs.contains_key(name)
            && !self.values.contains_key(name.as_str())
        {
            let default = self.variables.get(name.as_str()).and_then(|(_, b)| b.get("default"))?;
            return Some(self.value(default, depth + 1)).filter(is_known);
        }
        Some(self.value(node, depth)).filter(is_known)
    }

    pub(super) fn operation(&self, e: &Expr, depth: usize) -> Option<bool> {
        let Expr::Operation(operator, left, right) = e else { return None };
        if depth > MAX_DEPTH {
            return None;
        }
        let truth = |n: &Node| self.truth(n, depth + 1);
        let Some(left) = left else { return (operator == "!").then(|| truth(right)).flatten().map(|b| !b) };
        let both = || Some((self.plain(left, depth + 1)?, self.plain(right, depth + 1)?));
        let numbers = || both().and_then(|(a, b)| Some((a.as_f64()?, b.as_f64()?)));
        match operator.as_str() {
            "&&" => match (truth(left), truth(right)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            "||" => match (truth(left), truth(right)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            "==" => both().map(|(a, b)| a == b),
            "!=" => both().map(|(a, b)| a != b),
            ">" => numbers().map(|(a, b)| a > b),
            "<" => numbers().map(|(a, b)| a < b),
            ">=" => numbers().map(|(a, b)| a >= b),
            "<=" => numbers().map(|(a, b)| a <= b),
            _ => None,
        }
    }
}
