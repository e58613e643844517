//! CircleCI: jobs with the contexts, project variables, orbs, keys and identity tokens that they are given.

use std::collections::{BTreeMap, BTreeSet};

use super::work::{Work, is_secret_name, owner, pin, project};
use crate::document::{Document, Node};
use crate::extract::note;
use crate::model::{Facts, Key, Kind};
use crate::relation::{CONSUMES, INVOKES, PART_OF};

/// Steps of the platform itself.
const BUILT_IN: &[&str] = &[
    "run",
    "checkout",
    "save_cache",
    "restore_cache",
    "persist_to_workspace",
    "attach_workspace",
    "store_artifacts",
    "store_test_results",
    "setup_remote_docker",
    "add_ssh_keys",
    "when",
    "unless",
];

/// Commands that one job is followed into.
const MAX_COMMANDS: usize = 200;

/// How often a workflow lists a job: with which name, options, and whether someone has to approve before.
struct Use<'a> {
    workflow: &'a str,
    name: &'a str,
    node: &'a Node,
    options: Option<&'a Node>,
    approval: bool,
}

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let trees = match document.trees() {
        Ok(trees) => trees,
        Err(reason) => return note(document, facts, reason),
    };
    for root in trees.iter().filter(|r| r.get("jobs").is_some() || r.get("workflows").is_some()) {
        let orbs = orbs(root);
        let uses = uses(root);
        for (name, _) in root.get("workflows").into_iter().flat_map(Node::entries).filter(|(_, b)| b.is_map()) {
            let Some(name) = name.str() else { continue };
            let key = workflow(document, name);
            let body = root.path(&["workflows", name]).unwrap_or(root);
            facts.declare(&key, name, document.at(body)).attr("platform", "circleci");
        }
        let jobs = root.get("jobs");
        for (name, body) in jobs.into_iter().flat_map(Node::entries) {
            let Some(name) = name.str() else { continue };
            let used: Vec<&Use<'_>> = uses.iter().filter(|u| u.name == name).collect();
            job(document, root, name, body, &used, &orbs, facts);
        }
        for used in uses.iter().filter(|u| u.name.contains('/') && jobs.and_then(|j| j.get(u.name)).is_none()) {
            job(document, root, used.name, used.node, &[used], &orbs, facts);
        }
    }
}

fn workflow(document: &Document, name: &str) -> Key {
    Key::new(Kind::Consumer, "ci-workflow", format!("circleci-workflow:{}//{}#{name}", project(document), document.path))
}

/// Prefix to name and version.
fn orbs(root: &Node) -> BTreeMap<&str, (&str, &Node)> {
    root.get("orbs").into_iter().flat_map(Node::entries).filter_map(|(k, v)| Some((k.str()?, (v.str()?, v)))).collect()
}

fn uses(root: &Node) -> Vec<Use<'_>> {
    let mut out = Vec::new();
    for (workflow, body) in root.get("workflows").into_iter().flat_map(Node::entries) {
        let Some(workflow) = workflow.str() else { continue };
        let mut gates: BTreeSet<&str> = BTreeSet::new();
        let entries: Vec<(&str, &Node, Option<&Node>)> = body
            .get("jobs")
            .into_iter()
            .flat_map(Node::items)
            .filter_map(|item| match item.str() {
                Some(name) => Some((name, item, None)),
                None => item.entries().next().and_then(|(k, v)| Some((k.str()?, item, Some(v)))),
            })
            .collect();
        let label = |name: &'_ str, options: Option<&Node>| options.and_then(|o| o.get_str("name")).unwrap_or(name).to_owned();
        for (name, _, options) in &entries {
            if options.and_then(|o| o.get_str("type")) == Some("approval") {
                gates.insert(name);
            }
        }
        // A job behind a job behind a gate is behind it too.
        let mut behind: BTreeSet<String> = gates.iter().map(|g| (*g).to_owned()).collect();
        for _ in 0..entries.len().min(64) {
            let before = behind.len();
            for (name, _, options) in &entries {
                let needs = options.and_then(|o| o.get("requires")).into_iter().flat_map(Node::one_or_many).filter_map(Node::str);
                if needs.into_iter().any(|n| behind.contains(n)) {
                    behind.insert(label(name, *options));
                }
            }
            if behind.len() == before {
                break;
            }
        }
        for (name, node, options) in entries.into_iter().filter(|(n, ..)| !gates.contains(n)) {
            out.push(Use { workflow, name, node, options, approval: behind.contains(&label(name, options)) });
        }
    }
    out
}

