//! GitHub Actions: jobs, their tokens and subjects, the secrets that each reads, third-party actions, and who can start it.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::work::is_secret_name;
use super::{actions, agent_step, federation, hazards, images, leaks};
use crate::document::{Document, Node};
use crate::extract::commands::{commands, fetched};
use crate::extract::note;
use crate::model::{Basis, Facts, Key, Kind, Location};
use crate::relation::{AUTHENTICATES_AS, CAN_ACCESS, CAN_CONTROL, CAN_TRIGGER, CONSUMES, DEPLOYS, GRANTED, INVOKES, PART_OF, PERMITS, RUNS_AS, SOURCED_FROM};

/// Host of the issuer of job tokens.
const ISSUER: &str = "token.actions.githubusercontent.com";

/// What a job is read with.
pub(super) struct Job<'a> {
    pub document: &'a Document,
    pub repository: &'a str,
    pub key: Key,
    pub token: Key,
    pub environment: Option<String>,
    /// All that the job may run in.
    pub environments: Vec<String>,
    pub permissions: BTreeMap<String, String>,
    pub triggers: &'a [String],
    /// Where the triggers stand.
    pub on: Option<&'a Node>,
    /// Environment blocks that every step of the job sees.
    pub surroundings: Vec<&'a Node>,
    /// Identities whose tokens are outputs of a step, by the id of the step.
    pub apps: BTreeMap<String, Key>,
    /// The job's condition admits people who may write only.
    pub guarded: bool,
    /// Subjects that the job's token can carry.
    pub subjects: Vec<Key>,
}

impl Job<'_> {
    pub(super) fn can_write(&self) -> bool {
        // A token of identity changes nothing by itself.
        self.permissions.iter().any(|(key, v)| v == "write" && key != "id-token")
    }

    /// Where a trigger is named.
    fn trigger(&self, name: &str) -> Option<Location> {
        let on = self.on?;
        let key = on.entries().map(|(k, _)| k).find(|k| k.str() == Some(name));
        key.or_else(|| on.one_or_many().iter().find(|i| i.str() == Some(name))).map(|n| self.document.at(n))
    }
}

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let trees = match document.trees() {
        Ok(trees) => trees,
        Err(reason) => return note(document, facts, reason),
    };
    let repository = document.repository_body().split_once('/').map_or(document.repository_body(), |(_, r)| r);
    for root in trees {
        if root.get("jobs").is_some() {
            workflow(document, repository, root, facts);
        } else if let Some(runs) = root.get("runs") {
            composite(document, repository, root, runs, facts);
        }
    }
}

fn workflow(document: &Document, repository: &str, root: &Node, facts: &mut Facts) {
    let id = format!("gh-workflow:{repository}/{}", document.path);
    let key = Key::new(Kind::Consumer, "ci-workflow", &id);
    let name = root.get_str("name").unwrap_or(document.name());
    let triggers = triggers(root);
    facts.declare(&key, name, document.at(root)).attr("platform", "github").attr("trigger_classes", triggers.clone());
    let repo = Key::new(Kind::Resource, "repo", format!("saas:github.com/{repository}"));
    facts.mention(&repo, repository, document.at_line(1));
    facts.relate(&key, &PART_OF, &repo, document.at_line(1));
    for (job_name, body) in root.get("jobs").into_iter().flat_map(Node::entries) {
        let Some(job_name) = job_name.str() else { continue };
        let job_key = Key::new(Kind::Consumer, "ci-job", format!("{id}#{job_name}"));
        let at = document.at(body);
        // A matrix may give one job several environments; none of them alone is the job's then.
        let environments = environments(body);
        let environment = environments.first().filter(|_| environments.len() == 1).cloned();
        let permissions = permissions(root, body);
        let token = Key::new(Kind::Identity, "ci-job-token", format!("gh-token:{repository}/{}#{job_name}", document.path));
        let mut job = Job {
            document,
            repository,
            key: job_key.clone(),
            token: token.clone(),
            environment: environment.clone(),
            environments: environments.clone(),
            permissions,
            triggers: &triggers,
            on: root.get("on").or_else(|| root.get("true")),
            surroundings: [root.get("env"), body.get("env")].into_iter().flatten().collect(),
            apps: federation::apps(repository, body),
            guarded: is_guarded(body),
            subjects: Vec::new(),
        };
        let node = facts.declare(&job_key, job_name, at.clone());
        node.attr("platform", "github").attr("trigger_classes", triggers.clone());
        if let Some(environment) = &environment {
            node.attr("environment", environment.clone());
        }
        for environment in &environments {
            let key = Key::new(Kind::Resource, "ci-environment", format!("gh-env:{repository}/{environment}"));
            facts.mention(&key, environment.clone(), body.get("environment").map_or(at.clone(), |e| document.at(e)));
            facts.relate(&job_key, &PART_OF, &key, at.clone());
        }
        facts.relate(&job_key, &PART_OF, &key, at.clone());
        facts.relate(&key, &INVOKES, &job_key, at.clone());
        job_token(&job, &repo, root, body, facts);
        runner(&job, body, facts);
        populations(&job, &job_key, facts, &at);
        if job.permissions.get("id-token").is_some_and(|v| v == "write") {
            job.subjects = subjects(&job, root, facts, &at);
        }
        if let Some(target) = body.get("uses") {
            reusable(&job, target, body, facts);
        }
        if job_name == "copilot-setup-steps" {
            agent_step::copilot(&job, &at, facts);
        }
        secrets(&job, &job_key, body, facts);
        let steps = body.get("steps").into_iter().flat_map(Node::items).filter_map(|s| s.get("env"));
        for (name, value) in job.surroundings.iter().copied().chain(steps).flat_map(Node::entries) {
            let found = name.str().zip(value.str()).and_then(|(n, v)| Some((images::repository(document.repository_body(), n, v)?, v)));
            if let Some((registry, name)) = found {
                facts.mention(&registry, name, document.at(value));
                facts.relate(&job_key, &CAN_ACCESS, &registry, document.at(value)).basis(Basis::EnvAssumed).attr("level", "write");
            }
        }
        for (n, step) in body.get("steps").into_iter().flat_map(Node::items).enumerate() {
            self::step(&job, step, n, facts);
        }
    }
}

