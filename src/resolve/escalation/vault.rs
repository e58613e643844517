//! Rights in Vault that give away more than they name (domain specification, 6.5): the policies, the login roles, the identities of Vault itself.

use super::{Drawn, draw};
use crate::graph::{Edge, Graph};
use crate::model::{Condition, Kind};
use crate::resolve::patterns::meet;

/// Paths that rule Vault itself, in the order in which they say more.
pub(super) const RULING: &[(&str, &[&str])] =
    &[("write on sys/policies", &["sys/policies/*", "sys/policy/*"]), ("write on sys/auth", &["sys/auth/*"]), ("write on identity", &["identity/*"])];

/// Whether a capability list like `update sys/policies/acl/*` rules Vault, and by which rule.
fn ruling(access: &Edge) -> Option<&'static str> {
    let actions = access.list("actions");
    let pairs: Vec<(&str, &str)> = actions.filter_map(|a| a.split_once(' ')).collect();
    if pairs.iter().any(|(capability, _)| matches!(*capability, "sudo" | "root")) {
        return Some("sudo");
    }
    let written: Vec<String> =
        pairs.iter().filter(|(c, _)| matches!(*c, "create" | "update" | "patch")).map(|(_, p)| p.trim_start_matches('/').replace('+', "*")).collect();
    if written.iter().any(|p| p == "*") {
        return Some("write on every path");
    }
    let found = RULING.iter().find(|(_, ruled)| written.iter().any(|p| ruled.iter().any(|r| meet(p, r))));
    found.map(|(rule, _)| *rule).or_else(|| login(&pairs).then_some(LOGIN))
}

/// The rule that leads to roles, and not to Vault as a whole.
pub(super) const LOGIN: &str = "write on a login role";

/// Whoever writes a role of a login method, or makes its secret ids, logs in as it.
fn login(pairs: &[(&str, &str)]) -> bool {
    pairs.iter().any(|(c, p)| matches!(*c, "create" | "update" | "patch") && p.starts_with("auth/") && (p.contains("/role/") || p.ends_with("/*")))
}

/// Whether a path below `auth/` is that of a role, given as `approle/web`, or of all roles of its mount.
fn names(path: &str, role: &str) -> bool {
    let Some((mount, name)) = role.rsplit_once('/') else { return false };
    match path.split_once("/role/") {
        Some((m, rest)) => m == mount && (rest.starts_with(['*', '+']) || rest.split('/').next() == Some(name)),
        None => path.strip_suffix('*').is_some_and(|p| format!("{mount}/role/{name}").starts_with(p)),
    }
}

pub(super) fn apply(graph: &mut Graph) -> bool {
    let mut drawn: Vec<Drawn> = Vec::new();
    for identity in graph.of_kind(Kind::Identity) {
        for access in graph.out(identity.id()).filter(|e| e.relation.name == "can_access" && e.condition == Condition::True && e.to.starts_with("vault:")) {
            let Some(rule) = ruling(access) else { continue };
            if rule != LOGIN {
                drawn.push((identity.id().clone(), access.to.clone(), rule.to_owned(), vec![access.id.clone()]));
                continue;
            }
            // The roles of the same Vault that the paths name.
            let prefix = access.to.replacen("vault:", "vault-role:", 1) + "/";
            let paths = access.list("actions");
            let paths: Vec<&str> = paths.filter_map(|a| a.split_once(" auth/")).map(|(_, p)| p).collect();
            let roles = graph.nodes.with_prefix(&prefix).filter(|r| r.key.kind == Kind::Identity && r.id() != identity.id());
            let roles = roles.filter(|r| paths.iter().any(|p| names(p, &r.id()[prefix.len()..])));
            drawn.extend(roles.map(|r| (identity.id().clone(), r.id().clone(), rule.to_owned(), vec![access.id.clone()])));
        }
    }
    draw(graph, drawn)
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_path_names_one_role_or_all_of_its_mount() {
        assert!(names("approle/role/web/secret-id", "approle/web") && !names("approle/role/web/secret-id", "approle/api"));
        assert!(names("approle/role/*", "approle/api") && names("*", "approle/api") && !names("jwt/*", "approle/api"));
    }
}
