//! Files of values that somebody chooses between, `prod.tfvars` and `dev.tfvars`: a root is read once with each, and what only some of them make is said
//! to be of those (domain specification, 3.3).

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::terragrunt::above;
use super::{Folder, Values};
use crate::document::{Document, Node};
use crate::extract::note;
use crate::model::{Basis, EdgeFact, Facts, NodeFact};

/// Files of values that one root is read with; what further ones would make is not told.
const MAX_VARIANTS: usize = 8;

/// Names of files that hold no values of anybody's, but show what to write.
const SHOWING: &[&str] = &["example", "sample", "template"];

/// A file of values that Terraform does not load by itself.
pub(super) type Loose<'a> = (&'a Document, &'a Node);

/// The values of each root by the names of its variants: without a choice there is one, or none.
pub(super) type Variants<'a> = BTreeMap<&'a str, Vec<(String, Values<'a>)>>;

/// Whether Terraform loads the file by itself, where it stands.
pub(super) fn is_loaded(document: &Document) -> bool {
    let path = document.path.strip_suffix(".json").unwrap_or(&document.path);
    path.rsplit('/').next() == Some("terraform.tfvars") || path.ends_with(".auto.tfvars")
}

/// The variants of every folder of code, from the files of values and from where they stand. What is too much to be told is noted.
pub(super) fn of<'a>(folders: &BTreeMap<&'a str, Folder<'a>>, loose: &[Loose<'a>], facts: &mut Facts) -> Variants<'a> {
    let mut by_root: BTreeMap<&'a str, BTreeMap<&'a str, Vec<Loose<'a>>>> = BTreeMap::new();
    for (document, tree) in loose {
        let shows = document.name().split(['.', '-', '_']).any(|word| SHOWING.contains(&word));
        if let Some(root) = root(folders, document, tree).filter(|_| !shows) {
            by_root.entry(root).or_default().entry(document.folder()).or_default().push((document, tree));
        }
    }
    let mut out = Variants::new();
    for (root, places) in by_root {
        let base = &folders[root].values;
        // Folders may hold parts of one variant each.
        let mut named: BTreeMap<String, Values<'a>> = BTreeMap::new();
        for (name, values) in places.into_iter().flat_map(|(place, files)| alternatives(root, place, &files)) {
            named.entry(name).or_insert_with(|| base.clone()).extend(values);
        }
        let mut variants = named.into_iter();
        out.insert(root, variants.by_ref().take(MAX_VARIANTS).collect());
        let mut untold: Vec<&Document> = variants.flat_map(|(_, values)| values.into_values().map(|(document, _)| document)).collect();
        untold.sort_by_key(|d| &d.path);
        untold.dedup_by_key(|d| &d.path);
        for document in untold.into_iter().filter(|d| !is_loaded(d)) {
            note(document, facts, format!("one of more than {MAX_VARIANTS} files of values for one folder: what it makes is not told"));
        }
    }
    out
}

/// The code that a file of values is for: the nearest folder above that declares one of the variables; else the only one that declares them all.
fn root<'a>(folders: &BTreeMap<&'a str, Folder<'a>>, document: &'a Document, tree: &'a Node) -> Option<&'a str> {
    let names: Vec<&str> = tree.entries().filter_map(|(name, _)| name.str()).collect();
    let declares = |folder: &Folder<'_>, name: &&str| folder.variables.contains_key(*name);
    let places = std::iter::once(document.folder()).chain(above(document.folder()));
    let near = places.filter_map(|at| folders.get_key_value(at)).find(|(_, folder)| names.iter().any(|n| declares(folder, n)));
    if let Some((path, _)) = near {
        return Some(path);
    }
    let mut all = folders.iter().filter(|(_, folder)| !names.is_empty() && names.iter().all(|n| declares(folder, n)));
    all.next().filter(|_| all.next().is_none()).map(|(path, _)| *path)
}

