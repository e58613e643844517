//! Who else can become an identity: trusts that do not bind to whom, for how long, or to a name that stays.

use super::Check;
use super::context::{Audit, claim};
use super::federation::{claim_values, is_federated, trusts};
use crate::graph::GraphNode;
use crate::model::{Frameworks, Kind, Severity};

pub(super) static FED_03: Check = Check {
    id: "FED-03",
    title: "Cross-account or third-party trust without binding",
    severity: Severity::High,
    frameworks: Frameworks { ids: "NHI3:2025 NHI6:2025 ZT4 PR.AA-05 GV.SC-07", cwe: &[441] },
    rationale: "a vendor that acts for many customers can be talked into acting for the wrong one",
    fix: "add a condition on sts:ExternalId (for a vendor), aws:PrincipalOrgID (for accounts of your own), or aws:SourceAccount and aws:SourceArn (for a service)",
    run: fed_03,
};

pub(super) static FED_07: Check = Check {
    id: "FED-07",
    title: "Federated session outlives the task",
    severity: Severity::Low,
    frameworks: Frameworks { ids: "NHI7:2025 ZT3 PR.AA-05", cwe: &[613] },
    rationale: "a stolen session stays useful until it ends; ending it early reduces that window, not the reach",
    fix: "set role-duration-seconds: 3600 (or less) in the job, and max_session_duration on the role to what its longest task takes",
    run: fed_07,
};

pub(super) static FED_08: Check = Check {
    id: "FED-08",
    title: "Subject format mismatch or recyclable name",
    severity: Severity::Low,
    frameworks: Frameworks { ids: "NHI6:2025 NHI1:2025 ZT4 PR.AA-02", cwe: &[290] },
    rationale: "a name that is given up can be registered by someone else, who then has the trust; a subject in another form never matches",
    fix: "trust the immutable form of the subject (repo:OWNER@ID/REPO@ID:…), or remove the trust in a name that is no longer yours",
    run: fed_08,
};

/// Keys of conditions that bind a trust to whom it was meant for.
const BINDINGS: &[&str] = &["externalid", "principalorgid", "principalorgpaths", "sourcearn", "sourceaccount", "sourceorgid", "principalarn", "principaltag"];

/// The account in an ARN, if it is known.
fn account(id: &str) -> Option<&str> {
    let account = if id.starts_with("arn:") { id.split(':').nth(4)? } else { id };
    (account.len() == 12 && account.chars().all(|c| c.is_ascii_digit())).then_some(account)
}

fn fed_03(audit: &mut Audit<'_>) {
    for (identity, edge) in trusts(audit) {
        let Some(other) = account(&edge.to).filter(|_| audit.node(&edge.to).is_some_and(|n| n.key.kind == Kind::Identity)) else { continue };
        let own = account(identity.id());
        if own == Some(other) || edge.text("external_id").is_some() {
            continue;
        }
        let conditions = edge.attributes.get("conditions").map_or(String::new(), |c| c.to_string().to_ascii_lowercase());
        if BINDINGS.iter().any(|b| conditions.contains(b)) {
            continue;
        }
        // A role whose own account is not stated may be of the same one.
        let confidence = if own.is_some() { 0.9 } else { 0.5 };
        let said = claim(format!("account {other} can become {}, and nothing binds the trust to whom it is meant for", identity.name()));
        audit.say(identity, said.edge(edge).confidence(confidence));
    }
}

