//! Machines of the owner's that run jobs: whoever may run code on one that outlives the job has what later jobs bring there (domain specification, 6.5).

use std::collections::BTreeSet;

use super::{Drawn, Strength, draw_as};
use crate::graph::{Edge, Graph, GraphNode};
use crate::model::{Basis, Condition, Key, Kind};
use crate::relation::CAN_CONTROL;

/// Jobs of one machine that are told one by one.
const MAX_JOBS: usize = 100;

/// The name of the rule.
pub(super) const RULE: &str = "self-hosted runner";

/// Whether a job runs what outsiders propose; of a repository of which nothing says whether it is public, perhaps.
fn open(graph: &Graph, job: &GraphNode) -> Option<Condition> {
    let outsider = |e: &&Edge| e.relation.name == "can_control" && e.from.starts_with("class:fork-contributor") && e.text("rule") != Some(RULE);
    if let Some(controls) = graph.ending_at(job.id()).find(outsider) {
        return Some(controls.condition);
    }
    if !job.flag("runs_changes_of_forks") {
        return None;
    }
    let repository = repository(job)?;
    match graph.node(&format!("saas:github.com/{repository}")).and_then(|n| n.text("visibility")) {
        Some("public") => Some(Condition::True),
        Some(_) => None,
        None => Some(Condition::Unknown),
    }
}

/// `acme/web` of `gh-workflow:acme/web/.github/workflows/ci.yml#build`.
fn repository(job: &GraphNode) -> Option<&str> {
    let path = job.id().strip_prefix("gh-workflow:")?;
    path.match_indices('/').nth(1).map(|(end, _)| &path[..end])
}

pub(super) fn apply(graph: &mut Graph) -> bool {
    let mut drawn: Vec<(Drawn, Strength)> = Vec::new();
    let mut parties: BTreeSet<Key> = BTreeSet::new();
    let machines = graph.of_kind(Kind::Resource).filter(|r| r.key.subtype == "runner" && r.flag("self_hosted"));
    // One that is made anew for each job keeps nothing for the next.
    for machine in machines.filter(|r| r.attributes.get("persistent") != Some(&false.into())) {
        let jobs: Vec<(&Edge, &GraphNode)> = graph
            .ending_at(machine.id())
            .filter(|e| e.relation.name == "part_of")
            .filter_map(|e| Some((e, graph.node(&e.from)?)))
            .filter(|(_, n)| n.key.kind == Kind::Consumer)
            .take(MAX_JOBS)
            .collect();
        for (runs, job) in &jobs {
            let Some((known, repository)) = open(graph, job).zip(repository(job)) else { continue };
            let party = Key::new(Kind::Party, "class", format!("class:fork-contributor@repo:github.com/{repository}"));
            for (brings, other) in &jobs {
                let certainty = (Basis::Evaluated, 0.9 * runs.confidence.min(brings.confidence), known);
                let via = if runs.id == brings.id { vec![runs.id.clone()] } else { vec![runs.id.clone(), brings.id.clone()] };
                drawn.push(((party.id.clone(), other.id().clone(), RULE.to_owned(), via), certainty));
            }
            parties.insert(party);
        }
    }
    for party in parties {
        graph.introduce(&party, "fork contributor");
    }
    draw_as(graph, &CAN_CONTROL, drawn)
}
