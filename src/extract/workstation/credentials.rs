//! Credential files of command-line tools, as structure: profiles, logins and keys, and the identities and hosts that they belong to.

use super::kubeconfig;
use crate::document::{Document, Node, parse_json_inside};
use crate::extract::note;
use crate::model::{Basis, Facts, Key, Kind, Location};
use crate::relation::{AUTHENTICATES_AS, CAN_ACCESS, CAN_ASSUME, CONSUMES, RUNS_AS};

/// One file while it is read.
pub(super) struct File<'a> {
    pub(super) document: &'a Document,
    pub(super) facts: &'a mut Facts,
}

impl File<'_> {
    /// A tool's client or profile, which uses what the file holds.
    pub(super) fn client(&mut self, name: &str, platform: &str, at: Location) -> Key {
        let key = Key::new(Kind::Consumer, "dev-tool", format!("client:{}#{name}", self.document.file_id()));
        self.facts.declare(&key, name, at).attr("platform", platform);
        key
    }

    /// A field that holds, or refers to, a secret. The slot is that of the client.
    pub(super) fn slot(&mut self, client: &Key, name: &str, value: &Node) -> Key {
        let at = self.document.at(value);
        let pointer = client.id.rsplit_once('#').map_or("", |(_, p)| p);
        let slot = Key::new(Kind::Location, "file", format!("{}#{pointer}/{name}", self.document.file_id()));
        self.facts.declare(&slot, name, at.clone()).attr("store", "file").attr("protection", "plaintext");
        self.facts.relate(client, &CONSUMES, &slot, at.clone());
        self.facts.holds(&slot, at.clone());
        for variable in value.str().map(references).unwrap_or_default() {
            let source = Key::new(Kind::Location, "env", format!("os-env:{}#{variable}", self.document.repository_body()));
            self.facts.mention(&source, variable, at.clone()).attr("store", "env");
            self.facts.relate(client, &CONSUMES, &source, at.clone());
        }
        slot
    }

    pub(super) fn opens(&mut self, from: &Key, subtype: &'static str, id: String, name: &str, level: &str, at: Location) {
        let key = Key::new(Kind::Resource, subtype, id);
        self.facts.mention(&key, name, at.clone());
        self.facts.relate(from, &CAN_ACCESS, &key, at).attr("level", level);
    }

    fn identity(&mut self, from: &Key, relation: &'static crate::model::Relation, subtype: &'static str, id: String, name: &str, at: Location) -> Key {
        let key = Key::new(Kind::Identity, subtype, id);
        self.facts.mention(&key, name, at.clone());
        self.facts.relate(from, relation, &key, at);
        key
    }
}

