//! Kubernetes manifests and what produces them.

mod controllers;
mod manifest;
mod rbac;
mod secrets;
mod workload;

use super::{Extractor, Read};
use crate::document::{Syntax, syntax_of};

/// The extractors of this wing.
pub const EXTRACTORS: &[Extractor] = &[
    Extractor {
        name: "kubernetes",
        about: "manifests: workloads, service accounts, RBAC, secrets, external secrets, Argo CD applications",
        matches: |path, head| {
            let yaml = matches!(syntax_of(path), Syntax::Yaml | Syntax::Json);
            yaml && !path.contains(".github/") && contains(head, b"apiVersion") && contains(head, b"kind")
        },
        read: Read::Each(manifest::read),
    },
    Extractor {
        name: "controllers",
        about: "Tekton, Flux and cert-manager: accounts, secrets, sources, certificates",
        matches: |path, head| {
            let yaml = matches!(syntax_of(path), Syntax::Yaml | Syntax::Json);
            yaml && [&b"tekton.dev"[..], b"fluxcd.io", b"cert-manager.io"].iter().any(|w| contains(head, w))
        },
        read: Read::Each(controllers::read),
    },
];

fn contains(head: &[u8], word: &[u8]) -> bool {
    head.windows(word.len()).any(|w| w == word)
}
