//! What one step of a job does: the action that it uses, the commands that its script calls, what it opens to outsiders.

use super::github::Job;
use super::github_conditions::Admits;
use super::github_slots::{feed, input_slot, secrets};
use super::work::is_secret_name;
use super::{actions, agent_step, federation, github_scripts, hazards, images, leaks};
use crate::document::Node;
use crate::extract::commands::{commands, fetched};
use crate::extract::kubernetes::applied;
use crate::model::{Basis, Facts, Key, Kind, Location};
use crate::relation::{CAN_ACCESS, CAN_CONTROL, CONSUMES, DEPLOYS, INVOKES, PART_OF, RUNS_AS};

/// The node of a third-party action, with how firmly it is pinned.
pub(super) fn action(job: &Job<'_>, uses: &str, node: &Node, facts: &mut Facts) -> Key {
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
        let path = path.trim_end_matches(['/', '.']);
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

pub(super) fn step(job: &Job<'_>, step: &Node, number: usize, facts: &mut Facts) {
    injection(job, step, facts);
    leaks::read(job, step, facts);
    dispatches(job, step, facts);
    hazards::step(job, step, facts);
    let given = github_scripts::read(job, step, number, facts);
    let Some(uses) = step.get("uses") else {
        if let Some(run) = step.get("run") {
            agent_step::command(job, step, run, number, &given, facts);
            deploys(job, run, facts);
            fetches(job, run, facts);
            fetched_by_script(job, run, facts);
            applied(job.document, run.str().unwrap_or_default(), run.line, &str::to_owned, facts);
            let text = environment(job, step, run.str().unwrap_or_default());
            pushes(job, images::of_script(&text), "pushes", &job.document.at(run), facts);
            pushes(job, images::built_by_script(&text, &str::to_owned), "builds", &job.document.at(run), facts);
        }
        return;
    };
    let Some(text) = uses.str() else { return };
    let at = job.document.at(uses);
    // An action of the repository itself goes by the repository's name.
    let own = text.strip_prefix("./").map(|p| format!("{}/{p}", job.repository).trim_end_matches(['/', '.']).to_owned());
    let name = own.as_deref().unwrap_or_else(|| text.split('@').next().unwrap_or(text));
    let tool = action(job, text, uses, facts);
    facts.relate(&job.key, &INVOKES, &tool, at.clone());
    // An action of the repository serves every caller: what one hands over is kept in its inputs, and read by the job.
    let reader = if text.starts_with("./") { &job.key } else { &tool };
    for part in [step.get("with"), step.get("env")].into_iter().flatten() {
        secrets(job, reader, part, facts);
    }
    literals(job, step, &tool, facts);
    if let Some(path) = text.strip_prefix("./").or_else(|| own_path(job, name)) {
        if !text.starts_with("./") {
            // As it was published: what stands here may be newer.
            let here = action(job, &format!("./{path}"), uses, facts);
            facts.relate(&job.key, &INVOKES, &here, at.clone()).basis(Basis::Evaluated);
        }
        for (name, value) in step.get("with").into_iter().flat_map(Node::entries) {
            let (Some(name), Some(given)) = (name.str(), value.str()) else { continue };
            // The action of the root has no folder.
            let file = format!("{}/action.yml", path.trim_end_matches(['/', '.']));
            let slot = input_slot(job.repository, file.trim_start_matches('/'), name);
            feed(job, &slot, name, given, &job.document.at(value), facts);
        }
    }
    if job.key.kind == Kind::Consumer && !text.starts_with("./") {
        facts.relate(&tool, &RUNS_AS, &job.token, at.clone()).confidence(0.5);
    }
    federation::read(job, name, step, &tool, &at, facts);
    let fill = |text: &str| environment(job, step, text);
    pushes(job, images::of_action(name, step, &fill), "pushes", &at, facts);
    pushes(job, images::built_by_action(name, step, &fill), "builds", &at, facts);
    opened(job, name, step, &tool, &at, facts);
    actions::read(job, name, step, &tool, &at, facts);
    agent_step::action(job, name, step, &tool, number, &given, facts);
}

/// Values that stand in clear where an action takes a secret.
fn literals(job: &Job<'_>, step: &Node, tool: &Key, facts: &mut Facts) {
    for (name, value) in step.get("with").into_iter().flat_map(Node::entries) {
        let Some((name, text)) = name.str().zip(value.str()) else { continue };
        if is_secret_name(name) && !text.contains("${{") && text.len() >= MIN_LITERAL && !text.contains(char::is_whitespace) {
            let at = job.document.at(value);
            let slot = Key::new(Kind::Location, "env", format!("env:{}#{name}", tool.id));
            facts.declare(&slot, name, at.clone()).attr("store", "input").attr("protection", "plaintext");
            facts.relate(tool, &CONSUMES, &slot, at.clone());
            facts.holds(&slot, at);
        }
    }
}

/// Letters of a value below which it is a setting and no secret.
const MIN_LITERAL: usize = 16;

/// The folder of an action of this repository that a step uses by the repository's name.
fn own_path<'t>(job: &Job<'_>, name: &'t str) -> Option<&'t str> {
    let (own, length) = (job.repository, job.repository.len());
    let same = name.get(..length)?.eq_ignore_ascii_case(own);
    match &name[length..] {
        "" if same => Some(""),
        rest => rest.strip_prefix('/').filter(|r| same && !r.starts_with(".github/workflows/")),
    }
}

fn outsider(job: &Job<'_>, rule: &str, confidence: f64, at: &Location, facts: &mut Facts) {
    let party = Key::new(Kind::Party, "class", format!("class:fork-contributor@{}", job.document.repository));
    facts.mention(&party, "fork contributor", at.clone());
    facts.relate(&party, &CAN_CONTROL, &job.key, at.clone()).confidence(confidence).attr("rule", rule);
}

/// How a checkout names what a pull request brings.
const HEADS: &[&str] = &[
    "github.event.pull_request.head",
    "github.head_ref",
    "refs/pull/",
    "github.event.workflow_run.head_sha",
    "github.event.workflow_run.head_branch",
    "github.event.workflow_run.head_commit",
    "github.event.workflow_run.head_repository",
    "github.event.workflow_run.pull_requests",
];

/// The code of outsiders comes into a job that has more rights than they.
fn brought(job: &Job<'_>, at: &Location, facts: &mut Facts) {
    let foreign = |t: &String| matches!(t.as_str(), "pull_request_target" | "workflow_run" | "issue_comment") && job.admits(t) == Admits::Anyone;
    if job.triggers.iter().any(foreign) {
        outsider(job, "untrusted-checkout", 0.9, at, facts);
    }
}

/// Commands by which a script fetches a pull request.
fn fetched_by_script(job: &Job<'_>, run: &Node, facts: &mut Facts) {
    for (offset, line) in run.str().unwrap_or_default().lines().enumerate().filter(|(_, l)| !l.trim_start().starts_with('#')) {
        let by_git =
            ["git fetch", "git pull", "git checkout"].iter().any(|c| line.contains(c)) && HEADS.iter().chain(&["pull/$", "pull/${{"]).any(|h| line.contains(h));
        if line.contains("gh pr checkout ") || by_git {
            brought(job, &job.document.at_line(run.line + offset as u32), facts);
        }
    }
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
            actions::shows(job, step, &key, "write", facts);
        }
        "actions/checkout" => {
            let reference = [input("ref"), input("repository")].into_iter().flatten().filter_map(Node::str).collect::<String>();
            if HEADS.iter().any(|m| reference.contains(m)) {
                brought(job, at, facts);
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
fn pushes(job: &Job<'_>, images: Vec<String>, list: &'static str, at: &Location, facts: &mut Facts) {
    if !images.is_empty() {
        facts.mention(&job.key, String::new(), at.clone()).attr(list, images);
    }
}

/// Bytes of a value that is put in, and of a text that is filled at most: what many places of a long text hold must not grow without end.
const MAX_VALUE: usize = 256;
const MAX_FILLED: usize = 1 << 18;

/// A text with the variables of the workflow, the job and the step that hold plain values: `${{ env.IMAGE }}`, `${IMAGE}`.
fn environment(job: &Job<'_>, step: &Node, text: &str) -> String {
    let mut out = text.to_owned();
    let blocks = job.surroundings.iter().copied().chain(step.get("env")).rev();
    for (name, value) in
        blocks.flat_map(Node::entries).filter_map(|(k, v)| Some((k.str()?, v.scalar()?))).filter(|(_, v)| v.len() <= MAX_VALUE && !v.contains(['$', '\n']))
    {
        if out.len() <= MAX_FILLED && out.contains(name) {
            for written in [format!("${{{{ env.{name} }}}}"), format!("${{{{env.{name}}}}}"), format!("${{{name}}}")] {
                out = out.replace(&written, &value);
            }
        }
    }
    out
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
