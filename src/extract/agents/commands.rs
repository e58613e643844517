//! Commands that clients keep as TOML: a prompt by the name of its file, `!{…}` runs in a shell, `@{…}` reads files.

use super::clients::client;
use crate::document::{Document, Node};
use crate::extract::note;
use crate::model::{Facts, Key, Kind};
use crate::relation::INVOKES;

/// Whether a file is such a command.
pub(super) fn wants(path: &str, head: &[u8]) -> bool {
    let placed = path.ends_with(".toml") && path.split('/').rev().skip(1).any(|folder| folder == "commands");
    placed && memchr::memmem::find(head, b"prompt").is_some()
}

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let tree = match document.trees() {
        Ok(trees) => trees.first(),
        Err(reason) => return note(document, facts, reason),
    };
    let Some((prompt, text)) = tree.and_then(|t| t.get("prompt")).and_then(|p| Some((p, p.str()?))) else { return };
    let (_, below) = document.path.rsplit_once("commands/").unwrap_or_default();
    // A folder is a part of the name.
    let name = below.trim_end_matches(".toml").replace('/', ":");
    let tool = Key::new(Kind::Tool, "skill", format!("tool:{}", document.file_id()));
    let at = document.place(1, 1, prompt.end_line.max(1));
    let node = facts.declare(&tool, name, at.clone());
    node.attr("pin", "local").attr("transport", "inproc");
    if let Some(description) = tree.and_then(|t| t.get("description")).and_then(Node::str) {
        node.attr("description", description.chars().take(200).collect::<String>());
    }
    if text.contains("!{") {
        node.attr("allowed_tools", vec!["shell"]);
    }
    // What lies in the folder of a client is at hand whenever it runs here; elsewhere somebody must put it there.
    if [".gemini/", ".qwen/"].iter().any(|f| document.path.contains(f)) {
        let parent = client(&document.path);
        let agent = Key::new(Kind::Agent, "coding-agent", format!("agent:{}//#{parent}", document.repository_body()));
        facts.mention(&agent, parent, at.clone()).attr("client", parent);
        facts.relate(&agent, &INVOKES, &tool, at);
    }
}
