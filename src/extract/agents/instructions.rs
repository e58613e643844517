//! Files that an agent reads as instructions, and the agents that such files define.

use super::clients::client;
use super::settings::command_capability;
use super::{front_matter, mcp, wording};
use crate::document::{Document, Node};
use crate::model::{Basis, Facts, Key, Kind, Location, Spec};
use crate::relation::{CAN_CONTROL, DELEGATES_TO, INVOKES};

/// Files of instructions: the end of the path, and the client that reads them.
const INSTRUCTIONS: &[(&str, &str)] = &[
    ("CLAUDE.md", "claude-code"),
    ("CLAUDE.local.md", "claude-code"),
    ("GEMINI.md", "gemini-cli"),
    ("QWEN.md", "qwen-code"),
    ("AGENTS.md", "agents"),
    ("AGENTS.override.md", "agents"),
    ("AGENT.md", "agents"),
    (".cursorrules", "cursor"),
    (".windsurfrules", "windsurf"),
    (".clinerules", "cline"),
    (".roorules", "roo"),
    (".goosehints", "goose"),
    ("copilot-instructions.md", "copilot"),
    (".instructions.md", "copilot"),
    (".junie/guidelines.md", "junie"),
];

/// Folders whose files are instructions.
const FOLDERS: &[&str] = &[
    ".claude/rules/",
    ".cursor/rules/",
    ".windsurf/rules/",
    ".clinerules/",
    ".roo/rules",
    ".kiro/steering/",
    ".continue/rules/",
    ".amazonq/rules/",
    ".trae/rules/",
];

/// Folders whose files define agents, skills and commands.
const DEFINITIONS: &[&str] = &[
    ".claude/agents/",
    ".claude/skills/",
    ".claude/commands/",
    ".github/agents/",
    ".github/chatmodes/",
    ".github/prompts/",
    ".cursor/agents/",
    ".cursor/commands/",
    ".gemini/commands/",
    ".opencode/agent",
    ".codex/prompts/",
];

/// Orders to go round a check, in lower case.
const AROUND: &[&str] = &[
    "--no-verify",
    "skip confirmation",
    "without confirmation",
    "without asking for permission",
    "never ask for confirmation",
    "do not ask for confirmation",
    "--dangerously-skip-permissions",
    "auto-approve all",
];

fn is_definition(path: &str) -> bool {
    path.ends_with(".md") && DEFINITIONS.iter().any(|p| path.contains(p)) || path.ends_with("/SKILL.md") || path.ends_with(".agent.md")
}

fn reader(path: &str) -> Option<&'static str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let named = INSTRUCTIONS.iter().find(|(n, _)| name == *n || (n.contains('/') || n.starts_with(".instructions")) && path.ends_with(n)).map(|(_, c)| *c);
    named.or_else(|| (FOLDERS.iter().any(|f| path.contains(f)) && (path.ends_with(".md") || path.ends_with(".mdc"))).then(|| client(path)))
}

