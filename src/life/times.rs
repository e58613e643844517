//! When a thing was made, when its value was renewed, when it ends.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::{living, span};
use crate::graph::{Graph, GraphNode};
use crate::model::{Kind, NodeId, instant, rfc3339};

/// Repository, path, rule and commit of a value that came or went.
type Event = (Arc<str>, Arc<str>, String, String);

pub(super) fn assign(graph: &mut Graph) {
    let replaced = replacements(graph);
    for (old, new, time) in replaced {
        if let Some(node) = graph.nodes.get_mut(&old) {
            node.attributes.insert("replaced_by".into(), Value::from(&*new));
        }
        if let Some(node) = graph.nodes.get_mut(&new) {
            node.attributes.insert("rotated".into(), Value::from(rfc3339(time)));
            node.attributes.insert("rotated_because".into(), Value::from("another value stood in the same place before"));
        }
    }
    for id in living(graph) {
        let Some(node) = graph.nodes.get_mut(&id) else { continue };
        let stated = node.time("created").filter(|_| node.text("created_basis") != Some("history"));
        let (created, basis) = match (stated, &node.first_seen) {
            (Some(time), _) => (Some(time), "stated"),
            (None, Some(first)) => (Some(first.time), "history"),
            (None, None) => (None, ""),
        };
        if let Some(time) = created {
            node.attributes.insert("created".into(), Value::from(rfc3339(time)));
            node.attributes.insert("created_basis".into(), Value::from(basis));
        }
        if let Some(time) = node.time("expires").or_else(|| Some(stated? + lifetime(node)?).filter(|_| node.key.kind == Kind::Credential)) {
            node.attributes.insert("expires".into(), Value::from(rfc3339(time)));
        }
    }
}

/// How long one is valid from its making, in seconds, when a document says so.
pub(super) fn lifetime(node: &GraphNode) -> Option<i64> {
    let value = node.attributes.get("lifetime")?;
    value.as_i64().filter(|s| *s > 0).or_else(|| span::seconds(value.as_str()?))
}

/// A value that left a file in the very commit that brought another of the same kind there: old, new, when. Where several come or go at once, nothing
/// is said.
fn replacements(graph: &Graph) -> Vec<(NodeId, NodeId, i64)> {
    let mut came: BTreeMap<Event, Vec<&GraphNode>> = BTreeMap::new();
    let mut went: BTreeMap<Event, Vec<&GraphNode>> = BTreeMap::new();
    for node in graph.of_kind(Kind::Credential) {
        let Some(rule) = node.text("rule") else { continue };
        let mut files: Vec<(&Arc<str>, &Arc<str>)> = node.declared.iter().map(|l| (&l.repository, &l.path)).collect();
        files.sort();
        files.dedup();
        for (repository, path) in files {
            let event = |revision: &str| (repository.clone(), path.clone(), rule.to_owned(), revision.to_owned());
            if let Some(first) = &node.first_seen {
                came.entry(event(&first.revision)).or_default().push(node);
            }
            if let Some(revision) = node.attributes.get("removed").and_then(|r| r.get("revision")).and_then(Value::as_str) {
                went.entry(event(revision)).or_default().push(node);
            }
        }
    }
    let mut out = Vec::new();
    for (event, old) in &went {
        if let ([old], Some([new])) = (old.as_slice(), came.get(event).map(Vec::as_slice))
            && old.id() != new.id()
        {
            let time = old.attributes.get("removed").and_then(|r| r.get("time")).and_then(Value::as_str).and_then(instant);
            out.extend(time.map(|t| (old.id().clone(), new.id().clone(), t)));
        }
    }
    out
}
