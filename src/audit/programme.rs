//! What a programme is measured by: how much is rotated, kept where it belongs, revocable, federated, and how far agents reach (domain specification, 11.1).

use std::collections::{BTreeMap, BTreeSet};

use super::agents;
use super::context::{Audit, World};
use super::ownership::stands_alone;
use crate::config::Config;
use crate::graph::{GraphNode, Lineage, Metrics};
use crate::model::{Kind, Level, NodeId, Role};

/// Seconds of a day.
const DAY: i64 = 86_400;

/// Counts, totals, and shares from 0 to 1; a share of nothing is left out.
pub fn programme(lineage: &Lineage, config: &Config) -> Metrics {
    let mut out = Metrics::new();
    let mut share = |name: &'static str, part: usize, whole: usize| {
        if whole > 0 {
            out.insert(name, part as f64 / whole as f64);
        }
    };
    let graph = &lineage.graph;
    let (rotated, late, unknown) = rotation(lineage, config);
    share("rotation_compliant", rotated, rotated + late);
    share("rotation_unknown", unknown, rotated + late + unknown);
    let (outside, managed) = places(lineage);
    share("outside_secret_managers", outside, outside + managed);
    let mut owned: BTreeSet<&NodeId> = BTreeSet::new();
    let mut people: BTreeSet<&str> = BTreeSet::new();
    for party in &lineage.parties {
        if party.role == Role::Owner && party.resolved && !party.activity.is_gone() {
            owned.insert(&party.node);
        }
        if party.party.starts_with("person:") && !party.activity.is_gone() {
            people.insert(&party.party);
        }
    }
    let subjects: Vec<&GraphNode> = graph.of_kind(Kind::Identity).filter(|i| stands_alone(i)).chain(graph.of_kind(Kind::Agent)).collect();
    let path = |n: &GraphNode| n.text("revocation_path").is_some_and(|p| p != "none");
    share("revocable", subjects.iter().filter(|n| owned.contains(n.id()) && path(n)).count(), subjects.len());
    let styles: Vec<&str> = graph.of_kind(Kind::Identity).filter_map(|i| i.text("auth_style")).collect();
    share("federated", styles.iter().filter(|s| matches!(**s, "federated" | "workload")).count(), styles.len());
    let reach = reach(lineage, config);
    share("agent_reach", reach.by_agents, reach.resources);
    share("exposed_principals", reach.privileged, reach.principals);
    share("largest_impact", reach.largest, reach.resources);
    let count = |n: usize| n as f64;
    out.insert("orphans", count(subjects.iter().filter(|n| !owned.contains(n.id())).count()));
    out.insert("zombies", count(graph.nodes.values().filter(|n| n.attributes.contains_key("zombie")).count()));
    out.insert("shadow", count(lineage.findings.iter().filter(|f| f.check == "GOV-01").count()));
    out.insert("injection_reachable_prod", count(reach.steered));
    out.insert("trust_debt", lineage.ranking.iter().map(|r| r.trust_debt).sum());
    out.insert("jit_benefit", lineage.ranking.iter().map(|r| r.risk - r.trust_debt).sum());
    if !people.is_empty() {
        out.insert("identities_per_person", count(graph.of_kind(Kind::Identity).count()) / count(people.len()));
    }
    out
}

/// Long-lived credentials that are in time, that are late, and of which nothing tells when they were made.
fn rotation(lineage: &Lineage, config: &Config) -> (usize, usize, usize) {
    let limit = i64::from(config.checks.thresholds.max_age_days) * DAY;
    let (mut fine, mut late, mut unknown) = (0, 0, 0);
    let lasting = lineage.graph.of_kind(Kind::Credential).filter(|c| {
        matches!(c.text("lifetime_class"), Some("static" | "long")) && matches!(c.text("state"), Some("present-head" | "referenced")) && !c.flag("placeholder")
    });
    for credential in lasting {
        match credential.time("rotated").or(credential.time("created")) {
            _ if credential.attributes.contains_key("rotation") => fine += 1,
            Some(since) if lineage.now - since <= limit => fine += 1,
            Some(_) => late += 1,
            None => unknown += 1,
        }
    }
    (fine, late, unknown)
}

