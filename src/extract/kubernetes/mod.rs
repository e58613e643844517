//! Kubernetes manifests and what produces them.

mod argo;
mod cloud;
mod controllers;
mod helm;
mod inside;
mod kustomize;
mod manifest;
mod manifests;
mod mesh;
mod mounted;
mod places;
mod rbac;
mod secrets;
mod spiffe;
mod vault_operator;
mod workload;

pub(super) use inside::{applied, objects};
pub(super) use rbac::built_in;

use super::{Extractor, Read};
use crate::document::{Map, Node, Value};
use crate::model::{Key, Kind};

/// The extractors of this wing.
pub const EXTRACTORS: &[Extractor] = &[
    Extractor {
        name: "kubernetes",
        about: "manifests and kustomizations: workloads, service accounts, RBAC, secrets, external secrets, Argo CD, Flux, Tekton, cert-manager",
        matches: manifests::matches,
        read: Read::Unit(manifests::read),
    },
    Extractor {
        name: "helm",
        about: "Helm: charts shown with the values of each installation, and values of charts that are not at hand",
        matches: helm::matches,
        read: Read::Unit(helm::read),
    },
];

/// Whether a value only shows where one is to be put.
fn is_placeholder(value: &str) -> bool {
    let upper = value.to_ascii_uppercase().replace('-', "_");
    value.contains(['<', '>']) || ["REPLACE", "CHANGEME", "CHANGE_ME", "PLACEHOLDER", "YOUR_", "XXXX", "TODO"].iter().any(|w| upper.contains(w))
}

/// The service account of that name: which cluster of the repository it lives in is not known.
pub(super) fn account_key(repository: &str, namespace: &str, name: &str) -> Key {
    Key::new(Kind::Identity, "k8s-service-account", format!("k8s:{{{repository}}}/{namespace}/ServiceAccount/{name}"))
}

/// The annotation of a service account that names its cloud identity: subtype, what its id begins with, and the mechanism.
pub(super) fn cloud_identity(annotation: &str) -> Option<(&'static str, &'static str, &'static str)> {
    match annotation {
        "eks.amazonaws.com/role-arn" => Some(("aws-role", "", "irsa")),
        "iam.gke.io/gcp-service-account" => Some(("gcp-service-account", "gcp-sa:", "gke-workload-identity")),
        "azure.workload.identity/client-id" => Some(("entra-app", "entra-app:", "aks-workload-identity")),
        _ => None,
    }
}

/// Puts an object into a namespace: one that states none, or, if `always`, any that lives in one.
fn put_namespace(tree: &mut Node, namespace: &str, always: bool) {
    let Value::Map(Map(entries)) = &mut tree.value else { return };
    let Some((_, metadata)) = entries.iter_mut().find(|(k, v)| k.str() == Some("metadata") && v.is_map()) else { return };
    let (line, column) = (metadata.line, metadata.column);
    let Value::Map(Map(fields)) = &mut metadata.value else { return };
    let stated = fields.iter().any(|(k, v)| k.str() == Some("namespace") && v.str().is_some_and(|n| !n.is_empty()));
    if stated && !always {
        return;
    }
    fields.retain(|(k, _)| k.str() != Some("namespace"));
    fields.push((Node::text_at("namespace", line, column), Node::text_at(namespace, line, column)));
}

fn contains(head: &[u8], word: &[u8]) -> bool {
    memchr::memmem::find(head, word).is_some()
}