fn fed_07(audit: &mut Audit<'_>) {
    let limits = &audit.config().checks.thresholds;
    let seconds = |n: &GraphNode| n.attributes.get("session_seconds").and_then(serde_json::Value::as_u64);
    let over = |s: u64, hours: u32| s > u64::from(hours) * 3600;
    for job in audit.of_kind(Kind::Consumer) {
        // What the job asks for is what it gets.
        if let Some(asked) = seconds(job).filter(|s| over(*s, limits.max_ci_session_hours)) {
            let (hours, limit) = (asked as f64 / 3600.0, limits.max_ci_session_hours);
            audit.say(job, claim(format!("{} asks for a session of {hours:.1} h; the limit of pipelines is {limit} h", job.name())));
        }
    }
    for identity in audit.of_kind(Kind::Identity) {
        // Whoever has a token of the pipeline can ask for as much as the role allows.
        let pipeline = audit.out(identity, "trusts").any(|e| is_federated(audit, e) && !claim_values(e, "sub").iter().any(|s| s.starts_with("system:")));
        let limit = if pipeline { limits.max_ci_session_hours } else { limits.max_session_hours };
        if let Some(allowed) = seconds(identity).filter(|s| over(*s, limit)) {
            let hours = allowed as f64 / 3600.0;
            audit.say(identity, claim(format!("a session as {} may last {hours:.1} h; the limit is {limit} h", identity.name())));
        }
    }
}

/// Owner and repository in `repo:OWNER/REPO:…`, when neither is a pattern.
fn repository(subject: &str) -> Option<(&str, &str)> {
    let (owner, name) = subject.strip_prefix("repo:")?.split(':').next()?.split_once('/')?;
    (!owner.contains('*') && !name.contains('*') && !name.is_empty()).then_some((owner, name))
}

/// Whether the pipelines of this repository are known to carry subjects of the immutable form.
fn immutable<'a>(subjects: &[&'a GraphNode], owner: &str, name: &str) -> Option<&'a GraphNode> {
    subjects.iter().copied().find(|s| {
        let found = s.id().split_once("::").and_then(|(_, text)| repository(text));
        found.is_some_and(|(o, n)| o.split_once('@').is_some_and(|(o, _)| o == owner) && n.split_once('@').is_some_and(|(n, _)| n == name))
    })
}

fn fed_08(audit: &mut Audit<'_>) {
    let subjects: Vec<&GraphNode> = audit.of_kind(Kind::Identity).filter(|i| i.key.subtype == "oidc-subject").collect();
    let scanned: Vec<&str> = audit.world.lineage.sources.iter().filter_map(|s| s.id.strip_prefix("repo:github.com/")).collect();
    let declared: Vec<&GraphNode> = audit.of_kind(Kind::Resource).filter(|r| r.key.subtype == "namespace" && !r.declared.is_empty()).collect();
    for (identity, edge) in trusts(audit) {
        let mut names = claim_values(edge, "sub");
        names.extend(edge.text("subject").map(str::to_owned));
        for subject in names {
            if let Some((owner, name)) = repository(&subject).filter(|(o, n)| !o.contains('@') && !n.contains('@')) {
                if let Some(real) = immutable(&subjects, owner, name) {
                    let said = claim(format!("{} trusts {subject}, but the job's subject is {}", identity.name(), real.name()));
                    audit.say(identity, said.edge(edge).with(subject.clone()));
                }
                // The same name under another owner: renamed or transferred, and the old name is free for anyone.
                let moved = scanned.iter().filter_map(|s| s.split_once('/')).find(|(o, n)| n.eq_ignore_ascii_case(name) && !o.eq_ignore_ascii_case(owner));
                let still = scanned.iter().any(|s| s.eq_ignore_ascii_case(&format!("{owner}/{name}")));
                if let Some((now, _)) = moved.filter(|_| !still) {
                    let said = claim(format!("{} trusts {owner}/{name}, while the repository is now {now}/{name}", identity.name()));
                    audit.say(identity, said.edge(edge).with(subject.clone()).confidence(0.5));
                }
            } else if let Some((namespace, _)) = subject.strip_prefix("system:serviceaccount:").and_then(|s| s.split_once(':')) {
                let missing = !namespace.contains('*') && declared.len() > 1 && !declared.iter().any(|n| n.name() == namespace);
                if missing {
                    let said = claim(format!("{} trusts the namespace {namespace}, which none of the manifests makes", identity.name()));
                    audit.say(identity, said.edge(edge).with(subject.clone()).confidence(0.5));
                }
            }
        }
    }
}
