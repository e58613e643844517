//! What is verified on the way, and who is asked at the door.

use super::Check;
use super::context::{Audit, claim};
use crate::graph::GraphNode;
use crate::model::{Frameworks, Kind, Location, Severity};

pub(super) static AUTH_05: Check = Check {
    id: "AUTH-05",
    title: "Verification switched off",
    severity: Severity::High,
    frameworks: Frameworks { ids: "NHI4:2025 ZT6 PR.AA-04 PR.DS-02 ASI07", cwe: &[295, 347] },
    rationale: "whoever stands between takes the credential, or answers in the other's name",
    fix: "take the switch out (-k, verify=False, StrictHostKeyChecking=no, insecure-skip-tls-verify) and give the certificate of the authority, or the host's key, instead",
    run: auth_05,
};

pub(super) static AUTH_06: Check = Check {
    id: "AUTH-06",
    title: "Credential over clear transport or in URL/argv",
    severity: Severity::Medium,
    frameworks: Frameworks { ids: "NHI4:2025 NHI2:2025 ZT2 PR.DS-02 PR.AC-3", cwe: &[319, 598, 214] },
    rationale: "URLs and arguments end in logs, process lists and histories; what travels in clear is read on the way",
    fix: "give user and password as separate settings from a secret store, and use the scheme with TLS (https, rediss, ldaps, amqps)",
    run: auth_06,
};

pub(super) static AUTH_07: Check = Check {
    id: "AUTH-07",
    title: "Unauthenticated entry to a privileged identity",
    severity: Severity::High,
    frameworks: Frameworks { ids: "NHI4:2025 NHI6:2025 ZT6 PR.AA-03 PR.IR-01 PR.AC-5 ASI03 MCP07", cwe: &[306] },
    rationale: "anyone on the network can make it act with its identity",
    fix: "demand authentication at the entry (authorization_type = \"AWS_IAM\", an authorizer, a webhook secret, auth.path in langgraph.json)",
    run: auth_07,
};

/// What is left unverified, in words.
fn unverified(what: &str) -> &str {
    match what {
        "tls" => "certificates",
        "token" => "signatures of tokens",
        "host-key" => "keys of hosts",
        "webhook" => "signatures of webhooks",
        other => other,
    }
}

/// Where a node says that it does not verify something: a line of its own file.
fn stated(node: &GraphNode, what: &str) -> Option<Location> {
    let line = node.list("verification_lines").into_iter().find_map(|l| l.strip_prefix(what)?.strip_prefix(' ')?.parse().ok())?;
    node.primary().map(|own| Location { line, column: 1, end_line: line, ..own.clone() })
}

fn auth_05(audit: &mut Audit<'_>) {
    for node in audit.graph.nodes.values() {
        for what in node.list("verification_off") {
            // Code may be a library's or a tool's; a job or a deployment is at work somewhere.
            let severity = match node.env.as_deref() {
                Some("prod") => Severity::High,
                Some("dev" | "staging") => Severity::Medium,
                _ if &*node.key.subtype == "code-unit" => Severity::Medium,
                _ => Severity::High,
            };
            audit.say(
                node,
                claim(format!("{} does not verify {}", node.name(), unverified(what))).with(what).at(stated(node, what).as_ref()).severity(severity),
            );
        }
        for what in node.list("verification_optional") {
            audit.say(
                node,
                claim(format!("{} can be told not to verify {}", node.name(), unverified(what)))
                    .with(what)
                    .at(stated(node, what).as_ref())
                    .severity(Severity::Low),
            );
        }
    }
}

fn is_local(host: &str) -> bool {
    let name = host.trim_start_matches('[').split([':', ']']).next().unwrap_or(host);
    matches!(name, "localhost" | "" | "0.0.0.0" | "host.docker.internal") || name.starts_with("127.") || !name.contains('.')
}

fn auth_06(audit: &mut Audit<'_>) {
    for credential in audit.of_kind(Kind::Credential).filter(|c| c.text("rule") == Some("url-basic-auth") && c.text("state") == Some("present-head")) {
        // A name without a dot is another service of the same network.
        if let Some(edge) = audit.out(credential, "stored_in").next().filter(|_| !credential.text("host").is_some_and(is_local)) {
            audit.say(credential, claim(format!("{} stands in the URL itself", credential.name())).edge(edge));
        }
    }
    for policy in audit.of_kind(Kind::Policy).filter(|p| matches!(p.text("mtls"), Some("permissive" | "disable"))) {
        let mode = policy.text("mtls").unwrap_or_default().to_ascii_uppercase();
        audit.say(policy, claim(format!("{} admits calls that are not encrypted: mTLS {mode}", policy.name())));
    }
    for node in audit.graph.nodes.values() {
        for how in node.list("clear_transport") {
            audit.say(node, claim(format!("{} sends its credential {how}", node.name())).with(how));
        }
        // A remote server that is called in clear, with a credential in the header.
        let held = audit.out(node, "consumes").find(|e| audit.node(&e.to).is_some_and(|l| super::agents::holds_authority(audit, l)));
        if let Some(edge) = held.filter(|_| node.flag("cleartext")) {
            audit.say(node, claim(format!("{} sends {} without TLS", node.name(), audit.name(&edge.to))).edge(edge));
        }
    }
}

/// A service, or what a service runs.
fn is_entry(node: &GraphNode) -> bool {
    matches!(node.key.kind, Kind::Consumer | Kind::Agent | Kind::Tool)
}

fn auth_07(audit: &mut Audit<'_>) {
    for node in audit.graph.nodes.values().filter(|n| is_entry(n)) {
        let Some(edge) = audit.ending_at(node, "can_trigger").find(|e| e.from.starts_with("class:public") && e.text("guard").is_none()) else { continue };
        // Agents in pipelines are told by AGT-04: there the platform asks who one is, and lets everyone in.
        if node.key.subtype == "ci-agent" || node.text("trigger_classes").is_some() || node.key.subtype.starts_with("ci-") {
            continue;
        }
        let blast = audit.blast(node);
        if blast < 10.0 {
            continue;
        }
        let acts = audit.targets(node, "runs_as").chain(audit.targets(node, "can_assume")).next().map_or(String::new(), |i| format!(" as {}", i.name()));
        let severity = if blast >= 60.0 { Severity::Critical } else { Severity::High };
        let said = claim(format!("anyone can call {}, which acts{acts}", node.name()));
        audit.say(node, said.edge(edge).with(edge.from.to_string()).severity(severity));
    }
}
