//! `kubectl create`, `kubectl annotate` and `eksctl`: accounts of a cluster, their roles and cloud identities, secrets.

use super::{Call, partial, plain};
use crate::extract::kubernetes::{account_key, built_in, cloud_identity};
use crate::model::{Facts, Key, Kind};
use crate::relation::{CAN_ASSUME, GRANTED, PERMITS, SAME_AS, SOURCED_FROM};

pub(super) fn kubectl(call: &Call<'_>, facts: &mut Facts) -> Option<Key> {
    match call.plain().as_slice() {
        ["create", "serviceaccount" | "sa", name, ..] => {
            let name = call.script.one(name)?;
            let key = account_key(call.repository, &namespace(call)?, &name);
            call.define(&key, &name, facts);
            Some(key)
        }
        ["annotate", "serviceaccount" | "sa", name, pairs @ ..] => {
            let name = call.script.one(name)?;
            let key = account_key(call.repository, &namespace(call)?, &name);
            facts.mention(&key, name, call.at.clone());
            for (annotation, value) in pairs.iter().filter_map(|p| p.split_once('=')) {
                if let Some((subtype, prefix, via)) = cloud_identity(annotation) {
                    assume(call, &key, value, subtype, prefix, via, facts);
                }
            }
            Some(key)
        }
        ["create", "secret", "generic" | "tls" | "docker-registry", name, ..] => secret(call, name, facts),
        ["create", kind @ ("clusterrolebinding" | "rolebinding"), name, ..] => {
            bind(call, kind, name, facts);
            None
        }
        _ => None,
    }
}

pub(super) fn eksctl(call: &Call<'_>, facts: &mut Facts) -> Option<Key> {
    let name = call.one(&["--name"])?;
    let key = account_key(call.repository, &namespace(call)?, &name);
    call.define(&key, &name, facts);
    // What eksctl calls the role of an account when it is not told.
    let stack = || format!("eksctl-{}-addon-iamserviceaccount-{}", call.one(&["--cluster"]).unwrap_or_else(|| "?".into()), name);
    let role = call.one(&["--role-name"]).unwrap_or_else(stack);
    let role = Key::new(Kind::Identity, "aws-role", format!("arn:aws:iam::{{{}}}:role/{role}", call.repository));
    if call.raw(&["--attach-role-arn"]).is_none() {
        call.define(&role, role.id.rsplit('/').next().unwrap_or_default(), facts).attr("provider", "aws");
        facts.relate(&key, &CAN_ASSUME, &role, call.at.clone()).attr("via", "irsa");
    }
    for arn in call.words.iter().enumerate().filter_map(|(i, w)| match w.split_once('=') {
        Some(("--attach-policy-arn", arn)) => Some(arn),
        _ if w == "--attach-policy-arn" => call.words.get(i + 1).map(String::as_str),
        _ => None,
    }) {
        let arn = match call.script.given(arn) {
            Some(policy) => policy.id.to_string(),
            None => partial(&call.script.text(arn), call.repository),
        };
        if arn.starts_with("arn:") && !arn.ends_with('}') {
            let policy = Key::new(Kind::Policy, "aws-policy", arn);
            facts.mention(&policy, policy.id.rsplit('/').next().unwrap_or_default(), call.at.clone());
            facts.relate(&role, &GRANTED, &policy, call.at.clone());
        }
    }
    if let Some(arn) = call.raw(&["--attach-role-arn"]) {
        assume(call, &key, arn, "aws-role", "", "irsa", facts);
    }
    Some(key)
}

/// `aws eks create-pod-identity-association`: an account of the cluster takes on a role.
pub(super) fn associate(call: &Call<'_>, facts: &mut Facts) -> Option<Key> {
    let (name, role) = (call.one(&["--service-account"])?, call.raw(&["--role-arn"])?);
    let key = account_key(call.repository, &namespace(call)?, &name);
    facts.mention(&key, name, call.at.clone());
    assume(call, &key, role, "aws-role", "", "pod-identity", facts);
    None
}

/// The namespace of a call; one that only a variable names is not told.
fn namespace(call: &Call<'_>) -> Option<String> {
    match call.raw(&["--namespace", "-n"]) {
        Some(raw) => call.script.one(raw),
        None => Some("default".to_owned()),
    }
}

