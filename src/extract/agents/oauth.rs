//! Clients that manifests and exports of identity providers declare: Entra, Auth0, Keycloak, Atlassian, Shopify, browser extensions, Salesforce.
//!
//! Attributes of a client: `weak_flows` (`password`, `implicit`; in words under `legacy_auth`), `redirect_uris`, `public` (it keeps no secret), `multi_tenant`, `tier_0` (a permission by which
//! it can give itself every other). What it may do is `granted` → `oauth-scopes` or `entra-permission-set` → `permits`.

use crate::document::{Document, Node};
use crate::extract::note;
use crate::model::{Facts, Key, Kind, Level};
use crate::relation::{AUTHENTICATES_AS, CAN_ACCESS, GRANTED, PERMITS};
use crate::tables::microsoft;

/// Whether a file declares clients.
pub(super) fn wants(path: &str, head: &[u8]) -> bool {
    let has = |word: &[u8]| head.windows(word.len()).any(|w| w == word);
    let name = path.rsplit('/').next().unwrap_or(path);
    let json = path.ends_with(".json");
    let yaml = path.ends_with(".yml") || path.ends_with(".yaml");
    json && (has(b"\"requiredResourceAccess\"")
        || has(b"\"appId\"")
        || has(b"\"webApplicationInfo\"")
        || has(b"\"clientId\"")
        || has(b"\"realm\"")
        || has(b"\"oauth2\"") && name == "manifest.json"
        || name.starts_with("atlassian-connect"))
        || yaml && (has(b"grant_types:") || has(b"clientGrants:") || has(b"clients:") || name.starts_with("manifest.y") && has(b"permissions:"))
        || name.starts_with("shopify.app") && path.ends_with(".toml")
        || path.ends_with(".connectedApp-meta.xml")
        || path.ends_with(".connectedApp")
}

pub(super) fn read(document: &Document, facts: &mut Facts) {
    if document.path.ends_with(".xml") || document.path.ends_with(".connectedApp") {
        return salesforce(document, facts);
    }
    let trees = match document.trees() {
        Ok(trees) => trees,
        Err(reason) => return note(document, facts, reason),
    };
    for root in trees {
        if root.get("requiredResourceAccess").is_some_and(|r| !r.items().is_empty())
            || (root.get("appId").is_some() && root.get("passwordCredentials").is_some())
        {
            entra(document, root, facts);
        } else if root.get("webApplicationInfo").is_some() {
            teams(document, root, facts);
        } else if root.get("realm").is_some() && root.get("clients").is_some() {
            keycloak(document, root, facts);
        } else if document.path.ends_with(".json") && root.get_str("clientId").is_some() && root.get("directAccessGrantsEnabled").is_some() {
            keycloak_client(document, root.get_str("clientId").unwrap_or_default(), root, facts);
        } else if root.get("clients").is_some_and(|c| c.items().iter().any(|c| c.get("grant_types").is_some() || c.get("app_type").is_some()))
            || root.get("clientGrants").is_some()
        {
            auth0(document, root, facts);
        } else if document.name().starts_with("atlassian-connect") {
            connect(document, root, facts);
        } else if root.path(&["app", "id"]).is_some() && root.path(&["permissions", "scopes"]).is_some() {
            forge(document, root, facts);
        } else if root.get("manifest_version").is_some() && root.get("oauth2").is_some() {
            extension(document, root, facts);
        } else if root.path(&["access_scopes", "scopes"]).is_some() {
            shopify(document, root, facts);
        }
    }
}

/// A client and the service that it is a client of.
struct Client<'a> {
    document: &'a Document,
    key: Key,
    tenant: Key,
}

impl<'a> Client<'a> {
    fn declare(document: &'a Document, key: Key, name: &str, provider: &str, tenant: Key, at: &Node, facts: &mut Facts) -> Self {
        facts.declare(&key, name, document.at(at)).attr("provider", provider);
        Client { document, key, tenant }
    }

    /// Flows that hand a password, or a token, to whoever listens.
    fn flows(&self, weak: &[&str], at: &Node, facts: &mut Facts) {
        let told: Vec<&str> = weak
            .iter()
            .map(|flow| match *flow {
                "password" => "the password grant, which hands a person's password to the application",
                _ => "the implicit grant, which hands tokens to the browser",
            })
            .collect();
        if !told.is_empty() {
            self.attr("weak_flows", weak.to_vec(), at, facts);
            self.attr("legacy_auth", told, at, facts);
        }
    }

    fn attr(&self, name: &str, value: impl Into<serde_json::Value>, at: &Node, facts: &mut Facts) {
        facts.mention(&self.key, String::new(), self.document.at(at)).attr(name, value);
    }

