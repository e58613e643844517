//! Files of the clouds' own tools: profiles of AWS, keys and federations of Google, principals of Azure, clients of OAuth.

use super::credentials::File;
use crate::document::Node;
use crate::model::{Basis, Key, Kind, Location};
use crate::relation::{AUTHENTICATES_AS, CAN_ASSUME, CONSUMES, RUNS_AS};

/// Profiles of AWS: keys, roles assumed from other profiles, processes that give credentials.
pub(super) fn profiles(file: &mut File<'_>, tree: &Node) {
    let document = file.document;
    for (section, body) in tree.entries() {
        let Some(title) = section.str().filter(|s| !s.is_empty()) else { continue };
        let name = title.strip_prefix("profile ").unwrap_or(title).trim();
        if title.starts_with("sso-session") || title == "plugins" {
            continue;
        }
        let at = document.place(section.line, section.column, body.end_line);
        let client = file.client(name, "aws-cli", at.clone());
        // One profile is the same in `config` and in `credentials`.
        let user = |profile: &str| format!("aws-profile:{}//{}#{profile}", document.repository_body(), document.folder());
        if let Some(id) = body.get("aws_access_key_id") {
            let identity = file.identity(&client, &RUNS_AS, "aws-user", user(name), name, document.at(id));
            for field in ["aws_secret_access_key", "aws_session_token"] {
                if let Some(value) = body.get(field) {
                    file.slot(&client, field, value);
                }
            }
            if let Some(key) = id.str().filter(|k| k.len() == 20 && k.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())) {
                let credential = Key::new(Kind::Credential, "aws-access-key", format!("cred:aws-access-key/{key}"));
                file.facts.relate(&credential, &AUTHENTICATES_AS, &identity, document.at(id));
            }
        }
        if let Some((node, arn)) = body.get("role_arn").and_then(|n| Some((n, n.str()?))) {
            let at = document.at(node);
            let role = Key::new(Kind::Identity, "aws-role", arn);
            file.facts.mention(&role, arn.rsplit('/').next().unwrap_or(arn), at.clone());
            file.facts.relate(&client, &RUNS_AS, &role, at.clone());
            if let Some(source) = body.get_str("source_profile") {
                let source = Key::new(Kind::Identity, "aws-user", user(source));
                file.facts
                    .relate(&source, &CAN_ASSUME, &role, at)
                    .basis(Basis::Exact)
                    .attr("external_id", body.get("external_id").is_some())
                    .attr("mfa", body.get("mfa_serial").is_some());
            }
        }
        if body.get("sso_session").is_some() || body.get("sso_start_url").is_some() {
            file.facts.mention(&client, name, at.clone()).attr("auth_style", "interactive");
        }
        if let Some((node, command)) = body.get("credential_process").and_then(|n| Some((n, n.str()?))) {
            let program = command.split_whitespace().next().unwrap_or(command);
            let tool = Key::new(Kind::Location, "other:credential-process", format!("{}#{name}/credential_process", document.file_id()));
            file.facts.declare(&tool, program.rsplit('/').next().unwrap_or(program), document.at(node)).attr("store", "process").attr("protection", "unknown");
            file.facts.relate(&client, &CONSUMES, &tool, document.at(node));
        }
    }
}

