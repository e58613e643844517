//! One repository stands for one Vault: a role, policy or path that two of its files name is one, however deep in the repository the file is;
//! a login that names no role means the only one of its method.

use std::collections::BTreeMap;

use crate::graph::Graph;
use crate::model::{Basis, Condition, Kind, NodeId};
use crate::relation::{SAME_AS, SOURCED_FROM};

/// Schemes of ids of Vault.
const SCHEMES: &[&str] = &["vault:", "vault-role:", "vault-policy:"];

/// Scheme, repository and name of `vault-role:{github.com/acme/web//infra}/kubernetes/api`; whether a folder stands in between.
fn parts(id: &str) -> Option<(&str, &str, &str, bool)> {
    let scheme = SCHEMES.iter().find(|s| id.starts_with(**s))?;
    let (scope, name) = id[scheme.len()..].strip_prefix('{')?.split_once("}/")?;
    let (repository, folder) = scope.split_once("//").map_or((scope, false), |(r, _)| (r, true));
    Some((scheme, repository, name, folder))
}

/// Things of the repository as a whole and of a folder of it, by kind, scheme, repository and name.
type Named<'a> = BTreeMap<(Kind, &'a str, &'a str, &'a str), (Vec<&'a NodeId>, Vec<&'a NodeId>)>;

pub(super) fn apply(graph: &mut Graph) -> bool {
    let mut same: Named<'_> = BTreeMap::new();
    for node in SCHEMES.iter().flat_map(|s| graph.nodes.with_prefix(s)) {
        if let Some((scheme, repository, name, folder)) = parts(node.id()) {
            let (whole, deep) = same.entry((node.key.kind, scheme, repository, name)).or_default();
            if folder { deep } else { whole }.push(node.id());
        }
    }
    let mut drawn: Vec<(NodeId, NodeId)> = Vec::new();
    for (whole, deep) in same.into_values() {
        // Two folders may be two Vaults, of two environments: only one that stands alone is the repository's.
        if let ([whole], [deep]) = (whole.as_slice(), deep.as_slice()) {
            drawn.push(((*whole).clone(), (*deep).clone()));
        }
    }
    let mut drawn_members = false;
    let (logins, members) = (logins(graph), members(graph));
    for (whole, member) in members {
        let basis = (Basis::Evaluated, Basis::Evaluated.confidence());
        drawn_members |= graph.derive(&whole, &SOURCED_FROM, &member, basis, Condition::True, &[]);
    }
    let basis = (Basis::Convention, Basis::Convention.confidence());
    let changed = drawn_members
        | drawn.into_iter().fold(false, |changed, (a, b)| changed | graph.derive(&a, &SAME_AS, &b, (Basis::UniqueName, 0.8), Condition::True, &[]));
    logins.into_iter().fold(changed, |changed, (a, b)| changed | graph.derive(&a, &SAME_AS, &b, basis, Condition::Unknown, &[]))
}

/// Entries of one pattern beyond which they are not told one by one.
const MAX_MEMBERS: usize = 200;

/// Paths with a star at their end, and the entries that they cover.
fn members(graph: &Graph) -> Vec<(NodeId, NodeId)> {
    let wholes = graph.nodes.with_prefix("vault:").filter(|n| n.key.kind == Kind::Location && n.id().ends_with('*'));
    let mut out = Vec::new();
    for whole in wholes {
        let prefix = &whole.id()[..whole.id().len() - 1];
        // A whole Vault is no list of its entries.
        if parts(prefix).is_none_or(|(.., name, _)| name.trim_matches('/').is_empty()) {
            continue;
        }
        let inside = graph.nodes.with_prefix(prefix).filter(|n| n.key.kind == Kind::Location && n.id() != whole.id()).take(MAX_MEMBERS);
        out.extend(inside.map(|n| (whole.id().clone(), n.id().clone())));
    }
    out
}

/// Logins by a method without the name of a role, and the role that is the only one of the method in the repository.
fn logins(graph: &Graph) -> Vec<(NodeId, NodeId)> {
    let roles = || graph.nodes.with_prefix("vault-role:").filter_map(|n| Some((n, parts(n.id())?)));
    let open: Vec<_> = roles().filter(|(n, _)| n.flag("symbolic")).collect();
    if open.is_empty() {
        return Vec::new();
    }
    let mut known: BTreeMap<(&str, &str), Vec<&NodeId>> = BTreeMap::new();
    for (node, (_, repository, name, _)) in roles().filter(|(n, _)| !n.flag("symbolic")) {
        if let Some((method, _)) = name.rsplit_once('/') {
            known.entry((repository, method)).or_default().push(node.id());
        }
    }
    let only = |repository, name: &str| match known.get(&(repository, name.rsplit_once('/')?.0)).map(Vec::as_slice) {
        Some([role]) => Some((*role).clone()),
        _ => None,
    };
    open.into_iter().filter_map(|(node, (_, repository, name, _))| Some((node.id().clone(), only(repository, name)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn the_folder_of_a_root_is_no_part_of_the_name() {
        assert_eq!(parts("vault-role:{github.com/acme/web//infra}/kubernetes/api"), Some(("vault-role:", "github.com/acme/web", "kubernetes/api", true)));
        assert_eq!(parts("vault:{github.com/acme/web}/secret/pay"), Some(("vault:", "github.com/acme/web", "secret/pay", false)));
        assert_eq!(parts("vault:vault.example.org/secret/pay"), None);
    }
}
