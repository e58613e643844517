//! Buildkite: command steps with their secrets, plugins, queues and identity tokens.

use super::work::{Work, lines, pin, project};
use crate::document::{Document, Node};
use crate::extract::note;
use crate::model::Facts;

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let trees = match document.trees() {
        Ok(trees) => trees,
        Err(reason) => return note(document, facts, reason),
    };
    for root in trees {
        let list = root.get("steps").unwrap_or(root);
        let mut approval = false;
        let mut steps: Vec<(String, &Node, bool)> = Vec::new();
        for (n, item) in list.items().iter().enumerate() {
            // What stands below a block waits for someone to release it.
            approval |= ["block", "input"].iter().any(|b| item.get(b).is_some() || item.str() == Some(b));
            let grouped = item.get("steps").map(Node::items).unwrap_or_default();
            steps.extend(grouped.iter().enumerate().map(|(m, s)| (format!("{n}.{m}"), s, approval)));
            steps.push((n.to_string(), item, approval));
        }
        for (place, body, approval) in steps {
            if ["command", "commands", "plugins", "secrets"].iter().any(|k| body.get(k).is_some()) {
                step(document, root, &place, body, approval, facts);
            }
        }
    }
}

/// Plugins that fetch secrets by their names in a store.
fn stores(work: &Work<'_>, plugin: &str, options: Option<&Node>, facts: &mut Facts) {
    let repository = work.document.repository_body();
    let mut found = Vec::new();
    if let Some(options) = options {
        options.walk(&mut |pointer, node| {
            let field = pointer.rsplit('/').next().unwrap_or_default();
            let stored = match field {
                "secret-id" | "secretId" if plugin.contains("aws-sm") => Some(("cloud-secret", "asm:")),
                "path" | "secret" if plugin.contains("vault-secrets") => Some(("vault-path", "vault:")),
                "parameters" if plugin.contains("aws-ssm") => None,
                _ if plugin.contains("aws-ssm") && pointer.contains("/parameters/") => Some(("cloud-secret", "ssm:")),
                _ => None,
            };
            found.extend(stored.zip(node.str().filter(|n| !n.is_empty() && !n.contains('$'))).map(|(s, name)| (s, name, node)));
        });
    }
    for ((subtype, scheme), name, node) in found {
        let path = name.replacen("/data/", "/", usize::from(scheme == "vault:"));
        let slot = work.slot(subtype, format!("{scheme}{{{repository}}}/{}", path.trim_start_matches('/')), name, work.document.at(node), facts);
        facts.mention(&slot, String::new(), work.document.at(node)).attr("protection", "managed-store");
    }
}

fn step(document: &Document, root: &Node, place: &str, body: &Node, approval: bool, facts: &mut Facts) {
    let project = project(document);
    let name = ["label", "name", "key"].iter().find_map(|k| body.get_str(k)).unwrap_or(place);
    let key = body.get_str("key").unwrap_or(place);
    let work = Work::declare(document, "ci-job", &format!("bk-step:{project}//{}#{key}", document.path), name, body, "buildkite", facts);
    work.triggered("repo-writer", "code", approval, facts);
    // Steps always run on agents of the organisation; without a queue, on the default one.
    let agents = body.get("agents").or_else(|| root.get("agents"));
    let queue =
        agents.and_then(|a| a.get_str("queue").or_else(|| a.items().iter().filter_map(Node::str).find_map(|t| t.strip_prefix("queue=")))).unwrap_or("default");
    work.runner(format!("bk-queue:{}/{queue}", super::work::owner(document)), queue, agents.map_or(work.at.clone(), |a| document.at(a)), facts);
    let secret = |name: &str| format!("bk-secret:{project}/{name}");
    for part in [body.get("secrets"), root.get("secrets")].into_iter().flatten() {
        for (node, name) in part.items().iter().chain(part.entries().map(|(_, v)| v)).filter_map(|n| Some((n, n.str()?))) {
            work.slot("ci-secret", secret(name), name, document.at(node), facts);
        }
    }
    let mut subject = None;
    lines(document, body, &mut |line, at| {
        if let Some(name) = line.split("buildkite-agent secret get ").nth(1).and_then(|r| r.split([' ', ')', '"', '\'']).find(|w| !w.is_empty())) {
            work.slot("ci-secret", secret(name), name, at.clone(), facts);
        }
        if line.contains("oidc request-token") {
            subject.get_or_insert(at);
        }
    });
    let mut roles = Vec::new();
    let plugins =
        body.get("plugins").into_iter().flat_map(|p| p.items().iter().flat_map(|i| i.entries().map(|(k, v)| (k, Some(v))).chain(i.str().map(|_| (i, None)))));
    for (node, (plugin, options)) in plugins.filter_map(|(k, v)| Some((k, (k.str()?, v)))) {
        let (name, version) = plugin.rsplit_once('#').unwrap_or((plugin, ""));
        work.tool(&format!("bk-plugin/{name}"), name, pin(version), document.at(node), facts);
        stores(&work, name, options, facts);
        for (field, value) in options.into_iter().flat_map(Node::entries).filter_map(|(k, v)| Some((k.str()?, v))) {
            if field.contains("role-arn") || field == "assume_role" {
                subject.get_or_insert_with(|| document.at(node));
                roles.extend(value.str().map(|t| (value, t)));
            }
            if let Some(variable) = value.str().filter(|_| field.ends_with("-env")) {
                work.slot("env", format!("bk-env:{project}/{variable}"), variable, document.at(value), facts);
            }
        }
    }
    work.scripts(body, &|v| (!v.starts_with("BUILDKITE_")).then(|| ("env", format!("bk-env:{project}/{v}"))), facts);
    if let Some(at) = subject {
        let subject = work.subject("agent.buildkite.com", "organization:*:pipeline:*:ref:*:commit:*:step:*", at, facts);
        for (node, arn) in roles {
            work.assumes(&subject, arn, document.at(node), facts);
        }
    }
}
