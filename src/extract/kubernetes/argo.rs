//! Argo: projects, clusters, repositories and accounts of Argo CD, sets of applications, workflows and the events that start them.

use super::controllers::consumer;
use super::manifest::Object;
use crate::document::{Node, parse_json_inside};
use crate::model::{Facts, Key, Kind, Location};
use crate::relation::{
    AUTHENTICATES_AS, CAN_ACCESS, CAN_ASSUME, CAN_CONTROL, CAN_TRIGGER, CONSUMES, DEPLOYS, GRANTED, INVOKES, PART_OF, PERMITS, RUNS_AS, SOURCED_FROM,
};

/// Label of a secret that Argo CD reads by itself.
const SECRET_TYPE: &str = "argocd.argoproj.io/secret-type";

pub(super) fn read(o: &Object<'_>, facts: &mut Facts) {
    match o.kind {
        "AppProject" => project(o, facts),
        "Application" => {
            for (annotation, value) in o.body.path(&["metadata", "annotations"]).into_iter().flat_map(Node::entries) {
                image_updater(o, annotation, value, facts);
            }
            part_of_project(o, o.body, &Key::new(Kind::Consumer, "iac-runner", o.id(o.kind, o.name)), facts);
        }
        "ApplicationSet" => set(o, facts),
        "Workflow" | "WorkflowTemplate" | "ClusterWorkflowTemplate" | "CronWorkflow" => workflow(o, facts),
        "EventSource" => event_source(o, facts),
        "Sensor" => sensor(o, facts),
        _ => {}
    }
}

/// What Argo CD keeps in secrets and settings of the core.
pub(super) fn settings(o: &Object<'_>, facts: &mut Facts) {
    if o.kind == "Secret" && o.body.path(&["metadata", "labels", SECRET_TYPE]).is_some() {
        secret(o, facts);
    }
    if o.kind == "ConfigMap" && o.name.ends_with("rbac-cm") {
        rbac(o, facts);
    }
    if o.kind == "ConfigMap" && o.name == "argocd-cm" {
        accounts(o, facts);
    }
    vault_paths(o, facts);
}

fn role(o: &Object<'_>, name: &str) -> Key {
    Key::new(Kind::Policy, "other:argocd-role", format!("argocd-role:{{{}}}/{name}", o.document.repository_body()))
}

/// A project bounds what its applications may deploy, and where.
fn project(o: &Object<'_>, facts: &mut Facts) {
    let key = project_key(o, o.name);
    let list = |field: &str| o.body.path(&["spec", field]).map(Node::items).unwrap_or_default();
    let all = |value: Option<&str>| value == Some("*");
    let anywhere = list("destinations").iter().any(|d| all(d.get_str("namespace")) && (all(d.get_str("server")) || all(d.get_str("name"))));
    let anything = list("clusterResourceWhitelist").iter().any(|r| all(r.get_str("group")) && all(r.get_str("kind")));
    let sources: Vec<String> = list("sourceRepos").iter().filter_map(Node::scalar).collect();
    let node = facts.declare(&key, o.name, o.document.at(o.body));
    node.attr("source_repos", sources).attr("any_destination", anywhere).attr("any_kind", anything).attr("tags", o.tags());
    for destination in list("destinations") {
        let at = o.document.at(destination);
        let server = destination.get_str("server").or_else(|| destination.get_str("name")).unwrap_or("*").trim_start_matches("https://");
        let namespace = destination.get_str("namespace").unwrap_or("*");
        let target = match (server, namespace) {
            ("*", _) => o.cluster(),
            (_, "*") => Key::new(Kind::Resource, "cluster", format!("k8s:{server}")),
            _ => Key::new(Kind::Resource, "namespace", format!("k8s:{server}/{namespace}")),
        };
        facts.mention(&target, if namespace == "*" { "cluster" } else { namespace }, at.clone());
        facts.relate(&key, &PERMITS, &target, at).attr("effect", "allow").attr("level", if anything { "admin" } else { "write" });
    }
    for body in list("roles") {
        let Some(name) = body.get_str("name") else { continue };
        let at = o.document.at(body);
        let identity = Key::new(Kind::Identity, "other:argocd-role", o.id("AppProject", &format!("{}/{name}", o.name)));
        facts.declare(&identity, format!("{}/{name}", o.name), at.clone()).attr("provider", "argocd");
        facts.relate(&identity, &GRANTED, &key, at);
        for group in body.get("groups").into_iter().flat_map(Node::items) {
            may(o, group, &key, facts);
        }
        for token in body.get("jwtTokens").into_iter().flat_map(Node::items) {
            let at = o.document.at(token);
            let credential =
                Key::new(Kind::Credential, "jwt", format!("cred:jwt/{}#{}", identity.id, token.get("iat").and_then(Node::scalar).unwrap_or_default()));
            let node = facts.declare(&credential, format!("token of {name}"), at.clone());
            node.attr("type", "jwt").attr("state", "referenced").attr("rule", "argocd-project-token");
            if token.get("exp").is_none() {
                node.attr("lifetime_class", "static");
            }
            facts.relate(&credential, &AUTHENTICATES_AS, &identity, at);
        }
    }
}

