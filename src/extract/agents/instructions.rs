//! Files that an agent reads as instructions, and the agents that such files define.

use super::mcp::client;
use crate::document::{Document, Node, parse_yaml_inside};
use crate::model::{Facts, Key, Kind};
use crate::relation::{CAN_CONTROL, DELEGATES_TO, INVOKES};

/// Files of instructions, by name, and the client that reads them.
const INSTRUCTIONS: &[(&str, &str)] = &[
    ("CLAUDE.md", "claude-code"),
    ("GEMINI.md", "gemini-cli"),
    ("AGENTS.md", "agents"),
    (".cursorrules", "cursor"),
    (".windsurfrules", "windsurf"),
    ("copilot-instructions.md", "copilot"),
    (".goosehints", "goose"),
];

fn is_definition(path: &str) -> bool {
    path.ends_with(".md") && [".claude/agents/", ".claude/skills/", ".claude/commands/", ".github/agents/", ".cursor/agents/"].iter().any(|p| path.contains(p))
        || path.ends_with("/SKILL.md")
        || path.ends_with(".agent.md")
}

pub(super) fn wants(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    is_definition(path) || INSTRUCTIONS.iter().any(|(n, _)| *n == name)
}

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let text = document.text();
    let at = document.place(1, 1, text.lines().count().max(1) as u32);
    let writers = Key::new(Kind::Party, "class", format!("class:repo-writer@{}", document.repository));
    if let Some((_, client)) = INSTRUCTIONS.iter().find(|(n, _)| *n == document.name()) {
        let key = Key::new(Kind::Agent, "coding-agent", format!("agent:{}//#{client}", document.repository_body()));
        let node = facts.mention(&key, *client, at.clone());
        node.attr("client", *client);
        if text.chars().any(|c| matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{E0000}'..='\u{E007F}')) {
            node.attr("hidden_content", true);
        }
        facts.mention(&writers, "repository writers", at.clone());
        facts.relate(&writers, &CAN_CONTROL, &key, at).confidence(0.9);
        return;
    }
    let front =
        text.strip_prefix("---\n").and_then(|rest| rest.split("\n---").next()).and_then(|f| parse_yaml_inside(f, 2).ok()).and_then(|t| t.into_iter().next());
    let name = front.as_ref().and_then(|f| f.get_str("name")).unwrap_or_else(|| document.name().trim_end_matches(".md"));
    let parent_client = client(&document.path);
    let parent = Key::new(Kind::Agent, "coding-agent", format!("agent:{}//#{parent_client}", document.repository_body()));
    facts.mention(&parent, parent_client, at.clone()).attr("client", parent_client);
    if !document.path.contains("agent") {
        let tool = Key::new(Kind::Tool, "skill", format!("tool:{}", document.file_id()));
        facts.declare(&tool, name, at.clone()).attr("pin", "local").attr("transport", "inproc");
        facts.relate(&parent, &INVOKES, &tool, at);
        return;
    }
    let tools: Option<Vec<String>> = front.as_ref().and_then(|f| f.get("tools")).map(|t| match t.str() {
        Some(list) => list.split(',').map(|t| t.trim().to_owned()).collect(),
        None => t.items().iter().filter_map(Node::scalar).collect(),
    });
    let key = Key::new(Kind::Agent, "subagent", format!("agent:{}#{name}", document.file_id()));
    let node = facts.declare(&key, name, at.clone());
    node.attr("client", parent_client);
    for field in ["owner", "team", "contact"] {
        if let Some(owner) = front.as_ref().and_then(|f| f.get_str(field)) {
            node.attr("owner_hint", owner);
        }
    }
    if let Some(sponsor) = front.as_ref().and_then(|f| f.get_str("sponsor")) {
        node.attr("sponsor", sponsor);
    }
    match &tools {
        // Without a list a subagent inherits every tool.
        None => node.attr("unbounded_tools", true).attr("capabilities", vec!["exec", "fs-read", "fs-write", "net"]),
        Some(list) => {
            let exec = list.iter().any(|t| t == "Bash" || t == "*");
            let write = list.iter().any(|t| t == "Edit" || t == "Write" || t == "*");
            let mut capabilities = vec!["fs-read"];
            if write {
                capabilities.push("fs-write");
            }
            if exec {
                capabilities.extend(["exec", "net"]);
            }
            node.attr("capabilities", capabilities).attr("tools", list.clone())
        }
    };
    facts.relate(&parent, &DELEGATES_TO, &key, at.clone()).attr("scope", tools.map_or_else(|| "all".to_owned(), |t| t.join(", ")));
    facts.mention(&writers, "repository writers", at.clone());
    facts.relate(&writers, &CAN_CONTROL, &key, at);
}
