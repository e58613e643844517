//! What can be reached from a node, by the most certain path: Dijkstra over the edges along which compromise travels.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::sync::Arc;

use super::{Settings, level_of, sensitivity};
use crate::graph::{Edge, Graph};
use crate::model::{Flow, Kind, Level, NodeId, Reached};

/// Confidence from which a path counts for the lower end of the interval.
const CERTAIN: f64 = 0.9;

/// A reached resource, with its value by certain paths only, and by any path taken for certain.
pub(super) struct Found {
    pub(super) reached: Reached,
    pub(super) certain: f64,
    pub(super) possible: f64,
}

/// Longest path followed, in edges.
const MAX_HOPS: u16 = 16;

/// The graph by numbers, made once for all subjects.
pub(super) struct Plan<'a> {
    nodes: Vec<&'a NodeId>,
    numbers: HashMap<&'a str, u32>,
    kinds: Vec<Kind>,
    sensitivities: Vec<f64>,
    plain_store: Vec<bool>,
    /// Per node: edges along which compromise leaves it.
    moves: Vec<Vec<Move<'a>>>,
}

struct Move<'a> {
    to: u32,
    edge: &'a Edge,
    how: How,
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
}

impl Eq for Step {}
impl Ord for Step {
    fn cmp(&self, other: &Self) -> Ordering {
        // The heap is a maximum heap: the cheapest, shortest, first step comes out first.
        other.cost.total_cmp(&self.cost).then(other.hops.cmp(&self.hops)).then(other.node.cmp(&self.node)).then(other.level.cmp(&self.level))
    }
}
impl PartialOrd for Step {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<'a> Plan<'a> {
    pub(super) fn new(graph: &'a Graph, settings: &Settings) -> Self {
        let nodes: Vec<&NodeId> = graph.nodes.keys().collect();
        let numbers: HashMap<&str, u32> = nodes.iter().enumerate().map(|(i, n)| (&***n, i as u32)).collect();
        let mut moves: Vec<Vec<Move<'a>>> = nodes.iter().map(|_| Vec::new()).collect();
        for edge in graph.edges.values() {
            let (Some(&from), Some(&to)) = (numbers.get(&*edge.from), numbers.get(&*edge.to)) else { continue };
            let forward = |how| Move { to, edge, how };
            match (edge.relation.name, edge.relation.flow) {
                ("can_access", _) => moves[from as usize].push(forward(How::Access(level_of(edge)))),
                ("consumes" | "sourced_from", _) => moves[from as usize].push(forward(How::Read)),
                ("stored_in", _) => moves[to as usize].push(Move { to: from, edge, how: How::Kept }),
                ("part_of", _) => moves[to as usize].push(Move { to: from, edge, how: How::Contains }),
                (_, Flow::Forward) => moves[from as usize].push(forward(How::Control)),
                (_, Flow::Backward) => moves[to as usize].push(Move { to: from, edge, how: How::Control }),
                (_, Flow::Both) => {
                    moves[from as usize].push(forward(How::Control));
                    moves[to as usize].push(Move { to: from, edge, how: How::Control });
                }
                (_, Flow::None) => {}
            }
        }
        let mut plan = Plan { kinds: Vec::new(), sensitivities: Vec::new(), plain_store: Vec::new(), nodes, numbers, moves };
        for node in graph.nodes.values() {
            plan.kinds.push(node.key.kind);
            plan.sensitivities.push(sensitivity(node, &settings.crown_jewels));
            plan.plain_store
                .push(matches!(&*node.key.subtype, "file" | "history" | "tf-state" | "object-store" | "repo" | "logs" | "filesystem" | "log" | "artifact"));
        }
        plan
    }

    /// Whether nodes of this kind count as reached resources.
    fn counts(&self, node: u32) -> bool {
        self.kinds[node as usize] == Kind::Resource
    }