/// Names in `${NAME}` and `%NAME%`.
fn references(text: &str) -> Vec<&str> {
    let dollar =
        text.split("${").skip(1).filter_map(|r| r.split(['}', ':']).next()).map(|n| n.trim_start_matches("env.").trim_end_matches('?').trim_end_matches('-'));
    let percent = (text.len() > 2 && text.starts_with('%') && text.ends_with('%')).then(|| text.trim_matches('%'));
    dollar.chain(percent).filter(|n| !n.is_empty() && n.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')).collect()
}

/// The host of a URL: without scheme, login, port and path.
pub(super) fn host(url: &str) -> &str {
    let authority = url.split("://").last().unwrap_or(url).trim_start_matches('/').split(['/', '?']).next().unwrap_or(url);
    authority.rsplit('@').next().unwrap_or(authority).split(':').next().unwrap_or(authority)
}

/// Whether the name, or the beginning, of a file is that of a credential file.
pub(super) fn wants(path: &str, head: &[u8]) -> bool {
    let name = super::name(path);
    let has = |word: &[u8]| head.windows(word.len()).any(|w| w == word);
    match name.as_str() {
        ".npmrc"
        | ".pypirc"
        | ".netrc"
        | "_netrc"
        | ".dockercfg"
        | ".git-credentials"
        | "settings.xml"
        | "settings-security.xml"
        | "nuget.config"
        | "kubeconfig" => true,
        "config" => path.contains(".aws/") || path.contains(".kube/"),
        "credentials" => path.contains(".aws/") || path.contains(".cargo/") || has(b"aws_access_key_id") || has(b"role_arn"),
        "credentials.toml" => path.contains("cargo"),
        "config.json" | ".dockerconfigjson" => has(b"\"auths\"") || has(b"\"credHelpers\""),
        _ if name.ends_with(".kubeconfig") => true,
        _ if name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".conf") => has(b"kind: Config") && has(b"clusters:"),
        _ if name.ends_with(".json") => {
            [
                &b"\"client_email\""[..],
                b"\"client_secret\"",
                b"\"clientSecret\"",
                b"\"authorized_user\"",
                b"\"external_account\"",
                b"\"impersonated_service_account\"",
            ]
            .iter()
            .any(|w| has(w))
                || has(b"\"appId\"") && has(b"\"password\"")
        }
        _ => false,
    }
}

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let name = document.name().to_ascii_lowercase();
    let mut file = File { document, facts };
    match name.as_str() {
        ".netrc" | "_netrc" => netrc(&mut file),
        ".git-credentials" => git_credentials(&mut file),
        "settings.xml" => maven(&mut file),
        "settings-security.xml" => master(&mut file),
        "nuget.config" => nuget(&mut file),
        "kubeconfig" => kubeconfig::read(&mut file),
        "config" if document.path.contains(".kube/") => kubeconfig::read(&mut file),
        _ if name.ends_with(".kubeconfig") || name.ends_with(".conf") => kubeconfig::read(&mut file),
        ".dockerconfigjson" => {
            if let Ok(tree) = parse_json_inside(&document.text(), 1) {
                docker(&mut file, &tree);
            }
        }
        _ => {
            let trees = match document.trees() {
                Ok(trees) => trees,
                Err(reason) => return note(document, file.facts, reason),
            };
            for tree in trees {
                match name.as_str() {
                    ".npmrc" => npm(&mut file, tree),
                    ".pypirc" => pypi(&mut file, tree),
                    "credentials" if document.path.contains(".cargo/") => cargo(&mut file, tree),
                    "credentials" | "config" => aws(&mut file, tree),
                    "credentials.toml" => cargo(&mut file, tree),
                    "config.json" | ".dockercfg" => docker(&mut file, tree),
                    _ if name.ends_with(".json") => json(&mut file, tree),
                    _ => kubeconfig::users(&mut file, tree),
                }
            }
        }
    }
}

