//! What a vendor's credential opens when nothing else says: the tenant at that vendor, at a level that its type suggests.

use crate::graph::Graph;
use crate::model::{Basis, Condition, Key, Kind, NodeId};
use crate::relation::CAN_ACCESS;

/// Provider of the rule to the subtype of what it protects.
const RESOURCES: &[(&str, &str)] = &[
    ("aws", "cloud-account"),
    ("gcp", "cloud-account"),
    ("azure", "cloud-account"),
    ("alibaba", "cloud-account"),
    ("digitalocean", "cloud-account"),
    ("github", "repo"),
    ("gitlab", "repo"),
    ("bitbucket", "repo"),
    ("npm", "package-registry"),
    ("pypi", "package-registry"),
    ("rubygems", "package-registry"),
    ("crates", "package-registry"),
    ("nuget", "package-registry"),
    ("docker", "container-registry"),
    ("stripe", "payments"),
    ("square", "payments"),
    ("paypal", "payments"),
    ("adyen", "payments"),
    ("razorpay", "payments"),
    ("openai", "llm-api"),
    ("anthropic", "llm-api"),
    ("huggingface", "llm-api"),
    ("groq", "llm-api"),
    ("sendgrid", "email-sending"),
    ("mailgun", "email-sending"),
    ("slack", "messaging"),
    ("discord", "messaging"),
    ("telegram", "messaging"),
    ("vault", "secret-store"),
    ("doppler", "secret-store"),
    ("onepassword", "secret-store"),
    ("datadog", "monitoring"),
    ("sentry", "monitoring"),
    ("newrelic", "monitoring"),
    ("grafana", "monitoring"),
    ("cloudflare", "dns"),
    ("okta", "identity-provider"),
    ("auth0", "identity-provider"),
];

pub(super) fn apply(graph: &mut Graph) -> bool {
    let mut drawn: Vec<(NodeId, Key, String)> = Vec::new();
    for credential in graph.of_kind(Kind::Credential) {
        if graph.out(credential.id()).any(|e| matches!(e.relation.name, "authenticates_as" | "can_access")) {
            continue;
        }
        let Some(provider) = credential.text("provider").filter(|p| !["pem", "jwt", "age"].contains(p)) else { continue };
        let subtype = RESOURCES.iter().find(|(p, _)| *p == provider).map_or("saas-tenant", |(_, s)| s);
        let account = credential.text("account").map_or("?".to_owned(), str::to_owned);
        let key = Key::new(Kind::Resource, subtype, format!("saas:{provider}/{account}"));
        let name = if account == "?" { provider.to_owned() } else { format!("{provider} {account}") };
        drawn.push((credential.id().clone(), key, name));
    }
    let mut changed = false;
    for (credential, key, name) in drawn {
        let node = graph.ensure(&key);
        node.name = name;
        node.confidence = node.confidence.max(0.5);
        changed |= graph.derive(&credential, &CAN_ACCESS, &key.id, (Basis::Convention, 0.5), Condition::True, &[]);
    }
    changed
}
