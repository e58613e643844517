//! Agents that a manifest declares: crews, served graphs, agents of a cluster; and entries of SPIRE.

use crate::document::{Document, Node};
use crate::extract::kubernetes::account_key;
use crate::extract::note;
use crate::model::{Basis, Facts, Key, Kind};
use crate::relation::{CAN_ASSUME, CAN_TRIGGER, CONSUMES, INVOKES};

pub(super) fn wants(path: &str, head: &[u8]) -> bool {
    let has = |word: &[u8]| memchr::memmem::find(head, word).is_some();
    path.ends_with("langgraph.json")
        || path.ends_with("config/agents.yaml")
        || (path.ends_with(".yaml") || path.ends_with(".yml")) && has(b"kagent.dev/")
        || path.ends_with(".json") && has(b"\"spiffe_id\"")
}

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let trees = match document.trees() {
        Ok(trees) => trees,
        Err(reason) => return note(document, facts, reason),
    };
    for root in trees {
        if document.path.ends_with("langgraph.json") {
            graphs(document, root, facts);
        } else if document.path.ends_with("agents.yaml") && root.get("apiVersion").is_none() {
            crew(document, root, facts);
        } else if root.get_str("apiVersion").is_some_and(|v| v.starts_with("kagent.dev/")) {
            cluster(document, root, facts);
        } else {
            entries(document, root, facts);
        }
    }
}

/// A crew: each entry with a role and a goal is an agent.
fn crew(document: &Document, root: &Node, facts: &mut Facts) {
    for (name, body) in root.entries().filter(|(_, b)| b.get("role").is_some()) {
        let Some(name) = name.str() else { continue };
        let key = Key::new(Kind::Agent, "framework-agent", format!("agent:{}#{name}", document.file_id()));
        let mut capabilities = Vec::new();
        if body.get("allow_code_execution").and_then(Node::bool) == Some(true) {
            capabilities.push("exec");
        }
        if body.get("allow_delegation").and_then(Node::bool) == Some(true) {
            capabilities.push("delegate");
        }
        facts.declare(&key, name, document.at(body)).attr("client", "crewai").attr("capabilities", capabilities);
        for tool in body.get("tools").into_iter().flat_map(Node::items) {
            let Some(called) = tool.str() else { continue };
            let tool_key = Key::new(Kind::Tool, "function-tool", format!("tool:{}#{called}", document.file_id()));
            facts.mention(&tool_key, called, document.at(tool)).attr("transport", "inproc");
            facts.relate(&key, &INVOKES, &tool_key, document.at(tool));
        }
    }
}

/// Graphs that a server offers: they read the environment file, and without authentication anyone starts them.
fn graphs(document: &Document, root: &Node, facts: &mut Facts) {
    for (name, body) in root.get("graphs").into_iter().flat_map(Node::entries) {
        let Some(name) = name.str() else { continue };
        let at = document.at(body);
        let key = Key::new(Kind::Agent, "framework-agent", format!("agent:{}#{name}", document.file_id()));
        facts.declare(&key, name, at.clone()).attr("client", "langgraph");
        if let Some((node, file)) = root.get("env").and_then(|n| Some((n, n.str()?))) {
            let folder = if document.folder().is_empty() { String::new() } else { format!("{}/", document.folder()) };
            let slot = Key::new(Kind::Location, "file", format!("file:{}//{folder}{}", document.repository_body(), file.trim_start_matches("./")));
            facts.mention(&slot, file, document.at(node)).attr("store", "file");
            facts.relate(&key, &CONSUMES, &slot, document.at(node));
        }
        if root.path(&["auth", "path"]).is_none() {
            let party = Key::new(Kind::Party, "class", "class:public");
            facts.mention(&party, "anyone", at.clone());
            facts.relate(&party, &CAN_TRIGGER, &key, at).basis(Basis::UniqueName).conditional().attr("input", "data");
        }
    }
}

/// An agent of kagent: its tools with the functions that it may call, and the key of its model.
fn cluster(document: &Document, root: &Node, facts: &mut Facts) {
    let Some(name) = root.path(&["metadata", "name"]).and_then(Node::str) else { return };
    let namespace = root.path(&["metadata", "namespace"]).and_then(Node::str).unwrap_or("default");
    let id = |kind: &str, name: &str| format!("k8s:{{{}}}/{namespace}/{kind}/{name}", document.repository_body());
    let at = document.at(root);
    match root.get_str("kind") {
        Some("Agent") => {
            let key = Key::new(Kind::Agent, "framework-agent", id("Agent", name));
            facts.declare(&key, name, at).attr("client", "kagent");
            if let Some((node, config)) = root.path(&["spec", "declarative", "modelConfig"]).and_then(|n| Some((n, n.str()?))) {
                let config_key = Key::new(Kind::Tool, "function-tool", id("ModelConfig", config));
                facts.mention(&config_key, config, document.at(node));
                facts.relate(&key, &INVOKES, &config_key, document.at(node));
            }
            for tool in root.path(&["spec", "declarative", "tools"]).into_iter().flat_map(Node::items) {
                let Some((server, called)) = tool.get("mcpServer").and_then(|s| Some((s, s.get_str("name")?))) else { continue };
                let tool_key = Key::new(Kind::Tool, "mcp-server", id(server.get_str("kind").unwrap_or("MCPServer"), called));
                facts.mention(&tool_key, called, document.at(server));
                let functions: Vec<&str> = server.get("toolNames").into_iter().flat_map(Node::items).filter_map(Node::str).collect();
                facts.relate(&key, &INVOKES, &tool_key, document.at(server)).attr("functions", functions);
            }
        }
        Some("ModelConfig") => {
            let key = Key::new(Kind::Tool, "function-tool", id("ModelConfig", name));
            facts.declare(&key, name, at);
            if let Some((node, secret)) = root.path(&["spec", "apiKeySecret"]).and_then(|n| Some((n, n.str()?))) {
                let slot = Key::new(Kind::Location, "k8s-secret", id("Secret", secret));
                facts.mention(&slot, secret, document.at(node)).attr("store", "kubernetes");
                facts.relate(&key, &CONSUMES, &slot, document.at(node));
            }
        }
        _ => {}
    }
}

/// Registrations of SPIRE: which account of Kubernetes is given which identity.
fn entries(document: &Document, root: &Node, facts: &mut Facts) {
    let one = root.get("spiffe_id").map(|_| root);
    for entry in root.get("entries").into_iter().flat_map(Node::items).chain(one) {
        let Some(spiffe) = entry.get_str("spiffe_id").filter(|s| s.starts_with("spiffe://")) else { continue };
        let at = document.at(entry);
        let key = Key::new(Kind::Identity, "spiffe-id", spiffe);
        facts.declare(&key, spiffe.rsplit('/').next().unwrap_or(spiffe), at.clone()).attr("auth_style", "workload");
        let selector = |prefix: &str| entry.get("selectors").into_iter().flat_map(Node::items).filter_map(Node::str).find_map(|s| s.strip_prefix(prefix));
        if let (Some(namespace), Some(account)) = (selector("k8s:ns:"), selector("k8s:sa:")) {
            let account_key = account_key(document.repository_body(), namespace, account);
            facts.mention(&account_key, account, at.clone());
            facts.relate(&account_key, &CAN_ASSUME, &key, at);
        }
    }
}
