//! OCSF 1.8: one IAM Analysis Finding (class 2008) a line, for a security lake.

use serde_json::{Value, json};

use super::{Style, plain};
use crate::graph::Lineage;
use crate::model::{Finding, Role, Severity};

const CLASS: u32 = 2008;
/// Activity "Create": the event says that the finding is there.
const CREATE: u32 = 1;
/// Privileges that an event names; it counts them all.
const MOST: usize = 20;

fn severity_id(severity: Severity) -> u8 {
    match severity {
        Severity::Info => 1,
        Severity::Low => 2,
        Severity::Medium => 3,
        Severity::High => 4,
        Severity::Critical => 5,
    }
}

fn event(lineage: &Lineage, f: &Finding) -> Value {
    let node = lineage.graph.node(&f.subject);
    let mut resource = json!({ "uid": plain(&f.subject), "name": node.map_or(plain(&f.subject), |n| plain(n.name())) });
    if let Some(node) = node {
        resource["type"] = plain(&node.key.subtype).into();
    }
    if let Some(owner) = lineage.party(&f.subject, Role::Owner).filter(|p| p.resolved) {
        resource["owner"] = json!({ "name": plain(&owner.party), "uid": plain(&owner.party) });
    }
    if let Some(at) = &f.at {
        resource["labels"] = json!([super::text::place(at)]);
    }
    json!({
        "class_uid": CLASS,
        "category_uid": CLASS / 1000,
        "activity_id": CREATE,
        "type_uid": CLASS * 100 + CREATE,
        "severity_id": severity_id(f.severity),
        "status_id": 1,
        "time": lineage.now.saturating_mul(1000),
        "message": plain(&f.message),
        "confidence_score": (f.confidence * 100.0).round() as u8,
        "metadata": { "version": "1.8.0", "product": { "name": "nhi", "vendor_name": "nhi", "version": env!("CARGO_PKG_VERSION") } },
        "finding_info": { "uid": f.fingerprint, "title": plain(&f.message), "analytic": { "uid": f.check, "name": f.check, "type_id": 1 } },
        "remediation": { "desc": plain(&f.fix) },
        "resources": [resource],
        "permission_analysis_results": [permissions(lineage, f)]
    })
}

/// What the subject reaches, the worst first: the class asks for the result of an analysis.
fn permissions(lineage: &Lineage, f: &Finding) -> Value {
    let reach = lineage.rank(&f.subject).map_or(&[][..], |rank| &rank.reach);
    let granted: Vec<String> = reach.iter().take(MOST).map(|r| format!("{} {}", r.level.name(), plain(&r.resource))).collect();
    json!({ "analyzed_privileges_count": reach.len(), "granted_privileges": granted })
}

pub(super) fn write(lineage: &Lineage, _: &Style) -> String {
    lineage.findings.iter().map(|f| event(lineage, f).to_string() + "\n").collect()
}
