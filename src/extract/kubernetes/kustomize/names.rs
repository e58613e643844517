//! What an overlay does to names: prefixes and suffixes with the references that follow them, namespaces, labels, images.

use std::collections::BTreeSet;

use super::super::put_namespace;
use super::patch::{entry, put};
use crate::document::{Map, Node, Value};

/// Values inside values that are followed.
const MAX_DEPTH: usize = 60;

/// Kinds of objects that live in no namespace.
const CLUSTER_WIDE: &[&str] = &[
    "Namespace",
    "ClusterRole",
    "ClusterRoleBinding",
    "ClusterIssuer",
    "ClusterSecretStore",
    "ClusterExternalSecret",
    "PersistentVolume",
    "StorageClass",
    "PriorityClass",
    "IngressClass",
    "APIService",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
    "CustomResourceDefinition",
];

/// Fields whose `name` refers to an object of that kind.
const NAMED: &[(&str, &str)] = &[
    ("secretKeyRef", "Secret"),
    ("secretRef", "Secret"),
    ("configMapKeyRef", "ConfigMap"),
    ("configMapRef", "ConfigMap"),
    ("configMap", "ConfigMap"),
    ("secret", "Secret"),
    ("imagePullSecrets", "Secret"),
    ("secrets", "Secret"),
];

pub(super) fn is_cluster_wide(object: &Node) -> bool {
    object.get_str("kind").is_some_and(|k| CLUSTER_WIDE.contains(&k))
}

fn name(object: &Node) -> Option<(String, String)> {
    Some((object.get_str("kind")?.to_owned(), object.path(&["metadata", "name"])?.str()?.to_owned()))
}

/// Puts a prefix and a suffix on every name, and on every reference to one of these objects.
pub(super) fn affix(objects: &mut [Node], prefix: &str, suffix: &str) {
    if prefix.is_empty() && suffix.is_empty() {
        return;
    }
    let known: BTreeSet<(String, String)> = objects.iter().filter(|o| o.get_str("kind") != Some("Namespace")).filter_map(name).collect();
    let rename = |kind: &str, node: &mut Node| {
        if let Value::Text(text) = &mut node.value
            && known.contains(&(kind.to_owned(), text.clone()))
        {
            *text = format!("{prefix}{text}{suffix}");
        }
    };
    for object in objects.iter_mut() {
        follow(object, &rename, 0);
        let Some((kind, _)) = name(object) else { continue };
        if let Some(node) = entry(object, "metadata").and_then(|m| entry(m, "name")) {
            rename(&kind, node);
        }
    }
}

/// Calls `rename` for every reference inside.
fn follow(node: &mut Node, rename: &dyn Fn(&str, &mut Node), depth: usize) {
    if depth > MAX_DEPTH {
        return;
    }
    match &mut node.value {
        Value::List(items) => items.iter_mut().for_each(|i| follow(i, rename, depth + 1)),
        Value::Map(Map(entries)) => {
            let kind = entries.iter().find(|(k, _)| k.str() == Some("kind")).and_then(|(_, v)| v.str()).map(str::to_owned);
            for (key, value) in entries.iter_mut() {
                let key = key.str().unwrap_or_default();
                match key {
                    "serviceAccountName" | "serviceAccount" => rename("ServiceAccount", value),
                    "secretName" => rename("Secret", value),
                    // A subject or the role of a binding states its kind beside its name.
                    "name" if depth > 0 => {
                        if let Some(kind) = &kind {
                            rename(kind, value);
                        }
                    }
                    "metadata" => continue,
                    _ => {}
                }
                if let Some((_, kind)) = NAMED.iter().find(|(field, _)| *field == key) {
                    let holders = match &mut value.value {
                        Value::List(items) => items.iter_mut().collect(),
                        _ => vec![&mut *value],
                    };
                    for holder in holders {
                        if let Some(name) = entry(holder, "name") {
                            rename(kind, name);
                        }
                    }
                }
                follow(value, rename, depth + 1);
            }
        }
        _ => {}
    }
}

/// Moves every object into a namespace, and with it the subjects of bindings that are among them.
pub(super) fn namespace(objects: &mut [Node], namespace: &str) {
    let accounts: BTreeSet<String> = objects.iter().filter_map(name).filter(|(kind, _)| kind == "ServiceAccount").map(|(_, name)| name).collect();
    for object in objects.iter_mut() {
        if let Some(Value::List(subjects)) = entry(object, "subjects").map(|s| &mut s.value) {
            for subject in subjects.iter_mut().filter(|s| s.get_str("kind") == Some("ServiceAccount")) {
                let known = subject.get_str("name").is_some_and(|n| n == "default" || accounts.contains(n));
                if known || subject.get("namespace").is_none() {
                    let value = Node::text_at(namespace, subject.line, subject.column);
                    put(subject, "namespace", value);
                }
            }
        }
        if !is_cluster_wide(object) {
            put_namespace(object, namespace, true);
        }
    }
}

/// Adds labels or annotations.
pub(super) fn mark(object: &mut Node, part: &str, pairs: &Node) {
    let Some(metadata) = entry(object, "metadata").filter(|m| m.is_map()) else { return };
    if entry(metadata, part).is_none_or(|n| !n.is_map()) {
        put(metadata, part, Node { value: Value::Map(Map::default()), ..pairs.clone() });
    }
    let Some(part) = entry(metadata, part) else { return };
    for (key, value) in pairs.entries() {
        put(part, key.str().unwrap_or_default(), value.clone());
    }
}

/// Gives containers of an image another name, tag or digest.
pub(super) fn image(node: &mut Node, change: &Node, depth: usize) {
    if depth > MAX_DEPTH {
        return;
    }
    match &mut node.value {
        Value::List(items) => items.iter_mut().for_each(|i| image(i, change, depth + 1)),
        Value::Map(Map(entries)) => {
            for (key, value) in entries.iter_mut() {
                if key.str() == Some("image")
                    && let Value::Text(text) = &mut value.value
                {
                    renamed(text, change);
                } else {
                    image(value, change, depth + 1);
                }
            }
        }
        _ => {}
    }
}

fn renamed(image: &mut String, change: &Node) {
    let (name, digest) = image.split_once('@').map_or((image.as_str(), None), |(n, d)| (n, Some(d)));
    let (name, tag) = match name.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (name, None),
    };
    if change.get_str("name") != Some(name) {
        return;
    }
    let name = change.get_str("newName").unwrap_or(name);
    let tag = change.get("newTag").and_then(Node::scalar).or(tag.map(str::to_owned));
    *image = match (change.get_str("digest").or(digest), tag) {
        (Some(digest), _) => format!("{name}@{digest}"),
        (None, Some(tag)) => format!("{name}:{tag}"),
        (None, None) => name.to_owned(),
    };
}
