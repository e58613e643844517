//! Jenkins configuration as code: the credentials that a controller keeps, its nodes, and who rules them.

use crate::document::{Document, Node};
use crate::extract::note;
use crate::model::{Facts, Key, Kind, Spec};
use crate::relation::{CAN_CONTROL, CONSUMES, INVOKES, SOURCED_FROM};

/// Fields of a credential that hold its value.
const VALUES: &[&str] = &["password", "secret", "privateKey", "secretKey", "secretBytes", "token", "accessKey"];

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let trees = match document.trees() {
        Ok(trees) => trees,
        Err(reason) => return note(document, facts, reason),
    };
    for root in trees.iter().filter(|t| t.get("jenkins").is_some_and(Node::is_map)) {
        let controller = Key::new(Kind::Consumer, "other:ci-server", format!("jenkins:{}", document.file_id()));
        facts.declare(&controller, "Jenkins", document.at(root)).attr("platform", "jenkins");
        root.walk(&mut |pointer, node| {
            if let Some(id) = node.get_str("id").filter(|_| pointer.contains("redentials/") || pointer.contains("credentials")) {
                credential(document, &controller, id, node, facts);
            }
        });
        let mut nodes = Vec::new();
        for node in root.path(&["jenkins", "nodes"]).into_iter().flat_map(Node::items) {
            let body = node.entries().next().map_or(node, |(_, b)| b);
            let Some(name) = body.get_str("name") else { continue };
            let agent = Key::new(Kind::Consumer, "other:ci-agent", format!("jenkins-node:{}/{name}", document.repository_body()));
            facts.declare(&agent, name, document.at(body)).attr("platform", "jenkins");
            facts.relate(&controller, &INVOKES, &agent, document.at(body));
            nodes.push(agent.clone());
            body.walk(&mut |_, inner| {
                if let Some(id) = inner.get_str("credentialsId") {
                    let slot = Key::new(Kind::Location, "ci-secret", format!("jenkins-cred:{}/{id}", document.repository_body()));
                    facts.mention(&slot, id, document.at(inner));
                    facts.relate(&agent, &CONSUMES, &slot, document.at(inner));
                }
                if let (Some(key), Some(value)) = (inner.get_str("key"), inner.get("value")) {
                    let slot = Key::new(Kind::Location, "env", format!("{}#{key}", agent.id));
                    facts.declare(&slot, key, document.at(inner)).attr("store", "env");
                    facts.relate(&agent, &CONSUMES, &slot, document.at(inner));
                    facts.holds(&slot, document.at(value));
                }
            });
        }
        for strategy in root.path(&["jenkins", "authorizationStrategy"]).into_iter().flat_map(Node::entries).map(|(_, s)| s) {
            rights(document, &controller, &nodes, strategy, facts);
        }
    }
}

/// Rights by which a controller is ruled, and those by which its nodes are: who configures a job runs what they like there.
const RULING: &[&str] = &["Overall/Administer", "Overall/RunScripts"];
const WORKING: &[&str] = &["Agent/Configure", "Agent/Create", "Agent/Connect", "Job/Configure", "Job/Create"];

/// Who may do what: by roles with their people, or by a matrix of rights.
fn rights(document: &Document, controller: &Key, nodes: &[Key], strategy: &Node, facts: &mut Facts) {
    let mut say = |who: &str, right: &str, at: &Node| {
        let right = right.trim();
        let to: &[Key] = if RULING.contains(&right) {
            std::slice::from_ref(controller)
        } else if WORKING.contains(&right) {
            nodes
        } else {
            return;
        };
        let key = match who.trim() {
            "" => return,
            "anonymous" => Key::new(Kind::Party, "class", format!("class:public@{}", document.repository)),
            "authenticated" => return,
            name => Key::new(Kind::Identity, "saas-account", format!("account:{}#{name}", document.repository_body())),
        };
        facts.mention(&key, who.trim(), document.at(at));
        for target in to {
            facts.relate(&key, &CAN_CONTROL, target, document.at(at)).attr("actions", vec![right]);
        }
    };
    for (_, roles) in strategy.get("roles").into_iter().flat_map(Node::entries) {
        for role in roles.items() {
            let mut people: Vec<&str> = role.get("assignments").into_iter().flat_map(Node::items).filter_map(Node::str).collect();
            people.extend(role.get("entries").into_iter().flat_map(Node::items).filter_map(|e| e.get_str("user")));
            for right in role.get("permissions").into_iter().flat_map(Node::items) {
                people.iter().for_each(|who| say(who, right.str().unwrap_or_default(), right));
            }
        }
    }
    for entry in strategy.get("permissions").into_iter().flat_map(Node::items) {
        // `Overall/Administer:admin`, and `USER:Overall/Administer:admin`.
        let text = entry.str().unwrap_or_default();
        let text = text.strip_prefix("USER:").unwrap_or(text);
        if let Some((right, who)) = text.split_once(':').filter(|(r, _)| r.contains('/')) {
            say(who, right, entry);
        }
    }
}

fn credential(document: &Document, controller: &Key, id: &str, body: &Node, facts: &mut Facts) {
    let slot = Key::new(Kind::Location, "ci-secret", format!("jenkins-cred:{}/{id}", document.repository_body()));
    let node = facts.declare(&slot, id, document.at(body));
    node.attr("store", "jenkins").attr("protection", "plaintext");
    if let Some(scope) = body.get_str("scope") {
        node.attr("scope", scope);
    }
    facts.relate(controller, &CONSUMES, &slot, document.at(body));
    body.walk(&mut |pointer, value| {
        if VALUES.iter().any(|v| pointer.ends_with(v)) && value.str().is_some() {
            facts.holds(&slot, document.at(value));
            for name in value.str().into_iter().flat_map(references) {
                let spec = Spec::Name { kind: Kind::Location, subtypes: vec!["file".to_owned(), "env".to_owned()], name: name.to_owned() };
                facts.refer(&slot, &SOURCED_FROM, spec, name, document.at(value));
            }
        }
    });
}

/// Names in `${NAME}` and `${decodeBase64:${NAME}}`.
fn references(text: &str) -> impl Iterator<Item = &str> {
    text.split("${")
        .skip(1)
        .filter_map(|r| r.split(['}', ':']).next())
        .filter(|n| n.len() > 2 && n.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_and_nodes_of_a_controller() {
        let text = "credentials:\n  system:\n    domainCredentials:\n      - credentials:\n          - string: { scope: GLOBAL, id: flag1, secret: \"${FLAG1}\" }\njenkins:\n  nodes:\n    - permanent:\n        name: agent1\n        launcher: { ssh: { credentialsId: flag1 } }\n";
        let document = Document::new("repo:github.com/acme/web".into(), "jenkins.yaml", text.as_bytes().to_vec(), None);
        let mut facts = Facts::default();
        read(&document, &mut facts);
        assert!(facts.nodes.iter().any(|n| &*n.key.id == "jenkins-cred:github.com/acme/web/flag1" && n.declared));
        assert!(facts.edges.iter().any(|e| e.from.id.ends_with("/agent1") && e.relation.name == "consumes"));
    }
}