fn job(document: &Document, root: &Node, name: &str, body: &Node, used: &[&Use<'_>], orbs: &BTreeMap<&str, (&str, &Node)>, facts: &mut Facts) {
    let project = project(document);
    let work = Work::declare(document, "ci-job", &format!("circleci-job:{project}//{}#{name}", document.path), name, body, "circleci", facts);
    let variable = |v: &str| (!v.starts_with("CIRCLE_")).then(|| ("ci-variable", format!("circleci-var:{project}/{v}")));
    for used in used {
        let flow = workflow(document, used.workflow);
        facts.relate(&work.key, &PART_OF, &flow, document.at(used.node));
        facts.relate(&flow, &INVOKES, &work.key, document.at(used.node));
        for (node, context) in used
            .options
            .and_then(|o| o.get("context"))
            .into_iter()
            .flat_map(Node::one_or_many)
            .filter_map(|n| Some((n, n.str().filter(|c| !c.contains("<<"))?)))
        {
            work.slot("ci-secret", format!("circleci-context:{}/{context}/*", owner(document)), context, document.at(node), facts);
            work.attr("environment", context, facts);
        }
        if let Some(options) = used.options {
            work.scripts(options, &variable, facts);
        }
        work.triggered("repo-writer", "code", used.approval, facts);
    }
    let mut parts = vec![body];
    if let Some(executor) = body.get("executor").and_then(|e| e.str().or_else(|| e.get_str("name"))).and_then(|e| root.path(&["executors", e])) {
        parts.push(executor);
    }
    // Reusable commands are read where they are called; those that call others, a few levels down.
    let mut next = 0;
    while next < parts.len().min(MAX_COMMANDS) {
        for (node, step) in steps(parts[next]) {
            let prefix = step.split('/').next().unwrap_or(step);
            if let Some((orb, place)) = orbs.get(prefix).filter(|_| step.contains('/')) {
                let (orb, version) = orb.split_once('@').unwrap_or((orb, ""));
                let tool = work.tool(&format!("circleci-orb/{orb}"), orb, pin(version), document.at(node), facts);
                facts.mention(&tool, orb, document.at(place));
            } else if let Some(command) = root
                .path(&["commands", step])
                .filter(|c| parts.len() < MAX_COMMANDS && !BUILT_IN.contains(&step) && !parts.iter().any(|p| std::ptr::eq(*p, *c)))
            {
                parts.push(command);
            }
        }
        next += 1;
    }
    if let Some((orb, _)) = name.split_once('/').and_then(|(prefix, _)| orbs.get(prefix)) {
        let (orb, version) = orb.split_once('@').unwrap_or((orb, ""));
        work.tool(&format!("circleci-orb/{orb}"), orb, pin(version), document.at(body), facts);
    }
    let (mut token, mut roles) = (None, Vec::new());
    for part in parts.iter().copied().chain(used.iter().filter_map(|u| u.options)) {
        work.scripts(part, &variable, facts);
        part.walk(&mut |pointer, node| {
            if node.str().is_some_and(|t| t.contains("CIRCLE_OIDC_TOKEN")) {
                token.get_or_insert(node);
            }
            let parameter = pointer.rsplit('/').next().unwrap_or_default().replace('-', "_");
            if matches!(parameter.as_str(), "role_arn" | "aws_role_arn" | "role_to_assume") {
                token.get_or_insert(node);
                roles.extend(node.str().map(|t| (node, t)));
            }
            for fingerprint in node.path(&["add_ssh_keys", "fingerprints"]).into_iter().flat_map(Node::items) {
                let Some(text) = fingerprint.str() else { continue };
                work.slot("ci-secret", format!("circleci-ssh:{project}/{text}"), "SSH key", document.at(fingerprint), facts);
            }
            if let Some((place, class)) = node.get("resource_class").and_then(|c| Some((c, c.str().filter(|c| c.contains('/'))?))) {
                work.runner(format!("circleci-runner:{class}"), class, document.at(place), facts);
            }
            for (key, value) in node.get("environment").into_iter().flat_map(Node::entries) {
                let Some(name) = key.str().filter(|n| is_secret_name(n) && value.str().is_some_and(|v| !v.starts_with('$') && !v.contains("<<"))) else {
                    continue;
                };
                let slot = Key::new(Kind::Location, "env", format!("{}#{name}", work.key.id));
                facts.declare(&slot, name, document.at(value)).attr("store", "file").attr("protection", "plaintext");
                facts.relate(&work.key, &CONSUMES, &slot, document.at(value));
                facts.holds(&slot, document.at(value));
            }
        });
    }
    if let Some(node) = token {
        // Organisation and project are named by numbers that the file does not hold.
        let subject = work.subject("oidc.circleci.com/org/*", "org/*/project/*/user/*", document.at(node), facts);
        for (node, arn) in roles {
            work.assumes(&subject, arn, document.at(node), facts);
        }
    }
}

/// Names of the steps of a job, a command, or a conditional step.
fn steps(part: &Node) -> Vec<(&Node, &str)> {
    let mut out = Vec::new();
    part.walk(&mut |_, node| {
        for item in node.get("steps").into_iter().flat_map(Node::items) {
            if let Some(name) = item.str().or_else(|| item.entries().next().and_then(|(k, _)| k.str())) {
                out.push((item, name));
            }
        }
    });
    out
}
