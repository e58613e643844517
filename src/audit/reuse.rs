//! One credential or identity for several things.

use std::collections::BTreeSet;

use super::Check;
use super::context::{Audit, claim};
use crate::graph::GraphNode;
use crate::model::{Frameworks, Kind, Severity};

pub(super) static REUSE_01: Check = Check {
    id: "REUSE-01",
    title: "Same secret value in several places",
    severity: Severity::Medium,
    frameworks: Frameworks { ids: "NHI9:2025 ZT3 PR.AA-01 PR.AC-1", cwe: &[522, 344] },
    rationale: "a leak of one copy is a leak of all, and rotation misses one",
    fix: "keep one copy in a secret store and refer to it",
    run: reuse_01,
};

pub(super) static REUSE_02: Check = Check {
    id: "REUSE-02",
    title: "One identity for unrelated consumers or agents",
    severity: Severity::Medium,
    frameworks: Frameworks { ids: "NHI9:2025 ZT3 PR.AA-01 PR.AA-05 ASI03", cwe: &[653] },
    rationale: "what one of them does cannot be told from what the others do, and it has what all of them need",
    fix: "give each its own identity with its own grants, and end the shared one",
    run: reuse_02,
};

pub(super) static REUSE_03: Check = Check {
    id: "REUSE-03",
    title: "Default service account in use",
    severity: Severity::Medium,
    frameworks: Frameworks { ids: "NHI9:2025 NHI5:2025 ZT3 PR.AA-05", cwe: &[1188, 250] },
    rationale: "everything that names no account shares this one, and what it is granted",
    fix: "give the workload a service account of its own; set automountServiceAccountToken: false on the default one",
    run: reuse_03,
};

fn reuse_01(audit: &mut Audit<'_>) {
    for credential in audit.of_kind(Kind::Credential).filter(|c| c.text("state") == Some("present-head") && !c.flag("placeholder")) {
        let equal = |e: &&crate::graph::Edge| e.text("because") == Some("equal value");
        // Of several nodes of one value, the first speaks for all.
        if audit.ending_at(credential, "same_as").any(|e| equal(&e)) {
            continue;
        }
        let twins: Vec<&GraphNode> = audit.out(credential, "same_as").filter(equal).filter_map(|e| audit.node(&e.to)).collect();
        let own = audit.out(credential, "stored_in").flat_map(|e| e.at.iter());
        let places = own.chain(twins.iter().flat_map(|t| t.declared.iter())).filter(|l| l.revision.is_none());
        let files: BTreeSet<(&str, &str)> = places.map(|l| (&*l.repository, &*l.path)).collect();
        if files.len() > 1 {
            let said = claim(format!("{} stands in {} files", credential.name(), files.len())).confidence(credential.confidence);
            audit.say(credential, said.at(credential.primary()));
        }
    }
}

/// What a consumer belongs to: its application, or else the folder that defines it.
fn application<'a>(audit: &Audit<'a>, node: &'a GraphNode) -> Option<String> {
    if let Some(owner) = audit.parties(node.id(), crate::model::Role::Owner).find(|p| p.resolved && p.tier <= 3) {
        return Some(owner.party.to_string());
    }
    if let Some(serde_json::Value::Object(tags)) = node.attributes.get("tags") {
        let named = ["app.kubernetes.io/part-of", "app.kubernetes.io/name", "app", "application", "service"].iter().find_map(|k| tags.get(*k)?.as_str());
        if let Some(name) = named {
            return Some(format!("app:{name}"));
        }
    }
    None
}

/// Identities that are shared by their nature, or by what they stand for.
fn is_shared_by_nature(identity: &GraphNode) -> bool {
    matches!(&*identity.key.subtype, "ci-job-token" | "oidc-subject" | "os-user" | "aws-service-linked-role" | "k8s-group" | "aws-root")
        || (identity.key.subtype == "k8s-service-account" && identity.name() == "default")
}

fn reuse_02(audit: &mut Audit<'_>) {
    for identity in audit.of_kind(Kind::Identity).filter(|i| !is_shared_by_nature(i)) {
        let users: Vec<&GraphNode> = audit.sources(identity, "runs_as").filter(|n| matches!(n.key.kind, Kind::Consumer | Kind::Agent)).collect();
        let apps: BTreeSet<String> = users.iter().filter_map(|u| application(audit, u)).collect();
        if users.len() > 1 && apps.len() > 1 {
            let names: Vec<&str> = apps.iter().take(3).map(|a| a.split_once(':').map_or(a.as_str(), |(_, n)| n)).collect();
            audit.say(identity, claim(format!("{} is shared by {} applications: {}", identity.name(), apps.len(), names.join(", "))));
        }
    }
    for slot in
        audit.of_kind(Kind::Location).filter(|l| !l.flag("all") && matches!(&*l.key.subtype, "env" | "file" | "ci-secret" | "cloud-secret" | "vault-path"))
    {
        if !super::agents::holds_authority(audit, slot) {
            continue;
        }
        let users: BTreeSet<&str> = audit
            .ending_at(slot, "consumes")
            .filter_map(|e| audit.node(&e.from))
            .filter(|n| n.key.kind == Kind::Agent || n.key.subtype == "mcp-server")
            .map(|n| n.name())
            .collect();
        if users.len() > 1 {
            let names: Vec<&str> = users.iter().take(3).copied().collect();
            audit.say(slot, claim(format!("{} is shared by {} agents and tools: {}", slot.name(), users.len(), names.join(", "))));
        }
    }
}

/// Accounts that a platform gives to whatever names none.
fn is_default(identity: &GraphNode) -> bool {
    let id = identity.id();
    identity.key.subtype == "gcp-default-sa"
        || id.ends_with("-compute@developer.gserviceaccount.com")
        || (id.starts_with("gcp-sa:") && id.ends_with("@appspot.gserviceaccount.com"))
        || (identity.key.subtype == "k8s-service-account" && identity.name() == "default")
}

fn reuse_03(audit: &mut Audit<'_>) {
    for identity in audit.of_kind(Kind::Identity).filter(|i| is_default(i)) {
        if let Some(edge) = audit.out(identity, "granted").next() {
            audit.say(identity, claim(format!("the default account {} is granted {}", identity.name(), audit.name(&edge.to))).edge(edge));
        } else if let Some(edge) = audit.ending_at(identity, "runs_as").next().filter(|_| identity.key.subtype != "k8s-service-account") {
            audit.say(
                identity,
                claim(format!("{} runs as the default account {}", audit.name(&edge.from), identity.name())).edge(edge).with(edge.from.to_string()),
            );
        }
    }
    // What runs on a node with the node's own role, pods included.
    for consumer in audit.of_kind(Kind::Consumer).filter(|c| c.flag("node_role_for_pods")) {
        audit.say(consumer, claim(format!("pods on {} can use the role of the node", consumer.name())));
    }
}