fn composite(document: &Document, repository: &str, root: &Node, runs: &Node, facts: &mut Facts) {
    let key = Key::new(Kind::Tool, "ci-action", format!("tool:{}", document.file_id()));
    let name = root.get_str("name").unwrap_or(document.folder());
    facts.declare(&key, name, document.at(root)).attr("pin", "local").attr("transport", "inproc");
    for (input, body) in root.get("inputs").into_iter().flat_map(Node::entries) {
        let Some(name) = input.str() else { continue };
        let lower = name.to_ascii_lowercase();
        if ["token", "key", "secret", "password", "credential"].iter().any(|w| lower.contains(w)) {
            let slot = Key::new(Kind::Location, "env", format!("gh-input:{repository}/{}#{name}", document.path));
            facts.declare(&slot, name, document.place(input.line, input.column, body.end_line)).attr("store", "input");
            facts.relate(&key, &CONSUMES, &slot, document.place(input.line, input.column, body.end_line));
        }
    }
    // A composite action's steps act inside the job that calls it.
    let job = Job {
        document,
        repository,
        key: key.clone(),
        token: Key::new(Kind::Identity, "ci-job-token", format!("gh-token:{repository}/{}#caller", document.path)),
        environment: None,
        environments: Vec::new(),
        permissions: BTreeMap::new(),
        triggers: &[],
        on: None,
        surroundings: Vec::new(),
        apps: federation::apps(repository, runs),
        guarded: false,
        subjects: Vec::new(),
    };
    for (n, step) in runs.get("steps").into_iter().flat_map(Node::items).enumerate() {
        self::step(&job, step, n, facts);
    }
}

fn triggers(root: &Node) -> Vec<String> {
    let Some(on) = root.get("on").or_else(|| root.get("true")) else { return Vec::new() };
    let mut out: Vec<String> = match on.str() {
        Some(one) => vec![one.to_owned()],
        None => on.items().iter().filter_map(|i| i.str().map(str::to_owned)).chain(on.entries().filter_map(|(k, _)| k.str().map(str::to_owned))).collect(),
    };
    out.sort();
    out
}

/// The job's block replaces the workflow's; a block that names any key takes the others away.
fn permissions(root: &Node, job: &Node) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    let Some(block) = job.get("permissions").or_else(|| root.get("permissions")) else {
        out.insert("contents".into(), "default".into());
        return out;
    };
    match block.str() {
        Some("write-all") => {
            for key in ["contents", "actions", "packages", "pull-requests", "issues", "deployments", "id-token", "statuses", "checks"] {
                out.insert(key.into(), "write".into());
            }
        }
        Some("read-all") => {
            out.insert("contents".into(), "read".into());
        }
        _ => out.extend(block.entries().filter_map(|(k, v)| Some((k.str()?.to_owned(), v.scalar()?)))),
    }
    out
}

