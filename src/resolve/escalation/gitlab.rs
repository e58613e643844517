//! A maintainer of a GitLab project reads its variables and runs its jobs: whatever those hold and become is theirs (domain specification, 6.5).

use super::draw;
use crate::graph::{Edge, Graph};
use crate::model::{Basis, Condition, Kind};

/// Levels of access to a project from which its CI settings lie open.
const MAINTAINS: &[&str] = &["maintainer", "owner"];

pub(super) fn apply(graph: &mut Graph) -> bool {
    let mut become_them = Vec::new();
    let mut read = Vec::new();
    for identity in graph.of_kind(Kind::Identity).filter(|i| i.text("access_level").is_some_and(|l| MAINTAINS.contains(&l))) {
        for access in graph.out(identity.id()).filter(|e| e.relation.name == "can_access") {
            let Some(project) = access.to.strip_prefix("saas:gitlab.com/").map(|p| format!("gitlab.com/{p}")) else { continue };
            let variables = format!("gl-var:{project}/");
            for slot in graph.nodes.with_prefix(&variables).filter(|n| n.key.kind == Kind::Location) {
                read.push((identity.id().clone(), slot.id().clone(), access.id.clone()));
            }
            let jobs = format!("gl-job:{project}//");
            for job in graph.nodes.with_prefix(&jobs).filter(|n| n.key.kind == Kind::Consumer) {
                for runs in graph.out(job.id()).filter(|e| e.relation.name == "runs_as" && e.to != *identity.id()) {
                    become_them.push((
                        identity.id().clone(),
                        runs.to.clone(),
                        "maintainer of the project".to_owned(),
                        vec![access.id.clone(), runs.id.clone()],
                    ));
                }
            }
        }
    }
    let mut changed = draw(graph, become_them);
    for (from, to, via) in read {
        changed |= graph.add_edge(Edge::access(from, to, "secret-read", (Basis::Evaluated, 0.9), Condition::True, vec![via]));
    }
    changed
}
