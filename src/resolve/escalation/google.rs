//! Permissions of Google with which an identity can become a service account, or give itself more: by what its roles hold, where they were granted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Drawn, draw};
use crate::graph::{Edge, Graph, GraphNode};
use crate::model::{Condition, Key, Kind, NodeId};
use crate::resolve::conditions::Tri;
use crate::resolve::google::{Denials, chain, permissions};

/// Whom or what a rule gives away.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Gives {
    /// The organisation, folder or project itself.
    Place,
    /// Service accounts of it, or the one that the role was granted on.
    Accounts,
    /// Those of them that machines run as.
    Machines,
    /// Those of them that somebody from outside may become.
    Federated,
    /// The account that builds run as, which nobody needs to be given.
    Builders,
    /// Clusters in it.
    Clusters,
    /// API keys of it that are known: they prove nobody, but open what they were made for.
    Keys,
    /// All that its API keys may open.
    NewKeys,
}

use Gives::{Accounts, Builders, Clusters, Federated, Keys, Machines, NewKeys, Place};

/// A rule: its name, its permissions (all are needed; `|` parts those of which one is enough), and what they lead to.
pub(super) struct Rule(pub(super) &'static str, pub(super) &'static [&'static str], pub(super) Gives);

const ACT: &str = "iam.serviceAccounts.actAs";

/// The role that lets its holder attach an account to something, and no more.
const ATTACHES: &str = "roles/iam.serviceAccountUser";

pub(super) const RULES: &[Rule] = &[
    Rule("setIamPolicy", &["resourcemanager.projects.setIamPolicy|resourcemanager.folders.setIamPolicy|resourcemanager.organizations.setIamPolicy"], Place),
    Rule("iam.roles.update", &["iam.roles.update"], Place),
    Rule("orgpolicy.policy.set", &["orgpolicy.policy.set"], Place),
    Rule("iam.serviceAccounts.setIamPolicy", &["iam.serviceAccounts.setIamPolicy"], Accounts),
    Rule("iam.serviceAccountKeys.create", &["iam.serviceAccountKeys.create"], Accounts),
    Rule("iam.serviceAccounts.getAccessToken", &["iam.serviceAccounts.getAccessToken"], Accounts),
    Rule("iam.serviceAccounts.signBlob", &["iam.serviceAccounts.signBlob"], Accounts),
    Rule("iam.serviceAccounts.signJwt", &["iam.serviceAccounts.signJwt"], Accounts),
    Rule("iam.serviceAccounts.getOpenIdToken", &["iam.serviceAccounts.getOpenIdToken"], Accounts),
    Rule("iam.serviceAccounts.implicitDelegation", &["iam.serviceAccounts.implicitDelegation"], Accounts),
    Rule("storage.hmacKeys.create", &["storage.hmacKeys.create"], Accounts),
    Rule("actAs with compute.instances", &[ACT, "compute.instances.create|compute.instances.setMetadata|compute.instances.osAdminLogin"], Accounts),
    Rule("actAs with cloudfunctions.functions", &[ACT, "cloudfunctions.functions.create|cloudfunctions.functions.update"], Accounts),
    Rule("actAs with run.services", &[ACT, "run.services.create|run.services.update"], Accounts),
    Rule("actAs with run.jobs.create", &[ACT, "run.jobs.create"], Accounts),
    Rule("actAs with cloudbuild.builds.create", &[ACT, "cloudbuild.builds.create"], Accounts),
    Rule("actAs with composer.environments.create", &[ACT, "composer.environments.create"], Accounts),
    Rule("actAs with dataflow.jobs.create", &[ACT, "dataflow.jobs.create"], Accounts),
    Rule("actAs with dataproc", &[ACT, "dataproc.clusters.create|dataproc.jobs.create"], Accounts),
    Rule("actAs with notebooks.instances.create", &[ACT, "notebooks.instances.create"], Accounts),
    Rule("actAs with aiplatform", &[ACT, "aiplatform.customJobs.create|aiplatform.reasoningEngines.create"], Accounts),
    Rule("actAs with appengine.versions.create", &[ACT, "appengine.versions.create"], Accounts),
    Rule("actAs with workflows.workflows.create", &[ACT, "workflows.workflows.create"], Accounts),
    Rule("actAs with batch.jobs.create", &[ACT, "batch.jobs.create"], Accounts),
    Rule("actAs with deploymentmanager.deployments", &[ACT, "deploymentmanager.deployments.create|deploymentmanager.deployments.update"], Accounts),
    Rule("actAs with cloudscheduler.jobs.create", &[ACT, "cloudscheduler.jobs.create"], Accounts),
    Rule("cloudbuild.builds.create", &["cloudbuild.builds.create"], Builders),
    Rule("compute.projects.setCommonInstanceMetadata", &["compute.projects.setCommonInstanceMetadata"], Machines),
    Rule(
        "workloadIdentityPoolProviders",
        &["iam.googleapis.com/workloadIdentityPoolProviders.create|iam.googleapis.com/workloadIdentityPoolProviders.update"],
        Federated,
    ),
    Rule(
        "container.clusters.getCredentials with rights inside",
        &["container.clusters.getCredentials", "container.pods.create|container.pods.exec|container.clusterRoleBindings.create"],
        Clusters,
    ),
    Rule("apikeys.keys.create", &["apikeys.keys.create"], NewKeys),
    Rule("apikeys.keys.getKeyString", &["apikeys.keys.getKeyString"], Keys),
];

/// The API keys of a project, as one.
pub(super) fn new_keys(place: &str) -> Key {
    Key::new(Kind::Resource, "other:api-keys", format!("{place}/apikeys"))
}

/// Accounts of one identity beyond which the rest is not told one by one.
const MAX_TARGETS: usize = 50;

/// Permissions that any rule asks for.
fn wanted() -> BTreeSet<&'static str> {
    RULES.iter().flat_map(|r| r.1).flat_map(|n| n.split('|')).collect()
}

/// What a role holds of them.
fn held<'a>(role: &'a GraphNode, wanted: &BTreeSet<&'static str>) -> Vec<&'a str> {
    permissions(role).into_iter().filter(|p| wanted.contains(p)).collect()
}

/// Whether the rule leads to this account.
fn leads(graph: &Graph, gives: Gives, account: &GraphNode) -> bool {
    let from = |relation: &str, fits: &dyn Fn(&GraphNode) -> bool| {
        graph.ending_at(account.id()).any(|e| e.relation.name == relation && graph.node(&e.from).is_some_and(fits))
    };
    match gives {
        Accounts => true,
        Machines => from("runs_as", &|n| n.key.subtype == "vm"),
        Federated => from("can_assume", &|n| n.key.subtype == "gcp-wif-principal"),
        Place | Builders | Clusters | Keys | NewKeys => false,
    }
}

pub(super) fn apply(graph: &mut Graph) -> bool {
    let wanted = wanted();
    let roles: BTreeMap<&NodeId, Vec<&str>> =
        graph.of_kind(Kind::Policy).filter(|p| p.key.subtype == "gcp-role").map(|p| (p.id(), held(p, &wanted))).filter(|(_, held)| !held.is_empty()).collect();
    if roles.is_empty() {
        return false;
    }
    let accounts: Vec<(&GraphNode, Vec<NodeId>)> =
        graph.nodes.with_prefix("gcp-sa:").filter(|n| n.key.kind == Kind::Identity).map(|n| (n, chain(graph, n.id()))).collect();
    // Accounts by the places that they are in, in the order of their ids.
    let mut inside: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (number, (_, chain)) in accounts.iter().enumerate() {
        chain.iter().for_each(|place| inside.entry(place).or_default().push(number));
    }
    let denials = Denials::of(graph);
    let builders: Vec<&NodeId> = accounts.iter().map(|(a, _)| a.id()).filter(|a| a.ends_with("@cloudbuild.gserviceaccount.com")).collect();
    let mut drawn: Vec<Drawn> = Vec::new();
    let mut places_of_keys: BTreeSet<Key> = BTreeSet::new();
    for identity in graph.of_kind(Kind::Identity) {
        let grants: Vec<(&str, &Edge, &Vec<&str>)> = graph
            .out(identity.id())
            .filter(|e| e.relation.name == "granted" && e.condition == Condition::True)
            .filter_map(|e| Some((e.text("scope")?, e, roles.get(&e.to)?)))
            .collect();
        if grants.is_empty() {
            continue;
        }
        // The grants by which everything that a rule needs is held on a chain of places.
        let by = |needed: &[&str], chain: &[NodeId]| -> Option<Vec<Arc<str>>> {
            let one = |need: &&str| {
                let open = |n: &str| denials.denied(chain, identity.id(), n) != Tri::True;
                let enough = |held: &[&str]| need.split('|').any(|n| held.contains(&n) && open(n));
                grants.iter().find(|(scope, _, held)| chain.iter().any(|c| **c == **scope) && enough(held)).map(|(_, e, _)| e.id.clone())
            };
            needed.iter().map(one).collect::<Option<BTreeSet<_>>>().map(|via| via.into_iter().collect())
        };
        let mut draw = |to: &NodeId, rule: &str, via: Vec<Arc<str>>| drawn.push((identity.id().clone(), to.clone(), rule.to_owned(), via));
        // Whom it may become because somebody said so of that very account, it does not raise itself to. Who may only attach an account to what it
        // starts has to start something first.
        let given = graph.out(identity.id()).filter(|e| e.relation.name == "can_assume" && e.text("via") != Some(ATTACHES));
        let given: BTreeSet<&NodeId> = given.map(|e| &e.to).collect();
        let numbers: BTreeSet<usize> =
            grants.iter().filter_map(|(scope, ..)| inside.get(scope)).flat_map(|n| n.iter().copied().take(MAX_TARGETS + 1)).collect();
        for (account, chain) in numbers.into_iter().map(|n| &accounts[n]).filter(|(a, _)| a.id() != identity.id() && !given.contains(a.id())).take(MAX_TARGETS)
        {
            // One way is enough to tell of each: a broad role has them all.
            let way = RULES.iter().filter(|r| leads(graph, r.2, account)).find_map(|Rule(name, needed, _)| Some((name, by(needed, chain)?)));
            if let Some((name, via)) = way {
                draw(account.id(), name, via);
            }
        }
        let places: BTreeSet<&str> = grants.iter().map(|(scope, ..)| *scope).collect();
        for place in places {
            let Some(node) = graph.node(place).filter(|n| n.key.subtype == "cloud-account") else { continue };
            let chain = chain(graph, place);
            let inside_of = |fits: &dyn Fn(&GraphNode) -> bool| -> Vec<&NodeId> {
                graph.ending_at(place).filter(|e| e.relation.name == "part_of" && graph.node(&e.from).is_some_and(fits)).map(|e| &e.from).collect()
            };
            for Rule(name, needed, gives) in RULES.iter().filter(|r| matches!(r.2, Place | Builders | Clusters | Keys | NewKeys)) {
                let Some(via) = by(needed, &chain) else { continue };
                let made = (*gives == NewKeys).then(|| new_keys(place));
                let targets: Vec<&NodeId> = match gives {
                    NewKeys => made.iter().map(|k| &k.id).collect(),
                    Keys => inside_of(&|n| n.text("type") == Some("google_apikeys_key")),
                    Builders => builders
                        .iter()
                        .copied()
                        .filter(|a| *a != identity.id() && !given.contains(a))
                        .filter(|a| graph.out(a).any(|e| e.relation.name == "granted" && e.text("scope") == Some(place)))
                        .collect(),
                    Clusters => inside_of(&|n| n.key.subtype == "cluster"),
                    _ => vec![node.id()],
                };
                targets.into_iter().for_each(|to| draw(to, name, via.clone()));
                places_of_keys.extend(made);
            }
        }
    }
    for key in places_of_keys {
        graph.introduce(&key, "API keys of the project");
    }
    draw(graph, drawn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables;

    #[test]
    fn every_permission_that_a_rule_asks_for_is_one_of_googles() {
        let owner: BTreeSet<&str> = tables::google::held("roles/owner").into_iter().flatten().collect();
        let admins = [
            "roles/resourcemanager.organizationAdmin",
            "roles/resourcemanager.folderAdmin",
            "roles/orgpolicy.policyAdmin",
            "roles/container.admin",
            "roles/iam.serviceAccountTokenCreator",
        ];
        let others: BTreeSet<&str> = admins.iter().flat_map(|r| tables::google::held(r).into_iter().flatten()).collect();
        let unknown: Vec<&str> = wanted().into_iter().filter(|p| !owner.contains(p) && !others.contains(p)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}
