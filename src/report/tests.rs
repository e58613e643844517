//! Every format on one small lineage with hostile names, against the committed answer.

use std::fs;
use std::path::Path;

use super::*;
use crate::graph::{Graph, Source};
use crate::model::{Facts, Finding, Frameworks, Interval, Key, Kind, Level, Location, Note, NoteStatus, Ownership, Rank, Reached, Role, Severity, Signal};
use crate::relation::{CAN_ACCESS, CONSUMES};

/// What a scanned file may put into a name.
const HOSTILE: &str = "=<script>alert('1')</script>]]>\"`|@everyone\u{1b}[2J\n::error::";

fn at(path: &str, line: u32) -> Location {
    Location { repository: "repo:github.com/acme/web".into(), path: path.into(), line, column: 1, end_line: line, revision: None }
}

fn sample() -> Lineage {
    let role = Key::new(Kind::Identity, "aws-role", "arn:aws:iam::111122223333:role/deploy");
    let agent = Key::new(Kind::Agent, "ci-agent", "agent:github.com/acme/web//triage'\"<x>");
    let slot = Key::new(Kind::Location, "ci-secret", "gh-secret:acme/web/KEY");
    let store = Key::new(Kind::Resource, "object-store", "arn:aws:s3:::acme-logs");
    let mut facts = Facts::default();
    facts.declare(&role, "deploy", at("iam.tf", 3));
    facts.declare(&agent, HOSTILE, at(".github/workflows/tri,age:1.yml", 9));
    facts.mention(&slot, "KEY", at(".github/workflows/tri,age:1.yml", 12));
    facts.declare(&store, "acme-logs", at("s3.tf", 1));
    facts.relate(&agent, &CONSUMES, &slot, at(".github/workflows/tri,age:1.yml", 12));
    facts.relate(&role, &CAN_ACCESS, &store, at("iam.tf", 9)).attr("level", "write");
    let graph = Graph::from_facts(facts);
    let edge = graph.out(&role.id).next().expect("an edge").id.clone();
    let rank = |node: &Key, score: f64, reach| Rank {
        node: node.id.clone(),
        blast: Interval { score, low: score - 4.0, high: score + 4.0 },
        exposure: 50.0,
        risk: 40.0,
        trust_debt: 30.0,
        factors: Vec::new(),
        reach,
    };
    let reached = Reached { resource: store.id.clone(), level: Level::Write, confidence: 0.9, value: 0.7, path: vec![edge.clone()] };
    let finding = |check, severity, subject: &Key, message: &str, place, fingerprint: &str| Finding {
        check,
        severity,
        confidence: 0.9,
        subject: subject.id.clone(),
        message: message.to_owned(),
        at: Some(place),
        path: vec![edge.clone()],
        key: Vec::new(),
        fingerprint: fingerprint.to_owned(),
        frameworks: Frameworks { ids: "NHI5:2025 ZT3 PR.AA-05 PR.AC-4", cwe: &[250] },
        fix: "narrow the grant".to_owned(),
    };
    Lineage {
        now: 1_767_225_600,
        sources: vec![Source {
            id: "repo:github.com/acme/web".into(),
            root: ".".into(),
            head: Some("0123456789abcdef0123456789abcdef01234567".into()),
            ..Source::default()
        }],
        graph,
        ranking: vec![rank(&role, 70.0, vec![reached]), rank(&agent, 10.0, Vec::new())],
        parties: vec![Ownership {
            node: role.id.clone(),
            role: Role::Owner,
            party: "team:gh/acme/platform".into(),
            confidence: 0.9,
            tier: 1,
            contested: false,
            resolved: true,
            activity: crate::model::Activity::Active,
            last_active: Some(1_764_547_200),
            signals: vec![Signal { signal: "tag", tier: 1, weight: 0.9, at: None }],
        }],
        findings: vec![
            finding("AGT-04", Severity::Critical, &agent, HOSTILE, at(".github/workflows/tri,age:1.yml", 9), "00112233445566778899aabbccddeeff"),
            finding("PRIV-02", Severity::Medium, &role, "100% of s3: granted", at("iam.tf", 9), "ffeeddccbbaa99887766554433221100"),
        ],
        coverage: vec![Note {
            repository: "repo:github.com/acme/web".into(),
            path: "broken.tf".into(),
            status: NoteStatus::Partial,
            reason: "not valid".into(),
        }],
        ..Lineage::default()
    }
}

#[test]
fn every_format_writes_the_committed_answer() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/report");
    let lineage = sample();
    for format in FORMATS {
        // The version is part of most reports and changes with every release.
        let written = (format.write)(&lineage, &Style { width: 100, color: false }).replace(env!("CARGO_PKG_VERSION"), "VERSION");
        let path = folder.join(format.name);
        if std::env::var_os("UPDATE").is_some() {
            fs::create_dir_all(&folder).expect("writable");
            fs::write(&path, &written).expect("writable");
        }
        assert!(fs::read_to_string(&path).unwrap_or_default() == written, "{}: run UPDATE=1 cargo test and look at the difference", format.name);
    }
}

#[test]
fn a_hostile_name_stays_text() {
    let lineage = sample();
    for format in FORMATS {
        let written = (format.write)(&lineage, &Style { width: 100, color: false });
        assert!(!written.contains('\u{1b}'), "{}", format.name);
        if ["junit", "graphml", "html", "markdown", "mermaid"].contains(&format.name) {
            assert!(!written.contains("<script>alert"), "{}", format.name);
        }
        if format.name == "html" {
            assert_eq!(written.matches("<script").count(), 2, "the data of the picture, and what draws it");
            // The one address is the name of a vocabulary, which nothing asks for.
            let addresses = written.replace("http://www.w3.org/2000/svg", "");
            assert!(!addresses.contains("http://") && !addresses.contains("https://"), "loads nothing");
        }
        if format.name == "github" {
            assert!(
                written.lines().all(|l| l.starts_with("::error title=") || l.starts_with("::warning title=") || l.starts_with("::notice title=")),
                "{written}"
            );
        }
        if format.name == "csv" {
            assert!(!written.contains(",\"="), "{written}");
        }
    }
}

#[test]
fn what_is_json_parses() {
    let lineage = sample();
    for format in FORMATS.iter().filter(|f| ["json", "sarif", "gitlab", "cyclonedx", "opengraph", "ocsf"].contains(&f.name)) {
        let written = (format.write)(&lineage, &Style { width: 100, color: false });
        let documents: Vec<&str> = if format.name == "ocsf" { written.lines().collect() } else { vec![&written] };
        for document in documents {
            assert!(serde_json::from_str::<serde_json::Value>(document).is_ok(), "{}", format.name);
        }
    }
}
