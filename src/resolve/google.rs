//! Google: what holds what, what a role holds, and what policies take back that deny it where it was granted.

use std::collections::BTreeMap;

use serde_json::Value;

use super::conditions::Tri;
use super::patterns::meet;
use crate::graph::{Graph, GraphNode};
use crate::model::{Condition, Kind, Level, NodeId};
use crate::tables;

/// Places above one another that are followed.
const MAX_ABOVE: usize = 16;

/// The place itself and what holds it, from the inside out: an account, its project, the folders, the organisation.
pub(super) fn chain(graph: &Graph, place: &str) -> Vec<NodeId> {
    let mut out = vec![NodeId::from(place)];
    if let Some(project) = project(place) {
        out.push(project);
    }
    while out.len() < MAX_ABOVE {
        let last = &out[out.len() - 1];
        let above = graph.out(last).find(|e| e.relation.name == "part_of" && graph.node(&e.to).is_some_and(|n| n.key.subtype == "cloud-account"));
        match above.map(|e| e.to.clone()) {
            Some(above) if !out.contains(&above) => out.push(above),
            _ => break,
        }
    }
    out
}

/// The project of a service account, as its address states it.
fn project(account: &str) -> Option<NodeId> {
    let (_, domain) = account.strip_prefix("gcp-sa:")?.rsplit_once('@')?;
    domain.strip_suffix(".iam.gserviceaccount.com").map(|project| NodeId::from(format!("gcp-project:{project}")))
}

/// The permissions of a role: those that a file lists, or those of a predefined one.
pub(super) fn permissions(role: &GraphNode) -> Vec<&str> {
    let own = role.list("permissions");
    if !own.is_empty() {
        return own;
    }
    let name = role.id().strip_prefix("gcp-role:").unwrap_or_default();
    tables::google::held(name).into_iter().flatten().collect()
}

/// What policies deny, by the place that they are attached to.
#[derive(Default)]
pub(super) struct Denials<'g>(BTreeMap<&'g str, Vec<&'g Value>>);

impl<'g> Denials<'g> {
    pub(super) fn of(graph: &'g Graph) -> Self {
        let mut out: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
        for policy in graph.of_kind(Kind::Policy) {
            let Some(rules) = policy.attributes.get("denies").and_then(Value::as_array) else { continue };
            for place in graph.out(policy.id()).filter(|e| e.relation.name == "part_of") {
                out.entry(&place.to).or_default().extend(rules);
            }
        }
        Denials(out)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Rules that mean an identity in a place, each with whether that is certain.
    fn meant<'a>(&'a self, chain: &'a [NodeId], identity: &'a str) -> impl Iterator<Item = (&'g Value, Tri)> + 'a {
        let here = chain.iter().filter_map(|place| self.0.get(&**place)).flatten().copied();
        here.map(move |rule| (rule, means(rule, identity))).filter(|(_, known)| *known != Tri::False)
    }

    /// Whether a permission is denied to an identity in a place.
    pub(super) fn denied(&self, chain: &[NodeId], identity: &str, permission: &str) -> Tri {
        let permission = plain(permission);
        let says =
            |(rule, known): (&Value, Tri)| known.min(Tri::from(listed(rule, "permissions", &permission) && !listed(rule, "but_permissions", &permission)));
        self.meant(chain, identity).map(says).max().unwrap_or(Tri::False)
    }

    /// The level and the condition of a grant where some of the role may be denied: less of the role may be a lower level. Nothing when nothing is left.
    pub(super) fn narrowed<'l>(&self, graph: &Graph, identity: &str, role: &str, place: &str, had: (&'l str, Condition)) -> Option<(&'l str, Condition)> {
        let (level, condition) = had;
        match role.strip_prefix("gcp-role:").and_then(|_| self.left(graph, identity, role, place)) {
            None => Some(had),
            Some((Level::None, _)) => None,
            Some((most, known)) => Some((Level::parse(level).min(most).name(), if known == Tri::True { condition } else { Condition::Unknown })),
        }
    }

    /// What is left of a role in a place, and how surely; nothing when no policy takes anything of it.
    fn left(&self, graph: &Graph, identity: &str, role: &str, place: &str) -> Option<(Level, Tri)> {
        if self.is_empty() {
            return None;
        }
        let chain = chain(graph, place);
        self.meant(&chain, identity).next()?;
        let (mut sure, mut open, mut touched) = (Level::None, Level::None, false);
        for permission in graph.node(role).map(permissions)? {
            let level = tables::google::level(permission);
            match self.denied(&chain, identity, permission) {
                Tri::True => touched = true,
                Tri::Unknown => (open, touched) = (open.max(level), true),
                Tri::False => (sure, open) = (sure.max(level), open.max(level)),
            }
        }
        touched.then_some(if open > sure { (open, Tri::Unknown) } else { (sure, Tri::True) })
    }
}

fn texts<'a>(rule: &'a Value, name: &str) -> impl Iterator<Item = &'a str> {
    rule.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// A permission as roles name it: policies that deny give the whole name of the service.
