//! SARIF 2.1.0, as code scanning reads it: stable fingerprints, one-line regions, code flows that are the hops.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Style, plain};
use crate::graph::Lineage;
use crate::model::{Finding, Framework, Location, Severity};

/// Results that code scanning takes of one run.
const MAX_RESULTS: usize = 5_000;

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// The number that code scanning turns back into a severity.
fn number(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
        Severity::Info => "1.0",
    }
}

fn place(at: &Location) -> Value {
    json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(&at.path), "uriBaseId": "%SRCROOT%" },
            "region": { "startLine": at.line, "startColumn": at.column }
        }
    })
}

/// A relative URI: what is no plain path character is percent-encoded.
fn uri(path: &str) -> String {
    path.bytes().map(|b| if b.is_ascii_alphanumeric() || b"/-._~".contains(&b) { (b as char).to_string() } else { format!("%{b:02X}") }).collect()
}

fn result(lineage: &Lineage, f: &Finding) -> Value {
    let mut value = json!({
        "ruleId": f.check,
        "level": level(f.severity),
        "message": { "text": plain(&f.message) },
        "partialFingerprints": { "primaryLocationLineHash": format!("{}:1", f.fingerprint), "nhi/v1": f.fingerprint },
        "properties": { "security-severity": number(f.severity), "confidence": f.confidence, "subject": &*f.subject, "fix": plain(&f.fix) }
    });
    value["locations"] =
        Value::from(vec![f.at.as_ref().map_or_else(|| json!({ "physicalLocation": { "artifactLocation": { "uri": ".", "uriBaseId": "%SRCROOT%" } } }), place)]);
    let hops: Vec<Value> = f
        .path
        .iter()
        .filter_map(|id| lineage.graph.edges.get(id))
        .filter_map(|e| {
            let at = e.at.iter().next().or_else(|| lineage.graph.node(&e.from).and_then(|n| n.primary()))?;
            let mut hop = place(at);
            let name = |id: &str| lineage.graph.node(id).map_or(id.to_owned(), |n| n.name().to_owned());
            hop["message"] = json!({ "text": plain(&format!("{} {} {}", name(&e.from), e.relation.meaning, name(&e.to))) });
            Some(json!({ "location": hop }))
        })
        .collect();
    if !hops.is_empty() {
        value["codeFlows"] = json!([{ "threadFlows": [{ "locations": hops }] }]);
    }
    value
}

pub(super) fn write(lineage: &Lineage, _: &Style) -> String {
    let mut rules: BTreeMap<&str, Value> = BTreeMap::new();
    for f in &lineage.findings {
        rules.entry(f.check).or_insert_with(|| {
            json!({
                "id": f.check,
                "name": f.check,
                "shortDescription": { "text": f.check },
                "help": { "text": plain(&f.fix) },
                "properties": {
                    "security-severity": number(f.severity),
                    "tags": f.frameworks.of(Framework::OwaspNhi).into_iter().chain(f.frameworks.of(Framework::Csf)).chain(f.frameworks.cwe.iter().map(|c| format!("external/cwe/cwe-{c}"))).chain(["security".to_owned()]).collect::<Vec<_>>()
                }
            })
        });
    }
    let report = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "nhi", "version": env!("CARGO_PKG_VERSION"), "semanticVersion": env!("CARGO_PKG_VERSION"), "rules": rules.into_values().collect::<Vec<_>>() } },
            "columnKind": "unicodeCodePoints",
            "results": lineage.findings.iter().take(MAX_RESULTS).map(|f| result(lineage, f)).collect::<Vec<_>>(),
            "invocations": [{ "executionSuccessful": true, "toolExecutionNotifications": lineage.coverage.iter().take(100).map(|n| json!({ "level": "note", "message": { "text": plain(&format!("{}: {}", n.path, n.reason)) } })).collect::<Vec<_>>() }]
        }]
    });
    serde_json::to_string_pretty(&report).unwrap_or_default() + "\n"
}