/// Profiles of AWS: keys, roles assumed from other profiles, processes that give credentials.
fn aws(file: &mut File<'_>, tree: &Node) {
    let document = file.document;
    for (section, body) in tree.entries() {
        let Some(title) = section.str().filter(|s| !s.is_empty()) else { continue };
        let name = title.strip_prefix("profile ").unwrap_or(title).trim();
        if title.starts_with("sso-session") || title == "plugins" {
            continue;
        }
        let at = document.place(section.line, section.column, body.end_line);
        let client = file.client(name, "aws-cli", at.clone());
        // One profile is the same in `config` and in `credentials`.
        let user = |profile: &str| format!("aws-profile:{}//{}#{profile}", document.repository_body(), document.folder());
        if let Some(id) = body.get("aws_access_key_id") {
            let identity = file.identity(&client, &RUNS_AS, "aws-user", user(name), name, document.at(id));
            for field in ["aws_secret_access_key", "aws_session_token"] {
                if let Some(value) = body.get(field) {
                    file.slot(&client, field, value);
                }
            }
            if let Some(key) = id.str().filter(|k| k.len() == 20 && k.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())) {
                let credential = Key::new(Kind::Credential, "aws-access-key", format!("cred:aws-access-key/{key}"));
                file.facts.relate(&credential, &AUTHENTICATES_AS, &identity, document.at(id));
            }
        }
        if let Some((node, arn)) = body.get("role_arn").and_then(|n| Some((n, n.str()?))) {
            let at = document.at(node);
            let role = Key::new(Kind::Identity, "aws-role", arn);
            file.facts.mention(&role, arn.rsplit('/').next().unwrap_or(arn), at.clone());
            file.facts.relate(&client, &RUNS_AS, &role, at.clone());
            if let Some(source) = body.get_str("source_profile") {
                let source = Key::new(Kind::Identity, "aws-user", user(source));
                file.facts
                    .relate(&source, &CAN_ASSUME, &role, at)
                    .basis(Basis::Exact)
                    .attr("external_id", body.get("external_id").is_some())
                    .attr("mfa", body.get("mfa_serial").is_some());
            }
        }
        if body.get("sso_session").is_some() || body.get("sso_start_url").is_some() {
            file.facts.mention(&client, name, at.clone()).attr("auth_style", "interactive");
        }
        if let Some((node, command)) = body.get("credential_process").and_then(|n| Some((n, n.str()?))) {
            let program = command.split_whitespace().next().unwrap_or(command);
            let tool = Key::new(Kind::Location, "other:credential-process", format!("{}#{name}/credential_process", document.file_id()));
            file.facts.declare(&tool, program.rsplit('/').next().unwrap_or(program), document.at(node)).attr("store", "process").attr("protection", "unknown");
            file.facts.relate(&client, &CONSUMES, &tool, document.at(node));
        }
    }
}

/// `//host/:_authToken=…`, and the older unscoped fields.
fn npm(file: &mut File<'_>, tree: &Node) {
    let document = file.document;
    for (key, value) in tree.entries().flat_map(|(_, section)| section.entries()) {
        let Some(name) = key.str() else { continue };
        let (registry, field) = name.rsplit_once(":_").map_or(("registry.npmjs.org", name.trim_start_matches('_')), |(r, f)| (host(r), f));
        if !matches!(field, "authToken" | "auth" | "password") || !name.contains('_') {
            continue;
        }
        let at = document.at(value);
        let client = file.client(registry, "npm", at.clone());
        let slot = file.slot(&client, field, value);
        file.opens(&slot, "package-registry", format!("host:{registry}"), registry, "write", at);
    }
}

fn pypi(file: &mut File<'_>, tree: &Node) {
    let document = file.document;
    for (section, body) in tree.entries() {
        let Some((name, value)) = section.str().and_then(|s| Some((s, body.get("password")?))) else { continue };
        let known = match name {
            "pypi" => "upload.pypi.org",
            "testpypi" => "test.pypi.org",
            other => other,
        };
        let registry = body.get_str("repository").map_or(known, host).to_owned();
        let client = file.client(name, "twine", document.place(section.line, section.column, body.end_line));
        let slot = file.slot(&client, "password", value);
        file.opens(&slot, "package-registry", format!("host:{registry}"), &registry, "write", document.at(value));
    }
}

/// `machine host login name password value`, on one line or on several.
fn netrc(file: &mut File<'_>) {
    let document = file.document;
    let text = document.text();
    let words: Vec<(u32, &str)> = text
        .lines()
        .enumerate()
        .filter(|(_, l)| !l.trim_start().starts_with('#'))
        .flat_map(|(i, l)| l.split_whitespace().map(move |w| (i as u32 + 1, w)))
        .collect();
    let mut current: Option<(u32, String, String)> = None;
    for pair in words.windows(2) {
        let ((line, word), (value_line, value)) = (pair[0], pair[1]);
        match word {
            "machine" => current = Some((line, value.to_owned(), String::new())),
            "login" => {
                if let Some((_, _, login)) = &mut current {
                    *login = value.to_owned();
                }
            }
            "password" => {
                let Some((first, machine, login)) = &current else { continue };
                let client = file.client(machine, "netrc", document.place(*first, 1, value_line));
                let node = Node { value: crate::document::Value::Text(value.to_owned()), line: value_line, column: 1, end_line: value_line };
                let slot = file.slot(&client, "password", &node);
                file.opens(&slot, "host", format!("host:{machine}"), machine, "write", document.at_line(value_line));
                // Some services take the token as the login.
                if !login.is_empty() && value != "x-oauth-basic" && (login.len() < 20 || login.contains('@')) {
                    file.identity(&slot, &AUTHENTICATES_AS, "saas-account", format!("account:{machine}/{login}"), login, document.at_line(*first));
                }
            }
            _ => {}
        }
    }
}

