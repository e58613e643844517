//! Secrets that can be read in the files, now or in any clone.

use std::collections::BTreeSet;

use super::Check;
use super::context::{Audit, claim, is_sample};
use crate::graph::{Edge, GraphNode};
use crate::life;
use crate::model::{Frameworks, Kind, Level, Severity};
use crate::rank::{self, is_locked};

pub(super) static LEAK_01: Check = Check {
    id: "LEAK-01",
    title: "Secret in plain text in the work tree",
    severity: Severity::High,
    frameworks: Frameworks { ids: "NHI2:2025 ZT2 PR.AA-01 PR.DS-01 PR.AC-1 MCP01", cwe: &[798, 312, 540] },
    rationale: "whoever can read the files, now or in any clone, can use the credential",
    fix: "revoke it at its issuer first (nhi lineage shows how), then read it from a secret store; removing the line does not revoke it",
    run: leak_01,
};

pub(super) static LEAK_02: Check = Check {
    id: "LEAK-02",
    title: "Secret shipped to clients",
    severity: Severity::Critical,
    frameworks: Frameworks { ids: "NHI2:2025 ZT2 PR.DS-01 PR.AA-01 LLM02", cwe: &[522, 200] },
    rationale: "what is built into a page, an app or a published package is read by everyone who opens it",
    fix: "revoke it, and call the service from a server that holds the key; a variable with a public prefix (NEXT_PUBLIC_, VITE_, REACT_APP_) is part of the page",
    run: leak_02,
};

pub(super) static LEAK_03: Check = Check {
    id: "LEAK-03",
    title: "Secret removed from HEAD but still live in history",
    severity: Severity::High,
    frameworks: Frameworks { ids: "NHI2:2025 NHI1:2025 ZT7 PR.AA-01 ID.AM-08 PR.AC-1", cwe: &[527, 540] },
    rationale: "every clone keeps the history; taking a value out of HEAD does not revoke it",
    fix: "revoke it at its issuer; only then consider rewriting the history (git filter-repo) and asking the forge to drop cached views",
    run: leak_03,
};

pub(super) static LEAK_07: Check = Check {
    id: "LEAK-07",
    title: "Secret in agent/MCP configuration or instructions",
    severity: Severity::High,
    frameworks: Frameworks { ids: "NHI2:2025 ZT2 PR.AA-01 PR.DS-01 MCP01 LLM02 LLM07", cwe: &[798, 522] },
    rationale: "agent settings are shared, synchronised and read into model contexts",
    fix: "refer to an environment variable (${NAME}) or an input prompt, and rotate the value",
    run: leak_07,
};

pub(super) static LEAK_08: Check = Check {
    id: "LEAK-08",
    title: "Private or CA key committed",
    severity: Severity::High,
    frameworks: Frameworks { ids: "NHI2:2025 ZT2 PR.AA-01", cwe: &[321, 522] },
    rationale: "a private key proves its holder to everything that trusts its public half",
    fix: "replace the key wherever its public half is trusted, then remove it",
    run: leak_08,
};

pub(super) static LEAK_09: Check = Check {
    id: "LEAK-09",
    title: "Ciphertext stored together with its key",
    severity: Severity::High,
    frameworks: Frameworks { ids: "NHI2:2025 ZT2 PR.DS-01", cwe: &[321, 522] },
    rationale: "encryption whose key lies beside it protects nothing",
    fix: "rotate every secret in the encrypted files, make a new key, and keep it out of the repository (sops updatekeys, ansible-vault rekey)",
    run: leak_09,
};

/// Prefixes of variables that a build puts into what it ships.
const PUBLIC_PREFIXES: &[&str] =
    &["NEXT_PUBLIC_", "VITE_", "REACT_APP_", "EXPO_PUBLIC_", "NUXT_PUBLIC_", "GATSBY_", "VUE_APP_", "NG_APP_", "STORYBOOK_", "PUBLIC_"];

