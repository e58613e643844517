//! When what a block makes begins and ends, how long what it issues lives, and what renews it.

use super::Block;
use super::eval::Scope;
use super::references::references;
use crate::model::{Kind, NodeFact};

/// Arguments that say when it ends.
const ENDS: &[&str] = &["end_date", "expires_at", "expiration_date", "expiry", "expire_time", "valid_before", "valid_to", "expiration"];
/// Arguments that say when it begins.
const BEGINS: &[&str] = &["start_date", "not_before_date", "start", "activation_date", "valid_after", "valid_from"];
/// Arguments that say for how long, with what their numbers count in.
const SPANS: &[(&str, &str)] = &[
    ("end_date_relative", "s"),
    ("validity_period_hours", "h"),
    ("secret_id_ttl", "s"),
    ("token_max_ttl", "s"),
    ("max_ttl", "s"),
    ("token_ttl", "s"),
    ("default_lease_ttl_seconds", "s"),
    ("max_session_duration", "s"),
    ("ttl", "s"),
];
/// Arguments and blocks by which a value is renewed.
const RENEWS: &[&str] = &["rotate_when_changed", "rotation_configuration", "rotation_rules", "rotation_policy", "rotation", "keepers", "early_renewal_hours"];

/// States the attributes that `life` reads.
pub(super) fn state(block: &Block<'_>, scope: &Scope<'_>, kind: Kind, node: &mut NodeFact) {
    if !matches!(kind, Kind::Identity | Kind::Credential | Kind::Location) {
        return;
    }
    let text = |name: &str| scope.attribute(block.body, name).filter(|t| !t.is_empty() && !t.contains("${"));
    if let Some(ends) = ENDS.iter().find_map(|a| text(a)) {
        node.attr("expires", ends);
    }
    if let Some(begins) = BEGINS.iter().find_map(|a| text(a)) {
        node.attr("created", begins);
    }
    if let Some((span, unit)) = SPANS.iter().find_map(|(a, unit)| Some((text(a)?, unit))) {
        let bare = span.chars().all(|c| c.is_ascii_digit());
        node.attr("lifetime", if bare { format!("{span}{unit}") } else { span });
    }
    if let Some(renews) = RENEWS.iter().find(|a| block.body.all(a).next().is_some()) {
        node.attr("rotation", *renews);
    } else if references(block.body).iter().any(|r| r.first().is_some_and(|s| s == "time_rotating")) {
        node.attr("rotation", "time_rotating");
    }
    if kind == Kind::Credential
        && let Some(status) = text("status")
    {
        node.attr("status", status);
    }
}
