//! Who a commit's author is: mailmap applied, noreply addresses folded, bots and AI authors recognised by their address.

/// Name and e-mail address, after the mailmap.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Person {
    pub name: String,
    pub email: String,
}

/// Addresses of AI authors. They are recognised by address, never by first name: people are called Claude and Devin too.
const AI_ADDRESSES: &[&str] =
    &["noreply@anthropic.com", "cursoragent@cursor.com", "copilot@github.com", "noreply@openai.com", "noreply@aider.chat", "openhands@all-hands.dev"];

const AI_LOGINS: &[&str] = &["copilot", "claude[bot]"];

/// Logins and names of automation that carry no `[bot]`.
const BOT_NAMES: &[&str] = &[
    "dependabot",
    "renovate",
    "renovate-bot",
    "github-actions",
    "greenkeeper",
    "snyk-bot",
    "pre-commit-ci",
    "allcontributors",
    "mergify",
    "semantic-release-bot",
    "imgbot",
    "codecov",
    "weblate",
    "ghost",
    "jenkins",
    "buildbot",
    "flux",
    "fluxcdbot",
    "argocd-image-updater",
    "k8s-ci-robot",
    "bors",
    "web-flow",
    "actions-user",
];

/// Whether the address or name is that of a bot or an AI; such a party is never an owner.
pub fn is_bot(person: &Person) -> bool {
    let email = person.email.to_ascii_lowercase();
    let name = person.name.to_ascii_lowercase();
    let login = noreply_login(&email).unwrap_or_default();
    name.ends_with("[bot]")
        || login.ends_with("[bot]")
        || email == "noreply@github.com"
        || email == "action@github.com"
        || AI_ADDRESSES.contains(&email.as_str())
        || AI_LOGINS.contains(&login.as_str())
        || name.ends_with(" (aider)")
        || BOT_NAMES.contains(&login.as_str())
        || BOT_NAMES.contains(&name.as_str())
        || email.split('@').next().is_some_and(|local| (local.starts_with("project_") || local.starts_with("group_")) && local.contains("_bot"))
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
        for (name, email) in [
            ("dependabot[bot]", "49699333+dependabot[bot]@users.noreply.github.com"),
            ("Claude", "noreply@anthropic.com"),
            ("Copilot", "198982749+Copilot@users.noreply.github.com"),
            ("GitHub", "noreply@github.com"),
        ] {
            assert!(is_bot(&person(name, email)), "{name}");
        }
        for (name, email) in [("Devin Example", "devin@example.org"), ("Claude Example", "claude.example@example.org"), ("Someone", "someone@anthropic.com")] {
            assert!(!is_bot(&person(name, email)), "{name}");
        }
        assert_eq!(party_id(&person("C", "12+Carol@users.noreply.github.com")), "person:gh/carol");
    }
}