fn job_token(job: &Job<'_>, repo: &Key, root: &Node, body: &Node, facts: &mut Facts) {
    let block = body.get("permissions").or_else(|| root.get("permissions"));
    let at = block.map_or_else(|| job.document.at_line(body.line), |b| job.document.at(b));
    let map: serde_json::Map<String, Json> = job.permissions.iter().map(|(k, v)| (k.clone(), Json::from(v.clone()))).collect();
    let named = job.key.id.rsplit('#').next().unwrap_or_default().to_owned();
    facts.declare(&job.token, format!("GITHUB_TOKEN of {named}"), at.clone()).attr("auth_style", "short-lived").attr("permissions", Json::Object(map.clone()));
    facts.relate(&job.key, &RUNS_AS, &job.token, at.clone());
    if block.is_some() {
        let policy = Key::new(Kind::Policy, "token-permissions", format!("pol:{}#permissions", job.token.id));
        let text: Vec<String> = job.permissions.iter().map(|(k, v)| format!("{k}: {v}")).collect();
        facts.declare(&policy, text.join(", "), at.clone()).attr("permissions", Json::Object(map));
        facts.relate(&job.token, &GRANTED, &policy, at.clone());
        facts.relate(&policy, &PERMITS, repo, at.clone());
    }
    let of = |key: &str| job.permissions.get(key).map(String::as_str);
    let level = match of("contents") {
        Some("write") => "write",
        Some("read") => "read-data",
        Some("default") => "read-data",
        _ if job.can_write() => "tag",
        _ => return,
    };
    facts.relate(&job.token, &CAN_ACCESS, repo, at).attr("level", level);
}

/// Whether a condition lets only people through who may write: it asks how the author belongs to the repository.
pub(super) fn is_guarded(part: &Node) -> bool {
    part.get_str("if").is_some_and(|i| i.contains("author_association") && ["OWNER", "MEMBER", "COLLABORATOR"].iter().any(|m| i.contains(m)))
}

/// Who can start the job, or feed its input.
fn populations(job: &Job<'_>, to: &Key, facts: &mut Facts, at: &Location) {
    for trigger in job.triggers {
        let (class, input) = match trigger.as_str() {
            "push" | "create" | "delete" | "workflow_dispatch" | "repository_dispatch" | "release" | "deployment" => ("repo-writer", "code"),
            "pull_request" => ("repo-writer", "code"),
            "pull_request_target" | "workflow_run" => ("fork-contributor", "data"),
            "issues" | "discussion" => ("issue-author", "data"),
            "issue_comment" | "pull_request_review" | "pull_request_review_comment" | "discussion_comment" => ("commenter", "data"),
            "fork" | "watch" | "gollum" => ("public", "none"),
            _ => continue,
        };
        let class = if job.guarded && input == "data" { "repo-writer" } else { class };
        let party = Key::new(Kind::Party, "class", format!("class:{class}@{}", job.document.repository));
        facts.mention(&party, class.replace('-', " "), job.trigger(trigger).unwrap_or_else(|| at.clone()));
        facts.relate(&party, &CAN_TRIGGER, to, at.clone()).attr("input", input).attr("trigger", trigger.clone());
    }
}

/// The subjects that the job's token can carry.
fn subjects(job: &Job<'_>, root: &Node, facts: &mut Facts, at: &Location) -> Vec<Key> {
    let mut subjects: Vec<String> = Vec::new();
    subjects.extend(job.environments.iter().map(|e| format!("environment:{e}")));
    if subjects.is_empty() {
        for trigger in job.triggers {
            match trigger.as_str() {
                "pull_request" => subjects.push("pull_request".into()),
                "push" => {
                    let branches: Vec<String> =
                        root.path(&["on", "push", "branches"]).into_iter().flat_map(Node::one_or_many).filter_map(Node::scalar).collect();
                    if branches.is_empty() {
                        subjects.push("ref:refs/heads/*".into());
                    }
                    subjects.extend(branches.into_iter().map(|b| format!("ref:refs/heads/{b}")));
                    subjects.extend(
                        root.path(&["on", "push", "tags"])
                            .into_iter()
                            .flat_map(Node::one_or_many)
                            .filter_map(Node::scalar)
                            .map(|t| format!("ref:refs/tags/{t}")),
                    );
                }
                _ => subjects.push("ref:refs/heads/*".into()),
            }
        }
    }
    subjects.sort();
    subjects.dedup();
    let mut keys = Vec::new();
    for subject in subjects {
        let subject = format!("repo:{}:{subject}", job.repository);
        let key = Key::new(Kind::Identity, "oidc-subject", format!("oidc:{ISSUER}::{subject}"));
        facts.declare(&key, subject, at.clone()).attr("auth_style", "federated");
        facts.relate(&job.key, &RUNS_AS, &key, at.clone());
        keys.push(key);
    }
    keys
}

