//! Charts: a description, values, templates, and charts inside them.

use std::collections::BTreeMap;

use super::super::places::Places;
use super::install::Install;
use super::root;
use crate::document::gotemplate::{CLUSTER_VERSION, Engine, Template, Val, documents as split};
use crate::document::{Document, Node};

/// Charts inside charts that are followed.
const MAX_DEPTH: usize = 5;

/// Notes on one installation.
const MAX_NOTES: usize = 20;

/// One chart, by the indices of its files.
#[derive(Default)]
pub(super) struct Chart {
    pub description: Option<usize>,
    pub values: Option<usize>,
    /// Other files of values beside it: one for each environment.
    pub more_values: Vec<usize>,
    templates: Vec<usize>,
}

/// All charts of a source, by folder.
pub(super) struct Charts(BTreeMap<String, Chart>);

/// What came out of one installation.
#[derive(Default)]
pub(super) struct Shown {
    /// By the file whose template it is, in the common count of lines.
    pub trees: Vec<(usize, Vec<Node>)>,
    pub notes: Vec<(usize, String)>,
}

impl Charts {
    pub(super) fn of(documents: &[&Document]) -> Self {
        let folders = documents.iter().enumerate().filter(|(_, d)| matches!(d.name(), "Chart.yaml" | "Chart.yml"));
        let mut charts = Charts(folders.map(|(i, d)| (d.folder().to_owned(), Chart { description: Some(i), ..Chart::default() })).collect());
        for (i, document) in documents.iter().enumerate() {
            let Some((folder, inside)) = charts.around(&document.path) else { continue };
            let (folder, inside) = (folder.to_owned(), inside.to_owned());
            let Some(chart) = charts.0.get_mut(&folder) else { continue };
            if super::is_template(&document.path) {
                if !inside.starts_with("templates/tests/") {
                    chart.templates.push(i);
                }
            } else if matches!(inside.as_str(), "values.yaml" | "values.yml") {
                chart.values = Some(i);
            } else if super::is_values(&document.path) && !inside.starts_with("ci/") {
                chart.more_values.push(i);
            }
        }
        charts
    }

