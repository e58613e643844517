//! What a policy that no scanned file defines permits: one that AWS manages by the tables, in the account of whoever holds it; any other, something.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::graph::{Edge, Graph};
use crate::model::{Basis, Condition, Key, Kind, Level, NodeId};
use crate::relation::PERMITS;
use crate::tables;

/// Services of one policy up to which each is told; of more, those that the vocabulary names and that give away more than their description.
const MAX_TOLD: usize = 12;

/// Services that a policy writes from which it counts as writing the account.
const MOST: usize = 100;

/// Confidence in a permission that nothing describes.
const UNKNOWN: f64 = 0.4;

/// What the policy permits on one thing: the thing, its name, level, actions, and whether on all of it without condition.
struct Permit {
    thing: Key,
    name: String,
    level: Level,
    actions: Vec<String>,
    sure: bool,
}

/// The account in which an identity of AWS lives, as its id states it.
pub(super) fn account(id: &str) -> Option<&str> {
    let (_, rest) = id.strip_prefix("arn:")?.split_once(':')?;
    let rest = rest.strip_prefix("iam::")?;
    let begins = |tail: &str| [":role/", ":user/", ":group/", ":root", ":instance-profile/"].iter().any(|m| tail.starts_with(m));
    let (end, _) = rest.match_indices(':').find(|(i, _)| begins(&rest[*i..]))?;
    Some(&rest[..end])
}

/// Whether AWS keeps the policy: it is then the same in every account, and permits in each only what is there.
pub(super) fn is_shared(policy: &str) -> bool {
    policy.contains(":iam::aws:policy/")
}

/// Whether a permission of a policy is one of this identity: what a shared policy permits in another account is none.
pub(super) fn applies(graph: &Graph, identity: &str, permit: &Edge) -> bool {
    let Some(account) = account(identity).filter(|_| is_shared(&permit.from)) else { return true };
    let whole = permit.via.first().and_then(|v| graph.edges.get(v)).map_or(&permit.to, |e| &e.to);
    let rest = whole.strip_prefix("aws:").and_then(|r| r.strip_prefix(account));
    rest.is_some_and(|r| r.is_empty() || r.starts_with('/'))
}

fn whole(account: &str, service: &str) -> (Key, String) {
    let (id, name) = match service {
        "*" => (format!("aws:{account}"), "AWS account".to_owned()),
        _ => (format!("aws:{account}/{service}/*"), format!("every {service} resource")),
    };
    (Key::new(Kind::Resource, tables::aws::resource(service), id), name)
}

fn of_tables(account: &str, policy: tables::aws::Managed) -> Vec<Permit> {
    let permit = |service: &str, level, actions, sure| {
        let (thing, name) = whole(account, service);
        Permit { thing, name, level, actions, sure }
    };
    if policy.all {
        return vec![permit("*", Level::Admin, vec!["*".to_owned()], true)];
    }
    let broad = policy.allowed.len() > MAX_TOLD;
    let told = |a: &&tables::aws::Allowed| !broad || a.level >= Level::ReadData && !tables::aws::resource(a.service).starts_with("other:");
    let mut out = Vec::new();
    for a in policy.allowed.iter().filter(told) {
        let own = |n: &&&str| n.split_once(':').is_some_and(|(s, _)| s == a.service);
        let mut actions: Vec<String> = policy.notable.iter().filter(own).map(|n| (*n).to_owned()).collect();
        actions.push(if a.whole { format!("{}:*", a.service) } else { format!("{}:Get*", a.service) });
        out.push(permit(a.service, a.level, actions, a.sure));
    }
    // So many that nobody would list them: the account.
    if let Some(highest) = policy.allowed.iter().filter(|a| broad && a.sure).map(|a| a.level).max() {
        let writes = policy.allowed.iter().filter(|a| a.sure && a.level >= Level::Write).count() > MOST;
        let level = if writes { Level::Write } else { highest.min(Level::ReadMeta) };
        out.push(permit("*", level, Vec::new(), true));
    }
    out
}

pub(super) fn apply(graph: &mut Graph) -> bool {
    let mut drawn: BTreeSet<(NodeId, String)> = BTreeSet::new();
    for policy in graph.of_kind(Kind::Policy).filter(|p| p.key.subtype == "aws-policy" && p.declared.is_empty()) {
        let open = graph.out(policy.id()).all(|e| e.derived && e.relation.name == "permits");
        if !open || policy.attributes.contains_key("statements") || !policy.id().contains(":policy/") {
            continue;
        }
        for grant in graph.ending_at(policy.id()).filter(|e| e.relation.name == "granted") {
            if let Some(account) = account(&grant.from) {
                drawn.insert((policy.id().clone(), account.to_owned()));
            }
        }
    }
    let mut changed = false;
    for (policy, account) in drawn {
        let known = tables::aws::managed(policy.rsplit('/').next().unwrap_or_default()).filter(|_| is_shared(&policy));
        let (permits, basis) = match known {
            Some(known) => (of_tables(&account, known), (Basis::Exact, 1.0)),
            None => {
                let (thing, name) = whole(&account, "*");
                (vec![Permit { thing, name, level: Level::Unknown, actions: Vec::new(), sure: true }], (Basis::Heuristic, UNKNOWN))
            }
        };
        for p in permits {
            graph.introduce(&p.thing, p.name);
            let condition = if p.sure { Condition::True } else { Condition::Unknown };
            let mut edge = Edge::derived(policy.clone(), &PERMITS, p.thing.id.clone(), basis, condition, Vec::new());
            edge.id = crate::graph::edge_id(&PERMITS, &edge.from, &edge.to, if p.sure { "" } else { "?" });
            edge.attributes.insert("effect".into(), Value::from("allow"));
            edge.attributes.insert("level".into(), Value::from(p.level.name()));
            edge.attributes.insert("actions".into(), Value::from(p.actions));
            changed |= graph.add_edge(edge);
        }
    }
    changed
}
