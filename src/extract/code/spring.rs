//! Settings of Spring applications: the variables that they read, and the secrets and roles of Vault that Spring Cloud Vault takes.

use super::spring_opens;
use super::unit::tells;
use crate::document::{Document, Node};
use crate::model::{Basis, Facts, FileRole, Key, Kind, Location};
use crate::relation::{CAN_ASSUME, CONSUMES};

/// Settings of a file that are read.
const MAX_SETTINGS: usize = 5_000;

/// Ways of logging in to Vault: the setting that names the role, the one that names the mount, and the mount when nothing does.
const LOGINS: &[(&str, &str, &str)] = &[
    ("spring.cloud.vault.kubernetes.role", "spring.cloud.vault.kubernetes.kubernetes-path", "kubernetes"),
    ("spring.cloud.vault.app-role.role", "spring.cloud.vault.app-role.app-role-path", "approle"),
    ("spring.cloud.vault.aws-iam.role", "spring.cloud.vault.aws-iam.aws-path", "aws"),
    ("spring.cloud.vault.gcp-iam.role", "spring.cloud.vault.gcp-iam.gcp-path", "gcp"),
    ("spring.cloud.vault.azure-msi.role", "spring.cloud.vault.azure-msi.azure-path", "azure"),
];

/// `application.yml`, `application-prod.properties`, `bootstrap.yaml`.
pub(super) fn matches(path: &str, _: &[u8]) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').is_some_and(|(stem, extension)| {
        matches!(extension, "yml" | "yaml" | "properties")
            && ["application", "bootstrap"].iter().any(|b| stem == *b || stem.strip_prefix(b).is_some_and(|r| r.starts_with('-')))
    })
}

pub(super) struct Setting {
    pub key: String,
    pub value: String,
    pub at: Location,
}

pub(super) fn read(document: &Document, facts: &mut Facts) {
    if document.role() == FileRole::Test {
        return;
    }
    let settings = settings(document);
    let Some(first) = settings.first() else { return };
    let unit = Key::new(Kind::Consumer, "code-unit", format!("code:{}//{}", document.repository_body(), document.path));
    let mut said = Facts::default();
    for setting in &settings {
        for name in variables(&setting.value).filter(|n| tells(n)) {
            let slot = Key::new(Kind::Location, "env", format!("env:{}#{name}", unit.id));
            said.mention(&slot, name, setting.at.clone()).attr("store", "env");
            said.relate(&unit, &CONSUMES, &slot, setting.at.clone()).basis(Basis::Evaluated);
        }
    }
    vault(document, &unit, &settings, &mut said);
    spring_opens::read(document, &unit, &settings, &mut said);
    if !said.edges.is_empty() {
        said.declare(&unit, document.name(), first.at.clone()).attr("platform", "code");
        facts.extend(said);
    }
}

/// Settings by their whole name.
fn settings(document: &Document) -> Vec<Setting> {
    let mut out = Vec::new();
    if document.path.ends_with(".properties") {
        for (number, line) in document.text().lines().enumerate().filter(|(_, l)| !l.trim_start().starts_with(['#', '!'])).take(MAX_SETTINGS) {
            if let Some((key, value)) = line.split_once(['=', ':']) {
                out.push(Setting { key: key.trim().to_owned(), value: value.trim().to_owned(), at: document.at_line(number as u32 + 1) });
            }
        }
    } else {
        // What cannot be read as YAML is told by the reader of settings in general.
        for tree in document.trees().into_iter().flatten() {
            flatten(document, tree, "", &mut out);
        }
    }
    out
}

fn flatten(document: &Document, node: &Node, above: &str, out: &mut Vec<Setting>) {
    if out.len() >= MAX_SETTINGS || above.len() > 400 {
        return;
    }
    for (key, value) in node.entries().filter_map(|(k, v)| Some((k.str()?, v))) {
        let whole = if above.is_empty() { key.to_owned() } else { format!("{above}.{key}") };
        for one in value.one_or_many() {
            if let Some(text) = one.scalar() {
                out.push(Setting { key: whole.clone(), value: text, at: document.at(one) });
            }
            flatten(document, one, &whole, out);
        }
    }
}

/// Names in capitals behind `${`.
pub(super) fn variables(value: &str) -> impl Iterator<Item = &str> {
    value.split("${").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')).unwrap_or(rest.len());
        (end > 2 && rest[end..].starts_with(['}', ':'])).then(|| &rest[..end])
    })
}

fn vault(document: &Document, unit: &Key, settings: &[Setting], facts: &mut Facts) {
    let of = |key: &str| settings.iter().find(|s| s.key == key && !s.value.is_empty() && !s.value.contains("${"));
    let body = document.repository_body();
    let mut reads = |path: &str, basis: Basis, at: &Location| {
        let path = path.trim_matches('/');
        let slot = Key::new(Kind::Location, "vault-path", crate::extract::infra::vault_path(body, path));
        facts.mention(&slot, path, at.clone()).attr("store", "vault").attr("protection", "managed-store");
        facts.relate(unit, &CONSUMES, &slot, at.clone()).basis(basis);
    };
    let mut used = false;
    for setting in settings.iter().filter(|s| s.key == "spring.config.import") {
        if let Some(path) = setting.value.trim_start_matches("optional:").strip_prefix("vault:") {
            used = true;
            let path = path.trim_start_matches('/');
            if !path.is_empty() && !path.contains(['$', '{']) {
                reads(path, Basis::Exact, &setting.at);
            }
        }
    }
    used |= settings.iter().any(|s| s.key.starts_with("spring.cloud.vault.")) && of("spring.cloud.vault.enabled").is_none_or(|s| s.value != "false");
    if !used {
        return;
    }
    let backend = of("spring.cloud.vault.kv.backend").map_or("secret", |s| &s.value);
    // Under the application's own name its secrets are looked for.
    if let Some(name) = of("spring.cloud.vault.kv.application-name").or_else(|| of("spring.application.name")) {
        reads(&format!("{backend}/{}", name.value), Basis::Convention, &name.at);
    }
    for (role, mount, usual) in LOGINS {
        let Some(role) = of(role) else { continue };
        let mount = of(mount).map_or(*usual, |s| &s.value);
        let key = Key::new(Kind::Identity, "vault-role", format!("vault-role:{{{body}}}/{mount}/{}", role.value));
        facts.mention(&key, role.value.clone(), role.at.clone()).attr("provider", "vault");
        facts.relate(unit, &CAN_ASSUME, &key, role.at.clone()).basis(Basis::Evaluated).conditional();
    }
}
