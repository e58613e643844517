//! A slot that is fed from another has its value.

use serde_json::Value;

use crate::graph::Graph;

pub(super) fn apply(graph: &mut Graph) -> bool {
    let mut found = Vec::new();
    for edge in graph.edges.values().filter(|e| e.relation.name == "sourced_from") {
        let value = graph.node(&edge.to).and_then(|n| n.text("value"));
        if let Some(value) = value
            && graph.node(&edge.from).is_some_and(|n| n.text("value").is_none())
        {
            found.push((edge.from.clone(), value.to_owned()));
        }
    }
    for (id, value) in &found {
        if let Some(node) = graph.nodes.get_mut(id) {
            node.attributes.insert("value".into(), Value::from(value.clone()));
        }
    }
    !found.is_empty()
}
