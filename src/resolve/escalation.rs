//! Permissions with which an identity can give itself more (domain specification, 6.5): each rule is a set of actions and what they lead to.

use std::sync::Arc;

use serde_json::Value;

use crate::graph::{Edge, Graph, edge_id};
use crate::model::{Basis, Condition, Kind, NodeId};
use crate::relation::CAN_ESCALATE_TO;

/// Name of the rule, and the actions that are all needed.
const RULES: &[(&str, &[&str])] = &[
    ("iam:CreatePolicyVersion", &["iam:createpolicyversion"]),
    ("iam:SetDefaultPolicyVersion", &["iam:setdefaultpolicyversion"]),
    ("iam:AttachUserPolicy", &["iam:attachuserpolicy"]),
    ("iam:AttachRolePolicy", &["iam:attachrolepolicy"]),
    ("iam:AttachGroupPolicy", &["iam:attachgrouppolicy"]),
    ("iam:PutUserPolicy", &["iam:putuserpolicy"]),
    ("iam:PutRolePolicy", &["iam:putrolepolicy"]),
    ("iam:PutGroupPolicy", &["iam:putgrouppolicy"]),
    ("iam:AddUserToGroup", &["iam:addusertogroup"]),
    ("iam:CreateAccessKey", &["iam:createaccesskey"]),
    ("iam:CreateLoginProfile", &["iam:createloginprofile"]),
    ("iam:UpdateLoginProfile", &["iam:updateloginprofile"]),
    ("iam:UpdateAssumeRolePolicy", &["iam:updateassumerolepolicy"]),
    ("iam:PassRole with lambda:CreateFunction", &["iam:passrole", "lambda:createfunction"]),
    ("iam:PassRole with ec2:RunInstances", &["iam:passrole", "ec2:runinstances"]),
    ("iam:PassRole with glue:CreateDevEndpoint", &["iam:passrole", "glue:createdevendpoint"]),
    ("iam:PassRole with cloudformation:CreateStack", &["iam:passrole", "cloudformation:createstack"]),
    ("iam:PassRole with ecs:RunTask", &["iam:passrole", "ecs:registertaskdefinition", "ecs:runtask"]),
    ("iam:PassRole with codebuild:CreateProject", &["iam:passrole", "codebuild:createproject", "codebuild:startbuild"]),
    ("lambda:UpdateFunctionCode", &["lambda:updatefunctioncode"]),
    ("ssm:SendCommand", &["ssm:sendcommand"]),
];

pub(super) fn apply(graph: &mut Graph) -> bool {
    let mut drawn: Vec<(NodeId, NodeId, &str, Vec<Arc<str>>)> = Vec::new();
    for identity in graph.of_kind(Kind::Identity) {
        let grants: Vec<&Edge> = graph
            .out(identity.id())
            .filter(|e| {
                e.relation.name == "can_access" && e.derived && e.condition == Condition::True && (e.to.starts_with("aws:") || e.to.starts_with("arn:"))
            })
            .collect();
        // Who administers the account already has nothing to raise.
        if grants.iter().any(|e| e.text("level") == Some("admin") && graph.node(&e.to).is_some_and(|n| n.key.subtype == "cloud-account")) {
            continue;
        }
        let has = |needed: &str| {
            grants
                .iter()
                .find(|e| e.attributes.get("actions").and_then(Value::as_array).is_some_and(|a| a.iter().filter_map(Value::as_str).any(|x| covers(x, needed))))
        };
        for (rule, needed) in RULES {
            let via: Vec<Arc<str>> = needed.iter().filter_map(|n| has(n)).map(|e| e.id.clone()).collect();
            if via.len() < needed.len() {
                continue;
            }
            // A permission on named roles or functions leads to those; on everything, to the account.
            let mut targets: Vec<NodeId> = needed
                .iter()
                .filter_map(|n| has(n))
                .filter(|e| graph.node(&e.to).is_some_and(|n| n.key.kind == Kind::Identity && n.id() != identity.id()))
                .map(|e| e.to.clone())
                .collect();
            // On every role: those that let the service of the rule act as them are known to be among them.
            if needed.contains(&"iam:passrole")
                && targets.is_empty()
                && let Some(service) = needed.iter().filter_map(|n| n.split_once(':')).map(|(s, _)| s).find(|s| *s != "iam")
            {
                for target in passable(graph, identity.id(), service) {
                    drawn.push((identity.id().clone(), target, rule, via.clone()));
                }
            }
            if targets.is_empty() {
                targets = grants.iter().filter(|e| graph.node(&e.to).is_some_and(|n| n.key.subtype == "iam-plane")).map(|e| e.to.clone()).take(1).collect();
            }
            if targets.is_empty() {
                targets = needed.iter().filter_map(|n| has(n)).map(|e| e.to.clone()).take(1).collect();
            }
            for target in targets {
                drawn.push((identity.id().clone(), target, rule, via.clone()));
            }
        }
    }
    let mut changed = false;
    for (from, to, rule, via) in drawn {
        let mut edge = Edge::derived(from, &CAN_ESCALATE_TO, to, (Basis::Evaluated, 0.9), Condition::True, via);
        edge.id = edge_id(&CAN_ESCALATE_TO, &edge.from, &edge.to, rule);
        edge.attributes.insert("rule".into(), Value::from(rule));
        changed |= graph.add_edge(edge);
    }
    changed
}

/// Roles of the same account that a service may be given.
fn passable(graph: &Graph, identity: &NodeId, service: &str) -> Vec<NodeId> {
    let principal = if service == "ecs" { "ecs-tasks" } else { service };
    let issuer = format!("aws-service:{principal}.amazonaws.com");
    let account = |id: &str| id.split(":role/").next().and_then(|i| i.split(":user/").next()).map(str::to_owned);
    graph
        .ending_at(&issuer)
        .filter(|e| e.relation.name == "trusts" && e.from != *identity && account(&e.from) == account(identity))
        .map(|e| e.from.clone())
        .collect()
}

/// Whether a granted action covers a needed one.
fn covers(granted: &str, needed: &str) -> bool {
    let granted = granted.to_ascii_lowercase();
    match granted.strip_suffix('*') {
        Some(prefix) => needed.starts_with(prefix),
        None => granted == needed,
    }
}
