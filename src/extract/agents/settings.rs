//! What an agent may do without asking, as its settings say.
//!
//! Attributes of an agent, whatever its client calls them:
//!
//! | attribute | says |
//! |---|---|
//! | `autonomy` | 0 reads only · 1 asks for each action · 2 some without asking · 3 unattended, filtered · 4 unattended, nothing asked |
//! | `capabilities` | what its tools can do |
//! | `allow`, `ask`, `deny` | rules as written |
//! | `unbounded_tools` | a rule allows everything, or every command |
//! | `sandbox`, `egress` | `none`, `process`, `container`, `vm`; `none`, `allowlist`, `open`, `unknown` |
//! | `runtime_checks` | what is evaluated when a tool is called, or recorded: `hook:PreToolUse`, `no-bypass`, `telemetry` |
//! | `enables_project_tools` | servers of a repository are started without asking |
//! | `reads_home` | folders beyond the repository that it may read |
//! | `credential_helpers` | programs that hand it credentials |

use super::clients::{agent, client};
use super::stances;
use crate::document::{Document, Node};
use crate::extract::note;
use crate::model::{Facts, Key, Kind, Location};
use crate::relation::{CONSUMES, INVOKES, RUNS_AS};

/// What a client's settings come to.
#[derive(Default)]
pub(super) struct Stance {
    pub autonomy: u8,
    pub capabilities: Vec<&'static str>,
    pub sandbox: &'static str,
    pub egress: &'static str,
    pub unbounded: bool,
    pub checks: Vec<String>,
}

/// Names of files with settings, and the client whose they are; the mark is a part of the path.
const FILES: &[&str] = &[
    ".claude/settings.json",
    ".claude/settings.local.json",
    "managed-settings.json",
    ".codex/config.toml",
    ".gemini/settings.json",
    ".qwen/settings.json",
    ".cursor/cli.json",
    ".cursor/cli-config.json",
    ".cursor/permissions.json",
    ".vscode/settings.json",
    ".zed/settings.json",
    "zed/settings.json",
    "opencode.json",
    "opencode.jsonc",
    ".amp/settings.json",
    "goose/config.yaml",
    ".aider.conf.yml",
    ".roomodes",
];

pub(super) fn wants(path: &str, _head: &[u8]) -> bool {
    FILES.iter().any(|f| path.ends_with(f)) || stances::is_agent_file(path)
}

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let trees = match document.trees() {
        Ok(trees) => trees,
        Err(reason) => return note(document, facts, reason),
    };
    let Some(root) = trees.first() else { return };
    if stances::is_agent_file(&document.path) {
        return stances::defined(document, root, facts);
    }
    if client(&document.path) == "claude-code" && !document.path.ends_with(".aider.conf.yml") {
        return claude(document, root, facts);
    }
    let Some((client, stance)) = stances::of(&document.path, root) else { return };
    let (mut key, _) = agent(document);
    if client == "aider" {
        key = Key::new(Kind::Agent, "coding-agent", format!("agent:{}//#aider", document.repository_body()));
    }
    declare(document, &key, client, root, stance, facts);
    for keys in [&["permissions", "allow"][..], &["tools", "allowed"], &["tools", "core"], &["coreTools"]] {
        for rule in root.path(keys).into_iter().flat_map(Node::items) {
            if let Some(text) = rule.str() {
                permitted(&key, text, document.at(rule), facts);
            }
        }
    }
}

/// Declares the agent with its stance. It works in the shell of whoever starts it.
pub(super) fn declare(document: &Document, key: &Key, client: &str, root: &Node, mut stance: Stance, facts: &mut Facts) {
    let at = document.at(root);
    stance.capabilities.sort_unstable();
    stance.capabilities.dedup();
    let node = facts.declare(key, client, at.clone());
    node.attr("client", client).attr("autonomy", stance.autonomy).attr("capabilities", stance.capabilities);
    node.attr("sandbox", stance.sandbox).attr("egress", stance.egress).attr("unbounded_tools", stance.unbounded);
    if !stance.checks.is_empty() {
        node.attr("runtime_checks", stance.checks);
    }
    let user = Key::new(Kind::Identity, "os-user", format!("os-user:{}#developer", document.repository_body()));
    facts.mention(&user, "whoever starts it", at.clone()).attr("auth_style", "interactive");
    facts.relate(key, &RUNS_AS, &user, at);
}

