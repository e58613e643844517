//! Controls that a change takes away or loosens.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::reviewers;
use super::same::Names;
use crate::graph::{Edge, GraphNode, Lineage};
use crate::model::{Key, Kind, Location, Weakening};

/// From loosest to tightest.
const BREADTHS: &[&str] = &["world", "org", "repo", "pull_request", "branch", "tag", "environment"];
const SANDBOXES: &[&str] = &["none", "process", "container", "vm"];

/// The files that say who has to look at changes, before and after.
#[derive(Clone, Debug, Default)]
pub struct Reviewers {
    pub repository: Arc<str>,
    /// Path before the change and content; nothing where there was none.
    pub before: Option<(Arc<str>, String)>,
    pub after: Option<(Arc<str>, String)>,
}

/// What of the base's controls the head has not, or has looser. Things that are gone altogether need no control.
pub fn weakened(base: &Lineage, head: &mut Lineage, renames: &[(String, String)], reviewers: &Reviewers) -> Vec<Weakening> {
    let mut all = of_reviewers(head, reviewers);
    let (old, new) = (Names::new(base, renames), Names::new(head, &[]));
    let now: BTreeMap<String, &GraphNode> = head.graph.nodes.values().map(|n| (new.of(n.id()), n)).collect();
    for before in base.graph.nodes.values() {
        if let Some(after) = now.get(&old.of(before.id())) {
            of_node(base, head, before, after, &mut all);
        }
    }
    let ends = |names: &Names<'_>, e: &Edge| (e.relation.name, names.of(&e.from), names.of(&e.to));
    let now: BTreeMap<_, &Edge> = head.graph.edges.values().map(|e| (ends(&new, e), e)).collect();
    for before in base.graph.edges.values() {
        if let Some(after) = now.get(&ends(&old, before)) {
            of_edge(head, before, after, &mut all);
        }
    }
    all.sort();
    all.dedup();
    all
}

fn of_node(base: &Lineage, head: &Lineage, before: &GraphNode, after: &GraphNode, all: &mut Vec<Weakening>) {
    let mut say = |control, message: String| {
        all.push(Weakening { subject: after.id().clone(), control, message, at: after.primary().cloned() });
    };
    let name = after.name();
    if let (Some(boundary), None) = (before.text("boundary"), after.text("boundary")) {
        say("boundary", format!("{name} has no permissions boundary any more; it was {boundary}"));
    }
    let denied = |n: &GraphNode| -> BTreeSet<String> {
        let statements = n.attributes.get("statements").and_then(Value::as_array).into_iter().flatten();
        statements.filter(|s| s.get("effect").and_then(Value::as_str).is_some_and(|e| e.eq_ignore_ascii_case("deny"))).map(Value::to_string).collect()
    };
    let gone = denied(before).difference(&denied(after)).count();
    if gone > 0 && denied(after).len() < denied(before).len() {
        say("deny", format!("{name} denies less: {gone} of its deny statements are gone"));
    }
    let missing: Vec<&str> = before.list("guards").into_iter().filter(|g| !after.list("guards").contains(g)).collect();
    if !missing.is_empty() {
        say("guard", format!("{name} is no longer guarded by {}", missing.join(", ")));
    }
    let tightness = |scale: &[&str], text: Option<&str>| text.and_then(|t| scale.iter().position(|s| *s == t));
    if let (Some(b), Some(a)) = (tightness(SANDBOXES, before.text("sandbox")), tightness(SANDBOXES, after.text("sandbox")))
        && a < b
    {
        say("sandbox", format!("{name} runs in sandbox {}; it was {}", SANDBOXES[a], SANDBOXES[b]));
    }
    let autonomy = |n: &GraphNode| n.attributes.get("autonomy").and_then(Value::as_u64);
    if let (Some(b), Some(a)) = (autonomy(before), autonomy(after))
        && a > b
    {
        say("autonomy", format!("{name} asks less often: autonomy {a}, it was {b}"));
    }
    let loosest = |lineage: &Lineage, n: &GraphNode| {
        lineage.graph.out(n.id()).filter(|e| e.relation.name == "trusts").filter_map(|e| tightness(BREADTHS, e.text("breadth"))).min()
    };
    if let (Some(b), Some(a)) = (loosest(base, before), loosest(head, after))
        && a < b
    {
        say("trust", format!("who can become {name} is as wide as {}; it was {}", BREADTHS[a], BREADTHS[b]));
    }
}

fn of_edge(head: &Lineage, before: &Edge, after: &Edge, all: &mut Vec<Weakening>) {
    let name = |id: &str| head.graph.node(id).map_or(id.to_owned(), |n| n.name().to_owned());
    let mut say = |control, message: String| {
        all.push(Weakening { subject: after.from.clone(), control, message, at: after.at.iter().next().cloned() });
    };
    let link = || format!("{} {} {}", name(&after.from), after.relation.meaning, name(&after.to));
    if let (Some(guard), None) = (before.text("guard"), after.text("guard")) {
        say("guard", format!("{} without {guard}", link()));
    }
    let approved = |e: &Edge| e.attributes.get("approval_required").and_then(Value::as_bool).unwrap_or(false) || e.text("approval") == Some("ask");
    if approved(before) && !approved(after) {
        say("approval", format!("{} without anybody approving it", link()));
    }
}

fn of_reviewers(head: &mut Lineage, reviewers: &Reviewers) -> Vec<Weakening> {
    let Some((path, before)) = &reviewers.before else { return Vec::new() };
    let after = reviewers.after.as_ref();
    let lost = reviewers::lost(before, after.map_or("", |(_, text)| text));
    if lost.is_empty() {
        return Vec::new();
    }
    let path = after.map_or(path, |(path, _)| path);
    let body = reviewers.repository.split_once(':').map_or(&*reviewers.repository, |(_, body)| body);
    let key = Key::new(Kind::Location, "file", format!("file:{body}//{path}"));
    let at = Location { repository: reviewers.repository.clone(), path: path.clone(), line: 1, column: 1, end_line: 1, revision: None };
    let node = head.graph.ensure(&key);
    node.name = path.to_string();
    node.declared.insert(at.clone());
    lost.into_iter()
        .map(|(pattern, line, owners)| Weakening {
            subject: key.id.clone(),
            control: "reviewers",
            message: format!("changes of {pattern} need nobody's review any more; line {line} of {path} named {}", owners.join(" ")),
            at: Some(at.clone()),
        })
        .collect()
}
