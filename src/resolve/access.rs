//! What an identity may do in effect: the permissions of every policy that it is granted, less what is denied.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;
use serde_json::{Value, json};

use super::conditions::Tri;
use super::effective::{Policies, decide};
use super::google::Denials;
use super::{controls, managed};

use crate::graph::{Edge, Graph, GraphNode};
use crate::model::{Attributes, Basis, Condition, Key, Kind, NodeFact, NodeId};
use crate::relation::CAN_CONTROL;

/// Policies that mean the same as this one: a binding and its role, a policy and its document.
fn meanings<'a>(graph: &'a Graph, policy: &NodeId) -> Vec<&'a NodeId> {
    let mut out: Vec<&NodeId> = graph.nodes.get_key_value(policy).map(|(k, _)| k).into_iter().collect();
    out.extend(graph.out(policy).filter(|e| e.relation.name == "same_as").map(|e| &e.to));
    out
}

fn actions(edge: &Edge) -> Vec<&str> {
    edge.attributes.get("actions").and_then(Value::as_array).map(|a| a.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
}

/// Whether a pattern of actions covers another: `*`, `s3:*`, `s3:Get*`.
fn covers(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    match pattern.strip_suffix('*') {
        Some(prefix) => action.starts_with(prefix),
        None => pattern == action,
    }
}

/// Where a permission applies: a binding inside a namespace narrows what its role would give in the whole cluster.
fn target(grant: &Edge, permit: &Edge) -> NodeId {
    let Some((cluster, namespace)) = grant.text("within").and_then(|w| Some((w.rsplit_once('/')?.0, w))) else { return permit.to.clone() };
    match permit.to.strip_prefix(cluster) {
        Some("") => NodeId::from(namespace),
        Some("/secrets") => NodeId::from(format!("{namespace}/secrets")),
        _ => permit.to.clone(),
    }
}

/// Services whose actions bear on resources of their own only.
const CLOSED: &[&str] = &["s3", "sqs", "sns", "dynamodb", "secretsmanager", "lambda"];

/// Whether an action of one service stands beside a resource of another: a statement lists both, and means each with its own.
pub(super) fn is_foreign(action: &str, thing: &str) -> bool {
    let service = action.split(':').next().unwrap_or_default();
    let of_thing = thing.strip_prefix("arn:").and_then(|r| r.split(':').nth(1)).unwrap_or_default();
    service != of_thing && CLOSED.contains(&of_thing) && (CLOSED.contains(&service) || matches!(service, "iam" | "sts"))
}

/// What an organisation allows unless it says otherwise.
fn everything() -> &'static Value {
    static ALL: OnceLock<Value> = OnceLock::new();
    ALL.get_or_init(|| json!({"effect": "Allow", "actions": ["*"], "resources": ["*"]}))
}

/// Everything, on a condition that nothing tells: what stands beside a list of what an organisation allows is not told by the list.
fn perhaps() -> &'static Value {
    static PERHAPS: OnceLock<Value> = OnceLock::new();
    PERHAPS.get_or_init(|| json!({"effect": "Allow", "actions": ["*"], "resources": ["*"], "conditions": "not told"}))
}

/// The fences of the organisation around an identity.
fn fences<'a>(graph: &'a Graph, identity: &str) -> Vec<Vec<&'a Value>> {
    let listed = graph.node(identity).map(|n| n.list(controls::FENCES)).unwrap_or_default();
    let of = |entry: &str| -> Option<Vec<&'a Value>> {
        let (how, policy) = entry.split_once(' ')?;
        let attribute = if how == "all" { "statements" } else { controls::OPEN };
        let mut statements: Vec<&Value> = graph.node(policy)?.attributes.get(attribute)?.as_array()?.iter().collect();
        let allows = statements.iter().any(|s| s.get("effect").and_then(Value::as_str) == Some("Allow"));
        statements.push(if allows { perhaps() } else { everything() });
        Some(statements)
    };
    listed.into_iter().filter_map(of).collect()
}

/// What the policy of a resource denies this identity.
fn denied_by<'a>(graph: &'a Graph, identity: &str, thing: &str) -> Vec<&'a Value> {
    let listed = graph.node(thing).and_then(|n| n.attributes.get("resource_denies")).and_then(Value::as_array);
    let root = managed::account(identity).map(|a| format!("arn:aws:iam::{a}:root"));
    let names = |s: &&Value| {
        let mut who = s.get("principals").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        who.any(|p| p == "*" || p == identity || Some(p) == root.as_deref())
    };
    listed.into_iter().flatten().filter(names).collect()
}

