//! Every export is read as its consumers read it: by its published schema, or by the consumer's own library where one is installed
//! (`NHI_CONSUMERS=required` makes a missing one a failure; `NHI_PYTHON` names the interpreter that has them).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata")
}

/// The two reports in a format: of hostile names (the committed answer, which a test of the library keeps true), and of the bundled example.
fn reports(format: &str) -> [String; 2] {
    let hostile = fs::read_to_string(testdata().join("report").join(format)).expect("committed");
    let done = Command::new(env!("CARGO_BIN_EXE_nhi"))
        .current_dir(testdata().join("acme"))
        .args(["scan", "--no-history", "--fail-on", "never", "--now", "2026-01-01T00:00:00Z", "--format", format])
        .output()
        .expect("starts");
    assert!(done.status.success(), "{format}: {}", String::from_utf8_lossy(&done.stderr));
    [hostile, String::from_utf8(done.stdout).expect("UTF-8")]
}

/// A schema, with those that it names by relative addresses.
struct Checker {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Checker {
    fn new(path: &Path) -> Self {
        let mut compiler = Compiler::new();
        for name in ["spdx.SNAPSHOT.schema.json", "jsf-0.82.SNAPSHOT.schema.json"] {
            let text = fs::read_to_string(testdata().join("schemas").join(name)).expect(name);
            let address = format!("http://cyclonedx.org/schema/{name}");
            compiler.add_resource(&address, serde_json::from_str(&text).expect(name)).expect(name);
        }
        let value: Value = serde_json::from_str(&fs::read_to_string(path).expect("schema")).expect("JSON");
        compiler.add_resource("file:///schema.json", value).expect("a schema");
        let mut schemas = Schemas::new();
        let index = compiler.compile("file:///schema.json", &mut schemas).unwrap_or_else(|e| panic!("{}: {e:#}", path.display()));
        Checker { schemas, index }
    }

    fn published(name: &str) -> Self {
        Self::new(&testdata().join("schemas").join(name))
    }

