//! Modules as they are called: each call is an instance with inputs of its own, and hands its outputs back.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use super::eval::{Files, Scope};
use super::variants::{self, Variants};
use super::{Folder, Values, arguments, custom_roles, documents, emit, join, kinds, modules, references, remote, terragrunt};
use crate::document::{Document, Node};
use crate::model::{Facts, Key, Kind, Location};
use crate::relation::PERMITS;

/// Calls that are followed into each other.
const MAX_DEPTH: usize = 8;

/// Instances of one repository; beyond them, calls are not followed.
const MAX_INSTANCES: usize = 4000;

/// Calls of one folder that are put in order.
const MAX_ORDERED: usize = 300;

/// Stands before an address that belongs to the caller.
const OUTER: char = '^';

/// What an output of a module names.
type Outputs = BTreeMap<String, (Key, String)>;

/// What a call hands to a module.
#[derive(Default)]
struct Given<'r> {
    inputs: BTreeMap<String, Json>,
    /// Blocks of the caller, under marked addresses.
    outer: Outputs,
    /// Folder of the root that the chain of calls starts from.
    root: &'r str,
    /// Values of a root that stand for those of its folder.
    values: Option<&'r Values<'r>>,
    /// Address of the call.
    instance: String,
    /// Whether the outputs are wanted by a unit of Terragrunt.
    keep: bool,
    /// The project of Google that the provider of the caller names, and where.
    project: Option<(String, Location)>,
    depth: usize,
}

/// A walk over all folders, from those that nobody calls.
pub(super) struct Walk<'a, 'f> {
    folders: &'f BTreeMap<&'a str, Folder<'a>>,
    repository: &'f str,
    files: &'f Files<'a>,
    configs: &'f terragrunt::Configs<'a>,
    variants: &'f Variants<'a>,
    seen: BTreeSet<&'a str>,
    left: usize,
    /// Outputs of the roots that were read, by where they keep their state.
    states: BTreeMap<String, remote::Outputs>,
}

impl<'a, 'f> Walk<'a, 'f> {
    pub(super) fn new(
        folders: &'f BTreeMap<&'a str, Folder<'a>>,
        repository: &'f str,
        files: &'f Files<'a>,
        configs: &'f terragrunt::Configs<'a>,
        variants: &'f Variants<'a>,
    ) -> Self {
        Walk { folders, repository, files, configs, variants, seen: BTreeSet::new(), left: MAX_INSTANCES, states: BTreeMap::new() }
    }

