//! How easily someone who should not can start using a node: copies, people, injection (domain specification, 6.6).

use std::collections::{BTreeMap, BTreeSet};

use super::copies::{self, Keys};
use super::reach::{Plan, Scratch};
use super::{Settings, steer};
use crate::graph::{Graph, GraphNode};
use crate::model::{Factor, Kind, NodeId};

pub(super) struct Exposure {
    /// 0 to 100.
    pub value: f64,
    /// With every window factor at most that of an hour.
    pub without_windows: f64,
    pub factors: Vec<Factor>,
}

/// What is measured once for all nodes.
pub(super) struct Surroundings {
    /// How strongly each node can be used by agents that are steered.
    injected: BTreeMap<NodeId, f64>,
    keys: Keys,
}

impl Surroundings {
    pub(super) fn of(graph: &Graph, plan: &Plan<'_>, settings: &Settings) -> Self {
        Surroundings { injected: injection(graph, plan, settings), keys: Keys::of(graph) }
    }
}

/// Agents, and how strongly each can be steered, spread over what it reaches.
fn injection(graph: &Graph, plan: &Plan<'_>, settings: &Settings) -> BTreeMap<NodeId, f64> {
    let (mut out, mut scratch) = (BTreeMap::<NodeId, f64>::new(), Scratch::default());
    for agent in graph.of_kind(Kind::Agent) {
        let own = steer::steerability(graph, agent, settings.public);
        let mut raise = |id: &NodeId, value: f64| {
            let slot = out.entry(id.clone()).or_default();
            *slot = slot.max(value);
        };
        raise(agent.id(), own);
        for (id, confidence) in plan.reached(&mut scratch, agent.id()) {
            raise(&id, own * confidence);
        }
    }
    out
}

/// What the people who can use a node add at most.
const MOST_PEOPLE: f64 = 0.5;
/// What each consumer beyond the first adds.
const A_CONSUMER: f64 = 0.03;
/// What each person adds.
const A_PERSON: f64 = 0.01;
/// Persons that a population counts for whose size nobody knows.
const A_POPULATION: f64 = 10.0;
/// What it adds that people and programs use the same.
const SHARED: f64 = 0.1;

/// Those who use it, and who decides what they do.
fn people(graph: &Graph, node: &GraphNode) -> (f64, String) {
    let reads = |id: &NodeId| graph.ending_at(id).filter(|e| matches!(e.relation.name, "runs_as" | "can_assume" | "consumes")).map(|e| &e.from);
    let mut consumers: BTreeSet<&NodeId> = reads(node.id()).collect();
    if node.key.kind == Kind::Credential {
        let copies = graph.out(node.id()).filter(|e| e.relation.name == "stored_in");
        consumers.extend(copies.flat_map(|e| reads(&e.to)));
    }
    let by_consumers = A_CONSUMER * consumers.len().saturating_sub(1) as f64;
    let mut parties: BTreeSet<&NodeId> = BTreeSet::new();
    if by_consumers < MOST_PEOPLE {
        for id in consumers.iter().copied().chain([node.id()]) {
            let acts = graph.ending_at(id).filter(|e| matches!(e.relation.name, "can_trigger" | "can_control" | "can_assume" | "delegates_to"));
            parties.extend(acts.map(|e| &e.from).filter(|id| graph.node(id).is_some_and(|n| n.key.kind == Kind::Party)));
        }
    }
    let size = |id: &NodeId| match graph.node(id).map(|n| &*n.key.subtype) {
        Some("person") => 1.0,
        Some("bot") => 0.0,
        _ => A_POPULATION,
    };
    let humans: f64 = parties.iter().map(|p| size(p)).sum();
    let shared = (node.flag("human_like") || node.flag("login_profile")) && !consumers.is_empty();
    let value = if parties.iter().any(|p| p.starts_with("class:public")) {
        MOST_PEOPLE
    } else {
        (by_consumers + A_PERSON * humans + if shared { SHARED } else { 0.0 }).min(MOST_PEOPLE)
    };
    (value, format!("{} consumers, {} people or populations who decide what they do", consumers.len(), parties.len()))
}

/// Exposure of one node.
pub(super) fn of(graph: &Graph, id: &NodeId, settings: &Settings, around: &Surroundings) -> Exposure {
    let Some(node) = graph.node(id) else { return Exposure { value: 0.0, without_windows: 0.0, factors: Vec::new() } };
    let copy = copies::of(graph, node, settings, &around.keys);
    let (people, who) = people(graph, node);
    let inject = around.injected.get(id).copied().unwrap_or(0.0);
    let total = |copy: f64| 100.0 * (1.0 - (1.0 - copy) * (1.0 - people) * (1.0 - inject));
    let factors = vec![
        Factor { factor: "copies", value: copy.value, because: copy.because },
        Factor { factor: "people", value: people, because: who },
        Factor { factor: "injection", value: inject, because: "agents that reach it and can be steered".into() },
    ];
    Exposure { value: total(copy.value), without_windows: total(copy.without_windows), factors }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Facts, Key, Location};
    use crate::relation::{CAN_TRIGGER, CONSUMES, STORED_IN};

    #[test]
    fn people_count_by_those_who_use_it_and_decide_what_uses_it() {
        let at = || Location { repository: "repo:r".into(), path: "f".into(), line: 1, column: 1, end_line: 1, revision: None };
        let of = |jobs: usize, by: &[(&'static str, &str)], shared: bool| {
            let mut facts = Facts::default();
            let (key, slot) = (Key::new(Kind::Credential, "api-key", "cred:x"), Key::new(Kind::Location, "ci-secret", "s"));
            let node = facts.declare(&key, "x", at());
            if shared {
                node.attr("human_like", true);
            }
            facts.relate(&key, &STORED_IN, &slot, at());
            for n in 0..jobs {
                let job = Key::new(Kind::Consumer, "ci-job", format!("job{n}"));
                facts.relate(&job, &CONSUMES, &slot, at());
                for (subtype, id) in by {
                    let party = Key::new(Kind::Party, *subtype, *id);
                    facts.declare(&party, *id, at());
                    facts.relate(&party, &CAN_TRIGGER, &job, at());
                }
            }
            let graph = Graph::from_facts(facts);
            people(&graph, graph.node("cred:x").expect("there")).0
        };
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} is not {b}");
        close(of(1, &[], false), 0.0);
        close(of(3, &[], false), 0.06);
        close(of(1, &[("person", "person:a@b"), ("person", "person:c@d"), ("bot", "person-bot:x")], false), 0.02);
        close(of(2, &[("class", "class:repo-writer@repo:r")], false), 0.13);
        close(of(1, &[("class", "class:public")], false), 0.5);
        close(of(100, &[], false), 0.5);
        close(of(1, &[], true), 0.1);
        close(of(0, &[], true), 0.0);
    }
}
