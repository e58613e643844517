//! Secrets, and what feeds them from outside the cluster.

use super::manifest::Object;
use crate::document::Node;
use crate::extract::infra::vault_agent;
use crate::model::{Facts, Key, Kind, Spec};
use crate::relation::{CAN_ASSUME, CONSUMES, SOURCED_FROM, STORED_IN};

fn location(o: &Object<'_>, kind: &str, subtype: &'static str, name: &str) -> Key {
    Key::new(Kind::Location, subtype, o.id(kind, name))
}

pub(super) fn secret(o: &Object<'_>, facts: &mut Facts) {
    let key = location(o, "Secret", "k8s-secret", o.name);
    let node = facts.declare(&key, o.name, o.document.at(o.body));
    node.attr("store", "k8s-secret").attr("protection", "encoded").attr("tags", o.tags());
    if o.body.get_str("type") == Some("kubernetes.io/service-account-token") {
        node.attr("legacy_auth", vec!["a token of a service account that does not end"]);
    }
    for (name, value) in ["data", "stringData"].iter().filter_map(|d| o.body.get(d)).flat_map(Node::entries) {
        let Some(name) = name.str() else { continue };
        let part = Key::new(Kind::Location, "k8s-secret", format!("{}#{name}", key.id));
        let at = o.document.place(value.line, value.column, value.end_line);
        facts.declare(&part, format!("{}#{name}", o.name), at.clone()).attr("store", "k8s-secret").attr("protection", "encoded");
        facts.relate(&part, &SOURCED_FROM, &key, at.clone());
        // A template that 1Password fills in before it is applied.
        if let Some(item) = value.str().map(str::trim).filter(|v| v.starts_with("op://") && !v.contains(char::is_whitespace)) {
            let entry = Key::new(Kind::Location, "op-item", item);
            facts.mention(&entry, item.trim_start_matches("op://"), at.clone()).attr("store", "1password").attr("protection", "managed-store");
            facts.relate(&part, &SOURCED_FROM, &entry, at.clone());
            continue;
        }
        facts.holds(&part, at.clone());
        facts.holds(&key, at);
    }
}

pub(super) fn config_map(o: &Object<'_>, facts: &mut Facts) {
    let key = location(o, "ConfigMap", "k8s-configmap", o.name);
    facts.declare(&key, o.name, o.document.at(o.body)).attr("store", "k8s-configmap").attr("protection", "plaintext");
    for (_, value) in o.body.get("data").into_iter().flat_map(Node::entries) {
        facts.holds(&key, o.document.at(value));
        if let Some(text) = value.str() {
            vault_agent::inside(o.document, &key, text, value.line, facts);
        }
    }
}

pub(super) fn external(o: &Object<'_>, facts: &mut Facts) {
    let at = o.document.at(o.body);
    let own = location(o, o.kind, "k8s-secret", o.name);
    facts.declare(&own, o.name, at.clone()).attr("store", "external-secret").attr("protection", "managed-store");
    let target = o.body.path(&["spec", "target", "name"]).and_then(Node::str).unwrap_or(o.name);
    let secret = location(o, "Secret", "k8s-secret", target);
    facts.mention(&secret, target, at.clone());
    facts.relate(&secret, &SOURCED_FROM, &own, at.clone());
    let store = o.body.path(&["spec", "secretStoreRef"]);
    let store_name = store.and_then(|s| s.get_str("name")).unwrap_or("?");
    let store_kind = store.and_then(|s| s.get_str("kind")).unwrap_or("SecretStore");
    let namespace = if store_kind == "ClusterSecretStore" { "-" } else { o.namespace };
    let store_key = Key::new(Kind::Location, "cloud-secret", o.id_in(namespace, store_kind, store_name));
    facts.mention(&store_key, store_name, store.map_or(at.clone(), |s| o.document.at(s)));
    facts.relate(&own, &SOURCED_FROM, &store_key, store.map_or(at.clone(), |s| o.document.at(s)));
    // Which product the store is, only its own manifest says; most are named after it.
    let named = |words: &[&str]| words.iter().any(|w| store_name.to_ascii_lowercase().contains(w));
    let prefix = if named(&["aws", "secretsmanager", "secrets-manager"]) {
        format!("asm:{{{}}}/", o.document.repository_body())
    } else if named(&["gcp", "google", "gsm"]) {
        format!("gcpsm:{{{}}}/", o.document.repository_body())
    } else {
        format!("{}/", store_key.id)
    };
    let remotes = o.body.path(&["spec", "data"]).into_iter().flat_map(Node::items).filter_map(|d| Some((d.get_str("secretKey"), d.get("remoteRef")?)));
    let extracts =
        o.body.path(&["spec", "dataFrom"]).into_iter().flat_map(Node::items).filter_map(|d| Some((None, d.get("extract").or_else(|| d.get("find"))?)));
    for (key, remote) in remotes.chain(extracts) {
        let Some(name) = remote.get_str("key") else { continue };
        let at = o.document.at(remote);
        // The account of the store is not known here: the name is to meet the one that infrastructure code declares.
        let property = remote.get_str("property").map(|p| format!("#{p}")).unwrap_or_default();
        let entry = Key::new(Kind::Location, "cloud-secret", format!("{}{name}{property}", prefix));
        facts.mention(&entry, format!("{name}{property}"), at.clone()).attr("store", "managed-store").attr("protection", "managed-store");
        let part = match key {
            Some(key) => Key::new(Kind::Location, "k8s-secret", format!("{}#{key}", secret.id)),
            None => secret.clone(),
        };
        facts.relate(&part, &SOURCED_FROM, &entry, at.clone());
        facts.relate(&own, &SOURCED_FROM, &entry, at.clone());
        let spec = Spec::Name { kind: Kind::Location, subtypes: vec!["cloud-secret".to_owned()], name: name.to_owned() };
        facts.refer(&entry, &SOURCED_FROM, spec, name, at);
    }
}

