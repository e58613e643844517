//! Agents that a pipeline starts: by an action made for it, or by calling an agent's command line.

use super::github::{Job, secrets};
use crate::document::Node;
use crate::model::{Facts, Key, Kind};
use crate::relation::{CAN_ACCESS, CAN_TRIGGER, INVOKES, RUNS_AS};

/// Action, client, host of the model, and the inputs that let anyone start it when they are `*`.
const ACTIONS: &[(&str, &str, &str, &[&str])] = &[
    ("anthropics/claude-code-action", "claude-code", "api.anthropic.com", &["allowed_non_write_users", "allowed_bots"]),
    ("anthropics/claude-code-base-action", "claude-code", "api.anthropic.com", &["allowed_non_write_users"]),
    ("openai/codex-action", "codex", "api.openai.com", &["allow-users", "allow-bots"]),
    ("google-github-actions/run-gemini-cli", "gemini-cli", "generativelanguage.googleapis.com", &[]),
    ("actions/ai-inference", "github-models", "models.github.ai", &[]),
    ("qodo-ai/pr-agent", "pr-agent", "api.openai.com", &[]),
    ("Codium-ai/pr-agent", "pr-agent", "api.openai.com", &[]),
];

/// Actions that check by themselves that the actor can write.
const CHECKED: &[&str] = &["anthropics/claude-code-action", "openai/codex-action"];

/// Start of a command, client, host of the model.
const COMMANDS: &[(&str, &str, &str)] = &[
    ("claude -p", "claude-code", "api.anthropic.com"),
    ("claude --print", "claude-code", "api.anthropic.com"),
    ("codex exec", "codex", "api.openai.com"),
    ("gemini -p", "gemini-cli", "generativelanguage.googleapis.com"),
    ("gemini --prompt", "gemini-cli", "generativelanguage.googleapis.com"),
    ("gemini -y", "gemini-cli", "generativelanguage.googleapis.com"),
    ("gemini --yolo", "gemini-cli", "generativelanguage.googleapis.com"),
    ("copilot -p", "copilot-cli", "api.githubcopilot.com"),
    ("aider --message", "aider", "api.openai.com"),
    ("aider --yes", "aider", "api.openai.com"),
    ("cursor-agent", "cursor", "api2.cursor.sh"),
    ("opencode run", "opencode", "api.anthropic.com"),
    ("goose run", "goose", "api.openai.com"),
];

/// Flags that switch every approval off.
const BYPASS: &[&str] = &[
    "--dangerously-skip-permissions",
    "bypassPermissions",
    "--yolo",
    "--dangerously-bypass-approvals-and-sandbox",
    "danger-full-access",
    "--allow-all-tools",
    "safety-strategy: unsafe",
];

/// A step that uses an action made for agents.
pub(super) fn action(job: &Job<'_>, name: &str, step: &Node, tool: &Key, number: usize, facts: &mut Facts) {
    let Some((_, client, model, opening)) = ACTIONS.iter().find(|(a, ..)| name.eq_ignore_ascii_case(a)) else { return };
    let with = step.get("with");
    let open = opening.iter().any(|input| with.and_then(|w| w.get(input)).and_then(Node::scalar).is_some_and(|v| v.split(',').any(|u| u.trim() == "*")));
    let checked = CHECKED.contains(&name) && !open;
    let mut text = String::new();
    if let Some(with) = with {
        with.walk(&mut |_, n| {
            if let Some(value) = n.scalar() {
                text.push_str(&value);
                text.push('\n');
            }
        });
    }
    let agent = declare(job, step, number, client, model, &text, checked, facts);
    facts.relate(&agent, &INVOKES, tool, job.document.at(step));
    for part in [step.get("with"), step.get("env")].into_iter().flatten() {
        secrets(job, &agent, part, facts);
    }
    servers(job, with, &agent, facts);
}

/// A script that calls an agent's command line.
pub(super) fn command(job: &Job<'_>, step: &Node, run: &Node, number: usize, facts: &mut Facts) {
    let Some(text) = run.str() else { return };
    let called = |line: &str| {
        COMMANDS
            .iter()
            .find(|(start, ..)| line.trim_start().starts_with(start) || line.contains(&format!("| {start}")) || line.contains(&format!("npx {start}")))
    };
    if let Some((_, client, model)) = text.lines().find_map(called) {
        let agent = declare(job, step, number, client, model, text, false, facts);
        if let Some(env) = step.get("env") {
            secrets(job, &agent, env, facts);
        }
    }
}

