//! MCP servers, from the configuration of any client, as one record.

use super::products::PRODUCTS;
use crate::document::{Document, Node};
use crate::extract::note;
use crate::model::{Basis, Facts, Key, Kind};
use crate::relation::{CAN_ACCESS, CAN_ASSUME, CONSUMES, INVOKES, PART_OF};

/// Keys under which clients keep their servers.
pub(super) const KEYS: &[&str] = &["mcpServers", "mcp_servers", "context_servers", "amp.mcpServers", "\"servers\"", "mcp-servers", "GOOSE_"];

/// Depth at which the key is looked for.
const MAX_DEPTH: usize = 4;

/// The client that a path belongs to, and the folder of its agent.
pub(super) fn client(path: &str) -> &'static str {
    for (part, client) in [
        (".claude/", "claude-code"),
        ("claude_desktop_config", "claude-desktop"),
        (".cursor/", "cursor"),
        (".vscode/", "vscode"),
        (".codex/", "codex"),
        (".gemini/", "gemini-cli"),
        ("gemini-extension.json", "gemini-cli"),
        (".continue/", "continue"),
        (".zed/", "zed"),
        (".roo/", "roo"),
        (".amazonq/", "amazon-q"),
        (".kiro/", "kiro"),
        (".junie/", "junie"),
        (".github/", "copilot"),
        ("opencode.json", "opencode"),
        ("mcp_config.json", "windsurf"),
        ("cline_mcp_settings", "cline"),
    ] {
        if path.contains(part) {
            return client;
        }
    }
    "claude-code"
}

/// The agent of one client in one folder of a repository.
pub(super) fn agent(document: &Document) -> (Key, &'static str) {
    let client = client(&document.path);
    let folder = document.path.find("/.").map_or("", |i| &document.path[..i]);
    (Key::new(Kind::Agent, "coding-agent", format!("agent:{}//{folder}#{client}", document.repository_body())), client)
}

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let trees = match document.trees() {
        Ok(trees) => trees,
        Err(reason) => return note(document, facts, reason),
    };
    for root in trees {
        find(document, root, 0, facts);
    }
}

fn find(document: &Document, node: &Node, depth: usize, facts: &mut Facts) {
    if depth > MAX_DEPTH {
        return;
    }
    for (key, value) in node.entries() {
        let Some(name) = key.str() else { continue };
        let ours = matches!(name, "mcpServers" | "mcp_servers" | "context_servers" | "amp.mcpServers" | "mcp-servers")
            || name == "servers" && document.path.ends_with("mcp.json")
            || name == "extensions" && document.path.contains("goose");
        if ours {
            for (server, body) in value.entries().filter(|(_, b)| is_server(b)) {
                self::server(document, server.str().unwrap_or("server"), server, body, facts);
            }
            for body in value.items().iter().filter(|b| is_server(b)) {
                self::server(document, body.get_str("name").unwrap_or("server"), body, body, facts);
            }
        } else if value.is_map() {
            find(document, value, depth + 1, facts);
        }
    }
}

fn is_server(body: &Node) -> bool {
    ["command", "url", "httpUrl", "serverUrl", "uri", "cmd"].iter().any(|k| body.get(k).is_some())
}

