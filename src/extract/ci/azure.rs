//! Azure Pipelines: jobs with the variable groups, service connections, vault secrets and environments that they use.

use super::work::{Work, is_secret_name, lines, pin, project};
use crate::document::{Document, Node};
use crate::extract::note;
use crate::model::{Facts, Key, Kind, Location};
use crate::relation::{INVOKES, RUNS_AS};

/// Inputs of tasks that name a service connection.
const CONNECTIONS: &[&str] = &[
    "azureSubscription",
    "azureSubscriptionEndpoint",
    "ConnectedServiceName",
    "connectedServiceNameARM",
    "containerRegistry",
    "dockerRegistryEndpoint",
    "dockerRegistryServiceConnection",
    "azureResourceManagerConnection",
    "kubernetesServiceConnection",
    "kubernetesServiceEndpoint",
    "sshEndpoint",
    "awsCredentials",
    "publishEndpoint",
    "customEndpoint",
    "externalFeedCredentials",
    "SonarQube",
    "endpoint",
    "backendServiceArm",
    "environmentServiceNameAzureRM",
    "publishFeedCredentials",
    "nuGetServiceConnections",
    "gitHubConnection",
];

/// What a stage, or the whole pipeline, hands down to its jobs.
#[derive(Clone, Default)]
struct Inherited<'a> {
    groups: Vec<&'a Node>,
    endpoints: Vec<&'a Node>,
    /// Repositories that templates come from: alias, name, branch or tag.
    repositories: Vec<&'a Node>,
    pool: Option<&'a Node>,
}

impl<'a> Inherited<'a> {
    fn with(&self, node: &'a Node) -> Self {
        let mut own = self.clone();
        own.groups.extend(node.get("variables").into_iter().flat_map(Node::items).filter_map(|v| v.get("group")));
        own.endpoints.extend(node.path(&["resources", "repositories"]).into_iter().flat_map(Node::items).filter_map(|r| r.get("endpoint")));
        own.endpoints.extend(node.path(&["resources", "containers"]).into_iter().flat_map(Node::items).filter_map(|r| r.get("endpoint")));
        own.repositories.extend(node.path(&["resources", "repositories"]).into_iter().flat_map(Node::items));
        own.pool = node.get("pool").or(own.pool);
        own
    }
}

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let trees = match document.trees() {
        Ok(trees) => trees,
        Err(reason) => return note(document, facts, reason),
    };
    for root in trees {
        let forks = root.get("pr").is_some_and(|p| p.str() != Some("none"));
        let inherited = Inherited::default().with(root);
        if root.get("steps").is_some_and(|s| !s.items().is_empty()) {
            let name = document.name().trim_end_matches(".yml").trim_end_matches(".yaml").trim_end_matches(".azure-pipelines");
            job(document, name, root, &inherited, forks, facts);
        }
        visit(document, root, &inherited, forks, 0, facts);
        literals(document, root, facts);
    }
}

/// Jobs stand in stages, in lists of jobs, and in the branches of template conditions.
fn visit<'a>(document: &Document, node: &'a Node, inherited: &Inherited<'a>, forks: bool, depth: usize, facts: &mut Facts) {
    if depth > 24 {
        return;
    }
    for (key, list) in node.entries() {
        let Some(key) = key.str() else { continue };
        if !(matches!(key, "stages" | "jobs" | "extends" | "parameters") || key.starts_with("${{")) {
            continue;
        }
        for item in list.one_or_many() {
            let own = inherited.with(item);
            match ["job", "deployment"].iter().find_map(|k| item.get(k)).map(|n| n.str().unwrap_or("job")) {
                Some(name) => job(document, if name.is_empty() { "job" } else { name }, item, &own, forks, facts),
                // A stage, or a list of jobs, that stands in a file of its own.
                None if item.get("template").is_some() => {
                    let name = document.name().trim_end_matches(".yml").trim_end_matches(".yaml");
                    let whole = Work::declare(
                        document,
                        "ci-workflow",
                        &format!("azdo-pipeline:{}//{}", project(document), document.path),
                        name,
                        item,
                        "azure-pipelines",
                        facts,
                    );
                    template(&whole, item, &own, facts);
                }
                None => visit(document, item, &own, forks, depth + 1, facts),
            }
        }
    }
}

