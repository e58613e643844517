//! Who else can become an identity.

use super::Check;
use super::context::{Audit, claim};
use crate::model::{Frameworks, Kind, Severity};

pub(super) static FED_01: Check = Check {
    id: "FED-01",
    title: "Trust open to anyone",
    severity: Severity::Critical,
    frameworks: Frameworks {
        owasp_nhi: &["NHI6:2025", "NHI4:2025"],
        nist_800_207: &["ZT4"],
        nist_csf: &["PR.AA-03", "PR.AA-05"],
        agentic: &[],
        cwe: &[284, 287],
    },
    rationale: "anyone with an account at the issuer, or anyone at all, can become this identity",
    fix: "name the subject: StringEquals on …:sub with the repository and environment, or the exact principal",
    bad: "Principal: * without a condition",
    good: "sub = repo:acme/web:environment:prod",
    run: fed_01,
};

pub(super) static FED_02: Check = Check {
    id: "FED-02",
    title: "Trust wider than the context that deploys",
    severity: Severity::High,
    frameworks: Frameworks {
        owasp_nhi: &["NHI6:2025", "NHI5:2025"],
        nist_800_207: &["ZT3", "ZT4"],
        nist_csf: &["PR.AA-05"],
        agentic: &["ASI03"],
        cwe: &[863, 266],
    },
    rationale: "every branch, tag and pull request of the repository (or of all repositories) can become this identity",
    fix: "trust the environment or the branch that deploys: repo:OWNER/REPO:environment:prod",
    bad: "sub like repo:acme/web:*",
    good: "sub = repo:acme/web:environment:prod",
    run: fed_02,
};

pub(super) static FED_04: Check = Check {
    id: "FED-04",
    title: "Audience not checked",
    severity: Severity::Medium,
    frameworks: Frameworks { owasp_nhi: &["NHI4:2025"], nist_800_207: &["ZT6"], nist_csf: &["PR.AA-04"], agentic: &["MCP07"], cwe: &[345, 863] },
    rationale: "a token that was issued for another service is accepted here",
    fix: "add a condition on …:aud (sts.amazonaws.com for AWS)",
    bad: "a trust with a condition on sub only",
    good: "conditions on sub and aud",
    run: fed_04,
};

pub(super) static FED_05: Check = Check {
    id: "FED-05",
    title: "Pattern crosses a name boundary",
    severity: Severity::High,
    frameworks: Frameworks { owasp_nhi: &["NHI6:2025"], nist_800_207: &["ZT4"], nist_csf: &["PR.AA-05"], agentic: &[], cwe: &[863, 625] },
    rationale: "a wildcard inside a name also fits names that others can register",
    fix: "put the wildcard right behind a delimiter, or name the subject",
    bad: "repo:acme/web*",
    good: "repo:acme/web:*",
    run: fed_05,
};

pub(super) static FED_06: Check = Check {
    id: "FED-06",
    title: "Condition that holds when the claim is absent",
    severity: Severity::High,
    frameworks: Frameworks { owasp_nhi: &["NHI6:2025"], nist_800_207: &["ZT4"], nist_csf: &["PR.AA-05"], agentic: &[], cwe: &[863] },
    rationale: "ForAllValues and …IfExists are true when the token lacks the claim",
    fix: "use StringEquals or StringLike without a set operator",
    bad: "ForAllValues:StringLike on sub",
    good: "StringLike on sub",
    run: fed_06,
};

/// Trust edges to an identity provider, with what they demand.
fn trusts<'a>(audit: &Audit<'a>) -> Vec<(&'a crate::graph::GraphNode, &'a crate::graph::Edge)> {
    audit.of_kind(Kind::Identity).flat_map(|i| audit.out(i, "trusts").map(move |e| (i, e))).collect()
}

fn is_federated(audit: &Audit<'_>, edge: &crate::graph::Edge) -> bool {
    audit.node(&edge.to).is_some_and(|n| n.key.kind == Kind::Issuer && n.key.subtype == "oidc-provider")
}

fn conditions(edge: &crate::graph::Edge) -> String {
    edge.attributes.get("conditions").map_or(String::new(), ToString::to_string)
}

fn fed_01(audit: &mut Audit<'_>) {
    for (identity, edge) in trusts(audit) {
        if edge.text("breadth") == Some("world") {
            audit.say(
                identity,
                claim(format!("anyone can become {}: its trust in {} names no subject", identity.name(), audit.name(&edge.to)))
                    .edge(edge)
                    .at_least(Severity::High),
            );
        }
    }
}

fn fed_02(audit: &mut Audit<'_>) {
    for (identity, edge) in trusts(audit) {
        let Some(breadth @ ("org" | "repo")) = edge.text("breadth") else { continue };
        let who = if breadth == "org" { "any repository of the organisation" } else { "any branch, tag or pull request of the repository" };
        let severity = if breadth == "org" || audit.rank(identity).is_some_and(|r| r.blast.score >= 60.0) { Severity::High } else { Severity::Medium };
        audit.say(identity, claim(format!("{who} can become {}", identity.name())).edge(edge).severity(severity));
    }
}

fn fed_04(audit: &mut Audit<'_>) {
    for (identity, edge) in trusts(audit) {
        if is_federated(audit, edge) && edge.attributes.contains_key("conditions") && !conditions(edge).contains(":aud") {
            audit.say(identity, claim(format!("{} accepts tokens that were issued for any audience", identity.name())).edge(edge));
        }
    }
}

fn fed_05(audit: &mut Audit<'_>) {
    for (identity, edge) in trusts(audit) {
        let text = conditions(edge);
        let crossing = text.split('"').find(|p| p.starts_with("repo:") && p.ends_with('*') && !p.ends_with(":*") && !p.ends_with("/*") && p.len() > 6);
        if let Some(pattern) = crossing {
            audit.say(identity, claim(format!("{} trusts {pattern}, which also fits names that others can register", identity.name())).edge(edge));
        }
    }
}

fn fed_06(audit: &mut Audit<'_>) {
    for (identity, edge) in trusts(audit) {
        let text = conditions(edge);
        if is_federated(audit, edge) && (text.contains("ForAllValues:") || text.contains("IfExists")) {
            audit.say(identity, claim(format!("a condition on who can become {} holds when the claim is absent", identity.name())).edge(edge));
        }
    }
}
