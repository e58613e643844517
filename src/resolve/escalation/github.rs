//! Permissions of an app of GitHub that give away more than they name: the secrets of its repositories, the rules that protect them, the organisation.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Drawn, SURE, Strength, draw, draw_as};
use crate::graph::{Edge, Graph, GraphNode, edge_id};
use crate::model::{Basis, Condition, Kind, NodeId};
use crate::relation::{CAN_ACCESS, CAN_CONTROL};
use crate::resolve::deployables::pulled_by_tag;

/// A rule: its name, and the permissions that must all be held for writing.
pub(super) struct Rule(pub(super) &'static str, pub(super) &'static [&'static str]);

/// In the order in which they say more: the first that fits is told.
pub(super) const RULES: &[Rule] = &[
    // Whoever may write both runs what it likes with every secret that no environment protects.
    Rule("contents: write with workflows: write", &["contents", "workflows"]),
    Rule("organization_administration: write", &["organization_administration"]),
    Rule("members: write", &["members"]),
    Rule("administration: write", &["administration"]),
    Rule("secrets: write with contents: write", &["secrets", "contents"]),
    Rule("environments: write with contents: write", &["environments", "contents"]),
    Rule("secrets: write with actions: write", &["secrets", "actions"]),
];

/// Things of one kind that one permission leads to and that are told one by one.
const MAX_TOLD: usize = 200;

/// Whoever publishes an image by a name that others pull has them run it.
pub(super) const PACKAGES: &str = "packages: write";
/// Whoever fills the cache of a repository has the jobs that restore it run what is in it.
pub(super) const ACTIONS: &str = "actions: write";
/// Whoever replaces a secret decides as whom jobs act.
pub(super) const SECRETS: &str = "secrets: write";

/// By name and not by digest, and perhaps by another name than the one that is pulled.
const PULLED: Strength = (Basis::UniqueName, 0.7, Condition::True);
/// A cache is restored by its key, which not everyone can foresee.
const RESTORED: Strength = (Basis::Heuristic, 0.4, Condition::True);

/// Whether an app may write what a permission is about.
pub(in crate::resolve) fn writes(policy: &GraphNode, key: &str) -> bool {
    policy.attributes.get("permissions").and_then(|p| p.get(key)).and_then(Value::as_str).is_some_and(|level| matches!(level, "write" | "admin"))
}

/// What runs images of the registry of GitHub, by the name that it pulls.
fn pulling(graph: &Graph) -> BTreeMap<String, Vec<&NodeId>> {
    let mut out: BTreeMap<String, Vec<&NodeId>> = BTreeMap::new();
    for (image, id) in pulled_by_tag(graph) {
        let name = image.to_ascii_lowercase();
        if name.starts_with("ghcr.io/") {
            out.entry(name).or_default().push(id);
        }
    }
    out
}

/// Whether a job restores a cache that other jobs of the repository fill.
fn restores(graph: &Graph, job: &GraphNode) -> bool {
    let called = graph.out(job.id()).filter(|e| e.relation.name == "invokes").filter_map(|e| e.to.strip_prefix("tool:gh-action/"));
    called.into_iter().any(|t| ["actions/cache@", "actions/cache/", "Swatinem/rust-cache@"].iter().any(|c| t.starts_with(c)))
}

/// What single permissions of an app or a token lead to: on a repository, or on all of an owner's.
fn single(graph: &mut Graph) -> bool {
    let pulling = pulling(graph);
    let mut controls: Vec<(Drawn, Strength)> = Vec::new();
    let mut replaced: Vec<Drawn> = Vec::new();
    for identity in graph.of_kind(Kind::Identity) {
        for grant in graph.out(identity.id()).filter(|e| e.relation.name == "granted") {
            let Some(policy) = graph.node(&grant.to) else { continue };
            let of = |key: &str| writes(policy, key);
            let (packages, actions, secrets) = (of("packages"), of("actions"), of("secrets"));
            if !packages && !actions && !secrets {
                continue;
            }
            for place in graph.out(identity.id()).filter_map(|e| (e.relation.name == "can_access").then(|| e.to.strip_prefix("saas:github.com/"))?) {
                let led = |to: &NodeId, rule: &str| (identity.id().clone(), to.clone(), rule.to_owned(), vec![grant.id.clone()]);
                if packages {
                    let name = format!("ghcr.io/{}", place.to_ascii_lowercase());
                    let below = pulling.range(name.clone()..).take_while(|(n, _)| n.starts_with(&name));
                    let own = below.filter(|(n, _)| matches!(n.as_bytes().get(name.len()), None | Some(b'/')));
                    controls.extend(own.flat_map(|(_, ids)| ids).take(MAX_TOLD).map(|to| (led(to, PACKAGES), PULLED)));
                }
                if actions {
                    let prefix = format!("gh-workflow:{place}/");
                    let own = |n: &&GraphNode| !graph.out(n.id()).any(|e| e.relation.name == "runs_as" && e.to == *identity.id());
                    let jobs = graph.nodes.with_prefix(&prefix).filter(|n| n.key.subtype == "ci-job").filter(own).filter(|n| restores(graph, n));
                    controls.extend(jobs.take(MAX_TOLD).map(|n| (led(n.id(), ACTIONS), RESTORED)));
                }
                if secrets {
                    let whole = [format!("gh-secret:{place}/"), format!("gh-secret:{place}@env="), format!("gh-secret:org={place}/")];
                    let slots = whole.iter().flat_map(|prefix| graph.nodes.with_prefix(prefix)).filter(|n| n.key.kind == Kind::Location);
                    replaced.extend(slots.take(MAX_TOLD).map(|n| led(n.id(), SECRETS)));
                }
            }
        }
    }
    let changed = draw_as(graph, &CAN_CONTROL, controls);
    let mut drawn = false;
    for (from, to, rule, via) in replaced {
        let mut edge = Edge::derived(from, &CAN_ACCESS, to, (SURE.0, SURE.1), SURE.2, via);
        edge.id = edge_id(&CAN_ACCESS, &edge.from, &edge.to, &rule);
        edge.attributes.insert("level".into(), "write".into());
        edge.attributes.insert("rule".into(), rule.into());
        drawn |= graph.add_edge(edge);
    }
    changed | drawn
}

pub(super) fn apply(graph: &mut Graph) -> bool {
    let mut drawn: Vec<Drawn> = Vec::new();
    for identity in graph.of_kind(Kind::Identity) {
        for grant in graph.out(identity.id()).filter(|e| e.relation.name == "granted") {
            let Some(policy) = graph.node(&grant.to) else { continue };
            let Some(Rule(rule, _)) = RULES.iter().find(|Rule(_, needed)| needed.iter().all(|n| writes(policy, n))) else { continue };
            for access in graph.out(identity.id()).filter(|e| e.relation.name == "can_access" && e.to.starts_with("saas:github.com")) {
                drawn.push((identity.id().clone(), access.to.clone(), (*rule).to_owned(), vec![grant.id.clone()]));
            }
        }
    }
    draw(graph, drawn) | single(graph)
}
