//! Laws of reach (what it may depend on, and in which direction), over random graphs (domain specification, 6.7).

use nhi::graph::Graph;
use nhi::model::{Facts, Key, Kind, Location, Rank, Relation};
use nhi::rank::{Settings, rank};
use nhi::relation::{AUTHENTICATES_AS, CAN_ACCESS, CAN_ASSUME, CAN_CONTROL, CAN_ESCALATE_TO, CAN_TRIGGER, CONSUMES, INVOKES, RUNS_AS, STORED_IN};
use nhi::resolve::resolve;

/// Graphs that each law is tried on.
pub(crate) const CASES: u64 = 2_000;

/// A small deterministic generator (xorshift), so that a failure can be repeated.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n.max(1) as u64) as usize
    }
}

/// One edge: start, relation, end, index of its level, tenths of confidence.
#[derive(Clone, Copy)]
pub(crate) struct Draft(pub(crate) usize, pub(crate) &'static Relation, pub(crate) usize, pub(crate) usize, pub(crate) usize);

/// A graph before it is built: the kind of every node, and edges between their numbers.
#[derive(Clone)]
pub(crate) struct Plan {
    pub(crate) nodes: Vec<(Kind, &'static str)>,
    pub(crate) edges: Vec<Draft>,
}

const LEVELS: &[&str] = &["list", "read-meta", "tag", "read-data", "write", "secret-read", "admin"];

const KINDS: &[(Kind, &str)] = &[
    (Kind::Identity, "aws-role"),
    (Kind::Credential, "api-key"),
    (Kind::Location, "ci-secret"),
    (Kind::Consumer, "ci-job"),
    (Kind::Agent, "ci-agent"),
    (Kind::Tool, "mcp-server"),
    (Kind::Resource, "database"),
    (Kind::Resource, "object-store"),
    (Kind::Party, "class"),
];

pub(crate) fn plan(seed: u64) -> Plan {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let nodes: Vec<_> = (0..4 + random.below(12)).map(|_| KINDS[random.below(KINDS.len())]).collect();
    let mut plan = Plan { nodes, edges: Vec::new() };
    for _ in 0..random.below(24) {
        if let Some(edge) = edge(&plan, &mut random) {
            plan.edges.push(edge);
        }
    }
    plan
}

/// An edge that the kinds at its ends allow.
pub(crate) fn edge(plan: &Plan, random: &mut Random) -> Option<Draft> {
    let (from, to) = (random.below(plan.nodes.len()), random.below(plan.nodes.len()));
    let relation: &'static Relation = match (plan.nodes[from].0, plan.nodes[to].0) {
        _ if from == to => return None,
        (Kind::Identity, Kind::Identity) => [&CAN_ASSUME, &CAN_ESCALATE_TO][random.below(2)],
        (Kind::Identity, Kind::Consumer | Kind::Agent) => &CAN_CONTROL,
        (Kind::Credential, Kind::Location) => &STORED_IN,
        (Kind::Credential, Kind::Identity) => &AUTHENTICATES_AS,
        (Kind::Consumer | Kind::Agent | Kind::Tool, Kind::Location) => &CONSUMES,
        (Kind::Consumer | Kind::Agent | Kind::Tool, Kind::Identity) => &RUNS_AS,
        (Kind::Consumer | Kind::Agent, Kind::Agent | Kind::Tool) => &INVOKES,
        (Kind::Identity | Kind::Tool | Kind::Credential, Kind::Resource) => &CAN_ACCESS,
        (Kind::Party, Kind::Consumer | Kind::Agent) => &CAN_TRIGGER,
        _ => return None,
    };
    Some(Draft(from, relation, to, random.below(LEVELS.len()), 1 + random.below(10)))
}

pub(crate) fn facts(plan: &Plan, name: &dyn Fn(usize) -> String, decorate: &dyn Fn(usize, &mut nhi::model::NodeFact)) -> Facts {
    let mut facts = Facts::default();
    let at = Location { repository: "repo:github.com/acme/web".into(), path: "f.tf".into(), line: 1, column: 1, end_line: 1, revision: None };
    let key = |n: usize| Key::new(plan.nodes[n].0, plan.nodes[n].1, name(n));
    for n in 0..plan.nodes.len() {
        decorate(n, facts.declare(&key(n), "thing", at.clone()));
    }
    for Draft(from, relation, to, level, confidence) in &plan.edges {
        let edge = facts.relate(&key(*from), relation, &key(*to), at.clone()).confidence(*confidence as f64 / 10.0);
        if **relation == CAN_ACCESS {
            edge.attr("level", LEVELS[*level]);
        }
    }
    facts
}

pub(crate) fn plain(n: usize) -> String {
    format!("node:{n:02}")
}

pub(crate) fn ranked(plan: &Plan) -> Vec<Rank> {
    rank(&Graph::from_facts(facts(plan, &plain, &|_, _| {})), &Settings::default())
}

/// Blast by node.
fn blasts(ranks: &[Rank]) -> Vec<(String, f64)> {
    let mut out: Vec<_> = ranks.iter().map(|r| (r.node.to_string(), r.blast.score)).collect();
    out.sort_by(|a, b| a.0.cmp(&b.0));
    out
}

/// No number of any node falls: neither its reach, nor either end of the interval, nor its risk.
pub(crate) fn assert_not_lower(before: &[Rank], after: &[Rank], law: &str, seed: u64) {
    let numbers = |r: &Rank| [r.blast.score, r.blast.low, r.blast.high, r.risk];
    for old in before {
        let now = after.iter().find(|r| r.node == old.node).map_or([0.0; 4], numbers);
        for (now, then) in now.into_iter().zip(numbers(old)) {
            assert!(now >= then - 1e-9, "{law}: case {seed}, {} fell from {then} to {now}", old.node);
        }
    }
}

#[test]
fn numbers_stay_in_their_bounds_and_nothing_reaches_nothing() {
    for seed in 0..CASES {
        for r in ranked(&plan(seed)) {
            let (b, e) = (r.blast.score, r.exposure);
            for value in [b, e, r.risk, r.trust_debt] {
                assert!((0.0..=100.0).contains(&value), "case {seed}, {}: {value}", r.node);
            }
            assert!(r.risk <= b + 1e-9 && r.risk >= 0.4 * b - 1e-9 && r.trust_debt <= r.risk + 1e-9, "case {seed}, {}", r.node);
            assert_eq!(b == 0.0, r.reach.is_empty(), "case {seed}, {}: {b}", r.node);
        }
    }
}

#[test]
fn an_edge_more_or_a_surer_or_higher_one_never_lowers_reach() {
    for seed in 0..CASES {
        let before = plan(seed);
        let mut random = Random(seed | 1);
        let ranks = ranked(&before);
        let mut after = before.clone();
        if let Some(edge) = edge(&after, &mut random) {
            after.edges.push(edge);
        }
        assert_not_lower(&ranks, &ranked(&after), "an edge more", seed);
        if let Some(n) = (!before.edges.is_empty()).then(|| random.below(before.edges.len())) {
            let mut surer = before.clone();
            surer.edges[n].4 = 10;
            assert_not_lower(&ranks, &ranked(&surer), "a surer edge", seed);
            let mut higher = before.clone();
            higher.edges[n].3 = LEVELS.len() - 1;
            assert_not_lower(&ranks, &ranked(&higher), "a higher level", seed);
            let mut fewer = before.clone();
            fewer.edges.remove(n);
            assert_not_lower(&ranked(&fewer), &ranks, "an edge less", seed);
        }
    }
}

#[test]
fn lifetimes_never_change_reach() {
    for seed in 0..CASES {
        let plan = plan(seed);
        let with = |lifetime: &'static str, expires: &'static str| {
            let decorate = move |_: usize, node: &mut nhi::model::NodeFact| {
                node.attr("lifetime_class", lifetime).attr("expires", expires);
            };
            blasts(&rank(&Graph::from_facts(facts(&plan, &plain, &decorate)), &Settings::default()))
        };
        assert_eq!(with("static", "2099-01-01"), with("short-lived", "2026-01-01"), "case {seed}");
    }
}

#[test]
fn names_do_not_matter() {
    for seed in 0..CASES {
        let plan = plan(seed);
        let straight = ranked(&plan);
        let count = plan.nodes.len();
        let renamed = rank(&Graph::from_facts(facts(&plan, &|n| plain(count - 1 - n), &|_, _| {})), &Settings::default());
        for r in &straight {
            let n: usize = r.node.rsplit(':').next().and_then(|n| n.parse().ok()).expect("a number");
            let other = renamed.iter().find(|o| *o.node == plain(count - 1 - n)).expect("the same node");
            let close = |a: f64, b: f64| (a - b).abs() < 1e-9;
            assert!(close(r.blast.score, other.blast.score) && close(r.exposure, other.exposure) && close(r.risk, other.risk), "case {seed}, {}", r.node);
        }
    }
}

#[test]
fn uniting_is_free_of_order_and_duplicates_and_never_lowers_reach() {
    for seed in 0..CASES / 2 {
        let whole = plan(seed);
        let (left, right) = whole.edges.split_at(whole.edges.len() / 2);
        let part = |edges: &[Draft]| Plan { nodes: whole.nodes.clone(), edges: edges.to_vec() };
        let said = |p: &Plan| facts(p, &plain, &|_, _| {});
        let (left, right) = (part(left), part(right));
        let united = |order: &[&Plan]| {
            let mut all = Facts::default();
            order.iter().for_each(|p| all.extend(said(p)));
            rank(&Graph::from_facts(all), &Settings::default())
        };
        let one = united(&[&left, &right]);
        assert_eq!(blasts(&one), blasts(&united(&[&right, &left, &right])), "case {seed}");
        assert_not_lower(&ranked(&left), &one, "a union", seed);
        assert_not_lower(&ranked(&right), &one, "a union", seed);
    }
}

#[test]
fn resolving_twice_is_resolving_once() {
    for seed in 0..CASES / 2 {
        let mut graph = Graph::from_facts(facts(&plan(seed), &plain, &|_, _| {}));
        resolve(&mut graph);
        let edges: Vec<_> = graph.edges.keys().cloned().collect();
        resolve(&mut graph);
        assert_eq!(edges, graph.edges.keys().cloned().collect::<Vec<_>>(), "case {seed}");
    }
}

#[test]
fn a_more_sensitive_resource_never_lowers_reach() {
    for seed in 0..CASES {
        let plan = plan(seed);
        let Some(n) = plan.nodes.iter().position(|(kind, _)| *kind == Kind::Resource) else { continue };
        let environment = |name: &'static str| {
            let mut graph = Graph::from_facts(facts(&plan, &plain, &|at, node| {
                if at == n {
                    node.attr("environment", name);
                }
            }));
            nhi::rank::assign_environments(&mut graph, &Default::default());
            graph
        };
        let steps = ["dev", "staging", "prod"].map(|name| rank(&environment(name), &Settings::default()));
        assert_not_lower(&steps[0], &steps[1], "an environment that matters more", seed);
        assert_not_lower(&steps[1], &steps[2], "production", seed);
        let mut crowned = environment("prod");
        nhi::rank::mark_crown_jewels(&mut crowned, &[plain(n)]);
        assert_not_lower(&steps[2], &rank(&crowned, &Settings::default()), "a crown jewel", seed);
    }
}

