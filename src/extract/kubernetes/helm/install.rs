//! What installs a chart: a controller, a helmfile, or, when nothing in the source does, its own defaults and each environment's values.

use std::collections::{BTreeMap, BTreeSet};

use super::super::places::{Places, join};
use super::chart::{Charts, first};
use crate::document::gotemplate::{Text, Val};
use crate::document::{Document, Node, parse_yaml_inside};
use crate::model::{Key, Kind};

/// Installations of one source that are shown.
const MAX_INSTALLS: usize = 500;

/// One installation of a chart.
pub(super) struct Install {
    /// Folder of the chart.
    pub chart: String,
    pub name: String,
    pub namespace: String,
    /// What is laid over the chart's own values.
    pub values: Val,
    /// Files of values that it names.
    pub files: Vec<usize>,
    pub installer: Option<Key>,
}

pub(super) fn is_helmfile(name: &str) -> bool {
    name.starts_with("helmfile") && (name.ends_with(".yaml") || name.ends_with(".yml"))
}

/// Files by their paths, and the way to their values.
struct Files<'a> {
    documents: &'a [&'a Document],
    by_path: BTreeMap<&'a str, usize>,
    charts: &'a Charts,
    places: &'a Places<'a>,
}

/// Every installation. A chart that nothing installs is shown by its defaults, and once more for each further file of values beside it.
pub(super) fn all(documents: &[&Document], charts: &Charts, places: &Places<'_>) -> Vec<Install> {
    let by_path = documents.iter().enumerate().map(|(i, d)| (&*d.path, i)).collect();
    let files = Files { documents, by_path, charts, places };
    let mut installs = Vec::new();
    for (i, document) in documents.iter().enumerate() {
        let stated = is_helmfile(document.name()) || document.text().contains("kind: Application") || document.text().contains("kind: HelmRelease");
        if !stated || super::is_template(&document.path) {
            continue;
        }
        // What does not parse is the note of the extractor of manifests.
        for tree in document.trees().unwrap_or_default() {
            match tree.get_str("kind") {
                Some("Application") => files.application(i, tree, &mut installs),
                Some("HelmRelease") => files.flux(i, tree, &mut installs),
                _ if is_helmfile(document.name()) => files.helmfile(i, tree, &mut installs),
                _ => {}
            }
        }
    }
    let installed: BTreeSet<String> = installs.iter().map(|i| i.chart.clone()).collect();
    for (folder, chart) in charts.roots().filter(|(folder, _)| !installed.contains(*folder)) {
        let name = chart.description.and_then(|i| first(documents[i])).and_then(|d| d.get_str("name"));
        let name = name.or_else(|| folder.rsplit('/').next().filter(|n| !n.is_empty())).unwrap_or("release");
        let sets = std::iter::once(None).chain(chart.more_values.iter().map(|i| Some(*i)));
        installs.extend(sets.map(|file| Install {
            chart: folder.to_owned(),
            name: name.to_owned(),
            namespace: "default".to_owned(),
            values: file.map_or_else(|| Val::map([]), |i| files.values_of(i)),
            files: file.into_iter().collect(),
            installer: None,
        }));
    }
    installs.truncate(MAX_INSTALLS);
    installs
}

