//! Agents that a pipeline starts: by an action made for it, or by calling an agent's command line.

use std::collections::BTreeSet;

use super::agent_start::{Started, started, started_by_script};
use super::agent_tools;
use super::federation::{become_identity, provider_of};
use super::github::Job;
use super::github_conditions::{Admits, admits};
use super::github_slots::secrets;
use crate::document::Node;
use crate::model::{Basis, Facts, Key, Kind, Location, Spec};
use crate::relation::{CAN_ACCESS, CAN_CONTROL, CAN_TRIGGER, CONSUMES, DELEGATES_TO, INVOKES, RUNS_AS, TRUSTS};

/// Actions that check by themselves that the actor can write.
const CHECKED: &[&str] = &["anthropics/claude-code-action", "openai/codex-action", "Factory-AI/droid-action"];

/// Flags that switch every approval off.
const BYPASS: &[&str] = &[
    "--dangerously-skip-permissions",
    "bypassPermissions",
    "--yolo",
    "--dangerously-bypass-approvals-and-sandbox",
    "danger-full-access",
    "--allow-all-tools",
    "safety-strategy: unsafe",
];

/// Commands that an agent is allowed, or told, to run by which its own change goes live.
const SHIPS: &[(&[&str], &str)] = &[
    (&["Bash(gh pr merge", "gh pr merge --"], "it may run gh pr merge"),
    (&["Bash(gh pr review --approve", "gh pr review --approve"], "it may approve pull requests"),
    (&["git push origin main", "git push origin master", "git push origin HEAD:main", "git push origin HEAD:master"], "it pushes to the default branch"),
];

/// A step that uses an action made for agents.
pub(super) fn action(job: &Job<'_>, name: &str, step: &Node, tool: &Key, number: usize, given: &[(Key, Location)], facts: &mut Facts) {
    let Some(mut found) = started(name, step) else { return };
    let with = step.get("with");
    let open = found.opening.iter().any(|input| with.and_then(|w| w.get(input)).and_then(Node::scalar).is_some_and(|v| v.split(',').any(|u| u.trim() == "*")));
    let checked = CHECKED.contains(&name) && !open;
    let mut text = String::new();
    if let Some(with) = with {
        with.walk(&mut |_, n| {
            if let Some(value) = n.scalar() {
                text.push_str(&value);
                text.push('\n');
            }
        });
    }
    // A switch that is on for certain leaves the action's own host unused.
    let switched = HOSTS.iter().find(|(input, _)| with.and_then(|w| w.get(input)).and_then(Node::scalar).is_some_and(|v| v == "true"));
    found.model = switched.map(|(_, host)| *host).or(found.model);
    let agent = declare(job, step, number, &found, &text, checked, facts);
    facts.relate(&agent, &INVOKES, tool, job.document.at(step));
    if with.and_then(|w| w.get("show_full_output")).and_then(Node::scalar).is_some_and(|v| v == "true") {
        facts.mention(&agent, String::new(), job.document.at(step)).attr("full_output", true);
    }
    for part in [step.get("with"), step.get("env")].into_iter().flatten().chain(job.surroundings.iter().copied()) {
        secrets(job, &agent, part, facts);
    }
    handed(&agent, given, facts);
    clouds(job, with, &agent, facts);
    agent_tools::read(job, step, &agent, facts);
    for prompt in PROMPTS.iter().filter_map(|i| with?.get(i)) {
        if let Some(name) = prompt.str().and_then(command_name) {
            let at = job.document.at(prompt);
            facts.refer(&agent, &INVOKES, Spec::Name { kind: Kind::Tool, subtypes: vec!["skill".into()], name: name.to_owned() }, format!("/{name}"), at);
        }
    }
}

/// Inputs that hold what the agent is asked.
const PROMPTS: &[&str] = &["prompt", "direct_prompt", "override_prompt"];

/// The command of the repository's own that a prompt begins with: `/label-issue REPO: …`.
fn command_name(prompt: &str) -> Option<&str> {
    let name = prompt.trim_start().strip_prefix('/')?.split_whitespace().next()?;
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':'));
    (plain && name.len() <= 100).then_some(name)
}

/// Inputs that switch an agent to the model of another host.
const HOSTS: &[(&str, &str)] = &[
    ("use_vertex_ai", "aiplatform.googleapis.com"),
    ("use_vertex", "aiplatform.googleapis.com"),
    ("use_gemini_code_assist", "cloudcode-pa.googleapis.com"),
    ("use_bedrock", "bedrock-runtime.amazonaws.com"),
    ("use_foundry", "services.ai.azure.com"),
    ("responses-api-endpoint", "openai.azure.com"),
];

