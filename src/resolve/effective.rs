//! Whether a principal may do one thing to one resource, over all policies that speak: the evaluation logic of AWS, in three values.

use serde_json::Value;

use super::conditions::Tri;
use super::patterns::meet;

/// The statements that bear on a decision, by the part that they play; each as its policy states it, every field a list.
#[derive(Clone, Debug, Default)]
pub(super) struct Policies<'a> {
    /// Of the policies that the principal, its groups and its session hold.
    pub identity: Vec<&'a Value>,
    /// Of its permission boundary; `None` when it has none.
    pub boundary: Option<Vec<&'a Value>>,
    /// Of the service control policies of the account, one list a level of the organisation.
    pub control: Vec<Vec<&'a Value>>,
    /// Of the policy of the resource, as far as they name this principal.
    pub resource: Vec<&'a Value>,
}

impl Policies<'_> {
    /// Whether nothing speaks at all.
    pub(super) fn is_empty(&self) -> bool {
        self.identity.is_empty() && self.boundary.is_none() && self.control.is_empty() && self.resource.is_empty()
    }
}

fn texts<'a>(statement: &'a Value, name: &str) -> impl Iterator<Item = &'a str> {
    statement.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// Whether one pattern covers a thing, which may itself be a pattern: then it covers all of it, part of it, or nothing.
fn covers(pattern: &str, thing: &str) -> Tri {
    // Stars of the thing count as letters that only a star of the pattern takes.
    if meet(pattern, &thing.replace('*', "\u{1}").replace('?', "\u{2}")) {
        Tri::True
    } else if meet(pattern, thing) {
        Tri::Unknown
    } else {
        Tri::False
    }
}

/// Whether a list of patterns, or everything but another list, covers a thing. Neither list: everything.
fn listed<'a>(only: impl Iterator<Item = &'a str>, but: impl Iterator<Item = &'a str>, thing: &str, fold: bool) -> Tri {
    let lower = |text: &str| if fold { text.to_ascii_lowercase() } else { text.to_owned() };
    let best = |patterns: &mut dyn Iterator<Item = &'a str>| patterns.map(|p| covers(&lower(p), &lower(thing))).max();
    let (mut only, mut but) = (only, but);
    match (best(&mut only), best(&mut but)) {
        (Some(inside), _) => inside,
        (None, Some(outside)) => outside.not(),
        (None, None) => Tri::True,
    }
}

/// Whether a statement speaks of this action on this resource. A condition leaves it open.
fn speaks(statement: &Value, action: &str, resource: &str) -> Tri {
    let actions = listed(texts(statement, "actions"), texts(statement, "not_actions"), action, true);
    let resources = listed(texts(statement, "resources"), texts(statement, "not_resources"), resource, false);
    let conditions = if statement.get("conditions").is_none_or(Value::is_null) { Tri::True } else { Tri::Unknown };
    actions.min(resources).min(conditions)
}

fn says(statements: &[&Value], effect: &str, action: &str, resource: &str) -> Tri {
    let of_effect = statements.iter().filter(|s| s.get("effect").and_then(Value::as_str).is_some_and(|e| e.eq_ignore_ascii_case(effect)));
    of_effect.map(|s| speaks(s, action, resource)).max().unwrap_or(Tri::False)
}

/// The decision: an explicit deny anywhere wins, every fence must let it through, and something must allow it.
pub(super) fn decide(policies: &Policies<'_>, action: &str, resource: &str) -> Tri {
    let fences: Vec<&Vec<&Value>> = policies.control.iter().chain(&policies.boundary).collect();
    let denied = fences.iter().map(|f| f.as_slice()).chain([policies.identity.as_slice(), policies.resource.as_slice()]);
    let denied = denied.map(|s| says(s, "deny", action, resource)).max().unwrap_or(Tri::False);
    // A boundary does not limit what the resource itself gives the principal by name; an organisation's policy does.
    let bounded = |given: Tri, fence: Option<&Vec<&Value>>| fence.map_or(given, |f| given.min(says(f, "allow", action, resource)));
    let own = bounded(says(&policies.identity, "allow", action, resource), policies.boundary.as_ref());
    let allowed = own.max(says(&policies.resource, "allow", action, resource));
    policies.control.iter().fold(allowed, |given, level| bounded(given, Some(level))).min(denied.not())
}