fn project_key(o: &Object<'_>, name: &str) -> Key {
    Key::new(Kind::Policy, "other:argocd-project", o.id("AppProject", name))
}

fn part_of_project(o: &Object<'_>, application: &Node, key: &Key, facts: &mut Facts) {
    let Some((node, name)) = application.path(&["spec", "project"]).and_then(|n| Some((n, n.str()?))).filter(|(_, n)| !n.contains("{{")) else { return };
    let project = project_key(o, name);
    facts.mention(&project, name, o.document.at(node));
    facts.relate(key, &PART_OF, &project, o.document.at(node));
}

/// A group of people that has a role.
fn may(o: &Object<'_>, group: &Node, policy: &Key, facts: &mut Facts) {
    let Some(name) = group.str().filter(|n| !n.is_empty()) else { return };
    let team = Key::new(Kind::Party, "team", format!("team:name/{}", name.to_lowercase().replace(' ', "-")));
    facts.mention(&team, name, o.document.at(group));
    facts.relate(&team, &GRANTED, policy, o.document.at(group));
}

/// Applications that are made from a template, by generators: whoever writes what a generator reads decides what is made.
fn set(o: &Object<'_>, facts: &mut Facts) {
    let (key, _) = consumer(o, "iac-runner", "argocd", facts);
    if let Some(template) = o.body.path(&["spec", "template"]) {
        part_of_project(o, template, &key, facts);
        if let Some(destination) = template.path(&["spec", "destination"]) {
            let at = o.document.at(destination);
            let server = destination.get_str("server").or_else(|| destination.get_str("name")).unwrap_or("?").trim_start_matches("https://");
            let namespace = destination.get_str("namespace").unwrap_or("default");
            let server = if server.contains("{{") { "?" } else { server };
            let target = Key::new(Kind::Resource, "namespace", format!("k8s:{server}/{namespace}"));
            facts.mention(&target, namespace, at.clone());
            facts.relate(&key, &DEPLOYS, &target, at);
        }
    }
    let mut repositories = Vec::new();
    let mut outsiders = Vec::new();
    o.body.walk(&mut |pointer, node| {
        if pointer.ends_with("/repoURL") {
            repositories.extend(node.str().filter(|u| !u.contains("{{")).map(|u| (u, node)));
        }
        if pointer.ends_with("/pullRequest") {
            outsiders.push(node);
        }
    });
    for (url, node) in repositories {
        let body = url.split("://").last().unwrap_or(url).trim_start_matches("git@").replace(':', "/");
        let writers = Key::new(Kind::Party, "class", format!("class:repo-writer@repo:{}", body.trim_end_matches(".git").to_ascii_lowercase()));
        facts.mention(&writers, "repository writers", o.document.at(node));
        facts.relate(&writers, &CAN_CONTROL, &key, o.document.at(node));
    }
    for node in outsiders {
        // Each pull request becomes an application.
        let at = o.document.at(node);
        let forks = Key::new(Kind::Party, "class", format!("class:fork-contributor@{}", o.document.repository));
        facts.mention(&forks, "fork contributor", at.clone());
        facts.relate(&forks, &CAN_TRIGGER, &key, at).attr("input", "code").conditional();
    }
}

/// `argocd-image-updater`: who can push an image changes what runs, and with which secret the change is written back.
fn image_updater(o: &Object<'_>, annotation: &Node, value: &Node, facts: &mut Facts) {
    let Some(field) = annotation.str().and_then(|a| a.strip_prefix("argocd-image-updater.argoproj.io/")) else { return };
    let (Some(text), at) = (value.str(), o.document.at(value)) else { return };
    let key = Key::new(Kind::Consumer, "iac-runner", o.id(o.kind, o.name));
    if field == "image-list" {
        let images: Vec<&str> = text.split(',').map(str::trim).filter(|i| !i.is_empty()).collect();
        facts.mention(&key, String::new(), at).attr("updates_images", images);
    } else if let Some(named) = text.split_once("secret:").map(|(_, n)| n.split('#').next().unwrap_or(n)) {
        let (namespace, name) = named.split_once('/').unwrap_or((o.namespace, named));
        let slot = Key::new(Kind::Location, "k8s-secret", o.id_in(namespace, "Secret", name));
        facts.mention(&slot, name, at.clone());
        facts.relate(&key, &CONSUMES, &slot, at);
    }
}

