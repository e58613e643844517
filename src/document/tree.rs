//! One tree for every structured syntax, with positions.

use super::hcl::Expr;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub value: Value,
    /// 1-based.
    pub line: u32,
    /// 1-based, in characters.
    pub column: u32,
    /// Last line, 1-based.
    pub end_line: u32,
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    /// As written.
    Number(String),
    Text(String),
    List(Vec<Node>),
    Map(Map),
    /// An HCL expression that is no literal.
    Expr(Box<Expr>),
}

/// Entries in the order of the file. A key may repeat: HCL blocks of one type, or duplicate YAML keys (the last wins in `get`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Map(pub Vec<(Node, Node)>);

impl Node {
    pub fn text_at(text: impl Into<String>, line: u32, column: u32) -> Self {
        Node { value: Value::Text(text.into()), line, column, end_line: line }
    }

    /// The entry of a map, by key; the last one wins.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().rev().find(|(k, _)| k.str() == Some(key)).map(|(_, v)| v)
    }

    /// Follows keys and list indices: `path(&["spec", "containers", "0"])`.
    pub fn path(&self, keys: &[&str]) -> Option<&Node> {
        keys.iter().try_fold(self, |node, key| match &node.value {
            Value::List(items) => key.parse::<usize>().ok().and_then(|i| items.get(i)),
            _ => node.get(key),
        })
    }

    /// The string, for text; `None` for anything else.
    pub fn str(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Text, numbers and booleans as the text that they are written as.
    pub fn scalar(&self) -> Option<String> {
        match &self.value {
            Value::Text(text) | Value::Number(text) => Some(text.clone()),
            Value::Bool(b) => Some(b.to_string()),
            _ => None,
        }
    }

    /// `true` for a boolean, or the text `true`.
    pub fn bool(&self) -> Option<bool> {
        match &self.value {
            Value::Bool(b) => Some(*b),
            Value::Text(t) => t.parse().ok(),
            _ => None,
        }
    }

    /// The string at a key.
    pub fn get_str(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Node::str)
    }

    /// The entries of a map; nothing for anything else.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = (&Node, &Node)> {
        let entries: &[(Node, Node)] = match &self.value {
            Value::Map(map) => &map.0,
            _ => &[],
        };
        entries.iter().map(|(k, v)| (k, v))
    }

    /// Every value that stands under `key`, in order: HCL blocks repeat.
    pub fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a Node> {
        self.entries().filter(move |(k, _)| k.str() == Some(key)).map(|(_, v)| v)
    }

    /// The items of a list; nothing for anything else.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The items of a list, or the node itself when it is a single scalar: many formats allow either.
    pub fn one_or_many(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            Value::Null => &[],
            _ => std::slice::from_ref(self),
        }
    }

    pub fn is_map(&self) -> bool {
        matches!(self.value, Value::Map(_))
    }

    /// Calls `visit` with the JSON pointer of every node below, this one first.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&str, &'a Node)) {
        self.walk_from(&mut String::new(), visit);
    }

    fn walk_from<'a>(&'a self, pointer: &mut String, visit: &mut dyn FnMut(&str, &'a Node)) {
        visit(pointer, self);
        let length = pointer.len();
        match &self.value {
            Value::Map(map) => {
                for (key, value) in &map.0 {
                    pointer.push('/');
                    pointer.push_str(&key.scalar().unwrap_or_default().replace('~', "~0").replace('/', "~1"));
                    value.walk_from(pointer, visit);
                    pointer.truncate(length);
                }
            }
            Value::List(items) => {
                for (i, item) in items.iter().enumerate() {
                    pointer.push_str(&format!("/{i}"));
                    item.walk_from(pointer, visit);
                    pointer.truncate(length);
                }
            }
            _ => {}
        }
    }

    /// Moves the whole tree down by so many lines.
    pub(crate) fn shift(&mut self, lines: u32) {
        self.line += lines;
        self.end_line += lines;
        match &mut self.value {
            Value::Map(map) => map.0.iter_mut().for_each(|(k, v)| {
                k.shift(lines);
                v.shift(lines);
            }),
            Value::List(items) => items.iter_mut().for_each(|i| i.shift(lines)),
            _ => {}
        }
    }
}
