//! Owners that are stated on the object: tags, labels, annotations, front matter.

use serde_json::Value;

use super::score::Candidates;
use crate::graph::GraphNode;
use crate::model::{Role, Signal};

/// Keys that name an owner; case, `-`, `_`, `.`, `:` and `/` do not matter.
const KEYS: &[&str] = &[
    "owner",
    "ownedby",
    "team",
    "squad",
    "tribe",
    "serviceowner",
    "technicalowner",
    "businessowner",
    "contact",
    "owneremail",
    "maintainer",
    "responsible",
    "costcenter",
];

pub(super) fn signals(node: &GraphNode, candidates: &mut Candidates) {
    let at = node.primary().cloned();
    if let Some(Value::Object(tags)) = node.attributes.get("tags") {
        for (key, value) in tags {
            let bare: String = key.rsplit('/').next().unwrap_or(key).chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
            let Some(text) = value.as_str().filter(|t| !t.is_empty() && !t.contains(['$', '{'])) else { continue };
            if KEYS.contains(&bare.as_str()) {
                let weight = if bare == "costcenter" { 0.5 } else { 0.9 };
                candidates.add(
                    Role::Owner,
                    &party(text, bare == "team" || bare == "squad" || bare == "tribe"),
                    Signal { signal: "tag", tier: 1, weight, at: at.clone() },
                );
            }
            // Tags that a tracing tool writes from git: they say who touched the block last.
            if bare == "gitlastmodifiedby" {
                candidates.add(Role::Owner, &party(text, false), Signal { signal: "trace-tag", tier: 4, weight: 0.45, at: at.clone() });
            }
        }
    }
    for (attribute, role) in [("owner_hint", Role::Owner), ("sponsor", Role::Sponsor)] {
        if let Some(text) = node.text(attribute) {
            candidates.add(role, &party(text, false), Signal { signal: "declared", tier: 1, weight: 0.9, at: at.clone() });
        }
    }
}

/// An e-mail address is a person, `@org/team` a team, free text a team's name.
fn party(text: &str, team: bool) -> String {
    let text = text.trim();
    if ["person:", "team:"].iter().any(|s| text.starts_with(s)) {
        return text.to_owned();
    }
    if !team && text.contains('@') && !text.starts_with('@') {
        return format!("person:{}", text.to_ascii_lowercase());
    }
    if let Some(handle) = text.strip_prefix('@') {
        return if handle.contains('/') { format!("team:gh/{}", handle.to_ascii_lowercase()) } else { format!("person:gh/{}", handle.to_ascii_lowercase()) };
    }
    let slug: String = text.to_ascii_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    format!("team:name/{}", slug.trim_matches('-'))
}