/// Package, image, script or host, and how firmly it is pinned.
fn product(document: &Document, body: &Node) -> (String, &'static str, &'static str) {
    if let Some(url) = ["url", "httpUrl", "serverUrl", "uri"].iter().find_map(|k| body.get_str(k)) {
        let host = url.split("://").nth(1).unwrap_or(url).split('?').next().unwrap_or_default().trim_end_matches('/');
        return (format!("mcp:url/{host}"), "remote", "http");
    }
    let command = body.get("command").or_else(|| body.get("cmd"));
    let program = command.and_then(|c| c.str().or_else(|| c.get_str("path")).or_else(|| c.items().first().and_then(Node::str))).unwrap_or_default();
    let mut arguments: Vec<&str> = body.get("args").into_iter().flat_map(Node::items).filter_map(Node::str).collect();
    if let Some(list) = command.filter(|c| !c.items().is_empty()) {
        arguments.extend(list.items().iter().skip(1).filter_map(Node::str));
    }
    let base = program.rsplit('/').next().unwrap_or(program);
    let package = arguments.iter().find(|a| !a.starts_with('-') && !matches!(**a, "dlx" | "run" | "tool" | "exec" | "x")).copied().unwrap_or_default();
    if let Some(url) = arguments
        .iter()
        .find(|a| a.starts_with("https://") || a.starts_with("http://"))
        .filter(|_| arguments.iter().any(|a| a.contains("mcp-remote") || a.contains("supergateway")))
    {
        return (format!("mcp:url/{}", url.split("://").nth(1).unwrap_or(url).trim_end_matches('/')), "remote", "http");
    }
    match base {
        "npx" | "bunx" | "pnpm" | "yarn" => {
            let (name, version) = match package.rfind('@').filter(|i| *i > 0) {
                Some(at) => (&package[..at], &package[at + 1..]),
                None => (package, ""),
            };
            let pin = if version.starts_with(|c: char| c.is_ascii_digit()) { "version" } else { "floating" };
            (format!("mcp:npm/{name}"), pin, "stdio")
        }
        "uvx" | "pipx" | "uv" => {
            let (name, version) = package.split_once("==").or_else(|| package.split_once('@')).unwrap_or((package, ""));
            let pin = if version.starts_with(|c: char| c.is_ascii_digit()) { "version" } else { "floating" };
            (format!("mcp:pypi/{name}"), pin, "stdio")
        }
        "docker" | "podman" => {
            let mut image = "";
            let mut skip = false;
            for argument in arguments.iter().skip_while(|a| **a != "run").skip(1) {
                if skip {
                    skip = false;
                } else if argument.starts_with('-') {
                    skip = matches!(*argument, "-e" | "--env" | "-v" | "--volume" | "--network" | "--name" | "-p" | "--mount" | "-w");
                } else {
                    image = argument;
                    break;
                }
            }
            let pin = if image.contains("@sha256:") {
                "digest"
            } else if image.rsplit('/').next().is_some_and(|l| l.contains(':') && !l.ends_with(":latest")) {
                "version"
            } else {
                "floating"
            };
            (format!("mcp:oci/{}", image.split('@').next().unwrap_or(image)), pin, "stdio")
        }
        _ => {
            let script = if package.is_empty() { program } else { package };
            (format!("mcp:cmd/{}//{}", document.repository_body(), script.trim_start_matches("./")), "local", "stdio")
        }
    }
}

fn server(document: &Document, name: &str, key_node: &Node, body: &Node, facts: &mut Facts) {
    let at = document.place(key_node.line, key_node.column, body.end_line);
    let (agent, client) = agent(document);
    let tool = Key::new(Kind::Tool, "mcp-server", format!("tool:{}#{name}", document.file_id()));
    facts.mention(&agent, client, at.clone()).attr("client", client);
    facts.relate(&agent, &INVOKES, &tool, at);
    describe(document, &tool, name, key_node, body, &|tool, name, node, facts| reference(document, tool, name, node, facts), facts);
}

/// Says of a tool that reads a variable which variable that is.
type Refer<'a> = &'a dyn Fn(&Key, &str, &Node, &mut Facts);

