//! Settings of SPIRE's server and agents: the domain that they vouch for, how nodes prove themselves, and where the keys are kept.

use crate::document::{Document, Node, parse_hcl_inside};
use crate::extract::note;
use crate::model::{Facts, Key, Kind, Location};
use crate::relation::{AUTHENTICATES_AS, CONSUMES, ISSUED_BY, RUNS_AS};

pub(super) fn wants(path: &str, head: &[u8]) -> bool {
    let has = |word: &[u8]| memchr::memmem::find(head, word).is_some();
    (path.ends_with(".conf") || path.ends_with(".hcl") || path.ends_with(".conf.tmpl")) && has(b"trust_domain") && (has(b"server {") || has(b"agent {"))
}

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let root = match parse_hcl_inside(&document.text(), 1) {
        Ok(root) => root,
        Err(reason) => return note(document, facts, reason),
    };
    for role in ["server", "agent"] {
        for body in root.all(role) {
            daemon(document, role, body, &root, facts);
        }
    }
}

fn daemon(document: &Document, role: &str, body: &Node, root: &Node, facts: &mut Facts) {
    let Some((node, domain)) = body.get("trust_domain").and_then(|n| Some((n, n.str()?))) else { return };
    let at = document.at(body);
    let issuer = Key::new(Kind::Issuer, "spiffe-trust-domain", format!("spiffe://{domain}"));
    facts.mention(&issuer, domain, document.at(node));
    let key = Key::new(Kind::Consumer, "container-service", format!("spire:{}#{role}", document.file_id()));
    let fact = facts.declare(&key, format!("spire-{role}"), at.clone());
    fact.attr("platform", "spire");
    if body.get("insecure_bootstrap").and_then(Node::bool) == Some(true) {
        fact.attr("verification_off", vec!["bootstrap"]);
    }
    for limit in ["default_x509_svid_ttl", "default_svid_ttl", "ca_ttl"] {
        if let Some(value) = body.get_str(limit) {
            facts.mention(&issuer, String::new(), at.clone()).attr(limit, value);
        }
    }
    let own = Key::new(Kind::Identity, "spiffe-id", format!("spiffe://{domain}/spire/{role}"));
    facts.declare(&own, format!("spire/{role}"), at.clone()).attr("auth_style", "workload");
    facts.relate(&key, &RUNS_AS, &own, at.clone());
    facts.relate(&own, &ISSUED_BY, &issuer, at.clone());
    if let Some(token) = body.get("join_token").filter(|t| t.str().is_some_and(|t| !t.is_empty())) {
        // Whoever presents it first becomes a node.
        let slot = held(document, &key, "join_token", token, facts);
        facts.relate(&slot, &AUTHENTICATES_AS, &own, document.at(token));
        crate::extract::text::sight(document, token, "token", token.str().unwrap_or_default(), facts);
    }
    for (sort, plugins) in root.all("plugins").flat_map(Node::entries) {
        for (name, plugin) in plugins.entries() {
            plugin_of(document, &key, &issuer, sort.str().unwrap_or_default(), name.str().unwrap_or_default(), plugin, facts);
        }
    }
}

fn plugin_of(document: &Document, key: &Key, issuer: &Key, sort: &str, name: &str, plugin: &Node, facts: &mut Facts) {
    let at = document.at(plugin);
    match sort {
        "NodeAttestor" | "WorkloadAttestor" => {
            facts.mention(key, String::new(), at).attr(if sort == "NodeAttestor" { "attests_nodes_by" } else { "attests_workloads_by" }, name);
        }
        "UpstreamAuthority" => {
            facts.mention(issuer, String::new(), at.clone()).attr("upstream", name);
        }
        _ => {}
    }
    let mut found: Vec<(&Node, String)> = Vec::new();
    plugin.walk(&mut |pointer, node| {
        if node.str().is_some_and(|t| !t.is_empty() && !t.contains("${")) {
            found.push((node, pointer.rsplit('/').next().unwrap_or_default().to_owned()));
        }
    });
    for (node, field) in found {
        let text = node.str().unwrap_or_default();
        match field.as_str() {
            // With this key one is the authority itself.
            "key_file_path" | "keys_path" | "private_key_path" => {
                let slot = file(document, text, document.at(node), facts);
                facts.relate(key, &CONSUMES, &slot, document.at(node));
                if key.id.ends_with("#server") && matches!(sort, "UpstreamAuthority" | "KeyManager") {
                    facts.mention(&slot, String::new(), document.at(node)).attr("key_of", &*issuer.id);
                }
            }
            "connection_string" | "secret_access_key" | "token" | "secret_id" | "app_secret" => {
                held(document, key, &format!("{name}.{field}"), node, facts);
            }
            _ => {}
        }
    }
}

fn held(document: &Document, key: &Key, name: &str, value: &Node, facts: &mut Facts) -> Key {
    let at = document.at(value);
    let slot = Key::new(Kind::Location, "file", format!("{}#{name}", document.file_id()));
    facts.declare(&slot, name, at.clone()).attr("store", "file").attr("protection", "plaintext");
    facts.relate(key, &CONSUMES, &slot, at.clone());
    facts.holds(&slot, at);
    slot
}

fn file(document: &Document, path: &str, at: Location, facts: &mut Facts) -> Key {
    let slot = if path.starts_with('/') {
        Key::new(Kind::Location, "file", format!("host-file:{}#{path}", document.repository_body()))
    } else {
        Key::new(Kind::Location, "file", format!("file:{}//{}", document.repository_body(), crate::extract::joined(document.folder(), path)))
    };
    facts.mention(&slot, path.rsplit('/').next().unwrap_or(path), at).attr("store", "file");
    slot
}
