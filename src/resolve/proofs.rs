//! A value that is kept in a slot which lets its holder act as an identity, does so wherever it is kept: also in what feeds the slot.

use crate::graph::Graph;
use crate::model::{Condition, Kind};
use crate::relation::AUTHENTICATES_AS;

/// Confidence below which a chain of feeds says nothing.
const LEAST: f64 = 0.35;

pub(super) fn apply(graph: &mut Graph) -> bool {
    let mut drawn = Vec::new();
    for slot in graph.of_kind(Kind::Location) {
        for acts in graph.out(slot.id()).filter(|e| e.relation.name == "authenticates_as") {
            let kept = graph.ending_at(slot.id()).filter(|e| e.relation.name == "stored_in").map(|e| (e, &e.from));
            let fed = graph.out(slot.id()).filter(|e| e.relation.name == "sourced_from").map(|e| (e, &e.to));
            for (by, holder) in kept.chain(fed) {
                let confidence = by.confidence * acts.confidence;
                if confidence >= LEAST {
                    let via = vec![by.id.clone(), acts.id.clone()];
                    drawn.push((holder.clone(), acts.to.clone(), (acts.basis, confidence), via));
                }
            }
        }
    }
    drawn.into_iter().fold(false, |changed, (from, to, basis, via)| changed | graph.derive(&from, &AUTHENTICATES_AS, &to, basis, Condition::True, &via))
}
