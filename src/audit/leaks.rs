//! Secrets where they can be read.

use super::Check;
use super::context::{Audit, claim};
use crate::model::{Frameworks, Kind, Severity};

pub(super) static LEAK_01: Check = Check {
    id: "LEAK-01",
    title: "Secret in plain text in the work tree",
    severity: Severity::High,
    frameworks: Frameworks {
        owasp_nhi: &["NHI2:2025"],
        nist_800_207: &["ZT2"],
        nist_csf: &["PR.AA-01", "PR.DS-01"],
        agentic: &["MCP01"],
        cwe: &[798, 312, 540],
    },
    rationale: "whoever can read the files, now or in any clone, can use the credential",
    fix: "revoke it at its issuer first (nhi lineage shows how), then read it from a secret store; removing the line does not revoke it",
    bad: "a live key in config/prod.env",
    good: "a reference such as ${STRIPE_KEY}",
    run: leak_01,
};

pub(super) static LEAK_03: Check = Check {
    id: "LEAK-03",
    title: "Secret removed from HEAD but still in history",
    severity: Severity::High,
    frameworks: Frameworks {
        owasp_nhi: &["NHI2:2025", "NHI1:2025"],
        nist_800_207: &["ZT7"],
        nist_csf: &["PR.AA-01", "ID.AM-08"],
        agentic: &[],
        cwe: &[527, 540],
    },
    rationale: "every clone keeps the history; taking a value out of HEAD does not revoke it",
    fix: "revoke it at its issuer; only then consider rewriting the history (git filter-repo) and asking the forge to drop cached views",
    bad: "a key that an older commit holds",
    good: "a key that was never committed",
    run: leak_03,
};

pub(super) static LEAK_05: Check = Check {
    id: "LEAK-05",
    title: "Secret baked into an image or build argument",
    severity: Severity::High,
    frameworks: Frameworks {
        owasp_nhi: &["NHI2:2025", "NHI6:2025"],
        nist_800_207: &["ZT2"],
        nist_csf: &["PR.DS-01", "PR.PS-06"],
        agentic: &[],
        cwe: &[538, 522],
    },
    rationale: "every layer of an image can be read by whoever can pull it",
    fix: "pass it with RUN --mount=type=secret, and rotate the value that earlier images hold",
    bad: "ENV API_TOKEN=… in a Dockerfile",
    good: "RUN --mount=type=secret,id=token …",
    run: leak_05,
};

pub(super) static LEAK_06: Check = Check {
    id: "LEAK-06",
    title: "Secret kept in infrastructure state in clear",
    severity: Severity::Medium,
    frameworks: Frameworks { owasp_nhi: &["NHI2:2025", "NHI6:2025"], nist_800_207: &["ZT2"], nist_csf: &["PR.DS-01"], agentic: &[], cwe: &[312] },
    rationale: "state keeps arguments and attributes as they are, secrets included",
    fix: "use write-only arguments or ephemeral resources, keep the state in an encrypted backend that few can read",
    bad: "a committed terraform.tfstate, or a resource whose secret lands in state",
    good: "a role that needs no key",
    run: leak_06,
};

pub(super) static LEAK_07: Check = Check {
    id: "LEAK-07",
    title: "Secret in agent or MCP configuration",
    severity: Severity::High,
    frameworks: Frameworks {
        owasp_nhi: &["NHI2:2025"],
        nist_800_207: &["ZT2"],
        nist_csf: &["PR.AA-01", "PR.DS-01"],
        agentic: &["MCP01", "LLM02", "LLM07"],
        cwe: &[798, 522],
    },
    rationale: "agent settings are shared, synchronised and read into model contexts",
    fix: "refer to an environment variable (${NAME}) or an input prompt, and rotate the value",
    bad: "a token in .mcp.json",
    good: "\"Authorization\": \"Bearer ${GITHUB_PAT}\"",
    run: leak_07,
};

pub(super) static LEAK_08: Check = Check {
    id: "LEAK-08",
    title: "Private key committed",
    severity: Severity::High,
    frameworks: Frameworks { owasp_nhi: &["NHI2:2025"], nist_800_207: &["ZT2"], nist_csf: &["PR.AA-01"], agentic: &[], cwe: &[321, 522] },
    rationale: "a private key proves its holder to everything that trusts its public half",
    fix: "replace the key wherever its public half is trusted, then remove it",
    bad: "-----BEGIN … PRIVATE KEY----- in a file",
    good: "a public key, or a key encrypted to its users",
    run: leak_08,
};

