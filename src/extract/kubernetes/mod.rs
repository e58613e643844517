//! Kubernetes manifests and what produces them.

mod manifest;
mod rbac;
mod secrets;
mod workload;

use super::{Extractor, Read};
use crate::document::{Syntax, syntax_of};

/// The extractors of this wing.
pub const EXTRACTORS: &[Extractor] = &[Extractor {
    name: "kubernetes",
    about: "manifests: workloads, service accounts, RBAC, secrets, external secrets, Argo CD applications",
    matches: |path, head| {
        let yaml = matches!(syntax_of(path), Syntax::Yaml | Syntax::Json);
        yaml && !path.contains(".github/") && contains(head, b"apiVersion") && contains(head, b"kind")
    },
    read: Read::Each(manifest::read),
}];

fn contains(head: &[u8], word: &[u8]) -> bool {
    head.windows(word.len()).any(|w| w == word)
}