/// A rule that lets the agent use a tool without asking.
pub(super) fn permitted(agent: &Key, rule: &str, at: Location, facts: &mut Facts) {
    if let Some((server, function)) = rule.strip_prefix("mcp__").map(|r| r.split_once("__").unwrap_or((r, "*"))) {
        let reads = ["get", "list", "search", "read", "fetch", "query", "describe"].iter().any(|v| function.starts_with(v));
        let tool = Key::new(Kind::Tool, "function-tool", format!("tool:{}#mcp/{server}/{function}", agent.id));
        let node = facts.mention(&tool, format!("{server} {function}"), at.clone());
        node.attr("transport", "inproc")
            .attr("server", server)
            .attr("functions", vec![function])
            .attr("capabilities", if reads { vec!["data-read"] } else { vec![] });
        facts.relate(agent, &INVOKES, &tool, at).attr("approval", "auto").attr("functions", vec![function]);
        return;
    }
    let name = rule.split('(').next().unwrap_or(rule);
    let tool = Key::new(Kind::Tool, "builtin", format!("tool:{}#{name}", agent.id));
    facts.mention(&tool, name, at.clone()).attr("transport", "inproc");
    facts.relate(agent, &INVOKES, &tool, at).attr("approval", "auto");
}

/// Programs by which a command does anything.
const INTERPRETERS: &[&str] =
    &["sh", "bash", "zsh", "python", "python3", "node", "npx", "make", "docker", "xargs", "env", "eval", "sudo", "ssh", "deno", "bun", "uv", "perl", "ruby"];

/// What a rule about commands lets run: everything, the repository's host, a cloud, or what it names.
pub(super) fn command_capability(rule: &str) -> Option<&'static str> {
    let inside = ["Bash", "Shell", "run_shell_command", "ShellTool", "bash"].iter().find_map(|t| rule.strip_prefix(t))?;
    let command = inside.trim_start_matches('(').trim_end_matches(')').trim();
    let first = command.split([' ', ':', '*']).next().unwrap_or_default();
    Some(match first {
        "" => "exec",
        _ if INTERPRETERS.contains(&first) => "exec",
        "git" if command.contains("push") => "scm-write",
        "gh" | "glab" => "scm-write",
        "aws" | "gcloud" | "az" | "kubectl" | "terraform" | "tofu" | "helm" | "pulumi" => "cloud-admin",
        "curl" | "wget" => "net",
        _ => return None,
    })
}

