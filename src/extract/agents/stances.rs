//! The settings of the other clients, each in its own words, as one stance; and the agents that Amazon Q and Kiro keep in files.

use super::clients::client;
use super::settings::{Stance, command_capability, declare, hooks, permitted};
use crate::document::{Document, Node};
use crate::model::{Facts, Key, Kind};
use crate::relation::DELEGATES_TO;

/// What a coding agent can do when nothing is taken away.
const ALL: &[&str] = &["exec", "fs-read", "fs-write", "net"];

/// The client of a file and its stance; nothing when the file says nothing of an agent.
pub(super) fn of(path: &str, root: &Node) -> Option<(&'static str, Stance)> {
    if path.ends_with(".aider.conf.yml") {
        return Some(("aider", aider(root)));
    }
    let client = client(path);
    let stance = match client {
        "codex" => codex(root),
        "gemini-cli" | "qwen-code" => gemini(root),
        "cursor" => cursor(root),
        "vscode" => vscode(root)?,
        "zed" => zed(root)?,
        "opencode" => opencode(root),
        "amp" => amp(root),
        "goose" => goose(root)?,
        "roo" => roo(root),
        _ => return None,
    };
    Some((client, stance))
}

fn stance(autonomy: u8) -> Stance {
    Stance { autonomy, capabilities: ALL.to_vec(), sandbox: "none", egress: "unknown", unbounded: autonomy == 4, checks: Vec::new() }
}

fn says(root: &Node, keys: &[&str]) -> bool {
    root.path(keys).and_then(Node::bool) == Some(true)
}

fn codex(root: &Node) -> Stance {
    let approval = root.get_str("approval_policy").unwrap_or("on-request");
    let sandbox = root.get_str("sandbox_mode").unwrap_or("read-only");
    let mut stance = stance(match (approval, sandbox) {
        ("never", "danger-full-access") => 4,
        ("never", _) => 3,
        (_, "read-only") => 1,
        _ => 2,
    });
    let open = sandbox == "danger-full-access" || says(root, &["sandbox_workspace_write", "network_access"]);
    if !open {
        stance.capabilities.retain(|c| *c != "net");
    }
    if sandbox == "read-only" {
        stance.capabilities.retain(|c| *c != "fs-write");
    }
    stance.sandbox = if sandbox == "danger-full-access" { "none" } else { "process" };
    stance.egress = if open { "open" } else { "none" };
    if root.get("otel").is_some() {
        stance.checks.push("telemetry".into());
    }
    stance
}

fn gemini(root: &Node) -> Stance {
    let trusted = root.get("mcpServers").into_iter().flat_map(Node::entries).any(|(_, s)| s.get("trust").and_then(Node::bool) == Some(true));
    let mode = root.path(&["general", "defaultApprovalMode"]).or_else(|| root.path(&["tools", "approvalMode"])).and_then(Node::str);
    let mut stance = stance(match mode {
        Some("yolo") => 4,
        Some("autoEdit" | "auto_edit" | "auto-edit") => 2,
        Some("plan") => 0,
        _ if trusted || says(root, &["tools", "autoAccept"]) => 2,
        _ => 1,
    });
    let core: Vec<&str> = [&["tools", "core"][..], &["coreTools"]].iter().filter_map(|k| root.path(k)).flat_map(Node::items).filter_map(Node::str).collect();
    if !core.is_empty() && !core.iter().any(|t| t.starts_with("run_shell_command") || t.starts_with("ShellTool")) {
        stance.capabilities.retain(|c| *c != "exec");
    }
    let sandbox = root.path(&["tools", "sandbox"]).or_else(|| root.get("sandbox"));
    if sandbox.is_some_and(|s| s.bool() == Some(true) || matches!(s.str(), Some("docker" | "podman"))) {
        stance.sandbox = "container";
    }
    if says(root, &["security", "disableYoloMode"]) {
        stance.checks.push("no-bypass".into());
    }
    if says(root, &["telemetry", "enabled"]) {
        stance.checks.push("telemetry".into());
    }
    stance
}

fn cursor(root: &Node) -> Stance {
    let allow: Vec<&str> = root.path(&["permissions", "allow"]).into_iter().flat_map(Node::items).filter_map(Node::str).collect();
    let exec = allow.iter().any(|a| command_capability(a) == Some("exec"));
    let mut stance = stance(if exec { 2 } else { 1 });
    stance.unbounded = allow.iter().any(|a| matches!(*a, "Shell(*)" | "Shell" | "*"));
    stance.capabilities.extend(allow.iter().filter_map(|a| command_capability(a)));
    stance
}

fn vscode(root: &Node) -> Option<Stance> {
    let all = ["chat.tools.autoApprove", "chat.tools.global.autoApprove"].iter().any(|k| root.get(k).and_then(Node::bool) == Some(true));
    let some = ["chat.tools.terminal.autoApprove", "chat.tools.edits.autoApprove", "github.copilot.chat.agent.autoFix"].iter().any(|k| root.get(k).is_some());
    let known = all || some || root.entries().any(|(k, _)| k.str().is_some_and(|k| k.starts_with("chat.mcp.") || k.starts_with("chat.agent.")));
    known.then(|| {
        stance(if all {
            4
        } else if some {
            2
        } else {
            1
        })
    })
}

