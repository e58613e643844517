//! The lineage graph: facts joined by key. Joining is order-free; a graph of many sources is the union of their facts.

mod edge;
mod lineage;
mod local;
mod node;
mod sightings;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::{Basis, Condition, EdgeFact, Facts, Key, Kind, Location, NodeFact, NodeId, Note, Reference, Relation};

pub use edge::{Edge, edge_id};
pub use lineage::{Accepted, Approval, Lineage, Metrics, Source, Unresolved, Values};
pub use local::keep_local;
pub use node::GraphNode;
pub use sightings::{join_sightings, sighting_key};

/// Nodes and edges by id, sorted; references that are still open are kept so that merged graphs can be resolved again.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    pub nodes: BTreeMap<NodeId, GraphNode>,
    pub edges: BTreeMap<Arc<str>, Edge>,
    pub references: Vec<Reference>,
    pub notes: BTreeSet<Note>,
    /// Edges by start; kept in step by `add_edge`.
    outgoing: BTreeMap<NodeId, Vec<Arc<str>>>,
    incoming: BTreeMap<NodeId, Vec<Arc<str>>>,
}

impl Graph {
    /// Joins facts of any number of documents. The result depends on the set of facts, not on their order.
    pub fn from_facts(facts: Facts) -> Self {
        let mut graph = Graph::default();
        for node in facts.nodes {
            graph.add_node(node);
        }
        for edge in facts.edges {
            graph.add_edge_fact(edge);
        }
        graph.references = facts.references;
        graph.references.sort_by(|a, b| {
            (&a.from.id, a.relation.name, &a.spec, &a.scope, &a.expression, &a.at).cmp(&(&b.from.id, b.relation.name, &b.spec, &b.scope, &b.expression, &b.at))
        });
        graph.references.dedup_by(|a, b| a.from.id == b.from.id && a.relation == b.relation && a.spec == b.spec && a.scope == b.scope && a.at == b.at);
        graph.notes.extend(facts.notes);
        graph
    }

    pub fn node(&self, id: &str) -> Option<&GraphNode> {
        self.nodes.get(id)
    }

    /// The node of a key, made if need be.
    pub fn ensure(&mut self, key: &Key) -> &mut GraphNode {
        self.nodes.entry(key.id.clone()).or_insert_with(|| GraphNode::new(key.clone()))
    }

    pub fn add_node(&mut self, fact: NodeFact) {
        self.ensure(&fact.key).unite(fact);
    }

    /// Adds what an extractor related; ends that nobody declared come into being.
    pub fn add_edge_fact(&mut self, fact: EdgeFact) {
        self.ensure(&fact.from);
        self.ensure(&fact.to);
        self.add_edge(Edge::from_fact(fact));
    }

    /// Adds an edge between nodes that exist; an edge with the same id is united with it. Returns whether anything was new.
    pub fn add_edge(&mut self, edge: Edge) -> bool {
        if edge.from == edge.to || !self.nodes.contains_key(&edge.from) || !self.nodes.contains_key(&edge.to) {
            return false;
        }
        match self.edges.get_mut(&edge.id) {
            Some(known) => known.unite(edge),
            None => {
                self.outgoing.entry(edge.from.clone()).or_default().push(edge.id.clone());
                self.incoming.entry(edge.to.clone()).or_default().push(edge.id.clone());
                self.edges.insert(edge.id.clone(), edge);
                true
            }
        }
    }

    /// Derives an edge: what the resolver draws from others. `basis` comes with the
    /// confidence; `via` are the ids of the edges that it follows from.
    pub fn derive(&mut self, from: &NodeId, relation: &'static Relation, to: &NodeId, basis: (Basis, f64), condition: Condition, via: &[Arc<str>]) -> bool {
        self.add_edge(Edge::derived(from.clone(), relation, to.clone(), basis, condition, via.to_vec()))
    }

    /// Edges that start at a node, in the order of their ids.
    pub fn out<'a>(&'a self, id: &str) -> impl Iterator<Item = &'a Edge> + use<'a> {
        self.outgoing.get(id).into_iter().flatten().filter_map(|e| self.edges.get(e))
    }

    /// Edges that end at a node.
    pub fn ending_at<'a>(&'a self, id: &str) -> impl Iterator<Item = &'a Edge> + use<'a> {
        self.incoming.get(id).into_iter().flatten().filter_map(|e| self.edges.get(e))
    }

    /// Where an edge is stated; what was derived stands where its grounds stand.
    pub fn ground<'a>(&'a self, edge: &'a Edge) -> Option<&'a Location> {
        edge.at.iter().next().or_else(|| edge.via.iter().filter_map(|v| self.edges.get(v)).find_map(|v| v.at.iter().next()))
    }

    /// Nodes of one kind, sorted by id.
    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &GraphNode> {
        self.nodes.values().filter(move |n| n.key.kind == kind)
    }
}
