//! What identities may do: too much of everything.

use serde_json::Value;

use super::Check;
use super::context::{Audit, claim};
use crate::graph::{Edge, GraphNode};
use crate::model::{Frameworks, Kind, Level, Severity};
use crate::tables;

pub(super) static PRIV_01: Check = Check {
    id: "PRIV-01",
    title: "Administrator-equivalent NHI",
    severity: Severity::High,
    frameworks: Frameworks { ids: "NHI5:2025 ZT3 PR.AA-05 PR.AC-4 ASI03 LLM06", cwe: &[250, 269] },
    rationale: "whoever holds it holds everything in the account or cluster",
    fix: "grant the actions that its consumers use; keep administration for people, behind an approval",
    run: priv_01,
};

pub(super) static PRIV_02: Check = Check {
    id: "PRIV-02",
    title: "Wildcard or basic-role grant",
    severity: Severity::Medium,
    frameworks: Frameworks { ids: "NHI5:2025 ZT3 PR.AA-05 PR.AC-4", cwe: &[250, 732] },
    rationale: "a wildcard grants what exists tomorrow too",
    fix: "name actions and resources; replace basic roles by predefined ones",
    run: priv_02,
};

pub(super) static PRIV_03: Check = Check {
    id: "PRIV-03",
    title: "Privilege escalation path",
    severity: Severity::High,
    frameworks: Frameworks { ids: "NHI5:2025 ZT3 PR.AA-05 ASI03 MCP02", cwe: &[269, 266] },
    rationale: "the identity can give itself, or take over, more than it was granted",
    fix: "take the action away, or bind it with a permissions boundary",
    run: priv_03,
};

pub(super) static PRIV_04: Check = Check {
    id: "PRIV-04",
    title: "Can read every secret of a store or namespace",
    severity: Severity::High,
    frameworks: Frameworks { ids: "NHI5:2025 NHI8:2025 ZT3 PR.AA-05 PR.DS-01", cwe: &[732, 522] },
    rationale: "one identity opens every other credential in the place",
    fix: "name the secrets that it needs (resourceNames, the ARN of the secret, secrets: with one name each instead of inherit)",
    run: priv_04,
};

/// What is governed as a whole: who administers it has everything in it.
fn is_whole(resource: &GraphNode) -> bool {
    matches!(&*resource.key.subtype, "cloud-account" | "cluster" | "identity-provider" | "saas-tenant")
}

/// Whether a right over a whole comes from a role that governs it, and not from one that administers a single service of it.
fn governs(audit: &Audit<'_>, edge: &Edge) -> bool {
    let name = |id: &str| id.strip_prefix("gcp-role:").or_else(|| id.strip_prefix("azure-role:")).map(str::to_owned);
    let via = edge.via.iter().filter_map(|id| audit.graph.edges.get(id)).flat_map(|e| [name(&e.from), name(&e.to)]);
    let roles: Vec<String> = edge.text("via_role").map(str::to_owned).into_iter().chain(via.flatten()).collect();
    let whole = |role: &String| {
        let Some(known) = tables::google::role(role).or_else(|| tables::azure::role(role)) else { return true };
        known.services.iter().any(|(service, level)| *level == Level::Admin && matches!(*service, "resourcemanager" | "authorization" | "*"))
    };
    roles.is_empty() || roles.iter().any(whole)
}

fn priv_01(audit: &mut Audit<'_>) {
    for identity in audit.of_kind(Kind::Identity) {
        // What it could raise itself to is told by PRIV-03.
        let by_right = |path: &[std::sync::Arc<str>]| {
            !path.iter().any(|e| audit.graph.edges.get(e).is_some_and(|e| matches!(e.relation.name, "can_escalate_to" | "can_assume" | "deploys" | "invokes")))
        };
        let exposed = audit.rank(identity).is_some_and(|r| r.exposure >= 35.0);
        let severity = if exposed { Severity::Critical } else { Severity::High };
        // Who can change identities has the rest too; by which step, PRIV-03 tells where a step is known.
        let steps = audit.out(identity, "can_escalate_to").next().is_some();
        let all = |r: &GraphNode| is_whole(r) || (r.key.subtype == "iam-plane" && !steps);
        let found = audit.all_reached(identity, Level::Admin).into_iter().find(|r| {
            let last = r.path.last().and_then(|e| audit.graph.edges.get(e));
            all(r.resource) && by_right(&r.path) && last.is_none_or(|e| governs(audit, e))
        });
        if let Some(reach) = found {
            let at = reach.path.first().and_then(|e| audit.graph.edges.get(e)).and_then(|e| e.at.iter().next());
            let said = claim(format!("{} administers {}", identity.name(), reach.resource.name())).confidence(reach.confidence).path(&reach.path).at(at);
            audit.say(identity, said.severity(severity));
        } else if identity.key.subtype == "aws-root" && audit.ending_at(identity, "authenticates_as").next().is_some() {
            audit.say(identity, claim(format!("a key of the root user {} is in use", identity.name())).severity(severity));
        }
    }
}

/// Basic roles of the clouds.
const BASIC: &[&str] = &["roles/editor", "roles/owner", "Owner", "Contributor"];

/// Words of a Kubernetes rule that name everything.
fn any_of(rule: &Value, key: &str, test: impl Fn(&str) -> bool) -> bool {
    rule.get(key).and_then(Value::as_array).is_some_and(|a| a.iter().filter_map(Value::as_str).any(test))
}

