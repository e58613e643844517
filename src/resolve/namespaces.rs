//! An account of Kubernetes whose manifest states no namespace is the one that a trust names in the namespace where somebody installs it.

use std::collections::BTreeMap;

use crate::graph::{Graph, GraphNode};
use crate::model::{Basis, Condition, Kind, NodeId};
use crate::relation::SAME_AS;

/// Cluster, namespace and name of `k8s:{github.com/acme/web}/shop/ServiceAccount/api`.
fn parts(id: &str) -> Option<(&str, &str, &str)> {
    let (before, name) = id.strip_prefix("k8s:")?.rsplit_once("/ServiceAccount/")?;
    let (cluster, namespace) = before.rsplit_once('/')?;
    Some((cluster, namespace, name))
}

pub(super) fn apply(graph: &mut Graph) -> bool {
    let accounts: Vec<(&GraphNode, (&str, &str, &str))> =
        graph.of_kind(Kind::Identity).filter(|n| n.key.subtype == "k8s-service-account").filter_map(|n| Some((n, parts(n.id())?))).collect();
    // Accounts that files make, by cluster and name: those of the namespace that stands for none, and the count of all.
    let mut made: BTreeMap<(&str, &str), (Vec<&NodeId>, usize)> = BTreeMap::new();
    for (node, (cluster, namespace, name)) in accounts.iter().filter(|(n, _)| !n.declared.is_empty()) {
        let (open, all) = made.entry((cluster, name)).or_default();
        *all += 1;
        if *namespace == "default" {
            open.push(node.id());
        }
    }
    let mut drawn: Vec<(NodeId, NodeId)> = Vec::new();
    for (node, (cluster, namespace, name)) in accounts.iter().filter(|(n, _)| n.declared.is_empty()) {
        // One that only a trust names, beside the only one of that name.
        if let Some(([only], 1)) = made.get(&(*cluster, *name)).map(|(open, all)| (open.as_slice(), *all))
            && *namespace != "default"
        {
            drawn.push((node.id().clone(), (*only).clone()));
        }
    }
    let basis = (Basis::UniqueName, Basis::UniqueName.confidence());
    drawn.into_iter().fold(false, |changed, (named, made)| changed | graph.derive(&named, &SAME_AS, &made, basis, Condition::Unknown, &[]))
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn an_id_has_a_cluster_a_namespace_and_a_name() {
        assert_eq!(parts("k8s:{github.com/acme/web}/shop/ServiceAccount/api"), Some(("{github.com/acme/web}", "shop", "api")));
        assert_eq!(parts("k8s:{github.com/acme/web//infra}/shop/ServiceAccount/api"), Some(("{github.com/acme/web//infra}", "shop", "api")));
        assert_eq!(parts("k8s:prod/shop/Deployment/api"), None);
    }
}
