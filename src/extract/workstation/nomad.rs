//! Jobs of Nomad: each task with its role in Vault, the secrets that its templates draw, its own identity, and what lets it out of its container.

use crate::document::{Document, Node};
use crate::extract::ci::is_secret_name;
use crate::extract::note;
use crate::model::{Facts, Key, Kind};
use crate::relation::{CONSUMES, GRANTED, PART_OF, RUNS_AS, SOURCED_FROM};

pub(super) fn wants(path: &str, head: &[u8]) -> bool {
    let has = |word: &[u8]| memchr::memmem::find(head, word).is_some();
    path.ends_with(".nomad") || path.ends_with(".nomad.hcl") || path.ends_with(".hcl") && has(b"job \"") && has(b"group \"")
}

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let trees = match document.trees() {
        Ok(trees) => trees,
        Err(reason) => return note(document, facts, reason),
    };
    for (name, job) in trees.iter().flat_map(|t| t.all("job")).flat_map(Node::entries) {
        let Some(name) = name.str() else { continue };
        let key = Key::new(Kind::Consumer, "container-service", format!("nomad:{{{}}}/{name}", document.repository_body()));
        facts.declare(&key, name, document.at(job)).attr("platform", "nomad");
        for (group, body) in job.all("group").flat_map(Node::entries) {
            for (task, body) in body.all("task").flat_map(Node::entries) {
                let names = [name, group.str().unwrap_or("group"), task.str().unwrap_or("task")];
                self::task(document, &names, job, body, &key, facts);
            }
        }
        // A job with one task may leave the group out.
        for (task, body) in job.all("task").flat_map(Node::entries) {
            let task = task.str().unwrap_or("task");
            self::task(document, &[name, task, task], job, body, &key, facts);
        }
    }
}

fn task(document: &Document, names: &[&str; 3], job: &Node, body: &Node, parent: &Key, facts: &mut Facts) {
    let repository = document.repository_body();
    let [job_name, group, name] = names;
    let key = Key::new(Kind::Consumer, "container-service", format!("{}/{group}/{name}", parent.id));
    let at = document.at(body);
    let config = || body.all("config");
    let node = facts.declare(&key, *name, at.clone());
    node.attr("platform", "nomad");
    let mut escape: Vec<String> = Vec::new();
    if config().any(|c| c.get("privileged").and_then(Node::bool) == Some(true)) {
        escape.push("privileged".into());
    }
    if matches!(body.get_str("driver"), Some("raw_exec")) {
        escape.push("raw_exec".into());
    }
    let volumes = config().filter_map(|c| c.get("volumes")).flat_map(Node::items).filter_map(Node::str);
    escape.extend(volumes.filter(|v| v.contains("docker.sock") || v.starts_with("/:")).map(|v| format!("mounts {}", v.split(':').next().unwrap_or(v))));
    if !escape.is_empty() {
        node.attr("escape", escape);
    }
    let images: Vec<&str> = config().filter_map(|c| c.get_str("image")).filter(|i| !i.contains("${")).collect();
    if !images.is_empty() {
        node.attr("images", images);
    }
    facts.relate(&key, &PART_OF, parent, at.clone());
    for vault in body.all("vault").chain(job.all("vault")) {
        let place = document.at(vault);
        let mount = vault.get_str("cluster").unwrap_or("nomad");
        if let Some((node, role)) = vault.get("role").and_then(|n| Some((n, n.str()?))) {
            let identity = Key::new(Kind::Identity, "vault-role", format!("vault-role:{{{repository}}}/{mount}/{role}"));
            facts.mention(&identity, role, document.at(node)).attr("provider", "vault").attr("auth_style", "workload");
            facts.relate(&key, &RUNS_AS, &identity, place.clone());
        }
        let policies: Vec<(&Node, &str)> = vault.get("policies").into_iter().flat_map(Node::items).filter_map(|n| Some((n, n.str()?))).collect();
        if !policies.is_empty() {
            // Nomad asks for a token with these policies, for this task alone.
            let token = Key::new(Kind::Identity, "vault-role", format!("vault-role:{{{repository}}}/{mount}/{job_name}.{group}.{name}"));
            facts.declare(&token, format!("token of {name}"), place.clone()).attr("provider", "vault").attr("auth_style", "workload");
            facts.relate(&key, &RUNS_AS, &token, place.clone());
            for (node, policy) in policies {
                let held = Key::new(Kind::Policy, "vault-policy", crate::extract::infra::vault_policy(repository, policy));
                facts.mention(&held, policy, document.at(node));
                facts.relate(&token, &GRANTED, &held, document.at(node));
            }
        }
    }
    for identity in body.all("identity") {
        let place = document.at(identity);
        let own = identity.get_str("name").unwrap_or("default");
        let audiences: Vec<String> = identity.get("aud").into_iter().flat_map(Node::one_or_many).filter_map(Node::scalar).collect();
        let namespace = job.get_str("namespace").unwrap_or("default");
        let subject = format!("global:{namespace}:{job_name}:{group}:{name}:{own}");
        let token = Key::new(Kind::Identity, "oidc-subject", format!("oidc:nomad.{{{repository}}}::{subject}"));
        facts.declare(&token, subject, place.clone()).attr("auth_style", "federated").attr("audiences", audiences);
        facts.relate(&key, &RUNS_AS, &token, place);
    }
    for (variable, value) in body.all("env").flat_map(Node::entries) {
        if let Some(variable) = variable.str().filter(|v| is_secret_name(v)) {
            held(document, &key, variable, value, facts);
        }
    }
    for (field, value) in config().flat_map(|c| c.all("auth")).flat_map(Node::entries) {
        if let Some(field) = field.str().filter(|f| *f == "password") {
            held(document, &key, field, value, facts);
        }
    }
    for template in body.all("template") {
        self::template(document, &key, template, facts);
    }
}

