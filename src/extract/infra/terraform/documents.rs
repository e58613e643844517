//! Policy documents: as blocks, in files of their own, and as the text of an argument.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::Block;
use super::eval::{Files, Scope};
use super::references::{many, targets};
use crate::document::{Document, Node};
use crate::extract::infra::granting::{grants, trust};
use crate::extract::infra::policy::{self, Statement};
use crate::model::{Facts, Key, Kind};

pub(super) fn file_key(document: &Document) -> Key {
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
        let Some((key, _)) = scope.own(block) else { continue };
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
