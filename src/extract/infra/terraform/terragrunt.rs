//! Terragrunt: units that call a module with inputs of their own, of the files that they include or read, and of the outputs of other units.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::eval::{Files, MAX_DEPTH, Scope};
use super::{Values, join};
use crate::document::{Document, Node};

/// Files that one unit includes, one in another.
const MAX_INCLUDED: usize = 8;

/// Bytes of what files say that others read, in all.
const MAX_READ: usize = 64 << 20;

/// How deep the reading of one file in another takes an expression.
const STEP: usize = 6;

/// Names of the file that a folder above holds for all units below it.
const ROOTS: &[&str] = &["root.hcl", "terragrunt.hcl"];

type Locals<'a> = BTreeMap<&'a str, &'a Node>;

/// Files of Terragrunt by their paths: units, and whatever they include or read.
pub(super) struct Configs<'a> {
    files: BTreeMap<&'a str, (&'a Document, &'a Node)>,
    others: &'a Files<'a>,
    nothing: Values<'a>,
    /// What was read of files, by their paths, with its length as text; of one that is being read, nothing yet.
    read: RefCell<BTreeMap<String, (Json, usize)>>,
    /// Bytes that reading may still come to: a file that reads another many times, which does the same, comes to more than there is.
    left: Cell<usize>,
}

/// What a unit calls, reads and hands in.
pub(super) struct Unit<'a> {
    /// The folder of the module.
    pub(super) module: String,
    /// Folders of the units whose outputs it reads, by the names that it gives them.
    pub(super) dependencies: BTreeMap<String, String>,
    /// Inputs, those of the file that is nearest to it first: where they are given, and what they come to.
    pub(super) inputs: Vec<(String, &'a Document, &'a Node, Json)>,
}

/// A file that counts for a unit, by the name that the unit has for it; its own has none.
struct Part<'a> {
    name: String,
    document: &'a Document,
    root: &'a Node,
}

/// Whether a file configures Terragrunt, by its name.
pub(super) fn is_unit(path: &str) -> bool {
    path.rsplit('/').next() == Some("terragrunt.hcl")
}

/// Folders above one, the nearest first, the root of the repository last.
pub(super) fn above(folder: &str) -> impl Iterator<Item = &str> {
    let up = |f: &str| -> Option<usize> { f.rfind('/').or((!f.is_empty()).then_some(0)) };
    std::iter::successors(up(folder).map(|end| &folder[..end]), move |f| up(f).map(|end| &f[..end]))
}

fn within(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

fn locals(root: &Node) -> Locals<'_> {
    root.all("locals").flat_map(Node::entries).filter_map(|(n, b)| Some((n.str()?, b))).collect()
}

impl<'a> Configs<'a> {
    pub(super) fn new(files: BTreeMap<&'a str, (&'a Document, &'a Node)>, others: &'a Files<'a>) -> Self {
        Configs { files, others, nothing: Values::new(), read: RefCell::default(), left: Cell::new(MAX_READ) }
    }

