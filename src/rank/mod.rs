//! Reach, blast radius, exposure, risk and trust debt of everything that can act or be stolen (domain specification, 6).

mod copies;
mod env;
mod exposure;
mod families;
mod hints;
mod metrics;
mod reach;
mod sensitivity;
mod steer;

use rayon::prelude::*;

use crate::graph::Graph;
use crate::model::{Factor, Interval, Level, NodeId, Rank, Reached};

pub use copies::{is_locked, opens};
pub use env::assign_environments;
pub use families::{Families, families};
pub use metrics::{Links, metrics};
pub use sensitivity::{is_crown_jewel, mark_crown_jewels, sensitivity};
pub use steer::{OUTSIDERS, untrusted};

/// Resources of one node that are reported; the score counts them all.
const SHOWN_REACH: usize = 50;

/// What configuration adds to the ranking.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Whether outsiders can read the repository.
    pub public: bool,
    /// Seconds since the epoch.
    pub now: i64,
}

/// Ranks every identity, credential and agent; highest blast radius first, ties by exposure, then by id.
pub fn rank(graph: &Graph, settings: &Settings) -> Vec<Rank> {
    let plan = reach::Plan::new(graph);
    let subjects: Vec<NodeId> = graph.nodes.values().filter(|n| n.key.kind.is_ranked()).map(|n| n.id().clone()).collect();
    let blasts: Vec<(NodeId, Blast)> = subjects
        .into_par_iter()
        .map_init(reach::Scratch::default, |scratch, id| {
            let mut b = blast(&plan, scratch, &id);
            b.reach.truncate(SHOWN_REACH);
            (id, b)
        })
        .collect();
    let around = exposure::Surroundings::of(graph, &plan, settings);
    let mut ranks: Vec<Rank> = blasts
        .into_par_iter()
        .map(|(node, b)| {
            let e = exposure::of(graph, &node, settings, &around);
            let risk = risk(b.interval.score, e.value);
            let trust_debt = risk.min(self::risk(b.interval.score, e.without_windows));
            let mut factors = b.factors;
            factors.extend(e.factors);
            factors.push(Factor {
                factor: "risk",
                value: risk,
                because: format!("blast × (0.4 + 0.6 × exposure/100) = {:.1} × {:.2}", b.interval.score, 0.4 + 0.6 * e.value / 100.0),
            });
            Rank { node, blast: b.interval, exposure: e.value, risk, trust_debt, factors, reach: b.reach }
        })
        .collect();
    ranks.sort_by(|a, b| b.blast.score.total_cmp(&a.blast.score).then(b.exposure.total_cmp(&a.exposure)).then(a.node.cmp(&b.node)));
    ranks
}

/// Paths along which compromise travels, for questions that the ranking does not answer.
pub struct Paths<'a>(reach::Plan<'a>);

/// What a node reaches: each resource with the level and path of most value, the most valuable first, and the blast radius that they come to.
pub struct Extent {
    pub reached: Vec<Reached>,
    pub blast: f64,
}

impl<'a> Paths<'a> {
    pub fn new(graph: &'a Graph) -> Self {
        Paths(reach::Plan::new(graph))
    }

    pub fn extent(&self, start: &NodeId) -> Extent {
        let Blast { interval, reach, .. } = blast(&self.0, &mut reach::Scratch::default(), start);
        Extent { reached: reach, blast: interval.score }
    }

    /// The best way from one node to another, whatever that is.
    pub fn between(&self, start: &NodeId, target: &NodeId) -> Option<Reached> {
        self.0.between(start, target)
    }
}

/// The risk of a blast radius at an exposure.
pub fn risk(blast: f64, exposure: f64) -> f64 {
    blast * (0.4 + 0.6 * exposure / 100.0)
}

struct Blast {
    interval: Interval,
    factors: Vec<Factor>,
    reach: Vec<Reached>,
}

/// The score, the worst value, the sum of all, and the breadth that it comes to (domain specification, 6.4): of what was found by one measure of worth.
fn score(found: &[reach::Found], measure: impl Fn(&reach::Worth) -> f64) -> (f64, f64, f64, f64) {
    let worst = found.iter().map(|f| measure(&f.worth)).fold(0.0f64, f64::max);
    let sum: f64 = found.iter().map(|f| measure(&f.worth) + measure(&f.supposed)).sum();
    let breadth = 1.0 - (-sum / 6.0).exp();
    (100.0 * (0.8 * worst + 0.2 * breadth), worst, sum, breadth)
}