    pub(super) fn run(mut self, facts: &mut Facts) {
        let sources = |path: &str, folder: &Folder<'_>| -> Vec<String> {
            folder.modules.iter().filter_map(|(_, _, body)| local_source(body)).map(|s| join(path, s)).collect()
        };
        let mut called: BTreeSet<String> = self.folders.iter().flat_map(|(path, folder)| sources(path, folder)).collect();
        called.extend(self.terragrunt(facts));
        let roots: Vec<&str> = self.folders.keys().copied().filter(|p| !called.contains(*p)).collect();
        for path in self.in_order(&roots) {
            self.root(path, facts);
        }
        // Folders that only call each other in a circle are read all the same.
        for path in self.folders.keys() {
            if !self.seen.contains(path) {
                self.instance(path, Given { root: path, depth: MAX_DEPTH, ..Given::default() }, facts);
            }
        }
    }

    /// A root, once with each choice of values that there is.
    fn root(&mut self, path: &'a str, facts: &mut Facts) {
        let choices: &'f [(String, Values<'a>)] = self.variants.get(path).map_or(&[], Vec::as_slice);
        let of = |values| Given { root: path, values, ..Given::default() };
        if choices.len() < 2 {
            self.instance(path, of(choices.first().map(|(_, values)| values)), facts);
            return;
        }
        let told = choices.iter().map(|(name, values)| {
            let mut said = Facts::default();
            self.instance(path, of(Some(values)), &mut said);
            (name.as_str(), said)
        });
        variants::join(told.collect(), facts);
    }

    /// Units of Terragrunt, those whose outputs others read before them; gives back the modules that they call.
    fn terragrunt(&mut self, facts: &mut Facts) -> BTreeSet<String> {
        let found: BTreeMap<&str, terragrunt::Unit<'a>> = self.configs.folders().filter_map(|f| Some((f, self.configs.unit(f)?))).collect();
        let before = |folder| found[folder].dependencies.values().filter_map(|d| found.get_key_value(d.as_str())).map(|(f, _)| *f).collect();
        let order = deepest_first(found.keys().copied(), before);
        let mut outputs: BTreeMap<&str, Outputs> = BTreeMap::new();
        for folder in order {
            let unit = &found[folder];
            let locals = BTreeMap::new();
            let mut scope = self.configs.scope(folder, format!("{{{}//{folder}}}", self.repository), &locals);
            for (name, read) in &unit.dependencies {
                let offered = outputs.get(read.as_str()).into_iter().flatten();
                scope.known.extend(offered.map(|(output, target)| (format!("dependency.{name}.outputs.{output}"), target.clone())));
            }
            let given: Vec<(String, &Document, &Node, Json)> =
                unit.inputs.iter().map(|(name, document, node, value)| (name.clone(), *document, *node, marked(&scope, value.clone(), 0))).collect();
            let outer: Outputs = scope.known.iter().map(|(address, target)| (format!("{OUTER}{address}"), target.clone())).collect();
            let inputs = given.iter().map(|(name, .., value)| (name.clone(), value.clone())).collect();
            let before = (facts.nodes.len(), facts.edges.len());
            let made = self.instance(&unit.module, Given { inputs, outer, root: folder, depth: 1, keep: true, ..Given::default() }, facts);
            mention_named(&given.iter().map(|(_, document, node, value)| (*document, *node, value)).collect::<Vec<_>>(), before, facts);
            outputs.insert(folder, made);
        }
        found.into_values().map(|u| u.module).collect()
    }

    /// Roots with those whose states they read before them.
    fn in_order(&self, roots: &[&'a str]) -> Vec<&'a str> {
        let scope = |path: &'a str| {
            let folder = &self.folders[path];
            Scope::new(path, String::new(), &folder.variables, &folder.locals, &folder.values, self.files)
        };
        let reading: BTreeMap<&str, Vec<String>> = roots
            .iter()
            .map(|p| (*p, remote::read(&self.folders[p], &scope(p)).into_values().collect()))
            .filter(|(_, r): &(_, Vec<_>)| !r.is_empty())
            .collect();
        if reading.is_empty() {
            return roots.to_vec();
        }
        let writing: BTreeMap<String, &'a str> = roots.iter().map(|p| (remote::written(&self.folders[p], &scope(p)), *p)).collect();
        deepest_first(roots.iter().copied(), |path| reading.get(path).into_iter().flatten().filter_map(|state| writing.get(state)).copied().collect())
    }

    fn instance(&mut self, path: &str, given: Given<'_>, facts: &mut Facts) -> Outputs {
        let Some((path, folder)) = self.folders.get_key_value(path).filter(|_| given.depth <= MAX_DEPTH && self.left > 0) else { return Outputs::new() };
        self.left -= 1;
        self.seen.insert(path);
        // What a module makes belongs to the account of the root that calls it.
        let values = given.values.unwrap_or(&folder.values);
        let mut scope = Scope::new(path, format!("{{{}//{}}}", self.repository, given.root), &folder.variables, &folder.locals, values, self.files);
        let is_root = given.instance.is_empty();
        (scope.inputs, scope.known, scope.instance) = (given.inputs, given.outer, given.instance);
        scope.bodies = folder.blocks.iter().map(|b| (b.address(), b.body)).collect();
        scope.project = project(folder, &scope).or(given.project);
        let reads = remote::read(folder, &scope);
        if !reads.is_empty() {
            remote::make_known(folder, &reads, &self.states, &mut scope);
        }
        // Blocks that are made for each entry of something known are as many blocks.
        let mut made: Vec<(usize, Option<(String, Json)>)> = Vec::new();
        for (number, block) in folder.blocks.iter().enumerate() {
            let entries = scope.entries(block.body);
            made.extend(entries.into_iter().map(|e| (number, Some(e))));
            if made.last().is_none_or(|(last, _)| *last != number) {
                made.push((number, None));
            }
        }
        for (number, entry) in &made {
            let block = &folder.blocks[*number];
            let Some((key, name)) = scope.entry(entry.as_ref(), |scope| kinds::key(block, scope)) else { continue };
            if let Some(level) = custom_roles::level(block, &scope) {
                scope.levels.insert(key.id.to_string(), level);
            }
            if let Some((entry, _)) = entry {
                scope.known.insert(format!("{}.{entry}", block.address()), (key.clone(), name.clone()));
            }
            // Without a key, the first of them stands for all.
            scope.known.entry(block.address()).or_insert((key, name));
        }
        remote::parameters(folder, &mut scope);
        for (document, name, body) in in_order(&folder.modules) {
            let Some(source) = local_source(body) else { continue };
            let entries = scope.entries(body);
            let entries: Vec<Option<(String, Json)>> = if entries.is_empty() { vec![None] } else { entries.into_iter().map(Some).collect() };
            for entry in entries {
                let key = entry.as_ref().map_or(String::new(), |(k, _)| format!("[{k:?}]"));
                let instance = format!("{}module.{name}{key}.", scope.instance);
                let onward = Given { instance, root: given.root, depth: given.depth + 1, project: scope.project.clone(), ..Given::default() };
                let handed = scope.entry(entry.as_ref(), |scope| handed(scope, body));
                let outputs = self.call(document, &join(path, source), &scope, handed, onward, facts);
                for (output, target) in outputs {
                    if let Some((k, _)) = &entry {
                        scope.known.insert(format!("module.{name}.{k}.{output}"), target.clone());
                    }
                    scope.known.entry(format!("module.{name}.{output}")).or_insert(target);
                }
            }
        }
        for (document, name, body) in &folder.modules {
            if let Some(made) = modules::made(document, name, body, &scope) {
                scope.known.insert(format!("module.{name}"), made);
            }
        }
        let before = (facts.nodes.len(), facts.edges.len());
        for (number, entry) in &made {
            scope.entry(entry.as_ref(), |scope| emit::block(&folder.blocks[*number], scope, facts));
        }
        let values: Vec<(&Document, &Node, Json)> = values.values().map(|(d, n)| (*d, *n, scope.value(n, 0))).collect();
        mention_named(&values.iter().map(|(d, n, v)| (*d, *n, v)).collect::<Vec<_>>(), before, facts);
        documents::documents(&folder.blocks, &scope, facts);
        for (document, name, body) in &folder.modules {
            modules::module(document, name, body, &scope, facts);
        }
        for (name, (document, body)) in &folder.variables {
            arguments::variable(document, name, body, &scope, facts);
        }
        let mut outputs = remote::Outputs::default();
        let state = is_root.then(|| remote::written(folder, &scope));
        for (document, name, body) in &folder.outputs {
            let Some(value) = body.get("value") else { continue };
            if let Some((key, called)) = references::targets(&scope, value).into_iter().next() {
                if let Some(state) = state.as_deref().filter(|s| remote::is_known(s)) {
                    // Roots of other repositories may ask for it.
                    facts.mention(&key, String::new(), document.at(value)).attr(remote::OFFERED, vec![format!("{state}#{name}")]);
                }
                outputs.named.insert((*name).to_owned(), (key, called));
            } else if is_root {
                outputs.plain.insert((*name).to_owned(), scope.value(value, 0));
            }
        }
        let Some(state) = state.filter(|_| !given.keep) else { return outputs.named };
        self.states.insert(state, outputs);
        Outputs::new()
    }

    /// One call: what it hands in is evaluated in the caller, and what it names is known at the argument that names it.
    fn call(&mut self, document: &Document, path: &str, scope: &Scope<'_>, given: Vec<(String, &Node, Json)>, onward: Given<'_>, facts: &mut Facts) -> Outputs {
        let outer: Outputs = scope.known.iter().map(|(address, target)| (format!("{OUTER}{address}"), target.clone())).collect();
        let before = (facts.nodes.len(), facts.edges.len());
        let inputs = given.iter().map(|(name, _, value)| (name.clone(), value.clone())).collect();
        let outputs = self.instance(path, Given { inputs, outer, ..onward }, facts);
        let handed: Vec<(&Document, &Node, &Json)> = given.iter().map(|(_, node, value)| (document, *node, value)).collect();
        mention_named(&handed, before, facts);
        outputs
    }
}