/// Inputs that name the identity of a cloud which the agent federates to, and the model hosts that inputs switch to.
fn clouds(job: &Job<'_>, with: Option<&Node>, agent: &Key, facts: &mut Facts) {
    let input = |name: &str| with.and_then(|w| w.get(name)).filter(|n| n.scalar().is_some_and(|s| !s.is_empty() && s != "false"));
    let mut hosts = Vec::new();
    for (name, host) in HOSTS {
        let Some(node) = input(name) else { continue };
        let at = job.document.at(node);
        let api = Key::new(Kind::Resource, "llm-api", format!("llm:{host}"));
        facts.mention(&api, *host, at.clone());
        let edge = facts.relate(agent, &CAN_ACCESS, &api, at);
        edge.attr("level", "write");
        if node.scalar().is_some_and(|s| s.contains("${{")) {
            edge.conditional();
        }
        hosts.push(api);
    }
    // The job's token is exchanged for one of the vendor's service account.
    if let Some(named) = input("anthropic_service_account_id").or_else(|| input("anthropic_federation_rule_id"))
        && let Some(identity) = become_identity(job, agent, named, "saas-account", facts)
    {
        let at = job.document.at(named);
        let issuer = Key::new(Kind::Issuer, "oidc-provider", "oidc-provider:token.actions.githubusercontent.com");
        facts.mention(&issuer, "token.actions.githubusercontent.com", at.clone());
        facts.relate(&identity, &TRUSTS, &issuer, at.clone()).basis(Basis::Convention).conditional();
        let api = Key::new(Kind::Resource, "llm-api", "llm:api.anthropic.com");
        facts.relate(&identity, &CAN_ACCESS, &api, at).basis(Basis::Convention).attr("level", "write");
    }
    let Some(named) = input("gcp_service_account").or_else(|| input("gcp_workload_identity_provider")) else { return };
    let Some(identity) = become_identity(job, agent, named, "gcp-service-account", facts) else { return };
    let at = job.document.at(named);
    if let Some(provider) = input("gcp_workload_identity_provider") {
        let issuer = provider_of(job, provider, facts);
        facts.relate(&identity, &TRUSTS, &issuer, job.document.at(provider)).basis(Basis::Convention).conditional();
    }
    // Without a narrower scope the action asks for the whole platform.
    let project = input("gcp_project_id").and_then(Node::str);
    let scope = project.map_or_else(|| format!("{{{}}}", job.repository), |p| p.replace(['$', '{', '}', ' '], ""));
    let account = Key::new(Kind::Resource, "cloud-account", format!("//cloudresourcemanager.googleapis.com/projects/{scope}"));
    facts.mention(&account, scope.rsplit('.').next().unwrap_or(&scope), input("gcp_project_id").map_or(at.clone(), |p| job.document.at(p)));
    facts
        .relate(&identity, &CAN_ACCESS, &account, at.clone())
        .basis(Basis::Heuristic)
        .attr("scopes", input("gcp_access_token_scopes").and_then(Node::scalar).unwrap_or_else(|| "https://www.googleapis.com/auth/cloud-platform".into()));
    for api in hosts.iter().filter(|h| h.id.ends_with("googleapis.com")) {
        facts.relate(&identity, &CAN_ACCESS, api, at.clone()).basis(Basis::Convention).attr("level", "write");
    }
}

/// The hosted coding agent of GitHub, which works in what this job prepares: its token, its secrets.
pub(super) fn copilot(job: &Job<'_>, at: &Location, facts: &mut Facts) {
    let agent = Key::new(Kind::Agent, "ci-agent", format!("agent:{}//#copilot-cloud-agent", job.document.repository_body()));
    facts
        .declare(&agent, "copilot", at.clone())
        .attr("client", "copilot")
        .attr("autonomy", 3)
        .attr("capabilities", vec!["exec", "fs-read", "fs-write", "net", "scm-write"])
        .attr("untrusted_inputs", vec!["issue"])
        .attr("egress", "allowlist")
        .attr("sandbox", "vm");
    facts.relate(&job.key, &INVOKES, &agent, at.clone());
    facts.relate(&agent, &RUNS_AS, &job.token, at.clone()).basis(Basis::Convention);
    let slot = Key::new(Kind::Location, "ci-secret", format!("gh-secret:{}@env=copilot/*", job.repository));
    facts.mention(&slot, "secrets of the environment copilot", at.clone()).attr("store", "github");
    facts.relate(&agent, &CONSUMES, &slot, at.clone()).basis(Basis::Convention);
    let writers = Key::new(Kind::Party, "class", format!("class:repo-writer@{}", job.document.repository));
    facts.mention(&writers, "repo writer", at.clone());
    facts.relate(&writers, &DELEGATES_TO, &agent, at.clone()).attr("mode", "per-session");
}

