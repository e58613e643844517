//! Lines with public keys of SSH: whose key may open what, and which keys are which.

use memchr::memmem;

use super::{principal, public_key};
use crate::document::Document;
use crate::keys::{SshLine, ssh_line};
use crate::model::{Facts, Key, Kind, Location};
use crate::relation::{CAN_ACCESS, SAME_AS};

/// Lines of one file that are read.
const MAX_LINES: usize = 5_000;

pub(super) fn read(document: &Document, facts: &mut Facts) {
    // The name of the kind of key, in base 64: `ssh-…` or `ecdsa-…`.
    let marks: [&[u8]; 3] = [b" AAAAB3NzaC1", b" AAAAC3NzaC1", b" AAAAE2VjZHNh"];
    if !memmem::find_iter(&document.bytes, b" AAAA").any(|at| marks.iter().any(|m| document.bytes[at..].starts_with(m))) {
        return;
    }
    let text = document.text();
    let lines = text.lines().enumerate().filter(|(_, l)| l.len() < 20_000 && l.contains(" AAAA"));
    for (number, line, found) in lines.filter_map(|(n, l)| Some((n, l, ssh_line(l)?))).take(MAX_LINES) {
        let at = document.place(number as u32 + 1, line[..found.column].chars().count() as u32 + 1, number as u32 + 1);
        let own = public_key(&found.key, &found.comment, at.clone(), facts);
        // Private keys of RSA are kept in a form that has the other id.
        if let Some(other) = found.key.also.as_deref().filter(|_| found.key.algorithm == "rsa") {
            let other = Key::new(Kind::Identity, "x509-subject", other);
            facts.mention(&other, &found.comment, at.clone()).attr("algorithm", found.key.algorithm);
            facts.relate(&own, &SAME_AS, &other, at.clone()).attr("because", "the same public key");
        }
        match document.name() {
            "known_hosts" => host(&found, at, facts),
            name if name.starts_with("authorized_keys") => authorised(document, &found, at, facts),
            _ => {}
        }
    }
}

/// A host by its key: hashed names say nothing.
fn host(line: &SshLine, at: Location, facts: &mut Facts) {
    for name in line.before.split(',').filter(|n| !n.is_empty() && !n.starts_with(['|', '@', '#'])) {
        let name = name.trim_start_matches('[').split(']').next().unwrap_or(name);
        let host = Key::new(Kind::Resource, "host", format!("host:{name}"));
        facts.mention(&host, name, at.clone()).attr("host_key", line.key.id.as_str());
    }
}

/// Who holds the key logs in as the user whose file this is, within what the options leave.
fn authorised(document: &Document, line: &SshLine, at: Location, facts: &mut Facts) {
    if line.before.starts_with('#') {
        return;
    }
    let folder = document.folder().trim_end_matches(".ssh").trim_end_matches('/');
    let user = folder.rsplit('/').next().filter(|u| !u.is_empty()).unwrap_or("user");
    let account = Key::new(Kind::Resource, "host", format!("host:{{{}//{}}}", document.repository_body(), document.path));
    facts.mention(&account, format!("logins of {user}"), at.clone());
    let edge = facts.relate(&principal(&line.key), &CAN_ACCESS, &account, at);
    let options: Vec<&str> = ["restrict", "command=", "from="].into_iter().filter(|o| line.before.contains(o)).collect();
    edge.attr("level", if line.before.contains("command=") { "read-data" } else { "write" });
    if !options.is_empty() {
        edge.attr("options", options.join(" ")).conditional();
    }
}
