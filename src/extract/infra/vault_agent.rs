//! The agent and the proxy of Vault: whom they log in as, by which files, where they leave the token, and what their templates draw.

use super::vault::path_id;
use crate::document::{Document, Expr, Node, Part, Value, parse_hcl_inside};
use crate::extract::joined;
use crate::extract::note;
use crate::model::{Basis, Facts, Key, Kind, Location};
use crate::relation::{AUTHENTICATES_AS, CONSUMES, RUNS_AS, SOURCED_FROM};

/// Whether the file configures an agent, or is one of its templates.
pub(super) fn matches(path: &str, head: &[u8]) -> bool {
    let has = |word: &[u8]| memchr::memmem::find(head, word).is_some();
    path.ends_with(".hcl") && has(b"auto_auth") || is_template(path) && has(b"secret \"")
}

/// Endings of templates for the agent and for consul-template.
fn is_template(path: &str) -> bool {
    [".ctmpl", ".tpl", ".tmpl"].iter().any(|e| path.ends_with(e))
}

/// Paths and templates of one file that are told.
const MAX_PATHS: usize = 100;

/// Settings of a login that name files with half of a credential.
const FILES: &[&str] = &["secret_id_file_path", "role_id_file_path", "path", "token_file_path", "private_key"];

pub(super) fn read(document: &Document, facts: &mut Facts) {
    if is_template(&document.path) {
        let file = Key::new(Kind::Location, "file", document.file_id());
        let text = document.text();
        for (offset, path) in drawn(&text).into_iter().take(MAX_PATHS) {
            let at = document.at_line(1 + offset);
            facts.mention(&file, document.name(), document.at_line(1)).attr("store", "file");
            let slot = slot(document, path, &at, facts);
            facts.relate(&file, &SOURCED_FROM, &slot, at);
        }
        return;
    }
    let trees = match document.trees() {
        Ok(trees) => trees,
        Err(reason) => return note(document, facts, reason),
    };
    let key = Key::new(Kind::Consumer, "script", format!("vault-agent:{}", document.file_id()));
    trees.iter().for_each(|tree| agents(document, &key, document.name().trim_end_matches(".hcl"), tree, facts));
}

/// The agent that an entry of a ConfigMap configures, if it does: `text` begins behind `line`.
pub(in crate::extract) fn inside(document: &Document, entry: &Key, text: &str, line: u32, facts: &mut Facts) {
    let Some(tree) = text.contains("auto_auth").then(|| parse_hcl_inside(text, line + 1).ok()).flatten() else { return };
    let key = Key::new(Kind::Consumer, "script", format!("vault-agent:{}", entry.id));
    let name = entry.id.rsplit('/').next().unwrap_or(&entry.id);
    agents(document, &key, name, &tree, facts);
    if tree.get("auto_auth").is_some() {
        facts.relate(&key, &CONSUMES, entry, document.at_line(line));
    }
}

/// Agents that a file configures.
fn agents(document: &Document, key: &Key, name: &str, root: &Node, facts: &mut Facts) {
    for auto in root.all("auto_auth") {
        facts.declare(key, name, document.at(auto)).attr("platform", "vault-agent");
        for method in auto.all("method") {
            match method.get_str("type") {
                Some(kind) => login(document, key, kind, method, facts),
                None => method.entries().filter_map(|(k, b)| Some((k.str()?, b))).for_each(|(kind, body)| login(document, key, kind, body, facts)),
            }
        }
        for template in root.all("template").take(MAX_PATHS) {
            self::template(document, key, template, facts);
        }
    }
}

/// A login by a method: the role where the file names it, and the files that prove it.
fn login(document: &Document, key: &Key, kind: &str, method: &Node, facts: &mut Facts) {
    let at = document.at(method);
    let mount = method.get_str("mount_path").map_or(kind, |m| m.trim_start_matches("auth/"));
    let config = || method.all("config");
    let role = config().find_map(|c| c.get_str("role"));
    let named = role.map_or_else(|| format!("?{}", document.path.replace('/', ".")), str::to_owned);
    let identity = Key::new(Kind::Identity, "vault-role", format!("vault-role:{{{}}}/{mount}/{named}", document.repository_body()));
    facts.mention(&identity, role.map_or_else(|| format!("{kind} login"), str::to_owned), at.clone()).attr("provider", "vault");
    if role.is_none() {
        facts.mention(&identity, String::new(), at.clone()).attr("symbolic", true);
    }
    facts.relate(key, &RUNS_AS, &identity, at);
    for (field, node) in config().flat_map(Node::entries).filter_map(|(k, v)| Some((k.str()?, v))) {
        if !FILES.contains(&field) || node.str().is_none_or(str::is_empty) {
            continue;
        }
        let at = document.at(node);
        let slot = Key::new(Kind::Location, "file", format!("{}#{field}", document.file_id()));
        facts.declare(&slot, field, at.clone()).attr("store", "file").attr("protection", "plaintext").attr("file", node.str().unwrap_or_default());
        facts.relate(key, &CONSUMES, &slot, at.clone());
        facts.relate(&slot, &AUTHENTICATES_AS, &identity, at).basis(Basis::Evaluated);
    }
}

/// A template: in a file beside the configuration, or as it stands.
fn template(document: &Document, key: &Key, template: &Node, facts: &mut Facts) {
    if let Some((node, source)) = template.get("source").and_then(|n| Some((n, n.str()?))) {
        let name = source.rsplit('/').next().unwrap_or(source);
        let file = Key::new(Kind::Location, "file", format!("file:{}//{}", document.repository_body(), joined(document.folder(), name)));
        let at = document.at(node);
        facts.mention(&file, name, at.clone()).attr("store", "file");
        facts.relate(key, &CONSUMES, &file, at).basis(Basis::Convention);
    }
    let Some(contents) = template.get("contents") else { return };
    let text = as_it_stands(contents);
    for (offset, path) in drawn(&text).into_iter().take(MAX_PATHS) {
        let at = document.at_line(contents.line + u32::from(contents.end_line > contents.line) + offset);
        let slot = slot(document, path, &at, facts);
        facts.relate(key, &CONSUMES, &slot, at);
    }
}

fn slot(document: &Document, path: &str, at: &Location, facts: &mut Facts) -> Key {
    let slot = Key::new(Kind::Location, "vault-path", path_id(document.repository_body(), path));
    facts.mention(&slot, path, at.clone()).attr("store", "vault").attr("protection", "managed-store");
    slot
}

/// Paths behind `secret "…"`, each with the number of its line from zero.
fn drawn(text: &str) -> Vec<(u32, &str)> {
    let mut out = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for rest in line.split("secret \"").skip(1) {
            let path = rest.split('"').next().unwrap_or_default();
            if !path.is_empty() && !path.contains(['{', '$', ' ']) {
                out.push((number as u32, path));
            }
        }
    }
    out
}

/// A text in which what looks like interpolation to HCL belongs to the template.
fn as_it_stands(node: &Node) -> String {
    match &node.value {
        Value::Expr(e) => match &**e {
            Expr::Template(parts) => parts.iter().map(|p| if let Part::Literal(text) = p { text.as_str() } else { "${…}" }).collect(),
            _ => String::new(),
        },
        _ => node.scalar().unwrap_or_default(),
    }
}
