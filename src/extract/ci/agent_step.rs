//! Agents that a pipeline starts: by an action made for it, or by calling an agent's command line.

use std::collections::BTreeSet;

use super::agent_tools;
use super::federation::{become_identity, provider_of};
use super::github::Job;
use super::github_conditions::{Admits, admits};
use super::github_slots::secrets;
use crate::document::Node;
use crate::extract::commands::commands;
use crate::model::{Basis, Facts, Key, Kind, Location, Spec};
use crate::relation::{CAN_ACCESS, CAN_CONTROL, CAN_TRIGGER, CONSUMES, DELEGATES_TO, INVOKES, RUNS_AS, TRUSTS};

/// Action, client, host of the model, and the inputs that let anyone start it when they are `*`.
const ACTIONS: &[(&str, &str, &str, &[&str])] = &[
    ("anthropics/claude-code-action", "claude-code", "api.anthropic.com", &["allowed_non_write_users", "allowed_bots"]),
    ("anthropics/claude-code-base-action", "claude-code", "api.anthropic.com", &["allowed_non_write_users"]),
    ("anthropics/claude-code-security-review", "claude-code", "api.anthropic.com", &[]),
    ("openai/codex-action", "codex", "api.openai.com", &["allow-users", "allow-bots"]),
    ("google-github-actions/run-gemini-cli", "gemini-cli", "generativelanguage.googleapis.com", &[]),
    ("actions/ai-inference", "github-models", "models.github.ai", &[]),
    ("qodo-ai/pr-agent", "pr-agent", "api.openai.com", &[]),
    ("Codium-ai/pr-agent", "pr-agent", "api.openai.com", &[]),
    ("The-PR-Agent/pr-agent", "pr-agent", "api.openai.com", &[]),
    ("All-Hands-AI/openhands-resolver", "openhands", "api.anthropic.com", &[]),
    ("coderabbitai/ai-pr-reviewer", "coderabbit", "api.openai.com", &[]),
    ("augmentcode/augment-agent", "auggie", "api.augmentcode.com", &[]),
    ("QwenLM/qwen-code-action", "qwen-code", "dashscope.aliyuncs.com", &[]),
    ("sst/opencode/github", "opencode", "api.anthropic.com", &[]),
    ("anomalyco/opencode/github", "opencode", "api.anthropic.com", &[]),
    ("block/goose-action", "goose", "api.openai.com", &[]),
    ("warpdotdev/oz-agent-action", "warp", "app.warp.dev", &[]),
];

/// Actions that check by themselves that the actor can write.
const CHECKED: &[&str] = &["anthropics/claude-code-action", "openai/codex-action"];

/// Program, words of which one makes it work on its own (none: it always does), client, host of the model.
const COMMANDS: &[(&str, &[&str], &str, &str)] = &[
    ("claude", &["-p", "--print"], "claude-code", "api.anthropic.com"),
    ("claude-code", &["-p", "--print"], "claude-code", "api.anthropic.com"),
    ("codex", &["exec", "e"], "codex", "api.openai.com"),
    ("gemini", &["-p", "--prompt", "-y", "--yolo"], "gemini-cli", "generativelanguage.googleapis.com"),
    ("gemini-cli", &["-p", "--prompt", "-y", "--yolo"], "gemini-cli", "generativelanguage.googleapis.com"),
    ("copilot", &["-p", "--prompt", "--prompt-file", "--allow-all-tools"], "copilot-cli", "api.githubcopilot.com"),
    ("aider", &["--message", "-m", "--message-file", "--yes", "--yes-always"], "aider", "api.openai.com"),
    ("cursor-agent", &[], "cursor", "api2.cursor.sh"),
    ("opencode", &["run"], "opencode", "api.anthropic.com"),
    ("goose", &["run"], "goose", "api.openai.com"),
    ("q", &["chat"], "amazon-q", "q.us-east-1.amazonaws.com"),
    ("kiro-cli", &["chat"], "kiro", "q.us-east-1.amazonaws.com"),
    ("amp", &["-x", "--execute"], "amp", "ampcode.com"),
    ("droid", &["exec"], "droid", "api.factory.ai"),
    ("sweagent", &["run"], "swe-agent", "api.openai.com"),
    ("crush", &["run"], "crush", "api.anthropic.com"),
    ("qwen", &["-p", "--prompt", "-y", "--yolo"], "qwen-code", "dashscope.aliyuncs.com"),
    ("auggie", &["--print", "-p"], "auggie", "api.augmentcode.com"),
];

