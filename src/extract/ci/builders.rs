//! Builders of clouds, and the updater of dependencies: Google Cloud Build, AWS CodeBuild, Dependabot.

use super::github_slots::expressions;
use super::work::{Work, is_secret_name};
use crate::document::{Document, Node};
use crate::extract::note;
use crate::model::{Facts, Key, Kind};
use crate::relation::{CAN_ACCESS, CONSUMES, RUNS_AS, SOURCED_FROM};

/// Images of the builders that Google keeps: what a build runs its steps in, whatever its file is called.
const BUILDERS: &[u8] = b"gcr.io/cloud-builders/";

pub(super) fn wants(path: &str, head: &[u8]) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let yaml = name.ends_with(".yml") || name.ends_with(".yaml");
    yaml && (name.starts_with("cloudbuild")
        || memchr::memmem::find(head, BUILDERS).is_some()
        || name.starts_with("buildspec")
        || path.ends_with(".github/dependabot.yml")
        || path.ends_with(".github/dependabot.yaml"))
}

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let trees = match document.trees() {
        Ok(trees) => trees,
        Err(reason) => return note(document, facts, reason),
    };
    for root in trees {
        if root.get("registries").is_some() && document.path.contains("dependabot") {
            dependabot(document, root, facts);
        } else if is_cloud_build(document, root) {
            cloud_build(document, root, facts);
        } else if document.name().starts_with("buildspec") && root.get("phases").is_some() {
            code_build(document, root, facts);
        }
    }
}

/// A list of steps, each of which names the image that it runs in.
fn is_cloud_build(document: &Document, root: &Node) -> bool {
    let steps = root.get("steps").map(Node::items).unwrap_or_default();
    let builder = |s: &Node| s.get_str("name").is_some_and(|n| n.starts_with("gcr.io/cloud-builders/"));
    root.get("steps").is_some() && document.name().starts_with("cloudbuild") || steps.iter().any(builder)
}

fn cloud_build(document: &Document, root: &Node, facts: &mut Facts) {
    let id = format!("cloudbuild:{}//{}", document.repository_body(), document.path);
    let job = Work::declare(document, "ci-job", &id, document.name(), root, "google-cloud-build", facts);
    if let Some((node, account)) = root.get("serviceAccount").and_then(|n| Some((n, n.str()?))) {
        let email = account.rsplit('/').next().unwrap_or(account);
        if !email.contains('$') {
            let identity = Key::new(Kind::Identity, "gcp-service-account", format!("gcp-sa:{email}"));
            facts.mention(&identity, email, document.at(node));
            facts.relate(&job.key, &RUNS_AS, &identity, document.at(node));
        }
    }
    for entry in root.path(&["availableSecrets", "secretManager"]).into_iter().flat_map(Node::items) {
        let Some((node, version)) = entry.get("versionName").and_then(|n| Some((n, n.str()?))) else { continue };
        let secret = version.split("/versions/").next().unwrap_or(version).replace("$PROJECT_ID", &format!("{{{}}}", document.repository_body()));
        let name = secret.rsplit('/').next().unwrap_or_default().to_owned();
        let slot = job.slot("cloud-secret", format!("//secretmanager.googleapis.com/{secret}"), &name, document.at(node), facts);
        if let Some(variable) = entry.get_str("env") {
            let env = Key::new(Kind::Location, "env", format!("env:{}#{variable}", job.key.id));
            facts.declare(&env, variable, document.at(entry)).attr("store", "env");
            facts.relate(&env, &SOURCED_FROM, &slot, document.at(entry));
        }
    }
    for step in root.get("steps").into_iter().flat_map(Node::items) {
        // A builder's arguments are one command: `gcloud`, `run`, `deploy`.
        let builder = step.get_str("name").and_then(|n| n.rsplit('/').next()).unwrap_or_default().split(':').next().unwrap_or_default();
        let words: Vec<&str> = step.get("args").into_iter().flat_map(Node::items).filter_map(Node::str).collect();
        let program = step.get_str("entrypoint").unwrap_or(if builder == "cloud-sdk" { "gcloud" } else { builder });
        job.command(&format!("{program} {}", words.join(" ")), &document.at(step), facts);
        job.scripts(step, &|_| None, facts);
    }
}

fn code_build(document: &Document, root: &Node, facts: &mut Facts) {
    let body = document.repository_body();
    let job = Work::declare(document, "ci-job", &format!("codebuild:{body}//{}", document.path), document.name(), root, "aws-codebuild", facts);
    for (store, prefix) in [("secrets-manager", format!("asm:{{{body}}}/")), ("parameter-store", format!("ssm:{{{body}}}/?/"))] {
        for (variable, value) in root.path(&["env", store]).into_iter().flat_map(Node::entries) {
            let (Some(variable), Some(named)) = (variable.str(), value.str()) else { continue };
            let at = document.at(value);
            let name = if named.starts_with("arn:") { named } else { named.split(':').next().unwrap_or(named).trim_start_matches('/') };
            let slot = job.slot("cloud-secret", if named.starts_with("arn:") { named.to_owned() } else { format!("{prefix}{name}") }, name, at.clone(), facts);
            let env = Key::new(Kind::Location, "env", format!("env:{}#{variable}", job.key.id));
            facts.declare(&env, variable, at.clone()).attr("store", "env");
            facts.relate(&env, &SOURCED_FROM, &slot, at);
        }
    }
    for (name, value) in root.path(&["env", "variables"]).into_iter().flat_map(Node::entries) {
        if let Some(name) = name.str().filter(|n| is_secret_name(n)) {
            let slot = Key::new(Kind::Location, "ci-variable", format!("env:{}#{name}", job.key.id));
            facts.declare(&slot, name, document.at(value)).attr("store", "file").attr("protection", "plaintext");
            facts.relate(&job.key, &CONSUMES, &slot, document.at(value));
            facts.holds(&slot, document.at(value));
        }
    }
    if let Some(phases) = root.get("phases") {
        job.scripts(phases, &|_| None, facts);
    }
}

/// Private registries that the updater logs in to.
fn dependabot(document: &Document, root: &Node, facts: &mut Facts) {
    let repository = super::work::project(document);
    let key = Key::new(Kind::Consumer, "saas-integration", format!("dependabot:{repository}"));
    facts.declare(&key, "Dependabot", document.at(root)).attr("platform", "github");
    for (_, registry) in root.get("registries").into_iter().flat_map(Node::entries) {
        for field in ["username", "password", "key", "token"] {
            let Some((node, text)) = registry.get(field).and_then(|n| Some((n, n.str()?))) else { continue };
            for (_, secret, _) in expressions(text).into_iter().filter(|(kind, ..)| *kind == "secret") {
                // Dependabot has secrets of its own, which workflows do not see.
                let slot = Key::new(Kind::Location, "ci-secret", format!("gh-secret:{repository}@dependabot/{secret}"));
                facts.mention(&slot, secret, document.at(node)).attr("store", "github");
                facts.relate(&key, &CONSUMES, &slot, document.at(node));
            }
        }
        if let Some((node, url)) = registry.get("url").and_then(|n| Some((n, n.str()?))) {
            let host = url.split("://").last().unwrap_or(url).split('/').next().unwrap_or(url);
            let resource = Key::new(
                Kind::Resource,
                if registry.get_str("type") == Some("docker-registry") { "container-registry" } else { "package-registry" },
                format!("host:{host}"),
            );
            facts.mention(&resource, host, document.at(node));
            facts.relate(&key, &CAN_ACCESS, &resource, document.at(node)).attr("level", "read-data");
        }
    }
}