    /// What the client may do, as one set of scopes.
    fn granted(&self, set: &str, scopes: &[(String, Level)], at: &Node, facts: &mut Facts) {
        let Some(most) = scopes.iter().map(|(_, l)| *l).max() else { return };
        let at = self.document.at(at);
        let names: Vec<&str> = scopes.iter().map(|(n, _)| n.as_str()).collect();
        let policy =
            Key::new(Kind::Policy, if self.key.subtype == "entra-app" { "entra-permission-set" } else { "oauth-scopes" }, format!("pol:{}#{set}", self.key.id));
        facts.declare(&policy, names.join(", "), at.clone()).attr("scopes", names);
        facts.relate(&self.key, &GRANTED, &policy, at.clone());
        facts.mention(&self.tenant, self.tenant.id.split_once(':').map_or("", |(_, n)| n), at.clone());
        facts.relate(&policy, &PERMITS, &self.tenant, at.clone()).attr("level", most.name()).attr("effect", "allow");
        facts.relate(&self.key, &CAN_ACCESS, &self.tenant, at).attr("level", most.name());
    }

    /// A secret of the client that stands here.
    fn secret(&self, node: &Node, facts: &mut Facts) {
        if node.str().is_some_and(|t| t.len() > 3 && !t.contains("**") && !t.contains("${")) {
            let at = self.document.at(node);
            let slot = Key::new(Kind::Location, "file", format!("{}#{}/secret", self.document.file_id(), self.key.id));
            facts.declare(&slot, "client secret", at.clone()).attr("store", "file").attr("protection", "plaintext");
            facts.relate(&slot, &AUTHENTICATES_AS, &self.key, at.clone());
            facts.holds(&slot, at);
        }
    }
}

fn texts(node: Option<&Node>) -> Vec<String> {
    node.into_iter().flat_map(Node::one_or_many).filter_map(Node::scalar).collect()
}

/// Flows that hand a password or a token to whoever listens.
fn weak(grants: &[String]) -> Vec<&'static str> {
    let mut out = Vec::new();
    if grants.iter().any(|g| g == "password" || g.ends_with("/password-realm") || g.ends_with("password")) {
        out.push("password");
    }
    if grants.iter().any(|g| g == "implicit") {
        out.push("implicit");
    }
    out
}

fn entra(document: &Document, root: &Node, facts: &mut Facts) {
    let id = root.get_str("appId").filter(|i| !i.is_empty()).unwrap_or("?").to_ascii_lowercase();
    let id = if id == "?" { document.file_id() } else { id };
    let name = root.get_str("displayName").or_else(|| root.get_str("name")).unwrap_or(document.name());
    let client = Client::declare(
        document,
        Key::new(Kind::Identity, "entra-app", format!("entra-app:{id}")),
        name,
        "entra",
        Key::new(Kind::Resource, "saas-tenant", "saas:microsoft-graph"),
        root,
        facts,
    );
    let mut tier_0: Vec<&str> = Vec::new();
    for access in root.get("requiredResourceAccess").into_iter().flat_map(Node::items) {
        let graph = access.get_str("resourceAppId") == Some("00000003-0000-0000-c000-000000000000");
        for (set, kind) in [("application", "Role"), ("delegated", "Scope")] {
            let entries: Vec<&Node> = access.get("resourceAccess").into_iter().flat_map(Node::items).filter(|e| e.get_str("type") == Some(kind)).collect();
            let scopes: Vec<(String, Level)> = entries
                .iter()
                .filter_map(|e| e.get_str("id"))
                .map(|number| match microsoft::permission(number).filter(|_| graph) {
                    Some(permission) => {
                        if permission.application && microsoft::is_tier_0(permission.name) {
                            tier_0.push(permission.name);
                        }
                        (permission.name.to_owned(), microsoft::level(permission.name))
                    }
                    None => (number.to_owned(), Level::Unknown),
                })
                .collect();
            if let Some(first) = entries.first() {
                let api = access.get_str("resourceAppId").unwrap_or("?");
                let client = Client {
                    document,
                    key: client.key.clone(),
                    tenant: if graph { client.tenant.clone() } else { Key::new(Kind::Resource, "saas-tenant", format!("entra-api:{api}")) },
                };
                client.granted(&format!("{api}/{set}"), &scopes, first, facts);
            }
        }
    }
    if !tier_0.is_empty() {
        client.attr("tier_0", tier_0, root, facts);
    }
    let implicit = ["oauth2AllowIdTokenImplicitFlow", "oauth2AllowImplicitFlow"].iter().any(|k| root.get(k).and_then(Node::bool) == Some(true));
    if implicit {
        client.flows(&["implicit"], root, facts);
    }
    if root.get_str("signInAudience").is_some_and(|a| a != "AzureADMyOrg") {
        client.attr("multi_tenant", true, root, facts);
    }
    for entry in root.get("passwordCredentials").into_iter().flat_map(Node::items) {
        let Some(number) = entry.get_str("keyId") else { continue };
        let credential = Key::new(Kind::Credential, "entra-client-secret", format!("cred:entra-client-secret/{id}/{number}"));
        let node = facts.declare(&credential, "client secret", document.at(entry));
        node.attr("type", "entra-client-secret").attr("state", "referenced");
        if let Some(end) = entry.get_str("endDateTime").or_else(|| entry.get_str("endDate")) {
            node.attr("expires", end);
        }
        facts.relate(&credential, &AUTHENTICATES_AS, &client.key, document.at(entry));
    }
    let replies: Vec<String> = root
        .get("replyUrlsWithType")
        .into_iter()
        .flat_map(Node::items)
        .filter_map(|r| r.get_str("url").map(str::to_owned))
        .chain(texts(root.get("replyUrls")))
        .collect();
    if !replies.is_empty() {
        client.attr("redirect_uris", replies, root, facts);
    }
}

