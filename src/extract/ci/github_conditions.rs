//! Whom the condition of a job or a step lets through, event by event.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::Node;

/// Who gets past a condition, from the fewest to all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Admits {
    /// This event starts nothing here.
    Nobody,
    /// Only who belongs to the repository.
    Writers,
    Anyone,
}

/// Nesting beyond which a condition says nothing.
const MAX_DEPTH: usize = 32;

/// How the author of what happened may belong to a repository that he writes to.
const WRITERS: &[&str] = &["OWNER", "MEMBER", "COLLABORATOR"];
/// The same for anyone.
const OTHERS: &[&str] = &["CONTRIBUTOR", "FIRST_TIMER", "FIRST_TIME_CONTRIBUTOR", "NONE", "MANNEQUIN"];

/// Jobs that one needs, directly or not, that are looked at.
const MAX_NEEDS: usize = 64;

/// Length of a condition beyond which it says nothing.
const MAX_CONDITION: usize = 10_000;

/// Functions with which a job runs although one that it needs did not.
const REGARDLESS: &[&str] = &["always()", "cancelled()", "failure()"];

/// Events by which somebody from a fork starts a run that another workflow waits for.
const FORKED: &[&str] = &["pull_request", "pull_request_target", "pull_request_review", "pull_request_review_comment", "issue_comment"];

/// What names the repository that a change comes from.
const SOURCES: &[&str] = &["github.event.pull_request.head.repo.full_name", "github.event.workflow_run.head_repository.full_name"];

/// What says whether that is a fork.
const FORKS: &[&str] = &["github.event.pull_request.head.repo.fork", "github.event.workflow_run.head_repository.fork"];

/// The conditions on which a job runs: what it needs must have run, unless its own condition says otherwise.
pub(super) fn of<'a>(jobs: &BTreeMap<&'a str, &'a Node>, job: &'a str) -> Vec<&'a str> {
    let (mut todo, mut seen, mut out) = (vec![job], BTreeSet::new(), Vec::new());
    while let Some(name) = todo.pop().filter(|_| seen.len() < MAX_NEEDS) {
        let Some(body) = jobs.get(name).filter(|_| seen.insert(name)) else { continue };
        let own = body.get_str("if").filter(|c| c.len() <= MAX_CONDITION);
        out.extend(own);
        if !own.is_some_and(|c| REGARDLESS.iter().any(|f| c.contains(f))) {
            todo.extend(body.get("needs").into_iter().flat_map(Node::one_or_many).filter_map(Node::str).take(MAX_NEEDS));
        }
    }
    out
}

/// Whom a condition lets through when this event happens. What it asks besides the event and the author may be so or not.
pub(super) fn admits(condition: &str, event: &str) -> Admits {
    let text = condition.replace("${{", " ").replace("}}", " ");
    let holds = |writer: bool| Reader { text: &text, at: 0, event, writer, depth: 0 }.any();
    if holds(true) == Some(false) {
        Admits::Nobody
    } else if holds(false) == Some(false) {
        Admits::Writers
    } else {
        Admits::Anyone
    }
}

/// A condition while it is read, left to right; nothing stands for what is not known.
struct Reader<'a> {
    text: &'a str,
    at: usize,
    event: &'a str,
    writer: bool,
    depth: usize,
}

