//! Manifests that stand inside a script: what it applies, or writes into a file, behind `<<EOF`.

use super::{controllers, manifest};
use crate::document::{Document, parse_yaml_inside};
use crate::extract::code::inside::texts;
use crate::extract::commands::{flag, words};
use crate::model::Facts;

/// Reads the manifests of a script that begins on `line` of a document; `fill` puts in what the script's variables hold.
pub(in crate::extract) fn applied(document: &Document, text: &str, line: u32, fill: &dyn Fn(&str) -> String, facts: &mut Facts) {
    if !text.contains("<<") || !text.contains("apiVersion:") {
        return;
    }
    for (opened, body, first) in texts(text) {
        // What is only shown to the reader is not applied.
        let goes = opened.contains(['>', '|']) || opened.contains("kubectl ") || opened.contains("tee ") || opened.contains("oc ");
        if !goes || !body.contains("apiVersion:") || !body.contains("kind:") {
            continue;
        }
        let Ok(mut trees) = parse_yaml_inside(&fill(&body), line + first - 1) else { continue };
        if let Some(namespace) = flag(&words(opened), &["-n", "--namespace"]).map(fill) {
            trees.iter_mut().for_each(|t| super::put_namespace(t, &namespace, false));
        }
        objects(&Document::evaluated(document.repository.clone(), document.path.clone(), trees), facts);
    }
}

/// Reads objects that another format holds.
pub(in crate::extract) fn objects(document: &Document, facts: &mut Facts) {
    manifest::read(document, facts);
    controllers::read(document, facts);
}
