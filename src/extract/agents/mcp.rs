//! MCP servers, from the configuration of any client, as one record.
//!
//! Attributes of a server, whatever the client calls them:
//!
//! | attribute | says |
//! |---|---|
//! | `product`, `pin`, `transport` | what is started or reached, how firmly it is pinned, and how it is spoken to |
//! | `auth` | `none`, `static-secret`, `oauth-user`, `workload`, or `unknown` (a process of its own has none to ask) |
//! | `enabled` | `false` when the configuration switches it off |
//! | `cleartext` | reached without encryption, and not on this machine |
//! | `escape` | what lets its container or runtime out of its box |
//!
//! Attributes of `agent -invokes-> server`: `approval` (`auto` when it is trusted or all is allowed), `auto_approve` (functions that are not asked for),
//! `functions` (the only ones allowed), `denied`.

use super::clients::{agent, keeps};
use super::launch::{self, Launch};
use super::products::PRODUCTS;
use crate::document::{Document, Node};
use crate::extract::ci::work::is_secret_name;
use crate::extract::note;
use crate::model::{Basis, EdgeFact, Facts, Key, Kind};
use crate::relation::{CAN_ACCESS, CAN_ASSUME, CONSUMES, INVOKES, PART_OF};

/// Depth at which the key is looked for.
const MAX_DEPTH: usize = 4;

/// Blocks whose entries are variables, or headers.
const BLOCKS: &[&str] = &["env", "headers", "envs", "environment", "http_headers", "env_http_headers"];

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let trees = match document.trees() {
        Ok(trees) => trees,
        Err(reason) => return note(document, facts, reason),
    };
    for root in trees {
        find(document, root, "", 0, facts);
    }
}

fn find(document: &Document, node: &Node, around: &str, depth: usize, facts: &mut Facts) {
    if depth > MAX_DEPTH {
        return;
    }
    for (key, value) in node.entries() {
        let Some(name) = key.str() else { continue };
        if keeps(name, around, &document.path) {
            for (server, body) in value.entries().filter(|(_, b)| is_server(b)) {
                self::server(document, server.str().unwrap_or("server"), server, body, facts);
            }
            for body in value.items().iter().filter(|b| is_server(b)) {
                self::server(document, body.get_str("name").unwrap_or("server"), body, body, facts);
            }
        }
        if value.is_map() {
            find(document, value, name, depth + 1, facts);
        }
    }
}

fn is_server(body: &Node) -> bool {
    ["command", "cmd"].iter().chain(launch::ADDRESSES).any(|k| body.get(k).is_some())
}

fn server(document: &Document, name: &str, key_node: &Node, body: &Node, facts: &mut Facts) {
    let at = document.place(key_node.line, key_node.column, body.end_line);
    let (agent, client) = agent(document);
    let tool = Key::new(Kind::Tool, "mcp-server", format!("tool:{}#{name}", document.file_id()));
    let node = facts.mention(&agent, client, at.clone()).attr("client", client);
    // The hosted agent of GitHub asks nobody.
    let unasked = client == "copilot" && body.get("tools").into_iter().flat_map(Node::one_or_many).any(|t| t.str() == Some("*"));
    if unasked {
        node.attr("unbounded_tools", true);
    }
    let edge = facts.relate(&agent, &INVOKES, &tool, at);
    allowed(edge, body);
    if unasked {
        edge.attr("approval", "auto");
    }
    describe(document, &tool, name, key_node, body, &|tool, name, node, facts| reference(document, tool, name, node, facts), facts);
}

