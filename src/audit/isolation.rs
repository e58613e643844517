//! Production and everything else, kept apart.

use std::collections::BTreeMap;

use super::Check;
use super::context::{Audit, claim};
use crate::graph::{Edge, GraphNode};
use crate::model::{Frameworks, Kind, Level, Severity};

pub(super) static ISO_01: Check = Check {
    id: "ISO-01",
    title: "One credential serves prod and non-prod",
    severity: Severity::High,
    frameworks: Frameworks { ids: "NHI8:2025 NHI9:2025 ZT4 PR.IR-01 PR.AA-05 PR.AC-5", cwe: &[653] },
    rationale: "the weaker environment decides how well the production credential is kept",
    fix: "make one identity for each environment, each with its own secret, and give production's to production alone",
    run: iso_01,
};

pub(super) static ISO_02: Check = Check {
    id: "ISO-02",
    title: "Non-prod identity reaches production",
    severity: Severity::High,
    frameworks: Frameworks { ids: "NHI8:2025 ZT3 PR.IR-01 PR.AA-05 ASI08", cwe: &[653, 668] },
    rationale: "whoever gets into the test environment is in production",
    fix: "cut the link that the path shows: a trust, a grant or a shared secret (nhi reach names what to cut)",
    run: iso_02,
};

pub(super) static ISO_03: Check = Check {
    id: "ISO-03",
    title: "Production secret available to untrusted or pre-merge pipelines",
    severity: Severity::High,
    frameworks: Frameworks { ids: "NHI8:2025 NHI6:2025 ZT4 PR.AA-05 PR.PS-06", cwe: &[668] },
    rationale: "code that nobody has reviewed yet runs with the production secret",
    fix: "move the secret into an environment with a branch policy (environment: prod), or protect the variable",
    run: iso_03,
};

pub(super) static ISO_04: Check = Check {
    id: "ISO-04",
    title: "Production deployment without protected environment",
    severity: Severity::Medium,
    frameworks: Frameworks { ids: "NHI8:2025 NHI6:2025 ZT4 PR.AA-05 PR.PS-06", cwe: &[862] },
    rationale: "whoever can push can deploy; nobody has to agree",
    fix: "name the environment in the job (environment: production) and give it required reviewers and a branch policy",
    run: iso_04,
};

fn is_prod(node: &GraphNode) -> bool {
    node.env.as_deref() == Some("prod")
}

/// An environment that is known, and is not production.
fn is_other(node: &GraphNode) -> bool {
    node.env.as_deref().is_some_and(|e| e != "prod")
}

fn iso_01(audit: &mut Audit<'_>) {
    let slots = audit.of_kind(Kind::Location).filter(|l| !matches!(&*l.key.subtype, "file" | "history"));
    for thing in audit.of_kind(Kind::Credential).chain(audit.of_kind(Kind::Identity)).chain(slots).collect::<Vec<_>>() {
        let mut users: Vec<(&GraphNode, &Edge)> = Vec::new();
        let mut take = |place: &GraphNode| {
            for edge in audit.graph.ending_at(place.id()).filter(|e| matches!(e.relation.name, "consumes" | "runs_as")) {
                users.extend(audit.node(&edge.from).filter(|n| n.key.kind == Kind::Consumer).map(|n| (n, edge)));
            }
        };
        take(thing);
        // Equal values are one credential, and what proves an identity is used for it.
        let equal = audit.out(thing, "same_as").filter(|e| e.text("because") == Some("equal value")).filter_map(|e| audit.node(&e.to));
        let proofs = audit.sources(thing, "authenticates_as").filter(|_| thing.key.kind == Kind::Identity);
        for proof in std::iter::once(thing).chain(equal).chain(proofs) {
            take(proof);
            for place in audit.targets(proof, "stored_in") {
                take(place);
            }
        }
        let prod = users.iter().find(|(n, _)| is_prod(n));
        let other = users.iter().find(|(n, _)| is_other(n));
        if let (Some((prod, _)), Some((other, edge))) = (prod, other) {
            // An identity is told once, for all that proves it.
            if thing.key.kind == Kind::Credential && audit.out(thing, "authenticates_as").next().is_some() {
                continue;
            }
            let env = other.env.as_deref().unwrap_or_default();
            let said = claim(format!("{} serves {} in production and {} in {env}", thing.name(), prod.name(), other.name()));
            audit.say(thing, said.edge(edge).with(prod.id().to_string()).with(other.id().to_string()));
        }
    }
}