fn blast(plan: &reach::Plan<'_>, scratch: &mut reach::Scratch, id: &NodeId) -> Blast {
    let found = plan.reach(scratch, id);
    let (middle, worst, sum, breadth) = score(&found, |w| w.middle);
    let (low, ..) = score(&found, |w| w.certain);
    let (high, ..) = score(&found, |w| w.possible);
    let unseen: usize = found.iter().filter(|f| f.supposed.middle > 0.0).map(|f| f.unseen).sum();
    let mut reach: Vec<Reached> = found.into_iter().map(|f| f.reached).collect();
    reach.sort_by(|a, b| b.value.total_cmp(&a.value).then(a.resource.cmp(&b.resource)));
    let mut factors = Vec::new();
    if let Some(top) = reach.first() {
        factors.push(Factor {
            factor: "worst",
            value: 80.0 * worst,
            because: format!("{} on {} with confidence {:.2}", top.level.name(), top.resource, top.confidence),
        });
        let more = if unseen > 0 { format!(" and {unseen} supposed in what it administers") } else { String::new() };
        factors.push(Factor { factor: "breadth", value: 20.0 * breadth, because: format!("{} resources{more}, Σ value {sum:.2}", reach.len()) });
    }
    Blast { interval: Interval { score: middle, low, high }, factors, reach }
}

