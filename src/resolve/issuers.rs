//! Whoever holds the key of an authority can act as everyone whom the authority vouches for (domain specification, 6.5).

use std::collections::BTreeSet;

use super::escalation::{Drawn, draw};
use crate::graph::{Graph, GraphNode};
use crate::model::{Basis, Condition, Key, Kind, NodeId};
use crate::relation::AUTHENTICATES_AS;

/// Identities that a certificate is the proof of.
fn proved<'a>(graph: &'a Graph, certificate: &NodeId) -> Vec<&'a NodeId> {
    let of_identity = |id: &NodeId| graph.node(id).is_some_and(|n| n.key.kind == Kind::Identity);
    graph.out(certificate).filter(|e| e.relation.name == "part_of" && of_identity(&e.to)).map(|e| &e.to).collect()
}

/// The issuer that a certificate lets its holder be, when it may sign others.
fn authority(graph: &Graph, certificate: &GraphNode) -> Option<NodeId> {
    let subject = certificate.text("subject").filter(|_| certificate.flag("authority"))?;
    let issuer = Key::new(Kind::Issuer, "ca", format!("ca:{subject}"));
    graph.node(&issuer.id).map(|n| n.id().clone())
}

pub(super) fn apply(graph: &mut Graph) -> bool {
    let mut drawn: Vec<Drawn> = Vec::new();
    for certificate in graph.of_kind(Kind::Credential).filter(|c| c.flag("authority")) {
        let Some(issuer) = authority(graph, certificate) else { continue };
        let holders = proved(graph, certificate.id());
        for accepts in graph.ending_at(&issuer).filter(|e| matches!(e.relation.name, "issued_by" | "trusts") && e.from != *certificate.id()) {
            let itself = graph.nodes.get_key_value(&accepts.from).filter(|(_, n)| n.key.kind == Kind::Identity).map(|(id, _)| id);
            let vouched: BTreeSet<&NodeId> = itself.into_iter().chain(proved(graph, &accepts.from)).collect();
            for (holder, other) in holders.iter().flat_map(|h| vouched.iter().map(move |v| (*h, *v))).filter(|(h, v)| h != v) {
                drawn.push((holder.clone(), other.clone(), "key of an authority".to_owned(), vec![accepts.id.clone()]));
            }
        }
    }
    draw(graph, drawn) | kept(graph)
}

/// A place that holds the key of an authority lets whoever reads it be anyone whom the authority vouches for.
fn kept(graph: &mut Graph) -> bool {
    let mut drawn = Vec::new();
    for place in graph.nodes.values().filter(|n| matches!(n.key.kind, Kind::Location | Kind::Credential)) {
        let Some(issuer) = place.text("key_of") else { continue };
        for accepts in graph.ending_at(issuer).filter(|e| matches!(e.relation.name, "issued_by" | "trusts")) {
            if graph.node(&accepts.from).is_some_and(|n| n.key.kind == Kind::Identity) {
                drawn.push((place.id().clone(), accepts.from.clone(), vec![accepts.id.clone()]));
            }
        }
    }
    let sure = (Basis::Evaluated, 0.9);
    drawn.into_iter().fold(false, |changed, (from, to, via)| changed | graph.derive(&from, &AUTHENTICATES_AS, &to, sure, Condition::True, &via))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Facts, Location};
    use crate::relation::{ISSUED_BY, PART_OF};

    fn world(signs: bool) -> Graph {
        let at = Location { repository: "repo:r".into(), path: "ca.pem".into(), line: 1, column: 1, end_line: 1, revision: None };
        let mut facts = Facts::default();
        let key = |kind, subtype, id| Key::new(kind, subtype, id);
        let (root, leaf) = (key(Kind::Credential, "x509-cert", "cert:root"), key(Kind::Credential, "x509-cert", "cert:leaf"));
        let (operator, api) = (key(Kind::Identity, "x509-subject", "spki:root"), key(Kind::Identity, "x509-subject", "spki:leaf"));
        let issuer = key(Kind::Issuer, "ca", "ca:CN=acme root");
        facts.declare(&root, "root", at.clone()).attr("authority", signs).attr("subject", "CN=acme root");
        facts.relate(&root, &PART_OF, &operator, at.clone());
        facts.relate(&leaf, &PART_OF, &api, at.clone());
        facts.relate(&leaf, &ISSUED_BY, &issuer, at);
        let mut graph = Graph::from_facts(facts);
        super::super::resolve(&mut graph);
        graph
    }

    #[test]
    fn the_key_of_an_authority_is_that_of_everyone_whom_it_vouches_for() {
        let escalates = |g: &Graph| g.out("spki:root").any(|e| e.relation.name == "can_escalate_to" && &*e.to == "spki:leaf");
        assert!(escalates(&world(true)));
        assert!(!escalates(&world(false)), "a certificate that may not sign makes nobody");
    }
}
