//! GitLab: tokens of projects and groups with the access they have, and variables that pipelines read.

use super::Block;
use super::eval::Scope;
use crate::model::{Facts, Key, Kind};
use crate::relation::{AUTHENTICATES_AS, CAN_ACCESS};

pub(super) fn read(block: &Block<'_>, scope: &Scope<'_>, facts: &mut Facts) {
    let text = |name: &str| scope.attribute(block.body, name);
    let at = block.document.at(block.body);
    // A path names a project everywhere, a number only in its own installation.
    let path = |name: &str| text(name).filter(|p| p.contains('/') && !p.contains("${"));
    let (kind, place) = match block.resource_type {
        "gitlab_project_access_token" => ("project", path("project")),
        "gitlab_group_access_token" => ("group", path("group").or_else(|| text("group"))),
        "gitlab_deploy_token" => ("project", path("project")),
        _ => return,
    };
    let Some(place) = place.map(|p| p.to_ascii_lowercase()) else { return };
    let name = text("name").unwrap_or_else(|| block.name.to_owned());
    let level = text("access_level").unwrap_or_else(|| "reporter".into());
    let bot = Key::new(Kind::Identity, "scm-access-token-bot", format!("gl-token:gitlab.com/{place}#{name}"));
    facts.declare(&bot, name.clone(), at.clone()).attr("provider", "gitlab").attr("auth_style", "static").attr("access_level", level.clone());
    let key = Key::new(Kind::Credential, "pat", format!("cred:pat/{}", bot.id));
    facts.declare(&key, name, at.clone()).attr("type", "pat").attr("state", "referenced").attr("lifetime_class", "static");
    facts.relate(&key, &AUTHENTICATES_AS, &bot, at.clone());
    let project = Key::new(Kind::Resource, "repo", format!("saas:gitlab.com/{place}"));
    facts.mention(&project, place, at.clone()).attr("of", kind);
    let level = match level.as_str() {
        "maintainer" | "owner" => "admin",
        "developer" => "write",
        _ => "read-data",
    };
    facts.relate(&bot, &CAN_ACCESS, &project, at).attr("level", level);
}
