//! Grants of databases that Terraform makes: rights on a database or schema, and membership in roles.

use super::Block;
use super::eval::Scope;
use super::references::{many, targets};
use crate::document::Node;
use crate::extract::infra::{sql_level, sql_user};
use crate::model::{Facts, Key, Kind, Location};
use crate::relation::{CAN_ASSUME, GRANTED, PERMITS};

/// Reads a grant; says whether the block is one.
pub(super) fn granted(block: &Block<'_>, scope: &Scope<'_>, facts: &mut Facts, at: &Location) -> bool {
    let body = block.document.repository_body();
    let login = |argument: &str| -> Option<(Key, String)> {
        let node = block.body.get(argument)?;
        if let Some(found) = targets(scope, node).into_iter().find(|(k, _)| k.kind == Kind::Identity) {
            return Some(found);
        }
        let name = scope.attribute(block.body, argument).filter(|n| !n.is_empty() && !n.contains("${"))?;
        Some((Key::new(Kind::Identity, "db-user", sql_user(body, &name)), name))
    };
    let rights = || -> Vec<String> {
        let listed = block.body.get("privileges").map(|n: &Node| many(&scope.value(n, 0))).unwrap_or_default();
        listed.into_iter().map(|r| r.to_ascii_uppercase()).collect()
    };
    match block.resource_type {
        "postgresql_grant" | "mysql_grant" | "mssql_grant" => {
            let whom = ["role", "user"].into_iter().find_map(login);
            let thing = ["database", "database_name"].into_iter().find_map(|a| scope.attribute(block.body, a)).unwrap_or_else(|| "*".to_owned());
            let schema = scope.attribute(block.body, "schema").map_or(String::new(), |s| format!(".{s}"));
            let Some((identity, name)) = whom else { return true };
            let thing = format!("{thing}{schema}").to_ascii_lowercase();
            let resource = Key::new(Kind::Resource, "database", format!("db:{{{body}}}/{thing}"));
            let policy = Key::new(Kind::Policy, "db-grants", format!("pol:{}#{thing}", identity.id));
            let rights = rights();
            facts.mention(&identity, name, at.clone());
            facts.mention(&resource, thing.clone(), at.clone());
            facts.declare(&policy, format!("{} on {thing}", rights.join(", ")), at.clone());
            facts.relate(&identity, &GRANTED, &policy, at.clone());
            let level = sql_level(&rights.iter().map(String::as_str).collect::<Vec<_>>());
            let edge = facts.relate(&policy, &PERMITS, &resource, at.clone());
            edge.attr("effect", "allow").attr("level", level).attr("actions", rights.iter().map(|r| r.to_ascii_lowercase()).collect::<Vec<_>>());
        }
        "postgresql_grant_role" => {
            if let (Some((member, name)), Some((role, role_name))) = (login("role"), login("grant_role")) {
                facts.mention(&member, name, at.clone());
                facts.mention(&role, role_name, at.clone());
                facts.relate(&member, &CAN_ASSUME, &role, at.clone()).attr("via", "membership");
            }
        }
        _ => return false,
    }
    true
}
