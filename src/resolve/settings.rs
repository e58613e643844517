//! A variable that Java code asks for by the name of a setting is that setting in the files of its module.

use std::collections::BTreeMap;

use crate::graph::Graph;
use crate::model::{Basis, Condition, Kind, NodeId};
use crate::relation::SOURCED_FROM;

/// Files with one setting beyond which none of them is meant.
const MAX_FILES: usize = 8;

/// Repository, module and name of a setting, as Spring compares names.
type Place<'a> = (&'a str, &'a str, String);

pub(super) fn apply(graph: &mut Graph) -> bool {
    let mut settings: BTreeMap<Place<'_>, Vec<NodeId>> = BTreeMap::new();
    for node in graph.of_kind(Kind::Location) {
        let Some((file, key)) = node.id().strip_prefix("file:").and_then(|r| r.split_once('#')) else { continue };
        let Some((repository, path)) = file.split_once("//") else { continue };
        let Some((module, name)) = path.split_once("src/main/resources/") else { continue };
        let name = name.rsplit('/').next().unwrap_or(name);
        if key.contains('.') && ["application", "bootstrap"].iter().any(|b| name.starts_with(b)) {
            settings.entry((repository, module, relaxed(key))).or_default().push(node.id().clone());
        }
    }
    let mut drawn = Vec::new();
    for slot in graph.of_kind(Kind::Location).filter(|_| !settings.is_empty()) {
        let Some((unit, name)) = slot.id().strip_prefix("env:code:").and_then(|r| r.split_once('#')) else { continue };
        let Some((repository, path)) = unit.split_once("//") else { continue };
        // Java, Kotlin, Scala and Groovy keep code and settings apart, below one folder.
        let Some((module, rest)) = path.split_once("src/main/") else { continue };
        if rest.starts_with("resources/") {
            continue;
        }
        let found = settings.get(&(repository, module, relaxed(name))).filter(|f| f.len() <= MAX_FILES);
        drawn.extend(found.into_iter().flatten().map(|from| (slot.id().clone(), from.clone())));
    }
    let basis = (Basis::Evaluated, Basis::Evaluated.confidence());
    drawn.into_iter().fold(false, |changed, (slot, from)| changed | graph.derive(&slot, &SOURCED_FROM, &from, basis, Condition::True, &[]))
}

/// `spring.datasource.jdbc-url` and `SPRING_DATASOURCE_JDBC_URL` are one name.
fn relaxed(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}
