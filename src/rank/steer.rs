//! How far an agent can be steered by what it reads (domain specification, 6.6): autonomy × untrusted input × capability × guards.

use serde_json::Value;

use crate::graph::{Graph, GraphNode};

/// Populations in which nobody was chosen.
pub const OUTSIDERS: &[&str] = &["class:public", "class:issue-author", "class:commenter", "class:fork-contributor"];

/// 0 to 1.
pub(super) fn steerability(graph: &Graph, agent: &GraphNode, public: bool) -> f64 {
    let fed = graph.ending_at(agent.id()).any(|e| e.relation.name == "can_trigger" && OUTSIDERS.iter().any(|c| e.from.starts_with(c)));
    let untrusted = if fed { 1.0 } else { untrusted(agent, false, public) };
    autonomy(agent) * untrusted * capability(agent) * guards(agent)
}

/// How much it does without a decision by a person.
fn autonomy(agent: &GraphNode) -> f64 {
    match agent.attributes.get("autonomy").and_then(Value::as_u64) {
        Some(0) => 0.05,
        Some(1) => 0.2,
        Some(2) => 0.5,
        Some(3) => 0.85,
        Some(_) => 1.0,
        None => 0.2,
    }
}

/// How far what the agent reads can be written by others. `guarded`: only people who were chosen start it; what they point it to may be a stranger's.
pub fn untrusted(agent: &GraphNode, guarded: bool, public: bool) -> f64 {
    let of = |input: &&str| match *input {
        "issue" | "comment" | "public" | "pull_request" if guarded => 0.6,
        "issue" | "comment" | "public" => 1.0,
        "pull_request" if public => 1.0,
        "web" | "email" | "chat" => 0.9,
        "ticket" | "tool" | "pull_request" => 0.6,
        _ => 0.35,
    };
    // What those who write to the repository put there, every agent in it reads.
    agent.list("untrusted_inputs").iter().map(of).fold(0.35, f64::max)
}

/// The worst that it can do.
fn capability(agent: &GraphNode) -> f64 {
    let capabilities = agent.list("capabilities");
    let can = |words: &[&str]| capabilities.iter().any(|c| words.contains(c));
    if can(&["exec", "secrets-read", "cloud-admin"]) || agent.text("egress") == Some("open") {
        1.0
    } else if can(&["scm-write", "message", "data-write", "fs-write", "deploy", "pay", "delegate"]) {
        0.9
    } else if capabilities.is_empty() && agent.text("egress") == Some("none") {
        0.1
    } else {
        0.4
    }
}

/// What stands in the way, never all of it.
fn guards(agent: &GraphNode) -> f64 {
    let named = agent.list("guards");
    let fenced = matches!(agent.text("sandbox"), Some("process" | "container" | "vm")) && matches!(agent.text("egress"), Some("allowlist" | "none"));
    let present = [
        (named.contains(&"actor-check"), 0.6),
        (named.contains(&"approval"), 0.5),
        (named.contains(&"sandbox") || fenced, 0.6),
        (named.contains(&"safe-outputs"), 0.6),
        (named.contains(&"read-only-token"), 0.7),
    ];
    present.iter().filter(|(is, _)| *is).map(|(_, factor)| factor).product::<f64>().max(0.3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Facts, Key, Kind, Location};
    use crate::relation::CAN_TRIGGER;

    fn agent(attributes: &[(&'static str, Value)], fed_by: Option<&str>) -> f64 {
        let at = || Location { repository: "repo:r".into(), path: "f".into(), line: 1, column: 1, end_line: 1, revision: None };
        let mut facts = Facts::default();
        let key = Key::new(Kind::Agent, "ci-agent", "agent:a");
        let node = facts.declare(&key, "a", at());
        for (name, value) in attributes {
            node.attr(*name, value.clone());
        }
        if let Some(who) = fed_by {
            facts.relate(&Key::new(Kind::Party, "class", who), &CAN_TRIGGER, &key, at());
        }
        let graph = Graph::from_facts(facts);
        steerability(&graph, graph.node("agent:a").expect("there"), false)
    }

    #[test]
    fn every_factor_has_the_weight_that_the_model_gives_it() {
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} is not {b}");
        let exec = || ("capabilities", Value::from(vec!["exec"]));
        for (level, weight) in [(0, 0.05), (1, 0.2), (2, 0.5), (3, 0.85), (4, 1.0)] {
            close(agent(&[("autonomy", level.into()), exec()], Some("class:issue-author@repo:r")), weight);
        }
        let four = || ("autonomy", Value::from(4));
        for (input, weight) in [("issue", 1.0), ("comment", 1.0), ("web", 0.9), ("email", 0.9), ("chat", 0.9), ("ticket", 0.6), ("tool", 0.6), ("repo", 0.35)] {
            close(agent(&[four(), exec(), ("untrusted_inputs", Value::from(vec![input]))], None), weight);
        }
        close(agent(&[four(), exec()], Some("class:repo-writer@repo:r")), 0.35);
        let fed = Some("class:public");
        for (capability, weight) in [("secrets-read", 1.0), ("scm-write", 0.9), ("message", 0.9), ("data-write", 0.9), ("data-read", 0.4)] {
            close(agent(&[four(), ("capabilities", Value::from(vec![capability]))], fed), weight);
        }
        close(agent(&[four(), ("egress", "open".into())], fed), 1.0);
        close(agent(&[four(), ("egress", "none".into())], fed), 0.1);
        let guarded = |guards: &[&str]| agent(&[four(), exec(), ("guards", Value::from(guards.to_vec()))], fed);
        for (guard, weight) in [("actor-check", 0.6), ("approval", 0.5), ("sandbox", 0.6), ("safe-outputs", 0.6), ("read-only-token", 0.7)] {
            close(guarded(&[guard]), weight);
        }
        close(guarded(&["actor-check", "approval"]), 0.3);
        close(guarded(&["actor-check", "approval", "safe-outputs"]), 0.3);
        close(agent(&[four(), exec(), ("sandbox", "vm".into()), ("egress", "allowlist".into())], fed), 0.6);
        close(agent(&[four(), exec(), ("sandbox", "vm".into())], fed), 1.0);
    }
}