fn git_credentials(file: &mut File<'_>) {
    let document = file.document;
    for (i, line) in document.text().lines().enumerate() {
        // A password may hold any character: what follows the last sign is surely none of it.
        let Some((_, place)) = line.trim().rsplit_once('@') else { continue };
        let machine = host(place).to_owned();
        let line = i as u32 + 1;
        let client = file.client(&machine, "git", document.at_line(line));
        let slot = file.slot(&client, "password", &Node::text_at("", line, 1));
        file.opens(&slot, "host", format!("host:{machine}"), &machine, "write", document.at_line(line));
    }
}

/// Logins of registries; a helper keeps them elsewhere.
fn docker(file: &mut File<'_>, tree: &Node) {
    let document = file.document;
    let auths = tree.get("auths").unwrap_or(tree);
    for (registry, body) in auths.entries() {
        let Some(name) = registry.str().map(host) else { continue };
        for field in ["auth", "password", "identitytoken", "registrytoken"] {
            let Some(value) = body.get(field).filter(|v| v.str().is_some_and(|s| !s.is_empty())) else { continue };
            let client = file.client(name, "docker", document.place(registry.line, registry.column, body.end_line));
            let slot = file.slot(&client, field, value);
            file.facts.mention(&slot, field, document.at(value)).attr("protection", "encoded");
            file.opens(&slot, "container-registry", format!("host:{name}"), name, "write", document.at(value));
        }
    }
}

fn cargo(file: &mut File<'_>, tree: &Node) {
    let document = file.document;
    // Without its ending the file is read by sections, whose names are dotted.
    let sections = tree.entries().filter_map(|(k, v)| Some((k.str()?.strip_prefix("registries.")?, v)));
    let registries = tree.get("registries").into_iter().flat_map(Node::entries).filter_map(|(k, v)| Some((k.str()?, v))).chain(sections);
    for (name, body) in tree.get("registry").map(|r| ("crates.io", r)).into_iter().chain(registries) {
        let Some(value) = body.get("token") else { continue };
        let client = file.client(name, "cargo", document.at(body));
        let slot = file.slot(&client, "token", value);
        file.opens(&slot, "package-registry", format!("cargo-registry:{name}"), name, "write", document.at(value));
    }
}

/// Text of an element and its line, for a line of XML that holds the whole element.
fn element<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let rest = &line[line.find(&format!("<{name}>"))? + name.len() + 2..];
    rest.split('<').next().map(str::trim)
}

fn maven(file: &mut File<'_>) {
    let document = file.document;
    let text = document.text();
    let (mut start, mut id) = (0u32, String::new());
    let mut values: Vec<(&str, String, u32)> = Vec::new();
    for (i, raw) in text.lines().enumerate() {
        let line = i as u32 + 1;
        if raw.contains("<server>") {
            (start, id) = (line, String::new());
            values.clear();
        }
        if start == 0 {
            continue;
        }
        if let Some(found) = element(raw, "id") {
            id = found.to_owned();
        }
        for field in ["password", "privateKey", "passphrase"] {
            values.extend(element(raw, field).filter(|v| !v.is_empty()).map(|v| (field, v.to_owned(), line)));
        }
        if raw.contains("</server>") {
            let client = file.client(if id.is_empty() { "server" } else { &id }, "maven", document.place(start, 1, line));
            for (field, value, at) in values.drain(..) {
                // `{…}` is encrypted under a master password that is kept in a file too.
                let encrypted = value.starts_with('{') && value.ends_with('}');
                let slot = file.slot(&client, field, &Node::text_at(value, at, 1));
                file.facts.mention(&slot, field, document.at_line(at)).attr("protection", if encrypted { "encoded" } else { "plaintext" });
                file.opens(&slot, "package-registry", format!("maven-server:{}/{id}", document.repository_body()), &id, "write", document.at_line(at));
            }
            start = 0;
        }
    }
}

