//! Blocks of the providers beside the clouds: GitHub, GitLab, Kubernetes, databases, and whatever else hands out keys.

use super::Block;
use super::eval::Scope;
use super::references::targets;
use crate::document::Node;
use crate::extract::kubernetes::account_key;
use crate::keys::ssh_line;
use crate::model::{Facts, Key, Kind, Location};
use crate::relation::{AUTHENTICATES_AS, CAN_ACCESS, CAN_ASSUME, SAME_AS, STORED_IN};

/// Types that make a login of a database or a broker.
const LOGINS: &[&str] = &[
    "snowflake_user",
    "snowflake_service_user",
    "snowflake_legacy_service_user",
    "postgresql_role",
    "mysql_user",
    "google_sql_user",
    "mongodbatlas_database_user",
    "rabbitmq_user",
    "redis_user",
    "clickhouse_user",
    "cockroach_sql_user",
    "aiven_service_user",
    "rediscloud_acl_user",
];

/// Endings of types that make a key, and what kind of credential it is.
const KEYS: &[(&str, &str)] = &[
    ("_api_key", "api-key"),
    ("_api_token", "api-key"),
    ("_application_key", "api-key"),
    ("_api_access_key", "api-key"),
    ("_hmac_key", "gcp-hmac-key"),
    ("_access_token", "pat"),
    ("_team_token", "pat"),
    ("_organization_token", "pat"),
    ("_deploy_token", "pat"),
    ("_service_account_token", "api-key"),
    ("_secret_id", "vault-approle-secret-id"),
    ("vault_token", "vault-token"),
];

/// Types that make an application that others log in to, or that logs in itself.
const CLIENTS: &[&str] = &["auth0_client", "okta_app_oauth", "keycloak_openid_client", "aws_cognito_user_pool_client"];

/// Key and name of a block of one of these providers.
pub(super) fn key(block: &Block<'_>, scope: &Scope<'_>, definition: &str) -> Option<(Key, String)> {
    let t = block.resource_type;
    let text = |name: &str| scope.attribute(block.body, name).filter(|v| !v.contains("${"));
    let named = |fields: &[&str]| fields.iter().find_map(|f| text(f)).unwrap_or_else(|| block.name.to_owned());
    let body = block.document.repository_body();
    let make = |kind, subtype: &'static str, id: String, name: String| Some((Key::new(kind, subtype, id), name));
    match t {
        // These have files of their own.
        _ if t.starts_with("vault_") && (t.ends_with("_role") || t == "vault_policy" || t == "vault_jwt_auth_backend") => None,
        "gitlab_project_access_token" | "gitlab_group_access_token" | "gitlab_deploy_token" => None,
        "vault_kv_secret" | "vault_kv_secret_v2" | "vault_generic_secret" => {
            let name = named(&["name", "path"]);
            let mount = text("mount").map_or(String::new(), |m| format!("{m}/"));
            make(Kind::Location, "vault-path", format!("vault:{}/{mount}{name}", scope.account), name)
        }
        "github_repository" => {
            let name = named(&["name"]);
            let owner = body.split('/').nth(1).filter(|_| body.starts_with("github.com/")).unwrap_or(&scope.account);
            make(Kind::Resource, "repo", format!("repo:github.com/{}/{}", owner.to_lowercase(), name.to_lowercase()), name)
        }
        "github_repository_deploy_key" | "gitlab_deploy_key" => make(Kind::Identity, "scm-deploy-key", format!("deploy-key:{definition}"), named(&["title"])),
        "gitlab_project_variable" | "gitlab_group_variable" | "gitlab_instance_variable" => {
            let (name, owner) = (named(&["key"]), text("project").or_else(|| text("group")).unwrap_or_else(|| scope.account.clone()));
            let environment = text("environment_scope").filter(|e| e != "*").map_or(String::new(), |e| format!("@{e}"));
            make(Kind::Location, "ci-secret", format!("gl-var:gitlab.com/{owner}{environment}/{name}"), name)
        }
        "tfe_variable" => make(Kind::Location, "ci-variable", format!("tfe-var:{definition}"), named(&["key"])),
        "kubernetes_service_account" | "kubernetes_service_account_v1" | "kubernetes_default_service_account" => {
            let (namespace, name) = metadata(block, scope)?;
            Some((account_key(body, &namespace, &name), name))
        }
        "kubernetes_secret" | "kubernetes_secret_v1" => {
            let (namespace, name) = metadata(block, scope)?;
            make(Kind::Location, "k8s-secret", format!("k8s:{{{body}}}/{namespace}/Secret/{name}"), name)
        }
        "kubernetes_namespace" | "kubernetes_namespace_v1" => {
            let (_, name) = metadata(block, scope)?;
            make(Kind::Resource, "namespace", format!("k8s:{{{body}}}/{name}"), name)
        }
        _ if super::cluster::is_object(block) => super::cluster::key(block, || metadata(block, scope)),
        _ if LOGINS.contains(&t) => make(Kind::Identity, "db-user", format!("dbuser:{definition}"), named(&["name", "user", "username", "login_name"])),
        _ if CLIENTS.contains(&t) => make(Kind::Identity, "oauth-client", format!("oauth-client:{definition}"), named(&["name", "label", "client_id"])),
        // Keys of the clouds have rows of their own.
        _ if block.data => None,
        _ => {
            let (_, subtype) = KEYS.iter().find(|(ending, _)| t.ends_with(ending))?;
            make(Kind::Credential, subtype, format!("cred:{subtype}/{definition}"), named(&["name", "description", "title"]))
        }
    }
}

