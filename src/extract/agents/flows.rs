//! Exports of workflow builders, and cards of remote agents: n8n, Dify, Flowise and Langflow, A2A.

use crate::document::{Document, Node};
use crate::extract::text::sight;
use crate::model::{Facts, Key, Kind, Location};
use crate::relation::{CAN_ACCESS, CAN_TRIGGER, CONSUMES, INVOKES};

/// Agents of one workflow that are read.
const MAX_AGENTS: usize = 100;

/// Whether the beginning of a file is that of an export or of a card.
pub(super) fn wants(path: &str, head: &[u8]) -> bool {
    let has = |word: &[u8]| memchr::memmem::find(head, word).is_some();
    let name = path.rsplit('/').next().unwrap_or(path);
    if path.ends_with(".json") {
        matches!(name, "agent-card.json" | "agent.json")
            || has(b"n8n-nodes")
            || has(b"\"nodes\"") && (has(b"\"data\"") || has(b"\"credentials\"") || has(b"\"connections\""))
            || has(b"\"skills\"") && (has(b"\"supportedInterfaces\"") || has(b"\"protocolVersion\""))
    } else {
        (path.ends_with(".yml") || path.ends_with(".yaml")) && has(b"kind: app") && has(b"app:")
    }
}

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let Ok(trees) = document.trees() else { return };
    for root in trees {
        let flow = root.get("nodes").filter(|n| !n.items().is_empty()).map(|_| root).or_else(|| root.get("data").filter(|d| d.get("nodes").is_some()));
        if root.get_str("kind") == Some("app") && root.get("app").is_some() {
            dify(document, root, facts);
        } else if root.get("skills").is_some()
            && (root.get("supportedInterfaces").is_some()
                || root.get("protocolVersion").is_some()
                || root.get("url").is_some() && root.get("capabilities").is_some())
        {
            card(document, root, facts);
        } else if let Some(flow) = flow {
            if flow.get("nodes").into_iter().flat_map(Node::items).any(|n| n.get_str("type").is_some_and(|t| t.contains("n8n-nodes"))) {
                n8n(document, flow, facts);
            } else {
                canvas(document, root, flow, facts);
            }
        }
    }
}

fn agent(document: &Document, subtype: &'static str, name: &str, client: &str, at: Location, facts: &mut Facts) -> Key {
    let key = Key::new(Kind::Agent, subtype, format!("agent:{}#{name}", document.file_id()));
    facts.declare(&key, name, at).attr("client", client);
    key
}

fn anyone(key: &Key, at: Location, facts: &mut Facts) {
    let public = Key::new(Kind::Party, "class", "class:public");
    facts.mention(&public, "anyone", at.clone());
    facts.relate(&public, &CAN_TRIGGER, key, at).attr("input", "data");
}

/// What a kind of node opens.
fn resource(kind: &str) -> Option<&'static str> {
    let lower = kind.to_ascii_lowercase();
    let is = |words: &[&str]| words.iter().any(|w| lower.contains(w));
    if is(&["postgres", "mysql", "mongodb", "mssql", "sqlite", "supabase", "airtable", "snowflake"]) {
        Some("database")
    } else if is(&["slack", "telegram", "discord", "teams"]) {
        Some("messaging")
    } else if is(&["gmail", "smtp", "emailsend", "sendgrid"]) {
        Some("email-sending")
    } else if is(&["github", "gitlab"]) {
        Some("repo")
    } else if is(&["openai", "anthropic", "gemini", "ollama", "mistral"]) {
        Some("llm-api")
    } else if is(&["vectorstore", "pinecone", "qdrant", "weaviate"]) {
        Some("vector-store")
    } else {
        None
    }
}

