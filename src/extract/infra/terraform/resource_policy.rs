//! Policies that resources hold: whom they let in, and policies of an organisation, which let nobody in.

use serde_json::Value as Json;

use super::Block;
use super::documents::resolve_statements;
use super::eval::Scope;
use super::references::targets;
use crate::extract::infra::policy::{self, Statement};
use crate::model::{Facts, Key, Kind, Level, Location};
use crate::relation::{GRANTED, PERMITS};

/// Types that hold the policy of a resource, and the argument that names it.
const POLICIES: &[(&str, &str)] = &[
    ("aws_s3_bucket_policy", "bucket"),
    ("aws_sqs_queue_policy", "queue_url"),
    ("aws_sns_topic_policy", "arn"),
    ("aws_kms_key_policy", "key_id"),
    ("aws_secretsmanager_secret_policy", "secret_arn"),
    ("aws_ecr_repository_policy", "repository"),
    ("aws_efs_file_system_policy", "file_system_id"),
    ("aws_opensearch_domain_policy", "domain_name"),
    ("aws_elasticsearch_domain_policy", "domain_name"),
    ("aws_dynamodb_resource_policy", "resource_arn"),
    ("aws_backup_vault_policy", "backup_vault_name"),
    ("aws_glacier_vault_lock", "vault_name"),
    ("aws_codeartifact_repository_permissions_policy", "repository"),
    ("aws_api_gateway_rest_api_policy", "rest_api_id"),
    ("aws_lambda_permission", "function_name"),
];

/// Types of resources that may hold their policy themselves.
const HOLDERS: &[&str] = &["aws_kms_key", "aws_sqs_queue", "aws_sns_topic", "aws_s3_bucket", "aws_secretsmanager_secret", "aws_opensearch_domain"];

pub(super) fn is_policy(resource_type: &str) -> bool {
    POLICIES.iter().any(|(t, _)| *t == resource_type)
}

pub(super) fn relate(block: &Block<'_>, key: &Key, scope: &Scope<'_>, facts: &mut Facts) {
    let (t, body) = (block.resource_type, block.body);
    if t == "aws_organizations_policy" {
        if let Some(content) = body.get("content") {
            let statements: Vec<Json> = resolve_statements(scope, content).iter().map(policy::attribute).collect();
            let kind = scope.attribute(body, "type").unwrap_or_else(|| "SERVICE_CONTROL_POLICY".to_owned());
            facts.mention(key, String::new(), block.document.at(content)).attr("statements", statements).attr("organisation_policy", kind);
        }
        return;
    }
    if t == "aws_lambda_permission" {
        return permission(block, key, scope, facts);
    }
    if HOLDERS.contains(&t) {
        let Some(node) = body.get("policy") else { return };
        let own = Key::new(Kind::Policy, "aws-policy", format!("pol:{}#policy", key.id));
        let statements = resolve_statements(scope, node);
        if !statements.is_empty() {
            let at = block.document.at(node);
            facts.declare(&own, format!("policy of {}", block.name), at.clone());
            each(&own, &statements, std::slice::from_ref(key), scope, facts, &at);
        }
        return;
    }
    let Some((_, argument)) = POLICIES.iter().find(|(name, _)| *name == t) else { return };
    let Some(node) = body.get("policy").or_else(|| body.get("policy_document")) else { return };
    let things: Vec<Key> = body.get(argument).map(|n| targets(scope, n)).unwrap_or_default().into_iter().map(|(k, _)| k).collect();
    each(key, &resolve_statements(scope, node), &things, scope, facts, &block.document.at(node));
}

/// A document of its own that a policy of a resource takes over.
pub(super) fn of_document(block: &Block<'_>, key: &Key, document: &Key, statements: &[Statement], scope: &Scope<'_>, facts: &mut Facts, at: &Location) {
    let argument = POLICIES.iter().find(|(name, _)| *name == block.resource_type).map(|(_, argument)| *argument);
    let uses = block.body.get("policy").is_some_and(|p| targets(scope, p).iter().any(|(k, _)| k == document));
    if !uses {
        return;
    }
    match argument {
        Some(argument) => {
            let things: Vec<Key> = block.body.get(argument).map(|n| targets(scope, n)).unwrap_or_default().into_iter().map(|(k, _)| k).collect();
            each(key, statements, &things, scope, facts, at);
        }
        None if HOLDERS.contains(&block.resource_type) => {
            let own = Key::new(Kind::Policy, "aws-policy", format!("pol:{}#policy", key.id));
            facts.declare(&own, format!("policy of {}", block.name), at.clone());
            each(&own, statements, std::slice::from_ref(key), scope, facts, at);
        }
        None => {}
    }
}

/// What a policy of an organisation fences in: an account by its number, everything below a root, or a unit whose accounts no file names.
pub(super) fn attached(block: &Block<'_>, scope: &Scope<'_>, facts: &mut Facts, at: &Location) {
    let Some(target) = block.body.get("target_id").map(|n| scope.text(n, 0)).filter(|t| !t.is_empty()) else { return };
    for (policy, _) in block.body.get("policy_id").map(|n| targets(scope, n)).unwrap_or_default() {
        facts.mention(&policy, String::new(), at.clone()).attr("controls", vec![target.clone()]);
    }
}

