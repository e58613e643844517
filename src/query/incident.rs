//! A credential is out: what it is, where its copies are, what it opens, what to do, and what breaks.

use std::collections::BTreeSet;

use super::cuts::cuts;
use super::hops::{name, named, told, way};
use super::lineage::Record;
use crate::graph::{Graph, GraphNode, Lineage};
use crate::life::{fill, revocation};
use crate::model::{Kind, Role, Secret, rfc3339};
use crate::rank;

/// How the leaked credential is told.
pub enum Leak<'a> {
    /// A public key id, a fingerprint, a node id, or `file:line`.
    Named(&'a str),
    /// The value itself, as it was read from standard input.
    Value(Secret),
}

/// Where to look who used it, from the day on which it was first there.
fn verify(node: &GraphNode, since: Option<&str>) -> String {
    let from = since.map_or(String::new(), |day| format!(" since {day}"));
    match (&*node.key.subtype, node.text("public_id")) {
        ("aws-access-key", Some(id)) => {
            format!("aws cloudtrail lookup-events --lookup-attributes AttributeKey=AccessKeyId,AttributeValue={id}, for whatever it did{from}")
        }
        _ => format!("the log of its issuer, for whatever was done with it{from} and from where"),
    }
}

/// One record for each credential that is meant.
pub fn incident(lineage: &Lineage, leak: &Leak<'_>) -> Vec<Record> {
    let credentials = lineage.graph.of_kind(Kind::Credential);
    let chosen: Vec<&GraphNode> = match leak {
        Leak::Value(secret) => {
            let fingerprint = secret.fingerprint(None);
            credentials.filter(|n| has_fingerprint(n, fingerprint.as_str()) || n.text("public_id").is_some_and(|p| secret.is(p))).collect()
        }
        Leak::Named(text) => {
            let place = text.rsplit_once(':').and_then(|(path, line)| Some((path, line.parse::<u32>().ok()?)));
            let at = |n: &GraphNode| {
                place.is_some_and(|(path, line)| {
                    n.places().any(|l| (&*l.path == path || l.path.ends_with(&format!("/{path}"))) && l.line <= line && line <= l.end_line)
                })
            };
            credentials.filter(|n| &**n.id() == *text || n.text("public_id") == Some(text) || has_fingerprint(n, text) || at(n)).collect()
        }
    };
    chosen.into_iter().map(|n| record(lineage, n)).collect()
}

/// Whether a credential, or its other half, has the fingerprint.
fn has_fingerprint(credential: &GraphNode, fingerprint: &str) -> bool {
    let mut halves = credential.attributes.get("other_half").and_then(serde_json::Value::as_array).into_iter().flatten();
    credential.text("fingerprint") == Some(fingerprint) || halves.any(|h| h.as_str() == Some(fingerprint))
}

/// A slot, and those that are fed from it: they hold the value, too.
fn fed(graph: &Graph, id: &str) -> Vec<String> {
    let mut all: BTreeSet<&str> = BTreeSet::from([id]);
    let mut todo = vec![id];
    while let Some(slot) = todo.pop() {
        for e in graph.ending_at(slot).filter(|e| e.relation.name == "sourced_from") {
            if let Some((from, _)) = graph.nodes.get_key_value(&e.from).filter(|(from, _)| all.len() < 1_000 && !all.contains(&***from)) {
                all.insert(from);
                todo.push(from);
            }
        }
    }
    all.into_iter().map(str::to_owned).collect()
}

