//! Whether a thing is still there and still used.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::living;
use crate::graph::{Graph, GraphNode};
use crate::model::{Kind, Location, NodeId, Relation};

/// Relations by which something uses an identity or a slot.
const USES: &[&str] = &["runs_as", "can_assume", "delegates_to", "consumes", "invokes"];

/// Slots that somebody fills for others to read.
const SLOTS: &[&str] = &["ci-secret", "ci-variable", "k8s-secret", "cloud-secret", "vault-path"];

/// Whether something uses an identity or a slot by this relation.
pub fn is_use(relation: &Relation) -> bool {
    USES.contains(&relation.name)
}

/// What only older versions of files can answer.
pub struct Questions {
    /// Identities that something uses and no file defines: did one?
    pub undefined: Vec<NodeId>,
    /// Identities and slots that a file defines and nothing uses: did something?
    pub unused: Vec<NodeId>,
}

/// What is to be asked of older versions.
pub fn questions(graph: &Graph) -> Questions {
    let is_here = |l: &Location| l.revision.is_none();
    let used = |n: &GraphNode| graph.ending_at(n.id()).any(|e| is_use(e.relation) && e.at.iter().any(is_here));
    let identities = || graph.of_kind(Kind::Identity);
    let undefined = identities().filter(|n| n.declared.is_empty() && !is_default(n) && used(n));
    let slots = graph.of_kind(Kind::Location).filter(|n| SLOTS.contains(&&*n.key.subtype));
    let unused = identities().chain(slots).filter(|n| n.declared.iter().any(is_here) && consumers(graph, n) == 0);
    Questions { undefined: undefined.map(|n| n.id().clone()).collect(), unused: unused.map(|n| n.id().clone()).collect() }
}

/// Every namespace has an account called default.
fn is_default(node: &GraphNode) -> bool {
    node.key.subtype == "k8s-service-account" && node.name() == "default"
}

pub(super) fn assign(graph: &mut Graph) {
    let arrivals = arrivals(graph);
    for id in living(graph) {
        let Some((presence, because)) = graph.node(&id).map(|n| moved(n, &arrivals).unwrap_or_else(|| presence(n))) else { continue };
        if let Some(node) = graph.nodes.get_mut(&id) {
            node.attributes.insert("presence".into(), Value::from(presence));
            match because {
                Some(because) => drop(node.attributes.insert("presence_because".into(), Value::from(because))),
                None => drop(node.attributes.remove("presence_because")),
            }
        }
    }
    graph.nodes.values_mut().for_each(|node| drop(node.attributes.remove("dangling")));
    for (id, because) in gone(graph) {
        if let Some(node) = graph.nodes.get_mut(&id) {
            node.attributes.insert("dangling".into(), Value::from(because));
        }
    }
    // Scopes of which pipelines that were read read something: the others' pipelines may be elsewhere.
    let read: BTreeSet<String> = graph
        .of_kind(Kind::Location)
        .filter(|n| matches!(&*n.key.subtype, "ci-secret" | "ci-variable") && graph.ending_at(n.id()).any(|e| e.relation.name == "consumes"))
        .filter_map(|n| Some(scope_of(n.id())?.0.to_owned()))
        .collect();
    let slots = graph.of_kind(Kind::Location).filter(|n| SLOTS.contains(&&*n.key.subtype)).map(|n| n.id().clone());
    let used: Vec<(NodeId, usize, Option<String>)> = slots
        .chain(graph.of_kind(Kind::Identity).map(|n| n.id().clone()))
        .filter_map(|id| {
            let node = graph.node(&id)?;
            let users = consumers(graph, node);
            Some((id, users, if users == 0 { unused(graph, node, &read) } else { None }))
        })
        .collect();
    for (id, users, zombie) in used {
        let Some(node) = graph.nodes.get_mut(&id) else { continue };
        node.attributes.insert("consumers".into(), Value::from(users));
        match zombie {
            Some(because) => drop(node.attributes.insert("zombie".into(), Value::from(because))),
            None => drop(node.attributes.remove("zombie")),
        }
    }
}

/// Why an account that something runs as seems to be gone: its namespace has accounts in the files, and it is none of them.
fn gone(graph: &Graph) -> Vec<(NodeId, String)> {
    let accounts = || graph.of_kind(Kind::Identity).filter(|i| i.key.subtype == "k8s-service-account");
    let home = |account: &GraphNode| account.id().rsplit_once("/ServiceAccount/").map(|(home, _)| home.to_owned());
    let defined = graph.of_kind(Kind::Identity).filter(|n| n.declared.is_empty()).filter_map(|n| Some((n.id().clone(), lost_definition(n)?)));
    let homes: BTreeSet<String> = accounts().filter(|i| !i.declared.is_empty()).filter_map(home).collect();
    let strangers = accounts()
        .filter(|account| account.declared.is_empty() && !is_default(account) && home(account).is_some_and(|h| homes.contains(&h)))
        .filter_map(|account| {
            let user = graph.ending_at(account.id()).find(|e| e.relation.name == "runs_as")?;
            let name = graph.node(&user.from).map_or(&*user.from, |n| n.name());
            Some((account.id().clone(), format!("{name} runs as it, and its namespace does not have it in the files")))
        });
    // Who knows the definition that is gone knows better than who misses one.
    strangers.chain(defined).collect::<BTreeMap<_, _>>().into_iter().collect()
}

/// The definition that an older version of a file had.
fn lost_definition(node: &GraphNode) -> Option<String> {
    let former = node.attributes.get("former").filter(|f| f.get("user").is_none())?;
    let text = |name| former.get(name).and_then(Value::as_str);
    Some(format!("its definition in {} is gone; {} wrote it there last, on {}", text("path")?, text("party")?, text("time")?.get(..10)?))
}

