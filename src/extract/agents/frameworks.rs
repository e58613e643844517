//! Agents that code builds with a framework: their tools, whom they hand over to, which model they ask, and what is approved by nobody.

use std::collections::BTreeMap;

use super::{mcp, sinks};
use crate::document::{Map, Node, Value};
use crate::extract::code::functions::marked;
use crate::extract::code::source::{Call, Source, Span, Worth};
use crate::extract::code::unit::Unit;
use crate::extract::is_secret_name;
use crate::model::{Basis, Key, Kind};
use crate::relation::{CAN_ACCESS, CONSUMES, DELEGATES_TO, INVOKES};

/// Constructors of agents: endings of the path, a word that the file must hold, the framework.
const AGENTS: &[(&[&str], &str, &str)] = &[
    (&["Agent", "LlmAgent", "SequentialAgent", "LoopAgent", "ParallelAgent"], "google.adk", "google-adk"),
    (&["Agent"], "crewai", "crewai"),
    (&["Agent"], "pydantic_ai", "pydantic-ai"),
    (&["Agent"], "strands", "strands"),
    (&["Agent"], "@mastra", "mastra"),
    (&["Agent"], "haystack", "haystack"),
    (&["Agent", "RealtimeAgent"], "from agents import", "openai-agents"),
    (&["Agent", "RealtimeAgent", "Agent.create"], "@openai/agents", "openai-agents"),
    (&["AssistantAgent", "UserProxyAgent", "ConversableAgent", "CodeExecutorAgent", "MultimodalWebSurfer", "GPTAssistantAgent"], "autogen", "autogen"),
    (&["ChatAgent"], "agent_framework", "agent-framework"),
    (
        &[
            "create_react_agent",
            "createReactAgent",
            "create_agent",
            "createAgent",
            "initialize_agent",
            "AgentExecutor",
            "create_openai_functions_agent",
            "create_tool_calling_agent",
            "create_sql_agent",
            "create_deep_agent",
        ],
        "lang",
        "langchain",
    ),
    (&["ChatCompletionAgent", "OpenAIAssistantAgent", "AzureAIAgent"], "emantic", "semantic-kernel"),
    (&["CodeAgent", "ToolCallingAgent"], "smolagents", "smolagents"),
    (&["FunctionAgent", "ReActAgent", "FunctionCallingAgent", "AgentWorkflow"], "llama", "llamaindex"),
    (&["ClaudeAgentOptions", "ClaudeCodeOptions"], "claude", "claude-agent-sdk"),
    (&["generateText", "streamText", "ToolLoopAgent"], "'ai'", "vercel-ai"),
    (&["generateText", "streamText", "ToolLoopAgent"], "\"ai\"", "vercel-ai"),
    (&["agent"], "rig::", "rig"),
];

/// Tools that frameworks bring along, and the capability of whoever has them.
const BUILTIN: &[(&str, &str)] = &[
    ("ShellTool", "exec"),
    ("LocalShellTool", "exec"),
    ("BashTool", "exec"),
    ("PythonREPLTool", "exec"),
    ("PythonAstREPLTool", "exec"),
    ("CodeInterpreterTool", "exec"),
    ("ComputerTool", "exec"),
    ("PythonCodeExecutionTool", "exec"),
    ("LocalCommandLineCodeExecutor", "exec"),
    ("WebSearchTool", "web"),
    ("SerperDevTool", "web"),
    ("ScrapeWebsiteTool", "web"),
    ("WebsiteSearchTool", "web"),
    ("TavilySearchResults", "web"),
    ("TavilySearch", "web"),
    ("DuckDuckGoSearchTool", "web"),
    ("DuckDuckGoSearchRun", "web"),
    ("VisitWebpageTool", "web"),
    ("google_search", "web"),
    ("RequestsToolkit", "net"),
    ("FileReadTool", "fs-read"),
    ("DirectoryReadTool", "fs-read"),
    ("FileSearchTool", "data-read"),
    ("FileWriterTool", "fs-write"),
    ("FileManagementToolkit", "fs-write"),
    ("SQLDatabaseToolkit", "data-write"),
    ("NL2SQLTool", "data-write"),
    ("GmailToolkit", "message"),
    ("SlackToolkit", "message"),
    ("GithubToolkit", "scm-write"),
    ("GitHubToolkit", "scm-write"),
];

