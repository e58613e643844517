//! How much the loss of a resource would hurt: base by type, environment, data class (domain specification, 6.3).

use crate::graph::GraphNode;
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

/// Whether configuration counts the resource among those whose loss would be the worst.
pub fn is_crown_jewel(node: &GraphNode, crown_jewels: &[String]) -> bool {
    crown_jewels.iter().any(|jewel| glob(jewel, node.id()) || glob(jewel, node.name()))
}

/// 0 to 1.
pub fn sensitivity(node: &GraphNode, crown_jewels: &[String]) -> f64 {
    if is_crown_jewel(node, crown_jewels) {
        return 1.0;
    }
    let base = BASE.iter().find(|(subtype, _)| *subtype == node.key.subtype).map_or(0.5, |(_, b)| *b);
    let environment = match node.env.as_deref() {
        Some("prod") => 1.0,
        Some("staging") => 0.6,
        Some("dev") => 0.35,
        _ => 0.8,
    };
    let name = node.name().to_ascii_lowercase();
    let has = |words: &[&str]| name.split(|c: char| !c.is_ascii_alphanumeric()).any(|w| words.contains(&w));
    let class = if has(PERSONAL) {
        1.25
    } else if has(OPEN) {
        0.6
    } else {
        1.0
    };
    (base * environment * class).clamp(0.02, 1.0)
}
