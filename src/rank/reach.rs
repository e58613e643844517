//! What can be reached from a node, by the most certain path: Dijkstra over the edges along which compromise travels.

use std::cmp::Ordering;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BinaryHeap, btree_map};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{hints, level_of, sensitivity};
use crate::graph::{Edge, Graph};
use crate::model::{Flow, Kind, Level, NodeId, Reached};

/// Confidence from which a path counts for the lower end of the interval.
const CERTAIN: f64 = 0.9;

/// What something is worth: by the best path, by certain paths only, and by any path taken for certain.
#[derive(Clone, Copy, Default)]
pub(super) struct Worth {
    pub(super) middle: f64,
    pub(super) certain: f64,
    pub(super) possible: f64,
}

impl Worth {
    fn new(possible: f64, confidence: f64) -> Self {
        let middle = possible * confidence;
        Worth { middle, certain: if confidence >= CERTAIN { middle } else { 0.0 }, possible }
    }

    fn or(self, other: Self) -> Self {
        Worth { middle: self.middle.max(other.middle), certain: self.certain.max(other.certain), possible: self.possible.max(other.possible) }
    }
}

/// A reached resource, what it is worth, and what is supposed to be in it beyond what the graph shows.
pub(super) struct Found {
    pub(super) reached: Reached,
    pub(super) worth: Worth,
    pub(super) supposed: Worth,
    pub(super) unseen: usize,
}

/// Places where whoever writes decides what runs. What may be written in a repository, a namespace or a cluster says more: rules of resolution and of
/// escalation tell what that leads to.
const RUNS_CODE: &[&str] = &["function", "compute", "container-service", "ci-system", "runner", "host"];

/// Longest path followed, in edges.
const MAX_HOPS: u16 = 16;

/// The graph by numbers, made once for all subjects.
pub(super) struct Plan<'a> {
    nodes: Vec<&'a NodeId>,
    kinds: Vec<Kind>,
    sensitivities: Vec<f64>,
    /// Things that are supposed to be in a container, and what administering them is worth.
    unseen: FxHashMap<u32, (usize, f64)>,
    /// What changes what runs in it, whoever writes it.
    runs_code: Vec<bool>,
    plain_store: Vec<bool>,
    /// Edges along which compromise leaves a node, one node after the other; those of a node begin at its number in `starts`.
    moves: Vec<Move<'a>>,
    starts: Vec<u32>,
    /// Of moves that lead to what only some callers hand over, those callers; and all of them.
    handed: FxHashMap<u32, Vec<u32>>,
    callers: FxHashSet<u32>,
}

struct Move<'a> {
    to: u32,
    edge: &'a Edge,
    how: How,
    /// −ln of the certainty of the edge.
    cost: f64,
    /// What is held behind a tool of which only some functions may be called.
    cap: Level,
}

/// The caller of a way on which nothing was called.
const NOBODY: u32 = u32::MAX;

/// Verbs that begin the names of functions which only look.
const LOOKING: &[&str] = &["get", "list", "read", "search", "query", "fetch", "find", "describe", "view", "show", "count", "lookup"];

/// What the functions of a list can do at most; a list of everything is none.
fn cap(edge: &Edge) -> Level {
    let names: Vec<&str> = edge.list("functions").collect();
    if names.is_empty() || names.iter().any(|n| n.contains('*')) {
        return Level::Admin;
    }
    let looks = |name: &&str| {
        let first = name.split(['_', '-', '.', '/']).next().unwrap_or(name).to_ascii_lowercase();
        LOOKING.iter().any(|v| first.starts_with(v))
    };
    if names.iter().all(looks) { Level::ReadData } else { Level::Write }
}

#[derive(Clone, Copy, PartialEq)]
enum How {
    /// Control passes over.
    Control,
    /// Access at a level.
    Access(Level),
    /// The value of a slot is read.
    Read,
    /// A credential that is kept in this place.
    Kept,
    /// Something contained in this one.
    Contains,
}

#[derive(PartialEq)]
struct Step {
    cost: f64,
    hops: u16,
    node: u32,
    level: Level,
    cap: Level,
    caller: u32,
}

