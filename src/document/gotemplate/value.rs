//! Values of a template, which remember where their text is stated, and what is not known.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::text::Text;
use crate::document::{Map as TreeMap, Node, Value};

/// Values inside values that are followed.
const MAX_DEPTH: usize = 40;

/// Values that one function walks through: maps may be shared, so that a small one stands for very many.
pub(super) const MAX_NODES: usize = 200_000;

/// What a template can hold.
#[derive(Clone, Debug)]
pub enum Val {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Rc<Text>),
    List(Rc<Vec<Val>>),
    /// Shared, as `set` changes it in place.
    Map(Rc<RefCell<BTreeMap<String, Val>>>),
    /// Known only where it runs, by the expression that names it.
    Unknown(Rc<str>),
}

impl Val {
    pub fn text(text: impl Into<String>) -> Self {
        Val::Text(Rc::new(Text::new(text)))
    }

    pub fn map(entries: impl IntoIterator<Item = (String, Val)>) -> Self {
        Val::Map(Rc::new(RefCell::new(entries.into_iter().collect())))
    }

    pub fn unknown(expression: &str) -> Self {
        Val::Unknown(Rc::from(expression.chars().take(80).collect::<String>()))
    }

    /// A tree of a file; its positions, moved by so many lines, go along.
    pub fn of(node: &Node, lines: u32) -> Self {
        match &node.value {
            Value::Null | Value::Expr(_) => Val::Null,
            Value::Bool(b) => Val::Bool(*b),
            Value::Number(n) => n.parse().map(Val::Int).or_else(|_| n.parse().map(Val::Float)).unwrap_or(Val::Null),
            Value::Text(text) => Val::Text(Rc::new(Text::stated(text.clone(), node.line + lines, node.column))),
            Value::List(items) => Val::List(Rc::new(items.iter().map(|i| Val::of(i, lines)).collect())),
            Value::Map(map) => Val::map(map.0.iter().filter_map(|(k, v)| Some((k.scalar()?, Val::of(v, lines))))),
        }
    }

    /// Lays `over` on top: maps are united, `null` takes away, anything else replaces.
    pub fn overlaid(&self, over: &Val) -> Val {
        self.overlaid_to(over, 0, &mut { MAX_NODES })
    }

    fn overlaid_to(&self, over: &Val, depth: usize, left: &mut usize) -> Val {
        *left = left.saturating_sub(1);
        let (Val::Map(under), Val::Map(upper)) = (self, over) else { return over.clone() };
        if depth > MAX_DEPTH || *left == 0 {
            return over.clone();
        }
        let mut out = under.borrow().clone();
        for (key, value) in upper.borrow().iter() {
            if let Val::Null = value {
                out.remove(key);
                continue;
            }
            let joined = out.get(key).map_or_else(|| value.clone(), |old| old.overlaid_to(value, depth + 1, left));
            out.insert(key.clone(), joined);
        }
        Val::map(out)
    }

    /// A copy that shares nothing with this one.
    pub fn copied(&self) -> Val {
        self.copied_to(0, &mut { MAX_NODES })
    }

    fn copied_to(&self, depth: usize, left: &mut usize) -> Val {
        *left = left.saturating_sub(1);
        match self {
            _ if depth > MAX_DEPTH || *left == 0 => Val::Null,
            Val::Map(map) => Val::map(map.borrow().iter().map(|(k, v)| (k.clone(), v.copied_to(depth + 1, left)))),
            Val::List(items) => Val::List(Rc::new(items.iter().map(|i| i.copied_to(depth + 1, left)).collect())),
            other => other.clone(),
        }
    }

    pub fn get(&self, key: &str) -> Val {
        match self {
            Val::Map(map) => map.borrow().get(key).cloned().unwrap_or(Val::Null),
            Val::Unknown(of) => Val::unknown(&format!("{of}.{key}")),
            _ => Val::Null,
        }
    }

    /// Whether it counts as something in a condition; `None` when that is not known.
    pub fn truth(&self) -> Option<bool> {
        Some(match self {
            Val::Null => false,
            Val::Bool(b) => *b,
            Val::Int(n) => *n != 0,
            Val::Float(n) => *n != 0.0,
            Val::Text(text) => !text.as_str().is_empty(),
            Val::List(items) => !items.is_empty(),
            Val::Map(map) => !map.borrow().is_empty(),
            Val::Unknown(_) => return None,
        })
    }

