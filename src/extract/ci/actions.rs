//! Actions that are handed a credential, or fetch one: what each opens, by the inputs that its own description names.

use super::federation::become_identity;
use super::github::Job;
use super::github_slots::{expressions, slot};
use super::work::is_secret_name;
use crate::document::Node;
use crate::model::{Basis, Facts, Key, Kind, Location};
use crate::relation::{AUTHENTICATES_AS, CAN_ACCESS, CAN_ASSUME, CONSUMES, DEPLOYS, RUNS_AS};

/// An action (or the owner of several), the input that names where it goes, and what that is when the input is missing.
struct Opens {
    action: &'static str,
    input: &'static str,
    subtype: &'static str,
    id: &'static str,
    level: &'static str,
}

const fn opens(action: &'static str, input: &'static str, subtype: &'static str, id: &'static str, level: &'static str) -> Opens {
    Opens { action, input, subtype, id, level }
}

const OPENS: &[Opens] = &[
    opens("aws-actions/amazon-ecr-login", "", "container-registry", "ecr:?", "write"),
    opens("redhat-actions/podman-login", "registry", "container-registry", "host:docker.io", "write"),
    opens("appleboy/ssh-action", "host", "host", "host:?", "admin"),
    opens("appleboy/scp-action", "host", "host", "host:?", "write"),
    opens("easingthemes/ssh-deploy", "REMOTE_HOST", "host", "host:?", "write"),
    opens("burnett01/rsync-deployments", "remote_host", "host", "host:?", "write"),
    opens("cloudflare/wrangler-action", "", "saas-tenant", "saas:cloudflare", "write"),
    opens("cloudflare/pages-action", "", "saas-tenant", "saas:cloudflare", "write"),
    opens("superfly/flyctl-actions", "", "saas-tenant", "saas:fly.io", "write"),
    opens("amondnet/vercel-action", "", "saas-tenant", "saas:vercel", "write"),
    opens("nwtgck/actions-netlify", "", "saas-tenant", "saas:netlify", "write"),
    opens("netlify/actions", "", "saas-tenant", "saas:netlify", "write"),
    opens("akhileshns/heroku-deploy", "", "saas-tenant", "saas:heroku", "write"),
    opens("FirebaseExtended/action-hosting-deploy", "projectId", "saas-tenant", "saas:firebase", "write"),
    opens("slackapi/slack-github-action", "", "messaging", "saas:slack/?", "write"),
    opens("8398a7/action-slack", "", "messaging", "saas:slack/?", "write"),
    opens("codecov/codecov-action", "", "saas-tenant", "saas:codecov", "write"),
    opens("SonarSource/sonarqube-scan-action", "", "saas-tenant", "saas:sonar", "write"),
    opens("SonarSource/sonarcloud-github-action", "", "saas-tenant", "saas:sonar", "write"),
    opens("snyk/actions", "", "saas-tenant", "saas:snyk", "write"),
    opens("getsentry/action-release", "", "monitoring", "saas:sentry", "write"),
    opens("DataDog/", "", "monitoring", "saas:datadog", "write"),
    opens("hashicorp/setup-terraform", "cli_config_credentials_hostname", "saas-tenant", "host:app.terraform.io", "write"),
    opens("hashicorp/tfc-workflows-github", "", "saas-tenant", "host:app.terraform.io", "write"),
    opens("pulumi/actions", "", "saas-tenant", "saas:pulumi", "write"),
    opens("pulumi/auth-actions", "", "saas-tenant", "saas:pulumi", "write"),
    opens("jfrog/setup-jfrog-cli", "", "package-registry", "saas:jfrog", "write"),
    opens("tailscale/github-action", "", "network", "saas:tailscale", "write"),
    opens("gradle/", "", "package-registry", "saas:gradle", "write"),
    opens("JS-DevTools/npm-publish", "registry", "package-registry", "host:registry.npmjs.org", "write"),
    opens("pypa/gh-action-pypi-publish", "repository-url", "package-registry", "host:upload.pypi.org", "write"),
    opens("rubygems/release-gem", "", "package-registry", "host:rubygems.org", "write"),
    opens("rust-lang/crates-io-auth-action", "", "package-registry", "host:crates.io", "write"),
    opens("google-github-actions/get-gke-credentials", "cluster_name", "cluster", "k8s:?", "write"),
    opens("azure/k8s-set-context", "", "cluster", "k8s:?", "write"),
    opens("azure/aks-set-context", "cluster-name", "cluster", "k8s:?", "write"),
    opens("azure/k8s-deploy", "", "cluster", "k8s:?", "write"),
    opens("actions-hub/kubectl", "", "cluster", "k8s:?", "write"),
    opens("google-github-actions/deploy-cloudrun", "service", "container-service", "cloudrun:?", "write"),
    opens("aws-actions/amazon-ecs-deploy-task-definition", "service", "compute", "ecs:?", "write"),
    opens("azure/webapps-deploy", "app-name", "compute", "azure-webapp:?", "write"),
];

