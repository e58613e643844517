//! AI agents, their tools and their settings.

mod agentic;
mod apps;
mod clients;
mod commands;
mod declared;
mod flows;
pub(super) mod frameworks;
mod instructions;
mod launch;
pub(super) mod mcp;
mod oauth;
mod products;
pub(super) mod servers;
mod settings;
mod sinks;
mod stances;
pub(super) mod wording;

use super::{Extractor, Read};
use crate::document::{Node, parse_yaml_inside};

/// The extractors of this wing.
pub const EXTRACTORS: &[Extractor] = &[
    Extractor {
        name: "mcp",
        about: "MCP servers in the configuration of any client",
        matches: |path, head| {
            let known = [".json", ".jsonc", ".toml", ".yaml", ".yml"].iter().any(|e| path.ends_with(e));
            known && clients::SIGNS.iter().any(|k| head.windows(k.len()).any(|w| w == k.as_bytes()))
        },
        read: Read::Each(mcp::read),
    },
    Extractor {
        name: "agent-settings",
        about: "what an agent may do without asking, in the settings of any client",
        matches: settings::wants,
        read: Read::Each(settings::read),
    },
    Extractor {
        name: "agent-files",
        about: "subagents, skills and instructions of agents",
        matches: |path, _| instructions::wants(path),
        read: Read::Each(instructions::read),
    },
    Extractor { name: "agent-commands", about: "commands of Gemini CLI and its kin, in TOML", matches: commands::wants, read: Read::Each(commands::read) },
    Extractor {
        name: "agent-flows",
        about: "exports of n8n, Dify, Flowise and Langflow; cards of remote agents",
        matches: flows::wants,
        read: Read::Each(flows::read),
    },
    Extractor {
        name: "agentic-workflows",
        about: "agentic workflows of GitHub: who starts them, tools, tokens, outputs that another job writes",
        matches: agentic::wants,
        read: Read::Each(agentic::read),
    },
    Extractor { name: "agent-manifests", about: "CrewAI, LangGraph, kagent; entries of SPIRE", matches: declared::wants, read: Read::Each(declared::read) },
    Extractor {
        name: "app-manifests",
        about: "manifests of Slack and GitHub Apps: scopes and permissions",
        matches: apps::wants,
        read: Read::Each(apps::read),
    },
    Extractor {
        name: "oauth-clients",
        about: "clients in manifests and exports of Entra, Teams, Auth0, Keycloak, Okta, Atlassian, Shopify, Salesforce, Zoom, Discord and browser extensions",
        matches: oauth::wants,
        read: Read::Each(oauth::read),
    },
];

/// What stands between the dashes at the top of a text, with places as in the file.
fn front_matter(text: &str) -> Option<Node> {
    let front = text.strip_prefix("---\n")?.split("\n---").next()?;
    parse_yaml_inside(front, 2).ok()?.into_iter().next()
}
