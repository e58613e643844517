//! MCP servers that a repository implements: their functions, what each can do, how they are reached, and whether they ask who calls.

use std::collections::BTreeSet;

use super::{sinks, wording};
use crate::extract::code::functions::{Function, marked};
use crate::extract::code::source::{Call, Source, Span, Worth};
use crate::extract::code::unit::Unit;
use crate::model::{Basis, Key, Kind, Location};
use crate::relation::{CAN_TRIGGER, PART_OF};

/// Words one of which stands in every file that implements a server.
const SIGNS: &[&str] = &[
    "FastMCP(",
    "McpServer(",
    "NewMCPServer(",
    "@modelcontextprotocol/sdk/server",
    "from mcp.server",
    "mcp.server.",
    "McpServerTool",
    "rmcp::",
    "mcp.NewServer(",
];

/// Calls that make a server; its name is the first argument, or `name`.
const SERVERS: &[&str] = &["FastMCP", "McpServer", "NewMCPServer", "Server", "mcp.NewServer"];

/// Calls that register a function under the name that is their first argument.
const REGISTERS: &[&str] = &[
    "server.tool",
    "server.registerTool",
    "mcp.tool",
    "mcp.registerTool",
    "this.server.tool",
    "registerTool",
    "addTool",
    "mcp.NewTool",
    "NewTool",
    "app.tool",
];

/// Functions beyond which a server's are no longer told one by one.
const MAX_FUNCTIONS: usize = 200;

