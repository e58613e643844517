//! SOPS: files whose values are encrypted, the keys that open them, and the rules by which new ones are.

use crate::document::{Document, Node, Syntax, syntax_of};
use crate::extract::note;
use crate::model::{Facts, Key, Kind};
use crate::relation::{AUTHENTICATES_AS, CAN_ACCESS, STORED_IN};

/// Lists of recipients, and the field that names one. In rules a list may also be text with commas.
const RECIPIENTS: &[(&str, &str)] = &[
    ("kms", "arn"),
    ("gcp_kms", "resource_id"),
    ("azure_kv", "vault_url"),
    ("azure_keyvault", "vaultUrl"),
    ("hc_vault", "key_name"),
    ("hc_vault_transit_uri", ""),
    ("age", "recipient"),
    ("pgp", "fp"),
];

pub(super) fn wants(path: &str, head: &[u8]) -> bool {
    let has = |word: &[u8]| memchr::memmem::find(head, word).is_some();
    // The block of metadata stands at the end, so the head tells only that values are encrypted.
    matches!(syntax_of(path), Syntax::Yaml | Syntax::Json) && (is_rules(path) || has(b"ENC[AES")) || has(b"AGE-SECRET-KEY-1") && has(b"public key: age1")
}

fn is_rules(path: &str) -> bool {
    matches!(super::name(path).as_str(), ".sops.yaml" | ".sops.yml")
}

pub(super) fn read(document: &Document, facts: &mut Facts) {
    if memchr::memmem::find(&document.bytes, b"AGE-SECRET-KEY-1").is_some() {
        return age_keys(document, facts);
    }
    let trees = match document.trees() {
        Ok(trees) => trees,
        Err(reason) => return note(document, facts, reason),
    };
    for root in trees {
        if is_rules(&document.path) {
            rules(document, root, facts);
        } else {
            encrypted(document, root, facts);
        }
    }
}

fn encrypted(document: &Document, root: &Node, facts: &mut Facts) {
    let Some(sops) = root.get("sops").filter(|s| s.get("mac").is_some() || s.get("lastmodified").is_some()) else { return };
    let file = Key::new(Kind::Location, "file", document.file_id());
    let recipients = recipients(document, sops, &file, facts);
    facts
        .declare(&file, document.name(), document.at(root))
        .attr("store", "file")
        .attr("protection", "encrypted-at-rest")
        .attr("encryption", "sops")
        .attr("recipients", recipients);
    // One blob a value: names are open, values are not.
    let mut values = Vec::new();
    root.walk(&mut |pointer, node| {
        if !pointer.starts_with("/sops/") && node.str().is_some_and(|s| s.starts_with("ENC[AES256_GCM")) {
            values.push((pointer.to_owned(), node));
        }
    });
    for (pointer, node) in values {
        let at = document.at(node);
        let name = pointer.rsplit('/').next().unwrap_or_default();
        let blob = Key::new(Kind::Credential, "sealed-blob", format!("cred:sealed-blob/{}#{pointer}", document.file_id()));
        facts.declare(&blob, name, at.clone()).attr("state", "encrypted").attr("type", "sealed-blob").attr("rule", "sops");
        facts.relate(&blob, &STORED_IN, &file, at);
    }
}

/// `creation_rules`: which files are encrypted for whom from now on.
fn rules(document: &Document, root: &Node, facts: &mut Facts) {
    let lists = ["creation_rules", "destination_rules"].into_iter().filter_map(|l| Some((l, root.get(l)?)));
    for (list, rules) in lists {
        for (i, rule) in rules.items().iter().enumerate() {
            let own = Key::new(Kind::Location, "other:sops-rule", format!("{}#{list}/{i}", document.file_id()));
            let recipients = recipients(document, rule, &own, facts);
            let paths = rule.get_str("path_regex").unwrap_or("every file");
            let node = facts.declare(&own, paths, document.at(rule));
            node.attr("store", "sops").attr("protection", "encrypted-at-rest").attr("recipients", recipients);
            for field in ["encrypted_regex", "unencrypted_regex", "encrypted_suffix", "unencrypted_suffix", "shamir_threshold"] {
                if let Some(value) = rule.get(field).and_then(Node::scalar) {
                    node.attr(field, value);
                }
            }
        }
    }
}

