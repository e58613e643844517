//! A policy of an organisation fences in the identities of the accounts that it is attached to.

use std::collections::BTreeMap;

use serde_json::Value;

use super::managed::account;
use crate::graph::Graph;
use crate::model::{Kind, NodeId};

/// The attribute of an identity that names the policies which fence it in.
pub(super) const FENCES: &str = "controlled_by";
/// The statements of a policy that may or may not apply: each on a condition that nothing tells.
pub(super) const OPEN: &str = "statements_open";

/// Whether a target of an attachment holds an account: that account, everything below the root, perhaps.
fn holds(target: &str, account: &str) -> Option<bool> {
    if target.starts_with("r-") || target.contains("roots") {
        return Some(true);
    }
    if target.len() == 12 && target.bytes().all(|b| b.is_ascii_digit()) {
        return (target == account).then_some(true);
    }
    // A unit, or an account that only a block names: nothing says which accounts are meant.
    Some(false)
}

pub(super) fn apply(graph: &mut Graph) -> bool {
    let policies: Vec<(NodeId, Vec<String>)> = graph
        .of_kind(Kind::Policy)
        .filter(|p| p.text("organisation_policy") == Some("SERVICE_CONTROL_POLICY") && p.attributes.contains_key("statements"))
        .map(|p| (p.id().clone(), p.list("controls").into_iter().map(str::to_owned).collect::<Vec<_>>()))
        .filter(|(_, targets)| !targets.is_empty())
        .collect();
    if policies.is_empty() {
        return false;
    }
    let mut fenced: BTreeMap<NodeId, Vec<String>> = BTreeMap::new();
    for identity in graph.of_kind(Kind::Identity) {
        let Some(account) = account(identity.id()) else { continue };
        for (policy, targets) in &policies {
            let held = targets.iter().filter_map(|t| holds(t, account)).max();
            if let Some(sure) = held {
                fenced.entry(identity.id().clone()).or_default().push(format!("{} {policy}", if sure { "all" } else { "perhaps" }));
            }
        }
    }
    let mut changed = false;
    for (policy, _) in policies {
        let Some(node) = graph.nodes.get_mut(&policy).filter(|n| !n.attributes.contains_key(OPEN)) else { continue };
        let mut open = node.attributes.get("statements").cloned().unwrap_or_default();
        for statement in open.as_array_mut().into_iter().flatten() {
            statement["conditions"] = Value::from("not told");
        }
        node.attributes.insert(OPEN.into(), open);
        changed = true;
    }
    for (identity, mut fences) in fenced {
        fences.sort();
        let fences = Value::from(fences);
        if let Some(node) = graph.nodes.get_mut(&identity).filter(|n| n.attributes.get(FENCES) != Some(&fences)) {
            node.attributes.insert(FENCES.into(), fences);
            changed = true;
        }
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::holds;

    #[test]
    fn an_account_is_held_by_its_number_by_the_root_and_perhaps_by_a_unit() {
        assert_eq!(holds("111122223333", "111122223333"), Some(true));
        assert_eq!(holds("111122223333", "444455556666"), None);
        assert_eq!(holds("r-abcd", "444455556666"), Some(true));
        assert_eq!(holds("ou-abcd-12345678", "444455556666"), Some(false));
    }
}
