//! Which environment a node belongs to, told from tags, CI environments, namespaces, folders and names (domain specification, 6.3).

use std::collections::BTreeMap;

use serde_json::Value;

use crate::config::Account;
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

fn of(node: &GraphNode, accounts: &BTreeMap<String, Account>) -> Option<&'static str> {
    if let Some(Value::Object(tags)) = node.attributes.get("tags") {
        let tagged = tags.iter().filter(|(k, _)| ["env", "environment", "stage", "tier"].contains(&k.to_ascii_lowercase().as_str()));
        if let Some(found) = tagged.filter_map(|(_, v)| v.as_str()).find_map(environment) {
            return Some(found);
        }
    }
    let account = accounts.iter().find(|(id, _)| is_in(id, node.id())).and_then(|(_, account)| account.env.as_deref());
    if let Some(found) = account.and_then(environment) {
        return Some(found);
    }
    node.text("environment").and_then(environment).or_else(|| environment(node.name())).or_else(|| {
        let id = node.id();
        if id.starts_with("repo:") { None } else { environment(&apart_from_repository(id)) }
    })
}

/// What an id says besides its repository, whose name says nothing of the environment: of the place in braces only the folder.
fn apart_from_repository(id: &str) -> String {
    let mut said = String::new();
    let mut rest = id;
    while let Some((before, (scope, after))) = rest.split_once('{').and_then(|(before, tail)| Some((before, tail.split_once('}')?))) {
        said.push_str(before);
        said.push_str(scope.split_once("//").map_or("", |(_, folder)| folder));
        rest = after;
    }
    said.push_str(rest);
    match said.rsplit_once("//") {
        Some((_, own)) => own.to_owned(),
        None => said,
    }
}

/// Whether an id names an account, project or subscription as a whole part of itself.
fn is_in(account: &str, id: &str) -> bool {
    let apart = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphanumeric() && c != '-');
    !account.is_empty() && id.match_indices(account).any(|(at, _)| apart(id[..at].chars().next_back()) && apart(id[at + account.len()..].chars().next()))
}

/// Sets `env` on every node where it can be told, and gives accounts the names that the configuration has for them.
pub fn assign_environments(graph: &mut Graph, accounts: &BTreeMap<String, Account>) {
    for node in graph.nodes.values_mut() {
        node.env = of(node, accounts).map(str::to_owned);
        if node.key.subtype == "cloud-account"
            && let Some(name) = accounts.iter().find(|(id, _)| is_in(id, node.id())).and_then(|(_, account)| account.name.clone())
        {
            node.name = name;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{apart_from_repository, environment, is_in};

    #[test]
    fn an_account_is_named_whole() {
        assert!(is_in("111122223333", "arn:aws:iam::111122223333:role/web"));
        assert!(is_in("acme-prod", "gcp-project:acme-prod"));
        assert!(!is_in("acme", "gcp-project:acme-prod") && !is_in("1111", "arn:aws:iam::111122223333:role/web"));
    }

    #[test]
    fn the_repository_in_an_id_says_nothing_of_the_environment() {
        let told = |id: &str| environment(&apart_from_repository(id));
        assert_eq!(told("k8s:{local/0123456789abcdef}/kube-system/ServiceAccount/superadmin"), None);
        assert_eq!(told("vault:{github.com/acme/test}/secret/pay#key"), None);
        assert_eq!(told("k8s:{local/0123456789abcdef}/pay-prod/ServiceAccount/api"), Some("prod"));
        assert_eq!(told("k8s:{github.com/acme/dev//overlays/prod}/pay/ServiceAccount/api"), Some("prod"));
        assert_eq!(told("file:github.com/acme/sandbox//live/main.tf"), Some("prod"));
    }
}