fn master(file: &mut File<'_>) {
    let document = file.document;
    for (i, line) in document.text().lines().enumerate() {
        if element(line, "master").is_some_and(|m| !m.is_empty()) {
            let slot = Key::new(Kind::Location, "file", format!("{}#master", document.file_id()));
            file.facts.declare(&slot, "master password", document.at_line(i as u32 + 1)).attr("store", "file").attr("protection", "encoded");
            file.facts.holds(&slot, document.at_line(i as u32 + 1));
        }
    }
}

/// Credentials of package sources, under an element named after the source.
fn nuget(file: &mut File<'_>) {
    let document = file.document;
    let text = document.text();
    let (mut inside, mut source, mut sources) = (false, String::new(), Vec::new());
    for (i, raw) in text.lines().enumerate() {
        let line = i as u32 + 1;
        let trimmed = raw.trim();
        let attribute = |name: &str| raw.split(&format!("{name}=\"")).nth(1).and_then(|r| r.split('"').next()).map(str::to_owned);
        if trimmed.starts_with("<packageSourceCredentials") {
            inside = true;
        } else if trimmed.starts_with("</packageSourceCredentials") {
            inside = false;
        } else if !inside && trimmed.starts_with("<add ") {
            sources.extend(attribute("key").zip(attribute("value").filter(|v| v.contains("://"))));
        } else if inside && trimmed.starts_with('<') && !trimmed.starts_with("</") && !trimmed.starts_with("<add") && !trimmed.starts_with("<!--") {
            source = trimmed.trim_matches(['<', '>', '/', ' ']).to_owned();
        } else if inside && matches!(attribute("key").as_deref(), Some("ClearTextPassword" | "Password")) {
            let clear = attribute("key").as_deref() == Some("ClearTextPassword");
            let client = file.client(&source, "nuget", document.at_line(line));
            let slot = file.slot(&client, "password", &Node::text_at(attribute("value").unwrap_or_default(), line, 1));
            file.facts.mention(&slot, "password", document.at_line(line)).attr("protection", if clear { "plaintext" } else { "encoded" });
            let url = sources.iter().find(|(k, _)| *k == source).map_or(source.clone(), |(_, u)| host(u).to_owned());
            file.opens(&slot, "package-registry", format!("host:{url}"), &url, "write", document.at_line(line));
        }
    }
}

