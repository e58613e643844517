//! Agentic workflows of GitHub: prose below a front matter that says who starts the agent, what it may call, as whom, and what becomes of its output.

use crate::document::{Document, Node};
use crate::extract::ci::expressions;
use crate::extract::ci::work::project;
use crate::model::{Facts, Key, Kind, Location};
use crate::relation::{CAN_ACCESS, CAN_TRIGGER, CONSUMES, INVOKES, RUNS_AS};

use super::{front_matter, mcp};

pub(super) fn wants(path: &str, head: &[u8]) -> bool {
    let has = |word: &[u8]| memchr::memmem::find(head, word).is_some();
    path.ends_with(".md")
        && head.starts_with(b"---")
        && (path.contains(".github/workflows/") || has(b"\non:") && (has(b"\nsafe-outputs:") || has(b"\nengine:")))
}

/// Engine, the secret that pays for it unless the front matter names another, host of the model.
const ENGINES: &[(&str, &str, &str)] = &[
    ("copilot", "COPILOT_GITHUB_TOKEN", "api.githubcopilot.com"),
    ("claude", "ANTHROPIC_API_KEY", "api.anthropic.com"),
    ("codex", "OPENAI_API_KEY", "api.openai.com"),
    ("gemini", "GEMINI_API_KEY", "generativelanguage.googleapis.com"),
];

/// Outputs that change what is in the repository; the others speak to people.
const CHANGES: &[&str] = &["create-pull-request", "push-to-pull-request-branch", "upload-asset", "create-code-scanning-alert", "merge-pull-request"];

/// What an output begins with; the other keys beside them are settings.
const VERBS: &[&str] =
    &["create", "add", "update", "close", "push", "upload", "merge", "assign", "hide", "submit", "reply", "resolve", "mark", "link", "dispatch"];

/// Tools that reach beyond the runner.
const REACHING: &[&str] = &["web-fetch", "web-search", "playwright"];

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let Some(root) = front_matter(&document.text()).filter(|r| r.get("on").is_some() || r.get("true").is_some()) else { return };
    let name = document.name().trim_end_matches(".md");
    let key = Key::new(Kind::Agent, "ci-agent", format!("agent:{}#{name}", document.file_id()));
    let at = document.place(1, 1, root.end_line + 1);
    declare(document, &root, &key, name, &at, facts);
    started(document, &root, &key, &at, facts);
    token(document, &root, &key, name, &at, facts);
    tools(document, &root, &key, name, facts);
    outputs(document, &root, &key, facts);
    secrets(document, &root, &key, facts);
}

fn declare(document: &Document, root: &Node, key: &Key, name: &str, at: &Location, facts: &mut Facts) {
    let engine = root.get("engine").and_then(|e| e.str().or_else(|| e.get_str("id"))).unwrap_or("copilot");
    let mut guards = Vec::new();
    if root.get("safe-outputs").is_some() {
        guards.push("safe-outputs");
    }
    if permissions(root).iter().all(|(_, level)| level != "write") {
        guards.push("read-token");
    }
    if !anyone(root) {
        guards.push("actor-check");
    }
    let tool = |name: &str| root.path(&["tools", name]).is_some();
    let mut capabilities = vec!["fs-read"];
    capabilities.extend(tool("edit").then_some("fs-write"));
    // An engine of its own brings a shell, unless the tools that are listed leave it out.
    capabilities.extend((root.get("tools").is_none() || tool("bash")).then_some("exec"));
    capabilities.extend(REACHING.iter().any(|t| tool(t)).then_some("net"));
    let node = facts.declare(key, name, at.clone());
    node.attr("client", engine)
        .attr("autonomy", 3)
        .attr("capabilities", capabilities)
        .attr("sandbox", "container")
        .attr("egress", if root.get("network").is_some() { "allowlist" } else { "unknown" })
        .attr("guards", guards);
    let workflow = document.path.strip_suffix(".md").unwrap_or(&document.path);
    if document.path.contains(".github/workflows/") {
        let compiled = Key::new(Kind::Consumer, "ci-workflow", format!("gh-workflow:{}/{workflow}.lock.yml", project(document)));
        facts.mention(&compiled, String::new(), at.clone());
        facts.relate(&compiled, &INVOKES, key, at.clone());
    }
    let Some((_, secret, host)) = ENGINES.iter().find(|(e, ..)| *e == engine) else { return };
    let place = root.get("engine").map_or(at.clone(), |n| document.at(n));
    let api = Key::new(Kind::Resource, "llm-api", format!("llm:{host}"));
    facts.mention(&api, *host, place.clone());
    facts.relate(key, &CAN_ACCESS, &api, place.clone()).attr("level", "write");
    let paid = permissions(root).iter().any(|(p, _)| p == "copilot-requests");
    if !paid && root.path(&["engine", "env"]).is_none() {
        let slot = slot(document, "secret", secret);
        facts.mention(&slot, *secret, place.clone()).attr("store", "github");
        facts.relate(key, &CONSUMES, &slot, place).basis(crate::model::Basis::Convention);
    }
}

