//! Bitbucket Pipelines: steps with their deployments, variables, pipes and identity tokens.

use super::work::{Work, is_secret_name, owner, pin, project};
use crate::document::{Document, Node};
use crate::extract::note;
use crate::model::Facts;

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let trees = match document.trees() {
        Ok(trees) => trees,
        Err(reason) => return note(document, facts, reason),
    };
    for pipelines in trees.iter().filter_map(|r| r.get("pipelines")) {
        let mut found = Vec::new();
        pipelines.walk(&mut |pointer, node| {
            if let Some(step) = node.get("step").filter(|s| s.is_map()) {
                found.push((pointer.to_owned(), step));
            }
        });
        for (pointer, body) in found {
            step(document, &pointer, body, facts);
        }
    }
}

fn step(document: &Document, pointer: &str, body: &Node, facts: &mut Facts) {
    let project = project(document);
    // `/branches/main/0`: the pipeline's name is that of its branch.
    let pipeline = pointer.split('/').filter(|s| !s.is_empty() && s.parse::<u32>().is_err()).nth(1).unwrap_or("default").replace("~1", "/");
    let name = body.get_str("name").unwrap_or(&pipeline);
    let work =
        Work::declare(document, "ci-job", &format!("bb-step:{project}//{}#{}", document.path, pointer.trim_start_matches('/')), name, body, "bitbucket", facts);
    let manual = body.get_str("trigger") == Some("manual");
    work.triggered("repo-writer", "code", manual, facts);
    if let Some((node, deployment)) = body.get("deployment").and_then(|d| Some((d, d.str()?))) {
        work.environment(format!("bb-env:{project}/{deployment}"), deployment, document.at(node), facts);
    }
    for (node, label) in body.get("runs-on").into_iter().flat_map(Node::one_or_many).filter_map(|n| Some((n, n.str()?))) {
        if label.starts_with("self.hosted") {
            work.runner(format!("bb-runner:{project}/{label}"), label, document.at(node), facts);
        }
    }
    work.scripts(body, &|v| (!v.starts_with("BITBUCKET_STEP_OIDC")).then(|| ("ci-secret", format!("bb-var:{project}/{v}"))), facts);
    let subject = body.get("oidc").filter(|o| o.bool() == Some(true)).map(|node| {
        let issuer = format!("api.bitbucket.org/2.0/workspaces/{}/pipelines-config/identity/oidc", owner(document));
        // Repository, environment and step are named by numbers that the file does not hold.
        let subject = if body.get("deployment").is_some() { "*:*:*" } else { "*:*" };
        work.subject(&issuer, subject, document.at(node), facts)
    });
    let mut roles = Vec::new();
    let mut stated = Vec::new();
    body.walk(&mut |_, node| {
        if let Some((place, pipe)) = node.get("pipe").and_then(|p| Some((p, p.str()?))) {
            let bare = pipe.trim_start_matches("docker://");
            let (name, version) = bare.rsplit_once(':').unwrap_or((bare, ""));
            work.tool(&format!("bb-pipe/{name}"), name, pin(version), document.at(place), facts);
        }
        roles.extend(["AWS_OIDC_ROLE_ARN", "AWS_ROLE_ARN", "oidc-role"].iter().filter_map(|k| node.get(k)).filter_map(|n| Some((n, n.str()?))));
    });
    body.walk(&mut |pointer, node| {
        let name = pointer.rsplit('/').next().unwrap_or_default();
        if pointer.contains("/variables/") && is_secret_name(name) && node.str().is_some_and(|v| !v.is_empty() && !v.contains('$')) {
            stated.push((name.to_owned(), node));
        }
    });
    for (name, value) in stated {
        // Handed to a pipe in clear.
        let slot = work.slot("env", format!("{}#{name}", work.key.id), &name, document.at(value), facts);
        facts.mention(&slot, String::new(), document.at(value)).attr("protection", "plaintext");
        facts.holds(&slot, document.at(value));
    }
    for (node, arn) in roles {
        work.assumes(subject.as_ref().unwrap_or(&work.key), arn, document.at(node), facts);
    }
}
