//! A permission to assume a role is worth what the role's trust says: one that trusts its whole account admits whoever there has the permission.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::access::over_identities;
use super::managed::account;
use crate::graph::Graph;
use crate::model::{Basis, Condition, Kind, NodeId};
use crate::relation::CAN_ASSUME;

/// Who can act as whom, how surely, on what condition, and by which edges.
type Drawn = (NodeId, NodeId, f64, Condition, Vec<Arc<str>>);

/// The account that a principal like `arn:aws:iam::111122223333:root`, or the bare number, stands for.
fn trusted_account(principal: &str) -> Option<&str> {
    let bare = principal.len() == 12 && principal.bytes().all(|b| b.is_ascii_digit());
    if bare { Some(principal) } else { principal.strip_suffix(":root").and_then(|_| account(principal)) }
}

/// Whether a list of granted actions holds the one that assumes a role.
fn assumes<'a>(mut actions: impl Iterator<Item = &'a str>) -> bool {
    actions.any(|a| {
        let a = a.to_ascii_lowercase();
        a.strip_suffix('*').map_or(a == "sts:assumerole", |prefix| "sts:assumerole".starts_with(prefix))
    })
}

/// What a role's trust makes of a permission held in an account: certain, open when no file states the trust, nothing when it names others.
fn admits(graph: &Graph, role: &NodeId, holder: &str) -> Option<Condition> {
    let mut trusts = graph.out(role).filter(|e| e.relation.name == "trusts").peekable();
    if trusts.peek().is_none() {
        return Some(Condition::Unknown);
    }
    trusts.any(|e| trusted_account(&e.to) == Some(holder)).then_some(Condition::True)
}

pub(super) fn apply(graph: &mut Graph) -> bool {
    let mut drawn: Vec<Drawn> = Vec::new();
    for identity in graph.of_kind(Kind::Identity) {
        let Some(holder) = account(identity.id()) else { continue };
        for (role, (confidence, condition, via, actions)) in over_identities(graph, identity) {
            if role != *identity.id()
                && assumes(actions.iter().map(String::as_str))
                && let Some(known) = admits(graph, &role, holder)
            {
                drawn.push((identity.id().clone(), role, confidence, condition.min(known), via));
            }
        }
        // On every role: those of the account that trust the account as a whole.
        let everything = graph.out(identity.id()).find(|e| {
            e.relation.name == "can_access"
                && e.to.strip_prefix("aws:").is_some_and(|rest| rest == holder || rest.strip_prefix(holder) == Some("/sts/*"))
                && assumes(e.list("actions"))
        });
        if let Some(access) = everything {
            let root = format!("arn:aws:iam::{holder}:root");
            let roles: BTreeSet<&NodeId> =
                graph.ending_at(&root).chain(graph.ending_at(holder)).filter(|e| e.relation.name == "trusts").map(|e| &e.from).collect();
            for role in roles.into_iter().filter(|r| *r != identity.id()) {
                drawn.push((identity.id().clone(), role.clone(), access.confidence, access.condition, vec![access.id.clone()]));
            }
        }
    }
    drawn.into_iter().fold(false, |changed, (from, to, confidence, condition, via)| {
        changed | graph.derive(&from, &CAN_ASSUME, &to, (Basis::Evaluated, confidence), condition, &via)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_trusted_by_its_root_or_its_number() {
        assert_eq!(trusted_account("arn:aws:iam::111122223333:root"), Some("111122223333"));
        assert_eq!(trusted_account("111122223333"), Some("111122223333"));
        assert_eq!(trusted_account("arn:aws:iam::111122223333:role/x"), None);
        assert!(assumes(["sts:*"].into_iter()) && assumes(["*"].into_iter()) && !assumes(["sts:GetCallerIdentity"].into_iter()));
    }
}
