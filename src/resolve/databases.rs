//! A database that an address names is the one that runs under that name and port, whatever it calls its schema.

use std::collections::BTreeMap;

use crate::graph::Graph;
use crate::model::{Basis, Condition, Kind, NodeId};
use crate::relation::SAME_AS;

/// `db:postgres://db.{github.com/acme/web}:5432/app` up to the schema.
fn server(id: &str) -> Option<&str> {
    let rest = id.strip_prefix("db:")?.find("://")? + "db:".len() + "://".len();
    let slash = id[rest..].rfind('/')? + rest;
    // The repository in the host holds slashes too.
    (!id[slash..].contains('}')).then(|| &id[..slash])
}

pub(super) fn apply(graph: &mut Graph) -> bool {
    let mut servers: BTreeMap<&str, (Vec<&NodeId>, Vec<&NodeId>)> = BTreeMap::new();
    for node in graph.of_kind(Kind::Resource).filter(|n| n.key.subtype == "database") {
        if let Some(server) = server(node.id()) {
            let (running, named) = servers.entry(server).or_default();
            if node.declared.is_empty() { named } else { running }.push(node.id());
        }
    }
    let mut drawn = Vec::new();
    for (running, named) in servers.into_values() {
        if let [one] = running.as_slice() {
            drawn.extend(named.into_iter().map(|other| (other.clone(), (*one).clone())));
        }
    }
    let basis = (Basis::UniqueName, Basis::UniqueName.confidence());
    drawn.into_iter().fold(false, |changed, (other, one)| changed | graph.derive(&other, &SAME_AS, &one, basis, Condition::True, &[]))
}

#[cfg(test)]
mod tests {
    use super::server;

    #[test]
    fn the_schema_is_no_part_of_the_server() {
        assert_eq!(server("db:postgres://db.{github.com/acme/web}:5432/app"), Some("db:postgres://db.{github.com/acme/web}:5432"));
        assert_eq!(server("db:redis://c.example.org:6379/"), Some("db:redis://c.example.org:6379"));
        assert_eq!(server("db:redis://db.{github.com/acme/web}:6379"), None);
        assert_eq!(server("db:postgres"), None);
    }
}
