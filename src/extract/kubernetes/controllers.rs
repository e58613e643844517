//! Objects of controllers that act inside a cluster: Tekton, Flux, cert-manager. Each runs as an account and is given secrets.

use std::borrow::Cow;

use super::argo;
use super::manifest::Object;
use crate::document::{Document, Node};
use crate::model::{Facts, Key, Kind};
use crate::relation::{CAN_ACCESS, CAN_CONTROL, CAN_TRIGGER, CONSUMES, DEPLOYS, INVOKES, ISSUED_BY, RUNS_AS, STORED_IN};

/// Objects of one file that are read.
const MAX_OBJECTS: usize = 5_000;

pub(super) fn read(document: &Document, facts: &mut Facts) {
    // The extractor of manifests notes what cannot be parsed.
    let Ok(trees) = document.trees() else { return };
    for body in trees.iter().take(MAX_OBJECTS) {
        let (Some(group), Some(kind)) = (body.get_str("apiVersion"), body.get_str("kind")) else { continue };
        let metadata = |field: &str| body.path(&["metadata", field]).and_then(Node::str);
        let name = metadata("name").or_else(|| metadata("generateName")).unwrap_or("{name}").trim_end_matches('-');
        let o = Object { document, body, kind, name, namespace: metadata("namespace").unwrap_or("default") };
        if matches!(kind, "Secret" | "ConfigMap") {
            targets_of_secret(&o, facts);
            argo::settings(&o, facts);
        } else if group.starts_with("argoproj.io/") {
            argo::read(&o, facts);
        } else if group.contains("tekton.dev/") {
            tekton(&o, facts);
        } else if group.contains("fluxcd.io/") {
            flux(&o, facts);
        } else if group.starts_with("cert-manager.io/") {
            cert_manager(&o, facts);
        }
    }
}

fn secret(o: &Object<'_>, name: &str) -> Key {
    Key::new(Kind::Location, "k8s-secret", o.id("Secret", name))
}

/// A name with what a release fills in; nothing where a template is left open.
fn filled<'t>(o: &Object<'_>, text: &'t str) -> Option<Cow<'t, str>> {
    if o.kind != "HelmRelease" || !text.contains("{{") {
        return Some(Cow::Borrowed(text));
    }
    let field = |name: &str| o.body.path(&["spec", name]).and_then(Node::str);
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, inside)) = rest.split_once("{{") {
        let (expression, after) = inside.split_once("}}")?;
        out.push_str(before);
        match expression.trim_matches(['-', ' ']) {
            // Without a name of its own, a release that goes elsewhere is named after where it goes as well.
            ".Release.Name" => match (field("releaseName"), field("targetNamespace")) {
                (Some(name), _) => out.push_str(name),
                (None, Some(namespace)) => out.push_str(&format!("{namespace}-{}", o.name)),
                (None, None) => out.push_str(o.name),
            },
            ".Release.Namespace" => out.push_str(field("targetNamespace").unwrap_or(o.namespace)),
            _ => return None,
        }
        rest = after;
    }
    out.push_str(rest);
    Some(Cow::Owned(out))
}

/// The object as a consumer, with the accounts and secrets that stand anywhere in it. Says whether it names an account.
pub(super) fn consumer(o: &Object<'_>, subtype: &'static str, platform: &str, facts: &mut Facts) -> (Key, bool) {
    let key = Key::new(Kind::Consumer, subtype, o.id(o.kind, o.name));
    facts.declare(&key, o.name, o.document.at(o.body)).attr("platform", platform).attr("tags", o.tags());
    let mut accounts = Vec::new();
    let mut secrets = Vec::new();
    let filled = |node| filled(o, Node::str(node)?).filter(|t| !t.is_empty() && !t.contains("$("));
    o.body.walk(&mut |pointer, node| {
        let field = pointer.rsplit('/').next().unwrap_or_default();
        match field {
            "serviceAccountName" => accounts.extend(filled(node).map(|n| (n, node))),
            "secretName" | "existingSecret" => secrets.extend(filled(node).map(|n| (n, node))),
            "secretKeyRef" | "secretRef" | "webhookSecretRef" | "certSecretRef" | "apiTokenSecretRef" => {
                secrets.extend(node.get("name").and_then(|n| Some((filled(n)?, n))))
            }
            _ => {}
        }
    });
    let named = !accounts.is_empty();
    for (name, node) in accounts {
        let account = o.account(o.namespace, &name);
        facts.mention(&account, name.as_ref(), o.document.at(node));
        facts.relate(&key, &RUNS_AS, &account, o.document.at(node));
    }
    for (name, node) in secrets {
        let slot = secret(o, &name);
        facts.mention(&slot, name.as_ref(), o.document.at(node));
        facts.relate(&key, &CONSUMES, &slot, o.document.at(node));
    }
    (key, named)
}

