//! Secrets of stores that are mounted as files (CSI): which entries, as whom, and the Secrets that they are copied to.

use super::manifest::Object;
use crate::document::Node;
use crate::extract::infra::vault_path;
use crate::model::{Basis, Facts, Key, Kind, Location, Spec};
use crate::relation::{AUTHENTICATES_AS, SOURCED_FROM};

/// Entries of one class that are read.
const MAX_ENTRIES: usize = 500;

/// One entry of the list that a class holds as text.
#[derive(Default)]
struct Entry<'t> {
    /// `objectName`: what the entry is called; a store of its own kind knows it by `path`.
    name: Option<&'t str>,
    path: Option<&'t str>,
    kind: Option<&'t str>,
    field: Option<&'t str>,
    line: u32,
}

pub(super) fn provider_class(o: &Object<'_>, facts: &mut Facts) {
    let key = Key::new(Kind::Location, "k8s-secret", o.id(o.kind, o.name));
    let at = o.document.at(o.body);
    let provider = o.body.path(&["spec", "provider"]).and_then(Node::str).unwrap_or("?");
    facts.declare(&key, o.name, at.clone()).attr("store", provider).attr("protection", "managed-store");
    let parameter = |name: &str| o.body.path(&["spec", "parameters", name]).and_then(|n| Some((n, n.str()?))).filter(|(_, t)| !t.is_empty());
    let mut made: Vec<(String, Key)> = Vec::new();
    if let Some((node, text)) = parameter("objects").or_else(|| parameter("secrets")) {
        let vault = parameter("keyvaultName").or_else(|| parameter("keyVaultName")).map(|(_, v)| v.to_ascii_lowercase());
        for entry in entries(text) {
            let Some((id, subtype, shown)) = stored(o, provider, vault.as_deref(), &entry) else { continue };
            let at = o.document.at_line(node.line + entry.line);
            let from = Key::new(Kind::Location, subtype, id);
            facts.mention(&from, shown, at.clone()).attr("store", "managed-store").attr("protection", "managed-store");
            facts.relate(&key, &SOURCED_FROM, &from, at.clone()).basis(Basis::Evaluated);
            if subtype == "cloud-secret" {
                // The account of the store is not known here: the name is to meet the one that infrastructure code declares.
                let spec = Spec::Name { kind: Kind::Location, subtypes: vec!["cloud-secret".to_owned()], name: shown.to_owned() };
                facts.refer(&from, &SOURCED_FROM, spec, shown, at);
            }
            made.push((entry.name.unwrap_or(shown).to_owned(), from));
        }
    }
    identity(o, &key, provider, facts);
    copies(o, &key, &made, &at, facts);
}

/// The entries of a list, by the line on which each begins.
fn entries(text: &str) -> Vec<Entry<'_>> {
    let mut out: Vec<Entry<'_>> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        let (begins, body) = line.strip_prefix("- ").map_or((false, line), |rest| (true, rest.trim_start().trim_start_matches("- ")));
        if (begins && body.contains(':') || out.is_empty()) && out.len() < MAX_ENTRIES {
            out.push(Entry { line: number as u32, ..Entry::default() });
        }
        let (Some((field, value)), Some(entry)) = (body.split_once(':'), out.last_mut()) else { continue };
        let value = Some(value.trim().trim_matches(['"', '\''])).filter(|v| !v.is_empty());
        match field.trim() {
            "objectName" => entry.name = value,
            "objectType" => entry.kind = value,
            "resourceName" | "secretPath" => entry.path = value,
            "secretKey" => entry.field = value,
            _ => {}
        }
    }
    out
}