/// A repository, a prefix of repositories, or a cluster, with what Argo CD proves itself by.
fn secret(o: &Object<'_>, facts: &mut Facts) {
    let slot = Key::new(Kind::Location, "k8s-secret", o.id("Secret", o.name));
    let field = |name: &str| o.body.path(&["stringData", name]).and_then(|n| Some((n, n.str()?)));
    let server = Key::new(Kind::Consumer, "k8s-workload", o.id("StatefulSet", "argocd-application-controller"));
    let at = o.document.at(o.body);
    facts.mention(&server, "argocd-application-controller", at.clone());
    facts.relate(&server, &CONSUMES, &slot, at);
    if let Some((node, url)) = field("url") {
        let rest = url.split("://").last().unwrap_or(url).rsplit('@').next().unwrap_or(url).trim_end_matches(".git").replace(':', "/");
        let host = rest.split('/').next().unwrap_or_default();
        let (subtype, id, name) = if rest.matches('/').count() > 1 {
            ("repo", format!("repo:{}", rest.to_lowercase()), rest.as_str())
        } else {
            ("host", format!("host:{host}"), host)
        };
        opens(o, &slot, subtype, id, name, "read-data", node, facts);
    }
    if let Some((node, url)) = field("server") {
        let host = url.split("://").last().unwrap_or(url).split(['/', ':']).next().unwrap_or(url);
        opens(o, &slot, "cluster", format!("k8s:{host}"), host, "admin", node, facts);
    }
    let Some((node, text)) = field("config") else { return };
    let Ok(config) = parse_json_inside(text, node.line + 1) else { return };
    let at = o.document.at(node);
    if config.path(&["tlsClientConfig", "insecure"]).and_then(Node::bool) == Some(true) {
        facts.mention(&slot, String::new(), at.clone()).attr("verification_off", vec!["tls"]);
    }
    if let Some(arn) = config.path(&["awsAuthConfig", "roleARN"]).and_then(Node::str).filter(|a| a.starts_with("arn:")) {
        let role = Key::new(Kind::Identity, "aws-role", arn);
        facts.mention(&role, arn.rsplit('/').next().unwrap_or(arn), at.clone());
        facts.relate(&server, &CAN_ASSUME, &role, at.clone());
    }
    if config.get("execProviderConfig").is_some() {
        facts.mention(&slot, String::new(), at.clone()).attr("auth_style", "federated");
    }
    if let Some(token) = config.get("bearerToken").and_then(Node::str) {
        crate::extract::text::sight(o.document, node, "token", token, facts);
        facts.holds(&slot, at);
    }
}

#[allow(clippy::too_many_arguments)]
fn opens(o: &Object<'_>, from: &Key, subtype: &'static str, id: String, name: &str, level: &str, node: &Node, facts: &mut Facts) {
    let target = Key::new(Kind::Resource, subtype, id);
    facts.mention(&target, name, o.document.at(node));
    facts.relate(from, &CAN_ACCESS, &target, o.document.at(node)).attr("level", level);
}

