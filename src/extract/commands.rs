//! Commands of scripts: lines that belong together, their words and flags, and the secrets that they fetch from a store.

use crate::model::{Key, Kind};

/// Lines of one command at most.
const MAX_LINES: usize = 64;

/// Commands of a script, each with the number of its first line from zero: a line that ends in a backslash goes on in the next.
pub(super) fn commands(text: &str) -> Vec<(u32, String)> {
    let mut out: Vec<(u32, String)> = Vec::new();
    let mut open = 0;
    for (number, line) in text.lines().enumerate().filter(|(_, l)| !l.trim_start().starts_with('#')) {
        let body = line.trim_end();
        let (body, goes_on) = body.strip_suffix('\\').map_or((body, false), |b| (b, true));
        match out.last_mut() {
            Some((_, command)) if open > 0 => {
                command.push(' ');
                command.push_str(body.trim_start());
            }
            _ => out.push((number as u32, body.to_owned())),
        }
        open = if goes_on && open < MAX_LINES { open + 1 } else { 0 };
    }
    out
}

/// What stands behind each call of a program, or of a program and its verb, in a command.
pub(super) fn calls<'a>(command: &'a str, head: &'a str) -> impl Iterator<Item = &'a str> {
    command.match_indices(head).filter_map(move |(at, _)| {
        let before = command[..at].chars().next_back();
        let rest = &command[at + head.len()..];
        let begins = before.is_none_or(|c| c.is_whitespace() || matches!(c, '(' | '"' | '\'' | '`' | '|' | ';' | '&' | '/'));
        (begins && rest.starts_with(char::is_whitespace)).then_some(rest)
    })
}

/// Words up to the end of the command, without the quotes around them; an expression of a workflow is one word.
pub(super) fn words(text: &str) -> Vec<String> {
    let (mut out, mut word, mut quote, mut depth) = (Vec::new(), String::new(), None, 0usize);
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        match (quote, c) {
            (None | Some('"'), '\\') if letters.peek() == Some(&'"') => word.extend(letters.next()),
            (None, '"' | '\'') => quote = Some(c),
            (Some(q), _) if q == c => quote = None,
            (None, '|' | ';' | '&' | ')' | '`') if depth == 0 => break,
            (None, _) if c.is_whitespace() && depth == 0 => {
                if !word.is_empty() {
                    out.push(std::mem::take(&mut word));
                }
            }
            _ => {
                depth = match c {
                    '{' => depth + 1,
                    '}' => depth.saturating_sub(1),
                    _ => depth,
                };
                word.push(c);
            }
        }
    }
    if !word.is_empty() {
        out.push(word);
    }
    out
}

/// The value of a flag: `--name value` or `--name=value`.
pub(super) fn flag<'a>(words: &'a [String], names: &[&str]) -> Option<&'a str> {
    words.iter().enumerate().find_map(|(i, w)| match w.split_once('=') {
        Some((n, v)) if names.contains(&n) => Some(v),
        _ if names.contains(&w.as_str()) => words.get(i + 1).map(String::as_str),
        _ => None,
    })
}

/// A name as it is written, or that of the variable of the workflow which holds it; nothing when the shell fills it in.
fn told(text: &str) -> Option<String> {
    match text.split_once("${{").and_then(|(before, rest)| Some((before, rest.split_once("}}")?))) {
        Some(("", (inner, ""))) => Some(inner.trim().to_owned()).filter(|i| i.starts_with("vars.") || i.starts_with("secrets.")),
        Some(_) => None,
        None => Some(text.to_owned()).filter(|t| !t.is_empty() && !t.contains(['$', '<', '{', '*'])),
    }
}

