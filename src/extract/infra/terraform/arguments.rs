//! Arguments of any block: who it runs as, which secrets it is given, what it refers to.

use super::Block;
use super::eval::Scope;
use super::references::{many, references};
use crate::document::{Document, Node, Value};
use crate::model::{Basis, Facts, Key, Kind, Location};
use crate::relation::{CAN_ACCESS, CONSUMES, INVOKES, PART_OF, RUNS_AS, SOURCED_FROM, STORED_IN};

/// Attributes of a resource that are its key, or an address with the key in it.
const KEY_ATTRIBUTES: &[&str] = &[
    "primary_access_key",
    "secondary_access_key",
    "primary_key",
    "secondary_key",
    "primary_shared_key",
    "primary_connection_string",
    "secondary_connection_string",
    "primary_blob_connection_string",
    "default_primary_connection_string",
    "default_primary_key",
    "connection_string",
    "primary_master_key",
    "admin_password",
    "auth_token",
];

/// Arguments that hold a secret.
const SECRET_ARGUMENTS: &[&str] = &[
    "password",
    "master_password",
    "admin_password",
    "administrator_login_password",
    "administrator_password",
    "master_user_password",
    "secret",
    "secret_string",
    "auth_token",
    "secret_key",
    "access_key",
    "client_secret",
    "token",
    "private_key",
    "plaintext_value",
    "value",
];

/// Arguments of what runs something that hold text with everything in it: scripts, definitions, environments.
const TEXT_ARGUMENTS: &[&str] = &[
    "user_data",
    "user_data_base64",
    "metadata_startup_script",
    "startup_script",
    "custom_data",
    "container_definitions",
    "variables",
    "environment_variables",
];

