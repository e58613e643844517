//! Conditions of trusts, in three values: known to hold, known to fail, not known from the sources.

use serde_json::Value;

use super::claims::Claims;
use super::patterns::meet;

/// A truth that may be unknown; the smaller of two is their conjunction, the larger their disjunction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tri {
    False,
    Unknown,
    True,
}

impl Tri {
    pub(super) fn not(self) -> Self {
        match self {
            Tri::False => Tri::True,
            Tri::Unknown => Tri::Unknown,
            Tri::True => Tri::False,
        }
    }
}

impl From<bool> for Tri {
    fn from(known: bool) -> Self {
        if known { Tri::True } else { Tri::False }
    }
}

/// A pattern that stands for itself.
pub(super) fn exact(text: &str) -> String {
    text.replace('*', "\u{1}").replace('?', "\u{2}")
}

fn many(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Value::String(one) => vec![one.clone()],
        Value::Bool(b) => vec![b.to_string()],
        _ => Vec::new(),
    }
}

/// Whether a value that is not among `patterns` can be had: unknown when either side is open.
fn none(patterns: &[String], value: &str) -> Tri {
    if !patterns.iter().any(|p| meet(p, value)) {
        Tri::True
    } else if value.contains('*') {
        Tri::Unknown
    } else {
        Tri::False
    }
}

/// The condition block of a trust policy of AWS: every operator and every key must hold, one value of each suffices.
pub(super) fn aws(conditions: &Value, claims: &Claims) -> Tri {
    let mut all = Tri::True;
    for (operator, tests) in conditions.as_object().into_iter().flatten() {
        // Both are true when the claim is absent, so no bound at all.
        let vacuous = operator.starts_with("ForAllValues:") || operator.ends_with("IfExists");
        let operator = operator.trim_start_matches("ForAllValues:").trim_start_matches("ForAnyValue:").trim_end_matches("IfExists");
        for (key, values) in tests.as_object().into_iter().flatten() {
            let (name, values) = (key.rsplit(':').next().unwrap_or(key), many(values));
            // Who asks for a token chooses its audience.
            let known = if name == "aud" && !operator.contains("Not") { Tri::True } else { aws_test(operator, claims.get(name), &values) };
            all = all.min(if vacuous { Tri::True } else { known });
        }
    }
    all
}

fn aws_test(operator: &str, claim: Option<&str>, values: &[String]) -> Tri {
    if operator == "Null" {
        return match claim {
            Some(_) => Tri::from(values.iter().any(|v| v == "false")),
            None => Tri::Unknown,
        };
    }
    let Some(claim) = claim else { return Tri::Unknown };
    match operator {
        "StringLike" | "ArnLike" | "ArnEquals" => Tri::from(values.iter().any(|v| meet(v, claim))),
        "StringEquals" => Tri::from(values.iter().any(|v| meet(&exact(v), claim))),
        "StringEqualsIgnoreCase" => Tri::from(values.iter().any(|v| meet(&exact(v).to_lowercase(), &claim.to_lowercase()))),
        "StringNotLike" | "ArnNotLike" => none(values, claim),
        "StringNotEquals" => none(&values.iter().map(|v| exact(v)).collect::<Vec<_>>(), claim),
        _ => Tri::Unknown,
    }
}

/// A flexible federated credential of Entra: `claims['sub'] matches 'repo:o/r:*' and claims['x'] eq 'y'`.
pub(super) fn flexible(expression: &str, claims: &Claims) -> Tri {
    expression
        .split(" and ")
        .map(|part| {
            let mut quoted = part.split('\'').skip(1).step_by(2);
            let (Some(name), Some(value)) = (quoted.next(), quoted.next()) else { return Tri::Unknown };
            let Some(claim) = claims.get(name) else { return Tri::Unknown };
            if part.contains("] matches ") {
                Tri::from(meet(value, claim))
            } else if part.contains("] eq ") {
                Tri::from(meet(&exact(value), claim))
            } else {
                Tri::Unknown
            }
        })
        .min()
        .unwrap_or(Tri::Unknown)
}

/// What a role of Vault binds: subject and claims, exact or as patterns.
pub(super) fn vault(bound: &Value, claims: &Claims) -> Tri {
    let glob = bound.get("bound_claims_type").and_then(Value::as_str) == Some("glob");
    let pattern = |v: &String| if glob { v.replace('?', "\u{2}") } else { exact(v) };
    let mut all = Tri::True;
    if let Some(subject) = bound.get("bound_subject").and_then(Value::as_str).filter(|s| !s.is_empty()) {
        all = all.min(Tri::from(meet(&exact(subject), &claims.subject)));
    }
    for (name, values) in bound.get("bound_claims").and_then(Value::as_object).into_iter().flatten() {
        let values: Vec<String> = many(values).iter().flat_map(|v| v.split(',').map(|s| s.trim().to_owned()).collect::<Vec<_>>()).collect();
        let known = claims.get(name).map_or(Tri::Unknown, |c| Tri::from(values.iter().any(|v| meet(&pattern(v), c))));
        all = all.min(known);
    }
    all
}
