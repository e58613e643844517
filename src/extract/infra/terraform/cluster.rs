//! Objects of a cluster that Terraform makes, read as the manifests that they are.

use super::Block;
use super::eval::Scope;
use crate::document::{Document, Map, Node, Value, parse_yaml_inside};
use crate::extract::kubernetes::objects;
use crate::model::{Facts, Key, Kind};

/// Types with fields of their own, without a version at their end, and what they are in a cluster.
const KINDS: &[(&str, &str, &str)] = &[
    ("kubernetes_deployment", "apps/v1", "Deployment"),
    ("kubernetes_stateful_set", "apps/v1", "StatefulSet"),
    ("kubernetes_daemonset", "apps/v1", "DaemonSet"),
    ("kubernetes_daemon_set", "apps/v1", "DaemonSet"),
    ("kubernetes_replication_controller", "v1", "ReplicationController"),
    ("kubernetes_pod", "v1", "Pod"),
    ("kubernetes_job", "batch/v1", "Job"),
    ("kubernetes_cron_job", "batch/v1", "CronJob"),
    ("kubernetes_config_map", "v1", "ConfigMap"),
    ("kubernetes_role", "rbac.authorization.k8s.io/v1", "Role"),
    ("kubernetes_cluster_role", "rbac.authorization.k8s.io/v1", "ClusterRole"),
    ("kubernetes_role_binding", "rbac.authorization.k8s.io/v1", "RoleBinding"),
    ("kubernetes_cluster_role_binding", "rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
];

/// Blocks that are lists in a manifest, by the names of both.
const LISTS: &[(&str, &str)] = &[
    ("container", "containers"),
    ("init_container", "initContainers"),
    ("env", "env"),
    ("env_from", "envFrom"),
    ("volume", "volumes"),
    ("volume_mount", "volumeMounts"),
    ("image_pull_secrets", "imagePullSecrets"),
    ("sources", "sources"),
    ("items", "items"),
    ("rule", "rules"),
    ("subject", "subjects"),
];

/// Maps whose keys are the user's own.
const OWN_KEYS: &[&str] = &["labels", "annotations", "match_labels", "data", "binary_data", "volume_attributes"];

/// Depth below which nothing of an object is looked at.
const MAX_DEPTH: usize = 32;

fn kind(block: &Block<'_>) -> Option<(&'static str, &'static str)> {
    let bare = block.resource_type.strip_suffix("_v1").unwrap_or(block.resource_type);
    KINDS.iter().find(|(t, ..)| *t == bare && !block.data).map(|(_, version, kind)| (*version, *kind))
}

/// The node that an object is: the same as that of its manifest.
pub(super) fn key(block: &Block<'_>, metadata: impl FnOnce() -> Option<(String, String)>) -> Option<(Key, String)> {
    let (_, kind) = kind(block)?;
    let (node, subtype) = match kind {
        "ConfigMap" => (Kind::Location, "k8s-configmap"),
        "Role" | "ClusterRole" => (Kind::Policy, "k8s-role"),
        "RoleBinding" | "ClusterRoleBinding" => return None,
        _ => (Kind::Consumer, "k8s-workload"),
    };
    let (namespace, name) = metadata()?;
    let namespace = if kind.starts_with("Cluster") { "-" } else { &namespace };
    Some((Key::new(node, subtype, format!("k8s:{{{}}}/{namespace}/{kind}/{name}", block.document.repository_body())), name))
}

/// Whether a block stands for an object of a cluster that has no node as a resource of Terraform.
pub(super) fn is_object(block: &Block<'_>) -> bool {
    kind(block).is_some() || is_manifest(block)
}

fn is_manifest(block: &Block<'_>) -> bool {
    !block.data && matches!(block.resource_type, "kubernetes_manifest" | "kubectl_manifest" | "k8s_manifest")
}

/// Reads the object.
pub(super) fn read(block: &Block<'_>, scope: &Scope<'_>, facts: &mut Facts) {
    let trees = if is_manifest(block) {
        match (block.body.get("manifest"), block.body.get("yaml_body").or_else(|| block.body.get("content"))) {
            (Some(manifest), _) if manifest.is_map() => vec![plain(manifest, scope, 0)],
            (Some(text), _) | (None, Some(text)) => {
                // The text of a heredoc begins on the line below its marker; what a call gives stands at the call.
                let first = if text.end_line > text.line + 1 { text.line + 1 } else { text.line };
                parse_yaml_inside(&scope.text(text, 0), first).unwrap_or_default()
            }
            (None, None) => return,
        }
    } else if let Some((version, kind)) = kind(block) {
        let mut tree = shaped(block.body, scope, 0);
        let Value::Map(Map(entries)) = &mut tree.value else { return };
        let (line, column) = (block.body.line, block.body.column);
        entries.retain(|(k, _)| !matches!(k.str(), Some("apiVersion" | "kind")));
        for (name, value) in [("apiVersion", version), ("kind", kind)] {
            entries.push((Node::text_at(name, line, column), Node::text_at(value, line, column)));
        }
        vec![tree]
    } else {
        return;
    };
    objects(&Document::evaluated(block.document.repository.clone(), block.document.path.clone(), trees), facts);
}

/// A value as the manifest has it: what stays open is its expression.
fn plain(node: &Node, scope: &Scope<'_>, depth: usize) -> Node {
    let value = match &node.value {
        _ if depth > MAX_DEPTH => Value::Null,
        Value::Map(Map(entries)) => Value::Map(Map(entries.iter().map(|(k, v)| (name(k, scope), plain(v, scope, depth + 1))).collect())),
        Value::List(items) => Value::List(items.iter().map(|i| plain(i, scope, depth + 1)).collect()),
        Value::Expr(_) => Value::Text(scope.filled(&scope.text(node, 0), 0)),
        other => other.clone(),
    };
    Node { value, ..*node }
}

fn name(key: &Node, scope: &Scope<'_>) -> Node {
    let text = if matches!(key.value, Value::Expr(_)) { scope.text(key, 0) } else { key.scalar().unwrap_or_default() };
    Node { value: Value::Text(text), ..*key }
}

/// A block as the manifest has it: names in its spelling, blocks that repeat as lists.
fn shaped(node: &Node, scope: &Scope<'_>, depth: usize) -> Node {
    let Value::Map(Map(entries)) = &node.value else { return plain(node, scope, depth) };
    let mut out: Vec<(Node, Node)> = Vec::new();
    for (key, value) in entries.iter().filter(|_| depth <= MAX_DEPTH) {
        let written = key.scalar().unwrap_or_default();
        if OWN_KEYS.contains(&written.as_str()) {
            out.push((Node { value: Value::Text(camel(&written)), ..*key }, plain(value, scope, depth + 1)));
            continue;
        }
        let Some((_, plural)) = LISTS.iter().find(|(one, _)| *one == written) else {
            out.push((Node { value: Value::Text(camel(&written)), ..*key }, shaped(value, scope, depth + 1)));
            continue;
        };
        let items: Vec<Node> = value.one_or_many().iter().map(|i| shaped(i, scope, depth + 1)).collect();
        match out.iter_mut().find(|(k, _)| k.str() == Some(plural)) {
            Some((_, Node { value: Value::List(list), .. })) => list.extend(items),
            _ => out.push((Node::text_at(*plural, key.line, key.column), Node { value: Value::List(items), ..*value })),
        }
    }
    Node { value: Value::Map(Map(out)), ..*node }
}

/// `service_account_name` as `serviceAccountName`.
fn camel(text: &str) -> String {
    let mut parts = text.split('_');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut letters = part.chars();
        out.extend(letters.next().map(|c| c.to_ascii_uppercase()));
        out.push_str(letters.as_str());
    }
    out
}