/// The user that an older version of a file had.
fn lost_user(node: &GraphNode) -> Option<String> {
    let former = node.attributes.get("former")?;
    let text = |name| former.get(name).and_then(Value::as_str);
    Some(format!("{} used it in {}, and is gone; {} wrote that last, on {}", text("user")?, text("path")?, text("party")?, text("time")?.get(..10)?))
}

/// By repository, file and commit, the name of a slot.
type Arrivals = BTreeMap<(Arc<str>, Arc<str>, Arc<str>), String>;

/// Managed slots that files began to name, by file and commit.
fn arrivals(graph: &Graph) -> Arrivals {
    let managed =
        |n: &&GraphNode| matches!(&*n.key.subtype, "ci-secret" | "cloud-secret" | "vault-path" | "op-item" | "doppler" | "infisical" | "bw-item" | "conjur");
    let mut out = BTreeMap::new();
    for slot in graph.of_kind(Kind::Location).filter(managed) {
        let Some(first) = &slot.first_seen else { continue };
        for place in slot.places().filter(|l| l.revision.is_none()) {
            out.entry((place.repository.clone(), place.path.clone(), first.revision.clone())).or_insert_with(|| slot.name().to_owned());
        }
    }
    out
}

/// Whether the commit that took a value out of a file made the file name a managed slot in its place.
fn moved(node: &GraphNode, arrivals: &Arrivals) -> Option<(&'static str, Option<String>)> {
    let revision: Arc<str> = node.attributes.get("removed")?.get("revision")?.as_str()?.into();
    let slot = node.declared.iter().find_map(|l| arrivals.get(&(l.repository.clone(), l.path.clone(), revision.clone())))?;
    Some(("moved", Some(format!("the commit that took it away reads {slot} there instead"))))
}

fn presence(node: &GraphNode) -> (&'static str, Option<String>) {
    if let Some(status) = node.text("status").filter(|s| ["inactive", "disabled", "revoked"].contains(&s.to_ascii_lowercase().as_str())) {
        return ("revoked", Some(format!("its status is {status}")));
    }
    match node.text("state") {
        Some("history-only") if node.attributes.contains_key("replaced_by") => ("history-only", Some("another value took its place".into())),
        Some("history-only") => ("history-only", node.text("revocation_evidence").map(str::to_owned)),
        Some("referenced") => ("referenced", None),
        _ if node.declared.is_empty() => ("referenced", None),
        _ => ("present", None),
    }
}

/// How many things use a node, or one that is the same.
fn consumers(graph: &Graph, node: &GraphNode) -> usize {
    let twins = graph.out(node.id()).filter(|e| e.relation.name == "same_as").map(|e| &e.to);
    let twins = twins.chain(graph.ending_at(node.id()).filter(|e| e.relation.name == "same_as").map(|e| &e.from));
    // Reading a part is reading it, and so is reading everything of its scope.
    let from = format!("{}#", node.id());
    let parts = graph.nodes.with_prefix(&from).map(GraphNode::id);
    let all = node.id().rsplit_once('/').and_then(|(scope, _)| graph.nodes.get_key_value(format!("{scope}/*").as_str())).map(|(id, _)| id);
    let whole = all.filter(|id| *id != node.id());
    let mut users: Vec<&NodeId> = std::iter::once(node.id())
        .chain(twins)
        .chain(parts)
        .chain(all)
        .flat_map(|id| graph.ending_at(id))
        .filter(|e| USES.contains(&e.relation.name) || (e.relation.name == "sourced_from" && node.key.kind == Kind::Location))
        .map(|e| &e.from)
        .filter(|user| !user.starts_with(&from) && whole != Some(*user))
        .collect();
    users.sort();
    users.dedup();
    users.len()
}

/// Repository or group, environment and name of a slot of a pipeline: `gh-secret:acme/web@env=prod/NAME`.
fn scope_of(id: &str) -> Option<(&str, Option<&str>, &str)> {
    let (scope, name) = id.rsplit_once('/')?;
    // Secrets and variables of one repository are read by the same pipelines.
    let scope = scope.split_once(':').map_or(scope, |(_, rest)| rest);
    Some(match scope.split_once('@') {
        Some((owner, rest)) => (owner, Some(rest.trim_start_matches("env=")), name),
        None => (scope, None, name),
    })
}

/// Why a slot that somebody fills seems to be read by nobody: what would read it was read too, and does not.
fn unused(graph: &Graph, node: &GraphNode, read: &BTreeSet<String>) -> Option<String> {
    match &*node.key.subtype {
        _ if node.places().next().is_none() => None,
        _ if lost_user(node).is_some() => lost_user(node),
        "ci-secret" | "ci-variable" if !node.declared.is_empty() => {
            let (owner, environment, name) = scope_of(node.id())?;
            let scope = environment.map_or(String::new(), |e| format!(" for the environment {e}"));
            read.contains(owner).then(|| format!("{name} is set{scope}, and no pipeline of the repository reads it"))
        }
        "k8s-secret" => {
            let fed = graph.out(node.id()).any(|e| e.relation.name == "sourced_from");
            // A part is judged with its secret, and what fills a secret is not what workloads read.
            let (home, name) = node.id().rsplit_once("/Secret/").filter(|(_, name)| !name.contains('#'))?;
            let prefix = format!("{home}/");
            let neighbours = graph.of_kind(Kind::Consumer).any(|c| c.key.subtype == "k8s-workload" && c.id().starts_with(&prefix));
            (fed && neighbours).then(|| format!("{name} is filled from a secret store, and no workload of its namespace reads it"))
        }
        _ => None,
    }
}
