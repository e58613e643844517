//! A key of a Kubernetes Secret, or a field of a stored secret, is fed by the whole; an environment-scoped CI secret by its repository's; all
//! secrets of a repository together by each of them.

use crate::graph::Graph;
use crate::model::{Basis, Condition, Kind, NodeId};
use crate::relation::SOURCED_FROM;

/// Secrets of one repository that are told one by one.
const MAX_SECRETS: usize = 200;

pub(super) fn apply(graph: &mut Graph) -> bool {
    let mut drawn: Vec<(NodeId, NodeId, Basis)> = Vec::new();
    for node in graph.of_kind(Kind::Location) {
        let id = node.id();
        if (id.starts_with("k8s:") || id.starts_with("asm:") || id.starts_with("vault:"))
            && let Some((whole, _)) = id.split_once('#')
            && let Some(other) = graph.nodes.get_key_value(whole)
        {
            drawn.push((id.clone(), other.0.clone(), Basis::Exact));
        }
        if let Some(repository) = id.strip_suffix('*').filter(|r| r.starts_with("gh-secret:") && r.ends_with('/')) {
            let each = graph.nodes.with_prefix(repository).map(|n| n.id()).filter(|n| *n != id).take(MAX_SECRETS);
            drawn.extend(each.map(|secret| (id.clone(), secret.clone(), Basis::Evaluated)));
        }
        // `gh-secret:o/r@env=prod/NAME` falls back to `gh-secret:o/r/NAME`.
        if id.starts_with("gh-secret:")
            && let Some((repository, rest)) = id.split_once("@env=")
            && let Some((_, name)) = rest.split_once('/')
            && let Some(other) = graph.nodes.get_key_value(format!("{repository}/{name}").as_str())
        {
            drawn.push((id.clone(), other.0.clone(), Basis::Convention));
        }
    }
    let mut changed = false;
    for (from, to, basis) in drawn {
        changed |= graph.derive(&from, &SOURCED_FROM, &to, (basis, basis.confidence()), Condition::True, &[]);
    }
    changed
}
