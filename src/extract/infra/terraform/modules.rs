//! Calls of modules: what is handed in, and what those of a registry are known to make.

use super::eval::Scope;
use super::references::references;
use crate::document::{Document, Node};
use crate::extract::infra::granting::attach;
use crate::model::{Basis, Facts, Key, Kind};
use crate::relation::{CONSUMES, RUNS_AS};

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
