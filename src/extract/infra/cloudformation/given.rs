//! What a resource is given: the roles that it runs as, and its secrets.

use std::collections::BTreeSet;

use super::template::Template;
use crate::document::Node;
use crate::model::{Basis, Facts, Key, Kind};
use crate::relation::{CAN_ACCESS, CONSUMES, RUNS_AS, SOURCED_FROM};

/// Properties that name the role that a resource runs as.
const ROLES: &[&str] = &[
    "Role",
    "RoleArn",
    "RoleARN",
    "TaskRoleArn",
    "ExecutionRoleArn",
    "ServiceRole",
    "ServiceRoleArn",
    "JobRoleArn",
    "IamInstanceProfile",
    "InstanceRoleArn",
    "AgentResourceRoleArn",
];

/// Properties that hold a secret.
const SECRETS: &[&str] = &["SecretString", "MasterUserPassword", "Password", "AuthToken", "SecretKey", "ClientSecret", "OAuthToken", "AccessToken"];

/// Roles that a consumer is given anywhere in its properties.
pub(super) fn runs(template: &Template<'_>, key: &Key, properties: &Node, facts: &mut Facts) {
    let mut found = Vec::new();
    properties.walk(&mut |_, node| found.extend(ROLES.iter().filter_map(|r| node.get(r))));
    for node in found {
        let at = template.document.at(node);
        let text = template.text(node);
        let mut roles: Vec<Key> = template.named_in(&text).into_iter().map(|(k, _)| k).filter(|k| k.kind == Kind::Identity).collect();
        if roles.is_empty() && text.starts_with("arn:") && text.contains(":role/") && !text.contains("${") {
            let role = Key::new(Kind::Identity, "aws-role", &text);
            facts.mention(&role, text.rsplit('/').next().unwrap_or(&text), at.clone());
            roles.push(role);
        }
        for role in roles {
            facts.relate(key, &RUNS_AS, &role, at.clone());
        }
    }
}

/// Secrets that a resource is given: as values, as variables, and by dynamic references.
pub(super) fn given(template: &Template<'_>, key: &Key, properties: &Node, facts: &mut Facts) {
    let document = template.document;
    let mut variables: Vec<(String, &Node)> = Vec::new();
    let mut literals: Vec<(String, &Node)> = Vec::new();
    properties.walk(&mut |pointer, node| {
        let last = pointer.rsplit('/').next().unwrap_or_default();
        let parent = pointer.rsplit('/').nth(1).unwrap_or_default();
        if parent == "Variables" && pointer.contains("Environment/") {
            variables.push((last.to_owned(), node));
        }
        if let (Some(name), Some(value)) = (node.get_str("Name"), node.get("Value").or_else(|| node.get("ValueFrom")))
            && (pointer.contains("/Environment") || pointer.contains("/Secrets"))
        {
            variables.push((name.to_owned(), value));
        }
        if SECRETS.contains(&last) && key.kind == Kind::Resource {
            for (slot, label) in template.slots(&template.text(node)) {
                facts.mention(&slot, label, document.at(node));
                facts.relate(&slot, &CAN_ACCESS, key, document.at(node)).basis(Basis::Evaluated).attr("level", "write");
            }
        }
        if SECRETS.contains(&last) && node.str().is_some_and(|s| !s.is_empty() && !s.contains("{{resolve:")) {
            literals.push((pointer.to_owned(), node));
        }
    });
    for (pointer, node) in literals {
        let slot =
            if key.kind == Kind::Location { key.clone() } else { Key::new(Kind::Location, "file", format!("{}#/Resources{pointer}", document.file_id())) };
        facts.mention(&slot, pointer.rsplit('/').next().unwrap_or_default(), document.at(node)).attr("protection", "plaintext");
        if slot != *key && key.kind == Kind::Resource {
            facts.relate(&slot, &CAN_ACCESS, key, document.at(node)).basis(Basis::Evaluated).attr("level", "write");
        }
        facts.holds(&slot, document.at(node));
    }
    let mut covered: BTreeSet<u32> = BTreeSet::new();
    for (name, node) in variables.iter().filter(|_| matches!(key.kind, Kind::Consumer | Kind::Agent)) {
        let text = template.text(node);
        let mut sources = template.slots(&text);
        if sources.is_empty() && text.starts_with("arn:") && (text.contains(":secretsmanager:") || text.contains(":ssm:")) {
            sources.push((Key::new(Kind::Location, "cloud-secret", &text), text.rsplit([':', '/']).next().unwrap_or(&text).to_owned()));
        }
        let secret = crate::extract::ci::work::is_secret_name(name);
        if sources.is_empty() && !secret {
            continue;
        }
        let at = document.at(node);
        covered.insert(at.line);
        let slot = Key::new(Kind::Location, "env", format!("{}#{name}", key.id));
        facts.declare(&slot, name.clone(), at.clone()).attr("store", "env");
        facts.relate(key, &CONSUMES, &slot, at.clone());
        facts.holds(&slot, at.clone());
        for (source, label) in sources {
            facts.mention(&source, label, at.clone());
            facts.relate(&slot, &SOURCED_FROM, &source, at.clone());
        }
    }
    properties.walk(&mut |_, node| {
        let Some(text) = node.str().filter(|t| t.contains("{{resolve:") && !covered.contains(&node.line)) else { return };
        for (source, label) in dynamic(template, text) {
            facts.mention(&source, label, document.at(node));
            let relation = match key.kind {
                Kind::Location => &SOURCED_FROM,
                Kind::Consumer | Kind::Agent => &CONSUMES,
                _ => continue,
            };
            facts.relate(key, relation, &source, document.at(node));
        }
    });
}

/// `{{resolve:secretsmanager:id:SecretString:key}}`, `{{resolve:ssm-secure:name}}`.
pub(super) fn dynamic(template: &Template<'_>, text: &str) -> Vec<(Key, String)> {
    text.split("{{resolve:")
        .skip(1)
        .filter_map(|r| r.split("}}").next())
        .filter_map(|inner| {
            let (service, rest) = inner.split_once(':')?;
            match service {
                "secretsmanager" => {
                    let (id, arn) = if rest.starts_with("arn:") {
                        (rest.splitn(8, ':').take(7).collect::<Vec<_>>().join(":"), true)
                    } else {
                        (rest.split(':').next()?.to_owned(), false)
                    };
                    if let Some(known) = template.named_in(&id).into_iter().next() {
                        return Some(known);
                    }
                    let key = Key::new(Kind::Location, "cloud-secret", if arn { id.clone() } else { format!("asm:{}/{id}", template.account) });
                    Some((key, id))
                }
                "ssm" | "ssm-secure" => {
                    // AWS keeps public parameters, such as the newest images, under a prefix of its own.
                    let name = rest.split(':').next().filter(|n| !n.starts_with("/aws/service/"))?;
                    Some((Key::new(Kind::Location, "cloud-secret", format!("ssm:{}/?/{}", template.account, name.trim_start_matches('/'))), name.to_owned()))
                }
                _ => None,
            }
        })
        .collect()
}
