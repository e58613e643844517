//! Every extractor on arbitrary bytes: the first byte chooses the name of the file, and so the format.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use nhi::document::Document;
use nhi::extract::Extraction;

/// One name for each syntax and each family of formats.
const NAMES: &[&str] = &[
    ".github/workflows/a.yml",
    ".gitlab-ci.yml",
    "main.tf",
    "prod.tfvars",
    "terraform.tfstate",
    "plan.json",
    "template.yaml",
    "main.bicep",
    "deploy/a.yaml",
    "kustomization.yaml",
    "chart/Chart.yaml",
    "chart/templates/a.yaml",
    "chart/values.yaml",
    "compose.yaml",
    "Dockerfile",
    ".env",
    ".npmrc",
    "kubeconfig",
    "settings.xml",
    ".mcp.json",
    "config.toml",
    "a.pem",
    "a.jks",
    "policy.hcl",
    "site.yml",
    "a.properties",
    "setup.sh",
    "app.py",
    "app.ts",
    "main.go",
    "A.java",
    "a.cs",
    "a.rb",
    "a.php",
    "main.rs",
    "Jenkinsfile",
    ".circleci/config.yml",
    "azure-pipelines.yml",
    "bitbucket-pipelines.yml",
    ".drone.yml",
    ".buildkite/pipeline.yml",
    "cloudbuild.yaml",
    ".travis.yml",
    "action.yml",
    ".claude/agents/a.md",
    ".claude/settings.json",
    "agents.yaml",
    "serverless.yml",
    "a.service",
    "a.nomad",
    ".sops.yaml",
    "schema.sql",
    "flow.json",
    "manifest.json",
    "pyproject.toml",
    "pom.xml",
];

fuzz_target!(|data: &[u8]| {
    let Some((choice, bytes)) = data.split_first() else { return };
    let name = NAMES[usize::from(*choice) % NAMES.len()];
    let extraction = Extraction::default();
    extraction.take(Document::new(Arc::from("repo:github.com/acme/web"), name, bytes.to_vec(), None));
    let facts = extraction.finish();
    // A failed extractor is caught, and says so.
    assert!(!facts.notes.iter().any(|n| n.reason.contains("failed on this file")), "{:?}", facts.notes);
});
