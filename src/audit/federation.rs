//! Who else can become an identity: trusts that say too little.

use super::Check;
use super::context::{Audit, claim};
use crate::graph::{Edge, GraphNode};
use crate::model::{Frameworks, Kind, Level, Severity};

pub(super) static FED_01: Check = Check {
    id: "FED-01",
    title: "Trust open to anyone",
    severity: Severity::Critical,
    frameworks: Frameworks { ids: "NHI6:2025 NHI4:2025 ZT4 PR.AA-03 PR.AA-05 PR.AC-4", cwe: &[284, 287] },
    rationale: "anyone with an account at the issuer, or anyone at all, can become this identity",
    fix: "name the subject: StringEquals on …:sub with the repository and environment, or the exact principal",
    run: fed_01,
};

pub(super) static FED_02: Check = Check {
    id: "FED-02",
    title: "Trust wider than the deploying context",
    severity: Severity::High,
    frameworks: Frameworks { ids: "NHI6:2025 NHI5:2025 ZT3 ZT4 PR.AA-05 PR.AC-4 ASI03", cwe: &[863, 266] },
    rationale: "every branch, tag and pull request of the repository (or of all repositories) can become this identity",
    fix: "trust the environment or the branch that deploys: repo:OWNER/REPO:environment:prod",
    run: fed_02,
};

pub(super) static FED_04: Check = Check {
    id: "FED-04",
    title: "Audience not checked",
    severity: Severity::Medium,
    frameworks: Frameworks { ids: "NHI4:2025 ZT6 PR.AA-04 MCP07", cwe: &[345, 863] },
    rationale: "a token that was issued for another service is accepted here",
    fix: "add a condition on …:aud (sts.amazonaws.com for AWS), allowed_audiences for Google, bound_audiences for Vault",
    run: fed_04,
};

pub(super) static FED_05: Check = Check {
    id: "FED-05",
    title: "Pattern crosses a name boundary",
    severity: Severity::High,
    frameworks: Frameworks { ids: "NHI6:2025 ZT4 PR.AA-05", cwe: &[863, 625] },
    rationale: "a wildcard inside a name also fits names that others can register",
    fix: "put the wildcard right behind a delimiter (repo:OWNER/REPO:*), anchor the expression (^…$), or name the subject",
    run: fed_05,
};

pub(super) static FED_06: Check = Check {
    id: "FED-06",
    title: "Vacuous condition",
    severity: Severity::High,
    frameworks: Frameworks { ids: "NHI6:2025 ZT4 PR.AA-05", cwe: &[863] },
    rationale: "ForAllValues and …IfExists are true when the token lacks the claim",
    fix: "use StringEquals or StringLike without a set operator",
    run: fed_06,
};

/// Trust edges of every identity, with what they demand.
pub(super) fn trusts<'a>(audit: &Audit<'a>) -> Vec<(&'a GraphNode, &'a Edge)> {
    audit.of_kind(Kind::Identity).flat_map(|i| audit.out(i, "trusts").map(move |e| (i, e))).collect()
}

pub(super) fn is_federated(audit: &Audit<'_>, edge: &Edge) -> bool {
    audit.node(&edge.to).is_some_and(|n| n.key.kind == Kind::Issuer && n.key.subtype == "oidc-provider")
}

/// Every value in the conditions of a trust that is compared with the claim of this name.
pub(super) fn claim_values(edge: &Edge, claim: &str) -> Vec<String> {
    let mut out = Vec::new();
    for tests in edge.attributes.get("conditions").and_then(serde_json::Value::as_object).into_iter().flat_map(|c| c.values()) {
        for (name, values) in tests.as_object().into_iter().flatten() {
            if name.rsplit(':').next() == Some(claim) {
                out.extend(values.as_str().map(str::to_owned));
                out.extend(values.as_array().into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)));
            }
        }
    }
    out
}

fn conditions(edge: &Edge) -> String {
    edge.attributes.get("conditions").map_or(String::new(), ToString::to_string)
}

/// The issuer that a cluster is for itself.
const OWN_CLUSTER: &str = "oidc-provider:kubernetes.default.svc";

