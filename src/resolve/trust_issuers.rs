//! Each issuer of the census: a trust in its grammar admits the subject that it names, and not its neighbour.

use serde_json::json;

use super::claims::Claims;
use super::conditions::Tri;
use super::trust::{admits, plain};

/// Issuer, pattern of a trust, a subject that it admits, one that it does not.
const ISSUERS: &[(&str, &str, &str, &str)] = &[
    ("token.actions.githubusercontent.com", "repo:acme/web:environment:prod", "repo:acme/web:environment:prod", "repo:acme/web:environment:dev"),
    ("token.actions.githubusercontent.com/acme", "repo:acme/web:*", "repo:acme/web:ref:refs/heads/main", "repo:acme/api:ref:refs/heads/main"),
    ("github.acme.io/_services/token", "repo:acme/web:ref:refs/heads/main", "repo:acme/web:ref:refs/heads/main", "repo:acme/web:pull_request"),
    (
        "gitlab.com",
        "project_path:acme/web:ref_type:branch:ref:main",
        "project_path:acme/web:ref_type:branch:ref:main",
        "project_path:acme/web:ref_type:branch:ref:dev",
    ),
    ("gitlab.acme.io", "project_path:acme/*:ref_type:tag:ref:v*", "project_path:acme/web:ref_type:tag:ref:v1", "project_path:evil/web:ref_type:tag:ref:v1"),
    ("oidc.circleci.com/org/0123", "org/0123/project/4567/user/*", "org/0123/project/4567/user/89", "org/0123/project/9999/user/89"),
    (
        "oidc.circleci.com/org/0123",
        "org/0123/project/*/user/*/vcs-origin/github.com/acme/web/vcs-ref/refs/heads/main",
        "org/0123/project/4567/user/89/vcs-origin/github.com/acme/web/vcs-ref/refs/heads/main",
        "org/0123/project/4567/user/89/vcs-origin/github.com/acme/web/vcs-ref/refs/heads/dev",
    ),
    (
        "agent.buildkite.com",
        "organization:acme:pipeline:web:ref:refs/heads/main:commit:*:step:deploy",
        "organization:acme:pipeline:web:ref:refs/heads/main:commit:abc:step:deploy",
        "organization:acme:pipeline:web:ref:refs/heads/main:commit:abc:step:test",
    ),
    ("api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc", "{0123}:{4567}:*", "{0123}:{4567}:{89}", "{0123}:{9999}:{89}"),
    ("vstoken.dev.azure.com/0123", "sc://acme/shop/prod", "sc://acme/shop/prod", "sc://acme/shop/dev"),
    (
        "app.terraform.io",
        "organization:acme:project:core:workspace:net:run_phase:*",
        "organization:acme:project:core:workspace:net:run_phase:apply",
        "organization:acme:project:core:workspace:dns:run_phase:apply",
    ),
    (
        "tfe.acme.io",
        "organization:acme:project:*:workspace:*:run_phase:plan",
        "organization:acme:project:core:workspace:net:run_phase:plan",
        "organization:acme:project:core:workspace:net:run_phase:apply",
    ),
    (
        "oidc.codefresh.io",
        "account:0123:pipeline:4567:scm_repo_url:https://github.com/acme/web:scm_user_name:*:scm_ref:main",
        "account:0123:pipeline:4567:scm_repo_url:https://github.com/acme/web:scm_user_name:carol:scm_ref:main",
        "account:0123:pipeline:4567:scm_repo_url:https://github.com/acme/web:scm_user_name:carol:scm_ref:dev",
    ),
    (
        "acme.semaphoreci.com",
        "org:acme:project:0123:repo:web:ref_type:branch:ref:refs/heads/main",
        "org:acme:project:0123:repo:web:ref_type:branch:ref:refs/heads/main",
        "org:acme:project:0123:repo:web:ref_type:pull-request:ref:refs/pull/1",
    ),
    (
        "api.pulumi.com/oidc",
        "pulumi:deploy:org:acme:project:web:stack:prod:operation:*:scope:write",
        "pulumi:deploy:org:acme:project:web:stack:prod:operation:update:scope:write",
        "pulumi:deploy:org:acme:project:web:stack:dev:operation:update:scope:write",
    ),
    (
        "acme.app.spacelift.io",
        "space:root:stack:web:run_type:TRACKED:scope:write",
        "space:root:stack:web:run_type:TRACKED:scope:write",
        "space:root:stack:web:run_type:PROPOSED:scope:read",
    ),
    ("scalr.io", "account:acme:environment:prod:workspace:*", "account:acme:environment:prod:workspace:net", "account:acme:environment:dev:workspace:net"),
    ("oidc.eks.eu-west-1.amazonaws.com/id/0123", "system:serviceaccount:pay:api", "system:serviceaccount:pay:api", "system:serviceaccount:pay:web"),
    ("westeurope.oic.prod-aks.azure.com/0123/4567/", "system:serviceaccount:pay:*", "system:serviceaccount:pay:api", "system:serviceaccount:web:api"),
    (
        "container.googleapis.com/v1/projects/p/locations/l/clusters/c",
        "system:serviceaccount:pay:api",
        "system:serviceaccount:pay:api",
        "system:serviceaccount:pay:api2",
    ),
    ("spire.acme.io", "spiffe://acme.io/ns/pay/*", "spiffe://acme.io/ns/pay/sa/api", "spiffe://evil.io/ns/pay/sa/api"),
    (
        "identity.depot.dev",
        "spiffe://identity.depot.dev/org/0123/ci/github/acme/web/ref/refs/heads/main/*",
        "spiffe://identity.depot.dev/org/0123/ci/github/acme/web/ref/refs/heads/main/sandbox/1",
        "spiffe://identity.depot.dev/org/0123/ci/github/acme/web/ref/refs/heads/dev/sandbox/1",
    ),
    (
        "oidc.modal.com",
        "modal:workspace_id:0123:environment_name:prod:*",
        "modal:workspace_id:0123:environment_name:prod:app_name:web:function_name:f:container_id:c",
        "modal:workspace_id:0123:environment_name:dev:app_name:web:function_name:f:container_id:c",
    ),
    ("app.devin.ai", "org_id:0123", "org_id:0123", "org_id:4567"),
    ("api.cursor.com", "team_id:123", "team_id:123", "user:123"),
    ("app.warp.dev", "scoped_principal:0123/*", "scoped_principal:0123/user:4567", "scoped_principal:9999/user:4567"),
    ("0123.tokens.sts.global.api.aws", "arn:aws:iam::111122223333:role/data", "arn:aws:iam::111122223333:role/data", "arn:aws:iam::111122223333:role/web"),
    ("accounts.google.com", "112233445566778899000", "112233445566778899000", "112233445566778899001"),
];