fn reusable(job: &Job<'_>, target: &Node, body: &Node, facts: &mut Facts) {
    let Some(uses) = target.str() else { return };
    let at = job.document.at(target);
    let local = uses.strip_prefix("./");
    let called = match local {
        Some(path) => format!("gh-workflow:{}/{path}", job.repository),
        None => format!("gh-workflow:{}", uses.split('@').next().unwrap_or(uses)),
    };
    let called = Key::new(Kind::Consumer, "ci-workflow", called);
    facts.mention(&called, uses.rsplit('/').next().unwrap_or(uses), at.clone());
    facts.relate(&job.key, &INVOKES, &called, at.clone());
    let tool = local.is_none().then(|| action(job, uses, target, facts));
    if let Some(tool) = &tool {
        facts.relate(&job.key, &INVOKES, tool, at);
    }
    let Some(passed) = body.get("secrets") else { return };
    let at = job.document.at(passed);
    if passed.str() == Some("inherit") {
        let all = Key::new(Kind::Location, "ci-secret", format!("gh-secret:{}/*", job.repository));
        facts.mention(&all, "every secret of the repository", at.clone()).attr("store", "github").attr("all", true);
        facts.relate(tool.as_ref().unwrap_or(&job.key), &CONSUMES, &all, at);
        return;
    }
    // What the called workflow knows by one name is the caller's secret of another.
    for (name, value) in passed.entries() {
        let (Some(name), Some(text)) = (name.str(), value.str()) else { continue };
        let at = job.document.at(value);
        let slot = match local {
            Some(_) => Key::new(Kind::Location, "ci-secret", format!("gh-secret:{}/{}", job.repository, name.to_ascii_uppercase())),
            None => Key::new(Kind::Location, "env", format!("gh-input:{}#{name}", called.id.trim_start_matches("gh-workflow:"))),
        };
        feed(job, &slot, name, text, &at, facts);
        if let Some(tool) = &tool {
            facts.relate(tool, &CONSUMES, &slot, at.clone());
            // The workflow of another repository reads what it is handed.
            facts.relate(&called, &CONSUMES, &slot, at);
        }
    }
}

/// A slot of another unit is fed from the secrets that an expression names.
fn feed(job: &Job<'_>, slot: &Key, name: &str, text: &str, at: &Location, facts: &mut Facts) {
    for (kind, secret, _) in expressions(text).into_iter().filter(|(_, s, _)| s != "GITHUB_TOKEN" && s != "*") {
        let from = self::slot(job, kind, &secret);
        facts.mention(&from, secret.clone(), at.clone()).attr("store", "github");
        if from.id != slot.id {
            facts.mention(slot, name, at.clone()).attr("store", "input");
            facts.relate(slot, &SOURCED_FROM, &from, at.clone());
        }
    }
}

/// The slot behind `secrets.NAME` or `vars.NAME`.
pub(super) fn slot(job: &Job<'_>, kind: &str, name: &str) -> Key {
    if kind == "secret" {
        let scope = job.environment.as_ref().filter(|_| name != "*").map_or(String::new(), |e| format!("@env={e}"));
        Key::new(Kind::Location, "ci-secret", format!("gh-secret:{}{scope}/{name}", job.repository))
    } else {
        Key::new(Kind::Location, "ci-variable", format!("gh-var:{}/{name}", job.repository))
    }
}

/// The node of a third-party action, with how firmly it is pinned.
fn action(job: &Job<'_>, uses: &str, node: &Node, facts: &mut Facts) -> Key {
    let (name, version) = uses.split_once('@').unwrap_or((uses, ""));
    let hex = version.len() >= 40 && version.chars().all(|c| c.is_ascii_hexdigit());
    let pin = if uses.starts_with("./") {
        "local"
    } else if hex || version.contains("sha256:") {
        "digest"
    } else if version.starts_with('v') || version.starts_with(|c: char| c.is_ascii_digit()) {
        "version"
    } else {
        "floating"
    };
    let key = if let Some(path) = uses.strip_prefix("./") {
        let path = path.trim_end_matches('/');
        let base = if path.is_empty() { "action.yml".to_owned() } else { format!("{path}/action.yml") };
        Key::new(Kind::Tool, "ci-action", format!("tool:file:{}//{base}", job.document.repository_body()))
    } else {
        // One use of it: what this job hands over, another that uses the same action does not have.
        let product = Key::new(Kind::Tool, "ci-action", format!("gh-action:{name}"));
        let key = Key::new(Kind::Tool, "ci-action", format!("tool:gh-action/{name}@{}", job.key.id));
        facts.mention(&product, name, job.document.at(node));
        facts.relate(&key, &PART_OF, &product, job.document.at(node));
        key
    };
    facts.mention(&key, name, job.document.at(node)).attr("pin", pin);
    key
}

