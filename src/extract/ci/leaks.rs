//! Ways by which a secret leaves a job: into its log, into a file that is kept, into an image.

use super::github::Job;
use super::github_slots::{expressions, slot};
use crate::document::Node;
use crate::model::{Basis, Facts, Key, Kind, Location};
use crate::relation::SOURCED_FROM;

/// Looks at one step.
pub(super) fn read(job: &Job<'_>, step: &Node, facts: &mut Facts) {
    if job.key.kind != Kind::Consumer {
        return;
    }
    let environment: Vec<(&str, Key)> = step
        .get("env")
        .into_iter()
        .chain(job.surroundings.iter().copied())
        .flat_map(Node::entries)
        .filter_map(|(name, value)| {
            let (kind, secret, _) = expressions(value.str()?).into_iter().find(|(kind, secret, _)| *kind == "secret" && secret != "GITHUB_TOKEN")?;
            Some((name.str()?, slot(job, kind, &secret)))
        })
        .collect();
    if let Some((node, text)) = step.get("run").and_then(|n| Some((n, n.str()?))) {
        script(job, node, text, &environment, facts);
    }
    let uses = step.get_str("uses").map_or("", |u| u.split('@').next().unwrap_or(u));
    if uses == "docker/build-push-action" {
        build_arguments(job, step, facts);
    }
    if uses == "actions/upload-artifact"
        && let Some(path) = step.path(&["with", "path"])
        && path
            .str()
            .is_some_and(|p| p.lines().any(|l| matches!(l.trim(), "." | "./" | "${{ github.workspace }}" | "${{github.workspace}}" | ".git" | "*" | "**")))
    {
        // The checkout leaves the job's token in the folder that is uploaded.
        note(job, "artifact:workspace", &job.document.at(path), facts);
    }
}

/// Adds to the job's list of leaks.
fn note(job: &Job<'_>, what: &str, at: &Location, facts: &mut Facts) {
    facts.mention(&job.key, String::new(), at.clone()).attr("leaks", vec![what.to_owned()]);
}

/// A place of the job's that is fed from a secret.
fn into(job: &Job<'_>, place: &Key, name: &str, from: &Key, rule: &str, at: Location, facts: &mut Facts) {
    let subtype = place.subtype.to_string();
    facts.mention(place, name, at.clone()).attr("store", subtype.clone()).attr("protection", "plaintext");
    facts.mention(from, String::new(), at.clone());
    facts.relate(place, &SOURCED_FROM, from, at.clone()).basis(Basis::Convention).attr("rule", rule.to_owned());
    note(job, &format!("{subtype}:{rule}"), &at, facts);
}

fn script(job: &Job<'_>, node: &Node, text: &str, environment: &[(&str, Key)], facts: &mut Facts) {
    let log = Key::new(Kind::Location, "log", format!("log:{}", job.key.id));
    for (offset, line) in text.lines().enumerate() {
        let at = job.document.at_line(node.line + offset as u32);
        for command in line.split([';', '&']).map(str::trim) {
            let word = command.split_whitespace().next().unwrap_or_default();
            let kept = command.contains('|') || command.contains('>') || command.contains("::add-mask::");
            // A whole environment goes into the log; GitHub hides the values that it knows, and what is derived from them it does not.
            if matches!(command, "env" | "printenv" | "export -p" | "set") && !environment.is_empty() {
                for (_, from) in environment {
                    into(job, &log, "the job's log", from, "environment", at.clone(), facts);
                }
            }
            if matches!(word, "echo" | "printf" | "cat" | "Write-Host" | "Write-Output") && !kept {
                for (kind, secret, _) in expressions(command).into_iter().filter(|(kind, s, _)| *kind == "secret" && s != "GITHUB_TOKEN") {
                    into(job, &log, "the job's log", &slot(job, kind, &secret), "echo", at.clone(), facts);
                }
                for (_, from) in environment.iter().filter(|(name, _)| names(command, name)) {
                    into(job, &log, "the job's log", from, "echo", at.clone(), facts);
                }
            }
            if command.starts_with("set -") && command.split_whitespace().nth(1).is_some_and(|f| f.contains('x')) && !environment.is_empty() {
                note(job, "log:trace", &at, facts);
            }
            if (command.contains("docker build") || command.contains("docker buildx build") || command.contains("podman build"))
                && command.contains("--build-arg")
            {
                for argument in command.split("--build-arg").skip(1).filter_map(|a| a.trim_start_matches(['=', ' ']).split_whitespace().next().map(|_| a)) {
                    let Some((name, value)) = argument.trim_start_matches(['=', ' ']).split_once('=') else { continue };
                    let secret = expressions(value.split(" -").next().unwrap_or(value))
                        .into_iter()
                        .find(|(kind, ..)| *kind == "secret")
                        .map(|(kind, s, _)| slot(job, kind, &s));
                    let from = secret.or_else(|| environment.iter().find(|(n, _)| names(value, n)).map(|(_, k)| k.clone()));
                    if let Some(from) = from {
                        let file = command
                            .split_once(" -f ")
                            .or_else(|| command.split_once(" --file "))
                            .and_then(|(_, r)| r.split_whitespace().next())
                            .unwrap_or("Dockerfile");
                        argument_of(job, file, name.trim_matches(['"', '\'']), &from, at.clone(), facts);
                    }
                }
            }
        }
    }
}

/// Whether a command names a variable of the shell.
fn names(command: &str, variable: &str) -> bool {
    command.split('$').skip(1).any(|rest| {
        let rest = rest.strip_prefix('{').or_else(|| rest.strip_prefix("env:")).unwrap_or(rest);
        rest.strip_prefix(variable).is_some_and(|after| !after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'))
    })
}

/// An argument of a build is kept in the history of the image.
fn argument_of(job: &Job<'_>, file: &str, name: &str, from: &Key, at: Location, facts: &mut Facts) {
    let path = file.trim_start_matches("./");
    let place = Key::new(Kind::Location, "build-arg", format!("build-arg:file:{}//{path}#{name}", job.document.repository_body()));
    into(job, &place, name, from, "build-arg", at, facts);
}

fn build_arguments(job: &Job<'_>, step: &Node, facts: &mut Facts) {
    let Some((node, text)) = step.path(&["with", "build-args"]).and_then(|n| Some((n, n.str()?))) else { return };
    let with = |name: &str| step.path(&["with", name]).and_then(Node::str).filter(|v| !v.contains("${{"));
    let context = with("context").map_or(String::new(), |c| c.trim_start_matches("./").trim_end_matches('/').to_owned());
    let beside = if context.is_empty() || context == "." { "Dockerfile".to_owned() } else { format!("{context}/Dockerfile") };
    let file = with("file").map_or(beside, str::to_owned);
    for (offset, line) in text.lines().enumerate() {
        let Some((name, value)) = line.trim().split_once('=') else { continue };
        for (kind, secret, _) in expressions(value).into_iter().filter(|(kind, ..)| *kind == "secret") {
            argument_of(job, &file, name.trim(), &slot(job, kind, &secret), job.document.at_line(node.line + offset as u32), facts);
        }
    }
}
