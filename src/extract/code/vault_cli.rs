//! Vault set up by its command line: policies, roles of login methods, tokens, stored secrets, connections of databases.

use super::inside::{inside, piped, written};
use super::unit::Unit;
use crate::document::{Node, parse_hcl_inside, parse_json_inside};
use crate::extract::ci::work::variables;
use crate::extract::commands::{calls, commands, flag, words};
use crate::extract::infra::{sql_user, vault_path, vault_policy, vault_rules};
use crate::extract::kubernetes::account_key;
use crate::model::{Basis, Key, Kind, Location};
use crate::relation::{AUTHENTICATES_AS, CAN_ASSUME, CONSUMES, GRANTED, SAME_AS, TRUSTS};

/// Commands of one script that are read.
const MAX_COMMANDS: usize = 500;

/// Login methods and engines of databases, by the plug-in that they name.
const SCHEMES: &[(&str, &str)] = &[("postgres", "postgres"), ("mysql", "mysql"), ("mongodb", "mongodb"), ("mssql", "mssql"), ("redis", "redis")];

/// Reads the calls of Vault in a script.
pub(super) fn read(unit: &mut Unit<'_, '_>) {
    let text = unit.source.text;
    if text.contains("X-Vault-Token") {
        interface(unit);
    }
    if !text.contains("vault ") {
        return;
    }
    let mut issuers: Vec<(String, Key)> = Vec::new();
    for (line, command) in commands(text).into_iter().take(MAX_COMMANDS) {
        let at = unit.source.document.at_line(line + 1);
        for called in calls(&command, "vault").map(words) {
            let plain: Vec<&str> = called.iter().map(String::as_str).filter(|w| !w.starts_with('-') || *w == "-").collect();
            match plain.as_slice() {
                ["policy", "write", name, rest @ ..] if named(name) => policy(unit, name, rest, &called, line, &at),
                ["token", "create", ..] => token(unit, &called, &at),
                ["kv", "put" | "patch", path, ..] | ["kv", "get", path, ..] | ["read", path, ..] if named(path) => {
                    let path = flag(&called, &["-mount", "--mount"]).map_or_else(|| (*path).to_owned(), |m| format!("{m}/{path}"));
                    secret(unit, &path, plain.get(1).is_some_and(|v| matches!(*v, "put" | "patch")), &at);
                }
                ["write", path, pairs @ ..] if named(path) => write(unit, path, pairs, line, &at, &mut issuers),
                _ => {}
            }
        }
    }
}

/// Calls of Vault's interface by curl and its like: a secret that is read, a role whose proof is made.
fn interface(unit: &mut Unit<'_, '_>) {
    let text = unit.source.text;
    for (line, command) in commands(text).into_iter().filter(|(_, c)| c.contains("X-Vault-Token")).take(MAX_COMMANDS) {
        let at = unit.source.document.at_line(line + 1);
        for path in command.split("/v1/").skip(1) {
            let path = path.split(['"', '\'', ' ', '?', ')']).next().unwrap_or(path).trim_matches('/');
            let segments: Vec<&str> = path.split('/').collect();
            let body = unit.source.document.repository_body().to_owned();
            match segments.as_slice() {
                ["auth", mount @ .., "role", name, "secret-id"] if named(name) => {
                    let role = Key::new(Kind::Identity, "vault-role", format!("vault-role:{{{body}}}/{}/{name}", mount.join("/")));
                    unit.becomes(&role, name, &at);
                }
                ["auth" | "sys" | "identity", ..] => {}
                [_, _, ..] if named(path) => secret(unit, path, false, &at),
                _ => {}
            }
        }
    }
}

/// A name or path that stands for itself.
fn named(text: &str) -> bool {
    !text.is_empty() && text.len() <= 256 && !text.contains(['$', '<', '{', '*', '"', '\''])
}