fn slot(document: &Document, kind: &str, name: &str) -> Key {
    match kind {
        "secret" => Key::new(Kind::Location, "ci-secret", format!("gh-secret:{}/{name}", project(document))),
        _ => Key::new(Kind::Location, "ci-variable", format!("gh-var:{}/{name}", project(document))),
    }
}

fn anyone(root: &Node) -> bool {
    root.get("roles").is_some_and(|r| r.one_or_many().iter().any(|n| n.str() == Some("all")))
}

/// What the token of the agent's job may do.
fn permissions(root: &Node) -> Vec<(String, String)> {
    let Some(stated) = root.get("permissions") else { return vec![("contents".into(), "read".into())] };
    match stated.str() {
        Some("write-all") => vec![("contents".into(), "write".into())],
        Some(_) => vec![("contents".into(), "read".into())],
        None => stated
            .entries()
            .filter_map(|(k, v)| Some((k.str()?.to_owned(), v.scalar()?)))
            .filter(|(k, _)| k != "copilot-requests" || root.get("engine").is_none())
            .collect(),
    }
}

/// Who starts it, and whose text it reads.
fn started(document: &Document, root: &Node, key: &Key, at: &Location, facts: &mut Facts) {
    let on = root.get("on").or_else(|| root.get("true"));
    let events: Vec<&str> = on
        .into_iter()
        .flat_map(|o| o.str().into_iter().chain(o.items().iter().filter_map(Node::str)).chain(o.entries().filter_map(|(k, _)| k.str())))
        .collect();
    let mut inputs = Vec::new();
    for event in events {
        let (class, input) = match event {
            "issues" | "discussion" => ("issue-author", Some("issue")),
            "issue_comment" | "pull_request_review_comment" | "discussion_comment" | "slash_command" | "command" => ("commenter", Some("comment")),
            "pull_request" => ("repo-writer", Some("pull_request")),
            "pull_request_target" => ("fork-contributor", Some("pull_request")),
            _ => ("repo-writer", None),
        };
        inputs.extend(input);
        let public = anyone(root) && class != "repo-writer";
        let party = if public {
            Key::new(Kind::Party, "class", "class:public")
        } else {
            Key::new(Kind::Party, "class", format!("class:repo-writer@{}", document.repository))
        };
        facts.mention(&party, if public { "anyone" } else { "repo writer" }, at.clone());
        facts.relate(&party, &CAN_TRIGGER, key, at.clone()).attr("input", "data").attr("trigger", event);
    }
    inputs.sort_unstable();
    inputs.dedup();
    facts.mention(key, String::new(), at.clone()).attr("untrusted_inputs", inputs);
}

fn job_token(document: &Document, agent: &str) -> Key {
    Key::new(Kind::Identity, "ci-job-token", format!("gh-token:{}/{}#{agent}", project(document), document.path))
}

/// The token of the job in which the agent works.
fn token(document: &Document, root: &Node, key: &Key, name: &str, at: &Location, facts: &mut Facts) {
    let held = permissions(root);
    let place = root.get("permissions").map_or(at.clone(), |n| document.at(n));
    let map: serde_json::Map<String, serde_json::Value> = held.iter().map(|(k, v)| (k.clone(), v.clone().into())).collect();
    let token = job_token(document, name);
    facts.declare(&token, format!("GITHUB_TOKEN of {name}"), place.clone()).attr("auth_style", "short-lived").attr("permissions", map);
    facts.relate(key, &RUNS_AS, &token, place.clone());
    let repository = Key::new(Kind::Resource, "repo", format!("saas:github.com/{}", project(document)));
    facts.mention(&repository, project(document), place.clone());
    let level = match held.iter().find(|(p, _)| p == "contents").map(|(_, l)| l.as_str()) {
        Some("write") => "write",
        Some("read") => "read-data",
        _ if held.iter().any(|(_, l)| l == "write") => "tag",
        _ => return,
    };
    facts.relate(&token, &CAN_ACCESS, &repository, place).attr("level", level);
}