/// Secret and variable names in the expressions of a text, with the line of each.
pub(super) fn expressions(text: &str) -> Vec<(&'static str, String, u32)> {
    let mut out = Vec::new();
    for (offset, line) in text.lines().enumerate() {
        for (context, kind) in [("secrets.", "secret"), ("secrets['", "secret"), ("vars.", "var")] {
            let mut rest = line;
            while let Some(at) = rest.find(context) {
                let before = rest[..at].chars().next_back();
                rest = &rest[at + context.len()..];
                if before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.') {
                    continue;
                }
                let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-')).unwrap_or(rest.len());
                if end > 0 {
                    out.push((kind, rest[..end].to_ascii_uppercase(), offset as u32));
                }
            }
        }
        if line.contains("toJSON(secrets)") || line.contains("toJson(secrets)") {
            out.push(("secret", "*".into(), offset as u32));
        }
    }
    out
}

/// Every slot that a part of the workflow reads; `who` reads it.
pub(super) fn secrets(job: &Job<'_>, who: &Key, part: &Node, facts: &mut Facts) {
    part.walk(&mut |_, node| {
        let Some(text) = node.str().filter(|t| t.contains("${{") || t.contains("secrets") || t.contains("vars.")) else { return };
        // A composite action reads what its caller hands it.
        for (offset, line) in text.lines().enumerate().filter(|_| job.key.kind == Kind::Tool) {
            for input in line.split("inputs.").skip(1) {
                let end = input.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-')).unwrap_or(input.len());
                if is_secret_name(&input[..end]) {
                    let at = job.document.at_line(node.line + offset as u32);
                    let slot = Key::new(Kind::Location, "env", format!("gh-input:{}/{}#{}", job.repository, job.document.path, &input[..end]));
                    facts.mention(&slot, &input[..end], at.clone()).attr("store", "input");
                    facts.relate(who, &CONSUMES, &slot, at);
                }
            }
        }
        for (id, app) in job.apps.iter().filter(|(id, _)| text.contains(&format!("steps.{id}.outputs."))) {
            if who.kind != Kind::Identity && who.id != job.key.id {
                facts.relate(who, &RUNS_AS, app, job.document.at(node)).attr("through", format!("steps.{id}"));
            }
            handed(job, who, &format!("steps.{id}.outputs.token"), app, job.document.at(node), facts);
        }
        for (kind, name, offset) in expressions(text) {
            let at = job.document.place(node.line + offset, if offset == 0 { node.column } else { 1 }, node.line + offset);
            if name == "GITHUB_TOKEN" {
                if job.key.kind == Kind::Consumer {
                    handed(job, who, "GITHUB_TOKEN", &job.token, at, facts);
                }
                continue;
            }
            let slot = slot(job, kind, &name);
            facts.mention(&slot, name, at.clone()).attr("store", "github");
            facts.relate(who, &CONSUMES, &slot, at);
        }
    });
}

/// A token that the platform makes for the job is handed to a step: it is kept nowhere else, and no secret of the repository.
fn handed(job: &Job<'_>, who: &Key, name: &str, identity: &Key, at: Location, facts: &mut Facts) {
    let slot = Key::new(Kind::Location, "env", format!("env:{}#{name}", job.key.id));
    facts.mention(&slot, name, at.clone()).attr("store", "env").attr("protection", "none-stored");
    facts.relate(who, &CONSUMES, &slot, at.clone());
    facts.relate(&slot, &AUTHENTICATES_AS, identity, at);
}

fn step(job: &Job<'_>, step: &Node, number: usize, facts: &mut Facts) {
    injection(job, step, facts);
    leaks::read(job, step, facts);
    dispatches(job, step, facts);
    hazards::step(job, step, facts);
    let Some(uses) = step.get("uses") else {
        if let Some(run) = step.get("run") {
            agent_step::command(job, step, run, number, facts);
            deploys(job, run, facts);
            fetches(job, run, facts);
            pushes(job, images::of_script(run.str().unwrap_or_default()), &job.document.at(run), facts);
        }
        return;
    };
    let Some(text) = uses.str() else { return };
    let at = job.document.at(uses);
    // An action of the repository itself goes by the repository's name.
    let own = text.strip_prefix("./").map(|p| format!("{}/{p}", job.repository).trim_end_matches('/').to_owned());
    let name = own.as_deref().unwrap_or_else(|| text.split('@').next().unwrap_or(text));
    let tool = action(job, text, uses, facts);
    facts.relate(&job.key, &INVOKES, &tool, at.clone());
    // An action of the repository serves every caller: what one hands over is kept in its inputs, and read by the job.
    let reader = if text.starts_with("./") { &job.key } else { &tool };
    for part in [step.get("with"), step.get("env")].into_iter().flatten() {
        secrets(job, reader, part, facts);
    }
    if let Some(path) = text.strip_prefix("./") {
        for (name, value) in step.get("with").into_iter().flat_map(Node::entries) {
            let (Some(name), Some(given)) = (name.str(), value.str()) else { continue };
            let slot = Key::new(Kind::Location, "env", format!("gh-input:{}/{}/action.yml#{name}", job.repository, path.trim_end_matches('/')));
            feed(job, &slot, name, given, &job.document.at(value), facts);
        }
    }
    if job.key.kind == Kind::Consumer && !text.starts_with("./") {
        facts.relate(&tool, &RUNS_AS, &job.token, at.clone()).confidence(0.5);
    }
    federation::read(job, name, step, &tool, &at, facts);
    pushes(job, images::of_action(name, step), &at, facts);
    opened(job, name, step, &tool, &at, facts);
    actions::read(job, name, step, &tool, &at, facts);
    agent_step::action(job, name, step, &tool, number, facts);
}

