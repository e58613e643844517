//! `gcloud run` and `gcloud functions`: what a script deploys, the account that it runs as, the secrets that it is handed, who may call it.

use super::google::{by_email, project};
use super::{Call, plain};
use crate::model::{Basis, Facts, Key, Kind};
use crate::relation::{CAN_TRIGGER, CONSUMES, RUNS_AS, SOURCED_FROM};

/// The service, job or function of a command that deploys one.
pub(super) fn deployed(call: &Call<'_>, group: &[&str], name: &str, facts: &mut Facts) -> Option<Key> {
    let (subtype, interface, collection) = match group {
        ["run"] => ("container-service", "run", "services"),
        ["run", "jobs"] => ("container-service", "run", "jobs"),
        ["functions"] => ("function", "cloudfunctions", "functions"),
        _ => return None,
    };
    let name = call.script.one(name)?;
    let key = Key::new(Kind::Consumer, subtype, format!("//{interface}.googleapis.com/projects/{}/{collection}/{name}", project(call)));
    call.define(&key, &name, facts).attr("platform", "gcp");
    if let Some(account) = call.raw(&["--service-account"]).and_then(|e| by_email(call, e)) {
        facts.mention(&account, account.id.trim_start_matches("gcp-sa:"), call.at.clone());
        facts.relate(&key, &RUNS_AS, &account, call.at.clone()).basis(Basis::Evaluated);
    }
    let handed = ["--set-secrets", "--update-secrets"].iter().filter_map(|f| call.raw(&[f])).flat_map(|list| list.split(',')).filter_map(|s| s.split_once('='));
    for (slot, secret) in handed {
        let secret = call.script.text(secret.rsplit_once(':').map_or(secret, |(s, _)| s));
        let Some(secret) = secret.rsplit('/').next().filter(|s| plain(s) && plain(slot)) else { continue };
        let from = Key::new(Kind::Location, "cloud-secret", format!("//secretmanager.googleapis.com/projects/{}/secrets/{secret}", project(call)));
        facts.mention(&from, secret, call.at.clone()).attr("store", "gcp").attr("protection", "managed-store");
        let slot_key = Key::new(Kind::Location, "env", format!("env:{}#{slot}", key.id));
        facts.mention(&slot_key, slot, call.at.clone()).attr("store", "env");
        facts.relate(&key, &CONSUMES, &slot_key, call.at.clone());
        facts.relate(&slot_key, &SOURCED_FROM, &from, call.at.clone());
    }
    if call.words.iter().any(|w| w == "--allow-unauthenticated") {
        let public = Key::new(Kind::Party, "class", "class:public");
        facts.mention(&public, "anyone", call.at.clone());
        facts.relate(&public, &CAN_TRIGGER, &key, call.at.clone()).attr("input", "data");
    }
    Some(key)
}
