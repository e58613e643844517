//! Untrusted code, text and machines in pipelines.

use super::Check;
use super::context::{Audit, claim};
use crate::graph::{Edge, GraphNode};
use crate::model::{Frameworks, Kind, Severity};

pub(super) static CI_01: Check = Check {
    id: "CI-01",
    title: "Untrusted code runs with secrets",
    severity: Severity::Critical,
    frameworks: Frameworks { ids: "NHI6:2025 NHI2:2025 ZT4 PR.PS-06 PR.AA-05", cwe: &[829, 94] },
    rationale: "anyone who opens a pull request runs their own code with the job's secrets and token",
    fix: "build the change in pull_request without secrets; do privileged work in a second workflow that never checks it out",
    run: ci_01,
};

pub(super) static CI_02: Check = Check {
    id: "CI-02",
    title: "Script injection into privileged job",
    severity: Severity::High,
    frameworks: Frameworks { ids: "NHI6:2025 ZT4 PR.PS-06 LLM01", cwe: &[78, 94] },
    rationale: "text that an outsider writes becomes part of a shell script",
    fix: "pass the value through env and quote the variable",
    run: ci_02,
};

pub(super) static CI_03: Check = Check {
    id: "CI-03",
    title: "Self-hosted runner reachable by outsiders",
    severity: Severity::High,
    frameworks: Frameworks { ids: "NHI6:2025 ZT5 PR.IR-01 PR.PS-01", cwe: &[653] },
    rationale: "a job of a stranger's pull request runs on a machine of yours, and what it leaves there meets the next job",
    fix: "run pull requests on hosted or ephemeral runners (runs-on: ubuntu-latest), and keep self-hosted ones to protected branches by their runner group",
    run: ci_03,
};

/// Edges by which an outsider controls a consumer or agent, by the rule that says how.
fn controlled(audit: &mut Audit<'_>, rules: &[&str], what: &str) {
    for consumer in audit.of_kind(Kind::Consumer).chain(audit.of_kind(Kind::Agent)).collect::<Vec<_>>() {
        let Some(edge) = audit.ending_at(consumer, "can_control").find(|e| e.text("rule").is_some_and(|r| rules.contains(&r))) else { continue };
        if let Some(holds) = held(audit, consumer) {
            audit.say(consumer, claim(format!("{} {what} and holds {holds}", consumer.name())).edge(edge).with(edge.from.to_string()));
        }
    }
}

/// What a job holds that is worth taking: secrets of its own and of the steps that it calls, or a token that can write.
fn held(audit: &Audit<'_>, consumer: &GraphNode) -> Option<String> {
    let slots = |n: &GraphNode| {
        audit.targets(n, "consumes").filter(|l| !matches!(&*l.key.subtype, "ci-variable")).map(|l| l.id().clone()).collect::<std::collections::BTreeSet<_>>()
    };
    let mut secrets = slots(consumer);
    for tool in audit.targets(consumer, "invokes").filter(|t| matches!(t.key.kind, Kind::Agent)) {
        secrets.extend(slots(tool));
    }
    let may = |wanted: fn(&str) -> bool| {
        audit.targets(consumer, "runs_as").any(|i| {
            let stated = i.attributes.get("permissions").and_then(serde_json::Value::as_object);
            stated.is_some_and(|p| p.iter().any(|(key, v)| v.as_str() == Some("write") && wanted(key)))
        })
    };
    match secrets.len() {
        0 if may(|key| key != "id-token") => Some("a token that can write".to_owned()),
        0 if may(|key| key == "id-token") => Some("a token of identity (id-token: write)".to_owned()),
        0 => None,
        1 => Some("a secret".to_owned()),
        n => Some(format!("{n} secrets")),
    }
}

fn ci_01(audit: &mut Audit<'_>) {
    controlled(audit, &["untrusted-checkout"], "runs code of whoever opens a pull request");
}

fn ci_02(audit: &mut Audit<'_>) {
    controlled(audit, &["script-injection", "environment-injection"], "puts text of outsiders into a script");
}

/// A population that can open a pull request, or start the job, without the right to write.
fn outsider(edge: &Edge) -> bool {
    ["class:fork-contributor", "class:public"].iter().any(|c| edge.from.starts_with(c))
}

fn ci_03(audit: &mut Audit<'_>) {
    let public = audit.is_public();
    for job in audit.of_kind(Kind::Consumer) {
        let Some(edge) = audit.out(job, "part_of").find(|e| {
            audit.node(&e.to).is_some_and(|r| {
                r.key.subtype == "runner" && r.attributes.get("self_hosted") == Some(&true.into()) && r.attributes.get("persistent") != Some(&false.into())
            })
        }) else {
            continue;
        };
        let opened = audit.ending_at(job, "can_trigger").chain(audit.ending_at(job, "can_control")).find(|e| outsider(e));
        let by_change = job.list("trigger_classes").iter().any(|t| matches!(*t, "pull_request" | "pull_request_target"));
        if opened.is_none() && !by_change {
            continue;
        }
        // Who can open a pull request of a private repository may write to it, as a rule.
        let confidence = if public || opened.is_some_and(|e| e.condition == crate::model::Condition::True) { 0.9 } else { 0.5 };
        let said = claim(format!("{} runs pull requests on the self-hosted runner {}", job.name(), audit.name(&edge.to)));
        audit.say(job, said.edge(edge).confidence(confidence * edge.certainty()));
    }
}