/// Registries that accept a job's own subject in place of a token.
const TRUSTED_PUBLISHING: &[(&str, &[&str])] =
    &[("pypa/gh-action-pypi-publish", &["password", "api-token"]), ("rubygems/release-gem", &[]), ("rust-lang/crates-io-auth-action", &[])];

/// What changes what runs, rather than only reading or telling.
const DEPLOYING: &[&str] = &["deploy", "publish", "release-gem", "wrangler", "flyctl", "vercel", "netlify", "k8s-", "kubectl", "rsync", "scp"];

/// Says what a credentialed action of a step opens.
pub(super) fn read(job: &Job<'_>, name: &str, step: &Node, tool: &Key, at: &Location, facts: &mut Facts) {
    let input = |name: &str| step.path(&["with", name]);
    if let Some(found) = OPENS
        .iter()
        .find(|o| name.eq_ignore_ascii_case(o.action) || (o.action.ends_with('/') && name.starts_with(o.action)) || name.starts_with(&format!("{}/", o.action)))
    {
        let named = input(found.input).and_then(Node::str).filter(|v| !v.is_empty() && !v.contains("${{"));
        let id = match named {
            Some(value) if found.id.starts_with("host:") => format!("host:{}", value.split("://").last().unwrap_or(value).split('/').next().unwrap_or(value)),
            Some(value) => found.id.replace('?', value),
            None => found.id.to_owned(),
        };
        let key = Key::new(Kind::Resource, found.subtype, &id);
        facts.mention(&key, id.split_once(':').map_or(&*id, |(_, n)| n), at.clone());
        facts.relate(tool, &CAN_ACCESS, &key, at.clone()).basis(Basis::EnvAssumed).attr("level", found.level);
        shows(job, step, &key, found.level, facts);
        if job.key.kind == Kind::Consumer && DEPLOYING.iter().any(|d| name.to_ascii_lowercase().contains(d)) {
            facts.relate(&job.key, &DEPLOYS, &key, at.clone()).basis(Basis::EnvAssumed);
        }
        let mints = job.permissions.get("id-token").is_some_and(|v| v == "write");
        let trusted = TRUSTED_PUBLISHING.iter().any(|(a, inputs)| *a == name && !inputs.iter().any(|i| input(i).is_some()));
        if trusted && mints {
            facts.mention(tool, String::new(), at.clone()).attr("trusted_publishing", true);
        }
    }
    stores(job, name, step, tool, facts);
    match name {
        "hashicorp/vault-action" => vault(job, step, tool, facts),
        "webfactory/ssh-agent" | "shimataro/ssh-key-action" => {
            // Whoever the key opens is not for the workflow to say.
            if let Some(key) = ["ssh-private-key", "key"].iter().find_map(|i| input(i)) {
                for (kind, secret, _) in key.str().map(expressions).unwrap_or_default() {
                    let from = slot(job, kind, &secret);
                    let principal = Key::new(Kind::Identity, "ssh-principal", format!("ssh-principal:value-of/{}", from.id));
                    facts.mention(&principal, secret, job.document.at(key)).attr("auth_style", "static");
                    facts.relate(&from, &AUTHENTICATES_AS, &principal, job.document.at(key)).basis(Basis::Convention);
                }
            }
        }
        "aws-actions/configure-aws-credentials" => {
            for attribute in ["role-duration-seconds", "audience", "inline-session-policy", "managed-session-policies", "role-chaining"] {
                if let Some(value) = input(attribute).and_then(Node::scalar) {
                    let short = if attribute.ends_with("policy") || attribute.ends_with("policies") { "stated".to_owned() } else { value };
                    facts.mention(tool, String::new(), at.clone()).attr(attribute.replace('-', "_"), short);
                }
            }
        }
        "google-github-actions/auth" => {
            if let Some(subject) = input("access_token_subject") {
                // Acting as a person of the domain.
                let who = subject.scalar().unwrap_or_default();
                facts.mention(tool, String::new(), job.document.at(subject)).attr("domain_wide_delegation", !who.is_empty());
            }
            for delegate in
                input("delegates").and_then(Node::str).unwrap_or_default().split([',', '\n']).map(str::trim).filter(|d| d.contains('@') && !d.contains("${{"))
            {
                let identity = Key::new(Kind::Identity, "gcp-service-account", format!("gcp-sa:{delegate}"));
                facts.mention(&identity, delegate, at.clone());
                facts.relate(&job.key, &CAN_ASSUME, &identity, at.clone()).basis(Basis::Evaluated).conditional();
            }
        }
        "azure/login" if input("auth-type").and_then(Node::str) == Some("IDENTITY") => {
            let identity = Key::new(Kind::Identity, "azure-mi-system", format!("azure-mi:runner@{}", job.key.id));
            facts.mention(&identity, "managed identity of the runner", at.clone()).attr("auth_style", "workload");
            facts.relate(&job.key, &RUNS_AS, &identity, at.clone());
        }
        _ => {}
    }
}

