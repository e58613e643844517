//! Functions of SAM: the role that each makes, what its short policies give, and who calls it.

use super::inline_policy;
use super::template::Template;
use crate::document::Node;
use crate::extract::infra::granting::{attach, whole_service};
use crate::model::{Facts, Key, Kind, Level, Location};
use crate::relation::{CAN_TRIGGER, GRANTED, PERMITS, RUNS_AS};
use crate::tables;

/// A SAM function makes its own role, unless it names one, and says in short what the role may do.
pub(super) fn serverless(template: &Template<'_>, key: &Key, logical: &str, properties: &Node, public_api: bool, at: &Location, facts: &mut Facts) {
    let document = template.document;
    if properties.get("Role").is_none() {
        let role = Key::new(Kind::Identity, "aws-role", format!("arn:aws:iam::{}:role/{logical}Role", template.stack()));
        facts.declare(&role, format!("{logical}Role"), at.clone()).attr("provider", "aws").attr("generated", true);
        facts.relate(key, &RUNS_AS, &role, at.clone());
        for policy in properties.get("Policies").into_iter().flat_map(Node::one_or_many) {
            let place = document.at(policy);
            if let Some(name) = policy.str() {
                let arn = if name.starts_with("arn:") || name.contains("${") { name.to_owned() } else { format!("arn:aws:iam::aws:policy/{name}") };
                attach(&role, &arn, template, facts, &place);
            } else if policy.get("Statement").is_some() {
                inline_policy(template, &role, "inline", policy, place, facts);
            } else if let Some((name, arguments)) = policy.entries().next().and_then(|(k, v)| Some((k.str()?, v))).filter(|(n, _)| n.ends_with("Policy")) {
                short_policy(template, &role, name, arguments, place, facts);
            } else {
                attach(&role, &template.text(policy), template, facts, &place);
            }
        }
    }
    for event in properties.get("Events").into_iter().flat_map(Node::entries).map(|(_, e)| e) {
        let api = matches!(event.get_str("Type"), Some("Api" | "HttpApi"));
        let authorizer = event.path(&["Properties", "Auth", "Authorizer"]).and_then(Node::str);
        if api
            && (authorizer == Some("NONE")
                || authorizer.is_none() && public_api && event.path(&["Properties", "RestApiId"]).is_none() && event.path(&["Properties", "ApiId"]).is_none())
        {
            public(key, document.at(event), facts);
        }
    }
    if properties.path(&["FunctionUrlConfig", "AuthType"]).and_then(Node::str) == Some("NONE") {
        public(key, at.clone(), facts);
    }
}

pub(super) fn public(key: &Key, at: Location, facts: &mut Facts) {
    let party = Key::new(Kind::Party, "class", "class:public");
    facts.mention(&party, "anyone", at.clone());
    facts.relate(&party, &CAN_TRIGGER, key, at).attr("input", "data");
}

/// SAM's policy templates are named after what they give: `S3CrudPolicy`, `DynamoDBReadPolicy`.
fn short_policy(template: &Template<'_>, role: &Key, name: &str, arguments: &Node, at: Location, facts: &mut Facts) {
    let lower = name.to_ascii_lowercase();
    let service = ["dynamodb", "s3", "sqs", "sns", "kms", "ses", "ssm", "kinesis", "lambda", "ecs", "eks", "rekognition", "stepfunctions"]
        .into_iter()
        .find(|s| lower.starts_with(s));
    let service = if lower.contains("secretsmanager") { "secretsmanager" } else { service.unwrap_or("*") };
    let level = if matches!(service, "secretsmanager" | "ssm") {
        Level::SecretRead
    } else if lower.contains("read") {
        Level::ReadData
    } else {
        Level::Write
    };
    let policy = Key::new(Kind::Policy, "aws-policy", format!("pol:{}#{name}", role.id));
    facts.declare(&policy, name, at.clone());
    facts.relate(role, &GRANTED, &policy, at.clone());
    let argument = arguments.entries().next().map(|(_, v)| template.text(v)).unwrap_or_default();
    let target = match template.named_in(&argument).into_iter().next() {
        Some((key, _)) => key,
        None if argument.is_empty() || argument.contains("${") => whole_service(service, template, facts, &at),
        None => {
            let (kind, subtype, id) = match service {
                "s3" => (Kind::Resource, "object-store", format!("arn:aws:s3:::{argument}")),
                "secretsmanager" => (Kind::Location, "cloud-secret", argument.clone()),
                "ssm" => (Kind::Location, "cloud-secret", format!("ssm:{}/?/{argument}", template.account)),
                _ => (Kind::Resource, tables::aws::resource(service), format!("aws:{}/{service}/{argument}", template.account)),
            };
            let key = Key::new(kind, subtype, id);
            facts.mention(&key, argument.clone(), at.clone());
            key
        }
    };
    facts.relate(&policy, &PERMITS, &target, at).attr("effect", "allow").attr("level", level.name()).attr("actions", vec![format!("{service}:*")]);
}
