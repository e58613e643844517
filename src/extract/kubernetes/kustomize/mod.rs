//! Kustomize: overlays, built from their bases with their patches, names, namespaces and generators.

mod build;
mod names;
mod patch;

use std::collections::{BTreeMap, BTreeSet};

use self::build::Builder;
use super::places::{Places, join};
use super::{controllers, helm, manifest};
use crate::document::{Document, Node};
use crate::extract::note;
use crate::model::{Basis, Facts, Key, Kind};
use crate::relation::{DEPLOYS, SOURCED_FROM};

/// The overlay or base of a folder, so that what deploys the folder meets what it holds.
pub(super) fn key(repository_body: &str, folder: &str) -> Key {
    Key::new(Kind::Resource, "other:kustomization", format!("kustomize:{{{repository_body}}}//{}", folder.trim_matches('/')))
}

pub(super) fn is_kustomization(path: &str) -> bool {
    matches!(path.rsplit('/').next(), Some("kustomization.yaml" | "kustomization.yml" | "Kustomization"))
}

/// What a controller says of the folder that it deploys.
struct Deployment {
    namespace: Option<String>,
    installer: Key,
}

/// Builds every overlay that no other one builds on, and says what came out. Gives the files that are spoken for by that.
pub(super) fn read(documents: &[&Document], facts: &mut Facts) -> BTreeSet<usize> {
    let places = Places::of(documents);
    let builder = Builder::of(documents, &places);
    for (folder, &index) in &builder.kustomizations {
        match documents[index].trees() {
            Ok(trees) => trees.iter().for_each(|tree| described(documents[index], folder, tree, facts)),
            Err(reason) => note(documents[index], facts, reason),
        }
    }
    if builder.kustomizations.is_empty() {
        return BTreeSet::new();
    }
    let deployments = deployments(documents);
    let mut covered = BTreeSet::new();
    for folder in builder.roots(deployments.keys().map(String::as_str)) {
        let built = builder.build(folder);
        let index = builder.kustomizations[folder];
        covered.extend(built.files);
        for reason in built.notes {
            note(documents[index], facts, reason);
        }
        let controllers = deployments.get(folder).map(Vec::as_slice).unwrap_or_default();
        if controllers.is_empty() {
            facts.extend(said(documents[index], built.objects, None, &places));
            continue;
        }
        for deployment in controllers {
            facts.extend(said(documents[index], built.objects.clone(), Some(deployment), &places));
        }
    }
    covered
}

/// The kustomization itself, and the accounts that charts which it installs are told to make.
fn described(document: &Document, folder: &str, tree: &Node, facts: &mut Facts) {
    let own = key(document.repository_body(), folder);
    let name = folder.rsplit('/').next().filter(|n| !n.is_empty()).unwrap_or("kustomization");
    let images = tree.get("images").map(Node::items).unwrap_or_default().iter();
    let images: Vec<String> = images.filter_map(|i| i.get_str("newName").or_else(|| i.get_str("name"))).map(str::to_owned).collect();
    facts.declare(&own, name, document.at(tree)).attr("images", images);
    for chart in tree.get("helmCharts").into_iter().flat_map(Node::items) {
        let (Some(name), Some(inline)) = (chart.get_str("releaseName").or_else(|| chart.get_str("name")), chart.get("valuesInline")) else { continue };
        let namespace = chart.get_str("namespace").or_else(|| tree.get_str("namespace")).unwrap_or("default");
        helm::values(&helm::Release { document, name, namespace, installer: None }, inline, facts);
    }
}

/// What the objects of an overlay state, each part where it stands.
fn said(document: &Document, mut objects: Vec<Node>, deployment: Option<&Deployment>, places: &Places<'_>) -> Facts {
    if let Some(namespace) = deployment.and_then(|d| d.namespace.as_deref()) {
        objects.iter_mut().filter(|o| !names::is_cluster_wide(o)).for_each(|o| super::put_namespace(o, namespace, false));
    }
    let (generated, objects): (Vec<Node>, Vec<Node>) = objects.into_iter().partition(|o| o.get(build::GENERATOR).is_some());
    let evaluated = Document::evaluated(document.repository.clone(), document.path.clone(), objects);
    let mut facts = Facts::default();
    manifest::read(&evaluated, &mut facts);
    controllers::read(&evaluated, &mut facts);
    for object in &generated {
        generator(&evaluated, object, &mut facts);
    }
    if let Some(deployment) = deployment {
        deployed(&deployment.installer, &mut facts);
    }
    facts.edges.iter_mut().filter(|e| e.basis == Basis::Exact).for_each(|e| {
        e.basis(Basis::Evaluated);
    });
    places.restore(&mut facts, &document.path);
    facts
}