/// The environments of a job: one, or those that its matrix fills in.
fn environments(body: &Node) -> Vec<String> {
    let Some(stated) = body.get("environment").and_then(|e| e.str().or_else(|| e.get_str("name"))) else { return Vec::new() };
    let Some(axis) = stated.split("${{").nth(1).and_then(|e| e.trim_start().strip_prefix("matrix.")).and_then(|e| e.split([' ', '}']).next()) else {
        return vec![stated.to_owned()];
    };
    let matrix = body.path(&["strategy", "matrix"]);
    // An axis of maps is named `matrix.x.name`.
    let (axis, field) = axis.split_once('.').map_or((axis, None), |(a, f)| (a, Some(f)));
    let listed = matrix
        .and_then(|m| m.get(axis))
        .into_iter()
        .flat_map(Node::items)
        .filter_map(|v| field.map_or_else(|| v.scalar(), |f| v.get(f).and_then(Node::scalar)));
    let included = matrix.and_then(|m| m.get("include")).into_iter().flat_map(Node::items).filter_map(|v| v.get(axis).and_then(Node::scalar));
    let mut out: Vec<String> = listed.chain(included).collect();
    out.sort();
    out.dedup();
    if out.is_empty() { vec![stated.to_owned()] } else { out }
}

/// Labels of the machines that GitHub keeps.
const HOSTED: &[&str] = &["ubuntu", "windows", "macos"];

/// A machine of the owner's, which outlives the job unless it says otherwise.
fn runner(job: &Job<'_>, body: &Node, facts: &mut Facts) {
    let Some(node) = body.get("runs-on") else { return };
    let labels: Vec<&str> =
        node.one_or_many().iter().filter_map(Node::str).chain(node.get("labels").into_iter().flat_map(Node::one_or_many).filter_map(Node::str)).collect();
    let group = node.get_str("group");
    let hosted = |label: &str| HOSTED.iter().any(|h| label.starts_with(h));
    // What an expression fills in, and what a larger hosted machine is called, is not for the file to say.
    let own = labels.contains(&"self-hosted");
    let custom = labels.iter().all(|l| !hosted(l) && !l.contains("${{")) && (!labels.is_empty() || group.is_some());
    if !own && !custom {
        return;
    }
    let name = group.map_or_else(|| labels.iter().copied().filter(|l| *l != "self-hosted").collect::<Vec<_>>().join("+"), str::to_owned);
    let name = if name.is_empty() { "self-hosted".to_owned() } else { name };
    let at = job.document.at(node);
    let owner = job.repository.split('/').next().unwrap_or_default();
    let key = Key::new(Kind::Resource, "runner", format!("gh-runner:{owner}/{name}"));
    let short = labels.iter().any(|l| ["ephemeral", "arc-", "spot"].iter().any(|w| l.contains(w)));
    facts.mention(&key, name, at.clone()).attr("self_hosted", true).attr("persistent", !short);
    facts.relate(&job.key, &PART_OF, &key, at).basis(if own { Basis::Exact } else { Basis::Convention });
}

fn outsider(job: &Job<'_>, rule: &str, confidence: f64, at: &Location, facts: &mut Facts) {
    let party = Key::new(Kind::Party, "class", format!("class:fork-contributor@{}", job.document.repository));
    facts.mention(&party, "fork contributor", at.clone());
    facts.relate(&party, &CAN_CONTROL, &job.key, at.clone()).confidence(confidence).attr("rule", rule);
}