/// Nodes of one workflow: triggers, agents, their tools, and the credentials that each refers to by name.
fn n8n(document: &Document, root: &Node, facts: &mut Facts) {
    let title = root.get_str("name").unwrap_or(document.name());
    let nodes = root.get("nodes").map(Node::items).unwrap_or_default();
    let kind = |n: &Node| n.get_str("type").unwrap_or_default().to_owned();
    let is_agent = |n: &Node| kind(n).contains("langchain.agent");
    let name = |n: &Node| n.get_str("name").unwrap_or("node").to_owned();
    let mut agents: Vec<(String, Key)> = Vec::new();
    for node in nodes.iter().filter(|n| is_agent(n)).take(MAX_AGENTS) {
        agents.push((name(node), agent(document, "workflow-agent", &name(node), "n8n", document.at(node), facts)));
    }
    // A workflow without an agent still acts with what it is given.
    let whole = Key::new(Kind::Consumer, "saas-integration", format!("n8n:{}", document.file_id()));
    facts.declare(&whole, title, document.at(root)).attr("platform", "n8n");
    for (_, agent) in &agents {
        facts.relate(&whole, &INVOKES, agent, document.at(root));
    }
    for node in nodes.iter().filter(|n| !is_agent(n)) {
        let (kind, name, at) = (kind(node), name(node), document.at(node));
        let short = kind.rsplit('.').next().unwrap_or(&kind);
        let open = match short {
            "webhook" | "formTrigger" | "chatTrigger" => matches!(node.path(&["parameters", "authentication"]).and_then(Node::str), None | Some("none")),
            _ => false,
        };
        if open {
            anyone(&whole, at.clone(), facts);
            for (_, agent) in &agents {
                anyone(agent, at.clone(), facts);
            }
        }
        // Connections are kept by the name of the node that they leave from.
        let mut users: Vec<&Key> = Vec::new();
        for (port, targets) in root.path(&["connections", name.as_str()]).into_iter().flat_map(Node::entries) {
            if !port.str().is_some_and(|p| p.starts_with("ai_")) {
                continue;
            }
            targets.walk(&mut |_, end| {
                if let Some(wanted) = end.get_str("node") {
                    users.extend(agents.iter().filter(|(n, _)| n == wanted).map(|(_, k)| k));
                }
            });
        }
        let acts = resource(short);
        let held = node.get("credentials");
        if users.is_empty() && held.is_none() && !short.to_ascii_lowercase().contains("tool") {
            continue;
        }
        let tool = Key::new(Kind::Tool, "function-tool", format!("tool:{}#{name}", document.file_id()));
        facts.declare(&tool, name.clone(), at.clone()).attr("transport", "inproc").attr("product", short);
        if users.is_empty() {
            facts.relate(&whole, &INVOKES, &tool, at.clone());
        }
        for user in users {
            facts.relate(user, &INVOKES, &tool, at.clone());
        }
        for (sort, value) in held.into_iter().flat_map(Node::entries) {
            let Some(sort) = sort.str() else { continue };
            let label = value.str().or_else(|| value.get_str("name")).unwrap_or(sort);
            let slot = Key::new(Kind::Location, "other:n8n-credential", format!("n8n-cred:{}/{sort}/{label}", document.repository_body()));
            facts.mention(&slot, label, document.at(value)).attr("store", "n8n");
            facts.relate(&tool, &CONSUMES, &slot, document.at(value));
        }
        if let Some(subtype) = acts {
            let target = Key::new(Kind::Resource, subtype, format!("{subtype}:{}#{name}", document.file_id()));
            facts.mention(&target, short, at.clone()).confidence(0.5);
            facts.relate(&tool, &CAN_ACCESS, &target, at).confidence(0.5).attr("level", "write");
        }
    }
}

fn dify(document: &Document, root: &Node, facts: &mut Facts) {
    let title = root.path(&["app", "name"]).and_then(Node::str).unwrap_or(document.name());
    let key = agent(document, "workflow-agent", title, "dify", document.at(root), facts);
    let mut tools: Vec<(String, &Node)> = Vec::new();
    root.walk(&mut |pointer, node| {
        for variable in node.get("environment_variables").into_iter().flat_map(Node::items).filter(|v| v.get_str("value_type") == Some("secret")) {
            let Some((name, value)) = variable.get_str("name").zip(variable.get("value")) else { continue };
            let at = document.at(value);
            let slot = Key::new(Kind::Location, "file", format!("{}#{name}", document.file_id()));
            facts.declare(&slot, name, at.clone()).attr("store", "file").attr("protection", "plaintext");
            facts.relate(&key, &CONSUMES, &slot, at.clone());
            facts.holds(&slot, at);
            sight(document, value, "secret", value.str().unwrap_or_default(), facts);
        }
        if pointer.ends_with("/data") && matches!(node.get_str("type"), Some("tool" | "http-request" | "code" | "agent")) {
            let name = node.get_str("title").or_else(|| node.get_str("tool_name")).unwrap_or("tool");
            tools.push((name.to_owned(), node));
        }
        if pointer.contains("agent_mode/tools/") {
            tools.extend(node.get_str("tool_name").map(|n| (n.to_owned(), node)));
        }
    });
    for (name, node) in tools {
        let tool = Key::new(Kind::Tool, "function-tool", format!("tool:{}#{name}", document.file_id()));
        facts.declare(&tool, name, document.at(node)).attr("transport", "inproc");
        facts.relate(&key, &INVOKES, &tool, document.at(node));
    }
}

