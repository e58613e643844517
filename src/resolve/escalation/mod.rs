//! Rights that give away more than they name (domain specification, 6.5): each rule is a name, what it needs, and whom or what that leads to.

mod aws;
mod azure;
#[cfg(test)]
mod cases;
mod entra;
pub(super) mod github;
mod gitlab;
mod google;
mod kubernetes;
mod nodes;
mod runners;
mod vault;

use std::sync::Arc;

use serde_json::Value;

use super::ResolveRule;
use crate::graph::{Edge, Graph, edge_id};
use crate::model::{Basis, Condition, NodeId, Relation};
use crate::relation::CAN_ESCALATE_TO;

/// From whom to what, by which rule, and the edges that it follows from.
pub(super) type Drawn = (NodeId, NodeId, String, Vec<Arc<str>>);

pub(super) const AWS: ResolveRule = ResolveRule { name: "escalation", why: "some permissions give away more than they name", apply: aws::apply };
pub(super) const KUBERNETES: ResolveRule = ResolveRule {
    name: "escalation-kubernetes",
    why: "some rights in a cluster let their holder become another, or take the cluster",
    apply: kubernetes::apply,
};
pub(super) const NODES: ResolveRule =
    ResolveRule { name: "escalation-nodes", why: "who leaves a container has its machine, and what that runs and is", apply: nodes::apply };
pub(super) const RUNNERS: ResolveRule =
    ResolveRule { name: "escalation-runners", why: "who runs code on a machine that outlives the job has what later jobs bring there", apply: runners::apply };
pub(super) const GOOGLE: ResolveRule =
    ResolveRule { name: "escalation-google", why: "some permissions of Google let their holder become another, or give itself more", apply: google::apply };
pub(super) const GITHUB: ResolveRule =
    ResolveRule { name: "escalation-github", why: "some permissions of an app of GitHub give away what its repositories hold", apply: github::apply };
pub(super) const AZURE: ResolveRule =
    ResolveRule { name: "escalation-azure", why: "some actions of Azure let their holder become another, or give itself more", apply: azure::apply };
pub(super) const ENTRA: ResolveRule = ResolveRule { name: "escalation-entra", why: "some permissions of Entra are the tenant", apply: entra::apply };
pub(super) const GITLAB: ResolveRule = ResolveRule { name: "escalation-gitlab", why: "a maintainer of a project has what its jobs have", apply: gitlab::apply };
pub(super) const VAULT: ResolveRule = ResolveRule { name: "escalation-vault", why: "some paths of Vault rule Vault itself", apply: vault::apply };

/// How sure a rule is of what it leads to.
type Strength = (Basis, f64, Condition);

/// Of what follows from the permissions that are held.
const SURE: Strength = (Basis::Evaluated, 0.9, Condition::True);

/// Draws what rules of escalation found.
pub(super) fn draw(graph: &mut Graph, drawn: Vec<Drawn>) -> bool {
    draw_as(graph, &CAN_ESCALATE_TO, drawn.into_iter().map(|d| (d, SURE)))
}

/// Draws what rules found by one relation, each as surely as its rule is.
fn draw_as(graph: &mut Graph, relation: &'static Relation, drawn: impl IntoIterator<Item = (Drawn, Strength)>) -> bool {
    let mut changed = false;
    for ((from, to, rule, via), (basis, confidence, condition)) in drawn {
        let mut edge = Edge::derived(from, relation, to, (basis, confidence), condition, via);
        edge.id = edge_id(relation, &edge.from, &edge.to, &rule);
        edge.attributes.insert("rule".into(), Value::from(rule));
        changed |= graph.add_edge(edge);
    }
    changed
}
