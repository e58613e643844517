//! Agents: as whom they act, and for whom.

use std::collections::BTreeSet;

use super::Check;
use super::agents::{autonomy, holds_authority, is_bounded, secrets, untrusted, writes};
use super::context::{Audit, claim};
use crate::graph::{Edge, GraphNode};
use crate::model::{Frameworks, Kind, Severity};
use crate::rank::families;

pub(super) static AGT_06: Check = Check {
    id: "AGT-06",
    title: "Agent inherits developer or ambient credentials",
    severity: Severity::Medium,
    frameworks: Frameworks { ids: "NHI10:2025 NHI5:2025 ZT3 PR.AA-05 PR.AA-02 ASI03 MCP01", cwe: &[250, 668] },
    rationale: "the agent has whatever the shell of its user has: cloud profiles, tokens, the container socket",
    fix: "run it in a container without the home folder and without the socket, with a token of its own (sandbox.enabled: true, sandbox.credentials)",
    run: agt_06,
};

pub(super) static AGT_07: Check = Check {
    id: "AGT-07",
    title: "Standing shared token instead of delegated authority",
    severity: Severity::Medium,
    frameworks: Frameworks { ids: "NHI7:2025 NHI9:2025 NHI10:2025 ZT3 PR.AA-02 PR.AA-04 ASI03 MCP01 MCP07", cwe: &[441, 522] },
    rationale: "the service behind the tool cannot tell on whose behalf the agent acts, and allows what the token allows",
    fix: "let each user authorise the server (OAuth), or give the agent an identity of its own that federates; keep no static token in its environment",
    run: agt_07,
};

pub(super) static AGT_08: Check = Check {
    id: "AGT-08",
    title: "No session context binding",
    severity: Severity::Low,
    frameworks: Frameworks { ids: "NHI5:2025 ZT3 ZT6 PR.AA-05 ASI03 MCP10", cwe: &[613] },
    rationale: "what the agent may do here and now it may do anywhere and any time",
    fix: "bind it to the task: a token of the job with its own permissions, an inline session policy, a workspace of its own, a limit of turns",
    run: agt_08,
};

pub(super) static AGT_10: Check = Check {
    id: "AGT-10",
    title: "Agent, tool server or card without authentication",
    severity: Severity::High,
    frameworks: Frameworks { ids: "NHI4:2025 ZT6 PR.AA-03 PR.IR-01 ASI07 MCP07", cwe: &[306] },
    rationale: "whoever reaches the port calls the tools with the authority behind them",
    fix: "demand a token (securitySchemes and security in the card, an authorizer on the gateway), and bind the server to 127.0.0.1",
    run: agt_10,
};

pub(super) static AGT_11: Check = Check {
    id: "AGT-11",
    title: "Delegation passes everything or is too deep",
    severity: Severity::Medium,
    frameworks: Frameworks { ids: "NHI5:2025 NHI9:2025 ZT3 PR.AA-05 ASI03 ASI07 ASI08", cwe: &[441, 266] },
    rationale: "the last agent in the chain acts with the authority of the first, and nobody can say for whom",
    fix: "list the tools of each subagent (tools: Read, Grep), and end chains after three hand-overs",
    run: agt_11,
};

/// Where people and machines keep what a shell finds by itself.
fn is_ambient(slot: &GraphNode) -> bool {
    let id = slot.id();
    [".aws/", ".kube/", ".config/gcloud", ".ssh/", ".netrc", ".git-credentials", ".docker/config.json", ".azure/"].iter().any(|p| id.contains(p))
}

fn agt_06(audit: &mut Audit<'_>) {
    for agent in audit.of_kind(Kind::Agent).chain(audit.of_kind(Kind::Tool).filter(|t| t.key.subtype == "mcp-server")).collect::<Vec<_>>() {
        let user = audit.out(agent, "runs_as").find(|e| audit.node(&e.to).is_some_and(|i| i.key.subtype == "os-user"));
        let ambient = audit.out(agent, "consumes").find(|e| audit.node(&e.to).is_some_and(is_ambient));
        let hosts = agent.list("escape");
        // Files of the working folder count only where something keeps a credential in them.
        let nearby = user.and_then(|_| {
            audit
                .out(agent, "consumes")
                .find(|e| audit.node(&e.to).is_some_and(|l| l.key.subtype == "file" && audit.ending_at(l, "stored_in").next().is_some()))
        });
        let severity = if autonomy(agent).is_some_and(|a| a >= 3) { Severity::High } else { Severity::Medium };
        let home = agent.list("reads_home");
        let said = if let Some(mount) = hosts.first() {
            claim(format!("{} is given the host: {mount}", agent.name()))
        } else if let Some(edge) = ambient.or(nearby) {
            claim(format!("{} can use {}, which it finds beside it", agent.name(), audit.name(&edge.to))).edge(edge)
        } else if let Some(folder) = home.first() {
            claim(format!("{} may read {folder}, where people keep their credentials", agent.name()))
        } else {
            continue;
        };
        audit.say(agent, said.severity(severity));
    }
}