    /// Everything reached from a node, each resource with the level and path of most value; one edge may be left out, to see what it is worth.
    pub(super) fn reach(&self, start: &NodeId, without: Option<&str>) -> Vec<Found> {
        let mut best: BTreeMap<u32, Found> = BTreeMap::new();
        self.walk(start, without, |node, level, cost, path| {
            if !self.counts(node) || level == Level::None {
                return;
            }
            let confidence = (-cost).exp();
            let possible = self.sensitivities[node as usize] * level.weight();
            let value = possible * confidence;
            let certain = if confidence >= CERTAIN { value } else { 0.0 };
            let (certain, possible) = best.get(&node).map_or((certain, possible), |b| (b.certain.max(certain), b.possible.max(possible)));
            match best.get_mut(&node) {
                Some(b) if value <= b.reached.value => (b.certain, b.possible) = (certain, possible),
                _ => {
                    let reached = Reached { resource: self.nodes[node as usize].clone(), level, confidence, value, path: path() };
                    best.insert(node, Found { reached, certain, possible });
                }
            }
        });
        best.into_values().collect()
    }

    /// Confidence with which each node is reached at all.
    pub(super) fn reached(&self, start: &NodeId) -> BTreeMap<NodeId, f64> {
        let mut out: BTreeMap<NodeId, f64> = BTreeMap::new();
        self.walk(start, None, |node, _, cost, _| {
            let c = out.entry(self.nodes[node as usize].clone()).or_default();
            *c = c.max((-cost).exp());
        });
        out
    }

    /// The best way to one node: at the highest level, and the most certain one to that.
    pub(super) fn between(&self, start: &NodeId, target: &NodeId) -> Option<Reached> {
        let &wanted = self.numbers.get(&**target)?;
        let mut best: Option<Reached> = None;
        self.walk(start, None, |node, level, cost, path| {
            if node == wanted && best.as_ref().is_none_or(|b| level > b.level) {
                let confidence = (-cost).exp();
                best = Some(Reached { resource: target.clone(), level, confidence, value: level.weight() * confidence, path: path() });
            }
        });
        best
    }

    /// Settles every state (node, level) in the order of its cost, and shows it with the path to it.
    fn walk(&self, start: &NodeId, without: Option<&str>, mut visit: impl FnMut(u32, Level, f64, &dyn Fn() -> Vec<Arc<str>>)) {
        let Some(&start) = self.numbers.get(&**start) else { return };
        let mut heap = BinaryHeap::from([Step { cost: 0.0, hops: 0, node: start, level: Level::Admin }]);
        let mut settled: HashMap<(u32, Level), f64> = HashMap::new();
        let mut came: HashMap<(u32, Level), (u32, Level, &Arc<str>)> = HashMap::new();
        let mut tentative: HashMap<(u32, Level), f64> = HashMap::new();
        while let Some(step) = heap.pop() {
            let state = (step.node, step.level);
            if settled.contains_key(&state) {
                continue;
            }
            settled.insert(state, step.cost);
            if step.node != start {
                let path = || {
                    let mut path = Vec::new();
                    let mut at = state;
                    while let Some((node, level, edge)) = came.get(&at) {
                        path.push((*edge).clone());
                        at = (*node, *level);
                    }
                    path.reverse();
                    path
                };
                visit(step.node, step.level, step.cost, &path);
            }
            if step.hops >= MAX_HOPS {
                continue;
            }
            for m in self.moves[step.node as usize].iter().filter(|m| without != Some(&*m.edge.id)) {
                let Some(level) = self.passes(step.node, step.level, m) else { continue };
                let certainty = m.edge.certainty();
                if certainty <= 0.0 {
                    continue;
                }
                let next = (m.to, level);
                let cost = step.cost - certainty.ln();
                if settled.contains_key(&next) || tentative.get(&next).is_some_and(|c| *c <= cost) {
                    continue;
                }
                tentative.insert(next, cost);
                came.insert(next, (step.node, step.level, &m.edge.id));
                heap.push(Step { cost, hops: step.hops + 1, node: m.to, level });
            }
        }
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
            // Administering a container administers what is in it; an actor's parts are its own affair.
            How::Contains => (kind == Kind::Resource && level == Level::Admin).then_some(Level::Admin),
            How::Control => {
                (!passive || level >= Level::SecretRead).then_some(if self.kinds[m.to as usize] == Kind::Resource && passive { level } else { Level::Admin })
            }
        }
    }
}