fn tekton(o: &Object<'_>, facts: &mut Facts) {
    let subtype = if matches!(o.kind, "Task" | "ClusterTask" | "TaskRun") { "ci-job" } else { "ci-workflow" };
    let (key, _) = consumer(o, subtype, "tekton", facts);
    let mut called = Vec::new();
    o.body.walk(&mut |pointer, node| {
        let kind = match pointer.rsplit('/').next() {
            Some("taskRef") => node.get_str("kind").unwrap_or("Task"),
            Some("pipelineRef") => "Pipeline",
            _ => return,
        };
        called.extend(node.get("name").and_then(|n| Some((kind.to_owned(), n.str()?, n))));
    });
    for (kind, name, node) in called {
        let subtype = if kind == "Pipeline" { "ci-workflow" } else { "ci-job" };
        let other = Key::new(Kind::Consumer, subtype, o.id(&kind, name));
        facts.mention(&other, name, o.document.at(node));
        facts.relate(&key, &INVOKES, &other, o.document.at(node));
    }
    if o.kind == "EventListener" {
        for trigger in o.body.path(&["spec", "triggers"]).into_iter().flat_map(Node::items) {
            if trigger.get("interceptors").is_none_or(|i| i.items().is_empty()) && trigger.get("triggerRef").is_none() {
                let public = Key::new(Kind::Party, "class", "class:public");
                facts.mention(&public, "anyone", o.document.at(trigger));
                facts.relate(&public, &CAN_TRIGGER, &key, o.document.at(trigger)).attr("input", "data").conditional();
            }
        }
    }
}

/// Annotations that say for which host Tekton uses a secret.
fn targets_of_secret(o: &Object<'_>, facts: &mut Facts) {
    for (name, value) in o.body.path(&["metadata", "annotations"]).into_iter().flat_map(Node::entries) {
        let Some((name, url)) = name.str().zip(value.str()).filter(|(n, _)| n.starts_with("tekton.dev/")) else { continue };
        let authority = url.split("://").last().unwrap_or(url).split('/').next().unwrap_or(url);
        let host = authority.rsplit('@').next().unwrap_or(authority);
        let subtype = if name.starts_with("tekton.dev/docker") { "container-registry" } else { "host" };
        let target = Key::new(Kind::Resource, subtype, format!("host:{host}"));
        facts.mention(&target, host, o.document.at(value));
        facts.relate(&secret(o, o.name), &CAN_ACCESS, &target, o.document.at(value)).attr("level", "write");
    }
}

fn flux(o: &Object<'_>, facts: &mut Facts) {
    match o.kind {
        "Kustomization"
        | "HelmRelease"
        | "GitRepository"
        | "OCIRepository"
        | "HelmRepository"
        | "HelmChart"
        | "Bucket"
        | "ImageUpdateAutomation"
        | "ImageRepository"
        | "Receiver"
        | "Provider" => {}
        _ => return,
    }
    let (key, named) = consumer(o, "iac-runner", "flux", facts);
    let at = o.document.at(o.body);
    if let Some((node, provider)) = o.body.path(&["spec", "provider"]).and_then(|n| Some((n, n.str()?))).filter(|(_, p)| matches!(*p, "aws" | "azure" | "gcp"))
    {
        // The controller's own identity of the cloud, in place of a secret.
        let controller = if o.kind.starts_with("Image") { "image-reflector-controller" } else { "source-controller" };
        let account = o.account("flux-system", controller);
        facts.mention(&account, controller, o.document.at(node)).attr("auth_style", "workload");
        facts.relate(&key, &RUNS_AS, &account, o.document.at(node)).confidence(0.8).attr("via", format!("{provider} workload identity"));
    }
    if matches!(o.kind, "Kustomization" | "HelmRelease") {
        if !named {
            // Without an account of its own it acts as the controller, which by default administers the cluster.
            let controller = if o.kind == "HelmRelease" { "helm-controller" } else { "kustomize-controller" };
            let account = o.account("flux-system", controller);
            facts.mention(&account, controller, at.clone());
            facts.relate(&key, &RUNS_AS, &account, at.clone()).confidence(0.7);
            facts.mention(&o.cluster(), "cluster", at.clone());
            facts.relate(&account, &CAN_ACCESS, &o.cluster(), at.clone()).confidence(0.7).attr("level", "admin");
        }
        let source = o.body.path(&["spec", "sourceRef"]).or_else(|| o.body.path(&["spec", "chart", "spec", "sourceRef"]));
        if let Some((node, kind, name)) = source.and_then(|s| Some((s, s.get_str("kind")?, s.get_str("name")?))) {
            let other = Key::new(Kind::Consumer, "iac-runner", o.id_in(node.get_str("namespace").unwrap_or(o.namespace), kind, name));
            facts.mention(&other, name, o.document.at(node));
            facts.relate(&other, &DEPLOYS, &key, o.document.at(node));
        }
        let namespace = o.body.path(&["spec", "targetNamespace"]).and_then(Node::str).unwrap_or(o.namespace);
        let target = Key::new(Kind::Resource, "namespace", format!("k8s:{{{}}}/{namespace}", o.document.repository_body()));
        facts.mention(&target, namespace, at.clone());
        facts.relate(&key, &DEPLOYS, &target, at);
    } else if o.kind == "Receiver" {
        // A generic receiver compares no signature: whoever knows the address starts it.
        if o.body.path(&["spec", "type"]).and_then(Node::str) == Some("generic") {
            let public = Key::new(Kind::Party, "class", "class:public");
            facts.mention(&public, "anyone", at.clone());
            facts.relate(&public, &CAN_TRIGGER, &key, at.clone()).attr("input", "none").conditional();
        }
        for resource in o.body.path(&["spec", "resources"]).into_iter().flat_map(Node::items) {
            let Some((kind, name)) = resource.get_str("kind").zip(resource.get_str("name")) else { continue };
            let other = Key::new(Kind::Consumer, "iac-runner", o.id_in(resource.get_str("namespace").unwrap_or(o.namespace), kind, name));
            facts.mention(&other, name, o.document.at(resource));
            facts.relate(&key, &INVOKES, &other, o.document.at(resource));
        }
    } else if o.kind == "ImageUpdateAutomation" {
        // It writes to the repository that it watches.
        if let Some((node, name)) = o.body.path(&["spec", "sourceRef", "name"]).and_then(|n| Some((n, n.str()?))) {
            let source = Key::new(Kind::Consumer, "iac-runner", o.id("GitRepository", name));
            facts.mention(&source, name, o.document.at(node));
            facts.relate(&key, &CAN_CONTROL, &source, o.document.at(node));
        }
    } else if o.kind == "GitRepository"
        && let Some((node, url)) = o.body.path(&["spec", "url"]).and_then(|n| Some((n, n.str()?)))
    {
        let body = url.split("://").last().unwrap_or(url).split('@').next_back().unwrap_or(url).trim_end_matches(".git").to_ascii_lowercase();
        let writers = Key::new(Kind::Party, "class", format!("class:repo-writer@repo:{body}"));
        facts.mention(&writers, "repository writers", o.document.at(node));
        facts.relate(&writers, &CAN_CONTROL, &key, o.document.at(node));
    }
}