/// The account stands for an identity of a cloud.
fn assume(call: &Call<'_>, key: &Key, value: &str, subtype: &'static str, prefix: &str, via: &'static str, facts: &mut Facts) {
    let identity = match call.script.given(value) {
        Some(identity) => identity.clone(),
        None => {
            let text = call.script.text(value);
            let own = text.split('@').next().and_then(|n| n.rsplit('/').next()).unwrap_or_default();
            if !plain(own) {
                return;
            }
            let identity = Key::new(Kind::Identity, subtype, format!("{prefix}{}", partial(&text, call.repository)));
            facts.mention(&identity, own, call.at.clone());
            identity
        }
    };
    facts.relate(key, &CAN_ASSUME, &identity, call.at.clone()).attr("via", via);
}

fn secret(call: &Call<'_>, name: &str, facts: &mut Facts) -> Option<Key> {
    let name = call.script.one(name)?;
    let key = Key::new(Kind::Location, "k8s-secret", format!("k8s:{{{}}}/{}/Secret/{name}", call.repository, namespace(call)?));
    call.define(&key, &name, facts).attr("store", "k8s-secret").attr("protection", "encoded");
    facts.holds(&key, call.at.clone());
    for file in call.words.iter().filter_map(|w| w.strip_prefix("--from-file=").or_else(|| w.strip_prefix("--from-env-file="))) {
        let file = file.split_once('=').map_or(file, |(_, f)| f);
        if let Some(file) = call.script.one(file) {
            let from = call.file(&file, facts);
            facts.relate(&key, &SOURCED_FROM, &from, call.at.clone());
        }
    }
    Some(key)
}

fn bind(call: &Call<'_>, kind: &str, name: &str, facts: &mut Facts) -> Option<()> {
    let wide = kind == "clusterrolebinding";
    let namespace = namespace(call)?;
    let (role, role_namespace, role_kind) = match call.one(&["--clusterrole"]) {
        Some(role) => (role, "-", "ClusterRole"),
        None => (call.one(&["--role"])?, namespace.as_str(), "Role"),
    };
    let policy = Key::new(Kind::Policy, "k8s-role", format!("k8s:{{{}}}/{role_namespace}/{role_kind}/{role}", call.repository));
    facts.mention(&policy, &*role, call.at.clone());
    if let Some(name) = call.script.one(name) {
        let (place, own) = if wide { ("-", "ClusterRoleBinding") } else { (namespace.as_str(), "RoleBinding") };
        let binding = Key::new(Kind::Policy, "other:k8s-role-binding", format!("k8s:{{{}}}/{place}/{own}/{name}", call.repository));
        call.define(&binding, &name, facts);
        facts.relate(&binding, &SAME_AS, &policy, call.at.clone()).attr("because", "role binding");
    }
    if let Some(level) = built_in(&role).filter(|_| role_kind == "ClusterRole") {
        let cluster = Key::new(Kind::Resource, "cluster", format!("k8s:{{{}}}", call.repository));
        facts.mention(&cluster, "the cluster", call.at.clone());
        facts.relate(&policy, &PERMITS, &cluster, call.at.clone()).attr("level", level.name()).attr("effect", "allow").attr("actions", vec!["*"]);
    }
    for subject in
        call.words.iter().filter_map(|w| w.strip_prefix("--serviceaccount=")).map(str::to_owned).chain(call.raw(&["--serviceaccount"]).map(str::to_owned))
    {
        let subject = call.script.text(&subject);
        let Some((space, account_name)) = subject.split_once(':').filter(|(s, n)| plain(s) && plain(n)) else { continue };
        let key = account_key(call.repository, space, account_name);
        facts.mention(&key, account_name, call.at.clone());
        let grant = facts.relate(&key, &GRANTED, &policy, call.at.clone());
        if wide {
            grant.attr("scope", "cluster");
        } else {
            grant.attr("scope", namespace.as_str()).attr("within", format!("k8s:{{{}}}/{namespace}", call.repository));
        }
    }
    Some(())
}
