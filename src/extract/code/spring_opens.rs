//! What the settings of a Spring application open: databases and services beside whose address a secret stands, clients of OAuth, entries of the
//! stores of clouds.

use super::clients::database_id;
use super::spring::{Setting, variables};
use super::unit::tells;
use crate::document::Document;
use crate::extract::ci::work::is_secret_name;
use crate::model::{Basis, Facts, Key, Kind, Location};
use crate::relation::{AUTHENTICATES_AS, CAN_ACCESS, CONSUMES, SOURCED_FROM};

/// Last parts of settings that say where something is, the likeliest first.
const ADDRESSES: &[&str] = &["url", "jdbc-url", "jdbcurl", "uri", "host", "hostname", "endpoint", "base-url", "baseurl", "addresses", "bootstrap-servers"];

/// Last parts of settings that say as whom.
const USERS: &[&str] = &["username", "user"];

/// The setting as the slot that keeps it.
fn slot(document: &Document, setting: &Setting, facts: &mut Facts) -> Key {
    let key = Key::new(Kind::Location, "file", format!("{}#{}", document.file_id(), setting.key));
    facts.mention(&key, setting.key.clone(), setting.at.clone()).attr("store", "file");
    key
}

pub(super) fn read(document: &Document, unit: &Key, settings: &[Setting], facts: &mut Facts) {
    let beside = |key: &str, names: &[&str]| {
        let prefix = key.rsplit_once('.').map_or("", |(p, _)| p);
        let is = |s: &&Setting, name: &str| s.key.rsplit_once('.').is_some_and(|(p, last)| p == prefix && relaxed(last) == name.replace('-', ""));
        names.iter().find_map(|name| settings.iter().find(|s| is(s, name)))
    };
    for setting in settings {
        let secret = setting.key.rsplit('.').next().is_some_and(is_secret_name);
        let read: Vec<&str> = variables(&setting.value).filter(|n| tells(n)).collect();
        stored(document, unit, setting, facts);
        if !secret || setting.value.is_empty() {
            continue;
        }
        let own = slot(document, setting, facts);
        for name in read {
            let from = Key::new(Kind::Location, "env", format!("env:{}#{name}", unit.id));
            facts.relate(&own, &SOURCED_FROM, &from, setting.at.clone()).basis(Basis::Evaluated);
        }
        facts.relate(unit, &CONSUMES, &own, setting.at.clone()).basis(Basis::Evaluated);
        if relaxed(setting.key.rsplit('.').next().unwrap_or_default()) == "clientsecret" {
            client(document, &own, setting, beside(&setting.key, &["client-id"]), facts);
        } else if let Some(address) = beside(&setting.key, ADDRESSES) {
            opens(document, &own, setting, address, beside(&setting.key, USERS), facts);
        }
    }
}

/// A name as Spring compares it.
fn relaxed(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '-' | '_')).flat_map(char::to_lowercase).collect()
}

/// A value that is known: as it stands, or the default of the variable that may replace it.
fn known(value: &str) -> Option<&str> {
    let value = value.trim().trim_matches(['"', '\'']);
    let value = match value.strip_prefix("${").and_then(|v| v.strip_suffix('}')) {
        Some(inner) => inner.split_once(':')?.1,
        None => value,
    };
    (!value.is_empty() && value.len() <= 512 && !value.contains(['$', '<', '>', ' ', '{'])).then_some(value)
}

/// What a secret beside an address opens, and as whom.
fn opens(document: &Document, own: &Key, setting: &Setting, address: &Setting, user: Option<&Setting>, facts: &mut Facts) {
    let Some(text) = known(&address.value) else { return };
    let at = address.at.clone();
    if let Some((id, name)) = database_id(text, true) {
        let database = Key::new(Kind::Resource, "database", &id);
        facts.mention(&database, name, at);
        facts.relate(own, &CAN_ACCESS, &database, setting.at.clone()).basis(Basis::Evaluated).attr("level", "write");
        if let Some((user, name)) = user.and_then(|u| Some((u, known(&u.value)?))) {
            let identity = Key::new(Kind::Identity, "db-user", format!("{}#{name}", id.replacen("db:", "dbuser:", 1)));
            facts.mention(&identity, name, user.at.clone()).attr("auth_style", "static");
            facts.relate(own, &AUTHENTICATES_AS, &identity, setting.at.clone()).basis(Basis::Evaluated);
            facts.relate(&identity, &CAN_ACCESS, &database, user.at.clone()).basis(Basis::Evaluated).attr("level", "write");
        }
        return;
    }
    let host = text.split("://").last().unwrap_or(text).split(['/', ':', '?', ',']).next().unwrap_or_default().to_ascii_lowercase();
    let plain =
        !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-')) && host.starts_with(|c: char| c.is_ascii_alphabetic());
    if !plain || host == "localhost" || text.starts_with("jdbc:") || text.starts_with("classpath:") {
        return;
    }
    // A name without a dot is one of the network that the application runs in.
    let id = if host.contains('.') { format!("host:{host}") } else { format!("host:{{{}}}/{host}", document.repository_body()) };
    let service = Key::new(Kind::Resource, "other:service", id);
    facts.mention(&service, host, at);
    facts.relate(own, &CAN_ACCESS, &service, setting.at.clone()).basis(Basis::Convention).attr("level", "write");
}