/// What applies an overlay or installs a chart deploys the workloads of it.
pub(super) fn deployed(installer: &Key, facts: &mut Facts) {
    let declared = facts.nodes.iter().filter(|n| n.declared && n.key.kind == Kind::Consumer && n.key != *installer);
    let workloads: Vec<_> = declared.filter_map(|n| Some((n.key.clone(), n.at.clone()?))).collect();
    for (workload, at) in workloads {
        facts.relate(installer, &DEPLOYS, &workload, at);
    }
}

/// A secret or a map of configuration that is made of files and literals.
fn generator(document: &Document, object: &Node, facts: &mut Facts) {
    let metadata = |field: &str| object.path(&["metadata", field]).and_then(Node::str);
    let (Some(body), Some(name)) = (object.get(build::GENERATOR), metadata("name")) else { return };
    let secret = object.get_str("kind") == Some("Secret");
    let (kind, subtype) = if secret { ("Secret", "k8s-secret") } else { ("ConfigMap", "k8s-configmap") };
    let namespace = metadata("namespace").unwrap_or("default");
    let made = Key::new(Kind::Location, subtype, format!("k8s:{{{}}}/{namespace}/{kind}/{name}", document.repository_body()));
    facts.declare(&made, name, document.at(body)).attr("store", subtype).attr("protection", if secret { "encoded" } else { "plaintext" });
    let folder = object.get_str(build::FOLDER).unwrap_or_default();
    for file in ["envs", "env", "files"].into_iter().filter_map(|f| body.get(f)).flat_map(Node::one_or_many) {
        let Some(path) = file.str() else { continue };
        let path = join(folder, path.rsplit('=').next().unwrap_or(path));
        let source = Key::new(Kind::Location, "file", format!("file:{}//{path}", document.repository_body()));
        facts.mention(&source, path.rsplit('/').next().unwrap_or(&path), document.at(file)).attr("store", "file");
        facts.relate(&made, &SOURCED_FROM, &source, document.at(file));
    }
    for literal in body.get("literals").into_iter().flat_map(Node::items) {
        let Some((key, _)) = literal.str().and_then(|l| l.split_once('=')) else { continue };
        let part = Key::new(Kind::Location, subtype, format!("{}#{key}", made.id));
        facts.declare(&part, format!("{name}#{key}"), document.at(literal)).attr("store", subtype);
        facts.relate(&part, &SOURCED_FROM, &made, document.at(literal));
        facts.holds(&part, document.at(literal));
    }
}

/// Files to the namespace that the kustomization which lists them puts them in.
fn placed<'a>(documents: &[&'a Document]) -> BTreeMap<String, &'a str> {
    let mut out = BTreeMap::new();
    for document in documents.iter().filter(|d| is_kustomization(&d.path)) {
        for tree in document.trees().unwrap_or_default() {
            let Some(namespace) = tree.get_str("namespace") else { continue };
            let listed = tree.get("resources").into_iter().flat_map(Node::items).filter_map(Node::str);
            out.extend(listed.map(|path| (join(document.folder(), path), namespace)));
        }
    }
    out
}

/// Folders that applications of Argo CD and kustomizations of Flux deploy.
fn deployments(documents: &[&Document]) -> BTreeMap<String, Vec<Deployment>> {
    let mut out: BTreeMap<String, Vec<Deployment>> = BTreeMap::new();
    let placed = placed(documents);
    for document in documents {
        // A definition of the type names it, too, but not as what it is itself.
        let deploys = |line: &str| line.starts_with("kind: Application") || line.starts_with("apiVersion:") && line.contains("kustomize.toolkit.fluxcd.io");
        if !document.text().lines().any(deploys) {
            continue;
        }
        for tree in document.trees().unwrap_or_default() {
            let text = |path: &[&str]| tree.path(path).and_then(Node::str);
            let (Some(kind @ ("Application" | "Kustomization")), Some(name)) = (tree.get_str("kind"), text(&["metadata", "name"])) else { continue };
            let sources = tree.path(&["spec", "sources"]).into_iter().flat_map(Node::items).filter_map(|s| s.get_str("path"));
            let folders = sources.chain(text(&["spec", "source", "path"])).chain(text(&["spec", "path"]));
            let namespace = text(&["spec", "destination", "namespace"]).or_else(|| text(&["spec", "targetNamespace"]));
            let own = text(&["metadata", "namespace"]).or_else(|| placed.get(&*document.path).copied()).unwrap_or("default");
            let installer = Key::new(Kind::Consumer, "iac-runner", format!("k8s:{{{}}}/{own}/{kind}/{name}", document.repository_body()));
            for folder in folders {
                let deployment = Deployment { namespace: namespace.map(str::to_owned), installer: installer.clone() };
                out.entry(join("", folder)).or_default().push(deployment);
            }
        }
    }
    out
}
