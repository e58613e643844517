//! What a token says of whom it was issued to: the claims that follow from its subject, by issuer.

use std::collections::BTreeMap;

/// Words of subjects that name what follows them.
const WORDS: &[&str] = &[
    "repo",
    "environment",
    "ref",
    "job_workflow_ref",
    "project_path",
    "ref_type",
    "organization",
    "pipeline",
    "commit",
    "step",
    "project",
    "workspace",
    "run_phase",
    "account",
    "scm_repo_url",
    "scm_user_name",
    "scm_ref",
    "org",
    "stack",
    "operation",
    "scope",
    "space",
    "module",
    "run_type",
];

/// Subject and claims of a token; values may be patterns.
#[derive(Clone, Debug, Default)]
pub(super) struct Claims {
    pub subject: String,
    named: BTreeMap<String, String>,
}

impl Claims {
    /// Claims that a subject of this issuer implies.
    pub(super) fn of(issuer: &str, subject: &str) -> Self {
        let mut claims = Claims { subject: subject.to_owned(), named: BTreeMap::new() };
        if let Some((namespace, name)) = subject.strip_prefix("system:serviceaccount:").and_then(|r| r.split_once(':')) {
            claims.say("namespace", namespace);
            claims.say("service_account", name);
            return claims;
        }
        if let Some((domain, path)) = subject.strip_prefix("spiffe://").and_then(|r| r.split_once('/')) {
            claims.say("trust_domain", domain);
            claims.say("path", path);
            return claims;
        }
        if let Some(rest) = subject.strip_prefix("org/") {
            let parts: Vec<&str> = rest.split('/').collect();
            claims.say("org", parts.first().copied().unwrap_or("*"));
            claims.say("oidc.circleci.com/project-id", parts.get(2).copied().unwrap_or("*"));
            return claims;
        }
        let mut word: Option<(&str, String)> = None;
        for segment in subject.split(':') {
            match &mut word {
                Some((_, value)) if value.is_empty() => value.push_str(segment),
                Some((_, value)) if !WORDS.contains(&segment) && segment != "pull_request" => {
                    value.push(':');
                    value.push_str(segment);
                }
                _ => {
                    if let Some((name, value)) = word.take() {
                        claims.word(issuer, name, &value);
                    }
                    word = WORDS.iter().find(|w| **w == segment).map(|w| (*w, String::new()));
                    if segment == "pull_request" {
                        claims.say("event_name", "pull_request");
                        claims.say("ref", "refs/pull/*/merge");
                    }
                }
            }
        }
        if let Some((name, value)) = word {
            claims.word(issuer, name, &value);
        }
        claims
    }

    fn word(&mut self, issuer: &str, name: &str, value: &str) {
        self.say(name, value);
        match name {
            "repo" => {
                self.say("repository", value);
                self.say("repository_owner", value.split('/').next().unwrap_or(value));
            }
            "ref" if value.starts_with("refs/tags/") => self.say("ref_type", "tag"),
            "ref" if value.starts_with("refs/heads/") => self.say("ref_type", "branch"),
            "account" if issuer.contains("codefresh") => self.say("account_id", value),
            "pipeline" if issuer.contains("codefresh") => self.say("pipeline_id", value),
            "org" if issuer.contains("pulumi") => self.say("organization", value),
            "space" => self.say("spaceId", value),
            "stack" | "module" if issuer.contains("spacelift") => {
                self.say("callerType", name);
                self.say("callerId", value);
            }
            "run_type" => self.say("runType", value),
            "account" if issuer.contains("scalr") => self.say("scalr_account_name", value),
            "environment" if issuer.contains("scalr") => self.say("scalr_environment_name", value),
            "workspace" if issuer.contains("scalr") => self.say("scalr_workspace_name", value),
            "project_path" => self.say("namespace_path", value.rsplit_once('/').map_or(value, |(n, _)| n)),
            "organization" if issuer.contains("buildkite") => self.say("organization_slug", value),
            "pipeline" => self.say("pipeline_slug", value),
            "organization" => self.say("terraform_organization_name", value),
            "project" if issuer.contains("semaphore") => self.say("project_id", value),
            "project" => self.say("terraform_project_name", value),
            "workspace" => self.say("terraform_workspace_name", value),
            "run_phase" => self.say("terraform_run_phase", value),
            _ => {}
        }
    }

    fn say(&mut self, name: &str, value: &str) {
        self.named.insert(name.to_owned(), value.to_owned());
    }

    /// A claim by its name; `None` when the subject does not tell it.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        if name == "sub" { Some(&self.subject) } else { self.named.get(name).map(String::as_str) }
    }
}
