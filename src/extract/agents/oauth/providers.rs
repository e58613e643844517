//! Clients that identity providers keep: Auth0, Keycloak, Okta.

use super::{Client, scopes, texts, verb, weak};
use crate::document::{Document, Node};
use crate::model::{Facts, Key, Kind, Level};
use crate::relation::AUTHENTICATES_AS;

pub(super) fn auth0(document: &Document, root: &Node, facts: &mut Facts) {
    let body = document.repository_body();
    let id = |name: &str| format!("oauth-client:auth0/{body}/{name}");
    for entry in root.get("clients").into_iter().flat_map(Node::items) {
        let Some(name) = entry.get_str("name") else { continue };
        let client = Client::declare(
            document,
            Key::new(Kind::Identity, "oauth-client", id(name)),
            name,
            "auth0",
            Key::new(Kind::Resource, "identity-provider", format!("saas:auth0/{body}")),
            entry,
            facts,
        );
        let grants = texts(entry.get("grant_types"));
        let weak = weak(&grants);
        client.flows(&weak, entry.get("grant_types").unwrap_or(entry), facts);
        client.attr("grant_types", grants, entry, facts);
        client.attr("public", entry.get_str("token_endpoint_auth_method") == Some("none"), entry, facts);
        let callbacks = texts(entry.get("callbacks"));
        if !callbacks.is_empty() {
            client.attr("redirect_uris", callbacks, entry, facts);
        }
        if let Some(secret) = entry.get("client_secret") {
            client.secret(secret, facts);
        }
    }
    for grant in root.get("clientGrants").into_iter().flat_map(Node::items) {
        let Some(name) = grant.get_str("client_id") else { continue };
        let audience = grant.get_str("audience").unwrap_or("?");
        let client = Client {
            document,
            key: Key::new(Kind::Identity, "oauth-client", id(name)),
            tenant: Key::new(Kind::Resource, "saas-tenant", format!("api:{audience}")),
        };
        facts.mention(&client.key, name, document.at(grant));
        let scopes = scopes(texts(grant.get("scope")), verb);
        client.granted(audience, &scopes, grant, facts);
    }
}

pub(super) fn keycloak(document: &Document, root: &Node, facts: &mut Facts) {
    for entry in root.get("clients").into_iter().flat_map(Node::items) {
        if let Some(name) = entry.get_str("clientId") {
            keycloak_client(document, name, entry, facts);
        }
    }
    // Users of an export come with what they log in with.
    for user in root.get("users").into_iter().flat_map(Node::items) {
        let Some(name) = user.get_str("username") else { continue };
        for value in user.get("credentials").into_iter().flat_map(Node::items).filter_map(|c| c.get("value")) {
            let key = Key::new(Kind::Identity, "saas-account", format!("keycloak-user:{}/{name}", document.repository_body()));
            let at = document.at(value);
            let slot = Key::new(Kind::Location, "file", format!("{}#users/{name}", document.file_id()));
            facts.declare(&key, name, document.at(user)).attr("provider", "keycloak").attr("auth_style", "static");
            facts.declare(&slot, "password", at.clone()).attr("store", "file").attr("protection", "plaintext");
            facts.relate(&slot, &AUTHENTICATES_AS, &key, at.clone());
            facts.holds(&slot, at);
        }
    }
}

pub(super) fn keycloak_client(document: &Document, name: &str, entry: &Node, facts: &mut Facts) {
    let body = document.repository_body();
    let on = |key: &str| entry.get(key).and_then(Node::bool) == Some(true);
    let client = Client::declare(
        document,
        Key::new(Kind::Identity, "oauth-client", format!("oauth-client:keycloak/{body}/{name}")),
        name,
        "keycloak",
        Key::new(Kind::Resource, "identity-provider", format!("saas:keycloak/{body}")),
        entry,
        facts,
    );
    let mut weak: Vec<&str> = Vec::new();
    if on("directAccessGrantsEnabled") {
        weak.push("password");
    }
    if on("implicitFlowEnabled") {
        weak.push("implicit");
    }
    client.flows(&weak, entry, facts);
    client.attr("public", on("publicClient"), entry, facts);
    client.attr("service_account", on("serviceAccountsEnabled"), entry, facts);
    client.attr("full_scope", on("fullScopeAllowed"), entry, facts);
    let redirects = texts(entry.get("redirectUris"));
    if !redirects.is_empty() {
        client.attr("redirect_uris", redirects, entry, facts);
    }
    if let Some(secret) = entry.get("secret") {
        client.secret(secret, facts);
    }
}

/// Settings of Okta's clients: `okta.client` of its libraries, `okta.oauth2` of Spring.
pub(super) fn okta(document: &Document, root: &Node, facts: &mut Facts) {
    let tenant = |url: &str| {
        let host = url.split("://").last().unwrap_or(url).split('/').next().unwrap_or(url);
        Key::new(Kind::Resource, "identity-provider", format!("saas:okta/{host}"))
    };
    for (block, address) in [("client", "orgUrl"), ("oauth2", "issuer"), ("idps", "issuer")] {
        let Some(body) = root.get("okta").and_then(|o| o.get(block)).filter(|b| b.is_map()) else { continue };
        let either = |names: &[&str]| names.iter().find_map(|n| body.get(n));
        let url = either(&[address, "org-url", "domain"]).and_then(Node::str).unwrap_or("?");
        let id = either(&["clientId", "client-id", "client_id"]).and_then(Node::str).filter(|i| !i.contains("${"));
        let name = id.unwrap_or("Okta API client");
        let key = Key::new(
            Kind::Identity,
            "oauth-client",
            format!("oauth-client:okta/{}", id.map_or_else(|| format!("{}/{block}", document.repository_body()), str::to_owned)),
        );
        let client = Client::declare(document, key, name, "okta", tenant(url), body, facts);
        if let Some(how) = either(&["authorizationMode", "authorization-mode"]).and_then(Node::str) {
            client.attr("auth_style", if how == "SSWS" { "static" } else { "short-lived" }, body, facts);
        }
        if let Some(list) = either(&["scopes", "scope"]) {
            let named: Vec<String> = texts(Some(list)).iter().flat_map(|t| t.split([' ', ','])).filter(|t| !t.is_empty()).map(str::to_owned).collect();
            client.granted("scopes", &scopes(named, okta_level), list, facts);
        } else if let Some(token) = either(&["token", "apiToken", "api-token"]) {
            // A token of the API has the rights of the administrator who made it.
            client.granted("token", &[("SSWS".to_owned(), Level::Admin)], token, facts);
        }
        for secret in ["token", "apiToken", "api-token", "clientSecret", "client-secret", "client_secret", "privateKey", "private-key"] {
            if let Some(node) = body.get(secret) {
                client.secret(node, facts);
            }
        }
    }
}

/// `okta.users.manage`, `okta.logs.read`.
fn okta_level(scope: &str) -> Level {
    let rules = ["okta.users", "okta.groups", "okta.apps", "okta.roles", "okta.policies", "okta.idps", "okta.authorizationServers", "okta.clients"];
    match scope {
        _ if scope.ends_with(".manage") && rules.iter().any(|r| scope.starts_with(r)) => Level::Admin,
        _ if scope.ends_with(".manage") || scope.contains(".manage.") => Level::Write,
        _ if scope.ends_with(".read") => Level::ReadData,
        "openid" | "profile" | "email" | "offline_access" => Level::ReadMeta,
        _ => Level::Unknown,
    }
}
