//! `az`: applications, service principals and managed identities, their roles and whose tokens they take, secrets of vaults.

use super::{Call, partial};
use crate::extract::infra::azure::{Assignment, Federated, role};
use crate::model::{Basis, Facts, Key, Kind};
use crate::relation::AUTHENTICATES_AS;

pub(super) fn read(call: &Call<'_>, facts: &mut Facts) -> Option<Key> {
    match call.plain().as_slice() {
        ["identity", "create", ..] => {
            let key = managed(call, &["--name", "-n"])?;
            call.define(&key, key.id.rsplit('/').next().unwrap_or_default(), facts).attr("provider", "azure");
            Some(key)
        }
        ["identity", "show", ..] => managed(call, &["--name", "-n"]),
        ["ad", "app", "create", ..] => {
            let name = call.one(&["--display-name"])?;
            let key = Key::new(Kind::Identity, "entra-app", format!("entra-app:{{{}}}/{name}", call.repository));
            call.define(&key, &name, facts).attr("provider", "azure");
            Some(key)
        }
        ["ad", "sp", "create" | "show", ..] | ["ad", "app", "show", ..] => call.script.given(call.raw(&["--id"])?).cloned(),
        ["ad", "sp", "create-for-rbac", ..] => principal(call, facts),
        ["identity", "federated-credential", "create", ..] => {
            let key = managed(call, &["--identity-name"])?;
            let (issuer, subject) = (call.one(&["--issuer"])?, call.raw(&["--subject"]).map(|s| call.script.text(s)));
            facts.mention(&key, key.id.rsplit('/').next().unwrap_or_default(), call.at.clone());
            Federated { issuer: &issuer, subject: subject.as_deref(), expression: None }.say(&key, call.repository, facts, &call.at);
            None
        }
        ["ad", "app", "federated-credential", "create", ..] => {
            let key = call.script.given(call.raw(&["--id"])?)?.clone();
            let stated: serde_json::Value = serde_json::from_str(&call.script.text(call.raw(&["--parameters"])?)).ok()?;
            let (issuer, subject) = (stated.get("issuer")?.as_str()?, stated.get("subject").and_then(serde_json::Value::as_str));
            Federated { issuer, subject, expression: None }.say(&key, call.repository, facts, &call.at);
            None
        }
        ["role", "assignment", "create", ..] => {
            let whom = call.raw(&["--assignee", "--assignee-object-id"])?;
            let key = match call.script.given(whom) {
                Some(key) => key.clone(),
                None => {
                    let id = call.script.one(whom).filter(|id| id.contains('-'))?.to_ascii_lowercase();
                    let key = Key::new(Kind::Identity, "entra-app", format!("entra-app:{id}"));
                    facts.mention(&key, id, call.at.clone());
                    key
                }
            };
            let scope = call.raw(&["--scope"]).map(str::to_owned);
            assigned(call, &key, scope.iter().map(String::as_str), facts);
            None
        }
        ["keyvault", "secret", "set", ..] => {
            let (vault, name) = (call.part(&["--vault-name"])?, call.one(&["--name", "-n"])?);
            let key = Key::new(Kind::Location, "cloud-secret", format!("azkv:{}/{name}", vault.to_ascii_lowercase()));
            call.define(&key, &name, facts).attr("store", "azure").attr("protection", "managed-store");
            Some(key)
        }
        _ => None,
    }
}

fn managed(call: &Call<'_>, flags: &[&str]) -> Option<Key> {
    let name = call.one(flags)?;
    Some(Key::new(Kind::Identity, "azure-mi-user", format!("azure-mi:{{{}}}/{name}", call.repository)))
}

/// A service principal with a secret, which the command prints, and a role at once.
fn principal(call: &Call<'_>, facts: &mut Facts) -> Option<Key> {
    let name = call.one(&["--name", "-n", "--display-name"])?;
    let key = Key::new(Kind::Identity, "entra-service-principal", format!("entra-sp:{{{}}}/{name}", call.repository));
    call.define(&key, &name, facts).attr("provider", "azure").attr("auth_style", "static");
    let secret = Key::new(Kind::Credential, "entra-client-secret", format!("cred:entra-client-secret/{}#{name}", call.document));
    call.define(&secret, &name, facts).attr("state", "referenced");
    facts.relate(&secret, &AUTHENTICATES_AS, &key, call.at.clone()).basis(Basis::Evaluated);
    let scopes: Vec<&str> = call
        .words
        .iter()
        .skip_while(|w| !matches!(w.as_str(), "--scopes" | "--scope"))
        .skip(1)
        .take_while(|w| !w.starts_with('-'))
        .map(String::as_str)
        .collect();
    assigned(call, &key, scopes.into_iter(), facts);
    Some(key)
}

/// The role that a command gives, at each scope.
fn assigned<'s>(call: &Call<'_>, key: &Key, scopes: impl Iterator<Item = &'s str>, facts: &mut Facts) -> Option<()> {
    let names = call.script.readings(call.raw(&["--role"])?);
    let targets: Vec<Key> = scopes
        .map(|s| partial(&call.script.text(s), call.repository).to_ascii_lowercase())
        .filter(|s| s.starts_with("/subscriptions/") && s.len() <= 512 && !s.contains(['$', '<', '\n']))
        .map(|s| Key::new(Kind::Resource, if s.contains("/providers/") { "other:cloud" } else { "cloud-account" }, format!("azure:{s}")))
        .collect();
    for target in &targets {
        facts.mention(target, target.id.rsplit('/').next().unwrap_or_default(), call.at.clone());
    }
    for name in names.iter().filter(|n| super::plain(n)) {
        let policy = role(name);
        facts.mention(&policy, name.clone(), call.at.clone());
        let places: Vec<Option<&Key>> = if targets.is_empty() { vec![None] } else { targets.iter().map(Some).collect() };
        for target in places {
            Assignment { policy: &policy, role: name, target, level: None, conditional: call.raw(&["--condition"]).is_some() }.say(key, facts, &call.at);
        }
    }
    Some(())
}