impl Files<'_> {
    fn values_of(&self, index: usize) -> Val {
        first(self.documents[index]).map_or_else(|| Val::map([]), |tree| Val::of(tree, self.places.base(index)))
    }

    fn installer(&self, index: usize, tree: &Node, kind: &str) -> Option<Key> {
        let metadata = |field: &str| tree.path(&["metadata", field]).and_then(Node::str);
        let (name, namespace) = (metadata("name")?, metadata("namespace").unwrap_or("default"));
        Some(Key::new(Kind::Consumer, "iac-runner", format!("k8s:{{{}}}/{namespace}/{kind}/{name}", self.documents[index].repository_body())))
    }

    /// Files laid over each other in order; those that are not at hand change nothing.
    fn laid<'n>(&self, folder: &str, names: impl Iterator<Item = &'n str>, used: &mut Vec<usize>) -> Val {
        names.fold(Val::map([]), |under, name| {
            let path = match name.strip_prefix('$').and_then(|n| n.split_once('/')) {
                // Another source of the application, by its name.
                Some((_, path)) => join("", path),
                None => join(folder, name),
            };
            match self.by_path.get(path.as_str()) {
                Some(&index) => {
                    used.push(index);
                    under.overlaid(&self.values_of(index))
                }
                None => under,
            }
        })
    }

    /// `a.b.c=value` over values.
    fn set(&self, index: usize, values: Val, settings: Option<&Node>) -> Val {
        settings.into_iter().flat_map(Node::items).fold(values, |under, setting| {
            let (Some(name), Some(value)) = (setting.get_str("name"), setting.get("value")) else { return under };
            let leaf = match (value.str(), value.scalar()) {
                (Some(text), _) if text.parse::<bool>().is_err() => {
                    Val::Text(std::rc::Rc::new(Text::stated(text, value.line + self.places.base(index), value.column)))
                }
                (_, Some(text)) if text.parse::<bool>().is_ok() => Val::Bool(text == "true"),
                _ => Val::of(value, self.places.base(index)),
            };
            under.overlaid(&name.replace("\\.", "\u{1}").split('.').rev().take(20).fold(leaf, |inner, key| Val::map([(key.replace('\u{1}', "."), inner)])))
        })
    }

    fn application(&self, index: usize, tree: &Node, out: &mut Vec<Install>) {
        let spec = |path: &[&str]| tree.get("spec").and_then(|s| s.path(path));
        let sources = spec(&["source"]).into_iter().chain(spec(&["sources"]).into_iter().flat_map(Node::items));
        for source in sources {
            let Some(chart) = source.get_str("path").map(|p| join("", p)).filter(|p| self.charts.get(p).is_some()) else { continue };
            let helm = source.get("helm");
            let part = |field: &str| helm.and_then(|h| h.get(field));
            let mut files = Vec::new();
            let named = part("valueFiles").into_iter().flat_map(Node::items).filter_map(Node::str);
            let mut values = self.laid(&chart, named, &mut files);
            if let Some((node, text)) = part("values").and_then(|v| Some((v, v.str()?)))
                && let Ok(trees) = parse_yaml_inside(text, node.line + 1)
            {
                values = trees.iter().fold(values, |under, tree| under.overlaid(&Val::of(tree, self.places.base(index))));
            }
            if let Some(object) = part("valuesObject") {
                values = values.overlaid(&Val::of(object, self.places.base(index)));
            }
            values = self.set(index, values, part("parameters"));
            let name = part("releaseName").or_else(|| tree.path(&["metadata", "name"])).and_then(Node::str).unwrap_or("release");
            let namespace = spec(&["destination", "namespace"]).and_then(Node::str).unwrap_or("default");
            let installer = self.installer(index, tree, "Application");
            out.push(Install { chart, name: name.to_owned(), namespace: namespace.to_owned(), values, files, installer });
        }
    }

    fn flux(&self, index: usize, tree: &Node, out: &mut Vec<Install>) {
        let spec = |path: &[&str]| tree.get("spec").and_then(|s| s.path(path));
        let Some(chart) = spec(&["chart", "spec", "chart"]).and_then(Node::str).map(|p| join("", p)).filter(|p| self.charts.get(p).is_some()) else {
            return;
        };
        let mut files = Vec::new();
        let named = spec(&["chart", "spec", "valuesFiles"]).into_iter().flat_map(Node::items).filter_map(Node::str);
        let mut values = self.laid("", named, &mut files);
        if let Some(own) = spec(&["values"]) {
            values = values.overlaid(&Val::of(own, self.places.base(index)));
        }
        let metadata = |field: &str| tree.path(&["metadata", field]);
        let name = spec(&["releaseName"]).or_else(|| metadata("name")).and_then(Node::str).unwrap_or("release");
        let namespace = spec(&["targetNamespace"]).or_else(|| metadata("namespace")).and_then(Node::str).unwrap_or("default");
        let installer = self.installer(index, tree, "HelmRelease");
        out.push(Install { chart, name: name.to_owned(), namespace: namespace.to_owned(), values, files, installer });
    }

    fn helmfile(&self, index: usize, tree: &Node, out: &mut Vec<Install>) {
        let document = self.documents[index];
        for release in tree.get("releases").into_iter().flat_map(Node::items) {
            let chart = release.get_str("chart").map(|p| join(document.folder(), p)).filter(|p| self.charts.get(p).is_some());
            let (Some(chart), Some(name)) = (chart, release.get_str("name")) else { continue };
            let mut files = Vec::new();
            let mut values = Val::map([]);
            for item in release.get("values").into_iter().flat_map(Node::items) {
                let laid = match item.str() {
                    Some(file) => self.laid(document.folder(), std::iter::once(file), &mut files),
                    None => Val::of(item, self.places.base(index)),
                };
                values = values.overlaid(&laid);
            }
            values = self.set(index, values, release.get("set"));
            let namespace = release.get_str("namespace").or_else(|| tree.get_str("namespace")).unwrap_or("default");
            out.push(Install { chart, name: name.to_owned(), namespace: namespace.to_owned(), values, files, installer: None });
        }
    }
}