/// The statements of an identity's policies that deny, those of its boundary and of its organisation: what can take a permission back.
fn policies<'a>(graph: &'a Graph, identity: &NodeId) -> Policies<'a> {
    let statements = |policy: &NodeId| -> Vec<&'a Value> {
        graph.node(policy).and_then(|n| n.attributes.get("statements")).and_then(Value::as_array).into_iter().flatten().collect()
    };
    let granted = graph.out(identity).filter(|e| e.relation.name == "granted").flat_map(|g| meanings(graph, &g.to));
    let denies = |s: &&Value| s.get("effect").and_then(Value::as_str) == Some("Deny");
    let boundary = graph.node(identity).and_then(|n| n.text("boundary")).map(|b| statements(&NodeId::from(b)));
    Policies {
        identity: granted.flat_map(statements).filter(denies).collect(),
        boundary: boundary.filter(|b| !b.is_empty()),
        control: fences(graph, identity),
        ..Policies::default()
    }
}

/// Confidence, condition, the edges that it follows from, and the actions that are left.
pub(super) type Access = (f64, Condition, Vec<Arc<str>>, Vec<String>);

/// Actions of one access that are kept.
const MAX_ACTIONS: usize = 200;

/// Effective access by identity, target and level.
fn effective(graph: &Graph) -> impl Iterator<Item = ((NodeId, NodeId, String), Access)> + use<> {
    let identities: Vec<&GraphNode> = graph.nodes.values().filter(|n| matches!(n.key.kind, Kind::Identity | Kind::Party)).collect();
    let denials = Denials::of(graph);
    let of_each: Vec<BTreeMap<_, _>> = identities
        .into_par_iter()
        .map(|identity| {
            let mut drawn = BTreeMap::new();
            of(graph, identity, &|_| true, &denials, &mut drawn);
            drawn
        })
        .collect();
    of_each.into_iter().flatten()
}

/// What an identity may do to other identities: pass a role, assume it, give a user a key.
pub(super) fn over_identities(graph: &Graph, identity: &GraphNode) -> Vec<(NodeId, Access)> {
    let mut drawn = BTreeMap::new();
    // No role of Google is a right of this kind.
    of(graph, identity, &|p| graph.node(&p.to).is_some_and(|n| n.key.kind == Kind::Identity), &Denials::default(), &mut drawn);
    drawn.into_iter().map(|((_, to, _), access)| (to, access)).collect()
}