#[allow(clippy::too_many_arguments)]
fn declare(job: &Job<'_>, step: &Node, number: usize, client: &str, model: &str, text: &str, checked: bool, facts: &mut Facts) -> Key {
    let at = job.document.at(step);
    let name = step.get_str("name").or_else(|| step.get_str("id")).unwrap_or(client);
    let agent = Key::new(Kind::Agent, "ci-agent", format!("agent:{}/step-{}", job.key.id, number + 1));
    let bypass = BYPASS.iter().any(|b| text.contains(b));
    let shell = bypass
        || text.contains("Bash")
        || text.contains("run_shell_command")
        || !(text.contains("allowedTools") || text.contains("allowed_tools") || text.contains("coreTools"));
    let mut capabilities = vec!["fs-read", "fs-write"];
    if shell {
        capabilities.extend(["exec", "net"]);
    }
    if job.can_write() {
        capabilities.push("scm-write");
    }
    let inputs: Vec<&str> = job
        .triggers
        .iter()
        .filter_map(|t| match t.as_str() {
            "issues" => Some("issue"),
            "issue_comment" | "pull_request_review" | "pull_request_review_comment" | "discussion_comment" => Some("comment"),
            "pull_request_target" | "pull_request" => Some("pull_request"),
            _ => None,
        })
        .collect();
    let unbounded = text.contains("--allowedTools Bash") && !text.contains("Bash(") || text.contains("Bash(*)");
    let node = facts.declare(&agent, name, at.clone());
    node.attr("client", client)
        .attr("autonomy", if bypass { 4 } else { 3 })
        .attr("capabilities", capabilities)
        .attr("untrusted_inputs", inputs)
        .attr("egress", if shell { "open" } else { "unknown" })
        .attr("sandbox", "vm")
        .attr("unbounded_tools", unbounded);
    if checked {
        node.attr("guards", vec!["actor-check"]);
    }
    facts.relate(&job.key, &INVOKES, &agent, at.clone());
    if job.key.kind == Kind::Consumer {
        facts.relate(&agent, &RUNS_AS, &job.token, at.clone());
    }
    let api = Key::new(Kind::Resource, "llm-api", format!("llm:{model}"));
    facts.mention(&api, model, at.clone());
    facts.relate(&agent, &CAN_ACCESS, &api, at.clone()).attr("level", "write");
    for trigger in job.triggers {
        let class = match trigger.as_str() {
            "issues" | "discussion" => "issue-author",
            "issue_comment" | "pull_request_review" | "pull_request_review_comment" | "discussion_comment" => "commenter",
            "pull_request_target" | "workflow_run" => "fork-contributor",
            _ => continue,
        };
        let party = Key::new(Kind::Party, "class", format!("class:{class}@{}", job.document.repository));
        facts.mention(&party, class.replace('-', " "), at.clone());
        let edge = facts.relate(&party, &CAN_TRIGGER, &agent, at.clone());
        edge.attr("input", "data").attr("trigger", trigger.clone());
        if checked {
            edge.attr("guard", "actor-check");
        }
    }
    agent
}

/// MCP servers that the step's settings hold as JSON.
fn servers(job: &Job<'_>, with: Option<&Node>, agent: &Key, facts: &mut Facts) {
    for input in ["settings", "mcp_config"] {
        let Some((node, text)) = with.and_then(|w| w.get(input)).and_then(|n| Some((n, n.str()?))) else { continue };
        let Ok(tree) = crate::document::parse_json_inside(text, node.line + 1) else { continue };
        for (name, server) in tree.get("mcpServers").into_iter().flat_map(Node::entries) {
            let Some(name) = name.str() else { continue };
            let tool = Key::new(Kind::Tool, "mcp-server", format!("tool:{}#{name}@{}", job.document.file_id(), agent.id));
            facts.declare(&tool, name, job.document.at(server)).attr("transport", if server.get("command").is_some() { "stdio" } else { "http" });
            facts.relate(agent, &INVOKES, &tool, job.document.at(server));
        }
    }
}
