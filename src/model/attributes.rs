//! Typed attributes of a node or an edge, and how two sets of them unite whatever the order.

use std::borrow::Cow;

use litemap::LiteMap;
use serde_json::Value;

/// Attribute name to value. Names are snake_case; values are JSON scalars, lists, or (for policy statements) objects.
pub type Attributes = LiteMap<Cow<'static, str>, Value>;

/// Unites `from` into `into`. Lists become sorted unions; otherwise the greater of the two by its JSON text wins, so that the
/// result does not depend on which side was read first. Says whether anything changed.
pub fn merge_attributes(into: &mut Attributes, from: Attributes) -> bool {
    let mut changed = false;
    for (name, theirs) in from {
        match into.get_mut(&name) {
            None => {
                into.insert(name, theirs);
                changed = true;
            }
            Some(ours) if *ours == theirs => {}
            Some(ours) => {
                let merged = merge_value(ours.clone(), theirs);
                changed |= merged != *ours;
                *ours = merged;
            }
        }
    }
    changed
}

fn merge_value(ours: Value, theirs: Value) -> Value {
    match (ours, theirs) {
        (Value::Array(mut a), Value::Array(b)) => {
            a.extend(b);
            a.sort_by_cached_key(Value::to_string);
            a.dedup();
            Value::Array(a)
        }
        (Value::Null, other) | (other, Value::Null) => other,
        (a, b) if a == b => a,
        (a, b) => {
            let (text_a, text_b) = (a.to_string(), b.to_string());
            if text_a >= text_b { a } else { b }
        }
    }
}
