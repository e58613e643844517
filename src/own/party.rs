//! Ids of parties, from whatever a file calls them.

/// A forge, by the short name that its accounts have in ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Forge {
    GitHub,
    GitLab,
    Bitbucket,
    Gitea,
}

impl Forge {
    /// The forge that a repository's id names: `repo:gitlab.com/acme/web`.
    pub(super) fn of_repository(id: &str) -> Option<Self> {
        let host = id.strip_prefix("repo:")?.split('/').next()?;
        let named = |words: &[&str]| words.iter().any(|w| host.contains(w));
        match () {
            () if named(&["github"]) => Some(Forge::GitHub),
            () if named(&["gitlab"]) => Some(Forge::GitLab),
            () if named(&["bitbucket"]) => Some(Forge::Bitbucket),
            () if named(&["gitea", "forgejo", "codeberg"]) => Some(Forge::Gitea),
            () => None,
        }
    }

    pub(super) fn short(self) -> &'static str {
        match self {
            Forge::GitHub => "gh",
            Forge::GitLab => "gl",
            Forge::Bitbucket => "bb",
            Forge::Gitea => "gt",
        }
    }

    /// The party behind `@alice`, `@acme/platform`, or an address.
    pub(super) fn party(self, word: &str) -> Option<String> {
        let short = self.short();
        match word.strip_prefix('@') {
            // Roles of a project are no party: who has them is not in the files.
            Some(handle) if handle.is_empty() || handle.starts_with('@') => None,
            Some(handle) if handle.contains('/') => Some(format!("team:{short}/{}", handle.to_ascii_lowercase())),
            Some(handle) => Some(format!("person:{short}/{}", handle.to_ascii_lowercase())),
            None => is_address(word).then(|| format!("person:{}", word.to_ascii_lowercase())),
        }
    }
}

/// Whether a word is an address of mail.
pub(super) fn is_address(word: &str) -> bool {
    word.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && !domain.contains('@') && domain.len() > 2 && word.chars().all(|c| c.is_alphanumeric() || "@.!#$%&'*+/=?^_{|}~-".contains(c))
    })
}

/// Free text: an address is a person, `@org/team` a team, `@login` and `Name <address>` a person, anything else the name of a team, or of a person
/// where only people stand.
pub(super) fn of_text(text: &str, free_text_is_team: bool) -> Option<String> {
    let text = text.trim().trim_matches(['"', '\'']);
    if ["person:", "team:", "bot:"].iter().any(|s| text.starts_with(s)) {
        return Some(text.to_owned());
    }
    if let Some(address) = text.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(a, _)| a.trim()).filter(|a| is_address(a)) {
        return Some(format!("person:{}", address.to_ascii_lowercase()));
    }
    let text = text.strip_prefix("mailto:").unwrap_or(text);
    if is_address(text) || text.starts_with('@') {
        return Forge::GitHub.party(text);
    }
    let slug = slug(text);
    if slug.is_empty() || !slug.chars().any(char::is_alphabetic) {
        return None;
    }
    Some(if free_text_is_team { format!("team:name/{slug}") } else { format!("person:name/{slug}") })
}

/// Letters and digits in small, anything else as single dashes.
pub(super) fn slug(text: &str) -> String {
    let mut out = String::new();
    for c in text.to_lowercase().chars() {
        if c.is_alphanumeric() {
            out.push(c);
        } else if !out.ends_with('-') && !out.is_empty() {
            out.push('-');
        }
    }
    out.trim_end_matches('-').chars().take(80).collect()
}

/// What a team is called, without the place that it is written down in and without the word "team": by it the same team is known again.
pub(super) fn team_name(id: &str) -> Option<String> {
    let body = id.strip_prefix("team:")?;
    let last = body.rsplit('/').next().unwrap_or(body);
    let words: Vec<String> =
        slug(last.split('@').next().unwrap_or(last)).split('-').filter(|w| !matches!(*w, "team" | "the" | "squad" | "group")).map(str::to_owned).collect();
    (!words.is_empty()).then(|| words.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_party_by_every_spelling() {
        for (text, team, expected) in [
            ("alice@example.org", true, Some("person:alice@example.org")),
            ("Alice Example <Alice@Example.org>", true, Some("person:alice@example.org")),
            ("@acme/platform", false, Some("team:gh/acme/platform")),
            ("@alice", true, Some("person:gh/alice")),
            ("Platform Team", true, Some("team:name/platform-team")),
            ("Alice Example", false, Some("person:name/alice-example")),
            ("team:gh/acme/x", false, Some("team:gh/acme/x")),
            ("12345", true, None),
            ("", true, None),
        ] {
            assert_eq!(of_text(text, team).as_deref(), expected, "{text}");
        }
        assert_eq!(team_name("team:gh/acme/platform"), team_name("team:name/platform-team"));
        assert_eq!(Forge::GitLab.party("@@maintainer"), None);
    }
}