fn policy(unit: &mut Unit<'_, '_>, name: &str, rest: &[&str], called: &[String], line: u32, at: &Location) {
    let body = unit.source.document.repository_body().to_owned();
    let key = Key::new(Kind::Policy, "vault-policy", vault_policy(&body, name));
    unit.facts.declare(&key, name, at.clone()).attr("provider", "vault");
    let file = rest.first().and_then(|f| written(unit.source.text, f));
    if called.iter().any(|w| w.starts_with("<<")) || rest.first() == Some(&"-") || file.is_some() {
        let Some((text, first)) = file.or_else(|| piped(unit.source.text, line, "vault")).or_else(|| inside(unit.source.text, line)) else { return };
        if let Ok(tree) = parse_hcl_inside(&text, first) {
            let document = unit.source.document;
            vault_rules(&body, &key, &tree, &|node: &Node| document.at(node), unit.facts);
        }
    } else if let Some(stem) = rest.first().map(|f| f.rsplit('/').next().unwrap_or(f)).and_then(|f| f.rsplit_once('.')).map(|(stem, _)| stem)
        && stem != name
        && named(stem)
    {
        // The file's policy goes by the name that it is written under.
        let file = Key::new(Kind::Policy, "vault-policy", vault_policy(&body, stem));
        unit.facts.mention(&file, stem, at.clone());
        unit.facts.relate(&key, &SAME_AS, &file, at.clone());
    }
}

fn grants(unit: &mut Unit<'_, '_>, role: &Key, policies: &str, at: &Location) {
    let body = unit.source.document.repository_body().to_owned();
    for name in policies.split(',').map(str::trim).filter(|p| named(p)) {
        let policy = Key::new(Kind::Policy, "vault-policy", vault_policy(&body, name));
        unit.facts.mention(&policy, name, at.clone());
        unit.facts.relate(role, &GRANTED, &policy, at.clone());
    }
}

/// A token that the script makes, with its policies; whoever holds the variable that sets its value holds it.
fn token(unit: &mut Unit<'_, '_>, called: &[String], at: &Location) {
    let document = unit.source.document;
    let key = Key::new(Kind::Identity, "vault-token", format!("vault-token:{}//{}#L{}", document.repository_body(), document.path, at.line));
    let policies: Vec<&str> = called.iter().filter_map(|w| w.trim_start_matches('-').strip_prefix("policy=")).collect();
    unit.facts.declare(&key, "token of Vault", at.clone()).attr("provider", "vault").attr("auth_style", "static");
    for policy in policies {
        grants(unit, &key, policy, at);
    }
    let slot = Key::new(Kind::Location, "file", format!("{}#token-{}", document.file_id(), at.line));
    unit.facts.mention(&slot, "token that the script makes", at.clone()).attr("store", "script");
    unit.facts.relate(&slot, &AUTHENTICATES_AS, &key, at.clone());
    if let Some(id) = flag(called, &["-id", "--id"]) {
        match variables(id).next() {
            Some(variable) => {
                let from = unit.variable(variable, at, Basis::Evaluated);
                unit.facts.relate(&from, &AUTHENTICATES_AS, &key, at.clone());
            }
            None => unit.facts.holds(&slot, at.clone()),
        }
    }
}

/// A secret that the script stores, or reads.
fn secret(unit: &mut Unit<'_, '_>, path: &str, stored: bool, at: &Location) {
    let key = Key::new(Kind::Location, "vault-path", vault_path(unit.source.document.repository_body(), path));
    if stored {
        unit.here(at);
        unit.facts.declare(&key, path, at.clone()).attr("store", "vault").attr("protection", "managed-store");
        unit.facts.holds(&key, at.clone());
    } else {
        unit.reads(&key, path, "vault", at);
    }
}

