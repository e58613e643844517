//! Shell scripts: the secrets that they read, what they deploy, and the secrets of pipelines that they set.

use super::source::Source;
use super::unit::Unit;
use super::{cli, vault_cli};
use crate::extract::ci::work::{is_secret_name, project, variables};
use crate::extract::commands::{commands, fetched};
use crate::model::{Basis, Facts, Key, Kind, Location};
use crate::relation::SOURCED_FROM;

/// Names beyond which a script is a table.
const MAX_NAMES: usize = 200;

/// Reads a script line by line.
pub(super) fn read(unit: &mut Unit<'_, '_>) {
    let text = unit.source.text;
    let assigned = |name: &str| {
        text.lines().any(|l| {
            l.trim_start().trim_start_matches("export ").trim_start_matches("local ").split_once('=').is_some_and(|(n, v)| n == name && !v.contains(name))
        })
    };
    let mut known: Vec<(&str, bool)> = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, l)| !l.trim_start().starts_with('#')) {
        let at = unit.source.document.at_line(number as u32 + 1);
        for name in variables(line).filter(|n| is_secret_name(n)) {
            let own = match known.iter().find(|(n, _)| *n == name) {
                Some((_, own)) => *own,
                None if known.len() >= MAX_NAMES => continue,
                None => {
                    let own = assigned(name);
                    known.push((name, own));
                    own
                }
            };
            if !own {
                unit.variable(name, &at, Basis::Evaluated);
            }
        }
        if line.contains("StrictHostKeyChecking=no") || line.contains("StrictHostKeyChecking no") {
            unit.note("verification_off", "host-key", &at);
        }
        if line.split(['|', ';', '&']).any(|c| c.trim_start().starts_with("curl ") && c.split_whitespace().any(|w| w == "-k" || w == "--insecure")) {
            unit.note("verification_off", "tls", &at);
        }
        set_secret(unit.source, line, &at, unit.facts);
    }
    let body = unit.source.document.repository_body();
    for (line, command) in commands(text) {
        for (slot, name) in fetched(body, &command) {
            unit.reads(&slot, &name, "cloud-secret", &unit.source.document.at_line(line + 1));
        }
    }
    vault_cli::read(unit);
    cli::read(unit);
}

/// `gh secret set NAME --env E < file`: the slot of the pipeline is fed from what the line names.
fn set_secret(source: &Source<'_>, line: &str, at: &Location, facts: &mut Facts) {
    let Some((_, rest)) = ["gh secret set ", "gh variable set "].iter().find_map(|c| line.split_once(c)) else { return };
    let variable = line.contains("gh variable set ");
    let words: Vec<&str> = rest.split(['|', ';', '&']).next().unwrap_or(rest).split_whitespace().collect();
    let flag = |names: &[&str]| {
        words.iter().enumerate().find_map(|(i, w)| match w.split_once('=') {
            Some((n, v)) if names.contains(&n) => Some(v),
            _ if names.contains(w) => words.get(i + 1).copied(),
            _ => None,
        })
    };
    let Some(name) =
        words.iter().find(|w| !w.starts_with('-')).map(|w| w.trim_matches(['"', '\''])).filter(|n| n.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
    else {
        return;
    };
    let plain = |text: &str| {
        let text = text.trim_matches(['"', '\'']);
        (!text.is_empty() && !text.contains(['$', '*', '<'])).then(|| text.to_owned())
    };
    let repository = flag(&["--repo", "-R"]).and_then(plain).unwrap_or_else(|| project(source.document).to_owned());
    let scope = flag(&["--env", "-e"]).and_then(plain).map_or(String::new(), |e| format!("@env={e}"));
    let owner = flag(&["--org", "-o"]).and_then(plain).map_or(repository, |o| format!("org={o}"));
    let (subtype, scheme) = if variable { ("ci-variable", "gh-var") } else { ("ci-secret", "gh-secret") };
    let slot = Key::new(Kind::Location, subtype, format!("{scheme}:{owner}{scope}/{}", name.to_ascii_uppercase()));
    facts.declare(&slot, name, at.clone()).attr("store", "github");
    let body = source.document.repository_body();
    if let Some(file) = words
        .iter()
        .position(|w| w.starts_with('<'))
        .and_then(|i| words[i].strip_prefix('<').filter(|f| !f.is_empty()).or(words.get(i + 1).copied()))
        .and_then(plain)
    {
        let from = Key::new(Kind::Location, "file", format!("file:{body}//{}", file.trim_start_matches("./")));
        facts.mention(&from, file.rsplit('/').next().unwrap_or(&file), at.clone()).attr("store", "file");
        facts.relate(&slot, &SOURCED_FROM, &from, at.clone());
    } else if let Some(from) =
        flag(&["--body", "-b"]).and_then(|b| variables(b).next()).or_else(|| line.split_once("gh ").and_then(|(before, _)| variables(before).last()))
    {
        let id = format!("env:code:{body}//{}#{from}", source.document.path);
        let from_key = Key::new(Kind::Location, "env", id);
        facts.mention(&from_key, from, at.clone()).attr("store", "env");
        facts.relate(&slot, &SOURCED_FROM, &from_key, at.clone());
    }
}