fn teams(document: &Document, root: &Node, facts: &mut Facts) {
    let Some(id) = root.path(&["webApplicationInfo", "id"]).and_then(Node::str).filter(|i| !i.contains("{{")) else { return };
    let name = root.path(&["name", "short"]).and_then(Node::str).unwrap_or("Teams app");
    let client = Client::declare(
        document,
        Key::new(Kind::Identity, "entra-app", format!("entra-app:{}", id.to_ascii_lowercase())),
        name,
        "entra",
        Key::new(Kind::Resource, "messaging", "saas:teams"),
        root,
        facts,
    );
    let list = root.path(&["authorization", "permissions", "resourceSpecific"]);
    let scopes: Vec<(String, Level)> =
        list.into_iter().flat_map(Node::items).filter_map(|p| p.get_str("name")).map(|n| (n.to_owned(), microsoft::level(n))).collect();
    client.granted("resource-specific", &scopes, list.unwrap_or(root), facts);
}

fn auth0(document: &Document, root: &Node, facts: &mut Facts) {
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
        let scopes: Vec<(String, Level)> = texts(grant.get("scope"))
            .into_iter()
            .map(|s| {
                let level = verb(&s);
                (s, level)
            })
            .collect();
        client.granted(audience, &scopes, grant, facts);
    }
}

/// What a scope that begins or ends with a verb gives.
fn verb(scope: &str) -> Level {
    let lower = scope.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|w| lower.contains(w));
    if has(&["admin", "manage", "full_control", "cloud-platform", "full"]) {
        Level::Admin
    } else if has(&["write", "create", "update", "delete", "send", "edit"]) {
        Level::Write
    } else if has(&["read", "view", "get"]) {
        Level::ReadData
    } else {
        Level::Unknown
    }
}