fn changes(action: &str) -> bool {
    let verb = action.split_once(':').map_or(action, |(_, v)| v).to_ascii_lowercase();
    !["get", "list", "describe", "head", "view", "batchget", "query", "scan", "lookup", "search", "check"].iter().any(|r| verb.starts_with(r))
}

/// What is wide about a policy: the words that say so.
fn wide(policy: &GraphNode) -> Option<String> {
    if BASIC.contains(&policy.name()) {
        return Some(format!("is the basic role {}", policy.name()));
    }
    for s in policy.attributes.get("statements").and_then(Value::as_array).into_iter().flatten() {
        if s.get("effect").and_then(Value::as_str) == Some("Deny") {
            continue;
        }
        if any_of(s, "not_actions", |_| true) {
            return Some("allows everything but what it names (NotAction)".to_owned());
        }
        let all = |action: &str| action == "*" || action.ends_with(":*");
        if any_of(s, "actions", all) {
            let named = s.get("actions").and_then(Value::as_array).and_then(|a| a.iter().filter_map(Value::as_str).find(|x| all(x)));
            return Some(format!("allows {}", named.unwrap_or("*")));
        }
        // Some actions know no resource; one that changes things on all of them is another matter.
        if any_of(s, "resources", |r| r == "*") && any_of(s, "actions", changes) && s.get("conditions").is_none_or(Value::is_null) {
            let named = s.get("actions").and_then(Value::as_array).and_then(|a| a.iter().filter_map(Value::as_str).find(|x| changes(x)));
            return Some(format!("allows {} on every resource", named.unwrap_or("*")));
        }
    }
    let rules = policy.attributes.get("rules").and_then(Value::as_array).into_iter().flatten();
    for rule in rules {
        if any_of(rule, "verbs", |v| v == "*") {
            return Some("allows every verb (*)".to_owned());
        }
        if any_of(rule, "resources", |r| r == "*") && any_of(rule, "verbs", |v| !matches!(v, "get" | "list" | "watch")) {
            return Some("allows changes of every resource (*)".to_owned());
        }
    }
    None
}

fn priv_02(audit: &mut Audit<'_>) {
    for policy in audit.of_kind(Kind::Policy) {
        let Some(how) = wide(policy) else { continue };
        // What nobody is granted is not in force; a policy of a resource has no grantee.
        let granted = audit.ending_at(policy, "granted").next().or_else(|| audit.sources(policy, "same_as").find_map(|p| audit.ending_at(p, "granted").next()));
        if let Some(edge) = granted {
            let who = audit.name(&edge.from);
            audit.say(policy, claim(format!("{} {how}, and {who} has it", policy.name())).at(policy.primary()));
        }
    }
}

fn priv_03(audit: &mut Audit<'_>) {
    // What a machine runs it has by nature; how one comes to the machine is the finding.
    for identity in audit.of_kind(Kind::Identity).filter(|i| i.key.subtype != "k8s-node") {
        if audit.reaches(identity, Level::Admin, is_whole).is_some_and(|r| r.path.len() == 1 && !escalates(audit, &r.path)) {
            continue;
        }
        if let Some(edge) = audit.out(identity, "can_escalate_to").max_by(|a, b| a.certainty().total_cmp(&b.certainty()).then(b.id.cmp(&a.id))) {
            let how = edge.text("rule").unwrap_or("its own permissions");
            audit.say(identity, claim(format!("{} can raise itself to {} by {how}", identity.name(), audit.name(&edge.to))).edge(edge));
        }
    }
}

fn escalates(audit: &Audit<'_>, path: &[std::sync::Arc<str>]) -> bool {
    path.iter().any(|e| audit.graph.edges.get(e).is_some_and(|e| e.relation.name == "can_escalate_to"))
}

/// Everything of one mount of Vault: `vault:{address}/secret/*`.
fn whole_mount(path: &GraphNode) -> bool {
    let rest = path.id().strip_prefix("vault:").and_then(|r| r.rsplit_once('}').map(|(_, r)| r).or_else(|| r.split_once('/').map(|(_, r)| r)));
    path.key.subtype == "vault-path"
        && rest.is_some_and(|r| r.trim_start_matches('/').split('/').eq([r.trim_start_matches('/').split('/').next().unwrap_or_default(), "*"]))
}

fn priv_04(audit: &mut Audit<'_>) {
    for policy in audit.of_kind(Kind::Policy) {
        for edge in audit.out(policy, "permits") {
            let wide = audit.node(&edge.to).is_some_and(|r| r.key.subtype == "secret-store" || whole_mount(r))
                && matches!(edge.text("level"), Some("secret-read" | "admin"))
                && edge.text("effect") != Some("deny");
            // What a document says is told of the policy that is made of it.
            let told = audit.sources(policy, "same_as").any(|p| audit.out(p, "permits").any(|e| e.to == edge.to));
            if wide && !told {
                audit.say(policy, claim(format!("{} opens {}", policy.name(), audit.name(&edge.to))).edge(edge));
            }
        }
    }
    for slot in audit.of_kind(Kind::Location).filter(|l| l.flag("all")) {
        // What a third party is handed so is told by TP-02.
        let own = |e: &&crate::graph::Edge| audit.node(&e.from).is_some_and(|n| n.key.kind != Kind::Tool);
        if let Some(edge) = audit.ending_at(slot, "consumes").find(own)
            && let Some(who) = audit.node(&edge.from)
        {
            audit.say(who, claim(format!("{} is handed {}", who.name(), slot.name())).edge(edge).severity(Severity::Medium));
        }
    }
}