fn claude(document: &Document, root: &Node, facts: &mut Facts) {
    let (key, client) = agent(document);
    let rules = |name: &str| -> Vec<&Node> { root.path(&["permissions", name]).into_iter().flat_map(Node::items).filter(|n| n.str().is_some()).collect() };
    let texts = |nodes: &[&Node]| -> Vec<String> { nodes.iter().filter_map(|n| n.str().map(str::to_owned)).collect() };
    let (allow, ask, deny) = (rules("allow"), rules("ask"), rules("deny"));
    let (allowed, denied) = (texts(&allow), texts(&deny));
    let mode = root.path(&["permissions", "defaultMode"]).and_then(Node::str).unwrap_or("default");
    let unbounded = allowed.iter().any(|a| matches!(a.as_str(), "Bash" | "Bash(*)" | "Bash(*:*)" | "*"));
    let mut stance = Stance { sandbox: "none", egress: "unknown", unbounded, ..Stance::default() };
    stance.autonomy = match mode {
        "bypassPermissions" => 4,
        "auto" | "dontAsk" => 3,
        "acceptEdits" => 2,
        "plan" => 0,
        _ if unbounded || allowed.iter().any(|a| command_capability(a) == Some("exec")) => 2,
        _ => 1,
    };
    stance.capabilities = vec!["fs-read"];
    if mode != "plan" {
        stance.capabilities.push("fs-write");
    }
    if !denied.iter().any(|d| matches!(d.as_str(), "Bash" | "Bash(*)")) {
        stance.capabilities.extend(["exec", "net"]);
    }
    stance.capabilities.extend(allowed.iter().filter_map(|a| command_capability(a)));
    if root.path(&["sandbox", "enabled"]).and_then(Node::bool) == Some(true) {
        stance.sandbox = "process";
        stance.egress = if root.path(&["sandbox", "network", "allowedDomains"]).is_some_and(|d| !d.items().is_empty()) { "allowlist" } else { "unknown" };
    }
    if stance.egress == "unknown" && allowed.iter().any(|a| a == "WebFetch" || a == "WebFetch(*)" || a.starts_with("Bash(curl") || a.starts_with("Bash(wget")) {
        stance.egress = "open";
    }
    for (event, _) in root.get("hooks").into_iter().flat_map(Node::entries) {
        stance.checks.extend(event.str().filter(|e| matches!(*e, "PreToolUse" | "PermissionRequest" | "UserPromptSubmit")).map(|e| format!("hook:{e}")));
    }
    if root.path(&["permissions", "disableBypassPermissionsMode"]).and_then(Node::str) == Some("disable") {
        stance.checks.push("no-bypass".into());
    }
    if root.path(&["env", "CLAUDE_CODE_ENABLE_TELEMETRY"]).is_some() || root.get("otelHeadersHelper").is_some() {
        stance.checks.push("telemetry".into());
    }
    declare(document, &key, client, root, stance, facts);
    let helpers: Vec<&str> =
        ["apiKeyHelper", "awsCredentialExport", "awsAuthRefresh", "gcpAuthRefresh"].into_iter().filter(|h| root.get(h).is_some()).collect();
    let folders = root.path(&["permissions", "additionalDirectories"]).into_iter().flat_map(Node::items).filter_map(Node::str);
    let home: Vec<&str> = folders.filter(|f| matches!(*f, "/" | "~" | "~/") || f.starts_with("/home") || f.starts_with("/Users")).collect();
    let node = facts.mention(&key, client, document.at(root));
    node.attr("allow", allowed)
        .attr("deny", denied)
        .attr("permission_mode", mode)
        .attr("enables_project_tools", root.get("enableAllProjectMcpServers").and_then(Node::bool) == Some(true));
    if !ask.is_empty() {
        node.attr("ask", texts(&ask));
    }
    if !home.is_empty() {
        node.attr("reads_home", home);
    }
    if !helpers.is_empty() {
        node.attr("credential_helpers", helpers);
    }
    for rule in allow {
        permitted(&key, rule.str().unwrap_or_default(), document.at(rule), facts);
    }
    hooks(document, &key, root, facts);
    for (name, value) in root.get("env").into_iter().flat_map(Node::entries) {
        let Some(name) = name.str() else { continue };
        let slot = Key::new(Kind::Location, "file", format!("{}#env/{name}", document.file_id()));
        facts.declare(&slot, name, document.at(value)).attr("store", "file");
        facts.relate(&key, &CONSUMES, &slot, document.at(value));
        facts.holds(&slot, document.at(value));
    }
}

