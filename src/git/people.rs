//! Who a commit's author is: mailmap applied, noreply addresses folded, bots and AI authors recognised by their address.

/// Name and e-mail address, after the mailmap.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Person {
    pub name: String,
    pub email: String,
}

/// Addresses of AI authors, and their agents. They are recognised by address, never by first name: people are called Claude and Devin too.
const AI_ADDRESSES: &[(&str, &str)] = &[
    ("noreply@anthropic.com", "claude"),
    ("cursoragent@cursor.com", "cursor"),
    ("copilot@github.com", "copilot"),
    ("noreply@openai.com", "codex"),
    ("noreply@aider.chat", "aider"),
    ("aider@aider.chat", "aider"),
    ("openhands@all-hands.dev", "openhands"),
];

/// Accounts of AI authors at the forge that folds addresses, and their agents.
const AI_LOGINS: &[(&str, &str)] = &[
    ("claude[bot]", "claude"),
    ("copilot", "copilot"),
    ("copilot-swe-agent[bot]", "copilot"),
    ("devin-ai-integration[bot]", "devin"),
    ("google-labs-jules[bot]", "jules"),
    ("gemini-code-assist[bot]", "gemini"),
    ("coderabbitai[bot]", "coderabbit"),
    ("cursor[bot]", "cursor"),
    ("chatgpt-codex-connector[bot]", "codex"),
];

/// Logins and names of automation that carry no `[bot]`.
const BOT_NAMES: &[&str] = &[
    "actions-user",
    "allcontributors",
    "argocd-image-updater",
    "bors",
    "buildbot",
    "codecov",
    "dependabot",
    "dependabot-preview",
    "flux",
    "fluxcdbot",
    "ghost",
    "github-actions",
    "greenkeeper",
    "imgbot",
    "jenkins",
    "k8s-ci-robot",
    "k8s-merge-robot",
    "mergify",
    "pre-commit-ci",
    "renovate",
    "renovate-bot",
    "semantic-release-bot",
    "snyk-bot",
    "web-flow",
    "weblate",
];

/// The AI agent that an author is, by address or account.
pub fn assistant(person: &Person) -> Option<&'static str> {
    let email = person.email.trim().to_ascii_lowercase();
    let login = noreply_login(&email);
    let known = |list: &'static [(&'static str, &'static str)], text: &str| list.iter().find(|(t, _)| *t == text).map(|(_, agent)| *agent);
    known(AI_ADDRESSES, &email)
        .or_else(|| known(AI_LOGINS, login.as_deref()?))
        // Its own mark behind the name of whoever runs it.
        .or_else(|| person.name.to_ascii_lowercase().ends_with(" (aider)").then_some("aider"))
}

/// Whether the address or name is that of a bot or an AI; such a party is never an owner.
pub fn is_bot(person: &Person) -> bool {
    let email = person.email.trim().to_ascii_lowercase();
    let name = person.name.trim().to_ascii_lowercase();
    let login = noreply_login(&email).unwrap_or_default();
    let local = email.split('@').next().unwrap_or_default();
    // Accounts of services, as their owners name them.
    let serves = |n: &str| !n.contains(' ') && (n.starts_with("svc-") || n.ends_with("-ci") || n.ends_with("-bot") || n.ends_with("_bot"));
    name.ends_with("[bot]")
        || login.ends_with("[bot]")
        || email == "noreply@github.com"
        || email == "action@github.com"
        || assistant(person).is_some()
        || BOT_NAMES.contains(&login.as_str())
        || BOT_NAMES.contains(&name.as_str())
        || serves(&name)
        || serves(&login)
        || ((local.starts_with("project_") || local.starts_with("group_")) && local.contains("_bot"))
}

/// Id of the party: `person:gh/login` for noreply addresses, `person:<address>` else, `bot:` for automation.
pub fn party_id(person: &Person) -> String {
    let email = person.email.trim().to_ascii_lowercase();
    let scheme = if is_bot(person) { "bot" } else { "person" };
    match noreply_login(&email) {
        Some(login) => format!("{scheme}:gh/{login}"),
        None if email.is_empty() => format!("{scheme}:name/{}", person.name.to_ascii_lowercase().replace(' ', "-")),
        None => format!("{scheme}:{email}"),
    }
}

/// The login inside `<digits>+login@users.noreply.github.com`.
fn noreply_login(email: &str) -> Option<String> {
    let local = email.strip_suffix("@users.noreply.github.com")?;
    Some(match local.split_once('+') {
        Some((digits, login)) if digits.chars().all(|c| c.is_ascii_digit()) => login.to_owned(),
        _ => local.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bots_by_address_and_people_by_any_name() {
        let person = |name: &str, email: &str| Person { name: name.into(), email: email.into() };
        for (name, email, agent) in [
            ("dependabot[bot]", "49699333+dependabot[bot]@users.noreply.github.com", None),
            ("GitHub", "noreply@github.com", None),
            ("svc-deploy", "deploy@example.org", None),
            ("acme-ci", "ci@example.org", None),
            ("Deploy", "project_42_bot_0f@noreply.gitlab.example.org", None),
            ("Claude", "noreply@anthropic.com", Some("claude")),
            ("Claude Opus 4.6 (1M context)", "noreply@anthropic.com", Some("claude")),
            ("claude[bot]", "209825114+claude[bot]@users.noreply.github.com", Some("claude")),
            ("Copilot", "198982749+Copilot@users.noreply.github.com", Some("copilot")),
            ("Copilot", "223556219+Copilot@users.noreply.github.com", Some("copilot")),
            ("Cursor Agent", "cursoragent@cursor.com", Some("cursor")),
            ("Devin AI", "158243242+devin-ai-integration[bot]@users.noreply.github.com", Some("devin")),
            ("google-labs-jules[bot]", "161369871+google-labs-jules[bot]@users.noreply.github.com", Some("jules")),
            ("gemini-code-assist[bot]", "176961590+gemini-code-assist[bot]@users.noreply.github.com", Some("gemini")),
            ("coderabbitai[bot]", "136622811+coderabbitai[bot]@users.noreply.github.com", Some("coderabbit")),
            ("Carol Example (aider)", "carol@example.org", Some("aider")),
            ("openhands", "openhands@all-hands.dev", Some("openhands")),
        ] {
            assert!(is_bot(&person(name, email)), "{name}");
            assert_eq!(assistant(&person(name, email)), agent, "{name}");
        }
        for (name, email) in [
            ("Devin Example", "devin@example.org"),
            ("Claude Dupont", "claude.dupont@example.org"),
            ("Claude", "12+claude@users.noreply.github.com"),
            ("Someone", "someone@anthropic.com"),
            ("Someone", "someone@openai.com"),
            ("Jules Example", "jules@example.org"),
            ("Devin", "3+devin@users.noreply.github.com"),
            ("Gemini Example", "gemini@example.org"),
        ] {
            assert!(!is_bot(&person(name, email)), "{name}");
            assert_eq!(assistant(&person(name, email)), None, "{name}");
        }
        assert_eq!(party_id(&person("C", "12+Carol@users.noreply.github.com")), "person:gh/carol");
    }
}
