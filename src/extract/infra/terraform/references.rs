//! What expressions refer to, and the nodes that those are.

use serde_json::Value as Json;

use super::eval::{Scope, as_text};
use crate::document::{Expr, Node, Part, Value};
use crate::model::{Key, Kind};

pub(super) fn many(value: &Json) -> Vec<String> {
    match value {
        Json::Array(items) => items.iter().map(as_text).collect(),
        Json::Null => Vec::new(),
        other => vec![as_text(other)],
    }
}

/// Every reference inside an expression.
pub(super) fn references(node: &Node) -> Vec<Vec<String>> {
    let mut out = Vec::new();
    collect(node, &mut out, 0);
    out
}

fn collect(node: &Node, out: &mut Vec<Vec<String>>, depth: usize) {
    if depth > 40 {
        return;
    }
    match &node.value {
        Value::Expr(e) => match &**e {
            Expr::Reference(segments) => out.push(segments.clone()),
            Expr::Traversal(base, _) => collect(base, out, depth + 1),
            Expr::Template(parts) => {
                for part in parts {
                    if let Part::Value(inner) = part {
                        collect(inner, out, depth + 1);
                    }
                }
            }
            Expr::Call(_, arguments) => arguments.iter().for_each(|a| collect(a, out, depth + 1)),
            Expr::Conditional(a, b, c) => [a, b, c].into_iter().for_each(|n| collect(n, out, depth + 1)),
            Expr::Operation(_, left, right) => left.iter().chain([right]).for_each(|n| collect(n, out, depth + 1)),
            Expr::For { over, value, .. } => [over, value].into_iter().for_each(|n| collect(n, out, depth + 1)),
            Expr::Opaque(_) => {}
        },
        Value::List(items) => items.iter().for_each(|i| collect(i, out, depth + 1)),
        Value::Map(map) => map.0.iter().for_each(|(_, v)| collect(v, out, depth + 1)),
        _ => {}
    }
}

/// Nodes of this folder that an argument refers to, directly or through locals and names.
pub(super) fn targets(scope: &Scope<'_>, node: &Node) -> Vec<(Key, String)> {
    let mut out: Vec<(Key, String)> = references(node).iter().filter_map(|s| scope.target(s)).filter_map(|(a, _)| scope.known.get(&a)).cloned().collect();
    if out.is_empty() {
        for text in many(&scope.value(node, 0)) {
            out.extend(scope.named_in(&text).into_iter().cloned());
            if out.is_empty() {
                // By its literal name, when a block of this folder makes it.
                out.extend(scope.known.values().filter(|(k, n)| *n == text && k.kind == Kind::Identity).cloned());
            }
        }
    }
    out
}