/// Where an entry is kept: id, subtype, and what a person calls it.
fn stored<'t>(o: &Object<'_>, provider: &str, vault: Option<&str>, entry: &Entry<'t>) -> Option<(String, &'static str, &'t str)> {
    let body = o.document.repository_body();
    if let Some(path) = entry.path.filter(|_| provider == "vault" || provider == "openbao") {
        let field = entry.field.map_or(String::new(), |f| format!("#{f}"));
        return Some((format!("{}{field}", vault_path(body, &path.replacen("/data/", "/", 1))), "vault-path", path));
    }
    if let Some(path) = entry.path {
        // `projects/acme/secrets/db/versions/latest`
        let name = path.split("/secrets/").nth(1).unwrap_or(path).split('/').next().unwrap_or(path);
        let project = path.strip_prefix("projects/").and_then(|p| p.split('/').next()).filter(|p| !p.contains('$'));
        let project = project.map_or_else(|| format!("{{{body}}}"), str::to_owned);
        return Some((format!("//secretmanager.googleapis.com/projects/{project}/secrets/{name}"), "cloud-secret", name));
    }
    let name = entry.name?;
    let id = match (vault, provider, entry.kind) {
        (Some(vault), ..) => format!("azkv:{vault}/{name}"),
        (None, "aws", _) if name.starts_with("arn:") => name.to_owned(),
        (None, "aws", Some("ssmparameter")) => format!("ssm:{{{body}}}/?/{}", name.trim_start_matches('/')),
        (None, "aws", _) => format!("asm:{{{body}}}/{name}"),
        _ => format!("{provider}-secret:{{{body}}}/{name}"),
    };
    Some((id, "cloud-secret", name.rsplit(':').next().unwrap_or(name)))
}

/// As whom the entries are fetched, where the class says so: a role of Vault, an identity of Azure. Otherwise it is the account of the pod.
fn identity(o: &Object<'_>, key: &Key, provider: &str, facts: &mut Facts) {
    let parameter = |name: &str| o.body.path(&["spec", "parameters", name]).and_then(|n| Some((n, n.str()?))).filter(|(_, t)| !t.is_empty());
    let (node, name, identity) = if let Some((node, role)) = parameter("roleName").filter(|_| provider == "vault" || provider == "openbao") {
        let mount = parameter("vaultKubernetesMountPath").map_or("kubernetes", |(_, m)| m);
        (node, role, Key::new(Kind::Identity, "vault-role", format!("vault-role:{{{}}}/{mount}/{role}", o.document.repository_body())))
    } else if let Some((node, client)) = parameter("clientID").or_else(|| parameter("userAssignedIdentityID")).filter(|_| provider == "azure") {
        (node, client, Key::new(Kind::Identity, "entra-app", format!("entra-app:{client}")))
    } else {
        return;
    };
    if super::is_placeholder(name) {
        return;
    }
    facts.mention(&identity, name, o.document.at(node));
    facts.relate(key, &AUTHENTICATES_AS, &identity, o.document.at(node)).basis(Basis::Evaluated);
}

/// Secrets of the cluster that the entries are copied to.
fn copies(o: &Object<'_>, key: &Key, made: &[(String, Key)], at: &Location, facts: &mut Facts) {
    for copy in o.body.path(&["spec", "secretObjects"]).into_iter().flat_map(Node::items) {
        let Some(name) = copy.get_str("secretName") else { continue };
        let secret = Key::new(Kind::Location, "k8s-secret", o.id("Secret", name));
        facts.mention(&secret, name, o.document.at(copy)).attr("store", "k8s-secret").attr("protection", "encoded");
        facts.relate(&secret, &SOURCED_FROM, key, at.clone());
        for data in copy.get("data").into_iter().flat_map(Node::items) {
            let Some(field) = data.get_str("key") else { continue };
            let from = data.get_str("objectName").and_then(|n| made.iter().find(|(name, _)| name == n)).map_or(key, |(_, from)| from);
            let part = Key::new(Kind::Location, "k8s-secret", format!("{}#{field}", secret.id));
            facts.mention(&part, format!("{name}#{field}"), o.document.at(data));
            facts.relate(&part, &SOURCED_FROM, from, o.document.at(data));
        }
    }
}