/// A stored secret that outlives the task, behind which something can be changed.
fn agt_07(audit: &mut Audit<'_>) {
    for agent in audit.of_kind(Kind::Agent) {
        let delegated = |t: &GraphNode| matches!(t.text("auth"), Some("oauth-user" | "workload")) && t.text("delegation") != Some("standing");
        let model_key = |slot: &GraphNode| {
            let name = slot.name().to_ascii_uppercase();
            ["ANTHROPIC", "OPENAI", "GEMINI", "CLAUDE", "MISTRAL", "GROQ", "OPENROUTER", "LLM_API"].iter().any(|v| name.contains(v))
        };
        let own = audit.out(agent, "consumes").map(|e| (agent, e));
        let through = audit.targets(agent, "invokes").filter(|t| t.key.kind == Kind::Tool && t.key.subtype != "ci-action" && !delegated(t));
        let held: Vec<(&GraphNode, &Edge)> = own.chain(through.flat_map(|t| audit.out(t, "consumes").map(move |e| (t, e)))).collect();
        let standing = held.into_iter().find(|(holder, e)| {
            audit.node(&e.to).is_some_and(|l| {
                holds_authority(audit, l) && !model_key(l) && l.key.subtype != "prompt" && (holder.key.kind != Kind::Tool || changes(audit, holder, l))
            })
        });
        if let Some((holder, edge)) = standing.filter(|(h, _)| h.key.kind == Kind::Tool || writes(audit, agent).is_some()) {
            let said = claim(format!("{} acts with the standing token {} whoever asks it", agent.name(), audit.name(&edge.to)));
            audit.say(agent, said.edge(edge).with(holder.id().to_string()));
        }
    }
}

/// Whether a tool, or what its secret proves, can change something; what a server of unknown kind can do is not known to be nothing.
fn changes(audit: &Audit<'_>, tool: &GraphNode, slot: &GraphNode) -> bool {
    let level = |e: &Edge| e.text("level").map_or(crate::model::Level::Unknown, crate::model::Level::parse);
    let mut known = audit.out(tool, "can_access").chain(audit.out(slot, "can_access")).peekable();
    known.peek().is_none() || known.any(|e| level(e) >= crate::model::Level::Write)
}

fn agt_08(audit: &mut Audit<'_>) {
    for agent in audit.of_kind(Kind::Agent) {
        let Some(reach) = writes(audit, agent) else { continue };
        if families(audit.graph, agent).session > 0.0 {
            continue;
        }
        let severity = if reach.resource.env.as_deref() == Some("prod") { Severity::Medium } else { Severity::Low };
        let said = claim(format!("nothing binds what {} may do to {} to one task", agent.name(), reach.resource.name()));
        audit.say(agent, said.path(&reach.path).confidence(reach.confidence).severity(severity));
    }
}

/// Whether an address is the machine's own.
fn is_local(address: &str) -> bool {
    let host = address.split("://").last().unwrap_or(address);
    ["127.", "localhost", "[::1]", "::1"].iter().any(|l| host.starts_with(l))
}

fn agt_10(audit: &mut Audit<'_>) {
    for node in audit.of_kind(Kind::Agent).chain(audit.of_kind(Kind::Tool)).collect::<Vec<_>>() {
        let address = node.text("url").or(node.text("listens")).unwrap_or_default();
        let serves = node.flag("implemented") && matches!(node.text("transport"), Some("http" | "sse" | "ws"));
        if node.text("auth") == Some("none") && !is_local(address) && (node.key.kind == Kind::Agent || serves) {
            let everywhere = if address.starts_with("0.0.0.0") { ", on every address of its host" } else { "" };
            audit.say(node, claim(format!("{} answers whoever calls it{everywhere}", node.name())));
        } else if node.key.subtype == "framework-agent"
            && let Some(edge) = audit.ending_at(node, "can_trigger").find(|e| e.from.starts_with("class:public"))
        {
            audit.say(node, claim(format!("the server of {} states no authentication", node.name())).edge(edge).with(edge.from.to_string()));
        }
    }
}

