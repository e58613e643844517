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
    // Of each claim the widest of its values; of several tests the narrowest holds.
    let (mut subject, mut claimed, mut part) = (WORLD, WORLD, WORLD);
    for (operator, tests) in conditions.and_then(Json::as_object).into_iter().flatten() {
        if !bounds(operator) {
            continue;
        }
        for (claim, values) in tests.as_object().into_iter().flatten() {
            let (name, values) = (claim.rsplit(':').next().unwrap_or(claim), many(values));
            let widest = |of: &dyn Fn(&str) -> usize| values.iter().map(|v| of(v)).min().unwrap_or(WORLD);
            let closed = |narrow: usize| widest(&|v| if v.contains('*') { WORLD } else { narrow });
            match name {
                "sub" => subject = subject.max(widest(&of)),
                "repository_owner" | "repository_owner_id" | "organization_slug" | "organization_id" | "namespace_path" | "namespace_id" => {
                    claimed = claimed.max(closed(ORG));
                }
                "repository" | "repository_id" | "project_path" | "project_id" | "pipeline_slug" | "pipeline_id" => claimed = claimed.max(closed(REPO)),
                "ref" => part = part.max(closed(BRANCH)),
                "environment" => part = part.max(closed(ENVIRONMENT)),
                _ => {}
            }
        }
    }
    // A branch or an environment narrows a repository; alone it is that of any.
    let whole = subject.max(claimed);
    BREADTHS[if whole >= REPO { whole.max(part) } else { whole }]
}

/// How wide a trust in every principal of AWS is that these conditions narrow: to an organisation, to accounts or principals that it names, or not at all.
pub(super) fn of_principals(conditions: Option<&Json>) -> &'static str {
    let tests = conditions.and_then(Json::as_object).into_iter().flatten().filter(|(operator, _)| bounds(operator)).filter_map(|(_, tests)| tests.as_object());
    let (mut organisation, mut other) = (false, false);
    for (key, values) in tests.flatten() {
        let open = many(values).iter().any(|v| v.trim_matches('*').is_empty());
        match key.to_ascii_lowercase().as_str() {
            _ if open => {}
            "aws:principalaccount" | "aws:sourceaccount" | "aws:principalarn" | "aws:sourcearn" | "aws:userid" => return "principal",
            "aws:principalorgid" | "aws:principalorgpaths" | "aws:sourceorgid" | "aws:sourceorgpaths" => organisation = true,
            _ => other = true,
        }
    }
    match (organisation, other) {
        (true, _) => "org",
        (false, true) => "unknown",
        (false, false) => "world",
    }
}

/// Whether a test keeps anyone out: what is true of a token without the claim, or names only whom it does not mean, does not.
fn bounds(operator: &str) -> bool {
    !(operator.starts_with("ForAllValues:") || operator.ends_with("IfExists") || operator.contains("Not") || operator == "Null")
}

/// Words of subjects by what they name: the owner of all, a unit of work, an environment.
const OWNERS: &[&str] = &["account", "org", "space", "org_id", "team_id", "workspace_id"];
const UNITS: &[&str] = &["pipeline", "project", "repo", "module", "app_name"];
const PLACES: &[&str] = &["stack", "workspace", "environment", "environment_name"];

/// Subjects made of words and what they name, `account:a:pipeline:p:…`: Codefresh, Semaphore, Pulumi, Scalr, Spacelift, Modal, Devin, Cursor.
fn by_words(subject: &str) -> Option<usize> {
    let parts: Vec<&str> = subject.split(':').collect();
    let value = |words: &[&str]| parts.windows(2).find(|p| words.contains(&p[0])).map(|p| p[1]);
    let open = |text: &str| text.is_empty() || text.contains('*');
    let closed = |text: Option<&str>| text.is_some_and(|t| !open(t));
    let starts = parts.iter().position(|p| OWNERS.contains(p)).filter(|i| *i <= 2)?;
    let owner = parts.get(starts + 1).copied().unwrap_or_default();
    Some(match value(&["ref", "scm_ref"]) {
        _ if open(owner) => WORLD,
        _ if closed(value(PLACES)) => ENVIRONMENT,
        _ if !closed(value(UNITS)) => ORG,
        Some(r) if r.starts_with("refs/tags/") => TAG,
        Some(r) if !open(r) => BRANCH,
        _ => REPO,
    })
}

