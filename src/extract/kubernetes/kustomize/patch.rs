//! Patches: strategic merges, and lists of operations on pointers.

use crate::document::{Map, Node, Value};

/// Values inside values that a merge follows.
const MAX_DEPTH: usize = 60;

/// Applies a patch to the objects that it names, or that its target selects.
pub(super) fn apply(objects: &mut Vec<Node>, patch: &Node, target: Option<&Node>) {
    let operations = matches!(patch.value, Value::List(_));
    let mut gone = Vec::new();
    for (i, object) in objects.iter_mut().enumerate() {
        let chosen = match target {
            Some(target) => selects(target, object),
            None => !operations && names(patch, object),
        };
        if !chosen {
            continue;
        }
        if operations {
            patch.items().iter().for_each(|operation| operate(object, operation));
        } else if patch.get_str("$patch") == Some("delete") {
            gone.push(i);
        } else {
            // A patch with a target may leave names out, or state ones that mean nothing.
            let (kind, metadata) = (object.get("kind").cloned(), object.get("metadata").cloned());
            merge(object, patch, 0);
            if target.is_some() {
                restore(object, kind, metadata);
            }
        }
    }
    for i in gone.into_iter().rev() {
        objects.remove(i);
    }
}

fn text<'n>(node: &'n Node, path: &[&str]) -> &'n str {
    node.path(path).and_then(Node::str).unwrap_or_default()
}

/// Whether a patch names the object by kind and name, and by namespace where both state one.
fn names(patch: &Node, object: &Node) -> bool {
    let (theirs, own) = (text(patch, &["metadata", "namespace"]), text(object, &["metadata", "namespace"]));
    text(patch, &["kind"]) == text(object, &["kind"])
        && text(patch, &["metadata", "name"]) == text(object, &["metadata", "name"])
        && (theirs.is_empty() || own.is_empty() || theirs == own)
}

/// Whether a target selects the object. Its fields are patterns that must match whole.
fn selects(target: &Node, object: &Node) -> bool {
    let fits = |field: &str, value: &str| match target.get_str(field) {
        None | Some("") => true,
        Some(pattern) if pattern == value => true,
        // Most targets name one object: a name is no pattern of another.
        Some(pattern) if pattern.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')) => false,
        Some(pattern) => regex::RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(1 << 16).build().is_ok_and(|r| r.is_match(value)),
    };
    let labels = target.get_str("labelSelector").unwrap_or_default();
    let labelled = labels
        .split(',')
        .filter_map(|l| l.split_once('='))
        .all(|(k, v)| object.path(&["metadata", "labels"]).and_then(|l| l.get_str(k.trim())).is_some_and(|own| own == v.trim_start_matches('=').trim()));
    fits("kind", text(object, &["kind"]))
        && fits("name", text(object, &["metadata", "name"]))
        && fits("namespace", text(object, &["metadata", "namespace"]))
        && labelled
}

fn restore(object: &mut Node, kind: Option<Node>, metadata: Option<Node>) {
    let name = metadata.as_ref().and_then(|m| m.get("name")).cloned();
    if let Some(kind) = kind {
        put(object, "kind", kind);
    }
    if let (Some(name), Some(metadata)) = (name, entry(object, "metadata")) {
        put(metadata, "name", name);
    }
}

/// The value of a key, to be changed.
pub(super) fn entry<'n>(node: &'n mut Node, key: &str) -> Option<&'n mut Node> {
    let Value::Map(Map(entries)) = &mut node.value else { return None };
    entries.iter_mut().rev().find(|(k, _)| k.str() == Some(key)).map(|(_, v)| v)
}

/// Sets the value of a key.
pub(super) fn put(node: &mut Node, key: &str, value: Node) {
    if let Some(old) = entry(node, key) {
        *old = value;
    } else if let Value::Map(Map(entries)) = &mut node.value {
        entries.push((Node::text_at(key, value.line, value.column), value));
    }
}

