//! Names that mean something only where they are written: the host `db` of one repository is not that of another.

use std::sync::Arc;

use crate::model::{Facts, Key};

/// Puts the repository into the ids of databases, and of their users, whose host is a bare name or the machine itself.
pub fn keep_local(facts: &mut Facts) {
    for node in &mut facts.nodes {
        if let Some(at) = &node.at {
            settle(&mut node.key, &at.repository);
        }
    }
    for edge in &mut facts.edges {
        if let Some(at) = &edge.at {
            settle(&mut edge.from, &at.repository);
            settle(&mut edge.to, &at.repository);
        }
    }
    for reference in &mut facts.references {
        settle(&mut reference.from, &reference.at.repository);
    }
    for sighting in &mut facts.sightings {
        if let Some(identity) = &mut sighting.identity {
            settle(identity, &sighting.at.repository);
        }
    }
}

fn settle(key: &mut Key, repository: &str) {
    if let Some(id) = settled(&key.id, repository) {
        key.id = Arc::from(id);
    }
}

/// `db:postgres://db:5432/app` to `db:postgres://db.{github.com/acme/web}:5432/app`; nothing when the host is known everywhere.
fn settled(id: &str, repository: &str) -> Option<String> {
    if !id.starts_with("db:") && !id.starts_with("dbuser:") {
        return None;
    }
    let start = id.find("://")? + 3;
    let end = id[start..].find([':', '/', '#', '?']).map_or(id.len(), |e| start + e);
    let host = &id[start..end];
    if host.is_empty() || host.contains(['.', '{', '[']) && host != "127.0.0.1" {
        return None;
    }
    let body = repository.split_once(':').map_or(repository, |(_, body)| body);
    Some(format!("{}.{{{body}}}{}", &id[..end], &id[end..]))
}

#[cfg(test)]
mod tests {
    use super::settled;

    #[test]
    fn a_bare_host_belongs_to_its_repository() {
        let of = |id: &str| settled(id, "repo:github.com/acme/web");
        assert_eq!(of("db:postgres://db:5432/app").as_deref(), Some("db:postgres://db.{github.com/acme/web}:5432/app"));
        assert_eq!(of("dbuser:redis://127.0.0.1:6379/#u").as_deref(), Some("dbuser:redis://127.0.0.1.{github.com/acme/web}:6379/#u"));
        assert_eq!(of("db:postgres://db.example.org:5432/app"), None);
        assert_eq!(of("db:postgres://db.{github.com/acme/web}:5432/app"), None);
        assert_eq!(of("db:postgres"), None);
        assert_eq!(of("saas:github.com/acme"), None);
    }
}