/// Programs and addresses that the client calls by itself when something happens.
pub(super) fn hooks(document: &Document, agent: &Key, root: &Node, facts: &mut Facts) {
    for (event, hooks) in root.get("hooks").into_iter().flat_map(Node::entries) {
        let Some(event) = event.str() else { continue };
        let tool = Key::new(Kind::Tool, "hook", format!("tool:{}#hook-{event}", document.file_id()));
        let node = facts.declare(&tool, event, document.at(hooks));
        node.attr("transport", "inproc").attr("pin", "local");
        let mut kinds: Vec<&str> = Vec::new();
        hooks.walk(&mut |_, n| {
            kinds.extend(n.get_str("type"));
        });
        kinds.sort_unstable();
        kinds.dedup();
        if !kinds.is_empty() {
            node.attr("hook_types", kinds);
        }
        facts.relate(agent, &INVOKES, &tool, document.at(hooks));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agent_of(path: &str, text: &str) -> crate::model::Attributes {
        let document = Document::new("repo:github.com/acme/web".into(), path, text.as_bytes().to_vec(), None);
        let mut facts = Facts::default();
        assert!(wants(path, b""), "{path}");
        read(&document, &mut facts);
        facts.nodes.iter().filter(|n| n.key.kind == Kind::Agent).fold(crate::model::Attributes::new(), |mut all, n| {
            all.extend(n.attributes.clone());
            all
        })
    }

    #[test]
    fn settings_say_how_much_is_asked() {
        for (path, text, autonomy) in [
            (".claude/settings.json", "{\"permissions\": {\"defaultMode\": \"acceptEdits\", \"allow\": [\"Bash(git diff:*)\"]}}", 2),
            (".claude/settings.json", "{\"permissions\": {\"defaultMode\": \"bypassPermissions\"}}", 4),
            (".claude/settings.json", "{\"permissions\": {\"defaultMode\": \"plan\"}}", 0),
            (".claude/settings.json", "{\"permissions\": {\"allow\": [\"Bash(npx:*)\"]}}", 2),
            (".codex/config.toml", "approval_policy = \"never\"\nsandbox_mode = \"danger-full-access\"\n", 4),
            (".codex/config.toml", "approval_policy = \"never\"\n", 3),
            (".gemini/settings.json", "{}", 1),
            (".gemini/settings.json", "{\"general\": {\"defaultApprovalMode\": \"yolo\"}}", 4),
            (".cursor/cli.json", "{\"permissions\": {\"allow\": [\"Shell(*)\"], \"deny\": []}}", 2),
            (".vscode/settings.json", "{\"chat.tools.autoApprove\": true}", 4),
            (".vscode/settings.json", "{\"chat.tools.terminal.autoApprove\": {\"ls\": true}}", 2),
            (".zed/settings.json", "{\"agent\": {\"always_allow_tool_actions\": true}}", 4),
            ("opencode.json", "{\"permission\": {\"edit\": \"allow\", \"bash\": \"allow\", \"webfetch\": \"allow\"}}", 4),
            ("opencode.json", "{\"permission\": {\"edit\": \"ask\", \"bash\": {\"git push\": \"ask\", \"*\": \"allow\"}}}", 2),
            (".amp/settings.json", "{\"amp.dangerouslyAllowAll\": true}", 4),
            (".config/goose/config.yaml", "GOOSE_MODE: auto\n", 4),
            (".config/goose/config.yaml", "GOOSE_MODE: chat\n", 0),
            (".aider.conf.yml", "yes-always: true\n", 4),
        ] {
            assert_eq!(agent_of(path, text)[&"autonomy".into()], autonomy, "{path} {text}");
        }
    }

    #[test]
    fn rules_say_what_can_be_done_and_what_is_checked() {
        let text = "{\"permissions\": {\"allow\": [\"Bash(git push:*)\", \"Bash(kubectl get:*)\", \"WebFetch\"], \"additionalDirectories\": [\"~\"], \"disableBypassPermissionsMode\": \"disable\"}, \"sandbox\": {\"enabled\": true, \"network\": {\"allowedDomains\": [\"x.example.org\"]}}, \"hooks\": {\"PreToolUse\": [{\"hooks\": [{\"type\": \"command\", \"command\": \"./check\"}]}]}}";
        let agent = agent_of(".claude/settings.json", text);
        assert_eq!(agent[&"capabilities".into()], serde_json::json!(["cloud-admin", "exec", "fs-read", "fs-write", "net", "scm-write"]));
        assert_eq!((&agent[&"sandbox".into()], &agent[&"egress".into()]), (&"process".into(), &"allowlist".into()));
        assert_eq!(agent[&"runtime_checks".into()], serde_json::json!(["hook:PreToolUse", "no-bypass"]));
        assert_eq!(agent[&"reads_home".into()], serde_json::json!(["~"]));
    }
}