pub(super) fn wants(path: &str) -> bool {
    is_definition(path) || reader(path).is_some()
}

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let text = document.text();
    let at = document.place(1, 1, text.lines().count().max(1) as u32);
    let writers = Key::new(Kind::Party, "class", format!("class:repo-writer@{}", document.repository));
    if let Some(client) = reader(&document.path).filter(|_| !is_definition(&document.path)) {
        let key = Key::new(Kind::Agent, "coding-agent", format!("agent:{}//#{client}", document.repository_body()));
        facts.mention(&key, client, at.clone()).attr("client", client);
        told(document, &key, &text, facts);
        facts.mention(&writers, "repository writers", at.clone());
        facts.relate(&writers, &CAN_CONTROL, &key, at).confidence(0.9);
        return;
    }
    let front = front_matter(&text);
    let stem = document.name().trim_end_matches(".md").trim_end_matches(".agent");
    // Every skill's file has the same name; the folder tells them apart.
    let fallback = if document.name() == "SKILL.md" { document.folder().rsplit('/').next().unwrap_or(stem) } else { stem };
    let name = front.as_ref().and_then(|f| f.get_str("name")).unwrap_or(fallback);
    let parent_client = client(&document.path);
    let parent = Key::new(Kind::Agent, "coding-agent", format!("agent:{}//#{parent_client}", document.repository_body()));
    facts.mention(&parent, parent_client, at.clone()).attr("client", parent_client);
    let listed = |key: &str| -> Option<Vec<(String, Location)>> {
        let node = front.as_ref()?.get(key)?;
        Some(match node.str() {
            Some(list) => split(list).into_iter().map(|t| (t, document.at(node))).collect(),
            None => node.items().iter().filter_map(|n| Some((n.scalar()?, document.at(n)))).collect(),
        })
    };
    if !document.path.contains("agent") {
        let tool = Key::new(Kind::Tool, "skill", format!("tool:{}", document.file_id()));
        let node = facts.declare(&tool, name, at.clone());
        node.attr("pin", "local").attr("transport", "inproc");
        if let Some(tools) = listed("allowed-tools").or_else(|| listed("tools")) {
            node.attr("allowed_tools", tools.into_iter().map(|(t, _)| t).collect::<Vec<_>>());
        }
        told(document, &tool, &text, facts);
        hands_over(document, &tool, &text, facts);
        facts.relate(&parent, &INVOKES, &tool, at);
        return;
    }
    let tools = listed("tools").or_else(|| listed("allowed-tools"));
    let denied: Vec<String> = listed("disallowedTools").unwrap_or_default().into_iter().map(|(t, _)| t).collect();
    let key = Key::new(Kind::Agent, "subagent", format!("agent:{}#{name}", document.file_id()));
    let names: Option<Vec<String>> = tools.as_ref().map(|t| t.iter().map(|(n, _)| n.clone()).collect());
    let node = facts.declare(&key, name, at.clone());
    node.attr("client", parent_client).attr("capabilities", capabilities(names.as_deref(), &denied));
    for field in ["owner", "team", "contact", "x-owner"] {
        if let Some(owner) = front.as_ref().and_then(|f| f.get_str(field)) {
            node.attr("owner_hint", owner);
        }
    }
    if let Some(sponsor) = front.as_ref().and_then(|f| f.get_str("sponsor")) {
        node.attr("sponsor", sponsor);
    }
    if let Some(model) = front.as_ref().and_then(|f| f.get_str("model")).filter(|m| *m != "inherit") {
        node.attr("model", model);
    }
    match front.as_ref().and_then(|f| f.get_str("permissionMode")) {
        Some(mode @ "bypassPermissions") => node.attr("autonomy", 4).attr("permission_mode", mode),
        Some(mode @ ("acceptEdits" | "auto")) => node.attr("autonomy", 2).attr("permission_mode", mode),
        Some(mode @ "plan") => node.attr("autonomy", 0).attr("permission_mode", mode),
        _ => node,
    };
    match &names {
        // Without a list a subagent inherits every tool.
        None => node.attr("unbounded_tools", denied.is_empty()),
        Some(list) => node.attr("unbounded_tools", list.iter().any(|t| matches!(t.as_str(), "*" | "Bash" | "Bash(*)"))).attr("tools", list.clone()),
    };
    if !denied.is_empty() {
        node.attr("deny", denied);
    }
    told(document, &key, &text, facts);
    facts.relate(&parent, &DELEGATES_TO, &key, at.clone()).attr("mode", "standing").attr("scope", names.map_or_else(|| "all".to_owned(), |t| t.join(", ")));
    for (tool, place) in tools.unwrap_or_default() {
        super::settings::permitted(&key, &tool, place, facts);
    }
    // Servers of its own; names alone are those of the client.
    for (server, body) in ["mcpServers", "mcp-servers"].iter().filter_map(|k| front.as_ref()?.get(k)).flat_map(Node::entries) {
        if let Some(server_name) = server.str().filter(|_| body.is_map()) {
            let tool = Key::new(Kind::Tool, "mcp-server", format!("tool:{}#{server_name}", document.file_id()));
            mcp::describe(document, &tool, server_name, server, body, &|tool, name, node, facts| mcp::reference(document, tool, name, node, facts), facts);
            mcp::allowed(facts.relate(&key, &INVOKES, &tool, document.at(server)), body);
        }
    }
    // Whom it hands over to.
    for other in front.as_ref().and_then(|f| f.get("handoffs")).into_iter().flat_map(Node::items) {
        if let Some(other_name) = other.str().or_else(|| other.get_str("agent")) {
            let to = Key::new(
                Kind::Agent,
                "subagent",
                format!("agent:file:{}//{}/{other_name}.agent.md#{other_name}", document.repository_body(), document.folder()),
            );
            facts.mention(&to, other_name, document.at(other));
            facts.relate(&key, &DELEGATES_TO, &to, document.at(other)).basis(Basis::Convention).attr("scope", "all");
        }
    }
    facts.mention(&writers, "repository writers", at.clone());
    facts.relate(&writers, &CAN_CONTROL, &key, at);
}

