//! Drone and Woodpecker: steps with the secrets that they are given, and how they could leave their container.

use super::work::{Work, project};
use crate::document::{Document, Node};
use crate::extract::note;
use crate::model::{Facts, Key, Kind};
use crate::relation::{INVOKES, PART_OF, SOURCED_FROM, STORED_IN};

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let trees = match document.trees() {
        Ok(trees) => trees,
        Err(reason) => return note(document, facts, reason),
    };
    for root in trees {
        match root.get_str("kind") {
            Some("secret") => secret(document, root, facts),
            None | Some("pipeline") => pipeline(document, root, facts),
            _ => {}
        }
    }
}

fn slot_id(document: &Document, name: &str) -> String {
    format!("drone-secret:{}/{name}", project(document))
}

/// A secret of the pipeline: encrypted in the file, or kept in an outside store.
fn secret(document: &Document, root: &Node, facts: &mut Facts) {
    let Some(name) = root.get_str("name") else { return };
    let slot = Key::new(Kind::Location, "ci-secret", slot_id(document, name));
    facts.declare(&slot, name, document.at(root)).attr("store", "drone").attr("protection", "encrypted-at-rest");
    for (node, _) in [root.get("data")]
        .into_iter()
        .flatten()
        .flat_map(|d| if d.is_map() { d.entries().map(|(_, v)| v).collect() } else { vec![d] })
        .filter_map(|n| Some((n, n.str()?)))
    {
        let blob = Key::new(Kind::Credential, "ci-secure-blob", format!("cred:ci-secure-blob/{}", slot.id));
        facts.declare(&blob, name, document.at(node)).attr("state", "encrypted").attr("type", "ci-secure-blob").attr("rule", "drone-secret");
        facts.relate(&blob, &STORED_IN, &slot, document.at(node));
    }
    if let Some((node, path)) = root.path(&["get", "path"]).and_then(|n| Some((n, n.str()?))) {
        let field = root.path(&["get", "name"]).and_then(Node::str).unwrap_or(name);
        let store = Key::new(Kind::Location, "vault-path", format!("vault:{{{}}}/{path}#{field}", document.repository_body()));
        facts.mention(&store, format!("{path}#{field}"), document.at(node)).attr("store", "managed-store");
        facts.relate(&slot, &SOURCED_FROM, &store, document.at(node));
    }
}

fn pipeline(document: &Document, root: &Node, facts: &mut Facts) {
    let Some(steps) = root.get("steps").or_else(|| root.get("pipeline")) else { return };
    let name = root.get_str("name").unwrap_or(document.name().trim_end_matches(".yaml").trim_end_matches(".yml"));
    let flow = Work::declare(document, "ci-workflow", &format!("drone-pipeline:{}//{}#{name}", project(document), document.path), name, root, "drone", facts);
    let mut events: Vec<&str> = Vec::new();
    for place in ["trigger", "when"] {
        let conditions = root.get(place).into_iter().flat_map(Node::one_or_many);
        events.extend(conditions.filter_map(|c| c.get("event")).flat_map(|e| e.get("include").unwrap_or(e).one_or_many()).filter_map(Node::str));
    }
    let listed = steps.items().iter().filter_map(|s| Some((s.get_str("name")?, s)));
    let mapped = steps.entries().filter_map(|(k, v)| Some((k.str()?, v)));
    for (name, body) in listed.chain(mapped).filter(|(_, b)| b.is_map()) {
        step(document, &flow.key, name, body, facts, &events);
    }
    populations(&flow, &events, facts);
}

fn populations(work: &Work<'_>, events: &[&str], facts: &mut Facts) {
    // Without a condition a pipeline runs on every event.
    if events.is_empty() || events.iter().any(|e| e.starts_with("pull_request")) {
        work.triggered("fork-contributor", "code", false, facts);
    }
    if events.is_empty() || events.iter().any(|e| !e.starts_with("pull_request") && *e != "cron") {
        work.triggered("repo-writer", "code", events.iter().all(|e| *e == "promote" || *e == "deployment") && !events.is_empty(), facts);
    }
}

fn step(document: &Document, flow: &Key, name: &str, body: &Node, facts: &mut Facts, events: &[&str]) {
    let work = Work::declare(document, "ci-job", &format!("{}/{name}", flow.id.replacen("drone-pipeline:", "drone-step:", 1)), name, body, "drone", facts);
    facts.relate(&work.key, &PART_OF, flow, work.at.clone());
    facts.relate(flow, &INVOKES, &work.key, work.at.clone());
    let mut own: Vec<&str> =
        body.get("when").into_iter().flat_map(Node::one_or_many).filter_map(|c| c.get("event")).flat_map(Node::one_or_many).filter_map(Node::str).collect();
    if own.is_empty() {
        own.extend(events);
    }
    populations(&work, &own, facts);
    let mut escape: Vec<String> = Vec::new();
    if body.get("privileged").and_then(Node::bool) == Some(true) {
        escape.push("privileged".into());
    }
    let mounts = body.get("volumes").into_iter().flat_map(Node::items).filter_map(|v| v.str().or_else(|| v.get_str("path")));
    escape.extend(mounts.filter(|m| m.contains("docker.sock")).map(|_| "mounts /var/run/docker.sock".to_owned()));
    if !escape.is_empty() {
        work.attr("escape", escape, facts);
    }
    if let Some((node, image)) = body.get("image").and_then(|i| Some((i, i.str()?))) {
        let (name, version) = image.rsplit_once(':').filter(|(_, v)| !v.contains('/')).unwrap_or((image, ""));
        work.tool(&format!("oci/{name}"), name, super::work::pin(version), document.at(node), facts);
    }
    body.walk(&mut |_, node| {
        if let Some((place, name)) = node.get("from_secret").and_then(|n| Some((n, n.str()?))) {
            work.slot("ci-secret", slot_id(document, name), name, document.at(place), facts);
        }
    });
    for secret in body.get("secrets").into_iter().flat_map(Node::items) {
        if let Some(name) = secret.str().or_else(|| secret.get_str("source")) {
            work.slot("ci-secret", slot_id(document, name), name, document.at(secret), facts);
        }
    }
    // Variables come from the step itself, so a name alone is no slot.
    work.scripts(body, &|_| None, facts);
}
