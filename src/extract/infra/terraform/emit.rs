//! What each block states.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::Block;
use super::eval::{Files, Scope, as_text};
use super::kinds::is_binding;
use crate::document::{Document, Expr, Node, Part, Value};
use crate::extract::infra::policy::{self, Statement};
use crate::model::{Basis, Facts, Key, Kind, Level, Location};
use crate::relation::{
    AUTHENTICATES_AS, CAN_ACCESS, CAN_ASSUME, CONSUMES, DEFINED_BY, GRANTED, INVOKES, PART_OF, PERMITS, RUNS_AS, SOURCED_FROM, STORED_IN, TRUSTS,
};
use crate::tables;

/// Arguments that hold a secret.
const SECRET_ARGUMENTS: &[&str] = &[
    "password",
    "master_password",
    "admin_password",
    "administrator_login_password",
    "secret_string",
    "auth_token",
    "secret_key",
    "access_key",
    "client_secret",
    "token",
    "private_key",
    "plaintext_value",
    "value",
];

/// Arguments of what runs something that hold text with everything in it: scripts, definitions, environments.
const TEXT_ARGUMENTS: &[&str] = &[
    "user_data",
    "user_data_base64",
    "metadata_startup_script",
    "startup_script",
    "custom_data",
    "container_definitions",
    "variables",
    "environment_variables",
];

