//! Whoever writes a repository decides what its workflows run and what its agents are told; whoever writes a registry decides what runs wherever an
//! image is pulled from it by a tag (domain specification, 6.4).

use std::collections::BTreeMap;

use super::deployables::{image_name, pulled_by_tag};
use super::escalation::github::writes;
use crate::graph::{Edge, Graph, GraphNode};
use crate::model::{Basis, Kind, NodeId};
use crate::relation::CAN_CONTROL;

/// Nothing says whether a branch is protected against what the writer pushes.
const UNPROTECTED: f64 = 0.8;
/// How the id of a workflow, and of what is in it, is known.
const FLOW: &str = "gh-workflow:";
/// A tag may be moved, or may not.
const TAGGED: f64 = 0.7;

/// Who has access to a thing that lets it write there.
fn writers<'g>(graph: &'g Graph, thing: &str) -> impl Iterator<Item = (&'g Edge, &'g GraphNode)> {
    graph
        .ending_at(thing)
        .filter(|e| e.relation.name == "can_access" && matches!(e.text("level"), Some("write" | "admin")))
        .filter_map(|e| Some((e, graph.node(&e.from).filter(|n| matches!(n.key.kind, Kind::Identity | Kind::Consumer))?)))
}

fn controls(access: &Edge, target: &NodeId, factor: f64, also: &[&Edge]) -> Edge {
    let also_sure = also.iter().map(|e| e.confidence).product::<f64>();
    let certainty = (Basis::Evaluated, access.confidence * factor * also_sure);
    let via = std::iter::once(access).chain(also.iter().copied()).map(|e| e.id.clone()).collect();
    Edge::derived(access.from.clone(), &CAN_CONTROL, target.clone(), certainty, access.condition, via)
}

/// What the writers of a repository control: its workflows, and what its files instruct.
fn of_repositories(graph: &Graph, drawn: &mut Vec<Edge>) {
    for repository in graph.nodes.with_prefix("saas:").filter(|n| n.key.subtype == "repo") {
        let Some(name) = repository.id().strip_prefix("saas:").filter(|n| n.matches('/').count() == 2) else { continue };
        let organisation = repository.id().rsplit_once('/').map_or("", |(o, _)| o);
        let flows: Vec<&Edge> = graph.ending_at(repository.id()).filter(|e| e.relation.name == "part_of" && is_flow(graph, &e.from)).collect();
        let instructed = graph.out(&format!("class:repo-writer@repo:{name}")).filter(|e| e.relation == &CAN_CONTROL && runs(&e.to));
        // What a workflow says to its agents changes with the workflow.
        let (of_flows, instructed): (Vec<&Edge>, Vec<&Edge>) = instructed.partition(|e| e.to.contains(FLOW));
        for (access, who) in writers(graph, repository.id()).chain(writers(graph, organisation)) {
            if may_change_workflows(graph, who) {
                drawn.extend(flows.iter().map(|flow| controls(access, &flow.from, UNPROTECTED, &[flow])));
                drawn.extend(of_flows.iter().map(|edge| controls(access, &edge.to, UNPROTECTED, &[edge])));
            }
            drawn.extend(instructed.iter().map(|edge| controls(access, &edge.to, UNPROTECTED, &[edge])));
        }
    }
}

/// Whether GitHub takes a change of a workflow from a writer: of no job by its own token, and of an app only with the permission for it.
fn may_change_workflows(graph: &Graph, who: &GraphNode) -> bool {
    match &*who.key.subtype {
        "ci-job-token" => false,
        "scm-app-installation" => {
            graph.out(who.id()).filter(|e| e.relation.name == "granted").filter_map(|e| graph.node(&e.to)).any(|p| writes(p, "workflows"))
        }
        _ => true,
    }
}

fn is_flow(graph: &Graph, id: &NodeId) -> bool {
    graph.node(id).is_some_and(|n| n.key.subtype == "ci-workflow") && runs(id)
}

/// Whether GitHub runs what a node is part of: workflows stand in one folder, those elsewhere are shown.
fn runs(id: &NodeId) -> bool {
    !id.contains(FLOW) || id.contains("/.github/workflows/")
}

/// The repository of an image, as its host and path name it: the end of the path for Amazon, the name of the host for Azure, the third part for Google.
fn registry(image: &str) -> Option<(&'static str, &str)> {
    let (host, path) = image_name(image).split_once('/')?;
    if host.contains(".dkr.ecr.") {
        Some(("aws", path))
    } else if let Some(name) = host.strip_suffix(".azurecr.io") {
        Some(("azure", name))
    } else if host.ends_with("-docker.pkg.dev") {
        Some(("google", path.split('/').nth(1)?))
    } else {
        None
    }
}

/// Whose registry a node is, as its type or its address says.
fn platform(registry: &GraphNode) -> Option<&'static str> {
    let said = registry.text("type").unwrap_or_default();
    match registry.id() {
        id if said.starts_with("aws_") || id.starts_with("arn:aws:ecr:") || id.starts_with("ecr:") => Some("aws"),
        _ if said.starts_with("azurerm_") => Some("azure"),
        _ if said.starts_with("google_") => Some("google"),
        _ => None,
    }
}

/// What the writers of a registry control: whatever runs an image of it by a tag.
fn of_registries(graph: &Graph, drawn: &mut Vec<Edge>) {
    let registries: Vec<&GraphNode> = graph.of_kind(Kind::Resource).filter(|n| n.key.subtype == "container-registry").collect();
    if registries.is_empty() {
        return;
    }
    let mut running: BTreeMap<(&str, &str), Vec<&NodeId>> = BTreeMap::new();
    for (from, id) in pulled_by_tag(graph).filter_map(|(image, id)| Some((registry(image)?, id))) {
        running.entry(from).or_default().push(id);
    }
    for node in registries {
        let Some(runs) = platform(node).and_then(|p| running.get(&(p, node.name()))) else { continue };
        for (access, _) in writers(graph, node.id()) {
            drawn.extend(runs.iter().map(|target| controls(access, target, TAGGED, &[])));
        }
    }
}

pub(super) fn apply(graph: &mut Graph) -> bool {
    let mut drawn: Vec<Edge> = Vec::new();
    of_repositories(graph, &mut drawn);
    of_registries(graph, &mut drawn);
    drawn.into_iter().fold(false, |changed, edge| changed | graph.add_edge(edge))
}

#[cfg(test)]
mod tests {
    use super::registry;

    #[test]
    fn an_image_names_the_registry_that_it_is_pulled_from() {
        assert_eq!(registry("111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop/web:1.2"), Some(("aws", "shop/web")));
        assert_eq!(registry("acme.azurecr.io/web"), Some(("azure", "acme")));
        assert_eq!(registry("europe-docker.pkg.dev/acme-prod/images/web:1"), Some(("google", "images")));
        assert_eq!(registry("ghcr.io/acme/web:1"), None);
    }
}
