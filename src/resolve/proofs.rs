//! A value that is kept in a slot which lets its holder act as an identity, does so wherever it is kept.

use crate::graph::Graph;
use crate::model::{Condition, Kind};
use crate::relation::AUTHENTICATES_AS;

pub(super) fn apply(graph: &mut Graph) -> bool {
    let mut drawn = Vec::new();
    for slot in graph.of_kind(Kind::Location) {
        for acts in graph.out(slot.id()).filter(|e| e.relation.name == "authenticates_as") {
            for kept in graph.ending_at(slot.id()).filter(|e| e.relation.name == "stored_in") {
                let via = vec![kept.id.clone(), acts.id.clone()];
                drawn.push((kept.from.clone(), acts.to.clone(), (acts.basis, kept.confidence * acts.confidence), via));
            }
        }
    }
    drawn.into_iter().fold(false, |changed, (from, to, basis, via)| changed | graph.derive(&from, &AUTHENTICATES_AS, &to, basis, Condition::True, &via))
}
