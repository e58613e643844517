//! How easily someone who should not can start using a node: copies, people, injection (domain specification, 6.6).

use std::collections::BTreeMap;

use serde_json::Value;

use super::Settings;
use super::reach::{Plan, Scratch};
use crate::graph::{Graph, GraphNode};
use crate::model::{Factor, Kind, NodeId};

/// The window factor that a lifetime of at most an hour would have.
const SHORTEST_WINDOW: f64 = 0.35;

pub(super) struct Exposure {
    /// 0 to 100.
    pub value: f64,
    /// With every window factor at most that of an hour.
    pub without_windows: f64,
    pub factors: Vec<Factor>,
}

/// Agents, and how strongly each can be steered, spread over what it reaches.
pub(super) fn injection(graph: &Graph, plan: &Plan<'_>) -> BTreeMap<NodeId, f64> {
    let (mut out, mut scratch) = (BTreeMap::<NodeId, f64>::new(), Scratch::default());
    for agent in graph.of_kind(Kind::Agent) {
        let own = steerability(graph, agent);
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

/// Autonomy × untrusted input × capability × guards.
fn steerability(graph: &Graph, agent: &GraphNode) -> f64 {
    let autonomy = match agent.attributes.get("autonomy").and_then(Value::as_u64) {
        Some(0) => 0.05,
        Some(1) => 0.2,
        Some(2) => 0.5,
        Some(3) => 0.85,
        Some(_) => 1.0,
        None => 0.2,
    };
    let outsiders = graph.ending_at(agent.id()).any(|e| {
        e.relation.name == "can_trigger"
            && ["class:public", "class:issue-author", "class:commenter", "class:fork-contributor"].iter().any(|c| e.from.starts_with(c))
    });
    let inputs = agent.list("untrusted_inputs");
    let untrusted = if outsiders || inputs.iter().any(|i| ["issue", "comment", "pull_request", "public"].contains(i)) {
        1.0
    } else if inputs.iter().any(|i| ["web", "email", "chat"].contains(i)) {
        0.9
    } else {
        0.35
    };
    let capabilities = agent.list("capabilities");
    let capability = if capabilities.iter().any(|c| ["exec", "secrets-read", "cloud-admin"].contains(c)) || agent.text("egress") == Some("open") {
        1.0
    } else if capabilities.iter().any(|c| ["scm-write", "message", "data-write", "fs-write"].contains(c)) {
        0.9
    } else {
        0.4
    };
    let guards: f64 = agent
        .list("guards")
        .iter()
        .map(|g| match *g {
            "actor-check" | "sandbox" | "safe-outputs" => 0.6,
            "approval" => 0.5,
            "read-only-token" => 0.7,
            _ => 1.0,
        })
        .product();
    autonomy * untrusted * capability * guards.max(0.3)
}

/// Exposure of one node.
pub(super) fn of(graph: &Graph, id: &NodeId, settings: &Settings, injected: &BTreeMap<NodeId, f64>) -> Exposure {
    let Some(node) = graph.node(id) else { return Exposure { value: 0.0, without_windows: 0.0, factors: Vec::new() } };
    let credentials: Vec<&GraphNode> = if node.key.kind == Kind::Credential {
        vec![node]
    } else {
        graph.ending_at(id).filter(|e| e.relation.name == "authenticates_as").filter_map(|e| graph.node(&e.from)).collect()
    };
    let (mut copy, mut windowless, mut because) = (0.0f64, 0.0f64, String::from("no copy is known"));
    for credential in credentials {
        let window = window(credential, settings.now);
        for place in graph.out(credential.id()).filter(|e| e.relation.name == "stored_in").filter_map(|e| graph.node(&e.to)) {
            let access = access(place, settings.public);
            if access * window > copy {
                copy = access * window;
                because = format!("a copy in {}", place.name());
            }
            windowless = windowless.max(access * window.min(SHORTEST_WINDOW));
        }
    }
    for trust in graph.out(id).filter(|e| e.relation.name == "trusts") {
        let breadth = match trust.text("breadth") {
            Some("world") => 1.0,
            Some("org") => 0.6,
            Some("pull_request") => 0.45,
            Some("repo") => 0.4,
            Some("branch" | "tag" | "workflow") => 0.15,
            Some("environment") => 0.1,
            _ => 0.0,
        };
        if breadth > copy {
            copy = breadth;
            because = format!("its trust is open to {}", trust.text("breadth").unwrap_or_default());
        }
        windowless = windowless.max(breadth);
    }
    let consumers = graph.ending_at(id).filter(|e| matches!(e.relation.name, "runs_as" | "can_assume" | "consumes")).count();
    let triggers = graph.ending_at(id).filter(|e| e.relation.name == "can_trigger").count();
    let open = graph.ending_at(id).any(|e| matches!(e.relation.name, "can_trigger" | "can_assume") && e.from.starts_with("class:public"));
    let people = if open { 0.5 } else { (0.03 * consumers.saturating_sub(1) as f64 + 0.1 * triggers as f64).min(0.5) };
    let inject = injected.get(id).copied().unwrap_or(0.0);
    let total = |copy: f64| 100.0 * (1.0 - (1.0 - copy) * (1.0 - people) * (1.0 - inject));
    let factors = vec![
        Factor { factor: "copies", value: copy, because },
        Factor { factor: "people", value: people, because: format!("{consumers} consumers, {triggers} populations that can trigger it") },
        Factor { factor: "injection", value: inject, because: "agents that reach it and can be steered".into() },
    ];
    Exposure { value: total(copy), without_windows: total(windowless.min(copy)), factors }
}

/// How easily a place is read.
fn access(place: &GraphNode, public: bool) -> f64 {
    match &*place.key.subtype {
        "file" if public => 1.0,
        "history" if public => 0.95,
        "client-bundle" => 0.95,
        "file" => 0.6,
        "history" => 0.55,
        "log" | "artifact" => 0.6,
        "tf-state" => 0.5,
        "image-layer" | "build-arg" => 0.5,
        "env" => 0.45,
        "ci-secret" => 0.35,
        "k8s-secret" | "k8s-configmap" => 0.3,
        "cloud-secret" | "vault-path" | "op-item" | "doppler" | "infisical" => 0.1,
        "kms-key" | "metadata-service" => 0.02,
        _ => 0.4,
    }
}

/// The window factor of a credential's lifetime.
fn window(credential: &GraphNode, now: i64) -> f64 {
    match credential.time("expires") {
        Some(expires) if expires <= now => 0.0,
        Some(expires) => match (expires - now) / 3600 {
            0 => 0.35,
            1..24 => 0.45,
            24..168 => 0.6,
            168..2160 => 0.8,
            _ => 0.95,
        },
        None => 1.0,
    }
}