/// `policy.csv`: what roles may do, and who has them.
fn rbac(o: &Object<'_>, facts: &mut Facts) {
    let data = |name: &str| o.body.path(&["data", name]).and_then(|n| Some((n, n.str()?)));
    let system = Key::new(Kind::Resource, "ci-system", format!("argocd:{{{}}}", o.document.repository_body()));
    let named = |o: &Object<'_>, name: &str, at: Location, facts: &mut Facts| {
        let key = role(o, name);
        facts.mention(&key, name, at.clone());
        if name == "admin" {
            facts.mention(&system, "Argo CD", at.clone());
            facts.relate(&key, &PERMITS, &system, at).attr("effect", "allow").attr("level", "admin");
        }
        key
    };
    if let Some((node, default)) = data("policy.default") {
        // Whoever can log in has this.
        let key = named(o, default.trim_start_matches("role:"), o.document.at(node), facts);
        let anyone = Key::new(Kind::Party, "class", format!("class:org-member@{}", o.document.repository));
        if !default.is_empty() {
            facts.mention(&anyone, "whoever can log in", o.document.at(node));
            facts.relate(&anyone, &GRANTED, &key, o.document.at(node));
        }
    }
    let Some((node, text)) = data("policy.csv") else { return };
    for (i, line) in text.lines().enumerate() {
        let at = o.document.at_line(node.line + 1 + i as u32);
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        match fields.as_slice() {
            ["p", who, resource, action, object, rest @ ..] => {
                let key = named(o, who.trim_start_matches("role:"), at.clone(), facts);
                let level = match (*resource, *action) {
                    ("*", "*") | ("clusters" | "accounts" | "projects" | "repositories", "*" | "create" | "update") => "admin",
                    (_, "get") => "read-meta",
                    (_, "*" | "create" | "update" | "delete" | "sync" | "override") | ("exec", _) => "write",
                    _ => "unknown",
                };
                facts.mention(&system, "Argo CD", at.clone());
                let effect = if rest.first() == Some(&"deny") { "deny" } else { "allow" };
                facts
                    .relate(&key, &PERMITS, &system, at)
                    .attr("effect", effect)
                    .attr("level", level)
                    .attr("actions", vec![format!("{resource}:{action} {object}")]);
            }
            ["g", who, role] => {
                let key = named(o, role.trim_start_matches("role:"), at.clone(), facts);
                may(o, &Node::text_at(*who, node.line + 1 + i as u32, 1), &key, facts);
            }
            _ => {}
        }
    }
}

/// `accounts.NAME: apiKey, login`.
fn accounts(o: &Object<'_>, facts: &mut Facts) {
    for (key, value) in o.body.get("data").into_iter().flat_map(Node::entries) {
        let Some((name, can)) = key.str().and_then(|k| k.strip_prefix("accounts.")).zip(value.str()).filter(|(n, _)| !n.contains('.')) else { continue };
        let account = Key::new(Kind::Identity, "saas-account", format!("account:argocd:{{{}}}/{name}", o.document.repository_body()));
        let node = facts.declare(&account, name, o.document.at(value));
        node.attr("provider", "argocd").attr("auth_style", if can.contains("apiKey") { "static" } else { "interactive" });
    }
}

/// Placeholders of the Vault plugin: `<path:secret/data/db#password>`.
fn vault_paths(o: &Object<'_>, facts: &mut Facts) {
    let default = o.body.path(&["metadata", "annotations", "avp.kubernetes.io/path"]).and_then(Node::str);
    let mut found = Vec::new();
    o.body.walk(&mut |_, node| {
        for part in node.str().unwrap_or_default().split("<path:").skip(1) {
            if let Some((path, field)) = part.split('>').next().and_then(|p| p.split_once('#')) {
                found.push((path.trim().to_owned(), field.split(['|', '#']).next().unwrap_or(field).trim().to_owned(), node));
            }
        }
    });
    if let Some(path) = default {
        for (_, value) in ["data", "stringData"].iter().filter_map(|d| o.body.get(d)).flat_map(Node::entries) {
            if let Some(field) = value.str().and_then(|v| v.strip_prefix('<')?.strip_suffix('>')).filter(|f| !f.contains(':') && !f.is_empty()) {
                found.push((path.to_owned(), field.split('|').next().unwrap_or(field).trim().to_owned(), value));
            }
        }
    }
    if found.is_empty() {
        return;
    }
    let subtype = if o.kind == "Secret" { "k8s-secret" } else { "k8s-configmap" };
    let holder = Key::new(Kind::Location, subtype, o.id(o.kind, o.name));
    for (path, field, node) in found {
        let at = o.document.at(node);
        let entry = Key::new(Kind::Location, "vault-path", format!("vault:{{{}}}/{}#{field}", o.document.repository_body(), path.replacen("/data/", "/", 1)));
        facts.mention(&entry, format!("{path}#{field}"), at.clone()).attr("store", "vault").attr("protection", "managed-store");
        facts.mention(&holder, o.name, at.clone());
        facts.relate(&holder, &SOURCED_FROM, &entry, at);
    }
}

