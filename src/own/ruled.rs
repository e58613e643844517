//! Rules over paths: CODEOWNERS and OWNERS, for the file that defines it, and for the files that use it.

use std::sync::Arc;

use super::score::Said;
use super::signal::OwnerSignal;
use super::{Home, Subject, World};
use crate::graph::Approval;
use crate::model::Location;

/// A rule for every file says this much of what one for the file says.
const CATCH_ALL: f64 = 0.5;
/// Files of users that are looked at.
const MAX_USERS: usize = 4;

pub(super) static CODEOWNERS: OwnerSignal =
    OwnerSignal { name: "codeowners", tier: 3, weight: 0.75, about: "CODEOWNERS names an owner for the file that defines it", run: codeowners };
pub(super) static OWNERS: OwnerSignal =
    OwnerSignal { name: "owners-file", tier: 3, weight: 0.75, about: "an OWNERS file above the file that defines it names approvers", run: owners };
pub(super) static USED_THERE: OwnerSignal = OwnerSignal {
    name: "owner-of-user",
    tier: 3,
    weight: 0.6,
    about: "no file defines it; CODEOWNERS or OWNERS name an owner for a file that uses it",
    run: used_there,
};

fn codeowners(subject: &Subject<'_>, said: &mut Said<'_>) {
    let (Some(place), Some(home)) = (subject.place, subject.home) else { return };
    by_rules(home, place, 1.0, said);
}

fn by_rules(home: &Home<'_>, place: &Location, factor: f64, said: &mut Said<'_>) {
    let Some(rules) = &home.rules else { return };
    for owned in rules.owners_of(&place.path) {
        let at = rules.at(owned.line);
        for party in &owned.parties {
            if owned.catch_all {
                said.owner_of_everything(party, factor * CATCH_ALL, Some(&at));
            } else {
                said.owner(party, factor, Some(&at));
            }
        }
    }
}

fn owners(subject: &Subject<'_>, said: &mut Said<'_>) {
    let (Some(place), Some(home)) = (subject.place, subject.home) else { return };
    by_folders(home, place, 1.0, said);
}

fn by_folders(home: &Home<'_>, place: &Location, factor: f64, said: &mut Said<'_>) {
    for (party, weight, at) in home.folders.owners_of(&place.path) {
        // The root's owners answer for everything.
        if &*at.path == "OWNERS" {
            said.owner_of_everything(&party, factor * weight, Some(&at));
        } else {
            said.owner(&party, factor * weight, Some(&at));
        }
    }
}

fn used_there(subject: &Subject<'_>, said: &mut Said<'_>) {
    if !subject.node.declared.is_empty() {
        return;
    }
    for place in subject.users().filter_map(|n| n.primary()).filter(|l| l.revision.is_none()).take(MAX_USERS) {
        if let Some(home) = subject.world.homes.get(&*place.repository) {
            by_rules(home, place, 1.0, said);
            by_folders(home, place, 1.0, said);
        }
    }
}

/// Every pattern of CODEOWNERS with those who must approve changes of what it fits.
pub(super) fn approvals(world: &World<'_>) -> Vec<Approval> {
    let mut out = Vec::new();
    for rules in world.homes.values().filter_map(|h| h.rules.as_ref()) {
        for entry in rules.entries().into_iter().filter(|e| !e.parties.is_empty()) {
            let parties: Vec<Arc<str>> = entry.parties.iter().map(|p| world.crowd.canonical(p).into()).collect();
            out.push(Approval { pattern: entry.pattern.to_owned(), parties, at: rules.at(entry.line) });
        }
    }
    out
}