/// A node with what is held there, and what is held at most from there on, in one number; and who called what holds it.
type State = (u64, u32);

impl Step {
    fn state(&self) -> State {
        (u64::from(self.node) << 16 | (self.level as u64) << 8 | self.cap as u64, self.caller)
    }
}

/// What is known of a state: the cost of the best way so far, its last step, and whether none can be better.
struct Known {
    cost: f64,
    came: Option<(State, u32)>,
    settled: bool,
}

/// What one walk needs and the next can use again.
#[derive(Default)]
pub(super) struct Scratch {
    heap: BinaryHeap<Step>,
    known: FxHashMap<State, Known>,
}

impl Eq for Step {}
impl Ord for Step {
    fn cmp(&self, other: &Self) -> Ordering {
        // The heap is a maximum heap: the cheapest, shortest, first step comes out first.
        other
            .cost
            .total_cmp(&self.cost)
            .then(other.hops.cmp(&self.hops))
            .then(other.node.cmp(&self.node))
            .then(other.level.cmp(&self.level))
            .then(other.cap.cmp(&self.cap))
            .then(other.caller.cmp(&self.caller))
    }
}
impl PartialOrd for Step {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Whether the one that an edge starts at can run commands.
fn runs_commands(graph: &Graph, edge: &Edge) -> bool {
    graph.node(&edge.from).is_some_and(|n| n.list("capabilities").contains(&"exec"))
}

impl<'a> Plan<'a> {
    pub(super) fn new(graph: &'a Graph) -> Self {
        let nodes: Vec<&NodeId> = graph.nodes.keys().collect();
        let mut leaving: Vec<(u32, Move<'a>)> = Vec::new();
        for (edge, from, to) in graph.links() {
            let certainty = edge.certainty();
            if certainty <= 0.0 {
                continue;
            }
            let mut leave = |at: u32, to: u32, how, cap| leaving.push((at, Move { to, edge, how, cost: -certainty.ln(), cap }));
            match (edge.relation.name, edge.relation.flow) {
                // Whoever can run commands where the tool's credential lies takes that, and is not held to the tool's functions.
                ("invokes", Flow::Forward) if !runs_commands(graph, edge) => leave(from, to, How::Control, cap(edge)),
                ("can_access", _) => leave(from, to, How::Access(level_of(edge)), Level::Admin),
                ("consumes" | "sourced_from", _) => leave(from, to, How::Read, Level::Admin),
                ("stored_in", _) => leave(to, from, How::Kept, Level::Admin),
                ("part_of", _) => leave(to, from, How::Contains, Level::Admin),
                (_, Flow::Forward) => leave(from, to, How::Control, Level::Admin),
                (_, Flow::Backward) => leave(to, from, How::Control, Level::Admin),
                (_, Flow::Both) => {
                    leave(from, to, How::Control, Level::Admin);
                    leave(to, from, How::Control, Level::Admin);
                }
                (_, Flow::None) => {}
            }
        }
        leaving.sort_by_key(|(at, _)| *at);
        let mut starts = vec![0u32; nodes.len() + 1];
        for (at, _) in &leaving {
            starts[*at as usize + 1] += 1;
        }
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let moves: Vec<Move<'_>> = leaving.into_iter().map(|(_, m)| m).collect();
        let mut plan = Plan {
            nodes,
            kinds: Vec::new(),
            sensitivities: Vec::new(),
            unseen: FxHashMap::default(),
            runs_code: Vec::new(),
            plain_store: Vec::new(),
            moves,
            starts,
            handed: FxHashMap::default(),
            callers: FxHashSet::default(),
        };
        for (by, m) in (0..).zip(&plan.moves).filter(|(_, m)| m.how == How::Read) {
            let callers: Vec<u32> = m.edge.list("callers").filter_map(|c| plan.number(c)).collect();
            if !callers.is_empty() {
                plan.callers.extend(&callers);
                plan.handed.insert(by, callers);
            }
        }
        for node in graph.nodes.values() {
            plan.kinds.push(node.key.kind);
            plan.sensitivities.push(sensitivity(node));
            let unseen = hints::unseen(graph, node);
            if unseen > 0 {
                plan.unseen.insert(plan.kinds.len() as u32 - 1, (unseen, hints::worth(node, unseen)));
            }
            plan.runs_code.push(RUNS_CODE.contains(&&*node.key.subtype));
            plan.plain_store
                .push(matches!(&*node.key.subtype, "file" | "history" | "tf-state" | "object-store" | "repo" | "logs" | "filesystem" | "log" | "artifact"));
        }
        plan
    }

    /// Whether nodes of this kind count as reached resources.
    fn counts(&self, node: u32) -> bool {
        self.kinds[node as usize] == Kind::Resource
    }

    /// The number of a node: they stand in the order of their ids.
    fn number(&self, id: &str) -> Option<u32> {
        self.nodes.binary_search_by(|n| (***n).cmp(id)).ok().and_then(|i| u32::try_from(i).ok())
    }

    fn leaving(&self, node: u32) -> std::ops::Range<u32> {
        self.starts[node as usize]..self.starts[node as usize + 1]
    }

    /// Everything reached from a node, each resource with the level and path of most value.
    pub(super) fn reach(&self, scratch: &mut Scratch, start: &NodeId) -> Vec<Found> {
        let mut best: BTreeMap<u32, Found> = BTreeMap::new();
        self.walk(scratch, start, |node, level, cost, path| {
            if !self.counts(node) || level == Level::None {
                return;
            }
            let confidence = (-cost).exp();
            let here = Worth::new(self.sensitivities[node as usize] * level.weight(), confidence);
            let (unseen, inside) = self.unseen.get(&node).copied().unwrap_or_default();
            let supposed = if level == Level::Admin { Worth::new(inside, confidence) } else { Worth::default() };
            let reached = || Reached { resource: self.nodes[node as usize].clone(), level, confidence, value: here.middle, path: path() };
            match best.entry(node) {
                btree_map::Entry::Vacant(free) => {
                    free.insert(Found { reached: reached(), worth: here, supposed, unseen });
                }
                btree_map::Entry::Occupied(mut found) => {
                    let found = found.get_mut();
                    if here.middle > found.worth.middle {
                        found.reached = reached();
                    }
                    found.worth = found.worth.or(here);
                    found.supposed = found.supposed.or(supposed);
                }
            }
        });
        best.into_values().collect()
    }

    /// Confidence with which each node is reached at all.
    pub(super) fn reached(&self, scratch: &mut Scratch, start: &NodeId) -> BTreeMap<NodeId, f64> {
        let mut out: BTreeMap<NodeId, f64> = BTreeMap::new();
        self.walk(scratch, start, |node, _, cost, _| {
            let c = out.entry(self.nodes[node as usize].clone()).or_default();
            *c = c.max((-cost).exp());
        });
        out
    }

    /// The best way to one node: at the highest level, and the most certain one to that.
    pub(super) fn between(&self, start: &NodeId, target: &NodeId) -> Option<Reached> {
        let wanted = self.number(target)?;
        let mut best: Option<Reached> = None;
        self.walk(&mut Scratch::default(), start, |node, level, cost, path| {
            if node == wanted && best.as_ref().is_none_or(|b| level > b.level) {
                let confidence = (-cost).exp();
                best = Some(Reached { resource: target.clone(), level, confidence, value: level.weight() * confidence, path: path() });
            }
        });
        best
    }

    /// Settles every state (node, level) in the order of its cost, and shows it with the path to it.
    fn walk(&self, Scratch { heap, known }: &mut Scratch, start: &NodeId, mut visit: impl FnMut(u32, Level, f64, &dyn Fn() -> Vec<Arc<str>>)) {
        let Some(start) = self.number(start) else { return };
        heap.clear();
        known.clear();
        heap.push(Step { cost: 0.0, hops: 0, node: start, level: Level::Admin, cap: Level::Admin, caller: NOBODY });
        while let Some(step) = heap.pop() {
            let here = step.state();
            let settled = known.entry(here).or_insert(Known { cost: step.cost, came: None, settled: false });
            if std::mem::replace(&mut settled.settled, true) {
                continue;
            }
            if step.node != start {
                let path = || {
                    let mut path = Vec::new();
                    let mut at = here;
                    while let Some((before, by)) = known.get(&at).and_then(|k| k.came) {
                        path.push(self.moves[by as usize].edge.id.clone());
                        at = before;
                    }
                    path.reverse();
                    path
                };
                visit(step.node, step.level, step.cost, &path);
            }
            if step.hops >= MAX_HOPS {
                continue;
            }
            for by in self.leaving(step.node) {
                let m = &self.moves[by as usize];
                let Some(level) = self.passes(step.node, step.level, m) else { continue };
                // Whoever reads a credential in a store has it, and needs the tool no more; what the tool itself is given stays with it.
                let read = m.how == How::Kept && self.kinds[step.node as usize] == Kind::Resource;
                let cap = if read { Level::Admin } else { step.cap.min(m.cap) };
                // What a tool does with what it holds goes no further than its functions.
                let level = if matches!(m.how, How::Access(_)) || self.kinds[m.to as usize] == Kind::Resource { level.min(cap) } else { level };
                let Some(caller) = self.caller(&step, by) else { continue };
                let cost = step.cost + m.cost;
                let next = Step { cost, hops: step.hops + 1, node: m.to, level, cap, caller };
                let better = Known { cost, came: Some((here, by)), settled: false };
                match known.entry(next.state()) {
                    Entry::Occupied(other) if other.get().settled || other.get().cost <= cost => continue,
                    Entry::Occupied(mut other) => *other.get_mut() = better,
                    Entry::Vacant(free) => {
                        free.insert(better);
                    }
                }
                heap.push(next);
            }
        }
    }

    /// Who called what the other end holds, if that was handed anything by it. What serves several callers has of each only what that one hands over:
    /// whoever came in by one has nothing of the others.
    fn caller(&self, step: &Step, by: u32) -> Option<u32> {
        if self.callers.is_empty() {
            return Some(NOBODY);
        }
        let m = &self.moves[by as usize];
        if m.edge.relation.name == "invokes" && self.callers.contains(&step.node) {
            return Some(step.node);
        }
        if let Some(callers) = self.handed.get(&by).filter(|_| step.caller != NOBODY) {
            return callers.contains(&step.caller).then_some(NOBODY);
        }
        let inside = matches!(self.kinds[m.to as usize], Kind::Consumer | Kind::Tool | Kind::Agent | Kind::Location);
        Some(if inside { step.caller } else { NOBODY })
    }

    /// The level at which the other end is held, if the edge can be used from this state at all.
    fn passes(&self, node: u32, level: Level, m: &Move<'_>) -> Option<Level> {
        let kind = self.kinds[node as usize];
        let passive = matches!(kind, Kind::Resource | Kind::Location | Kind::Policy);
        match m.how {
            How::Access(l) => (!passive || kind == Kind::Location && level >= Level::SecretRead).then_some(l),
            How::Read => (!passive || level >= Level::SecretRead).then_some(Level::SecretRead),
            // Reading a store gives what it keeps: at secret-read, or at read-data where values lie open.
            How::Kept => (level >= Level::SecretRead || level >= Level::ReadData && self.plain_store[node as usize]).then_some(Level::Admin),
            // Administering a container administers what is in it; whoever writes a place that runs code decides what runs there, and has no more of
            // what else is in it. An actor's parts are its own affair.
            How::Contains if kind != Kind::Resource => None,
            How::Contains if level == Level::Admin => Some(Level::Admin),
            How::Contains if level == Level::Write && self.runs_code[node as usize] => match self.kinds[m.to as usize] {
                Kind::Consumer | Kind::Agent => Some(Level::Admin),
                Kind::Resource => self.runs_code[m.to as usize].then_some(Level::Write),
                _ => None,
            },
            How::Contains => None,
            How::Control => {
                (!passive || level >= Level::SecretRead).then_some(if self.kinds[m.to as usize] == Kind::Resource && passive { level } else { Level::Admin })
            }
        }
    }
}
