//! Policies of Google that deny: whom, what, and where.

use super::Block;
use super::eval::Scope;
use super::references::{many, targets};
use crate::document::Node;
use crate::extract::infra::google::{Denial, attachment};
use crate::model::{Facts, Key, Kind, Location};
use crate::relation::PART_OF;

/// Rules of one policy that are kept.
const MAX_RULES: usize = 200;

pub(super) fn read(block: &Block<'_>, key: &Key, scope: &Scope<'_>, facts: &mut Facts, at: &Location) {
    if block.resource_type != "google_iam_deny_policy" {
        return;
    }
    let list = |node: &Node, name: &str| node.get(name).map(|n| many(&scope.value(n, 0))).unwrap_or_default();
    let blocks = block.body.all("rules").flat_map(Node::one_or_many).flat_map(|r| r.all("deny_rule")).flat_map(Node::one_or_many);
    let rules: Vec<serde_json::Value> = blocks
        .take(MAX_RULES)
        .map(|rule| Denial {
            principals: list(rule, "denied_principals"),
            but_principals: list(rule, "exception_principals"),
            permissions: list(rule, "denied_permissions"),
            but_permissions: list(rule, "exception_permissions"),
            conditional: rule.all("denial_condition").next().is_some(),
        })
        .map(Denial::attribute)
        .collect();
    facts.mention(key, String::new(), at.clone()).attr("denies", rules);
    let Some(parent) = block.body.get("parent") else { return };
    let named = targets(scope, parent).into_iter().map(|(k, _)| k).find(|k| k.subtype == "cloud-account");
    let place = named.filter(|k| k.kind == Kind::Resource).or_else(|| attachment(&scope.text(parent, 0)));
    if let Some(place) = place {
        facts.mention(&place, place.id.rsplit(':').next().unwrap_or_default().to_owned(), block.document.at(parent));
        facts.relate(key, &PART_OF, &place, block.document.at(parent));
    }
}
