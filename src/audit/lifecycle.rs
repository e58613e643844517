//! How long things live: age, end, and what is left over when they are no longer used. The facts are those of `life/`.

use super::Check;
use super::context::{Audit, claim};
use crate::graph::{Edge, GraphNode};
use crate::model::{Frameworks, Kind, Severity};

pub(super) static LIFE_01: Check = Check {
    id: "LIFE-01",
    title: "Not rotated within policy",
    severity: Severity::Medium,
    frameworks: Frameworks { ids: "NHI7:2025 ZT6 PR.AA-01 PR.AC-1", cwe: &[262, 263] },
    rationale: "the longer a key is the same, the more copies of it there are that nobody knows of",
    fix: "make a new key, put it where the old one is used, then end the old one (nhi lineage prints the commands); let the store rotate it from now on",
    run: life_01,
};

pub(super) static LIFE_02: Check = Check {
    id: "LIFE-02",
    title: "No expiry or lifetime above policy",
    severity: Severity::Medium,
    frameworks: Frameworks { ids: "NHI7:2025 ZT3 PR.AA-01", cwe: &[613, 263] },
    rationale: "a key without an end stays valid until someone remembers it",
    fix: "set an end date (end_date_relative, expires_at, validity_period_hours), or federate so that nothing is stored",
    run: life_02,
};

pub(super) static LIFE_03: Check = Check {
    id: "LIFE-03",
    title: "Expired credential still referenced",
    severity: Severity::Medium,
    frameworks: Frameworks { ids: "NHI1:2025 ZT5 ID.AM-08", cwe: &[298, 324] },
    rationale: "what reads it fails, or has long been given another one that nobody sees here",
    fix: "replace the value by a valid one from the store, or delete it together with what reads it",
    run: life_03,
};

pub(super) static LIFE_04: Check = Check {
    id: "LIFE-04",
    title: "Expires soon without renewal automation",
    severity: Severity::Low,
    frameworks: Frameworks { ids: "NHI7:2025 ZT5 ID.AM-08", cwe: &[298] },
    rationale: "what nobody renews ends in an outage, and is then replaced in haste",
    fix: "renew it now, and let something renew it from now on (cert-manager renewBefore, a rotation schedule in the secret store)",
    run: life_04,
};

pub(super) static LIFE_05: Check = Check {
    id: "LIFE-05",
    title: "Zombie identity or secret (no consumer)",
    severity: Severity::Medium,
    frameworks: Frameworks { ids: "NHI1:2025 ZT7 PR.AA-01 ID.AM-08 PR.AC-1 ASI10", cwe: &[459, 284] },
    rationale: "nobody notices when it is misused, because nobody uses it",
    fix: "delete it where it is defined, and revoke its credentials (nhi lineage prints the commands)",
    run: life_05,
};

pub(super) static LIFE_06: Check = Check {
    id: "LIFE-06",
    title: "Dangling reference",
    severity: Severity::Low,
    frameworks: Frameworks { ids: "NHI1:2025 ZT7 ID.AM-08", cwe: &[672] },
    rationale: "what is referred to is gone; whoever can make something by that name is trusted in its place",
    fix: "remove the reference, or define again what it refers to",
    run: life_06,
};

pub(super) static LIFE_07: Check = Check {
    id: "LIFE-07",
    title: "Static credential in a dormant or archived repository",
    severity: Severity::Medium,
    frameworks: Frameworks { ids: "NHI1:2025 NHI7:2025 ZT7 ID.AM-08 GV.SC-10", cwe: &[262] },
    rationale: "nobody looks at the repository any more, and its keys still open what they open",
    fix: "revoke the credential at its issuer before the repository is archived, and delete the identity that nothing needs",
    run: life_07,
};

pub(super) static LIFE_08: Check = Check {
    id: "LIFE-08",
    title: "Offboarded third party or agent keeps access",
    severity: Severity::High,
    frameworks: Frameworks { ids: "NHI1:2025 NHI3:2025 ZT6 GV.SC-10 PR.AA-01 ASI10", cwe: &[284] },
    rationale: "the tool is gone from the files, its key or installation still works",
    fix: "uninstall the application at the vendor, revoke its token and delete the secret that was made for it (gh secret delete NAME)",
    run: life_08,
};

/// Seconds of a day.
const DAY: i64 = 86_400;

fn days(seconds: i64) -> i64 {
    seconds / DAY
}

