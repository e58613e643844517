//! What starts an agent in a pipeline: actions made for one, its command line, programs that are handed what it is asked.

use super::github::Job;
use super::work::is_secret_name;
use crate::document::Node;
use crate::extract::commands::commands;
use crate::model::Kind;

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
    ("augmentcode/review-pr", "auggie", "api.augmentcode.com", &[]),
    ("augmentcode/describe-pr", "auggie", "api.augmentcode.com", &[]),
    ("Factory-AI/droid-action", "droid", "api.factory.ai", &["allowed_non_write_users", "allowed_bots"]),
    ("warpdotdev/warp-agent-action", "warp", "app.warp.dev", &[]),
    ("QwenLM/qwen-code-action", "qwen-code", "dashscope.aliyuncs.com", &[]),
    ("sst/opencode/github", "opencode", "api.anthropic.com", &[]),
    ("anomalyco/opencode/github", "opencode", "api.anthropic.com", &[]),
    ("block/goose-action", "goose", "api.openai.com", &[]),
    ("warpdotdev/oz-agent-action", "warp", "app.warp.dev", &[]),
];

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

/// Scripts of vendors that put an agent's command line in place, and the program that each brings.
const INSTALLERS: &[(&str, &str)] = &[
    ("claude.ai/install.sh", "claude"),
    ("app.factory.ai/cli", "droid"),
    ("cursor.com/install", "cursor-agent"),
    ("opencode.ai/install", "opencode"),
    ("ampcode.com/install.sh", "amp"),
    ("goose/releases/download", "goose"),
    ("aider.chat/install.sh", "aider"),
    ("gh.io/copilot-install", "copilot"),
];

/// Whether a variable by this name hands on what an agent is asked: `PROMPT`, `INPUT_PROMPT_FILE`, `INPUT_INSTRUCTION`.
fn asks(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    upper.split('_').any(|s| s == "PROMPT") || upper.strip_prefix("INPUT_").is_some_and(|i| i.split('_').next().is_some_and(|s| s.starts_with("INSTRUCTION")))
}

/// The agent whose program a job puts in place, when this step is handed what the agent is asked: a program of the action's own starts it.
fn wrapped(job: &Job<'_>, step: &Node, text: &str) -> Option<(&'static str, &'static str)> {
    let asked = |(k, v): (&Node, &Node)| k.str().zip(v.str()).is_some_and(|(k, v)| asks(k) && v.contains("${{"));
    if job.key.kind != Kind::Tool || !step.get("env").into_iter().flat_map(Node::entries).any(asked) {
        return None;
    }
    let installs = |script: &str, package: &str| {
        let mut lines = script.lines().filter(|l| ["install", "npm i ", "npx ", "pnpm add", "pip"].iter().any(|w| l.contains(w)));
        // `@openai/codex`, `@openai/codex@1.2.3`, and no package whose name goes on.
        lines.any(|l| l.match_indices(package).any(|(at, _)| !l[at + package.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-')))
    };
    let brings = |script: &str| {
        let package = PACKAGES.iter().find(|(package, _)| installs(script, package));
        package.or_else(|| INSTALLERS.iter().find(|(address, _)| script.contains(address))).map(|(_, program)| *program)
    };
    let program = job.scripts.iter().find_map(|s| brings(s)).filter(|_| brings(text).is_none())?;
    COMMANDS.iter().find(|(p, ..)| *p == program).map(|(_, _, client, model)| (*client, *model))
}

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

/// Inputs that say what an agent is to do, in the words of any vendor.
const ASKED: &[&str] = &[
    "prompt",
    "prompt-file",
    "prompt_file",
    "prompt-path",
    "prompt_path",
    "user-prompt",
    "user_prompt",
    "system-prompt",
    "system_prompt",
    "instruction",
    "instructions",
    "instruction_file",
    "instruction-file",
    "custom-instructions",
    "custom_instructions",
];

/// Words of an action's name that say that a model works in it.
const MODELS: &[&str] = &["agent", "agents", "ai", "llm", "gpt", "chatgpt", "claude", "gemini", "codex", "copilot", "openai"];

/// Beginnings of the names of a vendor's keys, and the host that they open.
const KEYS: &[(&str, &str)] = &[
    ("OPENAI_", "api.openai.com"),
    ("AZURE_OPENAI_", "openai.azure.com"),
    ("ANTHROPIC_", "api.anthropic.com"),
    ("CLAUDE_", "api.anthropic.com"),
    ("GEMINI_", "generativelanguage.googleapis.com"),
    ("GOOGLE_AI_", "generativelanguage.googleapis.com"),
    ("OPENROUTER_", "openrouter.ai"),
    ("MISTRAL_", "api.mistral.ai"),
    ("GROQ_", "api.groq.com"),
    ("DEEPSEEK_", "api.deepseek.com"),
    ("XAI_", "api.x.ai"),
    ("DASHSCOPE_", "dashscope.aliyuncs.com"),
];

/// What starts an agent.
pub(super) struct Started<'t> {
    pub client: &'t str,
    /// Host of its model, where that is known.
    pub model: Option<&'static str>,
    /// Inputs that open it to everyone when they are `*`.
    pub opening: &'static [&'static str],
    /// It looks like one; nobody has read what the action does.
    pub guessed: bool,
}

impl<'t> Started<'t> {
    fn known(client: &'static str, model: &'static str) -> Started<'t> {
        Started { client, model: Some(model), opening: &[], guessed: false }
    }
}