/// Lays a patch over an object: maps are united, lists of named things are united by name, null takes away.
fn merge(base: &mut Node, patch: &Node, depth: usize) {
    if depth > MAX_DEPTH {
        return;
    }
    match (&mut base.value, &patch.value) {
        (Value::Map(_), Value::Map(Map(changes))) => {
            if patch.get_str("$patch") == Some("replace") {
                let kept = changes.iter().filter(|(k, _)| k.str() != Some("$patch")).cloned().collect();
                *base = Node { value: Value::Map(Map(kept)), ..patch.clone() };
                return;
            }
            for (key, change) in changes.iter().filter_map(|(k, v)| Some((k.str()?, v))) {
                match (&change.value, entry(base, key)) {
                    (Value::Null, _) => {
                        if let Value::Map(Map(entries)) = &mut base.value {
                            entries.retain(|(k, _)| k.str() != Some(key));
                        }
                    }
                    (_, Some(old)) => merge(old, change, depth + 1),
                    (_, None) => put(base, key, change.clone()),
                }
            }
        }
        (Value::List(own), Value::List(changes)) if merge_key(own, changes).is_some() => {
            let key = merge_key(own, changes).unwrap_or("name");
            for change in changes {
                let place = own.iter().position(|o| o.get(key).and_then(Node::scalar) == change.get(key).and_then(Node::scalar));
                match (place, change.get_str("$patch")) {
                    (Some(i), Some("delete")) => drop(own.remove(i)),
                    (Some(i), _) => merge(&mut own[i], change, depth + 1),
                    (None, _) => own.push(change.clone()),
                }
            }
        }
        _ => *base = patch.clone(),
    }
}

/// The key by which items of two lists are the same thing.
fn merge_key(own: &[Node], changes: &[Node]) -> Option<&'static str> {
    let keys = ["name", "mountPath", "containerPort", "port", "ip"];
    keys.into_iter().find(|k| !changes.is_empty() && changes.iter().chain(own).all(|i| i.get(k).is_some()))
}

fn operate(object: &mut Node, operation: &Node) {
    let segments =
        |field: &str| -> Option<Vec<String>> { Some(operation.get_str(field)?.split('/').skip(1).map(|s| s.replace("~1", "/").replace("~0", "~")).collect()) };
    let Some(path) = segments("path") else { return };
    let value = operation.get("value");
    match (operation.get_str("op"), value) {
        (Some("add" | "replace"), Some(value)) => set(object, &path, value.clone(), operation.get_str("op") == Some("add")),
        (Some("remove"), _) => {
            take(object, &path);
        }
        (Some(op @ ("move" | "copy")), _) => {
            let Some(from) = segments("from") else { return };
            let found = if op == "move" {
                take(object, &from)
            } else {
                let keys: Vec<&str> = from.iter().map(String::as_str).collect();
                object.path(&keys).cloned()
            };
            if let Some(found) = found {
                set(object, &path, found, true);
            }
        }
        _ => {}
    }
}

/// Walks to the holder of the last segment.
fn holder<'n>(object: &'n mut Node, path: &[String]) -> Option<&'n mut Node> {
    path.iter().try_fold(object, |node, key| {
        if node.is_map() {
            return entry(node, key);
        }
        match &mut node.value {
            Value::List(items) => key.parse::<usize>().ok().and_then(|i| items.get_mut(i)),
            _ => None,
        }
    })
}

fn set(object: &mut Node, path: &[String], value: Node, adds: bool) {
    let Some((last, above)) = path.split_last() else { return };
    let Some(node) = holder(object, above) else { return };
    match &mut node.value {
        Value::List(items) => match last.parse::<usize>() {
            Ok(i) if adds && i <= items.len() => items.insert(i, value),
            Ok(i) if i < items.len() => items[i] = value,
            _ => items.push(value),
        },
        Value::Map(_) => put(node, last, value),
        _ => {}
    }
}

fn take(object: &mut Node, path: &[String]) -> Option<Node> {
    let (last, above) = path.split_last()?;
    match &mut holder(object, above)?.value {
        Value::List(items) => last.parse::<usize>().ok().filter(|i| *i < items.len()).map(|i| items.remove(i)),
        Value::Map(Map(entries)) => {
            let i = entries.iter().position(|(k, _)| k.str() == Some(last))?;
            Some(entries.remove(i).1)
        }
        _ => None,
    }
}