/// Beginnings of names of models, and who serves them.
const MODELS: &[(&str, &str)] = &[
    ("gpt-", "api.openai.com"),
    ("o1", "api.openai.com"),
    ("o3", "api.openai.com"),
    ("o4", "api.openai.com"),
    ("openai", "api.openai.com"),
    ("claude", "api.anthropic.com"),
    ("anthropic", "api.anthropic.com"),
    ("gemini", "generativelanguage.googleapis.com"),
    ("google", "generativelanguage.googleapis.com"),
    ("mistral", "api.mistral.ai"),
    ("bedrock", "bedrock"),
    ("azure", "azure-openai"),
    ("groq", "api.groq.com"),
    ("ollama", "ollama"),
];

/// Agents of one file beyond which they are no longer told one by one.
const MAX_AGENTS: usize = 100;

/// Constructors of MCP servers as a framework starts or calls them.
const SERVERS: &[&str] = &[
    "MCPServerStdio",
    "MCPServerStreamableHttp",
    "MCPServerStreamableHTTP",
    "MCPServerSse",
    "MCPServerSSE",
    "MCPServerHTTP",
    "StdioServerParameters",
    "StdioServerParams",
    "SseServerParams",
    "StreamableHttpServerParams",
    "MCPStdioPlugin",
    "MCPStreamableHttpPlugin",
    "StdioConnectionParams",
    "StdioClientTransport",
    "MCPStdioTool",
    "MCPStreamableHTTPTool",
];

/// The host that serves a model of this name.
pub(super) fn model_host(name: &str) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    MODELS.iter().find(|(start, _)| lower.starts_with(start)).map(|(_, host)| *host)
}

