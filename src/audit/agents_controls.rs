//! Agents: what is switched on for them, what holds them, and what they can change about themselves.

use super::Check;
use super::agents::{secrets, untrusted, writes};
use super::context::{Audit, claim};
use crate::graph::GraphNode;
use crate::model::{Frameworks, Kind, Severity};
use crate::rank::families;

pub(super) static AGT_09: Check = Check {
    id: "AGT-09",
    title: "Repository can switch on MCP servers/hooks for developers",
    severity: Severity::Medium,
    frameworks: Frameworks { ids: "NHI3:2025 ZT5 PR.PS-01 PR.PS-06 ASI04 ASI05 MCP09", cwe: &[829, 94] },
    rationale: "cloning the repository is enough to run what it names",
    fix: "drop enableAllProjectMcpServers, trust: true and autostart; let each developer approve servers by name",
    run: agt_09,
};

pub(super) static AGT_12: Check = Check {
    id: "AGT-12",
    title: "Agent can approve or ship its own change",
    severity: Severity::High,
    frameworks: Frameworks { ids: "NHI5:2025 ZT4 PR.AA-05 PR.PS-06 ASI02 ASI09 LLM05", cwe: &[863] },
    rationale: "what the agent writes goes live without a person having read it",
    fix: "let it open pull requests only (no push to the default branch, no gh pr merge), and require a review by a person",
    run: agt_12,
};

pub(super) static AGT_13: Check = Check {
    id: "AGT-13",
    title: "Open egress or no sandbox with secrets in reach",
    severity: Severity::Medium,
    frameworks: Frameworks { ids: "NHI6:2025 ZT2 ZT5 PR.IR-01 PR.DS-10 ASI02 ASI05 LLM02", cwe: &[653, 200] },
    rationale: "a secret in reach and a way out is all that an injected instruction needs",
    fix: "switch the sandbox on (sandbox.enabled: true with allowedDomains; network_access = false), or take the secret out of the session",
    run: agt_13,
};

pub(super) static AGT_14: Check = Check {
    id: "AGT-14",
    title: "Agent can change its own rules",
    severity: Severity::Medium,
    frameworks: Frameworks { ids: "NHI5:2025 ZT4 PR.PS-01 ASI06 ASI10", cwe: &[913, 732] },
    rationale: "an instruction that is written once is obeyed in every later session",
    fix: "deny writes to its own files (permissions.deny: Edit(.claude/**), Edit(.github/**)), and give them code owners",
    run: agt_14,
};

pub(super) static AGT_15: Check = Check {
    id: "AGT-15",
    title: "No runtime check or audit trail",
    severity: Severity::Medium,
    frameworks: Frameworks { ids: "NHI5:2025 ZT6 ZT7 DE.CM-09 PR.PS-04 ASI02 ASI10 MCP08", cwe: &[778, 862] },
    rationale: "only a static permission stands between prompt and action, and nobody sees afterwards what was done",
    fix: "add a PreToolUse hook or an approval for writes, an egress allow list, and send its actions to a log (OTEL exporter)",
    run: agt_15,
};

pub(super) static AGT_16: Check = Check {
    id: "AGT-16",
    title: "Hidden or adversarial content in instructions or tool text",
    severity: Severity::High,
    frameworks: Frameworks { ids: "NHI3:2025 ZT5 PR.PS-06 DE.CM-09 ASI01 ASI06 MCP03 LLM01", cwe: &[1427, 506] },
    rationale: "people do not see it, and models do what it says",
    fix: "delete the hidden characters and the instruction, and look in the history for who brought them in",
    run: agt_16,
};

fn agt_09(audit: &mut Audit<'_>) {
    for agent in audit.of_kind(Kind::Agent) {
        let loose = |t: &GraphNode| t.key.subtype == "mcp-server" && matches!(t.text("pin"), Some("floating" | "remote"));
        let severity = if audit.targets(agent, "invokes").any(loose) { Severity::High } else { Severity::Medium };
        if agent.flag("enables_project_tools") {
            audit.say(agent, claim(format!("opening the repository with {} starts every server that it names", agent.name())).severity(severity));
        }
    }
    for tool in audit.of_kind(Kind::Tool) {
        let severity = if matches!(tool.text("pin"), Some("floating" | "remote")) { Severity::High } else { Severity::Medium };
        let trusted = audit.ending_at(tool, "invokes").any(|e| e.text("approval") == Some("auto"));
        if tool.key.subtype == "mcp-server" && trusted && !tool.declared.is_empty() && committed(tool) && !tool.flag("implemented") {
            audit.say(tool, claim(format!("{} runs without confirmation for whoever opens the repository", tool.name())).severity(severity));
        } else if tool.key.subtype == "hook" && !tool.declared.is_empty() && committed(tool) {
            audit.say(tool, claim(format!("the hook {} runs on the machine of whoever opens the repository", tool.name())));
        } else if tool.flag("autostart") {
            audit.say(tool, claim(format!("{} starts by itself when the folder is opened", tool.name())).severity(severity));
        }
    }
}

