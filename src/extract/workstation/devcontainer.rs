//! Development containers: what the machine of a developer hands to them.

use super::platforms::slot;
use crate::document::{Document, Node, parse_json_inside};
use crate::extract::ci::work::is_secret_name;
use crate::model::{Facts, Key, Kind};
use crate::relation::{CONSUMES, SOURCED_FROM};

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let Ok(root) = parse_json_inside(&document.text(), 1) else { return };
    let name = root.get_str("name").unwrap_or("devcontainer");
    let key = Key::new(Kind::Consumer, "devcontainer", format!("devcontainer:{}", document.file_id()));
    let mut escape: Vec<String> = Vec::new();
    if root.get("privileged").and_then(Node::bool) == Some(true)
        || root.get("runArgs").into_iter().flat_map(Node::items).any(|a| a.str() == Some("--privileged"))
    {
        escape.push("privileged".into());
    }
    let mounts: Vec<&Node> = root.get("mounts").map(Node::items).unwrap_or_default().iter().collect();
    let source = |m: &Node| m.str().or_else(|| m.get_str("source")).unwrap_or_default().to_owned();
    if mounts.iter().any(|m| source(m).contains("docker.sock")) {
        escape.push("mounts /var/run/docker.sock".into());
    }
    let node = facts.declare(&key, name, document.at(&root));
    node.attr("platform", "devcontainer");
    if !escape.is_empty() {
        node.attr("escape", escape);
    }
    for mount in mounts {
        let path = source(mount);
        if let Some(found) = [".aws", ".ssh", ".kube", ".config/gcloud", ".azure", ".docker", ".npmrc", ".netrc"].iter().find(|p| path.contains(*p)) {
            let slot = Key::new(Kind::Location, "file", format!("home-file:{found}"));
            facts.mention(&slot, *found, document.at(mount)).attr("store", "file");
            facts.relate(&key, &CONSUMES, &slot, document.at(mount));
        }
    }
    for block in ["containerEnv", "remoteEnv"] {
        for (name, value) in root.get(block).into_iter().flat_map(Node::entries) {
            let Some(name) = name.str().filter(|n| is_secret_name(n)) else { continue };
            slot(document, &key, name, document.at(value), value.str().is_some_and(|v| !v.is_empty() && !v.contains("${")), facts);
            if let Some(outer) = value.str().and_then(|v| v.split("${localEnv:").nth(1)).and_then(|r| r.split(['}', ':']).next()) {
                let from = Key::new(Kind::Location, "env", format!("os-env:{}#{outer}", document.repository_body()));
                facts.mention(&from, outer, document.at(value));
                facts.relate(&Key::new(Kind::Location, "env", format!("{}#{name}", key.id)), &SOURCED_FROM, &from, document.at(value));
            }
        }
    }
    for (name, value) in root.get("secrets").into_iter().flat_map(Node::entries) {
        if let Some(name) = name.str() {
            let slot = Key::new(Kind::Location, "ci-secret", format!("gh-codespaces-secret:{}/{name}", document.repository_body()));
            facts.mention(&slot, name, document.at(value)).attr("store", "github");
            facts.relate(&key, &CONSUMES, &slot, document.at(value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_takes_what_is_mounted() {
        let mut facts = Facts::default();
        let text =
            "{ // c\n \"mounts\": [\"source=${localEnv:HOME}/.aws,target=/root/.aws,type=bind\"], \"remoteEnv\": { \"GH_TOKEN\": \"${localEnv:GH_TOKEN}\" } }";
        read(&Document::new("repo:github.com/acme/web".into(), ".devcontainer/devcontainer.json", text.as_bytes().to_vec(), None), &mut facts);
        let edge = |relation: &str, to: &str| facts.edges.iter().any(|e| e.relation.name == relation && e.to.id.ends_with(to));
        assert!(edge("consumes", "home-file:.aws"));
        assert!(edge("sourced_from", "os-env:github.com/acme/web#GH_TOKEN"));
    }
}
