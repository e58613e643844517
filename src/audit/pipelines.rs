//! Third-party code and untrusted input in pipelines.

use super::Check;
use super::context::{Audit, claim};
use crate::model::{Frameworks, Kind, Severity};

pub(super) static TP_01: Check = Check {
    id: "TP-01",
    title: "Unpinned third-party code receives secrets",
    severity: Severity::Medium,
    frameworks: Frameworks {
        owasp_nhi: &["NHI3:2025"],
        nist_800_207: &["ZT5"],
        nist_csf: &["GV.SC-04", "GV.SC-07", "PR.PS-06"],
        agentic: &["ASI04", "LLM03", "MCP04"],
        cwe: &[829, 1357],
    },
    rationale: "whoever moves the tag or publishes the next version gets the secret",
    fix: "pin the action to a commit (uses: owner/name@<40 hex> # v1.2.3)",
    bad: "uses: vendor/deploy@v1 with a secret",
    good: "uses: vendor/deploy@<commit>",
    run: tp_01,
};

pub(super) static TP_03: Check = Check {
    id: "TP-03",
    title: "Remote or floating MCP server holds credentials",
    severity: Severity::High,
    frameworks: Frameworks {
        owasp_nhi: &["NHI3:2025"],
        nist_800_207: &["ZT5"],
        nist_csf: &["GV.SC-04", "GV.SC-07"],
        agentic: &["ASI04", "MCP04", "MCP09"],
        cwe: &[829, 494],
    },
    rationale: "the server's code changes without a change here, and it has the credential",
    fix: "pin the version (npx pkg@1.2.3), or run it from an image by digest with a scoped token",
    bad: "npx -y @acme/pg-mcp with DB_URL",
    good: "npx @acme/pg-mcp@1.4.2",
    run: tp_03,
};

pub(super) static CI_01: Check = Check {
    id: "CI-01",
    title: "Untrusted code runs with secrets",
    severity: Severity::Critical,
    frameworks: Frameworks {
        owasp_nhi: &["NHI6:2025", "NHI2:2025"],
        nist_800_207: &["ZT4"],
        nist_csf: &["PR.PS-06", "PR.AA-05"],
        agentic: &[],
        cwe: &[829, 94],
    },
    rationale: "anyone who opens a pull request runs their own code with the job's secrets and token",
    fix: "build the change in pull_request without secrets; do privileged work in a second workflow that never checks it out",
    bad: "pull_request_target with a checkout of the head",
    good: "pull_request without secrets",
    run: ci_01,
};

pub(super) static CI_02: Check = Check {
    id: "CI-02",
    title: "Script injection into a privileged job",
    severity: Severity::High,
    frameworks: Frameworks { owasp_nhi: &["NHI6:2025"], nist_800_207: &["ZT4"], nist_csf: &["PR.PS-06"], agentic: &["LLM01"], cwe: &[78, 94] },
    rationale: "text that an outsider writes becomes part of a shell script",
    fix: "pass the value through env and quote the variable",
    bad: "run: echo ${{ github.event.issue.title }}",
    good: "env: TITLE: ${{ … }} and \"$TITLE\"",
    run: ci_02,
};

fn tp_01(audit: &mut Audit<'_>) {
    for tool in audit.of_kind(Kind::Tool).filter(|t| t.key.subtype == "ci-action" && matches!(t.text("pin"), Some("floating" | "version"))) {
        // The platform's own actions are as trusted as the platform.
        if tool.name().starts_with("actions/") || tool.name().starts_with("github/") {
            continue;
        }
        if let Some(edge) = audit.out(tool, "consumes").next() {
            audit.say(tool, claim(format!("{} is not pinned by commit and receives {}", tool.name(), audit.name(&edge.to))).edge(edge));
        }
    }
}

fn tp_03(audit: &mut Audit<'_>) {
    for tool in audit.of_kind(Kind::Tool).filter(|t| t.key.subtype == "mcp-server" && matches!(t.text("pin"), Some("floating" | "remote"))) {
        if let Some(edge) = audit.out(tool, "consumes").next() {
            let how = if tool.text("pin") == Some("remote") { "runs elsewhere" } else { "is not pinned" };
            let severity = if tool.text("pin") == Some("remote") { Severity::Medium } else { Severity::High };
            audit.say(tool, claim(format!("MCP server {} {how} and holds {}", tool.name(), audit.name(&edge.to))).edge(edge).severity(severity));
        }
    }
}

/// Edges by which an outsider controls a consumer or agent, by the rule that says how.
fn controlled(audit: &mut Audit<'_>, rule: &str, what: &str) {
    for consumer in audit.of_kind(Kind::Consumer).chain(audit.of_kind(Kind::Agent)).collect::<Vec<_>>() {
        let Some(edge) = audit.ending_at(consumer, "can_control").find(|e| e.text("rule") == Some(rule)) else { continue };
        let secrets = audit.out(consumer, "consumes").count();
        let token = audit
            .out(consumer, "runs_as")
            .filter_map(|e| audit.node(&e.to))
            .any(|i| i.attributes.get("permissions").is_some_and(|p| p.to_string().contains("write")));
        if secrets > 0 || token {
            let holds = if secrets > 0 { format!("{secrets} secrets") } else { "a token that can write".into() };
            audit.say(consumer, claim(format!("{} {what} and holds {holds}", consumer.name())).edge(edge));
        }
    }
}

fn ci_01(audit: &mut Audit<'_>) {
    controlled(audit, "untrusted-checkout", "runs code of whoever opens a pull request");
}

fn ci_02(audit: &mut Audit<'_>) {
    controlled(audit, "script-injection", "puts text of outsiders into a script");
}
