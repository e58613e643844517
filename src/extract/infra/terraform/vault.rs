//! Vault: policies by path, and the roles of its login methods with whom they admit.

use serde_json::{Value as Json, json};

use super::Block;
use super::eval::Scope;
use super::references::targets;
use crate::extract::infra::vault::permit;
use crate::extract::kubernetes::account_key;
use crate::model::{Basis, Facts, Key, Kind, Location};
use crate::relation::{AUTHENTICATES_AS, CAN_ACCESS, CAN_ASSUME, GRANTED, SAME_AS, TRUSTS};

/// `path "…" { capabilities = […] }`, as a policy states it.
struct Rule<'a> {
    path: &'a str,
    capabilities: Vec<String>,
}

/// The rules of a policy in Vault's own language.
fn rules(text: &str) -> Vec<Rule<'_>> {
    text.split("path ")
        .skip(1)
        .filter_map(|part| {
            let path = part.trim_start().strip_prefix('"')?.split('"').next()?;
            let list = part.split("capabilities").nth(1)?.split('[').nth(1)?.split(']').next()?;
            let capabilities = list.split(',').map(|c| c.trim().trim_matches(['"', '\'']).to_owned()).filter(|c| !c.is_empty()).collect();
            Some(Rule { path, capabilities })
        })
        .collect()
}

pub(super) fn read(block: &Block<'_>, scope: &Scope<'_>, facts: &mut Facts) {
    let at = block.document.at(block.body);
    let text = |name: &str| scope.attribute(block.body, name).map(|t| scope.filled(&t, 0));
    match block.resource_type {
        "vault_policy" => {
            let name = text("name").unwrap_or_else(|| block.name.to_owned());
            let key = policy(&name, scope);
            facts.declare(&key, name, at.clone()).attr("provider", "vault");
            if let Some(node) = block.body.get("policy") {
                // Rules that stand in a document of their own are the policy's.
                let at = block.document.at(node);
                for (document, _) in targets(scope, node).iter().filter(|(k, _)| k.kind == Kind::Policy && *k != key) {
                    facts.relate(&key, &SAME_AS, document, at.clone()).attr("because", "policy document");
                }
            }
            if let Some(document) = text("policy") {
                let at = block.body.get("policy").map_or(at, |n| block.document.at(n));
                for rule in rules(&document) {
                    permit(&scope.account, &key, rule.path, &rule.capabilities, at.clone(), facts);
                }
            }
        }
        "vault_policy_document" => {
            let Some((key, _)) = scope.own(block) else { return };
            for rule in block.body.all("rule") {
                let Some(path) = scope.attribute(rule, "path").map(|p| scope.filled(&p, 0)) else { continue };
                let capabilities = rule.get("capabilities").map(|n| scope.value(n, 0)).iter().flat_map(many).collect::<Vec<_>>();
                permit(&scope.account, key, &path, &capabilities, block.document.at(rule), facts);
            }
        }
        kind if ENGINES.iter().any(|(k, ..)| *k == kind) => engine(block, scope, facts, &at),
        "vault_approle_auth_backend_role_secret_id" => {
            let (Some((key, _)), Some(role)) = (scope.own(block), text("role_name")) else { return };
            let mount = text("backend").unwrap_or_else(|| "approle".into());
            let identity = Key::new(Kind::Identity, "vault-role", format!("vault-role:{}/{mount}/{role}", scope.account));
            facts.relate(key, &AUTHENTICATES_AS, &identity, at);
        }
        kind if kind.starts_with("vault_") && (kind.ends_with("_backend_role") || kind.ends_with("_auth_backend_role") || kind.ends_with("_secret_role")) => {
            let Some(name) = text("role_name").or_else(|| text("role")).or_else(|| text("name")) else { return };
            if !kind.contains("auth_backend") {
                return;
            }
            let mount = text("backend").unwrap_or_else(|| kind.trim_start_matches("vault_").split('_').next().unwrap_or_default().to_owned());
            let role = Key::new(Kind::Identity, "vault-role", format!("vault-role:{}/{mount}/{name}", scope.account));
            facts.declare(&role, name, at.clone()).attr("provider", "vault").attr("auth_style", "federated");
            let policies = ["token_policies", "policies"].into_iter().find_map(|a| block.body.get(a));
            for held in policies.map(|n| scope.value(n, 0)).iter().flat_map(many) {
                let named = scope.named_in(&held).into_iter().find(|(k, _)| k.kind == Kind::Policy).map(|(k, _)| k.clone());
                facts.relate(&role, &GRANTED, &named.unwrap_or_else(|| policy(&held, scope)), at.clone());
            }
            trust(&role, block, scope, facts, &at);
        }
        _ => {}
    }
}

/// Roles of engines that make credentials: the type of the block, where what they make is read, and the argument that names what it opens.
const ENGINES: &[(&str, &str, &str)] = &[
    ("vault_database_secret_backend_role", "creds", "db_name"),
    ("vault_database_secret_backend_static_role", "static-creds", "db_name"),
    ("vault_aws_secret_backend_role", "creds", ""),
    ("vault_azure_secret_backend_role", "creds", ""),
    ("vault_gcp_secret_roleset", "token", ""),
    ("vault_pki_secret_backend_role", "issue", ""),
    ("vault_kubernetes_secret_backend_role", "creds", ""),
    ("vault_rabbitmq_secret_backend_role", "creds", ""),
];