fn record(lineage: &Lineage, node: &GraphNode) -> Record {
    let graph = &lineage.graph;
    let mut record = Record::default();
    let score = lineage.rank(node.id()).map_or(String::new(), |r| format!("   B {:.0}  E {:.0}  R {:.0}", r.blast.score, r.exposure, r.risk));
    let since = node.first_seen.as_ref().map(|m| format!("introduced in {} by {}", &m.revision[..m.revision.len().min(8)], m.party));
    record.push("credential", [Some(format!("{}{score}", named(node))), node.text("state").map(str::to_owned), since].into_iter().flatten().collect());
    if !node.hops.is_empty() {
        record.push("history", way(node));
    }
    let identities: Vec<&GraphNode> = graph.out(node.id()).filter(|e| e.relation.name == "authenticates_as").filter_map(|e| graph.node(&e.to)).collect();
    record.push_or("identity", identities.iter().map(|n| format!("{}  {}", named(n), n.id())).collect(), "unknown: no file says whose it is");
    let owners = lineage.parties.iter().filter(|p| p.role == Role::Owner && (p.node == *node.id() || identities.iter().any(|i| p.node == *i.id())));
    record.push_or("owner", owners.map(|p| format!("{}  {:.2}", p.party, p.confidence)).collect::<BTreeSet<_>>().into_iter().collect(), "unknown");
    let slots: Vec<&GraphNode> = graph.out(node.id()).filter(|e| e.relation.name == "stored_in").filter_map(|e| graph.node(&e.to)).collect();
    let kept: Vec<String> = slots.iter().flat_map(|s| fed(graph, s.id())).collect();
    let twins = graph.out(node.id()).chain(graph.ending_at(node.id())).filter(|e| e.relation.name == "same_as");
    let copies = node
        .places()
        .map(|l| format!("{}:{}{}", l.path, l.line, l.revision.as_ref().map_or(String::new(), |r| format!(" in {}", &r[..r.len().min(8)]))))
        .chain(kept.iter().filter(|slot| !slot.starts_with("file:")).map(|slot| format!("kept in {}", name(graph, slot))))
        .chain(twins.map(|e| format!("the same value: {}", name(graph, if e.from == *node.id() { &e.to } else { &e.from }))));
    record.push_or("copies", copies.collect::<BTreeSet<_>>().into_iter().collect(), "unknown");
    let users: BTreeSet<String> = kept
        .into_iter()
        .chain([node.id().to_string()])
        .flat_map(|slot| graph.ending_at(&slot).filter(|e| e.relation.name == "consumes").map(|e| name(graph, &e.from)).collect::<Vec<_>>())
        .collect();
    record.push_or("used by", users.iter().cloned().collect(), "unknown: no file says what uses it");
    let paths = rank::Paths::new(graph);
    let extent = paths.extent(node.id());
    let reaches = extent.reached.iter().map(|r| format!("{} {}  {:.2}", r.level.name(), name(graph, &r.resource), r.confidence));
    record.push_or("reaches", reaches.collect(), "nothing that the files name; what it opens is unknown");
    if let Some(worst) = extent.reached.first() {
        record.push("path", told(lineage, &worst.path));
        let cuts = cuts(lineage, node, &extent);
        if !cuts.is_empty() {
            record.push("cut", cuts);
        }
    }
    let agents = graph.of_kind(Kind::Agent).filter(|a| paths.between(a.id(), node.id()).is_some()).map(named);
    record.push_or("agents", agents.collect(), "none that can read it, as far as the files say");
    let steps = revocation(node);
    record.push("contain", vec![fill(steps.contain, node)]);
    record.push("replace", vec![fill(steps.rotate, node)]);
    if !steps.note.is_empty() {
        record.push("note", vec![steps.note.to_owned()]);
    }
    let since = node.first_seen.as_ref().and_then(|m| rfc3339(m.time).get(..10).map(str::to_owned));
    record.push("verify", vec![verify(node, since.as_deref())]);
    let downstream = graph
        .of_kind(Kind::Credential)
        .filter(|c| c.id() != node.id() && paths.between(node.id(), c.id()).is_some())
        .map(|c| format!("rotate {} as well: it can be read", named(c)));
    let downstream: Vec<String> = downstream.collect();
    if !downstream.is_empty() {
        record.push("downstream", downstream);
    }
    record.push(
        "purge",
        vec!["once it is revoked: remove it from the history (git filter-repo --replace-text), and delete images and artifacts built from it".into()],
    );
    record.push_or("breaks", users.into_iter().map(|u| format!("{u} until it has the new one")).collect(), "unknown");
    record
}