/// Inputs of an action whose destination is known: each secret among them opens what the action goes to.
pub(super) fn shows(job: &Job<'_>, step: &Node, to: &Key, level: &'static str, facts: &mut Facts) {
    for (name, node) in step.get("with").into_iter().flat_map(Node::entries).filter_map(|(k, v)| Some((k.str()?, v))) {
        let Some(text) = node.str().filter(|_| is_secret_name(name)) else { continue };
        let at = job.document.at(node);
        for (kind, secret, _) in expressions(text).into_iter().filter(|(_, s, _)| s != "GITHUB_TOKEN" && s != "*") {
            facts.relate(&slot(job, kind, &secret), &CAN_ACCESS, to, at.clone()).basis(Basis::Convention).attr("level", level);
        }
        if job.key.kind == Kind::Consumer && (text.contains("github.token") || text.contains("secrets.GITHUB_TOKEN")) {
            facts.relate(&job.token, &CAN_ACCESS, to, at).basis(Basis::Convention).attr("level", level);
        }
    }
}

/// Secrets that an action fetches from a store.
fn stores(job: &Job<'_>, name: &str, step: &Node, tool: &Key, facts: &mut Facts) {
    let body = job.document.repository_body();
    let mut fetched = |id: String, subtype: &'static str, shown: &str, at: Location| {
        let slot = Key::new(Kind::Location, subtype, id);
        facts.mention(&slot, shown, at.clone()).attr("store", subtype);
        facts.relate(tool, &CONSUMES, &slot, at.clone());
        facts.relate(&job.key, &CONSUMES, &slot, at);
    };
    let lines = |input: &str| -> Vec<(String, Location)> {
        let Some((node, text)) = step.path(&["with", input]).and_then(|n| Some((n, n.str()?))) else { return Vec::new() };
        let inside = |(i, l): (usize, &str)| (l.trim().to_owned(), job.document.at_line(node.line + i as u32));
        text.lines().enumerate().map(inside).filter(|(l, _)| !l.is_empty() && !l.contains("${{")).collect()
    };
    match name {
        "aws-actions/aws-secretsmanager-get-secrets" => {
            for (line, at) in lines("secret-ids") {
                let secret = line.split(',').next_back().unwrap_or(&line).trim().to_owned();
                let id = if secret.starts_with("arn:") { secret.clone() } else { format!("asm:{{{body}}}/{secret}") };
                fetched(id, "cloud-secret", &secret, at);
            }
        }
        "google-github-actions/get-secretmanager-secrets" => {
            for (line, at) in lines("secrets") {
                let path = line.split_once(':').map_or(&*line, |(_, p)| p).trim();
                let parts: Vec<&str> = path.trim_start_matches("projects/").split('/').filter(|p| *p != "secrets" && *p != "versions").collect();
                if let [project, secret, ..] = parts[..] {
                    fetched(format!("//secretmanager.googleapis.com/projects/{project}/secrets/{secret}"), "cloud-secret", secret, at);
                }
            }
        }
        "Azure/get-keyvault-secrets" | "azure/get-keyvault-secrets" => {
            let vault = step.path(&["with", "keyvault"]).and_then(Node::str).unwrap_or("?").to_ascii_lowercase();
            for (line, at) in lines("secrets") {
                for secret in line.split(',').map(str::trim).filter(|s| !s.is_empty()) {
                    fetched(format!("azkv:{vault}/{secret}"), "cloud-secret", secret, at.clone());
                }
            }
        }
        "1password/load-secrets-action" => {
            for (_, value) in step.get("env").into_iter().flat_map(Node::entries) {
                if let Some(reference) = value.str().filter(|v| v.starts_with("op://")) {
                    fetched(reference.to_owned(), "op-item", reference.trim_start_matches("op://"), job.document.at(value));
                }
            }
        }
        "bitwarden/sm-action" => {
            for (line, at) in lines("secrets") {
                let id = line.split('>').next().unwrap_or(&line).trim().to_owned();
                fetched(format!("bw:{id}"), "bw-item", &id, at);
            }
        }
        "dopplerhq/secrets-fetch-action" | "dopplerhq/cli-action" => {
            let of = |n: &str| step.path(&["with", n]).and_then(Node::str).unwrap_or("?").to_owned();
            let (project, config) = (of("doppler-project"), of("doppler-config"));
            fetched(format!("doppler:{project}/{config}/*"), "doppler", &project, job.document.at(step));
        }
        "Infisical/secrets-action" => {
            let of = |n: &str| step.path(&["with", n]).and_then(Node::str).unwrap_or("?").to_owned();
            let (project, environment) = (of("project-slug"), of("env-slug"));
            fetched(format!("infisical:{project}/{environment}/*"), "infisical", &project, job.document.at(step));
        }
        _ => {}
    }
}