/// What a call hands in.
fn handed<'n>(scope: &Scope<'_>, body: &'n Node) -> Vec<(String, &'n Node, Json)> {
    body.entries().filter_map(|(k, v)| Some((k.str()?.to_owned(), v, marked(scope, scope.value(v, 0), 0)))).collect()
}

/// The project that the provider of Google is given, and where.
fn project(folder: &Folder<'_>, scope: &Scope<'_>) -> Option<(String, Location)> {
    let providers = folder.providers.iter().filter(|(_, name, body)| matches!(*name, "google" | "google-beta") && body.get("alias").is_none());
    let named = providers.filter_map(|(document, _, body)| Some((scope.attribute(body, "project")?, document.at(body.get("project")?))));
    named.into_iter().find(|(p, _)| !p.contains("${"))
}

/// A call of a module: its document, its name, its body.
type Call<'a> = (&'a Document, &'a str, &'a Node);

/// Calls after those whose outputs they are handed, else as they stand.
fn in_order<'b, 'a>(modules: &'b [Call<'a>]) -> Vec<&'b Call<'a>> {
    let mut left: Vec<&Call<'_>> = modules.iter().collect();
    if left.len() > MAX_ORDERED {
        return left;
    }
    let mut waits: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (_, name, body) in modules {
        let of = waits.entry(name).or_default();
        body.walk(&mut |_, node| {
            let called = references::references(node).into_iter().filter(|s| s.first().is_some_and(|f| f == "module"));
            of.extend(called.filter_map(|s| s.into_iter().nth(1)).filter(|n| n != name));
        });
    }
    let mut out = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let free = |m: &&Call<'_>| waits.get(m.1).is_none_or(|of| !left.iter().any(|l| of.contains(l.1)));
        // A circle is entered where it stands first.
        let next = left.iter().position(free).unwrap_or(0);
        out.push(left.remove(next));
    }
    out
}