/// The entry of a store that a command fetches, with what a person calls it. `body` is the repository, which stands for what is not named.
pub(super) fn fetched(body: &str, command: &str) -> Vec<(Key, String)> {
    let cloud = |id: String| Key::new(Kind::Location, "cloud-secret", id);
    let mut out = Vec::new();
    for words in calls(command, "gcloud secrets versions access").map(words) {
        let project = flag(&words, &["--project"]).and_then(told).unwrap_or_else(|| format!("{{{body}}}"));
        if let Some(name) = flag(&words, &["--secret"]).and_then(told) {
            out.push((cloud(format!("//secretmanager.googleapis.com/projects/{project}/secrets/{name}")), name));
        }
    }
    for words in calls(command, "aws secretsmanager get-secret-value").map(words) {
        if let Some(name) = flag(&words, &["--secret-id"]).and_then(told) {
            out.push((cloud(if name.starts_with("arn:") { name.clone() } else { format!("asm:{{{body}}}/{name}") }), name));
        }
    }
    for head in ["aws ssm get-parameter", "aws ssm get-parameters-by-path"] {
        for words in calls(command, head).map(words) {
            if let Some(name) = flag(&words, &["--name", "--path"]).and_then(told).filter(|n| !n.starts_with("arn:")) {
                out.push((cloud(format!("ssm:{{{body}}}/?/{}", name.trim_start_matches('/'))), name));
            }
        }
    }
    for head in ["az keyvault secret show", "az keyvault secret download"] {
        for words in calls(command, head).map(words) {
            let vault = flag(&words, &["--vault-name"]).and_then(told).unwrap_or_else(|| format!("{{{body}}}"));
            if let Some(name) = flag(&words, &["--name", "-n"]).and_then(told) {
                out.push((cloud(format!("azkv:{}/{name}", vault.to_ascii_lowercase())), name));
            }
        }
    }
    for words in calls(command, "op read").map(words) {
        if let Some(reference) = words.iter().find(|w| w.starts_with("op://") && !w.contains('$')) {
            out.push((Key::new(Kind::Location, "op-item", reference.clone()), reference.trim_start_matches("op://").to_owned()));
        }
    }
    out
}

/// The role that a command asks to become, as it is written.
pub(super) fn assumed(command: &str) -> Option<String> {
    let heads = ["aws sts assume-role-with-web-identity", "aws sts assume-role-with-saml", "aws sts assume-role"];
    heads.iter().flat_map(|h| calls(command, h)).map(words).find_map(|w| flag(&w, &["--role-arn"]).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn continued_lines_are_one_command_and_quotes_hold_words_together() {
        assert_eq!(commands("a \\\n  b\n# c\nd"), [(0, "a  b".to_owned()), (3, "d".to_owned())]);
        assert_eq!(words(" \"one two\" x='3 4' ${{ vars.A }} | rest"), ["one two", "x=3 4", "${{ vars.A }}"]);
        assert_eq!(words(r#"--x "{\"a b\": 1}""#), ["--x", r#"{"a b": 1}"#]);
        assert_eq!(flag(&words("--a=1 --b 2"), &["--b"]), Some("2"));
        assert_eq!(calls("x; vault read a", "vault").collect::<Vec<_>>(), [" read a"]);
        assert!(calls("my-vault read", "vault").next().is_none());
    }

    #[test]
    fn the_entry_of_a_store_is_told_by_the_command_that_fetches_it() {
        let of = |command: &str| fetched("github.com/acme/web", command).into_iter().map(|(k, n)| format!("{} {n}", k.id)).collect::<Vec<_>>();
        assert_eq!(
            of("K=$(gcloud secrets versions access latest --secret \"${{ vars.NAME }}\" --project acme)"),
            ["//secretmanager.googleapis.com/projects/acme/secrets/vars.NAME vars.NAME"]
        );
        assert_eq!(of("aws secretsmanager get-secret-value --secret-id prod/db | jq ."), ["asm:{github.com/acme/web}/prod/db prod/db"]);
        assert_eq!(of("az keyvault secret show --vault-name KV -n key"), ["azkv:kv/key key"]);
        assert_eq!(of("aws ssm get-parameter --name /prod/x"), ["ssm:{github.com/acme/web}/?/prod/x /prod/x"]);
        assert!(of("aws secretsmanager get-secret-value --secret-id $ID").is_empty());
    }
}
