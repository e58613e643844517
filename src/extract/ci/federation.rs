//! Steps by which a job becomes somebody: inputs that name an identity of a cloud or hold its key, and tokens of apps.

use std::collections::BTreeMap;

use super::github::Job;
use super::github_slots::{expressions, slot};
use crate::document::Node;
use crate::model::{Basis, Facts, Key, Kind, Location, Spec};
use crate::relation::{AUTHENTICATES_AS, CAN_ACCESS, CAN_ASSUME, ISSUED_BY, RUNS_AS, SAME_AS, TRUSTS};

/// Actions whose output is a token of a GitHub App.
const APP_TOKENS: &[&str] = &["actions/create-github-app-token", "tibdex/github-app-token"];

/// Inputs that name a role of AWS, whatever action reads them.
const ROLES: &[&str] =
    &["role-to-assume", "role_to_assume", "aws-role-to-assume", "aws-role-arn", "aws_role_arn", "role-arn", "role_arn", "aws-role", "assume-role"];

/// Inputs that name the provider by which Google knows the job, and the account that it becomes.
const PROVIDERS: &[&str] = &["workload_identity_provider", "workload-identity-provider", "gcp_workload_identity_provider", "wif-provider", "wif_provider"];
const ACCOUNTS: &[&str] = &["service_account", "service-account", "gcp_service_account", "service_account_email", "gcp-service-account"];

/// Inputs that hold the key of an identity, and what that is.
const KEYS: &[(&str, &str)] = &[
    ("credentials_json", "gcp-service-account"),
    ("service_account_key", "gcp-service-account"),
    ("gcp_sa_key", "gcp-service-account"),
    ("gcp-sa-key", "gcp-service-account"),
    ("aws-secret-access-key", "aws-user"),
    ("aws_secret_access_key", "aws-user"),
    ("creds", "entra-sp"),
];

/// Says whom a step that uses an action becomes.
pub(super) fn read(job: &Job<'_>, name: &str, step: &Node, tool: &Key, at: &Location, facts: &mut Facts) {
    // What an agent is given is its own.
    if super::agent_start::is_agent(name, step) {
        return;
    }
    let input = |names: &[&str]| names.iter().find_map(|n| step.path(&["with", n])).filter(|n| n.str().is_some_and(|s| !s.is_empty()));
    if let Some(role) = input(ROLES).filter(|r| r.str().is_some_and(|t| t.starts_with("arn:") || !expressions(t).is_empty())) {
        become_identity(job, &job.key, role, "aws-role", facts);
        if let Some((node, seconds)) = step.path(&["with", "role-duration-seconds"]).and_then(|n| Some((n, n.scalar()?.parse::<u32>().ok()?))) {
            facts.mention(&job.key, String::new(), job.document.at(node)).attr("session_seconds", seconds);
        }
    }
    let provider = input(PROVIDERS);
    let account = input(ACCOUNTS).filter(|_| provider.is_some() || name == "google-github-actions/auth");
    let identity = account.and_then(|a| become_identity(job, &job.key, a, "gcp-service-account", facts));
    if let Some((subject, email)) = step.path(&["with", "access_token_subject"]).zip(account.and_then(Node::str).filter(|a| a.contains('@'))) {
        let key = Key::new(Kind::Identity, "gcp-service-account", format!("gcp-sa:{email}"));
        facts.mention(&key, email, job.document.at(subject)).attr("domain_wide_delegation", true);
    }
    if let Some(provider) = provider {
        let issuer = provider_of(job, provider, facts);
        match &identity {
            Some(identity) => {
                facts.relate(identity, &TRUSTS, &issuer, job.document.at(provider)).basis(Basis::Convention).conditional();
            }
            None => direct(job, step, provider, &issuer, facts),
        }
    }
    if name.eq_ignore_ascii_case("azure/login")
        && let Some(client) = input(&["client-id"])
    {
        become_identity(job, &job.key, client, "entra-app", facts);
    } else if let Some(client) = input(&["client-id", "azure-client-id"]).filter(|_| input(&["tenant-id", "azure-tenant-id"]).is_some()) {
        become_identity(job, &job.key, client, "entra-app", facts);
    }
    for (key, subtype) in KEYS {
        if let Some(node) = input(&[key]).filter(|_| *key != "creds" || name.eq_ignore_ascii_case("azure/login")) {
            keyed(job, node, subtype, facts);
        }
    }
    if APP_TOKENS.contains(&name) {
        app_token(job, step, tool, at, facts);
    }
}

/// The provider of a pool of Google, by its name or the variable that holds it.
pub(super) fn provider_of(job: &Job<'_>, provider: &Node, facts: &mut Facts) -> Key {
    let text = provider.str().unwrap_or_default().replace(['$', '{', '}', ' '], "");
    let issuer = Key::new(Kind::Issuer, "oidc-provider", format!("wif:{text}"));
    facts.mention(&issuer, text.rsplit(['/', '.']).next().unwrap_or("workload identity provider"), job.document.at(provider));
    issuer
}

