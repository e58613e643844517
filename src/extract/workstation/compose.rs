//! Docker Compose: services, their environment, and the databases among them.

use std::collections::BTreeMap;

use super::dotenv::is_secret_name;
use crate::document::{Document, Node};
use crate::extract::guessable::{is_guessable, is_password_name};
use crate::extract::note;
use crate::keys::ssh_line;
use crate::model::{Basis, Facts, Key, Kind};
use crate::relation::{AUTHENTICATES_AS, CAN_ACCESS, CONSUMES, RUNS_AS, SOURCED_FROM};

/// Image, scheme, port, variable of the user, user when none is given.
const DATABASES: &[(&str, &str, u16, &str, &str)] = &[
    ("postgres", "postgres", 5432, "POSTGRES_USER", "postgres"),
    ("postgresql", "postgres", 5432, "POSTGRES_USER", "postgres"),
    ("pgvector", "postgres", 5432, "POSTGRES_USER", "postgres"),
    ("timescaledb", "postgres", 5432, "POSTGRES_USER", "postgres"),
    ("postgis", "postgres", 5432, "POSTGRES_USER", "postgres"),
    ("mysql", "mysql", 3306, "MYSQL_USER", "root"),
    ("mariadb", "mysql", 3306, "MYSQL_USER", "root"),
    ("mongo", "mongodb", 27017, "MONGO_INITDB_ROOT_USERNAME", "root"),
    ("redis", "redis", 6379, "REDIS_USER", "default"),
    ("rabbitmq", "amqp", 5672, "RABBITMQ_DEFAULT_USER", "guest"),
];

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let trees = match document.trees() {
        Ok(trees) => trees,
        Err(reason) => return note(document, facts, reason),
    };
    for root in trees {
        // A manifest of another kind may hold a list called services.
        let services = root.get("services").filter(|s| s.is_map()).into_iter().flat_map(Node::entries);
        let services: Vec<(&str, &Node)> = services.filter_map(|(n, s)| Some((n.str()?, s))).filter(|(_, s)| s.is_map()).collect();
        let databases: BTreeMap<&str, Database> = services.iter().filter_map(|(n, s)| Some((*n, database(n, s, &environment(s))?))).collect();
        for (name, service) in services {
            self::service(document, name, service, &databases, facts);
        }
    }
}

/// A database that a service runs, and the user that its image makes.
struct Database {
    resource: Key,
    identity: Key,
    user: String,
}

fn database(name: &str, body: &Node, variables: &[(String, Option<String>, &Node)]) -> Option<Database> {
    let image = body.get_str("image").unwrap_or_default();
    let product = image.split(['@', ':']).next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    let (_, scheme, port, user_variable, default) = DATABASES.iter().find(|(p, ..)| product == *p)?;
    let given = |names: &[&str]| variables.iter().find(|(v, ..)| names.contains(&v.as_str())).and_then(|(_, v, _)| v.clone()).filter(|v| !v.contains('$'));
    let user = given(&[user_variable]).unwrap_or_else(|| (*default).to_owned());
    let schema = given(&["POSTGRES_DB", "MYSQL_DATABASE"]).unwrap_or_else(|| if *scheme == "postgres" { user.clone() } else { String::new() });
    Some(Database {
        resource: Key::new(Kind::Resource, "database", format!("db:{scheme}://{name}:{port}/{schema}")),
        identity: Key::new(Kind::Identity, "db-user", format!("dbuser:{scheme}://{name}:{port}/{schema}#{user}")),
        user,
    })
}

/// Whether a variable names the file in which a secret lies: `POSTGRES_PASSWORD_FILE`.
fn names_secret_file(variable: &str) -> bool {
    ["_FILE", "_PATH"].iter().find_map(|e| variable.strip_suffix(e)).is_some_and(is_secret_name)
}

/// The host of `postgres://db:5432/app`, `db:5432` and `db`.
fn host(value: &str) -> &str {
    let rest = value.rsplit_once('@').map_or(value, |(_, r)| r);
    let rest = rest.split_once("://").map_or(rest, |(_, r)| r);
    rest.split([':', '/', '?', ',', ';']).next().unwrap_or(rest)
}

/// Variables of a service, as a map or as a list of `NAME=value`.
fn environment(service: &Node) -> Vec<(String, Option<String>, &Node)> {
    let Some(block) = service.get("environment") else { return Vec::new() };
    let pairs = block.entries().filter_map(|(k, v)| Some((k.str()?.to_owned(), v.scalar(), v)));
    let lines = block.items().iter().filter_map(|i| {
        let text = i.str()?;
        Some(match text.split_once('=') {
            Some((k, v)) => (k.to_owned(), Some(v.to_owned()), i),
            None => (text.to_owned(), None, i),
        })
    });
    pairs.chain(lines).collect()
}

