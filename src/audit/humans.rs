//! People's credentials in machines, and machines' credentials in people's hands.

use super::Check;
use super::context::{Audit, claim};
use crate::graph::{Edge, GraphNode};
use crate::model::{FileRole, Frameworks, Kind, Severity};

pub(super) static HUM_01: Check = Check {
    id: "HUM-01",
    title: "Human credential used by automation",
    severity: Severity::High,
    frameworks: Frameworks { ids: "NHI10:2025 ZT6 PR.AA-02 PR.AA-03 PR.AC-6 ASI03", cwe: &[287] },
    rationale: "the machine has all that the person has, acts in their name, and stops when they leave",
    fix: "make an identity for the machine (a GitHub App, a service account, a role that is assumed) and revoke the person's token",
    run: hum_01,
};

pub(super) static HUM_02: Check = Check {
    id: "HUM-02",
    title: "NHI credential used by people",
    severity: Severity::Medium,
    frameworks: Frameworks { ids: "NHI10:2025 ZT6 PR.AA-02", cwe: &[287, 778] },
    rationale: "what a person does with it is recorded as the machine's doing, and it stays with them when they leave",
    fix: "let people log in as themselves and assume a role (aws sso login, gcloud auth login --impersonate-service-account); take the password or key of the service account away",
    run: hum_02,
};

/// Words in the name of a slot that say that a person's own token is in it.
const PERSONAL: &[&str] = &["PERSONAL_ACCESS_TOKEN", "PERSONAL_TOKEN", "_PAT", "USER_TOKEN", "MY_TOKEN", "GH_PAT", "GITHUB_PAT"];

fn is_automation(node: &GraphNode) -> bool {
    matches!(&*node.key.subtype, "ci-workflow" | "ci-job" | "ci-step" | "ci-agent" | "ci-action" | "k8s-workload" | "function" | "container-service" | "vm")
}

/// A credential of a kind that only people have.
fn is_personal(credential: &GraphNode) -> bool {
    credential.text("type") == Some("authorized_user")
        || credential.text("rule").is_some_and(|r| r.contains("authorized-user") || r.contains("gcloud-adc"))
        || credential.flag("human_like")
}

fn slot_is_personal(slot: &GraphNode) -> bool {
    let name = slot.name().to_ascii_uppercase();
    slot.key.subtype == "ci-secret" && !name.contains("BOT") && PERSONAL.iter().any(|p| name == p.trim_start_matches('_') || name.ends_with(p))
}

/// A machine that uses what a place holds.
fn machine<'a>(audit: &Audit<'a>, place: &GraphNode) -> Option<(&'a GraphNode, &'a Edge)> {
    audit.graph.ending_at(place.id()).filter(|e| matches!(e.relation.name, "consumes" | "runs_as" | "can_assume")).find_map(|e| {
        let node = audit.node(&e.from).filter(|n| is_automation(n))?;
        Some((node, e))
    })
}

fn hum_01(audit: &mut Audit<'_>) {
    for slot in audit.of_kind(Kind::Location).filter(|l| slot_is_personal(l)) {
        if let Some((who, edge)) = machine(audit, slot) {
            // The name says so, the value is not seen.
            let said = claim(format!("{} works with {}, by its name a person's own token", who.name(), slot.name()));
            audit.say(slot, said.edge(edge).confidence(0.7).severity(Severity::Medium));
        }
    }
    for credential in audit.of_kind(Kind::Credential).filter(|c| is_personal(c)) {
        let used = audit.targets(credential, "stored_in").find_map(|l| machine(audit, l));
        if let Some((who, edge)) = used {
            audit.say(credential, claim(format!("{} works with {}, which is a person's", who.name(), credential.name())).edge(edge));
        }
    }
    // A person's login in a file of a repository is there for a machine, whichever it is.
    for person in audit.of_kind(Kind::Party).filter(|p| p.id().ends_with("#authorized_user")) {
        let Some(place) = person.primary().filter(|l| l.revision.is_none() && !is_desk(&l.path)) else { continue };
        audit.say(person, claim(format!("{} holds the login of a person", place.path)).at(Some(place)).severity(Severity::Medium));
    }
    for identity in audit.of_kind(Kind::Identity).filter(|i| i.flag("human_like")) {
        if let Some((who, edge)) = machine(audit, identity) {
            audit.say(identity, claim(format!("{} acts as {}, which is a person's", who.name(), identity.name())).edge(edge));
        }
    }
}

/// Whether a file is one that people keep on their own machines.
fn is_desk(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    matches!(name, ".bashrc" | ".zshrc" | ".profile" | ".bash_profile" | ".netrc" | ".pgpass" | ".npmrc" | ".pypirc" | ".envrc" | ".git-credentials")
        || path.contains(".aws/")
        || path.contains(".kube/")
        || path.contains("dotfiles/")
        || path.contains(".config/gcloud/")
}

/// Kinds of credentials that belong to machines.
fn is_machine_key(credential: &GraphNode) -> bool {
    matches!(
        &*credential.key.subtype,
        "gcp-sa-key" | "entra-client-secret" | "k8s-sa-token" | "registry-auth" | "vault-approle-secret-id" | "ci-token" | "aws-access-key"
    )
}

fn hum_02(audit: &mut Audit<'_>) {
    for identity in audit.of_kind(Kind::Identity).filter(|i| i.flag("login_profile") && !i.flag("human_like")) {
        let keys = audit.sources(identity, "authenticates_as").any(|c| c.key.subtype == "aws-access-key");
        let machine = keys || service_name(identity.name());
        if machine {
            audit.say(identity, claim(format!("{} is used by machines and can also log in to the console", identity.name())));
        }
    }
    for credential in audit.of_kind(Kind::Credential).filter(|c| is_machine_key(c) && c.text("state") == Some("present-head") && !c.flag("placeholder")) {
        let Some(edge) = audit.out(credential, "stored_in").find(|e| e.at.iter().any(|l| l.revision.is_none())) else { continue };
        let Some(place) = edge.at.iter().find(|l| l.revision.is_none()) else { continue };
        let told = crate::document::role_of(&place.path) == FileRole::Doc && credential.key.subtype != "aws-access-key";
        if is_desk(&place.path) || told {
            let how = if told { "documentation tells people to use" } else { "a person's settings hold" };
            audit.say(credential, claim(format!("{how} {}, which is a machine's", credential.name())).edge(edge));
        }
    }
}

/// Whether a name is that of a service.
fn service_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower
        .split(|c: char| !c.is_ascii_alphanumeric())
        .any(|w| matches!(w, "svc" | "ci" | "bot" | "service" | "deploy" | "deployer" | "automation" | "terraform" | "github"))
}
