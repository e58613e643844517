//! Values of expressions, as far as a folder tells: known ones as JSON, open ones as `${…}` text.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use crate::document::{Document, Expr, Node, Part, Value};
use crate::extract::infra::granting::Names;
use crate::model::Key;

/// Depth of references that are followed.
const MAX_DEPTH: usize = 24;

/// Files of other formats that `file()` may read, by path.
pub(super) type Files<'a> = BTreeMap<&'a str, &'a Document>;

/// What the expressions of one folder may refer to.
pub(super) struct Scope<'a> {
    /// `{github.com/acme/web//infra}`: stands for the account that nobody names.
    pub account: String,
    pub folder: String,
    files: &'a Files<'a>,
    variables: &'a BTreeMap<&'a str, (&'a Document, &'a Node)>,
    locals: &'a BTreeMap<&'a str, &'a Node>,
    values: &'a BTreeMap<&'a str, (&'a Document, &'a Node)>,
    /// `module.net.module.role.` inside a module that is called so; empty in a root.
    pub instance: String,
    /// What the caller of the module gives.
    pub inputs: BTreeMap<String, Json>,
    /// Address of a block to its node and name.
    pub known: BTreeMap<String, (Key, String)>,
    /// What the roles that blocks of this folder define amount to, by the ids of their nodes.
    pub levels: BTreeMap<String, crate::model::Level>,
    /// Plain values that other roots keep in their states, by the full reference.
    pub remote: BTreeMap<String, Json>,
    /// Ids that the clouds gave, in a state or a plan, to their nodes and names.
    pub literals: BTreeMap<String, (Key, String)>,
}

impl Names for Scope<'_> {
    fn account(&self) -> &str {
        &self.account
    }

    fn named(&self, text: &str) -> Vec<(Key, String)> {
        self.named_in(text).into_iter().cloned().collect()
    }
}

impl<'a> Scope<'a> {
    pub(super) fn new(
        folder: &str,
        account: String,
        variables: &'a BTreeMap<&'a str, (&'a Document, &'a Node)>,
        locals: &'a BTreeMap<&'a str, &'a Node>,
        values: &'a BTreeMap<&'a str, (&'a Document, &'a Node)>,
        files: &'a Files<'a>,
    ) -> Self {
        Scope {
            account,
            folder: folder.to_owned(),
            files,
            variables,
            locals,
            values,
            instance: String::new(),
            inputs: BTreeMap::new(),
            known: BTreeMap::new(),
            levels: BTreeMap::new(),
            remote: BTreeMap::new(),
            literals: BTreeMap::new(),
        }
    }

