//! AWS policy documents: statements, the level of an action, and what a statement opens.

use serde_json::{Value, json};

use crate::model::Level;
use crate::tables;

/// One statement, every field a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::extract) struct Statement {
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
pub(in crate::extract) fn statements(document: &Value) -> Vec<Statement> {
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

/// Level of one action, or the highest of those that a pattern covers (domain specification, 6.2); what the table does not know, by its verb.
pub(super) fn level(action: &str) -> Level {
    let action = action.to_ascii_lowercase();
    if matches!(action.as_str(), "*" | "*:*" | "iam:*" | "sts:*") {
        return Level::Admin;
    }
    // No table lists it: whoever is logged in to the portal gets keys of a role by it.
    if action == "sso:getrolecredentials" {
        return Level::SecretRead;
    }
    if let Some(level) = tables::aws::level(&action) {
        return level;
    }
    let verb = action.split_once(':').map_or(action.as_str(), |(_, verb)| verb);
    let starts = |words: &[&str]| words.iter().any(|w| verb.starts_with(w));
    if starts(&["assume", "pass"]) || verb.contains("policy") && starts(&["put", "attach", "set", "update", "delete", "add"]) {
        Level::Admin
    } else if starts(&["list"]) {
        Level::List
    } else if starts(&["tag", "untag"]) {
        Level::Tag
    } else if starts(&["get", "batchget", "describe", "head", "view", "search", "lookup", "check", "query", "read"]) {
        Level::ReadMeta
    } else {
        Level::Write
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
            ("ec2:DescribeInstances", Level::List),
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