    pub fn is_unknown(&self) -> bool {
        matches!(self, Val::Unknown(_))
    }

    /// The name of the kind, as `kindOf` gives it.
    pub fn kind(&self) -> &'static str {
        match self {
            Val::Null => "invalid",
            Val::Bool(_) => "bool",
            Val::Int(_) => "int64",
            Val::Float(_) => "float64",
            Val::Text(_) => "string",
            Val::List(_) => "slice",
            Val::Map(_) => "map",
            Val::Unknown(_) => "unknown",
        }
    }

    /// A place inside it that is known.
    fn first_place(&self, depth: usize) -> Option<(u32, u32)> {
        match self {
            _ if depth > MAX_DEPTH => None,
            Val::Text(text) => text.first_place(),
            Val::List(items) => items.iter().find_map(|i| i.first_place(depth + 1)),
            Val::Map(map) => map.borrow().values().find_map(|v| v.first_place(depth + 1)),
            _ => None,
        }
    }

    /// As YAML, whose keys stand where their values do.
    pub fn yaml(&self) -> Text {
        let mut out = Text::default();
        self.write(0, &mut out);
        out
    }

    fn write(&self, indent: usize, out: &mut Text) {
        if indent > MAX_DEPTH * 2 {
            return out.push_str("null");
        }
        let pad = " ".repeat(indent);
        match self {
            Val::Map(map) if !map.borrow().is_empty() => {
                for (i, (key, value)) in map.borrow().iter().enumerate() {
                    if i > 0 {
                        out.push_str(&format!("\n{pad}"));
                    }
                    match value.first_place(0) {
                        Some((line, column)) => out.push(&Text::stated(scalar(key), line, column)),
                        None => out.push_str(&scalar(key)),
                    }
                    out.push_str(":");
                    match value {
                        Val::Map(inner) if !inner.borrow().is_empty() => out.push_str(&format!("\n{pad}  ")),
                        Val::List(items) if !items.is_empty() => out.push_str(&format!("\n{pad}")),
                        _ => out.push_str(" "),
                    }
                    value.write(if matches!(value, Val::List(_)) { indent } else { indent + 2 }, out);
                }
            }
            Val::List(items) if !items.is_empty() => {
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push_str(&format!("\n{pad}"));
                    }
                    out.push_str("- ");
                    item.write(indent + 2, out);
                }
            }
            Val::Map(_) => out.push_str("{}"),
            Val::List(_) => out.push_str("[]"),
            Val::Text(text) if is_plain(text.as_str()) => out.push(text),
            Val::Text(text) => out.push(&text.with(scalar(text.as_str()))),
            Val::Null => out.push_str("null"),
            Val::Bool(b) => out.push_str(&b.to_string()),
            Val::Int(n) => out.push_str(&n.to_string()),
            Val::Float(n) => out.push_str(&n.to_string()),
            Val::Unknown(_) => out.push_str("null"),
        }
    }
}

/// Whether the text is itself as a plain scalar of YAML.
fn is_plain(text: &str) -> bool {
    let safe = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '@' | ':' | '+' | '$' | '(' | ')' | '\u{E000}'..='\u{E001}');
    let reserved = ["true", "false", "null", "yes", "no", "on", "off", "~"].contains(&text.to_ascii_lowercase().as_str());
    let opens = text.starts_with(|c: char| c.is_alphabetic() || matches!(c, '/' | '_' | '\u{E000}'));
    opens && !reserved && !text.ends_with(':') && text.chars().all(safe)
}

fn scalar(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

/// A tree of JSON values as template values.
pub(super) fn parsed(text: &Text) -> Val {
    let place = text.first_place();
    match super::super::yaml::parse(text.as_str()) {
        Ok(trees) => trees.first().map_or(Val::Null, |tree| {
            let mut tree = tree.clone();
            // What is read out of a text stands where the text does.
            if let Some((line, column)) = place {
                put(&mut tree, line, column);
            }
            Val::of(&tree, 0)
        }),
        Err(_) => Val::Null,
    }
}

fn put(node: &mut Node, line: u32, column: u32) {
    (node.line, node.column, node.end_line) = (line, column, line);
    match &mut node.value {
        Value::List(items) => items.iter_mut().for_each(|i| put(i, line, column)),
        Value::Map(TreeMap(entries)) => entries.iter_mut().for_each(|(k, v)| {
            put(k, line, column);
            put(v, line, column);
        }),
        _ => {}
    }
}