fn workflow(o: &Object<'_>, facts: &mut Facts) {
    let (key, named) = consumer(o, "ci-workflow", "argo-workflows", facts);
    if !named {
        let account = o.account(o.namespace, "default");
        facts.mention(&account, "default", o.document.at(o.body));
        facts.relate(&key, &RUNS_AS, &account, o.document.at(o.body)).confidence(0.7);
    }
    selectors(o, &key, facts);
    let mut called = Vec::new();
    o.body.walk(&mut |pointer, node| {
        let template = match pointer.rsplit('/').next() {
            Some("templateRef") => node.get_str("name"),
            Some("workflowTemplateRef") => node.get_str("name"),
            _ => None,
        };
        called.extend(template.map(|t| (t, node.get("clusterScope").and_then(Node::bool) == Some(true), node)));
    });
    for (name, cluster, node) in called {
        let (kind, namespace) = if cluster { ("ClusterWorkflowTemplate", "-") } else { ("WorkflowTemplate", o.namespace) };
        let other = Key::new(Kind::Consumer, "ci-workflow", o.id_in(namespace, kind, name));
        facts.mention(&other, name, o.document.at(node));
        facts.relate(&key, &INVOKES, &other, o.document.at(node));
    }
}

/// `accessKeySecret: { name, key }` and the like, of artifact stores and event sources.
fn selectors(o: &Object<'_>, key: &Key, facts: &mut Facts) {
    let mut found = Vec::new();
    o.body.walk(&mut |pointer, node| {
        let field = pointer.rsplit('/').next().unwrap_or_default();
        let secret = field.ends_with("Secret")
            || matches!(field, "apiToken" | "accessToken" | "token" | "password" | "username" | "authSecret" | "secretKey" | "accessKey");
        if let (true, Some(name), Some(part)) = (secret, node.get_str("name"), node.get_str("key")) {
            found.push((name, part, node));
        }
    });
    for (name, part, node) in found {
        let at = o.document.at(node);
        let slot = Key::new(Kind::Location, "k8s-secret", format!("{}#{part}", o.id("Secret", name)));
        facts.mention(&slot, format!("{name}#{part}"), at.clone()).attr("store", "k8s-secret");
        facts.relate(key, &CONSUMES, &slot, at);
    }
}

/// Kinds of sources that the world can post to; without a secret nobody is asked who they are.
fn event_source(o: &Object<'_>, facts: &mut Facts) {
    let (key, _) = consumer(o, "saas-integration", "argo-events", facts);
    selectors(o, &key, facts);
    for sort in ["webhook", "github", "gitlab", "bitbucket", "bitbucketserver", "slack", "stripe", "sns", "storageGrid"] {
        for (name, source) in o.body.path(&["spec", sort]).into_iter().flat_map(Node::entries) {
            let asks = ["authSecret", "webhookSecret", "secretToken", "signingSecret", "deleteHookOnFinish"].iter().any(|f| source.get(f).is_some());
            if !asks {
                let at = o.document.at(source);
                let public = Key::new(Kind::Party, "class", "class:public");
                facts.mention(&public, "anyone", at.clone());
                facts
                    .relate(&public, &CAN_TRIGGER, &key, at)
                    .attr("input", "data")
                    .attr("trigger", format!("{sort}/{}", name.str().unwrap_or_default()))
                    .conditional();
            }
        }
    }
}

/// What a sensor starts when an event comes, and from which sources.
fn sensor(o: &Object<'_>, facts: &mut Facts) {
    let (key, _) = consumer(o, "saas-integration", "argo-events", facts);
    selectors(o, &key, facts);
    for dependency in o.body.path(&["spec", "dependencies"]).into_iter().flat_map(Node::items) {
        let Some((node, name)) = dependency.get("eventSourceName").and_then(|n| Some((n, n.str()?))) else { continue };
        let source = Key::new(Kind::Consumer, "saas-integration", o.id("EventSource", name));
        facts.mention(&source, name, o.document.at(node));
        facts.relate(&source, &INVOKES, &key, o.document.at(node));
    }
    let mut started = Vec::new();
    o.body.walk(&mut |pointer, node| {
        if pointer.ends_with("/resource") && node.get_str("apiVersion").is_some_and(|v| v.starts_with("argoproj.io/")) {
            started.extend(node.get_str("kind").map(|k| (k, node)));
        }
    });
    for (kind, node) in started {
        let name = ["name", "generateName"].iter().find_map(|f| node.path(&["metadata", f])?.str()).unwrap_or("{name}").trim_end_matches('-');
        let namespace = node.path(&["metadata", "namespace"]).and_then(Node::str).unwrap_or(o.namespace);
        let other = Key::new(Kind::Consumer, "ci-workflow", o.id_in(namespace, kind, name));
        facts.declare(&other, name, o.document.at(node)).attr("platform", "argo-workflows");
        facts.relate(&key, &INVOKES, &other, o.document.at(node));
    }
}
