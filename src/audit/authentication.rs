//! How identities prove themselves.

use super::Check;
use super::context::{Audit, claim};
use crate::model::{Frameworks, Kind, Severity};

pub(super) static AUTH_01: Check = Check {
    id: "AUTH-01",
    title: "Static key where federation is available",
    severity: Severity::Medium,
    frameworks: Frameworks {
        owasp_nhi: &["NHI7:2025", "NHI4:2025"],
        nist_800_207: &["ZT3"],
        nist_csf: &["PR.AA-03", "PR.AA-01"],
        agentic: &[],
        cwe: &[798, 1391],
    },
    rationale: "a stored key can be copied and lives until someone ends it; the pipeline could be given a token of its own for each run",
    fix: "let the job ask for an OIDC token (permissions: id-token: write) and trust exactly its subject; a shorter life reduces the window only, not the reach",
    bad: "AWS_SECRET_ACCESS_KEY as a CI secret",
    good: "role-to-assume with id-token: write",
    run: auth_01,
};

pub(super) static AUTH_03: Check = Check {
    id: "AUTH-03",
    title: "Default or guessable secret",
    severity: Severity::High,
    frameworks: Frameworks { owasp_nhi: &["NHI4:2025"], nist_800_207: &["ZT6"], nist_csf: &["PR.AA-03"], agentic: &[], cwe: &[1392, 521] },
    rationale: "a password that is a word, or short, is guessed without a leak",
    fix: "generate a long random value and keep it in a secret store",
    bad: "POSTGRES_PASSWORD: postgres",
    good: "POSTGRES_PASSWORD_FILE: /run/secrets/db",
    run: auth_03,
};

pub(super) static AUTH_06: Check = Check {
    id: "AUTH-06",
    title: "Credential in a URL",
    severity: Severity::Medium,
    frameworks: Frameworks { owasp_nhi: &["NHI4:2025", "NHI2:2025"], nist_800_207: &["ZT2"], nist_csf: &["PR.DS-02"], agentic: &[], cwe: &[319, 598, 214] },
    rationale: "URLs end in logs, process lists and histories",
    fix: "give user and password as separate settings from a secret store",
    bad: "https://user:…@host/",
    good: "a header filled from a variable",
    run: auth_06,
};

fn auth_01(audit: &mut Audit<'_>) {
    const STATIC_SLOTS: &[(&str, &str)] = &[
        ("AWS_SECRET_ACCESS_KEY", "AWS"),
        ("GCP_SA_KEY", "Google Cloud"),
        ("GOOGLE_CREDENTIALS", "Google Cloud"),
        ("GCP_CREDENTIALS", "Google Cloud"),
        ("AZURE_CREDENTIALS", "Azure"),
        ("AZURE_CLIENT_SECRET", "Azure"),
    ];
    for slot in audit.of_kind(Kind::Location).filter(|l| l.key.subtype == "ci-secret") {
        let name = slot.name().to_ascii_uppercase();
        let Some((_, cloud)) = STATIC_SLOTS.iter().find(|(s, _)| name.ends_with(s)) else { continue };
        if let Some(edge) = audit.ending_at(slot, "consumes").next() {
            audit.say(
                slot,
                claim(format!("{} uses the stored key {} although its platform can federate to {cloud}", audit.name(&edge.from), slot.name())).edge(edge),
            );
        }
    }
}

fn auth_03(audit: &mut Audit<'_>) {
    for credential in audit
        .of_kind(Kind::Credential)
        .filter(|c| c.flag("weak") && c.text("state") == Some("present-head") && matches!(&*c.key.subtype, "password" | "db-url"))
    {
        // Only where it is in effect: a service or a workload that is given it.
        let Some(edge) =
            audit.out(credential, "stored_in").find(|e| audit.node(&e.to).is_some_and(|l| matches!(&*l.key.subtype, "env" | "k8s-secret" | "k8s-configmap")))
        else {
            continue;
        };
        audit.say(credential, claim(format!("{} is weak and in effect in {}", credential.name(), audit.name(&edge.to))).edge(edge));
    }
}

fn auth_06(audit: &mut Audit<'_>) {
    for credential in audit.of_kind(Kind::Credential).filter(|c| c.text("rule") == Some("url-basic-auth") && c.text("state") == Some("present-head")) {
        let local = credential.text("host").is_some_and(|h| h.starts_with("localhost") || h.starts_with("127."));
        if let Some(edge) = audit.out(credential, "stored_in").next().filter(|_| !local) {
            audit.say(credential, claim(format!("{} stands in the URL itself", credential.name())).edge(edge));
        }
    }
}
