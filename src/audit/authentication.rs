//! How identities prove themselves.

use super::Check;
use super::context::{Audit, claim};
use super::leaks::in_files;
use crate::graph::GraphNode;
use crate::model::{Frameworks, Kind, Severity};

pub(super) static AUTH_01: Check = Check {
    id: "AUTH-01",
    title: "Static credential where federation is available",
    severity: Severity::Medium,
    frameworks: Frameworks { ids: "NHI7:2025 NHI4:2025 ZT3 PR.AA-03 PR.AA-01 PR.AC-7", cwe: &[798, 1391] },
    rationale: "a stored key can be copied and lives until someone ends it; the pipeline could be given a token of its own for each run",
    fix: "let the job ask for an OIDC token (permissions: id-token: write) and trust exactly its subject; a shorter life reduces the window only, not the reach",
    run: auth_01,
};

pub(super) static AUTH_02: Check = Check {
    id: "AUTH-02",
    title: "Deprecated or weak authentication method",
    severity: Severity::Medium,
    frameworks: Frameworks { ids: "NHI4:2025 ZT6 PR.AA-03 PR.AC-7 MCP07", cwe: &[287, 1390] },
    rationale: "the method has a successor because what it proves is easily copied, forwarded or never ends",
    fix: "use the successor: a fine-grained token or an app for a classic one, http_tokens = \"required\" for IMDSv1, a bound token (TokenRequest) for the Secret of a service account, Entra ID for account keys, id_tokens: for CI_JOB_JWT",
    run: auth_02,
};

pub(super) static AUTH_03: Check = Check {
    id: "AUTH-03",
    title: "Default or guessable secret",
    severity: Severity::High,
    frameworks: Frameworks { ids: "NHI4:2025 ZT6 PR.AA-03", cwe: &[1392, 521] },
    rationale: "a password that is a word, or short, is guessed without a leak",
    fix: "generate a long random value and keep it in a secret store",
    run: auth_03,
};

pub(super) static AUTH_04: Check = Check {
    id: "AUTH-04",
    title: "Weak key or algorithm",
    severity: Severity::Medium,
    frameworks: Frameworks { ids: "NHI4:2025 ZT2 PR.AA-04 PR.DS-02", cwe: &[326, 327] },
    rationale: "a key that is too short or an algorithm that is broken can be forged without being stolen",
    fix: "make a new key of a strong kind (ssh-keygen -t ed25519, openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256) and replace the old one everywhere",
    run: auth_04,
};

/// Stored keys of platforms to which pipelines can federate: ending of the slot's name, and the platform.
const STATIC_SLOTS: &[(&str, &str)] = &[
    ("AWS_SECRET_ACCESS_KEY", "AWS"),
    ("AWS_SECRET_KEY", "AWS"),
    ("GCP_SA_KEY", "Google Cloud"),
    ("GCP_SERVICE_ACCOUNT_KEY", "Google Cloud"),
    ("GCLOUD_SERVICE_KEY", "Google Cloud"),
    ("GOOGLE_CREDENTIALS", "Google Cloud"),
    ("GOOGLE_APPLICATION_CREDENTIALS_JSON", "Google Cloud"),
    ("GCP_CREDENTIALS", "Google Cloud"),
    ("AZURE_CREDENTIALS", "Azure"),
    ("AZURE_CLIENT_SECRET", "Azure"),
    ("ARM_CLIENT_SECRET", "Azure"),
    ("PYPI_API_TOKEN", "PyPI"),
    ("PYPI_TOKEN", "PyPI"),
    ("VAULT_TOKEN", "Vault"),
    ("VAULT_SECRET_ID", "Vault"),
];

/// Pipelines that can get a token of their own for each run.
fn can_federate(consumer: &GraphNode) -> bool {
    let platforms = ["github", "gitlab", "circleci", "buildkite", "azure-devops", "azure", "bitbucket", "terraform-cloud"];
    consumer.text("platform").is_some_and(|p| platforms.contains(&p)) || consumer.key.subtype == "ci-action" || consumer.key.subtype == "ci-agent"
}

/// Kinds of keys of clouds to which a pipeline can federate.
const STATIC_KEYS: &[(&str, &str)] = &[("aws-access-key", "AWS"), ("gcp-sa-key", "Google Cloud"), ("entra-client-secret", "Azure")];