/// The path under which an engine makes credentials by a role, and what those open.
fn engine(block: &Block<'_>, scope: &Scope<'_>, facts: &mut Facts, at: &Location) {
    let Some((_, middle, opens)) = ENGINES.iter().find(|(k, ..)| *k == block.resource_type) else { return };
    let text = |name: &str| scope.attribute(block.body, name).map(|t| scope.filled(&t, 0));
    let Some(name) = text("name").or_else(|| text("role")).or_else(|| text("roleset")) else { return };
    let mount = text("backend").unwrap_or_else(|| block.resource_type.trim_start_matches("vault_").split('_').next().unwrap_or_default().to_owned());
    let path = format!("{}/{middle}/{name}", mount.trim_matches('/'));
    let key = Key::new(Kind::Location, "vault-path", format!("vault:{}/{path}", scope.account));
    facts.declare(&key, path, at.clone()).attr("provider", "vault").attr("store", "vault").attr("protection", "managed-store").attr("dynamic", true);
    for (thing, _) in block.body.get(opens).map(|n| targets(scope, n)).unwrap_or_default().into_iter().filter(|(k, _)| k.kind == Kind::Resource) {
        facts.relate(&key, &CAN_ACCESS, &thing, at.clone()).basis(Basis::Evaluated).attr("level", "write");
    }
}

fn many(value: &Json) -> Vec<String> {
    match value {
        Json::Array(items) => items.iter().filter_map(Json::as_str).map(str::to_owned).collect(),
        Json::String(one) => vec![one.clone()],
        _ => Vec::new(),
    }
}

fn policy(name: &str, scope: &Scope<'_>) -> Key {
    Key::new(Kind::Policy, "vault-policy", format!("vault-policy:{}/{name}", scope.account))
}

/// Whom a role admits: accounts of Kubernetes by name, tokens of an issuer by their claims.
fn trust(role: &Key, block: &Block<'_>, scope: &Scope<'_>, facts: &mut Facts, at: &Location) {
    let list = |name: &str| block.body.get(name).map(|n| scope.value(n, 0)).iter().flat_map(many).map(|t| scope.filled(&t, 0)).collect::<Vec<_>>();
    let (names, namespaces) = (list("bound_service_account_names"), list("bound_service_account_namespaces"));
    let plain = |t: &String| !t.contains(['*', '$', '?']);
    let repository = block.document.repository_body();
    for (namespace, name) in namespaces.iter().flat_map(|s| names.iter().map(move |n| (s, n))).filter(|(s, n)| plain(s) && plain(n)) {
        let account = account_key(repository, namespace, name);
        facts.mention(&account, name.clone(), at.clone());
        facts.relate(&account, &CAN_ASSUME, role, at.clone()).attr("via", "vault");
    }
    // Names with a star: which accounts those are, the manifests say.
    let open = namespaces.iter().flat_map(|s| names.iter().map(move |n| (s, n))).filter(|(s, n)| !(plain(s) && plain(n)));
    let open: Vec<String> = open.filter(|(s, n)| !s.contains('$') && !n.contains('$')).map(|(s, n)| account_key(repository, s, n).id.to_string()).collect();
    if !open.is_empty() {
        facts.mention(role, String::new(), at.clone()).attr("admits_accounts", open);
    }
    // Principals of a cloud.
    for argument in ["bound_iam_principal_arns", "bound_iam_principal_arn", "bound_iam_role_arns", "bound_iam_role_arn", "bound_service_accounts"] {
        let Some(node) = block.body.get(argument) else { continue };
        let place = block.document.at(node);
        let mut admitted: Vec<Key> = targets(scope, node).into_iter().map(|(k, _)| k).filter(|k| k.kind == Kind::Identity).collect();
        admitted.extend(many(&scope.value(node, 0)).into_iter().filter(plain).filter_map(|text| match text.as_str() {
            arn if arn.starts_with("arn:") && arn.contains(":role/") => Some(Key::new(Kind::Identity, "aws-role", arn)),
            arn if arn.starts_with("arn:") && arn.contains(":user/") => Some(Key::new(Kind::Identity, "aws-user", arn)),
            email if email.contains('@') => Some(Key::new(Kind::Identity, "gcp-service-account", format!("gcp-sa:{email}"))),
            _ => None,
        }));
        for identity in admitted {
            facts.mention(&identity, String::new(), place.clone());
            facts.relate(&identity, &CAN_ASSUME, role, place.clone()).attr("via", "vault");
            facts.relate(role, &TRUSTS, &identity, place.clone());
        }
    }
    let bound = json!({
        "bound_subject": scope.attribute(block.body, "bound_subject").unwrap_or_default(),
        "bound_claims": block.body.get("bound_claims").map(|n| scope.value(n, 0)),
        "bound_claims_type": scope.attribute(block.body, "bound_claims_type").unwrap_or_else(|| "string".into()),
    });
    if block.resource_type == "vault_jwt_auth_backend_role" {
        let backend = block.body.get("backend").map(|n| targets(scope, n)).unwrap_or_default();
        for (issuer, _) in backend.into_iter().filter(|(k, _)| k.kind == Kind::Issuer) {
            let breadth = if bound["bound_subject"] != "" {
                "branch"
            } else if bound["bound_claims"].is_null() {
                "world"
            } else {
                "repo"
            };
            facts.relate(role, &TRUSTS, &issuer, at.clone()).attr("bound", bound.clone()).attr("breadth", breadth);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_read_rule_by_rule() {
        let text = "path \"secret/data/*\" {\n  capabilities = [\"read\", \"list\"]\n}\npath \"sys/policies/acl/*\" { capabilities = [\"create\", \"update\"] }\npath \"secret/data/x\" { capabilities = [\"deny\"] }";
        let found: Vec<(&str, String)> = rules(text).iter().map(|r| (r.path, r.capabilities.join(" "))).collect();
        let expected = [("secret/data/*", "read list"), ("sys/policies/acl/*", "create update"), ("secret/data/x", "deny")];
        assert_eq!(found, expected.map(|(p, c)| (p, c.to_owned())));
        assert!(rules("path \"a\" { }").is_empty());
    }
}
