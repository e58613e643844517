//! A cluster role that gathers others by their labels has the rules of all of them; so have the built-in ones that a label names.

use crate::graph::{Graph, GraphNode};
use crate::model::{Basis, Condition, Kind, NodeId};
use crate::relation::SAME_AS;

/// Labels by which a role is gathered into one that every cluster has.
const BUILT_IN: &[(&str, &str)] = &[
    ("rbac.authorization.k8s.io/aggregate-to-admin=true", "admin"),
    ("rbac.authorization.k8s.io/aggregate-to-edit=true", "edit"),
    ("rbac.authorization.k8s.io/aggregate-to-view=true", "view"),
];

/// Roles of one cluster beyond which nothing is gathered.
const MAX_ROLES: usize = 2_000;

/// The cluster of a role: `k8s:{github.com/acme/web}` of `k8s:{github.com/acme/web}/-/ClusterRole/x`.
fn cluster(role: &str) -> Option<&str> {
    role.split_once("/-/ClusterRole/").map(|(cluster, _)| cluster)
}

pub(super) fn apply(graph: &mut Graph) -> bool {
    let labelled: Vec<&GraphNode> =
        graph.of_kind(Kind::Policy).filter(|p| p.key.subtype == "k8s-role" && !p.list("labels").is_empty()).take(MAX_ROLES).collect();
    if labelled.is_empty() {
        return false;
    }
    let mut drawn: Vec<(NodeId, NodeId)> = Vec::new();
    for role in graph.of_kind(Kind::Policy).filter(|p| p.key.subtype == "k8s-role").take(MAX_ROLES) {
        // Each selector asks for all of its labels.
        for selector in role.list("gathers") {
            let fits = |member: &&&GraphNode| {
                let labels = member.list("labels");
                member.id() != role.id()
                    && cluster(member.id()).is_some_and(|c| Some(c) == cluster(role.id()))
                    && selector.split(',').all(|l| labels.contains(&l))
            };
            drawn.extend(labelled.iter().filter(fits).map(|m| (role.id().clone(), m.id().clone())));
        }
    }
    for member in &labelled {
        let Some(cluster) = cluster(member.id()) else { continue };
        let named = BUILT_IN.iter().filter(|(label, _)| member.list("labels").contains(label)).map(|(_, name)| format!("{cluster}/-/ClusterRole/{name}"));
        drawn.extend(named.filter_map(|id| graph.nodes.get_key_value(&id).map(|(id, _)| (id.clone(), member.id().clone()))));
    }
    drawn.into_iter().fold(false, |changed, (role, member)| {
        changed | graph.derive(&role, &SAME_AS, &member, (Basis::Evaluated, Basis::Evaluated.confidence()), Condition::True, &[])
    })
}