/// The agent that an action starts.
pub(super) fn started<'t>(name: &'t str, step: &Node) -> Option<Started<'t>> {
    if let Some((_, client, model, opening)) = ACTIONS.iter().find(|(a, ..)| name.eq_ignore_ascii_case(a)) {
        return Some(Started { opening, ..Started::known(client, model) });
    }
    let has = |inputs: &[&str]| inputs.iter().any(|i| step.path(&["with", i]).is_some());
    if let Some((_, client, model)) = INPUTS.iter().find(|(inputs, ..)| has(inputs) && has(TASKS)) {
        return Some(Started::known(client, model));
    }
    // An action that nobody here has heard of: it is handed a key of a model, or some key and what to do.
    let keys: Vec<String> = [step.get("with"), step.get("env")]
        .into_iter()
        .flatten()
        .flat_map(Node::entries)
        .filter(|(_, v)| v.str().is_some_and(|v| v.contains("${{")))
        .filter_map(|(k, _)| Some(k.str()?.to_ascii_uppercase().replace('-', "_")))
        .filter(|k| is_secret_name(k) && !k.contains("GITHUB") && !k.starts_with("GH_") && !k.contains("SSH"))
        .collect();
    let model = keys.iter().find_map(|k| KEYS.iter().find(|(prefix, _)| k.starts_with(prefix)).map(|(_, host)| *host));
    let short = name.split('/').next_back().unwrap_or(name);
    let named = name.split(|c: char| !c.is_ascii_alphanumeric()).skip(1).any(|w| MODELS.iter().any(|m| w.eq_ignore_ascii_case(m)));
    let api_key = keys.iter().any(|k| k.ends_with("API_KEY") || k.ends_with("APIKEY") || k.ends_with("_AUTH"));
    (has(ASKED) && (model.is_some() || api_key) || named && model.is_some()).then_some(Started { client: short, model, opening: &[], guessed: true })
}

/// The agent that a script starts.
pub(super) fn started_by_script<'t>(job: &Job<'_>, step: &Node, text: &str) -> Option<Started<'t>> {
    called(text).or_else(|| wrapped(job, step, text)).map(|(client, model)| Started::known(client, model))
}

/// Whether a step starts an agent, for sure.
pub(super) fn is_agent(name: &str, step: &Node) -> bool {
    started(name, step).is_some_and(|s| !s.guessed)
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
