//! Service meshes: which accounts may talk to which workloads, and whether they must prove who they are.

use super::manifest::Object;
use crate::document::Node;
use crate::model::{Facts, Key, Kind};
use crate::relation::{CAN_ACCESS, SAME_AS};

pub(super) fn matches(group: &str) -> bool {
    group.starts_with("security.istio.io/") || group.starts_with("policy.linkerd.io/")
}

/// What a policy selects in its namespace.
fn workloads(o: &Object<'_>) -> Key {
    let selector = o.body.path(&["spec", "selector", "matchLabels"]).or_else(|| o.body.path(&["spec", "podSelector", "matchLabels"]));
    let labels: Vec<String> = selector.into_iter().flat_map(Node::entries).filter_map(|(k, v)| Some(format!("{}={}", k.str()?, v.scalar()?))).collect();
    let labels = if labels.is_empty() { "*".to_owned() } else { labels.join(",") };
    Key::new(Kind::Resource, "other:mesh-workload", format!("mesh:{{{}}}/{}/{labels}", o.document.repository_body(), o.namespace))
}

pub(super) fn read(o: &Object<'_>, facts: &mut Facts) {
    let at = o.document.at(o.body);
    let policy = Key::new(Kind::Policy, "mesh-policy", o.id(o.kind, o.name));
    let spec = |path: &[&str]| o.body.get("spec").and_then(|s| s.path(path));
    let node = facts.declare(&policy, o.name, at.clone());
    node.attr("tags", o.tags());
    match o.kind {
        "PeerAuthentication" => {
            let mode = spec(&["mtls", "mode"]).and_then(Node::str).unwrap_or("UNSET").to_ascii_lowercase();
            node.attr("mtls", mode);
        }
        "RequestAuthentication" => {
            let issuers: Vec<String> = spec(&["jwtRules"]).into_iter().flat_map(Node::items).filter_map(|r| r.get_str("issuer")).map(str::to_owned).collect();
            node.attr("issuers", issuers);
        }
        "AuthorizationPolicy" => {
            let action = spec(&["action"]).and_then(Node::str).unwrap_or("ALLOW").to_owned();
            node.attr("action", action.as_str());
            if action == "ALLOW" {
                allowed(o, facts);
            }
        }
        "MeshTLSAuthentication" => {
            let identities = spec(&["identities"]).into_iter().flat_map(Node::items).filter_map(|n| Some((n, n.str()?)));
            // name.namespace.serviceaccount.identity.linkerd.cluster.local
            for (node, name, namespace) in identities.filter_map(|(n, t)| {
                let (name, rest) = t.split_once('.')?;
                Some((n, name, rest.split_once(".serviceaccount.")?.0))
            }) {
                let account = o.account(namespace, name);
                facts.mention(&account, name, o.document.at(node));
                facts.relate(&account, &CAN_ACCESS, &workloads(o), o.document.at(node)).confidence(0.6).attr("level", "write");
            }
        }
        _ => {}
    }
}

/// Accounts and namespaces that a policy lets in. A path or a method narrows it.
fn allowed(o: &Object<'_>, facts: &mut Facts) {
    let target = workloads(o);
    facts.mention(&target, format!("workloads of {}", o.namespace), o.document.at(o.body));
    for rule in o.body.path(&["spec", "rules"]).into_iter().flat_map(Node::items) {
        let narrowed = rule.get("when").is_some() || rule.get("to").is_some();
        for source in rule.get("from").into_iter().flat_map(Node::items).filter_map(|f| f.get("source")) {
            let mut callers: Vec<(&Node, Key, String)> = Vec::new();
            for (node, principal) in source.get("principals").into_iter().flat_map(Node::items).filter_map(|n| Some((n, n.str()?))) {
                let Some((_, path)) = principal.split_once("/ns/") else { continue };
                let Some((namespace, name)) = path.split_once("/sa/").filter(|(ns, sa)| !ns.contains('*') && !sa.contains('*')) else { continue };
                let account = o.account(namespace, name);
                let workload = Key::new(Kind::Identity, "mesh-principal", format!("spiffe://{principal}"));
                facts.mention(&workload, name, o.document.at(node));
                facts.relate(&workload, &SAME_AS, &account, o.document.at(node)).attr("because", "the mesh names accounts so");
                callers.push((node, account, name.to_owned()));
            }
            for (node, namespace) in source.get("namespaces").into_iter().flat_map(Node::items).filter_map(|n| Some((n, n.str()?))) {
                let accounts =
                    Key::new(Kind::Identity, "k8s-group", format!("k8s:{{{}}}/-/Group/system:serviceaccounts:{namespace}", o.document.repository_body()));
                callers.push((node, accounts, format!("every account of {namespace}")));
            }
            for (node, caller, name) in callers {
                let place = o.document.at(node);
                facts.mention(&caller, name, place.clone());
                let edge = facts.relate(&caller, &CAN_ACCESS, &target, place).confidence(0.6).attr("level", "write");
                if narrowed {
                    edge.conditional();
                }
            }
        }
    }
}