fn cert_manager(o: &Object<'_>, facts: &mut Facts) {
    let at = o.document.at(o.body);
    let issuer = |kind: &str, name: &str| {
        let namespace = if kind == "ClusterIssuer" { "-" } else { o.namespace };
        Key::new(Kind::Issuer, "ca", o.id_in(namespace, kind, name))
    };
    match o.kind {
        "Issuer" | "ClusterIssuer" => {
            facts.declare(&issuer(o.kind, o.name), o.name, at.clone()).attr("tags", o.tags());
            // What an issuer of the whole cluster is given stands where its controller runs.
            let home = if o.kind == "ClusterIssuer" { "cert-manager" } else { o.namespace };
            let operator = Key::new(Kind::Consumer, "k8s-workload", format!("{}@cert-manager", issuer(o.kind, o.name).id));
            let mut secrets = Vec::new();
            o.body.walk(&mut |pointer, node| {
                let field = pointer.rsplit('/').next().unwrap_or_default();
                if field.ends_with("SecretRef") {
                    secrets.extend(node.get("name").and_then(|n| Some((n.str()?, n))));
                }
                if field == "secretName" {
                    secrets.extend(node.str().map(|n| (n, node)));
                }
            });
            if !secrets.is_empty() {
                facts.declare(&operator, format!("cert-manager for {}", o.name), at);
            }
            for (name, node) in secrets {
                let slot = Key::new(Kind::Location, "k8s-secret", o.id_in(home, "Secret", name));
                facts.mention(&slot, name, o.document.at(node));
                facts.relate(&operator, &CONSUMES, &slot, o.document.at(node));
            }
        }
        "Certificate" => {
            let Some((node, name)) = o.body.path(&["spec", "secretName"]).and_then(|n| Some((n, n.str()?))) else { return };
            let slot = secret(o, name);
            facts.mention(&slot, name, o.document.at(node)).attr("store", "k8s-secret").attr("protection", "encoded");
            let key = Key::new(Kind::Credential, "private-key", format!("cred:private-key/{}", o.id(o.kind, o.name)));
            let text = |path: &[&str]| o.body.path(path).and_then(Node::str).unwrap_or("default").to_owned();
            let fact = facts.declare(&key, o.name, at.clone());
            fact.attr("type", "private-key").attr("state", "referenced").attr("rule", "cert-manager").attr("lifetime", text(&["spec", "duration"]));
            fact.attr("rotation_policy", text(&["spec", "privateKey", "rotationPolicy"]));
            facts.relate(&key, &STORED_IN, &slot, o.document.at(node));
            if let Some((place, name)) = o.body.path(&["spec", "issuerRef"]).and_then(|r| Some((r, r.get_str("name")?))) {
                let by = issuer(place.get_str("kind").unwrap_or("Issuer"), name);
                facts.mention(&by, name, o.document.at(place));
                facts.relate(&key, &ISSUED_BY, &by, o.document.at(place));
            }
        }
        _ => {}
    }
}