/// JSON files of the clouds, told apart by their fields.
pub(super) fn json(file: &mut File<'_>, tree: &Node) {
    let document = file.document;
    let at = document.at(tree);
    if let Some(kind) = tree.get_str("type") {
        return google(file, tree, kind, at);
    }
    if let Some((variant, body)) = ["web", "installed"].iter().find_map(|v| Some((*v, tree.get(v).filter(|b| b.get("client_id").is_some())?))) {
        let Some(id) = body.get_str("client_id") else { return };
        let client = Key::new(Kind::Identity, "oauth-client", format!("oauth-client:google/{id}"));
        let redirects: Vec<String> = body.get("redirect_uris").into_iter().flat_map(Node::items).filter_map(Node::scalar).collect();
        file.facts
            .declare(&client, id, document.at(body))
            .attr("provider", "google")
            .attr("variant", variant)
            .attr("redirect_uris", redirects)
            .attr("auth_style", "static");
        if let Some(value) = body.get("client_secret") {
            held(file, &client, "client_secret", value);
        }
        return;
    }
    let field = |names: &[&str]| names.iter().find_map(|n| tree.get(n).filter(|v| v.str().is_some_and(|s| !s.is_empty())));
    if let (Some(id), Some(secret)) = (field(&["clientId", "appId"]), field(&["clientSecret", "password"]))
        && field(&["tenantId", "tenant"]).is_some()
    {
        let text = id.str().unwrap_or_default().to_ascii_lowercase();
        let app = Key::new(Kind::Identity, "entra-app", format!("entra-app:{text}"));
        file.facts.declare(&app, tree.get_str("displayName").unwrap_or(&text), at.clone()).attr("provider", "azure").attr("auth_style", "static");
        held(file, &app, "clientSecret", secret);
        if let Some(subscription) = field(&["subscriptionId"]).and_then(Node::str) {
            let subscription = subscription.to_ascii_lowercase();
            file.opens(&app, "cloud-account", format!("azure:/subscriptions/{subscription}"), &subscription, "unknown", at);
        }
    }
}

/// A secret of an identity, in this file.
fn held(file: &mut File<'_>, identity: &Key, name: &str, value: &Node) {
    let at = file.document.at(value);
    let slot = Key::new(Kind::Location, "file", format!("{}#/{name}", file.document.file_id()));
    file.facts.declare(&slot, name, at.clone()).attr("store", "file").attr("protection", "plaintext");
    file.facts.holds(&slot, at.clone());
    file.facts.relate(&slot, &AUTHENTICATES_AS, identity, at);
}

fn google(file: &mut File<'_>, tree: &Node, kind: &str, at: Location) {
    let document = file.document;
    let impersonated = |file: &mut File<'_>, from: &Key| {
        let Some((node, url)) = tree.get("service_account_impersonation_url").and_then(|n| Some((n, n.str()?))) else { return };
        let Some(email) = url.split("serviceAccounts/").nth(1).and_then(|r| r.split(':').next()) else { return };
        file.identity(from, &CAN_ASSUME, "gcp-service-account", format!("gcp-sa:{email}"), email, document.at(node));
    };
    match kind {
        "service_account" => {
            let Some(email) = tree.get_str("client_email") else { return };
            let account = Key::new(Kind::Identity, "gcp-service-account", format!("gcp-sa:{email}"));
            file.facts
                .mention(&account, email, tree.get("client_email").map_or(at.clone(), |n| document.at(n)))
                .attr("provider", "gcp")
                .attr("auth_style", "static");
            if let Some(key) = tree.get("private_key") {
                held(file, &account, "private_key", key);
            }
            if let Some(project) = tree.get_str("project_id") {
                file.opens(&account, "cloud-account", format!("gcp-project:{project}"), project, "unknown", at);
            }
        }
        "authorized_user" => {
            let user = Key::new(Kind::Party, "person", format!("person:{}#authorized_user", document.file_id()));
            file.facts.mention(&user, "authorised user", at.clone()).attr("human_like", true);
            let client = file.client("application default credentials", "gcloud", at);
            for field in ["refresh_token", "client_secret"] {
                if let Some(value) = tree.get(field) {
                    file.slot(&client, field, value);
                }
            }
        }
        "external_account" => {
            let Some((node, audience)) = tree.get("audience").and_then(|n| Some((n, n.str()?))) else { return };
            let pool = Key::new(Kind::Identity, "gcp-wif-principal", format!("principalSet:{}", audience.trim_start_matches("//")));
            file.facts
                .declare(&pool, audience.rsplit('/').next().unwrap_or(audience), document.at(node))
                .attr("provider", "gcp")
                .attr("auth_style", "federated");
            impersonated(file, &pool);
        }
        "impersonated_service_account" => {
            let client = file.client("impersonated account", "gcloud", at);
            impersonated(file, &client);
        }
        _ => {}
    }
}
