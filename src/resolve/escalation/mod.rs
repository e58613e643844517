//! Rights that give away more than they name (domain specification, 6.5): each rule is a name, what it needs, and whom or what that leads to.

mod aws;
mod azure;
#[cfg(test)]
mod cases;
mod entra;
mod github;
mod gitlab;
mod google;
mod kubernetes;
mod vault;

use std::sync::Arc;

use serde_json::Value;

use super::ResolveRule;
use crate::graph::{Edge, Graph, edge_id};
use crate::model::{Basis, Condition, NodeId};
use crate::relation::CAN_ESCALATE_TO;

/// From whom to what, by which rule, and the edges that it follows from.
pub(super) type Drawn = (NodeId, NodeId, String, Vec<Arc<str>>);

pub(super) const AWS: ResolveRule = ResolveRule { name: "escalation", why: "some permissions give away more than they name", apply: aws::apply };
pub(super) const KUBERNETES: ResolveRule = ResolveRule {
    name: "escalation-kubernetes",
    why: "some rights in a cluster let their holder become another, or take the cluster",
    apply: kubernetes::apply,
};
pub(super) const GOOGLE: ResolveRule =
    ResolveRule { name: "escalation-google", why: "some permissions of Google let their holder become another, or give itself more", apply: google::apply };
pub(super) const GITHUB: ResolveRule =
    ResolveRule { name: "escalation-github", why: "some permissions of an app of GitHub give away what its repositories hold", apply: github::apply };
pub(super) const AZURE: ResolveRule =
    ResolveRule { name: "escalation-azure", why: "some actions of Azure let their holder become another, or give itself more", apply: azure::apply };
pub(super) const ENTRA: ResolveRule = ResolveRule { name: "escalation-entra", why: "some permissions of Entra are the tenant", apply: entra::apply };
pub(super) const GITLAB: ResolveRule = ResolveRule { name: "escalation-gitlab", why: "a maintainer of a project has what its jobs have", apply: gitlab::apply };
pub(super) const VAULT: ResolveRule = ResolveRule { name: "escalation-vault", why: "some paths of Vault rule Vault itself", apply: vault::apply };

/// Draws what rules of escalation found.
pub(super) fn draw(graph: &mut Graph, drawn: Vec<Drawn>) -> bool {
    let mut changed = false;
    for (from, to, rule, via) in drawn {
        let mut edge = Edge::derived(from, &CAN_ESCALATE_TO, to, (Basis::Evaluated, 0.9), Condition::True, via);
        edge.id = edge_id(&CAN_ESCALATE_TO, &edge.from, &edge.to, &rule);
        edge.attributes.insert("rule".into(), Value::from(rule));
        changed |= graph.add_edge(edge);
    }
    changed
}