/// Flowise and Langflow: boxes on a canvas, some of which hold a credential, or name one.
fn canvas(document: &Document, root: &Node, flow: &Node, facts: &mut Facts) {
    let boxes = flow.get("nodes").map(Node::items).unwrap_or_default();
    let known =
        |b: &Node| b.path(&["data", "inputs"]).is_some() || b.path(&["data", "node", "template"]).is_some() || b.path(&["data", "credential"]).is_some();
    if !boxes.iter().any(known) {
        return;
    }
    let title = root.get_str("name").unwrap_or(document.name());
    let key = agent(document, "workflow-agent", title, "flow", document.at(root), facts);
    for data in boxes.iter().filter(|b| known(b)).filter_map(|b| b.get("data")) {
        let name =
            data.get_str("label").or_else(|| data.get_str("display_name")).or_else(|| data.get_str("type")).or_else(|| data.get_str("name")).unwrap_or("box");
        let at = document.at(data);
        if name.to_ascii_lowercase().contains("tool") || data.get_str("category").is_some_and(|c| c.contains("Tool")) {
            let tool = Key::new(Kind::Tool, "function-tool", format!("tool:{}#{name}", document.file_id()));
            facts.declare(&tool, name, at.clone()).attr("transport", "inproc");
            facts.relate(&key, &INVOKES, &tool, at.clone());
        }
        if let Some((node, id)) = data.get("credential").and_then(|c| Some((c, c.str().filter(|t| !t.is_empty())?))) {
            let slot = Key::new(Kind::Location, "other:flow-credential", format!("flow-cred:{}/{id}", document.repository_body()));
            facts.mention(&slot, format!("credential of {name}"), document.at(node));
            facts.relate(&key, &CONSUMES, &slot, document.at(node));
        }
        for (field, body) in data.path(&["node", "template"]).into_iter().flat_map(Node::entries) {
            let secret = body.get("password").and_then(Node::bool) == Some(true);
            let Some((field, value)) = field.str().zip(body.get("value")).filter(|(_, v)| secret && v.str().is_some_and(|t| !t.is_empty())) else { continue };
            let slot = Key::new(Kind::Location, "file", format!("{}#{name}/{field}", document.file_id()));
            facts.declare(&slot, field, document.at(value)).attr("store", "file");
            facts.relate(&key, &CONSUMES, &slot, document.at(value));
            if body.get("load_from_db").and_then(Node::bool) != Some(true) {
                facts.holds(&slot, document.at(value));
            }
        }
    }
}

/// The card of a remote agent: without a demand, anyone may call it.
fn card(document: &Document, root: &Node, facts: &mut Facts) {
    let name = root.get_str("name").unwrap_or("agent");
    let at = document.at(root);
    let url = root.path(&["supportedInterfaces", "0", "url"]).or_else(|| root.get("url")).and_then(Node::str);
    let key = agent(document, "remote-agent", name, "a2a", at.clone(), facts);
    let demands = ["securityRequirements", "security"].iter().filter_map(|k| root.get(k)).any(|s| !s.items().is_empty() || s.entries().next().is_some());
    let schemes = root.get("securitySchemes").is_some_and(|s| s.entries().next().is_some());
    let node = facts.mention(&key, name, at.clone());
    node.attr("auth", if demands || schemes { "required" } else { "none" });
    if let Some(url) = url {
        // A query may hold a token.
        node.attr("url", url.split('?').next().unwrap_or(url));
    }
    if !demands && !schemes {
        anyone(&key, at, facts);
    }
    for skill in root.get("skills").into_iter().flat_map(Node::items) {
        let Some(label) = skill.get_str("name").or_else(|| skill.get_str("id")) else { continue };
        let tool = Key::new(Kind::Tool, "skill", format!("tool:{}#{label}", document.file_id()));
        facts.declare(&tool, label, document.at(skill)).attr("transport", "http");
        facts.relate(&key, &INVOKES, &tool, document.at(skill));
    }
}
