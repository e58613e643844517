//! `gcloud iam` and grants: service accounts and their keys, roles on projects and what is in them, providers of workload identity.

use super::{Call, partial, plain};
use crate::extract::infra::google::{Binding, attachment, level, member};
use crate::extract::infra::google_deny::policy;
use crate::model::{Basis, Facts, Key, Kind};
use crate::relation::{AUTHENTICATES_AS, PART_OF, SOURCED_FROM, STORED_IN};

/// What may be given a role, by the words of the command; subtype, interface and collection of the full resource name.
const GIVEN: &[(&[&str], &str, &str, &str)] = &[
    (&["storage", "buckets"], "object-store", "storage", "buckets"),
    (&["run", "services"], "compute", "run", "services"),
    (&["run", "jobs"], "compute", "run", "jobs"),
    (&["functions"], "function", "cloudfunctions", "functions"),
    (&["artifacts", "repositories"], "container-registry", "artifactregistry", "repositories"),
    (&["pubsub", "topics"], "queue", "pubsub", "topics"),
    (&["pubsub", "subscriptions"], "queue", "pubsub", "subscriptions"),
    (&["kms", "keys"], "kms", "cloudkms", "cryptoKeys"),
    (&["compute", "instances"], "compute", "compute", "instances"),
    (&["spanner", "instances"], "database", "spanner", "instances"),
];

pub(super) fn read(call: &Call<'_>, facts: &mut Facts) -> Option<Key> {
    let plain: Vec<&str> = call.plain().into_iter().filter(|w| !matches!(*w, "alpha" | "beta")).collect();
    match plain.as_slice() {
        ["iam", "service-accounts", "create", name, ..] => account(call, name, facts),
        ["iam", "service-accounts", "describe", email, ..] => by_email(call, email),
        ["iam", "service-accounts", "keys", "create", file, ..] => key(call, file, facts),
        ["iam", "workload-identity-pools", "providers", "create-oidc" | "create-saml", name, ..] => provider(call, name, facts),
        ["iam", "policies", "create", ..] => {
            denies(call, facts);
            None
        }
        ["secrets", "create", name, ..] => secret(call, name, true, facts),
        ["secrets", "versions", "add", name, ..] => secret(call, name, false, facts),
        [group @ ("run" | "functions"), "deploy", name, ..] => super::google_run::deployed(call, &[group], name, facts),
        ["run", "jobs", "deploy" | "create", name, ..] => super::google_run::deployed(call, &["run", "jobs"], name, facts),
        [group @ .., "add-iam-policy-binding", target] => {
            bind(call, group, target, facts);
            None
        }
        _ => None,
    }
}

/// The project of a call, as part of an id.
pub(super) fn project(call: &Call<'_>) -> String {
    call.part(&["--project"]).or_else(|| call.script.project.clone()).unwrap_or_else(|| format!("{{{}}}", call.repository))
}

/// A policy that denies, by its file, on what it is attached to.
fn denies(call: &Call<'_>, facts: &mut Facts) -> Option<()> {
    call.raw(&["--kind"]).filter(|k| *k == "denypolicies")?;
    let place = attachment(&call.script.text(call.raw(&["--attachment-point"])?))?;
    let file = call.one(&["--policy-file"])?;
    let policy = policy(call.repository, file.trim_start_matches("./"));
    facts.mention(&place, place.id.rsplit(':').next().unwrap_or_default().to_owned(), call.at.clone());
    facts.mention(&policy, String::new(), call.at.clone());
    facts.relate(&policy, &PART_OF, &place, call.at.clone());
    Some(())
}

fn account(call: &Call<'_>, name: &str, facts: &mut Facts) -> Option<Key> {
    let name = call.script.one(name)?;
    let key = Key::new(Kind::Identity, "gcp-service-account", format!("gcp-sa:{name}@{}.iam.gserviceaccount.com", project(call)));
    call.define(&key, &name, facts).attr("provider", "google");
    Some(key)
}

/// The account that an e-mail names, when its own name is known.
pub(super) fn by_email(call: &Call<'_>, word: &str) -> Option<Key> {
    if let Some(key) = call.script.given(word).filter(|k| k.subtype == "gcp-service-account") {
        return Some(key.clone());
    }
    let text = call.script.text(word);
    let (name, domain) = text.split_once('@')?;
    (plain(name) && !domain.contains(['<', '*', '\n']))
        .then(|| Key::new(Kind::Identity, "gcp-service-account", format!("gcp-sa:{name}@{}", partial(domain, call.repository))))
}

fn key(call: &Call<'_>, file: &str, facts: &mut Facts) -> Option<Key> {
    let account = by_email(call, call.raw(&["--iam-account"])?)?;
    facts.mention(&account, account.id.trim_start_matches("gcp-sa:"), call.at.clone());
    let name = account.id.trim_start_matches("gcp-sa:").split('@').next().unwrap_or_default().to_owned();
    let key = Key::new(Kind::Credential, "gcp-sa-key", format!("cred:gcp-sa-key/{}#{name}", call.document));
    call.define(&key, &name, facts).attr("state", "referenced").attr("lifetime_class", "static");
    facts.relate(&key, &AUTHENTICATES_AS, &account, call.at.clone()).basis(Basis::Evaluated);
    if let Some(file) = call.script.one(file).filter(|f| f != "-" && !f.starts_with("/dev/")) {
        let place = call.file(&file, facts);
        facts.mention(&place, String::new(), call.at.clone()).attr("protection", "plaintext");
        facts.relate(&key, &STORED_IN, &place, call.at.clone()).basis(Basis::Evaluated);
        facts.relate(&place, &AUTHENTICATES_AS, &account, call.at.clone()).basis(Basis::Evaluated);
    }
    Some(account)
}

