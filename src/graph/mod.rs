//! The lineage graph: facts joined by key. Joining is order-free; a graph of many sources is the union of their facts.

mod edge;
mod lineage;
mod local;
mod node;
mod places;
mod sightings;
mod table;

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use crate::model::{Basis, Condition, EdgeFact, Facts, Key, Kind, Location, NodeFact, NodeId, Note, Reference, Relation};

pub use edge::{Edge, edge_id};
pub use lineage::{Accepted, Approval, Lineage, Metrics, Source, Unresolved, Values};
pub use local::keep_local;
pub use node::GraphNode;
pub use places::Places;
pub use sightings::{join_sightings, sighting_key};
pub use table::{Row, Table};

/// Kinds that a node can be.
const KINDS: usize = Kind::Origin as usize + 1;

/// Nodes and edges by id, sorted; references that are still open are kept so that merged graphs can be resolved again.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    pub nodes: Table<GraphNode>,
    pub edges: Table<Edge>,
    pub references: Vec<Reference>,
    pub notes: BTreeSet<Note>,
    /// Numbers of edges by the number of the node where they start, and where they end; kept in step by `add_edge`.
    outgoing: Vec<Vec<u32>>,
    incoming: Vec<Vec<u32>>,
    /// Numbers of the nodes at both ends, by the number of the edge.
    ends: Vec<(u32, u32)>,
    /// Numbers of nodes by kind, in the order of their ids; made when asked for.
    kinds: OnceLock<Vec<Vec<u32>>>,
}

impl Graph {
    /// Joins facts of any number of documents. The result depends on the set of facts, not on their order.
    pub fn from_facts(facts: Facts) -> Self {
        let mut graph = Graph::default();
        graph.join(facts);
        graph
    }

    /// Joins further facts: the same graph as if all had come at once.
    pub fn join(&mut self, facts: Facts) {
        for node in facts.nodes {
            self.add_node(node);
        }
        let known = self.ends.len();
        for edge in facts.edges {
            self.add_edge_fact(edge);
        }
        // Facts come in the order in which threads read them; whoever walks along edges must not see it.
        let (mut from, mut to): (Vec<u32>, Vec<u32>) = self.ends[known..].iter().copied().unzip();
        for (side, touched) in [(&mut self.outgoing, &mut from), (&mut self.incoming, &mut to)] {
            touched.sort_unstable();
            touched.dedup();
            for node in touched {
                let edges = &self.edges;
                // What was there is in order: a sort that makes use of it.
                side[*node as usize].sort_by(|a, b| edges.row(*a).id.cmp(&edges.row(*b).id));
            }
        }
        self.references.extend(facts.references);
        self.references.sort_by(|a, b| {
            (&a.from.id, a.relation.name, &a.spec, &a.scope, &a.expression, &a.at).cmp(&(&b.from.id, b.relation.name, &b.spec, &b.scope, &b.expression, &b.at))
        });
        self.references.dedup_by(|a, b| a.from.id == b.from.id && a.relation == b.relation && a.spec == b.spec && a.scope == b.scope && a.at == b.at);
        self.notes.extend(facts.notes);
    }

    pub fn node(&self, id: &str) -> Option<&GraphNode> {
        self.nodes.get(id)
    }

    /// The node of a key, made if need be.
    pub fn ensure(&mut self, key: &Key) -> &mut GraphNode {
        let number = self.place(key);
        self.nodes.row_mut(number)
    }

    /// The node of a key that a rule concludes to exist, under this name when it has none.
    pub fn introduce(&mut self, key: &Key, name: impl Into<String>) -> &mut GraphNode {
        let node = self.ensure(key);
        if node.name.is_empty() {
            node.name = name.into();
            node.confidence = 1.0;
        }
        node
    }

    /// The number of a key's node, made if need be.
    fn place(&mut self, key: &Key) -> u32 {
        self.nodes.number(&key.id).unwrap_or_else(|| {
            self.outgoing.push(Vec::new());
            self.incoming.push(Vec::new());
            self.kinds.take();
            self.nodes.push(GraphNode::new(key.clone()))
        })
    }

    pub fn add_node(&mut self, fact: NodeFact) {
        let node = self.ensure(&fact.key);
        let kind = node.key.kind;
        node.unite(fact);
        if node.key.kind != kind {
            self.kinds.take();
        }
    }

