//! Client configurations of Kubernetes: users, the clusters that contexts join them to, and how each proves itself.

use super::credentials::{File, host};
use crate::document::Node;
use crate::extract::note;
use crate::keys::{Certificate, blocks, certificate, encoded};
use crate::model::{Basis, Key, Kind, rfc3339};
use crate::relation::{AUTHENTICATES_AS, PART_OF, RUNS_AS, SAME_AS, STORED_IN};

/// Users and contexts of one file that are read.
const MAX_USERS: usize = 1_000;

pub(super) fn read(file: &mut File<'_>) {
    let document = file.document;
    match crate::document::parse_yaml_inside(&document.text(), 1) {
        Ok(trees) => trees.iter().for_each(|tree| users(file, tree)),
        Err(reason) => note(document, file.facts, reason),
    }
}

/// Users, the clusters that contexts join them to, and how each proves itself.
pub(super) fn users(file: &mut File<'_>, tree: &Node) {
    let document = file.document;
    if tree.get_str("kind") != Some("Config") {
        return;
    }
    let named = |list: &str, name: &str| tree.get(list).into_iter().flat_map(Node::items).find(|i| i.get_str("name") == Some(name));
    for item in tree.get("users").into_iter().flat_map(Node::items).take(MAX_USERS) {
        let (Some(name), Some(body)) = (item.get_str("name"), item.get("user")) else { continue };
        let at = document.at(item);
        let client = file.client(name, "kubectl", at.clone());
        let user = Key::new(Kind::Identity, "k8s-user", format!("k8s-user:{}#{name}", document.file_id()));
        let federated = body.get("exec").is_some() || body.get("auth-provider").is_some();
        file.facts.declare(&user, name, at.clone()).attr("provider", "kubernetes").attr("auth_style", if federated { "federated" } else { "static" });
        file.facts.relate(&client, &RUNS_AS, &user, at.clone());
        let certificate = certificate_of(body);
        if let Some((node, certificate)) = &certificate {
            subject(file, &user, node, certificate);
        }
        let masters = certificate.is_some_and(|(_, c)| c.organisations.iter().any(|o| o == "system:masters"));
        for field in ["token", "password", "client-key-data"] {
            let Some(value) = body.get(field).filter(|v| v.str().is_some_and(|s| !s.is_empty())) else { continue };
            let slot = file.slot(&client, field, value);
            file.facts.relate(&slot, &AUTHENTICATES_AS, &user, document.at(value));
            let credential = Key::new(Kind::Credential, "kubeconfig-user", format!("cred:kubeconfig-user/{}#{name}", document.file_id()));
            file.facts
                .declare(&credential, name, document.at(value))
                .attr("type", "kubeconfig-user")
                .attr("state", "present-head")
                .attr("lifetime_class", "static");
            file.facts.relate(&credential, &STORED_IN, &slot, document.at(value));
            file.facts.relate(&credential, &AUTHENTICATES_AS, &user, document.at(value));
        }
        for context in
            tree.get("contexts").into_iter().flat_map(Node::items).take(MAX_USERS).filter_map(|c| c.get("context")).filter(|c| c.get_str("user") == Some(name))
        {
            let Some(cluster) = context.get_str("cluster").and_then(|c| named("clusters", c)) else { continue };
            let Some(server) = cluster.path(&["cluster", "server"]).and_then(Node::str) else { continue };
            let id = format!("k8s:{}", host(server));
            file.opens(&user, "cluster", id, cluster.get_str("name").unwrap_or(server), if masters { "admin" } else { "unknown" }, document.at(cluster));
        }
    }
}

/// What a cluster makes of a certificate: a user, in groups. Bindings in manifests name both.
fn subject(file: &mut File<'_>, user: &Key, node: &Node, certificate: &Certificate) {
    let at = file.document.at(node);
    let body = file.document.repository_body();
    let facts = &mut *file.facts;
    facts
        .mention(user, String::new(), at.clone())
        .attr("subject", certificate.subject.as_str())
        .attr("expires", rfc3339(certificate.not_after))
        .attr("groups", certificate.organisations.clone());
    if let Some(name) = &certificate.common_name {
        let named = Key::new(Kind::Identity, "k8s-user", format!("k8s:{{{body}}}/-/User/{name}"));
        facts.mention(&named, name.as_str(), at.clone());
        facts.relate(user, &SAME_AS, &named, at.clone()).basis(Basis::UniqueName).conditional();
    }
    for group in &certificate.organisations {
        let key = Key::new(Kind::Identity, "k8s-group", format!("k8s:{{{body}}}/-/Group/{group}"));
        facts.mention(&key, group.as_str(), at.clone());
        facts.relate(user, &PART_OF, &key, at.clone());
    }
    if let Some(key) = &certificate.key {
        let holder = Key::new(Kind::Identity, "x509-subject", &key.id);
        facts.mention(&holder, certificate.common_name.clone().unwrap_or_default(), at.clone());
        facts.relate(&holder, &SAME_AS, user, at).attr("because", "the user's certificate has this key");
    }
}

/// The certificate of a user: its common name is the user to the cluster, its organisations are the groups.
fn certificate_of(body: &Node) -> Option<(&Node, Certificate)> {
    let node = body.get("client-certificate-data")?;
    let (_, pem) = encoded(node.str()?.trim()).pop()?;
    Some((node, blocks(&pem).iter().find_map(|b| certificate(&b.content))?))
}