/// JSON files of the clouds, told apart by their fields.
fn json(file: &mut File<'_>, tree: &Node) {
    let document = file.document;
    let at = document.at(tree);
    if let Some(kind) = tree.get_str("type") {
        return google(file, tree, kind, at);
    }
    if let Some((variant, body)) = ["web", "installed"].iter().find_map(|v| Some((*v, tree.get(v).filter(|b| b.get("client_id").is_some())?))) {
        let Some(id) = body.get_str("client_id") else { return };
        let client = Key::new(Kind::Identity, "oauth-client", format!("oauth-client:google/{id}"));
        let redirects: Vec<String> = body.get("redirect_uris").into_iter().flat_map(Node::items).filter_map(Node::scalar).collect();
        file.facts
            .declare(&client, id, document.at(body))
            .attr("provider", "google")
            .attr("variant", variant)
            .attr("redirect_uris", redirects)
            .attr("auth_style", "static");
        if let Some(value) = body.get("client_secret") {
            held(file, &client, "client_secret", value);
        }
        return;
    }
    let field = |names: &[&str]| names.iter().find_map(|n| tree.get(n).filter(|v| v.str().is_some_and(|s| !s.is_empty())));
    if let (Some(id), Some(secret)) = (field(&["clientId", "appId"]), field(&["clientSecret", "password"]))
        && field(&["tenantId", "tenant"]).is_some()
    {
        let text = id.str().unwrap_or_default().to_ascii_lowercase();
        let app = Key::new(Kind::Identity, "entra-app", format!("entra-app:{text}"));
        file.facts.declare(&app, tree.get_str("displayName").unwrap_or(&text), at.clone()).attr("provider", "azure").attr("auth_style", "static");
        held(file, &app, "clientSecret", secret);
        if let Some(subscription) = field(&["subscriptionId"]).and_then(Node::str) {
            let subscription = subscription.to_ascii_lowercase();
            file.opens(&app, "cloud-account", format!("azure:/subscriptions/{subscription}"), &subscription, "unknown", at);
        }
    }
}

/// A secret of an identity, in this file.
fn held(file: &mut File<'_>, identity: &Key, name: &str, value: &Node) {
    let at = file.document.at(value);
    let slot = Key::new(Kind::Location, "file", format!("{}#/{name}", file.document.file_id()));
    file.facts.declare(&slot, name, at.clone()).attr("store", "file").attr("protection", "plaintext");
    file.facts.holds(&slot, at.clone());
    file.facts.relate(&slot, &AUTHENTICATES_AS, identity, at);
}

