//! Settings of a block that weaken or bind what it makes: how one proves oneself to it, what is not verified, who is let in.

use super::Block;
use super::eval::Scope;
use super::references::targets;
use crate::document::Node;
use crate::model::{Facts, Key, Kind, Location, NodeFact};
use crate::relation::{CAN_ACCESS, CAN_TRIGGER};

/// Arguments that switch the verification of certificates off.
const UNVERIFIED: &[&str] = &["insecure", "skip_tls_verify", "insecure_skip_verify", "skip_tls_verification", "tls_insecure", "allow_unverified_ssl"];

/// States the attributes on the node of the block.
pub(super) fn state(block: &Block<'_>, scope: &Scope<'_>, node: &mut NodeFact) {
    let (t, body) = (block.resource_type, block.body);
    let is = |name: &str, wanted: &str| scope.attribute(body, name).as_deref() == Some(wanted);
    if let Some(seconds) = scope.attribute(body, "max_session_duration").and_then(|s| s.parse::<u32>().ok()) {
        node.attr("session_seconds", seconds);
    }
    if body.all("metadata_options").any(|m| scope.attribute(m, "http_tokens").as_deref() == Some("optional")) {
        node.attr("legacy_auth", vec!["IMDSv1, which answers whoever asks the machine"]);
    }
    if fences_metadata(body, scope) {
        node.attr("metadata_fenced", true);
    }
    if t == "azuread_application"
        && body.all("web").flat_map(|w| w.all("implicit_grant")).any(|g| scope.attribute(g, "access_token_issuance_enabled").as_deref() == Some("true"))
    {
        node.attr("legacy_auth", vec!["the implicit grant, which hands tokens to the browser"]);
    }
    if t == "azurerm_storage_account" && is("shared_access_key_enabled", "true") {
        node.attr("legacy_auth", vec!["keys of the whole account, where Entra ID can grant single rights"]);
    }
    if UNVERIFIED.iter().any(|a| is(a, "true")) {
        node.attr("verification_off", vec!["tls"]);
    }
    if t == "tls_private_key" {
        if let Some(algorithm) = scope.attribute(body, "algorithm") {
            node.attr("algorithm", algorithm);
        }
        if let Some(bits) = scope.attribute(body, "rsa_bits").and_then(|b| b.parse::<u32>().ok()) {
            node.attr("key_bits", bits);
        }
    }
    if t == "github_repository_environment" {
        let reviewed = body.all("reviewers").next().is_some();
        node.attr("reviewed", reviewed).attr("protected", reviewed || body.all("deployment_branch_policy").next().is_some());
    }
}

/// Whether machines answer only themselves when they are asked who they are: by how far an answer goes, by the server of Google's that answers instead.
fn fences_metadata(body: &Node, scope: &Scope<'_>) -> bool {
    let one_hop = |m: &Node| {
        scope.attribute(m, "http_put_response_hop_limit").as_deref() == Some("1") || scope.attribute(m, "http_endpoint").as_deref() == Some("disabled")
    };
    let instead = |m: &Node| {
        matches!(scope.attribute(m, "mode").or_else(|| scope.attribute(m, "node_metadata")).as_deref(), Some("GKE_METADATA" | "GKE_METADATA_SERVER" | "SECURE"))
    };
    body.all("metadata_options").any(one_hop) || body.all("node_config").flat_map(|n| n.all("workload_metadata_config")).any(instead)
}

/// What blocks that make nothing themselves say of others.
pub(super) fn relate(block: &Block<'_>, scope: &Scope<'_>, facts: &mut Facts, at: &Location) {
    let (t, body) = (block.resource_type, block.body);
    let of = |name: &str| body.get(name).map(|n| targets(scope, n)).unwrap_or_default();
    match t {
        "aws_iam_user_login_profile" => {
            for (user, _) in of("user") {
                facts.mention(&user, String::new(), at.clone()).attr("login_profile", true);
            }
        }
        "aws_lambda_function_url" if scope.attribute(body, "authorization_type").as_deref() == Some("NONE") => {
            for (function, _) in of("function_name") {
                let public = anyone(facts, at);
                facts.relate(&public, &CAN_TRIGGER, &function, at.clone()).attr("input", "data");
            }
        }
        "aws_s3_bucket" | "aws_s3_bucket_acl" => {
            let Some(acl) = scope.attribute(body, "acl").filter(|a| a.starts_with("public-read")) else { return };
            let own = scope.own(block).map(|(k, _)| k.clone()).filter(|k| k.subtype == "object-store");
            for bucket in own.into_iter().chain(of("bucket").into_iter().map(|(k, _)| k).filter(|k| k.subtype == "object-store")) {
                let level = if acl == "public-read-write" { "write" } else { "read-data" };
                let public = anyone(facts, at);
                facts.relate(&public, &CAN_ACCESS, &bucket, at.clone()).attr("level", level);
            }
        }
        "gitlab_project_job_token_scope" | "gitlab_project_job_token_scopes" if scope.attribute(body, "enabled").as_deref() == Some("false") => {
            let named = scope.attribute(body, "project").unwrap_or_else(|| block.name.to_owned());
            let key = Key::new(Kind::Resource, "repo", format!("def:{}#{}", scope.account.trim_matches(['{', '}']), block.address()));
            facts.declare(&key, named, at.clone()).attr("open_job_tokens", true);
        }
        _ => {}
    }
}

fn anyone(facts: &mut Facts, at: &Location) -> Key {
    let key = Key::new(Kind::Party, "class", "class:public");
    facts.mention(&key, "anyone", at.clone());
    key
}