#[test]
fn functions_taken_away_never_raise_reach_and_commands_never_lower_it() {
    for seed in 0..CASES {
        let plan = plan(seed);
        let with = |functions: &[&str], exec: bool| {
            let mut said = facts(&plan, &plain, &|n, node| {
                if exec && plan.nodes[n].0 == Kind::Agent {
                    node.attr("capabilities", vec!["exec"]);
                }
            });
            for edge in said.edges.iter_mut().filter(|e| *e.relation == INVOKES) {
                edge.attr("functions", functions.to_vec());
            }
            rank(&Graph::from_facts(said), &Settings::default())
        };
        let steps = [&["get_row"][..], &["get_row", "delete_row"], &["*"]].map(|functions| with(functions, false));
        assert_not_lower(&steps[0], &steps[1], "a function that writes", seed);
        assert_not_lower(&steps[1], &steps[2], "every function", seed);
        for functions in [&["get_row"][..], &["*"]] {
            assert_not_lower(&with(functions, false), &with(functions, true), "commands", seed);
        }
    }
}

#[test]
fn whoever_certainly_becomes_another_has_at_least_its_reach() {
    for seed in 0..CASES {
        let plan = plan(seed);
        let ranks = ranked(&plan);
        let score = |n: usize| ranks.iter().find(|r| *r.node == plain(n)).map(|r| r.blast.score);
        for Draft(from, relation, to, _, confidence) in &plan.edges {
            let becomes = [&CAN_ASSUME, &CAN_ESCALATE_TO, &AUTHENTICATES_AS, &RUNS_AS, &CAN_CONTROL].into_iter().any(|r| *r == **relation);
            let (Some(own), Some(other)) = (score(*from), score(*to)) else { continue };
            assert!(!becomes || *confidence < 10 || own >= other - 1e-9, "case {seed}, {} has {own} and becomes {} with {other}", plain(*from), plain(*to));
        }
    }
}