/// Keys that are meant to be seen by clients, by a word in their rule's name.
const PUBLISHABLE: &[&str] = &["publishable", "public", "dsn", "firebase", "gcp-api-key", "mapbox", "recaptcha-site", "algolia-search"];

/// Below this confidence a value looks typed by hand: worth a look, not a broken build.
const DOUBTFUL: f64 = 0.5;

/// Functions that make trying passwords against a hash cost so much that only weak ones fall.
const SLOW_HASHES: &[&str] = &["argon2", "bcrypt", "sha256-crypt", "sha512-crypt", "yescrypt"];

/// Credentials with a real value that stand in a file of the work tree, with the place.
pub(super) fn in_files<'a>(audit: &Audit<'a>) -> Vec<(&'a GraphNode, &'a Edge)> {
    audit
        .of_kind(Kind::Credential)
        .filter(|c| c.text("state") == Some("present-head") && !c.flag("placeholder"))
        .filter_map(|c| audit.out(c, "stored_in").find(|e| e.to.starts_with("file:") && e.at.iter().any(|l| l.revision.is_none())).map(|e| (c, e)))
        .collect()
}

/// The path where an edge is shown, work tree before history.
fn path_of(edge: &Edge) -> &str {
    edge.at.iter().min_by_key(|l| l.revision.is_some()).map_or("", |l| &*l.path)
}

fn is_private_key(credential: &GraphNode) -> bool {
    matches!(&*credential.key.subtype, "private-key" | "ssh-private-key" | "pgp-private-key" | "keystore")
}

fn is_public_half(credential: &GraphNode) -> bool {
    matches!(&*credential.key.subtype, "x509-cert") || credential.flag("public")
}

fn is_agent_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let folder = [".claude/", ".cursor/", ".codex/", ".gemini/", ".continue/", ".roo/", ".amazonq/", ".kiro/", ".junie/", ".windsurf/"];
    let settings = ["mcp.json", "mcp_config.json", "claude_desktop_config.json", "cline_mcp_settings.json", "mcp_settings.json", "opencode.json", "SKILL.md"];
    folder.iter().any(|f| path.contains(f))
        || settings.iter().any(|s| name.ends_with(s))
        || matches!(name, "AGENTS.md" | "CLAUDE.md" | "CLAUDE.local.md" | "GEMINI.md" | ".cursorrules" | ".windsurfrules" | ".clinerules" | ".goosehints")
        || path.ends_with(".github/copilot-instructions.md")
}

/// Built pages, bundles and settings that an app carries.
fn is_client_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let script = name.ends_with(".js") || name.ends_with(".mjs") || name.ends_with(".html") || name.ends_with(".js.map");
    let shipped = ["public/", "static/js/", "dist/", "wwwroot/", "www/"].iter().any(|f| path.starts_with(f) || path.contains(&format!("/{f}")));
    (script && (shipped || name.contains(".min.") || name.contains(".bundle.") || name.contains(".chunk.")))
        || matches!(name, "Info.plist" | "AndroidManifest.xml")
        || path.ends_with("res/values/strings.xml")
}

/// What the credential is known to administer.
fn administers(audit: &Audit<'_>, credential: &GraphNode) -> bool {
    audit.reaches(credential, Level::Admin, |r| matches!(&*r.key.subtype, "cloud-account" | "cluster" | "iam-plane" | "identity-provider")).is_some()
}

/// The check's own advice, with the command that ends this credential, where it is known.
fn revoke(credential: &GraphNode, then: &str) -> String {
    format!("revoke it first: {}; then {then}", life::fill(life::revocation(credential).contain, credential))
}

/// Whether a key opens the whole of a cloud account: the floor of 8.2.
fn is_grave(audit: &Audit<'_>, credential: &GraphNode) -> bool {
    is_private_key(credential) || administers(audit, credential)
}

