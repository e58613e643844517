//! Ansible: plays and whom they log in as, variables and inventories with secrets, values sealed by its vault, and where its password is.

use crate::document::{Document, Node};
use crate::extract::ci::work::{is_secret_name, lines};
use crate::model::{Facts, Key, Kind, Location};
use crate::relation::{CAN_ACCESS, CONSUMES, RUNS_AS, STORED_IN};

/// Folders in which YAML is Ansible's.
const FOLDERS: &[&str] = &["group_vars/", "host_vars/", "roles/", "playbooks/", "inventories/", "inventory/", "ansible/"];

pub(super) fn wants(path: &str, head: &[u8]) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let has = |word: &[u8]| memchr::memmem::find(head, word).is_some();
    let yaml = path.ends_with(".yml") || path.ends_with(".yaml");
    let inside = FOLDERS.iter().any(|f| path.starts_with(f) || path.contains(&format!("/{f}")));
    name == "ansible.cfg"
        || head.starts_with(b"$ANSIBLE_VAULT;")
        || yaml
            && !path.contains(".github/")
            && (inside && !has(b"apiVersion:") || has(b"\n- hosts:") || has(b"- hosts:") || has(b"$ANSIBLE_VAULT;") || has(b"ansible_password"))
        || (inside || matches!(name, "hosts" | "inventory")) && has(b"ansible_") && !yaml
}

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let text = document.text();
    if text.starts_with("$ANSIBLE_VAULT;") {
        let file = Key::new(Kind::Location, "file", document.file_id());
        let at = document.place(1, 1, text.lines().count() as u32);
        facts.declare(&file, document.name(), at.clone()).attr("store", "file").attr("protection", "encrypted-at-rest").attr("encryption", "ansible-vault");
        sealed(document, document.name(), "", &file, at, facts);
        return;
    }
    if document.name() == "ansible.cfg" {
        return settings(document, facts);
    }
    if !(document.path.ends_with(".yml") || document.path.ends_with(".yaml")) {
        return inventory(document, &text, facts);
    }
    let Ok(trees) = document.trees() else { return };
    for root in trees {
        for play in root.items().iter().filter(|p| p.get("hosts").is_some()) {
            self::play(document, play, facts);
        }
        variables(document, root, facts);
    }
}

fn sealed(document: &Document, name: &str, pointer: &str, slot: &Key, at: Location, facts: &mut Facts) {
    let blob = Key::new(Kind::Credential, "sealed-blob", format!("cred:sealed-blob/{}#{pointer}", document.file_id()));
    facts.declare(&blob, name, at.clone()).attr("state", "encrypted").attr("type", "sealed-blob").attr("rule", "ansible-vault");
    facts.relate(&blob, &STORED_IN, slot, at);
}

/// Names that hold a secret, wherever they stand: as a literal, or sealed.
fn variables(document: &Document, root: &Node, facts: &mut Facts) {
    let mut found = Vec::new();
    root.walk(&mut |pointer, node| {
        let name = pointer.rsplit('/').next().unwrap_or_default();
        let Some(text) = node.str().map(str::trim).filter(|t| !t.is_empty()) else { return };
        let vault = text.starts_with("$ANSIBLE_VAULT;");
        if vault || is_secret_name(name) && !text.contains("{{") && !text.contains("__template__") && name.parse::<u32>().is_err() {
            found.push((pointer.to_owned(), name.to_owned(), node, vault));
        }
    });
    for (pointer, name, node, vault) in found {
        let at = document.at(node);
        let slot = Key::new(Kind::Location, "file", format!("{}#{pointer}", document.file_id()));
        facts.declare(&slot, name.clone(), at.clone()).attr("store", "file").attr("protection", if vault { "encrypted-at-rest" } else { "plaintext" });
        if vault {
            sealed(document, &name, &pointer, &slot, at, facts);
        } else {
            facts.holds(&slot, at);
        }
    }
}

/// Variables of the login that stand beside each host of an inventory.
fn inventory(document: &Document, text: &str, facts: &mut Facts) {
    for (i, line) in text.lines().enumerate() {
        let mut words = line.split_whitespace();
        let Some(first) = words.next().filter(|w| !w.starts_with(['#', ';', '['])) else { continue };
        let at = document.at_line(i as u32 + 1);
        let pairs: Vec<(&str, &str)> = line.split_whitespace().filter_map(|w| w.split_once('=')).filter(|(k, _)| k.starts_with("ansible_")).collect();
        let own = |name: &str| pairs.iter().find(|(k, _)| *k == name).map(|(_, v)| v.trim_matches(['"', '\'']));
        // Below `[group:vars]` a line is an assignment: its first word ends where the value begins.
        let shared = first.contains('=');
        let first = first.split('=').next().unwrap_or_default();
        let host = own("ansible_host").unwrap_or(if shared { "*" } else { first });
        let target = Key::new(Kind::Resource, "host", format!("host:{host}"));
        if !pairs.is_empty() && host != "*" {
            facts.declare(&target, first, at.clone());
        }
        if let Some(user) = own("ansible_user").or_else(|| own("ansible_ssh_user")).filter(|_| host != "*") {
            let login = Key::new(Kind::Identity, "ssh-principal", format!("ssh-principal:{user}@{host}"));
            facts.declare(&login, user, at.clone()).attr("auth_style", "static");
            facts.relate(&login, &CAN_ACCESS, &target, at.clone()).attr("level", if user == "root" { "admin" } else { "write" });
        }
        for (name, value) in &pairs {
            let secret = is_secret_name(name) || matches!(*name, "ansible_become_pass" | "ansible_ssh_pass" | "ansible_ssh_private_key_file");
            if secret && !value.contains("{{") {
                let slot = Key::new(Kind::Location, "file", format!("{}#{first}/{name}", document.file_id()));
                facts.declare(&slot, *name, at.clone()).attr("store", "file").attr("protection", "plaintext");
                facts.holds(&slot, at.clone());
                if host != "*" {
                    facts.relate(&slot, &CAN_ACCESS, &target, at.clone()).attr("level", "write");
                }
            }
        }
    }
}

