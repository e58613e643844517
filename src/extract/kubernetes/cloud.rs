//! Objects of a cluster that stand for things outside it: Pod Identity associations, Vault's operator, ACK, Config Connector, Crossplane.

use super::manifest::Object;
use super::vault_operator;
use crate::document::Node;
use crate::model::{Basis, Facts, Key, Kind};
use crate::relation::{CAN_ASSUME, CONSUMES, GRANTED, SOURCED_FROM};

/// Groups whose objects are read here.
const GROUPS: &[&str] =
    &["eks.services.k8s.aws/", "iam.services.k8s.aws/", "secrets.hashicorp.com/", "iam.cnrm.cloud.google.com/", ".crossplane.io/", ".upbound.io/"];

pub(super) fn matches(group: &str) -> bool {
    GROUPS.iter().any(|g| group.starts_with(g) || g.starts_with('.') && group.contains(g))
}

pub(super) fn read(o: &Object<'_>, facts: &mut Facts) {
    match o.kind {
        "PodIdentityAssociation" => pod_identity(o, facts),
        _ if o.body.get_str("apiVersion").is_some_and(|g| g.starts_with("secrets.hashicorp.com/")) => vault_operator::read(o, facts),
        "IAMServiceAccount" => {
            let project = o.body.path(&["metadata", "annotations"]).and_then(|a| a.get_str("cnrm.cloud.google.com/project-id")).unwrap_or("{project}");
            let email = format!("{}@{project}.iam.gserviceaccount.com", text(o, &["spec", "resourceID"]).unwrap_or(o.name));
            let key = Key::new(Kind::Identity, "gcp-service-account", format!("gcp-sa:{email}"));
            facts.declare(&key, o.name, o.document.at(o.body)).attr("tags", o.tags());
        }
        "IAMPolicyMember" | "IAMPartialPolicy" => member(o, facts),
        "Role" | "User" if !o.body.get_str("apiVersion").is_some_and(|g| g.starts_with("rbac.")) => cloud_identity(o, facts),
        _ => managed(o, facts),
    }
}

fn text<'n>(o: &Object<'n>, path: &[&str]) -> Option<&'n str> {
    o.body.path(path).and_then(Node::str).filter(|t| !t.is_empty())
}

/// An account of the cluster that takes on a role.
fn pod_identity(o: &Object<'_>, facts: &mut Facts) {
    let (Some(namespace), Some(name)) = (text(o, &["spec", "namespace"]), text(o, &["spec", "serviceAccount"])) else { return };
    let Some((node, role)) = o.body.path(&["spec", "roleARN"]).and_then(|n| Some((n, n.str()?))) else { return };
    let (account, target) = (o.account(namespace, name), Key::new(Kind::Identity, "aws-role", role));
    facts.mention(&account, name, o.document.at(o.body));
    facts.mention(&target, role.rsplit('/').next().unwrap_or(role), o.document.at(node));
    facts.relate(&account, &CAN_ASSUME, &target, o.document.at(node)).attr("via", "pod-identity");
}

/// A member of a policy of Google: an account with a role.
fn member(o: &Object<'_>, facts: &mut Facts) {
    let Some((node, role)) = o.body.path(&["spec", "role"]).and_then(|n| Some((n, n.str()?))) else { return };
    let policy = Key::new(Kind::Policy, "gcp-role", format!("gcp-role:{role}"));
    facts.mention(&policy, role, o.document.at(node));
    let Some((node, member)) = o.body.path(&["spec", "member"]).and_then(|n| Some((n, n.str()?))) else { return };
    let Some((kind, email)) = member.split_once(':') else { return };
    if kind != "serviceAccount" {
        return;
    }
    let at = o.document.at(node);
    // `project.svc.id.goog[namespace/name]` is an account of a cluster.
    if let Some((namespace, name)) = email.split_once('[').and_then(|(_, inner)| inner.trim_end_matches(']').split_once('/')) {
        let account = o.account(namespace, name);
        facts.mention(&account, name, at.clone());
        facts.relate(&account, &GRANTED, &policy, at.clone());
        let target = text(o, &["spec", "resourceRef", "name"]).filter(|_| text(o, &["spec", "resourceRef", "kind"]) == Some("IAMServiceAccount"));
        if let Some(target) = target.filter(|_| role == "roles/iam.workloadIdentityUser") {
            let identity = Key::new(Kind::Identity, "gcp-service-account", format!("gcp-sa:{target}@{{project}}.iam.gserviceaccount.com"));
            facts.mention(&identity, target, at.clone());
            facts.relate(&account, &CAN_ASSUME, &identity, at).attr("via", "gke-workload-identity");
        }
        return;
    }
    let identity = Key::new(Kind::Identity, "gcp-service-account", format!("gcp-sa:{email}"));
    facts.mention(&identity, email, at.clone());
    facts.relate(&identity, &GRANTED, &policy, at);
}

/// A role or a user of AWS that a controller makes.
fn cloud_identity(o: &Object<'_>, facts: &mut Facts) {
    let (subtype, path) = if o.kind == "Role" { ("aws-role", "role") } else { ("aws-user", "user") };
    let external = o.body.path(&["metadata", "annotations"]).and_then(|a| a.get_str("crossplane.io/external-name"));
    let name = external.or_else(|| text(o, &["spec", "name"])).unwrap_or(o.name);
    let key = Key::new(Kind::Identity, subtype, format!("arn:aws:iam::{{{}}}:{path}/{name}", o.document.repository_body()));
    facts.declare(&key, name, o.document.at(o.body)).attr("tags", o.tags()).attr("provider", "aws");
    let named = [&["spec", "policies"][..], &["spec", "forProvider", "managedPolicyArns"]];
    for node in named.iter().filter_map(|p| o.body.path(p)).flat_map(Node::items) {
        let Some(arn) = node.str().filter(|a| a.starts_with("arn:")) else { continue };
        let policy = Key::new(Kind::Policy, "aws-policy", arn);
        facts.mention(&policy, arn.rsplit('/').next().unwrap_or(arn), o.document.at(node));
        facts.relate(&key, &GRANTED, &policy, o.document.at(node));
    }
}

/// What a controller holds for an object: the secret with which it acts, and the one that it writes.
fn managed(o: &Object<'_>, facts: &mut Facts) {
    let secret = |node: &Node| -> Option<(Key, String)> {
        let name = node.get_str("name")?;
        Some((Key::new(Kind::Location, "k8s-secret", o.id_in(node.get_str("namespace").unwrap_or(o.namespace), "Secret", name)), name.to_owned()))
    };
    if let Some(node) = o.body.path(&["spec", "credentials", "secretRef"])
        && let Some((key, name)) = secret(node)
    {
        let runner = Key::new(Kind::Consumer, "iac-runner", o.id(o.kind, o.name));
        facts.declare(&runner, o.name, o.document.at(o.body)).attr("platform", "crossplane");
        facts.mention(&key, name, o.document.at(node));
        facts.relate(&runner, &CONSUMES, &key, o.document.at(node));
    }
    if let Some(node) = o.body.path(&["spec", "writeConnectionSecretToRef"])
        && let Some((key, name)) = secret(node)
    {
        facts.mention(&key, name, o.document.at(node)).attr("store", "k8s-secret");
        let source = Key::new(Kind::Location, "cloud-secret", format!("connection:{}", o.id(o.kind, o.name)));
        facts.declare(&source, format!("connection of {}", o.name), o.document.at(o.body)).attr("store", "crossplane");
        facts.relate(&key, &SOURCED_FROM, &source, o.document.at(node)).basis(Basis::Exact);
    }
}
