//! Laws of exposure and trust debt: copies, windows, people, steering (domain specification, 6.7).

use nhi::graph::Graph;
use nhi::model::{Facts, Key, Kind, Location, NodeFact, Rank, rfc3339};
use nhi::rank::{Settings, rank};
use nhi::relation::{CAN_TRIGGER, CONSUMES, RUNS_AS, STORED_IN, TRUSTS};

use crate::invariants::{CASES, Plan, Random, assert_not_lower, facts, plain, plan};

const NOW: i64 = 1_767_225_600;

fn settings() -> Settings {
    Settings { now: NOW, ..Settings::default() }
}

fn at() -> Location {
    Location { repository: "repo:github.com/acme/web".into(), path: "f.tf".into(), line: 1, column: 1, end_line: 1, revision: None }
}

fn ranked(facts: Facts) -> Vec<Rank> {
    rank(&Graph::from_facts(facts), &settings())
}

/// A world with places of all sorts, and agents that are steered more or less.
fn world(seed: u64, decorate: &dyn Fn(Kind, &mut NodeFact)) -> (Plan, Facts) {
    const PLACES: &[&str] = &["file", "history", "ci-secret", "vault-path", "k8s-secret", "env"];
    let mut plan = plan(seed);
    let mut random = Random(seed | 1);
    for node in plan.nodes.iter_mut().filter(|n| n.0 == Kind::Location) {
        node.1 = PLACES[random.below(PLACES.len())];
    }
    let kinds: Vec<Kind> = plan.nodes.iter().map(|n| n.0).collect();
    let said = facts(&plan, &plain, &|n, node| {
        if kinds[n] == Kind::Agent {
            node.attr("autonomy", seed % 5).attr("capabilities", vec!["scm-write"]);
        }
        decorate(kinds[n], node);
    });
    (plan, said)
}

fn first(plan: &Plan, kind: Kind) -> Option<Key> {
    let n = plan.nodes.iter().position(|n| n.0 == kind)?;
    Some(Key::new(kind, plan.nodes[n].1, plain(n)))
}

/// Exposure falls for no node, nor does its reach.
fn assert_exposure_not_lower(before: &[Rank], after: &[Rank], law: &str, seed: u64) {
    for old in before {
        let new = after.iter().find(|r| r.node == old.node).expect("still there");
        assert!(new.exposure >= old.exposure - 1e-9, "{law}: case {seed}, exposure of {} fell from {} to {}", old.node, old.exposure, new.exposure);
    }
    assert_not_lower(before, after, law, seed);
}

#[test]
fn a_shorter_life_lowers_exposure_at_most_and_never_what_would_be_left_of_it() {
    for seed in 0..CASES {
        let living = |seconds: Option<i64>| {
            let (_, said) = world(seed, &|kind, node| {
                if let (Kind::Credential, Some(seconds)) = (kind, seconds) {
                    node.attr("expires", rfc3339(NOW + seconds));
                }
            });
            ranked(said)
        };
        // From half an hour to no end.
        let lives = [Some(1_800), Some(40_000), Some(300_000), Some(5_000_000), Some(50_000_000), None].map(living);
        for pair in lives.windows(2) {
            for shorter in &pair[0] {
                let longer = pair[1].iter().find(|r| r.node == shorter.node).expect("the same node");
                let none_of = |what: &str, a: f64, b: f64| assert!(a <= b + 1e-9, "case {seed}, {}: {what} {a} above {b}", shorter.node);
                assert!((shorter.blast.score - longer.blast.score).abs() < 1e-9, "case {seed}: a lifetime changed the reach of {}", shorter.node);
                none_of("exposure", shorter.exposure, longer.exposure);
                none_of("risk", shorter.risk, longer.risk);
                none_of("trust debt", shorter.trust_debt, shorter.risk);
                let apart = (shorter.trust_debt - longer.trust_debt).abs();
                assert!(apart < 1e-9, "case {seed}, {}: trust debt {} and {}", shorter.node, shorter.trust_debt, longer.trust_debt);
            }
        }
    }
}