/// Declares a server as its entry describes it: product, pin, slots, what it opens. Who invokes it is for the caller to say.
pub(in crate::extract) fn describe(document: &Document, tool: &Key, name: &str, key_node: &Node, body: &Node, refer: Refer<'_>, facts: &mut Facts) {
    let at = document.place(key_node.line, key_node.column, body.end_line);
    let (product, pin, transport) = product(document, body);
    facts.declare(tool, name, at.clone()).attr("pin", pin).attr("transport", transport).attr("product", product.clone());
    let product_key = Key::new(Kind::Tool, "mcp-product", &product);
    facts.mention(&product_key, product.split_once('/').map_or(&*product, |(_, p)| p), at.clone());
    facts.relate(tool, &PART_OF, &product_key, at.clone());
    for block in ["env", "headers", "envs", "environment", "http_headers", "env_http_headers"] {
        for (variable, value) in body.get(block).into_iter().flat_map(Node::entries) {
            if let (Some(variable), Some(text)) = (variable.str(), value.str()) {
                slot(document, tool, variable, text, value, refer, facts);
            }
        }
    }
    for field in ["bearer_token_env_var", "env_keys", "env_vars"] {
        for node in body.get(field).into_iter().flat_map(Node::one_or_many) {
            if let Some(variable) = node.str() {
                refer(tool, variable, node, facts);
            }
        }
    }
    if let Some((node, account)) = body.get("targetServiceAccount").and_then(|n| Some((n, n.str()?))) {
        let identity = Key::new(Kind::Identity, "gcp-service-account", format!("gcp-sa:{account}"));
        facts.mention(&identity, account, document.at(node));
        facts.relate(tool, &CAN_ASSUME, &identity, document.at(node)).attr("via", "impersonation");
    }
    let lower = product.to_ascii_lowercase();
    if let Some((_, subtype, id, level)) = PRODUCTS.iter().find(|(part, ..)| lower.contains(part)) {
        let resource = Key::new(Kind::Resource, *subtype, *id);
        facts.mention(&resource, id.split_once(':').map_or(*id, |(_, n)| n), at.clone());
        let read_only = body.get("args").into_iter().flat_map(Node::items).filter_map(Node::str).any(|a| a.contains("read-only") || a.contains("readonly"));
        facts.relate(tool, &CAN_ACCESS, &resource, at).basis(Basis::EnvAssumed).attr("level", if read_only { "read-data" } else { *level });
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

fn reference(document: &Document, tool: &Key, name: &str, node: &Node, facts: &mut Facts) {
    let at = document.at(node);
    let slot = if let Some(secret) = name.strip_prefix("input:") {
        Key::new(Kind::Location, "prompt", format!("prompt:{}#{secret}", document.file_id()))
    } else {
        Key::new(Kind::Location, "env", format!("os-env:{}#{name}", document.repository_body()))
    };
    facts.mention(&slot, name.trim_start_matches("input:"), at.clone()).attr("store", "env");
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
        if named && !name.is_empty() && !matches!(name, "workspaceFolder" | "userHome" | "extensionPath" | "/") {
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

    fn facts(path: &str, text: &str) -> Facts {
        let document = Document::new("repo:github.com/acme/web".into(), path, text.as_bytes().to_vec(), None);
        let mut facts = Facts::default();
        read(&document, &mut facts);
        facts
    }

    /// Product, pin and consumed slots of every server: the normalised record.
    fn records(facts: &Facts) -> Vec<(String, String, String, Vec<String>)> {
        let tools = facts.nodes.iter().filter(|n| n.key.subtype == "mcp-server");
        let mut out: Vec<_> = tools
            .map(|t| {
                let slots = facts
                    .edges
                    .iter()
                    .filter(|e| e.from == t.key && e.relation.name == "consumes")
                    .map(|e| e.to.id.rsplit('#').next().unwrap_or_default().to_owned())
                    .collect();
                (
                    t.name.clone(),
                    t.attributes["product"].as_str().unwrap_or_default().to_owned(),
                    t.attributes["pin"].as_str().unwrap_or_default().to_owned(),
                    slots,
                )
            })
            .collect();
        out.sort();
        out
    }

    #[test]
    fn every_client_describes_the_same_servers() {
        let json = |root: &str, url: &str| {
            format!(
                "{{\"{root}\": {{\"db\": {{\"command\": \"npx\", \"args\": [\"-y\", \"@acme/pg-mcp\"], \"env\": {{\"DB_URL\": \"${{DB_URL}}\"}}}}, \"gh\": {{\"{url}\": \"https://api.githubcopilot.com/mcp/\", \"headers\": {{\"Authorization\": \"Bearer ${{GH_PAT}}\"}}}}}}}}"
            )
        };
        let expected = vec![
            ("db".to_owned(), "mcp:npm/@acme/pg-mcp".to_owned(), "floating".to_owned(), vec!["DB_URL".to_owned()]),
            ("gh".to_owned(), "mcp:url/api.githubcopilot.com/mcp".to_owned(), "remote".to_owned(), vec!["GH_PAT".to_owned()]),
        ];
        for (path, text) in [
            (".mcp.json", json("mcpServers", "url")),
            (".cursor/mcp.json", json("mcpServers", "url")),
            (".vscode/mcp.json", json("servers", "url")),
            (".gemini/settings.json", json("mcpServers", "httpUrl")),
            (".zed/settings.json", json("context_servers", "url")),
            (
                ".codex/config.toml",
                "[mcp_servers.db]\ncommand = \"npx\"\nargs = [\"-y\", \"@acme/pg-mcp\"]\nenv = { DB_URL = \"${DB_URL}\" }\n[mcp_servers.gh]\nurl = \"https://api.githubcopilot.com/mcp/\"\nbearer_token_env_var = \"GH_PAT\"\n".to_owned(),
            ),
            (
                ".continue/config.yaml",
                "mcpServers:\n  - name: db\n    command: npx\n    args: [-y, '@acme/pg-mcp']\n    env: { DB_URL: '${{ secrets.DB_URL }}' }\n  - name: gh\n    url: https://api.githubcopilot.com/mcp/\n    headers: { Authorization: 'Bearer ${{ secrets.GH_PAT }}' }\n".to_owned(),
            ),
        ] {
            assert_eq!(records(&facts(path, &text)), expected, "{path}");
        }
    }

    #[test]
    fn an_image_by_digest_is_pinned_and_a_script_is_local() {
        let text = "{\"mcpServers\": {\"a\": {\"command\": \"docker\", \"args\": [\"run\", \"-i\", \"-e\", \"T\", \"ghcr.io/x/y@sha256:0\"]}, \"b\": {\"command\": \"node\", \"args\": [\"./s.js\"]}}}";
        let found = records(&facts(".mcp.json", text));
        assert_eq!((found[0].2.as_str(), found[1].1.as_str(), found[1].2.as_str()), ("digest", "mcp:cmd/github.com/acme/web//s.js", "local"));
    }
}
