//! Builds one overlay: what it takes in, then what it changes, in the order in which kustomize does.

use std::collections::{BTreeMap, BTreeSet};

use super::super::places::{Places, join};
use super::{is_kustomization, names, patch};
use crate::document::{Document, Map, Node, Value, parse_yaml_inside};

/// Overlays on overlays that are followed.
const MAX_DEPTH: usize = 20;

/// Objects that one overlay may hold.
const MAX_OBJECTS: usize = 5_000;

/// Where a generated object keeps what it is generated from, and the folder in which its files are.
pub(super) const GENERATOR: &str = "\u{1}generator";
pub(super) const FOLDER: &str = "\u{1}folder";

/// Fields of a kustomization that change objects in ways that are not followed.
const NOT_FOLLOWED: &[&str] = &["replacements", "vars", "transformers", "generators", "validators"];

/// The files of a source, by path and by folder.
pub(super) struct Builder<'a> {
    documents: &'a [&'a Document],
    places: &'a Places<'a>,
    by_path: BTreeMap<&'a str, usize>,
    /// The kustomization of a folder.
    pub kustomizations: BTreeMap<String, usize>,
}

/// What an overlay holds.
#[derive(Default)]
pub(super) struct Built {
    /// In the common count of lines.
    pub objects: Vec<Node>,
    /// Files that went in.
    pub files: BTreeSet<usize>,
    pub notes: Vec<String>,
}