fn of(graph: &Graph, identity: &GraphNode, wanted: &dyn Fn(&Edge) -> bool, denials: &Denials<'_>, drawn: &mut BTreeMap<(NodeId, NodeId, String), Access>) {
    let permits: Vec<(&Edge, &Edge)> = graph
        .out(identity.id())
        .filter(|e| e.relation.name == "granted")
        .flat_map(|g| meanings(graph, &g.to).into_iter().flat_map(move |p| graph.out(p)).filter(|e| e.relation.name == "permits").map(move |p| (g, p)))
        .filter(|(_, p)| managed::applies(graph, identity.id(), p))
        // What one choice of values grants, another does not permit.
        .filter(|(g, p)| g.text("variant").zip(p.text("variant")).is_none_or(|(granted, permitted)| granted == permitted))
        // A role that others hold elsewhere gives what it gives where it was granted.
        .filter(|(g, p)| !g.to.starts_with("gcp-role:") || g.text("scope").is_none_or(|scope| *p.to == *scope))
        .collect();
    if !permits.iter().any(|(_, p)| wanted(p)) {
        return;
    }
    let policies = policies(graph, identity.id());
    // A statement of everything but something is judged by the statement itself, below.
    let inverse = |s: &&&Value| ["not_actions", "not_resources"].iter().any(|n| s.get(n).and_then(Value::as_array).is_some_and(|a| !a.is_empty()));
    let inverted = policies.identity.iter().any(|s| inverse(&s));
    let whole = |p: &Edge| actions(p) == ["*"] || p.to.ends_with("/*");
    let denied: Vec<&Edge> =
        permits.iter().map(|(_, p)| *p).filter(|p| p.text("effect") == Some("deny") && p.condition == Condition::True && !(inverted && whole(p))).collect();
    for (grant, permit) in permits.iter().filter(|(_, p)| p.text("effect") != Some("deny") && wanted(p)) {
        let allowed = actions(permit);
        // An explicit deny on the same thing, or on everything, takes its actions away.
        let takes = |d: &&Edge| d.to == permit.to || graph.node(&d.to).is_some_and(|n| n.key.subtype == "cloud-account");
        // The permission itself allows; what remains to be seen is whether something takes it back.
        let thing: &str = if permit.to.starts_with("arn:") { &permit.to } else { "*" };
        let refused = denied_by(graph, identity.id(), &permit.to);
        let stands = |action: &str| {
            let own = json!({"effect": "Allow", "actions": [action], "resources": [thing]});
            let mut all = policies.clone();
            all.identity.push(&own);
            all.resource.extend(&refused);
            decide(&all, action, thing)
        };
        let limited = !policies.is_empty() || !refused.is_empty();
        let mut condition = permit.condition;
        let left: Vec<&str> = allowed
            .iter()
            .copied()
            .filter(|a| !is_foreign(a, thing))
            .filter(|a| !denied.iter().filter(|d| takes(d)).any(|d| actions(d).iter().any(|x| covers(x, a))))
            .collect();
        let (known, open): (Vec<&str>, Vec<&str>) = if limited {
            let left: Vec<(&str, Tri)> = left.into_iter().map(|a| (a, stands(a))).filter(|(_, k)| *k != Tri::False).collect();
            (left.iter().filter(|(_, k)| *k == Tri::True).map(|(a, _)| *a).collect(), left.iter().map(|(a, _)| *a).collect())
        } else {
            (left.clone(), left)
        };
        if known.is_empty() && !open.is_empty() {
            condition = Condition::Unknown;
        }
        let left = if known.is_empty() { open } else { known };
        if left.is_empty() && !allowed.is_empty() {
            continue;
        }
        let level = permit.text("level").unwrap_or("unknown");
        let Some((level, condition)) = denials.narrowed(graph, identity.id(), &grant.to, &permit.to, (level, condition)) else { continue };
        let condition = condition.min(grant.condition);
        // One choice of values decides both.
        let chosen = if grant.text("variant").is_some() && permit.text("variant").is_some() { Basis::EnvAssumed.confidence() } else { 1.0 };
        let confidence = grant.confidence * permit.confidence / chosen;
        let slot = drawn.entry((identity.id().clone(), target(grant, permit), level.to_owned())).or_insert((0.0, Condition::Unknown, Vec::new(), Vec::new()));
        // Of several permissions on the same thing the surest is the reason; what may be done is that of all.
        let both: BTreeSet<String> = std::mem::take(&mut slot.3).into_iter().chain(left.iter().map(|a| (*a).to_owned())).collect();
        if (confidence, condition) > (slot.0, slot.1) {
            (slot.0, slot.1, slot.2) = (confidence, condition, vec![grant.id.clone(), permit.id.clone()]);
        }
        slot.3 = both.into_iter().take(MAX_ACTIONS).collect();
    }
}

pub(super) fn apply(graph: &mut Graph) -> bool {
    let mut changed = false;
    for ((from, to, level), (confidence, condition, via, actions)) in effective(graph) {
        if graph.node(&to).is_none()
            && let Some(namespace) = to.strip_suffix("/secrets").and_then(|n| n.rsplit('/').next())
        {
            graph.add_node(NodeFact {
                key: Key::new(Kind::Resource, "secret-store", to.clone()),
                name: format!("every secret of namespace {namespace}"),
                confidence: 1.0,
                declared: false,
                at: None,
                attributes: Attributes::new(),
            });
        }
        // Whoever may replace the code of what runs acts as it does.
        if graph.node(&to).is_some_and(|n| matches!(n.key.kind, Kind::Consumer | Kind::Agent)) {
            if matches!(level.as_str(), "write" | "admin") {
                let mut edge = Edge::derived(from, &CAN_CONTROL, to, (Basis::Evaluated, confidence), condition, via);
                edge.attributes.insert("actions".into(), Value::from(actions));
                changed |= graph.add_edge(edge);
            }
            continue;
        }
        if graph.node(&to).is_none_or(|n| !matches!(n.key.kind, Kind::Resource | Kind::Location)) {
            continue;
        }
        let mut edge = Edge::access(from, to, &level, (Basis::Evaluated, confidence), condition, via);
        edge.attributes.insert("actions".into(), Value::from(actions));
        changed |= graph.add_edge(edge);
    }
    changed
}