pub(super) fn store(o: &Object<'_>, facts: &mut Facts) {
    let namespace = if o.kind == "ClusterSecretStore" { "-" } else { o.namespace };
    let key = Key::new(Kind::Location, "cloud-secret", o.id_in(namespace, o.kind, o.name));
    facts.declare(&key, o.name, o.document.at(o.body)).attr("store", "secret-store").attr("protection", "managed-store");
    let Some(provider) = o.body.path(&["spec", "provider"]) else { return };
    let mut accounts = Vec::new();
    let mut secrets = Vec::new();
    provider.walk(&mut |pointer, node| {
        if pointer.ends_with("serviceAccountRef") {
            let name = node.get("name").unwrap_or(node);
            accounts.extend(name.str().map(|n| (n, node.get_str("namespace").unwrap_or(o.namespace), name)));
        }
        if let (Some(name), Some(_)) = (node.get_str("name"), node.get("key")) {
            secrets.push((name, node.get_str("namespace").unwrap_or(o.namespace), node));
        }
    });
    // The store acts with what it is given: a reader of the store has the same.
    let runner = Key::new(Kind::Consumer, "k8s-workload", format!("{}@operator", key.id));
    for (name, namespace, node) in secrets {
        let secret = Key::new(Kind::Location, "k8s-secret", o.id_in(namespace, "Secret", name));
        facts.mention(&secret, name, o.document.at(node));
        facts.relate(&key, &SOURCED_FROM, &secret, o.document.at(node));
    }
    // A role that the store assumes with whatever it has.
    for role in ["aws", "vault", "gcpsm"].iter().filter_map(|p| provider.path(&[p, "role"])).filter(|r| r.str().is_some_and(|r| r.starts_with("arn:"))) {
        let arn = role.str().unwrap_or_default();
        let assumed = Key::new(Kind::Identity, "aws-role", arn);
        facts.mention(&assumed, arn.rsplit('/').next().unwrap_or(arn), o.document.at(role));
        facts.declare(&runner, format!("{} operator", o.name), o.document.at(role));
        facts.relate(&runner, &CAN_ASSUME, &assumed, o.document.at(role));
        facts.relate(&runner, &CONSUMES, &key, o.document.at(role));
    }
    for (name, namespace, node) in accounts {
        let account = o.account(namespace, name);
        facts.mention(&account, name, o.document.at(node));
        facts.declare(&runner, format!("{} operator", o.name), o.document.at(node));
        facts.relate(&runner, &crate::relation::RUNS_AS, &account, o.document.at(node));
        facts.relate(&runner, &CONSUMES, &key, o.document.at(node));
    }
}

pub(super) fn sealed(o: &Object<'_>, facts: &mut Facts) {
    let at = o.document.at(o.body);
    let secret = location(o, "Secret", "k8s-secret", o.name);
    facts.declare(&secret, o.name, at.clone()).attr("store", "k8s-secret").attr("protection", "encrypted-at-rest");
    for (name, value) in o.body.path(&["spec", "encryptedData"]).into_iter().flat_map(Node::entries) {
        let Some(name) = name.str() else { continue };
        let place = o.document.at(value);
        let blob = Key::new(Kind::Credential, "sealed-blob", format!("cred:sealed-blob/{}#{name}", secret.id));
        facts.declare(&blob, name, place.clone()).attr("state", "encrypted").attr("type", "sealed-blob").attr("rule", "sealed-secret");
        facts.relate(&blob, &STORED_IN, &secret, place);
    }
}
