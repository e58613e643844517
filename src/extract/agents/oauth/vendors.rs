//! Applications of vendors' platforms: Atlassian, browser extensions, Shopify, Salesforce, Zoom, Discord.

use super::{Client, scopes, texts, verb};
use crate::document::{Document, Node};
use crate::model::{Facts, Key, Kind, Level};

pub(super) fn connect(document: &Document, root: &Node, facts: &mut Facts) {
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

pub(super) fn forge(document: &Document, root: &Node, facts: &mut Facts) {
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
    let scopes = scopes(texts(list), verb);
    client.granted("scopes", &scopes, list.unwrap_or(root), facts);
    let mut hosts: Vec<String> = Vec::new();
    if let Some(fetch) = root.path(&["permissions", "external", "fetch"]) {
        fetch.walk(&mut |_, n| hosts.extend(n.str().filter(|t| t.contains('.') || *t == "*").map(str::to_owned)));
    }
    if !hosts.is_empty() {
        client.attr("egress", hosts, root, facts);
    }
}

pub(super) fn extension(document: &Document, root: &Node, facts: &mut Facts) {
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
    let scopes = scopes(texts(list), google_level);
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

pub(super) fn shopify(document: &Document, root: &Node, facts: &mut Facts) {
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

/// An application of Zoom, by its manifest.
pub(super) fn zoom(document: &Document, root: &Node, facts: &mut Facts) {
    let manifest = root.get("manifest").unwrap_or(root);
    let name =
        ["display_information", "app_information"].iter().find_map(|n| manifest.get(n)).and_then(|d| d.get_str("display_name").or_else(|| d.get_str("name")));
    let Some(oauth) = manifest.get("oauth_information") else { return };
    let client = Client::declare(
        document,
        Key::new(Kind::Identity, "saas-app", format!("zoom-app:{}", document.file_id())),
        name.unwrap_or("Zoom app"),
        "zoom",
        Key::new(Kind::Resource, "saas-tenant", "saas:zoom"),
        root,
        facts,
    );
    let list = oauth.get("scopes");
    let named: Vec<String> = list.into_iter().flat_map(Node::items).filter_map(|s| s.str().or_else(|| s.get_str("scope"))).map(str::to_owned).collect();
    // `meeting:read:admin` is about everyone's meetings, `meeting:read` about one's own.
    let level = |scope: &str| match scope {
        _ if scope.contains(":master") || scope.contains("account:") && scope.contains("write") || scope.contains("role:write") => Level::Admin,
        _ if ["write", "update", "create", "delete"].iter().any(|w| scope.contains(w)) => Level::Write,
        _ if scope.contains("read") || scope.contains("list") => Level::ReadData,
        _ => Level::Unknown,
    };
    client.granted("scopes", &scopes(named, level), list.unwrap_or(oauth), facts);
    let redirects = texts(oauth.get("whitelist_redirect_url").or_else(|| oauth.get("production_redirect_uri")));
    if !redirects.is_empty() {
        client.attr("redirect_uris", redirects, oauth, facts);
    }
}

/// Bits of a bot's permissions in Discord by which it rules a server, and by which it changes it.
const DISCORD_RULES: u64 = 1 << 3 | 1 << 5 | 1 << 28;
const DISCORD_WRITES: u64 = 1 << 1 | 1 << 2 | 1 << 4 | 1 << 11 | 1 << 13 | 1 << 17 | 1 << 27 | 1 << 29 | 1 << 34;

/// An address that invites an application of Discord: its client, scopes and permissions.
pub(super) fn discord(document: &Document, facts: &mut Facts) {
    for (i, line) in document.text().lines().enumerate() {
        for address in line.split("discord.com/").skip(1).filter(|a| a.starts_with("oauth2/authorize?") || a.starts_with("api/oauth2/authorize?")) {
            let query = address.split_once('?').map_or("", |(_, q)| q).split([' ', '"', '\'', ')', '>', '`', '<', ']']).next().unwrap_or_default();
            let query = query.replace("&amp;", "&");
            let value = |name: &str| query.split('&').find_map(|p| p.strip_prefix(name)?.strip_prefix('='));
            let Some(id) = value("client_id").filter(|id| id.len() > 10 && id.bytes().all(|b| b.is_ascii_digit())) else { continue };
            let at = Node::text_at("", i as u32 + 1, line.find("discord.com/").map_or(1, |c| line[..c].chars().count() as u32 + 1));
            let client = Client::declare(
                document,
                Key::new(Kind::Identity, "oauth-client", format!("oauth-client:discord/{id}")),
                id,
                "discord",
                Key::new(Kind::Resource, "messaging", "saas:discord"),
                &at,
                facts,
            );
            let bits = value("permissions").and_then(|p| p.parse::<u64>().ok()).unwrap_or(0);
            let named: Vec<String> =
                value("scope").unwrap_or_default().split(['+', ' ', '%']).map(|s| s.trim_start_matches("20").to_owned()).filter(|s| !s.is_empty()).collect();
            let level = |scope: &str| match scope {
                "bot" if bits & DISCORD_RULES != 0 => Level::Admin,
                "bot" if bits & DISCORD_WRITES != 0 => Level::Write,
                "webhook.incoming" | "rpc" | "guilds.join" => Level::Write,
                "messages.read" | "bot" => Level::ReadData,
                _ => Level::ReadMeta,
            };
            client.granted("scopes", &scopes(named, level), &at, facts);
            if bits > 0 {
                client.attr("permissions", bits, &at, facts);
            }
        }
    }
}

/// A connected application: a few elements of its description are all that is needed.
pub(super) fn salesforce(document: &Document, facts: &mut Facts) {
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
