//! `Facts`: what an extractor says of a document, in four sentences, without looking anything up.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Attributes, Basis, Condition, Key, Kind, Location, Note, Relation, Sighting};

/// "This exists": a node with attributes, at a place.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NodeFact {
    pub key: Key,
    /// What a person would call it.
    pub name: String,
    pub confidence: f64,
    /// Declared here (the file brings it into being), or only mentioned.
    pub declared: bool,
    pub at: Option<Location>,
    pub attributes: Attributes,
}

/// "This stands in that relation to that", at a place.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EdgeFact {
    pub from: Key,
    pub relation: &'static Relation,
    pub to: Key,
    pub basis: Basis,
    pub confidence: f64,
    pub condition: Condition,
    pub at: Option<Location>,
    pub attributes: Attributes,
}

/// What is known of the other end of a reference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Spec {
    /// A node of this kind (and, if not empty, one of these subtypes) with exactly this name; unique within the scope.
    Name { kind: Kind, subtypes: Vec<String>, name: String },
    /// The id with `{…}` where a component is unknown.
    Partial { kind: Kind, subtype: String, id: String },
    /// Whatever the value of this slot names, once it is known.
    ValueOf { slot: String, kind: Kind },
}

/// "This refers to something that this document cannot name."
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reference {
    pub from: Key,
    pub relation: &'static Relation,
    pub spec: Spec,
    /// Path prefix inside the repository within which a name must be unique; empty means the whole graph.
    pub scope: String,
    /// The expression as the file states it.
    pub expression: String,
    pub at: Location,
    pub attributes: Attributes,
}

/// "The literal at these lines is kept in that slot": joins detection with structure, inside one document.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SlotFact {
    pub slot: Key,
    /// First and last line of the literal.
    pub at: Location,
}

/// Everything said of one document or unit. Order does not matter.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Facts {
    pub nodes: Vec<NodeFact>,
    pub edges: Vec<EdgeFact>,
    pub references: Vec<Reference>,
    pub slots: Vec<SlotFact>,
    pub sightings: Vec<Sighting>,
    pub notes: Vec<Note>,
}

impl Facts {
    /// Says that the file brings `key` into being at `at`. Chain `.attr(…)` on the result.
    pub fn declare(&mut self, key: &Key, name: impl Into<String>, at: Location) -> &mut NodeFact {
        self.node(key, name.into(), Some(at), true)
    }

    /// Says that the file refers to `key`, which is brought into being elsewhere.
    pub fn mention(&mut self, key: &Key, name: impl Into<String>, at: Location) -> &mut NodeFact {
        self.node(key, name.into(), Some(at), false)
    }

    fn node(&mut self, key: &Key, name: String, at: Option<Location>, declared: bool) -> &mut NodeFact {
        self.nodes.push(NodeFact { key: key.clone(), name, confidence: 1.0, declared, at, attributes: Attributes::new() });
        let last = self.nodes.len() - 1;
        &mut self.nodes[last]
    }

    /// Says that `from` stands in `relation` to `to`. Starts as exact and certain; chain `.basis(…)`, `.attr(…)` to say less.
    /// Both ends should also be declared or mentioned; an end that never is becomes a node with its id as its name.
    pub fn relate(&mut self, from: &Key, relation: &'static Relation, to: &Key, at: Location) -> &mut EdgeFact {
        self.edges.push(EdgeFact {
            from: from.clone(),
            relation,
            to: to.clone(),
            basis: Basis::Exact,
            confidence: 1.0,
            condition: Condition::True,
            at: Some(at),
            attributes: Attributes::new(),
        });
        let last = self.edges.len() - 1;
        &mut self.edges[last]
    }

    /// Says that `from` stands in `relation` to something that only other documents can name.
    pub fn refer(&mut self, from: &Key, relation: &'static Relation, spec: Spec, expression: impl Into<String>, at: Location) -> &mut Reference {
        self.references.push(Reference {
            from: from.clone(),
            relation,
            spec,
            scope: String::new(),
            expression: expression.into(),
            at,
            attributes: Attributes::new(),
        });
        let last = self.references.len() - 1;
        &mut self.references[last]
    }

    /// Says that the literal at `at` is the content of `slot`.
    pub fn holds(&mut self, slot: &Key, at: Location) {
        self.slots.push(SlotFact { slot: slot.clone(), at });
    }

    /// Takes over everything that `other` says.
    pub fn extend(&mut self, other: Facts) {
        self.nodes.extend(other.nodes);
        self.edges.extend(other.edges);
        self.references.extend(other.references);
        self.slots.extend(other.slots);
        self.sightings.extend(other.sightings);
        self.notes.extend(other.notes);
    }
}

/// Most have one attribute: room is made for that, not for the four that a list makes room for.
fn attribute(attributes: &mut Attributes, name: Cow<'static, str>, value: Value) {
    if attributes.is_empty() {
        *attributes = Attributes::with_capacity(1);
    }
    attributes.insert(name, value);
}

impl NodeFact {
    pub fn attr(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Value>) -> &mut Self {
        attribute(&mut self.attributes, name.into(), value.into());
        self
    }

    /// 0 to 1.
    pub fn confidence(&mut self, confidence: f64) -> &mut Self {
        self.confidence = confidence;
        self
    }
}

impl EdgeFact {
    pub fn attr(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Value>) -> &mut Self {
        attribute(&mut self.attributes, name.into(), value.into());
        self
    }

    /// Sets the basis and the confidence that goes with it.
    pub fn basis(&mut self, basis: Basis) -> &mut Self {
        self.basis = basis;
        self.confidence = basis.confidence();
        self
    }

    /// 0 to 1.
    pub fn confidence(&mut self, confidence: f64) -> &mut Self {
        self.confidence = confidence;
        self
    }

    /// Marks the condition on the edge as not known to hold.
    pub fn conditional(&mut self) -> &mut Self {
        self.condition = Condition::Unknown;
        self
    }
}

impl Reference {
    pub fn attr(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Value>) -> &mut Self {
        attribute(&mut self.attributes, name.into(), value.into());
        self
    }

    /// Limits where the name must be unique to paths below this folder.
    pub fn within(&mut self, scope: impl Into<String>) -> &mut Self {
        self.scope = scope.into();
        self
    }
}
