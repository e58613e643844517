//! Actions of Azure with which an identity can become another, or give itself more: by what its roles allow on one thing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Drawn, draw};
use crate::graph::{Edge, Graph, GraphNode};
use crate::model::{Condition, Kind, NodeId};
use crate::tables;

/// Whom or what a rule gives away.
#[derive(Clone, Copy)]
pub(super) enum Gives {
    /// Whatever the role is held on.
    Scope,
    /// Managed identities inside it.
    Identities,
    /// What those consumers inside it run as.
    Runners(&'static [&'static str]),
    /// Resources of this kind inside it.
    Things(&'static str),
}

use Gives::{Identities, Runners, Scope, Things};

/// A rule: its name, its actions (all are needed; `|` parts those of which one is enough), and what they lead to.
pub(super) struct Rule(pub(super) &'static str, pub(super) &'static [&'static str], pub(super) Gives);

const ASSIGN: &str = "microsoft.managedidentity/userassignedidentities/*/assign/action|microsoft.managedidentity/userassignedidentities/assign/action";

pub(super) const RULES: &[Rule] = &[
    Rule("roleAssignments/write", &["microsoft.authorization/roleassignments/write"], Scope),
    Rule("roleDefinitions/write", &["microsoft.authorization/roledefinitions/write"], Scope),
    Rule("elevateAccess", &["microsoft.authorization/elevateaccess/action"], Scope),
    Rule(
        "userAssignedIdentities/assign with compute",
        &[
            ASSIGN,
            "microsoft.compute/virtualmachines/write|microsoft.compute/virtualmachinescalesets/write|microsoft.web/sites/write|microsoft.containerinstance/containergroups/write|microsoft.app/containerapps/write",
        ],
        Identities,
    ),
    Rule("userAssignedIdentities/assign with deploymentScripts", &[ASSIGN, "microsoft.resources/deploymentscripts/write"], Identities),
    Rule("federatedIdentityCredentials/write", &["microsoft.managedidentity/userassignedidentities/federatedidentitycredentials/write"], Identities),
    Rule(
        "virtualMachines/runCommand",
        &["microsoft.compute/virtualmachines/runcommand/action|microsoft.compute/virtualmachines/extensions/write"],
        Runners(&["vm"]),
    ),
    Rule(
        "Automation runbooks",
        &["microsoft.automation/automationaccounts/runbooks/write", "microsoft.automation/automationaccounts/jobs/write"],
        Runners(&["scheduled-task"]),
    ),
    Rule("Logic Apps", &["microsoft.logic/workflows/write"], Runners(&["scheduled-task"])),
    Rule(
        "sites/publishxml",
        &["microsoft.web/sites/publishxml/action|microsoft.web/sites/config/list/action|microsoft.web/sites/host/listkeys/action"],
        Runners(&["function", "container-service"]),
    ),
    Rule("storageAccounts/listKeys over function apps", &["microsoft.storage/storageaccounts/listkeys/action"], Runners(&["function"])),
    Rule("vaults/accessPolicies/write", &["microsoft.keyvault/vaults/accesspolicies/write|microsoft.keyvault/vaults/write"], Things("secret-store")),
    Rule(
        "listClusterAdminCredential",
        &["microsoft.containerservice/managedclusters/listclusteradmincredential/action|microsoft.containerservice/managedclusters/runcommand/action"],
        Things("cluster"),
    ),
];

/// What a role allows of the actions that rules ask for: a built-in one by the tables, one of the files by what its block states.
fn powers<'a>(graph: &'a Graph, identity: &GraphNode, role: &str) -> Vec<&'a str> {
    tables::azure::powers_of(role).unwrap_or_else(|| {
        let granted = graph.out(identity.id()).filter(|e| e.relation.name == "granted").filter_map(|e| graph.node(&e.to));
        granted.filter(|p| p.name() == role || &**p.id() == role).flat_map(|p| p.list("powers")).collect()
    })
}