/// Splits at the commas, and spaces of a list without any, that stand in no brackets.
fn split(list: &str) -> Vec<String> {
    let commas = list.contains(',');
    let (mut out, mut word, mut depth) = (Vec::new(), String::new(), 0usize);
    for c in list.chars().chain(std::iter::once(if commas { ',' } else { ' ' })) {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && (c == ',' || (!commas && c == ' ')) {
            let trimmed = word.trim();
            if !trimmed.is_empty() {
                out.push(trimmed.to_owned());
            }
            word.clear();
        } else {
            word.push(c);
        }
    }
    out
}

/// What tools of these names can do.
fn capabilities(tools: Option<&[String]>, denied: &[String]) -> Vec<&'static str> {
    let has = |names: &[&str]| match tools {
        None => !denied.iter().any(|d| names.contains(&d.as_str())),
        Some(list) => list.iter().any(|t| t == "*" || names.iter().any(|n| t == n || t.starts_with(&format!("{n}(")))),
    };
    let mut out = vec!["fs-read"];
    if has(&["Edit", "Write", "MultiEdit", "NotebookEdit", "edit", "editFiles"]) {
        out.push("fs-write");
    }
    if tools.is_none_or(|list| list.iter().any(|t| t == "*" || t == "runCommands" || t == "shell" || command_capability(t) == Some("exec")))
        && has(&["Bash", "runCommands", "shell"])
    {
        out.extend(["exec", "net"]);
    }
    if has(&["WebFetch", "WebSearch", "fetch", "web"]) {
        out.push("web");
    }
    out.extend(tools.unwrap_or_default().iter().filter_map(|t| command_capability(t)));
    if has(&["Task", "Agent", "agent"]) && tools.is_some() {
        out.push("delegate");
    }
    out.sort_unstable();
    out.dedup();
    out
}