/// Says the agents of a file.
pub(in crate::extract) fn read(unit: &mut Unit<'_, '_>, calls: &[Call]) {
    let source = unit.source;
    if !["gent", "generateText", "streamText", "A2A"].iter().any(|w| source.text.contains(w)) {
        return;
    }
    let found: Vec<(&Call, &str)> = calls.iter().filter_map(|c| Some((c, framework(source, c)?))).take(MAX_AGENTS).collect();
    if found.is_empty() {
        return remote_agents(unit, calls);
    }
    // Which agent a variable holds, so that handing over can be followed.
    let bound: BTreeMap<&str, Key> = found.iter().filter_map(|(c, f)| Some((variable(source, c)?, key(source, c, f)))).collect();
    let functions = marked(source);
    for (call, framework) in &found {
        let agent = key(source, call, framework);
        let at = source.at(call.first);
        let unit_key = unit.here(&at);
        let whole = call.arguments.clone();
        let mut capabilities: Vec<&str> = Vec::new();
        let tools = lists(source, &whole, &["tools", "toolsets", "plugins", "allowed_tools", "allowedTools"]);
        for (name, index) in &tools {
            let place = source.at(*index);
            // Servers are told by their own record.
            if ["MCP", "Mcp"].iter().any(|m| name.contains(m)) {
                continue;
            }
            let function = functions.iter().find(|f| f.name == *name);
            let own = function.map(|f| sinks::of(source, calls, &f.body));
            let known = BUILTIN.iter().find(|(b, _)| b == name).map(|(_, c)| vec![*c]);
            let can = own.or(known).unwrap_or_default();
            capabilities.extend(&can);
            let tool = Key::new(
                Kind::Tool,
                if BUILTIN.iter().any(|(b, _)| b == name) { "builtin" } else { "function-tool" },
                format!("tool:{}#{name}", source.document.file_id()),
            );
            unit.facts.mention(&tool, name.clone(), place.clone()).attr("transport", "inproc").attr("capabilities", can);
            unit.facts.relate(&agent, &INVOKES, &tool, place).confidence(0.6);
            if let Some(function) = function {
                unit.acts(&tool, source.lines(&function.body));
            }
        }
        let says = |keys: &[&str], value: &str| source.keyed(whole.clone(), keys).is_some_and(|s| s.clone().take(1).any(|i| source.tokens[i].text == value));
        if says(&["allow_code_execution", "code_execution"], "True")
            || source.keyed(whole.clone(), &["code_execution_config"]).is_some_and(|s| source.word(s.start) != Some("False"))
            || *framework == "smolagents" && call.name() == "CodeAgent"
        {
            capabilities.push("exec");
        }
        let handoffs = lists(source, &whole, &["handoffs", "sub_agents", "subagents", "agents", "managed_agents"]);
        if says(&["allow_delegation"], "True") || !handoffs.is_empty() {
            capabilities.push("delegate");
        }
        capabilities.sort_unstable();
        capabilities.dedup();
        let never = says(&["human_input_mode"], "NEVER") || says(&["permission_mode", "permissionMode"], "bypassPermissions");
        let asks = says(&["human_input_mode"], "ALWAYS")
            || source.keyed(whole.clone(), &["interrupt_before", "interrupt_on", "can_use_tool", "canUseTool", "human_input", "needs_approval"]).is_some();
        let sandboxed = !says(&["use_docker"], "False")
            && (says(&["use_docker"], "True") || source.text.contains("DockerCommandLineCodeExecutor") || source.text.contains("executor_type=\"docker\""));
        let autonomy = if never && (capabilities.contains(&"exec") || *framework == "claude-agent-sdk") {
            4
        } else if asks {
            1
        } else {
            3
        };
        if capabilities.contains(&"exec") {
            // Whoever runs code inside the process has its environment.
            unit.acts(&agent, None);
        }
        let name = agent.id.rsplit('#').next().unwrap_or_default().to_owned();
        let node = unit.facts.declare(&agent, name, at.clone());
        node.confidence(0.8).attr("client", *framework).attr("autonomy", autonomy).attr("capabilities", capabilities).attr("egress", "unknown");
        node.attr("sandbox", if sandboxed { "container" } else { "none" });
        let states = |keys: &[&str]| source.keyed(whole.clone(), keys).is_some_and(|s| !matches!(source.word(s.start), Some("None" | "null" | "undefined")));
        if states(&["max_turns", "max_iterations", "max_iter", "max_steps", "maxTurns", "maxSteps"]) {
            node.attr("max_turns", true);
        }
        if states(&["output_type", "output_schema", "outputSchema", "output_pydantic", "output_json", "response_format", "responseFormat"]) {
            node.attr("structured_output", true);
        }
        if asks {
            node.attr("approval", "ask");
        } else if never {
            node.attr("approval", "auto");
        }
        unit.facts.relate(&unit_key, &INVOKES, &agent, at.clone()).confidence(0.8);
        for (name, index) in handoffs {
            let to = bound
                .get(name.as_str())
                .cloned()
                .unwrap_or_else(|| Key::new(Kind::Agent, "framework-agent", format!("agent:{}#{name}", source.document.file_id())));
            if to != agent {
                unit.facts.mention(&to, name, source.at(index));
                unit.facts.relate(&agent, &DELEGATES_TO, &to, source.at(index)).confidence(0.7).attr("mode", "standing").attr("scope", "all");
            }
        }
        model(unit, &agent, &whole);
        servers(unit, calls, &agent, whole);
    }
}

fn framework(source: &Source<'_>, call: &Call) -> Option<&'static str> {
    let (_, _, framework) = AGENTS.iter().find(|(names, with, _)| names.iter().any(|n| call.ends(n)) && source.text.contains(with))?;
    // Text without tools is written by no agent; a class that is declared is not made.
    let declared = call.first > 0 && matches!(source.word(call.first - 1), Some("class" | "def" | "function"));
    let chat = *framework == "vercel-ai" && source.keyed(call.arguments.clone(), &["tools"]).is_none();
    (!declared && !chat).then_some(*framework)
}

/// The variable that a call's result is kept in.
fn variable<'a>(source: &Source<'a>, call: &Call) -> Option<&'a str> {
    let first = if call.first > 0 && matches!(source.word(call.first - 1), Some("new" | "await")) { call.first - 1 } else { call.first };
    let equals = first.checked_sub(1).filter(|i| source.is(*i, "="))?;
    source.word(equals.checked_sub(1)?)
}