pub(super) fn apply(graph: &mut Graph) -> bool {
    let mut drawn: Vec<Drawn> = Vec::new();
    // What a rule gives away on a place is the same for everyone.
    let mut known: BTreeMap<(NodeId, usize), Vec<NodeId>> = BTreeMap::new();
    for identity in graph.of_kind(Kind::Identity) {
        let held: Vec<(&Edge, Vec<&str>)> = graph
            .out(identity.id())
            .filter(|e| e.relation.name == "can_access" && e.condition == Condition::True)
            .filter_map(|e| Some((e, powers(graph, identity, e.text("via_role")?))))
            .filter(|(_, powers)| !powers.is_empty())
            .collect();
        let places: BTreeSet<&NodeId> = held.iter().map(|(e, _)| &e.to).collect();
        for place in places {
            let mut led: BTreeSet<NodeId> = BTreeSet::new();
            for (number, Rule(rule, needed, gives)) in RULES.iter().enumerate() {
                let one = |need: &&str| {
                    let enough = |powers: &[&str]| need.split('|').any(|n| powers.contains(&n));
                    held.iter().find(|(e, powers)| e.to == *place && enough(powers)).map(|(e, _)| e.id.clone())
                };
                let Some(via) = needed.iter().map(one).collect::<Option<BTreeSet<Arc<str>>>>() else { continue };
                // One way is enough to tell of each: a broad role has them all.
                let given = known.entry((place.clone(), number)).or_insert_with(|| given(graph, place, *gives));
                let targets = given.iter().filter(|t| *t != identity.id() && led.insert((*t).clone())).cloned();
                drawn.extend(targets.map(|t| (identity.id().clone(), t, (*rule).to_owned(), via.iter().cloned().collect())));
            }
        }
    }
    draw(graph, drawn)
}

/// Ids that name nothing but their Terraform root: the root.
fn root(id: &str) -> Option<&str> {
    let body = id.strip_prefix("tf:def:").or_else(|| id.strip_prefix("def:")).and_then(|r| r.split_once('#')).map(|(body, _)| body);
    body.or_else(|| id.strip_prefix("azure-mi:{").and_then(|r| r.split_once('}')).map(|(body, _)| body))
}

/// Whether a node lies inside the thing on which a role is held: it says so, or it lies nowhere narrower in the same root.
fn inside(graph: &Graph, node: &GraphNode, place: &NodeId) -> bool {
    if node.id() == place {
        return true;
    }
    let group = |id: &NodeId| graph.node(id).is_some_and(|n| n.key.subtype == "cloud-account");
    let mut parts = graph.out(node.id()).filter(|e| e.relation.name == "part_of" && group(&e.to)).peekable();
    if parts.peek().is_some() && parts.any(|e| e.to == *place) {
        return true;
    }
    let narrower = graph.out(node.id()).any(|e| e.relation.name == "part_of" && group(&e.to));
    let whole = graph.node(place).is_some_and(|n| n.key.subtype == "cloud-account" && n.text("type") != Some("azurerm_resource_group"));
    (whole || !narrower && group(place)) && root(node.id()).is_some() && root(node.id()) == root(place)
}

fn given(graph: &Graph, place: &NodeId, gives: Gives) -> Vec<NodeId> {
    let within = |kind: Kind, subtypes: &'static [&'static str]| {
        graph.of_kind(kind).filter(move |n| (subtypes.is_empty() || subtypes.contains(&&*n.key.subtype)) && inside(graph, n, place))
    };
    match gives {
        Scope => vec![place.clone()],
        Identities => within(Kind::Identity, &["azure-mi-user", "azure-mi-system"]).map(|n| n.id().clone()).collect(),
        Things(subtype) => within(Kind::Resource, &[]).filter(|n| n.key.subtype == subtype).map(|n| n.id().clone()).collect(),
        Runners(subtypes) => {
            let runners = within(Kind::Consumer, subtypes).flat_map(|n| graph.out(n.id()).filter(|e| e.relation.name == "runs_as"));
            runners.map(|e| e.to.clone()).collect::<BTreeSet<_>>().into_iter().collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_know_every_action_that_a_rule_asks_for_and_no_other() {
        let asked: BTreeSet<&str> = RULES.iter().flat_map(|r| r.1).flat_map(|n| n.split('|')).collect();
        assert_eq!(asked, tables::azure::powers().iter().copied().collect());
    }
}