/// The environment that a step gives to the agent that it starts.
fn handed(agent: &Key, given: &[(Key, Location)], facts: &mut Facts) {
    for (slot, at) in given {
        facts.relate(agent, &CONSUMES, slot, at.clone());
    }
}

/// A script that calls an agent's command line.
pub(super) fn command(job: &Job<'_>, step: &Node, run: &Node, number: usize, given: &[(Key, Location)], facts: &mut Facts) {
    let Some(text) = run.str() else { return };
    if let Some(found) = started_by_script(job, step, text) {
        let agent = declare(job, step, number, &found, text, false, facts);
        for env in step.get("env").into_iter().chain(job.surroundings.iter().copied()) {
            secrets(job, &agent, env, facts);
        }
        handed(&agent, given, facts);
        agent_tools::read(job, step, &agent, facts);
    }
}

/// The vendor's app that the action acts as when it is handed no token: it asks for one with the job's token of identity.
fn own_app(job: &Job<'_>, step: &Node) -> Option<Key> {
    let name = step.get_str("uses")?.split('@').next()?;
    let asks = job.permissions.get("id-token").is_some_and(|v| v == "write") && step.path(&["with", "github_token"]).is_none();
    (asks && name.eq_ignore_ascii_case("anthropics/claude-code-action"))
        .then(|| Key::new(Kind::Identity, "scm-app-installation", format!("gh-app:{}/claude", job.repository)))
}

/// After how many turns the agent stops, where its command or its settings say so.
fn turns(text: &str) -> Option<u64> {
    let behind = ["--max-turns", "maxSessionTurns", "max_turns"].iter().find_map(|name| text.split_once(name).map(|(_, rest)| rest))?;
    let number = behind.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '\n');
    number[..number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len())].parse().ok()
}