pub(super) fn block(block: &Block<'_>, scope: &Scope<'_>, facts: &mut Facts) {
    let at = block.document.at(block.body);
    relate_only(block, scope, facts, &at);
    super::entra::read(block, scope, facts);
    super::gitlab::read(block, scope, facts);
    super::vault::read(block, scope, facts);
    super::settings::relate(block, scope, facts, &at);
    let Some((key, name)) = scope.known.get(&block.address()) else { return };
    let tags = block.body.get("tags").or_else(|| block.body.get("labels")).map(|n| scope.value(n, 0)).filter(Json::is_object);
    let node = if block.data { facts.mention(key, name.clone(), at.clone()) } else { facts.declare(key, name.clone(), at.clone()) };
    node.attr("provider", block.resource_type.split('_').next().unwrap_or_default()).attr("type", block.resource_type);
    if let Some(tags) = tags {
        node.attr("tags", tags);
    }
    super::lifetime::state(block, scope, key.kind, node);
    super::settings::state(block, scope, node);
    if block.resource_type == "google_iam_workload_identity_pool_provider" {
        let text = |name: &str| scope.attribute(block.body, name);
        if let Some(pool) = text("workload_identity_pool_id") {
            node.attr("pool", pool.rsplit('/').next().unwrap_or(&pool).to_owned());
        }
        if let Some(condition) = text("attribute_condition") {
            node.attr("attribute_condition", condition);
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
    if !matches!(key.kind, Kind::Policy) {
        arguments(block, key, scope, facts);
    }
}

/// Blocks that only relate others: attachments, bindings, role assignments, federated credentials.
fn relate_only(block: &Block<'_>, scope: &Scope<'_>, facts: &mut Facts, at: &Location) {
    let (t, body) = (block.resource_type, block.body);
    if super::hosted_agents::relate_only(block, scope, facts, at) {
        return;
    }
    if t.starts_with("aws_iam_") && t.contains("policy_attachment") {
        let who: Vec<Key> = ["role", "user", "group", "roles", "users", "groups"]
            .iter()
            .filter_map(|a| Some((a.trim_end_matches('s'), body.get(a)?)))
            .flat_map(|(kind, n)| principals(kind, n, scope, facts, at))
            .collect();
        let Some(arn) = body.get("policy_arn") else { return };
        for identity in who {
            let policies = targets(scope, arn);
            for (policy, _) in &policies {
                facts.relate(&identity, &GRANTED, policy, at.clone());
            }
            if policies.is_empty() {
                attach(&identity, &scope.text(arn, 0), scope, facts, &block.document.at(arn));
            }
        }
    } else if t == "aws_secretsmanager_secret_rotation" {
        for (secret, _) in body.get("secret_id").map(|n| targets(scope, n)).unwrap_or_default() {
            facts.mention(&secret, String::new(), at.clone()).attr("rotation", t);
        }
    } else if t == "aws_iam_user_group_membership" || t == "aws_iam_group_membership" {
        let users: Vec<Key> = ["user", "users"].iter().filter_map(|a| body.get(a)).flat_map(|n| targets(scope, n)).map(|(k, _)| k).collect();
        let groups: Vec<Key> = ["group", "groups"].iter().filter_map(|a| body.get(a)).flat_map(|n| targets(scope, n)).map(|(k, _)| k).collect();
        for user in &users {
            for group in &groups {
                // A member has what the group has.
                facts.relate(user, &CAN_ASSUME, group, at.clone()).attr("via", "membership");
            }
        }
    } else if is_binding(t) {
        let Some(role) = scope.attribute(body, "role") else { return };
        let members = body.get("member").or_else(|| body.get("members")).map(|n| many(&scope.value(n, 0))).unwrap_or_default();
        let custom = scope.named_in(&role).into_iter().next().cloned();
        let (policy, role_name) = custom.unwrap_or_else(|| (Key::new(Kind::Policy, "gcp-role", format!("gcp-role:{role}")), role.clone()));
        facts.mention(&policy, role_name.clone(), at.clone());
        let scoped = ["bucket", "secret_id", "service_account_id", "topic", "dataset_id", "repository", "project", "crypto_key_id", "service", "instance"]
            .iter()
            .find_map(|a| body.get(a).and_then(|n| targets(scope, n).into_iter().next()));
        // A service account that is named by its address and defined elsewhere.
        let named = scope.attribute(body, "service_account_id").filter(|_| scoped.is_none());
        let named = named.and_then(|id| id.rsplit_once("serviceAccounts/").map(|(_, e)| e.to_owned())).filter(|e| e.contains('@') && !e.contains("${"));
        let named = named.map(|email| {
            let key = Key::new(Kind::Identity, "gcp-service-account", format!("gcp-sa:{email}"));
            facts.mention(&key, email, at.clone());
            key
        });
        let target = scoped.map(|(k, _)| k).or(named).unwrap_or_else(|| {
            let project = scope.attribute(body, "project").unwrap_or_else(|| scope.account.clone());
            let key = Key::new(Kind::Resource, "cloud-account", format!("gcp-project:{project}"));
            facts.mention(&key, project, at.clone());
            key
        });
        let level = gcp_level(&role_name);
        for member in members {
            let Some(identity) = gcp_member(&member, scope) else { continue };
            facts.mention(&identity, member.rsplit(':').next().unwrap_or(&member), at.clone());
            facts.relate(&identity, &GRANTED, &policy, at.clone()).attr("scope", &*target.id);
            if target.kind == Kind::Identity
                && matches!(role_name.as_str(), "roles/iam.serviceAccountTokenCreator" | "roles/iam.serviceAccountUser" | "roles/iam.workloadIdentityUser")
            {
                facts.relate(&identity, &CAN_ASSUME, &target, at.clone()).attr("via", role_name.clone());
            } else if matches!(target.kind, Kind::Resource | Kind::Location) {
                facts.relate(&identity, &CAN_ACCESS, &target, at.clone()).attr("level", level.name()).attr("via_role", role_name.clone());
                facts.relate(&policy, &PERMITS, &target, at.clone()).attr("level", level.name());
            }
        }
    } else if t.ends_with("federated_identity_credential") {
        let Some(issuer) = scope.attribute(body, "issuer") else { return };
        let host = issuer.split("://").nth(1).unwrap_or(&issuer).trim_end_matches('/').to_owned();
        let key = Key::new(Kind::Issuer, "oidc-provider", format!("oidc-provider:{host}"));
        facts.mention(&key, host, at.clone());
        let owners = ["application_id", "application_object_id", "parent_id", "user_assigned_identity_id"].iter().filter_map(|a| body.get(a));
        for (identity, _) in owners.flat_map(|n| targets(scope, n)).filter(|(k, _)| k.kind == Kind::Identity) {
            let edge = facts.relate(&identity, &TRUSTS, &key, at.clone());
            if let Some(expression) = scope.attribute(body, "claims_matching_expression") {
                edge.attr("claims_expression", expression);
            } else if let Some(subject) = scope.attribute(body, "subject") {
                let breadth = if subject.contains(":environment:") { "environment" } else { "branch" };
                edge.attr("subject", subject).attr("breadth", breadth);
            }
        }
    } else if t == "azurerm_role_assignment" {
        let role = scope.attribute(body, "role_definition_name").or_else(|| scope.attribute(body, "role_definition_id")).unwrap_or_else(|| "role".into());
        let (policy, name) = scope
            .named_in(&role)
            .into_iter()
            .next()
            .cloned()
            .unwrap_or_else(|| (Key::new(Kind::Policy, "azure-role", format!("azure-role:{}", role.to_ascii_lowercase())), role.clone()));
        facts.mention(&policy, name.clone(), at.clone());
        let known = tables::azure::role(&name);
        let level = known.as_ref().map_or(Level::Unknown, |r| r.level);
        let conditional = known.is_some_and(|r| r.conditional) || body.get("condition").is_some();
        let scoped = body.get("scope").and_then(|n| targets(scope, n).into_iter().next()).map(|(k, _)| k);
        for (identity, _) in body.get("principal_id").map(|n| targets(scope, n)).unwrap_or_default() {
            facts.relate(&identity, &GRANTED, &policy, at.clone());
            if let Some(target) = &scoped {
                let edge = facts.relate(&identity, &CAN_ACCESS, target, at.clone()).attr("level", level.name()).attr("via_role", name.clone());
                if conditional {
                    edge.conditional();
                }
            }
        }
    }
}

/// The users, roles or groups of an argument: blocks of this folder, or what a literal name means in the same account.
fn principals(kind: &str, node: &Node, scope: &Scope<'_>, facts: &mut Facts, at: &Location) -> Vec<Key> {
    let found: Vec<Key> = targets(scope, node).into_iter().map(|(k, _)| k).collect();
    let subtype = match kind {
        "role" => "aws-role",
        "user" => "aws-user",
        _ => return found,
    };
    if !found.is_empty() {
        return found;
    }
    let names = many(&scope.value(node, 0)).into_iter().filter(|n| !n.is_empty() && !n.contains("${") && !n.starts_with("arn:"));
    names
        .map(|name| {
            let key = Key::new(Kind::Identity, subtype, format!("arn:aws:iam::{}:{kind}/{name}", scope.account));
            facts.mention(&key, name, at.clone());
            key
        })
        .collect()
}

/// A policy of this folder, or one by its ARN: what that allows is told where it is defined, or by the tables.
fn attach(identity: &Key, arn: &str, scope: &Scope<'_>, facts: &mut Facts, at: &Location) {
    if let Some((policy, _)) = scope.named_in(arn).first() {
        facts.relate(identity, &GRANTED, policy, at.clone());
    } else if arn.starts_with("arn:") {
        let policy = Key::new(Kind::Policy, "aws-policy", arn);
        facts.mention(&policy, arn.rsplit('/').next().unwrap_or(arn), at.clone());
        facts.relate(identity, &GRANTED, &policy, at.clone());
    }
}

/// The node that stands for everything of one service in the account, or for the account.
fn whole_service(service: &str, scope: &Scope<'_>, facts: &mut Facts, at: &Location) -> Key {
    let subtype = tables::aws::resource(service);
    let (id, name) = if service == "*" {
        (format!("aws:{}", scope.account), "AWS account".to_owned())
    } else {
        (format!("aws:{}/{service}/*", scope.account), format!("every {service} resource"))
    };
    let key = Key::new(Kind::Resource, subtype, id);
    facts.mention(&key, name, at.clone());
    key
}

/// What a policy permits, resource by resource.
fn grants(policy: &Key, statements: &[Statement], scope: &Scope<'_>, facts: &mut Facts, at: &Location) {
    let attributes: Vec<Json> = statements.iter().map(policy::attribute).collect();
    facts.mention(policy, String::new(), at.clone()).attr("statements", attributes);
    for s in statements {
        let actions: Vec<String> = if s.actions.is_empty() && !s.not_actions.is_empty() { vec!["*".into()] } else { s.actions.clone() };
        let resources: Vec<String> = if s.resources.is_empty() && !s.not_resources.is_empty() { vec!["*".into()] } else { s.resources.clone() };
        for resource in &resources {
            // What the resource is, and the actions of the statement that are about it.
            let mut targets: Vec<(Key, Vec<String>)> = scope
                .named_in(resource)
                .into_iter()
                .map(|(k, _)| k.clone())
                .filter(|k| matches!(k.kind, Kind::Resource | Kind::Location | Kind::Identity | Kind::Consumer | Kind::Agent))
                .map(|k| (k, actions.clone()))
                .collect();
            if targets.is_empty() && (resource == "*" || resource.contains("${")) {
                let mut services: BTreeMap<&str, Vec<String>> = BTreeMap::new();
                for action in &actions {
                    let service = action.split_once(':').map_or("*", |(service, _)| service);
                    services.entry(service).or_default().push(action.clone());
                }
                targets.extend(services.into_iter().map(|(service, own)| (whole_service(service, scope, facts, at), own)));
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

fn file_key(document: &Document) -> Key {
    Key::new(Kind::Policy, "aws-policy", format!("pol:{}", document.file_id()))
}

/// A policy that stands in a file of its own, for infrastructure code to read.
pub(super) fn policy_file(document: &Document, files: &Files<'_>, facts: &mut Facts) {
    let Some(tree) = document.trees().ok().and_then(<[Node]>::first) else { return };
    let (variables, locals, values) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let scope = Scope::new(document.folder(), format!("{{{}//{}}}", document.repository_body(), document.folder()), &variables, &locals, &values, files);
    let statements = resolve_statements(&scope, tree);
    // Who may assume a role is no permission of its own.
    if statements.is_empty() || statements.iter().all(|s| s.resources.is_empty() && s.not_resources.is_empty()) {
        return;
    }
    let key = file_key(document);
    facts.declare(&key, document.name(), document.at(tree)).attr("provider", "aws");
    grants(&key, &statements, &scope, facts, &document.at(tree));
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

/// Whom a role trusts.
/// Kubernetes accounts that a trust names without a pattern: `system:serviceaccount:namespace:name`.
fn service_accounts(conditions: Option<&Json>, scope: &Scope<'_>) -> Vec<(Key, String)> {
    let repository = scope.account.trim_matches(['{', '}']).split("//").next().unwrap_or_default();
    let tests = conditions.and_then(Json::as_object).into_iter().flat_map(|c| c.values()).filter_map(Json::as_object);
    tests
        .flat_map(|t| t.values())
        .flat_map(many)
        .filter_map(|v| {
            let (namespace, name) = v.strip_prefix("system:serviceaccount:")?.split_once(':')?;
            let plain = |s: &str| !s.is_empty() && !s.contains(['*', '?', '$', '{']);
            (plain(namespace) && plain(name))
                .then(|| (Key::new(Kind::Identity, "k8s-service-account", format!("k8s:{{{repository}}}/{namespace}/ServiceAccount/{name}")), name.to_owned()))
        })
        .collect()
}

fn trust(role: &Key, s: &Statement, scope: &Scope<'_>, facts: &mut Facts, at: &Location) {
    if !s.allow {
        return;
    }
    for (kind, who) in &s.principals {
        let named = scope.named_in(who).first().map(|(k, n)| (k.clone(), n.clone()));
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
                for (account, name) in service_accounts(s.conditions.as_ref(), scope) {
                    facts.mention(&account, name, at.clone());
                    facts.relate(&account, &CAN_ASSUME, role, at.clone()).attr("via", "irsa");
                }
            }
            _ if who == "*" => {
                let key = Key::new(Kind::Party, "class", "class:public");
                facts.mention(&key, "anyone", at.clone());
                let open = s.conditions.is_none();
                facts.relate(role, &TRUSTS, &key, at.clone()).attr("breadth", if open { "world" } else { "unknown" });
                if open {
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

/// How wide the subjects are that a federated trust admits (domain specification, 3.5).
pub(in crate::extract::infra) fn breadth(conditions: Option<&Json>) -> &'static str {
    let mut subjects = Vec::new();
    for (_, tests) in conditions.and_then(Json::as_object).into_iter().flatten() {
        for (claim, values) in tests.as_object().into_iter().flatten() {
            if claim.ends_with(":sub") {
                subjects.extend(many(values));
            }
        }
    }
    if subjects.is_empty() {
        return "world";
    }
    let of = |s: &String| match s.as_str() {
        "*" | "repo:*" => 0,
        s if s.starts_with("repo:") && s.ends_with("/*") && s.matches('/').count() == 1 => 1,
        s if s.starts_with("repo:") && s.ends_with(":*") && s.matches(':').count() == 2 => 2,
        s if s.ends_with(":pull_request") => 3,
        s if s.contains(":ref:refs/tags/") => 5,
        s if s.contains(":environment:") => 6,
        s if s.contains('*') && s.starts_with("repo:") && s.matches(':').count() == 1 => 1,
        _ => 4,
    };
    ["world", "org", "repo", "pull_request", "branch", "tag", "environment"][subjects.iter().map(of).min().unwrap_or(0)]
}

pub(super) fn many(value: &Json) -> Vec<String> {
    match value {
        Json::Array(items) => items.iter().map(as_text).collect(),
        Json::Null => Vec::new(),
        other => vec![as_text(other)],
    }
}

/// The statements of a policy argument: JSON text, an object, or a policy document of this folder (whose statements `documents` emits).
pub(super) fn resolve_statements(scope: &Scope<'_>, node: &Node) -> Vec<Statement> {
    match scope.value(node, 0) {
        Json::String(text) => serde_json::from_str(&text).map(|d| policy::statements(&d)).unwrap_or_default(),
        object => policy::statements(&object),
    }
}

/// `data "aws_iam_policy_document"` blocks: as policies of their own, as trust of the roles that use them, as permissions of the policies that do.
pub(super) fn documents(blocks: &[Block<'_>], scope: &Scope<'_>, facts: &mut Facts) {
    for block in blocks.iter().filter(|b| b.data && b.resource_type == "aws_iam_policy_document") {
        let Some((key, _)) = scope.known.get(&block.address()) else { continue };
        let at = block.document.at(block.body);
        let list = |node: &Node, name: &str| node.get(name).map(|n| many(&scope.value(n, 0))).unwrap_or_default();
        let statements: Vec<Statement> = block
            .body
            .all("statement")
            .map(|s| {
                let mut conditions = serde_json::Map::new();
                for c in s.all("condition") {
                    let (test, variable) = (scope.attribute(c, "test").unwrap_or_default(), scope.attribute(c, "variable").unwrap_or_default());
                    let entry = conditions.entry(test).or_insert_with(|| json!({}));
                    entry[variable] = Json::from(list(c, "values"));
                }
                Statement {
                    allow: s.get_str("effect") != Some("Deny"),
                    actions: list(s, "actions"),
                    not_actions: list(s, "not_actions"),
                    resources: list(s, "resources"),
                    not_resources: list(s, "not_resources"),
                    principals: s
                        .all("principals")
                        .flat_map(|p| {
                            let kind = scope.attribute(p, "type").unwrap_or_default();
                            list(p, "identifiers").into_iter().map(move |i| (kind.clone(), i))
                        })
                        .collect(),
                    conditions: (!conditions.is_empty()).then_some(Json::Object(conditions)),
                }
            })
            .collect();
        grants(key, &statements, scope, facts, &at);
        for user in blocks.iter().filter(|b| b.resource_type == "aws_iam_role") {
            let uses = user.body.get("assume_role_policy").is_some_and(|p| targets(scope, p).iter().any(|(k, _)| k == key));
            if let Some((role, _)) = scope.known.get(&user.address()).filter(|_| uses) {
                for s in &statements {
                    trust(role, s, scope, facts, &at);
                }
            }
        }
        for user in blocks {
            if let Some((policy, _)) = scope.known.get(&user.address()) {
                super::resource_policy::of_document(user, policy, key, &statements, scope, facts, &at);
            }
        }
        for user in
            blocks.iter().filter(|b| matches!(b.resource_type, "aws_iam_policy" | "aws_iam_role_policy" | "aws_iam_user_policy" | "aws_iam_group_policy"))
        {
            let uses = user.body.get("policy").is_some_and(|p| targets(scope, p).iter().any(|(k, _)| k == key));
            if let Some((policy, _)) = scope.known.get(&user.address()).filter(|_| uses) {
                grants(policy, &statements, scope, facts, &at);
            }
        }
    }
}

/// Arguments of any block: who it runs as, which secrets it is given, what it refers to.
fn arguments(block: &Block<'_>, key: &Key, scope: &Scope<'_>, facts: &mut Facts) {
    let mut found: Vec<(String, Key, Location)> = Vec::new();
    let mut secrets: Vec<(String, Location)> = Vec::new();
    let mut variables: Vec<(Key, String, Location)> = Vec::new();
    let mut texts: Vec<(String, Location)> = Vec::new();
    // Roles that another root makes, by their names in full.
    let mut literal: Vec<(Key, Location)> = Vec::new();
    block.body.walk(&mut |pointer, node| {
        let argument = pointer.rsplit('/').next().unwrap_or_default();
        if key.kind == Kind::Consumer && TEXT_ARGUMENTS.contains(&argument) {
            texts.push((argument.to_owned(), block.document.at(node)));
        }
        if let Value::Expr(_) = node.value {
            for segments in references(node) {
                if let [first, name, ..] = segments.as_slice()
                    && first == "var"
                    && let Some(variable) = scope.secret_variable(name)
                {
                    variables.push((variable_key(block.document.repository_body(), scope, name), variable.to_owned(), block.document.at(node)));
                }
                if let Some((target, _)) = scope.target(&segments).and_then(|(a, _)| scope.known.get(&a)) {
                    found.push((argument.to_owned(), target.clone(), block.document.at(node)));
                }
            }
        }
        if let Some(text) = node.str() {
            if let Some((target, _)) = scope.literals.get(text) {
                found.push((argument.to_owned(), target.clone(), block.document.at(node)));
            } else if text.starts_with("arn:aws:iam::") && text.contains(":role/") && matches!(key.kind, Kind::Consumer | Kind::Agent | Kind::Tool) {
                literal.push((Key::new(Kind::Identity, "aws-role", text), block.document.at(node)));
            }
        }
        if SECRET_ARGUMENTS.contains(&argument) && node.str().is_some_and(|s| !s.is_empty()) && (argument != "value" || key.kind == Kind::Location) {
            secrets.push((pointer.to_owned(), block.document.at(node)));
        }
    });
    for (role, at) in literal {
        facts.mention(&role, role.id.rsplit('/').next().unwrap_or_default().to_owned(), at.clone());
        facts.relate(key, &RUNS_AS, &role, at);
    }
    for (argument, at) in texts {
        let slot = Key::new(Kind::Location, "file", format!("{}#{}/{argument}", block.document.file_id(), block.address()));
        facts.declare(&slot, format!("{}.{argument}", block.address()), at.clone()).attr("store", "file").attr("protection", "plaintext");
        facts.relate(key, &CONSUMES, &slot, at.clone());
        facts.holds(&slot, at);
    }
    for (slot, name, at) in variables {
        facts.mention(&slot, name, at.clone());
        match key.kind {
            Kind::Consumer | Kind::Identity | Kind::Agent | Kind::Tool => facts.relate(key, &CONSUMES, &slot, at),
            Kind::Location => facts.relate(key, &SOURCED_FROM, &slot, at),
            Kind::Resource => facts.relate(&slot, &CAN_ACCESS, key, at).basis(Basis::Evaluated).attr("level", "write"),
            _ => continue,
        };
    }
    for (pointer, at) in secrets {
        let slot = if key.kind == Kind::Location {
            key.clone()
        } else {
            Key::new(Kind::Location, "file", format!("{}#{}{pointer}", block.document.file_id(), block.address()))
        };
        if slot != *key {
            facts.declare(&slot, format!("{}{}", block.address(), pointer.replace('/', ".")), at.clone()).attr("store", "file").attr("protection", "plaintext");
            if matches!(key.kind, Kind::Consumer | Kind::Identity | Kind::Agent | Kind::Tool) {
                facts.relate(key, &CONSUMES, &slot, at.clone());
            } else {
                facts.relate(&slot, &CAN_ACCESS, key, at.clone()).basis(Basis::Evaluated).attr("level", "write");
            }
        }
        facts.holds(&slot, at);
    }
    for (argument, target, at) in found {
        if target.id == key.id {
            continue;
        }
        match (key.kind, target.kind) {
            (Kind::Consumer | Kind::Agent | Kind::Tool, Kind::Identity) => {
                facts.relate(key, &RUNS_AS, &target, at);
            }
            (Kind::Consumer | Kind::Agent | Kind::Tool, Kind::Location | Kind::Credential) => {
                facts.relate(key, &CONSUMES, &target, at).basis(Basis::Evaluated);
            }
            (Kind::Consumer | Kind::Identity, Kind::Resource) if target.subtype == "cloud-account" && argument == "resource_group_name" => {
                facts.relate(key, &PART_OF, &target, at);
            }
            (Kind::Consumer, Kind::Resource) => {
                let level = if argument.contains("role") { "write" } else { "unknown" };
                facts.relate(key, &CAN_ACCESS, &target, at).basis(Basis::Heuristic).attr("level", level);
            }
            (Kind::Agent, Kind::Tool | Kind::Agent) | (Kind::Consumer, Kind::Consumer | Kind::Tool | Kind::Agent) => {
                facts.relate(key, &INVOKES, &target, at).basis(Basis::Heuristic);
            }
            (Kind::Tool, Kind::Consumer) => {
                facts.relate(key, &INVOKES, &target, at).basis(Basis::Evaluated);
            }
            (Kind::Tool, Kind::Agent) => {
                facts.relate(&target, &INVOKES, key, at);
            }
            (Kind::Location, Kind::Location | Kind::Credential) => {
                facts.relate(key, &SOURCED_FROM, &target, at).basis(Basis::Evaluated);
            }
            (Kind::Location, Kind::Resource) | (Kind::Resource, Kind::Resource) => {
                facts.relate(key, &PART_OF, &target, at).basis(Basis::Heuristic);
            }
            (Kind::Resource, Kind::Identity) => {
                // The platform runs the resource as the identity; controlling the resource gives the identity.
                facts.relate(&target, &CAN_ACCESS, key, at.clone()).basis(Basis::Heuristic).attr("level", "unknown");
                if key.subtype == "cluster" {
                    // What the provider runs for the cluster acts as the role that the cluster is given.
                    let plane = Key::new(Kind::Consumer, "container-service", format!("{}#control-plane", key.id));
                    facts.declare(&plane, format!("control plane of {}", block.name), block.document.at(block.body));
                    facts.relate(&plane, &PART_OF, key, at.clone());
                    facts.relate(&plane, &RUNS_AS, &target, at);
                }
            }
            _ => {}
        }
    }
}

/// A module call: a unit of infrastructure with what is handed into it.
pub(super) fn module(document: &Document, name: &str, body: &Node, scope: &Scope<'_>, facts: &mut Facts) {
    let key = Key::new(Kind::Consumer, "iac-runner", format!("def:{}#module.{name}", document.file_id().trim_start_matches("file:")));
    let node = facts.declare(&key, name, document.at(body));
    if let Some(source) = body.get_str("source") {
        node.attr("source", source);
    }
    registry(document, body, scope, facts);
    body.walk(&mut |_, node| {
        for segments in references(node) {
            if let Some((target, _)) = scope.target(&segments).and_then(|(a, _)| scope.known.get(&a)) {
                let at = document.at(node);
                match target.kind {
                    Kind::Identity => facts.relate(&key, &RUNS_AS, target, at).basis(Basis::Heuristic),
                    Kind::Location | Kind::Credential => facts.relate(&key, &CONSUMES, target, at).basis(Basis::Evaluated),
                    _ => continue,
                };
            }
        }
    });
}

/// A module of a registry that makes a role says so by its arguments; what else it makes stays unknown.
fn registry(document: &Document, body: &Node, scope: &Scope<'_>, facts: &mut Facts) {
    let Some(source) = body.get_str("source").filter(|s| !s.starts_with('.') && s.contains("iam")) else { return };
    let makes_role = ["iam-role", "iam-assumable-role", "irsa", "pod-identity", "iam-eks-role"].iter().any(|w| source.contains(w));
    let argument = ["role_name", "iam_role_name", "name", "role_name_prefix"].into_iter().find_map(|a| body.get(a)).filter(|_| makes_role);
    let Some((node, name)) = argument.map(|n| (n, scope.text(n, 0))).filter(|(_, n)| !n.is_empty()) else { return };
    let role = Key::new(Kind::Identity, "aws-role", format!("arn:aws:iam::{}:role/{name}", scope.account));
    facts.declare(&role, name, document.at(body)).attr("provider", "aws");
    facts.mention(&role, String::new(), document.at(node));
    for argument in ["role_policy_arns", "policies", "custom_role_policy_arns", "additional_policy_arns"].into_iter().filter_map(|a| body.get(a)) {
        for node in argument.items().iter().chain(argument.entries().map(|(_, v)| v)) {
            attach(&role, &scope.text(node, 0), scope, facts, &document.at(node));
        }
    }
}

/// The slot of a secret variable.
fn variable_key(repository: &str, scope: &Scope<'_>, name: &str) -> Key {
    Key::new(Kind::Location, "env", format!("tf-var:{repository}//{}#{name}", scope.folder))
}

/// A variable that holds a secret is a slot.
pub(super) fn variable(document: &Document, name: &str, body: &Node, scope: &Scope<'_>, facts: &mut Facts) {
    if scope.secret_variable(name).is_some() {
        let key = variable_key(document.repository_body(), scope, name);
        facts.declare(&key, name, document.at(body)).attr("store", "variable");
        if let Some(default) = body.get("default").filter(|d| d.str().is_some()) {
            facts.holds(&key, document.at(default));
        }
    }
}

/// Every reference inside an expression.
pub(super) fn references(node: &Node) -> Vec<Vec<String>> {
    let mut out = Vec::new();
    collect(node, &mut out, 0);
    out
}

fn collect(node: &Node, out: &mut Vec<Vec<String>>, depth: usize) {
    if depth > 40 {
        return;
    }
    match &node.value {
        Value::Expr(e) => match &**e {
            Expr::Reference(segments) => out.push(segments.clone()),
            Expr::Traversal(base, _) => collect(base, out, depth + 1),
            Expr::Template(parts) => {
                for part in parts {
                    if let Part::Value(inner) = part {
                        collect(inner, out, depth + 1);
                    }
                }
            }
            Expr::Call(_, arguments) => arguments.iter().for_each(|a| collect(a, out, depth + 1)),
            Expr::Conditional(a, b, c) => [a, b, c].into_iter().for_each(|n| collect(n, out, depth + 1)),
            Expr::Operation(_, left, right) => left.iter().chain([right]).for_each(|n| collect(n, out, depth + 1)),
            Expr::For { over, value, .. } => [over, value].into_iter().for_each(|n| collect(n, out, depth + 1)),
            Expr::Opaque(_) => {}
        },
        Value::List(items) => items.iter().for_each(|i| collect(i, out, depth + 1)),
        Value::Map(map) => map.0.iter().for_each(|(_, v)| collect(v, out, depth + 1)),
        _ => {}
    }
}

/// Nodes of this folder that an argument refers to, directly or through locals and names.
pub(super) fn targets(scope: &Scope<'_>, node: &Node) -> Vec<(Key, String)> {
    let mut out: Vec<(Key, String)> = references(node).iter().filter_map(|s| scope.target(s)).filter_map(|(a, _)| scope.known.get(&a)).cloned().collect();
    if out.is_empty() {
        for text in many(&scope.value(node, 0)) {
            out.extend(scope.named_in(&text).into_iter().cloned());
            if out.is_empty() {
                // By its literal name, when a block of this folder makes it.
                out.extend(scope.known.values().filter(|(k, n)| *n == text && k.kind == Kind::Identity).cloned());
            }
        }
    }
    out
}

/// Level of a Google role: a predefined one by the tables, a custom one by its name.
fn gcp_level(role: &str) -> Level {
    if let Some(known) = tables::google::role(role) {
        return known.level;
    }
    let lower = role.rsplit('/').next().unwrap_or(role).to_ascii_lowercase();
    match lower.as_str() {
        _ if lower.contains("admin") => Level::Admin,
        _ if ["writer", "editor", "creator", "developer", "publisher", "deploy"].iter().any(|w| lower.contains(w)) => Level::Write,
        _ if lower.contains("viewer") || lower.contains("reader") => Level::ReadData,
        _ => Level::Unknown,
    }
}

/// The identity that an IAM member names.
fn gcp_member(member: &str, scope: &Scope<'_>) -> Option<Key> {
    if let Some((key, _)) = scope.named_in(member).into_iter().find(|(k, _)| k.kind == Kind::Identity) {
        return Some(key.clone());
    }
    if matches!(member, "allUsers" | "allAuthenticatedUsers") {
        return Some(Key::new(Kind::Party, "class", "class:public"));
    }
    let (kind, who) = member.split_once(':')?;
    Some(match kind {
        "serviceAccount" => Key::new(Kind::Identity, "gcp-service-account", format!("gcp-sa:{who}")),
        "user" => Key::new(Kind::Party, "person", format!("person:{who}")),
        "group" => Key::new(Kind::Party, "team", format!("team:{who}")),
        "principal" | "principalSet" => Key::new(Kind::Identity, "gcp-wif-principal", member),
        _ => return None,
    })
}