fn provider(call: &Call<'_>, name: &str, facts: &mut Facts) -> Option<Key> {
    let (name, pool) = (call.script.one(name)?, call.one(&["--workload-identity-pool"])?);
    let id = format!("wif:projects/{}/locations/global/workloadIdentityPools/{pool}/providers/{name}", project(call));
    let key = Key::new(Kind::Issuer, "oidc-provider", id);
    let node = call.define(&key, &name, facts);
    node.attr("provider", "google").attr("pool", pool);
    if let Some(condition) = call.raw(&["--attribute-condition"]) {
        node.attr("attribute_condition", call.script.text(condition));
    }
    if let Some(issuer) = call.one(&["--issuer-uri"]) {
        node.attr("issuer_uri", issuer.split("://").nth(1).unwrap_or(&issuer).trim_end_matches('/').to_owned());
    }
    Some(key)
}

fn secret(call: &Call<'_>, name: &str, made: bool, facts: &mut Facts) -> Option<Key> {
    let name = call.script.one(name)?;
    let key = Key::new(Kind::Location, "cloud-secret", format!("//secretmanager.googleapis.com/projects/{}/secrets/{name}", project(call)));
    let node = if made { call.define(&key, &name, facts) } else { facts.mention(&key, &*name, call.at.clone()) };
    node.attr("store", "gcp").attr("protection", "managed-store");
    if let Some(file) = call.one(&["--data-file"]).filter(|f| f != "-" && !f.starts_with("/dev/")) {
        let from = call.file(&file, facts);
        facts.relate(&key, &SOURCED_FROM, &from, call.at.clone());
    }
    Some(key)
}

/// What a command gives a role on.
fn target(call: &Call<'_>, group: &[&str], word: &str) -> Option<(Key, String)> {
    let text = call.script.text(word);
    let id = partial(&text, call.repository);
    if id.contains(['$', '<', '*', '\n']) {
        return None;
    }
    let resource = |subtype: &'static str, id: String| Some((Key::new(Kind::Resource, subtype, id), text.clone()));
    match group {
        ["projects"] => resource("cloud-account", format!("gcp-project:{id}")),
        ["organizations"] => resource("cloud-account", format!("gcp-org:{id}")),
        ["resource-manager", "folders"] => resource("cloud-account", format!("gcp-folder:{id}")),
        ["iam", "service-accounts"] => by_email(call, word).map(|k| (k.clone(), k.id.trim_start_matches("gcp-sa:").to_owned())),
        ["secrets"] if plain(&text) => {
            let id = format!("//secretmanager.googleapis.com/projects/{}/secrets/{text}", project(call));
            Some((Key::new(Kind::Location, "cloud-secret", id), text))
        }
        _ => {
            let (_, subtype, interface, collection) = GIVEN.iter().find(|(words, ..)| group == *words)?;
            let name = text.trim_start_matches("gs://").trim_end_matches('/');
            // Names of buckets are the world's own.
            let project = if *interface == "storage" { "_".to_owned() } else { project(call) };
            plain(name)
                .then(|| (Key::new(Kind::Resource, *subtype, format!("//{interface}.googleapis.com/projects/{project}/{collection}/{name}")), name.to_owned()))
        }
    }
}

fn bind(call: &Call<'_>, group: &[&str], word: &str, facts: &mut Facts) -> Option<()> {
    let (target, target_name) = target(call, group, word)?;
    facts.mention(&target, target_name, call.at.clone());
    let whom = call.raw(&["--member"])?;
    let members: Vec<Key> = match whom.split_once(':').and_then(|(_, w)| call.script.given(w)) {
        Some(known) => vec![known.clone()],
        None => call.script.readings(whom).iter().filter_map(|m| identity(call, m)).collect(),
    };
    let conditional = call.raw(&["--condition"]).is_some_and(|c| !c.eq_ignore_ascii_case("none")) || call.raw(&["--condition-from-file"]).is_some();
    for role in call.script.readings(call.raw(&["--role"])?).into_iter().filter(|r| r.contains('/') && plain(r)) {
        let policy = Key::new(Kind::Policy, "gcp-role", format!("gcp-role:{role}"));
        facts.mention(&policy, &*role, call.at.clone());
        for identity in &members {
            facts.mention(identity, identity.id.rsplit([':', '/']).next().unwrap_or_default(), call.at.clone());
            Binding { policy: &policy, role: &role, target: &target, level: level(&role), conditional }.say(identity, facts, &call.at);
        }
    }
    Some(())
}

fn identity(call: &Call<'_>, text: &str) -> Option<Key> {
    match text.split_once(':') {
        Some(("serviceAccount", email)) if email.contains(".svc.id.goog[") => member(text, call.repository),
        Some(("serviceAccount", email)) => by_email(call, email),
        // Variables stay: what they hold decides who is meant.
        Some(("principal" | "principalSet", _)) => member(text, call.repository),
        _ => member(text, call.repository).filter(|_| plain(text)),
    }
}
