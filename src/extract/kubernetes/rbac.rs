//! Roles and their bindings.

use serde_json::{Value as Json, json};

use super::manifest::Object;
use crate::document::Node;
use crate::model::{Facts, Key, Kind, Level, Spec};
use crate::relation::{CAN_ACCESS, GRANTED, PERMITS};

fn words(rule: &Node, field: &str) -> Vec<String> {
    rule.get(field).into_iter().flat_map(Node::one_or_many).filter_map(Node::scalar).collect()
}

/// Labels as `name=value`.
fn pairs(labels: Option<&Node>) -> Vec<String> {
    labels.into_iter().flat_map(Node::entries).filter_map(|(k, v)| Some(format!("{}={}", k.str()?, v.scalar()?))).collect()
}

/// Kinds whose writer gives rights away.
const RIGHTS: &[&str] = &["roles", "clusterroles", "rolebindings", "clusterrolebindings"];

/// Level of one rule (domain specification, 6.2): the highest of what its verbs do to its kinds. A star is every verb, and every kind.
fn level_of(verbs: &[String], resources: &[String]) -> Level {
    let any = |list: &[String], words: &[&str]| list.iter().any(|v| v == "*" || words.contains(&v.as_str()));
    let (does, to) = (|words: &[&str]| any(verbs, words), |kinds: &[&str]| any(resources, kinds));
    let writes = does(&["create", "update", "patch", "delete", "deletecollection"]);
    let reads = does(&["get", "list", "watch"]);
    let governs = does(&["escalate", "bind"]) && to(&["roles", "clusterroles"])
        || does(&["impersonate"]) && to(&["users", "groups", "serviceaccounts", "uids", "userextras"])
        // By name only: who reads everything is not said to run commands everywhere.
        || does(&["create", "get"]) && resources.iter().any(|r| ["pods/exec", "pods/attach", "serviceaccounts/token", "nodes/proxy"].contains(&r.as_str()))
        || writes && to(RIGHTS);
    if governs {
        Level::Admin
    } else if reads && to(&["secrets"]) {
        Level::SecretRead
    } else if writes {
        Level::Write
    } else if reads && to(&["configmaps", "pods/log"]) {
        Level::ReadData
    } else {
        Level::ReadMeta
    }
}

pub(super) fn role(o: &Object<'_>, facts: &mut Facts) {
    let cluster_wide = o.kind == "ClusterRole";
    let namespace = if cluster_wide { "-" } else { o.namespace };
    let key = Key::new(Kind::Policy, "k8s-role", o.id_in(namespace, o.kind, o.name));
    let rules: Vec<&Node> = o.body.get("rules").map(Node::items).unwrap_or_default().iter().collect();
    let stated: Vec<Json> =
        rules.iter().map(|r| json!({ "verbs": words(r, "verbs"), "resources": words(r, "resources"), "names": words(r, "resourceNames") })).collect();
    let node = facts.declare(&key, o.name, o.document.at(o.body)).attr("rules", stated).attr("tags", o.tags());
    if cluster_wide {
        let labels = pairs(o.body.path(&["metadata", "labels"]));
        if !labels.is_empty() {
            node.attr("labels", labels);
        }
        let selectors = o.body.path(&["aggregationRule", "clusterRoleSelectors"]).into_iter().flat_map(Node::items);
        let gathers: Vec<String> = selectors.map(|s| pairs(s.get("matchLabels")).join(",")).filter(|s| !s.is_empty()).collect();
        if !gathers.is_empty() {
            node.attr("gathers", gathers);
        }
    }
    for rule in rules {
        let (verbs, resources, names) = (words(rule, "verbs"), words(rule, "resources"), words(rule, "resourceNames"));
        let at = o.document.at(rule);
        let level = level_of(&verbs, &resources);
        let secrets = resources.iter().any(|r| r == "secrets" || r == "*");
        if secrets && !names.is_empty() {
            for name in &names {
                if cluster_wide {
                    // Whose namespace it is depends on the binding: the secret is known by its name alone.
                    let spec = Spec::Name { kind: Kind::Location, subtypes: vec!["k8s-secret".to_owned()], name: name.clone() };
                    facts
                        .refer(&key, &PERMITS, spec, name.clone(), at.clone())
                        .attr("level", level.name())
                        .attr("effect", "allow")
                        .attr("actions", verbs.clone());
                    continue;
                }
                let secret = Key::new(Kind::Location, "k8s-secret", o.id("Secret", name));
                facts.mention(&secret, name.clone(), at.clone());
                facts.relate(&key, &PERMITS, &secret, at.clone()).attr("level", level.name()).attr("effect", "allow").attr("actions", verbs.clone());
            }
        }
        // What is left of the rule when its names stand for secrets: the kinds beside them, limited to objects of those names.
        let resources: Vec<String> = resources.into_iter().filter(|r| names.is_empty() || r != "secrets" && r != "*").collect();
        if resources.is_empty() {
            continue;
        }
        let level = level_of(&verbs, &resources);
        let target = if level == Level::SecretRead {
            let id = if cluster_wide {
                format!("k8s:{{{}}}/secrets", o.document.repository_body())
            } else {
                format!("k8s:{{{}}}/{}/secrets", o.document.repository_body(), o.namespace)
            };
            let target = Key::new(Kind::Resource, "secret-store", id);
            facts.mention(
                &target,
                if cluster_wide { "every secret of the cluster".to_owned() } else { format!("every secret of namespace {}", o.namespace) },
                at.clone(),
            );
            target
        } else if cluster_wide {
            let target = o.cluster();
            facts.mention(&target, "the cluster", at.clone());
            target
        } else {
            let target = Key::new(Kind::Resource, "namespace", format!("k8s:{{{}}}/{}", o.document.repository_body(), o.namespace));
            facts.mention(&target, o.namespace, at.clone());
            target
        };
        let kinds: Vec<String> =
            if names.is_empty() { resources } else { resources.iter().flat_map(|r| names.iter().map(move |n| format!("{r}@{n}"))).collect() };
        let actions: Vec<String> = verbs.iter().flat_map(|v| kinds.iter().map(move |r| format!("{v} {r}"))).collect();
        facts.relate(&key, &PERMITS, &target, at).attr("level", level.name()).attr("effect", "allow").attr("actions", actions);
    }
}