/// Who opens what stands in `place`: keys of clouds as resources, keys of people and machines as who holds them.
fn recipients(document: &Document, holder: &Node, place: &Key, facts: &mut Facts) -> Vec<String> {
    let mut out = Vec::new();
    let groups = holder.get("key_groups").into_iter().flat_map(Node::items);
    for holder in std::iter::once(holder).chain(groups) {
        for (list, field) in RECIPIENTS {
            for item in holder.get(list).into_iter().flat_map(Node::one_or_many) {
                let node = item.get(field).unwrap_or(item);
                for name in node.str().unwrap_or_default().split(',').map(str::trim).filter(|n| !n.is_empty()) {
                    // `key+role`: the role that decrypts.
                    let (name, role) = name.split_once('+').map_or((name, item.get_str("role")), |(n, r)| (n, Some(r)));
                    let at = document.at(node);
                    let id = match *list {
                        "kms" => name.to_owned(),
                        "gcp_kms" => format!("//cloudkms.googleapis.com/{name}"),
                        "azure_kv" | "azure_keyvault" => azure(item, name),
                        "hc_vault" | "hc_vault_transit_uri" => format!("vault-transit:{}", name.split("://").last().unwrap_or(name)),
                        _ => {
                            let (subtype, id) =
                                if *list == "pgp" { ("x509-subject", format!("pgp:{name}")) } else { ("other:age-recipient", format!("age:{name}")) };
                            let who = Key::new(Kind::Identity, subtype, id);
                            facts.mention(&who, name, at.clone()).attr("auth_style", "static");
                            facts.relate(&who, &CAN_ACCESS, place, at).attr("level", "secret-read");
                            out.push(format!("{list}:{name}"));
                            continue;
                        }
                    };
                    let key = Key::new(Kind::Resource, "kms", id.as_str());
                    facts.mention(&key, name.rsplit('/').next().unwrap_or(name), at.clone());
                    if let Some(role) = role.filter(|r| r.starts_with("arn:")) {
                        let role = Key::new(Kind::Identity, "aws-role", role);
                        facts.mention(&role, role.id.rsplit('/').next().unwrap_or_default().to_owned(), at.clone());
                        facts.relate(&role, &CAN_ACCESS, &key, at).attr("level", "secret-read");
                    }
                    out.push(format!("{list}:{id}"));
                }
            }
        }
    }
    out
}

/// The key inside a vault, without its version.
fn azure(item: &Node, url: &str) -> String {
    let name = item.get_str("key").or_else(|| item.get_str("name"));
    let rest = url.split("://").last().unwrap_or(url).trim_end_matches('/');
    let vault = rest.split(['.', '/']).next().unwrap_or(rest);
    let named = name.or_else(|| rest.split_once("/keys/").and_then(|(_, k)| k.split('/').next()));
    format!("azkv:{vault}/keys/{}", named.unwrap_or("?"))
}

/// What `age-keygen` writes: each private key below its public half.
fn age_keys(document: &Document, facts: &mut Facts) {
    let mut public = None;
    for (i, line) in document.text().lines().enumerate() {
        let at = document.at_line(i as u32 + 1);
        if let Some((_, recipient)) = line.split_once("public key: ").filter(|(_, r)| r.starts_with("age1")) {
            public = Some(recipient.trim().to_owned());
        } else if line.starts_with("AGE-SECRET-KEY-1")
            && let Some(recipient) = public.take()
        {
            let who = Key::new(Kind::Identity, "other:age-recipient", format!("age:{recipient}"));
            let slot = Key::new(Kind::Location, "file", format!("{}#age/{recipient}", document.file_id()));
            facts.declare(&slot, "age key", at.clone()).attr("store", "file").attr("protection", "plaintext");
            facts.mention(&who, recipient, at.clone()).attr("auth_style", "static");
            facts.holds(&slot, at.clone());
            facts.relate(&slot, &AUTHENTICATES_AS, &who, at);
        }
    }
}
