//! How wide the subjects are that a federated trust admits (domain specification, 3.5), in the grammar of each issuer.

use serde_json::Value as Json;

use super::granting::many;

/// From the widest to the narrowest.
const BREADTHS: &[&str] = &["world", "org", "repo", "pull_request", "branch", "tag", "environment"];
const WORLD: usize = 0;
const ORG: usize = 1;
const REPO: usize = 2;
const PULL_REQUEST: usize = 3;
const BRANCH: usize = 4;
const TAG: usize = 5;
const ENVIRONMENT: usize = 6;

/// The widest of the subjects that conditions name; without any, everyone.
pub(super) fn breadth(conditions: Option<&Json>) -> &'static str {
    let mut subjects = Vec::new();
    for (_, tests) in conditions.and_then(Json::as_object).into_iter().flatten() {
        for (claim, values) in tests.as_object().into_iter().flatten() {
            if claim.ends_with(":sub") {
                subjects.extend(many(values));
            }
        }
    }
    BREADTHS[subjects.iter().map(|s| of(s)).min().unwrap_or(WORLD)]
}

fn of(subject: &str) -> usize {
    if subject.trim_matches('*').is_empty() {
        return WORLD;
    }
    let open = |text: &str| text.is_empty() || text.contains('*');
    // `word:value` pairs: GitLab, Buildkite, Terraform Cloud.
    let value = |word: &str| subject.split_once(&format!("{word}:")).map(|(_, rest)| rest.split(':').next().unwrap_or(rest));
    if let Some(path) = subject.strip_prefix("project_path:") {
        let project = path.split(':').next().unwrap_or(path);
        return match value("ref_type") {
            _ if project == "*" => WORLD,
            _ if open(project) => ORG,
            _ if subject.contains("environment:") => ENVIRONMENT,
            Some("tag") => TAG,
            Some("branch") if value(":ref").is_some_and(|r| r != "*") => BRANCH,
            _ => REPO,
        };
    }
    if let Some(rest) = subject.strip_prefix("organization:") {
        let unit = value("pipeline").or_else(|| value("workspace"));
        return match unit {
            _ if rest.starts_with('*') => WORLD,
            None => ORG,
            Some(unit) if open(unit) => ORG,
            Some(_) if value(":ref").is_some_and(|r| r.starts_with("refs/tags/")) => TAG,
            Some(_) if value(":ref").is_some_and(|r| !open(r)) => BRANCH,
            // A workspace stands for one environment.
            Some(_) if value("workspace").is_some() => ENVIRONMENT,
            Some(_) => REPO,
        };
    }
    if let Some(rest) = subject.strip_prefix("org/") {
        let parts: Vec<&str> = rest.split('/').collect();
        return match parts.as_slice() {
            ["*", ..] => WORLD,
            [_, "project", project, rest @ ..] if !open(project) => {
                if rest.iter().any(|p| p.starts_with("refs")) {
                    BRANCH
                } else {
                    REPO
                }
            }
            _ => ORG,
        };
    }
    match subject {
        "repo:*" => WORLD,
        s if s.starts_with("repo:") && s.ends_with("/*") && s.matches('/').count() == 1 => ORG,
        s if s.starts_with("repo:") && s.ends_with(":*") && s.matches(':').count() == 2 => REPO,
        s if s.ends_with(":pull_request") => PULL_REQUEST,
        s if s.contains(":ref:refs/tags/") => TAG,
        s if s.contains(":environment:") => ENVIRONMENT,
        s if s.contains('*') && s.starts_with("repo:") && s.matches(':').count() == 1 => ORG,
        // `{repository}:{environment}:{step}` of Bitbucket, by numbers.
        s if s.starts_with('{') => match s.split(':').collect::<Vec<_>>().as_slice() {
            [_, environment, _] if !open(environment) => ENVIRONMENT,
            _ => REPO,
        },
        _ => BRANCH,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_issuer_has_its_grammar() {
        for (subject, expected) in [
            ("*", "world"),
            ("repo:acme/*", "org"),
            ("repo:acme/web:*", "repo"),
            ("repo:acme/web:pull_request", "pull_request"),
            ("repo:acme/web:ref:refs/heads/main", "branch"),
            ("repo:acme/web:environment:prod", "environment"),
            ("project_path:acme/*:ref_type:branch:ref:main", "org"),
            ("project_path:acme/web:*", "repo"),
            ("project_path:acme/web:ref_type:branch:ref:*", "repo"),
            ("project_path:acme/web:ref_type:branch:ref:main", "branch"),
            ("project_path:acme/web:ref_type:tag:ref:v1", "tag"),
            ("organization:acme:*", "org"),
            ("organization:acme:pipeline:web:*", "repo"),
            ("organization:acme:pipeline:web:ref:refs/heads/main:commit:*:step:*", "branch"),
            ("organization:acme:project:*:workspace:*:run_phase:*", "org"),
            ("organization:acme:project:Default:workspace:prod:run_phase:apply", "environment"),
            ("org/0123/project/*/user/*", "org"),
            ("org/0123/project/4567/user/*", "repo"),
            ("{0123}:*", "repo"),
            ("{0123}:{4567}:*", "environment"),
            ("system:serviceaccount:pay:api", "branch"),
        ] {
            assert_eq!(BREADTHS[of(subject)], expected, "{subject}");
        }
        assert_eq!(breadth(None), "world");
    }
}