/// What the text says that no reader sees, orders that go round a check, and what it takes in from elsewhere.
/// Subagents that a command or skill hands its work to: those that it lists by their names.
fn hands_over(document: &Document, tool: &Key, text: &str, facts: &mut Facts) {
    let lower = text.to_ascii_lowercase();
    if !["subagent", "sub-agent"].iter().any(|w| lower.contains(w)) {
        return;
    }
    let is_name = |w: &str| {
        w.contains('-') && w.starts_with(|c: char| c.is_ascii_lowercase()) && w.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    for (index, line) in text.lines().enumerate() {
        let item = line.trim().trim_start_matches(['-', '*', ' ']).trim_matches(['`', '@', '*', ' ']);
        let named = Some(item).filter(|_| line.trim_start().starts_with(['-', '*'])).or_else(|| line.split('`').nth(1).filter(|_| line.contains("agent")));
        if let Some(name) = named.map(|n| n.trim_start_matches("agent-")).filter(|n| is_name(n)).filter(|n| n.len() <= 80) {
            let spec = Spec::Name { kind: Kind::Agent, subtypes: vec!["subagent".into()], name: name.to_owned() };
            facts.refer(tool, &INVOKES, spec, name, document.at_line(index as u32 + 1));
        }
    }
}

fn told(document: &Document, key: &Key, text: &str, facts: &mut Facts) {
    let place = |found: &dyn Fn(&str) -> bool| text.lines().position(found).map(|i| document.at_line(i as u32 + 1));
    if let Some(hidden) = wording::hidden(text) {
        let at = place(&|l| wording::hidden(l).is_some()).unwrap_or_else(|| document.at_line(1));
        facts.mention(key, String::new(), at).attr("hidden_content", true).attr("hidden", hidden);
    }
    let around = |l: &str| AROUND.iter().any(|a| l.to_ascii_lowercase().contains(a));
    // "Never use --no-verify" is an order to keep the check.
    let forbids = |l: &str| ["never", "don't", "do not", "must not", "avoid"].iter().any(|n| l.to_ascii_lowercase().contains(n)) && l.contains("--no-verify");
    if let Some(at) = place(&|l| around(l) && !forbids(l)) {
        facts.mention(key, String::new(), at).attr("skips_checks", true);
    }
    let includes: Vec<&str> = text
        .lines()
        .filter_map(|l| l.trim().strip_prefix('@'))
        .filter(|r| !r.contains(char::is_whitespace) && (r.contains('/') || r.ends_with(".md")) && r.len() < 200)
        .take(20)
        .collect();
    if !includes.is_empty() {
        facts.mention(key, String::new(), document.at_line(1)).attr("includes", includes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(path: &str, text: &str) -> crate::model::Attributes {
        let document = Document::new("repo:github.com/acme/web".into(), path, text.as_bytes().to_vec(), None);
        assert!(wants(path), "{path}");
        let mut facts = Facts::default();
        read(&document, &mut facts);
        let of = |kind: Kind| {
            facts.nodes.iter().filter(move |n| n.key.kind == kind && n.key.subtype != "builtin" && !(n.key.subtype == "coding-agent" && is_definition(path)))
        };
        let mut out = crate::model::Attributes::new();
        of(Kind::Agent).chain(of(Kind::Tool)).for_each(|n| out.extend(n.attributes.clone()));
        out
    }

    #[test]
    fn a_subagent_without_a_list_has_every_tool() {
        let all = node(".claude/agents/a.md", "---\nname: a\n---\nx");
        assert_eq!(
            (&all[&"unbounded_tools".into()], &all[&"capabilities".into()]),
            (&true.into(), &serde_json::json!(["exec", "fs-read", "fs-write", "net", "web"]))
        );
        let some = node(".claude/agents/b.md", "---\nname: b\ntools: Read, Grep\n---\nx");
        assert_eq!((&some[&"unbounded_tools".into()], &some[&"capabilities".into()]), (&false.into(), &serde_json::json!(["fs-read"])));
        let bound = node(".claude/agents/c.md", "---\nname: c\ntools: Read, Bash(git push origin, x), Task\npermissionMode: bypassPermissions\n---\nx");
        assert_eq!((&bound[&"capabilities".into()], &bound[&"autonomy".into()]), (&serde_json::json!(["delegate", "fs-read", "scm-write"]), &4.into()));
    }

    #[test]
    fn instructions_say_what_they_hide_and_go_round() {
        let hidden = node("AGENTS.md", "a\nread it\u{E0041}\nuse git commit --no-verify\n@docs/more.md\n");
        assert_eq!(
            (&hidden[&"hidden".into()], &hidden[&"skips_checks".into()], &hidden[&"includes".into()]),
            (&"invisible tags".into(), &true.into(), &serde_json::json!(["docs/more.md"]))
        );
        let plain = node(".cursor/rules/x.mdc", "Never commit with --no-verify; mail me@example.org");
        assert!(!plain.contains_key("skips_checks") && !plain.contains_key("hidden_content") && !plain.contains_key("includes"));
    }
}