fn present(credential: &GraphNode) -> bool {
    matches!(credential.text("state"), Some("present-head" | "referenced")) && !credential.flag("placeholder")
}

/// Material that is no secret or that only others can open.
fn is_other(credential: &GraphNode) -> bool {
    matches!(&*credential.key.subtype, "x509-cert" | "sealed-blob" | "ci-secure-blob")
}

/// A class that somebody stated, or that the kind of credential has for sure.
fn is_static(credential: &GraphNode) -> bool {
    matches!(credential.text("lifetime_class"), Some("static" | "long"))
}

fn life_01(audit: &mut Audit<'_>) {
    let limit = i64::from(audit.config().checks.thresholds.max_age_days);
    for credential in audit.of_kind(Kind::Credential).filter(|c| present(c) && is_static(c) && !is_other(c)) {
        // When it was made must be known; a commit that moved a file is not when the value was made.
        let Some(since) = credential.time("rotated").or(credential.time("created")) else { continue };
        let age = days(audit.world.lineage.now - since);
        if age <= limit || credential.attributes.contains_key("rotation") {
            continue;
        }
        let severity = if age > 365 && audit.blast(credential) >= 60.0 { Severity::High } else { Severity::Medium };
        let said = claim(format!("{} is the same for {age} days; the limit is {limit}", credential.name())).confidence(credential.confidence);
        audit.say(credential, said.severity(severity).at(credential.primary()));
    }
}

fn life_02(audit: &mut Audit<'_>) {
    let limits = &audit.config().checks.thresholds;
    for app in audit.of_kind(Kind::Identity).filter(|i| i.attributes.get("token_rotation").is_some_and(|r| r == false)) {
        audit.say(app, claim(format!("the tokens of {} are not rotated, and have no end date", app.name())).confidence(0.8));
    }
    for credential in audit.of_kind(Kind::Credential).filter(|c| present(c)) {
        if credential.text("lifetime_class") == Some("static") && credential.text("lifetime_basis") == Some("stated") {
            audit.say(credential, claim(format!("{} has no end date", credential.name())));
            continue;
        }
        let (Some(created), Some(expires)) = (credential.time("created"), credential.time("expires")) else { continue };
        let limit = if credential.flag("authority") {
            limits.max_ca_days
        } else if credential.key.subtype == "x509-cert" {
            limits.max_certificate_days
        } else {
            limits.max_age_days
        };
        let life = days(expires - created);
        // A commit's time says nothing of when the value began to hold.
        if life > i64::from(limit) && credential.text("created_basis") != Some("history") && expires > audit.world.lineage.now {
            audit.say(credential, claim(format!("{} is valid for {life} days; the limit is {limit}", credential.name())));
        }
    }
}

/// What reads the credential on HEAD, through the slot that holds it.
fn reader<'a>(audit: &Audit<'a>, credential: &GraphNode) -> Option<&'a Edge> {
    let slots = audit.targets(credential, "stored_in").chain(audit.node(credential.id()));
    slots.flat_map(|l| audit.ending_at(l, "consumes")).find(|e| e.at.iter().any(|l| l.revision.is_none()))
}

fn life_03(audit: &mut Audit<'_>) {
    for credential in audit.of_kind(Kind::Credential).filter(|c| present(c)) {
        let Some(expires) = credential.time("expires").filter(|e| *e < audit.world.lineage.now) else { continue };
        if let Some(edge) = reader(audit, credential) {
            let ago = days(audit.world.lineage.now - expires);
            let said = claim(format!("{} reads {}, which expired {ago} days ago", audit.name(&edge.from), credential.name()));
            audit.say(credential, said.at(credential.primary()).with(edge.from.to_string()));
        }
    }
}

fn life_04(audit: &mut Audit<'_>) {
    let soon = i64::from(audit.config().checks.thresholds.expires_soon_days);
    for credential in audit.of_kind(Kind::Credential).filter(|c| present(c)) {
        let Some(expires) = credential.time("expires") else { continue };
        let left = expires - audit.world.lineage.now;
        let renewed = ["rotation", "renewal", "rotation_policy"].iter().any(|a| credential.attributes.contains_key(*a));
        if left > 0 && days(left) <= soon && !renewed && !matches!(credential.text("lifetime_class"), Some("short" | "federated")) {
            audit.say(credential, claim(format!("{} ends in {} days, and nothing seems to renew it", credential.name(), days(left))));
        }
    }
}

