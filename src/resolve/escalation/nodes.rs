//! From a container to its machine, and from the machine to whoever else runs there and to what it is in the cloud (domain specification, 3.6 and 6.5).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::kubernetes::{ENTER, START, by, by_place};
use super::{Drawn, SURE, Strength, draw_as};
use crate::graph::{Graph, GraphNode};
use crate::model::{Basis, Condition, Key, Kind, NodeId};
use crate::relation::CAN_ESCALATE_TO;

/// Accounts, or pods, of one cluster beyond which the rest is not told one by one.
const MAX_TOLD: usize = 200;

/// A machine runs some of the pods of the cluster; which ones, nothing says.
const SHARES: Strength = (Basis::Heuristic, 0.6, Condition::True);

/// A pod asks its machine who that is, unless something is in the way.
const METADATA: Strength = (Basis::Convention, 0.5, Condition::True);

/// Clusters as blocks of Terraform make them.
const CLUSTERS: &[&str] = &["aws_eks_cluster", "google_container_cluster", "azurerm_kubernetes_cluster"];

/// Blocks that make the machines of a cluster.
const MACHINES: &[&str] = &["aws_eks_node_group", "google_container_node_pool"];

/// `k8s:<cluster>/<namespace>/<Kind>/<name>`, without its last three parts, and the namespace.
fn placed(id: &str) -> Option<(&str, &str)> {
    let mut parts = id.rsplitn(4, '/').skip(2);
    let namespace = parts.next()?;
    parts.next().filter(|c| c.starts_with("k8s:")).map(|cluster| (cluster, namespace))
}

/// Whether what lets a pod leave its container leaves it the machine: the network of the host alone is not the host.
fn opens_the_machine(pod: &GraphNode) -> bool {
    pod.list("escape").iter().any(|e| !matches!(*e, "hostNetwork" | "hostIPC"))
}

/// Pods and machines of one cluster.
#[derive(Default)]
struct Cluster<'a> {
    pods: Vec<&'a GraphNode>,
    /// Rights that lead to a machine, and pods that do.
    ways: Vec<(Drawn, Strength)>,
}

pub(super) fn apply(graph: &mut Graph) -> bool {
    let (mut keys, mut drawn) = (Vec::new(), Vec::new());
    for (name, cluster) in clusters(graph) {
        let roles = roles(graph, name);
        drawn.extend(metadata(graph, &cluster, &roles));
        if cluster.ways.is_empty() {
            continue;
        }
        let key = machine(name);
        drawn.extend(cluster.ways);
        let accounts: BTreeSet<&NodeId> = cluster.pods.iter().flat_map(|p| graph.out(p.id())).filter(|e| e.relation.name == "runs_as").map(|e| &e.to).collect();
        let shared = "token of an account on the same machine";
        let whole = graph.nodes.get_key_value(name).map(|(id, _)| id).filter(|_| accounts.len() > MAX_TOLD);
        // So many that nobody would list them: the cluster.
        let told = accounts.into_iter().take(MAX_TOLD).chain(whole);
        drawn.extend(told.map(|to| ((key.id.clone(), to.clone(), shared.to_owned(), Vec::new()), SHARES)));
        drawn.extend(roles.into_iter().map(|r| ((key.id.clone(), r.id, "role of the machine".to_owned(), vec![r.via]), SURE)));
        keys.push(key);
    }
    for key in keys {
        graph.introduce(&key, "machines of the cluster");
    }
    draw_as(graph, &CAN_ESCALATE_TO, drawn)
}

/// The machines of a cluster, as one: which pod runs on which of them, nothing says.
fn machine(cluster: &str) -> Key {
    Key::new(Kind::Identity, "k8s-node", format!("{cluster}/-/Node/*"))
}

