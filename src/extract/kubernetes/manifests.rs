//! All manifests of a source: those that an overlay speaks for as it builds them, the others as they stand.

use rayon::prelude::*;

use super::{controllers, kustomize, manifest};
use crate::document::{Document, Syntax, syntax_of};
use crate::extract::left_out;
use crate::model::Facts;

/// Whether the file is a manifest or a kustomization.
pub(super) fn matches(path: &str, head: &[u8]) -> bool {
    if kustomize::is_kustomization(path) {
        return true;
    }
    let structured = matches!(syntax_of(path), Syntax::Yaml | Syntax::Json) && !super::helm::is_template(path);
    // A patch that is a list of operations has neither kind nor version.
    let patch = || super::contains(head, b"op:") && super::contains(head, b"path:");
    structured && !path.contains(".github/") && (super::contains(head, b"apiVersion") && super::contains(head, b"kind") || patch())
}

pub(super) fn read(documents: &[&Document], facts: &mut Facts) {
    let covered = kustomize::read(documents, facts);
    let rest: Vec<Facts> = documents
        .par_iter()
        .enumerate()
        .filter(|(i, document)| !covered.contains(i) && !kustomize::is_kustomization(&document.path))
        .map(|(_, document)| {
            // Its tree is needed once, and not kept beside those of all others.
            let document = Document::new(document.repository.clone(), document.path.clone(), document.bytes.clone(), document.revision.clone());
            let mut facts = Facts::default();
            manifest::read(&document, &mut facts);
            controllers::read(&document, &mut facts);
            left_out(&document, &mut facts);
            facts
        })
        .collect();
    rest.into_iter().for_each(|said| facts.extend(said));
}
