//! Third-party code and services that are handed secrets.

use super::Check;
use super::context::{Audit, claim};
use super::privileges_scopes::first_party;
use crate::graph::GraphNode;
use crate::model::{Frameworks, Kind, Severity};

pub(super) static TP_01: Check = Check {
    id: "TP-01",
    title: "Unpinned third-party code receives secrets",
    severity: Severity::Medium,
    frameworks: Frameworks { ids: "NHI3:2025 ZT5 GV.SC-04 GV.SC-07 PR.PS-06 ASI04 LLM03 MCP04", cwe: &[829, 1357] },
    rationale: "whoever moves the tag or publishes the next version gets the secret",
    fix: "pin the action to a commit (uses: owner/name@<40 hex> # v1.2.3), the package to a version with its hash in the lock file",
    run: tp_01,
};

pub(super) static TP_02: Check = Check {
    id: "TP-02",
    title: "Third party gets more secrets than it needs",
    severity: Severity::Medium,
    frameworks: Frameworks { ids: "NHI3:2025 NHI5:2025 ZT3 GV.SC-07 PR.AA-05 ASI04", cwe: &[272] },
    rationale: "a third party that is compromised takes every secret it was handed, not only the one it needed",
    fix: "hand over single secrets by name (secrets: { NPM_TOKEN: ${{ secrets.NPM_TOKEN }} }) instead of inherit or toJSON(secrets)",
    run: tp_02,
};

pub(super) static TP_03: Check = Check {
    id: "TP-03",
    title: "Remote or floating MCP server holding credentials",
    severity: Severity::High,
    frameworks: Frameworks { ids: "NHI3:2025 ZT5 GV.SC-04 GV.SC-07 ASI04 MCP04 MCP09", cwe: &[829, 494] },
    rationale: "the server's code changes without a change here, and it has the credential",
    fix: "pin the version (npx pkg@1.2.3), or run it from an image by digest with a scoped token",
    run: tp_03,
};

/// Whether the tool comes from elsewhere and can change without a change here.
fn unpinned(tool: &GraphNode) -> bool {
    matches!(&*tool.key.subtype, "ci-action" | "package") && matches!(tool.text("pin"), Some("floating" | "version"))
}

/// Vendors' own actions that sign in to the vendor: as trusted as the vendor whose identity it is.
fn own_vendor(tool: &GraphNode) -> bool {
    first_party(tool.name())
}

fn tp_01(audit: &mut Audit<'_>) {
    for tool in audit.of_kind(Kind::Tool).filter(|t| unpinned(t) && !own_vendor(t)) {
        let secret = |e: &&crate::graph::Edge| audit.node(&e.to).is_some_and(|l| !matches!(&*l.key.subtype, "ci-variable"));
        let severity = if audit.blast(tool) >= 60.0 { Severity::High } else { Severity::Medium };
        let pin = if tool.text("pin") == Some("floating") { "follows a branch" } else { "is not pinned by commit" };
        if let Some(edge) = audit.out(tool, "consumes").find(secret) {
            audit.say(tool, claim(format!("{} {pin} and receives {}", tool.name(), audit.name(&edge.to))).edge(edge).severity(severity));
            continue;
        }
        // A token that it was handed, not one that merely lies in the job.
        let token = audit.out(tool, "runs_as").find(|e| e.confidence >= 0.8 && audit.node(&e.to).is_some_and(writes));
        if let Some(edge) = token {
            audit.say(tool, claim(format!("{} {pin} and is handed {}, which can write", tool.name(), audit.name(&edge.to))).edge(edge).severity(severity));
        }
    }
}

fn writes(identity: &GraphNode) -> bool {
    let stated = identity.attributes.get("permissions").and_then(serde_json::Value::as_object);
    stated.is_some_and(|p| p.iter().any(|(key, v)| v.as_str() == Some("write") && key != "id-token"))
}

fn tp_02(audit: &mut Audit<'_>) {
    for slot in audit.of_kind(Kind::Location).filter(|l| l.flag("all")) {
        for edge in audit.ending_at(slot, "consumes") {
            let Some(tool) = audit.node(&edge.from).filter(|t| t.key.kind == Kind::Tool && t.text("pin") != Some("local") && !own_vendor(t)) else { continue };
            audit.say(tool, claim(format!("{} is handed {}", tool.name(), slot.name())).edge(edge));
        }
    }
}

fn tp_03(audit: &mut Audit<'_>) {
    let hosts = &audit.config().checks.trusted_hosts;
    for tool in audit.of_kind(Kind::Tool).filter(|t| t.key.subtype == "mcp-server" && matches!(t.text("pin"), Some("floating" | "remote"))) {
        let remote = tool.text("pin") == Some("remote");
        let product = tool.text("product").unwrap_or_default();
        if remote && hosts.iter().any(|h| product.strip_prefix("mcp:url/").is_some_and(|p| p.split('/').next() == Some(h.as_str()))) {
            continue;
        }
        if let Some(edge) = audit.out(tool, "consumes").find(|e| audit.node(&e.to).is_some_and(|l| super::agents::holds_authority(audit, l))) {
            let how = if remote { "runs elsewhere" } else { "is not pinned" };
            audit.say(tool, claim(format!("MCP server {} {how} and holds {}", tool.name(), audit.name(&edge.to))).edge(edge));
        }
    }
}
