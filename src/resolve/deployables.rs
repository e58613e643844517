//! Code runs where its image is built from the folder that holds it: what it reads from its environment is what it is given there. A job that
//! pushes an image deploys what runs that image, in whatever repository that is.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::{Edge, Graph, GraphNode};
use crate::model::{Basis, Condition, Kind, NodeId};
use crate::relation::{DEPLOYS, INVOKES, SOURCED_FROM};

/// Things that may be built from one folder; beyond that the folder says nothing.
const MAX_SHARED: usize = 4;
/// Files of code of one image.
const MAX_UNITS: usize = 500;

/// Image without registry credentials, tag and digest.
pub(super) fn image_name(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or(image);
    match image.rfind(':') {
        Some(colon) if !image[colon..].contains('/') => &image[..colon],
        _ => image,
    }
}

/// What runs an image by its tag, each by the image's name: a digest stays what it is, whatever is pushed.
pub(super) fn pulled_by_tag(graph: &Graph) -> impl Iterator<Item = (&str, &NodeId)> {
    let images = graph.of_kind(Kind::Consumer).flat_map(|node| node.list("images").into_iter().map(move |image| (image, node.id())));
    images.filter(|(image, _)| !image.contains("@sha256:")).map(|(image, id)| (image_name(image), id))
}

/// Repository and path of an id such as `code:<repository>//<path>`.
fn placed<'a>(id: &'a str, scheme: &str) -> Option<(&'a str, &'a str)> {
    id.strip_prefix(scheme)?.split_once("//")
}

pub(super) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// What runs, by repository and the folder that it is built from.
type Built<'a> = BTreeMap<(&'a str, String), Vec<(&'a GraphNode, Basis)>>;

fn built(graph: &Graph) -> Built<'_> {
    let mut out: Built<'_> = BTreeMap::new();
    // Folders with a file that builds an image, by the last part of their name.
    let mut images: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for node in graph.of_kind(Kind::Consumer) {
        if let Some((repository, path)) = placed(node.id(), "image:file:") {
            let place = folder(path);
            images.entry((repository, folder_name(place))).or_default().insert(place);
        }
    }
    let made = made(graph);
    for node in graph.of_kind(Kind::Consumer).filter(|n| n.text("context").is_none()) {
        // An image that one folder is known to be built into, in whatever repository.
        for image in node.list("images") {
            let Some(places) = made.get(&image_name(image).to_ascii_lowercase()).filter(|p| p.len() == 1) else { continue };
            for (repository, folder) in places {
                out.entry((*repository, (*folder).to_owned())).or_default().push((node, Basis::Evaluated));
            }
        }
    }
    for node in graph.of_kind(Kind::Consumer) {
        if let Some((repository, _)) = placed(node.id(), "compose:file:")
            && let Some(context) = node.text("context")
        {
            out.entry((repository, context.to_owned())).or_default().push((node, Basis::Evaluated));
        } else if node.key.subtype == "k8s-workload" {
            let repositories: BTreeSet<&str> = node.places().map(|l| l.repository.split_once(':').map_or(&*l.repository, |(_, body)| body)).collect();
            for name in node.list("images").into_iter().map(|i| folder_name(image_name(i))).collect::<BTreeSet<_>>() {
                for repository in &repositories {
                    let Some(places) = images.get(&(*repository, name)).filter(|p| p.len() == 1) else { continue };
                    for place in places.iter().filter(|p| !p.is_empty()) {
                        out.entry((*repository, (*place).to_owned())).or_default().push((node, Basis::UniqueName));
                    }
                }
            }
        }
    }
    out
}

/// Images that something builds, with the repositories and folders that they are built from.
fn made(graph: &Graph) -> BTreeMap<String, BTreeSet<(&str, &str)>> {
    let mut out: BTreeMap<String, BTreeSet<(&str, &str)>> = BTreeMap::new();
    for node in graph.of_kind(Kind::Consumer) {
        for (image, folder) in node.list("builds").into_iter().filter_map(|b| b.split_once(' ')) {
            let repositories = node.places().map(|l| l.repository.split_once(':').map_or(&*l.repository, |(_, body)| body));
            out.entry(image_name(image).to_ascii_lowercase()).or_default().extend(repositories.map(|r| (r, folder)));
        }
    }
    out
}

