//! The matrix of decisions: allows, denies, inverses, boundaries, organisations and resources against each other.

use serde_json::{Value, json};

use super::conditions::Tri;
use super::effective::{Policies, decide};

fn list(value: &Value) -> Vec<&Value> {
    value.as_array().into_iter().flatten().collect()
}

#[test]
fn decisions_follow_the_evaluation_logic() {
    const T: Tri = Tri::True;
    const F: Tri = Tri::False;
    const U: Tri = Tri::Unknown;
    let cases = [
        (json!({"identity": [], "control": [], "resource": []}), "s3:GetObject", "arn:aws:s3:::data/x", F),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["*"], "resources": ["*"]}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            T,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["s3:*"], "resources": ["*"]}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            T,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["s3:Get*"], "resources": ["*"]}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            T,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::data/x"]}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            T,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["s3:GetObject"], "resources": ["*"]}], "control": [], "resource": []}),
            "S3:getobject",
            "arn:aws:s3:::data/x",
            T,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["s3:Get*"], "resources": ["*"]}], "control": [], "resource": []}),
            "s3:PutObject",
            "arn:aws:s3:::data/x",
            F,
        ),
        (json!({"identity": [{"effect": "Allow", "actions": ["s3:*"], "resources": ["*"]}], "control": [], "resource": []}), "ec2:RunInstances", "*", F),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::data/*"]}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            T,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::logs/*"]}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            F,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::data"]}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            F,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::*"]}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            T,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["s3:Get?bject"], "resources": ["*"]}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            T,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["iam:PassRole"], "resources": ["arn:aws:iam::1:role/a*"]}], "control": [], "resource": []}),
            "iam:PassRole",
            "arn:aws:iam::1:role/app",
            T,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["iam:PassRole"], "resources": ["arn:aws:iam::1:role/a*"]}], "control": [], "resource": []}),
            "iam:PassRole",
            "arn:aws:iam::1:role/ops",
            F,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["ec2:*"], "resources": ["*"]}, {"effect": "Allow", "actions": ["s3:*"], "resources": ["*"]}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            T,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["s3:Get*"], "resources": ["*"]}], "control": [], "resource": []}),
            "s3:*",
            "arn:aws:s3:::data/x",
            U,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::data/pub*"]}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/*",
            U,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["s3:*"], "resources": ["*"]}], "control": [], "resource": []}),
            "s3:Get*",
            "arn:aws:s3:::data/x",
            T,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::d*"]}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/*",
            T,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["s3:*"], "resources": ["arn:aws:s3:::data/*"]}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::DATA/x",
            F,
        ),
        (
            json!({"identity": [{"effect": "Allow", "not_actions": ["iam:*"], "resources": ["*"]}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            T,
        ),
        (json!({"identity": [{"effect": "Allow", "not_actions": ["iam:*"], "resources": ["*"]}], "control": [], "resource": []}), "iam:CreateUser", "*", F),
        (
            json!({"identity": [{"effect": "Allow", "not_actions": ["iam:*", "sts:*"], "resources": ["*"]}], "control": [], "resource": []}),
            "iam:CreateUser",
            "*",
            F,
        ),
        (
            json!({"identity": [{"effect": "Allow", "not_actions": ["iam:*", "sts:*"], "resources": ["*"]}], "control": [], "resource": []}),
            "ec2:RunInstances",
            "*",
            T,
        ),
        (
            json!({"identity": [{"effect": "Allow", "not_actions": ["iam:*", "sts:*"], "resources": ["*"]}], "control": [], "resource": []}),
            "sts:AssumeRole",
            "*",
            F,
        ),
        (json!({"identity": [{"effect": "Allow", "not_actions": ["iam:CreateUser"], "resources": ["*"]}], "control": [], "resource": []}), "iam:*", "*", U),
        (json!({"identity": [{"effect": "Allow", "not_actions": ["iam:Create*"], "resources": ["*"]}], "control": [], "resource": []}), "iam:GetUser", "*", T),
        (
            json!({"identity": [{"effect": "Allow", "not_actions": ["iam:*"], "resources": ["arn:aws:s3:::logs/*"]}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            F,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["*"], "resources": ["*"]}, {"effect": "Deny", "not_actions": ["iam:*"], "resources": ["*"]}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            F,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["*"], "resources": ["*"]}, {"effect": "Deny", "not_actions": ["iam:*"], "resources": ["*"]}], "control": [], "resource": []}),
            "iam:GetUser",
            "*",
            T,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["*"], "resources": ["*"]}, {"effect": "Deny", "not_actions": ["s3:*", "iam:*"], "resources": ["*"]}], "control": [], "resource": []}),
            "ec2:StopInstances",
            "*",
            F,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["*"], "resources": ["*"]}, {"effect": "Deny", "not_actions": ["s3:*"], "resources": ["*"]}], "control": [], "resource": []}),
            "s3:PutObject",
            "arn:aws:s3:::data/x",
            T,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["s3:*"], "not_resources": ["arn:aws:s3:::logs/*"]}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            T,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["s3:*"], "not_resources": ["arn:aws:s3:::logs/*"]}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::logs/1",
            F,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["*"], "resources": ["*"]}, {"effect": "Deny", "actions": ["s3:*"], "not_resources": ["arn:aws:s3:::logs/*"]}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            F,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["*"], "resources": ["*"]}, {"effect": "Deny", "actions": ["s3:*"], "not_resources": ["arn:aws:s3:::logs/*"]}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::logs/1",
            T,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["s3:*"], "not_resources": ["arn:aws:s3:::logs/*"]}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::*",
            U,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["*"], "resources": ["*"]}, {"effect": "Deny", "actions": ["s3:*"], "not_resources": ["arn:aws:s3:::logs/*"]}], "control": [], "resource": []}),
            "ec2:RunInstances",
            "*",
            T,
        ),
        (
            json!({"identity": [{"effect": "Allow", "not_actions": ["iam:*"], "not_resources": ["arn:aws:s3:::logs/*"]}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            T,
        ),
        (
            json!({"identity": [{"effect": "Allow", "not_actions": ["iam:*"], "not_resources": ["arn:aws:s3:::logs/*"]}], "control": [], "resource": []}),
            "iam:GetUser",
            "*",
            F,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["*"], "resources": ["*"]}, {"effect": "Deny", "actions": ["s3:GetObject"], "resources": ["*"]}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            F,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["*"], "resources": ["*"]}, {"effect": "Deny", "actions": ["s3:*"], "resources": ["*"]}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            F,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["*"], "resources": ["*"]}, {"effect": "Deny", "actions": ["*"], "resources": ["*"]}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            F,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["*"], "resources": ["*"]}, {"effect": "Deny", "actions": ["s3:Get*"], "resources": ["*"]}], "control": [], "resource": []}),
            "s3:PutObject",
            "arn:aws:s3:::data/x",
            T,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["*"], "resources": ["*"]}, {"effect": "Deny", "actions": ["s3:*"], "resources": ["arn:aws:s3:::logs/*"]}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            T,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["*"], "resources": ["*"]}, {"effect": "Deny", "actions": ["s3:*"], "resources": ["arn:aws:s3:::data/*"]}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            F,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["*"], "resources": ["*"]}, {"effect": "Deny", "actions": ["s3:DeleteObject"], "resources": ["*"]}], "control": [], "resource": []}),
            "s3:*",
            "arn:aws:s3:::data/x",
            U,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["*"], "resources": ["*"]}, {"effect": "Deny", "actions": ["s3:*"], "resources": ["arn:aws:s3:::data/secret/*"]}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/*",
            U,
        ),
        (
            json!({"identity": [{"effect": "Deny", "actions": ["s3:GetObject"], "resources": ["*"]}, {"effect": "Allow", "actions": ["*"], "resources": ["*"]}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            F,
        ),
        (
            json!({"identity": [{"effect": "Deny", "actions": ["ec2:*"], "resources": ["*"]}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            F,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["*"], "resources": ["*"]}, {"effect": "Deny", "actions": ["s3:getobject"], "resources": ["*"]}], "control": [], "resource": []}),
            "S3:GETOBJECT",
            "arn:aws:s3:::data/x",
            F,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["s3:*"], "resources": ["*"], "conditions": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            U,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["s3:*"], "resources": ["*"], "conditions": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}, {"effect": "Allow", "actions": ["*"], "resources": ["*"]}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            T,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["*"], "resources": ["*"]}, {"effect": "Deny", "actions": ["s3:*"], "resources": ["*"], "conditions": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            U,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["s3:*"], "resources": ["*"], "conditions": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}, {"effect": "Deny", "actions": ["s3:*"], "resources": ["*"]}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            F,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["s3:*"], "resources": ["*"], "conditions": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}], "control": [], "resource": []}),
            "ec2:RunInstances",
            "*",
            F,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["*"], "resources": ["*"]}, {"effect": "Deny", "actions": ["s3:*"], "resources": ["*"], "conditions": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}], "control": [], "resource": []}),
            "ec2:RunInstances",
            "*",
            T,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["s3:*"], "resources": ["*"], "conditions": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}, {"effect": "Deny", "actions": ["s3:*"], "resources": ["*"], "conditions": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            U,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["*"], "resources": ["*"]}, {"effect": "Deny", "not_actions": ["s3:*"], "resources": ["*"], "conditions": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}], "control": [], "resource": []}),
            "ec2:RunInstances",
            "*",
            U,
        ),
        (
            json!({"identity": [{"effect": "Allow", "not_actions": ["s3:*"], "resources": ["*"], "conditions": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}], "control": [], "resource": []}),
            "iam:GetUser",
            "*",
            U,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["*"], "resources": ["*"]}], "boundary": [{"effect": "Allow", "actions": ["s3:*"], "resources": ["*"]}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            T,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["*"], "resources": ["*"]}], "boundary": [{"effect": "Allow", "actions": ["s3:*"], "resources": ["*"]}], "control": [], "resource": []}),
            "ec2:RunInstances",
            "*",
            F,
        ),
        (
            json!({"identity": [], "boundary": [{"effect": "Allow", "actions": ["*"], "resources": ["*"]}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            F,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["*"], "resources": ["*"]}], "boundary": [], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            F,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["*"], "resources": ["*"]}], "boundary": [{"effect": "Allow", "actions": ["*"], "resources": ["*"]}, {"effect": "Deny", "actions": ["s3:*"], "resources": ["*"]}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            F,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["*"], "resources": ["*"]}], "boundary": [{"effect": "Allow", "actions": ["s3:*"], "resources": ["*"], "conditions": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            U,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["*"], "resources": ["*"]}], "boundary": [{"effect": "Allow", "not_actions": ["iam:*"], "resources": ["*"]}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            T,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["*"], "resources": ["*"]}], "boundary": [{"effect": "Allow", "not_actions": ["iam:*"], "resources": ["*"]}], "control": [], "resource": []}),
            "iam:CreateUser",
            "*",
            F,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["s3:*"], "resources": ["*"]}], "boundary": [{"effect": "Allow", "actions": ["s3:*"], "resources": ["arn:aws:s3:::logs/*"]}], "control": [], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            F,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["*"], "resources": ["*"]}], "boundary": [{"effect": "Allow", "actions": ["s3:Get*"], "resources": ["*"]}], "control": [], "resource": []}),
            "s3:*",
            "arn:aws:s3:::data/x",
            U,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["*"], "resources": ["*"]}], "control": [[{"effect": "Allow", "actions": ["*"], "resources": ["*"]}]], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            T,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["*"], "resources": ["*"]}], "control": [[{"effect": "Allow", "actions": ["*"], "resources": ["*"]}, {"effect": "Deny", "actions": ["s3:*"], "resources": ["*"]}]], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            F,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["*"], "resources": ["*"]}], "control": [[{"effect": "Allow", "actions": ["ec2:*"], "resources": ["*"]}]], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            F,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["*"], "resources": ["*"]}], "control": [[{"effect": "Allow", "actions": ["*"], "resources": ["*"]}], [{"effect": "Allow", "actions": ["ec2:*"], "resources": ["*"]}]], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            F,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["*"], "resources": ["*"]}], "control": [[{"effect": "Allow", "actions": ["*"], "resources": ["*"]}], [{"effect": "Allow", "actions": ["s3:*"], "resources": ["*"]}]], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            T,
        ),
        (
            json!({"identity": [], "control": [[{"effect": "Allow", "actions": ["*"], "resources": ["*"]}]], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            F,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["*"], "resources": ["*"]}], "control": [[{"effect": "Allow", "actions": ["*"], "resources": ["*"]}, {"effect": "Deny", "actions": ["s3:*"], "resources": ["*"], "conditions": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}]], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            U,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["*"], "resources": ["*"]}], "boundary": [{"effect": "Allow", "actions": ["*"], "resources": ["*"]}], "control": [[{"effect": "Allow", "actions": ["*"], "resources": ["*"]}, {"effect": "Deny", "not_actions": ["ec2:*"], "resources": ["*"]}]], "resource": []}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            F,
        ),
        (
            json!({"identity": [], "control": [], "resource": [{"effect": "Allow", "actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::data/*"]}]}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            T,
        ),
        (
            json!({"identity": [], "control": [], "resource": [{"effect": "Allow", "actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::data/*"]}]}),
            "s3:PutObject",
            "arn:aws:s3:::data/x",
            F,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["*"], "resources": ["*"]}], "control": [], "resource": [{"effect": "Deny", "actions": ["s3:*"], "resources": ["*"]}]}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            F,
        ),
        (
            json!({"identity": [{"effect": "Deny", "actions": ["s3:*"], "resources": ["*"]}], "control": [], "resource": [{"effect": "Allow", "actions": ["s3:*"], "resources": ["*"]}]}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            F,
        ),
        (
            json!({"identity": [], "boundary": [{"effect": "Allow", "actions": ["ec2:*"], "resources": ["*"]}], "control": [], "resource": [{"effect": "Allow", "actions": ["s3:*"], "resources": ["*"]}]}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            T,
        ),
        (
            json!({"identity": [], "boundary": [{"effect": "Deny", "actions": ["s3:*"], "resources": ["*"]}], "control": [], "resource": [{"effect": "Allow", "actions": ["s3:*"], "resources": ["*"]}]}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            F,
        ),
        (
            json!({"identity": [], "control": [[{"effect": "Allow", "actions": ["ec2:*"], "resources": ["*"]}]], "resource": [{"effect": "Allow", "actions": ["s3:*"], "resources": ["*"]}]}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            F,
        ),
        (
            json!({"identity": [], "control": [], "resource": [{"effect": "Allow", "actions": ["s3:*"], "resources": ["*"], "conditions": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}]}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            U,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["*"], "resources": ["*"]}], "control": [], "resource": [{"effect": "Deny", "actions": ["s3:*"], "resources": ["*"], "conditions": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}]}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            U,
        ),
        (
            json!({"identity": [{"effect": "Allow", "actions": ["s3:*"], "resources": ["*"], "conditions": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}], "control": [], "resource": [{"effect": "Allow", "actions": ["s3:*"], "resources": ["*"]}]}),
            "s3:GetObject",
            "arn:aws:s3:::data/x",
            T,
        ),
    ];
    for (stated, action, resource, expected) in cases {
        let policies = Policies {
            identity: list(&stated["identity"]),
            boundary: stated.get("boundary").map(list),
            control: list(&stated["control"]).into_iter().map(list).collect(),
            resource: list(&stated["resource"]),
        };
        assert_eq!(decide(&policies, action, resource), expected, "{action} on {resource}: {stated}");
    }
}
