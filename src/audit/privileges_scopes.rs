//! What identities may do: tokens, scopes, hosts, and what anyone may.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Check;
use super::context::{Audit, claim};
use crate::graph::GraphNode;
use crate::model::{Frameworks, Kind, Level, Severity};
use crate::rank;

pub(super) static PRIV_05: Check = Check {
    id: "PRIV-05",
    title: "Pipeline token broader than the job needs",
    severity: Severity::Medium,
    frameworks: Frameworks { ids: "NHI5:2025 ZT3 PR.AA-05 PR.AC-4", cwe: &[250] },
    rationale: "every step of the job, third-party ones included, can use what its token may do",
    fix: "state permissions: on the workflow ({ contents: read }) and add single keys on the job that needs them; switch on the allow list of job tokens",
    run: priv_05,
};

pub(super) static PRIV_06: Check = Check {
    id: "PRIV-06",
    title: "Excessive OAuth/App scopes or domain-wide delegation",
    severity: Severity::Medium,
    frameworks: Frameworks { ids: "NHI5:2025 NHI3:2025 ZT3 PR.AA-05 GV.SC-07 ASI03 MCP02", cwe: &[250, 272] },
    rationale: "whoever holds the application's secret acts for everyone who consented, in everything that the scope names",
    fix: "ask for the single scopes that the application uses (.readonly, one repository), and end domain-wide delegation",
    run: priv_06,
};

pub(super) static PRIV_07: Check = Check {
    id: "PRIV-07",
    title: "Granted but apparently unused permission",
    severity: Severity::Info,
    frameworks: Frameworks { ids: "NHI5:2025 ZT3 PR.AA-05", cwe: &[272] },
    rationale: "what is not used can be taken away without harm, and is no longer there to be misused",
    fix: "take the actions of the service out of the policy, after a look at its last use (aws iam get-service-last-accessed-details)",
    run: priv_07,
};

pub(super) static PRIV_08: Check = Check {
    id: "PRIV-08",
    title: "Workload can escape to node or host",
    severity: Severity::High,
    frameworks: Frameworks { ids: "NHI6:2025 NHI5:2025 ZT5 PR.PS-01 PR.IR-01 ASI05", cwe: &[250, 653] },
    rationale: "from the host every identity that runs there is in reach",
    fix: "drop privileged, host namespaces and host paths; mount no container socket",
    run: priv_08,
};

pub(super) static PRIV_09: Check = Check {
    id: "PRIV-09",
    title: "Public principal can reach sensitive resource",
    severity: Severity::Critical,
    frameworks: Frameworks { ids: "NHI6:2025 ZT1 PR.AA-05 PR.AC-4", cwe: &[732, 668] },
    rationale: "nobody has to log in to read it",
    fix: "take allUsers, Principal: * or the public ACL away, and switch on the block of public access of the account",
    run: priv_09,
};

fn permissions(node: &GraphNode) -> Vec<(String, String)> {
    let map = node.attributes.get("permissions").and_then(Value::as_object);
    map.into_iter().flatten().filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_owned()))).collect()
}

/// Keys with write access from which a token counts as one that may do everything.
const BROAD: usize = 7;

fn priv_05(audit: &mut Audit<'_>) {
    for token in audit.of_kind(Kind::Identity).filter(|i| i.key.subtype == "ci-job-token") {
        let stated = permissions(token);
        let writes = stated.iter().filter(|(_, v)| v == "write").count();
        let job = audit.sources(token, "runs_as").find(|n| n.key.kind == Kind::Consumer);
        let job = job.map_or(token.name(), GraphNode::name);
        if writes >= BROAD {
            audit.say(token, claim(format!("the token of {job} may write to everything in the repository")));
        } else if stated.iter().any(|(_, v)| v == "default") && calls_out(audit, token) {
            // What the default is, the settings of the repository say.
            audit.say(token, claim(format!("{job} states no permissions for its token, so the default of the repository applies")).severity(Severity::Low));
        }
    }
    for place in audit.graph.nodes.values().filter(|n| n.flag("open_job_tokens")) {
        audit.say(place, claim(format!("the job token of any project can reach {}", place.name())));
    }
}