    /// The name of a variable of this folder that is marked as sensitive, or named as a secret.
    pub(super) fn secret_variable(&self, name: &str) -> Option<&'a str> {
        let (name, (_, body)) = self.variables.get_key_value(name)?;
        let lower = name.to_ascii_lowercase();
        let named = ["password", "secret", "token", "private_key", "api_key", "access_key"].iter().any(|w| lower.contains(w));
        let marked = body.get("sensitive").and_then(Node::bool) == Some(true);
        (marked || named && !lower.ends_with("_arn") && !lower.ends_with("_name")).then_some(*name)
    }

    /// Address of a block with the calls that lead to it.
    pub(super) fn address(&self, block: &super::Block<'_>) -> String {
        format!("{}{}", self.instance, block.address())
    }

    /// The file that a `file(…)` or `templatefile(…)` call reads, if it is one of those at hand.
    pub(super) fn file(&self, node: &Node) -> Option<&'a Document> {
        let Value::Expr(e) = &node.value else { return None };
        let Expr::Call(name, arguments) = &**e else { return None };
        let path = arguments.first().filter(|_| matches!(name.as_str(), "file" | "templatefile"))?;
        self.file_at(&self.text(path, 0))
    }

    fn file_at(&self, path: &str) -> Option<&'a Document> {
        let inside = path.strip_prefix("${path.module}").or_else(|| path.strip_prefix("${path.root}")).or_else(|| path.strip_prefix("${path.cwd}"));
        let path = super::join(&self.folder, inside.unwrap_or(path));
        self.files.get(path.as_str()).copied()
    }

    /// The value of a node of the tree.
    pub(super) fn value(&self, node: &Node, depth: usize) -> Json {
        if depth > MAX_DEPTH {
            return Json::String("${…}".into());
        }
        match &node.value {
            Value::Null => Json::Null,
            Value::Bool(b) => Json::Bool(*b),
            Value::Number(n) => n.parse::<serde_json::Number>().map_or_else(|_| Json::String(n.clone()), Json::Number),
            Value::Text(t) => Json::String(t.clone()),
            Value::List(items) => Json::Array(items.iter().map(|i| self.value(i, depth + 1)).collect()),
            Value::Map(map) => {
                let mut out = Map::new();
                for (key, value) in &map.0 {
                    let key = match &key.value {
                        Value::Expr(_) => self.text(key, depth + 1),
                        _ => key.scalar().unwrap_or_default(),
                    };
                    out.insert(key, self.value(value, depth + 1));
                }
                Json::Object(out)
            }
            Value::Expr(e) => self.expression(e, depth + 1),
        }
    }

    /// The value as text; what is no scalar is JSON.
    pub(super) fn text(&self, node: &Node, depth: usize) -> String {
        as_text(&self.value(node, depth))
    }

    /// The text of an attribute of a block.
    pub(super) fn attribute(&self, body: &Node, name: &str) -> Option<String> {
        body.get(name).map(|n| self.text(n, 0)).filter(|t| !t.is_empty())
    }

    fn expression(&self, e: &Expr, depth: usize) -> Json {
        match e {
            Expr::Reference(segments) => self.reference(segments, depth),
            Expr::Template(parts) => {
                let mut out = String::new();
                for part in parts {
                    match part {
                        Part::Literal(text) => out.push_str(text),
                        Part::Value(node) => out.push_str(&self.text(node, depth + 1)),
                    }
                }
                Json::String(out)
            }
            Expr::Call(name, arguments) => self.call(name, arguments, depth),
            // Which branch holds is not known here; the first one is what an author thinks of first.
            Expr::Conditional(_, then, otherwise) => match self.value(then, depth + 1) {
                Json::Null => self.value(otherwise, depth + 1),
                Json::String(s) if s.is_empty() => self.value(otherwise, depth + 1),
                value => value,
            },
            Expr::Traversal(base, segments) => descend(self.value(base, depth + 1), segments).unwrap_or_else(|| Json::String("${…}".into())),
            Expr::Operation(..) | Expr::For { .. } | Expr::Opaque(_) => Json::String("${…}".into()),
        }
    }

    fn reference(&self, segments: &[String], depth: usize) -> Json {
        let open = || Json::String(format!("${{{}}}", segments.join(".")));
        let [first, second, rest @ ..] = segments else { return open() };
        let found = match first.as_str() {
            "var" => self
                .inputs
                .get(second)
                .cloned()
                .or_else(|| self.values.get(second.as_str()).map(|(_, n)| self.value(n, depth + 1)))
                .or_else(|| self.variables.get(second.as_str()).and_then(|(_, b)| b.get("default")).map(|n| self.value(n, depth + 1)))
                .filter(|v| !v.is_null() && v.as_str() != Some("")),
            "local" => self.locals.get(second.as_str()).map(|n| self.value(n, depth + 1)),
            "data" if matches!(second.as_str(), "aws_caller_identity") => return Json::String(self.account.clone()),
            "data" if matches!(second.as_str(), "aws_partition") => return Json::String("aws".into()),
            "data" if super::remote::output(segments).is_some() => {
                let (address, name) = super::remote::output(segments).unwrap_or_default();
                let full = format!("{address}.outputs.{name}");
                return match self.remote.get(&full) {
                    Some(value) => descend(value.clone(), segments.get(5..).unwrap_or_default()).unwrap_or_else(open),
                    None => Json::String(format!("${{{full}}}")),
                };
            }
            _ => None,
        };
        if let Some(value) = found {
            return descend(value, rest).unwrap_or_else(open);
        }
        if super::kinds::is_random(first) {
            // Two folders that write the same expression mean two values.
            return Json::String(format!("${{{}{}{}}}", self.account, self.instance, segments.join(".")));
        }
        // A computed attribute of a block of this folder is a marker that names the block.
        match self.target(segments) {
            Some((address, attribute)) => Json::String(format!("${{{address}{}}}", attribute.map_or(String::new(), |a| format!(".{a}")))),
            None => open(),
        }
    }

    /// Address and attribute of a reference to a block of this folder.
    pub(super) fn target(&self, segments: &[String]) -> Option<(String, Option<String>)> {
        if let Some((address, name)) = super::remote::output(segments) {
            return Some((format!("{address}.outputs.{name}"), None));
        }
        // A module that is not at hand stands for what it makes, whichever of its outputs is asked for.
        if let [first, name, ..] = segments
            && first == "module"
            && let address = format!("module.{name}")
            && self.known.contains_key(&address)
        {
            return Some((address, None));
        }
        let length = if segments.first().is_some_and(|s| s == "data" || s == "module") { 3 } else { 2 };
        let address = segments.get(..length)?.join(".");
        if !self.known.contains_key(&address) && (address.starts_with("module.") || !address.starts_with("data.") && !address.contains('_')) {
            return None;
        }
        let attribute = segments[length..].iter().rfind(|s| s.chars().all(|c| c.is_ascii_alphabetic() || c == '_')).cloned();
        Some((address, attribute))
    }

    /// Blocks of this folder that a text refers to by `${address…}`.
    pub(super) fn named_in(&self, text: &str) -> Vec<&(Key, String)> {
        let mut out: Vec<&(Key, String)> = self.literals.get(text).into_iter().collect();
        let mut rest = text;
        while let Some(open) = rest.find("${") {
            let Some(close) = rest[open..].find('}') else { break };
            let inside = &rest[open + 2..open + close];
            let mut address = inside;
            loop {
                if let Some(found) = self.known.get(address) {
                    out.push(found);
                    break;
                }
                match address.rsplit_once('.') {
                    Some((shorter, _)) => address = shorter,
                    None => break,
                }
            }
            rest = &rest[open + close + 1..];
        }
        out
    }

    fn call(&self, name: &str, arguments: &[Node], depth: usize) -> Json {
        let value = |i: usize| arguments.get(i).map_or(Json::Null, |a| self.value(a, depth + 1));
        let text = |i: usize| as_text(&value(i));
        match name {
            "file" | "templatefile" => match self.file_at(&text(0)).and_then(|d| d.trees().ok()).and_then(<[Node]>::first) {
                Some(tree) => Json::String(self.value(tree, depth + 1).to_string()),
                None => Json::String(format!("${{{name}(…)}}")),
            },
            "jsonencode" => Json::String(value(0).to_string()),
            "jsondecode" | "yamldecode" => serde_json::from_str(&text(0)).unwrap_or(Json::Null),
            "toset" | "tolist" | "tomap" | "tostring" | "sensitive" | "nonsensitive" | "one" => value(0),
            "try" | "coalesce" => (0..arguments.len()).map(value).find(|v| !v.is_null() && v.as_str() != Some("")).unwrap_or(Json::Null),
            "lower" => Json::String(text(0).to_lowercase()),
            "upper" => Json::String(text(0).to_uppercase()),
            "trimsuffix" => Json::String(text(0).trim_end_matches(&text(1)).to_owned()),
            "trimprefix" => Json::String(text(0).trim_start_matches(&text(1)).to_owned()),
            "replace" => Json::String(text(0).replace(&text(1), &text(2))),
            "join" => match value(1) {
                Json::Array(items) => Json::String(items.iter().map(as_text).collect::<Vec<_>>().join(&text(0))),
                other => other,
            },
            "concat" | "flatten" | "setunion" => {
                let mut out = Vec::new();
                for i in 0..arguments.len() {
                    match value(i) {
                        Json::Array(items) => out.extend(items),
                        other => out.push(other),
                    }
                }
                Json::Array(out)
            }
            "merge" => {
                let mut out = Map::new();
                for i in 0..arguments.len() {
                    if let Json::Object(map) = value(i) {
                        out.extend(map);
                    }
                }
                Json::Object(out)
            }
            "lookup" => descend(value(0), &[text(1)]).unwrap_or_else(|| value(2)),
            "element" => match value(0) {
                Json::Array(items) => items.into_iter().next().unwrap_or(Json::Null),
                other => other,
            },
            "format" => {
                let mut out = text(0);
                for i in 1..arguments.len() {
                    if let Some(at) = out.find('%') {
                        let end = (at + 2).min(out.len());
                        if out.is_char_boundary(end) {
                            out.replace_range(at..end, &text(i));
                        }
                    }
                }
                Json::String(out)
            }
            _ => Json::String(format!("${{{name}(…)}}")),
        }
    }
}

fn descend(value: Json, path: &[String]) -> Option<Json> {
    path.iter().try_fold(value, |v, key| match v {
        Json::Object(map) => map.get(key).cloned(),
        Json::Array(items) => key.parse::<usize>().ok().and_then(|i| items.get(i).cloned()).or_else(|| items.first().cloned()),
        _ => None,
    })
}

/// Scalars as they are, anything else as JSON.
pub(super) fn as_text(value: &Json) -> String {
    match value {
        Json::String(s) => s.clone(),
        Json::Null => String::new(),
        other => other.to_string(),
    }
}
