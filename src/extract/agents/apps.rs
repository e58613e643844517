//! Manifests of OAuth applications: Slack and GitHub Apps, with the permissions that they ask for.

use crate::document::{Document, Node};
use crate::model::{Facts, Key, Kind, Level};
use crate::relation::{CAN_ACCESS, GRANTED, PERMITS};

/// Whether a file states what an application may do.
pub(super) fn wants(path: &str, head: &[u8]) -> bool {
    let has = |word: &[u8]| memchr::memmem::find(head, word).is_some();
    let structured = [".json", ".yml", ".yaml"].iter().any(|e| path.ends_with(e));
    structured && (has(b"display_information") && (has(b"oauth_config") || has(b"features")) || has(b"default_permissions"))
}

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let Ok(trees) = document.trees() else { return };
    for root in trees {
        if root.get("display_information").is_some() {
            slack(document, root, facts);
        } else if let Some(permissions) = root.get("default_permissions").filter(|p| p.is_map()) {
            github(document, root, permissions, facts);
        }
    }
}

fn slack_level(scope: &str) -> Level {
    if scope.starts_with("admin") {
        Level::Admin
    } else if scope.contains(":write") || scope.starts_with("chat:") || matches!(scope, "commands" | "incoming-webhook") {
        Level::Write
    } else if scope.contains(":history") || scope.contains(":read") {
        Level::ReadData
    } else {
        Level::Unknown
    }
}

fn slack(document: &Document, root: &Node, facts: &mut Facts) {
    let name = root.path(&["display_information", "name"]).and_then(Node::str).unwrap_or("Slack app");
    let app = Key::new(Kind::Identity, "saas-app", format!("slack-app:{}", document.file_id()));
    let redirects: Vec<String> = root.path(&["oauth_config", "redirect_urls"]).into_iter().flat_map(Node::items).filter_map(Node::scalar).collect();
    let rotates = root.path(&["settings", "token_rotation_enabled"]).and_then(Node::bool) == Some(true);
    let node = facts.declare(&app, name, document.at(root));
    node.attr("provider", "slack")
        .attr("redirect_uris", redirects)
        .attr("token_rotation", rotates)
        .attr("auth_style", if rotates { "short-lived" } else { "static" });
    let tenant = Key::new(Kind::Resource, "messaging", "saas:slack/?");
    for who in ["bot", "user"] {
        let Some(scopes) = root.path(&["oauth_config", "scopes", who]) else { continue };
        let list: Vec<&str> = scopes.items().iter().filter_map(Node::str).collect();
        let at = document.at(scopes);
        let policy = Key::new(Kind::Policy, "oauth-scopes", format!("pol:{}#{who}", app.id));
        facts.declare(&policy, list.join(", "), at.clone()).attr("scopes", list.clone());
        facts.relate(&app, &GRANTED, &policy, at.clone());
        facts.mention(&tenant, "Slack workspace", at.clone());
        let mut levels: Vec<Level> = list.iter().map(|s| slack_level(s)).collect();
        levels.sort();
        levels.dedup();
        if let Some(most) = levels.last() {
            facts.relate(&policy, &PERMITS, &tenant, at.clone()).attr("level", most.name()).attr("effect", "allow");
        }
        for level in levels {
            facts.relate(&app, &CAN_ACCESS, &tenant, at.clone()).attr("level", level.name());
        }
    }
}

fn github(document: &Document, root: &Node, permissions: &Node, facts: &mut Facts) {
    let name = root.get_str("name").unwrap_or("GitHub App");
    let at = document.at(permissions);
    let app = Key::new(Kind::Identity, "scm-app-installation", format!("gh-app:{}", name.to_ascii_lowercase().replace(' ', "-")));
    facts
        .declare(&app, name, document.at(root))
        .attr("provider", "github")
        .attr("auth_style", "short-lived")
        .attr("public", root.get("public").and_then(Node::bool) == Some(true));
    let pairs: Vec<(&str, String)> = permissions.entries().filter_map(|(k, v)| Some((k.str()?, v.scalar()?))).collect();
    let policy = Key::new(Kind::Policy, "app-permissions", format!("pol:{}#permissions", app.id));
    let map: serde_json::Map<String, serde_json::Value> = pairs.iter().map(|(k, v)| ((*k).to_owned(), serde_json::Value::from(v.clone()))).collect();
    facts.declare(&policy, pairs.iter().map(|(k, v)| format!("{k}: {v}")).collect::<Vec<_>>().join(", "), at.clone()).attr("permissions", map);
    facts.relate(&app, &GRANTED, &policy, at.clone());
    let writes = |key: &str| pairs.iter().any(|(k, v)| *k == key && matches!(v.as_str(), "write" | "admin"));
    // Who may change settings or members can give itself the rest; who may change code and workflows, or secrets and what runs with them, has what those have.
    let pipelines = writes("workflows") && writes("contents") || (writes("secrets") || writes("organization_secrets")) && writes("actions");
    let level = pairs
        .iter()
        .map(|(k, v)| match (*k, v.as_str()) {
            ("administration" | "organization_administration" | "members", "write" | "admin") => Level::Admin,
            (_, "write" | "admin") if pipelines => Level::Admin,
            (_, "write" | "admin") => Level::Write,
            ("contents", "read") => Level::ReadData,
            (_, "read") => Level::ReadMeta,
            _ => Level::None,
        })
        .max()
        .unwrap_or(Level::None);
    let owner = document.repository_body().split('/').take(2).collect::<Vec<_>>().join("/");
    let target = Key::new(Kind::Resource, "saas-tenant", format!("saas:{owner}"));
    facts.mention(&target, "repositories where it is installed", at.clone());
    facts.relate(&policy, &PERMITS, &target, at.clone()).attr("level", level.name()).attr("effect", "allow");
    facts.relate(&app, &CAN_ACCESS, &target, at).attr("level", level.name());
}