/// Copies of secrets: in files, environments and pipelines, and in stores made for them.
fn places(lineage: &Lineage) -> (usize, usize) {
    let graph = &lineage.graph;
    // One line is one copy, whichever slots it fills.
    let lines: BTreeSet<(&str, &str, u32)> = graph
        .of_kind(Kind::Credential)
        .filter(|c| !c.flag("placeholder"))
        .flat_map(|c| graph.out(c.id()).filter(|e| e.relation.name == "stored_in"))
        .flat_map(|e| e.at.iter().filter(|l| l.revision.is_none()).map(|l| (&*l.repository, &*l.path, l.line)))
        .collect();
    let (mut slots, mut managed) = (0, 0);
    for place in graph.of_kind(Kind::Location) {
        match place.key.subtype.trim_start_matches("other:") {
            "cloud-secret" | "vault-path" | "op-item" | "doppler" | "infisical" | "bw-item" | "conjur" | "kms-key" => managed += 1,
            // A slot that is filled from such a store is that store's.
            "ci-secret" => slots += usize::from(!graph.out(place.id()).any(|e| e.relation.name == "sourced_from")),
            _ => {}
        }
    }
    (lines.len() + slots, managed)
}

#[derive(Default)]
struct ReachCount {
    /// Resources that anything reaches, and those of them that an agent reaches.
    resources: usize,
    by_agents: usize,
    /// Identities and agents, and those of them with a path to what governs others.
    principals: usize,
    privileged: usize,
    /// Resources that the one with the widest reach reaches.
    largest: usize,
    /// Production resources that an agent reaches which others steer.
    steered: usize,
}

fn reach(lineage: &Lineage, config: &Config) -> ReachCount {
    let world = World::new(lineage, config);
    let audit = Audit::new(&world, super::CHECKS[0]);
    let mut by: BTreeMap<&NodeId, bool> = BTreeMap::new();
    let mut steered: BTreeSet<&NodeId> = BTreeSet::new();
    let mut count = ReachCount::default();
    for rank in &lineage.ranking {
        let Some(node) = lineage.graph.node(&rank.node).filter(|n| matches!(n.key.kind, Kind::Identity | Kind::Agent)) else { continue };
        let agent = node.key.kind == Kind::Agent;
        let acts = agent && agents::untrusted(&audit, node) >= 0.6 && agents::autonomy(node).is_some_and(|a| a >= 2);
        count.principals += 1;
        count.largest = count.largest.max(rank.reach.len());
        let mut governs = false;
        for reached in &rank.reach {
            *by.entry(&reached.resource).or_default() |= agent;
            let Some(resource) = lineage.graph.node(&reached.resource) else { continue };
            governs |= reached.level >= Level::Admin && matches!(&*resource.key.subtype, "cloud-account" | "cluster" | "iam-plane" | "identity-provider");
            governs |= reached.level >= Level::SecretRead && resource.key.subtype == "secret-store";
            if acts && resource.env.as_deref() == Some("prod") {
                steered.insert(&reached.resource);
            }
        }
        count.privileged += usize::from(governs);
    }
    count.resources = by.len();
    count.by_agents = by.values().filter(|a| **a).count();
    count.steered = steered.len();
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Document;

    #[test]
    fn a_small_world_is_measured() {
        let files = [
            ("config/app.env", "DATABASE_URL=postgres://app:Zq8dk2Lw9x@db.example.org:5432/shop\n"),
            ("main.tf", "resource \"aws_secretsmanager_secret\" \"a\" { name = \"prod/a\" }\n"),
        ];
        let documents = files.iter().map(|(p, t)| Document::new("repo:github.com/acme/web".into(), *p, t.as_bytes().to_vec(), None)).collect();
        let facts = {
            let extraction = crate::extract::Extraction::default();
            let documents: Vec<Document> = documents;
            documents.into_iter().for_each(|d| extraction.take(d));
            let mut facts = extraction.finish();
            crate::graph::join_sightings(&mut facts);
            facts
        };
        let mut lineage = Lineage { graph: crate::graph::Graph::from_facts(facts), ..Lineage::default() };
        lineage.ranking = crate::rank::rank(&lineage.graph, &crate::rank::Settings::default());
        let metrics = programme(&lineage, &Config::default());
        assert_eq!(metrics["outside_secret_managers"], 0.5, "{metrics:?}");
        assert_eq!(metrics["shadow"], 0.0);
        assert!(metrics["trust_debt"] >= 0.0 && metrics["jit_benefit"] >= 0.0);
        assert!(!metrics.contains_key("rotation_compliant"), "nothing tells when it was made");
    }
}
