//! What identities may do.

use super::Check;
use super::context::{Audit, claim};
use crate::model::{Frameworks, Kind, Level, Severity};

pub(super) static PRIV_01: Check = Check {
    id: "PRIV-01",
    title: "Administrator-equivalent identity",
    severity: Severity::High,
    frameworks: Frameworks { owasp_nhi: &["NHI5:2025"], nist_800_207: &["ZT3"], nist_csf: &["PR.AA-05"], agentic: &["ASI03", "LLM06"], cwe: &[250, 269] },
    rationale: "whoever holds it holds everything in the account or cluster",
    fix: "grant the actions that its consumers use; keep administration for people, behind an approval",
    bad: "AdministratorAccess on a pipeline's role",
    good: "a policy with the deployment's own actions",
    run: priv_01,
};

pub(super) static PRIV_02: Check = Check {
    id: "PRIV-02",
    title: "Wildcard or basic-role grant",
    severity: Severity::Medium,
    frameworks: Frameworks { owasp_nhi: &["NHI5:2025"], nist_800_207: &["ZT3"], nist_csf: &["PR.AA-05"], agentic: &[], cwe: &[250, 732] },
    rationale: "a wildcard grants what exists tomorrow too",
    fix: "name actions and resources; replace basic roles by predefined ones",
    bad: "Action: s3:* on Resource: *",
    good: "s3:GetObject on one bucket",
    run: priv_02,
};

pub(super) static PRIV_03: Check = Check {
    id: "PRIV-03",
    title: "Path to higher privileges",
    severity: Severity::High,
    frameworks: Frameworks { owasp_nhi: &["NHI5:2025"], nist_800_207: &["ZT3"], nist_csf: &["PR.AA-05"], agentic: &["ASI03", "MCP02"], cwe: &[269, 266] },
    rationale: "the identity can give itself, or take over, more than it was granted",
    fix: "take the action away, or bind it with a permissions boundary",
    bad: "iam:CreatePolicyVersion on its own policy",
    good: "no action that changes identities",
    run: priv_03,
};

pub(super) static PRIV_04: Check = Check {
    id: "PRIV-04",
    title: "Can read every secret of a store or namespace",
    severity: Severity::High,
    frameworks: Frameworks {
        owasp_nhi: &["NHI5:2025", "NHI8:2025"],
        nist_800_207: &["ZT3"],
        nist_csf: &["PR.AA-05", "PR.DS-01"],
        agentic: &[],
        cwe: &[732, 522],
    },
    rationale: "one identity opens every other credential in the place",
    fix: "name the secrets that it needs",
    bad: "secrets: [get, list] for a whole namespace",
    good: "resourceNames: [db]",
    run: priv_04,
};

pub(super) static PRIV_08: Check = Check {
    id: "PRIV-08",
    title: "Workload can escape to its host",
    severity: Severity::High,
    frameworks: Frameworks {
        owasp_nhi: &["NHI6:2025", "NHI5:2025"],
        nist_800_207: &["ZT5"],
        nist_csf: &["PR.PS-01", "PR.IR-01"],
        agentic: &["ASI05"],
        cwe: &[250, 653],
    },
    rationale: "from the host every identity that runs there is in reach",
    fix: "drop privileged, host namespaces and host paths; mount no container socket",
    bad: "/var/run/docker.sock in a service",
    good: "a workload under the restricted profile",
    run: priv_08,
};

fn priv_01(audit: &mut Audit<'_>) {
    for identity in audit.of_kind(Kind::Identity) {
        let found = audit.reaches(identity, Level::Admin, |r| matches!(&*r.key.subtype, "cloud-account" | "cluster" | "iam-plane" | "identity-provider"));
        if let Some((resource, _, confidence, path)) = found {
            let at = path.first().and_then(|e| audit.graph.edges.get(e)).and_then(|e| e.at.iter().next());
            audit.say(identity, claim(format!("{} administers {}", identity.name(), resource.name())).confidence(confidence).path(path).at(at));
        }
    }
}

fn priv_02(audit: &mut Audit<'_>) {
    for policy in audit.of_kind(Kind::Policy) {
        let text = |key: &str| policy.attributes.get(key).map_or(String::new(), ToString::to_string);
        let statements = policy.attributes.get("statements").and_then(serde_json::Value::as_array).cloned().unwrap_or_default();
        let wild = statements.iter().any(|s| {
            let any = |key: &str, test: fn(&str) -> bool| {
                s.get(key).and_then(serde_json::Value::as_array).is_some_and(|a| a.iter().filter_map(serde_json::Value::as_str).any(test))
            };
            s.get("effect").and_then(serde_json::Value::as_str) != Some("Deny")
                && any("actions", |a| a == "*" || a.ends_with(":*"))
                && any("resources", |r| r == "*")
        }) || text("rules").contains("\"verbs\":[\"*\"]")
            || matches!(policy.name(), "roles/editor" | "roles/owner" | "Owner" | "Contributor");
        if wild {
            audit.say(policy, claim(format!("{} grants by wildcard", policy.name())));
        }
    }
}

fn priv_03(audit: &mut Audit<'_>) {
    for identity in audit.of_kind(Kind::Identity) {
        if let Some(edge) = audit.out(identity, "can_escalate_to").next() {
            let how = edge.text("rule").unwrap_or("its own permissions");
            audit.say(identity, claim(format!("{} can raise itself to {} by {how}", identity.name(), audit.name(&edge.to))).edge(edge));
        }
    }
}

fn priv_04(audit: &mut Audit<'_>) {
    for policy in audit.of_kind(Kind::Policy) {
        for edge in audit.out(policy, "permits") {
            let wide = audit.node(&edge.to).is_some_and(|r| r.key.subtype == "secret-store")
                && matches!(edge.text("level"), Some("secret-read" | "admin"))
                && edge.text("effect") != Some("deny");
            if wide {
                audit.say(policy, claim(format!("{} opens {}", policy.name(), audit.name(&edge.to))).edge(edge));
            }
        }
    }
}

fn priv_08(audit: &mut Audit<'_>) {
    for consumer in audit.of_kind(Kind::Consumer) {
        let escapes = consumer.list("escape");
        if !escapes.is_empty() {
            audit.say(consumer, claim(format!("{} can reach its host: {}", consumer.name(), escapes.join(", "))));
        }
    }
}