/// Files of one folder: those that give a variable in common are alternatives to each other, the others belong to every one of them. A folder without
/// alternatives is one itself.
fn alternatives<'a>(root: &str, place: &'a str, files: &[Loose<'a>]) -> Vec<(String, Values<'a>)> {
    let values = |(document, tree): &Loose<'a>| -> Values<'a> { tree.entries().filter_map(|(k, v)| Some((k.str()?, (*document, v)))).collect() };
    let all: Vec<Values<'a>> = files.iter().map(values).collect();
    let is_alternative = |i: usize| all.iter().enumerate().any(|(j, other)| i != j && other.keys().any(|k| all[i].contains_key(k)));
    let (chosen, shared): (Vec<usize>, Vec<usize>) = (0..files.len()).partition(|i| is_alternative(*i));
    let shared: Values<'a> = shared.into_iter().flat_map(|i| all[i].clone()).collect();
    if chosen.is_empty() {
        let own = files.first().filter(|_| files.len() == 1).map(|(d, _)| stem(d)).filter(|s| !s.is_empty());
        let folder = place.rsplit('/').next().unwrap_or(place);
        let name = if place == root { own } else { own.or(Some(folder)) };
        return vec![(name.unwrap_or("default").to_owned(), shared)];
    }
    let with_shared = |i: usize| -> Values<'a> {
        let mut values = shared.clone();
        values.extend(all[i].clone());
        values
    };
    chosen.into_iter().map(|i| (stem(files[i].0).to_owned(), with_shared(i))).collect()
}

/// `prod` of `env/prod.tfvars`; nothing of `env/prod/terraform.tfvars`.
fn stem(document: &Document) -> &str {
    let name = document.name().split('.').next().unwrap_or_default();
    if name == "terraform" { "" } else { name }
}

/// What is said of a root by each of its variants, in one: what all say is said once, what some say is said of them.
pub(super) fn join(told: Vec<(&str, Facts)>, facts: &mut Facts) {
    let all = told.len();
    let mut nodes: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let mut edges: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for (variant, said) in &told {
        for node in &said.nodes {
            nodes.entry(node.key.id.to_string()).or_default().insert(variant);
        }
        for edge in &said.edges {
            edges.entry(identity(edge)).or_default().insert(variant);
        }
    }
    let mut heard: BTreeSet<String> = BTreeSet::new();
    for (variant, said) in told {
        for mut node in said.nodes {
            let of = &nodes[&*node.key.id];
            if of.len() < all {
                belongs(&mut node, of);
            }
            once(&mut heard, node, &mut facts.nodes);
        }
        for mut edge in said.edges {
            if edges[&identity(&edge)].len() < all {
                edge.attr("variant", variant);
                if edge.basis > Basis::EnvAssumed {
                    edge.basis = Basis::EnvAssumed;
                }
                edge.confidence = edge.confidence.min(Basis::EnvAssumed.confidence());
            }
            once(&mut heard, edge, &mut facts.edges);
        }
        said.references.into_iter().for_each(|r| once(&mut heard, r, &mut facts.references));
        said.slots.into_iter().for_each(|s| once(&mut heard, s, &mut facts.slots));
        said.notes.into_iter().for_each(|n| once(&mut heard, n, &mut facts.notes));
    }
}

/// Marks what only some variants make, and what only one makes with its environment.
fn belongs(node: &mut NodeFact, of: &BTreeSet<&str>) {
    node.attr("variants", of.iter().copied().collect::<Vec<_>>());
    if let (1, Some(only), true) = (of.len(), of.first(), node.declared) {
        node.attr("environment", *only);
    }
}

/// What makes two statements of a relation the same statement.
fn identity(edge: &EdgeFact) -> String {
    let told = ["level", "effect", "scope"].iter().filter_map(|k| edge.attributes.get(*k)).map(ToString::to_string);
    [edge.from.id.to_string(), edge.relation.name.to_owned(), edge.to.id.to_string()].into_iter().chain(told).collect::<Vec<_>>().join("\n")
}

fn once<T: Serialize>(heard: &mut BTreeSet<String>, fact: T, into: &mut Vec<T>) {
    let text = serde_json::to_string(&fact).unwrap_or_default();
    if heard.insert(text) {
        into.push(fact);
    }
}
