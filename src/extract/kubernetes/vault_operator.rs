//! Objects of Vault's operator: what it copies out of Vault, into which Secret, and with which login.

use super::manifest::Object;
use crate::document::Node;
use crate::extract::infra::vault_path;
use crate::model::{Facts, Key, Kind};
use crate::relation::{AUTHENTICATES_AS, CONSUMES, RUNS_AS, SOURCED_FROM};

/// Logins that the operator knows.
const METHODS: &[&str] = &["kubernetes", "jwt", "appRole", "aws", "gcp", "servicePrincipal"];

pub(super) fn read(o: &Object<'_>, facts: &mut Facts) {
    match o.kind {
        "VaultAuth" | "VaultAuthGlobal" | "HCPAuth" => auth(o, facts),
        "VaultConnection" => {
            let key = Key::new(Kind::Location, "cloud-secret", o.id(o.kind, o.name));
            let node = facts.declare(&key, o.name, o.document.at(o.body)).attr("store", "vault").attr("protection", "managed-store");
            if let Some(address) = text(o, &["spec", "address"]) {
                node.attr("address", address);
            }
        }
        "VaultStaticSecret" | "VaultDynamicSecret" | "VaultPKISecret" | "HCPVaultSecretsApp" | "CSISecrets" => copied(o, facts),
        _ => {}
    }
}

fn text<'n>(o: &Object<'n>, path: &[&str]) -> Option<&'n str> {
    o.body.path(path).and_then(Node::str).filter(|t| !t.is_empty())
}

/// The object that another of this namespace names: `name`, `namespace/name`, or both in fields.
fn named(o: &Object<'_>, kind: &str, node: Option<&Node>) -> (String, String) {
    let name = node.and_then(|n| n.str().or_else(|| n.get_str("name"))).unwrap_or("default");
    let (namespace, name) = name.split_once('/').unwrap_or((node.and_then(|n| n.get_str("namespace")).unwrap_or(o.namespace), name));
    (o.id_in(namespace, kind, name), name.to_owned())
}

/// A login: a store as others refer to it, and the operator that logs in.
fn auth(o: &Object<'_>, facts: &mut Facts) {
    let at = o.document.at(o.body);
    let store = Key::new(Kind::Location, "cloud-secret", o.id(o.kind, o.name));
    facts.declare(&store, o.name, at.clone()).attr("store", "vault").attr("protection", "managed-store");
    let operator = Key::new(Kind::Consumer, "k8s-workload", format!("{}@operator", store.id));
    facts.declare(&operator, format!("{} operator", o.name), at.clone());
    facts.relate(&operator, &CONSUMES, &store, at);
    if let Some(node) = o.body.path(&["spec", "vaultConnectionRef"]) {
        let (id, name) = named(o, "VaultConnection", Some(node));
        let connection = Key::new(Kind::Location, "cloud-secret", id);
        facts.mention(&connection, name, o.document.at(node));
        facts.relate(&store, &SOURCED_FROM, &connection, o.document.at(node));
    }
    // A login may leave what it does not say to one for all.
    if let Some(node) = o.body.path(&["spec", "vaultAuthGlobalRef"]) {
        let (id, name) = named(o, "VaultAuthGlobal", Some(node));
        let global = Key::new(Kind::Location, "cloud-secret", id);
        facts.mention(&global, name, o.document.at(node));
        facts.relate(&store, &SOURCED_FROM, &global, o.document.at(node));
    }
    for method in METHODS {
        let Some(body) = o.body.path(&["spec", method]) else { continue };
        if let Some((node, name)) = body.get("serviceAccount").and_then(|n| Some((n, n.str()?))) {
            let account = o.account(o.namespace, name);
            facts.mention(&account, name, o.document.at(node));
            facts.relate(&operator, &RUNS_AS, &account, o.document.at(node));
        }
        if let Some((node, role)) = body.get("role").and_then(|n| Some((n, n.str()?))) {
            let mount = body.get_str("mount").or_else(|| text(o, &["spec", "mount"])).unwrap_or(method);
            let key = role_key(o, mount, role);
            facts.mention(&key, role, o.document.at(node));
            facts.relate(&operator, &RUNS_AS, &key, o.document.at(node));
            facts.relate(&store, &AUTHENTICATES_AS, &key, o.document.at(node));
        }
        if let Some((node, name)) = body.get("secretRef").and_then(|n| Some((n, n.str()?))) {
            let secret = Key::new(Kind::Location, "k8s-secret", o.id("Secret", name));
            facts.mention(&secret, name, o.document.at(node));
            facts.relate(&operator, &CONSUMES, &secret, o.document.at(node));
            facts.relate(&store, &SOURCED_FROM, &secret, o.document.at(node));
        }
    }
}

