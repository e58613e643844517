//! Blocks that only relate others: attachments, bindings, role assignments, federated credentials.

use super::Block;
use super::eval::Scope;
use super::kinds::is_binding;
use super::references::{many, targets};
use super::{databases, hierarchy, key_vault, resource_policy};
use crate::document::Node;
use crate::extract::infra::granting::attach;
use crate::extract::infra::offered::OFFERED;
use crate::extract::infra::{azure, google};
use crate::extract::kubernetes::account_key;
use crate::model::{Facts, Key, Kind, Location};
use crate::relation::{CAN_ASSUME, GRANTED};

/// Blocks that only relate others: attachments, bindings, role assignments, federated credentials.
pub(super) fn relate_only(block: &Block<'_>, scope: &Scope<'_>, facts: &mut Facts, at: &Location) {
    let (t, body) = (block.resource_type, block.body);
    if super::hosted_agents::relate_only(block, scope, facts, at) {
        return;
    }
    if t.starts_with("aws_iam_") && t.contains("policy_attachment") {
        let who: Vec<Key> = ["role", "user", "group", "roles", "users", "groups"]
            .iter()
            .filter_map(|a| Some((a.trim_end_matches('s'), body.get(a)?)))
            .flat_map(|(kind, n)| principals(kind, n, scope, facts, at))
            .collect();
        let Some(arn) = body.get("policy_arn") else { return };
        for identity in who {
            let policies = targets(scope, arn);
            for (policy, _) in &policies {
                facts.relate(&identity, &GRANTED, policy, at.clone());
            }
            if policies.is_empty() {
                attach(&identity, &scope.text(arn, 0), scope, facts, &block.document.at(arn));
            }
        }
    } else if t == "aws_organizations_policy_attachment" {
        resource_policy::attached(block, scope, facts, at);
    } else if databases::granted(block, scope, facts, at) {
    } else if t == "aws_ssm_parameter" && !block.data {
        // Who reads the parameter by its name means what it names.
        let (Some(name), Some(value)) = (scope.attribute(body, "name").filter(|n| !n.contains("${")), body.get("value")) else { return };
        for (target, _) in targets(scope, value).into_iter().filter(|(k, _)| !matches!(k.kind, Kind::Location | Kind::Credential)) {
            facts.mention(&target, String::new(), block.document.at(value)).attr(OFFERED, vec![format!("ssm#{name}")]);
        }
    } else if t == "aws_secretsmanager_secret_rotation" {
        for (secret, _) in body.get("secret_id").map(|n| targets(scope, n)).unwrap_or_default() {
            facts.mention(&secret, String::new(), at.clone()).attr("rotation", t);
        }
    } else if t == "aws_iam_user_group_membership" || t == "aws_iam_group_membership" {
        let users: Vec<Key> = ["user", "users"].iter().filter_map(|a| body.get(a)).flat_map(|n| targets(scope, n)).map(|(k, _)| k).collect();
        let groups: Vec<Key> = ["group", "groups"].iter().filter_map(|a| body.get(a)).flat_map(|n| targets(scope, n)).map(|(k, _)| k).collect();
        for user in &users {
            for group in &groups {
                // A member has what the group has.
                facts.relate(user, &CAN_ASSUME, group, at.clone()).attr("via", "membership");
            }
        }
    } else if is_binding(t) {
        let Some(role) = scope.attribute(body, "role") else { return };
        let members = body.get("member").or_else(|| body.get("members")).map(|n| many(&scope.value(n, 0))).unwrap_or_default();
        let scoped = ["bucket", "secret_id", "service_account_id", "topic", "dataset_id", "repository", "project", "crypto_key_id", "service", "instance"]
            .iter()
            .find_map(|a| body.get(a).and_then(|n| targets(scope, n).into_iter().next()));
        // A service account that is named by its address and defined elsewhere.
        let named = scope.attribute(body, "service_account_id").filter(|_| scoped.is_none());
        let named = named.and_then(|id| id.rsplit_once("serviceAccounts/").map(|(_, e)| e.to_owned())).filter(|e| e.contains('@') && !e.contains("${"));
        let named = named.map(|email| {
            let key = Key::new(Kind::Identity, "gcp-service-account", format!("gcp-sa:{email}"));
            facts.mention(&key, email, at.clone());
            key
        });
        let target = scoped.map(|(k, _)| k).or(named).unwrap_or_else(|| hierarchy::container(block, scope, facts, at));
        // What a condition asks of the moment or the thing is not told here.
        let limited = body.all("condition").next().is_some();
        for member in members {
            bind(&role, &member, &target, limited, scope, facts, at);
        }
    } else if t.ends_with("federated_identity_credential") {
        let Some(issuer) = scope.attribute(body, "issuer") else { return };
        let owners = ["application_id", "application_object_id", "parent_id", "user_assigned_identity_id"].iter().filter_map(|a| body.get(a));
        let (expression, subject) = (scope.attribute(body, "claims_matching_expression"), scope.attribute(body, "subject"));
        let credential = azure::Federated { issuer: &issuer, subject: subject.as_deref(), expression: expression.as_deref() };
        for (identity, _) in owners.flat_map(|n| targets(scope, n)).filter(|(k, _)| k.kind == Kind::Identity) {
            credential.say(&identity, block.document.repository_body(), facts, at);
        }
    } else if t == "azurerm_role_assignment" {
        let role = scope.attribute(body, "role_definition_name").or_else(|| scope.attribute(body, "role_definition_id")).unwrap_or_else(|| "role".into());
        let (policy, name) = scope.named_in(&role).into_iter().next().cloned().unwrap_or_else(|| (azure::role(&role), role.clone()));
        facts.mention(&policy, name.clone(), at.clone());
        let scoped = body.get("scope").and_then(|n| targets(scope, n).into_iter().next()).map(|(k, _)| k);
        let assignment = azure::Assignment {
            policy: &policy,
            role: &name,
            target: scoped.as_ref(),
            level: scope.levels.get(&*policy.id).copied(),
            conditional: body.get("condition").is_some(),
        };
        for (identity, _) in body.get("principal_id").map(|n| targets(scope, n)).unwrap_or_default() {
            assignment.say(&key_vault::principal(identity), facts, at);
        }
    }
}

