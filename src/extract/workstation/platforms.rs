//! Manifests of hosting platforms: Cloudflare Workers, Fly, Render, Vercel, App Engine, Heroku: what runs, as whom, with which variables.

use crate::document::{Document, Node};
use crate::extract::ci::work::is_secret_name;
use crate::model::{Facts, Key, Kind, Location};
use crate::relation::{CAN_ACCESS, CONSUMES, RUNS_AS};

/// Bindings of a Worker, the field that names what is bound, and what that is.
const BINDINGS: &[(&str, &[&str], &str)] = &[
    ("d1_databases", &["database_name", "database_id", "binding"], "database"),
    ("kv_namespaces", &["id", "binding"], "cache"),
    ("r2_buckets", &["bucket_name", "binding"], "object-store"),
    ("queues", &["queue", "binding"], "queue"),
    ("vectorize", &["index_name", "binding"], "vector-store"),
    ("services", &["service", "binding"], "compute"),
    ("hyperdrive", &["id", "binding"], "database"),
    ("ai", &["binding"], "llm-api"),
];

pub(super) fn wants(path: &str, head: &[u8]) -> bool {
    let has = |word: &[u8]| memchr::memmem::find(head, word).is_some();
    match path.rsplit('/').next().unwrap_or(path) {
        "wrangler.toml" | "wrangler.json" | "wrangler.jsonc" | "fly.toml" | "render.yaml" | "vercel.json" | "Procfile" => true,
        "app.yaml" | "app.yml" => has(b"runtime:"),
        "app.json" => has(b"\"buildpacks\"") || has(b"\"formation\"") || has(b"\"env\""),
        _ => false,
    }
}

pub(super) fn read(document: &Document, facts: &mut Facts) {
    if document.name() == "Procfile" {
        return procfile(document, facts);
    }
    let Ok(trees) = document.trees() else { return };
    for root in trees.iter().filter(|r| r.is_map()) {
        match document.name() {
            "fly.toml" => {
                let key = app(document, root, root.get_str("app"), "fly", facts);
                variables(document, &key, root.get("env"), facts);
            }
            "render.yaml" => render(document, root, facts),
            "vercel.json" => {
                let key = app(document, root, root.get_str("name"), "vercel", facts);
                variables(document, &key, root.get("env"), facts);
                variables(document, &key, root.path(&["build", "env"]), facts);
            }
            "app.json" => {
                let key = app(document, root, root.get_str("name"), "heroku", facts);
                variables(document, &key, root.get("env"), facts);
            }
            "app.yaml" | "app.yml" => {
                let key = app(document, root, root.get_str("service"), "app-engine", facts);
                variables(document, &key, root.get("env_variables"), facts);
                if let Some((node, email)) = root.get("service_account").and_then(|n| Some((n, n.str()?))) {
                    let account = Key::new(Kind::Identity, "gcp-service-account", format!("gcp-sa:{email}"));
                    facts.mention(&account, email, document.at(node));
                    facts.relate(&key, &RUNS_AS, &account, document.at(node));
                }
            }
            _ => {
                worker(document, root, root.get_str("name"), facts);
                for (name, body) in root.get("env").into_iter().flat_map(Node::entries) {
                    let title = format!("{}-{}", root.get_str("name").unwrap_or("worker"), name.str().unwrap_or_default());
                    worker(document, body, Some(body.get_str("name").unwrap_or(&title)), facts);
                }
            }
        }
    }
}

fn app(document: &Document, body: &Node, name: Option<&str>, platform: &str, facts: &mut Facts) -> Key {
    let name = name.unwrap_or_else(|| document.folder().rsplit('/').next().filter(|f| !f.is_empty()).unwrap_or("app"));
    let key = Key::new(Kind::Consumer, "container-service", format!("{platform}-app:{}#{name}", document.file_id()));
    facts.declare(&key, name, document.at(body)).attr("platform", platform);
    key
}

/// Variables that are stated; a reference to a stored secret begins with `@`.
fn variables(document: &Document, key: &Key, block: Option<&Node>, facts: &mut Facts) {
    for (name, value) in block.into_iter().flat_map(Node::entries) {
        if let Some(name) = name.str().filter(|n| is_secret_name(n)) {
            let value = value.get("value").unwrap_or(value);
            slot(document, key, name, document.at(value), value.str().is_some_and(|v| !v.is_empty() && !v.starts_with('@')), facts);
        }
    }
}

pub(super) fn slot(document: &Document, key: &Key, name: &str, at: Location, literal: bool, facts: &mut Facts) {
    let slot = Key::new(Kind::Location, "env", format!("{}#{name}", key.id));
    facts.declare(&slot, name, at.clone()).attr("store", "env").attr("protection", if literal { "plaintext" } else { "managed-store" });
    facts.relate(key, &CONSUMES, &slot, at.clone());
    if literal {
        facts.holds(&slot, document.place(at.line, at.column, at.end_line));
    }
}