fn service(document: &Document, name: &str, body: &Node, databases: &BTreeMap<&str, Database>, facts: &mut Facts) {
    let key = Key::new(Kind::Consumer, "compose-service", format!("compose:{}#{name}", document.file_id()));
    let mut escape: Vec<String> = Vec::new();
    if body.get("privileged").and_then(Node::bool) == Some(true) {
        escape.push("privileged".into());
    }
    let mounts = body.get("volumes").into_iter().flat_map(Node::items).filter_map(|v| v.str().or_else(|| v.get_str("source")));
    escape.extend(
        mounts
            .filter(|v| v.contains("docker.sock") || v.starts_with("/:") || v.starts_with("/var/run:"))
            .map(|v| format!("mounts {}", v.split(':').next().unwrap_or(v))),
    );
    let node = facts.declare(&key, name, document.at(body));
    node.attr("platform", "compose");
    if !escape.is_empty() {
        node.attr("escape", escape);
    }
    if let Some(context) = body.get("build").and_then(|b| b.str().or_else(|| b.get_str("context"))).and_then(|c| folder_of(document.folder(), c)) {
        node.attr("context", context);
    }
    if let Some(image) = body.get_str("image") {
        node.attr("images", vec![image]);
    }
    let variables = environment(body);
    for (variable, value, at) in &variables {
        let place = document.at(at);
        if let Some(line) = value.as_deref().and_then(ssh_line) {
            // Whoever holds the other half is let in.
            let slot = Key::new(Kind::Location, "env", format!("{}#{variable}", key.id));
            facts.declare(&slot, variable.clone(), place.clone()).attr("store", "env").attr("public", true).attr("public_key", line.key.id.as_str());
            facts.relate(&key, &CONSUMES, &slot, place.clone());
            continue;
        }
        if let Some(path) = value.as_deref().filter(|_| names_secret_file(variable)) {
            // The variable says where the secret lies: one that Compose puts there, or a file that another service writes.
            let slot = Key::new(Kind::Location, "env", format!("{}#{variable}", key.id));
            facts.declare(&slot, variable.clone(), place.clone()).attr("store", "env").attr("path", path);
            facts.relate(&key, &CONSUMES, &slot, place.clone());
            let mounted = path.strip_prefix("/run/secrets/").map(|s| ("other:compose-secret", format!("compose-secret:{}#{s}", document.file_id()), s));
            let (subtype, id, name) = mounted.unwrap_or_else(|| ("file", format!("container-file:{}#{path}", document.file_id()), path));
            let file = Key::new(Kind::Location, subtype, id);
            facts.mention(&file, name, place.clone());
            facts.relate(&slot, &SOURCED_FROM, &file, place.clone());
            continue;
        }
        let secret = is_secret_name(variable) || value.as_deref().is_some_and(|v| v.contains("://") && v.contains('@'));
        if !secret {
            continue;
        }
        let slot = Key::new(Kind::Location, "env", format!("{}#{variable}", key.id));
        let node = facts.declare(&slot, variable.clone(), place.clone());
        node.attr("store", "env").attr("protection", "plaintext");
        let users: Vec<&str> = variables.iter().filter(|(v, ..)| v.contains("USER") || v.ends_with("_DB")).filter_map(|(_, v, _)| v.as_deref()).collect();
        let names: Vec<&str> = users.into_iter().chain([name]).collect();
        if is_password_name(variable) && value.as_deref().is_some_and(|v| is_guessable(v, &names)) {
            node.attr("guessable", true);
        }
        facts.relate(&key, &CONSUMES, &slot, place.clone());
        facts.holds(&slot, place.clone());
        if let Some((user, database)) = value.as_deref().and_then(login) {
            facts.mention(&database, database.id.rsplit('/').next().unwrap_or_default().to_owned(), place.clone());
            facts.mention(&user, user.id.rsplit('#').next().unwrap_or_default().to_owned(), place.clone());
            facts.relate(&slot, &AUTHENTICATES_AS, &user, place.clone());
            facts.relate(&user, &CAN_ACCESS, &database, place.clone()).attr("level", "write");
        }
        for reference in value.as_deref().unwrap_or_default().split("${").skip(1) {
            let inner = reference.split(['}', ':', '-', '?']).next().unwrap_or_default();
            if !inner.is_empty() {
                let folder = if document.folder().is_empty() { String::new() } else { format!("{}/", document.folder()) };
                let source = Key::new(Kind::Location, "file", format!("file:{}//{folder}.env#{inner}", document.repository_body()));
                facts.mention(&source, inner, place.clone());
                facts.relate(&slot, &SOURCED_FROM, &source, place.clone());
            }
        }
    }
    for file in body.get("env_file").into_iter().flat_map(Node::one_or_many).filter_map(|f| f.str().or_else(|| f.get_str("path"))) {
        let folder = if document.folder().is_empty() { String::new() } else { format!("{}/", document.folder()) };
        let slot = Key::new(Kind::Location, "file", format!("file:{}//{folder}{}", document.repository_body(), file.trim_start_matches("./")));
        facts.mention(&slot, file, document.at(body));
        facts.relate(&key, &CONSUMES, &slot, document.at(body));
    }
    for secret in body.get("secrets").into_iter().flat_map(Node::items).filter_map(|s| s.str().or_else(|| s.get_str("source"))) {
        let slot = Key::new(Kind::Location, "other:compose-secret", format!("compose-secret:{}#{secret}", document.file_id()));
        facts.mention(&slot, secret, document.at(body));
        facts.relate(&key, &CONSUMES, &slot, document.at(body));
    }
    for (value, node) in variables.iter().filter_map(|(_, v, n)| Some((v.as_deref()?, n))) {
        if let Some((_, other)) = databases.get_key_value(host(value)).filter(|(n, _)| **n != name) {
            facts.relate(&key, &CAN_ACCESS, &other.resource, document.at(node)).basis(Basis::EnvAssumed).attr("level", "write");
        }
    }
    if let Some(Database { resource, identity, user }) = databases.get(name) {
        let at = document.at(body);
        facts.declare(resource, name, at.clone()).attr("image", body.get_str("image").unwrap_or_default());
        facts.declare(identity, user.clone(), at.clone()).attr("auth_style", "static");
        facts.relate(identity, &CAN_ACCESS, resource, at.clone()).attr("level", "admin");
        // What the image is given as password is that of the user it makes.
        for (variable, _, node) in variables.iter().filter(|(v, ..)| v.ends_with("_PASSWORD") || v == "RABBITMQ_DEFAULT_PASS") {
            let slot = Key::new(Kind::Location, "env", format!("{}#{variable}", key.id));
            facts.relate(&slot, &AUTHENTICATES_AS, identity, document.at(node)).basis(Basis::Evaluated);
        }
        facts.relate(&key, &RUNS_AS, identity, at);
    }
}