/// What it may call: tools that come with the engine, the server of GitHub, servers of its own.
fn tools(document: &Document, root: &Node, key: &Key, agent: &str, facts: &mut Facts) {
    let refer = |tool: &Key, variable: &str, node: &Node, facts: &mut Facts| {
        let at = document.at(node);
        let named = node.str().map(expressions).unwrap_or_default();
        if named.is_empty() {
            let env = Key::new(Kind::Location, "env", format!("env:{}#{variable}", tool.id));
            facts.mention(&env, variable, at.clone()).attr("store", "env");
            facts.relate(tool, &CONSUMES, &env, at.clone());
        }
        for (kind, name, _) in named {
            let from = slot(document, kind, &name);
            facts.mention(&from, name, at.clone()).attr("store", "github");
            facts.relate(tool, &CONSUMES, &from, at.clone());
        }
    };
    for (name_node, body) in root.get("tools").into_iter().chain(root.get("mcp-servers")).flat_map(Node::entries) {
        let Some(name) = name_node.str() else { continue };
        let at = document.place(name_node.line, name_node.column, body.end_line.max(name_node.line));
        if body.get("command").is_some() || body.get("url").is_some() || body.get("container").is_some() {
            let tool = Key::new(Kind::Tool, "mcp-server", format!("tool:{}#{name}", document.file_id()));
            mcp::describe(document, &tool, name, name_node, body, &refer, facts);
            facts.relate(key, &INVOKES, &tool, at);
            continue;
        }
        let subtype = if name == "github" { "mcp-server" } else { "builtin" };
        let tool = Key::new(Kind::Tool, subtype, format!("tool:{}#{name}", document.file_id()));
        let node = facts.declare(&tool, name, at.clone());
        if name == "github" {
            node.attr("product", "mcp:github/github-mcp-server").attr("transport", "http");
        } else {
            node.attr("transport", "inproc");
        }
        let call = facts.relate(key, &INVOKES, &tool, at.clone()).attr("approval", "auto");
        let listed: Vec<&str> =
            body.items().iter().chain(["allowed", "toolsets"].iter().filter_map(|f| body.get(f)).flat_map(Node::items)).filter_map(Node::str).collect();
        if !listed.is_empty() && body.get("toolsets").is_none() {
            call.attr("functions", listed);
        }
        if name == "github" {
            facts.relate(&tool, &RUNS_AS, &job_token(document, agent), at);
        }
    }
}

/// What it may hand to the job that writes: the agent asks, and something else acts.
fn outputs(document: &Document, root: &Node, key: &Key, facts: &mut Facts) {
    let repository = Key::new(Kind::Resource, "repo", format!("saas:github.com/{}", project(document)));
    for (name, body) in root.get("safe-outputs").into_iter().flat_map(Node::entries) {
        let Some(called) = name.str().filter(|n| VERBS.contains(&n.split('-').next().unwrap_or_default())) else { continue };
        let at = document.place(name.line, name.column, body.end_line.max(name.line));
        let tool = Key::new(Kind::Tool, "function-tool", format!("tool:{}#safe-outputs/{called}", document.file_id()));
        facts.declare(&tool, called, at.clone()).attr("transport", "inproc");
        facts.relate(key, &INVOKES, &tool, at.clone()).attr("approval", "checked").attr("functions", vec![called]);
        facts.relate(&tool, &CAN_ACCESS, &repository, at).attr("level", if CHANGES.contains(&called) { "write" } else { "tag" });
    }
}

/// Secrets that the front matter names anywhere else.
fn secrets(document: &Document, root: &Node, key: &Key, facts: &mut Facts) {
    root.walk(&mut |pointer, node| {
        if pointer.starts_with("/tools") || pointer.starts_with("/mcp-servers") {
            return;
        }
        for (kind, name, _) in node.str().filter(|t| t.contains("${{")).map(expressions).unwrap_or_default() {
            if name == "GITHUB_TOKEN" || name == "*" {
                continue;
            }
            let (slot, at) = (slot(document, kind, &name), document.at(node));
            facts.mention(&slot, name, at.clone()).attr("store", "github");
            facts.relate(key, &CONSUMES, &slot, at);
        }
    });
}