/// Whether code from elsewhere runs in the job.
fn calls_out(audit: &Audit<'_>, token: &GraphNode) -> bool {
    let jobs = audit.sources(token, "runs_as").filter(|n| n.key.kind == Kind::Consumer);
    jobs.flat_map(|j| audit.targets(j, "invokes")).any(|t| t.key.kind == Kind::Tool && !matches!(t.text("pin"), Some("local")) && !first_party(t.name()))
}

/// The platform's own actions are as trusted as the platform.
pub(super) fn first_party(action: &str) -> bool {
    action.starts_with("actions/") || action.starts_with("github/")
}

/// Scopes that open a whole tenant or platform.
fn is_tier_zero(scope: &str) -> bool {
    let tenant = ["RoleManagement.ReadWrite", "AppRoleAssignment.ReadWrite", "Application.ReadWrite.All", "Directory.ReadWrite", "full_access_as_app"];
    scope.ends_with("/auth/cloud-platform") || scope == "cloud-platform" || scope.starts_with("admin") || tenant.iter().any(|t| scope.starts_with(t))
}

fn is_wide(scope: &str) -> bool {
    is_tier_zero(scope)
        || (scope.ends_with(".All") && (scope.contains("ReadWrite") || scope.contains("FullControl") || scope.contains("Manage")))
        || matches!(scope, "repo" | "delete_repo" | "workflow" | "https://mail.google.com/" | "write:packages" | "site_admin")
        || scope.ends_with("/auth/drive")
        || scope.ends_with("/auth/gmail.modify")
}

/// Keys of an app's permissions with which it can give itself the rest.
const SETTINGS: &[&str] = &["administration", "organization_administration", "members", "workflows", "secrets", "organization_secrets"];

fn priv_06(audit: &mut Audit<'_>) {
    for policy in audit.of_kind(Kind::Policy) {
        let app = audit.sources(policy, "granted").next();
        let third = app.is_some_and(|a| a.flag("third_party"));
        let user_scopes = policy.id().ends_with("#user") && policy.key.subtype == "oauth-scopes";
        let scopes = policy.list("scopes");
        let scope = scopes.iter().find(|s| is_tier_zero(s)).or_else(|| scopes.iter().find(|s| is_wide(s) || (user_scopes && s.contains(":write")))).copied();
        let key = (policy.key.subtype == "app-permissions")
            .then(|| permissions(policy).into_iter().find(|(k, v)| SETTINGS.contains(&k.as_str()) && (v == "write" || v == "admin")))
            .flatten();
        let Some(what) = scope.map(str::to_owned).or_else(|| key.map(|(k, v)| format!("{k}: {v}"))) else { continue };
        let severity = if third || scope.is_some_and(is_tier_zero) { Severity::High } else { Severity::Medium };
        let who = app.map_or(policy.name(), GraphNode::name);
        audit.say(policy, claim(format!("{who} asks for {what}")).severity(severity));
    }
    for identity in audit.of_kind(Kind::Identity) {
        if identity.flag("domain_wide_delegation") {
            audit.say(identity, claim(format!("{} can act as any user of the domain", identity.name())).severity(Severity::High));
        }
        let wide = audit.out(identity, "can_access").find(|e| e.text("scopes").is_some_and(|s| s.split([',', ' ']).any(is_tier_zero)));
        if let Some(edge) = wide {
            let said = claim(format!("the token of {} is for the whole platform (cloud-platform)", identity.name()));
            audit.say(identity, said.edge(edge).severity(Severity::Medium));
        }
    }
}