fn job(document: &Document, name: &str, body: &Node, inherited: &Inherited<'_>, forks: bool, facts: &mut Facts) {
    let project = project(document);
    let work = Work::declare(document, "ci-job", &format!("azdo-job:{project}//{}#{name}", document.path), name, body, "azure-pipelines", facts);
    work.triggered("repo-writer", "code", false, facts);
    if forks {
        work.triggered("fork-contributor", "code", false, facts);
    }
    for group in &inherited.groups {
        if let Some(text) = group.str() {
            work.slot("ci-secret", format!("azdo-vg:{}/{text}/*", home(document)), text, document.at(group), facts);
        }
    }
    for endpoint in &inherited.endpoints {
        connection(&work, endpoint, facts);
    }
    if let Some((place, pool)) =
        inherited.pool.and_then(|p| if p.str().is_some() { Some((p, p.str()?)) } else { p.get("name").and_then(|n| Some((n, n.str()?))) })
        && pool != "Azure Pipelines"
        && inherited.pool.is_some_and(|p| p.get("vmImage").is_none())
    {
        work.runner(format!("azdo-pool:{}/{pool}", home(document)), pool, document.at(place), facts);
    }
    if let Some(environment) = body.get("environment")
        && let Some(name) = environment.str().or_else(|| environment.get_str("name"))
    {
        let name = name.split('.').next().unwrap_or(name);
        work.environment(format!("azdo-env:{}/{name}", home(document)), name, document.at(environment), facts);
    }
    let mut token: Option<Location> = None;
    body.walk(&mut |pointer, node| {
        // A root of steps may stand beside jobs: those speak for themselves.
        if pointer.contains("/jobs/") || pointer.contains("/stages/") {
            return;
        }
        if let Some(task) = node.get("task").filter(|t| t.str().is_some_and(|t| t.contains('@'))) {
            self::task(&work, task, node.get("inputs"), facts);
        }
        template(&work, node, inherited, facts);
        if node.get("persistCredentials").and_then(Node::bool) == Some(true) {
            token.get_or_insert(document.at(node));
        }
    });
    work.scripts(body, &|_| None, facts);
    lines(document, body, &mut |line, at| {
        for name in line.split("$(").skip(1).filter_map(|r| r.split(')').next()) {
            if name == "System.AccessToken" {
                token.get_or_insert(at.clone());
            } else if is_secret_name(name) && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')) {
                work.slot("ci-secret", format!("azdo-var:{project}/{name}"), name, at.clone(), facts);
            }
        }
    });
    if let Some(at) = token {
        let key = Key::new(Kind::Identity, "ci-job-token", format!("azdo-token:{project}//{}#{name}", document.path));
        facts.mention(&key, "System.AccessToken", at.clone()).attr("auth_style", "short-lived");
        facts.relate(&work.key, &RUNS_AS, &key, at);
    }
}

/// Steps, jobs or stages of another file: of this repository, or of one that is named beside.
fn template(work: &Work<'_>, node: &Node, inherited: &Inherited<'_>, facts: &mut Facts) {
    let Some((named, text)) = node.get("template").and_then(|t| Some((t, t.str()?))).filter(|(_, t)| !t.contains("${{")) else { return };
    let (document, at) = (work.document, work.document.at(named));
    match text.split_once('@').filter(|(_, alias)| *alias != "self") {
        Some((path, alias)) => {
            let stated = inherited.repositories.iter().find(|r| r.get_str("repository") == Some(alias));
            let repository = stated.and_then(|r| r.get_str("name")).unwrap_or(alias);
            let reference = stated.and_then(|r| r.get_str("ref")).unwrap_or_default();
            let version = reference.trim_start_matches("refs/tags/").trim_start_matches("refs/heads/");
            let tool = work.tool(&format!("azdo-template/{repository}/{}", path.trim_start_matches('/')), text, pin(version), at.clone(), facts);
            if let Some(stated) = stated {
                facts.mention(&tool, text, document.at(stated));
            }
        }
        None => {
            let path = text.split('@').next().unwrap_or(text);
            let path = match path.strip_prefix('/') {
                Some(absolute) => absolute.to_owned(),
                None => crate::extract::joined(document.folder(), path),
            };
            let name = path.rsplit('/').next().unwrap_or(&path).trim_end_matches(".yml").trim_end_matches(".yaml");
            let called = Key::new(Kind::Consumer, "ci-job", format!("azdo-job:{}//{path}#{name}", project(document)));
            facts.mention(&called, name, at.clone());
            facts.relate(&work.key, &INVOKES, &called, at);
        }
    }
}

