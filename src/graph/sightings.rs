//! Sighted secret values become credential nodes, stored where they were seen.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::model::{Basis, Facts, Half, Key, Kind, Location, NodeFact, Sighting, SlotFact};
use crate::relation::{AUTHENTICATES_AS, SAME_AS, STORED_IN};

/// Below this confidence a sighting is not shown.
const SHOWN: f64 = 0.35;

/// The node of a sighted value: by public id, else by fingerprint, else (weak values) by the place where it is.
pub fn sighting_key(s: &Sighting) -> Key {
    let id = match (&s.public_id, &s.part_of, &s.fingerprint) {
        (Some(public), ..) => format!("cred:{}/{public}", s.credential),
        (None, Some(Half::Of(fp)), _) | (None, None, Some(fp)) => format!("cred:{}/{}", s.credential, fp.as_str()),
        (None, Some(Half::At { lines, column }), _) => {
            let at = Location { line: s.at.line.saturating_add_signed(*lines), column: *column, ..s.at.clone() };
            format!("cred:{}/@{}{}", s.credential, place_id(&at), place_inside(s))
        }
        (None, None, None) => format!("cred:{}/@{}{}", s.credential, place_id(&s.at), place_inside(s)),
    };
    Key::new(Kind::Credential, s.credential.clone(), id)
}

/// Where in a file that holds files: its members all stand at one place of it.
fn place_inside(s: &Sighting) -> String {
    let steps = s.attributes.get("decoded").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    steps.filter(|step| step.contains(':')).map(|step| format!("!{step}")).collect()
}

fn place_id(at: &Location) -> String {
    let body = at.repository.split_once(':').map_or(&*at.repository, |(_, b)| b);
    // Two values on one line are two places.
    let column = if at.column > 1 { format!(":{}", at.column) } else { String::new() };
    match &at.revision {
        Some(revision) => format!("file:{body}//{}@{revision}#L{}{column}", at.path, at.line),
        None => format!("file:{body}//{}#L{}{column}", at.path, at.line),
    }
}

/// The slots that hold the value at a place: those of its lines, and of several literals on one line the last that begins before it.
fn holding<'a>(slots: &[&'a SlotFact], at: &Location) -> Vec<&'a SlotFact> {
    let near: Vec<&SlotFact> = slots.iter().copied().filter(|s| s.at.revision == at.revision && s.at.line <= at.end_line && s.at.end_line >= at.line).collect();
    let placed = |s: &SlotFact| s.at.column > 1 && s.at.line == s.at.end_line && s.at.line == at.line;
    match near.iter().filter(|s| placed(s) && s.at.column <= at.column).map(|s| s.at.column).max() {
        Some(own) => near.into_iter().filter(|s| !placed(s) || s.at.column == own).collect(),
        None => near,
    }
}

/// What a value says of its credential.
fn tell(node: &mut NodeFact, s: &Sighting, in_head: bool) {
    node.confidence = s.confidence;
    node.attributes.extend(s.attributes.clone());
    node.attr("type", s.credential.clone())
        .attr("rule", s.rule.clone())
        .attr("state", if in_head { "present-head" } else { "history-only" })
        .attr("placeholder", false)
        .attr("fingerprint_scope", if s.fingerprint.is_some() { "global" } else { "none" })
        .attr("reasons", s.reasons.clone())
        .attr("contexts", vec![Value::from(s.role.name())]);
    if let Some(fp) = &s.fingerprint {
        node.attr("fingerprint", fp.as_str());
    }
    if let Some(public) = &s.public_id {
        node.attr("public_id", public.clone());
    }
}

/// What the other half of a credential says of it: by what else it is known.
fn tell_half(node: &mut NodeFact, s: &Sighting) {
    if let Some(fp) = &s.fingerprint {
        node.attr("other_half", vec![Value::from(fp.as_str())]);
    }
}

/// Turns sightings into nodes and edges. `slots` are the places that structured extractors recognised: a value that stands inside one
/// is stored in that slot too. Equal weak values are joined by `same_as`.
pub fn join_sightings(facts: &mut Facts) {
    let sightings = std::mem::take(&mut facts.sightings);
    let slots = std::mem::take(&mut facts.slots);
    let mut slots_by_file: BTreeMap<(&str, &str), Vec<&SlotFact>> = BTreeMap::new();
    for slot in &slots {
        slots_by_file.entry((&slot.at.repository, &slot.at.path)).or_default().push(slot);
    }
    // Files that something reads as a whole.
    let files: BTreeSet<Key> = facts.nodes.iter().map(|n| &n.key).filter(|k| k.id.starts_with("file:") && !k.id.contains('#')).cloned().collect();
    let mut equal: BTreeMap<u128, BTreeSet<Key>> = BTreeMap::new();
    let mut present: BTreeMap<Key, bool> = BTreeMap::new();
    for s in &sightings {
        *present.entry(sighting_key(s)).or_default() |= s.at.revision.is_none();
    }
    for s in sightings.iter().filter(|s| s.confidence >= SHOWN) {
        let key = sighting_key(s);
        equal.entry(s.value).or_default().insert(key.clone());
        let in_head = present.get(&key).copied().unwrap_or(false);
        match &s.part_of {
            Some(_) => tell_half(facts.mention(&key, String::new(), s.at.clone()), s),
            None => tell(facts.declare(&key, s.preview.clone(), s.at.clone()), s, in_head),
        }
        let body = s.at.repository.split_once(':').map_or(&*s.at.repository, |(_, b)| b);
        let (subtype, store) = if s.at.revision.is_none() { ("file", "file") } else { ("history", "history") };
        let protection = if s.attributes.contains_key("decoded") { "encoded" } else { "plaintext" };
        let place = Key::new(Kind::Location, subtype, place_id(&Location { column: 1, ..s.at.clone() }));
        facts.declare(&place, format!("{body}//{}:{}", s.at.path, s.at.line), s.at.clone()).attr("store", store).attr("protection", protection);
        facts.relate(&key, &STORED_IN, &place, s.at.clone()).confidence(s.confidence);
        if let Some(identity) = &s.identity {
            facts.mention(identity, String::new(), s.at.clone());
            facts.relate(&key, &AUTHENTICATES_AS, identity, s.at.clone());
        }
        let whole = Key::new(Kind::Location, "file", format!("file:{body}//{}", s.at.path));
        if let Some(whole) = files.get(&whole).filter(|_| s.at.revision.is_none()) {
            facts.relate(&key, &STORED_IN, whole, s.at.clone()).confidence(s.confidence);
        }
        for slot in holding(slots_by_file.get(&(&*s.at.repository, &*s.at.path)).map_or(&[], Vec::as_slice), &s.at) {
            facts.relate(&key, &STORED_IN, &slot.slot, s.at.clone()).confidence(s.confidence);
        }
    }
    // The hashes that tell equality may be others in the next run: nothing may follow their order.
    for keys in equal.into_values().collect::<BTreeSet<_>>() {
        let mut keys = keys.iter();
        let Some(first) = keys.next() else { continue };
        for other in keys {
            let at = facts.nodes.iter().find(|n| n.key == *other).and_then(|n| n.at.clone());
            if let Some(at) = at {
                facts.relate(first, &SAME_AS, other, at).basis(Basis::Exact).attr("because", "equal value");
            }
        }
    }
}