/// What the entry lets the agent call, and what without asking.
pub(in crate::extract) fn allowed(edge: &mut EdgeFact, body: &Node) {
    let list = |keys: &[&str]| -> Vec<&str> { keys.iter().filter_map(|k| body.get(k)).flat_map(Node::one_or_many).filter_map(Node::str).collect() };
    let auto = list(&["autoApprove", "alwaysAllow", "auto_approve"]);
    let functions = list(&["includeTools", "enabled_tools", "tools", "available_tools"]);
    let denied = list(&["excludeTools", "disabled_tools", "disabledTools"]);
    if body.get("trust").and_then(Node::bool) == Some(true) || auto.contains(&"*") {
        edge.attr("approval", "auto");
    }
    if !auto.is_empty() {
        edge.attr("auto_approve", auto);
    }
    if !functions.is_empty() && !functions.contains(&"*") {
        edge.attr("functions", functions);
    } else if functions.contains(&"*") {
        edge.attr("all_functions", true);
    }
    if !denied.is_empty() {
        edge.attr("denied", denied);
    }
}

/// Says of a tool that reads a variable which variable that is.
type Refer<'a> = &'a dyn Fn(&Key, &str, &Node, &mut Facts);

/// Declares a server as its entry describes it: product, pin, slots, what it opens. Who invokes it is for the caller to say.
pub(in crate::extract) fn describe(document: &Document, tool: &Key, name: &str, key_node: &Node, body: &Node, refer: Refer<'_>, facts: &mut Facts) {
    let at = document.place(key_node.line, key_node.column, body.end_line);
    let launch = launch::read(document, body);
    let node = facts.declare(tool, name, at.clone());
    node.attr("pin", launch.pin).attr("transport", launch.transport).attr("product", launch.product.clone()).attr("auth", auth(body, &launch));
    if body.get("disabled").and_then(Node::bool) == Some(true) || body.get("enabled").and_then(Node::bool) == Some(false) {
        node.attr("enabled", false);
    }
    if launch
        .url
        .is_some_and(|u| u.starts_with("http://") && !["localhost", "127.0.0.1", "[::1]", "host.docker.internal"].iter().any(|l| u[7..].starts_with(l)))
    {
        node.attr("cleartext", true);
    }
    if !launch.escape.is_empty() {
        node.attr("escape", launch.escape.clone());
    }
    let product_key = Key::new(Kind::Tool, "mcp-product", &launch.product);
    facts.mention(&product_key, launch.product.split_once('/').map_or(&*launch.product, |(_, p)| p), at.clone());
    facts.relate(tool, &PART_OF, &product_key, at.clone());
    slots(document, tool, body, &launch, refer, facts);
    if let Some((node, account)) = body.get("targetServiceAccount").and_then(|n| Some((n, n.str()?))) {
        let identity = Key::new(Kind::Identity, "gcp-service-account", format!("gcp-sa:{account}"));
        facts.mention(&identity, account, document.at(node));
        facts.relate(tool, &CAN_ASSUME, &identity, document.at(node)).attr("via", "impersonation");
    }
    let lower = launch.product.to_ascii_lowercase();
    let read_only = launch.arguments.iter().any(|(a, _)| a.contains("read-only") || a.contains("readonly") || a.contains("access-mode=restricted"))
        || BLOCKS.iter().filter_map(|b| body.get(b)).flat_map(Node::entries).any(|(k, v)| {
            let name = k.str().unwrap_or_default().to_ascii_lowercase().replace('-', "_");
            name.contains("read_only") || name.contains("readonly") && v.scalar().is_some_and(|s| s != "false" && s != "0")
        });
    if let Some((_, subtype, id, level)) = PRODUCTS.iter().find(|(part, ..)| lower.contains(part)) {
        let resource = Key::new(Kind::Resource, *subtype, *id);
        facts.mention(&resource, id.split_once(':').map_or(*id, |(_, n)| n), at.clone());
        facts.relate(tool, &CAN_ACCESS, &resource, at).basis(Basis::EnvAssumed).attr("level", if read_only { "read-data" } else { *level });
    }
    if lower.contains("filesystem") {
        // Its arguments are the folders that it opens.
        for (folder, node) in launch.arguments.iter().filter(|(a, _)| a.starts_with(['/', '~', '.', '$']) || a.get(1..3) == Some(":\\")) {
            let key = Key::new(Kind::Resource, "filesystem", format!("filesystem:{}#{folder}", document.repository_body()));
            facts.mention(&key, *folder, document.at(node));
            facts.relate(tool, &CAN_ACCESS, &key, document.at(node)).attr("level", if read_only { "read-data" } else { "write" });
        }
    }
}

