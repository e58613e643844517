//! CycloneDX 1.6: credentials and certificates as cryptographic assets, tools, agents and consumers as components, with what depends on what.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::text::place;
use super::{Style, plain};
use crate::graph::{GraphNode, Lineage};
use crate::model::rfc3339;
use crate::model::{Kind, Role};

/// Relations that say that one thing cannot do without the other.
const NEEDS: &[&str] = &["consumes", "runs_as", "authenticates_as", "invokes", "stored_in", "sourced_from", "issued_by"];

/// What CycloneDX calls the credential.
fn material(subtype: &str) -> &'static str {
    match subtype {
        "password" | "basic-auth" | "db-url" => "password",
        "ssh-private-key" | "private-key" | "pgp-private-key" | "signing-key" => "private-key",
        "encryption-key" => "key",
        "pat" | "bearer-token" | "jwt" | "session-token" | "k8s-sa-token" | "package-token" | "vault-token" | "bot-token" => "token",
        _ => "credential",
    }
}

fn component(lineage: &Lineage, n: &GraphNode) -> Option<Value> {
    let kind = match n.key.kind {
        Kind::Credential if n.key.subtype == "x509-cert" => "data",
        Kind::Credential => "cryptographic-asset",
        Kind::Identity | Kind::Location => "data",
        Kind::Agent | Kind::Consumer | Kind::Tool => "application",
        _ => return None,
    };
    let mut value = json!({ "type": kind, "bom-ref": plain(n.id()), "name": plain(n.name()) });
    if kind == "cryptographic-asset" {
        value["cryptoProperties"] = json!({ "assetType": "related-crypto-material", "relatedCryptoMaterialProperties": { "type": material(&n.key.subtype) } });
    }
    let mut properties = vec![("nhi:kind", n.key.kind.name().to_owned()), ("nhi:subtype", plain(&n.key.subtype))];
    properties.extend(n.env.as_ref().map(|e| ("nhi:environment", plain(e))));
    properties.extend(lineage.party(n.id(), Role::Owner).map(|p| ("nhi:owner", plain(&p.party))));
    properties.extend(lineage.rank(n.id()).into_iter().flat_map(|r| [("nhi:blast", format!("{:.0}", r.blast.score)), ("nhi:risk", format!("{:.0}", r.risk))]));
    value["properties"] = properties.into_iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    let places: BTreeSet<String> = n.places().map(place).collect();
    if !places.is_empty() {
        value["evidence"] = json!({ "occurrences": places.into_iter().map(|l| json!({ "location": l })).collect::<Vec<_>>() });
    }
    Some(value)
}

pub(super) fn write(lineage: &Lineage, _: &Style) -> String {
    let components: BTreeMap<String, Value> = lineage.graph.nodes.values().filter_map(|n| Some((plain(n.id()), component(lineage, n)?))).collect();
    let mut needs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for e in lineage.graph.edges.values().filter(|e| NEEDS.contains(&e.relation.name)) {
        let (from, to) = (plain(&e.from), plain(&e.to));
        if from != to && components.contains_key(&from) && components.contains_key(&to) {
            needs.entry(from).or_default().insert(to);
        }
    }
    let report = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": { "timestamp": rfc3339(lineage.now), "tools": { "components": [{ "type": "application", "name": "nhi", "version": env!("CARGO_PKG_VERSION") }] } },
        "dependencies": needs.into_iter().map(|(from, to)| json!({ "ref": from, "dependsOn": to })).collect::<Vec<_>>(),
        "components": components.into_values().collect::<Vec<_>>()
    });
    serde_json::to_string_pretty(&report).unwrap_or_default() + "\n"
}