    /// Folders of units.
    pub(super) fn folders(&self) -> impl Iterator<Item = &'a str> {
        self.files.values().map(|(document, _)| *document).filter(|d| is_unit(&d.path)).map(Document::folder)
    }

    pub(super) fn scope<'s>(&'s self, folder: &str, account: String, locals: &'s Locals<'s>) -> Scope<'s>
    where
        'a: 's,
    {
        let mut scope = Scope::new(folder, account, &self.nothing, locals, &self.nothing, self.others);
        scope.configs = Some(self);
        scope
    }

    /// What a unit calls and reads; nothing when it calls no module at hand.
    pub(super) fn unit(&self, folder: &str) -> Option<Unit<'a>> {
        let parts = self.parts(folder);
        parts.first()?;
        // What a file that is included says, it says of the unit: its functions start from there.
        let all: Vec<Locals<'_>> = parts.iter().map(|p| locals(p.root)).collect();
        let included = self.included(folder, &parts);
        let scopes: Vec<Scope<'_>> = all
            .iter()
            .map(|locals| {
                let scope = self.scope(folder, String::new(), locals);
                scope.bound.borrow_mut().push(("include".into(), included.clone()));
                scope
            })
            .collect();
        let each = || parts.iter().zip(&scopes);
        // A double slash parts the module from what is copied with it.
        let source = each().find_map(|(p, scope)| p.root.all("terraform").find_map(|t| scope.attribute(t, "source")))?;
        let source = source.split('?').next().unwrap_or(&source).replace("//", "/");
        if !source.starts_with(['.', '/']) {
            return None;
        }
        let mut dependencies = BTreeMap::new();
        for (part, scope) in each() {
            for (name, body) in part.root.all("dependency").flat_map(Node::entries) {
                if let Some((name, path)) = name.str().zip(scope.attribute(body, "config_path")) {
                    dependencies.entry(name.to_owned()).or_insert_with(|| join(folder, &path));
                }
            }
        }
        let mut inputs: Vec<(String, &Document, &Node, Json)> = Vec::new();
        for (part, scope) in each() {
            for (name, value) in part.root.get("inputs").into_iter().flat_map(Node::entries) {
                if let Some(name) = name.str().filter(|n| !inputs.iter().any(|(known, ..)| known == n)) {
                    inputs.push((name.to_owned(), part.document, value, scope.value(value, 0)));
                }
            }
        }
        Some(Unit { module: join(folder, &source), dependencies, inputs })
    }

    /// The files of a unit: its own, then those that it includes, the nearest first.
    fn parts(&self, folder: &str) -> Vec<Part<'a>> {
        let own = within(folder, "terragrunt.hcl");
        let Some((document, root)) = self.files.get(own.as_str()) else { return Vec::new() };
        let mut out = vec![Part { name: String::new(), document, root }];
        let mut next = 0;
        while next < out.len() && out.len() < MAX_INCLUDED {
            let (root, at) = (out[next].root, out[next].document.folder());
            let locals = locals(root);
            let scope = self.scope(folder, String::new(), &locals);
            for block in root.all("include") {
                // With a name, or without one.
                let blocks = if block.get("path").is_some() { vec![("", block)] } else { block.entries().filter_map(|(n, b)| Some((n.str()?, b))).collect() };
                for (name, body) in blocks {
                    let path = scope.attribute(body, "path").map(|p| join(folder, &p));
                    // Whatever says where it is, it is the nearest above.
                    let found = path.and_then(|p| self.files.get(p.as_str())).or_else(|| self.files.get(self.nearest(at, ROOTS)?));
                    let Some((document, root)) = found.filter(|(d, _)| !out.iter().any(|p| p.document.path == d.path)) else { continue };
                    out.push(Part { name: name.to_owned(), document, root });
                }
            }
            next += 1;
        }
        out
    }

    /// What `include.name.locals` and `include.name.inputs` mean in a unit.
    fn included(&self, folder: &str, parts: &[Part<'a>]) -> Json {
        let mut all = Map::new();
        for part in &parts[1..] {
            let told = self.told(folder, part.root, 0);
            if part.name.is_empty() {
                all.extend(told.as_object().cloned().unwrap_or_default());
            } else {
                all.insert(part.name.clone(), told);
            }
        }
        Json::Object(all)
    }

    /// The nearest file of one of these names in a folder above.
    fn nearest(&self, folder: &str, names: &[&str]) -> Option<&'a str> {
        above(folder).find_map(|f| names.iter().find_map(|n| self.files.get_key_value(within(f, n).as_str()).map(|(path, _)| *path)))
    }

    /// What a file says that another one reads: its locals and its inputs.
    fn config(&self, path: &str, depth: usize) -> Json {
        if !self.read.borrow().contains_key(path) {
            let Some((document, root)) = self.files.get(path).filter(|_| depth < MAX_DEPTH) else { return Json::Null };
            self.read.borrow_mut().insert(path.to_owned(), (Json::Null, 0));
            let told = self.told(document.folder(), root, depth);
            let length = told.to_string().len();
            self.read.borrow_mut().insert(path.to_owned(), (told, length));
        }
        let read = self.read.borrow();
        let Some((told, length)) = read.get(path).filter(|(_, length)| *length <= self.left.get()) else { return Json::Null };
        self.left.set(self.left.get() - length);
        told.clone()
    }

    fn told(&self, folder: &str, root: &Node, depth: usize) -> Json {
        let locals = locals(root);
        let scope = self.scope(folder, String::new(), &locals);
        let value = |node: &Node| scope.value(node, depth + STEP);
        let of = locals.iter().map(|(name, node)| ((*name).to_owned(), value(node))).collect::<Map<_, _>>();
        let inputs = root.get("inputs").map_or(Json::Null, value);
        Json::Object(Map::from_iter([("locals".to_owned(), Json::Object(of)), ("inputs".to_owned(), inputs)]))
    }

    /// The value of a function of Terragrunt that stands in a file of a folder; paths begin at the root of the repository.
    pub(super) fn call(&self, folder: &str, name: &str, given: &[Json], depth: usize) -> Option<Json> {
        let text = |i: usize| given.get(i).and_then(Json::as_str);
        let path = |p: &str| Some(Json::String(format!("/{p}")));
        match name {
            "find_in_parent_folders" => {
                let found = match text(0) {
                    Some(name) => above(folder).map(|f| within(f, name)).find(|p| self.files.contains_key(p.as_str()) || self.others.contains_key(p.as_str())),
                    None => self.nearest(folder, ROOTS).map(str::to_owned),
                };
                found.map_or_else(|| given.get(1).cloned(), |p| path(&p))
            }
            "read_terragrunt_config" => {
                let read = text(0).map_or(Json::Null, |p| self.config(&join(folder, p), depth));
                Some(if read.is_null() { given.get(1).cloned().unwrap_or(Json::Null) } else { read })
            }
            "get_terragrunt_dir" | "get_original_terragrunt_dir" => path(folder),
            "get_parent_terragrunt_dir" => path(self.nearest(folder, ROOTS)?.rsplit_once('/').map_or("", |(f, _)| f)),
            "get_repo_root" => path(""),
            "path_relative_to_include" => {
                let root = self.nearest(folder, ROOTS)?.rsplit_once('/').map_or("", |(f, _)| f);
                Some(Json::from(folder.strip_prefix(root).unwrap_or(folder).trim_start_matches('/')))
            }
            "get_env" => given.get(1).cloned(),
            _ => None,
        }
    }
}