/// The client of an authorization server, or of Entra, whose secret a setting holds.
fn client(document: &Document, own: &Key, setting: &Setting, id: Option<&Setting>, facts: &mut Facts) {
    let Some((named, id)) = id.and_then(|s| Some((s, known(&s.value)?))) else { return };
    let key = if setting.key.contains("azure") {
        Key::new(Kind::Identity, "entra-app", format!("entra-app:{}", id.to_ascii_lowercase()))
    } else {
        Key::new(Kind::Identity, "oauth-client", format!("oauth-client:{{{}}}/{id}", document.repository_body()))
    };
    facts.declare(&key, id, named.at.clone()).attr("auth_style", "static");
    facts.relate(own, &AUTHENTICATES_AS, &key, setting.at.clone());
}

/// Entries of the stores of clouds that a setting asks for.
fn stored(document: &Document, unit: &Key, setting: &Setting, facts: &mut Facts) {
    let body = document.repository_body();
    let mut found: Vec<(String, String)> = Vec::new();
    for rest in ["sm://", "sm@"].iter().flat_map(|scheme| setting.value.split(scheme).skip(1)) {
        let path = rest.split(['}', ':', ' ', '"', '\'']).next().unwrap_or_default();
        let parts: Vec<&str> = path.trim_start_matches("projects/").split('/').filter(|p| !p.is_empty() && *p != "secrets" && *p != "versions").collect();
        match parts[..] {
            [name] => found.push((format!("//secretmanager.googleapis.com/projects/{{{body}}}/secrets/{name}"), name.to_owned())),
            [project, name, ..] if path.starts_with("projects/") => {
                found.push((format!("//secretmanager.googleapis.com/projects/{project}/secrets/{name}"), name.to_owned()));
            }
            [name, ..] => found.push((format!("//secretmanager.googleapis.com/projects/{{{body}}}/secrets/{name}"), name.to_owned())),
            [] => {}
        }
    }
    if setting.key == "spring.config.import" {
        let value = setting.value.trim_start_matches("optional:");
        for (scheme, prefix) in [("aws-secretsmanager:", format!("asm:{{{body}}}/")), ("aws-parameterstore:", format!("ssm:{{{body}}}/?/"))] {
            for name in value.strip_prefix(scheme).into_iter().flat_map(|v| v.split(';')).filter(|n| !n.is_empty() && !n.contains('$')) {
                let bare = if scheme.contains("secrets") { name } else { name.trim_start_matches('/') };
                found.push((format!("{prefix}{bare}"), name.to_owned()));
            }
        }
    }
    if setting.key.contains("keyvault")
        && let Some(name) = setting.value.split("://").nth(1).and_then(|h| h.split_once(".vault.")).map(|(n, _)| n).filter(|n| !n.contains('$'))
    {
        found.push((format!("azkv:{}/*", name.to_ascii_lowercase()), format!("secrets of {name}")));
    }
    let relate = |found: (String, String), facts: &mut Facts, at: &Location| {
        let key = Key::new(Kind::Location, "cloud-secret", found.0);
        facts.mention(&key, found.1, at.clone()).attr("store", "managed-store").attr("protection", "managed-store");
        facts.relate(unit, &CONSUMES, &key, at.clone()).basis(Basis::Evaluated);
        key
    };
    for entry in found {
        let from = relate(entry, facts, &setting.at);
        if setting.key.rsplit('.').next().is_some_and(is_secret_name) {
            let own = slot(document, setting, facts);
            facts.relate(&own, &SOURCED_FROM, &from, setting.at.clone()).basis(Basis::Evaluated);
        }
    }
}