/// The folder of the repository that a path in a file of `from` means; nothing when it leaves the repository or is no path.
fn folder_of(from: &str, path: &str) -> Option<String> {
    if path.contains(['$', ':']) || path.starts_with(['/', '~']) {
        return None;
    }
    let mut segments: Vec<&str> = from.split('/').filter(|s| !s.is_empty()).collect();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop()?;
            }
            _ => segments.push(segment),
        }
    }
    Some(segments.join("/"))
}

/// The user and the database of an address such as `postgres://app:${PASSWORD}@db/app`.
fn login(address: &str) -> Option<(Key, Key)> {
    let (scheme, rest) = address.split_once("://")?;
    let scheme = scheme.split('+').next().unwrap_or(scheme);
    let scheme = if scheme == "postgresql" { "postgres" } else { scheme };
    let (_, _, port, ..) = DATABASES.iter().find(|(_, s, ..)| *s == scheme)?;
    // The password may hold references with any sign in them; the host comes after the last `@`.
    let (before, after) = rest.rsplit_once('@')?;
    let user = before.split(':').next().unwrap_or_default();
    let (host, path) = after.split_once('/').unwrap_or((after, ""));
    let database = path.split(['?', '#']).next().unwrap_or_default();
    let plain = |s: &str| !s.contains(['$', '{', '<', ' ']);
    if host.is_empty() || ![user, host, database].into_iter().all(plain) {
        return None;
    }
    let host = host.to_ascii_lowercase();
    let host = if host.contains(':') { host } else { format!("{host}:{port}") };
    Some((
        Key::new(Kind::Identity, "db-user", format!("dbuser:{scheme}://{host}/{database}#{user}")),
        Key::new(Kind::Resource, "database", format!("db:{scheme}://{host}/{database}")),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_its_secret_and_its_database() {
        let text = "services:\n  db: { image: \"postgres:16\", environment: { POSTGRES_PASSWORD: \"${PG_PASS:-x}\" } }\n  app: { build: ., env_file: .env, volumes: [ \"/var/run/docker.sock:/var/run/docker.sock\" ] }\n";
        let document = Document::new("repo:github.com/acme/web".into(), "docker-compose.yml", text.as_bytes().to_vec(), None);
        let mut facts = Facts::default();
        read(&document, &mut facts);
        assert!(facts.edges.iter().any(|e| e.relation.name == "sourced_from" && e.to.id.ends_with("//.env#PG_PASS")));
        assert!(facts.edges.iter().any(|e| &*e.from.id == "dbuser:postgres://db:5432/postgres#postgres" && e.relation.name == "can_access"));
        let app = facts.nodes.iter().find(|n| n.name == "app").expect("there");
        assert_eq!(app.attributes[&"escape".into()][0], "mounts /var/run/docker.sock");
    }
}
