//! Helm values: the service account that a chart is told to make, and the cloud identity that it may take on.

use crate::document::{Document, Node};
use crate::extract::note;
use crate::model::{Basis, Facts, Key, Kind};
use crate::relation::{CAN_ASSUME, DEPLOYS, RUNS_AS};

/// What values are for.
pub(in super::super) struct Release<'a> {
    pub document: &'a Document,
    pub name: &'a str,
    pub namespace: &'a str,
    /// What installs the chart, if that is known.
    pub installer: Option<&'a Key>,
}

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let trees = match document.trees() {
        Ok(trees) => trees,
        Err(reason) => return note(document, facts, reason),
    };
    let name = document.folder().rsplit('/').next().filter(|n| !n.is_empty()).unwrap_or("release");
    for tree in trees {
        // The namespace is the installer's choice; a chart's own default stands for it.
        values(&Release { document, name, namespace: "default", installer: None }, tree, facts);
    }
}

/// Says what values state of service accounts.
pub(in super::super) fn values(release: &Release<'_>, tree: &Node, facts: &mut Facts) {
    let document = release.document;
    tree.walk(&mut |pointer, node| {
        if !(pointer == "serviceAccount" || pointer.ends_with("/serviceAccount")) || !node.is_map() {
            return;
        }
        let annotations = node.get("annotations").filter(|a| a.is_map());
        let stated = node.get("name").filter(|n| n.str().is_some_and(|s| !s.is_empty()));
        // A chart that makes an account under its own name, with nothing attached, says nothing.
        if stated.is_none() && annotations.is_none_or(|a| a.entries().next().is_none()) {
            return;
        }
        let name = stated.and_then(Node::str).unwrap_or(release.name);
        let id = |kind: &str, name: &str| format!("k8s:{{{}}}/{}/{kind}/{name}", document.repository_body(), release.namespace);
        let account = Key::new(Kind::Identity, "k8s-service-account", id("ServiceAccount", name));
        let at = document.at(stated.unwrap_or(node));
        facts.declare(&account, name, at.clone()).attr("auth_style", "workload");
        let workload = Key::new(Kind::Consumer, "k8s-workload", id("HelmRelease", release.name));
        facts.declare(&workload, release.name, document.at(node)).attr("platform", "kubernetes");
        facts.relate(&workload, &RUNS_AS, &account, at.clone()).basis(Basis::Heuristic);
        if let Some(installer) = release.installer {
            facts.relate(installer, &DEPLOYS, &workload, document.at(node));
        }
        for (key, value) in annotations.into_iter().flat_map(Node::entries) {
            let Some((key, value_text)) = key.str().zip(value.str()) else { continue };
            let Some((subtype, prefix, via)) = super::super::cloud_identity(key) else { continue };
            if value_text.is_empty() || super::super::is_placeholder(value_text) {
                continue;
            }
            let target = Key::new(Kind::Identity, subtype, format!("{prefix}{value_text}"));
            facts.mention(&target, value_text.rsplit('/').next().unwrap_or(value_text), document.at(value));
            facts.relate(&account, &CAN_ASSUME, &target, document.at(value)).basis(Basis::UniqueName).conditional().attr("via", via);
        }
    });
}