/// Whether the settings are the repository's, and not one person's.
fn committed(node: &GraphNode) -> bool {
    node.primary().is_some_and(|l| !l.path.contains("settings.local.") && !l.path.contains("claude_desktop_config"))
}

fn agt_12(audit: &mut Audit<'_>) {
    for agent in audit.of_kind(Kind::Agent) {
        let ships = agent.list("ships");
        if let Some(how) = ships.first() {
            audit.say(agent, claim(format!("{} can ship its own change: {how}", agent.name())));
        }
    }
}

fn agt_13(audit: &mut Audit<'_>) {
    for agent in audit.of_kind(Kind::Agent) {
        let open = matches!(agent.text("egress"), Some("open" | "unknown") | None);
        let bare = agent.text("sandbox") == Some("none");
        // What nothing is known of is no finding; that there is no sandbox must be stated, or that the network is open.
        if !(open && bare) && agent.text("egress") != Some("open") {
            continue;
        }
        let Some((slot, edge)) = secrets(audit, agent).into_iter().next() else { continue };
        let how = if bare { "no sandbox holds" } else { "nothing limits where to connects" };
        let severity = if untrusted(audit, agent) >= 0.6 { Severity::High } else { Severity::Medium };
        let said = match how {
            "no sandbox holds" => format!("no sandbox holds {}, which can read {}", agent.name(), slot.name()),
            _ => format!("{} can read {} and connect to anywhere", agent.name(), slot.name()),
        };
        audit.say(agent, claim(said).edge(edge).severity(severity));
    }
}

fn agt_14(audit: &mut Audit<'_>) {
    for agent in audit.of_kind(Kind::Agent) {
        let capabilities = agent.list("capabilities");
        let writes_files = capabilities.contains(&"fs-write") && agent.attributes.contains_key("autonomy") && super::agents::autonomy(agent) >= Some(2);
        let writes_code = capabilities.contains(&"scm-write");
        if !writes_files && !writes_code {
            continue;
        }
        let denied = |word: &str| agent.list("deny").iter().any(|d| (d.starts_with("Edit") || d.starts_with("Write")) && d.contains(word));
        if denied(".claude") || denied("**") || agent.flag("rules_protected") {
            continue;
        }
        // A rule of code owners for where its settings stand means that a person looks at a change of them.
        let reviewed = audit.parties(agent.id(), crate::model::Role::Owner).any(|p| p.signals.iter().any(|s| s.signal.contains("codeowners")));
        // A throwaway copy of the repository is not what later sessions read, unless it can be pushed.
        let thrown_away = matches!(agent.text("sandbox"), Some("container" | "vm")) && !writes_code;
        if reviewed || thrown_away || agent.key.subtype == "subagent" {
            continue;
        }
        let how = if writes_code { "can push changes of" } else { "can write" };
        audit.say(agent, claim(format!("{} {how} the files that instruct it, and nobody has to review them", agent.name())).confidence(0.7));
    }
}

fn agt_15(audit: &mut Audit<'_>) {
    for agent in audit.of_kind(Kind::Agent) {
        let Some(reach) = writes(audit, agent) else { continue };
        if families(audit.graph, agent).runtime > 0.0 {
            continue;
        }
        let said = claim(format!("nothing is checked or recorded when {} uses {} on {}", agent.name(), reach.level.name(), reach.resource.name()));
        audit.say(agent, said.path(&reach.path).confidence(reach.confidence));
    }
}

fn agt_16(audit: &mut Audit<'_>) {
    for node in audit.graph.nodes.values().filter(|n| matches!(n.key.kind, Kind::Agent | Kind::Tool)) {
        if node.flag("hidden_content") {
            let what = node.text("hidden").unwrap_or("characters that people do not see");
            audit.say(node, claim(format!("the text of {} holds {what}", node.name())).with(what));
        }
    }
}