fn opens(audit: &Audit<'_>, credential: &GraphNode) -> String {
    let worst = audit.rank(credential).and_then(|r| r.reach.first());
    worst.map_or(String::new(), |r| format!(", opens {} at {}", audit.name(&r.resource), r.level.name()))
}

fn leak_01(audit: &mut Audit<'_>) {
    for (credential, edge) in in_files(audit) {
        let path = path_of(edge);
        if is_private_key(credential) || is_agent_file(path) || is_locked(credential) || is_public_half(credential) || in_client(audit, credential).is_some() {
            continue;
        }
        let by = credential.first_seen.as_ref().map_or(String::new(), |m| format!(", introduced by {}", m.party.trim_start_matches("person:")));
        let severity = if credential.confidence < DOUBTFUL || credential.text("hash").is_some_and(|h| SLOW_HASHES.contains(&h)) {
            Severity::Low
        } else if credential.attributes.contains_key("hash") {
            Severity::Medium
        } else if administers(audit, credential) || (audit.is_public() && !credential.flag("weak")) {
            Severity::Critical
        } else if credential.flag("weak") {
            Severity::Medium
        } else {
            Severity::High
        };
        let how = if credential.attributes.contains_key("hash") { "for whoever reads it to try passwords against" } else { "in plain text" };
        let mut said = claim(format!("{} {how}{}{by}", credential.name(), opens(audit, credential)))
            .edge(edge)
            .severity(severity)
            .fix(revoke(credential, "read it from a secret store; removing the line does not revoke it"));
        if is_grave(audit, credential) {
            said = said.at_least(Severity::High);
        }
        audit.say(credential, said);
    }
}

/// Where a credential is shipped to clients, and what tells.
fn in_client<'a>(audit: &Audit<'a>, credential: &GraphNode) -> Option<(&'a Edge, String)> {
    let rule = credential.text("rule").unwrap_or_default();
    if PUBLISHABLE.iter().any(|p| rule.contains(p)) || is_public_half(credential) {
        return None;
    }
    audit.out(credential, "stored_in").filter(|e| e.at.iter().any(|l| l.revision.is_none())).find_map(|e| {
        let slot = audit.node(&e.to)?;
        let prefixed = PUBLIC_PREFIXES.iter().any(|p| slot.name().starts_with(p));
        if slot.key.subtype == "client-bundle" || is_client_file(path_of(e)) {
            Some((e, path_of(e).to_owned()))
        } else {
            prefixed.then(|| (e, slot.name().to_owned()))
        }
    })
}

fn leak_02(audit: &mut Audit<'_>) {
    for (credential, _) in in_files(audit) {
        if let Some((edge, by)) = in_client(audit, credential) {
            audit.say(credential, claim(format!("{} is shipped to clients by {by}{}", credential.name(), opens(audit, credential))).edge(edge));
        }
    }
    shipped_by_name(audit);
}

/// Words in the name of a variable that nobody would give a key that may be seen.
const NEVER_PUBLIC: &[&str] = &["SECRET", "SERVICE_KEY", "SERVICE_ROLE", "PRIVATE", "PASSWORD", "ADMIN"];

/// A variable of a page whose value is not seen here, by its name.
fn shipped_by_name(audit: &mut Audit<'_>) {
    for slot in audit.of_kind(Kind::Location).filter(|l| l.key.subtype == "client-bundle") {
        let name = slot.name().to_ascii_uppercase();
        let Some(edge) = audit.ending_at(slot, "consumes").next().filter(|_| NEVER_PUBLIC.iter().any(|w| name.contains(w))) else { continue };
        if audit.ending_at(slot, "stored_in").next().is_none() {
            let said = claim(format!("{} is part of the page that reads it, and by its name a secret", slot.name()));
            audit.say(slot, said.edge(edge).confidence(0.7).severity(Severity::High));
        }
    }
}