fn write(unit: &mut Unit<'_, '_>, path: &str, pairs: &[&str], line: u32, at: &Location, issuers: &mut Vec<(String, Key)>) {
    let given = |name: &str| pairs.iter().find_map(|p| p.split_once('=').filter(|(n, _)| *n == name).map(|(_, v)| v.trim_matches(['"', '\'']).to_owned()));
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    match segments.as_slice() {
        ["auth", mount @ .., "role" | "roles" | "users" | "certs" | "map", name] if !mount.is_empty() => {
            role(unit, &mount.join("/"), name, &given, pairs, line, at, issuers)
        }
        ["auth", mount @ .., "login"] => super::vault_login::login(unit, &mount.join("/"), given("role").filter(|r| named(r)).as_deref(), at),
        ["auth", mount @ .., "config"] => {
            if let Some(url) = given("oidc_discovery_url").or_else(|| given("bound_issuer")).filter(|u| named(u)) {
                let host = url.trim_start_matches("https://").trim_end_matches('/').to_owned();
                let issuer = Key::new(Kind::Issuer, "oidc-provider", format!("oidc-provider:{host}"));
                unit.facts.declare(&issuer, host, at.clone());
                issuers.push((mount.join("/"), issuer));
            }
        }
        [_, "config", name] if given("connection_url").is_some() || given("plugin_name").is_some() => connection(unit, path, name, &given, at),
        [engine, "roles", name] if given("db_name").is_some() || given("creation_statements").is_some() => dynamic(unit, engine, name, &given, at),
        ["secret" | "kv", ..] if pairs.iter().any(|p| p.contains('=')) => secret(unit, path, true, at),
        _ => {}
    }
}

#[allow(clippy::too_many_arguments)]
fn role(
    unit: &mut Unit<'_, '_>,
    mount: &str,
    name: &str,
    given: &dyn Fn(&str) -> Option<String>,
    pairs: &[&str],
    line: u32,
    at: &Location,
    issuers: &[(String, Key)],
) {
    let body = unit.source.document.repository_body().to_owned();
    let role = Key::new(Kind::Identity, "vault-role", format!("vault-role:{{{body}}}/{mount}/{name}"));
    unit.facts.declare(&role, name, at.clone()).attr("provider", "vault").attr("auth_style", "federated");
    // The parameters may stand in a text of JSON behind the command.
    let text = pairs.contains(&"-").then(|| inside(unit.source.text, line)).flatten();
    let tree = text.and_then(|(t, first)| parse_json_inside(&t, first).ok());
    let parameter = |key: &str| -> Option<String> {
        given(key).or_else(|| {
            let node = tree.as_ref()?.get(key)?;
            let many: Vec<&str> = node.items().iter().filter_map(Node::str).collect();
            node.scalar().or_else(|| (!many.is_empty()).then(|| many.join(",")))
        })
    };
    for held in ["token_policies", "policies"].into_iter().filter_map(parameter) {
        grants(unit, &role, &held, at);
    }
    let list =
        |key: &str| -> Vec<String> { parameter(key).map(|l| l.split(',').map(|n| n.trim().to_owned()).filter(|n| named(n)).collect()).unwrap_or_default() };
    let (names, namespaces) = (list("bound_service_account_names"), list("bound_service_account_namespaces"));
    // Names with a star: which accounts those are, the manifests say.
    let starred = |key: &str| -> Vec<String> {
        let plain = |n: &str| named(&n.replace('*', "x"));
        parameter(key).map(|l| l.split(',').map(|n| n.trim().to_owned()).filter(|n| plain(n)).collect()).unwrap_or_default()
    };
    let (open_names, open_namespaces) = (starred("bound_service_account_names"), starred("bound_service_account_namespaces"));
    let open = open_namespaces.iter().flat_map(|s| open_names.iter().map(move |n| (s, n))).filter(|(s, n)| s.contains('*') || n.contains('*'));
    let open: Vec<String> = open.map(|(s, n)| account_key(&body, s, n).id.to_string()).collect();
    if !open.is_empty() {
        unit.facts.mention(&role, String::new(), at.clone()).attr("admits_accounts", open);
    }
    for (namespace, account) in namespaces.iter().flat_map(|s| names.iter().map(move |n| (s, n))) {
        let key = account_key(&body, namespace, account);
        unit.facts.mention(&key, account.clone(), at.clone());
        unit.facts.relate(&key, &CAN_ASSUME, &role, at.clone()).attr("via", "vault");
    }
    if let Some((_, issuer)) = issuers.iter().find(|(m, _)| m == mount) {
        let claims: serde_json::Map<String, serde_json::Value> = tree
            .as_ref()
            .and_then(|t| t.get("bound_claims"))
            .into_iter()
            .flat_map(Node::entries)
            .filter_map(|(k, v)| Some((k.str()?.to_owned(), v.scalar()?.into())))
            .collect();
        let subject = parameter("bound_subject").unwrap_or_default();
        let breadth = if !subject.is_empty() {
            "branch"
        } else if claims.is_empty() {
            "world"
        } else {
            "repo"
        };
        let bound = serde_json::json!({
            "bound_subject": subject,
            "bound_claims": if claims.is_empty() { serde_json::Value::Null } else { claims.into() },
            "bound_claims_type": parameter("bound_claims_type").unwrap_or_else(|| "string".into()),
        });
        unit.facts.relate(&role, &TRUSTS, issuer, at.clone()).attr("bound", bound).attr("breadth", breadth);
    }
}