/// The key of an agent: by its stated name, its variable, or the function that returns it. An agent of a crew is the entry of its configuration.
fn key(source: &Source<'_>, call: &Call, framework: &str) -> Key {
    let document = source.document;
    if let Some(config) = source.keyed(call.arguments.clone(), &["config"]).filter(|_| framework == "crewai")
        && let Some(entry) = config.clone().find_map(|i| source.literal(i))
    {
        let file =
            source.tokens.iter().enumerate().find(|(_, t)| t.text == "agents_config").and_then(|(i, _)| source.literal(i + 2)).unwrap_or("config/agents.yaml");
        let folder = if document.folder().is_empty() { String::new() } else { format!("{}/", document.folder()) };
        return Key::new(Kind::Agent, "framework-agent", format!("agent:file:{}//{folder}{file}#{entry}", document.repository_body()));
    }
    let stated = source.keyed(call.arguments.clone(), &["name", "role"]).and_then(|s| source.worth(s)).and_then(|w| match w {
        Worth::Literal(name, _) if !name.trim().is_empty() && name.trim().len() <= 80 => Some(name.split_whitespace().collect::<Vec<_>>().join(" ")),
        _ => None,
    });
    let positional = || match source.split(call.arguments.clone()).first().filter(|a| a.len() == 1).and_then(|a| source.literal(a.start)) {
        Some(name) if name.len() <= 80 && !name.contains([':', '/', ' ']) && !name.is_empty() => Some(name.to_owned()),
        _ => None,
    };
    let name =
        stated.or_else(positional).or_else(|| variable(source, call).map(str::to_owned)).unwrap_or_else(|| format!("agent-{}", source.tokens[call.first].line));
    Key::new(Kind::Agent, "framework-agent", format!("agent:{}#{name}", document.file_id()))
}

/// Names in a list under one of the keys, with the index of each: variables, constructors, or the texts themselves.
fn lists(source: &Source<'_>, whole: &Span, keys: &[&str]) -> Vec<(String, usize)> {
    let mut out = Vec::new();
    let Some(span) = source.keyed(whole.clone(), keys) else { return out };
    let open = span.start;
    if !(source.is(open, "[") || source.is(open, "{")) {
        return out;
    }
    let mapped = source.is(open, "{");
    for item in source.split(open + 1..source.partner(open)).into_iter().take(100) {
        // `name: tool(…)` in a map; else the last word of the path in front of any arguments.
        let end = item.clone().find(|i| source.is(*i, "(") || source.is(*i, ":")).unwrap_or(item.end);
        let index =
            if mapped { item.start } else { (item.start..end).rev().find(|i| source.word(*i).is_some() || source.literal(*i).is_some()).unwrap_or(item.start) };
        let text = source.word(index).or_else(|| source.literal(index));
        if let Some(text) = text.filter(|t| !t.is_empty() && t.len() <= 80 && *t != "new" && !t.contains(char::is_whitespace)) {
            out.push((text.to_owned(), index));
        }
    }
    out
}

fn model(unit: &mut Unit<'_, '_>, agent: &Key, whole: &Span) {
    let source = unit.source;
    if let Some(Worth::Literal(name, index)) = source.keyed(whole.clone(), &["model", "llm", "model_client"]).and_then(|s| source.worth(s))
        && let Some(host) = model_host(&name)
    {
        let at = source.at(index);
        let api = Key::new(Kind::Resource, "llm-api", format!("llm:{host}"));
        unit.facts.mention(&api, host, at.clone());
        unit.facts.relate(agent, &CAN_ACCESS, &api, at.clone()).basis(Basis::Convention).attr("level", "write");
        unit.facts.mention(agent, String::new(), at).attr("model", name);
    }
}

/// Servers that the file hands to its agents: in the call itself, or in a variable of the file.
fn servers(unit: &mut Unit<'_, '_>, calls: &[Call], agent: &Key, whole: Span) {
    let source = unit.source;
    let uses = source.keyed(whole.clone(), &["mcp_servers", "mcpServers", "tools", "toolsets", "workbench", "plugins"]).is_some();
    for call in calls.iter().filter(|c| SERVERS.iter().any(|s| c.ends(s)) && (uses || whole.contains(&c.first))) {
        let index = call.first;
        let named = source.keyed(call.arguments.clone(), &["name"]).and_then(|s| source.worth(s));
        let name = match named {
            Some(Worth::Literal(name, _)) => name,
            _ => variable(source, call).map_or_else(|| format!("server-{}", source.tokens[index].line), str::to_owned),
        };
        record(unit, agent, &name, index, call.arguments.clone(), None);
    }
    for call in calls.iter().filter(|c| whole.contains(&c.first) && matches!(c.name(), "HostedMCPTool" | "hostedMcpTool")) {
        let named = source.keyed(call.arguments.clone(), &["server_label", "serverLabel"]).and_then(|s| source.worth(s));
        let name = match named {
            Some(Worth::Literal(name, _)) => name,
            _ => "hosted".to_owned(),
        };
        let approval = source.keyed(call.arguments.clone(), &["require_approval", "requireApproval"]).and_then(|s| source.worth(s));
        let auto = matches!(approval, Some(Worth::Literal(text, _)) if text == "never");
        record(unit, agent, &name, call.first, call.arguments.clone(), Some(if auto { "auto" } else { "ask" }));
    }
}

