//! What each block states.

use serde_json::Value as Json;

use super::Block;
use super::arguments::arguments;
use super::bindings::{principals, relate_only};
use super::documents::{file_key, resolve_statements};
use super::eval::Scope;
use super::references::{references, targets};
use crate::document::Node;
use crate::extract::infra::granting::{attach, grants, trust};
use crate::model::{Facts, Key, Kind};
use crate::relation::{AUTHENTICATES_AS, CAN_ASSUME, DEFINED_BY, GRANTED, STORED_IN};

pub(super) fn block(block: &Block<'_>, scope: &Scope<'_>, facts: &mut Facts) {
    let at = block.document.at(block.body);
    relate_only(block, scope, facts, &at);
    super::entra::read(block, scope, facts);
    super::gitlab::read(block, scope, facts);
    super::vault::read(block, scope, facts);
    super::cluster::read(block, scope, facts);
    super::key_vault::read(block, scope, facts);
    super::settings::relate(block, scope, facts, &at);
    let Some((key, name)) = scope.own(block) else { return };
    let tags = block.body.get("tags").or_else(|| block.body.get("labels")).map(|n| scope.value(n, 0)).filter(Json::is_object);
    let node = if block.data { facts.mention(key, name.clone(), at.clone()) } else { facts.declare(key, name.clone(), at.clone()) };
    node.attr("provider", block.resource_type.split('_').next().unwrap_or_default()).attr("type", block.resource_type);
    if let Some(tags) = tags {
        node.attr("tags", tags);
    }
    super::lifetime::state(block, scope, key.kind, node);
    super::settings::state(block, scope, node);
    super::custom_roles::state(block, scope, node);
    if block.resource_type == "google_iam_workload_identity_pool_provider" {
        let text = |name: &str| scope.attribute(block.body, name);
        if let Some(pool) = text("workload_identity_pool_id") {
            node.attr("pool", pool.rsplit('/').next().unwrap_or(&pool).to_owned());
        }
        if let Some(condition) = text("attribute_condition") {
            node.attr("attribute_condition", condition);
        }
        if let Some(mapping) = block.body.get("attribute_mapping").map(|n| scope.value(n, 0)).filter(Json::is_object) {
            node.attr("attribute_mapping", mapping);
        }
        if let Some(issuer) = block.body.all("oidc").find_map(|o| scope.attribute(o, "issuer_uri")) {
            node.attr("issuer_uri", issuer.split("://").nth(1).unwrap_or(&issuer).trim_end_matches('/').to_owned());
        }
    }
    if let Some(fence) = block.body.get("permissions_boundary") {
        // What the identity may do at most; it gives nothing by itself.
        let policy = targets(scope, fence).into_iter().find(|(k, _)| k.kind == Kind::Policy).map(|(k, _)| k.id.to_string());
        node.attr("boundary", policy.unwrap_or_else(|| scope.text(fence, 0)));
    }
    if key.kind == Kind::Credential {
        node.attr("state", "referenced").attr("lifetime_class", "static");
    }
    if !block.data {
        let origin = Key::new(Kind::Origin, "definition", format!("{}#{}", block.document.file_id().replacen("file:", "def:", 1), block.address()));
        facts.declare(&origin, block.address(), at.clone());
        facts.relate(key, &DEFINED_BY, &origin, at.clone());
    }
    super::google::trigger(block, key, scope, facts);
    super::google_deny::read(block, key, scope, facts, &at);
    let body = block.body;
    match block.resource_type {
        "aws_iam_role" => {
            if let Some(policy) = body.get("assume_role_policy") {
                let place = block.document.at(policy);
                for s in resolve_statements(scope, policy) {
                    trust(key, &s, scope, facts, &place);
                }
            }
            for inline in body.all("inline_policy") {
                if let Some(policy) = inline.get("policy") {
                    let place = block.document.at(inline);
                    let name = scope.attribute(inline, "name").unwrap_or_else(|| "inline".into());
                    let inner = Key::new(Kind::Policy, "aws-policy", format!("pol:{}#{name}", key.id));
                    facts.declare(&inner, name, place.clone());
                    facts.relate(key, &GRANTED, &inner, place.clone());
                    grants(&inner, &resolve_statements(scope, policy), scope, facts, &place);
                }
            }
            for arn in body.get("managed_policy_arns").into_iter().flat_map(Node::items) {
                attach(key, &scope.text(arn, 0), scope, facts, &block.document.at(arn));
            }
        }
        "aws_iam_policy" | "aws_iam_role_policy" | "aws_iam_user_policy" | "aws_iam_group_policy" => {
            if let Some(policy) = body.get("policy") {
                grants(key, &resolve_statements(scope, policy), scope, facts, &block.document.at(policy));
                if let Some(file) = scope.file(policy) {
                    facts.relate(key, &crate::relation::SAME_AS, &file_key(file), block.document.at(policy)).attr("because", "policy file");
                }
                // A document of its own is the same permissions by another name.
                for (document, _) in
                    references(policy).iter().filter_map(|s| scope.target(s)).filter_map(|(a, _)| scope.known.get(&a)).filter(|(k, _)| k.kind == Kind::Policy)
                {
                    facts.relate(key, &crate::relation::SAME_AS, document, block.document.at(policy)).attr("because", "policy document");
                }
            }
            for (argument, target) in ["role", "user", "group"].iter().filter_map(|a| Some((a, body.get(a)?))) {
                for other in principals(argument, target, scope, facts, &block.document.at(target)) {
                    facts.relate(&other, &GRANTED, key, block.document.at(target));
                }
            }
        }
        "aws_iam_access_key" | "google_service_account_key" | "azuread_application_password" | "azuread_service_principal_password" => {
            let owner = ["user", "service_account_id", "application_id", "application_object_id", "service_principal_id"].iter().find_map(|a| body.get(a));
            let kind = if block.resource_type == "aws_iam_access_key" { "user" } else { "" };
            for identity in owner.map(|o| principals(kind, o, scope, facts, &block.document.at(o))).unwrap_or_default() {
                facts.relate(key, &AUTHENTICATES_AS, &identity, owner.map_or(at.clone(), |o| block.document.at(o)));
            }
            let state = Key::new(Kind::Location, "tf-state", format!("tf-state:{}", scope.account.trim_matches(['{', '}'])));
            facts.mention(&state, "terraform state", at.clone()).attr("store", "tf-state").attr("protection", "unknown");
            facts.relate(key, &STORED_IN, &state, at.clone());
        }
        "aws_iam_instance_profile" => {
            for (role, _) in body.get("role").map(|r| targets(scope, r)).unwrap_or_default() {
                facts.relate(key, &CAN_ASSUME, &role, at.clone());
            }
        }
        _ => {}
    }
    super::providers::relate(block, key, scope, facts, &at);
    super::hosted_agents::relate(block, key, scope, facts, &at);
    super::resource_policy::relate(block, key, scope, facts);
    super::hierarchy::place(block, key, scope, facts, &at);
    if !matches!(key.kind, Kind::Policy) {
        arguments(block, key, scope, facts);
    }
}
