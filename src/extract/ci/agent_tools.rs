//! What an agent in a pipeline may call: lists of tools, and MCP servers with the credentials that the step hands them.

use super::github::Job;
use super::github_slots::{expressions, slot};
use crate::document::{Node, parse_json_inside};
use crate::extract::agents::mcp;
use crate::model::{Basis, Facts, Key, Kind, Location};
use crate::relation::{AUTHENTICATES_AS, CAN_ASSUME, CONSUMES, INVOKES, RUNS_AS, SOURCED_FROM};

/// Inputs that hold settings, or servers, as JSON.
const SETTINGS: &[&str] = &["settings", "mcp_config", "mcp-config", "mcp_servers", "settings_json"];

/// Inputs and flags that list the tools which need no approval.
const ALLOW: &[&str] = &["--allowedTools", "--allowed-tools", "--allow-tool"];

/// Where settings list tools.
const LISTS: &[&[&str]] = &[&["tools", "core"], &["tools", "allowed"], &["coreTools"], &["allowedTools"], &["permissions", "allow"]];

/// Tools beyond which a list is no longer told one by one.
const MAX_TOOLS: usize = 100;

/// Reads the step's inputs and commands.
pub(super) fn read(job: &Job<'_>, step: &Node, agent: &Key, facts: &mut Facts) {
    let with = step.get("with");
    for (node, text) in SETTINGS.iter().filter_map(|i| with?.get(i)).filter_map(|n| Some((n, n.str()?))) {
        // A block scalar begins on the line below its key.
        let Ok(tree) = parse_json_inside(text, node.line) else { continue };
        for list in LISTS {
            for tool in tree.path(list).into_iter().flat_map(Node::items).take(MAX_TOOLS) {
                if let Some(name) = tool.str() {
                    builtin(agent, name, job.document.at(tool), facts);
                }
            }
        }
        servers(job, step, &tree, agent, facts);
    }
    let commands = ["claude_args", "codex-args", "args", "allowed_tools"].iter().filter_map(|i| with?.get(i)).chain(step.get("run"));
    for (node, text) in commands.filter_map(|n| Some((n, n.str()?))) {
        for (name, offset) in listed(text).into_iter().take(MAX_TOOLS) {
            builtin(agent, &name, job.document.at_line(node.line + offset), facts);
        }
        for (start, _) in text.match_indices("--mcp-config") {
            let rest = &text[start..];
            let Some(open) = rest.find('{') else { continue };
            let line = text[..start + open].matches('\n').count() as u32;
            if let Some(tree) = balanced(&rest[open..]).and_then(|json| parse_json_inside(json, node.line + line).ok()) {
                servers(job, step, &tree, agent, facts);
            }
        }
    }
    if let Some((node, text)) = with.and_then(|w| w.get("allowed_tools")).and_then(|n| Some((n, n.str()?))) {
        for (name, offset) in split(text).into_iter().take(MAX_TOOLS) {
            builtin(agent, &name, job.document.at_line(node.line + offset), facts);
        }
    }
}

/// The text from its first brace to the one that closes it.
fn balanced(text: &str) -> Option<&str> {
    let mut depth = 0usize;
    for (i, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return Some(&text[..=i]);
        }
    }
    None
}

/// Tools behind the flags that allow them, with the line of each.
fn listed(text: &str) -> Vec<(String, u32)> {
    let mut out = Vec::new();
    for flag in ALLOW {
        for (at, _) in text.match_indices(flag) {
            let rest = text[at + flag.len()..].trim_start_matches([' ', '=']);
            let before = text[..text.len() - rest.len()].matches('\n').count() as u32;
            let value = match rest.chars().next() {
                Some(quote @ ('"' | '\'')) => rest[1..].split(quote).next().unwrap_or_default(),
                _ => rest.split(" --").next().unwrap_or(rest).split("\n--").next().unwrap_or(rest).split('\n').next().unwrap_or_default(),
            };
            out.extend(split(value).into_iter().map(|(name, offset)| (name, before + offset)));
        }
    }
    out
}

/// Splits at commas and line ends that stand in no brackets.
fn split(text: &str) -> Vec<(String, u32)> {
    let (mut out, mut word, mut depth, mut line, mut first) = (Vec::new(), String::new(), 0usize, 0u32, 0u32);
    for c in text.chars().chain(std::iter::once('\n')) {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if (c == ',' && depth == 0) || c == '\n' {
            let name = word.trim().trim_matches(['"', '\'']).to_owned();
            if !name.is_empty() && !name.starts_with('-') {
                out.push((name, first));
            }
            word.clear();
        } else {
            if word.trim().is_empty() {
                first = line;
            }
            word.push(c);
        }
        line += u32::from(c == '\n');
    }
    out
}

