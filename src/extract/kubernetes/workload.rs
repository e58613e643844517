//! Whatever holds a pod: who it runs as, what it is given, and how it could leave its container.

use super::manifest::Object;
use crate::document::Node;
use crate::extract::ci::is_secret_name;
use crate::extract::guessable::{is_guessable, is_password_name};
use crate::extract::infra::vault_path;
use crate::model::{Facts, Key, Kind};
use crate::relation::{CAN_ASSUME, CONSUMES, RUNS_AS, SOURCED_FROM};

/// Where a pod's specification stands, by kind of workload.
const POD_PATHS: &[&[&str]] =
    &[&["spec", "template", "spec"], &["spec", "jobTemplate", "spec", "template", "spec"], &["spec", "podTemplate", "spec"], &["spec"]];

/// Capabilities with which a container is no longer one.
const CAPABILITIES: &[&str] = &["SYS_ADMIN", "SYS_PTRACE", "SYS_MODULE", "ALL"];

pub(super) fn read(o: &Object<'_>, facts: &mut Facts) {
    let Some(pod) = POD_PATHS.iter().filter_map(|p| o.body.path(p)).find(|s| s.get("containers").is_some()) else { return };
    let key = Key::new(Kind::Consumer, "k8s-workload", o.id(o.kind, o.name));
    let at = o.document.at(o.body);
    let escape = escapes(pod);
    let node = facts.declare(&key, o.name, at.clone());
    node.attr("platform", "kubernetes").attr("tags", o.tags());
    if !escape.is_empty() {
        node.attr("escape", escape);
    }
    let stated = pod.get("serviceAccountName").or_else(|| pod.get("serviceAccount"));
    let name = stated.and_then(Node::str).unwrap_or("default");
    let images: Vec<&str> =
        ["containers", "initContainers"].iter().filter_map(|c| pod.get(c)).flat_map(Node::items).filter_map(|c| c.get_str("image")).collect();
    if !images.is_empty() {
        node.attr("images", images);
    }
    let tokens: Vec<&str> = projected(pod).filter_map(|s| s.path(&["serviceAccountToken", "audience"])).filter_map(Node::str).collect();
    if !tokens.is_empty() {
        node.attr("token_audiences", tokens);
    }
    annotated(o, &key, pod, facts);
    let account = o.account(o.namespace, name);
    let place = stated.map_or(at.clone(), |s| o.document.at(s));
    facts.mention(&account, name, place.clone());
    facts.relate(&key, &RUNS_AS, &account, place);
    for container in ["containers", "initContainers"].iter().filter_map(|c| pod.get(c)).flat_map(Node::items) {
        for variable in container.get("env").into_iter().flat_map(Node::items) {
            environment(o, &key, variable, facts);
        }
        for source in container.get("envFrom").into_iter().flat_map(Node::items) {
            for (field, kind, subtype) in [("secretRef", "Secret", "k8s-secret"), ("configMapRef", "ConfigMap", "k8s-configmap")] {
                if let Some((node, name)) = source.path(&[field, "name"]).and_then(|n| Some((n, n.str()?))) {
                    takes(o, &key, kind, subtype, name, node, facts);
                }
            }
        }
    }
    for volume in pod.get("volumes").into_iter().flat_map(Node::items) {
        let secrets = volume
            .path(&["secret", "secretName"])
            .into_iter()
            .chain(volume.path(&["csi", "nodePublishSecretRef", "name"]))
            .chain(volume.path(&["projected", "sources"]).into_iter().flat_map(Node::items).filter_map(|s| s.path(&["secret", "name"])));
        for (node, name) in secrets.filter_map(|n| Some((n, n.str()?))) {
            takes(o, &key, "Secret", "k8s-secret", name, node, facts);
        }
        if let Some((node, name)) = volume.path(&["configMap", "name"]).and_then(|n| Some((n, n.str()?))) {
            takes(o, &key, "ConfigMap", "k8s-configmap", name, node, facts);
        }
        if let Some((node, name)) = volume.path(&["csi", "volumeAttributes", "secretProviderClass"]).and_then(|n| Some((n, n.str()?))) {
            takes(o, &key, "SecretProviderClass", "k8s-secret", name, node, facts);
        }
        if let Some((node, name)) = volume.path(&["csi", "volumeAttributes", "csiSecretsName"]).and_then(|n| Some((n, n.str()?))) {
            takes(o, &key, "CSISecrets", "k8s-secret", name, node, facts);
        }
    }
    for (node, name) in pod.get("imagePullSecrets").into_iter().flat_map(Node::items).filter_map(|s| s.get("name")).filter_map(|n| Some((n, n.str()?))) {
        takes(o, &key, "Secret", "k8s-secret", name, node, facts);
    }
}

/// Parts of projected volumes, tokens of the account for other audiences among them.
fn projected(pod: &Node) -> impl Iterator<Item = &Node> {
    let volumes = pod.get("volumes").into_iter().flat_map(Node::items);
    volumes.filter_map(|v| v.path(&["projected", "sources"])).flat_map(Node::items)
}