/// The level of an edge; what nobody stated is unknown.
pub(crate) fn level_of(edge: &crate::graph::Edge) -> Level {
    edge.text("level").map_or(Level::Unknown, Level::parse)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Facts, Key, Kind, Location};
    use crate::relation::{CAN_ACCESS, CAN_ASSUME, CONSUMES, INVOKES, PART_OF, RUNS_AS, SOURCED_FROM};

    fn at() -> Location {
        Location { repository: "repo:r".into(), path: "f".into(), line: 1, column: 1, end_line: 1, revision: None }
    }

    fn node(facts: &mut Facts, kind: Kind, subtype: &'static str, id: &str) -> Key {
        let key = Key::new(kind, subtype, id);
        facts.declare(&key, id, at());
        key
    }

    /// A made-up world, from a seed.
    fn world(seed: u64) -> Facts {
        let mut state = seed | 1;
        let mut next = move |n: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % n as u64) as usize
        };
        let mut facts = Facts::default();
        let identities: Vec<Key> = (0..8).map(|i| node(&mut facts, Kind::Identity, "aws-role", &format!("i{i}"))).collect();
        let agents: Vec<Key> = (0..3).map(|i| node(&mut facts, Kind::Agent, "ci-agent", &format!("a{i}"))).collect();
        let slots: Vec<Key> = (0..3).map(|i| node(&mut facts, Kind::Location, "ci-secret", &format!("s{i}"))).collect();
        let resources: Vec<Key> = (0..6)
            .map(|i| node(&mut facts, Kind::Resource, ["database", "object-store", "queue"][i % 3], &format!("r{i}-{}", ["prod", "dev"][i % 2])))
            .collect();
        for _ in 0..14 {
            match next(4) {
                0 => facts.relate(&identities[next(8)], &CAN_ASSUME, &identities[next(8)], at()).confidence(0.5 + next(5) as f64 / 10.0),
                1 => facts.relate(&identities[next(8)], &CAN_ACCESS, &resources[next(6)], at()).attr("level", ["read-data", "write", "admin"][next(3)]),
                2 => facts.relate(&agents[next(3)], &RUNS_AS, &identities[next(8)], at()),
                _ => facts.relate(&agents[next(3)], &CONSUMES, &slots[next(3)], at()),
            };
        }
        facts
    }

    #[test]
    fn a_known_case_has_the_calibrated_score() {
        let mut facts = Facts::default();
        let identity = node(&mut facts, Kind::Identity, "db-user", "u");
        let database = node(&mut facts, Kind::Resource, "database", "db:prod");
        facts.relate(&identity, &CAN_ACCESS, &database, at()).attr("level", "write");
        let mut graph = Graph::from_facts(facts);
        assign_environments(&mut graph, &Default::default());
        let ranks = rank(&graph, &Settings::default());
        // Write on a production database, alone: 60 (domain specification, 6.4).
        assert!((ranks[0].blast.score - 60.0).abs() < 1.0, "{:?}", ranks[0].blast);
    }

    #[test]
    fn administering_a_whole_is_worth_what_is_supposed_in_it_until_the_files_show_it() {
        let of = |shown: usize| {
            let mut facts = Facts::default();
            let identity = node(&mut facts, Kind::Identity, "aws-role", "i");
            let account = node(&mut facts, Kind::Resource, "cloud-account", "aws:prod");
            facts.relate(&identity, &CAN_ACCESS, &account, at()).attr("level", "admin");
            for n in 0..shown {
                let part = node(&mut facts, Kind::Resource, "queue", &format!("q{n:02}-prod"));
                facts.relate(&part, &PART_OF, &account, at());
            }
            let mut graph = Graph::from_facts(facts);
            assign_environments(&mut graph, &Default::default());
            rank(&graph, &Settings::default()).remove(0)
        };
        // 83 for the account itself, nearly 100 with what is in it (domain specification, 6.4).
        let bare = of(0);
        assert!(bare.blast.score > 97.0, "{:?}", bare.blast);
        let breadth = |r: &Rank| r.factors.iter().find(|f| f.factor == "breadth").expect("breadth").because.clone();
        assert!(breadth(&bare).contains("25 supposed"), "{}", breadth(&bare));
        assert!(breadth(&of(10)).contains("15 supposed"), "{}", breadth(&of(10)));
        assert!(!breadth(&of(30)).contains("supposed"));
        assert_eq!(bare.reach.len(), 1, "what is only supposed is not told as reached");
    }

    #[test]
    fn who_calls_what_serves_several_has_what_it_hands_over_itself() {
        let mut facts = Facts::default();
        let action = node(&mut facts, Kind::Tool, "ci-action", "action");
        let input = node(&mut facts, Kind::Location, "env", "input");
        facts.relate(&action, &CONSUMES, &input, at());
        for name in ["a", "b"] {
            let job = node(&mut facts, Kind::Agent, "ci-agent", &format!("job-{name}"));
            let secret = node(&mut facts, Kind::Location, "ci-secret", &format!("secret-{name}"));
            let database = node(&mut facts, Kind::Resource, "database", &format!("db-{name}"));
            facts.relate(&job, &INVOKES, &action, at());
            facts.relate(&input, &SOURCED_FROM, &secret, at()).attr("callers", vec![format!("job-{name}")]);
            facts.relate(&secret, &CAN_ACCESS, &database, at()).attr("level", "write");
        }
        let graph = Graph::from_facts(facts);
        let paths = Paths::new(&graph);
        let reached = |id: &str| paths.extent(&NodeId::from(id)).reached.into_iter().map(|r| r.resource.to_string()).collect::<Vec<_>>();
        assert_eq!(reached("job-a"), ["db-a"]);
        assert_eq!(reached("job-b"), ["db-b"]);
        assert_eq!(reached("action"), ["db-a", "db-b"], "whoever has the action has what all hand over");
    }

    #[test]
    fn adding_reach_never_lowers_any_blast_radius() {
        for seed in 1..200u64 {
            let facts = world(seed * 7919);
            let before = rank(&Graph::from_facts(facts.clone()), &Settings::default());
            let mut more = facts;
            let (a, b) = (Key::new(Kind::Identity, "aws-role", format!("i{}", seed % 8)), Key::new(Kind::Resource, "database", "r0-prod"));
            more.relate(&a, &CAN_ACCESS, &b, at()).attr("level", "admin");
            let after = rank(&Graph::from_facts(more), &Settings::default());
            for old in &before {
                let new = after.iter().find(|r| r.node == old.node).expect("still there");
                assert!(
                    new.blast.score >= old.blast.score - 1e-9 && new.blast.low >= old.blast.low - 1e-9 && new.blast.high >= old.blast.high - 1e-9,
                    "seed {seed}"
                );
                assert!(
                    (0.0..=100.0).contains(&new.blast.score)
                        && new.risk <= new.blast.score + 1e-9
                        && new.risk >= 0.4 * new.blast.score - 1e-9
                        && new.trust_debt <= new.risk + 1e-9
                );
                assert_eq!(new.blast.score == 0.0, new.reach.is_empty());
            }
        }
    }

    #[test]
    fn every_printed_path_replays_to_its_confidence() {
        for seed in 1..100u64 {
            let graph = Graph::from_facts(world(seed * 104_729));
            for r in rank(&graph, &Settings::default()) {
                for reached in &r.reach {
                    let product: f64 = reached.path.iter().map(|e| graph.edges[e].certainty()).product();
                    assert!((product - reached.confidence).abs() < 1e-9, "seed {seed}");
                }
            }
        }
    }
}
