//! What an agent may do without asking, as its settings say.

use super::mcp::agent;
use crate::document::{Document, Node};
use crate::extract::note;
use crate::model::{Facts, Key, Kind};
use crate::relation::INVOKES;

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let trees = match document.trees() {
        Ok(trees) => trees,
        Err(reason) => return note(document, facts, reason),
    };
    let Some(root) = trees.first() else { return };
    if document.path.ends_with("config.toml") {
        codex(document, root, facts);
    } else if document.path.contains(".gemini/") {
        gemini(document, root, facts);
    } else {
        claude(document, root, facts);
    }
}

fn claude(document: &Document, root: &Node, facts: &mut Facts) {
    let (key, client) = agent(document);
    let list = |name: &str| -> Vec<&str> { root.path(&["permissions", name]).into_iter().flat_map(Node::items).filter_map(Node::str).collect() };
    let (allow, deny) = (list("allow"), list("deny"));
    let mode = root.path(&["permissions", "defaultMode"]).and_then(Node::str).unwrap_or("default");
    let shell = |a: &&str| {
        matches!(*a, "Bash" | "Bash(*)")
            || ["Bash(sh", "Bash(bash", "Bash(python", "Bash(node", "Bash(npx", "Bash(make", "Bash(docker"].iter().any(|p| a.starts_with(p))
    };
    let unbounded = allow.iter().any(|a| matches!(*a, "Bash" | "Bash(*)" | "*"));
    let autonomy = match mode {
        "bypassPermissions" => 4,
        "auto" | "dontAsk" => 3,
        "acceptEdits" => 2,
        "plan" => 0,
        _ if unbounded => 2,
        _ => 1,
    };
    let mut capabilities = vec!["fs-read", "fs-write"];
    if !deny.iter().any(|d| matches!(*d, "Bash" | "Bash(*)")) {
        capabilities.extend(["exec", "net"]);
    }
    if allow.iter().any(|a| a.starts_with("Bash(git push") || a.starts_with("Bash(gh")) {
        capabilities.push("scm-write");
    }
    if allow.iter().any(|a| ["Bash(aws", "Bash(gcloud", "Bash(az ", "Bash(kubectl", "Bash(terraform"].iter().any(|p| a.starts_with(p))) {
        capabilities.push("cloud-admin");
    }
    let sandboxed = root.path(&["sandbox", "enabled"]).and_then(Node::bool) == Some(true);
    let node = facts.declare(&key, client, document.at(root));
    node.attr("client", client)
        .attr("autonomy", autonomy)
        .attr("capabilities", capabilities)
        .attr("sandbox", if sandboxed { "process" } else { "none" })
        .attr("allow", allow.clone())
        .attr("deny", deny)
        .attr("unbounded_tools", unbounded)
        .attr("enables_project_tools", root.get("enableAllProjectMcpServers").and_then(Node::bool) == Some(true));
    for permission in &allow {
        let name = permission.split('(').next().unwrap_or(permission);
        let tool = Key::new(Kind::Tool, "builtin", format!("tool:{}#{name}", key.id));
        facts.mention(&tool, name, document.at(root)).attr("transport", "inproc");
        facts.relate(&key, &INVOKES, &tool, document.at(root)).attr("approval", if shell(permission) { "auto" } else { "allow" });
    }
    for (event, hooks) in root.get("hooks").into_iter().flat_map(Node::entries) {
        let Some(event) = event.str() else { continue };
        let tool = Key::new(Kind::Tool, "hook", format!("tool:{}#hook-{event}", document.file_id()));
        facts.declare(&tool, event, document.at(hooks)).attr("transport", "inproc").attr("pin", "local");
        facts.relate(&key, &INVOKES, &tool, document.at(hooks));
    }
    for (name, value) in root.get("env").into_iter().flat_map(Node::entries) {
        let Some(name) = name.str() else { continue };
        let slot = Key::new(Kind::Location, "file", format!("{}#env/{name}", document.file_id()));
        facts.declare(&slot, name, document.at(value)).attr("store", "file");
        facts.relate(&key, &crate::relation::CONSUMES, &slot, document.at(value));
        facts.holds(&slot, document.at(value));
    }
}

fn codex(document: &Document, root: &Node, facts: &mut Facts) {
    let (key, client) = agent(document);
    let approval = root.get_str("approval_policy").unwrap_or("on-request");
    let sandbox = root.get_str("sandbox_mode").unwrap_or("read-only");
    let autonomy = match (approval, sandbox) {
        ("never", "danger-full-access") => 4,
        ("never", _) => 3,
        (_, "read-only") => 1,
        _ => 2,
    };
    let open = sandbox == "danger-full-access" || root.path(&["sandbox_workspace_write", "network_access"]).and_then(Node::bool) == Some(true);
    facts
        .declare(&key, client, document.at(root))
        .attr("client", client)
        .attr("autonomy", autonomy)
        .attr("capabilities", if open { vec!["exec", "fs-read", "fs-write", "net"] } else { vec!["exec", "fs-read", "fs-write"] })
        .attr("sandbox", if sandbox == "danger-full-access" { "none" } else { "process" })
        .attr("egress", if open { "open" } else { "none" });
}

fn gemini(document: &Document, root: &Node, facts: &mut Facts) {
    let (key, client) = agent(document);
    let trusted = root.get("mcpServers").into_iter().flat_map(Node::entries).any(|(_, s)| s.get("trust").and_then(Node::bool) == Some(true));
    let autonomy = match root.path(&["general", "defaultApprovalMode"]).and_then(Node::str) {
        Some("yolo") => 4,
        Some("autoEdit" | "auto_edit") => 2,
        _ if trusted => 2,
        _ => 1,
    };
    facts
        .declare(&key, client, document.at(root))
        .attr("client", client)
        .attr("autonomy", autonomy)
        .attr("capabilities", vec!["exec", "fs-read", "fs-write", "net"]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_say_how_much_is_asked() {
        for (path, text, autonomy) in [
            (".claude/settings.json", "{\"permissions\": {\"defaultMode\": \"acceptEdits\", \"allow\": [\"Bash(git diff:*)\"]}}", 2),
            (".claude/settings.json", "{\"permissions\": {\"defaultMode\": \"bypassPermissions\"}}", 4),
            (".codex/config.toml", "approval_policy = \"never\"\nsandbox_mode = \"danger-full-access\"\n", 4),
            (".gemini/settings.json", "{}", 1),
        ] {
            let document = Document::new("repo:github.com/acme/web".into(), path, text.as_bytes().to_vec(), None);
            let mut facts = Facts::default();
            read(&document, &mut facts);
            assert_eq!(facts.nodes[0].attributes["autonomy"], autonomy, "{path} {text}");
        }
    }
}