/// The login by which Vault itself opens a database.
fn connection(unit: &mut Unit<'_, '_>, path: &str, name: &str, given: &dyn Fn(&str) -> Option<String>, at: &Location) {
    let body = unit.source.document.repository_body().to_owned();
    let key = Key::new(Kind::Location, "vault-path", vault_path(&body, path));
    unit.here(at);
    unit.facts.declare(&key, name, at.clone()).attr("store", "vault").attr("protection", "managed-store");
    unit.facts.holds(&key, at.clone());
    if let Some(user) = given("username").filter(|u| named(u)) {
        let scheme = given("plugin_name").and_then(|p| SCHEMES.iter().find(|(w, _)| p.contains(w))).map(|(_, s)| *s);
        let login = Key::new(Kind::Identity, "db-user", sql_user(&body, &user));
        let node = unit.facts.mention(&login, user, at.clone());
        if let Some(scheme) = scheme {
            node.attr("scheme", scheme);
        }
        unit.facts.relate(&key, &AUTHENTICATES_AS, &login, at.clone());
    }
}

/// A role by which Vault makes users of a database on demand: who reads its credentials is such a user, made by the login of the connection.
fn dynamic(unit: &mut Unit<'_, '_>, engine: &str, name: &str, given: &dyn Fn(&str) -> Option<String>, at: &Location) {
    let body = unit.source.document.repository_body().to_owned();
    let role = Key::new(Kind::Identity, "vault-role", format!("vault-role:{{{body}}}/{engine}/{name}"));
    unit.facts.declare(&role, name, at.clone()).attr("provider", "vault").attr("auth_style", "short-lived");
    let credentials = Key::new(Kind::Location, "vault-path", vault_path(&body, &format!("{engine}/creds/{name}")));
    unit.facts.mention(&credentials, format!("{engine}/creds/{name}"), at.clone()).attr("store", "vault").attr("protection", "managed-store");
    unit.facts.relate(&credentials, &AUTHENTICATES_AS, &role, at.clone());
    if let Some(connection) = given("db_name").filter(|d| named(d)) {
        let key = Key::new(Kind::Location, "vault-path", vault_path(&body, &format!("{engine}/config/{connection}")));
        unit.facts.mention(&key, connection, at.clone()).attr("store", "vault");
        unit.facts.relate(&role, &CONSUMES, &key, at.clone()).basis(Basis::Evaluated);
    }
    // What the users are given is what the statement says: `GRANT readonly TO "{{name}}"`.
    for given in given("creation_statements").unwrap_or_default().split(';').filter_map(|s| s.split_once("GRANT ").map(|(_, r)| r.to_owned())) {
        if let Some((held, _)) = given.split_once(" TO ").filter(|(h, _)| !h.contains(" ON ") && named(h.trim())) {
            let held = held.trim();
            let group = Key::new(Kind::Identity, "db-user", sql_user(&body, held));
            unit.facts.mention(&group, held, at.clone());
            unit.facts.relate(&role, &CAN_ASSUME, &group, at.clone()).attr("via", "membership");
        }
    }
}