fn role_key(o: &Object<'_>, mount: &str, role: &str) -> Key {
    Key::new(Kind::Identity, "vault-role", format!("vault-role:{{{}}}/{mount}/{role}", o.document.repository_body()))
}

/// Something of Vault that the operator copies into a Secret, or hands to pods.
fn copied(o: &Object<'_>, facts: &mut Facts) {
    let at = o.document.at(o.body);
    let own = Key::new(Kind::Location, "k8s-secret", o.id(o.kind, o.name));
    facts.declare(&own, o.name, at.clone()).attr("store", "external-secret").attr("protection", "managed-store");
    if let Some(node) = o.body.path(&["spec", "destination", "name"]) {
        let name = node.str().unwrap_or(o.name);
        let secret = Key::new(Kind::Location, "k8s-secret", o.id("Secret", name));
        facts.mention(&secret, name, o.document.at(node)).attr("store", "k8s-secret");
        facts.relate(&secret, &SOURCED_FROM, &own, at.clone());
    }
    let (kind, field) = if o.kind == "HCPVaultSecretsApp" { ("HCPAuth", "hcpAuthRef") } else { ("VaultAuth", "vaultAuthRef") };
    let node = o.body.path(&["spec", field]);
    let (auth, name) = named(o, kind, node);
    let (store, at) = (Key::new(Kind::Location, "cloud-secret", auth), node.map_or(at, |n| o.document.at(n)));
    facts.mention(&store, name.clone(), at.clone());
    facts.relate(&own, &SOURCED_FROM, &store, at.clone());
    let operator = Key::new(Kind::Consumer, "k8s-workload", format!("{}@operator", store.id));
    facts.mention(&operator, format!("{name} operator"), at);
    let lists = o.body.path(&["spec", "secrets"]).into_iter().flat_map(Node::entries).flat_map(|(_, list)| list.items());
    for part in o.body.get("spec").into_iter().chain(lists) {
        let Some(mount) = part.get_str("mount") else { continue };
        // A certificate is asked for by a role, a proof of AppRole for one; everything else has a path.
        match (part.get("path"), part.get("role")) {
            (Some(node), _) => fetched(o, &own, &operator, format!("{mount}/{}", node.str().unwrap_or_default()), node, facts),
            (None, Some(node)) if o.kind == "VaultPKISecret" => {
                fetched(o, &own, &operator, format!("{mount}/issue/{}", node.str().unwrap_or_default()), node, facts);
            }
            (None, Some(node)) => {
                let Some(name) = node.str() else { continue };
                let role = role_key(o, mount, name);
                facts.mention(&role, name, o.document.at(node));
                facts.relate(&own, &AUTHENTICATES_AS, &role, o.document.at(node));
            }
            _ => {}
        }
    }
}

fn fetched(o: &Object<'_>, own: &Key, operator: &Key, path: String, node: &Node, facts: &mut Facts) {
    let at = o.document.at(node);
    let source = Key::new(Kind::Location, "vault-path", vault_path(o.document.repository_body(), &path));
    facts.mention(&source, path, at.clone()).attr("store", "vault").attr("protection", "managed-store");
    facts.relate(own, &SOURCED_FROM, &source, at.clone());
    facts.relate(operator, &CONSUMES, &source, at);
}
