//! A node: everything that all documents say of one thing, united.

use serde_json::Value;

use super::places::Places;
use super::table::Row;
use crate::model::{Attributes, Hop, Key, Location, Moment, NodeFact, NodeId, instant, merge_attributes};

/// A node of the graph.
#[derive(Clone, Debug)]
pub struct GraphNode {
    pub key: Key,
    pub name: String,
    /// 0 to 1.
    pub confidence: f64,
    /// `prod`, `staging`, `dev`, or nothing known.
    pub env: Option<String>,
    pub declared: Places,
    pub mentioned: Places,
    pub attributes: Attributes,
    pub first_seen: Option<Moment>,
    pub last_seen: Option<Moment>,
    /// What commits did to the value of a credential, the oldest first.
    pub hops: Vec<Hop>,
}

impl Row for GraphNode {
    fn id(&self) -> &NodeId {
        &self.key.id
    }
}

impl GraphNode {
    pub(crate) fn new(key: Key) -> Self {
        GraphNode {
            key,
            name: String::new(),
            confidence: 0.0,
            env: None,
            declared: Places::default(),
            mentioned: Places::default(),
            attributes: Attributes::new(),
            first_seen: None,
            last_seen: None,
            hops: Vec::new(),
        }
    }

    pub fn id(&self) -> &NodeId {
        &self.key.id
    }

    /// What a person would call it; its id when nobody named it.
    pub fn name(&self) -> &str {
        if self.name.is_empty() { &self.key.id } else { &self.name }
    }

    /// Takes over what another document says of the same thing.
    pub(crate) fn unite(&mut self, fact: NodeFact) {
        // Of two subtypes or names the greater wins, so that the order does not matter; a declaration's name beats a mention's.
        let declared_before = !self.declared.is_empty();
        if !fact.name.is_empty() && (self.name.is_empty() || (fact.declared && !declared_before) || (fact.declared == declared_before && fact.name > self.name))
        {
            self.name = fact.name;
        }
        if fact.key.subtype > self.key.subtype {
            self.key.subtype = fact.key.subtype;
        }
        self.key.kind = self.key.kind.min(fact.key.kind);
        self.confidence = self.confidence.max(fact.confidence);
        if let Some(at) = fact.at {
            if fact.declared {
                self.declared.insert(at);
            } else {
                self.mentioned.insert(at);
            }
        }
        merge_attributes(&mut self.attributes, fact.attributes);
    }

    /// The first declaration, else the first mention: work tree before history.
    pub fn primary(&self) -> Option<&Location> {
        self.declared.iter().min_by_key(|l| l.revision.is_some()).or_else(|| self.mentioned.iter().min_by_key(|l| l.revision.is_some()))
    }

    /// Every place, declarations first.
    pub fn places(&self) -> impl Iterator<Item = &Location> {
        self.declared.iter().chain(self.mentioned.iter())
    }

    /// A text attribute.
    pub fn text(&self, attribute: &str) -> Option<&str> {
        self.attributes.get(attribute).and_then(Value::as_str)
    }

    /// Whether a boolean attribute is true.
    pub fn flag(&self, attribute: &str) -> bool {
        self.attributes.get(attribute).and_then(Value::as_bool).unwrap_or(false)
    }

    /// A time that is written as RFC 3339, as a date, or as seconds since the Unix epoch.
    pub fn time(&self, attribute: &str) -> Option<i64> {
        let value = self.attributes.get(attribute)?;
        value.as_i64().or_else(|| instant(value.as_str()?))
    }

    /// The strings of a list attribute.
    pub fn list(&self, attribute: &str) -> Vec<&str> {
        self.attributes.get(attribute).and_then(Value::as_array).map(|a| a.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
    }
}