fn declare(job: &Job<'_>, step: &Node, number: usize, found: &Started<'_>, text: &str, checked: bool, facts: &mut Facts) -> Key {
    let at = job.document.at(step);
    let name = step.get_str("name").or_else(|| step.get_str("id")).unwrap_or(found.client);
    let agent = Key::new(Kind::Agent, "ci-agent", format!("agent:{}/step-{}", job.key.id, number + 1));
    let bypass = BYPASS.iter().any(|b| text.contains(b));
    let shell = bypass
        || text.contains("Bash")
        || text.contains("run_shell_command")
        || !(text.contains("allowedTools") || text.contains("allowed_tools") || text.contains("coreTools"));
    let mut capabilities = vec!["fs-read", "fs-write"];
    if shell {
        capabilities.extend(["exec", "net"]);
    }
    // Who may write issues speaks to people; only who may write content changes code.
    let is_set = |what: &str| job.permissions.get(what).is_some_and(|v| v == "write");
    let app = own_app(job, step);
    if is_set("contents") || app.is_some() {
        capabilities.push("scm-write");
    }
    if ["issues", "pull-requests", "discussions"].iter().any(|p| is_set(p)) {
        capabilities.push("message");
    }
    let own = step.get_str("if");
    let admitted = |event: &str| job.admits(event).min(own.map_or(Admits::Anyone, |c| admits(c, event)));
    let shut_out: Vec<&String> = job.triggers.iter().filter(|t| admitted(t) == Admits::Nobody).collect();
    let inputs: BTreeSet<&str> = job
        .triggers
        .iter()
        .filter(|t| !shut_out.contains(t))
        .filter_map(|t| match t.as_str() {
            "issues" => Some("issue"),
            "issue_comment" | "pull_request_review" | "pull_request_review_comment" | "discussion_comment" => Some("comment"),
            "pull_request_target" | "pull_request" => Some("pull_request"),
            _ => None,
        })
        .collect();
    let unbounded = text.contains("--allowedTools Bash") && !text.contains("Bash(") || text.contains("Bash(*)");
    let node = facts.declare(&agent, name, at.clone());
    node.attr("client", found.client)
        .attr("autonomy", if bypass { 4 } else { 3 })
        .attr("capabilities", capabilities)
        .attr("untrusted_inputs", inputs.into_iter().collect::<Vec<_>>())
        .attr("egress", if shell { "open" } else { "unknown" })
        .attr("sandbox", "vm")
        .attr("unbounded_tools", unbounded);
    if let Some(turns) = turns(text).or_else(|| step.path(&["with", "max_turns"]).and_then(Node::scalar).and_then(|t| t.parse().ok())) {
        node.attr("max_turns", turns);
    }
    // A firewall lets it connect to what it lists; a job of its own writes what it asks for.
    let fenced = text.contains("awf ") && (text.contains("allowDomains") || text.contains("--allow-domains"));
    if fenced {
        node.attr("egress", "allowlist").attr("sandbox", "container");
    }
    let apart = job.separate && !job.can_write();
    let guards: Vec<&str> =
        [(checked, "actor-check"), (fenced, "sandbox"), (apart, "safe-outputs")].into_iter().filter(|(is, _)| *is).map(|(_, g)| g).collect();
    if !guards.is_empty() {
        node.attr("guards", guards);
    }
    let ships: Vec<&str> = SHIPS.iter().filter(|(words, _)| words.iter().any(|w| text.contains(w))).map(|(_, how)| *how).collect();
    if !ships.is_empty() && job.can_write() {
        node.attr("ships", ships);
    }
    let guarded = job.triggers.iter().any(|t| admitted(t) == Admits::Writers);
    let writers = Key::new(Kind::Party, "class", format!("class:repo-writer@{}", job.document.repository));
    facts.mention(&writers, "repo writer", at.clone());
    facts.relate(&writers, &CAN_CONTROL, &agent, at.clone()).confidence(0.9);
    if checked || guarded {
        // Whoever may start it lends it their authority for the run.
        facts.relate(&writers, &DELEGATES_TO, &agent, at.clone()).attr("mode", "per-session");
    }
    let call = facts.relate(&job.key, &INVOKES, &agent, at.clone());
    if found.guessed {
        call.basis(Basis::UniqueName);
    }
    if !shut_out.is_empty() {
        call.attr("shut_out", shut_out.iter().map(|t| t.as_str()).collect::<Vec<_>>());
    }
    if job.key.kind == Kind::Consumer {
        facts.relate(&agent, &RUNS_AS, &job.token, at.clone());
        // With a shell it can ask for the job's tokens of identity too.
        for subject in job.subjects.iter().filter(|_| shell) {
            facts.relate(&agent, &RUNS_AS, subject, at.clone()).confidence(0.9);
        }
    }
    if let Some(app) = app {
        facts.mention(&app, "Claude", at.clone()).attr("provider", "github").attr("auth_style", "short-lived").attr("third_party", true);
        facts.relate(&agent, &RUNS_AS, &app, at.clone()).basis(Basis::Convention);
        let repo = Key::new(Kind::Resource, "repo", format!("saas:github.com/{}", job.repository));
        facts.mention(&repo, job.repository, at.clone());
        facts.relate(&app, &CAN_ACCESS, &repo, at.clone()).basis(Basis::Convention).attr("level", "write");
    }
    if let Some(model) = found.model {
        let api = Key::new(Kind::Resource, "llm-api", format!("llm:{model}"));
        facts.mention(&api, model, at.clone());
        facts.relate(&agent, &CAN_ACCESS, &api, at.clone()).attr("level", "write");
    }
    for trigger in job.triggers {
        let class = match trigger.as_str() {
            "issues" | "discussion" => "issue-author",
            "issue_comment" | "pull_request_review" | "pull_request_review_comment" | "discussion_comment" => "commenter",
            "pull_request_target" | "workflow_run" => "fork-contributor",
            _ => continue,
        };
        let class = match admitted(trigger) {
            Admits::Nobody => continue,
            Admits::Writers => "repo-writer",
            Admits::Anyone => class,
        };
        let party = Key::new(Kind::Party, "class", format!("class:{class}@{}", job.document.repository));
        facts.mention(&party, class.replace('-', " "), at.clone());
        let edge = facts.relate(&party, &CAN_TRIGGER, &agent, at.clone());
        edge.attr("input", "data").attr("trigger", trigger.clone());
        if checked {
            edge.attr("guard", "actor-check");
        }
    }
    agent
}

#[cfg(test)]
mod tests {
    use super::turns;

    #[test]
    fn an_agent_stops_after_the_turns_that_it_is_given() {
        assert_eq!(turns("--model x --max-turns 5 --verbose"), Some(5));
        assert_eq!(turns("{ \"maxSessionTurns\": 20 }"), Some(20));
        assert_eq!((turns("--max-turns $N"), turns("--max-turns\n5"), turns("--verbose")), (None, None, None));
    }
}