/// A member of Google has a role on something.
pub(super) fn bind(role: &str, member: &str, target: &Key, limited: bool, scope: &Scope<'_>, facts: &mut Facts, at: &Location) {
    let custom = scope.named_in(role).into_iter().next().cloned();
    let (policy, name) = custom.unwrap_or_else(|| (Key::new(Kind::Policy, "gcp-role", format!("gcp-role:{role}")), role.to_owned()));
    facts.mention(&policy, name.clone(), at.clone());
    // An account of a cluster is named in brackets behind the project, which may be a block of this folder.
    let known = scope.named_in(member).into_iter().find(|(k, _)| k.kind == Kind::Identity && !member.contains(".svc.id.goog["));
    let Some(identity) = known.map(|(k, _)| k.clone()).or_else(|| google::member(member, repository(scope))) else { return };
    facts.mention(&identity, google::name(member), at.clone());
    let level = scope.levels.get(&*policy.id).copied().unwrap_or_else(|| google::level(&name));
    google::Binding { policy: &policy, role: &name, target, level, conditional: limited }.say(&identity, facts, at);
}

/// The users, roles or groups of an argument: blocks of this folder, or what a literal name means in the same account.
pub(super) fn principals(kind: &str, node: &Node, scope: &Scope<'_>, facts: &mut Facts, at: &Location) -> Vec<Key> {
    let found: Vec<Key> = targets(scope, node).into_iter().map(|(k, _)| k).collect();
    let subtype = match kind {
        "role" => "aws-role",
        "user" => "aws-user",
        _ => return found,
    };
    if !found.is_empty() {
        return found;
    }
    let names = many(&scope.value(node, 0)).into_iter().filter(|n| !n.is_empty() && !n.contains("${") && !n.starts_with("arn:"));
    names
        .map(|name| {
            let key = Key::new(Kind::Identity, subtype, format!("arn:aws:iam::{}:{kind}/{name}", scope.account));
            facts.mention(&key, name, at.clone());
            key
        })
        .collect()
}

/// An account of a cluster, by its name: the code says what it may become, its manifest stands elsewhere in the repository.
pub(super) fn cluster_account(scope: &Scope<'_>, namespace: &str, name: &str) -> Key {
    account_key(repository(scope), namespace, name)
}

/// The repository that the folder belongs to.
fn repository<'s>(scope: &'s Scope<'_>) -> &'s str {
    scope.account.trim_matches(['{', '}']).split("//").next().unwrap_or_default()
}
