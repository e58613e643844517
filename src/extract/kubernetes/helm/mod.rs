//! Helm: charts, shown with the values that each installation gives them.

mod chart;
mod install;
mod values;

use std::collections::BTreeSet;

use self::chart::Charts;
use super::places::Places;
use super::{controllers, kustomize, manifest};
use crate::document::gotemplate::Val;
use crate::document::{Document, Syntax, syntax_of};
use crate::extract::note;
use crate::model::{Basis, Facts};

pub(super) use values::{Release, values};

/// Whether a chart owns the file: its templates, helpers, values and descriptions, and what installs charts.
pub(super) fn matches(path: &str, head: &[u8]) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    if matches!(name, "Chart.yaml" | "Chart.yml") || is_template(path) || is_values(path) || install::is_helmfile(name) {
        return true;
    }
    syntax_of(path) == Syntax::Yaml && (super::contains(head, b"kind: Application") || super::contains(head, b"kind: HelmRelease"))
}

/// A file of a folder of templates. Without a chart around it, it is read as a manifest.
pub(super) fn is_template(path: &str) -> bool {
    let inside = path.starts_with("templates/") || path.contains("/templates/");
    inside && !path.contains(".github/") && (syntax_of(path) == Syntax::Yaml || path.ends_with(".tpl"))
}

/// A file of values, by its name or that of its folder.
fn is_values(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let yaml = name.ends_with(".yaml") || name.ends_with(".yml");
    yaml && !is_template(path) && (name.contains("values") || matches!(folder.rsplit('/').next(), Some("values" | "environments" | "envs")))
}

pub(super) fn read(documents: &[&Document], facts: &mut Facts) {
    let places = Places::of(documents);
    let charts = Charts::of(documents);
    let installs = install::all(documents, &charts, &places);
    let mut used = BTreeSet::new();
    for install in &installs {
        facts.extend(show(install, documents, &charts, &places));
        used.extend(install.files.iter().copied());
    }
    for (i, document) in documents.iter().enumerate() {
        if is_values(&document.path) && !charts.owns(&document.path) && !used.contains(&i) {
            // Values of a chart that is not at hand still name the accounts that it is to make.
            values::read(document, facts);
        } else if is_template(&document.path) && charts.of_template(&document.path).is_none() {
            plain(document, facts);
        }
    }
}

/// A manifest in a folder of templates that no chart owns.
fn plain(document: &Document, facts: &mut Facts) {
    if syntax_of(&document.path) == Syntax::Yaml && super::contains(&document.bytes, b"apiVersion") {
        manifest::read(document, facts);
        controllers::read(document, facts);
    }
}

/// One installation of a chart: what its templates say, and where each part is stated.
fn show(install: &install::Install, documents: &[&Document], charts: &Charts, places: &Places<'_>) -> Facts {
    let mut facts = Facts::default();
    let shown = charts.show(install, documents, places);
    for (index, mut trees) in shown.trees {
        let document = documents[index];
        trees.iter_mut().for_each(|tree| super::put_namespace(tree, &install.namespace, false));
        let evaluated = Document::evaluated(document.repository.clone(), document.path.clone(), trees);
        let mut said = Facts::default();
        manifest::read(&evaluated, &mut said);
        controllers::read(&evaluated, &mut said);
        if let Some(installer) = &install.installer {
            kustomize::deployed(installer, &mut said);
        }
        said.edges.iter_mut().filter(|e| e.basis == Basis::Exact).for_each(|e| {
            e.basis(Basis::Evaluated);
        });
        places.restore(&mut said, &document.path);
        facts.extend(said);
    }
    for (index, reason) in shown.notes {
        note(documents[index], &mut facts, reason);
    }
    facts
}

/// What a template sees of a release.
fn root(values: Val, chart: Val, install: &install::Install) -> Vec<(String, Val)> {
    let release = Val::map([
        ("Name".to_owned(), Val::text(install.name.as_str())),
        ("Namespace".to_owned(), Val::text(install.namespace.as_str())),
        ("Service".to_owned(), Val::text("Helm")),
        ("IsInstall".to_owned(), Val::Bool(true)),
        ("IsUpgrade".to_owned(), Val::Bool(false)),
        ("Revision".to_owned(), Val::Int(1)),
    ]);
    vec![("Values".to_owned(), values), ("Chart".to_owned(), chart), ("Release".to_owned(), release)]
}