    fn accept(&self, what: &str, value: &Value) {
        if let Err(error) = self.schemas.validate(value, self.index) {
            panic!("{what}: {error:#}");
        }
    }
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn json_exports_are_what_their_schemas_ask() {
    let own = |name: &str| Checker::new(&Path::new(env!("CARGO_MANIFEST_DIR")).join("schema").join(name));
    for (format, checker) in [
        ("json", own("nhi.lineage.1.json")),
        ("sarif", Checker::published("sarif-2.1.0.json")),
        ("cyclonedx", Checker::published("cyclonedx-1.6.json")),
        ("gitlab", Checker::published("gitlab-secret-detection-15.2.1.json")),
    ] {
        for report in reports(format) {
            checker.accept(format, &parsed(&report));
        }
    }
    let event = Checker::published("ocsf-1.8.0-class-2008.json");
    for report in reports("ocsf") {
        assert!(!report.is_empty());
        report.lines().for_each(|line| event.accept("ocsf", &parsed(line)));
    }
}

#[test]
fn a_schema_that_is_not_met_is_noticed() {
    let mut report = parsed(&reports("sarif")[1]);
    report["runs"][0]["results"][0]["level"] = "dreadful".into();
    let checker = Checker::published("sarif-2.1.0.json");
    assert!(checker.schemas.validate(&report, checker.index).is_err());
}

#[test]
fn sarif_is_what_code_scanning_reads() {
    let report = parsed(&reports("sarif")[1]);
    let run = &report["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    assert!(rules.iter().all(|r| r["properties"]["security-severity"].as_str().is_some_and(|s| s.parse::<f64>().is_ok())));
    let results = run["results"].as_array().expect("results");
    assert!(!results.is_empty() && results.len() <= 25_000 && rules.len() <= 25_000);
    for result in results {
        assert!(result["partialFingerprints"]["primaryLocationLineHash"].is_string(), "{result}");
        let place = &result["locations"][0]["physicalLocation"];
        assert!(place["artifactLocation"]["uri"].is_string() && place["region"]["startLine"].as_u64() >= Some(1), "{result}");
        assert_eq!(place["region"].get("endLine").unwrap_or(&place["region"]["startLine"]), &place["region"]["startLine"], "one line");
        assert!(rules.iter().any(|r| r["id"] == result["ruleId"]));
        for flow in result["codeFlows"].as_array().into_iter().flatten() {
            assert!(flow["threadFlows"][0]["locations"].as_array().is_some_and(|l| !l.is_empty() && l.len() <= 10_000));
        }
    }
    assert!(results.iter().any(|r| r["codeFlows"].is_array()), "hops are code flows");
}

#[test]
fn opengraph_is_what_the_ingest_asks_and_every_kind_is_defined() {
    let (node, edge) = (Checker::published("opengraph-node.json"), Checker::published("opengraph-edge.json"));
    let definition = parsed(&nhi::report::opengraph_definition());
    let namespace = definition["schema"]["namespace"].as_str().expect("a namespace").to_owned();
    let names = |list: &str| -> Vec<String> {
        let all = definition[list].as_array().expect("a list");
        all.iter().map(|k| k["name"].as_str().expect("a name").to_owned()).collect()
    };
    let (nodes, edges) = (names("node_kinds"), names("relationship_kinds"));
    let is_name = |name: &String| name.starts_with(&format!("{namespace}_")) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    assert!(nodes.iter().chain(&edges).all(is_name), "{nodes:?} {edges:?}");
    for report in reports("opengraph") {
        let graph = parsed(&report)["graph"].take();
        for n in graph["nodes"].as_array().expect("nodes") {
            node.accept("node", n);
            assert!(nodes.contains(&n["kinds"][0].as_str().expect("a kind").to_owned()), "{n}");
        }
        for e in graph["edges"].as_array().expect("edges") {
            edge.accept("edge", e);
            assert!(edges.contains(&e["kind"].as_str().expect("a kind").to_owned()), "{e}");
        }
    }
}

#[test]
fn xml_exports_are_well_formed_and_have_their_parts() {
    for report in reports("junit") {
        let document = roxmltree::Document::parse(&report).expect("XML");
        let suite = document.descendants().find(|n| n.has_tag_name("testsuite")).expect("a suite");
        let cases = suite.children().filter(|n| n.has_tag_name("testcase")).count();
        let failures = suite.descendants().filter(|n| n.has_tag_name("failure")).count();
        assert_eq!(suite.attribute("tests"), Some(&*cases.to_string()));
        assert_eq!(suite.attribute("failures"), Some(&*failures.to_string()));
        assert!(suite.children().filter(|n| n.has_tag_name("testcase")).all(|c| c.attribute("name").is_some() && c.attribute("classname").is_some()));
    }
    for report in reports("graphml") {
        let document = roxmltree::Document::parse(&report).expect("XML");
        let ids: Vec<_> = document.descendants().filter(|n| n.has_tag_name("node")).filter_map(|n| n.attribute("id")).collect();
        assert!(!ids.is_empty());
        for edge in document.descendants().filter(|n| n.has_tag_name("edge")) {
            assert!(["source", "target"].iter().all(|end| edge.attribute(*end).is_some_and(|id| ids.contains(&id))), "{edge:?}");
        }
    }
}

/// Runs a consumer on a report; none when it is not installed, and that is allowed.
fn consume(mut command: Command, is_there: bool, report: &str) -> Option<String> {
    if !is_there {
        assert!(std::env::var_os("NHI_CONSUMERS").is_none(), "{command:?} is required, and is not installed");
        return None;
    }
    let folder = tempfile::tempdir().expect("temp");
    let file = folder.path().join("report");
    fs::write(&file, report).expect("written");
    let done = command.arg(&file).stdin(Stdio::null()).output().expect("starts");
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
    Some(String::from_utf8_lossy(&done.stdout).into_owned())
}

fn python(module: &str, program: &str, report: &str) -> Option<String> {
    let interpreter = std::env::var("NHI_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has = Command::new(&interpreter).args(["-c", &format!("import {module}")]).stderr(Stdio::null()).status().is_ok_and(|s| s.success());
    let mut command = Command::new(interpreter);
    command.args(["-c", program]);
    consume(command, has, report)
}

#[test]
fn graph_tools_read_what_is_meant_for_them() {
    for (graphml, opengraph) in reports("graphml").iter().zip(&reports("opengraph")) {
        let graph = parsed(opengraph)["graph"].take();
        let nodes = graph["nodes"].as_array().map(Vec::len);
        let read = "import sys, networkx; g = networkx.read_graphml(sys.argv[1], force_multigraph=True); print(g.number_of_nodes())";
        if let Some(said) = python("networkx", read, graphml) {
            assert_eq!(said.trim().parse().ok(), nodes, "networkx reads every node");
        }
        let read = "import sys; from bhopengraph.OpenGraph import OpenGraph; g = OpenGraph(); g.import_from_file(sys.argv[1]); print(g.get_node_count())";
        if let Some(said) = python("bhopengraph", read, opengraph) {
            assert_eq!(said.trim().parse().ok(), nodes, "bhopengraph reads every node");
        }
    }
    for report in reports("dot") {
        let has = Command::new("dot").arg("-V").stderr(Stdio::null()).status().is_ok_and(|s| s.success());
        let mut command = Command::new("dot");
        command.arg("-Tcanon");
        if let Some(said) = consume(command, has, &report) {
            assert!(said.contains("digraph"), "{said}");
        }
    }
}