/// Keys of conditions that say how something is sent or kept, not who may: whoever is refused by them sends it again as they ask.
const MANNER: &[&str] = &["aws:SecureTransport", "s3:TlsVersion", "s3:x-amz-server-side-encryption", "s3:x-amz-server-side-encryption-aws-kms-key-id"];

fn is_manner(statement: &Statement) -> bool {
    let tests = statement.conditions.as_ref().and_then(Json::as_object).into_iter().flatten();
    let keys: Vec<&String> = tests.filter_map(|(_, t)| t.as_object()).flat_map(serde_json::Map::keys).collect();
    !keys.is_empty() && keys.iter().all(|k| MANNER.contains(&k.as_str()))
}

/// What a policy of a resource denies is kept with the resource: it takes away what others give.
fn denies(statements: &[Statement], things: &[Key], facts: &mut Facts, at: &Location) {
    let denied: Vec<Json> = statements
        .iter()
        .filter(|s| !s.allow && !is_manner(s))
        .map(|s| {
            let mut stated = policy::attribute(s);
            stated["principals"] = s.principals.iter().map(|(_, who)| who.clone()).collect();
            stated
        })
        .collect();
    if denied.is_empty() {
        return;
    }
    for thing in things.iter().filter(|t| matches!(t.kind, Kind::Resource | Kind::Location | Kind::Consumer)) {
        facts.mention(thing, String::new(), at.clone()).attr("resource_denies", denied.clone());
    }
}

/// One policy a statement, so that each principal has what its own statement gives.
fn each(whole: &Key, statements: &[Statement], things: &[Key], scope: &Scope<'_>, facts: &mut Facts, at: &Location) {
    facts
        .mention(whole, String::new(), at.clone())
        .attr("statements", statements.iter().map(policy::attribute).collect::<Vec<_>>())
        .attr("resource_policy", true);
    denies(statements, things, facts, at);
    for (n, statement) in statements.iter().enumerate().filter(|(_, s)| s.allow) {
        let own = Key::new(Kind::Policy, "aws-policy", format!("{}#{n}", whole.id));
        let holders: Vec<(Key, String)> = statement.principals.iter().filter_map(|(kind, who)| principal(kind, who, scope)).collect();
        if holders.is_empty() {
            continue;
        }
        facts.mention(&own, format!("statement {n}"), at.clone()).attr("statements", vec![policy::attribute(statement)]).attr("resource_policy", true);
        let level =
            statement.actions.iter().map(|a| policy::level(a)).max().unwrap_or(if statement.not_actions.is_empty() { Level::None } else { Level::Admin });
        for thing in things.iter().filter(|t| matches!(t.kind, Kind::Resource | Kind::Location | Kind::Consumer)) {
            let edge = facts.relate(&own, &PERMITS, thing, at.clone());
            edge.attr("effect", "allow").attr("level", level.name()).attr("actions", statement.actions.clone());
            if statement.conditions.is_some() {
                edge.conditional();
            }
        }
        for (holder, name) in holders {
            facts.mention(&holder, name, at.clone());
            facts.relate(&holder, &GRANTED, &own, at.clone()).attr("via", "resource-policy");
        }
    }
}

/// Who a principal of a policy is; services of the platform are none that others could be.
fn principal(kind: &str, who: &str, scope: &Scope<'_>) -> Option<(Key, String)> {
    if kind != "AWS" && who != "*" {
        return None;
    }
    if who == "*" {
        return Some((Key::new(Kind::Party, "class", "class:public"), "anyone".to_owned()));
    }
    if let Some((key, name)) = scope.named_in(who).into_iter().find(|(k, _)| k.kind == Kind::Identity) {
        return Some((key.clone(), name.clone()));
    }
    let subtype = if who.contains(":role/") {
        "aws-role"
    } else if who.contains(":user/") {
        "aws-user"
    } else if who.ends_with(":root") || who.len() == 12 && who.bytes().all(|b| b.is_ascii_digit()) {
        "aws-root"
    } else {
        return None;
    };
    Some((Key::new(Kind::Identity, subtype, who), who.rsplit(['/', ':']).next().unwrap_or(who).to_owned()))
}

/// Who may call a function: anyone, an account, or a service on its behalf.
fn permission(block: &Block<'_>, key: &Key, scope: &Scope<'_>, facts: &mut Facts) {
    let body = block.body;
    let (Some(function), Some(who)) = (body.get("function_name"), body.get("principal")) else { return };
    let action = scope.attribute(body, "action").unwrap_or_else(|| "lambda:InvokeFunction".to_owned());
    let narrowed = ["source_arn", "source_account", "principal_org_id"].iter().any(|a| body.get(a).is_some());
    let text = scope.text(who, 0);
    let statement = Statement {
        allow: true,
        actions: vec![action],
        principals: vec![(if text.ends_with(".amazonaws.com") { "Service" } else { "AWS" }.to_owned(), text)],
        conditions: narrowed.then(|| serde_json::json!({ "source": true })),
        ..Statement::default()
    };
    let things: Vec<Key> = targets(scope, function).into_iter().map(|(k, _)| k).collect();
    each(key, &[statement], &things, scope, facts, &block.document.at(who));
}