fn zed(root: &Node) -> Option<Stance> {
    let agent = root.get("agent").or_else(|| root.get("assistant"))?;
    Some(stance(if says(agent, &["always_allow_tool_actions"]) { 4 } else { 1 }))
}

fn opencode(root: &Node) -> Stance {
    let Some(permission) = root.get("permission") else { return stance(2) };
    let rule = |tool: &str| {
        let node = permission.get(tool);
        node.and_then(Node::str).or_else(|| node.and_then(|n| n.get_str("*"))).unwrap_or_else(|| permission.str().unwrap_or("allow"))
    };
    let rules = [rule("edit"), rule("bash"), rule("webfetch")];
    let mut stance = stance(if rules.iter().all(|r| *r == "allow") {
        4
    } else if rules.contains(&"allow") {
        2
    } else {
        1
    });
    for (rule, capability) in rules.iter().zip(["fs-write", "exec", "net"]) {
        if *rule == "deny" {
            stance.capabilities.retain(|c| *c != capability);
        }
    }
    stance
}

fn amp(root: &Node) -> Stance {
    stance(if root.get("amp.dangerouslyAllowAll").and_then(Node::bool) == Some(true) { 4 } else { 1 })
}

fn goose(root: &Node) -> Option<Stance> {
    let mode = root.get_str("GOOSE_MODE")?;
    let mut stance = stance(match mode {
        "auto" => 4,
        "smart_approve" => 2,
        "chat" => 0,
        _ => 1,
    });
    if mode == "chat" {
        stance.capabilities.clear();
    }
    Some(stance)
}

fn aider(root: &Node) -> Stance {
    stance(if root.get("yes-always").or_else(|| root.get("yes")).and_then(Node::bool) == Some(true) { 4 } else { 1 })
}

/// Modes of Roo: each has groups of tools.
fn roo(root: &Node) -> Stance {
    let mut groups: Vec<&str> = root
        .get("customModes")
        .into_iter()
        .flat_map(Node::items)
        .filter_map(|m| m.get("groups"))
        .flat_map(Node::items)
        .filter_map(|g| g.str().or_else(|| g.items().first().and_then(Node::str)))
        .collect();
    groups.sort_unstable();
    groups.dedup();
    let mut stance = stance(1);
    stance.capabilities = groups
        .iter()
        .filter_map(|g| match *g {
            "read" => Some("fs-read"),
            "edit" => Some("fs-write"),
            "command" => Some("exec"),
            "browser" => Some("web"),
            "mcp" => Some("net"),
            _ => None,
        })
        .collect();
    stance
}

/// Files that define an agent of Amazon Q or Kiro.
pub(super) fn is_agent_file(path: &str) -> bool {
    path.ends_with(".json") && ["amazonq/cli-agents/", "amazonq/agents/", ".kiro/agents/"].iter().any(|p| path.contains(p))
}

/// An agent with its tools, and those of them that need no approval.
pub(super) fn defined(document: &Document, root: &Node, facts: &mut Facts) {
    if root.get("tools").is_none() && root.get("allowedTools").is_none() && root.get("prompt").is_none() {
        return;
    }
    let client = client(&document.path);
    let name = root.get_str("name").unwrap_or_else(|| document.name().trim_end_matches(".json"));
    let key = Key::new(Kind::Agent, "subagent", format!("agent:{}#{name}", document.file_id()));
    let list = |name: &str| -> Vec<&Node> { root.get(name).into_iter().flat_map(Node::items).filter(|n| n.str().is_some()).collect() };
    let tools: Vec<&str> = list("tools").iter().filter_map(|n| n.str()).collect();
    let allowed = list("allowedTools");
    let free: Vec<&str> = allowed.iter().filter_map(|n| n.str()).collect();
    let has = |names: &[&str]| tools.is_empty() || tools.iter().any(|t| *t == "*" || *t == "@builtin" || names.contains(t));
    let runs = free.iter().any(|t| matches!(*t, "*" | "execute_bash" | "shell"));
    let writes = free.iter().any(|t| matches!(*t, "fs_write" | "write" | "use_aws" | "aws"));
    let mut stance = stance(if runs {
        3
    } else if writes {
        2
    } else {
        1
    });
    stance.unbounded = free.contains(&"*") || tools.contains(&"*");
    stance.capabilities.clear();
    for (names, capability) in [
        (&["execute_bash", "shell"][..], "exec"),
        (&["fs_read", "read"], "fs-read"),
        (&["fs_write", "write"], "fs-write"),
        (&["use_aws", "aws"], "cloud-admin"),
    ] {
        if has(names) {
            stance.capabilities.push(capability);
        }
    }
    declare(document, &key, client, root, stance, facts);
    let parent = Key::new(Kind::Agent, "coding-agent", format!("agent:{}//#{client}", document.repository_body()));
    facts.mention(&parent, client, document.at(root)).attr("client", client);
    facts.relate(&parent, &DELEGATES_TO, &key, document.at(root)).attr("scope", if tools.is_empty() { "all".to_owned() } else { tools.join(", ") });
    for rule in allowed {
        permitted(&key, rule.str().unwrap_or_default(), document.at(rule), facts);
    }
    hooks(document, &key, root, facts);
}