/// What was said since `before` and bears the name that a value gives is known at that value, too.
fn mention_named(given: &[(&Document, &Node, &Json)], before: (usize, usize), facts: &mut Facts) {
    let (nodes, edges) = before;
    let mut mentions: Vec<(Key, String, Location)> = Vec::new();
    for (document, node, value) in given {
        let Some(text) = value.as_str().filter(|t| t.len() > 2) else { continue };
        let policy = text.starts_with('{') && text.contains("\"Statement\"");
        let named = |key: &Key, name: &str| match key.kind {
            Kind::Policy => name == text || policy && key.subtype == "aws-policy",
            Kind::Identity => name == text || key.id.rsplit(['/', ':']).next() == Some(text),
            Kind::Resource | Kind::Location => name == text,
            _ => false,
        };
        let found = facts.nodes[nodes..].iter().filter(|n| !n.name.is_empty() && named(&n.key, &n.name));
        let mut named: Vec<(Key, String, Location)> = found.map(|n| (n.key.clone(), n.name.clone(), document.at(node))).collect();
        if policy {
            // What a policy that is handed in opens is written here, too.
            let opened: BTreeSet<&Key> = facts.edges[edges..]
                .iter()
                .filter(|e| e.relation == &PERMITS && matches!(e.to.kind, Kind::Resource | Kind::Location) && named.iter().any(|(k, ..)| *k == e.from))
                .map(|e| &e.to)
                .collect();
            named.extend(opened.into_iter().map(|key| (key.clone(), String::new(), document.at(node))));
        }
        mentions.extend(named);
    }
    mentions.sort();
    mentions.dedup_by(|a, b| a.0 == b.0 && a.2 == b.2);
    for (key, name, at) in mentions {
        facts.mention(&key, name, at);
    }
}

fn local_source(body: &Node) -> Option<&str> {
    body.get_str("source").filter(|s| s.starts_with('.'))
}

/// The value with every `${address…}` that means a block of the caller marked as the caller's.
fn marked(scope: &Scope<'_>, value: Json, depth: usize) -> Json {
    match value {
        Json::String(text) if text.contains("${") => {
            let mut out = String::with_capacity(text.len() + 4);
            let mut rest = text.as_str();
            while let Some(open) = rest.find("${") {
                let close = rest[open..].find('}').map_or(rest.len(), |c| open + c + 1);
                out.push_str(&rest[..open + 2]);
                if !scope.named_in(&rest[open..close]).is_empty() {
                    out.push(OUTER);
                }
                out.push_str(&rest[open + 2..close]);
                rest = &rest[close..];
            }
            out.push_str(rest);
            Json::String(out)
        }
        Json::Array(items) if depth < 32 => Json::Array(items.into_iter().map(|i| marked(scope, i, depth + 1)).collect()),
        Json::Object(map) if depth < 32 => Json::Object(map.into_iter().map(|(k, v)| (k, marked(scope, v, depth + 1))).collect::<Map<_, _>>()),
        other => other,
    }
}

/// Everything with what must come before it; a circle is entered once.
fn deepest_first<'f>(from: impl Iterator<Item = &'f str>, before: impl Fn(&'f str) -> Vec<&'f str>) -> Vec<&'f str> {
    let (mut order, mut seen) = (Vec::new(), BTreeSet::new());
    for start in from {
        let mut todo = vec![(start, false)];
        while let Some((at, done)) = todo.pop() {
            if done {
                order.push(at);
            } else if seen.insert(at) {
                todo.push((at, true));
                todo.extend(before(at).into_iter().map(|b| (b, false)));
            }
        }
    }
    order
}
