//! Pulumi: the settings of a stack, some of them encrypted, and what opens them.

use crate::document::{Document, Node};
use crate::extract::note;
use crate::model::{Facts, Key, Kind};
use crate::relation::{CONSUMES, STORED_IN};

/// Whether the file holds the settings of a stack.
pub(super) fn matches(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.starts_with("Pulumi.") && (name.ends_with(".yaml") || name.ends_with(".yml"))
}

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let tree = match document.trees() {
        Ok(trees) => trees.first(),
        Err(reason) => return note(document, facts, reason),
    };
    let Some(tree) = tree else { return };
    let stack = document.name().trim_start_matches("Pulumi.").rsplit_once('.').map_or("stack", |(name, _)| name);
    let runner = Key::new(Kind::Consumer, "iac-runner", format!("pulumi:{{{}//{}}}/{stack}", document.repository_body(), document.folder()));
    facts.declare(&runner, stack, document.at(tree)).attr("platform", "pulumi");
    let file = Key::new(Kind::Location, "file", document.file_id());
    let provider = tree.get_str("secretsprovider").unwrap_or("passphrase");
    for (name, node) in tree.get("config").into_iter().flat_map(Node::entries) {
        let Some(name) = name.str() else { continue };
        let at = document.at(node);
        let slot = Key::new(Kind::Location, "file", format!("{}#/config/{name}", document.file_id()));
        if node.get("secure").is_some() {
            facts
                .declare(&slot, name, at.clone())
                .attr("store", "file")
                .attr("protection", "encrypted-at-rest")
                .attr("opened_by", provider.split("://").next());
            let blob = Key::new(Kind::Credential, "sealed-blob", format!("cred:sealed-blob/{}", slot.id));
            facts.declare(&blob, name, at.clone()).attr("state", "encrypted").attr("type", "sealed-blob").attr("rule", "pulumi");
            facts.relate(&blob, &STORED_IN, &slot, at.clone());
        } else {
            facts.declare(&slot, name, at.clone()).attr("store", "file").attr("protection", "plaintext");
            facts.holds(&slot, at.clone());
        }
        facts.relate(&runner, &CONSUMES, &slot, at);
    }
    if let Some((node, key)) = tree.get("secretsprovider").and_then(|n| Some((n, n.str()?.split_once("://")?.1))) {
        let kms = Key::new(Kind::Resource, "kms", key.split('?').next().unwrap_or(key));
        facts.mention(&kms, key.rsplit('/').next().unwrap_or(key), document.at(node));
        facts.mention(&file, document.name(), document.at(node)).attr("recipients", vec![provider.to_owned()]);
    }
}