fn builtin(agent: &Key, name: &str, at: Location, facts: &mut Facts) {
    if let Some((server, function)) = name.strip_prefix("mcp__").and_then(|r| r.split_once("__")) {
        let tool = Key::new(Kind::Tool, "function-tool", format!("tool:{}#mcp/{server}/{function}", agent.id));
        facts.declare(&tool, name, at.clone()).attr("transport", "inproc").attr("server", server);
        facts.relate(agent, &INVOKES, &tool, at).attr("approval", "auto");
        return;
    }
    if let Some(server) = name.strip_prefix("mcp__") {
        // A server that is named alone stands for all of its functions.
        let tool = Key::new(Kind::Tool, "function-tool", format!("tool:{}#mcp/{server}/*", agent.id));
        facts.declare(&tool, name, at.clone()).attr("transport", "inproc").attr("server", server);
        facts.relate(agent, &INVOKES, &tool, at).attr("approval", "auto");
        return;
    }
    let tool = Key::new(Kind::Tool, "builtin", format!("tool:{}#{name}", agent.id));
    facts.declare(&tool, name, at.clone()).attr("transport", "inproc");
    facts.relate(agent, &INVOKES, &tool, at).attr("approval", "auto");
}

fn servers(job: &Job<'_>, step: &Node, tree: &Node, agent: &Key, facts: &mut Facts) {
    for (key, server) in tree.get("mcpServers").into_iter().flat_map(Node::entries) {
        let Some(name) = key.str() else { continue };
        let tool = Key::new(Kind::Tool, "mcp-server", format!("tool:{}#{name}@{}", job.document.file_id(), agent.id));
        mcp::describe(job.document, &tool, name, key, server, &|tool, variable, node, facts| variable_of(job, step, agent, tool, variable, node, facts), facts);
        let edge = facts.relate(agent, &INVOKES, &tool, job.document.place(key.line, key.column, server.end_line));
        let functions: Vec<&str> = ["includeTools", "tools"].iter().filter_map(|f| server.get(f)).flat_map(Node::items).filter_map(Node::str).collect();
        if !functions.is_empty() {
            edge.attr("functions", functions);
        }
    }
}

/// A variable of a server is one of the step's environment: a secret, the token of the job, or that of an app.
fn variable_of(job: &Job<'_>, step: &Node, agent: &Key, tool: &Key, variable: &str, node: &Node, facts: &mut Facts) {
    let at = job.document.at(node);
    // An expression of the workflow that stands in the settings themselves.
    let named = variable.strip_prefix("secrets.").unwrap_or(variable);
    let given = step.get("env").into_iter().chain(job.surroundings.iter().copied()).find_map(|e| e.get(named));
    let env = Key::new(Kind::Location, "env", format!("env:{}#{named}", agent.id));
    facts.mention(&env, named, at.clone()).attr("store", "env");
    facts.relate(tool, &CONSUMES, &env, at.clone());
    if named == "GOOGLE_APPLICATION_CREDENTIALS" {
        // What the login of the agent left there.
        let accounts: Vec<Key> = facts
            .edges
            .iter()
            .filter(|e| e.from == *agent && e.relation == &CAN_ASSUME && e.to.subtype == "gcp-service-account")
            .map(|e| e.to.clone())
            .collect();
        for account in accounts {
            facts.relate(&env, &AUTHENTICATES_AS, &account, at.clone()).basis(Basis::EnvAssumed);
            facts.relate(tool, &CAN_ASSUME, &account, at.clone()).basis(Basis::EnvAssumed).conditional();
        }
    }
    let Some((given, text)) = given.and_then(|g| Some((g, g.str()?))) else { return };
    let place = job.document.at(given);
    facts.declare(&env, named, place.clone());
    for (kind, name, _) in expressions(text) {
        if name == "GITHUB_TOKEN" {
            continue;
        }
        let from = slot(job, kind, &name);
        facts.mention(&from, name, place.clone()).attr("store", "github");
        facts.relate(&env, &SOURCED_FROM, &from, place.clone());
    }
    if (text.contains("secrets.GITHUB_TOKEN") || text.contains("github.token")) && job.key.kind == Kind::Consumer {
        // The step's variable of that name is what the job was handed.
        let handed = Key::new(Kind::Location, "env", format!("env:{}#GITHUB_TOKEN", job.key.id));
        facts.mention(&handed, "GITHUB_TOKEN", place.clone()).attr("store", "env");
        if handed != env {
            facts.relate(&env, &SOURCED_FROM, &handed, place.clone());
        }
        facts.relate(tool, &RUNS_AS, &job.token, place.clone());
    }
    for (id, app) in job.apps.iter().filter(|(id, _)| text.contains(&format!("steps.{id}.outputs."))) {
        facts.relate(tool, &RUNS_AS, app, place.clone()).attr("through", format!("steps.{id}"));
    }
}

#[cfg(test)]
mod tests {
    use super::{listed, split};

    #[test]
    fn lists_of_tools_are_split_outside_brackets() {
        let names = |found: Vec<(String, u32)>| found.into_iter().map(|(n, l)| format!("{n}@{l}")).collect::<Vec<_>>();
        assert_eq!(names(listed("--max-turns 3\n--allowedTools \"Bash(gh a, b),Read\" --model x")), ["Bash(gh a, b)@1", "Read@1"]);
        assert_eq!(names(listed("--allowedTools Edit,Bash(npm:*) --x")), ["Edit@0", "Bash(npm:*)@0"]);
        assert_eq!(names(split("Read,\nWrite\n")), ["Read@0", "Write@1"]);
    }
}
