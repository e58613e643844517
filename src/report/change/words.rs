//! The sentences that every report of a change says.

use super::Told;
use crate::graph::{Edge, GraphNode, Lineage};
use crate::model::{Level, Rank};
use crate::query::{Arrival, ReachChange};
use crate::report::text::place;

/// `agent triage`, `aws-role web-deploy`.
pub(super) fn named(lineage: &Lineage, id: &str) -> String {
    lineage.graph.node(id).map_or(id.to_owned(), |n| format!("{} {}", n.key.subtype, n.name()))
}

/// `can write database prod-db`, `can act as aws-role web-deploy`.
pub(super) fn reaches(lineage: &Lineage, reach: &ReachChange) -> String {
    let target = named(lineage, &reach.target);
    let does = match reach.level {
        None => return format!("can act as {target}"),
        Some(Level::Unknown) => "reaches, at a level that is not known,",
        Some(Level::None) => "is known to",
        Some(Level::List) => "can list",
        Some(Level::ReadMeta) => "can describe",
        Some(Level::Tag) => "can tag",
        Some(Level::ReadData) => "can read",
        Some(Level::Write) => "can write",
        Some(Level::SecretRead) => "can read the secrets of",
        Some(Level::Admin) => "administers",
    };
    let before = reach.other_level.map_or(String::new(), |l| format!(" (on the other side: {})", l.name()));
    format!("{does} {target}{before}")
}

/// One hop, with its place.
pub(super) fn hop(lineage: &Lineage, edge: &Edge) -> String {
    let name = |id: &str| lineage.graph.node(id).map_or(id.to_owned(), |n| n.name().to_owned());
    let at = lineage.graph.ground(edge).map_or(String::new(), |l| format!("  [{}]", place(l)));
    format!("{} {} {}{at}", name(&edge.from), edge.relation.meaning, name(&edge.to))
}

/// `B 58→83 (+25)  E 71→97  R 48→82  TD 33→82`, or the numbers alone where nothing was before.
pub(super) fn numbers(before: Option<&Rank>, after: &Rank) -> String {
    let pair = |label: &str, of: fn(&Rank) -> f64| match before {
        Some(b) if (of(b) - of(after)).abs() >= 0.5 => format!("{label} {:.0}→{:.0}", of(b), of(after)),
        _ => format!("{label} {:.0}", of(after)),
    };
    [pair("B", |r| r.blast.score), pair("E", |r| r.exposure), pair("R", |r| r.risk), pair("TD", |r| r.trust_debt)].join("  ")
}

/// Numbers of a node of the state after the change, with those before.
pub(super) fn numbers_of(told: &Told<'_>, id: &str) -> Option<String> {
    let after = told.head.rank(id)?;
    let before = told.change.moved.iter().find(|m| &*m.node == id).map(|m| &m.before);
    Some(numbers(before, after))
}

/// What is known of something new: owner, sponsor, review, how it is taken away.
pub(super) fn standing(head: &Lineage, arrival: &Arrival) -> String {
    let party = |p: &Option<crate::model::Ownership>| {
        p.as_ref().map_or("unknown".to_owned(), |p| head.graph.node(&p.party).map_or(p.party.to_string(), |n: &GraphNode| n.name().to_owned()))
    };
    let is_agent = head.graph.node(&arrival.node).is_some_and(|n| n.key.kind == crate::model::Kind::Agent);
    let sponsor = if is_agent { format!(", sponsor {}", party(&arrival.sponsor)) } else { String::new() };
    let yes = |b: bool| if b { "yes" } else { "not known" };
    format!("owner {}{sponsor}, reviewed path {}, revocation {}", party(&arrival.owner), yes(arrival.reviewed), yes(arrival.revocable))
}

/// What the gate says, in one line.
pub(super) fn gate(told: &Told<'_>) -> String {
    match told.violations.len() {
        0 => "Gate: pass".to_owned(),
        1 => "Gate: FAIL (1 reason)".to_owned(),
        n => format!("Gate: FAIL ({n} reasons)"),
    }
}

/// Whether anything changed that a report tells.
pub(super) fn is_quiet(told: &Told<'_>) -> bool {
    let c = told.change;
    c.new_reach.is_empty()
        && c.removed_reach.is_empty()
        && c.new_identities.is_empty()
        && c.removed_identities.is_empty()
        && c.weakened.is_empty()
        && c.accepted.is_empty()
        && c.new_findings.is_empty()
        && c.fixed_findings.is_empty()
}

/// Reach grouped by who reaches, in the order of the most valuable.
pub(super) fn by_subject(reach: &[ReachChange]) -> Vec<Vec<&ReachChange>> {
    let mut groups: Vec<Vec<&ReachChange>> = Vec::new();
    for r in reach {
        match groups.iter_mut().find(|g| g[0].subject == r.subject) {
            Some(group) => group.push(r),
            None => groups.push(vec![r]),
        }
    }
    groups
}
