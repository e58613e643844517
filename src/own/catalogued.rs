//! What is written down elsewhere for it: the configuration, the service catalogue, the manifest beside it.

use super::Subject;
use super::rules::glob;
use super::score::Said;
use super::signal::OwnerSignal;
use crate::model::{Kind, Role};

pub(super) static CONFIGURED: OwnerSignal = OwnerSignal {
    name: "configured",
    tier: 2,
    weight: 0.95,
    about: "owners: or inventory: in nhi.yaml names an owner or a sponsor for its id or path",
    run: configured,
};
pub(super) static CATALOGUE: OwnerSignal =
    OwnerSignal { name: "catalogue", tier: 2, weight: 0.85, about: "the catalogue entry nearest above its file has an owner", run: catalogue };
pub(super) static MANIFEST: OwnerSignal =
    OwnerSignal { name: "manifest", tier: 4, weight: 0.45, about: "the manifest nearest above its file names an author or maintainer", run: manifest };

fn configured(subject: &Subject<'_>, said: &mut Said<'_>) {
    let fits = |pattern: &str| glob(pattern, subject.node.id()) || subject.node.places().any(|l| glob(pattern, &l.path));
    // The first entry that fits counts.
    if let Some(entry) = subject.world.mapped.iter().find(|m| fits(&m.matches)) {
        said.owner(&entry.owner, 1.0, None);
    }
    let approved = match subject.node.key.kind {
        Kind::Agent => &subject.world.inventory.agents,
        _ => &subject.world.inventory.identities,
    };
    if let Some(entry) = approved.iter().find(|a| crate::model::glob(&a.matches, subject.node.id())) {
        entry.owner.iter().for_each(|owner| said.owner(owner, 1.0, None));
        entry.sponsor.iter().for_each(|sponsor| said.role(Role::Sponsor, sponsor, 1.0, None));
    }
}

fn catalogue(subject: &Subject<'_>, said: &mut Said<'_>) {
    let (Some(place), Some(home)) = (subject.place, subject.home) else { return };
    if let Some((party, at)) = home.catalogue.owner_of(&place.path) {
        said.owner(party, 1.0, Some(at));
    }
}

fn manifest(subject: &Subject<'_>, said: &mut Said<'_>) {
    let (Some(place), Some(home)) = (subject.place, subject.home) else { return };
    for (party, at) in home.manifests.named_for(&place.path) {
        said.owner(party, 1.0, Some(at));
    }
}
