//! Objects of SPIRE's controller: which pods get which identity, and which other domains are trusted.

use super::manifest::Object;
use crate::document::Node;
use crate::model::{Facts, Key, Kind};
use crate::relation::{CAN_ASSUME, ISSUED_BY, TRUSTS};

pub(super) fn matches(group: &str) -> bool {
    group.starts_with("spire.spiffe.io/") || group.starts_with("spiffeid.spiffe.io/")
}

pub(super) fn read(o: &Object<'_>, facts: &mut Facts) {
    let spec = |path: &[&str]| o.body.get("spec").and_then(|s| s.path(path));
    let at = o.document.at(o.body);
    match o.kind {
        "ClusterSPIFFEID" => {
            let Some((node, template)) = spec(&["spiffeIDTemplate"]).and_then(|n| Some((n, n.str()?))) else { return };
            let id = pattern(template);
            let key = Key::new(Kind::Identity, "spiffe-id", id.as_str());
            let fact = facts.declare(&key, o.name, o.document.at(node));
            fact.attr("auth_style", "workload").attr("template", template).attr("tags", o.tags());
            for flag in ["admin", "downstream"] {
                if spec(&[flag]).and_then(Node::bool) == Some(true) {
                    facts.mention(&key, String::new(), at.clone()).attr(flag, true).attr("privileged", true);
                }
            }
            for (node, name) in spec(&["federatesWith"]).into_iter().flat_map(Node::items).filter_map(|n| Some((n, n.str()?))) {
                let domain = Key::new(Kind::Issuer, "spiffe-trust-domain", format!("spiffe://{name}"));
                facts.mention(&domain, name, o.document.at(node));
                facts.relate(&key, &TRUSTS, &domain, o.document.at(node));
            }
        }
        "ClusterStaticEntry" => {
            let Some((node, id)) = spec(&["spiffeID"]).and_then(|n| Some((n, n.str()?))) else { return };
            let key = Key::new(Kind::Identity, "spiffe-id", id);
            facts.declare(&key, id.rsplit('/').next().unwrap_or(id), o.document.at(node)).attr("auth_style", "workload");
            let selectors: Vec<&str> = spec(&["selectors"]).into_iter().flat_map(Node::items).filter_map(Node::str).collect();
            let named = |prefix: &str| selectors.iter().find_map(|s| s.strip_prefix(prefix));
            if let (Some(namespace), Some(name)) = (named("k8s:ns:"), named("k8s:sa:")) {
                let account = o.account(namespace, name);
                facts.mention(&account, name, at.clone());
                facts.relate(&account, &CAN_ASSUME, &key, at);
            }
        }
        "ClusterFederatedTrustDomain" => {
            let Some((node, name)) = spec(&["trustDomain"]).and_then(|n| Some((n, n.str()?))) else { return };
            let domain = Key::new(Kind::Issuer, "spiffe-trust-domain", format!("spiffe://{name}"));
            let fact = facts.declare(&domain, name, o.document.at(node));
            if let Some(url) = spec(&["bundleEndpointURL"]).and_then(Node::str) {
                fact.attr("bundle_endpoint", url);
            }
            if let Some(id) = spec(&["bundleEndpointProfile", "endpointSPIFFEID"]).and_then(Node::str) {
                let endpoint = Key::new(Kind::Identity, "spiffe-id", id);
                facts.mention(&endpoint, id.rsplit('/').next().unwrap_or(id), at.clone());
                facts.relate(&endpoint, &ISSUED_BY, &domain, at);
            }
        }
        _ => {}
    }
}

/// `spiffe://{{ .TrustDomain }}/ns/{{ .PodMeta.Namespace }}` with `*` for what each pod fills in.
fn pattern(template: &str) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some(open) = rest.find("{{") {
        let Some(close) = rest[open..].find("}}") else { break };
        out.push_str(&rest[..open]);
        out.push('*');
        rest = &rest[open + close + 2..];
    }
    out + rest
}
