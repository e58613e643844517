//! Calls of modules: what is handed in, and what those of a registry are known to make.

use super::eval::Scope;
use super::google;
use super::references::{many, references};
use crate::document::{Document, Node, Value};
use crate::extract::ci::is_secret_name;
use crate::extract::infra::breadth::breadth;
use crate::extract::infra::granting::attach;
use crate::extract::kubernetes::account_key;
use crate::model::{Basis, Facts, Key, Kind, Location};
use crate::relation::{CAN_ASSUME, CONSUMES, RUNS_AS, SOURCED_FROM, TRUSTS};

/// Words in the source of a module that is not at hand, and what such a module makes; the first that is there.
const MAKES: &[(&str, &str)] = &[
    ("key-vault", "secret-store"),
    ("keyvault", "secret-store"),
    ("aurora", "database"),
    ("rds", "database"),
    ("cosmos", "database"),
    ("documentdb", "database"),
    ("dynamodb", "database"),
    ("postgres", "database"),
    ("mysql", "database"),
    ("sql-db", "database"),
    ("s3-bucket", "object-store"),
    ("storage", "object-store"),
    ("bucket", "object-store"),
    ("servicebus", "queue"),
    ("sqs", "queue"),
    ("sns", "queue"),
    ("pubsub", "queue"),
    ("eventhub", "stream"),
    ("msk", "stream"),
    ("kms", "kms"),
    ("container-registry", "container-registry"),
    ("containerregistry", "container-registry"),
    ("ecr", "container-registry"),
    ("elasticache", "cache"),
    ("redis", "cache"),
    ("memorystore", "cache"),
    ("cognitiveservices", "llm-api"),
    ("openai", "llm-api"),
    ("kubernetes-engine", "cluster"),
    ("managedcluster", "cluster"),
    ("eks", "cluster"),
    ("aks", "cluster"),
    ("gke", "cluster"),
];

/// What a module of a registry is known to make: a role, else one thing of the kind that its source names.
pub(super) fn made(document: &Document, name: &str, body: &Node, scope: &Scope<'_>) -> Option<(Key, String)> {
    let source = body.get_str("source").filter(|s| !s.starts_with('.'))?.to_ascii_lowercase();
    if let Some((role, named, _)) = role(body, scope) {
        return Some((role, named));
    }
    let words: Vec<&str> = source.split(['/', '?', ':']).collect();
    // Whole words of it: `ecr` is not in `secrets`.
    let has = |word: &str| words.iter().any(|w| format!("-{}-", w.replace(['_', '.'], "-")).contains(&format!("-{word}-")));
    let (_, subtype) = MAKES.iter().find(|(word, _)| has(word))?;
    let id = format!("tf:def:{}#{}module.{name}", document.file_id().trim_start_matches("file:"), scope.instance);
    Some((Key::new(Kind::Resource, *subtype, id), name.to_owned()))
}