/// Fields of Vault, and the role by which the job logs in.
fn vault(job: &Job<'_>, step: &Node, tool: &Key, facts: &mut Facts) {
    let text = |name: &str| step.path(&["with", name]).and_then(Node::str).filter(|v| !v.contains("${{"));
    let body = job.document.repository_body();
    let address =
        text("url").and_then(|u| u.split("://").nth(1)).map(|h| h.split(['/', ':']).next().unwrap_or(h).to_owned()).unwrap_or_else(|| format!("{{{body}}}"));
    let namespace = text("namespace").map_or(String::new(), |n| format!("{n}/"));
    if let Some((node, list)) = step.path(&["with", "secrets"]).and_then(|n| Some((n, n.str()?))) {
        for (offset, line) in list.lines().enumerate() {
            for entry in line.split(';').map(str::trim).filter(|e| !e.is_empty()) {
                let words: Vec<&str> = entry.split('|').next().unwrap_or(entry).split_whitespace().collect();
                let [path, field, ..] = words[..] else { continue };
                let at = job.document.at_line(node.line + offset as u32);
                let key = Key::new(Kind::Location, "vault-path", format!("vault:{address}/{namespace}{}#{field}", path.replacen("/data/", "/", 1)));
                facts.mention(&key, path, at.clone()).attr("store", "vault");
                facts.relate(tool, &CONSUMES, &key, at.clone());
                facts.relate(&job.key, &CONSUMES, &key, at);
            }
        }
    }
    if let Some(role) = step.path(&["with", "role"]).filter(|_| matches!(text("method"), Some("jwt" | "kubernetes"))) {
        let mount = text("path").unwrap_or("jwt");
        if let Some(name) = role.str().filter(|r| !r.contains("${{")) {
            let identity = Key::new(Kind::Identity, "vault-role", format!("vault-role:{address}/{mount}/{name}"));
            facts.mention(&identity, name, job.document.at(role)).attr("auth_style", "federated");
            facts.relate(&job.key, &CAN_ASSUME, &identity, job.document.at(role)).basis(Basis::Evaluated).conditional();
        } else {
            become_identity(job, &job.key, role, "vault-role", facts);
        }
    }
}
