//! What a step hands to its script by the environment, the files of the repository that the script runs, and the repositories that it writes to.

use super::github::Job;
use super::github_slots::{expressions, input_slot, inputs, slot};
use super::work::is_secret_name;
use crate::document::Node;
use crate::extract::commands::{commands, words};
use crate::model::{Basis, Facts, Key, Kind, Location};
use crate::relation::{AUTHENTICATES_AS, CAN_ACCESS, CONSUMES, INVOKES, SOURCED_FROM};

/// Programs that are given the file that they run.
const RUNNERS: &[&str] =
    &["python", "python3", "node", "bun", "deno", "bash", "sh", "ruby", "tsx", "ts-node", "php", "perl", "pwsh", "uv", "npx", "bunx", "source"];

/// Endings of files of code, and of scripts.
const CODE: &[&str] = &[".py", ".js", ".mjs", ".cjs", ".ts", ".mts", ".rb", ".php", ".pl"];
const SCRIPTS: &[&str] = &[".sh", ".bash"];

/// What stands for the root of the repository, and for the folder of the action.
const ROOTS: &[&str] = &["${{ github.workspace }}/", "${{github.workspace}}/", "$GITHUB_WORKSPACE/", "${GITHUB_WORKSPACE}/", "./"];
const ACTIONS: &[&str] =
    &["${{ github.action_path }}/", "${{github.action_path}}/", "$GITHUB_ACTION_PATH/", "${GITHUB_ACTION_PATH}/", "$ACTION_PATH/", "${ACTION_PATH}/"];

/// Files of one step that are told.
const MAX_FILES: usize = 20;

/// Reads a step with a script, or an action that it hands its environment to. A step of an action acts by itself: it is whom the action starts.
/// Gives the slots of what the step hands over itself.
pub(super) fn read(job: &Job<'_>, step: &Node, number: usize, facts: &mut Facts) -> Vec<(Key, Location)> {
    let inside = job.key.kind == Kind::Tool;
    let run = step.get("run").and_then(|r| Some((r, r.str()?)));
    let files = run.map(|(node, text)| files(job, step, node, text)).unwrap_or_default();
    let given: Vec<(&str, &Node)> = step
        .get("env")
        .into_iter()
        .map(|env| (env, true))
        .chain(job.surroundings.iter().map(|env| (*env, !files.is_empty())))
        .flat_map(|(env, read)| env.entries().map(move |(k, v)| (k, v, read)))
        .filter_map(|(k, v, read)| Some((k.str()?, v, read)))
        .filter(|(name, value, read)| {
            let value = value.str().unwrap_or_default();
            // Terraform reads its variables from the environment of whatever step it runs in.
            name.starts_with("TF_VAR_") && value.contains("${{") || *read && hands(name, value, inside || !files.is_empty())
        })
        .map(|(name, value, _)| (name, value))
        .collect();
    if let Some((node, text)) = run {
        repositories(job, step, node, text, facts);
    }
    if given.is_empty() && files.is_empty() {
        return Vec::new();
    }
    let who = if inside { part(job, step, number, facts) } else { job.key.clone() };
    let slots = given.into_iter().map(|(name, value)| (hand(job, &who, name, value, facts), job.document.at(value))).collect();
    for (path, at) in files {
        let subtype = if SCRIPTS.iter().any(|e| path.ends_with(e)) { "script" } else { "code-unit" };
        let unit = Key::new(Kind::Consumer, subtype, format!("code:{}//{path}", job.document.repository_body()));
        facts.mention(&unit, path.rsplit('/').next().unwrap_or(&path), at.clone());
        facts.relate(&who, &INVOKES, &unit, at).basis(Basis::Evaluated);
    }
    slots
}

/// A step of an action: a part that its callers start.
fn part(job: &Job<'_>, step: &Node, number: usize, facts: &mut Facts) -> Key {
    let at = job.document.at(step);
    let key = Key::new(Kind::Consumer, "ci-step", format!("{}#step-{}", job.key.id, number + 1));
    let name = step.get_str("name").or_else(|| step.get_str("id")).map_or_else(|| format!("step {}", number + 1), str::to_owned);
    facts.declare(&key, name, at.clone()).attr("platform", "github");
    facts.relate(&job.key, &INVOKES, &key, at);
    key
}