/// Level of a role that every cluster has.
pub(in crate::extract) fn built_in(role: &str) -> Option<Level> {
    match role {
        "cluster-admin" | "admin" => Some(Level::Admin),
        "edit" => Some(Level::Write),
        "view" => Some(Level::ReadMeta),
        _ => None,
    }
}

pub(super) fn binding(o: &Object<'_>, facts: &mut Facts) {
    let at = o.document.at(o.body);
    let Some((kind, name)) = o.body.get("roleRef").and_then(|r| Some((r.get_str("kind")?, r.get_str("name")?))) else { return };
    let namespace = if kind == "ClusterRole" { "-" } else { o.namespace };
    let role = Key::new(Kind::Policy, "k8s-role", o.id_in(namespace, kind, name));
    let place = o.body.get("roleRef").map_or(at.clone(), |r| o.document.at(r));
    facts.mention(&role, name, place.clone());
    let own = Key::new(Kind::Policy, "other:k8s-role-binding", o.id_in(if o.kind == "ClusterRoleBinding" { "-" } else { o.namespace }, o.kind, o.name));
    facts.declare(&own, o.name, at.clone()).attr("tags", o.tags());
    // A binding hands the role's permissions on.
    facts.relate(&own, &crate::relation::SAME_AS, &role, place.clone()).attr("because", "role binding");
    let cluster = o.cluster();
    let within = (o.kind == "RoleBinding").then(|| Key::new(Kind::Resource, "namespace", format!("{}/{}", cluster.id, o.namespace)));
    if let Some(namespace) = &within {
        facts.mention(namespace, o.namespace, at.clone());
    }
    if let Some(level) = built_in(name).filter(|_| kind == "ClusterRole") {
        facts.mention(&cluster, "the cluster", place.clone());
        facts.relate(&role, &PERMITS, &cluster, place).attr("level", level.name()).attr("effect", "allow").attr("actions", vec!["*"]);
    }
    for subject in o.body.get("subjects").into_iter().flat_map(Node::items) {
        let Some(name) = subject.get_str("name") else { continue };
        let at = o.document.at(subject);
        let identity = match subject.get_str("kind") {
            Some("ServiceAccount") => o.account(subject.get_str("namespace").unwrap_or(o.namespace), name),
            Some("Group") => Key::new(Kind::Identity, "k8s-group", format!("k8s:{{{}}}/-/Group/{name}", o.document.repository_body())),
            _ => Key::new(Kind::Identity, "k8s-user", format!("k8s:{{{}}}/-/User/{name}", o.document.repository_body())),
        };
        facts.mention(&identity, name, at.clone());
        for policy in [&role, &own] {
            let grant = facts.relate(&identity, &GRANTED, policy, at.clone());
            match &within {
                Some(namespace) => grant.attr("scope", o.namespace).attr("within", namespace.id.to_string()),
                None => grant.attr("scope", "cluster"),
            };
        }
        if name == "system:unauthenticated" || name == "system:anonymous" {
            facts.relate(&identity, &CAN_ACCESS, &cluster, at).attr("level", "unknown");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_has_the_highest_level_of_what_it_lets_be_done() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        for (verbs, resources, level) in [
            ("*", "*", Level::Admin),
            ("get list watch", "*", Level::SecretRead),
            ("get", "secrets", Level::SecretRead),
            ("get create", "secrets pods", Level::SecretRead),
            ("create", "secrets", Level::Write),
            ("*", "leases", Level::Write),
            ("*", "secrets", Level::SecretRead),
            ("*", "roles", Level::Admin),
            ("bind", "clusterroles", Level::Admin),
            ("bind", "leases", Level::ReadMeta),
            ("impersonate", "serviceaccounts", Level::Admin),
            ("create", "rolebindings", Level::Admin),
            ("create", "pods/exec", Level::Admin),
            ("create", "serviceaccounts/token", Level::Admin),
            ("get", "configmaps", Level::ReadData),
            ("get", "pods/log", Level::ReadData),
            ("get list", "pods", Level::ReadMeta),
            ("patch", "deployments", Level::Write),
        ] {
            assert_eq!(level_of(&words(verbs), &words(resources)), level, "{verbs} on {resources}");
        }
    }
}