fn plain(permission: &str) -> String {
    let Some((service, rest)) = permission.split_once('/') else { return permission.to_owned() };
    let service = match service.strip_suffix(".googleapis.com").unwrap_or(service) {
        "cloudresourcemanager" => "resourcemanager",
        "sqladmin" => "cloudsql",
        other => other,
    };
    format!("{service}.{rest}")
}

/// Whether a list of permissions holds one: whole, or with a star for what can be done, or for all.
fn listed(rule: &Value, name: &str, permission: &str) -> bool {
    texts(rule, name).any(|p| meet(&plain(p), permission))
}

/// Whether a rule means an identity. Who is in a group, or of an organisation, no file tells: of an account of a service that it is not.
fn means(rule: &Value, identity: &str) -> Tri {
    let named = |list: &str| texts(rule, list).map(|p| names(p, identity)).max().unwrap_or(Tri::False);
    let meant = named("principals").min(named("but_principals").not());
    if rule.get("conditional") == Some(&Value::Bool(true)) { meant.min(Tri::Unknown) } else { meant }
}

fn names(principal: &str, identity: &str) -> Tri {
    let own = match identity.split_once(':') {
        Some(("gcp-sa", email)) => format!("principal://iam.googleapis.com/projects/-/serviceAccounts/{email}"),
        Some(("person", email)) => format!("principal://goog/subject/{email}"),
        Some(("team", email)) => format!("principalSet://goog/group/{email}"),
        _ => identity.to_owned(),
    };
    if principal == "principalSet://goog/public:all" || principal == own {
        return Tri::True;
    }
    let people = principal.starts_with("principalSet://goog/") && identity.starts_with("person:");
    // All accounts of a project, by its number or its name.
    let accounts = principal.contains("/type/ServiceAccount") && identity.starts_with("gcp-sa:");
    let whole = principal.starts_with("principalSet://iam.googleapis.com/")
        && identity.starts_with("principal")
        && pool(principal).is_some_and(|p| pool(identity) == Some(p));
    if whole && principal.ends_with("/*") {
        Tri::True
    } else if people || accounts || whole {
        Tri::Unknown
    } else {
        Tri::False
    }
}

/// The pool of workload identities that a member is of.
fn pool(member: &str) -> Option<&str> {
    let at = member.find("/workloadIdentityPools/")? + "/workloadIdentityPools/".len();
    let end = member[at..].find('/').map_or(member.len(), |e| at + e);
    Some(&member[..end]).map(|m| m.split_once("://").map_or(m, |(_, rest)| rest))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rule_means_whom_it_names_and_not_whom_it_leaves_out() {
        let account = "gcp-sa:ci@shop.iam.gserviceaccount.com";
        let all = "principalSet://goog/public:all";
        let own = "principal://iam.googleapis.com/projects/-/serviceAccounts/ci@shop.iam.gserviceaccount.com";
        let group = "principalSet://goog/group/ops@acme.io";
        for (principals, but, identity, known) in [
            (&[all][..], &[][..], account, Tri::True),
            (&[all], &[own], account, Tri::False),
            (&[own], &[], account, Tri::True),
            (&[own], &[], "gcp-sa:other@shop.iam.gserviceaccount.com", Tri::False),
            (&[group], &[], account, Tri::False),
            (&[group], &[], "team:ops@acme.io", Tri::True),
            (&[group], &[], "person:carol@acme.io", Tri::Unknown),
            (&[all], &[group], "person:carol@acme.io", Tri::Unknown),
            (&["principalSet://cloudresourcemanager.googleapis.com/projects/12/type/ServiceAccount"], &[], account, Tri::Unknown),
        ] {
            let rule = json!({"principals": principals, "but_principals": but});
            assert_eq!(means(&rule, identity), known, "{principals:?} but {but:?} of {identity}");
        }
        assert_eq!(means(&json!({"principals": [all], "conditional": true}), account), Tri::Unknown);
    }

    #[test]
    fn permissions_go_by_the_name_of_the_service_or_by_a_star() {
        for (denied, permission, is) in [
            ("iam.googleapis.com/serviceAccountKeys.create", "iam.serviceAccountKeys.create", true),
            ("cloudresourcemanager.googleapis.com/projects.setIamPolicy", "resourcemanager.projects.setIamPolicy", true),
            ("iam.googleapis.com/serviceAccountKeys.*", "iam.serviceAccountKeys.delete", true),
            ("storage.googleapis.com/*.*", "storage.objects.get", true),
            ("storage.googleapis.com/buckets.delete", "storage.objects.delete", false),
            ("iam.googleapis.com/workloadIdentityPoolProviders.create", "iam.googleapis.com/workloadIdentityPoolProviders.create", true),
        ] {
            assert_eq!(listed(&json!({"permissions": [denied]}), "permissions", &plain(permission)), is, "{denied} and {permission}");
        }
    }
}
