//! A slot whose value opens something opens it wherever the value is kept before it gets there: whoever reads the secret of a pipeline that becomes
//! the password of a database has the database.

use crate::graph::{Edge, Graph, edge_id};
use crate::model::{Basis, Kind};
use crate::relation::CAN_ACCESS;

pub(super) fn apply(graph: &mut Graph) -> bool {
    let mut drawn: Vec<Edge> = Vec::new();
    for slot in graph.of_kind(Kind::Location) {
        let mut opens = graph.out(slot.id()).filter(|e| e.relation.name == "can_access").peekable();
        if opens.peek().is_none() {
            continue;
        }
        // A value that is handed on by its name is the same value; a whole that holds a part is not.
        let fed =
            |e: &&Edge| e.relation.name == "sourced_from" && graph.node(&e.to).is_some_and(|n| n.key.kind == Kind::Location) && !holds_more(&e.from, &e.to);
        let sources: Vec<&Edge> = graph.out(slot.id()).filter(fed).collect();
        for open in opens {
            for fed in &sources {
                let certainty = (Basis::Evaluated, open.confidence * fed.confidence);
                let via = vec![fed.id.clone(), open.id.clone()];
                let mut edge = Edge::derived(fed.to.clone(), &CAN_ACCESS, open.to.clone(), certainty, open.condition.min(fed.condition), via);
                edge.id = edge_id(&CAN_ACCESS, &edge.from, &edge.to, open.text("level").unwrap_or_default());
                if let Some(level) = open.attributes.get("level") {
                    edge.attributes.insert("level".into(), level.clone());
                }
                drawn.push(edge);
            }
        }
    }
    drawn.into_iter().fold(false, |changed, edge| changed | graph.add_edge(edge))
}

/// Whether one slot is a part of the other, by its id.
fn holds_more(part: &str, whole: &str) -> bool {
    part.strip_prefix(whole).is_some_and(|rest| rest.starts_with('#'))
}