/// What an action of GitHub or Docker opens, and the code of outsiders that a checkout brings.
fn opened(job: &Job<'_>, name: &str, step: &Node, tool: &Key, at: &Location, facts: &mut Facts) {
    let input = |name: &str| step.path(&["with", name]);
    match name {
        "docker/login-action" => {
            let registry = input("registry").and_then(Node::str).unwrap_or("docker.io");
            let key = Key::new(Kind::Resource, "container-registry", format!("host:{registry}"));
            facts.mention(&key, registry, at.clone());
            facts.relate(tool, &CAN_ACCESS, &key, at.clone()).attr("level", "write");
        }
        "actions/checkout" => {
            let reference = input("ref").and_then(Node::str).unwrap_or_default();
            let outside = ["github.event.pull_request.head", "github.head_ref", "refs/pull/"].iter().any(|m| reference.contains(m));
            if outside && job.triggers.iter().any(|t| matches!(t.as_str(), "pull_request_target" | "workflow_run" | "issue_comment")) {
                outsider(job, "untrusted-checkout", 0.9, at, facts);
            }
        }
        _ => {}
    }
}

/// Other workflows that a step starts: by the command line, by an action made for it, or by a call of the interface.
fn dispatches(job: &Job<'_>, step: &Node, facts: &mut Facts) {
    let mut started = |file: &str, at: Location| {
        let file = file.trim_matches(['"', '\'', ',', ';']);
        if (file.ends_with(".yml") || file.ends_with(".yaml")) && !file.contains(['$', '*']) {
            let name = file.rsplit('/').next().unwrap_or(file);
            let called = Key::new(Kind::Consumer, "ci-workflow", format!("gh-workflow:{}/.github/workflows/{name}", job.repository));
            facts.mention(&called, name, at.clone());
            facts.relate(&job.key, &INVOKES, &called, at).attr("through", "workflow_dispatch");
        }
    };
    if let Some(node) = step.path(&["with", "workflow"]).filter(|_| step.get_str("uses").is_some_and(|u| u.contains("dispatch"))) {
        started(node.str().unwrap_or_default(), job.document.at(node));
    }
    let Some((node, text)) = step.get("run").or_else(|| step.path(&["with", "script"])).and_then(|n| Some((n, n.str()?))) else { return };
    for (offset, line) in text.lines().enumerate() {
        let rest = line.split_once("gh workflow run ").or_else(|| line.split_once("workflow_id:")).map(|(_, r)| r);
        if let Some(file) = rest.and_then(|r| r.split_whitespace().find(|w| !w.starts_with('-'))) {
            started(file, job.document.at_line(node.line + offset as u32));
        }
    }
}

/// Text of outsiders that becomes part of a script.
fn injection(job: &Job<'_>, step: &Node, facts: &mut Facts) {
    let script = step.get("run").or_else(|| step.path(&["with", "script"]));
    let Some((node, text)) = script.and_then(|n| Some((n, n.str()?))) else { return };
    const FIELDS: &[&str] = &[".title", ".body", ".name", ".label", ".head_ref", "head.ref", ".message", ".email", ".page_name", "github.head_ref"];
    for (offset, line) in text.lines().enumerate() {
        let hit = line
            .split("${{")
            .skip(1)
            .filter_map(|e| e.split("}}").next())
            .any(|e| e.contains("github.") && (e.contains("event.") || e.contains("head_ref")) && FIELDS.iter().any(|f| e.contains(f)));
        if hit && job.triggers.iter().any(|t| t != "push" && t != "workflow_dispatch" && t != "schedule" && t != "workflow_call") {
            let at = job.document.at_line(node.line + offset as u32);
            outsider(job, "script-injection", 0.8, &at, facts);
            return;
        }
    }
}

/// What a script deploys, by the command that it calls.
fn deploys(job: &Job<'_>, run: &Node, facts: &mut Facts) {
    const COMMANDS: &[(&str, &str, &str)] = &[
        ("terraform", "apply", "cloud-account"),
        ("tofu", "apply", "cloud-account"),
        ("pulumi", "up", "cloud-account"),
        ("cdk", "deploy", "cloud-account"),
        ("kubectl", "apply", "cluster"),
        ("kubectl", "set image", "cluster"),
        ("helm", "upgrade", "cluster"),
        ("helm", "install", "cluster"),
        ("docker", "push", "container-registry"),
        ("npm", "publish", "package-registry"),
        ("twine", "upload", "package-registry"),
        ("cargo", "publish", "package-registry"),
        ("gcloud", "deploy", "cloud-account"),
    ];
    let Some(text) = run.str().filter(|_| job.key.kind == Kind::Consumer) else { return };
    for (offset, line) in text.lines().enumerate() {
        let line_text = line.trim();
        for (command, verb, subtype) in COMMANDS {
            if line_text.split(['&', ';', '|']).any(|c| c.trim_start().starts_with(command) && c.contains(verb)) {
                let at = job.document.at_line(run.line + offset as u32);
                let key = Key::new(Kind::Resource, *subtype, format!("{subtype}:{{{}}}", job.document.repository_body()));
                facts.mention(&key, format!("what {command} {verb} changes"), at.clone()).confidence(0.4);
                facts.relate(&job.key, &DEPLOYS, &key, at).basis(Basis::Heuristic);
            }
        }
    }
}

