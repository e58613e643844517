//! Values of expressions, as far as a folder tells: known ones as JSON, open ones as `${…}` text.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::functions::{self, is_known};
use super::terragrunt::Configs;
use crate::document::{Document, Expr, Node, Part, Value};
use crate::extract::infra::granting::Names;
use crate::model::Key;

/// Depth of references that are followed.
pub(super) const MAX_DEPTH: usize = 24;

/// Arguments that name arguments, followed so far; bytes of what they come to.
const MAX_FILLED: usize = 4;
const MAX_TEXT: usize = 4096;

/// Files of other formats that `file()` may read, by path.
pub(super) type Files<'a> = BTreeMap<&'a str, &'a Document>;

/// What the expressions of one folder may refer to.
pub(super) struct Scope<'a> {
    /// `{github.com/acme/web//infra}`: stands for the account that nobody names.
    pub account: String,
    pub folder: String,
    files: &'a Files<'a>,
    pub(super) variables: &'a BTreeMap<&'a str, (&'a Document, &'a Node)>,
    locals: &'a BTreeMap<&'a str, &'a Node>,
    pub(super) values: &'a BTreeMap<&'a str, (&'a Document, &'a Node)>,
    /// `module.net.module.role.` inside a module that is called so; empty in a root.
    pub instance: String,
    /// The project of Google that the provider names, and where.
    pub project: Option<(String, crate::model::Location)>,
    /// Names that hold only for the entry that is looked at: of a `for`, and `each` of a block, the innermost last.
    pub(super) bound: RefCell<Vec<(String, Json)>>,
    /// What the caller of the module gives.
    pub inputs: BTreeMap<String, Json>,
    /// Address of a block to its node and name.
    pub known: BTreeMap<String, (Key, String)>,
    /// Bodies of the blocks of this folder by their addresses: an argument that one states is what a reference to it means.
    pub bodies: BTreeMap<String, &'a Node>,
    /// What the roles that blocks of this folder define amount to, by the ids of their nodes.
    pub levels: BTreeMap<String, crate::model::Level>,
    /// Plain values that other roots keep in their states, by the full reference.
    pub remote: BTreeMap<String, Json>,
    /// Files of Terragrunt, in one of them.
    pub(super) configs: Option<&'a Configs<'a>>,
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
            project: None,
            bound: RefCell::default(),
            inputs: BTreeMap::new(),
            known: BTreeMap::new(),
            bodies: BTreeMap::new(),
            levels: BTreeMap::new(),
            remote: BTreeMap::new(),
            configs: None,
            literals: BTreeMap::new(),
        }
    }

    /// A text in which references to arguments that blocks of this folder state are what they state: `${vault_mount.db.path}/creds/app`.
    pub(super) fn filled(&self, text: &str, depth: usize) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(open) = rest.find("${") {
            let Some(close) = rest[open..].find('}') else { break };
            let stated = rest[open + 2..open + close].rsplit_once('.').and_then(|(address, argument)| {
                let body = *self.bodies.get(address).filter(|_| depth < MAX_FILLED)?;
                // A login method of Vault is mounted by its type unless its block says where.
                let otherwise = || body.get("type").filter(|_| argument == "path" && address.starts_with("vault_"));
                // An object of a cluster states its name further in.
                let inside = || [&["metadata", argument][..], &["manifest", "metadata", argument]].iter().find_map(|p| body.path(p));
                let value = self.text(body.get(argument).or_else(otherwise).or_else(inside)?, 0);
                Some(self.filled(&value, depth + 1)).filter(|v| !v.is_empty() && v.len() < MAX_TEXT)
            });
            out.push_str(&rest[..open]);
            out.push_str(stated.as_deref().unwrap_or(&rest[open..=open + close]));
            rest = &rest[open + close + 1..];
        }
        out.push_str(rest);
        out
    }

    /// The name of a variable of this folder that is marked as sensitive, or named as a secret.
    pub(super) fn secret_variable(&self, name: &str) -> Option<&'a str> {
        let (name, (_, body)) = self.variables.get_key_value(name)?;
        let lower = name.to_ascii_lowercase();
        let named = ["password", "secret", "token", "private_key", "api_key", "access_key"].iter().any(|w| lower.contains(w));
        let marked = body.get("sensitive").and_then(Node::bool) == Some(true);
        (marked || named && !lower.ends_with("_arn") && !lower.ends_with("_name")).then_some(*name)
    }

    /// Address of a block with the calls that lead to it, and with the key of the entry that it is made for.
    pub(super) fn address(&self, block: &super::Block<'_>) -> String {
        let key = self.bound_to("each").and_then(|e| e.get("key").map(as_text)).map_or(String::new(), |k| format!("[{k:?}]"));
        format!("{}{}{key}", self.instance, block.address())
    }

    /// The node of a block, of the entry that is looked at.
    pub(super) fn own(&self, block: &super::Block<'_>) -> Option<&(Key, String)> {
        let of_entry = self.bound_to("each").and_then(|e| self.known.get(&format!("{}.{}", block.address(), as_text(e.get("key")?))));
        of_entry.or_else(|| self.known.get(&block.address()))
    }

    /// What a name stands for in the entry that is looked at.
    pub(super) fn bound_to(&self, name: &str) -> Option<Json> {
        self.bound.borrow().iter().rfind(|(n, _)| n == name).map(|(_, v)| v.clone())
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
            Expr::Conditional(condition, then, otherwise) => match self.truth(condition, depth + 1) {
                Some(true) => self.value(then, depth + 1),
                Some(false) => self.value(otherwise, depth + 1),
                // Which branch holds is not known here; the first one is what an author thinks of first.
                None => match self.value(then, depth + 1) {
                    Json::Null => self.value(otherwise, depth + 1),
                    Json::String(s) if s.is_empty() => self.value(otherwise, depth + 1),
                    value => value,
                },
            },
            Expr::For { names, over, key, value, condition } => self.each(names, over, key.as_ref(), value, condition.as_ref(), depth),
            Expr::Operation(..) => self.operation(e, depth).map_or_else(|| Json::String("${…}".into()), Json::Bool),
            Expr::Traversal(base, segments) => descend(self.value(base, depth + 1), segments).unwrap_or_else(|| Json::String("${…}".into())),
            Expr::Opaque(_) => Json::String("${…}".into()),
        }
    }

    fn reference(&self, segments: &[String], depth: usize) -> Json {
        // An index that is an expression, `[each.key]`, is what it stands for.
        let indexed: Vec<String>;
        let segments = if segments.iter().any(|s| s.starts_with('[')) {
            indexed = segments.iter().map(|s| self.index(s, depth)).collect();
            &indexed
        } else {
            segments
        };
        let open = || Json::String(format!("${{{}}}", segments.join(".")));
        if let Some((first, rest)) = segments.split_first()
            && let Some(value) = self.bound_to(first)
        {
            return further(value, rest).unwrap_or_else(open);
        }
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
            return further(value, rest).unwrap_or_else(open);
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

    /// An index of a reference, as far as it is known.
    fn index(&self, segment: &str, depth: usize) -> String {
        let Some(inner) = segment.strip_prefix('[').and_then(|s| s.strip_suffix(']')).filter(|_| depth <= MAX_DEPTH) else { return segment.to_owned() };
        let path: Vec<String> = inner.split('.').map(str::to_owned).collect();
        let value = self.reference(&path, depth + 1);
        if is_known(&value) && !value.is_null() { as_text(&value) } else { segment.to_owned() }
    }

    /// Address and attribute of a reference to a block of this folder.
    pub(super) fn target(&self, segments: &[String]) -> Option<(String, Option<String>)> {
        let indexed: Vec<String> = segments.iter().map(|s| self.index(s, 0)).collect();
        let segments = indexed.as_slice();
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
        // An attribute that stands for something else than its block.
        if segments.first().is_some_and(|s| s == "data" || s == "dependency")
            && let Some(whole) = segments.get(..4).map(|s| s.join("."))
            && self.known.contains_key(&whole)
        {
            return Some((whole, None));
        }
        // The one of several that its key names.
        let length = if segments.len() > length && self.known.contains_key(&segments[..=length].join(".")) { length + 1 } else { length };
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
            _ => {
                let given: Vec<Json> = (0..arguments.len()).map(value).collect();
                let own = self.configs.and_then(|configs| configs.call(&self.folder, name, &given, depth));
                own.or_else(|| functions::call(name, &given)).unwrap_or_else(|| Json::String(format!("${{{name}(…)}}")))
            }
        }
    }
}

pub(super) fn descend(value: Json, path: &[String]) -> Option<Json> {
    path.iter().try_fold(value, |v, key| match v {
        Json::Object(map) => map.get(key).cloned(),
        Json::Array(items) => key.parse::<usize>().ok().and_then(|i| items.get(i).cloned()).or_else(|| items.first().cloned()),
        _ => None,
    })
}

/// The same, when the value may be a whole block that is handed on: its attribute is that of the block.
fn further(value: Json, path: &[String]) -> Option<Json> {
    if let Json::String(text) = &value
        && let [attribute, ..] = path
        && let Some(address) = text.strip_prefix("${").and_then(|t| t.strip_suffix('}')).filter(|t| !t.contains(['$', '{', '}', '(', '…']))
    {
        return Some(Json::String(format!("${{{address}.{attribute}}}")));
    }
    descend(value, path)
}

/// Scalars as they are, anything else as JSON.
pub(super) fn as_text(value: &Json) -> String {
    match value {
        Json::String(s) => s.clone(),
        Json::Null => String::new(),
        other => other.to_string(),
    }
}