/// What annotations of a pod have injected into it: secrets of Vault's agent, a role by kiam or kube2iam.
fn annotated(o: &Object<'_>, key: &Key, pod: &Node, facts: &mut Facts) {
    let holders = POD_PATHS.iter().filter(|p| o.body.path(p).is_some_and(|n| std::ptr::eq(n, pod)));
    let metadata = holders.filter_map(|p| p.split_last()).find_map(|(_, above)| o.body.path(above)?.path(&["metadata", "annotations"]));
    for (name, node) in metadata.into_iter().flat_map(Node::entries) {
        let Some((name, value)) = name.str().zip(node.str()) else { continue };
        let at = o.document.at(node);
        if name == "vault.hashicorp.com/role" {
            let role = Key::new(Kind::Identity, "vault-role", format!("vault-role:{{{}}}/kubernetes/{value}", o.document.repository_body()));
            facts.mention(&role, value, at.clone());
            facts.relate(key, &RUNS_AS, &role, at);
        } else if name == "vault.hashicorp.com/agent-configmap" && !value.is_empty() {
            takes(o, key, "ConfigMap", "k8s-configmap", value, node, facts);
        } else if name.starts_with("vault.hashicorp.com/agent-inject-secret-") {
            let path = Key::new(Kind::Location, "vault-path", vault_path(o.document.repository_body(), value));
            facts.mention(&path, value, at.clone()).attr("store", "vault").attr("protection", "managed-store");
            facts.relate(key, &CONSUMES, &path, at);
        } else if name == "iam.amazonaws.com/role" && !value.is_empty() {
            let id = if value.starts_with("arn:") { value.to_owned() } else { format!("arn:aws:iam::{{{}}}:role/{value}", o.document.repository_body()) };
            let role = Key::new(Kind::Identity, "aws-role", id);
            facts.mention(&role, value.rsplit('/').next().unwrap_or(value), at.clone());
            facts.relate(key, &CAN_ASSUME, &role, at).attr("via", "kube2iam");
        }
    }
}

fn takes(o: &Object<'_>, who: &Key, kind: &str, subtype: &'static str, name: &str, node: &Node, facts: &mut Facts) {
    let key = Key::new(Kind::Location, subtype, o.id(kind, name));
    facts.mention(&key, name, o.document.at(node));
    facts.relate(who, &CONSUMES, &key, o.document.at(node));
}

fn environment(o: &Object<'_>, who: &Key, variable: &Node, facts: &mut Facts) {
    let Some(name) = variable.get_str("name") else { return };
    let at = o.document.at(variable);
    let slot = Key::new(Kind::Location, "env", format!("{}#{name}", who.id));
    if let Some(value) = variable.get("value").filter(|v| v.str().is_some_and(|s| !s.is_empty())) {
        let node = facts.declare(&slot, name, at.clone());
        node.attr("store", "env");
        if is_password_name(name) && value.str().is_some_and(|v| is_guessable(v, &[o.name])) {
            node.attr("guessable", true);
        }
        facts.relate(who, &CONSUMES, &slot, at.clone());
        facts.holds(&slot, o.document.at(value));
    }
    if variable.get("value").is_some_and(|v| v.str() == Some("")) && is_secret_name(name) {
        // Left for whoever installs it to fill in.
        facts.declare(&slot, name, at.clone()).attr("store", "env");
        facts.relate(who, &CONSUMES, &slot, at.clone());
    }
    for (field, kind, subtype) in [("secretKeyRef", "Secret", "k8s-secret"), ("configMapKeyRef", "ConfigMap", "k8s-configmap")] {
        let Some(reference) = variable.path(&["valueFrom", field]) else { continue };
        let (Some(from), Some(key)) = (reference.get_str("name"), reference.get_str("key")) else { continue };
        let at = o.document.at(variable);
        facts.declare(&slot, name, at.clone()).attr("store", "env");
        facts.relate(who, &CONSUMES, &slot, at);
        let place = o.document.at(reference);
        let part = Key::new(Kind::Location, subtype, format!("{}#{key}", o.id(kind, from)));
        facts.mention(&part, format!("{from}#{key}"), place.clone());
        facts.relate(&slot, &SOURCED_FROM, &part, place.clone());
        let whole = Key::new(Kind::Location, subtype, o.id(kind, from));
        facts.mention(&whole, from, place.clone());
        facts.relate(&part, &SOURCED_FROM, &whole, place);
    }
}

fn escapes(pod: &Node) -> Vec<String> {
    let mut out = Vec::new();
    for field in ["hostPID", "hostNetwork", "hostIPC"] {
        if pod.get(field).and_then(Node::bool) == Some(true) {
            out.push(field.to_owned());
        }
    }
    for path in pod.get("volumes").into_iter().flat_map(Node::items).filter_map(|v| v.path(&["hostPath", "path"])).filter_map(Node::str) {
        if path == "/" || ["docker.sock", "containerd", "/var/lib/kubelet", "/etc", "/proc", "/root"].iter().any(|p| path.contains(p)) {
            out.push(format!("host path {path}"));
        }
    }
    let containers = ["containers", "initContainers", "ephemeralContainers"].into_iter().filter_map(|c| pod.get(c)).flat_map(Node::items);
    for context in containers.filter_map(|c| c.get("securityContext")) {
        if context.get("privileged").and_then(Node::bool) == Some(true) {
            out.push("privileged".to_owned());
        }
        for capability in context.path(&["capabilities", "add"]).into_iter().flat_map(Node::items).filter_map(Node::str) {
            if CAPABILITIES.contains(&capability) {
                out.push(format!("capability {capability}"));
            }
        }
    }
    out.sort();
    out.dedup();
    out
}
