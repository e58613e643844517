//! Travis CI: the job, its encrypted values, its plain ones, and what it deploys with.

use super::work::{Work, is_secret_name, project};
use crate::document::{Document, Node};
use crate::extract::note;
use crate::model::{Facts, Key, Kind};
use crate::relation::{CONSUMES, STORED_IN};

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
