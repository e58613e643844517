//! The clients of MCP: which of them a file belongs to, and where each keeps its servers.

use crate::document::Document;
use crate::model::{Key, Kind};

/// A part of a path, and the client whose file it is; the first that fits decides.
const CLIENTS: &[(&str, &str)] = &[
    (".claude/", "claude-code"),
    (".claude-plugin/", "claude-code"),
    ("managed-mcp.json", "claude-code"),
    ("claude_desktop_config", "claude-desktop"),
    ("antigravity/", "antigravity"),
    (".cursor/", "cursor"),
    ("cline_mcp_settings", "cline"),
    (".clinerules", "cline"),
    (".roo/", "roo"),
    (".roomodes", "roo"),
    (".kilocode/", "kilo-code"),
    (".vscode/", "vscode"),
    ("devcontainer.json", "vscode"),
    (".codex/", "codex"),
    (".gemini/", "gemini-cli"),
    ("gemini-extension.json", "gemini-cli"),
    (".qwen/", "qwen-code"),
    (".continue/", "continue"),
    (".zed/", "zed"),
    ("zed/settings.json", "zed"),
    (".amazonq/", "amazon-q"),
    ("amazonq/", "amazon-q"),
    (".kiro/", "kiro"),
    (".junie/", "junie"),
    (".augment/", "augment"),
    (".amp/", "amp"),
    (".trae/", "trae"),
    (".warp/", "warp"),
    (".windsurf/", "windsurf"),
    ("windsurf/mcp_config.json", "windsurf"),
    ("mcp_config.json", "windsurf"),
    (".opencode/", "opencode"),
    ("opencode.json", "opencode"),
    ("goose/", "goose"),
    (".goose", "goose"),
    (".copilot/", "copilot"),
    (".github/", "copilot"),
    ("librechat.y", "librechat"),
    (".openclaw/", "openclaw"),
    (".clawdbot/", "openclaw"),
    (".factory/", "droid"),
    ("lmstudio", "lm-studio"),
];

/// Words one of which the beginning of a file holds that keeps servers.
pub(super) const SIGNS: &[&str] =
    &["mcpServers", "mcp_servers", "context_servers", "\"servers\"", "mcp-servers", "mcp.servers", "GOOSE_", "\"mcp\"", "extensions:"];

/// The client that a path belongs to. A configuration at the root that several clients share is told by the first that had it.
pub(super) fn client(path: &str) -> &'static str {
    CLIENTS.iter().find(|(part, _)| path.contains(part)).map_or("claude-code", |(_, client)| client)
}

/// The agent of one client in one folder of a repository.
pub(super) fn agent(document: &Document) -> (Key, &'static str) {
    let client = client(&document.path);
    let folder = document.path.find("/.").map_or("", |i| &document.path[..i]);
    (Key::new(Kind::Agent, "coding-agent", format!("agent:{}//{folder}#{client}", document.repository_body())), client)
}

/// Whether servers stand under this key, by the key around it and the file.
pub(super) fn keeps(name: &str, around: &str, path: &str) -> bool {
    match name {
        "mcpServers" | "mcp_servers" | "context_servers" | "amp.mcpServers" | "mcp-servers" | "mcp.servers" => true,
        "servers" => path.ends_with("mcp.json") || around == "mcp",
        "extensions" => path.contains("goose"),
        "mcp" => path.contains("opencode"),
        _ => false,
    }
}