fn of(subject: &str) -> usize {
    if subject.trim_matches('*').is_empty() {
        return WORLD;
    }
    let open = |text: &str| text.is_empty() || text.contains('*');
    // `word:value` pairs: GitLab, Buildkite, Terraform Cloud.
    let value = |word: &str| subject.split_once(&format!("{word}:")).map(|(_, rest)| rest.split(':').next().unwrap_or(rest));
    if let Some(rest) = subject.strip_prefix("spiffe://") {
        let (domain, path) = rest.split_once('/').unwrap_or((rest, ""));
        return match path.split('/').position(open) {
            _ if open(domain) => WORLD,
            Some(0) => ORG,
            Some(_) => REPO,
            None => BRANCH,
        };
    }
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
    if let Some(found) = by_words(subject).filter(|_| !subject.starts_with("repo:")) {
        return found;
    }
    match subject {
        "repo:*" => WORLD,
        s if s.starts_with("scoped_principal:") && s.ends_with("/*") => ORG,
        "user:*" | "service_account:*" => WORLD,
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
    use serde_json::json;

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
            ("account:0123:*", "org"),
            ("account:0123:pipeline:4567:*", "repo"),
            ("account:*", "world"),
            ("org:acme:project:0123:repo:web:ref_type:branch:ref:refs/heads/main", "branch"),
            ("org:acme:project:0123:*", "repo"),
            ("pulumi:deploy:org:acme:project:web:stack:prod:operation:update:scope:write", "environment"),
            ("pulumi:deploy:org:acme:*", "org"),
            ("space:root:stack:web:run_type:TRACKED:scope:write", "environment"),
            ("space:root:*", "org"),
            ("org_id:0123", "org"),
            ("user:*", "world"),
            ("scoped_principal:0123/*", "org"),
            ("spiffe://acme.io/*", "org"),
            ("spiffe://acme.io/ns/pay/*", "repo"),
            ("spiffe://acme.io/ns/pay/sa/api", "branch"),
        ] {
            assert_eq!(BREADTHS[of(subject)], expected, "{subject}");
        }
        assert_eq!(breadth(None), "world");
        for (conditions, expected) in [
            (json!({"StringEquals": {"aws:PrincipalOrgID": "o-0123"}}), "org"),
            (json!({"StringLike": {"aws:PrincipalOrgID": "*"}}), "world"),
            (json!({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-0123"}}), "world"),
            (json!({"StringEquals": {"aws:PrincipalAccount": "111122223333", "aws:PrincipalOrgID": "o-0123"}}), "principal"),
            (json!({"StringEquals": {"sts:ExternalId": "x"}}), "unknown"),
        ] {
            assert_eq!(of_principals(Some(&conditions)), expected, "{conditions}");
        }
        assert_eq!(of_principals(None), "world");
        for (conditions, expected) in [
            (json!({"ForAllValues:StringLike": {"i:sub": "repo:acme/web:*"}}), "world"),
            (json!({"StringLikeIfExists": {"i:sub": "repo:acme/web:*"}}), "world"),
            (json!({"StringNotLike": {"i:sub": "repo:evil/*"}}), "world"),
            (json!({"ForAnyValue:StringLike": {"i:sub": "repo:acme/web:*"}}), "repo"),
            (json!({"StringEquals": {"i:repository": "acme/web"}}), "repo"),
            (json!({"StringEquals": {"i:repository": "acme/web", "i:environment": "prod"}}), "environment"),
            (json!({"StringEquals": {"i:environment": "prod"}}), "world"),
            (json!({"StringLike": {"i:sub": "repo:acme/*"}, "StringEquals": {"i:repository_owner": "acme", "i:ref": "refs/heads/main"}}), "org"),
            (json!({"StringLike": {"i:sub": "repo:acme/web:*"}, "StringEquals": {"i:ref": "refs/heads/main"}}), "branch"),
        ] {
            assert_eq!(breadth(Some(&conditions)), expected, "{conditions}");
        }
    }
}