fn leak_03(audit: &mut Audit<'_>) {
    for credential in audit.of_kind(Kind::Credential).filter(|c| c.text("state") == Some("history-only") && !c.flag("placeholder")) {
        if is_locked(credential)
            || is_public_half(credential)
            || credential.text("presence") == Some("revoked")
            || credential.text("lifetime_class") == Some("expired")
        {
            continue;
        }
        let Some(edge) = audit.out(credential, "stored_in").next() else { continue };
        // A value that another took the place of is likely, but not certainly, revoked.
        let rotated = credential.attributes.contains_key("replaced_by")
            || credential.attributes.contains_key("revocation_evidence")
            || credential.text("presence") == Some("moved");
        let severity = match (credential.flag("weak"), rotated) {
            (true, _) => Severity::Low,
            (false, true) => Severity::Medium,
            (false, false) => Severity::High,
        };
        let mut said = claim(format!("{} is no longer in HEAD, but every clone still has it", credential.name()))
            .edge(edge)
            .severity(severity)
            .fix(revoke(credential, "consider rewriting the history (git filter-repo) and asking the forge to drop cached views"));
        if is_grave(audit, credential) && !rotated {
            said = said.at_least(Severity::High);
        }
        audit.say(credential, said);
    }
}

fn leak_07(audit: &mut Audit<'_>) {
    for (credential, edge) in in_files(audit) {
        if is_agent_file(path_of(edge)) && !is_locked(credential) && !is_public_half(credential) {
            let severity = if credential.flag("weak") { Severity::Medium } else { Severity::High };
            let said = claim(format!("{} in the configuration of an agent", credential.name())).edge(edge).severity(severity);
            audit.say(credential, said.fix(revoke(credential, "refer to an environment variable (${NAME}) or an input prompt")));
        }
    }
}

fn leak_08(audit: &mut Audit<'_>) {
    for (credential, edge) in in_files(audit) {
        if !is_private_key(credential) || is_locked(credential) {
            continue;
        }
        let authority = audit.targets(credential, "same_as").chain(audit.sources(credential, "same_as")).chain([credential]).any(|c| c.flag("authority"));
        let what = if authority { "the key of a certificate authority" } else { "a private key" };
        let severity = if authority { Severity::Critical } else { Severity::High };
        let mut said = claim(format!("{}: {what} in the work tree", credential.name())).edge(edge).severity(severity);
        // How little is known of what a key opens lowers nothing; that it is a test's does.
        if !is_sample(credential, edge.at.iter().next()) {
            said = said.at_least(Severity::High);
        }
        audit.say(credential, said);
    }
}

fn leak_09(audit: &mut Audit<'_>) {
    let blobs: Vec<(&GraphNode, &str, &str)> = audit
        .graph
        .nodes
        .values()
        .filter_map(|n| {
            let by = n.text("encryption").or_else(|| n.text("rule").filter(|r| matches!(*r, "sops" | "ansible-vault" | "maven")))?;
            n.primary().map(|l| (n, by, &*l.repository))
        })
        .collect();
    if blobs.is_empty() {
        return;
    }
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for credential in audit.of_kind(Kind::Credential).filter(|c| !is_locked(c) && !c.flag("placeholder")) {
        let Some(edge) = audit.out(credential, "stored_in").find(|e| e.to.starts_with("file:") || e.to.starts_with("history:")) else { continue };
        let path = path_of(edge);
        let Some(opens) = rank::opens(credential, path) else { continue };
        let repository = edge.at.iter().next().map_or("", |l| &*l.repository);
        if let Some((blob, ..)) = blobs.iter().find(|(_, by, r)| *by == opens && *r == repository)
            && told.insert(credential.id())
        {
            let said = claim(format!("{} opens what {opens} encrypted in the same repository, such as {}", credential.name(), blob.name()));
            audit.say(credential, said.edge(edge).with(blob.id().to_string()));
        }
    }
}