impl<'a> Builder<'a> {
    pub(super) fn of(documents: &'a [&'a Document], places: &'a Places<'a>) -> Self {
        let by_path = documents.iter().enumerate().map(|(i, d)| (&*d.path, i)).collect();
        let kustomizations = documents.iter().enumerate().filter(|(_, d)| is_kustomization(&d.path)).map(|(i, d)| (d.folder().to_owned(), i)).collect();
        Builder { documents, places, by_path, kustomizations }
    }

    fn tree(&self, folder: &str) -> Option<(usize, &'a Node)> {
        let index = *self.kustomizations.get(folder)?;
        let document: &'a Document = self.documents[index];
        Some((index, document.trees().ok()?.first().filter(|t| t.is_map())?))
    }

    /// Folders on which no other builds, and those that something deploys.
    pub(super) fn roots<'s>(&'s self, deployed: impl Iterator<Item = &'s str>) -> BTreeSet<&'s str> {
        let mut below = BTreeSet::new();
        for folder in self.kustomizations.keys() {
            let Some((_, tree)) = self.tree(folder) else { continue };
            for entry in ["resources", "bases", "components"].iter().filter_map(|f| tree.get(f)).flat_map(Node::items).filter_map(Node::str) {
                below.insert(join(folder, entry));
            }
        }
        let is_component = |folder: &str| self.tree(folder).is_some_and(|(_, t)| t.get_str("kind") == Some("Component"));
        let own = self.kustomizations.keys().map(String::as_str).filter(|f| !below.contains(*f) && !is_component(f));
        own.chain(deployed.filter_map(|f| self.kustomizations.get_key_value(f).map(|(k, _)| k.as_str()))).collect()
    }

    pub(super) fn build(&self, folder: &str) -> Built {
        let mut built = Built::default();
        self.apply(folder, &mut built, &mut Vec::new());
        built
    }

    /// Takes a folder in: what it lists, and then what it does to that. A component changes what is there already too.
    fn apply(&self, folder: &str, built: &mut Built, open: &mut Vec<String>) {
        if open.len() >= MAX_DEPTH || open.iter().any(|f| f == folder) {
            built.notes.push("overlays build on each other in a circle, or too deeply".to_owned());
            return;
        }
        let Some((index, tree)) = self.tree(folder) else { return };
        open.push(folder.to_owned());
        let outer = if tree.get_str("kind") == Some("Component") { Vec::new() } else { std::mem::take(&mut built.objects) };
        built.files.insert(index);
        let mut elsewhere = 0;
        for field in ["resources", "bases", "components"] {
            for entry in tree.get(field).into_iter().flat_map(Node::items).filter_map(Node::str) {
                elsewhere += usize::from(!self.take(folder, entry, built, open));
            }
        }
        if elsewhere > 0 {
            built.notes.push(format!("{elsewhere} resources of {} are not in what was scanned", if folder.is_empty() { "the root" } else { folder }));
        }
        let unfollowed: Vec<&str> = NOT_FOLLOWED.iter().copied().filter(|f| tree.get(f).is_some()).collect();
        if !unfollowed.is_empty() {
            built.notes.push(format!("{} are not evaluated", unfollowed.join(", ")));
        }
        self.generate(folder, index, tree, built);
        self.change(folder, index, tree, built);
        built.objects.splice(0..0, outer);
        open.pop();
    }

    /// A file or a folder that an overlay lists. Says whether it is at hand.
    fn take(&self, folder: &str, entry: &str, built: &mut Built, open: &mut Vec<String>) -> bool {
        if entry.contains("://") {
            return false;
        }
        let path = join(folder, entry);
        if self.kustomizations.contains_key(&path) {
            self.apply(&path, built, open);
            return true;
        }
        let Some(&index) = self.by_path.get(path.as_str()) else { return false };
        // What cannot be read is left to the extractor of manifests, which says so.
        let Ok(trees) = self.documents[index].trees() else { return true };
        built.files.insert(index);
        for tree in trees {
            let items = if tree.get_str("kind").is_some_and(|k| k.ends_with("List")) { tree.get("items").map(Node::items) } else { None };
            for object in items.unwrap_or(std::slice::from_ref(tree)) {
                if built.objects.len() < MAX_OBJECTS && object.get_str("kind").is_some_and(|k| k != "CustomResourceDefinition") {
                    built.objects.push(self.places.moved(index, object));
                }
            }
        }
        true
    }

    fn generate(&self, folder: &str, index: usize, tree: &Node, built: &mut Built) {
        for (field, kind) in [("secretGenerator", "Secret"), ("configMapGenerator", "ConfigMap")] {
            for body in tree.get(field).into_iter().flat_map(Node::items) {
                let Some(name) = body.get_str("name") else { continue };
                let body = self.places.moved(index, body);
                let text = |t: &str| Node::text_at(t, body.line, body.column);
                let map = |entries: Vec<(Node, Node)>| Node { value: Value::Map(Map(entries)), line: body.line, column: body.column, end_line: body.end_line };
                let mut metadata = vec![(text("name"), text(name))];
                metadata.extend(body.get_str("namespace").map(|n| (text("namespace"), text(n))));
                built.objects.push(map(vec![
                    (text("apiVersion"), text("v1")),
                    (text("kind"), text(kind)),
                    (text("metadata"), map(metadata)),
                    (text(FOLDER), text(folder)),
                    (text(GENERATOR), body.clone()),
                ]));
            }
        }
    }

    fn change(&self, folder: &str, index: usize, tree: &Node, built: &mut Built) {
        for entry in tree.get("patchesStrategicMerge").into_iter().flat_map(Node::items) {
            for patch in self.patch(folder, index, Some(entry), built) {
                patch::apply(&mut built.objects, &patch, None);
            }
        }
        for entry in ["patches", "patchesJson6902"].iter().filter_map(|f| tree.get(f)).flat_map(Node::items) {
            let stated = entry.get("path").or_else(|| entry.get("patch"));
            for patch in self.patch(folder, index, stated, built) {
                patch::apply(&mut built.objects, &patch, entry.get("target"));
            }
        }
        let affix = |field: &str| tree.get_str(field).unwrap_or_default();
        names::affix(&mut built.objects, affix("namePrefix"), affix("nameSuffix"));
        if let Some(namespace) = tree.get_str("namespace") {
            names::namespace(&mut built.objects, namespace);
        }
        for (field, part) in [("commonLabels", "labels"), ("commonAnnotations", "annotations")] {
            if let Some(pairs) = tree.get(field) {
                let pairs = self.places.moved(index, pairs);
                built.objects.iter_mut().for_each(|o| names::mark(o, part, &pairs));
            }
        }
        for pairs in tree.get("labels").into_iter().flat_map(Node::items).filter_map(|l| l.get("pairs")) {
            let pairs = self.places.moved(index, pairs);
            built.objects.iter_mut().for_each(|o| names::mark(o, "labels", &pairs));
        }
        for image in tree.get("images").into_iter().flat_map(Node::items) {
            let image = self.places.moved(index, image);
            built.objects.iter_mut().for_each(|o| names::image(o, &image, 0));
        }
    }

    /// The trees of a patch that stands in a file or in the kustomization itself.
    fn patch(&self, folder: &str, index: usize, stated: Option<&Node>, built: &mut Built) -> Vec<Node> {
        let Some((node, text)) = stated.and_then(|n| Some((n, n.str()?))) else { return Vec::new() };
        if !text.contains('\n') && !text.trim_start().starts_with(['[', '{']) {
            let path = join(folder, text);
            let Some(&index) = self.by_path.get(path.as_str()) else {
                built.notes.push("a patch is not in what was scanned".to_owned());
                return Vec::new();
            };
            built.files.insert(index);
            return self.documents[index].trees().unwrap_or_default().iter().map(|t| self.places.moved(index, t)).collect();
        }
        // A block scalar begins on the line below its indicator.
        match parse_yaml_inside(text, node.line + 1) {
            Ok(trees) => trees.iter().map(|t| self.places.moved(index, t)).collect(),
            Err(reason) => {
                built.notes.push(format!("a patch cannot be read: {reason}"));
                Vec::new()
            }
        }
    }
}
