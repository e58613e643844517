//! The Serverless Framework: functions, the role that they share, their variables and where these come from, and who can call them.

use std::collections::BTreeMap;

use super::cloudformation::{self, Template};
use super::granting;
use crate::document::{Document, Node};
use crate::extract::ci::work::is_secret_name;
use crate::extract::note;
use crate::model::{Facts, Key, Kind};
use crate::relation::{CAN_TRIGGER, CONSUMES, GRANTED, RUNS_AS, SOURCED_FROM};

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let trees = match document.trees() {
        Ok(trees) => trees,
        Err(reason) => return note(document, facts, reason),
    };
    for root in trees.iter().filter(|r| r.get("provider").is_some()) {
        for part in root.get("resources").into_iter().flat_map(Node::one_or_many) {
            cloudformation::template(document, part, facts);
        }
        let role = role(document, root, facts);
        for (name, body) in root.get("functions").into_iter().flat_map(Node::entries).filter(|(_, b)| b.is_map()) {
            let Some(title) = name.str() else { continue };
            let at = document.place(name.line, name.column, body.end_line);
            let key = Key::new(Kind::Consumer, "function", format!("sls:{}//{}#{title}", document.repository_body(), document.path));
            facts.declare(&key, title, at.clone()).attr("platform", "serverless");
            match body.get("role").and_then(|r| Some((r, r.str().filter(|t| t.starts_with("arn:"))?))) {
                Some((node, arn)) => {
                    let own = Key::new(Kind::Identity, "aws-role", arn);
                    facts.mention(&own, arn.rsplit('/').next().unwrap_or(arn), document.at(node));
                    facts.relate(&key, &RUNS_AS, &own, document.at(node));
                }
                None => {
                    facts.relate(&key, &RUNS_AS, &role, at);
                }
            }
            for environment in [root.path(&["provider", "environment"]), body.get("environment")].into_iter().flatten() {
                variables(document, &key, environment, facts);
            }
            events(document, &key, body, facts);
        }
    }
}

/// The role that functions have unless they name their own.
fn role(document: &Document, root: &Node, facts: &mut Facts) -> Key {
    let provider = root.get("provider").unwrap_or(root);
    let named = provider.path(&["iam", "role"]).or_else(|| provider.get("role"));
    if let Some((node, arn)) = named.and_then(|r| Some((r, r.str().filter(|t| t.starts_with("arn:"))?))) {
        let key = Key::new(Kind::Identity, "aws-role", arn);
        facts.mention(&key, arn.rsplit('/').next().unwrap_or(arn), document.at(node));
        return key;
    }
    let service = root.get("service").and_then(|s| s.str().or_else(|| s.get_str("name"))).unwrap_or("service");
    let template = Template::empty(document);
    let key = Key::new(Kind::Identity, "aws-role", format!("arn:aws:iam::{}:role/{service}-lambdaRole", template.account));
    let at = document.at(provider);
    facts.declare(&key, format!("{service}-lambdaRole"), at).attr("provider", "aws").attr("generated", true);
    let statements = named.and_then(|r| r.get("statements")).or_else(|| provider.get("iamRoleStatements"));
    if let Some(list) = statements {
        let policy = Key::new(Kind::Policy, "aws-policy", format!("pol:{}#statements", key.id));
        let at = document.at(list);
        facts.declare(&policy, "statements", at.clone());
        facts.relate(&key, &GRANTED, &policy, at.clone());
        granting::grants(&policy, &template.listed(list), &template, facts, &at);
    }
    key
}

/// Each variable is a slot; what stands in `${…}` feeds it.
fn variables(document: &Document, key: &Key, environment: &Node, facts: &mut Facts) {
    for (name, value) in environment.entries() {
        let (Some(name), Some(text)) = (name.str(), value.str()) else { continue };
        let mut sources: BTreeMap<String, (&'static str, String)> = BTreeMap::new();
        for inner in text.split("${").skip(1).filter_map(|r| r.split(['}', ',']).next()) {
            let Some((kind, rest)) = inner.split_once(':') else { continue };
            let account = Template::empty(document).account;
            match kind.split('(').next().unwrap_or(kind) {
                "ssm" => {
                    let path = rest.split('~').next().unwrap_or(rest);
                    let id = match path.strip_prefix("/aws/reference/secretsmanager/") {
                        Some(secret) => format!("asm:{account}/{secret}"),
                        None => format!("ssm:{account}/?/{}", path.trim_start_matches('/')),
                    };
                    sources.insert(id, ("cloud-secret", path.to_owned()));
                }
                "env" => {
                    sources.insert(format!("os-env:{}#{rest}", document.repository_body()), ("env", rest.to_owned()));
                }
                _ => {}
            }
        }
        if sources.is_empty() && !is_secret_name(name) {
            continue;
        }
        let at = document.at(value);
        let slot = Key::new(Kind::Location, "env", format!("{}#{name}", key.id));
        facts.declare(&slot, name, at.clone()).attr("store", "env");
        facts.relate(key, &CONSUMES, &slot, at.clone());
        facts.holds(&slot, at.clone());
        for (id, (subtype, label)) in sources {
            let source = Key::new(Kind::Location, subtype, id);
            facts.mention(&source, label, at.clone());
            facts.relate(&slot, &SOURCED_FROM, &source, at.clone());
        }
    }
}

/// An HTTP event without an authorizer is open to anyone.
fn events(document: &Document, key: &Key, body: &Node, facts: &mut Facts) {
    let url = body.get("url").filter(|u| u.bool() == Some(true) || u.is_map() && u.get("authorizer").is_none());
    let open = body.get("events").into_iter().flat_map(Node::items).filter(|e| {
        ["http", "httpApi"].iter().filter_map(|k| e.get(k)).any(|h| h.get("authorizer").is_none() && h.get("private").and_then(Node::bool) != Some(true))
    });
    for node in open.chain(url) {
        let public = Key::new(Kind::Party, "class", "class:public");
        facts.mention(&public, "anyone", document.at(node));
        facts.relate(&public, &CAN_TRIGGER, key, document.at(node)).attr("input", "data");
    }
}
