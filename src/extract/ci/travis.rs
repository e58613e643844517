//! Travis CI: the job, its encrypted values, its plain ones, and what it deploys with.

use super::work::{Work, is_secret_name, lines, project};
use crate::document::{Document, Node};
use crate::extract::note;
use crate::model::{Facts, Key, Kind, Location};
use crate::relation::{CONSUMES, DEPLOYS, STORED_IN};

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let trees = match document.trees() {
        Ok(trees) => trees,
        Err(reason) => return note(document, facts, reason),
    };
    let project = project(document);
    for root in trees.iter().filter(|r| r.is_map()) {
        let name = root.get_str("name").unwrap_or(".travis.yml");
        let work = Work::declare(document, "ci-job", &format!("travis-job:{project}//{}", document.path), name, root, "travis", facts);
        work.triggered("repo-writer", "code", false, facts);
        work.scripts(root, &|v| (!v.starts_with("TRAVIS_")).then(|| ("ci-variable", format!("travis-var:{project}/{v}"))), facts);
        for target in root.get("deploy").into_iter().flat_map(Node::one_or_many) {
            deploys(&work, target, facts);
        }
        lines(document, root, &mut |line, at| sealed_file(&work, line, at, facts));
        root.walk(&mut |pointer, node| {
            if let Some(value) = node.get("secure") {
                sealed(&work, pointer, value, facts);
            }
            let text = node.str().unwrap_or_default();
            if pointer.starts_with("/env") {
                for assignment in text.split_whitespace() {
                    let Some((name, value)) = assignment.split_once('=').filter(|(_, v)| !v.is_empty() && !v.starts_with('$')) else { continue };
                    if is_secret_name(name) {
                        plain(&work, name, node, facts);
                    } else if matches!(value.to_ascii_lowercase().as_str(), "prod" | "production" | "staging" | "live") {
                        work.attr("environment", value, facts);
                    }
                }
            }
            let field = pointer.rsplit('/').next().unwrap_or_default();
            if pointer.starts_with("/deploy") && is_secret_name(field) && !text.is_empty() && !text.starts_with('$') {
                plain(&work, field, node, facts);
            }
        });
    }
}

/// Providers, and what a deployment to each writes.
const PROVIDERS: &[(&str, &str, &str)] = &[
    ("npm", "package-registry", "host:registry.npmjs.org"),
    ("pypi", "package-registry", "host:upload.pypi.org"),
    ("rubygems", "package-registry", "host:rubygems.org"),
    ("cargo", "package-registry", "host:crates.io"),
    ("heroku", "compute", "host:api.heroku.com"),
    ("releases", "repo", "saas:github.com"),
    ("pages", "repo", "saas:github.com"),
    ("firebase", "compute", "saas:firebase"),
    ("netlify", "compute", "saas:netlify"),
];

/// Where a deployment goes: a bucket by its name, a service by what the provider is.
fn deploys(work: &Work<'_>, target: &Node, facts: &mut Facts) {
    let Some((node, provider)) = target.get("provider").and_then(|p| Some((p, p.str()?))) else { return };
    let bucket = target.get_str("bucket").filter(|b| !b.contains('$'));
    let named = match (provider, bucket) {
        ("s3", Some(bucket)) => Some(("object-store", format!("arn:aws:s3:::{bucket}"), bucket)),
        ("gcs", Some(bucket)) => Some(("object-store", format!("//storage.googleapis.com/projects/_/buckets/{bucket}"), bucket)),
        _ => PROVIDERS.iter().find(|(p, ..)| *p == provider).map(|(p, subtype, id)| (*subtype, (*id).to_owned(), *p)),
    };
    let Some((subtype, id, name)) = named else { return };
    let key = Key::new(Kind::Resource, subtype, id);
    facts.mention(&key, name, work.document.at(node));
    facts.relate(&work.key, &DEPLOYS, &key, work.document.at(node));
}

/// `openssl aes-256-cbc -K $encrypted_x_key -iv … -in key.enc -out key -d`: a file that only the service's variables open.
fn sealed_file(work: &Work<'_>, line: &str, at: Location, facts: &mut Facts) {
    if !line.contains("openssl ") || !line.contains("$encrypted_") {
        return;
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    let behind = |flag: &str| words.iter().position(|w| *w == flag).and_then(|i| words.get(i + 1)).map(|w| w.trim_matches(['"', '\'']));
    let Some(path) = behind("-in").filter(|p| !p.contains('$')) else { return };
    let file = Key::new(Kind::Location, "file", format!("file:{}//{path}", work.document.repository_body()));
    facts.mention(&file, path, at.clone()).attr("store", "file").attr("protection", "encrypted-at-rest").attr("encryption", "openssl");
    facts.relate(&work.key, &CONSUMES, &file, at.clone());
    if let Some(variable) = behind("-K").map(|v| v.trim_start_matches('$').trim_matches(['{', '}'])) {
        work.slot("ci-secret", format!("travis-var:{}/{variable}", project(work.document)), variable, at, facts);
    }
}

fn plain(work: &Work<'_>, name: &str, value: &Node, facts: &mut Facts) {
    let slot = Key::new(Kind::Location, "env", format!("{}#{name}", work.key.id));
    let at = work.document.at(value);
    facts.declare(&slot, name, at.clone()).attr("store", "file").attr("protection", "plaintext");
    facts.relate(&work.key, &CONSUMES, &slot, at.clone());
    facts.holds(&slot, at);
}

/// A value that only the service can open; its name is inside.
fn sealed(work: &Work<'_>, pointer: &str, value: &Node, facts: &mut Facts) {
    let at = work.document.at(value);
    let name = pointer.trim_start_matches('/');
    let slot = work.slot("ci-secret", format!("travis-secure:{}//{}#{name}", project(work.document), work.document.path), name, at.clone(), facts);
    facts.mention(&slot, name, at.clone()).attr("protection", "encrypted-at-rest");
    let blob = Key::new(Kind::Credential, "ci-secure-blob", format!("cred:ci-secure-blob/{}", slot.id));
    facts.declare(&blob, name, at.clone()).attr("state", "encrypted").attr("type", "ci-secure-blob").attr("rule", "travis-secure");
    facts.relate(&blob, &STORED_IN, &slot, at);
}