/// Hand-overs from which on a chain is too deep.
const DEPTH: usize = 3;

fn agt_11(audit: &mut Audit<'_>) {
    for agent in audit.of_kind(Kind::Agent) {
        for edge in audit.out(agent, "delegates_to") {
            let Some(other) = audit.node(&edge.to).filter(|n| n.key.kind == Kind::Agent) else { continue };
            let whole = other.flag("unbounded_tools") || (edge.text("scope") == Some("all") && !is_bounded(other));
            let remote = other.key.subtype == "remote-agent" && edge.text("scope").is_none();
            if whole || remote {
                let how = if remote { "is trusted without a scope" } else { "is handed every tool" };
                audit.say(agent, claim(format!("{} {how} by {}", other.name(), agent.name())).edge(edge));
            }
        }
        // Depth and circles are told once, where the chain begins.
        let above = audit.sources(agent, "delegates_to").any(|n| n.key.kind == Kind::Agent);
        let (depth, circle) = chain(audit, agent);
        if circle && audit.graph.of_kind(Kind::Agent).find(|a| chain(audit, a).1).is_some_and(|first| first.id() == agent.id()) {
            audit.say(agent, claim(format!("the hand-overs of {} lead back to where they began", agent.name())).with("circle"));
        } else if depth > DEPTH && !above && !circle {
            audit.say(agent, claim(format!("{} hands its authority on {depth} times", agent.name())).with("depth"));
        }
    }
}

/// Hand-overs below an agent, and whether they come back to it.
fn chain(audit: &Audit<'_>, agent: &GraphNode) -> (usize, bool) {
    let mut level: BTreeSet<&str> = BTreeSet::from([&**agent.id()]);
    let mut seen = level.clone();
    let mut depth = 0;
    let mut circle = false;
    while !level.is_empty() && depth < 16 {
        let mut below = BTreeSet::new();
        for id in &level {
            for edge in audit.graph.out(id).filter(|e| e.relation.name == "delegates_to") {
                circle |= edge.to == *agent.id();
                if audit.node(&edge.to).is_some_and(|n| n.key.kind == Kind::Agent) && seen.insert(&edge.to) {
                    below.insert(&*edge.to);
                }
            }
        }
        depth += usize::from(!below.is_empty());
        level = below;
    }
    (depth, circle)
}

pub(super) static AGT_17: Check = Check {
    id: "AGT-17",
    title: "Short-lived is the only control (trust debt)",
    severity: Severity::Medium,
    frameworks: Frameworks { ids: "NHI5:2025 ZT4 ZT6 PR.AA-05 ASI01 ASI03 LLM06", cwe: &[863] },
    rationale: "a token of fifteen minutes in the hands of an agent that others steer is fifteen minutes of all it can do, over and over",
    fix: "add what is missing beside expiry: a narrower grant, an allow list of tools, an actor check or an approval for writes",
    run: agt_17,
};

fn agt_17(audit: &mut Audit<'_>) {
    for agent in audit.of_kind(Kind::Agent) {
        let Some(rank) = audit.rank(agent).filter(|r| r.trust_debt >= 60.0) else { continue };
        let lasting = secrets(audit, agent).iter().any(|(l, _)| !matches!(&*l.key.subtype, "prompt" | "metadata-service"));
        let short = audit.targets(agent, "runs_as").chain(audit.targets(agent, "can_assume")).any(|i| {
            matches!(i.text("auth_style"), Some("short-lived" | "federated" | "workload")) || matches!(i.text("lifetime_class"), Some("short" | "federated"))
        });
        let held = families(audit.graph, agent);
        if !lasting && short && held.without_session() < 1.5 {
            let steered = if untrusted(audit, agent) >= 0.6 { ", and outsiders can steer it" } else { "" };
            let said = claim(format!("{} is held back by expiry alone ({}): trust debt {:.0}{steered}", agent.name(), held.short(), rank.trust_debt));
            audit.say(agent, said);
        }
    }
}
