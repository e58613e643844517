//! Which environment a node belongs to, told from tags, CI environments, namespaces, folders and names (domain specification, 6.3).

use serde_json::Value;

use crate::graph::{Graph, GraphNode};

const STAGING: &[&str] = &["nonprod", "preprod", "staging", "stage", "stg", "uat", "qa", "perf", "canary"];
const PROD: &[&str] = &["prod", "prd", "production", "live"];
const DEV: &[&str] = &["dev", "develop", "development", "sandbox", "sbx", "local", "test", "tst", "ci", "demo", "playground", "ephemeral", "preview"];

/// The environment that a text names, by whole words; the first rule that fits wins.
fn environment(text: &str) -> Option<&'static str> {
    let lower = text.to_ascii_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    if lower.contains("non-prod") || lower.contains("pre-prod") || words.iter().any(|w| STAGING.contains(w)) {
        return Some("staging");
    }
    if words.iter().any(|w| PROD.contains(w)) {
        return Some("prod");
    }
    words.iter().any(|w| DEV.contains(w)).then_some("dev")
}

fn of(node: &GraphNode) -> Option<&'static str> {
    if let Some(Value::Object(tags)) = node.attributes.get("tags") {
        let tagged = tags.iter().filter(|(k, _)| ["env", "environment", "stage", "tier"].contains(&k.to_ascii_lowercase().as_str()));
        if let Some(found) = tagged.filter_map(|(_, v)| v.as_str()).find_map(environment) {
            return Some(found);
        }
    }
    node.text("environment").and_then(environment).or_else(|| environment(node.name())).or_else(|| {
        // Ids hold namespaces, projects and databases; their repository part says nothing of the environment.
        let id = node.id();
        if id.starts_with("repo:") { None } else { environment(id.rsplit("//").next().unwrap_or(id)) }
    })
}

/// Sets `env` on every node where it can be told.
pub fn assign_environments(graph: &mut Graph) {
    for node in graph.nodes.values_mut() {
        node.env = of(node).map(str::to_owned);
    }
}