fn iso_02(audit: &mut Audit<'_>) {
    for identity in audit.of_kind(Kind::Identity).filter(|i| is_other(i)) {
        // The staging of what is deployed to production reaches it by design only through a pipeline, which is not the identity's own way.
        let own = |r: &super::context::Reach<'_>| {
            !r.path.iter().any(|e| audit.graph.edges.get(e).is_some_and(|e| matches!(e.relation.name, "invokes" | "can_control" | "deploys")))
        };
        let found = audit.all_reached(identity, Level::ReadData).into_iter().find(|r| is_prod(r.resource) && own(r));
        if let Some(reach) = found {
            let env = identity.env.as_deref().unwrap_or_default();
            let said = claim(format!("{} of {env} has {} on {} in production", identity.name(), reach.level.name(), reach.resource.name()));
            let at = reach.path.first().and_then(|e| audit.graph.edges.get(e)).and_then(|e| e.at.iter().next());
            audit.say(identity, said.path(&reach.path).confidence(reach.confidence).at(at).with(reach.resource.id().to_string()));
        }
    }
}

/// Triggers whose code nobody has reviewed.
fn pre_merge(consumer: &GraphNode) -> Option<&str> {
    consumer.list("trigger_classes").into_iter().find(|t| matches!(*t, "pull_request" | "pull_request_target" | "merge_request" | "merge_request_event"))
}

fn iso_03(audit: &mut Audit<'_>) {
    for slot in audit.of_kind(Kind::Location).filter(|l| l.key.subtype == "ci-secret" && is_prod(l) && !l.id().contains("@env=") && !l.flag("protected")) {
        for edge in audit.ending_at(slot, "consumes") {
            let job = audit.node(&edge.from).filter(|n| n.key.kind == Kind::Consumer && n.text("environment").is_none());
            if let Some((job, trigger)) = job.and_then(|j| pre_merge(j).map(|t| (j, t))) {
                let said = claim(format!("{} hands the production secret {} to code that is not merged yet ({trigger})", job.name(), slot.name()));
                audit.say(slot, said.edge(edge).with(job.id().to_string()));
            }
        }
    }
}

fn iso_04(audit: &mut Audit<'_>) {
    let mut jobs: BTreeMap<&str, (&GraphNode, &Edge, bool)> = BTreeMap::new();
    for job in audit.of_kind(Kind::Consumer).filter(|c| matches!(&*c.key.subtype, "ci-job" | "ci-workflow")) {
        let named = |e: &&Edge| audit.node(&e.to).is_some_and(|t| is_prod(t) || matches!(&*t.key.subtype, "package-registry"));
        let Some(edge) = audit.out(job, "deploys").find(|e| named(e) || is_prod(job)) else { continue };
        jobs.entry(job.id()).or_insert((job, edge, is_prod(job) || audit.node(&edge.to).is_some_and(is_prod)));
    }
    for (job, edge, prod) in jobs.into_values() {
        let environment = audit.targets(job, "part_of").find(|n| n.key.subtype == "ci-environment");
        // What protects an environment is kept in the settings; only where they were read is its absence known.
        let (severity, how) = match environment.map(|e| e.attributes.get("protected").and_then(serde_json::Value::as_bool)) {
            None if job.text("environment").is_none() => (Severity::Medium, "without an environment that could ask for approval"),
            Some(Some(false)) => (Severity::Medium, "through an environment that nothing protects"),
            Some(Some(true)) => continue,
            _ => (Severity::Low, "through an environment whose protection the files do not state"),
        };
        let what = if prod { "deploys to production" } else { "publishes" };
        audit.say(job, claim(format!("{} {what} {how}", job.name())).edge(edge).severity(severity).confidence(0.8));
    }
}
