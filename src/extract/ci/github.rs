//! GitHub Actions: workflows and jobs, their tokens and subjects, and who can start them.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::github_conditions::{self, Admits, admits};
use super::github_slots::secrets;
use super::{agent_step, federation, github_calls, github_steps, images};
use crate::document::{Document, Node};
use crate::extract::note;
use crate::model::{Basis, Facts, Key, Kind, Location};
use crate::relation::{CAN_ACCESS, CAN_TRIGGER, GRANTED, INVOKES, PART_OF, PERMITS, RUNS_AS};

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
    /// The conditions on which the job runs: its own, and those of the jobs that it needs.
    pub conditions: Vec<&'a str>,
    /// Scripts of all steps.
    pub scripts: Vec<&'a str>,
    /// Subjects that the job's token can carry.
    pub subjects: Vec<Key>,
    /// Whether another job of the workflow writes what this one asks for, as agentic workflows are compiled.
    pub separate: bool,
}

impl Job<'_> {
    pub(super) fn can_write(&self) -> bool {
        // A token of identity changes nothing by itself.
        self.permissions.iter().any(|(key, v)| v == "write" && key != "id-token")
    }

    /// Whom the job's condition lets through when an event happens.
    pub(super) fn admits(&self, event: &str) -> Admits {
        self.conditions.iter().map(|c| admits(c, event)).min().unwrap_or(Admits::Anyone)
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
            github_calls::composite(document, repository, root, runs, facts);
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
    let jobs = root.get("jobs").into_iter().flat_map(Node::entries).filter_map(|(k, v)| Some((k.str()?, v))).collect();
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
            conditions: github_conditions::of(&jobs, job_name),
            scripts: scripts(body),
            subjects: Vec::new(),
            separate: root.path(&["jobs", "safe_outputs"]).is_some(),
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
            github_calls::reusable(&job, target, body, facts);
        }
        if job_name == "copilot-setup-steps" {
            agent_step::copilot(&job, &at, facts);
        }
        secrets(&job, &job_key, body, facts);
        // What the workflow sets for all its jobs, each of them has.
        if let Some(env) = root.get("env") {
            secrets(&job, &job_key, env, facts);
        }
        let steps = body.get("steps").into_iter().flat_map(Node::items).filter_map(|s| s.get("env"));
        for (name, value) in job.surroundings.iter().copied().chain(steps).flat_map(Node::entries) {
            let found = name.str().zip(value.str()).and_then(|(n, v)| Some((images::repository(document.repository_body(), n, v)?, v)));
            if let Some((registry, name)) = found {
                facts.mention(&registry, name, document.at(value));
                facts.relate(&job_key, &CAN_ACCESS, &registry, document.at(value)).basis(Basis::EnvAssumed).attr("level", "write");
            }
        }
        for (n, step) in body.get("steps").into_iter().flat_map(Node::items).enumerate() {
            github_steps::step(&job, step, n, facts);
        }
    }
}

/// The scripts of a job's steps.
pub(super) fn scripts(body: &Node) -> Vec<&str> {
    body.get("steps").into_iter().flat_map(Node::items).filter_map(|s| s.get_str("run")).collect()
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
    let at = block.map_or_else(|| job.document.place(body.line, body.column, body.line), |b| job.document.at(b));
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
        let class = match job.admits(trigger) {
            Admits::Nobody => continue,
            Admits::Writers if input == "data" => "repo-writer",
            _ => class,
        };
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
        for trigger in job.triggers.iter().filter(|t| job.admits(t) != Admits::Nobody) {
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
    facts.relate(&job.key, &PART_OF, &key, at.clone()).basis(if own { Basis::Exact } else { Basis::Convention });
    if job.triggers.iter().any(|t| t == "pull_request") && job.admits("pull_request") == Admits::Anyone {
        facts.mention(&job.key, String::new(), at).attr("runs_changes_of_forks", true);
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
