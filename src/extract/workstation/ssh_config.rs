//! Settings of SSH clients: as whom, with which key and through which other host one logs in where.

use crate::document::Document;
use crate::extract::joined;
use crate::model::{Facts, Key, Kind, Location};
use crate::relation::{AUTHENTICATES_AS, CAN_ACCESS, CONSUMES, INVOKES, RUNS_AS};

/// Blocks of one file that are read.
const MAX_BLOCKS: usize = 2_000;

pub(super) fn wants(path: &str, head: &[u8]) -> bool {
    let name = super::name(path);
    let starts = || head.split(|b| *b == b'\n').any(|l| l.trim_ascii_start().to_ascii_lowercase().starts_with(b"host "));
    (name == "config" && path.contains(".ssh/") || name == "ssh_config" || path.contains("ssh_config.d/") || path.contains(".ssh/config.d/")) && starts()
}

/// One `Host` block.
#[derive(Default)]
struct Block<'a> {
    patterns: Vec<&'a str>,
    line: u32,
    last: u32,
    /// Keyword in lower case, its value, and its line and column.
    settings: Vec<(String, &'a str, u32, u32)>,
}

impl<'a> Block<'a> {
    fn get(&self, keyword: &str) -> Option<(&'a str, u32, u32)> {
        // The first value counts.
        self.settings.iter().find(|(k, ..)| k == keyword).map(|(_, v, line, column)| (*v, *line, *column))
    }
}

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let text = document.text();
    for block in blocks(&text).iter().take(MAX_BLOCKS) {
        // A pattern is no host; what it sets is for all.
        for name in block.patterns.iter().filter(|p| !p.contains(['*', '?', '!'])) {
            host(document, block, name, facts);
        }
    }
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut out: Vec<Block<'_>> = Vec::new();
    for (i, raw) in text.lines().enumerate() {
        let line = i as u32 + 1;
        let Some((keyword, value)) = raw.trim().split_once([' ', '\t', '=']).filter(|(k, _)| !k.starts_with('#')) else { continue };
        let value = value.trim().trim_start_matches('=').trim().trim_matches('"');
        let keyword = keyword.to_ascii_lowercase();
        if keyword == "host" {
            out.push(Block { patterns: value.split_whitespace().collect(), line, last: line, settings: Vec::new() });
        } else if keyword == "match" {
            out.push(Block { line, last: line, ..Block::default() });
        } else if let Some(block) = out.last_mut() {
            let column = raw.find(value).map_or(1, |at| raw[..at].chars().count() as u32 + 1);
            block.last = line;
            block.settings.push((keyword, value, line, column));
        }
    }
    out
}

fn host(document: &Document, block: &Block<'_>, name: &str, facts: &mut Facts) {
    let at = document.place(block.line, 1, block.last);
    let place = |line, column| document.place(line, column, line);
    let address = block.get("hostname").map_or(name, |(h, ..)| h);
    let client = Key::new(Kind::Consumer, "dev-tool", format!("client:{}#{name}", document.file_id()));
    let node = facts.declare(&client, name, at.clone());
    node.attr("platform", "ssh");
    let off = |keyword: &str, values: &[&str]| block.get(keyword).is_some_and(|(v, ..)| values.contains(&v.to_ascii_lowercase().as_str()));
    if off("stricthostkeychecking", &["no", "off"]) || off("userknownhostsfile", &["/dev/null"]) {
        node.attr("verification_off", vec!["ssh-host-key"]);
    }
    if off("forwardagent", &["yes", "true"]) {
        node.attr("forwards_agent", true);
    }
    let target = Key::new(Kind::Resource, "host", format!("host:{address}"));
    facts.mention(&target, address, block.get("hostname").map_or(at.clone(), |(_, l, c)| place(l, c)));
    let user = block.get("user");
    let login = Key::new(Kind::Identity, "ssh-principal", format!("ssh-principal:{}@{address}", user.map_or("?", |(u, ..)| u)));
    let whom = user.map_or(at.clone(), |(_, l, c)| place(l, c));
    facts.declare(&login, user.map_or(address, |(u, ..)| u), whom.clone()).attr("auth_style", "static");
    facts.relate(&client, &RUNS_AS, &login, whom.clone());
    facts.relate(&login, &CAN_ACCESS, &target, whom).attr("level", if user.is_some_and(|(u, ..)| u == "root") { "admin" } else { "write" });
    for (_, path, line, column) in block.settings.iter().filter(|(k, ..)| k == "identityfile") {
        identity_file(document, &client, &login, path, place(*line, *column), facts);
    }
    if let Some((through, line, column)) = block.get("proxyjump").filter(|(t, ..)| *t != "none") {
        for hop in through.split(',') {
            let bare = hop.rsplit('@').next().unwrap_or(hop).split(':').next().unwrap_or(hop).trim();
            let jump = Key::new(Kind::Consumer, "dev-tool", format!("client:{}#{bare}", document.file_id()));
            facts.mention(&jump, bare, place(line, column));
            facts.relate(&client, &INVOKES, &jump, place(line, column)).attr("via", "ProxyJump");
        }
    }
}

/// The key that proves the login: a file beside the settings when it is named below `~/.ssh` and these are there.
fn identity_file(document: &Document, client: &Key, login: &Key, path: &str, at: Location, facts: &mut Facts) {
    let below = path.strip_prefix("~/.ssh/").or_else(|| path.strip_prefix("%d/.ssh/")).or_else(|| path.strip_prefix("$HOME/.ssh/"));
    let id = match below {
        Some(name) if document.folder().ends_with(".ssh") => format!("file:{}//{}", document.repository_body(), joined(document.folder(), name)),
        _ if path.starts_with(['~', '/', '$', '%']) => format!("home:{}#{path}", document.repository_body()),
        _ => format!("file:{}//{}", document.repository_body(), joined(document.folder(), path)),
    };
    let slot = Key::new(Kind::Location, "file", id);
    facts.mention(&slot, path.rsplit('/').next().unwrap_or(path), at.clone()).attr("store", "file");
    facts.relate(client, &CONSUMES, &slot, at.clone());
    facts.relate(&slot, &AUTHENTICATES_AS, login, at);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_a_login() {
        let text = "# mine\nHost *\n  ForwardAgent yes\nHost web1 web2\n  HostName 10.0.0.1\n  User deploy\n  IdentityFile ~/.ssh/id_deploy\n  StrictHostKeyChecking no\n  ProxyJump bastion\n";
        assert!(wants("home/.ssh/config", text.as_bytes()) && !wants("home/.aws/config", text.as_bytes()));
        let document = Document::new("repo:github.com/acme/web".into(), "home/.ssh/config", text.as_bytes().to_vec(), None);
        let mut facts = Facts::default();
        read(&document, &mut facts);
        let edge = |from: &str, relation: &str, to: &str| {
            facts.edges.iter().any(|e| e.from.id.ends_with(from) && e.relation.name == relation && e.to.id.ends_with(to))
        };
        assert!(edge("#web1", "runs_as", "ssh-principal:deploy@10.0.0.1") && edge("#web2", "runs_as", "ssh-principal:deploy@10.0.0.1"));
        assert!(edge("home/.ssh/id_deploy", "authenticates_as", "ssh-principal:deploy@10.0.0.1"));
        assert!(edge("#web1", "invokes", "#bastion"));
        let user = facts.nodes.iter().find(|n| n.key.subtype == "ssh-principal").and_then(|n| n.at.clone()).expect("a place");
        assert_eq!((user.line, user.column), (6, 8));
    }
}