/// Service of an AWS action or of a resource's id.
fn service(text: &str) -> Option<&str> {
    let found = if let Some(rest) = text.strip_prefix("arn:") { rest.split(':').nth(1)? } else { text.split_once(':')?.0 };
    (!found.is_empty() && found != "*").then_some(found)
}

fn priv_07(audit: &mut Audit<'_>) {
    for identity in audit.of_kind(Kind::Identity).filter(|i| i.key.subtype == "aws-role") {
        let users = audit.sources(identity, "runs_as").chain(audit.sources(identity, "can_assume"));
        let consumers: Vec<&GraphNode> = users.filter(|n| n.key.kind == Kind::Consumer).collect();
        // Only where the code of every consumer was read can something be called unused.
        let code = |c: &&GraphNode| {
            audit.targets(c, "invokes").chain(audit.targets(c, "deploys")).chain(audit.sources(c, "part_of")).any(|n| n.key.subtype == "code-unit")
        };
        if consumers.is_empty() || !consumers.iter().all(|c| code(c) || c.key.subtype == "code-unit") {
            continue;
        }
        let units = consumers.iter().flat_map(|c| {
            let near = audit.targets(c, "invokes").chain(audit.targets(c, "deploys")).chain(audit.sources(c, "part_of"));
            near.filter(|n| n.key.subtype == "code-unit").chain((c.key.subtype == "code-unit").then_some(*c))
        });
        let used: BTreeSet<String> = units
            .flat_map(|u| {
                let listed: Vec<String> = u.list("cloud_services").into_iter().filter_map(|s| s.strip_prefix("aws:")).map(str::to_owned).collect();
                listed.into_iter().chain(audit.out(u, "can_access").filter_map(|e| service(&e.to).map(str::to_owned)))
            })
            .collect();
        if used.is_empty() {
            continue;
        }
        let granted: BTreeSet<String> = audit
            .targets(identity, "granted")
            .flat_map(|p| p.attributes.get("statements").and_then(Value::as_array).cloned().unwrap_or_default())
            .filter(|s| s.get("effect").and_then(Value::as_str) != Some("Deny"))
            .flat_map(|s| s.get("actions").and_then(Value::as_array).cloned().unwrap_or_default())
            .filter_map(|a| a.as_str().and_then(service).map(str::to_owned))
            .filter(|s| !matches!(s.as_str(), "logs" | "xray" | "cloudwatch" | "ec2" | "kms" | "sts"))
            .collect();
        let idle: Vec<&str> = granted.difference(&used).map(String::as_str).collect();
        if !idle.is_empty() {
            audit.say(identity, claim(format!("the code that runs as {} was not seen to use {}", identity.name(), idle.join(", "))));
        }
    }
}

fn priv_08(audit: &mut Audit<'_>) {
    for node in audit.of_kind(Kind::Consumer).chain(audit.of_kind(Kind::Tool)).collect::<Vec<_>>() {
        let escapes = node.list("escape");
        if !escapes.is_empty() {
            // The host's network alone is a way to its neighbours, not yet to the host.
            let severity = if escapes.iter().all(|e| *e == "hostNetwork") { Severity::Medium } else { Severity::High };
            audit.say(node, claim(format!("{} can reach its host: {}", node.name(), escapes.join(", "))).severity(severity));
        }
    }
}

fn priv_09(audit: &mut Audit<'_>) {
    let public: Vec<&GraphNode> = audit.of_kind(Kind::Party).filter(|p| p.id().starts_with("class:public")).collect();
    for edge in public.iter().flat_map(|p| audit.graph.out(p.id())).filter(|e| e.relation.name == "can_access") {
        let level = edge.text("level").map_or(Level::Unknown, Level::parse);
        let Some(resource) = audit.node(&edge.to).filter(|_| level >= Level::ReadData) else { continue };
        if rank::sensitivity(resource) >= 0.5 {
            audit.say(resource, claim(format!("anyone can {} {}", level.name(), resource.name())).edge(edge).with(edge.from.to_string()));
        }
    }
}