/// Images that the job pushes.
fn pushes(job: &Job<'_>, images: Vec<String>, at: &Location, facts: &mut Facts) {
    if !images.is_empty() {
        facts.mention(&job.key, String::new(), at.clone()).attr("pushes", images);
    }
}

/// Secrets that a script fetches from the store of a cloud.
fn fetches(job: &Job<'_>, run: &Node, facts: &mut Facts) {
    for (offset, command) in commands(run.str().unwrap_or_default()) {
        for (slot, name) in fetched(job.document.repository_body(), &command) {
            // A block begins on the line below its key.
            let at = job.document.at_line(run.line + offset);
            facts.mention(&slot, name, at.clone()).attr("store", "cloud-secret");
            facts.relate(&job.key, &CONSUMES, &slot, at).basis(Basis::Evaluated);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Spec;

    fn facts(text: &str) -> Facts {
        let document = Document::new("repo:github.com/acme/web".into(), ".github/workflows/w.yml", text.as_bytes().to_vec(), None);
        let mut facts = Facts::default();
        read(&document, &mut facts);
        facts
    }

    #[test]
    fn a_deploying_job_with_its_subject_secret_and_role() {
        let facts = facts(
            "on: { push: { branches: [main] } }\npermissions: { contents: read }\njobs:\n  ship:\n    runs-on: ubuntu-latest\n    environment: prod\n    permissions: { id-token: write, contents: read }\n    steps:\n      - uses: aws-actions/configure-aws-credentials@v5\n        with: { role-to-assume: \"${{ vars.DEPLOY_ROLE }}\" }\n      - run: terraform apply\n        env: { K: \"${{ secrets.DD_KEY }}\" }\n",
        );
        let edge =
            |from: &str, relation: &str, to: &str| facts.edges.iter().any(|e| e.from.id.ends_with(from) && e.relation.name == relation && &*e.to.id == to);
        assert!(edge("#ship", "runs_as", "oidc:token.actions.githubusercontent.com::repo:acme/web:environment:prod"));
        assert!(!facts.nodes.iter().any(|n| n.key.id.contains(":ref:")), "an environment replaces the branch form");
        assert!(edge("#ship", "consumes", "gh-secret:acme/web@env=prod/DD_KEY"));
        assert!(edge("#ship", "consumes", "gh-var:acme/web/DEPLOY_ROLE"));
        assert!(edge("class:repo-writer@repo:github.com/acme/web", "can_trigger", "gh-workflow:acme/web/.github/workflows/w.yml#ship"));
        assert!(matches!(&facts.references[0].spec, Spec::ValueOf { slot, .. } if slot == "gh-var:acme/web/DEPLOY_ROLE"));
        let secret = facts.nodes.iter().find(|n| n.name == "DD_KEY").expect("slot");
        assert_eq!(secret.at.as_ref().map(|l| l.line), Some(12));
    }

    #[test]
    fn an_issue_triggered_agent_is_driven_by_anyone() {
        let facts = facts(
            "on: { issues: { types: [opened] } }\npermissions: { contents: write }\njobs: { triage: { runs-on: x, steps: [ { uses: anthropics/claude-code-action@v1, with: { anthropic_api_key: \"${{ secrets.A }}\", allowed_non_write_users: \"*\", claude_args: \"--allowedTools Bash\" } } ] } }\n",
        );
        let agent = facts.nodes.iter().find(|n| n.key.kind == Kind::Agent).expect("the agent");
        assert_eq!(agent.attributes[&"autonomy".into()], 3);
        assert!(facts.edges.iter().any(|e| e.from.id.starts_with("class:issue-author")
            && e.relation.name == "can_trigger"
            && e.to == agent.key
            && !e.attributes.contains_key("guard")));
        assert!(facts.edges.iter().any(|e| e.from == agent.key && e.relation.name == "consumes" && &*e.to.id == "gh-secret:acme/web/A"));
    }

    #[test]
    fn a_checkout_of_the_head_is_control() {
        let facts = facts(
            "on: pull_request_target\njobs:\n  b:\n    steps:\n      - uses: actions/checkout@v4\n        with: { ref: \"${{ github.event.pull_request.head.sha }}\" }\n",
        );
        assert!(facts.edges.iter().any(|e| e.relation.name == "can_control" && e.attributes[&"rule".into()] == "untrusted-checkout"));
    }
}
