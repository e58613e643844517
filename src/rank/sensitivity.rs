//! How much the loss of a resource would hurt: base by type, environment, data class (domain specification, 6.3).

use serde_json::Value;

use crate::graph::{Graph, GraphNode};
use crate::model::glob;

/// Subtype of a resource to its base.
const BASE: &[(&str, f64)] = &[
    ("iam-plane", 1.0),
    ("identity-provider", 1.0),
    ("secret-store", 1.0),
    ("kms", 1.0),
    ("cloud-account", 1.0),
    ("backup", 1.0),
    ("cluster", 0.95),
    ("payments", 0.95),
    ("database", 0.9),
    ("ci-system", 0.85),
    ("repo", 0.85),
    ("branch", 0.85),
    ("package-registry", 0.85),
    ("dns", 0.8),
    ("container-registry", 0.75),
    ("saas-tenant", 0.7),
    ("object-store", 0.7),
    ("vector-store", 0.7),
    ("namespace", 0.7),
    ("local-machine", 0.7),
    ("function", 0.6),
    ("compute", 0.6),
    ("host", 0.6),
    ("node", 0.6),
    ("runner", 0.6),
    ("messaging", 0.6),
    ("email-sending", 0.6),
    ("network", 0.6),
    ("stream", 0.5),
    ("queue", 0.5),
    ("cdn", 0.5),
    ("ci-environment", 0.5),
    ("cache", 0.45),
    ("logs", 0.4),
    ("monitoring", 0.4),
    ("filesystem", 0.4),
    ("llm-api", 0.35),
    ("model", 0.35),
    ("internet", 0.3),
];

const PERSONAL: &[&str] = &["pii", "phi", "hipaa", "pci", "cardholder", "gdpr", "customer", "customers", "payroll", "finance", "confidential", "restricted"];
const OPEN: &[&str] = &["public", "assets", "static", "demo"];

/// The attribute of what configuration counts among those whose loss would be the worst.
const CROWN_JEWEL: &str = "crown_jewel";

/// Marks every resource whose id or name one of the globs fits: a report says so, and whoever asks it a question counts as the scan did.
pub fn mark_crown_jewels(graph: &mut Graph, globs: &[String]) {
    if globs.is_empty() {
        return;
    }
    for node in graph.nodes.values_mut().filter(|n| globs.iter().any(|g| glob(g, n.id()) || glob(g, n.name()))) {
        node.attributes.insert(CROWN_JEWEL.into(), Value::from(true));
    }
}

/// Whether it is one of those.
pub fn is_crown_jewel(node: &GraphNode) -> bool {
    node.flag(CROWN_JEWEL)
}

/// Base of what no table names.
const UNKNOWN: f64 = 0.5;

fn by_environment(node: &GraphNode) -> f64 {
    match node.env.as_deref() {
        Some("prod") => 1.0,
        Some("staging") => 0.6,
        Some("dev") => 0.35,
        _ => 0.8,
    }
}

/// The sensitivity of a thing of which nothing is known but where it is.
pub(super) fn of_unknown(container: &GraphNode) -> f64 {
    UNKNOWN * by_environment(container)
}

/// 0 to 1.
pub fn sensitivity(node: &GraphNode) -> f64 {
    if is_crown_jewel(node) {
        return 1.0;
    }
    let base = BASE.iter().find(|(subtype, _)| *subtype == node.key.subtype).map_or(UNKNOWN, |(_, b)| *b);
    let name = node.name().to_ascii_lowercase();
    let has = |words: &[&str]| name.split(|c: char| !c.is_ascii_alphanumeric()).any(|w| words.contains(&w));
    let class = if has(PERSONAL) {
        1.25
    } else if has(OPEN) {
        0.6
    } else {
        1.0
    };
    (base * by_environment(node) * class).clamp(0.02, 1.0)
}
