//! SOPS: files whose values are encrypted, and the keys that open them.

use crate::document::{Document, Node};
use crate::model::{Facts, Key, Kind};
use crate::relation::STORED_IN;

/// Lists of recipients, the field that names one, and whether it is a key of a cloud.
const RECIPIENTS: &[(&str, &str, bool)] = &[
    ("kms", "arn", true),
    ("gcp_kms", "resource_id", true),
    ("azure_kv", "vault_url", true),
    ("hc_vault", "key_name", false),
    ("age", "recipient", false),
    ("pgp", "fp", false),
];

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let Ok(trees) = document.trees() else { return };
    for root in trees {
        let Some(sops) = root.get("sops").filter(|s| s.get("mac").is_some() || s.get("lastmodified").is_some()) else { continue };
        let file = Key::new(Kind::Location, "file", document.file_id());
        let mut recipients = Vec::new();
        let groups = sops.get("key_groups").into_iter().flat_map(Node::items);
        for holder in std::iter::once(sops).chain(groups) {
            for (list, field, cloud) in RECIPIENTS {
                for (node, name) in holder.get(list).into_iter().flat_map(Node::items).filter_map(|i| i.get(field)).filter_map(|n| Some((n, n.str()?))) {
                    recipients.push(format!("{list}:{name}"));
                    if *cloud {
                        let id = if *list == "gcp_kms" { format!("//cloudkms.googleapis.com/{name}") } else { name.to_owned() };
                        let key = Key::new(Kind::Resource, "kms", id);
                        facts.mention(&key, name.rsplit('/').next().unwrap_or(name), document.at(node));
                    }
                }
            }
        }
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
}