fn connection(work: &Work<'_>, named: &Node, facts: &mut Facts) {
    let Some(name) = named.str().filter(|n| !n.is_empty()) else { return };
    let at = work.document.at(named);
    let key = Key::new(Kind::Identity, "ci-service-connection", format!("azdo-sc:{}/{name}", home(work.document)));
    facts.mention(&key, name, at.clone()).attr("provider", "azure-devops");
    facts.relate(&work.key, &RUNS_AS, &key, at);
}

fn task(work: &Work<'_>, named: &Node, inputs: Option<&Node>, facts: &mut Facts) {
    let (name, version) = named.str().and_then(|t| t.split_once('@')).unwrap_or_default();
    work.tool(&format!("azdo-task/{name}"), name, pin(version), work.document.at(named), facts);
    let input =
        |wanted: &str| inputs.into_iter().flat_map(Node::entries).find(|(k, _)| k.str().is_some_and(|k| k.eq_ignore_ascii_case(wanted))).map(|(_, v)| v);
    for (key, value) in inputs.into_iter().flat_map(Node::entries) {
        if key.str().is_some_and(|k| CONNECTIONS.iter().any(|c| c.eq_ignore_ascii_case(k))) {
            connection(work, value, facts);
        }
    }
    if input("addSpnToEnvironment").and_then(Node::bool) == Some(true) {
        work.attr("spn_exposed", true, facts);
    }
    if name.eq_ignore_ascii_case("AzureKeyVault")
        && let Some((node, vault)) = input("KeyVaultName").and_then(|n| Some((n, n.str()?)))
    {
        let filter = input("SecretsFilter").and_then(Node::str).unwrap_or("*");
        for secret in filter.split(',').map(str::trim).filter(|s| !s.is_empty()) {
            work.slot("cloud-secret", format!("azkv:{}/{secret}", vault.to_ascii_lowercase()), secret, work.document.at(node), facts);
        }
    }
}

/// Variables that state a secret in the file itself: `name: value`, or a list of `name` and `value`.
fn literals(document: &Document, root: &Node, facts: &mut Facts) {
    let mut found = Vec::new();
    root.walk(&mut |_, node| {
        let Some(variables) = node.get("variables") else { return };
        found.extend(variables.entries().filter_map(|(k, v)| Some((k.str()?, v))));
        found.extend(variables.items().iter().filter_map(|v| Some((v.get_str("name")?, v.get("value")?))));
    });
    for (name, value) in found {
        if is_secret_name(name) && value.str().is_some_and(|v| !v.is_empty() && !v.contains("$(") && !v.contains("${{") && !v.contains("$[")) {
            let slot = Key::new(Kind::Location, "ci-variable", format!("azdo-var:{}/{name}", project(document)));
            facts.declare(&slot, name, document.at(value)).attr("store", "file").attr("protection", "plaintext");
            facts.holds(&slot, document.at(value));
        }
    }
}
/// Organisation and project whose variable groups and connections a pipeline means: those of its repository, or those that only the repository knows.
fn home(document: &Document) -> String {
    let body = document.repository_body();
    match body.split('/').collect::<Vec<_>>().as_slice() {
        ["dev.azure.com", organisation, project, ..] => format!("{organisation}/{project}"),
        _ => format!("{{{body}}}"),
    }
}