/// A play logs in somewhere as someone, and looks values up.
fn play(document: &Document, body: &Node, facts: &mut Facts) {
    let hosts = body.get("hosts").into_iter().flat_map(Node::one_or_many).filter_map(Node::str).collect::<Vec<_>>().join(",");
    let name = body.get_str("name").unwrap_or(&hosts);
    let key = Key::new(Kind::Consumer, "script", format!("ansible-play:{}//{}#{}", document.repository_body(), document.path, body.line));
    facts.declare(&key, name, document.at(body)).attr("platform", "ansible").attr("hosts", hosts.clone());
    if let Some((node, user)) = body.get("remote_user").and_then(|n| Some((n, n.str().filter(|u| !u.contains("{{"))?))) {
        let login = Key::new(Kind::Identity, "ssh-principal", format!("ssh-principal:{user}@{hosts}"));
        facts.mention(&login, user, document.at(node)).attr("auth_style", "static");
        facts.relate(&key, &RUNS_AS, &login, document.at(node));
    }
    for file in body.get("vars_files").into_iter().flat_map(Node::items).filter(|f| f.str().is_some_and(|t| !t.contains("{{"))) {
        let path = file.str().unwrap_or_default().trim_start_matches("./");
        let folder = if document.folder().is_empty() { String::new() } else { format!("{}/", document.folder()) };
        let slot = Key::new(Kind::Location, "file", format!("file:{}//{folder}{path}", document.repository_body()));
        facts.mention(&slot, path, document.at(file));
        facts.relate(&key, &CONSUMES, &slot, document.at(file));
    }
    lines(document, body, &mut |line, at| {
        for call in line.split("lookup(").skip(1) {
            let arguments: Vec<&str> = call.split(['\'', '"']).skip(1).step_by(2).take(3).collect();
            let [plugin, wanted, ..] = arguments.as_slice() else { continue };
            let (subtype, id, name) = match plugin.rsplit('.').next().unwrap_or(plugin) {
                "env" => ("env", format!("os-env:{}#{wanted}", document.repository_body()), *wanted),
                "hashi_vault" | "vault_read" | "vault_kv2_get" => {
                    // Beside the path there may be a token.
                    let words = || wanted.split_whitespace();
                    let Some(path) = words().find_map(|w| w.strip_prefix("secret=")).or_else(|| words().next().filter(|w| !w.contains('='))) else { continue };
                    let (path, field) = path.split_once(':').unwrap_or((path, ""));
                    let field = if field.is_empty() { String::new() } else { format!("#{field}") };
                    ("vault-path", format!("vault:{{{}}}/{}{field}", document.repository_body(), path.replace("/data/", "/")), path)
                }
                "aws_secret" | "secretsmanager_secret" => ("cloud-secret", format!("asm:{{{}}}/{wanted}", document.repository_body()), *wanted),
                "aws_ssm" | "ssm_parameter" => {
                    ("cloud-secret", format!("ssm:{{{}}}/?/{}", document.repository_body(), wanted.trim_start_matches('/')), *wanted)
                }
                _ => continue,
            };
            let slot = Key::new(Kind::Location, subtype, id);
            facts.mention(&slot, name, at.clone());
            facts.relate(&key, &CONSUMES, &slot, at.clone());
        }
    });
}

/// Where the vault's password and the login's key are.
fn settings(document: &Document, facts: &mut Facts) {
    let Ok(trees) = document.trees() else { return };
    let client = Key::new(Kind::Consumer, "dev-tool", format!("client:{}", document.file_id()));
    for (key, value) in trees.iter().flat_map(|t| t.entries()).flat_map(|(_, s)| s.entries()) {
        let Some((name, path)) = key.str().zip(value.str()).filter(|(n, _)| matches!(*n, "vault_password_file" | "private_key_file" | "vault_identity_list"))
        else {
            continue;
        };
        let at = document.at(value);
        let folder = if document.folder().is_empty() { String::new() } else { format!("{}/", document.folder()) };
        let slot = Key::new(Kind::Location, "file", format!("file:{}//{folder}{}", document.repository_body(), path.trim_start_matches("./")));
        facts.declare(&client, "ansible", document.at_line(1)).attr("platform", "ansible");
        facts.mention(&slot, name, at.clone()).attr("store", "file");
        facts.relate(&client, &CONSUMES, &slot, at);
    }
}
