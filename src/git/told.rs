//! What a commit tells beside its change: who committed it, who helped, who approved, and whether a machine wrote along.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use git2::{Mailmap, Oid, Repository, Signature, Time};

use super::people::{Person, assistant, is_bot};

/// Lines of a message that are looked at, from its end.
const MAX_LINES: usize = 200;

/// The people behind one commit, its author apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Nothing when it is the author, or the forge that merged on a web page.
    pub committer: Option<Person>,
    /// People who wrote along: machines are left out.
    pub coauthors: Vec<Person>,
    /// People who say that they looked at it: `Reviewed-by`, `Approved-by`, `Acked-by`, `Signed-off-by`.
    pub approvers: Vec<Person>,
    /// AI agents that wrote along, by name.
    pub assistants: BTreeSet<String>,
    /// The message says that something was revoked or replaced.
    pub revokes: bool,
}

/// Words for it. That a value was removed is no such word: it says nothing of whether it still opens something.
const REVOKED: &[&str] = &[
    "revoke",
    "revoked",
    "revoking",
    "revokes",
    "rotate",
    "rotated",
    "rotating",
    "rotates",
    "rotation",
    "invalidate",
    "invalidated",
    "deactivate",
    "deactivated",
];

/// Reads the commits with these ids, as far as they are there.
pub fn told(git_dir: &Path, revisions: &BTreeSet<Arc<str>>) -> BTreeMap<Arc<str>, Told> {
    let Ok(repository) = Repository::open(git_dir) else { return BTreeMap::new() };
    let mailmap = repository.mailmap().ok();
    revisions.iter().filter_map(|id| Some((id.clone(), of_commit(&repository, mailmap.as_ref(), super::oid(id).ok()?)?))).collect()
}

fn of_commit(repository: &Repository, mailmap: Option<&Mailmap>, id: Oid) -> Option<Told> {
    let commit = repository.find_commit(id).ok()?;
    let message = String::from_utf8_lossy(commit.message_bytes()).into_owned();
    let mut told = of_message(&message, &|p| mapped(mailmap, p));
    let person = |s: Signature<'_>| {
        mapped(mailmap, Person { name: String::from_utf8_lossy(s.name_bytes()).into_owned(), email: String::from_utf8_lossy(s.email_bytes()).into_owned() })
    };
    let (author, committer) = (person(commit.author()), person(commit.committer()));
    told.assistants.extend(assistant(&author).map(str::to_owned));
    told.committer = (committer != author && !is_bot(&committer)).then_some(committer);
    Some(told)
}

fn of_message(message: &str, map: &dyn Fn(Person) -> Person) -> Told {
    let mut told = Told { revokes: says_revoked(message), ..Told::default() };
    let lines: Vec<&str> = message.lines().rev().take(MAX_LINES).collect();
    for line in lines.into_iter().rev() {
        let Some((key, value)) = line.trim().split_once(':') else { continue };
        let value = value.trim();
        match key.to_ascii_lowercase().as_str() {
            "co-authored-by" => {
                let Some(person) = person_of(value).map(map) else { continue };
                match assistant(&person) {
                    Some(agent) => drop(told.assistants.insert(agent.to_owned())),
                    None if is_bot(&person) => {}
                    None => told.coauthors.push(person),
                }
            }
            "reviewed-by" | "approved-by" | "acked-by" | "signed-off-by" => {
                told.approvers.extend(person_of(value).map(map).filter(|p| !is_bot(p)));
            }
            // `Claude:claude-opus-4-7`, `Codex:gpt-5`: the agent stands in front of the model.
            "assisted-by" | "generated-by" => {
                let agent = match person_of(value) {
                    Some(person) => assistant(&person).map(str::to_owned),
                    None => value.split(':').next().map(|a| a.trim().to_lowercase()).filter(|a| !a.is_empty() && a.len() <= 40 && !a.contains('@')),
                };
                told.assistants.extend(agent);
            }
            "claude-session" => drop(told.assistants.insert("claude".to_owned())),
            _ => {}
        }
    }
    told
}

/// `Rotate the deploy key`; `rotate-logs` and `not yet rotated` are about something else.
fn says_revoked(message: &str) -> bool {
    message.lines().take(MAX_LINES).any(|line| {
        let lower = line.to_ascii_lowercase();
        let words: Vec<&str> = lower.split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '\'')).filter(|w| !w.is_empty()).collect();
        let denied = ["not", "todo", "later", "should", "must", "need", "needs", "please", "before", "don't", "without"].iter().any(|n| words.contains(n));
        !denied && words.iter().any(|w| REVOKED.contains(w))
    })
}

/// `Name <address>`.
fn person_of(text: &str) -> Option<Person> {
    let (name, rest) = text.rsplit_once('<')?;
    let email = rest.split_once('>')?.0.trim();
    email.contains('@').then(|| Person { name: name.trim().to_owned(), email: email.to_owned() })
}

fn mapped(mailmap: Option<&Mailmap>, person: Person) -> Person {
    let signature = Signature::new(&person.name, &person.email, &Time::new(0, 0)).ok();
    let found = signature.and_then(|s| mailmap?.resolve_signature(&s).ok());
    found
        .map_or(person, |s| Person { name: String::from_utf8_lossy(s.name_bytes()).into_owned(), email: String::from_utf8_lossy(s.email_bytes()).into_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_speaks_of_a_revocation_is_told_from_one_that_asks_for_it() {
        assert!(says_revoked("Revoked AKIA… and moved to OIDC") && says_revoked("chore: cleanup\n\nThe token was rotated."));
        for other in ["remove key", "TODO: rotate this", "must be rotated", "add log-rotate", "not yet revoked"] {
            assert!(!says_revoked(other), "{other}");
        }
    }

    #[test]
    fn machines_are_known_by_address_and_people_by_any_name() {
        let told = of_message(
            "Add the deploy role\n\nAssisted-by: Codex:gpt-5\nCo-Authored-By: Claude Opus 4.6 (1M context) <noreply@anthropic.com>\n\
             Co-authored-by: Claude Dupont <claude.dupont@example.org>\nCo-authored-by: Devin Example <devin@example.org>\n\
             Co-authored-by: Someone <someone@anthropic.com>\nCo-authored-by: dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>\n\
             Reviewed-by: Carol <carol@example.org>\nReviewed-by: nobody\n",
            &|p| p,
        );
        let names: Vec<&str> = told.coauthors.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(names, ["Claude Dupont", "Devin Example", "Someone"]);
        assert_eq!(told.assistants.iter().map(String::as_str).collect::<Vec<_>>(), ["claude", "codex"]);
        assert_eq!(told.approvers.len(), 1);
        assert!(of_message("Claude did it\n\nnot a trailer", &|p| p).assistants.is_empty());
    }
}
