//! What several files of Ansible say together: which file holds the password of its vault, and which hosts the variables of a group log in to.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::Document;
use crate::extract::joined;
use crate::model::{Facts, Key, Kind};
use crate::relation::{CAN_ACCESS, STORED_IN};

/// Length of a file that may hold nothing but a password, in bytes.
const LONGEST: usize = 256;

/// Variables with which one logs in to the hosts of a group.
const LOGINS: &[&str] = &["ansible_password", "ansible_ssh_pass", "ansible_become_pass", "ansible_become_password", "ansible_ssh_private_key_file"];

pub(super) fn wants(path: &str, head: &[u8]) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name.trim_start_matches('.').rsplit_once('.').map_or("", |(_, e)| e);
    let line = !head.is_empty() && head.len() <= LONGEST && !head.trim_ascii().contains(&b'\n') && !head.trim_ascii().contains(&b' ');
    name == "ansible.cfg"
        || line && matches!(extension, "" | "txt" | "pass" | "password" | "key" | "vault")
        || group(path).is_some()
        || is_inventory(path) && head.starts_with(b"[") | memchr::memmem::find(head, b"\n[").is_some()
}

fn is_inventory(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    matches!(name, "hosts" | "inventory" | "hosts.ini" | "inventory.ini") || path.contains("inventory/") || path.contains("inventories/")
}

/// The group that a file of variables is for.
fn group(path: &str) -> Option<&str> {
    let rest = path.split_once("group_vars/").filter(|(before, _)| before.is_empty() || before.ends_with('/'))?.1;
    Some(rest.split(['/', '.']).next().unwrap_or(rest))
}

pub(super) fn read(documents: &[&Document], facts: &mut Facts) {
    for settings in documents.iter().filter(|d| d.name() == "ansible.cfg") {
        for (line, named) in password_files(&settings.text()) {
            let path = joined(settings.folder(), &named);
            let Some(held) = documents.iter().find(|d| *d.path == *path) else { continue };
            let at = held.at_line(1);
            let file = Key::new(Kind::Location, "file", held.file_id());
            facts.declare(&file, held.name(), at.clone()).attr("store", "file").attr("protection", "plaintext");
            let key = Key::new(Kind::Credential, "encryption-key", format!("cred:encryption-key/{}", held.file_id()));
            let node = facts.declare(&key, "password of Ansible's vault", at.clone());
            node.attr("state", "present-head").attr("type", "encryption-key").attr("rule", "ansible-vault-password").attr("opens", "ansible-vault");
            facts.mention(&key, String::new(), settings.at_line(line));
            facts.relate(&key, &STORED_IN, &file, at);
        }
    }
    let mut hosts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for inventory in documents.iter().filter(|d| is_inventory(&d.path) && group(&d.path).is_none()) {
        members(&inventory.text(), &mut hosts);
    }
    for variables in documents.iter() {
        let Some(hosts) = group(&variables.path).and_then(|g| hosts.get(g)) else { continue };
        for tree in variables.trees().unwrap_or_default() {
            for (name, value) in tree.entries().filter(|(k, _)| k.str().is_some_and(|k| LOGINS.contains(&k))) {
                let name = name.str().unwrap_or_default();
                let at = variables.at(value);
                let slot = Key::new(Kind::Location, "file", format!("{}#/{name}", variables.file_id()));
                facts.mention(&slot, name, at.clone()).attr("store", "file");
                for host in hosts {
                    let target = Key::new(Kind::Resource, "host", format!("host:{host}"));
                    facts.mention(&target, host.as_str(), at.clone());
                    facts.relate(&slot, &CAN_ACCESS, &target, at.clone()).attr("level", if name.contains("become") { "admin" } else { "write" });
                }
            }
        }
    }
}

/// Files that `ansible.cfg` names, with its line: one, or a list of labels with files.
fn password_files(text: &str) -> Vec<(u32, String)> {
    let mut out = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let Some((key, value)) = line.split_once('=') else { continue };
        let named: Vec<&str> = match key.trim() {
            "vault_password_file" => vec![value.trim()],
            "vault_identity_list" => value.split(',').filter_map(|v| v.trim().split_once('@').map(|(_, file)| file)).collect(),
            _ => continue,
        };
        out.extend(named.into_iter().filter(|n| !n.is_empty() && !n.starts_with(['~', '/'])).map(|n| (i as u32 + 1, n.to_owned())));
    }
    out
}

/// Hosts by group; every host is in `all`.
fn members(text: &str, hosts: &mut BTreeMap<String, BTreeSet<String>>) {
    let mut section = "ungrouped";
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            section = name;
        } else if !section.contains(':') && !line.is_empty() && !line.starts_with(['#', ';']) {
            let mut words = line.split_whitespace();
            let first = words.next().unwrap_or_default();
            let host = words.find_map(|w| w.strip_prefix("ansible_host=")).unwrap_or(first);
            for group in [section, "all"] {
                hosts.entry(group.to_owned()).or_default().insert(host.to_owned());
            }
        }
    }
}
