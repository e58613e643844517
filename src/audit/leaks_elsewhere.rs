//! Secrets that leave their store for logs, images, state and environments that were not made for them.

use super::Check;
use super::context::{Audit, claim};
use crate::graph::GraphNode;
use crate::model::{Frameworks, Kind, Severity};

pub(super) static LEAK_04: Check = Check {
    id: "LEAK-04",
    title: "Secret printed or uploaded by a pipeline",
    severity: Severity::High,
    frameworks: Frameworks { ids: "NHI2:2025 ZT2 PR.DS-10 PR.PS-04 LLM02", cwe: &[532] },
    rationale: "logs and artifacts are read by more people than the secret was meant for, and are kept",
    fix: "take the echo, set -x, --debug or the upload of the workspace out of the job (persist-credentials: false at checkout), then rotate the secret",
    run: leak_04,
};

pub(super) static LEAK_05: Check = Check {
    id: "LEAK-05",
    title: "Secret baked into an image or build argument",
    severity: Severity::High,
    frameworks: Frameworks { ids: "NHI2:2025 NHI6:2025 ZT2 PR.DS-01 PR.PS-06", cwe: &[538, 522] },
    rationale: "every layer of an image can be read by whoever can pull it",
    fix: "pass it with RUN --mount=type=secret, and rotate the value that earlier images hold",
    run: leak_05,
};

pub(super) static LEAK_06: Check = Check {
    id: "LEAK-06",
    title: "Secret kept in IaC state or plan in clear",
    severity: Severity::Medium,
    frameworks: Frameworks { ids: "NHI2:2025 NHI6:2025 ZT2 PR.DS-01", cwe: &[312] },
    rationale: "state keeps arguments and attributes as they are, secrets included",
    fix: "use write-only arguments or ephemeral resources, keep the state in an encrypted backend that few can read",
    run: leak_06,
};

pub(super) static LEAK_10: Check = Check {
    id: "LEAK-10",
    title: "Secret outside a sanctioned secret store",
    severity: Severity::Medium,
    frameworks: Frameworks { ids: "NHI2:2025 NHI6:2025 ZT4 PR.AA-01 PR.PS-01", cwe: &[522] },
    rationale: "there is a store that rotates and records, and this production secret is not in it",
    fix: "move the value into the store that the other workloads use (an ExternalSecret, a data source, a vault path) and delete the copy",
    run: leak_10,
};

/// Places where what a pipeline handles is left for others to read.
const LEFT: &[&str] = &["log", "artifact", "cache", "output"];

fn leak_04(audit: &mut Audit<'_>) {
    for place in audit.of_kind(Kind::Location).filter(|l| LEFT.contains(&l.key.subtype.trim_start_matches("other:"))) {
        let severity = if audit.is_public() { Severity::Critical } else { Severity::High };
        for edge in audit.out(place, "sourced_from").chain(audit.out(place, "consumes")) {
            let Some(slot) = audit.node(&edge.to) else { continue };
            let how = if edge.text("rule") == Some("environment") { "printing the environment" } else { "the job" };
            audit.say(slot, claim(format!("{how} leaves {} in {}", slot.name(), place.name())).edge(edge).with(place.id().to_string()).severity(severity));
        }
        for edge in audit.ending_at(place, "stored_in") {
            let Some(credential) = audit.node(&edge.from) else { continue };
            audit.say(credential, claim(format!("the job leaves {} in {}", credential.name(), place.name())).edge(edge).severity(severity));
        }
    }
    for agent in audit.of_kind(Kind::Agent).filter(|a| a.flag("full_output")) {
        if audit.out(agent, "consumes").next().is_none() {
            continue;
        }
        let severity = if audit.is_public() { Severity::Critical } else { Severity::High };
        audit.say(agent, claim(format!("{} writes what its tools return to the log of the job", agent.name())).severity(severity));
    }
}

fn leak_05(audit: &mut Audit<'_>) {
    for location in audit.of_kind(Kind::Location).filter(|l| matches!(&*l.key.subtype, "image-layer" | "build-arg")) {
        for edge in audit.ending_at(location, "stored_in") {
            if let Some(credential) = audit.node(&edge.from) {
                audit.say(credential, claim(format!("{} is part of the image through {}", credential.name(), location.name())).edge(edge));
            }
        }
        for edge in audit.out(location, "sourced_from") {
            if let Some(slot) = audit.node(&edge.to).filter(|s| matches!(&*s.key.subtype, "ci-secret" | "cloud-secret" | "vault-path")) {
                audit.say(
                    slot,
                    claim(format!("{} becomes part of the image through {}", slot.name(), location.name())).edge(edge).with(location.id().to_string()),
                );
            }
        }
    }
}

fn leak_06(audit: &mut Audit<'_>) {
    for location in audit.of_kind(Kind::Location).filter(|l| l.key.subtype == "tf-state") {
        // State in an encrypted store that few can read is where it belongs.
        if location.text("protection") == Some("encrypted-at-rest") && location.flag("restricted") {
            continue;
        }
        for edge in audit.ending_at(location, "stored_in") {
            let Some(credential) = audit.node(&edge.from) else { continue };
            let committed = edge.at.iter().any(|l| l.path.ends_with(".tfstate") || l.path.contains(".tfstate.") || l.path.ends_with(".tfplan.json"));
            let severity = if committed { Severity::High } else { Severity::Medium };
            let how = if committed { "is committed with the state" } else { "is kept in clear in the state" };
            audit.say(credential, claim(format!("{} {how} {}", credential.name(), location.name())).edge(edge).severity(severity));
        }
    }
}

/// How well a place keeps a secret: a store made for it, or nothing stored at all.
fn is_sanctioned(location: &GraphNode) -> bool {
    matches!(location.text("protection"), Some("managed-store" | "hsm" | "none-stored"))
        || matches!(
            location.key.subtype.trim_start_matches("other:"),
            "cloud-secret"
                | "vault-path"
                | "op-item"
                | "doppler"
                | "infisical"
                | "bw-item"
                | "conjur"
                | "kms-key"
                | "metadata-service"
                | "prompt"
                | "ci-secret"
        )
}

fn leak_10(audit: &mut Audit<'_>) {
    let store = audit.of_kind(Kind::Location).find(|l| matches!(&*l.key.subtype, "cloud-secret" | "vault-path" | "op-item" | "doppler" | "infisical"));
    let Some(store) = store else { return };
    for identity in audit.of_kind(Kind::Identity).filter(|i| i.env.as_deref() == Some("prod")) {
        let places: Vec<&GraphNode> = audit
            .sources(identity, "authenticates_as")
            .flat_map(|proof| {
                let own = (proof.key.kind == Kind::Location).then_some(proof);
                own.into_iter().chain(audit.targets(proof, "stored_in"))
            })
            .collect();
        // A slot that is fed from a store is that store's.
        let kept = |l: &GraphNode| is_sanctioned(l) || audit.targets(l, "sourced_from").any(is_sanctioned);
        if let Some(place) = places.first().filter(|_| !places.iter().any(|l| kept(l))) {
            audit.say(
                identity,
                claim(format!("the secret of {} is kept only in {}, although {} is at hand", identity.name(), place.name(), store.name())).at(place.primary()),
            );
        }
    }
}