#[test]
fn a_copy_a_user_a_trigger_or_an_input_more_never_lowers_exposure() {
    for seed in 0..CASES {
        let before = world(seed, &|_, _| {});
        let ranks = ranked(before.1.clone());
        let more = |law: &str, add: &dyn Fn(&mut Facts, &Plan) -> Option<()>| {
            let mut said = before.1.clone();
            if add(&mut said, &before.0).is_some() {
                assert_exposure_not_lower(&ranks, &ranked(said), law, seed);
            }
        };
        more("a copy", &|said, plan| {
            said.relate(&first(plan, Kind::Credential)?, &STORED_IN, &Key::new(Kind::Location, "file", "file:more"), at());
            Some(())
        });
        more("a consumer", &|said, plan| {
            let job = Key::new(Kind::Consumer, "ci-job", "job:more");
            if let Some(slot) = first(plan, Kind::Location) {
                said.relate(&job, &CONSUMES, &slot, at());
            }
            said.relate(&job, &RUNS_AS, &first(plan, Kind::Identity)?, at());
            Some(())
        });
        for who in ["class:public", "class:issue-author@repo:r", "person:a@b"] {
            more("a trigger", &|said, plan| {
                let party = Key::new(Kind::Party, if who.starts_with("person") { "person" } else { "class" }, who);
                said.declare(&party, who, at());
                said.relate(&party, &CAN_TRIGGER, &first(plan, Kind::Agent).or_else(|| first(plan, Kind::Consumer))?, at());
                Some(())
            });
        }
    }
}

#[test]
fn what_steers_an_agent_raises_exposure_and_what_guards_it_lowers_it_and_neither_changes_reach() {
    for seed in 0..CASES {
        let with = |autonomy: u64, inputs: &[&str], guards: &[&str], ask: bool| {
            let (_, said) = world(seed, &|kind, node| {
                if kind == Kind::Agent {
                    node.attr("autonomy", autonomy).attr("untrusted_inputs", inputs.to_vec()).attr("guards", guards.to_vec());
                    if ask {
                        node.attr("ask", vec!["Bash"]);
                    }
                }
            });
            ranked(said)
        };
        for level in 0..4 {
            assert_exposure_not_lower(&with(level, &["web"], &[], false), &with(level + 1, &["web"], &[], false), "autonomy", seed);
        }
        for pair in [&["repo"][..], &["repo", "ticket"], &["repo", "ticket", "web"], &["repo", "ticket", "web", "issue"]].windows(2) {
            assert_exposure_not_lower(&with(3, pair[0], &[], false), &with(3, pair[1], &[], false), "an input", seed);
        }
        let open = with(3, &["issue"], &[], false);
        for guard in ["actor-check", "approval", "sandbox", "safe-outputs", "read-only-token"] {
            let guarded = with(3, &["issue"], &[guard], false);
            assert_exposure_not_lower(&guarded, &open, guard, seed);
            assert_exposure_not_lower(&with(3, &["issue"], &[guard, "approval"], false), &guarded, "a second guard", seed);
        }
        for (asked, free) in with(3, &["issue"], &[], true).iter().zip(&open) {
            assert_eq!((&asked.node, asked.blast.score), (&free.node, free.blast.score), "case {seed}: approval changed reach");
        }
    }
}

#[test]
fn a_wider_trust_never_lowers_exposure() {
    for seed in 0..CASES {
        let with = |breadth: &str| {
            let (plan, mut said) = world(seed, &|_, _| {});
            if let Some(identity) = first(&plan, Kind::Identity) {
                let issuer = Key::new(Kind::Issuer, "oidc-provider", "oidc-provider:token.actions.githubusercontent.com");
                said.relate(&identity, &TRUSTS, &issuer, at()).attr("breadth", breadth);
            }
            ranked(said)
        };
        let widths = ["environment", "branch", "pull_request", "repo", "org", "world"].map(with);
        for pair in widths.windows(2) {
            assert_exposure_not_lower(&pair[0], &pair[1], "a wider trust", seed);
        }
    }
}

#[test]
fn a_placeholder_or_a_test_never_has_a_higher_score() {
    for seed in 0..CASES {
        let with = |attribute: &'static str, value: serde_json::Value| {
            let (_, said) = world(seed, &|_, node| {
                if !attribute.is_empty() {
                    node.attr(attribute, value.clone());
                }
            });
            ranked(said)
        };
        let plain = with("", serde_json::Value::Null);
        assert_exposure_not_lower(&with("placeholder", true.into()), &plain, "a placeholder", seed);
        for context in ["test", "doc", "example"] {
            assert_exposure_not_lower(&with("context", context.into()), &plain, context, seed);
        }
    }
}
