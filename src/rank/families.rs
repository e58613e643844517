//! What holds an agent back, in four families: on whose authority, with which tools, bound to which session, checked by what at run time
//! (domain specification, 7.2). How long a credential lives counts in none of them.

use crate::graph::{Graph, GraphNode};
use crate::model::Kind;

/// Each 0, 0.5 or 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Families {
    /// Is it acting for someone, provably and narrowly?
    pub authority: f64,
    /// Can it call only what it needs?
    pub scope: f64,
    /// Is what it may do bound to this task?
    pub session: f64,
    /// Is anything checked at the moment of use?
    pub runtime: f64,
}

impl Families {
    /// Authority, scope and runtime together: what is left when every credential is short-lived.
    pub fn without_session(self) -> f64 {
        self.authority + self.scope + self.runtime
    }

    /// `A◐ S● C○ R○`.
    pub fn short(self) -> String {
        let mark = |value: f64| match value {
            v if v >= 1.0 => '●',
            v if v > 0.0 => '◐',
            _ => '○',
        };
        format!("A{} S{} C{} R{}", mark(self.authority), mark(self.scope), mark(self.session), mark(self.runtime))
    }
}

/// The evidence in the graph for each family.
pub fn families(graph: &Graph, agent: &GraphNode) -> Families {
    Families { authority: authority(graph, agent), scope: scope(graph, agent), session: session(graph, agent), runtime: runtime(graph, agent) }
}

/// Half for one piece of evidence, whole for two.
fn score(evidence: &[bool]) -> f64 {
    (evidence.iter().filter(|e| **e).count() as f64 / 2.0).min(1.0)
}

fn tools<'a>(graph: &'a Graph, agent: &'a GraphNode) -> impl Iterator<Item = &'a GraphNode> {
    graph.out(agent.id()).filter(|e| e.relation.name == "invokes").filter_map(|e| graph.node(&e.to)).filter(|n| n.key.kind == Kind::Tool)
}

fn authority(graph: &Graph, agent: &GraphNode) -> f64 {
    let acts: Vec<&GraphNode> = graph.out(agent.id()).filter(|e| e.relation.name == "runs_as").filter_map(|e| graph.node(&e.to)).collect();
    // An identity of its own: an app, an agent identity, a role or account that nothing else runs as.
    let own = acts.iter().any(|i| {
        matches!(&*i.key.subtype, "agent-principal" | "gcp-agent-identity" | "entra-agent-identity" | "scm-app-installation")
            || (matches!(i.text("auth_style"), Some("federated" | "workload")) && graph.ending_at(i.id()).filter(|e| e.relation.name == "runs_as").count() == 1)
    });
    let lent = graph.ending_at(agent.id()).any(|e| e.relation.name == "delegates_to" && matches!(e.text("mode"), Some("per-session" | "per-request-obo")));
    let by_user = tools(graph, agent).any(|t| t.text("auth") == Some("oauth-user")) || agent.text("delegation") == Some("user");
    score(&[own, lent, by_user, by_user])
}

fn scope(graph: &Graph, agent: &GraphNode) -> f64 {
    if agent.flag("unbounded_tools") {
        return 0.0;
    }
    let listed = !agent.list("allow").is_empty() || !agent.list("tools").is_empty() || agent.flag("bounded_tools");
    let denied = !agent.list("deny").is_empty();
    let servers: Vec<_> = graph
        .out(agent.id())
        .filter(|e| e.relation.name == "invokes")
        .filter_map(|e| graph.node(&e.to).map(|n| (e, n)))
        .filter(|(_, n)| n.key.subtype == "mcp-server")
        .collect();
    let narrow = |(edge, tool): &(&crate::graph::Edge, &GraphNode)| {
        edge.attributes.get("functions").and_then(serde_json::Value::as_array).is_some_and(|f| !f.is_empty() && !f.iter().any(|x| x.as_str() == Some("*")))
            || tool.flag("read_only")
            || !tool.list("functions_allowed").is_empty()
    };
    let every = !servers.is_empty() && servers.iter().all(narrow);
    // Bounds on its own tools do not bind servers that are open.
    let open_servers = servers.iter().any(|s| !narrow(s));
    if open_servers { score(&[listed || denied]) } else { score(&[listed, denied || (listed && servers.is_empty()), every, every]) }
}