/// One server, said as every client's are.
fn record(unit: &mut Unit<'_, '_>, agent: &Key, name: &str, index: usize, span: Span, approval: Option<&str>) {
    let source = unit.source;
    let at = source.at(index);
    let text = |value: &str, index: usize| {
        let place = source.at(index);
        Node::text_at(value, place.line, place.column)
    };
    let mut entries: Vec<(Node, Node)> = Vec::new();
    for (keys, field) in [(&["command"][..], "command"), (&["url", "server_url", "serverUrl"], "url")] {
        if let Some(Worth::Literal(value, i)) = source.keyed(span.clone(), keys).and_then(|s| source.worth(s)) {
            entries.push((text(field, i), text(&value, i)));
        }
    }
    if let Some(list) = source.keyed(span.clone(), &["args"]) {
        let items: Vec<Node> = list.clone().filter_map(|i| Some(text(source.literal(i)?, i))).collect();
        entries.push((text("args", list.start), Node { value: Value::List(items), ..text("", list.start) }));
    }
    if entries.is_empty() {
        return;
    }
    // What it is handed is told below; that it is handed something says how it knows who calls.
    let variable = source.env.iter().find(|e| span.contains(&e.first) && (is_secret_name(&e.name) || source.keyed(span.clone(), &["authorization"]).is_some()));
    if let Some(read) = variable {
        entries.push((text("bearer_token_env_var", read.at), text(&read.name, read.at)));
    }
    let tool = Key::new(Kind::Tool, "mcp-server", format!("tool:{}#{name}", source.document.file_id()));
    let body = Node { value: Value::Map(Map(entries)), ..text("", index) };
    mcp::describe(source.document, &tool, name, &text(name, index), &body, &|_, _, _, _| {}, unit.facts);
    let edge = unit.facts.relate(agent, &INVOKES, &tool, at);
    edge.confidence(0.8);
    if let Some(approval) = approval {
        edge.attr("approval", approval.to_owned());
    }
    // What proves who calls: `authorization`, and every variable of its environment and headers.
    for read in source.env.iter().filter(|e| span.contains(&e.first)) {
        let at = source.at(read.at);
        let slot = unit.variable(&read.name, &at, Basis::Evaluated);
        unit.facts.relate(&tool, &CONSUMES, &slot, at).confidence(0.9);
    }
}

/// Agents elsewhere that the code calls: `A2AClient(url)`.
fn remote_agents(unit: &mut Unit<'_, '_>, calls: &[Call]) {
    let source = unit.source;
    for call in
        calls.iter().filter(|c| ["A2AClient", "A2ACardResolver", "RemoteA2aAgent", "A2AClient.get_client_from_agent_card_url"].iter().any(|n| c.ends(n)))
    {
        let span = source.keyed(call.arguments.clone(), &["url", "base_url", "agent_card"]).unwrap_or_else(|| call.arguments.clone());
        if let Some(Worth::Literal(url, index)) = source.worth(span).filter(|w| matches!(w, Worth::Literal(u, _) if u.contains("://"))) {
            let at = source.at(index);
            let host = url.split("://").nth(1).unwrap_or_default().split(['/', '?']).next().unwrap_or_default().to_owned();
            let agent = Key::new(Kind::Agent, "remote-agent", format!("agent:host:{host}"));
            let from = unit.here(&at);
            unit.facts.mention(&agent, host, at.clone()).attr("client", "a2a");
            unit.facts.relate(&from, &INVOKES, &agent, at).confidence(0.8);
        }
    }
}
