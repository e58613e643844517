//! Google: triggers of builds with the files that they run, and modules of its registry that grant roles or make accounts.

use super::Block;
use super::bindings::{bind, cluster_account};
use super::eval::Scope;
use super::hierarchy;
use super::references::{many, targets};
use crate::document::{Document, Node};
use crate::model::{Basis, Facts, Key, Kind, Location};
use crate::relation::{CAN_ASSUME, INVOKES, RUNS_AS};

/// A trigger runs the file of the repository that it names, as the account that it is given.
pub(super) fn trigger(block: &Block<'_>, key: &Key, scope: &Scope<'_>, facts: &mut Facts) {
    if block.resource_type != "google_cloudbuild_trigger" {
        return;
    }
    let Some((node, file)) = block.body.get("filename").map(|n| (n, scope.text(n, 0))).filter(|(_, f)| !f.contains("${")) else { return };
    let body = block.document.repository_body();
    let own = body.rsplit('/').next().unwrap_or(body);
    let of = |outer: &str, name: &str| block.body.all(outer).find_map(|b| scope.attribute(b, name)).filter(|n| !n.contains("${"));
    let elsewhere = of("github", "name").or_else(|| of("trigger_template", "repo_name")).is_some_and(|n| !n.eq_ignore_ascii_case(own) && !own.ends_with(&n));
    if elsewhere {
        return;
    }
    let at = block.document.at(node);
    let build = Key::new(Kind::Consumer, "ci-job", format!("cloudbuild:{body}//{}", file.trim_start_matches('/')));
    facts.mention(&build, String::new(), at.clone());
    facts.relate(key, &INVOKES, &build, at);
    let Some(node) = block.body.get("service_account") else { return };
    for (account, _) in targets(scope, node) {
        facts.relate(&build, &RUNS_AS, &account, block.document.at(node)).basis(Basis::Evaluated);
    }
}

/// Modules that grant: the ending of their source, and the argument that says on what; without one, on the project.
const GRANTING: &[(&str, &str)] = &[
    ("projects_iam", ""),
    ("folders_iam", "folders"),
    ("organizations_iam", "organizations"),
    ("storage_buckets_iam", "storage_buckets"),
    ("artifact_registry_iam", "repositories"),
    ("secret_manager_iam", "secrets"),
    ("service_accounts_iam", "service_accounts"),
    ("pubsub_topics_iam", "pubsub_topics"),
    ("pubsub_subscriptions_iam", "pubsub_subscriptions"),
    ("kms_crypto_keys_iam", "kms_crypto_keys"),
    ("bigquery_datasets_iam", "bigquery_datasets"),
    ("cloud_run_services_iam", "cloud_run_services"),
];

/// What a module of Google's registry says by its arguments.
pub(super) fn module(document: &Document, body: &Node, scope: &Scope<'_>, facts: &mut Facts) {
    let Some(source) = body.get_str("source").filter(|s| !s.starts_with('.')) else { return };
    let source = source.split(['?', '@']).next().unwrap_or(source).to_ascii_lowercase();
    let last = source.rsplit('/').next().unwrap_or(&source);
    if let Some((_, argument)) = GRANTING.iter().find(|(ending, _)| last == *ending) {
        let things = on(document, body, argument, scope, facts);
        for (role, members) in body.get("bindings").into_iter().flat_map(Node::entries) {
            let role_name = scope.text(role, 0);
            for (member, at) in members_of(document, members, scope) {
                things.iter().for_each(|thing| bind(&role_name, &member, thing, false, scope, facts, &at));
            }
        }
    } else if last == "member_iam" {
        let Some(address) = scope.attribute(body, "service_account_address") else { return };
        let prefix = scope.attribute(body, "prefix").unwrap_or_else(|| "serviceAccount".into());
        granted(document, body, "project_roles", &format!("{prefix}:{address}"), scope, facts);
    } else if last == "workload-identity" && source.contains("kubernetes-engine") {
        workload(document, body, scope, facts);
    }
}

/// Members of one role, each at its own line.
fn members_of(document: &Document, node: &Node, scope: &Scope<'_>) -> Vec<(String, Location)> {
    if node.items().is_empty() {
        return many(&scope.value(node, 0)).into_iter().map(|m| (m, document.at(node))).collect();
    }
    node.items().iter().flat_map(|n| many(&scope.value(n, 0)).into_iter().map(|m| (m, document.at(n)))).collect()
}

/// The things that a module grants roles on: blocks of the folder, by reference or by name.
fn on(document: &Document, body: &Node, argument: &str, scope: &Scope<'_>, facts: &mut Facts) -> Vec<Key> {
    let Some(node) = body.get(argument).filter(|_| !argument.is_empty()) else {
        let stated = ["projects", "project", "project_id"].iter().filter_map(|a| body.get(a)).flat_map(|n| many(&scope.value(n, 0)));
        let stated: Vec<String> = stated.filter(|p| !p.contains("${") && !p.is_empty()).collect();
        if stated.is_empty() {
            let (key, name, at) = hierarchy::project(scope, &document.at(body));
            facts.mention(&key, name, at);
            return vec![key];
        }
        let keys: Vec<Key> = stated.iter().map(|p| Key::new(Kind::Resource, "cloud-account", format!("gcp-project:{p}"))).collect();
        for (key, name) in keys.iter().zip(stated) {
            facts.mention(key, name, document.at(body));
        }
        return keys;
    };
    let named: Vec<Key> = targets(scope, node).into_iter().map(|(k, _)| k).collect();
    if !named.is_empty() {
        return named;
    }
    let names = many(&scope.value(node, 0));
    scope.known.values().filter(|(k, n)| matches!(k.kind, Kind::Resource | Kind::Location) && names.contains(n)).map(|(k, _)| k.clone()).collect()
}

/// Roles of a list, on the project.
fn granted(document: &Document, body: &Node, argument: &str, member: &str, scope: &Scope<'_>, facts: &mut Facts) {
    for place in on(document, body, "", scope, facts) {
        for (role, at) in body.get(argument).map(|n| members_of(document, n, scope)).unwrap_or_default() {
            bind(&role, member, &place, false, scope, facts, &at);
        }
    }
}

/// An account of Google, one of the cluster that may become it, and what it is granted.
fn workload(document: &Document, body: &Node, scope: &Scope<'_>, facts: &mut Facts) {
    let text = |name: &str| scope.attribute(body, name).filter(|t| !t.contains("${"));
    let Some(name) = text("name") else { return };
    let at = document.at(body);
    let project = text("project_id").or_else(|| scope.project.as_ref().map(|(p, _)| p.clone())).unwrap_or_else(|| scope.account.clone());
    let own = text("gcp_sa_name").unwrap_or_else(|| name.clone());
    let email = format!("{own}@{project}.iam.gserviceaccount.com");
    let account = Key::new(Kind::Identity, "gcp-service-account", format!("gcp-sa:{email}"));
    facts.declare(&account, own, at.clone()).attr("provider", "google");
    let namespace = text("namespace").unwrap_or_else(|| "default".into());
    let inside = text("k8s_sa_name").unwrap_or(name);
    let key = cluster_account(scope, &namespace, &inside);
    facts.mention(&key, inside, at.clone());
    facts.relate(&key, &CAN_ASSUME, &account, at).attr("via", "workload-identity");
    granted(document, body, "roles", &format!("serviceAccount:{email}"), scope, facts);
}