/// Below this confidence a value looks typed by hand: worth a look, not a broken build.
const DOUBTFUL: f64 = 0.5;

/// Credentials with a real value that stand in a file of the work tree, with the place.
fn in_files<'a>(audit: &Audit<'a>) -> Vec<(&'a crate::graph::GraphNode, &'a crate::graph::Edge)> {
    audit
        .of_kind(Kind::Credential)
        .filter(|c| c.text("state") == Some("present-head") && !c.flag("placeholder"))
        .filter_map(|c| audit.out(c, "stored_in").find(|e| e.to.starts_with("file:") && e.at.iter().any(|l| l.revision.is_none())).map(|e| (c, e)))
        .collect()
}

fn is_private_key(credential: &crate::graph::GraphNode) -> bool {
    matches!(&*credential.key.subtype, "private-key" | "ssh-private-key" | "pgp-private-key" | "gcp-sa-key")
}

fn is_agent_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    path.contains(".claude/")
        || path.contains(".cursor/")
        || path.contains(".codex/")
        || path.contains(".gemini/")
        || name.contains("mcp")
        || matches!(name, "AGENTS.md" | "CLAUDE.md" | "GEMINI.md")
}

fn leak_01(audit: &mut Audit<'_>) {
    for (credential, edge) in in_files(audit) {
        let path = edge.at.iter().next().map_or("", |l| &*l.path);
        if is_private_key(credential) || is_agent_file(path) {
            continue;
        }
        let opens = audit
            .rank(credential)
            .and_then(|r| r.reach.first())
            .map_or(String::new(), |r| format!(", opens {} at {}", audit.name(&r.resource), r.level.name()));
        let by = credential.first_seen.as_ref().map_or(String::new(), |m| format!(", introduced by {}", m.party.trim_start_matches("person:")));
        let severity = match credential.flag("weak") {
            _ if credential.confidence < DOUBTFUL => Severity::Low,
            true => Severity::Medium,
            false => Severity::High,
        };
        audit.say(credential, claim(format!("{} in plain text{opens}{by}", credential.name())).edge(edge).severity(severity));
    }
}

fn leak_03(audit: &mut Audit<'_>) {
    for credential in audit.of_kind(Kind::Credential).filter(|c| c.text("state") == Some("history-only")) {
        let Some(edge) = audit.out(credential, "stored_in").next() else { continue };
        let severity = if credential.flag("weak") { Severity::Low } else { Severity::High };
        audit.say(credential, claim(format!("{} is no longer in HEAD, but every clone still has it", credential.name())).edge(edge).severity(severity));
    }
}

fn leak_05(audit: &mut Audit<'_>) {
    for location in audit.of_kind(Kind::Location).filter(|l| matches!(&*l.key.subtype, "image-layer" | "build-arg")) {
        for edge in audit.ending_at(location, "stored_in") {
            if let Some(credential) = audit.node(&edge.from) {
                audit.say(credential, claim(format!("{} is part of the image through {}", credential.name(), location.name())).edge(edge));
            }
        }
    }
}

fn leak_06(audit: &mut Audit<'_>) {
    for location in audit.of_kind(Kind::Location).filter(|l| l.key.subtype == "tf-state") {
        for edge in audit.ending_at(location, "stored_in") {
            if let Some(credential) = audit.node(&edge.from) {
                audit.say(credential, claim(format!("{} is kept in the state {}", credential.name(), location.name())).edge(edge));
            }
        }
    }
}

fn leak_07(audit: &mut Audit<'_>) {
    for (credential, edge) in in_files(audit) {
        if edge.at.iter().next().is_some_and(|l| is_agent_file(&l.path)) {
            audit.say(credential, claim(format!("{} in the configuration of an agent", credential.name())).edge(edge));
        }
    }
}

fn leak_08(audit: &mut Audit<'_>) {
    for (credential, edge) in in_files(audit) {
        if is_private_key(credential) && !credential.flag("encrypted") {
            audit.say(credential, claim(format!("{} in the work tree", credential.name())).edge(edge).at_least(Severity::High));
        }
    }
}
