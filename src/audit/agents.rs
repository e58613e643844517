//! Agents: who steers them, and with what.

use super::Check;
use super::context::{Audit, claim};
use crate::model::{Frameworks, Kind, Level, Severity};

pub(super) static AGT_01: Check = Check {
    id: "AGT-01",
    title: "Lethal trifecta",
    severity: Severity::High,
    frameworks: Frameworks {
        owasp_nhi: &["NHI5:2025", "NHI6:2025"],
        nist_800_207: &["ZT4", "ZT6"],
        nist_csf: &["PR.AA-05", "PR.DS-10"],
        agentic: &["ASI01", "LLM01", "LLM02", "MCP06", "MCP10"],
        cwe: &[1427, 200],
    },
    rationale: "private data, text by outsiders and a way out meet in one session: an instruction hidden in the text carries the data away",
    fix: "take one of the three away: no secrets in the session, curated input, or no open network",
    bad: "an issue-triggered agent with a shell and a token",
    good: "an agent whose output is handed over by a separate job",
    run: agt_01,
};

pub(super) static AGT_03: Check = Check {
    id: "AGT-03",
    title: "Approvals bypassed",
    severity: Severity::Medium,
    frameworks: Frameworks {
        owasp_nhi: &["NHI5:2025"],
        nist_800_207: &["ZT6"],
        nist_csf: &["PR.AA-05", "DE.CM-09"],
        agentic: &["ASI02", "ASI05", "LLM06"],
        cwe: &[862],
    },
    rationale: "nothing stands between a prompt and an action",
    fix: "use the default mode, or an allow list inside a sandbox",
    bad: "defaultMode: bypassPermissions",
    good: "permissions.allow with named commands",
    run: agt_03,
};

pub(super) static AGT_04: Check = Check {
    id: "AGT-04",
    title: "Outsiders can trigger or feed a privileged agent",
    severity: Severity::Critical,
    frameworks: Frameworks {
        owasp_nhi: &["NHI6:2025"],
        nist_800_207: &["ZT6"],
        nist_csf: &["PR.AA-03", "PR.AA-05"],
        agentic: &["ASI01", "LLM01"],
        cwe: &[1427, 306],
    },
    rationale: "whoever can open an issue or a pull request decides what the agent does with its credentials",
    fix: "let only people with write access start it (drop allowed_non_write_users: '*'), or give it a read-only token and no secrets",
    bad: "allowed_non_write_users: '*' with a write token",
    good: "the default actor check",
    run: agt_04,
};

pub(super) static AGT_05: Check = Check {
    id: "AGT-05",
    title: "Unbounded tool scope",
    severity: Severity::Medium,
    frameworks: Frameworks {
        owasp_nhi: &["NHI5:2025"],
        nist_800_207: &["ZT3"],
        nist_csf: &["PR.AA-05"],
        agentic: &["ASI02", "LLM06", "MCP02"],
        cwe: &[250, 78],
    },
    rationale: "the agent may call everything that its tools can do",
    fix: "allow the functions and commands that the task needs",
    bad: "a bare Bash in the allow list",
    good: "Bash(git diff:*)",
    run: agt_05,
};

pub(super) static AGT_09: Check = Check {
    id: "AGT-09",
    title: "Repository switches on tools for developers",
    severity: Severity::Medium,
    frameworks: Frameworks {
        owasp_nhi: &["NHI3:2025"],
        nist_800_207: &["ZT5"],
        nist_csf: &["PR.PS-01", "PR.PS-06"],
        agentic: &["ASI04", "ASI05", "MCP09"],
        cwe: &[829, 94],
    },
    rationale: "cloning the repository is enough to run what it names",
    fix: "drop enableAllProjectMcpServers; let each developer approve servers by name",
    bad: "enableAllProjectMcpServers: true",
    good: "enabledMcpjsonServers: [db]",
    run: agt_09,
};

fn outsiders<'a>(audit: &Audit<'a>, agent: &crate::graph::GraphNode) -> Option<&'a crate::graph::Edge> {
    audit
        .ending_at(agent, "can_trigger")
        .find(|e| ["class:public", "class:issue-author", "class:commenter", "class:fork-contributor"].iter().any(|c| e.from.starts_with(c)))
}

fn privileged(audit: &Audit<'_>, agent: &crate::graph::GraphNode) -> bool {
    audit.reaches(agent, Level::Write, |_| true).is_some() || audit.out(agent, "consumes").next().is_some()
}

fn agt_01(audit: &mut Audit<'_>) {
    for agent in audit.of_kind(Kind::Agent) {
        let capabilities = agent.list("capabilities");
        let private = audit.out(agent, "consumes").next().is_some() || audit.reaches(agent, Level::ReadData, |_| true).is_some();
        let way_out = agent.text("egress") == Some("open") || capabilities.iter().any(|c| matches!(*c, "net" | "web" | "message" | "scm-write"));
        if let Some(edge) = outsiders(audit, agent).filter(|_| private && way_out) {
            audit.say(
                agent,
                claim(format!("{} combines private data, text by outsiders and a way out", agent.name()))
                    .edge(edge)
                    .severity(Severity::Critical)
                    .at_least(Severity::High),
            );
        }
    }
}

fn agt_03(audit: &mut Audit<'_>) {
    for agent in audit.of_kind(Kind::Agent).filter(|a| a.attributes.get("autonomy").and_then(serde_json::Value::as_u64) == Some(4)) {
        let open = agent.text("sandbox").is_none_or(|s| s == "none") && agent.list("capabilities").contains(&"exec");
        audit.say(agent, claim(format!("{} acts without asking", agent.name())).severity(if open { Severity::High } else { Severity::Medium }));
    }
}

fn agt_04(audit: &mut Audit<'_>) {
    for agent in audit.of_kind(Kind::Agent) {
        if let Some(edge) = outsiders(audit, agent).filter(|e| e.text("guard").is_none() && privileged(audit, agent)) {
            let who = audit.name(&edge.from);
            audit.say(agent, claim(format!("{who} can steer {}, which holds credentials", agent.name())).edge(edge));
        }
    }
}

fn agt_05(audit: &mut Audit<'_>) {
    for agent in audit.of_kind(Kind::Agent).filter(|a| a.flag("unbounded_tools")) {
        let severity = if outsiders(audit, agent).is_some() { Severity::High } else { Severity::Medium };
        audit.say(agent, claim(format!("{} may call any function of its tools", agent.name())).severity(severity));
    }
}

fn agt_09(audit: &mut Audit<'_>) {
    for agent in audit.of_kind(Kind::Agent).filter(|a| a.flag("enables_project_tools")) {
        audit.say(agent, claim(format!("opening the repository with {} starts every server that it names", agent.name())));
    }
}
