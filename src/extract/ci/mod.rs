//! Pipelines: what runs, as whom, with which secrets.

mod actions;
mod agent_start;
mod agent_step;
mod agent_tools;
mod azure;
mod bitbucket;
mod builders;
mod buildkite;
mod circleci;
mod drone;
mod federation;
mod github;
mod github_calls;
mod github_conditions;
mod github_scripts;
mod github_slots;
mod github_steps;
mod gitlab;
mod hazards;
pub(super) mod images;
mod jcasc;
mod jenkins;
mod jenkins_secrets;
mod job_dsl;
mod leaks;
mod travis;
pub(super) mod work;

pub(super) use github_slots::expressions;
pub(crate) use work::is_secret_name;

use super::{Extractor, Read};

/// The extractors of this wing.
pub const EXTRACTORS: &[Extractor] = &[
    Extractor {
        name: "github-actions",
        about: "GitHub Actions: jobs, tokens, secrets, OIDC subjects, actions, triggers, agents",
        // Examples and templates of workflows stand anywhere: jobs that say what they run on, or call a workflow, are GitHub's.
        matches: |path, head| {
            let name = path.rsplit('/').next().unwrap_or(path);
            let elsewhere = || (has(head, b"\njobs:") || head.starts_with(b"jobs:")) && (has(head, b" runs-on:") || has(head, b"/.github/workflows/"));
            is_yaml(path) && (path.contains(".github/workflows/") || elsewhere()) || matches!(name, "action.yml" | "action.yaml")
        },
        read: Read::Each(github::read),
    },
    Extractor {
        name: "gitlab-ci",
        about: "GitLab CI: jobs with what they extend and include, variables, stored secrets, identity tokens, environments, runners, downstream pipelines",
        // Included files have names of their own; a stage and a script at one level are GitLab's, and so is what includes a file of a project.
        matches: |path, head| {
            let yaml = path.ends_with(".yml") || path.ends_with(".yaml");
            let has = |word: &[u8]| memchr::memmem::find(head, word).is_some();
            let includes = || (has(b"\ninclude:") || head.starts_with(b"include:")) && has(b"- project:") && has(b" file:");
            let stages = || has(b"\n  stage:") && has(b"\n  script:") || has(b"\n  extends: .");
            yaml && (path.contains("gitlab-ci") || !path.contains(".github/") && (stages() || includes()))
        },
        read: Read::Each(gitlab::read),
    },
    Extractor {
        name: "jenkins-casc",
        about: "Jenkins configuration as code: credentials, nodes",
        matches: |path, head| {
            (path.ends_with(".yml") || path.ends_with(".yaml")) && memchr::memmem::find(head, b"jenkins:").is_some() && !path.contains("compose")
        },
        read: Read::Each(jcasc::read),
    },
    Extractor {
        name: "jenkins",
        about: "Jenkinsfiles: credentials and the variables that they are bound to, roles, nodes, libraries, what the steps run",
        matches: |path, _| path.rsplit('/').next().is_some_and(|n| n.starts_with("Jenkinsfile") || n.ends_with(".jenkinsfile")),
        read: Read::Each(jenkins::read),
    },
    Extractor {
        name: "jenkins-secrets",
        about: "values that a Jenkins controller encrypted, and its master key",
        matches: jenkins_secrets::matches,
        read: Read::Each(jenkins_secrets::read),
    },
    Extractor {
        name: "jenkins-job-dsl",
        about: "Jenkins Job DSL: jobs, folders, the credentials that they keep and bind",
        matches: |path, head| path.ends_with(".groovy") && (has(head, b"Job(") || has(head, b"folder(") || has(head, b"job(")),
        read: Read::Each(job_dsl::read),
    },
    Extractor {
        name: "circleci",
        about: "CircleCI: jobs, contexts, project variables, orbs, approvals, OIDC subjects",
        matches: |path, _| path.contains(".circleci/") && is_yaml(path),
        read: Read::Each(circleci::read),
    },
    Extractor {
        name: "azure-pipelines",
        about: "Azure Pipelines: jobs, variable groups, service connections, vault secrets, environments",
        // Templates have names of their own; a task with a version is Azure's.
        matches: |path, head| {
            is_yaml(path)
                && !path.contains(".github/")
                && (path.contains("azure-pipelines") || has(head, b"- task: ") && has(head, b"@") || has(head, b"vmImage:"))
        },
        read: Read::Each(azure::read),
    },
    Extractor {
        name: "bitbucket-pipelines",
        about: "Bitbucket Pipelines: steps, deployments, variables, pipes, OIDC subjects",
        matches: |path, _| path.ends_with("bitbucket-pipelines.yml"),
        read: Read::Each(bitbucket::read),
    },
    Extractor {
        name: "buildkite",
        about: "Buildkite: steps, secrets, plugins, queues, OIDC subjects",
        matches: |path, _| path.contains(".buildkite/") && is_yaml(path),
        read: Read::Each(buildkite::read),
    },
    Extractor {
        name: "drone",
        about: "Drone and Woodpecker: steps, secrets, events, privileged containers",
        matches: |path, _| is_yaml(path) && (path.contains(".woodpecker") || path.rsplit('/').next().is_some_and(|n| n.starts_with(".drone"))),
        read: Read::Each(drone::read),
    },
    Extractor {
        name: "builders",
        about: "Google Cloud Build, AWS CodeBuild, Dependabot: accounts, stored secrets, registries",
        matches: builders::wants,
        read: Read::Each(builders::read),
    },
    Extractor {
        name: "travis",
        about: "Travis CI: encrypted and plain variables, deployments",
        matches: |path, _| path.ends_with(".travis.yml"),
        read: Read::Each(travis::read),
    },
];

fn is_yaml(path: &str) -> bool {
    path.ends_with(".yml") || path.ends_with(".yaml")
}

fn has(head: &[u8], word: &[u8]) -> bool {
    memchr::memmem::find(head, word).is_some()
}
