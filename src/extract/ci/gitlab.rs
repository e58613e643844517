//! GitLab CI: jobs with what they extend, the secret variables that they read, and their identity tokens.

use crate::document::{Document, Node};
use crate::extract::note;
use crate::model::{Facts, Key, Kind, Spec};
use crate::relation::{CAN_TRIGGER, CONSUMES, INVOKES, RUNS_AS};

/// Top-level keys that are no jobs.
const RESERVED: &[&str] =
    &["stages", "variables", "include", "default", "workflow", "image", "services", "cache", "before_script", "after_script", "pages", "spec"];

/// Parts of a variable's name that say that it holds a secret.
const SECRET_WORDS: &[&str] = &["TOKEN", "SECRET", "PASSWORD", "PASS", "KEY", "CREDENTIAL", "AUTH", "PRIVATE", "PWD"];

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let trees = match document.trees() {
        Ok(trees) => trees,
        Err(reason) => return note(document, facts, reason),
    };
    let Some((host, project)) = document.repository_body().split_once('/') else { return };
    let writers = Key::new(Kind::Party, "class", format!("class:repo-writer@{}", document.repository));
    for root in trees {
        for (name, job) in root.entries().filter(|(n, j)| j.is_map() && n.str().is_some_and(|n| !RESERVED.contains(&n))) {
            let Some(name) = name.str() else { continue };
            let template = name.starts_with('.');
            let key = Key::new(Kind::Consumer, "ci-job", format!("gl-job:{host}/{project}//{}#{name}", document.path));
            facts.declare(&key, name, document.at(job)).attr("platform", "gitlab").attr("template", template);
            for base in job.get("extends").into_iter().flat_map(Node::one_or_many).filter_map(Node::str) {
                if root.get(base).is_none() {
                    // An included file has it.
                    let spec = Spec::Name { kind: Kind::Consumer, subtypes: vec!["ci-job".to_owned()], name: base.to_owned() };
                    facts.refer(&key, &INVOKES, spec, base, document.at(job)).attr("how", "extends");
                    continue;
                }
                let other = Key::new(Kind::Consumer, "ci-job", format!("gl-job:{host}/{project}//{}#{base}", document.path));
                facts.relate(&key, &INVOKES, &other, document.at(job)).attr("how", "extends");
            }
            if !template {
                facts.mention(&writers, "repository writers", document.at(job));
                facts.relate(&writers, &CAN_TRIGGER, &key, document.at(job)).attr("input", "code");
            }
            if let Some(environment) = job.get("environment").and_then(|e| e.str().or_else(|| e.get_str("name"))) {
                facts.mention(&key, name, document.at(job)).attr("environment", environment);
            }
            for (token, body) in job.get("id_tokens").into_iter().flat_map(Node::entries) {
                let subject = Key::new(Kind::Identity, "oidc-subject", format!("oidc:{host}::project_path:{project}:ref_type:branch:ref:*"));
                let at = document.place(token.line, token.column, body.end_line);
                facts
                    .declare(&subject, token.str().unwrap_or_default(), at.clone())
                    .attr("audience", body.get("aud").and_then(Node::scalar).unwrap_or_default());
                facts.relate(&key, &RUNS_AS, &subject, at);
            }
            job.walk(&mut |_, node| {
                let Some(text) = node.str() else { return };
                for (offset, line) in text.lines().enumerate() {
                    for variable in variables(line) {
                        if !SECRET_WORDS.iter().any(|w| variable.contains(w)) {
                            continue;
                        }
                        let at = document.at_line(node.line + offset as u32);
                        if variable == "CI_JOB_TOKEN" || variable.starts_with("CI_REGISTRY_") {
                            let token = Key::new(Kind::Identity, "ci-job-token", format!("gl-token:{host}/{project}#{name}"));
                            facts.mention(&token, "CI_JOB_TOKEN", at.clone());
                            facts.relate(&key, &RUNS_AS, &token, at);
                        } else {
                            let slot = Key::new(Kind::Location, "ci-secret", format!("gl-var:{host}/{project}/{variable}"));
                            facts.mention(&slot, variable, at.clone()).attr("store", "gitlab");
                            facts.relate(&key, &CONSUMES, &slot, at);
                        }
                    }
                }
            });
        }
        for (name, value) in root.get("variables").into_iter().flat_map(Node::entries) {
            if let Some(name) = name.str().filter(|n| SECRET_WORDS.iter().any(|w| n.to_ascii_uppercase().contains(w))) {
                let slot = Key::new(Kind::Location, "ci-variable", format!("gl-var:{host}/{project}/{name}"));
                facts.declare(&slot, name, document.at(value)).attr("store", "file");
                facts.holds(&slot, document.at(value));
            }
        }
    }
}

/// Names behind `$` and `${`, in capitals.
fn variables(line: &str) -> impl Iterator<Item = &str> {
    line.split('$').skip(1).filter_map(|rest| {
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        let end = rest.find(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')).unwrap_or(rest.len());
        (end > 2).then(|| &rest[..end])
    })
}