/// How the server learns who calls.
fn auth(body: &Node, launch: &Launch<'_>) -> &'static str {
    let headers = ["headers", "http_headers", "env_http_headers"].iter().filter_map(|k| body.get(k)).any(|h| h.entries().next().is_some());
    if ["oauth", "auth"].iter().any(|k| body.get(k).is_some_and(|n| n.is_map())) {
        "oauth-user"
    } else if matches!(body.get_str("authProviderType"), Some("google_credentials" | "service_account_impersonation")) {
        "workload"
    } else if headers || body.get("bearer_token_env_var").is_some() || body.path(&["requestOptions", "headers"]).is_some() || body.get("apiKey").is_some() {
        "static-secret"
    } else if launch.url.is_some() {
        // A remote server may still send the client to log in.
        "unknown"
    } else {
        let blocks = BLOCKS.iter().filter_map(|b| body.get(b)).chain(body.path(&["command", "env"])).flat_map(Node::entries).filter_map(|(k, _)| k.str());
        let passed = ["env_keys", "env_vars"].iter().filter_map(|k| body.get(k)).flat_map(Node::items).filter_map(Node::str);
        if blocks.chain(passed).chain(launch.handed.iter().map(|h| h.0)).any(is_secret_name) { "static-secret" } else { "unknown" }
    }
}

/// Every variable, header and argument that is, or names, a secret.
fn slots(document: &Document, tool: &Key, body: &Node, launch: &Launch<'_>, refer: Refer<'_>, facts: &mut Facts) {
    let blocks = BLOCKS.iter().filter_map(|b| body.get(b)).chain(body.path(&["requestOptions", "headers"])).chain(body.path(&["command", "env"]));
    for (variable, value) in blocks.flat_map(Node::entries) {
        if let (Some(variable), Some(text)) = (variable.str(), value.str()) {
            slot(document, tool, variable, text, value, refer, facts);
        }
    }
    for (key, value) in ["apiKey"].iter().filter_map(|k| Some((k, body.get(k)?))) {
        if let Some(text) = value.str() {
            slot(document, tool, key, text, value, refer, facts);
        }
    }
    for node in body.get("env_keys").into_iter().flat_map(Node::one_or_many) {
        if let Some(variable) = node.str() {
            keychain(document, tool, variable, node, facts);
        }
    }
    for field in ["bearer_token_env_var", "env_vars"] {
        for node in body.get(field).into_iter().flat_map(Node::one_or_many) {
            if let Some(variable) = node.str() {
                refer(tool, variable, node, facts);
            }
        }
    }
    for (variable, value, node) in &launch.handed {
        match value {
            Some(text) => slot(document, tool, variable, text, node, refer, facts),
            // Handed on from the environment of the client, or from the block above.
            None if !BLOCKS.iter().any(|b| body.get(b).is_some_and(|b| b.get(variable).is_some())) && body.get("env_keys").is_none() => {
                refer(tool, variable, node, facts)
            }
            None => {}
        }
    }
    let mut flag = "";
    for (argument, node) in &launch.arguments {
        for name in references(argument) {
            refer(tool, &name, node, facts);
        }
        // `--token value` and `--token=value`.
        let (name, given) = argument.split_once('=').filter(|_| argument.starts_with('-')).unwrap_or((flag, argument));
        let own = is_secret_name(&name.trim_start_matches('-').replace('-', "_")) && !given.starts_with('-') && given.len() > 3;
        if own && references(given).is_empty() {
            slot(document, tool, name.trim_start_matches('-'), given, node, refer, facts);
        }
        flag = if argument.starts_with('-') && !argument.contains('=') { argument } else { "" };
    }
    if let Some((node, file)) = body.get("envFile").and_then(|n| Some((n, n.str()?))) {
        let path = file.replace("${workspaceFolder}/", "");
        let slot = Key::new(Kind::Location, "file", format!("file:{}//{}", document.repository_body(), path.trim_start_matches("./")));
        facts.mention(&slot, path.clone(), document.at(node)).attr("store", "file");
        facts.relate(tool, &CONSUMES, &slot, document.at(node));
    }
}

/// A variable or header of a server: a reference to a slot, or a slot that holds its value here.
fn slot(document: &Document, tool: &Key, variable: &str, text: &str, node: &Node, refer: Refer<'_>, facts: &mut Facts) {
    let names = references(text);
    // The hosted agent of GitHub hands its servers secrets of the environment `copilot`, by names that begin so.
    if text.starts_with("COPILOT_MCP_") {
        let repository = document.repository_body().split_once('/').map_or(document.repository_body(), |(_, r)| r);
        let slot = Key::new(Kind::Location, "ci-secret", format!("gh-secret:{repository}@env=copilot/{text}"));
        facts.mention(&slot, text, document.at(node)).attr("store", "github");
        facts.relate(tool, &CONSUMES, &slot, document.at(node));
        return;
    }
    if names.is_empty() {
        let slot = Key::new(Kind::Location, "file", format!("{}/{variable}", tool.id));
        facts.declare(&slot, variable, document.at(node)).attr("store", "file").attr("protection", "plaintext");
        facts.relate(tool, &CONSUMES, &slot, document.at(node));
        facts.holds(&slot, document.at(node));
    }
    for name in names {
        refer(tool, &name, node, facts);
    }
}

/// A secret that the client keeps with the operating system, and hands on by that name.
fn keychain(document: &Document, tool: &Key, name: &str, node: &Node, facts: &mut Facts) {
    let slot = Key::new(Kind::Location, "os-keychain", format!("keychain:{}#{name}", document.repository_body()));
    facts.mention(&slot, name, document.at(node)).attr("store", "os-keychain").attr("protection", "encrypted-at-rest");
    facts.relate(tool, &CONSUMES, &slot, document.at(node));
}

/// A variable of the client's own environment, or what it asks for.
pub(super) fn reference(document: &Document, tool: &Key, name: &str, node: &Node, facts: &mut Facts) {
    let at = document.at(node);
    let slot = if let Some(secret) = name.strip_prefix("input:") {
        Key::new(Kind::Location, "prompt", format!("prompt:{}#{secret}", document.file_id()))
    } else {
        Key::new(Kind::Location, "env", format!("os-env:{}#{name}", document.repository_body()))
    };
    let prompt = slot.subtype == "prompt";
    facts.mention(&slot, name.trim_start_matches("input:"), at.clone()).attr("store", if prompt { "prompt" } else { "env" });
    facts.relate(tool, &CONSUMES, &slot, at);
}

/// Names behind `${…}`, `${env:…}`, `${input:…}`, `{env:…}` and `$NAME`.
fn references(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let before = rest[..open].chars().next_back();
        let Some(close) = rest[open..].find('}') else { break };
        let inside = rest[open + 1..open + close].trim_start_matches('{').trim();
        let name = inside.trim_start_matches("env:").trim_start_matches("secrets.").split(":-").next().unwrap_or(inside).trim();
        let named = before == Some('$') || inside.starts_with("env:") || before == Some('{');
        let folder = matches!(
            name,
            "workspaceFolder" | "userHome" | "extensionPath" | "/" | "CLAUDE_PROJECT_DIR" | "CLAUDE_PLUGIN_ROOT" | "HOME" | "PWD" | "workspaceFolderBasename"
        );
        if named && !name.is_empty() && !folder {
            out.push(name.to_owned());
        }
        rest = &rest[open + close + 1..];
    }
    if out.is_empty() && text.starts_with('$') && text.len() > 1 && text[1..].chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        out.push(text[1..].to_owned());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Name, product, pin, consumed slots, authentication: what is the same whatever the client.
    fn records(path: &str, text: &str) -> Vec<String> {
        let document = Document::new("repo:github.com/acme/web".into(), path, text.as_bytes().to_vec(), None);
        let mut facts = Facts::default();
        read(&document, &mut facts);
        let mut out: Vec<String> = facts
            .nodes
            .iter()
            .filter(|n| n.key.subtype == "mcp-server")
            .map(|t| {
                let slots: Vec<&str> = facts
                    .edges
                    .iter()
                    .filter(|e| e.from == t.key && e.relation.name == "consumes")
                    .map(|e| e.to.id.rsplit('#').next().unwrap_or_default())
                    .collect();
                let attribute = |name: &str| t.attributes.get(name).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
                let invoked = facts.edges.iter().filter(|e| e.to == t.key && e.relation.name == "invokes").count();
                format!("{} {} {} {} {} {invoked}", t.name, attribute("product"), attribute("pin"), attribute("auth"), slots.join("+"))
            })
            .collect();
        out.sort();
        out
    }

    #[test]
    fn every_client_describes_the_same_three_servers() {
        let stdio = |env: &str| format!("\"db\": {{\"command\": \"npx\", \"args\": [\"-y\", \"@acme/pg-mcp\"], \"env\": {{\"DB_URL\": \"{env}\"}}}}");
        let image = "\"k8s\": {\"command\": \"docker\", \"args\": [\"run\", \"-i\", \"--rm\", \"-e\", \"KUBE_TOKEN\", \"ghcr.io/acme/k8s:1.2\"]}";
        let json = |root: &str, url: &str, name: &dyn Fn(&str) -> String| {
            let remote =
                format!("\"gh\": {{\"{url}\": \"https://api.githubcopilot.com/mcp/\", \"headers\": {{\"Authorization\": \"Bearer {}\"}}}}", name("GH_PAT"));
            format!("{{{root}: {{{}, {remote}, {image}}}{}", stdio(&name("DB_URL")), "}".repeat(root.matches('{').count() + 1))
        };
        let plain = |n: &str| format!("${{{n}}}");
        let env = |n: &str| format!("${{env:{n}}}");
        let opencode = "{\"mcp\": {\"db\": {\"type\": \"local\", \"command\": [\"npx\", \"-y\", \"@acme/pg-mcp\"], \"environment\": {\"DB_URL\": \"{env:DB_URL}\"}}, \"gh\": {\"type\": \"remote\", \"url\": \"https://api.githubcopilot.com/mcp/\", \"headers\": {\"Authorization\": \"Bearer {env:GH_PAT}\"}}, \"k8s\": {\"type\": \"local\", \"command\": [\"docker\", \"run\", \"-i\", \"--rm\", \"-e\", \"KUBE_TOKEN\", \"ghcr.io/acme/k8s:1.2\"]}}}";
        let zed = "{\"context_servers\": {\"db\": {\"command\": {\"path\": \"npx\", \"args\": [\"-y\", \"@acme/pg-mcp\"], \"env\": {\"DB_URL\": \"$DB_URL\"}}}, \"gh\": {\"url\": \"https://api.githubcopilot.com/mcp/\", \"headers\": {\"Authorization\": \"Bearer ${GH_PAT}\"}}, \"k8s\": {\"command\": \"docker\", \"args\": [\"run\", \"-i\", \"--rm\", \"-e\", \"KUBE_TOKEN\", \"ghcr.io/acme/k8s:1.2\"]}}}";
        let codex = "[mcp_servers.db]\ncommand = \"npx\"\nargs = [\"-y\", \"@acme/pg-mcp\"]\nenv_vars = [\"DB_URL\"]\n[mcp_servers.gh]\nurl = \"https://api.githubcopilot.com/mcp/\"\nbearer_token_env_var = \"GH_PAT\"\n[mcp_servers.k8s]\ncommand = \"docker\"\nargs = [\"run\", \"-i\", \"--rm\", \"-e\", \"KUBE_TOKEN\", \"ghcr.io/acme/k8s:1.2\"]\n";
        let goose = "GOOSE_MODE: approve\nextensions:\n  db: { type: stdio, cmd: npx, args: [-y, '@acme/pg-mcp'], env_keys: [DB_URL] }\n  gh: { type: streamable_http, uri: 'https://api.githubcopilot.com/mcp/', headers: { Authorization: 'Bearer ${GH_PAT}' } }\n  k8s: { type: stdio, cmd: docker, args: [run, -i, --rm, -e, KUBE_TOKEN, 'ghcr.io/acme/k8s:1.2'] }\n";
        let listed = "mcpServers:\n  - { name: db, command: npx, args: [-y, '@acme/pg-mcp'], env: { DB_URL: '${{ secrets.DB_URL }}' } }\n  - { name: gh, type: streamable-http, url: 'https://api.githubcopilot.com/mcp/', requestOptions: { headers: { Authorization: 'Bearer ${{ secrets.GH_PAT }}' } } }\n  - { name: k8s, command: docker, args: [run, -i, --rm, -e, KUBE_TOKEN, 'ghcr.io/acme/k8s:1.2'] }\n";
        let expected = [
            "db mcp:npm/@acme/pg-mcp floating static-secret DB_URL 1",
            "gh mcp:url/api.githubcopilot.com/mcp remote static-secret GH_PAT 1",
            "k8s mcp:oci/ghcr.io/acme/k8s version static-secret KUBE_TOKEN 1",
        ];
        for (path, text) in [
            (".mcp.json", json("\"mcpServers\"", "url", &plain)),
            ("claude_desktop_config.json", json("\"mcpServers\"", "url", &plain)),
            (".claude.json", json("\"projects\": {\"/w\": {\"mcpServers\"", "url", &plain)),
            (".claude-plugin/plugin.json", json("\"mcpServers\"", "url", &plain)),
            (".cursor/mcp.json", json("\"mcpServers\"", "url", &env)),
            (".vscode/mcp.json", json("\"servers\"", "url", &env)),
            (".vscode/settings.json", json("\"mcp\": {\"servers\"", "url", &env)),
            (".devcontainer/devcontainer.json", json("\"customizations\": {\"vscode\": {\"mcp\": {\"servers\"", "url", &env)),
            (".codeium/windsurf/mcp_config.json", json("\"mcpServers\"", "serverUrl", &env)),
            (".gemini/settings.json", json("\"mcpServers\"", "httpUrl", &plain)),
            (".qwen/settings.json", json("\"mcpServers\"", "httpUrl", &plain)),
            (".roo/mcp.json", json("\"mcpServers\"", "url", &env)),
            ("cline_mcp_settings.json", json("\"mcpServers\"", "url", &env)),
            (".amazonq/mcp.json", json("\"mcpServers\"", "url", &plain)),
            (".kiro/settings/mcp.json", json("\"mcpServers\"", "url", &plain)),
            (".junie/mcp/mcp.json", json("\"mcpServers\"", "url", &plain)),
            (".amp/settings.json", json("\"amp.mcpServers\"", "url", &plain)),
            (".github/mcp.json", json("\"mcpServers\"", "url", &plain)),
            (".zed/settings.json", zed.to_owned()),
            ("opencode.json", opencode.to_owned()),
            (".codex/config.toml", codex.to_owned()),
            (".config/goose/config.yaml", goose.to_owned()),
            (".continue/config.yaml", listed.to_owned()),
        ] {
            let found = records(path, &text);
            assert_eq!(found, expected, "{path}: {text}");
        }
    }
}
