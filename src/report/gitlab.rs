//! The secret-detection report of GitLab: what merge requests and the vulnerability list show.

use serde_json::{Value, json};

use super::{Style, plain};
use crate::graph::Lineage;
use crate::model::rfc3339;
use crate::model::{Finding, Severity};

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "Critical",
        Severity::High => "High",
        Severity::Medium => "Medium",
        Severity::Low => "Low",
        Severity::Info => "Info",
    }
}

fn vulnerability(f: &Finding, head: &str) -> Value {
    let mut identifiers = vec![json!({ "type": "nhi_check", "name": f.check, "value": f.check })];
    identifiers.extend(f.frameworks.cwe.iter().map(
        |c| json!({ "type": "cwe", "name": format!("CWE-{c}"), "value": c.to_string(), "url": format!("https://cwe.mitre.org/data/definitions/{c}.html") }),
    ));
    let at = f.at.as_ref();
    json!({
        "id": uuid(&f.fingerprint),
        "category": "secret_detection",
        "name": super::text::cut(&plain(&f.message), 255),
        "description": plain(&f.message),
        "severity": severity(f.severity),
        "solution": plain(&f.fix),
        "identifiers": identifiers,
        "location": {
            "file": at.map_or(String::new(), |l| plain(&l.path)),
            "start_line": at.map_or(1, |l| l.line),
            "end_line": at.map_or(1, |l| l.end_line.max(l.line)),
            "commit": { "sha": at.and_then(|l| l.revision.as_deref()).unwrap_or(head) }
        }
    })
}

/// The fingerprint in the form of a UUID.
fn uuid(fingerprint: &str) -> String {
    let hex: String = fingerprint.chars().chain(std::iter::repeat('0')).take(32).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

pub(super) fn write(lineage: &Lineage, _: &Style) -> String {
    let program = json!({ "id": "nhi", "name": "nhi", "version": env!("CARGO_PKG_VERSION"), "vendor": { "name": "nhi" } });
    let time = rfc3339(lineage.now).trim_end_matches('Z').to_owned();
    let head = lineage.sources.first().and_then(|s| s.head.as_deref()).unwrap_or("0000000");
    let report = json!({
        "version": "15.2.1",
        "scan": { "analyzer": program, "scanner": program, "type": "secret_detection", "start_time": time, "end_time": time, "status": "success" },
        "vulnerabilities": lineage.findings.iter().map(|f| vulnerability(f, head)).collect::<Vec<_>>(),
        "remediations": []
    });
    serde_json::to_string_pretty(&report).unwrap_or_default() + "\n"
}
