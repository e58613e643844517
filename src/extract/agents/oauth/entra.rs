//! Applications of Entra and Teams: permissions by their numbers, secrets and certificates with their ends.

use super::{Client, texts};
use crate::document::{Document, Node};
use crate::model::{Facts, Key, Kind, Level};
use crate::relation::AUTHENTICATES_AS;
use crate::tables::microsoft;

pub(super) fn entra(document: &Document, root: &Node, facts: &mut Facts) {
    let id = root.get_str("appId").filter(|i| !i.is_empty()).unwrap_or("?").to_ascii_lowercase();
    let id = if id == "?" { document.file_id() } else { id };
    let name = root.get_str("displayName").or_else(|| root.get_str("name")).unwrap_or(document.name());
    let client = Client::declare(
        document,
        Key::new(Kind::Identity, "entra-app", format!("entra-app:{id}")),
        name,
        "entra",
        Key::new(Kind::Resource, "saas-tenant", "saas:microsoft-graph"),
        root,
        facts,
    );
    let mut tier_0: Vec<&str> = Vec::new();
    for access in root.get("requiredResourceAccess").into_iter().flat_map(Node::items) {
        let graph = access.get_str("resourceAppId") == Some("00000003-0000-0000-c000-000000000000");
        for (set, kind) in [("application", "Role"), ("delegated", "Scope")] {
            let entries: Vec<&Node> = access.get("resourceAccess").into_iter().flat_map(Node::items).filter(|e| e.get_str("type") == Some(kind)).collect();
            let scopes: Vec<(String, Level)> = entries
                .iter()
                .filter_map(|e| e.get_str("id"))
                .map(|number| match microsoft::permission(number).filter(|_| graph) {
                    Some(permission) => {
                        if permission.application && microsoft::is_tier_0(permission.name) {
                            tier_0.push(permission.name);
                        }
                        (permission.name.to_owned(), microsoft::level(permission.name))
                    }
                    None => (number.to_owned(), Level::Unknown),
                })
                .collect();
            if let Some(first) = entries.first() {
                let api = access.get_str("resourceAppId").unwrap_or("?");
                let client = Client {
                    document,
                    key: client.key.clone(),
                    tenant: if graph { client.tenant.clone() } else { Key::new(Kind::Resource, "saas-tenant", format!("entra-api:{api}")) },
                };
                client.granted(&format!("{api}/{set}"), &scopes, first, facts);
            }
        }
    }
    if !tier_0.is_empty() {
        client.attr("tier_0", tier_0, root, facts);
    }
    let implicit = ["oauth2AllowIdTokenImplicitFlow", "oauth2AllowImplicitFlow"].iter().any(|k| root.get(k).and_then(Node::bool) == Some(true));
    if implicit {
        client.flows(&["implicit"], root, facts);
    }
    if root.get_str("signInAudience").is_some_and(|a| a != "AzureADMyOrg") {
        client.attr("multi_tenant", true, root, facts);
    }
    for entry in root.get("passwordCredentials").into_iter().flat_map(Node::items) {
        let Some(number) = entry.get_str("keyId") else { continue };
        let credential = Key::new(Kind::Credential, "entra-client-secret", format!("cred:entra-client-secret/{id}/{number}"));
        let node = facts.declare(&credential, "client secret", document.at(entry));
        node.attr("type", "entra-client-secret").attr("state", "referenced");
        if let Some(end) = entry.get_str("endDateTime").or_else(|| entry.get_str("endDate")) {
            node.attr("expires", end);
        }
        facts.relate(&credential, &AUTHENTICATES_AS, &client.key, document.at(entry));
    }
    let replies: Vec<String> = root
        .get("replyUrlsWithType")
        .into_iter()
        .flat_map(Node::items)
        .filter_map(|r| r.get_str("url").map(str::to_owned))
        .chain(texts(root.get("replyUrls")))
        .collect();
    if !replies.is_empty() {
        client.attr("redirect_uris", replies, root, facts);
    }
}

pub(super) fn teams(document: &Document, root: &Node, facts: &mut Facts) {
    let Some(id) = root.path(&["webApplicationInfo", "id"]).and_then(Node::str).filter(|i| !i.contains("{{")) else { return };
    let name = root.path(&["name", "short"]).and_then(Node::str).unwrap_or("Teams app");
    let client = Client::declare(
        document,
        Key::new(Kind::Identity, "entra-app", format!("entra-app:{}", id.to_ascii_lowercase())),
        name,
        "entra",
        Key::new(Kind::Resource, "messaging", "saas:teams"),
        root,
        facts,
    );
    let list = root.path(&["authorization", "permissions", "resourceSpecific"]);
    let scopes: Vec<(String, Level)> =
        list.into_iter().flat_map(Node::items).filter_map(|p| p.get_str("name")).map(|n| (n.to_owned(), microsoft::level(n))).collect();
    client.granted("resource-specific", &scopes, list.unwrap_or(root), facts);
}