fn fed_01(audit: &mut Audit<'_>) {
    for (identity, edge) in trusts(audit) {
        if edge.text("breadth") == Some("world") && edge.to.starts_with(OWN_CLUSTER) {
            // Only the cluster's own accounts have tokens of this issuer.
            audit.say(
                identity,
                claim(format!("every account of the cluster can become {}: its trust names no subject", identity.name())).edge(edge).severity(Severity::High),
            );
        } else if edge.text("breadth") == Some("world") {
            let how = if edge.to.starts_with("class:") { String::new() } else { format!(": its trust in {} names no subject", audit.name(&edge.to)) };
            audit.say(identity, claim(format!("anyone can become {}{how}", identity.name())).edge(edge).at_least(Severity::High));
        }
    }
    // An impersonator that is nobody in particular.
    for identity in audit.of_kind(Kind::Identity) {
        let open = |e: &&Edge| e.from.starts_with("class:public") && e.text("breadth").is_none();
        let stated = audit.out(identity, "trusts").any(|t| t.text("breadth") == Some("world"));
        if let Some(edge) = audit.ending_at(identity, "can_assume").find(open).filter(|_| !stated) {
            let said = claim(format!("anyone can become {}", identity.name())).edge(edge).with(edge.from.to_string()).at_least(Severity::High);
            audit.say(identity, said);
        }
    }
}

fn fed_02(audit: &mut Audit<'_>) {
    for (identity, edge) in trusts(audit) {
        let Some(breadth @ ("org" | "repo")) = edge.text("breadth") else { continue };
        let who = match breadth {
            "org" if edge.to.starts_with("class:") => "any account of the organisation",
            "org" => "any repository of the organisation",
            _ => "any branch, tag or pull request of the repository",
        };
        // What cannot change anything is no deployment; what is not known to be harmless is.
        let reached = audit.all_reached(identity, Level::List);
        if !reached.is_empty() && !reached.iter().any(|r| r.level >= Level::Write || r.level == Level::Unknown) {
            continue;
        }
        let prod = identity.env.as_deref() == Some("prod") || reached.iter().any(|r| r.level >= Level::Write && r.resource.env.as_deref() == Some("prod"));
        let severity = if breadth == "org" || prod || audit.blast(identity) >= 60.0 { Severity::High } else { Severity::Medium };
        audit.say(identity, claim(format!("{who} can become {}", identity.name())).edge(edge).severity(severity));
    }
}

fn fed_04(audit: &mut Audit<'_>) {
    for (identity, edge) in trusts(audit) {
        if is_federated(audit, edge) && edge.attributes.contains_key("conditions") && claim_values(edge, "aud").is_empty() {
            audit.say(identity, claim(format!("{} accepts tokens that were issued for any audience", identity.name())).edge(edge));
        }
    }
}

/// A pattern with a wildcard inside a name, where others can register a longer one.
fn crosses(pattern: &str) -> bool {
    let Some(before) = pattern.strip_prefix("repo:").and_then(|p| p.split_once('*')).map(|(before, _)| before) else { return false };
    !before.is_empty() && !before.ends_with([':', '/']) && before.matches(':').count() == 0
}

/// An expression that tests a claim by a regular expression without saying where it begins and ends.
fn unanchored(expression: &str) -> bool {
    expression.split(".matches(").skip(1).any(|rest| {
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
        let text = quote.and_then(|q| rest[1..].split(q).next());
        text.is_some_and(|t| !(t.starts_with('^') && t.ends_with('$')))
    })
}

fn fed_05(audit: &mut Audit<'_>) {
    for (identity, edge) in trusts(audit) {
        let mut subjects = claim_values(edge, "sub");
        subjects.extend(edge.text("subject").map(str::to_owned));
        let found = subjects.into_iter().find(|s| crosses(s)).or_else(|| edge.text("attribute_condition").filter(|c| unanchored(c)).map(str::to_owned));
        if let Some(pattern) = found {
            audit.say(identity, claim(format!("{} trusts {pattern}, which also fits names that others can register", identity.name())).edge(edge));
        }
    }
    for issuer in audit.of_kind(Kind::Issuer) {
        if let Some(condition) = issuer.text("attribute_condition").filter(|c| unanchored(c)) {
            audit.say(issuer, claim(format!("{} admits whatever fits {condition} anywhere in the claim", issuer.name())));
        }
    }
}

fn fed_06(audit: &mut Audit<'_>) {
    for (identity, edge) in trusts(audit) {
        let text = conditions(edge);
        if text.contains("ForAllValues:") || text.contains("IfExists") {
            audit.say(identity, claim(format!("a condition on who can become {} holds when the claim is absent", identity.name())).edge(edge));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{crosses, unanchored};

    #[test]
    fn a_wildcard_inside_a_name_crosses_its_boundary() {
        for (pattern, wide) in [
            ("repo:acme*", true),
            ("repo:acme/web*", true),
            ("repo:acme/web-*:ref:refs/heads/main", true),
            ("repo:acme/*", false),
            ("repo:acme/web:*", false),
            ("repo:acme/web:ref:refs/heads/release-*", false),
            ("repo:acme/web:environment:prod", false),
            ("*", false),
        ] {
            assert_eq!(crosses(pattern), wide, "{pattern}");
        }
        assert!(unanchored("assertion.repository.matches('acme/web')"));
        assert!(!unanchored("assertion.repository.matches('^acme/web$')"));
    }
}