fn google(file: &mut File<'_>, tree: &Node, kind: &str, at: Location) {
    let document = file.document;
    let impersonated = |file: &mut File<'_>, from: &Key| {
        let Some((node, url)) = tree.get("service_account_impersonation_url").and_then(|n| Some((n, n.str()?))) else { return };
        let Some(email) = url.split("serviceAccounts/").nth(1).and_then(|r| r.split(':').next()) else { return };
        file.identity(from, &CAN_ASSUME, "gcp-service-account", format!("gcp-sa:{email}"), email, document.at(node));
    };
    match kind {
        "service_account" => {
            let Some(email) = tree.get_str("client_email") else { return };
            let account = Key::new(Kind::Identity, "gcp-service-account", format!("gcp-sa:{email}"));
            file.facts
                .mention(&account, email, tree.get("client_email").map_or(at.clone(), |n| document.at(n)))
                .attr("provider", "gcp")
                .attr("auth_style", "static");
            if let Some(key) = tree.get("private_key") {
                held(file, &account, "private_key", key);
            }
            if let Some(project) = tree.get_str("project_id") {
                file.opens(&account, "cloud-account", format!("gcp-project:{project}"), project, "unknown", at);
            }
        }
        "authorized_user" => {
            let user = Key::new(Kind::Party, "person", format!("person:{}#authorized_user", document.file_id()));
            file.facts.mention(&user, "authorised user", at.clone()).attr("human_like", true);
            let client = file.client("application default credentials", "gcloud", at);
            for field in ["refresh_token", "client_secret"] {
                if let Some(value) = tree.get(field) {
                    file.slot(&client, field, value);
                }
            }
        }
        "external_account" => {
            let Some((node, audience)) = tree.get("audience").and_then(|n| Some((n, n.str()?))) else { return };
            let pool = Key::new(Kind::Identity, "gcp-wif-principal", format!("principalSet:{}", audience.trim_start_matches("//")));
            file.facts
                .declare(&pool, audience.rsplit('/').next().unwrap_or(audience), document.at(node))
                .attr("provider", "gcp")
                .attr("auth_style", "federated");
            impersonated(file, &pool);
        }
        "impersonated_service_account" => {
            let client = file.client("impersonated account", "gcloud", at);
            impersonated(file, &client);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(path: &str, text: &str) -> Facts {
        assert!(wants(path, text.as_bytes()), "{path}");
        let document = Document::new("repo:github.com/acme/web".into(), path, text.as_bytes().to_vec(), None);
        let mut facts = Facts::default();
        read(&document, &mut facts);
        facts
    }

    fn edge(facts: &Facts, from: &str, relation: &str, to: &str) -> bool {
        facts.edges.iter().any(|e| e.from.id.ends_with(from) && e.relation.name == relation && e.to.id.ends_with(to))
    }

    #[test]
    fn registries_and_logins_are_told_by_their_host() {
        let npm = facts(".npmrc", "//npm.acme.io/:_authToken=${NPM_TOKEN}\n");
        assert!(edge(&npm, ".npmrc#npm.acme.io/authToken", "can_access", "host:npm.acme.io"));
        assert!(edge(&npm, "#npm.acme.io", "consumes", "os-env:github.com/acme/web#NPM_TOKEN"));
        let netrc = facts(".netrc", "machine api.heroku.com\n  login bot\n  password x\n");
        assert!(edge(&netrc, "/password", "authenticates_as", "account:api.heroku.com/bot"));
        assert_eq!(netrc.slots[0].at.line, 3);
        let maven = facts("m2/settings.xml", "<settings><servers>\n<server>\n <id>nexus</id>\n <password>{x}</password>\n</server>\n");
        assert!(maven.nodes.iter().any(|n| n.name == "nexus" && n.at.as_ref().is_some_and(|l| (l.line, l.end_line) == (2, 5))));
        let docker = facts("config.json", "{ \"auths\": { \"https://ghcr.io/v1/\": { \"auth\": \"eDp5\" } } }");
        assert!(edge(&docker, "/auth", "can_access", "host:ghcr.io"));
        let nuget = facts(
            "NuGet.config",
            "<packageSources>\n<add key=\"acme\" value=\"https://nuget.acme.io/v3\" />\n</packageSources>\n<packageSourceCredentials>\n<acme>\n<add key=\"ClearTextPassword\" value=\"x\" />\n",
        );
        assert!(edge(&nuget, "/password", "can_access", "host:nuget.acme.io"));
    }

    #[test]
    fn a_user_of_a_cluster_and_how_it_proves_itself() {
        let text = "kind: Config\nclusters: [ { name: prod, cluster: { server: \"https://k8s.acme.io:6443\" } } ]\ncontexts: [ { name: c, context: { cluster: prod, user: ci } } ]\nusers:\n- name: ci\n  user: { token: abc }\n- name: dev\n  user: { exec: { command: aws } }\n";
        let facts = facts(".kube/config", text);
        assert!(edge(&facts, "#ci", "can_access", "k8s:k8s.acme.io"));
        assert!(facts.nodes.iter().any(|n| n.name == "dev" && n.attributes.get("auth_style").is_some_and(|s| s == "federated")));
    }

    #[test]
    fn files_of_the_clouds() {
        let external = facts(
            "wif.json",
            "{ \"type\": \"external_account\", \"audience\": \"//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/gh/providers/p\", \"service_account_impersonation_url\": \"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/ci@p.iam.gserviceaccount.com:generateAccessToken\" }",
        );
        assert!(edge(&external, "/providers/p", "can_assume", "gcp-sa:ci@p.iam.gserviceaccount.com"));
        assert!(external.slots.is_empty(), "a federated file holds no secret");
        let azure = facts("sp.json", "{ \"clientId\": \"AA-1\", \"clientSecret\": \"x\", \"tenantId\": \"t\", \"subscriptionId\": \"s\" }");
        assert!(edge(&azure, "entra-app:aa-1", "can_access", "azure:/subscriptions/s"));
        let oauth = facts("client.json", "{ \"web\": { \"client_id\": \"1.apps\", \"client_secret\": \"x\" } }");
        assert!(edge(&oauth, "#/client_secret", "authenticates_as", "oauth-client:google/1.apps"));
    }
}
