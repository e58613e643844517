//! What people did: who brought it, who wrote most of it, who changed its file, who uses it, who approved it.

use std::collections::BTreeMap;

use super::score::Said;
use super::signal::OwnerSignal;
use super::{Home, Subject, Traced};
use crate::git::{Person, is_bot, party_id};
use crate::model::{Location, Role};

/// Half-life of what somebody did once, in days.
const HALF_LIFE: f64 = 365.0;
const DAY: i64 = 86_400;
/// How far back changes of a file count as frequent, in days.
const LATELY: i64 = 180;
/// Files of users that are looked at.
const MAX_USERS: usize = 4;

pub(super) static INTRODUCER: OwnerSignal =
    OwnerSignal { name: "introducer", tier: 5, weight: 0.35, about: "the author of the first commit that holds it", run: introducer };
pub(super) static BLAME_MAJORITY: OwnerSignal =
    OwnerSignal { name: "blame-majority", tier: 5, weight: 0.40, about: "the author of at least half of its lines", run: blame_majority };
pub(super) static FREQUENT_MODIFIER: OwnerSignal =
    OwnerSignal { name: "frequent-modifier", tier: 5, weight: 0.35, about: "who changed its file most often in half a year", run: frequent_modifier };
pub(super) static FILE_CREATOR: OwnerSignal =
    OwnerSignal { name: "file-creator", tier: 5, weight: 0.2, about: "the author of the first version of its file", run: file_creator };
pub(super) static LAST_MODIFIER: OwnerSignal =
    OwnerSignal { name: "last-modifier", tier: 5, weight: 0.2, about: "the author of the newest version of its file", run: last_modifier };
pub(super) static CONSUMER_AUTHOR: OwnerSignal =
    OwnerSignal { name: "consumer-author", tier: 5, weight: 0.2, about: "the author of what uses it", run: consumer_author };
pub(super) static APPROVER: OwnerSignal =
    OwnerSignal { name: "approver", tier: 5, weight: 0.15, about: "who approved the commit that brought it, as its message says", run: approver };
pub(super) static COMMITTER: OwnerSignal = OwnerSignal { name: "committer", tier: 5, weight: 0.05, about: "who committed what another wrote", run: committer };

/// How much something that was done then counts now.
fn decay(subject: &Subject<'_>, time: i64) -> f64 {
    2f64.powf(-(subject.world.crowd.age(time) as f64 / DAY as f64) / HALF_LIFE)
}

/// The person behind a commit: its author, else the first person who wrote along, committed or signed.
fn person_behind<'a>(author: &'a Person, traced: Option<&'a Traced>) -> Option<Person> {
    if !is_bot(author) {
        return Some(author.clone());
    }
    // The agent's mark stands behind the name of whoever ran it.
    let run_by = author.name.strip_suffix(" (aider)").map(|name| Person { name: name.to_owned(), email: author.email.clone() });
    let told = &traced?.told;
    let first = run_by.into_iter().chain(told.coauthors.iter().cloned()).chain(told.committer.clone()).chain(told.approvers.first().cloned());
    first.into_iter().find(|p| !is_bot(p))
}

fn introducer(subject: &Subject<'_>, said: &mut Said<'_>) {
    let Some(first) = subject.introduction else { return };
    let traced = subject.world.traced.get(&first.revision);
    said.role(Role::Creator, &first.party, 0.9, None);
    let behind = match traced {
        Some(traced) => person_behind(&traced.author, Some(traced)).map(|p| party_id(&p)),
        // A commit of an earlier run, or one that is missing: its author is all there is.
        None => Some(first.party.to_string()).filter(|p| !p.starts_with("bot:")),
    };
    if let Some(party) = behind {
        if *party != *first.party {
            said.role(Role::Creator, &party, 0.6, None);
        }
        said.owner(&party, decay(subject, first.time), None);
    }
    for other in traced.into_iter().flat_map(|t| &t.told.coauthors) {
        said.role(Role::Creator, &party_id(other), 0.5, None);
    }
}

/// Home and place of a node whose file has a whole history.
fn filed<'a>(subject: &Subject<'a>) -> Option<(&'a Home<'a>, &'a Location)> {
    let home = subject.home.filter(|h| h.repository.is_some_and(|r| !r.shallow))?;
    Some((home, subject.place?))
}

fn blame_majority(subject: &Subject<'_>, said: &mut Said<'_>) {
    let Some((home, place)) = filed(subject) else { return };
    let (Some(file), Some(repository)) = (home.files.get(&place.path), home.repository) else { return };
    for (author, share, time) in file.majority(&repository.history, place.line, place.end_line) {
        if share >= 0.5 {
            said.owner(&party_id(&author), decay(subject, time), None);
        }
    }
}

fn frequent_modifier(subject: &Subject<'_>, said: &mut Said<'_>) {
    let Some((home, place)) = filed(subject) else { return };
    let mut counts: BTreeMap<&Person, (usize, i64)> = BTreeMap::new();
    for commit in home.versions(&place.path).filter(|c| !c.by_bot() && subject.world.crowd.age(c.time) <= LATELY * DAY) {
        let entry = counts.entry(&commit.author).or_insert((0, commit.time));
        *entry = (entry.0 + 1, entry.1.max(commit.time));
    }
    // Who changed it once is no frequent modifier; of two the one who did it last.
    let most = counts.into_iter().filter(|(_, (n, _))| *n > 1).max_by(|(a, x), (b, y)| x.cmp(y).then(b.cmp(a)));
    if let Some((author, (_, time))) = most {
        said.owner(&party_id(author), decay(subject, time), None);
    }
}

fn file_creator(subject: &Subject<'_>, said: &mut Said<'_>) {
    let Some((home, place)) = filed(subject) else { return };
    if let Some(commit) = home.versions(&place.path).next().filter(|c| !c.by_bot()) {
        said.owner(&party_id(&commit.author), decay(subject, commit.time), None);
    }
}

fn last_modifier(subject: &Subject<'_>, said: &mut Said<'_>) {
    let Some((home, place)) = filed(subject) else { return };
    if let Some(commit) = home.versions(&place.path).next_back().filter(|c| !c.by_bot()) {
        said.owner(&party_id(&commit.author), decay(subject, commit.time), None);
    }
}

fn consumer_author(subject: &Subject<'_>, said: &mut Said<'_>) {
    for place in subject.users().filter_map(|n| n.primary()).filter(|l| l.revision.is_none()).take(MAX_USERS) {
        let Some(home) = subject.world.homes.get(&*place.repository) else { continue };
        let Some(repository) = home.repository.filter(|r| !r.shallow) else { continue };
        let commit = home.files.get(&place.path).and_then(|f| f.introducer(place.line, place.end_line));
        if let Some(commit) = commit.map(|c| &repository.history.commits[c as usize]).filter(|c| !c.by_bot()) {
            said.owner(&party_id(&commit.author), decay(subject, commit.time), None);
        }
    }
}

fn approver(subject: &Subject<'_>, said: &mut Said<'_>) {
    let Some((first, traced)) = subject.introduction.and_then(|f| Some((f, subject.world.traced.get(&f.revision)?))) else { return };
    for person in traced.told.approvers.iter().filter(|p| **p != traced.author) {
        said.owner(&party_id(person), decay(subject, first.time), None);
    }
}

fn committer(subject: &Subject<'_>, said: &mut Said<'_>) {
    let Some((first, traced)) = subject.introduction.and_then(|f| Some((f, subject.world.traced.get(&f.revision)?))) else { return };
    if let Some(person) = &traced.told.committer {
        said.owner(&party_id(person), decay(subject, first.time), None);
    }
}