/// Without an account, the job's own tokens are what Google grants things to.
fn direct(job: &Job<'_>, step: &Node, provider: &Node, issuer: &Key, facts: &mut Facts) {
    let at = job.document.at(provider);
    let principal = Key::new(Kind::Identity, "gcp-wif-principal", format!("gcp-wif-principal:{}@{}", job.repository, issuer.id.trim_start_matches("wif:")));
    facts.mention(&principal, format!("tokens of {}", job.repository), at.clone()).attr("auth_style", "federated").attr("symbolic", true);
    facts.relate(&job.key, &CAN_ASSUME, &principal, at.clone()).basis(Basis::EnvAssumed).conditional();
    facts.relate(&principal, &ISSUED_BY, issuer, at.clone());
    let text = provider.str().unwrap_or_default();
    let project = ["project_id", "gcp_project_id"].iter().find_map(|i| step.path(&["with", i])).and_then(Node::str).unwrap_or(text);
    let project = project.replace(['$', '{', '}', ' '], "");
    let account = Key::new(Kind::Resource, "cloud-account", format!("gcp-wif:{project}"));
    facts.mention(&account, project.rsplit(['/', '.']).next().unwrap_or(&project).to_owned(), at.clone());
    facts.relate(&principal, &CAN_ACCESS, &account, at).basis(Basis::Heuristic);
}

/// A secret that holds the key of an identity, which nothing names but the secret.
fn keyed(job: &Job<'_>, node: &Node, subtype: &'static str, facts: &mut Facts) {
    for (kind, secret, _) in node.str().map(expressions).unwrap_or_default().into_iter().filter(|(_, s, _)| s != "*") {
        let at = job.document.at(node);
        let from = slot(job, kind, &secret);
        let identity = Key::new(Kind::Identity, subtype, format!("{subtype}:of-key-in/{}", from.id));
        facts.mention(&identity, format!("identity of {secret}"), at.clone()).attr("auth_style", "static").attr("symbolic", true);
        facts.mention(&from, secret, at.clone()).attr("store", "github");
        facts.relate(&from, &AUTHENTICATES_AS, &identity, at).basis(Basis::Convention);
    }
}

/// Steps that mint a token of a GitHub App, by their id.
pub(super) fn apps(repository: &str, body: &Node) -> BTreeMap<String, Key> {
    let steps = body.get("steps").into_iter().flat_map(Node::items);
    steps
        .filter(|s| s.get_str("uses").and_then(|u| u.split('@').next()).is_some_and(|u| APP_TOKENS.contains(&u)))
        .filter_map(|s| Some((s.get_str("id")?.to_owned(), app(repository, s))))
        .collect()
}

fn app(repository: &str, step: &Node) -> Key {
    let id = ["app-id", "client-id", "app_id"].iter().find_map(|i| step.path(&["with", i])).and_then(Node::scalar).unwrap_or_else(|| "?".into());
    Key::new(Kind::Identity, "scm-app-installation", format!("gh-app:{repository}/{}", id.replace(['$', '{', '}', ' '], "")))
}

/// A token of an app: the job acts as the app, and the secret that holds the app's key lets whoever has it do so too.
fn app_token(job: &Job<'_>, step: &Node, tool: &Key, at: &Location, facts: &mut Facts) {
    let app = app(job.repository, step);
    facts.mention(&app, step.get_str("name").unwrap_or("GitHub App"), job.document.at(step)).attr("auth_style", "short-lived");
    facts.relate(tool, &RUNS_AS, &app, at.clone());
    facts.relate(&job.key, &RUNS_AS, &app, at.clone());
    let repo = Key::new(Kind::Resource, "repo", format!("saas:github.com/{}", job.repository));
    facts.mention(&repo, job.repository, at.clone());
    facts.relate(&app, &CAN_ACCESS, &repo, at.clone()).basis(Basis::Convention).attr("level", "write");
    let key = ["private-key", "private_key"].iter().find_map(|i| step.path(&["with", i]));
    for (kind, secret, _) in key.and_then(Node::str).map(expressions).unwrap_or_default() {
        let place = key.map_or_else(|| at.clone(), |k| job.document.at(k));
        facts.relate(&slot(job, kind, &secret), &AUTHENTICATES_AS, &app, place);
    }
}

/// `who` asks to become the identity that a text names. One that only a variable names is an identity all the same: what the variable holds.
pub(super) fn become_identity(job: &Job<'_>, who: &Key, named: &Node, subtype: &'static str, facts: &mut Facts) -> Option<Key> {
    let text = named.str()?;
    let at = job.document.at(named);
    // `a || b`: either may be what is filled in.
    let mut found = Vec::new();
    for (kind, name, _) in expressions(text) {
        let slot =
            Key::new(Kind::Location, "ci-variable", slot(job, kind, &name).id.replace(&format!("@env={}", job.environment.as_deref().unwrap_or_default()), ""));
        let key = Key::new(Kind::Identity, subtype, format!("{subtype}:value-of/{}", slot.id));
        facts.mention(&key, name.clone(), at.clone()).attr("auth_style", "federated").attr("symbolic", true);
        facts.relate(who, &CAN_ASSUME, &key, at.clone()).basis(Basis::EnvAssumed).conditional();
        facts.refer(&key, &SAME_AS, Spec::ValueOf { slot: slot.id.to_string(), kind: Kind::Identity }, text, at.clone());
        facts.refer(who, &CAN_ASSUME, Spec::ValueOf { slot: slot.id.to_string(), kind: Kind::Identity }, text, at.clone());
        found.push(key);
    }
    if !found.is_empty() {
        return found.into_iter().next();
    }
    if text.contains("${{") {
        return None;
    }
    let id = match subtype {
        "gcp-service-account" => format!("gcp-sa:{text}"),
        "entra-app" => format!("entra-app:{text}"),
        _ => text.to_owned(),
    };
    let key = Key::new(Kind::Identity, subtype, id);
    facts.mention(&key, text.rsplit('/').next().unwrap_or(text), at.clone());
    facts.relate(who, &CAN_ASSUME, &key, at).basis(Basis::Evaluated).conditional();
    Some(key)
}