fn life_05(audit: &mut Audit<'_>) {
    for node in audit.graph.nodes.values() {
        if let Some(why) = node.text("zombie") {
            let severity = if audit.blast(node) >= 60.0 { Severity::High } else { Severity::Medium };
            audit.say(node, claim(format!("nothing seems to use {}: {why}", node.name())).severity(severity));
        }
    }
}

fn life_06(audit: &mut Audit<'_>) {
    for node in audit.graph.nodes.values() {
        let Some(why) = node.text("dangling") else { continue };
        let mut said = claim(format!("{} is referred to and seems to be gone: {why}", node.name()));
        if let Some(edge) = audit.ending_at(node, "runs_as").next() {
            said = said.edge(edge);
        }
        // Files that were not read may hold it.
        audit.say(node, said.confidence(0.6));
    }
}

/// The newest commit of a repository that the run has seen.
fn last_commit(audit: &Audit<'_>, repository: &str) -> Option<i64> {
    audit.world.lineage.sources.iter().find(|s| s.id == repository).and_then(|s| s.head_time)
}

fn life_07(audit: &mut Audit<'_>) {
    let limit = i64::from(audit.config().checks.thresholds.dormant_days);
    let archived = audit.config().defaults.archived == Some(true);
    for credential in audit.of_kind(Kind::Credential).filter(|c| present(c) && is_static(c) && !is_other(c)) {
        let Some(at) = credential.primary() else { continue };
        let idle = last_commit(audit, &at.repository).map(|last| days(audit.world.lineage.now - last)).filter(|d| *d > limit);
        let how = match (archived, idle) {
            (true, _) => "is archived".to_owned(),
            (false, Some(days)) => format!("had no commit for {days} days"),
            (false, None) => continue,
        };
        let said = claim(format!("{} stands in a repository that {how}", credential.name())).confidence(credential.confidence);
        audit.say(credential, said.at(credential.primary()));
    }
}

/// Words of slots that are made for one vendor's tool.
fn life_08(audit: &mut Audit<'_>) {
    for node in audit.graph.nodes.values().filter(|n| matches!(n.key.kind, Kind::Tool | Kind::Agent)) {
        let gone = !node.declared.is_empty() && node.places().all(|l| l.revision.is_some());
        let kept = audit.targets(node, "consumes").chain(audit.targets(node, "runs_as")).find(|s| {
            let here = s.places().any(|l| l.revision.is_none());
            let others = audit
                .ending_at(s, "consumes")
                .chain(audit.ending_at(s, "runs_as"))
                .any(|e| *e.from != **node.id() && e.at.iter().any(|l| l.revision.is_none()));
            here && !others
        });
        if let Some(slot) = kept.filter(|_| gone) {
            audit.say(
                node,
                claim(format!("{} is no longer used, but {} is still there", node.name(), slot.name())).at(slot.primary()).with(slot.id().to_string()),
            );
        }
    }
    // A secret that is set for a vendor whose tool no pipeline calls any more.
    for slot in audit.of_kind(Kind::Location).filter(|l| l.key.subtype == "ci-secret" && l.text("zombie").is_some()) {
        if let Some(vendor) = vendor(slot.name()) {
            let used = audit.graph.nodes.values().any(|n| matches!(n.key.kind, Kind::Tool | Kind::Agent) && n.name().to_ascii_lowercase().contains(vendor));
            if !used {
                audit.say(slot, claim(format!("{} was made for {vendor}, which nothing in the repository calls any more", slot.name())));
            }
        }
    }
}

/// Vendors whose tools get a secret of their own, by how the secret is usually named.
fn vendor(name: &str) -> Option<&'static str> {
    const VENDORS: &[&str] = &[
        "snyk",
        "codecov",
        "sonar",
        "datadog",
        "sentry",
        "slack",
        "anthropic",
        "openai",
        "gemini",
        "vercel",
        "netlify",
        "heroku",
        "doppler",
        "infisical",
        "fossa",
        "launchdarkly",
        "pagerduty",
        "newrelic",
        "coveralls",
        "percy",
        "chromatic",
        "pulumi",
        "spacelift",
        "checkly",
        "devin",
        "cursor",
    ];
    let lower = name.to_ascii_lowercase();
    VENDORS.iter().copied().find(|v| lower.split(|c: char| !c.is_ascii_alphanumeric()).any(|w| w == *v))
}
