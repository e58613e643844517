//! A login that asks the cluster whose token it is shown, and takes every account that a pattern of names fits, takes those that are known.

use crate::graph::Graph;
use crate::model::{Basis, Condition, Kind, NodeId};
use crate::relation::CAN_ASSUME;

use super::patterns::meet;

/// The attribute of a login that lists patterns of ids of accounts.
const ADMITS: &str = "admits_accounts";

/// Accounts of one login that are told one by one.
const MAX_ACCOUNTS: usize = 500;

pub(super) fn apply(graph: &mut Graph) -> bool {
    let mut drawn: Vec<(NodeId, NodeId)> = Vec::new();
    for role in graph.of_kind(Kind::Identity) {
        for pattern in role.list(ADMITS) {
            let begins = pattern.split('*').next().unwrap_or_default();
            let known = graph.nodes.with_prefix(begins).filter(|n| n.key.subtype == "k8s-service-account" && meet(pattern, n.id()));
            drawn.extend(known.take(MAX_ACCOUNTS).map(|account| (account.id().clone(), role.id().clone())));
        }
    }
    let sure = (Basis::Evaluated, Basis::Evaluated.confidence());
    drawn.into_iter().fold(false, |changed, (account, role)| changed | graph.derive(&account, &CAN_ASSUME, &role, sure, Condition::True, &[]))
}
