//! A variable that nothing defines, by which a pipeline names the role that it assumes, means the only role of the repository that trusts such pipelines.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::graph::Graph;
use crate::model::{Basis, Condition, Kind, NodeId};
use crate::relation::SAME_AS;

/// Beginning of the ids of roles that only a variable names.
const NAMED: &str = "aws-role:value-of/";

/// Beginnings of variables of each platform, and the word that its issuer's name holds.
const PLATFORMS: &[(&str, &str)] = &[("gh-", "token.actions.githubusercontent.com"), ("gl-", "gitlab"), ("circleci", "circleci"), ("bk-", "buildkite")];

/// Roles, each with its trust, by repository and issuer.
type Trusting<'a> = BTreeMap<(&'a str, &'a str), Vec<(&'a NodeId, &'a Arc<str>)>>;

pub(super) fn apply(graph: &mut Graph) -> bool {
    let open: Vec<(&NodeId, &str, Arc<str>)> = graph
        .nodes
        .with_prefix(NAMED)
        .filter(|n| !means(graph, n.id()))
        .filter_map(|n| {
            let (_, issuer) = PLATFORMS.iter().find(|(b, _)| n.id()[NAMED.len()..].starts_with(b))?;
            Some((n.id(), *issuer, n.primary()?.repository.clone()))
        })
        .collect();
    if open.is_empty() {
        return false;
    }
    let mut trusting: Trusting<'_> = BTreeMap::new();
    for role in graph.of_kind(Kind::Identity).filter(|n| n.key.subtype == "aws-role") {
        let Some(at) = role.declared.iter().next() else { continue };
        for (_, issuer) in PLATFORMS {
            if let Some(trust) = graph.out(role.id()).find(|e| e.relation.name == "trusts" && e.to.contains(issuer)) {
                trusting.entry((&at.repository, issuer)).or_default().push((role.id(), &trust.id));
            }
        }
    }
    let basis = (Basis::Convention, Basis::Convention.confidence());
    let drawn: Vec<(NodeId, NodeId, Arc<str>)> = open
        .into_iter()
        .filter_map(|(id, issuer, repository)| match trusting.get(&(&*repository, issuer)).map(Vec::as_slice) {
            Some([(role, trust)]) => Some((id.clone(), (*role).clone(), (*trust).clone())),
            _ => None,
        })
        .collect();
    drawn.into_iter().fold(false, |changed, (id, role, trust)| changed | graph.derive(&id, &SAME_AS, &role, basis, Condition::Unknown, &[trust]))
}

/// Whether the variable's value was found: then that is the role.
fn means(graph: &Graph, id: &NodeId) -> bool {
    graph.out(id).any(|e| e.relation == &SAME_AS && e.basis != Basis::Convention)
}
