//! Workflows and actions that others call: what the caller hands over is what the called one knows by a name of its own.

use std::collections::BTreeMap;

use super::federation;
use super::github::{Job, scripts};
use super::github_slots::{feed, input_slot};
use super::github_steps;
use super::github_steps::action;
use super::work::is_secret_name;
use crate::document::{Document, Node};
use crate::model::{Facts, Key, Kind};
use crate::relation::{CONSUMES, INVOKES};

pub(super) fn composite(document: &Document, repository: &str, root: &Node, runs: &Node, facts: &mut Facts) {
    let key = Key::new(Kind::Tool, "ci-action", format!("tool:{}", document.file_id()));
    let name = root.get_str("name").unwrap_or(document.folder());
    let node = facts.declare(&key, name, document.at(root));
    node.attr("pin", "local").attr("transport", "inproc");
    if let Some(main) = runs.get_str("main") {
        node.attr("main", main);
    }
    for (input, body) in root.get("inputs").into_iter().flat_map(Node::entries) {
        let Some(name) = input.str() else { continue };
        let lower = name.to_ascii_lowercase();
        if is_secret_name(name) || ["token", "key", "secret", "password", "credential"].iter().any(|w| lower.contains(w)) {
            let slot = input_slot(repository, &document.path, name);
            facts.declare(&slot, name, document.place(input.line, input.column, body.end_line)).attr("store", "input");
            facts.relate(&key, &CONSUMES, &slot, document.place(input.line, input.column, body.end_line));
        }
    }
    // A composite action's steps act inside the job that calls it.
    let job = Job {
        document,
        repository,
        key: key.clone(),
        token: Key::new(Kind::Identity, "ci-job-token", format!("gh-token:{repository}/{}#caller", document.path)),
        environment: None,
        environments: Vec::new(),
        permissions: BTreeMap::new(),
        triggers: &[],
        on: None,
        surroundings: Vec::new(),
        apps: federation::apps(repository, runs),
        conditions: Vec::new(),
        scripts: scripts(runs),
        subjects: Vec::new(),
        separate: false,
    };
    for (n, step) in runs.get("steps").into_iter().flat_map(Node::items).enumerate() {
        github_steps::step(&job, step, n, facts);
    }
}

pub(super) fn reusable(job: &Job<'_>, target: &Node, body: &Node, facts: &mut Facts) {
    let Some(uses) = target.str() else { return };
    let at = job.document.at(target);
    let named = uses.split('@').next().unwrap_or(uses);
    // A workflow of this repository may go by the repository's name, too: as it was published, what stands here may be newer.
    let published = named.get(..job.repository.len()).is_some_and(|r| r.eq_ignore_ascii_case(job.repository)).then(|| &named[job.repository.len()..]);
    let local = uses.strip_prefix("./").or_else(|| published.and_then(|p| p.strip_prefix('/')));
    let called = match local {
        Some(path) => format!("gh-workflow:{}/{path}", job.repository),
        None => format!("gh-workflow:{named}"),
    };
    let called = Key::new(Kind::Consumer, "ci-workflow", called);
    facts.mention(&called, uses.rsplit('/').next().unwrap_or(uses), at.clone());
    facts.relate(&job.key, &INVOKES, &called, at.clone());
    let tool = local.is_none().then(|| action(job, uses, target, facts));
    if let Some(tool) = &tool {
        facts.relate(&job.key, &INVOKES, tool, at);
    }
    let Some(passed) = body.get("secrets") else { return };
    let at = job.document.at(passed);
    if passed.str() == Some("inherit") {
        let all = Key::new(Kind::Location, "ci-secret", format!("gh-secret:{}/*", job.repository));
        facts.mention(&all, "every secret of the repository", at.clone()).attr("store", "github").attr("all", true);
        facts.relate(tool.as_ref().unwrap_or(&job.key), &CONSUMES, &all, at);
        return;
    }
    // What the called workflow knows by one name is the caller's secret of another.
    for (name, value) in passed.entries() {
        let (Some(name), Some(text)) = (name.str(), value.str()) else { continue };
        let at = job.document.at(value);
        let slot = match local {
            Some(_) => Key::new(Kind::Location, "ci-secret", format!("gh-secret:{}/{}", job.repository, name.to_ascii_uppercase())),
            None => Key::new(Kind::Location, "env", format!("gh-input:{}#{name}", called.id.trim_start_matches("gh-workflow:"))),
        };
        feed(job, &slot, name, text, &at, facts);
        if let Some(tool) = &tool {
            facts.relate(tool, &CONSUMES, &slot, at.clone());
            // The workflow of another repository reads what it is handed.
            facts.relate(&called, &CONSUMES, &slot, at);
        }
    }
}
