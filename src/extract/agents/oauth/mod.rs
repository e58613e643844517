//! Clients that manifests, exports and settings of identity providers and vendors declare.
//!
//! Attributes of a client: `weak_flows` (`password`, `implicit`; in words under `legacy_auth`), `redirect_uris`, `public` (it keeps no secret), `multi_tenant`, `tier_0` (a permission by which
//! it can give itself every other). What it may do is `granted` → `oauth-scopes` or `entra-permission-set` → `permits`.

mod entra;
mod providers;
mod vendors;

use crate::document::{Document, Node, Syntax};
use crate::extract::note;
use crate::model::{Facts, Key, Kind, Level};
use crate::relation::{AUTHENTICATES_AS, CAN_ACCESS, GRANTED, PERMITS};

/// What an address holds by which somebody lets an application of Discord in.
const INVITATION: &[u8] = b"oauth2/authorize?client_id=";

/// Whether a file declares clients.
pub(super) fn wants(path: &str, head: &[u8]) -> bool {
    let has = |word: &[u8]| memchr::memmem::find(head, word).is_some();
    let name = path.rsplit('/').next().unwrap_or(path);
    let json = path.ends_with(".json");
    let yaml = path.ends_with(".yml") || path.ends_with(".yaml");
    let okta = || has(b"okta:") || has(b"\"okta\"");
    has(INVITATION)
        || (json || yaml) && (has(b"oauth_information") || okta())
        || json
            && (has(b"\"requiredResourceAccess\"")
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
        return vendors::salesforce(document, facts);
    }
    if memchr::memmem::find(&document.bytes, INVITATION).is_some() {
        vendors::discord(document, facts);
    }
    if !matches!(document.syntax(), Syntax::Json | Syntax::Yaml | Syntax::Toml) {
        return;
    }
    let trees = match document.trees() {
        Ok(trees) => trees,
        Err(reason) => return note(document, facts, reason),
    };
    for root in trees {
        if root.get("requiredResourceAccess").is_some_and(|r| !r.items().is_empty())
            || (root.get("appId").is_some() && root.get("passwordCredentials").is_some())
        {
            entra::entra(document, root, facts);
        } else if root.get("webApplicationInfo").is_some() {
            entra::teams(document, root, facts);
        } else if root.get("realm").is_some() && root.get("clients").is_some() {
            providers::keycloak(document, root, facts);
        } else if document.path.ends_with(".json") && root.get_str("clientId").is_some() && root.get("directAccessGrantsEnabled").is_some() {
            providers::keycloak_client(document, root.get_str("clientId").unwrap_or_default(), root, facts);
        } else if root.get("clients").is_some_and(|c| c.items().iter().any(|c| c.get("grant_types").is_some() || c.get("app_type").is_some()))
            || root.get("clientGrants").is_some()
        {
            providers::auth0(document, root, facts);
        } else if document.name().starts_with("atlassian-connect") {
            vendors::connect(document, root, facts);
        } else if root.path(&["app", "id"]).is_some() && root.path(&["permissions", "scopes"]).is_some() {
            vendors::forge(document, root, facts);
        } else if root.get("manifest_version").is_some() && root.get("oauth2").is_some() {
            vendors::extension(document, root, facts);
        } else if root.path(&["access_scopes", "scopes"]).is_some() {
            vendors::shopify(document, root, facts);
        } else if root.get("oauth_information").is_some() || root.path(&["manifest", "oauth_information"]).is_some() {
            vendors::zoom(document, root, facts);
        } else if root.get("okta").is_some_and(Node::is_map) {
            providers::okta(document, root, facts);
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

    fn attr(&self, name: &'static str, value: impl Into<serde_json::Value>, at: &Node, facts: &mut Facts) {
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

/// Scopes with what each gives.
fn scopes(names: Vec<String>, level: impl Fn(&str) -> Level) -> Vec<(String, Level)> {
    names.into_iter().map(|name| (name.clone(), level(&name))).collect()
}

/// Words of a scope, in small letters: `Mail.ReadWrite`, `admin:read_org`.
fn parts(scope: &str) -> Vec<String> {
    let mut out: Vec<String> = vec![String::new()];
    for c in scope.chars() {
        if !c.is_alphanumeric() || c.is_uppercase() && out.last().is_some_and(|w| w.ends_with(char::is_lowercase)) {
            out.push(String::new());
        }
        if let Some(last) = out.last_mut().filter(|_| c.is_alphanumeric()) {
            last.extend(c.to_lowercase());
        }
    }
    out.retain(|w| !w.is_empty());
    out
}

/// Scopes of GitHub that name no verb.
const OF_GITHUB: &[&str] = &["repo", "public_repo", "workflow", "gist", "delete_repo", "user"];

/// What a scope gives, by the words that vendors end or begin it with (domain specification, 6.2).
fn verb(scope: &str) -> Level {
    let words = parts(scope);
    let has = |wanted: &[&str]| words.iter().any(|w| wanted.contains(&w.as_str()));
    let ends = |wanted: &[&str]| words.last().is_some_and(|w| wanted.contains(&w.as_str()));
    let writes = has(&["write", "readwrite", "create", "update", "delete", "send", "edit", "manage", "modify", "upload", "publish", "post"]);
    if ends(&["readonly", "read"]) {
        Level::ReadData
    } else if has(&["admin", "fullcontrol", "full"]) || scope.contains("cloud-platform") || writes && ends(&["all"]) {
        Level::Admin
    } else if writes || OF_GITHUB.contains(&scope) {
        Level::Write
    } else if has(&["read", "readonly", "view", "get", "list"]) {
        Level::ReadData
    } else {
        Level::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_gives_what_its_words_say() {
        for (scope, level) in [
            ("admin:org", Level::Admin),
            ("admin", Level::Admin),
            ("https://www.googleapis.com/auth/cloud-platform", Level::Admin),
            ("Files.ReadWrite.All", Level::Admin),
            ("Sites.FullControl.All", Level::Admin),
            ("full_access", Level::Admin),
            ("Mail.ReadWrite", Level::Write),
            ("Mail.Send", Level::Write),
            ("orders:write", Level::Write),
            ("manage:jira-project", Level::Write),
            ("repo", Level::Write),
            ("write:packages", Level::Write),
            ("read:user", Level::ReadData),
            ("orders:read", Level::ReadData),
            ("admin:read", Level::ReadData),
            ("https://www.googleapis.com/auth/drive.readonly", Level::ReadData),
            ("read_orders", Level::ReadData),
            ("Mail.Read", Level::ReadData),
            ("Files.Read.All", Level::ReadData),
            ("threads", Level::Unknown),
            ("openid", Level::Unknown),
        ] {
            assert_eq!(verb(scope), level, "{scope}");
        }
    }
}