#[test]
fn what_is_printed_adds_up() {
    for seed in 0..CASES {
        let graph = Graph::from_facts(facts(&plan(seed), &plain, &|_, _| {}));
        for r in rank(&graph, &Settings::default()) {
            let of = |name: &str| r.factors.iter().find(|f| f.factor == name).map_or(0.0, |f| f.value);
            let close = |a: f64, b: f64, what: &str| assert!((a - b).abs() < 1e-9, "case {seed}, {}: {what} is {a}, not {b}", r.node);
            close(of("worst") + of("breadth"), r.blast.score, "blast");
            close(100.0 * (1.0 - (1.0 - of("copies")) * (1.0 - of("people")) * (1.0 - of("injection"))), r.exposure, "exposure");
            close(r.blast.score * (0.4 + 0.6 * r.exposure / 100.0), r.risk, "risk");
            close(of("risk"), r.risk, "the factor of the risk");
            for reached in &r.reach {
                let steps: Vec<_> = reached.path.iter().map(|e| graph.edges.get(e).expect("a step of a path is an edge")).collect();
                close(steps.iter().map(|e| e.certainty()).product(), reached.confidence, "the confidence of a path");
                assert!(steps.last().is_some_and(|e| e.to == reached.resource || e.from == reached.resource), "case {seed}: a path ends where it leads");
                if let Some(last) = steps.last().filter(|e| *e.relation == CAN_ACCESS && steps.iter().all(|e| *e.relation != INVOKES)) {
                    assert_eq!(last.text("level"), Some(reached.level.name()), "case {seed}: the level is that of the last step");
                }
            }
        }
    }
}
