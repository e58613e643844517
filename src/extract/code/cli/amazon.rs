//! `aws iam`: users, roles and their trust, policies, keys, issuers.

use super::{Call, cluster, partial, plain};
use crate::extract::code::inside::written;
use crate::extract::infra::granting::{Names, attach, grants, trust};
use crate::extract::infra::policy::{Statement, statements};
use crate::model::{Basis, Facts, Key, Kind};
use crate::relation::{AUTHENTICATES_AS, CAN_ASSUME, GRANTED};

/// The account of a script: its repository's, since scripts seldom name it.
struct Account(String);

impl Names for Account {
    fn account(&self) -> &str {
        &self.0
    }

    fn named(&self, _: &str) -> Vec<(Key, String)> {
        Vec::new()
    }
}

pub(super) fn read(call: &Call<'_>, facts: &mut Facts) -> Option<Key> {
    let plain = call.plain();
    if plain.starts_with(&["eks", "create-pod-identity-association"]) {
        return cluster::associate(call, facts);
    }
    let verb = plain.iter().skip_while(|w| **w != "iam").nth(1)?;
    let account = Account(format!("{{{}}}", call.repository));
    match *verb {
        "create-user" | "create-role" | "create-group" => {
            let (kind, subtype) = holder(verb)?;
            let key = named(call, kind, subtype, &account)?;
            call.define(&key, key.id.rsplit('/').next().unwrap_or_default(), facts).attr("provider", "aws");
            for s in document(call, "--assume-role-policy-document") {
                trust(&key, &s, &account, facts, &call.at);
            }
            Some(key)
        }
        "get-role" | "get-user" => {
            let (kind, subtype) = holder(verb)?;
            named(call, kind, subtype, &account)
        }
        "attach-role-policy" | "attach-user-policy" | "attach-group-policy" => {
            let (key, arn) = (mentioned(call, verb, &account, facts)?, call.raw(&["--policy-arn"])?);
            match call.script.given(arn) {
                Some(policy) => {
                    facts.relate(&key, &GRANTED, policy, call.at.clone()).basis(Basis::Evaluated);
                }
                None => {
                    for arn in call.script.readings(arn) {
                        let arn = partial(&arn, call.repository);
                        if arn.rsplit('/').next().is_some_and(|n| !n.contains('{')) {
                            attach(&key, &arn, &account, facts, &call.at);
                        }
                    }
                }
            }
            None
        }
        "put-role-policy" | "put-user-policy" | "put-group-policy" => {
            let (key, name) = (mentioned(call, verb, &account, facts)?, call.one(&["--policy-name"])?);
            let policy = Key::new(Kind::Policy, "aws-policy", format!("pol:{}#{name}", key.id));
            facts.declare(&policy, name, call.at.clone());
            facts.relate(&key, &GRANTED, &policy, call.at.clone());
            grants(&policy, &document(call, "--policy-document"), &account, facts, &call.at);
            None
        }
        "create-policy" => {
            let name = call.one(&["--policy-name"])?;
            let policy = Key::new(Kind::Policy, "aws-policy", format!("arn:aws:iam::{}:policy/{name}", account.0));
            call.define(&policy, &name, facts).attr("provider", "aws");
            grants(&policy, &document(call, "--policy-document"), &account, facts, &call.at);
            Some(policy)
        }
        "create-access-key" => {
            let user = mentioned(call, verb, &account, facts)?;
            let name = user.id.rsplit('/').next().unwrap_or_default().to_owned();
            let key = Key::new(Kind::Credential, "aws-access-key", format!("cred:aws-access-key/{}#{name}", call.document));
            call.define(&key, &name, facts).attr("state", "referenced").attr("lifetime_class", "static");
            facts.relate(&key, &AUTHENTICATES_AS, &user, call.at.clone()).basis(Basis::Evaluated);
            Some(user)
        }
        "add-user-to-group" => {
            let user = named(call, "user", "aws-user", &account)?;
            let group = named(call, "group", "aws-group", &account)?;
            for key in [&user, &group] {
                facts.mention(key, key.id.rsplit('/').next().unwrap_or_default(), call.at.clone());
            }
            facts.relate(&user, &CAN_ASSUME, &group, call.at.clone()).attr("via", "membership");
            None
        }
        "create-open-id-connect-provider" => {
            let url = call.one(&["--url"])?;
            let host = url.trim_start_matches("https://").trim_end_matches('/').to_owned();
            let key = Key::new(Kind::Issuer, "oidc-provider", format!("oidc-provider:{host}"));
            call.define(&key, &host, facts);
            Some(key)
        }
        _ => None,
    }
}

/// Whom a command is about, by a part of its verb: the kind in ARNs and flags, and the subtype.
fn holder(verb: &str) -> Option<(&'static str, &'static str)> {
    [("role", "aws-role"), ("user", "aws-user"), ("group", "aws-group")]
        .into_iter()
        .find(|(kind, _)| verb.split('-').any(|part| part == *kind) || verb == "create-access-key" && *kind == "user")
}

fn named(call: &Call<'_>, kind: &str, subtype: &'static str, account: &Account) -> Option<Key> {
    let name = call.one(&[&format!("--{kind}-name")])?;
    Some(Key::new(Kind::Identity, subtype, format!("arn:aws:iam::{}:{kind}/{name}", account.0)))
}

fn mentioned(call: &Call<'_>, verb: &str, account: &Account, facts: &mut Facts) -> Option<Key> {
    let (kind, subtype) = holder(verb)?;
    let key = named(call, kind, subtype, account)?;
    facts.mention(&key, key.id.rsplit('/').next().unwrap_or_default(), call.at.clone());
    Some(key)
}

/// The statements of a policy: text of the command, of a variable, or of a file that the script writes.
fn document(call: &Call<'_>, name: &str) -> Vec<Statement> {
    let Some(raw) = call.raw(&[name]) else { return Vec::new() };
    let text = match raw.strip_prefix("file://") {
        Some(file) => {
            let Some(file) = call.script.one(file).filter(|f| plain(f)) else { return Vec::new() };
            match written(call.text, &file) {
                Some((text, _)) => call.script.text(&text),
                None => return Vec::new(),
            }
        }
        None => call.script.text(raw),
    };
    let text = partial(&text, call.repository);
    serde_json::from_str(&text).map(|d| statements(&d)).unwrap_or_default()
}
