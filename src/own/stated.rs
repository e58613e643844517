//! What the object itself states: tags, labels, annotations, front matter, and those of its namespace.

use serde_json::{Map, Value};

use super::Subject;
use super::party::of_text;
use super::score::Said;
use super::signal::OwnerSignal;
use crate::model::Role;

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

pub(super) static DECLARED: OwnerSignal =
    OwnerSignal { name: "declared", tier: 1, weight: 0.9, about: "the file names an owner or a sponsor for it", run: declared };
pub(super) static TAG: OwnerSignal = OwnerSignal { name: "tag", tier: 1, weight: 0.9, about: "a tag, label or annotation on it names an owner", run: tag };
pub(super) static NAMESPACE: OwnerSignal =
    OwnerSignal { name: "namespace-label", tier: 1, weight: 0.63, about: "a label of its namespace names an owner", run: namespace };
pub(super) static COMPONENT: OwnerSignal =
    OwnerSignal { name: "component", tier: 1, weight: 0.9, about: "it names its entry in the catalogue, which has an owner", run: component };
pub(super) static TRACE_TAG: OwnerSignal =
    OwnerSignal { name: "trace-tag", tier: 4, weight: 0.45, about: "a tag that a tracing tool writes says who touched it last", run: trace_tag };

fn declared(subject: &Subject<'_>, said: &mut Said<'_>) {
    for (attribute, role) in [("owner_hint", Role::Owner), ("sponsor", Role::Sponsor)] {
        for text in subject.node.text(attribute).into_iter().chain(subject.node.list(attribute)) {
            if let Some(party) = of_text(text, true) {
                said.role(role, &party, 0.9, subject.place);
            }
        }
    }
}

fn tags(attributes: &crate::model::Attributes, name: &str) -> Option<Map<String, Value>> {
    attributes.get(name).and_then(Value::as_object).cloned()
}

/// Owners that tags name, each with how much of the weight it has.
fn owners_in(tags: &Map<String, Value>) -> Vec<(String, f64)> {
    let mut out = Vec::new();
    for (key, value) in tags {
        let bare = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        // A prefix of a domain says whose key it is, not what: `acme.io/team`.
        let (whole, last) = (bare(key), bare(key.rsplit('/').next().unwrap_or(key)));
        let Some(named) = KEYS.iter().find(|k| **k == whole || **k == last) else { continue };
        let Some(text) = value.as_str().filter(|t| !t.is_empty() && !t.contains(['$', '{'])) else { continue };
        // Who pays is not always who answers.
        let factor = if *named == "costcenter" { 0.5 / 0.9 } else { 1.0 };
        out.extend(of_text(text, true).map(|party| (party, factor)));
    }
    out
}

fn tag(subject: &Subject<'_>, said: &mut Said<'_>) {
    for (attribute, inherited) in [("tags", 1.0), ("default_tags", 0.8)] {
        for (party, factor) in tags(&subject.node.attributes, attribute).iter().flat_map(owners_in) {
            said.owner(&party, factor * inherited, subject.place);
        }
    }
}

fn namespace(subject: &Subject<'_>, said: &mut Said<'_>) {
    // `k8s:<cluster>/<namespace>/<Kind>/<name>`: the namespace's own id is what stands in front of the kind.
    let Some(home) = subject.node.id().strip_prefix("k8s:").and_then(|rest| rest.rsplitn(3, '/').nth(2)) else { return };
    let Some(namespace) = subject.graph.node(&format!("k8s:{home}")) else { return };
    for (party, factor) in tags(&namespace.attributes, "tags").iter().flat_map(owners_in) {
        said.owner(&party, factor, namespace.primary());
    }
}

fn component(subject: &Subject<'_>, said: &mut Said<'_>) {
    let Some(tags) = tags(&subject.node.attributes, "tags") else { return };
    let Some(name) = tags.get("backstage.io/kubernetes-id").and_then(Value::as_str) else { return };
    if let Some((party, at)) = subject.world.homes.values().find_map(|h| h.catalogue.owner_of_component(name)) {
        said.owner(party, 1.0, Some(at));
    }
}

fn trace_tag(subject: &Subject<'_>, said: &mut Said<'_>) {
    let Some(tags) = tags(&subject.node.attributes, "tags") else { return };
    if let Some(party) = tags.get("git_last_modified_by").and_then(Value::as_str).and_then(|t| of_text(t, false)) {
        said.owner(&party, 1.0, subject.place);
    }
}