/// Arguments of any block: who it runs as, which secrets it is given, what it refers to.
pub(super) fn arguments(block: &Block<'_>, key: &Key, scope: &Scope<'_>, facts: &mut Facts) {
    let mut found: Vec<(String, Key, Location)> = Vec::new();
    let mut opens: Vec<(Key, Location)> = Vec::new();
    let mut secrets: Vec<(String, Location)> = Vec::new();
    let mut variables: Vec<(Key, String, Location)> = Vec::new();
    let mut texts: Vec<(String, Location)> = Vec::new();
    // Roles that another root makes, by their names in full.
    let mut literal: Vec<(Key, Location)> = Vec::new();
    block.body.walk(&mut |pointer, node| {
        let argument = pointer.rsplit('/').next().unwrap_or_default();
        if key.kind == Kind::Consumer && TEXT_ARGUMENTS.contains(&argument) {
            texts.push((argument.to_owned(), block.document.at(node)));
        }
        if let Value::Expr(_) = node.value {
            for segments in references(node) {
                if let [first, name, ..] = segments.as_slice()
                    && first == "var"
                    && let Some(variable) = scope.secret_variable(name)
                {
                    variables.push((variable_key(block.document.repository_body(), scope, name), variable.to_owned(), block.document.at(node)));
                }
                // What the caller of a module hands in, or a local stands for.
                if segments.first().is_some_and(|s| s == "var" || s == "local" || s == "each") {
                    let handed = many(&scope.value(node, 0)).into_iter().filter(|t| t.contains("${"));
                    found.extend(
                        handed
                            .flat_map(|t| scope.named_in(&t).into_iter().cloned().collect::<Vec<_>>())
                            .map(|target| (argument.to_owned(), target.0, block.document.at(node))),
                    );
                }
                // An order of making says nothing of use.
                let ordered = pointer.trim_start_matches('/').starts_with("depends_on");
                if let Some((target, _)) = scope.target(&segments).filter(|_| !ordered).and_then(|(a, _)| scope.known.get(&a)) {
                    if key.kind == Kind::Location && target.kind == Kind::Resource && segments.last().is_some_and(|s| KEY_ATTRIBUTES.contains(&s.as_str())) {
                        opens.push((target.clone(), block.document.at(node)));
                    }
                    found.push((argument.to_owned(), target.clone(), block.document.at(node)));
                }
            }
        }
        if let Some(text) = node.str() {
            if let Some((target, _)) = scope.literals.get(text) {
                found.push((argument.to_owned(), target.clone(), block.document.at(node)));
            } else if text.starts_with("arn:aws:iam::") && text.contains(":role/") && matches!(key.kind, Kind::Consumer | Kind::Agent | Kind::Tool) {
                literal.push((Key::new(Kind::Identity, "aws-role", text), block.document.at(node)));
            }
        }
        if SECRET_ARGUMENTS.contains(&argument) && node.str().is_some_and(|s| !s.is_empty()) && (argument != "value" || key.kind == Kind::Location) {
            secrets.push((pointer.to_owned(), block.document.at(node)));
        }
    });
    for (target, at) in opens {
        facts.relate(key, &CAN_ACCESS, &target, at).basis(Basis::Evaluated).attr("level", "write");
    }
    for (role, at) in literal {
        facts.mention(&role, role.id.rsplit('/').next().unwrap_or_default().to_owned(), at.clone());
        facts.relate(key, &RUNS_AS, &role, at);
    }
    for (argument, at) in texts {
        let slot = Key::new(Kind::Location, "file", format!("{}#{}/{argument}", block.document.file_id(), block.address()));
        facts.declare(&slot, format!("{}.{argument}", block.address()), at.clone()).attr("store", "file").attr("protection", "plaintext");
        facts.relate(key, &CONSUMES, &slot, at.clone());
        facts.holds(&slot, at);
    }
    for (slot, name, at) in variables {
        facts.mention(&slot, name, at.clone());
        match key.kind {
            Kind::Consumer | Kind::Identity | Kind::Agent | Kind::Tool => facts.relate(key, &CONSUMES, &slot, at),
            Kind::Location => facts.relate(key, &SOURCED_FROM, &slot, at),
            Kind::Resource => facts.relate(&slot, &CAN_ACCESS, key, at).basis(Basis::Evaluated).attr("level", "write"),
            _ => continue,
        };
    }
    for (pointer, at) in secrets {
        let slot = if key.kind == Kind::Location {
            key.clone()
        } else {
            Key::new(Kind::Location, "file", format!("{}#{}{pointer}", block.document.file_id(), block.address()))
        };
        if slot != *key {
            facts.declare(&slot, format!("{}{}", block.address(), pointer.replace('/', ".")), at.clone()).attr("store", "file").attr("protection", "plaintext");
            if matches!(key.kind, Kind::Consumer | Kind::Identity | Kind::Agent | Kind::Tool) {
                facts.relate(key, &CONSUMES, &slot, at.clone());
            } else {
                facts.relate(&slot, &CAN_ACCESS, key, at.clone()).basis(Basis::Evaluated).attr("level", "write");
            }
        }
        facts.holds(&slot, at);
    }
    for (argument, target, at) in found {
        if target.id == key.id {
            continue;
        }
        match (key.kind, target.kind) {
            (Kind::Consumer | Kind::Agent | Kind::Tool, Kind::Identity) => {
                facts.relate(key, &RUNS_AS, &target, at);
            }
            (Kind::Consumer | Kind::Agent | Kind::Tool, Kind::Location | Kind::Credential) => {
                facts.relate(key, &CONSUMES, &target, at).basis(Basis::Evaluated);
            }
            // What a thing is given to log in with lies with it.
            (Kind::Resource, Kind::Credential) if SECRET_ARGUMENTS.contains(&argument.as_str()) => {
                let slot = Key::new(Kind::Location, "file", format!("{}#{}/{argument}", block.document.file_id(), block.address()));
                facts.declare(&slot, format!("{}.{argument}", block.address()), at.clone()).attr("store", "variable");
                facts.relate(&target, &STORED_IN, &slot, at.clone());
                facts.relate(&slot, &CAN_ACCESS, key, at).basis(Basis::Evaluated).attr("level", "write");
            }
            (Kind::Consumer | Kind::Identity, Kind::Resource) if target.subtype == "cloud-account" && argument == "resource_group_name" => {
                facts.relate(key, &PART_OF, &target, at);
            }
            // Where it stands is nothing that it may use.
            (Kind::Consumer, Kind::Resource) if matches!(&*target.subtype, "network" | "namespace") => {
                facts.relate(key, &PART_OF, &target, at).basis(Basis::Heuristic);
            }
            (Kind::Consumer, Kind::Resource) => {
                let level = if argument.contains("role") { "write" } else { "unknown" };
                facts.relate(key, &CAN_ACCESS, &target, at).basis(Basis::Heuristic).attr("level", level);
            }
            (Kind::Agent, Kind::Tool | Kind::Agent) | (Kind::Consumer, Kind::Consumer | Kind::Tool | Kind::Agent) => {
                facts.relate(key, &INVOKES, &target, at).basis(Basis::Heuristic);
            }
            (Kind::Tool, Kind::Consumer) => {
                facts.relate(key, &INVOKES, &target, at).basis(Basis::Evaluated);
            }
            (Kind::Tool, Kind::Agent) => {
                facts.relate(&target, &INVOKES, key, at);
            }
            (Kind::Location, Kind::Location | Kind::Credential) => {
                facts.relate(key, &SOURCED_FROM, &target, at).basis(Basis::Evaluated);
            }
            (Kind::Location, Kind::Resource) | (Kind::Resource, Kind::Resource) => {
                facts.relate(key, &PART_OF, &target, at).basis(Basis::Heuristic);
            }
            (Kind::Resource, Kind::Identity) => {
                // The platform runs the resource as the identity; controlling the resource gives the identity.
                facts.relate(&target, &CAN_ACCESS, key, at.clone()).basis(Basis::Heuristic).attr("level", "unknown");
                if key.subtype == "cluster" {
                    // What the provider runs for the cluster acts as the role that the cluster is given.
                    let plane = Key::new(Kind::Consumer, "container-service", format!("{}#control-plane", key.id));
                    facts.declare(&plane, format!("control plane of {}", block.name), block.document.at(block.body));
                    facts.relate(&plane, &PART_OF, key, at.clone());
                    facts.relate(&plane, &RUNS_AS, &target, at);
                }
            }
            _ => {}
        }
    }
}

/// The slot of a secret variable.
fn variable_key(repository: &str, scope: &Scope<'_>, name: &str) -> Key {
    Key::new(Kind::Location, "env", format!("tf-var:{repository}//{}#{name}", scope.folder))
}

/// A variable that holds a secret is a slot.
pub(super) fn variable(document: &Document, name: &str, body: &Node, scope: &Scope<'_>, facts: &mut Facts) {
    if scope.secret_variable(name).is_some() {
        let key = variable_key(document.repository_body(), scope, name);
        facts.declare(&key, name, document.at(body)).attr("store", "variable");
        if let Some(default) = body.get("default").filter(|d| d.str().is_some()) {
            facts.holds(&key, document.at(default));
        }
    }
}
