//! Pipelines: what runs, as whom, with which secrets.

mod agent_step;
mod github;
mod gitlab;
mod jenkins;

use super::{Extractor, Read};

/// The extractors of this wing.
pub const EXTRACTORS: &[Extractor] = &[
    Extractor {
        name: "github-actions",
        about: "GitHub Actions: jobs, tokens, secrets, OIDC subjects, actions, triggers, agents",
        matches: |path, _| {
            let name = path.rsplit('/').next().unwrap_or(path);
            let workflow = path.contains(".github/workflows/") && (path.ends_with(".yml") || path.ends_with(".yaml"));
            workflow || matches!(name, "action.yml" | "action.yaml")
        },
        read: Read::Each(github::read),
    },
    Extractor {
        name: "gitlab-ci",
        about: "GitLab CI: jobs, secret variables, identity tokens",
        matches: |path, _| path.ends_with(".gitlab-ci.yml") || path.ends_with(".gitlab-ci.yaml"),
        read: Read::Each(gitlab::read),
    },
    Extractor {
        name: "jenkins",
        about: "Jenkinsfiles: credentials that a pipeline binds",
        matches: |path, _| path.rsplit('/').next().is_some_and(|n| n.starts_with("Jenkinsfile") || n.ends_with(".jenkinsfile")),
        read: Read::Each(jenkins::read),
    },
];
