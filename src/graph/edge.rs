//! An edge, and the id that it has in every run.

use std::fmt::Write;
use std::sync::Arc;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::places::Places;
use super::table::Row;
use crate::model::{Attributes, Basis, Condition, EdgeFact, NodeId, Relation, merge_attributes};
use crate::relation::CAN_ACCESS;

/// An edge of the graph.
#[derive(Clone, Debug)]
pub struct Edge {
    pub id: Arc<str>,
    pub relation: &'static Relation,
    pub from: NodeId,
    pub to: NodeId,
    pub basis: Basis,
    /// 0 to 1.
    pub confidence: f64,
    pub condition: Condition,
    pub at: Places,
    /// Edges that this one follows from.
    pub via: Vec<Arc<str>>,
    pub attributes: Attributes,
    /// Drawn by the resolver, not stated by a document.
    pub derived: bool,
}

/// Hash of relation, ends and variant: the same statement has the same id in any run.
pub fn edge_id(relation: &Relation, from: &str, to: &str, variant: &str) -> Arc<str> {
    let mut hash = Sha256::new();
    for part in [relation.name, from, to, variant] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let digits = hash.finalize();
    let mut hex = [0u8; 16];
    for (pair, byte) in hex.chunks_exact_mut(2).zip(digits) {
        pair.copy_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
    }
    Arc::from(std::str::from_utf8(&hex).unwrap_or_default())
}

const HEX: &[u8; 16] = b"0123456789abcdef";

impl Row for Edge {
    fn id(&self) -> &Arc<str> {
        &self.id
    }
}

impl Edge {
    pub(crate) fn from_fact(fact: EdgeFact) -> Self {
        let mut variant = String::new();
        for value in ["variant", "level", "effect", "scope"].iter().filter_map(|k| fact.attributes.get(*k)) {
            if !variant.is_empty() {
                variant.push('|');
            }
            let _ = write!(variant, "{value}");
        }
        Edge {
            id: edge_id(fact.relation, &fact.from.id, &fact.to.id, &variant),
            relation: fact.relation,
            from: fact.from.id,
            to: fact.to.id,
            basis: fact.basis,
            confidence: fact.confidence,
            condition: fact.condition,
            at: fact.at.into_iter().collect(),
            via: Vec::new(),
            attributes: fact.attributes,
            derived: false,
        }
    }

    pub fn derived(from: NodeId, relation: &'static Relation, to: NodeId, (basis, confidence): (Basis, f64), condition: Condition, via: Vec<Arc<str>>) -> Self {
        Edge {
            id: edge_id(relation, &from, &to, ""),
            relation,
            from,
            to,
            basis,
            confidence,
            condition,
            at: Places::default(),
            via,
            attributes: Attributes::new(),
            derived: true,
        }
    }

    /// A derived access at a level: of each level there is one between the same ends.
    pub fn access(from: NodeId, to: NodeId, level: &str, certainty: (Basis, f64), condition: Condition, via: Vec<Arc<str>>) -> Self {
        let mut edge = Edge::derived(from, &CAN_ACCESS, to, certainty, condition, via);
        edge.id = edge_id(&CAN_ACCESS, &edge.from, &edge.to, level);
        edge.attributes.insert("level".into(), Value::from(level));
        edge
    }

    /// Whether a document states it, by itself or by a name that was resolved: everything else follows from such edges.
    pub fn is_stated(&self) -> bool {
        !self.derived || self.via.is_empty() && self.at.iter().next().is_some()
    }

    /// Confidence with the factor of its condition.
    pub fn certainty(&self) -> f64 {
        self.confidence * self.condition.factor()
    }

    /// Takes over another statement of the same edge; says whether anything changed.
    pub(crate) fn unite(&mut self, other: Edge) -> bool {
        let before = (self.confidence, self.condition, self.at.len(), self.derived);
        if (other.certainty(), other.basis, &other.via) > (self.certainty(), self.basis, &self.via) {
            self.confidence = other.confidence;
            self.basis = other.basis;
            self.condition = other.condition;
            self.via = other.via;
        }
        self.derived &= other.derived;
        self.at.extend(other.at.iter().cloned());
        let told = merge_attributes(&mut self.attributes, other.attributes);
        told || before != (self.confidence, self.condition, self.at.len(), self.derived)
    }

    /// The strings of a list attribute.
    pub fn list<'a>(&'a self, attribute: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.attributes.get(attribute).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }

    /// A text attribute.
    pub fn text(&self, attribute: &str) -> Option<&str> {
        self.attributes.get(attribute).and_then(serde_json::Value::as_str)
    }
}