/// Namespace and name of an object of a cluster.
fn metadata(block: &Block<'_>, scope: &Scope<'_>) -> Option<(String, String)> {
    let metadata = block.body.get("metadata")?;
    let text = |name: &str| scope.attribute(metadata, name).map(|t| scope.filled(&t, 0));
    Some((text("namespace").unwrap_or_else(|| "default".to_owned()), text("name").or_else(|| text("generate_name"))?))
}

/// What a block of one of these providers relates.
pub(super) fn relate(block: &Block<'_>, key: &Key, scope: &Scope<'_>, facts: &mut Facts, at: &Location) {
    let (t, body) = (block.resource_type, block.body);
    match t {
        "github_repository_deploy_key" | "gitlab_deploy_key" => deploy_key(block, key, scope, facts, at),
        "github_repository" => {
            if let Some(visibility) = scope.attribute(body, "visibility") {
                facts.mention(key, String::new(), at.clone()).attr("visibility", visibility);
            }
        }
        "kubernetes_service_account" | "kubernetes_service_account_v1" => annotated(block, key, scope, facts),
        _ if t.starts_with("gitlab_") && t.ends_with("_variable") => {
            for field in ["protected", "masked"] {
                if let Some(value) = body.get(field).and_then(Node::bool) {
                    facts.mention(key, String::new(), at.clone()).attr(field, value);
                }
            }
        }
        _ => {}
    }
    if key.kind == Kind::Credential && KEYS.iter().any(|(ending, _)| t.ends_with(ending)) {
        credential(block, key, scope, facts, at);
    }
}

/// A key that a provider makes is kept in the state; it acts as what it is made for.
fn credential(block: &Block<'_>, key: &Key, scope: &Scope<'_>, facts: &mut Facts, at: &Location) {
    let state = Key::new(Kind::Location, "tf-state", format!("tf-state:{}", scope.account.trim_matches(['{', '}'])));
    facts.mention(&state, "terraform state", at.clone()).attr("store", "tf-state").attr("protection", "unknown");
    facts.relate(key, &STORED_IN, &state, at.clone());
    let scopes: Vec<String> = block.body.get("scopes").map(|n| super::references::many(&scope.value(n, 0))).unwrap_or_default();
    if !scopes.is_empty() {
        facts.mention(key, String::new(), at.clone()).attr("scopes", scopes);
    }
    for owner in
        ["owner", "service_account", "service_account_email", "service_account_id", "role_name", "user", "username"].iter().filter_map(|a| block.body.get(a))
    {
        for (identity, _) in targets(scope, owner).into_iter().filter(|(k, _)| k.kind == Kind::Identity) {
            facts.relate(key, &AUTHENTICATES_AS, &identity, block.document.at(owner));
        }
    }
}

/// A key that opens one repository, the same as the file that holds its public half.
fn deploy_key(block: &Block<'_>, key: &Key, scope: &Scope<'_>, facts: &mut Facts, at: &Location) {
    let body = block.body;
    if let Some(node) = body.get("key")
        && let Some(line) = ssh_line(&scope.text(node, 0))
    {
        let principal = Key::new(Kind::Identity, "ssh-principal", &line.key.id);
        facts.mention(&principal, line.comment, block.document.at(node)).attr("algorithm", line.key.algorithm);
        facts.relate(key, &SAME_AS, &principal, block.document.at(node)).attr("because", "the same public key");
    }
    let writes = body.get("read_only").and_then(Node::bool) == Some(false) || body.get("can_push").and_then(Node::bool) == Some(true);
    for node in ["repository", "project"].iter().filter_map(|a| body.get(a)) {
        let repository = targets(scope, node).into_iter().map(|(k, _)| k).next().or_else(|| {
            let name = scope.text(node, 0);
            let owner = block.document.repository_body().split('/').nth(1)?.to_owned();
            let repository = Key::new(Kind::Resource, "repo", format!("repo:github.com/{}/{}", owner.to_lowercase(), name.to_lowercase()));
            facts.mention(&repository, name, at.clone());
            Some(repository)
        });
        if let Some(repository) = repository {
            facts.relate(key, &CAN_ACCESS, &repository, block.document.at(node)).attr("level", if writes { "write" } else { "read-data" });
        }
    }
}

/// The identity in the cloud that an account of a cluster takes on.
fn annotated(block: &Block<'_>, account: &Key, scope: &Scope<'_>, facts: &mut Facts) {
    let Some(annotations) = block.body.path(&["metadata", "annotations"]) else { return };
    for (name, node) in annotations.entries() {
        let name = name.scalar().unwrap_or_else(|| scope.text(name, 0));
        let Some((subtype, prefix, via)) = crate::extract::kubernetes::cloud_identity(&name) else { continue };
        let place = block.document.at(node);
        let known = targets(scope, node).into_iter().map(|(k, _)| k).next();
        let target = known.unwrap_or_else(|| {
            let value = scope.text(node, 0);
            let key = Key::new(Kind::Identity, subtype, format!("{prefix}{value}"));
            facts.mention(&key, value.rsplit('/').next().unwrap_or(&value).to_owned(), place.clone());
            key
        });
        facts.relate(account, &CAN_ASSUME, &target, place).conditional().attr("via", via);
    }
}