#[test]
fn every_issuer_is_read_in_its_grammar() {
    for (issuer, pattern, inside, outside) in ISSUERS {
        let aws = |operator: &str| [("conditions".into(), json!({operator: {format!("{issuer}:sub"): pattern}}))].into_iter().collect();
        let entra = [("subject".into(), json!(pattern))].into_iter().collect();
        let vault = [("bound".into(), json!({"bound_claims": {"sub": [pattern]}, "bound_claims_type": "glob"}))].into_iter().collect();
        let google = [("attribute_condition".into(), json!(format!("assertion.sub == '{inside}'")))].into_iter().collect();
        for (trust, literal) in [(aws("StringLike"), false), (vault, false), (entra, true), (google, false)] {
            // Entra takes a subject word by word: a star in it is a letter.
            let admitted = if literal && pattern.contains('*') { Tri::False } else { Tri::True };
            assert_eq!(admits(&trust, &Claims::of(issuer, inside)), Some(admitted), "{trust:?} against {inside} of {issuer}");
            assert_eq!(admits(&trust, &Claims::of(issuer, outside)), Some(Tri::False), "{trust:?} against {outside} of {issuer}");
        }
        let vacuous = aws("ForAllValues:StringLike");
        assert_eq!(admits(&vacuous, &Claims::of(issuer, outside)), Some(Tri::True), "a test of every value is one of none: {issuer}");
    }
}

#[test]
fn claims_follow_from_the_subject() {
    for (issuer, subject, claim, value) in [
        (
            "oidc.codefresh.io",
            "account:a:pipeline:p:scm_repo_url:https://github.com/acme/web:scm_user_name:u:scm_ref:main",
            "scm_repo_url",
            "https://github.com/acme/web",
        ),
        ("oidc.codefresh.io", "account:a:pipeline:p:scm_repo_url:x:scm_user_name:u:scm_ref:main", "pipeline_id", "p"),
        ("api.pulumi.com/oidc", "pulumi:deploy:org:acme:project:web:stack:prod:operation:update:scope:write", "stack", "prod"),
        ("acme.app.spacelift.io", "space:root:stack:web:run_type:TRACKED:scope:write", "callerId", "web"),
        ("scalr.io", "account:acme:environment:prod:workspace:net", "scalr_workspace_name", "net"),
        ("spire.acme.io", "spiffe://acme.io/ns/pay/sa/api", "trust_domain", "acme.io"),
        ("acme.semaphoreci.com", "org:acme:project:0123:repo:web:ref_type:branch:ref:refs/heads/main", "project_id", "0123"),
    ] {
        assert_eq!(Claims::of(issuer, subject).get(claim), Some(value), "{subject}");
    }
}

#[test]
fn numbers_beside_names_are_compared_when_both_sides_have_them() {
    let issuer = "token.actions.githubusercontent.com";
    let trust = |pattern: &str| [("conditions".into(), json!({"StringLike": {format!("{issuer}:sub"): pattern}}))].into_iter().collect();
    for (pattern, subject, admitted) in [
        // A workflow's file tells no numbers: the names decide.
        ("repo:acme@12/web@34:environment:prod", "repo:acme/web:environment:prod", Tri::True),
        ("repo:acme@12/web@34:environment:prod", "repo:acme/api:environment:prod", Tri::False),
        ("repo:acme@12/web@34:environment:prod", "repo:acme@12/web@34:environment:prod", Tri::True),
        // The same names under other numbers: the repository was made anew.
        ("repo:acme@12/web@34:environment:prod", "repo:acme@12/web@56:environment:prod", Tri::False),
        // New tokens carry numbers that a trust in names alone does not admit.
        ("repo:acme/web:environment:prod", "repo:acme@12/web@34:environment:prod", Tri::False),
        ("repo:acme@12/*:environment:prod", "repo:acme/web:environment:prod", Tri::True),
    ] {
        assert_eq!(admits(&trust(pattern), &Claims::of(issuer, subject)), Some(admitted), "{pattern} against {subject}");
    }
    assert_eq!(plain("repo:acme@12/web@34:ref:refs/heads/a@1"), "repo:acme/web:ref:refs/heads/a");
    assert_eq!(plain("deploy@acme.iam"), "deploy@acme.iam");
}