/// Whether a variable hands on a credential: the token of the job, or (where somebody reads the variable by its name) what an expression names.
fn hands(name: &str, value: &str, read: bool) -> bool {
    value.contains("${{") && (value.contains("github.token") || read && is_secret_name(name))
}

/// The slot of a variable that a step sets, with what feeds it.
fn hand(job: &Job<'_>, who: &Key, name: &str, value: &Node, facts: &mut Facts) -> Key {
    let (text, at) = (value.str().unwrap_or_default(), job.document.at(value));
    let own = Key::new(Kind::Location, "env", format!("env:{}#{name}", who.id));
    facts.mention(&own, name, at.clone()).attr("store", "env").attr("protection", "none-stored");
    facts.relate(who, &CONSUMES, &own, at.clone());
    if text.contains("github.token") || text.contains("secrets.GITHUB_TOKEN") {
        facts.relate(&own, &AUTHENTICATES_AS, &job.token, at.clone());
    }
    for (kind, secret, _) in expressions(text).into_iter().filter(|(_, s, _)| s != "GITHUB_TOKEN" && s != "*") {
        let from = slot(job, kind, &secret);
        facts.mention(&from, secret, at.clone()).attr("store", "github");
        facts.relate(&own, &SOURCED_FROM, &from, at.clone());
    }
    for input in inputs(text).into_iter().filter(|i| job.key.kind == Kind::Tool && is_secret_name(i)) {
        let from = input_slot(job.repository, &job.document.path, input);
        facts.relate(&own, &SOURCED_FROM, &from, at.clone());
    }
    own
}

/// Files of code of the repository that a script runs, each with the place where it is named.
fn files(job: &Job<'_>, step: &Node, node: &Node, text: &str) -> Vec<(String, Location)> {
    let mut folder = step.get_str("working-directory").unwrap_or_default().trim_matches('/').to_owned();
    let mut out = Vec::new();
    for (offset, command) in commands(text) {
        for single in command.split(['&', ';', '|']) {
            let words = words(single);
            let Some(first) = words.first() else { continue };
            if first == "cd" {
                folder = match words.get(1).and_then(|to| rooted(job, to)) {
                    Some((root, rest)) if words.get(1).is_some_and(|w| !w.contains('$') || ROOTS.iter().chain(ACTIONS).any(|r| w.starts_with(r))) => {
                        crate::extract::joined(&root, &rest)
                    }
                    _ => words.get(1).filter(|w| !w.contains('$')).map(|w| crate::extract::joined(&folder, w)).unwrap_or_default(),
                };
                continue;
            }
            let program = first.rsplit('/').next().unwrap_or(first);
            let named = if RUNNERS.contains(&program) { &words[1..] } else { &words[..1] };
            let is_code = |w: &&String| CODE.iter().chain(SCRIPTS).any(|e| w.ends_with(e));
            let Some(file) = named.iter().find(is_code) else { continue };
            let path = match rooted(job, file) {
                Some((root, rest)) => crate::extract::joined(&root, &rest),
                None => crate::extract::joined(&folder, file),
            };
            if !path.is_empty() && !path.contains(['$', '{', '*', ' ']) && !file.starts_with('/') && out.len() < MAX_FILES {
                out.push((path, job.document.at_line(node.line + offset)));
            }
        }
    }
    out
}

/// The folder that a path begins at, when it says so, and the rest of it.
fn rooted(job: &Job<'_>, path: &str) -> Option<(String, String)> {
    if let Some(rest) = ACTIONS.iter().find_map(|a| path.strip_prefix(a)).filter(|_| job.key.kind == Kind::Tool) {
        return Some((job.document.folder().to_owned(), rest.to_owned()));
    }
    ROOTS[..4].iter().find_map(|r| path.strip_prefix(r)).map(|rest| (String::new(), rest.to_owned()))
}