/// Packages that are an agent's command line, and the program that each brings.
const PACKAGES: &[(&str, &str)] = &[
    ("@anthropic-ai/claude-code", "claude"),
    ("@openai/codex", "codex"),
    ("@google/gemini-cli", "gemini"),
    ("@github/copilot", "copilot"),
    ("@qwen-code/qwen-code", "qwen"),
    ("@sourcegraph/amp", "amp"),
    ("@augmentcode/auggie", "auggie"),
    ("opencode-ai", "opencode"),
    ("aider-chat", "aider"),
];

/// Words of one command that are looked at.
const MAX_WORDS: usize = 200;

/// The agent that a script starts: the program at the beginning of a command, or behind what wraps it, with a word that makes it work on its own.
fn called(text: &str) -> Option<(&'static str, &'static str)> {
    for (_, command) in commands(text) {
        let words: Vec<&str> = command
            .split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ';' | '|' | '&' | '(' | ')' | '`'))
            .filter(|w| !w.is_empty())
            .take(MAX_WORDS)
            .collect();
        // What is said or looked up is not run.
        if words.first().is_some_and(|w| matches!(*w, "echo" | "printf" | "which" | "command" | "type" | "export")) {
            continue;
        }
        for (i, word) in words.iter().enumerate() {
            let program = word.rsplit('/').next().unwrap_or(word).split('@').next().unwrap_or(word);
            let Some((_, marks, client, model)) = COMMANDS.iter().find(|(p, ..)| *p == program) else { continue };
            let verb = |m: &&str| !m.starts_with('-') && words.get(i + 1) == Some(m);
            let flag = |m: &&str| m.starts_with('-') && words[i + 1..].iter().any(|w| w == m || w.strip_prefix(*m).is_some_and(|r| r.starts_with('=')));
            if marks.is_empty() && i == 0 || marks.iter().any(|m| verb(m) || flag(m)) {
                return Some((client, model));
            }
        }
    }
    None
}

