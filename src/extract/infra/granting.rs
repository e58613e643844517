//! What policies of AWS permit, who has them and whom roles trust, whichever language states it: one way for Terraform, CloudFormation and Serverless.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::breadth::{breadth, of_principals};
use super::policy::{self, Statement};
use crate::extract::kubernetes::account_key;
use crate::model::{Facts, Key, Kind, Level, Location};
use crate::relation::{CAN_ASSUME, GRANTED, PERMITS, TRUSTS};
use crate::tables;

/// What a template or a folder knows of what it names.
pub(in crate::extract) trait Names {
    /// The account that everything belongs to, or `{scope}` when none is stated.
    fn account(&self) -> &str;

    /// Nodes that a text refers to.
    fn named(&self, text: &str) -> Vec<(Key, String)>;
}

/// A policy of the same code, or one by its ARN: what that allows is told where it is defined, or by the tables.
pub(in crate::extract) fn attach(identity: &Key, arn: &str, names: &impl Names, facts: &mut Facts, at: &Location) {
    if let Some((policy, _)) = names.named(arn).first() {
        facts.relate(identity, &GRANTED, policy, at.clone());
    } else if arn.starts_with("arn:") {
        let policy = Key::new(Kind::Policy, "aws-policy", arn);
        facts.mention(&policy, arn.rsplit('/').next().unwrap_or(arn), at.clone());
        facts.relate(identity, &GRANTED, &policy, at.clone());
    }
}

/// The node that stands for everything of one service in the account, or for the account.
pub(super) fn whole_service(service: &str, names: &impl Names, facts: &mut Facts, at: &Location) -> Key {
    let subtype = tables::aws::resource(service);
    let (id, name) = if service == "*" {
        (format!("aws:{}", names.account()), "AWS account".to_owned())
    } else {
        (format!("aws:{}/{service}/*", names.account()), format!("every {service} resource"))
    };
    let key = Key::new(Kind::Resource, subtype, id);
    facts.mention(&key, name, at.clone());
    key
}

/// What a policy permits, resource by resource.
pub(in crate::extract) fn grants(policy: &Key, statements: &[Statement], names: &impl Names, facts: &mut Facts, at: &Location) {
    let attributes: Vec<Json> = statements.iter().map(policy::attribute).collect();
    facts.mention(policy, String::new(), at.clone()).attr("statements", attributes);
    for s in statements {
        let actions: Vec<String> = if s.actions.is_empty() && !s.not_actions.is_empty() { vec!["*".into()] } else { s.actions.clone() };
        let resources: Vec<String> = if s.resources.is_empty() && !s.not_resources.is_empty() { vec!["*".into()] } else { s.resources.clone() };
        for resource in &resources {
            // What the resource is, and the actions of the statement that are about it.
            let mut targets: Vec<(Key, Vec<String>)> = names
                .named(resource)
                .into_iter()
                .map(|(k, _)| k)
                .filter(|k| matches!(k.kind, Kind::Resource | Kind::Location | Kind::Identity | Kind::Consumer | Kind::Agent))
                .map(|k| (k, actions.clone()))
                .collect();
            if targets.is_empty() && (resource == "*" || resource.contains("${")) {
                let mut services: BTreeMap<&str, Vec<String>> = BTreeMap::new();
                for action in &actions {
                    let service = action.split_once(':').map_or("*", |(service, _)| service);
                    services.entry(service).or_default().push(action.clone());
                }
                targets.extend(services.into_iter().map(|(service, own)| (whole_service(service, names, facts, at), own)));
            } else if targets.is_empty() && resource.starts_with("arn:") {
                targets.push((by_arn(resource, facts, at), actions.clone()));
            }
            for (target, own) in targets {
                let level = own.iter().map(|a| policy::level(a)).max().unwrap_or(Level::None);
                let edge = facts.relate(policy, &PERMITS, &target, at.clone());
                edge.attr("effect", if s.allow { "allow" } else { "deny" }).attr("level", level.name()).attr("actions", own);
                if s.conditions.is_some() {
                    edge.conditional();
                }
            }
        }
    }
}