impl Reader<'_> {
    fn rest(&mut self) -> &str {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        &self.text[self.at..]
    }

    fn takes(&mut self, sign: &str) -> bool {
        let found = self.rest().starts_with(sign);
        self.at += if found { sign.len() } else { 0 };
        found
    }

    fn any(&mut self) -> Option<bool> {
        let mut value = self.all();
        while self.takes("||") {
            let next = self.all();
            value = match (value, next) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            };
        }
        value
    }

    fn all(&mut self) -> Option<bool> {
        let mut value = self.one();
        while self.takes("&&") {
            let next = self.one();
            value = match (value, next) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            };
        }
        value
    }

    fn one(&mut self) -> Option<bool> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            self.at = self.text.len();
            return None;
        }
        let value = if !self.rest().starts_with("!=") && self.takes("!") {
            self.one().map(|v| !v)
        } else if self.takes("(") {
            let inside = self.any();
            self.takes(")");
            inside
        } else {
            self.asked()
        };
        self.depth -= 1;
        value
    }

    /// One comparison or call, up to the sign that ends it.
    fn asked(&mut self) -> Option<bool> {
        let rest = self.rest();
        let (mut quoted, mut open, mut end) = (false, 0usize, rest.len());
        for (i, c) in rest.char_indices() {
            match c {
                '\'' => quoted = !quoted,
                '(' if !quoted => open += 1,
                ')' if !quoted && open == 0 => {
                    end = i;
                    break;
                }
                ')' if !quoted => open -= 1,
                '&' | '|' if !quoted && open == 0 => {
                    end = i;
                    break;
                }
                _ => {}
            }
        }
        let asked = rest[..end].to_owned();
        self.at += end;
        if asked.contains("author_association") {
            let named = |list: &[&str]| list.iter().any(|m| asked.contains(&format!("'{m}'")) || asked.contains(&format!("\"{m}\"")));
            return (named(WRITERS) && !named(OTHERS) && !asked.contains("!=")).then_some(self.writer);
        }
        if FORKS.contains(&asked.trim()) {
            return (!self.writer).then_some(true);
        }
        let (left, right, equal) = match asked.split_once("==") {
            Some((l, r)) => (l, r, true),
            None => asked.split_once("!=").map(|(l, r)| (l, r, false))?,
        };
        let named = |names: &[&str]| {
            [(left, right), (right, left)].into_iter().find(|(l, _)| names.contains(&l.trim())).map(|(_, r)| r.trim().trim_matches(['\'', '"']))
        };
        if let Some(event) = named(&["github.event_name"]) {
            // A workflow that is called has the event of its caller.
            return (self.event != "workflow_call").then_some((event == self.event) == equal);
        }
        // Who does not belong to the repository changes it from a fork.
        let known = if let Some(event) = named(&["github.event.workflow_run.event"]) {
            (!FORKED.contains(&event)).then_some(false)
        } else if let Some(repository) = named(SOURCES) {
            (repository == "github.repository").then_some(false)
        } else {
            named(FORKS).map(|says| says == "true")
        };
        known.filter(|_| !self.writer).map(|same| same == equal)
    }
}

#[cfg(test)]
mod tests {
    use super::{Admits, admits};

    #[test]
    fn a_condition_is_asked_event_by_event() {
        let whole = "(github.event_name == 'issues' || github.event_name == 'issue_comment') && (github.event_name != 'issue_comment' || (contains(github.event.comment.body, '(a) && b') && (github.event.comment.author_association == 'OWNER' || github.event.comment.author_association == 'MEMBER')))";
        for (condition, event, expected) in [
            (whole, "issues", Admits::Anyone),
            (whole, "issue_comment", Admits::Writers),
            (whole, "push", Admits::Nobody),
            ("contains(fromJSON('[\"OWNER\", \"MEMBER\"]'), github.event.comment.author_association)", "issue_comment", Admits::Writers),
            ("contains(github.event.comment.body, '@bot')", "issue_comment", Admits::Anyone),
            ("${{ github.event.comment.author_association != 'NONE' }}", "issue_comment", Admits::Anyone),
            ("!(github.event_name == 'issues')", "issues", Admits::Nobody),
            ("((((", "issues", Admits::Anyone),
            (") || && (", "issues", Admits::Anyone),
            ("", "issues", Admits::Anyone),
            ("github.event.workflow_run.event == 'push' && github.actor != 'x'", "workflow_run", Admits::Writers),
            ("github.event.workflow_run.event == 'pull_request'", "workflow_run", Admits::Anyone),
            ("github.event.workflow_run.event != 'pull_request'", "workflow_run", Admits::Anyone),
            ("github.event.pull_request.head.repo.full_name == github.repository", "pull_request_target", Admits::Writers),
            ("github.repository != github.event.pull_request.head.repo.full_name", "pull_request_target", Admits::Anyone),
            ("!github.event.pull_request.head.repo.fork", "pull_request_target", Admits::Writers),
            ("github.event.pull_request.head.repo.fork == false", "pull_request_target", Admits::Writers),
            ("github.event_name == 'push'", "workflow_call", Admits::Anyone),
        ] {
            assert_eq!(admits(condition, event), expected, "{condition} at {event}");
        }
    }
}