fn keycloak(document: &Document, root: &Node, facts: &mut Facts) {
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

fn keycloak_client(document: &Document, name: &str, entry: &Node, facts: &mut Facts) {
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

fn connect(document: &Document, root: &Node, facts: &mut Facts) {
    let Some(name) = root.get_str("key") else { return };
    let client = Client::declare(
        document,
        Key::new(Kind::Identity, "saas-app", format!("atlassian-app:{name}")),
        name,
        "atlassian",
        Key::new(Kind::Resource, "saas-tenant", "saas:atlassian"),
        root,
        facts,
    );
    let list = root.get("scopes");
    let scopes: Vec<(String, Level)> = texts(list)
        .into_iter()
        .map(|s| {
            let level = match s.to_ascii_uppercase().as_str() {
                "READ" => Level::ReadData,
                "ADMIN" | "PROJECT_ADMIN" | "SPACE_ADMIN" | "ACT_AS_USER" => Level::Admin,
                _ => Level::Write,
            };
            (s, level)
        })
        .collect();
    client.granted("scopes", &scopes, list.unwrap_or(root), facts);
    if root.path(&["authentication", "type"]).and_then(Node::str) == Some("none") {
        client.attr("auth", "none", root, facts);
    }
}

fn forge(document: &Document, root: &Node, facts: &mut Facts) {
    let id = root.path(&["app", "id"]).and_then(Node::str).unwrap_or("?");
    let name = root.path(&["app", "name"]).and_then(Node::str).unwrap_or_else(|| id.rsplit('/').next().unwrap_or(id));
    let client = Client::declare(
        document,
        Key::new(Kind::Identity, "saas-app", format!("atlassian-app:{}", id.rsplit('/').next().unwrap_or(id))),
        name,
        "atlassian",
        Key::new(Kind::Resource, "saas-tenant", "saas:atlassian"),
        root,
        facts,
    );
    let list = root.path(&["permissions", "scopes"]);
    let scopes: Vec<(String, Level)> = texts(list)
        .into_iter()
        .map(|s| {
            let level = verb(&s);
            (s, level)
        })
        .collect();
    client.granted("scopes", &scopes, list.unwrap_or(root), facts);
    let mut hosts: Vec<String> = Vec::new();
    if let Some(fetch) = root.path(&["permissions", "external", "fetch"]) {
        fetch.walk(&mut |_, n| hosts.extend(n.str().filter(|t| t.contains('.') || *t == "*").map(str::to_owned)));
    }
    if !hosts.is_empty() {
        client.attr("egress", hosts, root, facts);
    }
}

fn extension(document: &Document, root: &Node, facts: &mut Facts) {
    let Some(id) = root.path(&["oauth2", "client_id"]).and_then(Node::str) else { return };
    let name = root.get_str("name").unwrap_or(id);
    let client = Client::declare(
        document,
        Key::new(Kind::Identity, "oauth-client", format!("oauth-client:google/{id}")),
        name,
        "google",
        Key::new(Kind::Resource, "saas-tenant", "saas:google"),
        root,
        facts,
    );
    let list = root.path(&["oauth2", "scopes"]);
    let scopes: Vec<(String, Level)> = texts(list)
        .into_iter()
        .map(|s| {
            let level = google_level(&s);
            (s, level)
        })
        .collect();
    client.granted("scopes", &scopes, list.unwrap_or(root), facts);
    client.attr("public", true, root, facts);
}

/// What a scope of Google gives, told from its name.
fn google_level(scope: &str) -> Level {
    let name = scope.rsplit("/auth/").next().unwrap_or(scope);
    if name == "cloud-platform" || name.starts_with("admin.") && !name.ends_with("readonly") {
        Level::Admin
    } else if matches!(name, "openid" | "email" | "profile" | "userinfo.email" | "userinfo.profile") || name.ends_with(".metadata") {
        Level::ReadMeta
    } else if name.ends_with("readonly") || name.ends_with(".read_only") {
        Level::ReadData
    } else {
        Level::Write
    }
}

fn shopify(document: &Document, root: &Node, facts: &mut Facts) {
    let name = root.get_str("name").unwrap_or("Shopify app");
    let id = root.get_str("client_id").unwrap_or(name);
    let client = Client::declare(
        document,
        Key::new(Kind::Identity, "saas-app", format!("shopify-app:{id}")),
        name,
        "shopify",
        Key::new(Kind::Resource, "saas-tenant", "saas:shopify"),
        root,
        facts,
    );
    if let Some(list) = root.path(&["access_scopes", "scopes"]) {
        let scopes: Vec<(String, Level)> =
            list.str().unwrap_or_default().split(',').map(str::trim).filter(|s| !s.is_empty()).map(|s| (s.to_owned(), verb(s))).collect();
        client.granted("scopes", &scopes, list, facts);
    }
}

/// A connected application: a few elements of its description are all that is needed.
fn salesforce(document: &Document, facts: &mut Facts) {
    let text = document.text();
    let element = |line: &str, name: &str| line.split_once(&format!("<{name}>")).and_then(|(_, r)| r.split("</").next()).map(str::to_owned);
    let label = text.lines().find_map(|l| element(l, "label")).unwrap_or_else(|| document.name().split('.').next().unwrap_or_default().to_owned());
    let at = Node::text_at("", 1, 1);
    let client = Client::declare(
        document,
        Key::new(Kind::Identity, "oauth-client", format!("oauth-client:salesforce/{}/{label}", document.repository_body())),
        &label,
        "salesforce",
        Key::new(Kind::Resource, "saas-tenant", "saas:salesforce"),
        &at,
        facts,
    );
    let mut scopes: Vec<(String, Level)> = Vec::new();
    let mut line = 1;
    for (i, text) in text.lines().enumerate() {
        if let Some(scope) = element(text, "scopes") {
            let level = match scope.as_str() {
                "Full" => Level::Admin,
                "Basic" | "OpenID" | "Profile" | "Email" => Level::ReadMeta,
                _ => Level::Write,
            };
            line = i as u32 + 1;
            scopes.push((scope, level));
        }
    }
    client.granted("scopes", &scopes, &Node::text_at("", line, 1), facts);
}