    /// Adds what an extractor related; ends that nobody declared come into being.
    pub fn add_edge_fact(&mut self, fact: EdgeFact) {
        let ends = (self.place(&fact.from), self.place(&fact.to));
        self.link(ends, Edge::from_fact(fact));
    }

    /// Adds an edge between nodes that exist; an edge with the same id is united with it. Returns whether anything was new.
    pub fn add_edge(&mut self, edge: Edge) -> bool {
        let (Some(from), Some(to)) = (self.nodes.number(&edge.from), self.nodes.number(&edge.to)) else { return false };
        self.link((from, to), edge)
    }

    fn link(&mut self, (from, to): (u32, u32), edge: Edge) -> bool {
        if from == to {
            return false;
        }
        if let Some(known) = self.edges.number(&edge.id) {
            return self.edges.row_mut(known).unite(edge);
        }
        // The ends are known by their nodes: one text, however many edges.
        let (from_id, to_id) = (self.nodes.row(from).id().clone(), self.nodes.row(to).id().clone());
        let number = self.edges.push(Edge { from: from_id, to: to_id, ..edge });
        self.outgoing[from as usize].push(number);
        self.incoming[to as usize].push(number);
        self.ends.push((from, to));
        true
    }

    /// Derives an edge: what the resolver draws from others. `basis` comes with the
    /// confidence; `via` are the ids of the edges that it follows from.
    pub fn derive(&mut self, from: &NodeId, relation: &'static Relation, to: &NodeId, basis: (Basis, f64), condition: Condition, via: &[Arc<str>]) -> bool {
        self.add_edge(Edge::derived(from.clone(), relation, to.clone(), basis, condition, via.to_vec()))
    }

    /// Edges that start at a node: those that documents state in the order of their ids, then derived ones.
    pub fn out<'a>(&'a self, id: &str) -> impl Iterator<Item = &'a Edge> + use<'a> {
        self.edges_of(&self.outgoing, id)
    }

    /// Edges that end at a node.
    pub fn ending_at<'a>(&'a self, id: &str) -> impl Iterator<Item = &'a Edge> + use<'a> {
        self.edges_of(&self.incoming, id)
    }

    fn edges_of<'a>(&'a self, side: &'a [Vec<u32>], id: &str) -> impl Iterator<Item = &'a Edge> + use<'a> {
        self.nodes.number(id).into_iter().flat_map(|n| &side[n as usize]).map(|e| self.edges.row(*e))
    }

    /// Edges in the order of their ids, with the places of both ends in the order of the nodes' ids.
    pub fn links(&self) -> impl Iterator<Item = (&Edge, u32, u32)> {
        let mut places = vec![0u32; self.nodes.len()];
        for (place, number) in self.nodes.order().enumerate() {
            places[number as usize] = place as u32;
        }
        self.edges.order().map(move |number| {
            let (from, to) = self.ends[number as usize];
            (self.edges.row(number), places[from as usize], places[to as usize])
        })
    }

    /// What documents state, but for one statement, before anything is concluded from it: what follows can then be resolved anew.
    pub fn without(&self, cut: &Edge) -> Graph {
        let meant = |r: &Reference| r.from.id == cut.from && r.relation == cut.relation && cut.at.iter().any(|at| *at == r.at);
        let references = self.references.iter().filter(|r| !meant(r)).cloned().collect();
        let mut graph = Graph { references, notes: self.notes.clone(), ..Graph::default() };
        for node in self.nodes.values() {
            *graph.ensure(&node.key) = node.clone();
        }
        for edge in self.edges.values().filter(|e| !e.derived && e.id != cut.id) {
            graph.add_edge(edge.clone());
        }
        graph
    }

    /// Where an edge is stated; what was derived stands where its grounds stand.
    pub fn ground<'a>(&'a self, edge: &'a Edge) -> Option<&'a Location> {
        edge.at.first().or_else(|| edge.via.iter().filter_map(|v| self.edges.get(v)).find_map(|v| v.at.first()))
    }

    /// Nodes of one kind, sorted by id.
    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &GraphNode> {
        let kinds = self.kinds.get_or_init(|| {
            let mut kinds = vec![Vec::new(); KINDS];
            for number in self.nodes.order() {
                kinds[self.nodes.row(number).key.kind as usize].push(number);
            }
            kinds
        });
        kinds[kind as usize].iter().map(|n| self.nodes.row(*n))
    }
}