fn clusters(graph: &Graph) -> BTreeMap<&str, Cluster<'_>> {
    let mut out: BTreeMap<&str, Cluster<'_>> = BTreeMap::new();
    for pod in graph.of_kind(Kind::Consumer).filter(|n| n.key.subtype == "k8s-workload") {
        let Some((cluster, _)) = placed(pod.id()) else { continue };
        let known = out.entry(cluster).or_default();
        known.pods.push(pod);
        if opens_the_machine(pod) {
            let way = (pod.id().clone(), machine(cluster).id, "leaves its container".to_owned(), Vec::new());
            known.ways.push((way, SURE));
        }
    }
    for identity in graph.of_kind(Kind::Identity) {
        for (place, accesses) in by_place(graph, identity) {
            let Some(node) = graph.node(place) else { continue };
            let whole = node.key.subtype == "cluster";
            let Some(cluster) = (if whole { Some(place) } else { place.rsplit_once('/').map(|(c, _)| c) }) else { continue };
            let mut lead = |name: &str, via, strength| {
                let way = (identity.id().clone(), machine(cluster).id, format!("{name} that leave their containers"), via);
                out.entry(cluster).or_default().ways.push((way, strength));
            };
            if let Some(via) = by(&accesses, &START)
                && let Some(known) = unfenced(node)
            {
                lead(START.0, via, (SURE.0, SURE.1, known));
            } else if let Some(via) = by(&accesses, &ENTER)
                && graph.nodes.with_prefix(&format!("{place}/")).any(|n| n.key.subtype == "k8s-workload" && opens_the_machine(n))
            {
                lead(ENTER.0, via, SURE);
            }
        }
    }
    out
}

/// Whether pods with rights on their machine may be started somewhere: not where a level of Pod Security forbids them, perhaps where no file tells.
fn unfenced(place: &GraphNode) -> Option<Condition> {
    match place.text("pod_security") {
        Some("restricted" | "baseline") => None,
        _ if place.declared.is_empty() && place.key.subtype == "namespace" => Some(Condition::Unknown),
        _ => Some(Condition::True),
    }
}

/// What the machines of a cluster are in the cloud.
struct Role {
    id: NodeId,
    /// The edge that says so.
    via: Arc<str>,
    /// Whether the machine answers only itself when it is asked who it is.
    fenced: bool,
}

/// What the machines are, told by the same repository when it makes one cluster only.
fn roles(graph: &Graph, cluster: &str) -> Vec<Role> {
    let Some(repository) = cluster.strip_prefix("k8s:{").and_then(|c| c.strip_suffix('}')) else { return Vec::new() };
    let here = |n: &&GraphNode| n.declared.iter().any(|l| l.repository.split_once(':').is_some_and(|(_, body)| body == repository));
    let made = |types: &'static [&'static str]| move |n: &&GraphNode| n.text("type").is_some_and(|t| types.contains(&t));
    if graph.of_kind(Kind::Resource).filter(made(CLUSTERS)).filter(here).nth(1).is_some() {
        return Vec::new();
    }
    let mut out = Vec::new();
    for machine in graph.of_kind(Kind::Consumer).filter(made(MACHINES)).filter(here) {
        let template = graph.out(machine.id()).filter(|e| e.relation.name == "invokes").filter_map(|e| graph.node(&e.to));
        let fenced = template.chain([machine]).any(is_fenced);
        let acts = graph.out(machine.id()).filter(|e| e.relation.name == "runs_as");
        out.extend(acts.map(|e| Role { id: e.to.clone(), via: e.id.clone(), fenced }));
    }
    out
}

/// Whether something keeps pods from asking their machine who it is.
fn is_fenced(node: &GraphNode) -> bool {
    node.flag("metadata_fenced") && !node.flag("metadata_open")
}

/// Pods that may ask their machine who it is. One on the network of the host asks as the machine itself does.
fn metadata(graph: &Graph, cluster: &Cluster<'_>, roles: &[Role]) -> Vec<(Drawn, Strength)> {
    let open = cluster.pods.iter().filter(|p| {
        let namespace = p.id().rsplitn(3, '/').nth(2).unwrap_or_default();
        !graph.node(namespace).is_some_and(is_fenced)
    });
    let asks = |pod: &GraphNode, role: &Role| !role.fenced || pod.list("escape").contains(&"hostNetwork");
    let pairs = open.take(MAX_TOLD).flat_map(|p| roles.iter().filter(|r| asks(p, r)).map(move |r| (p, r)));
    pairs.map(|(p, r)| ((p.id().clone(), r.id.clone(), "metadata of the machine".to_owned(), vec![r.via.clone()]), METADATA)).collect()
}