/// A variable or a setting with a secret in clear.
fn held(document: &Document, key: &Key, name: &str, value: &Node, facts: &mut Facts) {
    let at = document.at(value);
    let slot = Key::new(Kind::Location, "env", format!("{}#{name}", key.id));
    facts.declare(&slot, name, at.clone()).attr("store", "env").attr("protection", "plaintext");
    facts.relate(key, &CONSUMES, &slot, at.clone());
    facts.holds(&slot, at);
}

/// What a template draws from Vault, from Nomad's own variables and from Consul, and the variables of the task that it becomes.
fn template(document: &Document, key: &Key, template: &Node, facts: &mut Facts) {
    const SOURCES: &[(&str, &str, &str)] =
        &[("secret", "vault-path", "vault:"), ("nomadVar", "other:nomad-variable", "nomad-var:"), ("key", "other:consul-key", "consul-key:")];
    let Some(data) = template.get("data") else { return };
    let text = text_of(data);
    let env = template.get("env").and_then(Node::bool) == Some(true);
    let mut source: Option<Key> = None;
    for (i, line) in text.lines().enumerate() {
        // The text begins on the line below its marker.
        let at = document.at_line(data.line + u32::from(data.end_line > data.line) + i as u32);
        for (call, subtype, scheme) in SOURCES {
            for quoted in line.split(&format!("{call} \"")).skip(1) {
                let path = quoted.split('"').next().unwrap_or_default();
                let path = path.replacen("/data/", "/", usize::from(*call == "secret"));
                if path.is_empty() || path.contains("{{") {
                    continue;
                }
                let slot = Key::new(Kind::Location, *subtype, format!("{scheme}{{{}}}/{path}", document.repository_body()));
                facts.mention(&slot, path, at.clone()).attr("store", *call).attr("protection", "managed-store");
                facts.relate(key, &CONSUMES, &slot, at.clone());
                source = Some(slot);
            }
        }
        let assigned = line.split_once('=').map(|(name, value)| (name.trim(), value)).filter(|(n, v)| env && is_secret_name(n) && v.contains("{{"));
        if let Some((name, _)) = assigned {
            let slot = Key::new(Kind::Location, "env", format!("{}#{name}", key.id));
            facts.declare(&slot, name, at.clone()).attr("store", "env");
            facts.relate(key, &CONSUMES, &slot, at.clone());
            if let Some(from) = &source {
                facts.relate(&slot, &SOURCED_FROM, from, at);
            }
        }
    }
}

/// A heredoc as it stands: what looks like interpolation to HCL belongs to the template.
fn text_of(node: &Node) -> String {
    use crate::document::{Expr, Part, Value};
    match &node.value {
        Value::Expr(e) => match &**e {
            Expr::Template(parts) => parts.iter().map(|p| if let Part::Literal(text) = p { text.as_str() } else { "${…}" }).collect(),
            _ => String::new(),
        },
        _ => node.scalar().unwrap_or_default(),
    }
}