/// One function of a server.
struct Offered {
    name: String,
    at: Location,
    capabilities: Vec<&'static str>,
    hints: Vec<(&'static str, bool)>,
    hidden: Option<&'static str>,
    /// By a call on a server, which another file may have made.
    registered: bool,
    /// First and last line of what it does.
    lines: Option<(u32, u32)>,
}

/// Says the server of a file, if it implements one.
pub(in crate::extract) fn read(unit: &mut Unit<'_, '_>, calls: &[Call]) {
    let source = unit.source;
    if !SIGNS.iter().any(|s| source.text.contains(s)) {
        return;
    }
    let made = calls.iter().find(|c| SERVERS.iter().any(|s| c.ends(s)) && !c.path.starts_with("http") && !c.path.contains("uvicorn"));
    let offered = functions(source, calls);
    if made.is_none() && offered.is_empty() {
        return;
    }
    // Functions that are put on a server which is handed in are those of a server that another file makes.
    let server = (made.is_some() || offered.iter().any(|o| !o.registered)).then(|| declare(unit, calls, made, &offered));
    for function in offered.into_iter().take(MAX_FUNCTIONS) {
        let key = Key::new(Kind::Tool, "function-tool", format!("tool:{}#{}", source.document.file_id(), function.name));
        let node = unit.facts.declare(&key, function.name, function.at.clone());
        node.attr("transport", "inproc").attr("capabilities", function.capabilities);
        for (hint, value) in function.hints {
            node.attr(hint, value);
        }
        if let Some(hidden) = function.hidden {
            node.attr("hidden_content", true).attr("hidden", hidden);
        }
        let whole = server.clone().unwrap_or_else(|| unit.here(&function.at));
        unit.facts.relate(&key, &PART_OF, &whole, function.at);
        unit.acts(&key, function.lines);
    }
    if let Some(tool) = server {
        unit.acts(&tool, None);
    }
}

/// The server that a file makes.
fn declare(unit: &mut Unit<'_, '_>, calls: &[Call], made: Option<&Call>, offered: &[Offered]) -> Key {
    let source = unit.source;
    let named = made.and_then(|c| {
        let first = source.split(c.arguments.clone()).into_iter().next()?;
        source.keyed(c.arguments.clone(), &["name", "Name"]).into_iter().chain([first]).find_map(|span| match source.worth(span) {
            Some(Worth::Literal(name, _)) if !name.is_empty() && name.len() <= 100 => Some(name),
            _ => None,
        })
    });
    let document = source.document;
    let name = named.unwrap_or_else(|| document.name().split('.').next().unwrap_or_default().to_owned());
    let at = made.map_or_else(|| offered.first().map_or_else(|| document.at_line(1), |o| o.at.clone()), |c| source.at(c.first));
    let tool = Key::new(Kind::Tool, "mcp-server", format!("tool:{}#server", document.file_id()));
    // What a client's configuration starts by its path.
    let product = Key::new(Kind::Tool, "mcp-product", format!("mcp:cmd/{}//{}", document.repository_body(), document.path));
    let transport = transport(source, calls);
    let remote = transport != "stdio";
    let asks = [
        "auth=",
        "token_verifier",
        "requireBearerAuth",
        "OAuthProvider",
        "mcpAuthRouter",
        "auth_server_provider",
        "BearerAuth",
        "RequireAuthorization",
        "verifyToken",
        "verify_token",
        "AuthSettings",
    ];
    let auth = if asks.iter().any(|w| source.text.contains(w)) {
        "oauth-user"
    } else if remote {
        "none"
    } else {
        "unknown"
    };
    let capabilities: BTreeSet<&str> = offered.iter().flat_map(|o| o.capabilities.iter().copied()).collect();
    let names: Vec<&str> = offered.iter().map(|o| o.name.as_str()).collect();
    let node = unit.facts.declare(&tool, name, at.clone());
    node.attr("transport", transport).attr("pin", "local").attr("auth", auth).attr("implemented", true).attr("product", product.id.to_string());
    node.attr("functions", names).attr("capabilities", capabilities.into_iter().collect::<Vec<_>>());
    let open = remote && source.text.contains("0.0.0.0");
    if open {
        node.attr("listens", "0.0.0.0");
    }
    if open && auth == "none" {
        // Whether a network stands before it is not for the file to say.
        let anyone = Key::new(Kind::Party, "class", "class:public");
        let unit_key = unit.here(&at);
        unit.facts.mention(&anyone, "anyone", at.clone());
        unit.facts.relate(&anyone, &CAN_TRIGGER, &unit_key, at.clone()).basis(Basis::Convention).conditional().attr("input", "data");
    }
    unit.facts.mention(&product, document.name(), at.clone());
    unit.facts.relate(&tool, &PART_OF, &product, at);
    tool
}

/// How clients reach the server.
fn transport(source: &Source<'_>, calls: &[Call]) -> &'static str {
    let stated = calls.iter().filter(|c| matches!(c.name(), "run" | "run_async")).find_map(|c| {
        match source.keyed(c.arguments.clone(), &["transport"]).and_then(|s| source.worth(s)) {
            Some(Worth::Literal(text, _)) => Some(text),
            _ => None,
        }
    });
    match stated.as_deref() {
        Some("sse") => return "sse",
        Some("http" | "streamable-http" | "streamable_http") => return "http",
        Some(_) => return "stdio",
        None => {}
    }
    let says = |words: &[&str]| words.iter().any(|w| source.text.contains(w));
    if says(&["StreamableHTTPServerTransport", "streamable_http_app", "NewStreamableHTTPServer", "WithHttpTransport", "http_app("]) {
        "http"
    } else if says(&["SSEServerTransport", "sse_app", "SseServerTransport", "NewSSEServer", "uvicorn.run"]) {
        "sse"
    } else {
        "stdio"
    }
}

fn functions(source: &Source<'_>, calls: &[Call]) -> Vec<Offered> {
    let mut out = Vec::new();
    for function in marked(source) {
        let ours = function.marks.iter().any(|m| {
            let last = m.rsplit('.').next().unwrap_or(m);
            (m.contains('.') && last == "tool") || matches!(last, "McpServerTool" | "McpTool") || m == "tool" || m == "Tool"
        });
        if ours {
            out.push(marked_function(source, calls, &function));
        }
    }
    for call in calls {
        if REGISTERS.iter().any(|r| call.ends(r) && (r.contains('.') || call.path == *r || call.path.ends_with("NewTool"))) {
            let Some((name, index)) = source.split(call.arguments.clone()).first().and_then(|a| source.worth(a.clone())).and_then(|w| match w {
                Worth::Literal(name, index) if is_plain(&name) => Some((name, index)),
                _ => None,
            }) else {
                continue;
            };
            out.push(Offered { registered: true, ..offered(source, calls, name, index, &call.arguments, &call.arguments) });
        } else if call.ends("Tool") && source.keyed(call.arguments.clone(), &["inputSchema", "input_schema"]).is_some() {
            // What a list of tools answers with.
            if let Some(Worth::Literal(name, index)) =
                source.keyed(call.arguments.clone(), &["name"]).and_then(|s| source.worth(s)).filter(|w| matches!(w, Worth::Literal(n, _) if is_plain(n)))
            {
                out.push(offered(source, calls, name, index, &call.arguments, &(0..0)));
            }
        }
    }
    // Structures of a list: `{ name: "x", …, inputSchema: … }`.
    for i in 0..source.tokens.len() {
        let open = matches!(source.tokens[i].text, "inputSchema") && source.is(i + 1, ":");
        let Some(brace) = open.then(|| (i.saturating_sub(200)..i).rev().find(|j| source.is(*j, "{") && source.partner(*j) > i)).flatten() else { continue };
        if let Some(Worth::Literal(name, index)) =
            source.keyed(brace..i, &["name"]).and_then(|s| source.worth(s)).filter(|w| matches!(w, Worth::Literal(n, _) if is_plain(n)))
        {
            out.push(offered(source, calls, name, index, &(brace..source.partner(brace)), &(0..0)));
        }
    }
    let mut seen = BTreeSet::new();
    out.retain(|o| seen.insert(o.name.clone()));
    out
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.len() <= 80 && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'))
}

fn marked_function(source: &Source<'_>, calls: &[Call], function: &Function) -> Offered {
    let mut offered = offered(source, calls, function.name.clone(), function.at, &function.body, &function.body);
    for given in &function.given {
        if let Some(Worth::Literal(name, _)) =
            source.keyed(given.clone(), &["name", "Name"]).and_then(|s| source.worth(s)).filter(|w| matches!(w, Worth::Literal(n, _) if is_plain(n)))
        {
            offered.name = name;
        }
        offered.hints.extend(hints(source, given));
        offered.hidden = offered.hidden.or_else(|| texts(source, given).find_map(wording::hidden));
    }
    offered
}

fn offered(source: &Source<'_>, calls: &[Call], name: String, at: usize, told: &Span, body: &Span) -> Offered {
    Offered {
        name,
        at: source.at(at),
        capabilities: sinks::of(source, calls, body),
        hints: hints(source, told),
        hidden: texts(source, told).take(6).find_map(wording::hidden),
        registered: false,
        lines: source.lines(body),
    }
}

fn texts<'a>(source: &'a Source<'_>, span: &Span) -> impl Iterator<Item = &'a str> {
    span.clone().filter(|i| source.tokens.get(*i).is_some_and(|t| t.is_text())).map(|i| source.tokens[i].text)
}

fn hints(source: &Source<'_>, span: &Span) -> Vec<(&'static str, bool)> {
    [("readOnlyHint", "read_only"), ("destructiveHint", "destructive"), ("openWorldHint", "open_world")]
        .into_iter()
        .filter_map(|(key, attribute)| {
            let value = source.keyed(span.clone(), &[key])?;
            match source.word(value.start)? {
                "true" | "True" => Some((attribute, true)),
                "false" | "False" => Some((attribute, false)),
                _ => None,
            }
        })
        .collect()
}