fn session(graph: &Graph, agent: &GraphNode) -> f64 {
    let acts = graph.out(agent.id()).filter(|e| e.relation.name == "runs_as").filter_map(|e| graph.node(&e.to));
    // A token of the job that was told what it may do, or a subject that names one environment or branch.
    let narrow = acts.into_iter().any(|i| match &*i.key.subtype {
        "ci-job-token" => i
            .attributes
            .get("permissions")
            .and_then(serde_json::Value::as_object)
            .is_some_and(|p| p.len() < 7 && !p.values().any(|v| v.as_str() == Some("default"))),
        "oidc-subject" => !i.id().ends_with('*'),
        _ => i.flag("session_policy"),
    });
    let apart = matches!(agent.text("sandbox"), Some("container" | "vm"));
    let limited = agent.attributes.contains_key("max_turns") || agent.attributes.contains_key("budget");
    score(&[narrow, apart, limited])
}

fn runtime(graph: &Graph, agent: &GraphNode) -> f64 {
    // Each action waits for a person.
    if agent.attributes.get("autonomy").and_then(serde_json::Value::as_u64).is_some_and(|a| a <= 1) {
        return 1.0;
    }
    let guards = agent.list("guards");
    let hook = tools(graph, agent).any(|t| t.key.subtype == "hook" && (t.name().contains("PreToolUse") || t.name().contains("beforeTool")));
    // A gateway may check for all that call through it.
    let checks: Vec<&str> = agent.list("runtime_checks").into_iter().chain(tools(graph, agent).flat_map(|t| t.list("runtime_checks"))).collect();
    let hook = hook || checks.iter().any(|c| c.starts_with("hook:") && c.to_ascii_lowercase().contains("pre"));
    let asks = guards.contains(&"approval")
        || graph.out(agent.id()).any(|e| e.relation.name == "invokes" && e.text("approval") == Some("ask"))
        || !agent.list("ask").is_empty();
    let fenced = agent.text("egress") == Some("allowlist") || agent.text("egress") == Some("none");
    let actor = guards.contains(&"actor-check");
    let apart = guards.contains(&"safe-outputs");
    let watched = checks.iter().any(|c| *c == "telemetry" || *c == "no-bypass") || guards.contains(&"guardrail") || guards.contains(&"policy");
    score(&[hook, asks, fenced, actor, apart, watched])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Facts, Key, Location};
    use crate::relation::{DELEGATES_TO, INVOKES};

    #[test]
    fn evidence_counts_by_family_and_lifetime_in_none() {
        let at = || Location { repository: "repo:r".into(), path: "f".into(), line: 1, column: 1, end_line: 1, revision: None };
        let mut facts = Facts::default();
        let agent = Key::new(Kind::Agent, "ci-agent", "agent:a");
        facts.declare(&agent, "a", at()).attr("autonomy", 3).attr("guards", vec!["actor-check", "approval"]).attr("allow", vec!["Read"]).attr("sandbox", "vm");
        let server = Key::new(Kind::Tool, "mcp-server", "tool:s");
        facts.declare(&server, "s", at());
        facts.relate(&agent, &INVOKES, &server, at());
        let writers = Key::new(Kind::Party, "class", "class:repo-writer");
        facts.relate(&writers, &DELEGATES_TO, &agent, at()).attr("mode", "per-session");
        let graph = Graph::from_facts(facts);
        let found = families(&graph, graph.node("agent:a").expect("there"));
        assert_eq!(found, Families { authority: 0.5, scope: 0.5, session: 0.5, runtime: 1.0 });
        assert_eq!(found.short(), "A◐ S◐ C◐ R●");
    }
}
