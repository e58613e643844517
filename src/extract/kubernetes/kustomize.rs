//! Kustomizations: what an overlay is made of, and the secrets that it generates from files.

use crate::document::{Document, Node};
use crate::extract::note;
use crate::model::{Facts, Key, Kind};
use crate::relation::SOURCED_FROM;

/// The overlay or base of a folder, so that what deploys the folder meets what it holds.
pub(super) fn key(repository_body: &str, folder: &str) -> Key {
    Key::new(Kind::Resource, "other:kustomization", format!("kustomize:{{{repository_body}}}//{}", folder.trim_matches('/')))
}

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let trees = match document.trees() {
        Ok(trees) => trees,
        Err(reason) => return note(document, facts, reason),
    };
    for tree in trees {
        let own = key(document.repository_body(), document.folder());
        let name = document.folder().rsplit('/').next().filter(|n| !n.is_empty()).unwrap_or("kustomization");
        facts.declare(&own, name, document.at(tree)).attr("images", images(tree));
        let namespace = tree.get_str("namespace").unwrap_or("default");
        let generated = ["secretGenerator", "configMapGenerator"].into_iter().filter_map(|g| Some((g == "secretGenerator", tree.get(g)?)));
        for (secret, list) in generated {
            for item in list.items() {
                if let Some(name) = item.get_str("name") {
                    generator(document, namespace, name, secret, item, facts);
                }
            }
        }
    }
}

fn images(tree: &Node) -> Vec<String> {
    let names = tree.get("images").map(Node::items).unwrap_or_default().iter();
    names.filter_map(|i| i.get_str("newName").or_else(|| i.get_str("name"))).map(str::to_owned).collect()
}

fn generator(document: &Document, namespace: &str, name: &str, secret: bool, body: &Node, facts: &mut Facts) {
    let (kind, subtype) = if secret { ("Secret", "k8s-secret") } else { ("ConfigMap", "k8s-configmap") };
    let made = Key::new(Kind::Location, subtype, format!("k8s:{{{}}}/{namespace}/{kind}/{name}", document.repository_body()));
    facts.declare(&made, name, document.at(body)).attr("store", subtype).attr("protection", if secret { "encoded" } else { "plaintext" });
    for file in ["envs", "env", "files"].into_iter().filter_map(|f| body.get(f)).flat_map(Node::one_or_many) {
        let Some(path) = file.str() else { continue };
        let path = path.rsplit('=').next().unwrap_or(path).trim_start_matches("./");
        let folder = if document.folder().is_empty() { String::new() } else { format!("{}/", document.folder()) };
        let source = Key::new(Kind::Location, "file", format!("file:{}//{folder}{path}", document.repository_body()));
        facts.mention(&source, path, document.at(file)).attr("store", "file");
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