    /// The nearest chart around a path, and the path inside it.
    fn around<'p>(&self, path: &'p str) -> Option<(&str, &'p str)> {
        let mut folder = path;
        loop {
            folder = folder.rsplit_once('/').map_or("", |(f, _)| f);
            if let Some((name, _)) = self.0.get_key_value(folder) {
                return Some((name, path[folder.len()..].trim_start_matches('/')));
            }
            if folder.is_empty() {
                return None;
            }
        }
    }

    pub(super) fn owns(&self, path: &str) -> bool {
        self.around(path).is_some()
    }

    pub(super) fn of_template(&self, path: &str) -> Option<&str> {
        self.around(path).filter(|(_, inside)| inside.starts_with("templates/")).map(|(folder, _)| folder)
    }

    pub(super) fn get(&self, folder: &str) -> Option<&Chart> {
        self.0.get(folder)
    }

    /// Charts that are no part of another.
    pub(super) fn roots(&self) -> impl Iterator<Item = (&str, &Chart)> {
        self.0.iter().map(|(folder, chart)| (folder.as_str(), chart)).filter(|(folder, _)| self.parent(folder).is_none())
    }

    /// The chart whose folder of charts this one stands in, and its name there.
    fn parent<'f>(&self, folder: &'f str) -> Option<(&str, &'f str)> {
        let (above, name) = folder.rsplit_once('/').unwrap_or(("", folder));
        let parent = above.strip_suffix("charts")?;
        self.0.get_key_value(parent.trim_end_matches('/')).filter(|_| parent.is_empty() || parent.ends_with('/')).map(|(k, _)| (k.as_str(), name))
    }

    /// Shows every template of a chart, and of the charts inside it, with the values of an installation.
    pub(super) fn show(&self, install: &Install, documents: &[&Document], places: &Places<'_>) -> Shown {
        let mut shown = Shown::default();
        let mut engine = Engine::default();
        let mut parts = Vec::new();
        self.collect(&install.chart, install.values.clone(), documents, places, 0, &mut parts);
        // Named templates are shared by all charts of an installation; the outermost one wins, so it is read last.
        let mut read: Vec<(usize, Template, Val)> = Vec::new();
        for (folder, values) in parts.iter().rev() {
            let Some(chart) = self.get(folder) else { continue };
            let description = chart.description.and_then(|i| first(documents[i])).map_or_else(|| Val::map([]), capitalised);
            let mut entries = root(values.clone(), description, install);
            entries.push(("Capabilities".to_owned(), capabilities()));
            entries.push(("Files".to_owned(), Val::unknown(".Files")));
            entries.push(("Subcharts".to_owned(), Val::unknown(".Subcharts")));
            for &i in &chart.templates {
                let document = documents[i];
                let path = document.path.get(folder.len()..).unwrap_or_default().trim_start_matches('/');
                let base = folder.rsplit('/').next().unwrap_or(folder);
                let template =
                    Val::map([("Name".to_owned(), Val::text(format!("{base}/{path}"))), ("BasePath".to_owned(), Val::text(format!("{base}/templates")))]);
                let dot = Val::map(entries.iter().cloned().chain([("Template".to_owned(), template)]));
                match engine.read(&document.text(), places.base(i) + 1) {
                    Ok(template) => read.push((i, template, dot)),
                    Err((line, reason)) => shown.notes.push((i, format!("no template at line {}: {reason}", line.saturating_sub(places.base(i)).max(1)))),
                }
            }
        }
        for (i, template, dot) in read {
            // Partials are shown where they are included.
            if documents[i].name().starts_with('_') || documents[i].path.ends_with(".tpl") || documents[i].path.ends_with(".txt") {
                continue;
            }
            let before = engine.unknown().len();
            let text = engine.show(&template, &dot);
            let (trees, mut wrong) = split(&text, engine.unknown());
            wrong.extend(engine.complaints());
            let open: Vec<&str> = engine.unknown()[before..].iter().map(String::as_str).take(3).collect();
            if !open.is_empty() && shown.notes.len() < MAX_NOTES {
                let count = engine.unknown().len() - before;
                shown.notes.push((i, format!("{count} expressions have no value before the chart is installed, such as {}", open.join("; "))));
            }
            for (line, reason) in wrong {
                let line = line.checked_sub(places.base(i)).filter(|l| *l > 0);
                if shown.notes.len() < MAX_NOTES {
                    shown.notes.push((i, line.map_or_else(|| reason.clone(), |l| format!("line {l}: {reason}"))));
                }
            }
            shown.trees.push((i, trees));
        }
        shown
    }

    /// A chart and those inside it that its values do not switch off, each with its own values.
    fn collect(&self, folder: &str, values: Val, documents: &[&Document], places: &Places<'_>, depth: usize, out: &mut Vec<(String, Val)>) {
        let Some(chart) = self.get(folder).filter(|_| depth <= MAX_DEPTH) else { return };
        let own = chart.values.and_then(|i| first(documents[i]).map(|tree| Val::of(tree, places.base(i)))).unwrap_or_else(|| Val::map([]));
        let values = own.overlaid(&values);
        let inside = self.0.keys().filter(|f| self.parent(f).is_some_and(|(parent, _)| parent == folder));
        let dependencies = chart.description.and_then(|i| first(documents[i])).and_then(|d| d.get("dependencies"));
        out.push((folder.to_owned(), values.clone()));
        for inner in inside {
            let name = inner.rsplit('/').next().unwrap_or(inner);
            let stated: Vec<&Node> = dependencies.into_iter().flat_map(Node::items).filter(|d| d.get_str("name") == Some(name)).collect();
            let aliases: Vec<(&str, Option<&Node>)> =
                if stated.is_empty() { vec![(name, None)] } else { stated.iter().map(|d| (d.get_str("alias").unwrap_or(name), Some(*d))).collect() };
            for (alias, dependency) in aliases {
                let conditions = dependency.and_then(|d| d.get_str("condition")).unwrap_or_default();
                let stated = |path: &str| match path.trim().split('.').fold(values.clone(), |v, key| v.get(key)) {
                    Val::Bool(on) => Some(on),
                    _ => None,
                };
                if conditions.split(',').find_map(stated) == Some(false) {
                    continue;
                }
                let given = match values.get(alias) {
                    given @ Val::Map(_) => given,
                    _ => Val::map([]),
                };
                let global = Val::map([("global".to_owned(), values.get("global"))]);
                let given = if let Val::Map(_) = values.get("global") { given.overlaid(&global) } else { given };
                self.collect(inner, given, documents, places, depth + 1, out);
            }
        }
    }
}

/// The first tree of a file of values or of a description.
pub(super) fn first(document: &Document) -> Option<&Node> {
    document.trees().ok()?.first().filter(|t| t.is_map())
}

/// A description as templates see it: `name` is `.Chart.Name`.
fn capitalised(tree: &Node) -> Val {
    Val::map(tree.entries().filter_map(|(k, v)| {
        let key = k.str()?;
        let mut letters = key.chars();
        let first = letters.next()?.to_uppercase();
        Some((first.chain(letters).collect(), Val::of(v, 0)))
    }))
}

/// The cluster of today; which interfaces it serves, only it knows.
fn capabilities() -> Val {
    let mut numbers = CLUSTER_VERSION.trim_start_matches('v').split('.');
    let (major, minor) = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
    let version = Val::map([
        ("Version".to_owned(), Val::text(CLUSTER_VERSION)),
        ("GitVersion".to_owned(), Val::text(CLUSTER_VERSION)),
        ("Major".to_owned(), Val::text(major)),
        ("Minor".to_owned(), Val::text(minor)),
    ]);
    Val::map([("KubeVersion".to_owned(), version), ("APIVersions".to_owned(), Val::unknown(".Capabilities.APIVersions"))])
}