/// The node that a literal ARN names; a pattern for what is in it means the thing itself.
fn by_arn(arn: &str, facts: &mut Facts, at: &Location) -> Key {
    let service = arn.split(':').nth(2).unwrap_or_default();
    let bare = if service == "s3" { arn.split('/').next().unwrap_or(arn) } else { arn.trim_end_matches("/*") };
    let key = match service {
        "iam" if arn.contains(":role/") => Key::new(Kind::Identity, "aws-role", bare),
        "iam" if arn.contains(":user/") => Key::new(Kind::Identity, "aws-user", bare),
        "secretsmanager" | "ssm" => Key::new(Kind::Location, "cloud-secret", bare),
        _ => Key::new(Kind::Resource, tables::aws::resource(service), bare),
    };
    facts.mention(&key, bare.rsplit([':', '/']).next().unwrap_or(bare), at.clone());
    key
}

/// Kubernetes accounts that a trust names without a pattern: `system:serviceaccount:namespace:name`.
fn service_accounts(conditions: Option<&Json>, names: &impl Names) -> Vec<(Key, String)> {
    let repository = names.account().trim_matches(['{', '}']).split("//").next().unwrap_or_default();
    let tests = conditions.and_then(Json::as_object).into_iter().flat_map(|c| c.values()).filter_map(Json::as_object);
    tests
        .flat_map(|t| t.values())
        .flat_map(many)
        .filter_map(|v| {
            let (namespace, name) = v.strip_prefix("system:serviceaccount:")?.split_once(':')?;
            let plain = |s: &str| !s.is_empty() && !s.contains(['*', '?', '$', '{']);
            (plain(namespace) && plain(name)).then(|| (account_key(repository, namespace, name), name.to_owned()))
        })
        .collect()
}

/// Whom a role trusts.
pub(in crate::extract) fn trust(role: &Key, s: &Statement, names: &impl Names, facts: &mut Facts, at: &Location) {
    if !s.allow {
        return;
    }
    for (kind, who) in &s.principals {
        let named = names.named(who).into_iter().next();
        match kind.as_str() {
            "Service" => {
                let key = Key::new(Kind::Issuer, "other:aws-service", format!("aws-service:{who}"));
                facts.mention(&key, who.clone(), at.clone());
                facts.relate(role, &TRUSTS, &key, at.clone()).attr("breadth", "service");
            }
            "Federated" => {
                let (key, name) = named.unwrap_or_else(|| {
                    let host = who.split("oidc-provider/").nth(1).unwrap_or(who).to_owned();
                    (Key::new(Kind::Issuer, "oidc-provider", format!("oidc-provider:{host}")), host)
                });
                facts.mention(&key, name, at.clone());
                let edge = facts.relate(role, &TRUSTS, &key, at.clone());
                edge.attr("breadth", breadth(s.conditions.as_ref())).attr("conditions", s.conditions.clone().unwrap_or_else(|| json!({})));
                for (account, name) in service_accounts(s.conditions.as_ref(), names) {
                    facts.mention(&account, name, at.clone());
                    facts.relate(&account, &CAN_ASSUME, role, at.clone()).attr("via", "irsa");
                }
            }
            _ if who == "*" => {
                let key = Key::new(Kind::Party, "class", "class:public");
                facts.mention(&key, "anyone", at.clone());
                let breadth = of_principals(s.conditions.as_ref());
                let edge = facts.relate(role, &TRUSTS, &key, at.clone());
                edge.attr("breadth", breadth);
                if let Some(conditions) = &s.conditions {
                    edge.attr("conditions", conditions.clone());
                }
                if breadth == "world" {
                    facts.relate(&key, &CAN_ASSUME, role, at.clone());
                }
            }
            _ => {
                let key = match named {
                    Some((key, _)) => key,
                    None if who.ends_with(":root") || who.chars().all(|c| c.is_ascii_digit()) => {
                        let key = Key::new(Kind::Identity, "aws-root", who.clone());
                        facts.mention(&key, who.clone(), at.clone());
                        key
                    }
                    None => {
                        let subtype = if who.contains(":user/") { "aws-user" } else { "aws-role" };
                        let key = Key::new(Kind::Identity, subtype, who.clone());
                        facts.mention(&key, who.rsplit('/').next().unwrap_or(who), at.clone());
                        key
                    }
                };
                let edge = facts.relate(role, &TRUSTS, &key, at.clone());
                edge.attr("breadth", "principal");
                if let Some(conditions) = &s.conditions {
                    edge.attr("conditions", conditions.clone());
                }
                facts.relate(&key, &CAN_ASSUME, role, at.clone());
            }
        }
    }
}

pub(super) fn many(value: &Json) -> Vec<String> {
    match value {
        Json::Array(items) => items.iter().filter_map(Json::as_str).map(str::to_owned).collect(),
        Json::String(one) => vec![one.clone()],
        _ => Vec::new(),
    }
}