fn worker(document: &Document, body: &Node, name: Option<&str>, facts: &mut Facts) {
    let key = Key::new(Kind::Consumer, "function", format!("worker:{}#{}", document.file_id(), name.unwrap_or("worker")));
    facts.declare(&key, name.unwrap_or("worker"), document.at(body)).attr("platform", "cloudflare");
    variables(document, &key, body.get("vars"), facts);
    for secret in body.get("secrets_store_secrets").into_iter().flat_map(Node::items) {
        if let Some(name) = secret.get_str("secret_name") {
            let store = secret.get_str("store_id").unwrap_or("?");
            let entry = Key::new(Kind::Location, "cloud-secret", format!("cloudflare-secret:{store}/{name}"));
            facts.mention(&entry, name, document.at(secret)).attr("store", "managed-store");
            facts.relate(&key, &CONSUMES, &entry, document.at(secret));
        }
    }
    for (binding, fields, subtype) in BINDINGS {
        let Some(block) = body.get(binding) else { continue };
        let listed = block.one_or_many().iter().chain(block.get("producers").into_iter().chain(block.get("consumers")).flat_map(Node::items));
        for item in listed {
            let Some(name) = fields.iter().find_map(|f| item.get_str(f)) else { continue };
            let target = Key::new(Kind::Resource, *subtype, format!("cloudflare:{binding}/{name}"));
            facts.mention(&target, name, document.at(item));
            facts.relate(&key, &CAN_ACCESS, &target, document.at(item)).attr("level", "write");
        }
    }
}

fn render(document: &Document, root: &Node, facts: &mut Facts) {
    for body in root.get("services").into_iter().flat_map(Node::items) {
        let key = app(document, body, body.get_str("name"), "render", facts);
        for variable in body.get("envVars").into_iter().flat_map(Node::items) {
            if let Some(group) = variable.get_str("fromGroup") {
                let set = Key::new(Kind::Location, "ci-secret", format!("render-group:{}/{group}", document.repository_body()));
                facts.mention(&set, group, document.at(variable)).attr("store", "render");
                facts.relate(&key, &CONSUMES, &set, document.at(variable));
            }
            if let Some((node, database)) = variable.get("fromDatabase").and_then(|d| Some((d, d.get_str("name")?))) {
                let target = Key::new(Kind::Resource, "database", format!("render-db:{}/{database}", document.repository_body()));
                facts.mention(&target, database, document.at(node));
                facts.relate(&key, &CAN_ACCESS, &target, document.at(node)).attr("level", "write");
            }
            if let Some(name) = variable.get_str("key").filter(|n| is_secret_name(n)) {
                let literal = variable.get("value").is_some_and(|v| v.str().is_some_and(|s| !s.is_empty()));
                slot(document, &key, name, document.at(variable.get("value").unwrap_or(variable)), literal, facts);
            }
        }
    }
    for database in root.get("databases").into_iter().flat_map(Node::items) {
        if let Some(name) = database.get_str("name") {
            let target = Key::new(Kind::Resource, "database", format!("render-db:{}/{name}", document.repository_body()));
            facts.declare(&target, name, document.at(database));
        }
    }
}

/// `web: command`, one process a line.
fn procfile(document: &Document, facts: &mut Facts) {
    for (i, line) in document.text().lines().enumerate() {
        let Some((name, command)) =
            line.split_once(':').filter(|(n, _)| !n.is_empty() && n.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')))
        else {
            continue;
        };
        let at = document.at_line(i as u32 + 1);
        let key = Key::new(Kind::Consumer, "container-service", format!("process:{}#{name}", document.file_id()));
        facts.declare(&key, name, at.clone()).attr("platform", "procfile");
        for variable in crate::extract::ci::work::variables(command).filter(|v| is_secret_name(v)) {
            slot(document, &key, variable, at.clone(), false, facts);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(path: &str, text: &str) -> Document {
        Document::new("repo:github.com/acme/web".into(), path, text.as_bytes().to_vec(), None)
    }

    fn edge(facts: &Facts, from: &str, relation: &str, to: &str) -> bool {
        facts.edges.iter().any(|e| e.from.id.ends_with(from) && e.relation.name == relation && e.to.id.ends_with(to))
    }

    #[test]
    fn platforms_state_what_runs_and_what_it_is_given() {
        let mut facts = Facts::default();
        read(
            &document("wrangler.toml", "name = \"api\"\n[vars]\nAPI_TOKEN = \"x\"\n[[d1_databases]]\nbinding = \"DB\"\ndatabase_name = \"prod\"\n"),
            &mut facts,
        );
        read(&document("fly.toml", "app = \"web\"\n[env]\nPORT = \"80\"\nSESSION_SECRET = \"x\"\n"), &mut facts);
        read(&document("app.yaml", "runtime: python312\nservice_account: a@p.iam.gserviceaccount.com\n"), &mut facts);
        assert!(edge(&facts, "#api", "consumes", "#API_TOKEN"));
        assert!(edge(&facts, "#api", "can_access", "d1_databases/prod"));
        assert!(edge(&facts, "#web", "consumes", "#SESSION_SECRET"));
        assert!(!edge(&facts, "#web", "consumes", "#PORT"));
        assert!(edge(&facts, "#app", "runs_as", "gcp-sa:a@p.iam.gserviceaccount.com"));
    }
}