/// A module call: a unit of infrastructure with what is handed into it.
pub(super) fn module(document: &Document, name: &str, body: &Node, scope: &Scope<'_>, facts: &mut Facts) {
    let key = Key::new(Kind::Consumer, "iac-runner", format!("def:{}#module.{name}", document.file_id().trim_start_matches("file:")));
    let node = facts.declare(&key, name, document.at(body));
    if let Some(source) = body.get_str("source") {
        node.attr("source", source);
    }
    if let Some((made, name)) = scope.known.get(&format!("module.{name}")).filter(|(k, _)| k.kind == Kind::Resource) {
        facts.declare(made, name.clone(), document.at(body)).attr("type", "module");
    }
    registry(document, body, scope, facts);
    google::module(document, body, scope, facts);
    handed(document, &key, body, scope, facts);
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

/// What a call hands in under the name of a secret: a slot that is fed from what its value names.
fn handed(document: &Document, module: &Key, body: &Node, scope: &Scope<'_>, facts: &mut Facts) {
    let direct = body.entries();
    // Maps of variables, and of the secrets behind them.
    let inside = body.entries().filter(|(k, _)| k.str().is_some_and(|k| k.contains("secret") || k.contains("env"))).flat_map(|(_, v)| v.entries());
    for (name, value) in direct.chain(inside).filter_map(|(k, v)| Some((k.str()?, v))) {
        let given = matches!(value.value, Value::Expr(_)) || value.str().is_some_and(|s| !s.is_empty());
        if !is_secret_name(name) || !given || value.is_map() {
            continue;
        }
        let at = document.at(value);
        let slot = Key::new(Kind::Location, "env", format!("{}/{name}", module.id));
        facts.declare(&slot, name, at.clone()).attr("store", "variable");
        facts.relate(module, &CONSUMES, &slot, at.clone());
        facts.holds(&slot, at.clone());
        for (target, _) in references(value).iter().filter_map(|s| scope.target(s)).filter_map(|(a, _)| scope.known.get(&a)) {
            if matches!(target.kind, Kind::Location | Kind::Credential) {
                facts.relate(&slot, &SOURCED_FROM, target, at.clone()).basis(Basis::Evaluated);
            }
        }
    }
}

/// Accounts of Kubernetes, and subjects of pipelines, that a role's module is told to trust.
fn trusted(document: &Document, role: &Key, body: &Node, scope: &Scope<'_>, facts: &mut Facts) {
    let repository = document.repository_body();
    let mut subjects: Vec<(String, Location)> = Vec::new();
    for list in ["oidc_fully_qualified_subjects", "oidc_subjects_with_wildcards", "subjects", "oidc_subjects"].into_iter().filter_map(|a| body.get(a)) {
        subjects.extend(many(&scope.value(list, 0)).into_iter().map(|s| (s, document.at(list))));
    }
    // `oidc_providers = { one = { namespace_service_accounts = ["ns:name"] } }`, and the same outside of it.
    let nested = body.get("oidc_providers").into_iter().flat_map(Node::entries).filter_map(|(_, v)| v.get("namespace_service_accounts"));
    for list in nested.chain(body.get("namespace_service_accounts")) {
        subjects.extend(many(&scope.value(list, 0)).into_iter().map(|s| (format!("system:serviceaccount:{s}"), document.at(list))));
    }
    let url = ["provider_url", "oidc_provider_url"].into_iter().find_map(|a| scope.attribute(body, a)).filter(|u| !u.contains("${"));
    for (subject, at) in subjects.into_iter().filter(|(s, _)| !s.contains("${") && s.contains(':')) {
        if let Some((namespace, name)) = subject.strip_prefix("system:serviceaccount:").and_then(|s| s.split_once(':')) {
            if !namespace.contains(['*', '?']) && !name.contains(['*', '?']) {
                let account = account_key(repository, namespace, name);
                facts.mention(&account, name, at.clone());
                facts.relate(&account, &CAN_ASSUME, role, at.clone()).basis(Basis::UniqueName).attr("via", "irsa");
            }
            continue;
        }
        let github = body.get_str("source").is_some_and(|s| s.contains("github"));
        let subject = if github && !subject.starts_with("repo:") { format!("repo:{subject}") } else { subject };
        let host = url.as_deref().map_or("token.actions.githubusercontent.com", |u| u.trim_start_matches("https://").trim_end_matches('/')).to_owned();
        let issuer = Key::new(Kind::Issuer, "oidc-provider", format!("oidc-provider:{host}"));
        let conditions = serde_json::json!({"StringLike": {format!("{host}:sub"): subject}});
        facts.mention(&issuer, host, at.clone());
        let edge = facts.relate(role, &TRUSTS, &issuer, at).basis(Basis::UniqueName);
        edge.attr("breadth", breadth(Some(&conditions))).attr("conditions", conditions);
    }
}

/// The role that a module of a registry makes, its name, and the argument that gives it.
fn role<'a>(body: &'a Node, scope: &Scope<'_>) -> Option<(Key, String, &'a Node)> {
    let source = body.get_str("source").filter(|s| !s.starts_with('.') && s.contains("iam"))?;
    let makes_role = ["iam-role", "iam-github-oidc-role", "iam-assumable-role", "irsa", "pod-identity", "iam-eks-role"].iter().any(|w| source.contains(w));
    let node = ["role_name", "iam_role_name", "name", "role_name_prefix"].into_iter().find_map(|a| body.get(a)).filter(|_| makes_role)?;
    let name = Some(scope.text(node, 0)).filter(|n| !n.is_empty())?;
    Some((Key::new(Kind::Identity, "aws-role", format!("arn:aws:iam::{}:role/{name}", scope.account)), name, node))
}

/// A module of a registry that makes a role says so by its arguments; what else it makes stays unknown.
fn registry(document: &Document, body: &Node, scope: &Scope<'_>, facts: &mut Facts) {
    let Some((role, name, node)) = role(body, scope) else { return };
    facts.declare(&role, name, document.at(body)).attr("provider", "aws");
    facts.mention(&role, String::new(), document.at(node));
    trusted(document, &role, body, scope, facts);
    for argument in ["role_policy_arns", "policies", "custom_role_policy_arns", "additional_policy_arns"].into_iter().filter_map(|a| body.get(a)) {
        for node in argument.items().iter().chain(argument.entries().map(|(_, v)| v)) {
            attach(&role, &scope.text(node, 0), scope, facts, &document.at(node));
        }
    }
}