fn auth_01(audit: &mut Audit<'_>) {
    for slot in audit.of_kind(Kind::Location).filter(|l| l.key.subtype == "ci-secret") {
        let name = slot.name().to_ascii_uppercase();
        // By its name, or by the key that fills it.
        let filled = || audit.targets(slot, "sourced_from").find_map(|c| STATIC_KEYS.iter().find(|(s, _)| c.key.subtype == *s));
        let Some((_, cloud)) = STATIC_SLOTS.iter().find(|(s, _)| name.ends_with(s)).or_else(filled) else { continue };
        let used = audit.ending_at(slot, "consumes").find(|e| audit.node(&e.from).is_some_and(can_federate));
        if let Some(edge) = used {
            let said = claim(format!("{} uses the stored key {} although its platform can federate to {cloud}", audit.name(&edge.from), slot.name()));
            audit.say(slot, said.edge(edge));
        }
    }
}

/// Credentials that are a superseded method by their kind, and what they are.
fn superseded(credential: &GraphNode) -> Option<&'static str> {
    match (&*credential.key.subtype, credential.text("rule").unwrap_or_default()) {
        (_, "github-pat") => Some("is a classic token, which knows no single repository and need not end"),
        ("k8s-sa-token", _) => Some("is a token of a service account that does not end"),
        ("azure-storage-key", _) => Some("is a key of the whole storage account, where Entra ID can grant single rights"),
        _ => None,
    }
}

fn auth_02(audit: &mut Audit<'_>) {
    for (credential, edge) in in_files(audit) {
        if let Some(what) = superseded(credential) {
            audit.say(credential, claim(format!("{} {what}", credential.name())).edge(edge));
        }
    }
    for node in audit.graph.nodes.values() {
        for method in node.list("legacy_auth") {
            audit.say(node, claim(format!("{} uses {method}", node.name())).with(method));
        }
    }
}

fn auth_03(audit: &mut Audit<'_>) {
    for slot in audit.of_kind(Kind::Location).filter(|l| l.flag("guessable")) {
        if let Some(edge) = audit.ending_at(slot, "consumes").next() {
            audit.say(slot, claim(format!("{} of {} is a word that is guessed first", slot.name(), audit.name(&edge.from))).edge(edge));
        }
    }
    for credential in audit
        .of_kind(Kind::Credential)
        .filter(|c| c.flag("weak") && c.text("state") == Some("present-head") && matches!(&*c.key.subtype, "password" | "db-url" | "keystore"))
    {
        // Only where it is in effect: a service or a workload that is given it.
        let effective = |l: &GraphNode| matches!(&*l.key.subtype, "env" | "k8s-secret" | "k8s-configmap") && audit.ending_at(l, "consumes").next().is_some();
        let Some(edge) = audit.out(credential, "stored_in").find(|e| audit.node(&e.to).is_some_and(effective)) else { continue };
        // The slot speaks for itself.
        if audit.node(&edge.to).is_some_and(|l| l.flag("guessable")) {
            continue;
        }
        audit.say(credential, claim(format!("{} is weak and in effect in {}", credential.name(), audit.name(&edge.to))).edge(edge));
    }
}

/// What is weak about a key or certificate: its length, its algorithm, its signature.
fn weakness(node: &GraphNode) -> Option<String> {
    let algorithm = node.text("algorithm").or(node.text("key_algorithm")).unwrap_or_default().to_ascii_lowercase();
    let bits = ["bits", "key_bits", "key_size"].iter().find_map(|k| node.attributes.get(*k)).and_then(serde_json::Value::as_u64);
    if algorithm.contains("dsa") && !algorithm.contains("ecdsa") && !algorithm.contains("eddsa") {
        return Some("is a DSA key".to_owned());
    }
    if let Some(bits) = bits {
        if algorithm.contains("rsa") && bits < 2048 {
            return Some(format!("is an RSA key of {bits} bits"));
        }
        if algorithm.starts_with("hs") && bits < 256 {
            return Some(format!("signs by {} with a secret of {bits} bits", algorithm.to_ascii_uppercase()));
        }
    }
    if ["3des", "des-ede", "rc4", "rc2"].iter().any(|w| algorithm.contains(w)) {
        return Some(format!("is encrypted by {algorithm}"));
    }
    let signature = node.text("signature").unwrap_or_default().to_ascii_lowercase();
    ["sha1", "md5", "md2"].iter().find(|w| signature.replace('-', "").contains(*w)).map(|w| format!("is signed by {}", w.to_ascii_uppercase()))
}

fn auth_04(audit: &mut Audit<'_>) {
    for node in audit.graph.nodes.values().filter(|n| matches!(n.key.kind, Kind::Credential | Kind::Issuer | Kind::Identity)) {
        if let Some(weak) = weakness(node) {
            audit.say(node, claim(format!("{} {weak}", node.name())));
        }
    }
}
