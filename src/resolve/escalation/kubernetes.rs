//! Rights in a cluster with which an account can become another, or take the cluster.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Drawn, draw};
use crate::graph::{Edge, Graph, GraphNode};
use crate::model::{Condition, Kind, NodeId};

/// Accounts beyond which a rule names what holds them, and not each.
const MAX_TARGETS: usize = 50;

/// A rule: its name, and its rights, all of which are needed: verbs of which one is enough, on kinds of which one is enough. A kind behind which a name
/// stands (`configmaps@aws-auth`) is that one object, or every one of its kind.
pub(super) struct Rule(pub(super) &'static str, pub(super) &'static [(&'static [&'static str], &'static [&'static str])]);

const WRITE: &[&str] = &["create", "patch", "update"];
const CHANGE: &[&str] = &["patch", "update"];

/// Whoever has it starts what runs as anyone there, and with whatever rights on its machine nothing forbids.
pub(super) const START: Rule =
    Rule("create pods", &[(WRITE, &["pods", "deployments", "daemonsets", "statefulsets", "replicasets", "replicationcontrollers", "jobs", "cronjobs"])]);

/// Whoever has it is inside of what runs there already.
pub(super) const ENTER: Rule =
    Rule("create pods/exec", &[(&["create", "get", "patch", "update"], &["pods/exec", "pods/attach", "pods/ephemeralcontainers", "pods/portforward"])]);

/// Whoever has them acts as any account of the namespace.
pub(super) const ACCOUNTS: &[Rule] = &[
    START,
    Rule("create serviceaccounts/token", &[(&["create"], &["serviceaccounts/token"])]),
    Rule("impersonate serviceaccounts", &[(&["impersonate"], &["serviceaccounts"])]),
    ENTER,
    // What a controller with more rights makes of them.
    Rule("create pipeline runs", &[(WRITE, &["pipelineruns", "taskruns"])]),
];

/// Whoever has them has the namespace or the cluster itself.
pub(super) const WHOLE: &[Rule] = &[
    Rule("escalate or bind roles", &[(&["escalate", "bind"], &["roles", "clusterroles"])]),
    Rule("impersonate users or groups", &[(&["impersonate"], &["users", "groups"])]),
    Rule("nodes/proxy", &[(&["create", "get"], &["nodes/proxy"])]),
    Rule("patch nodes/status", &[(CHANGE, &["nodes/status"])]),
    Rule(
        "create and approve certificates",
        &[(&["create"], &["certificatesigningrequests"]), (CHANGE, &["certificatesigningrequests/approval"]), (&["approve"], &["signers"])],
    ),
    Rule("write admission webhooks", &[(WRITE, &["mutatingwebhookconfigurations", "validatingwebhookconfigurations"])]),
    Rule("create volumes of the host", &[(&["create"], &["persistentvolumes"])]),
    Rule("label namespaces", &[(CHANGE, &["namespaces"])]),
    Rule("write aws-auth or coredns", &[(CHANGE, &["configmaps@aws-auth", "configmaps@coredns"])]),
    Rule("write applications of Argo CD", &[(WRITE, &["applications", "applicationsets", "appprojects"])]),
    Rule("write what Flux applies", &[(WRITE, &["kustomizations", "helmreleases"])]),
    Rule("write compositions of Crossplane", &[(WRITE, &["compositions", "providerconfigs"])]),
    Rule("write stores of secrets", &[(WRITE, &["clustersecretstores", "secretstores"])]),
    Rule("write issuers of certificates", &[(WRITE, &["clusterissuers"])]),
];

pub(super) fn apply(graph: &mut Graph) -> bool {
    let mut drawn: Vec<Drawn> = Vec::new();
    for identity in graph.of_kind(Kind::Identity) {
        for (at, here) in by_place(graph, identity) {
            kubernetes(graph, identity, at, &here, &mut drawn);
        }
    }
    draw(graph, drawn)
}

/// What an identity may do in each namespace, and in the cluster as a whole.
pub(super) fn by_place<'g>(graph: &'g Graph, identity: &GraphNode) -> BTreeMap<&'g str, Vec<&'g Edge>> {
    let held = graph
        .out(identity.id())
        .filter(|e| e.relation.name == "can_access" && e.condition == Condition::True && e.to.starts_with("k8s:") && e.attributes.contains_key("actions"));
    let mut places: BTreeMap<&str, Vec<&Edge>> = BTreeMap::new();
    held.for_each(|e| places.entry(place(e)).or_default().push(e));
    places
}

/// The namespace or cluster that an access is about.
fn place(access: &Edge) -> &str {
    access.to.strip_suffix("/secrets").unwrap_or(&access.to)
}

/// The first access whose actions, like `create pods`, hold one of the verbs on one of the kinds. What holds everything has nothing to raise.
fn holding<'e>(accesses: &[&'e Edge], (verbs, kinds): &(&[&str], &[&str])) -> Option<&'e Edge> {
    let fits = |kind: &str| kinds.iter().any(|k| kind == *k || k.split_once('@').is_some_and(|(all, _)| all == kind));
    let holds = |e: &&&Edge| e.list("actions").filter_map(|a| a.split_once(' ')).any(|(verb, kind)| (verb == "*" || verbs.contains(&verb)) && fits(kind));
    accesses.iter().find(holds).copied()
}

/// The edges that a rule follows from, when all of its rights are held.
pub(super) fn by(accesses: &[&Edge], Rule(_, needed): &Rule) -> Option<Vec<Arc<str>>> {
    let mut via: Vec<Arc<str>> = needed.iter().map(|n| holding(accesses, n).map(|e| e.id.clone())).collect::<Option<_>>()?;
    via.sort_unstable();
    via.dedup();
    Some(via)
}

fn kubernetes(graph: &Graph, identity: &GraphNode, place: &str, accesses: &[&Edge], drawn: &mut Vec<Drawn>) {
    for rule in ACCOUNTS {
        let Some(via) = by(accesses, rule) else { continue };
        let prefix = format!("{place}/");
        let accounts: Vec<&NodeId> = graph
            .nodes
            .with_prefix(&prefix)
            .filter(|i| i.key.kind == Kind::Identity && i.key.subtype == "k8s-service-account" && i.id() != identity.id())
            .map(GraphNode::id)
            .filter(|id| id.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.contains("ServiceAccount/")))
            .collect();
        if accounts.len() <= MAX_TARGETS {
            drawn.extend(accounts.into_iter().map(|a| (identity.id().clone(), a.clone(), rule.0.to_owned(), via.clone())));
        }
    }
    let Some((whole, _)) = graph.nodes.get_key_value(place) else { return };
    for rule in WHOLE {
        if let Some(via) = by(accesses, rule) {
            drawn.push((identity.id().clone(), whole.clone(), rule.0.to_owned(), via));
        }
    }
}