/// The agent whose package a job puts in place, when this step is handed what the agent is asked: a program of the action's own starts it.
fn wrapped(job: &Job<'_>, step: &Node, text: &str) -> Option<(&'static str, &'static str)> {
    let asks = |name: &str, value: &str| name.to_ascii_uppercase().ends_with("PROMPT") && value.contains("${{");
    let asked = step.get("env").into_iter().flat_map(Node::entries).any(|(k, v)| k.str().zip(v.str()).is_some_and(|(k, v)| asks(k, v)));
    let installs = |script: &str, package: &str| {
        let mut lines = script.lines().filter(|l| ["install", "npm i ", "npx ", "pnpm add", "pip"].iter().any(|w| l.contains(w)));
        // `@openai/codex`, `@openai/codex@1.2.3`, and no package whose name goes on.
        lines.any(|l| l.match_indices(package).any(|(at, _)| !l[at + package.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-')))
    };
    if !asked || job.key.kind != Kind::Tool {
        return None;
    }
    let (package, program) = PACKAGES.iter().find(|(package, _)| job.scripts.iter().any(|s| installs(s, package)))?;
    let (_, _, client, model) = COMMANDS.iter().find(|(p, ..)| p == program)?;
    (!installs(text, package)).then_some((client, model))
}

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

/// Inputs that give a model's key to an agent, the client, the host of the model: an action of another name that takes one starts it as well.
const INPUTS: &[(&[&str], &str, &str)] = &[
    (&["anthropic_api_key", "anthropic-api-key", "claude-api-key", "claude_code_oauth_token", "claude_args"], "claude-code", "api.anthropic.com"),
    (&["gemini_api_key", "use_gemini_code_assist", "gemini_cli_version"], "gemini-cli", "generativelanguage.googleapis.com"),
    (&["codex-args", "codex-home", "codex-version", "codex-user"], "codex", "api.openai.com"),
];

/// Inputs that tell an agent what to do: without one, an action may ask a model something and be done.
const TASKS: &[&str] = &[
    "prompt",
    "prompt-file",
    "prompt_file",
    "direct_prompt",
    "override_prompt",
    "custom_instructions",
    "claude_args",
    "codex-args",
    "allowed_tools",
    "settings",
];

/// What starts an agent: client, host of the model, inputs that open it to everyone.
type Started = (&'static str, &'static str, &'static [&'static str]);

fn started(name: &str, step: &Node) -> Option<Started> {
    let by_name = ACTIONS.iter().find(|(a, ..)| name.eq_ignore_ascii_case(a)).map(|(_, client, model, opening)| (*client, *model, *opening));
    by_name.or_else(|| {
        let has = |inputs: &[&str]| inputs.iter().any(|i| step.path(&["with", i]).is_some());
        INPUTS.iter().find(|(inputs, ..)| has(inputs) && has(TASKS)).map(|(_, client, model)| (*client, *model, &[][..]))
    })
}

/// Whether a step starts an agent.
pub(super) fn is_agent(name: &str, step: &Node) -> bool {
    started(name, step).is_some()
}

/// A step that uses an action made for agents.
pub(super) fn action(job: &Job<'_>, name: &str, step: &Node, tool: &Key, number: usize, facts: &mut Facts) {
    let Some((client, model, opening)) = started(name, step) else { return };
    let with = step.get("with");
    let open = opening.iter().any(|input| with.and_then(|w| w.get(input)).and_then(Node::scalar).is_some_and(|v| v.split(',').any(|u| u.trim() == "*")));
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
    let model = switched.map_or(model, |(_, host)| host);
    let agent = declare(job, step, number, client, model, &text, checked, facts);
    facts.relate(&agent, &INVOKES, tool, job.document.at(step));
    if with.and_then(|w| w.get("show_full_output")).and_then(Node::scalar).is_some_and(|v| v == "true") {
        facts.mention(&agent, String::new(), job.document.at(step)).attr("full_output", true);
    }
    for part in [step.get("with"), step.get("env")].into_iter().flatten().chain(job.surroundings.iter().copied()) {
        secrets(job, &agent, part, facts);
    }
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

/// A script that calls an agent's command line.
pub(super) fn command(job: &Job<'_>, step: &Node, run: &Node, number: usize, facts: &mut Facts) {
    let Some(text) = run.str() else { return };
    if let Some((client, model)) = called(text).or_else(|| wrapped(job, step, text)) {
        let agent = declare(job, step, number, client, model, text, false, facts);
        for env in step.get("env").into_iter().chain(job.surroundings.iter().copied()) {
            secrets(job, &agent, env, facts);
        }
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

#[allow(clippy::too_many_arguments)]
fn declare(job: &Job<'_>, step: &Node, number: usize, client: &str, model: &str, text: &str, checked: bool, facts: &mut Facts) -> Key {
    let at = job.document.at(step);
    let name = step.get_str("name").or_else(|| step.get_str("id")).unwrap_or(client);
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
    node.attr("client", client)
        .attr("autonomy", if bypass { 4 } else { 3 })
        .attr("capabilities", capabilities)
        .attr("untrusted_inputs", inputs.into_iter().collect::<Vec<_>>())
        .attr("egress", if shell { "open" } else { "unknown" })
        .attr("sandbox", "vm")
        .attr("unbounded_tools", unbounded);
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
    let api = Key::new(Kind::Resource, "llm-api", format!("llm:{model}"));
    facts.mention(&api, model, at.clone());
    facts.relate(&agent, &CAN_ACCESS, &api, at.clone()).attr("level", "write");
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
    use super::called;

    #[test]
    fn an_agent_is_started_by_its_program_with_a_task() {
        let client = |text: &str| called(text).map(|(client, _)| client);
        for (text, found) in [
            ("claude -p \"fix it\"", Some("claude-code")),
            ("npx @anthropic-ai/claude-code@latest \\\n  --model x \\\n  --print < prompt.txt", Some("claude-code")),
            ("timeout 600 codex exec --full-auto \"$PROMPT\"", Some("codex")),
            ("npx -y @openai/codex@0.2 exec - < p", Some("codex")),
            ("cat p.md | gemini --yolo --prompt=\"x\"", Some("gemini-cli")),
            ("awf -- /bin/bash -c '/usr/local/bin/copilot --add-dir /tmp --allow-all-tools --prompt-file p'", Some("copilot-cli")),
            ("cursor-agent \"fix\"", Some("cursor")),
            ("npm install -g @google/gemini-cli", None),
            ("echo \"use claude -p\"", None),
            ("# claude -p x", None),
            ("claude --version", None),
            ("codex login", None),
        ] {
            assert_eq!(client(text), found, "{text}");
        }
    }
}
