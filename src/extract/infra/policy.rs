//! AWS policy documents: statements, the level of an action, and what a statement opens.

use serde_json::{Value, json};

use crate::model::Level;

/// One statement, every field a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Statement {
    pub allow: bool,
    pub actions: Vec<String>,
    pub not_actions: Vec<String>,
    pub resources: Vec<String>,
    pub not_resources: Vec<String>,
    pub principals: Vec<(String, String)>,
    pub conditions: Option<Value>,
}

fn many(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(s)) => vec![s.clone()],
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// The statements of a policy document; a document of another shape has none.
pub(super) fn statements(document: &Value) -> Vec<Statement> {
    let list = match document.get("Statement") {
        Some(Value::Array(items)) => items.clone(),
        Some(one @ Value::Object(_)) => vec![one.clone()],
        _ => return Vec::new(),
    };
    list.iter()
        .map(|s| {
            let mut principals = Vec::new();
            match s.get("Principal") {
                Some(Value::String(p)) => principals.push(("AWS".to_owned(), p.clone())),
                Some(Value::Object(map)) => {
                    for (kind, who) in map {
                        principals.extend(many(Some(who)).into_iter().map(|w| (kind.clone(), w)));
                    }
                }
                _ => {}
            }
            Statement {
                allow: s.get("Effect").and_then(Value::as_str) != Some("Deny"),
                actions: many(s.get("Action")),
                not_actions: many(s.get("NotAction")),
                resources: many(s.get("Resource")),
                not_resources: many(s.get("NotResource")),
                principals,
                conditions: s.get("Condition").filter(|c| c.as_object().is_some_and(|o| !o.is_empty())).cloned(),
            }
        })
        .collect()
}

/// The statement as an attribute of its policy.
pub(super) fn attribute(s: &Statement) -> Value {
    json!({
        "effect": if s.allow { "Allow" } else { "Deny" },
        "actions": s.actions,
        "not_actions": s.not_actions,
        "resources": s.resources,
        "not_resources": s.not_resources,
        "conditions": s.conditions,
    })
}

/// Actions that hand out credentials or the content of secrets.
const SECRET: &[&str] = &[
    "secretsmanager:getsecretvalue",
    "secretsmanager:batchgetsecretvalue",
    "ssm:getparameter",
    "ssm:getparameters",
    "ssm:getparametersbypath",
    "kms:decrypt",
    "sts:getsessiontoken",
    "eks:accesskubernetesapi",
];

/// Level of one action (domain specification, 6.2): by exception, else by its verb.
pub(super) fn level(action: &str) -> Level {
    let action = action.to_ascii_lowercase();
    if action == "*" || action == "iam:*" || action == "sts:*" || action == "*:*" {
        return Level::Admin;
    }
    if SECRET.contains(&action.as_str()) {
        return Level::SecretRead;
    }
    let (service, verb) = action.split_once(':').unwrap_or(("", &action));
    if verb == "*" {
        return if matches!(service, "secretsmanager" | "kms" | "ssm") { Level::SecretRead } else { Level::Write };
    }
    let starts = |words: &[&str]| words.iter().any(|w| verb.starts_with(w));
    if service == "iam" && !starts(&["get", "list", "simulate", "generate"])
        || verb.contains("policy") && starts(&["put", "attach", "set", "update", "delete", "add"])
        || starts(&["assumerole"])
    {
        return Level::Admin;
    }
    if starts(&["list"]) {
        return Level::List;
    }
    if starts(&["tag", "untag"]) {
        return Level::Tag;
    }
    let data = matches!(service, "s3" | "dynamodb" | "sqs" | "kinesis" | "rds-data" | "athena" | "logs" | "ecr" | "codecommit");
    if starts(&["get", "batchget", "query", "scan", "receive", "select", "download", "read"]) {
        return if data { Level::ReadData } else { Level::ReadMeta };
    }
    if starts(&["describe", "head", "view", "search", "lookup", "check"]) {
        return Level::ReadMeta;
    }
    Level::Write
}

/// Resource subtype of an AWS service.
pub(super) fn service_resource(service: &str) -> &'static str {
    match service {
        "s3" => "object-store",
        "dynamodb" | "rds" | "rds-data" | "rds-db" | "redshift" | "neptune" => "database",
        "secretsmanager" | "ssm" => "secret-store",
        "kms" => "kms",
        "iam" | "sts" | "sso" | "organizations" => "iam-plane",
        "ec2" | "ecs" | "batch" | "autoscaling" => "compute",
        "lambda" => "function",
        "eks" => "cluster",
        "ecr" => "container-registry",
        "sqs" | "sns" => "queue",
        "kinesis" | "firehose" => "stream",
        "logs" | "cloudwatch" | "cloudtrail" => "logs",
        "route53" => "dns",
        "bedrock" | "sagemaker" => "llm-api",
        "elasticache" => "cache",
        "ses" => "email-sending",
        "*" => "cloud-account",
        _ => "other:aws",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_follow_what_an_action_gives_away() {
        for (action, expected) in [
            ("*", Level::Admin),
            ("iam:CreatePolicyVersion", Level::Admin),
            ("secretsmanager:GetSecretValue", Level::SecretRead),
            ("s3:GetObject", Level::ReadData),
            ("s3:PutObject", Level::Write),
            ("s3:PutBucketPolicy", Level::Admin),
            ("ec2:DescribeInstances", Level::ReadMeta),
            ("s3:ListBucket", Level::List),
            ("iam:ListUsers", Level::List),
        ] {
            assert_eq!(level(action), expected, "{action}");
        }
    }

    #[test]
    fn a_statement_may_state_one_or_many() {
        let one = statements(&json!({"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Principal": "*"}}));
        assert_eq!((one[0].actions.len(), one[0].principals[0].1.as_str()), (1, "*"));
    }
}