fn folder_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// What a variable of code is fed from, where the code runs: the variable of that name, or the key of that name in what is given whole.
fn feeds(graph: &Graph, runs: &GraphNode, variable: &str) -> Vec<NodeId> {
    let own = format!("{}#{variable}", runs.id());
    if let Some((id, _)) = graph.nodes.get_key_value(own.as_str()) {
        return vec![id.clone()];
    }
    let given = graph.out(runs.id()).filter(|e| e.relation.name == "consumes").map(|e| format!("{}#{variable}", e.to));
    given.filter_map(|id| graph.nodes.get_key_value(id.as_str()).map(|(id, _)| id.clone())).collect()
}

pub(super) fn apply(graph: &mut Graph) -> bool {
    let built = built(graph);
    let mut drawn: Vec<Edge> = Vec::new();
    let mut counts: BTreeMap<&NodeId, usize> = BTreeMap::new();
    if !built.is_empty() {
        for unit in graph.of_kind(Kind::Consumer) {
            let Some((repository, path)) = placed(unit.id(), "code:") else { continue };
            // The folder nearest to the file is the one that it is built from.
            let mut at = folder(path);
            let runs = loop {
                match built.get(&(repository, at.to_owned())) {
                    Some(found) => break found.as_slice(),
                    None if at.is_empty() => break &[],
                    None => at = folder(at),
                }
            };
            if runs.len() > MAX_SHARED {
                continue;
            }
            for (node, basis) in runs {
                let count = counts.entry(node.id()).or_default();
                *count += 1;
                if *count > MAX_UNITS {
                    continue;
                }
                let certainty = (*basis, basis.confidence());
                drawn.push(Edge::derived(node.id().clone(), &INVOKES, unit.id().clone(), certainty, Condition::True, Vec::new()));
                for read in graph.out(unit.id()).filter(|e| e.relation.name == "consumes") {
                    let Some((_, variable)) = read.to.strip_prefix("env:").and_then(|r| r.split_once('#')) else { continue };
                    for from in feeds(graph, node, variable) {
                        drawn.push(Edge::derived(read.to.clone(), &SOURCED_FROM, from, certainty, Condition::True, vec![read.id.clone()]));
                    }
                }
            }
        }
    }
    drawn.extend(pushed(graph));
    drawn.extend(handed(graph));
    drawn.into_iter().fold(false, |changed, edge| changed | graph.add_edge(edge))
}

/// What the code that a step runs reads from its environment is what the step hands it.
fn handed(graph: &Graph) -> Vec<Edge> {
    let mut drawn = Vec::new();
    let code = graph.of_kind(Kind::Consumer).filter(|n| n.id().starts_with("code:"));
    for (unit, call) in code.flat_map(|u| graph.ending_at(u.id()).filter(|e| e.relation == &INVOKES && !e.derived).map(move |c| (u, c))) {
        for read in graph.out(unit.id()).filter(|e| e.relation.name == "consumes" && !e.derived) {
            let Some((_, variable)) = read.to.strip_prefix("env:").and_then(|r| r.split_once('#')) else { continue };
            if let Some((from, _)) = graph.nodes.get_key_value(format!("env:{}#{variable}", call.from).as_str()) {
                let certainty = (Basis::Evaluated, Basis::Evaluated.confidence());
                drawn.push(Edge::derived(read.to.clone(), &SOURCED_FROM, from.clone(), certainty, Condition::True, vec![call.id.clone(), read.id.clone()]));
            }
        }
    }
    drawn
}

/// Jobs that push an image, to what runs it.
fn pushed(graph: &Graph) -> Vec<Edge> {
    let mut pushed: BTreeMap<String, Vec<&NodeId>> = BTreeMap::new();
    for node in graph.of_kind(Kind::Consumer) {
        for image in node.list("pushes") {
            pushed.entry(image_name(image).to_ascii_lowercase()).or_default().push(node.id());
        }
    }
    if pushed.is_empty() {
        return Vec::new();
    }
    let mut drawn = Vec::new();
    for node in graph.of_kind(Kind::Consumer) {
        for image in node.list("images") {
            for job in pushed.get(&image_name(image).to_ascii_lowercase()).into_iter().flatten() {
                drawn.push(Edge::derived((*job).clone(), &DEPLOYS, node.id().clone(), (Basis::Evaluated, 0.9), Condition::True, Vec::new()));
            }
        }
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::image_name;

    #[test]
    fn a_port_is_no_tag() {
        assert_eq!(image_name("ghcr.io/acme/web:1.2"), "ghcr.io/acme/web");
        assert_eq!(image_name("localhost:5000/acme/web"), "localhost:5000/acme/web");
        assert_eq!(image_name("acme/web@sha256:0000"), "acme/web");
    }
}
