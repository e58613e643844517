//! Lineage that does not close.

use super::Check;
use super::context::{Audit, claim};
use super::ownership::stands_alone;
use crate::graph::GraphNode;
use crate::model::{Condition, Frameworks, Kind, Severity};
use crate::rank;

pub(super) static LIN_01: Check = Check {
    id: "LIN-01",
    title: "Lineage incomplete",
    severity: Severity::Info,
    frameworks: Frameworks { ids: "NHI1:2025 ZT7 ID.AM-02 ID.AM-03 ASI03", cwe: &[1059] },
    rationale: "what is not known of it cannot be reviewed, and takes longest in an incident",
    fix: "scan the repository that holds the other half too (nhi merge), or name in nhi.yaml what the files do not say",
    run: lin_01,
};

pub(super) static LIN_02: Check = Check {
    id: "LIN-02",
    title: "Secret slot without known source",
    severity: Severity::Low,
    frameworks: Frameworks { ids: "NHI1:2025 NHI2:2025 ZT7 ID.AM-02", cwe: &[] },
    rationale: "something reads it, and nobody can say who put the value there, or what it opens",
    fix: "define the slot in code (github_actions_secret, ExternalSecret, a data source), or scan the repository that does",
    run: lin_02,
};

pub(super) static LIN_03: Check = Check {
    id: "LIN-03",
    title: "One-sided trust",
    severity: Severity::Low,
    frameworks: Frameworks { ids: "NHI6:2025 ZT4 PR.AA-02", cwe: &[] },
    rationale: "one side names the other, but the other does not answer: it does not work, or the other half is elsewhere",
    fix: "add the missing half, or scan the repository that holds it too",
    run: lin_03,
};

fn lin_01(audit: &mut Audit<'_>) {
    let links = rank::Links::new(&audit.world.lineage.parties, &audit.world.lineage.ranking);
    for node in audit.of_kind(Kind::Agent).chain(audit.of_kind(Kind::Identity).filter(|i| stands_alone(i))).collect::<Vec<_>>() {
        let missing = links.missing(audit.graph, node);
        if !missing.is_empty() {
            let severity = if node.env.as_deref() == Some("prod") { Severity::Low } else { Severity::Info };
            audit.say(node, claim(format!("of {} these are not known: {}", node.name(), missing.join(", "))).severity(severity));
        }
    }
}

/// Slots that somebody has to fill.
fn is_filled(slot: &GraphNode) -> bool {
    matches!(&*slot.key.subtype, "ci-secret" | "k8s-secret" | "cloud-secret" | "vault-path") && !slot.flag("all") && !slot.id().ends_with("/*")
}

fn lin_02(audit: &mut Audit<'_>) {
    for slot in audit.of_kind(Kind::Location).filter(|l| is_filled(l) && l.declared.is_empty()) {
        let known = audit.out(slot, "sourced_from").next().is_some()
            || audit.ending_at(slot, "stored_in").next().is_some()
            || audit.out(slot, "authenticates_as").next().is_some()
            || audit.out(slot, "same_as").chain(audit.ending_at(slot, "same_as")).next().is_some()
            // A part of a whole is the whole's.
            || slot.id().rsplit_once('#').is_some_and(|(whole, _)| audit.node(whole).is_some_and(|w| !w.declared.is_empty()));
        // Whoever reads the slot is what makes it matter.
        if let Some(edge) = audit.ending_at(slot, "consumes").next().filter(|_| !known) {
            audit.say(slot, claim(format!("{} reads {}, and nothing that was read fills it", audit.name(&edge.from), slot.name())).edge(edge));
        }
    }
}

fn lin_03(audit: &mut Audit<'_>) {
    for identity in audit.of_kind(Kind::Identity) {
        for edge in audit.out(identity, "can_assume").filter(|e| e.condition == Condition::Unknown) {
            let Some(target) = audit.node(&edge.to) else { continue };
            let defined = |n: &GraphNode| !n.declared.is_empty();
            let twins = audit.out(target, "same_as").map(|e| &e.to).chain(audit.ending_at(target, "same_as").map(|e| &e.from));
            if !defined(target) && !twins.filter_map(|id| audit.node(id)).any(defined) {
                audit.say(identity, claim(format!("{} names {}, which no scanned file defines", identity.name(), target.name())).edge(edge).confidence(1.0));
            }
        }
    }
}