/// Repositories that a script clones and pushes to, with the key or token that it does so with.
fn repositories(job: &Job<'_>, step: &Node, node: &Node, text: &str, facts: &mut Facts) {
    let found: Vec<(u32, String)> = commands(text)
        .into_iter()
        .filter(|(_, c)| c.contains("git clone") || c.contains("git push") || c.contains("git remote"))
        .flat_map(|(offset, c)| words(&c).iter().filter_map(|w| remote(w)).map(|r| (offset, r)).collect::<Vec<_>>())
        .filter(|(_, r)| !r.eq_ignore_ascii_case(&format!("github.com/{}", job.repository)))
        .take(MAX_FILES)
        .collect();
    if found.is_empty() || job.key.kind != Kind::Consumer {
        return;
    }
    let pushes = job.scripts.iter().any(|s| s.contains("git push"));
    let level = if pushes { "write" } else { "read-data" };
    // What a script reads beside the address is what it shows there.
    let mut proofs: Vec<(&'static str, String)> = expressions(text).into_iter().map(|(k, s, _)| (k, s)).collect();
    let handed = step.get("env").into_iter().flat_map(Node::entries).filter_map(|(_, v)| v.str());
    proofs.extend(handed.flat_map(expressions).map(|(k, s, _)| (k, s)));
    proofs.retain(|(_, s)| is_secret_name(s) && s != "GITHUB_TOKEN");
    for (offset, repository) in found {
        let at = job.document.at_line(node.line + offset);
        let target = Key::new(Kind::Resource, "repo", format!("saas:{repository}"));
        facts.mention(&target, repository.split_once('/').map_or(repository.as_str(), |(_, r)| r), at.clone());
        facts.relate(&job.key, &CAN_ACCESS, &target, at.clone()).basis(Basis::Evaluated).attr("level", level);
        for (kind, secret) in &proofs {
            let from = slot(job, kind, secret);
            let subtype = if text.contains(".ssh") || text.contains("ssh-add") { "ssh-principal" } else { "saas-account" };
            let who = Key::new(Kind::Identity, subtype, format!("{subtype}:value-of/{}", from.id));
            facts.mention(&who, secret.clone(), at.clone()).attr("auth_style", "static").attr("symbolic", true);
            facts.relate(&from, &AUTHENTICATES_AS, &who, at.clone()).basis(Basis::Convention);
            facts.relate(&who, &CAN_ACCESS, &target, at.clone()).basis(Basis::Convention).attr("level", level);
        }
    }
}

/// Host, owner and name of the repository behind an address: `git@github.com:acme/web.git`, `https://…@github.com/acme/web`.
fn remote(word: &str) -> Option<String> {
    let rest = match word.split_once("://") {
        Some(("https" | "http" | "ssh" | "git", rest)) => rest.to_owned(),
        Some(_) => return None,
        None => word.strip_prefix("git@")?.replacen(':', "/", 1),
    };
    // Credentials may hold expressions, and those an `@`.
    let rest = rest.rsplit_once('@').map_or(rest.as_str(), |(_, r)| r);
    let (host, path) = rest.split_once('/')?;
    let path = path.trim_end_matches('/').trim_end_matches(".git");
    let plain = |t: &str| !t.is_empty() && t.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    let (owner, name) = path.split_once('/')?;
    // An alias of SSH settings for one of several keys: `base.github.com`.
    let host = ["github.com", "gitlab.com", "bitbucket.org"].into_iter().find(|h| host.ends_with(&format!(".{h}"))).unwrap_or(host);
    (plain(host) && host.contains('.') && plain(owner) && plain(name)).then(|| format!("{}/{owner}/{name}", host.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::remote;

    #[test]
    fn an_address_names_a_repository() {
        for (word, expected) in [
            ("git@github.com:acme/web.git", Some("github.com/acme/web")),
            ("git@base.github.com:acme/web.git", Some("github.com/acme/web")),
            ("https://x-access-token:${{ secrets.PAT }}@github.com/acme/web", Some("github.com/acme/web")),
            ("ssh://git@gitlab.acme.io/group/web.git", Some("gitlab.acme.io/group/web")),
            ("https://github.com/${OWNER}/web", None),
            ("origin", None),
        ] {
            assert_eq!(remote(word).as_deref(), expected, "{word}");
        }
    }
}
