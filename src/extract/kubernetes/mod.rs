//! Kubernetes manifests and what produces them.

mod controllers;
mod helm;
mod kustomize;
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
    Extractor {
        name: "helm-values",
        about: "Helm values: service accounts and the cloud identities that they take on",
        matches: |path, _| {
            let name = path.rsplit('/').next().unwrap_or(path);
            name.starts_with("values") && (name.ends_with(".yaml") || name.ends_with(".yml"))
        },
        read: Read::Each(helm::read),
    },
    Extractor {
        name: "kustomize",
        about: "kustomizations: generated secrets, and what an overlay deploys",
        matches: |path, _| matches!(path.rsplit('/').next(), Some("kustomization.yaml" | "kustomization.yml" | "Kustomization")),
        read: Read::Each(kustomize::read),
    },
];

/// Whether a value only shows where one is to be put.
fn is_placeholder(value: &str) -> bool {
    let upper = value.to_ascii_uppercase().replace('-', "_");
    value.contains(['<', '>']) || ["REPLACE", "CHANGEME", "CHANGE_ME", "PLACEHOLDER", "YOUR_", "XXXX", "TODO"].iter().any(|w| upper.contains(w))
}

/// The annotation of a service account that names its cloud identity: subtype, what its id begins with, and the mechanism.
fn cloud_identity(annotation: &str) -> Option<(&'static str, &'static str, &'static str)> {
    match annotation {
        "eks.amazonaws.com/role-arn" => Some(("aws-role", "", "irsa")),
        "iam.gke.io/gcp-service-account" => Some(("gcp-service-account", "gcp-sa:", "gke-workload-identity")),
        "azure.workload.identity/client-id" => Some(("entra-app", "entra-app:", "aks-workload-identity")),
        _ => None,
    }
}

fn contains(head: &[u8], word: &[u8]) -> bool {
    head.windows(word.len()).any(|w| w == word)
}
