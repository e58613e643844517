//! Agents: who sponsors each, who can steer it, what it holds, and how far it gets.

use super::hops::{name, named};
use super::lineage::Record;
use crate::graph::{GraphNode, Lineage};
use crate::model::{Kind, Role};

/// One record for each agent, highest blast radius first.
pub fn agents(lineage: &Lineage) -> Vec<Record> {
    let ranked = lineage.ranking.iter().filter_map(|r| lineage.graph.node(&r.node)).filter(|n| n.key.kind == Kind::Agent);
    ranked.map(|n| record(lineage, n)).collect()
}

fn record(lineage: &Lineage, agent: &GraphNode) -> Record {
    let graph = &lineage.graph;
    let mut record = Record::default();
    let rank = lineage.rank(agent.id());
    let score = rank.map_or(String::new(), |r| format!("   B {:.0}  E {:.0}  R {:.0}", r.blast.score, r.exposure, r.risk));
    record.push("agent", vec![format!("{}{score}", named(agent)), agent.id().to_string()]);
    for (role, label) in [(Role::Sponsor, "sponsor"), (Role::Owner, "owner")] {
        let parties = lineage.parties.iter().filter(|p| p.node == *agent.id() && p.role == role);
        record.push_or(label, parties.map(|p| format!("{}  {:.2}", p.party, p.confidence)).collect(), "unknown");
    }
    let ending = |relations: &[&str]| -> Vec<String> {
        graph
            .ending_at(agent.id())
            .filter(|e| relations.contains(&e.relation.name))
            .map(|e| format!("{} {}", name(graph, &e.from), e.relation.meaning))
            .collect()
    };
    let out = |relations: &[&str]| -> Vec<String> {
        graph.out(agent.id()).filter(|e| relations.contains(&e.relation.name)).map(|e| format!("{} {}", e.relation.meaning, name(graph, &e.to))).collect()
    };
    record.push_or("steered by", ending(&["can_trigger", "can_control", "delegates_to", "invokes"]), "unknown");
    record.push_or("tools", out(&["invokes", "delegates_to"]), "none that the files name");
    record.push_or("acts as", out(&["runs_as", "can_assume"]), "unknown: whoever starts it");
    record.push_or("credentials", out(&["consumes"]), "none that the files name");
    let worst =
        rank.map_or(Vec::new(), |r| r.reach.iter().take(5).map(|x| format!("{} {}  {:.2}", x.level.name(), name(graph, &x.resource), x.confidence)).collect());
    record.push_or("reaches", worst, "nothing that the files name; what it opens is unknown");
    let findings = lineage.findings.iter().filter(|f| f.subject == *agent.id()).map(|f| format!("{} {}  {}", f.check, f.severity.name(), f.message));
    record.push_or("findings", findings.collect(), "none");
    record
}
