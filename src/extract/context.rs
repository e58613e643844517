//! A right that only a test, an example or documentation states is worth half: somebody may run it, but it is not what runs (domain specification,
//! 2.0 and 3.1).

use crate::document::role_of;
use crate::model::{EdgeFact, Facts, FileRole, Kind};

/// What is left of the confidence.
const FACTOR: f64 = 0.5;

/// Whether an edge says what an identity may do. Others join rights to what uses them, and a path through several would be halved for each.
fn is_right(edge: &EdgeFact) -> bool {
    edge.relation.name == "granted" || edge.relation.name == "can_access" && edge.from.kind == Kind::Identity
}

/// Weighs the rights that a document states.
pub(super) fn weigh(facts: &mut Facts) {
    for edge in facts.edges.iter_mut().filter(|e| is_right(e)) {
        if edge.at.as_ref().is_some_and(|at| role_of(&at.path) != FileRole::Normal) {
            edge.confidence *= FACTOR;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Key, Location};
    use crate::relation::{GRANTED, RUNS_AS};

    #[test]
    fn a_right_that_a_test_states_is_worth_half_and_what_uses_it_is_not() {
        let at = |path: &str| Location { repository: "repo:r".into(), path: path.into(), line: 1, column: 1, end_line: 1, revision: None };
        let key = |kind, id: &str| Key::new(kind, "x", id);
        let (identity, policy, job) = (key(Kind::Identity, "i"), key(Kind::Policy, "p"), key(Kind::Consumer, "j"));
        let mut facts = Facts::default();
        facts.relate(&identity, &GRANTED, &policy, at("test/e2e/role.yaml"));
        facts.relate(&identity, &GRANTED, &policy, at("deploy/role.yaml"));
        facts.relate(&job, &RUNS_AS, &identity, at("test/e2e/job.yaml"));
        weigh(&mut facts);
        assert_eq!(facts.edges.iter().map(|e| e.confidence).collect::<Vec<_>>(), [0.5, 1.0, 1.0]);
    }
}
