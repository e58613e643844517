//! Laws of the ranking (what it may depend on, and in which direction), over random graphs.

use nhi::graph::Graph;
use nhi::model::{Facts, Key, Kind, Location, Rank, Relation};
use nhi::rank::{Settings, rank};
use nhi::relation::{AUTHENTICATES_AS, CAN_ACCESS, CAN_ASSUME, CAN_CONTROL, CAN_ESCALATE_TO, CAN_TRIGGER, CONSUMES, INVOKES, RUNS_AS, STORED_IN};
use nhi::resolve::resolve;

/// Graphs that each law is tried on.
const CASES: u64 = 2_000;

/// A small deterministic generator (xorshift), so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n.max(1) as u64) as usize
    }
}

/// One edge: start, relation, end, index of its level, tenths of confidence.
#[derive(Clone, Copy)]
struct Draft(usize, &'static Relation, usize, usize, usize);

/// A graph before it is built: the kind of every node, and edges between their numbers.
#[derive(Clone)]
struct Plan {
    nodes: Vec<(Kind, &'static str)>,
    edges: Vec<Draft>,
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

fn plan(seed: u64) -> Plan {
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
fn edge(plan: &Plan, random: &mut Random) -> Option<Draft> {
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

fn facts(plan: &Plan, name: &dyn Fn(usize) -> String, decorate: &dyn Fn(usize, &mut nhi::model::NodeFact)) -> Facts {
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

fn plain(n: usize) -> String {
    format!("node:{n:02}")
}

fn ranked(plan: &Plan) -> Vec<Rank> {
    rank(&Graph::from_facts(facts(plan, &plain, &|_, _| {})), &Settings::default())
}

/// Blast by node.
fn blasts(ranks: &[Rank]) -> Vec<(String, f64)> {
    let mut out: Vec<_> = ranks.iter().map(|r| (r.node.to_string(), r.blast.score)).collect();
    out.sort_by(|a, b| a.0.cmp(&b.0));
    out
}

fn assert_not_lower(before: &[Rank], after: &[Rank], law: &str, seed: u64) {
    let after = blasts(after);
    for (node, score) in blasts(before) {
        let now = after.iter().find(|(n, _)| *n == node).map_or(0.0, |(_, s)| *s);
        assert!(now >= score - 1e-9, "{law}: case {seed}, {node} fell from {score} to {now}");
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
