//! What its name suggests: a known team or person is part of it.

use super::party::slug;
use super::score::Said;
use super::signal::OwnerSignal;
use super::{Subject, World};
use crate::graph::GraphNode;

pub(super) static NAME: OwnerSignal = OwnerSignal { name: "name", tier: 6, weight: 0.25, about: "a known team or person is part of its name", run: name };

fn name(subject: &Subject<'_>, said: &mut Said<'_>) {
    let slug = slug(subject.node.name());
    for word in slug.split('-') {
        if let Some(party) = subject.world.slugs.get(word) {
            said.owner(party, 1.0, subject.place);
        }
    }
}

/// Whether an identity bears the name of a person.
pub(super) fn is_human(node: &GraphNode, world: &World<'_>) -> bool {
    slug(node.name()).split('-').any(|word| world.slugs.get(word).is_some_and(|party| party.starts_with("person:")))
}
