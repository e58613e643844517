//! What the expressions of a workflow name: secrets and variables, inputs, the tokens that the platform makes.

use super::github::Job;
use super::work::is_secret_name;
use crate::document::Node;
use crate::model::{Facts, Key, Kind, Location};
use crate::relation::{AUTHENTICATES_AS, CONSUMES, RUNS_AS, SOURCED_FROM};

/// A slot of another unit is fed from the secrets that an expression names. Others may feed it as well: who hands this over is said.
pub(super) fn feed(job: &Job<'_>, slot: &Key, name: &str, text: &str, at: &Location, facts: &mut Facts) {
    for (kind, secret, _) in expressions(text).into_iter().filter(|(_, s, _)| s != "GITHUB_TOKEN" && s != "*") {
        let from = self::slot(job, kind, &secret);
        facts.mention(&from, secret.clone(), at.clone()).attr("store", "github");
        if from.id != slot.id {
            facts.mention(slot, name, at.clone()).attr("store", "input");
            facts.relate(slot, &SOURCED_FROM, &from, at.clone()).attr("callers", vec![&*job.key.id]);
        }
    }
}

/// The slot behind `secrets.NAME` or `vars.NAME`.
pub(super) fn slot(job: &Job<'_>, kind: &str, name: &str) -> Key {
    if kind == "secret" {
        let scope = job.environment.as_ref().filter(|_| name != "*").map_or(String::new(), |e| format!("@env={e}"));
        Key::new(Kind::Location, "ci-secret", format!("gh-secret:{}{scope}/{name}", job.repository))
    } else {
        Key::new(Kind::Location, "ci-variable", format!("gh-var:{}/{name}", job.repository))
    }
}

/// What a workflow or an action is handed by that name; `file` is its path.
pub(super) fn input_slot(repository: &str, file: &str, name: &str) -> Key {
    Key::new(Kind::Location, "env", format!("gh-input:{repository}/{file}#{name}"))
}

/// Names behind `inputs.name`, `inputs['name']` and `inputs["name"]` in a line.
pub(super) fn inputs(line: &str) -> Vec<&str> {
    let mut out = Vec::new();
    for context in ["inputs.", "inputs['", "inputs[\""] {
        for (at, _) in line.match_indices(context) {
            if line[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')) {
                continue;
            }
            let rest = &line[at + context.len()..];
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-')).unwrap_or(rest.len());
            if end > 0 {
                out.push(&rest[..end]);
            }
        }
    }
    out
}

/// Secret and variable names in the expressions of a text, with the line of each.
pub(in crate::extract) fn expressions(text: &str) -> Vec<(&'static str, String, u32)> {
    let mut out = Vec::new();
    for (offset, line) in text.lines().enumerate() {
        for (context, kind) in
            [("secrets.", "secret"), ("secrets['", "secret"), ("secrets[\"", "secret"), ("vars.", "var"), ("vars['", "var"), ("vars[\"", "var")]
        {
            let mut rest = line;
            while let Some(at) = rest.find(context) {
                let before = rest[..at].chars().next_back();
                rest = &rest[at + context.len()..];
                if before.is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')) {
                    continue;
                }
                let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-')).unwrap_or(rest.len());
                if end > 0 {
                    out.push((kind, rest[..end].to_ascii_uppercase(), offset as u32));
                }
            }
        }
        if line.contains("toJSON(secrets)") || line.contains("toJson(secrets)") {
            out.push(("secret", "*".into(), offset as u32));
        }
    }
    out
}

/// Every slot that a part of the workflow reads; `who` reads it.
pub(super) fn secrets(job: &Job<'_>, who: &Key, part: &Node, facts: &mut Facts) {
    part.walk(&mut |_, node| {
        let Some(text) = node.str().filter(|t| t.contains("${{") || t.contains("secrets") || t.contains("vars.")) else { return };
        // A composite action reads what its caller hands it.
        for (offset, line) in text.lines().enumerate().filter(|_| job.key.kind == Kind::Tool) {
            for input in inputs(line).into_iter().filter(|i| is_secret_name(i)) {
                let at = job.document.at_line(node.line + offset as u32);
                let slot = input_slot(job.repository, &job.document.path, input);
                facts.mention(&slot, input, at.clone()).attr("store", "input");
                facts.relate(who, &CONSUMES, &slot, at);
            }
        }
        for (id, app) in job.apps.iter().filter(|(id, _)| text.contains(&format!("steps.{id}.outputs."))) {
            if who.kind != Kind::Identity && who.id != job.key.id {
                facts.relate(who, &RUNS_AS, app, job.document.at(node)).attr("through", format!("steps.{id}"));
            }
            handed(job, who, &format!("steps.{id}.outputs.token"), app, job.document.at(node), facts);
        }
        // The same token by its other name.
        for (offset, _) in text.lines().enumerate().filter(|(_, l)| l.contains("github.token") && job.key.kind == Kind::Consumer) {
            handed(job, who, "GITHUB_TOKEN", &job.token, job.document.at_line(node.line + offset as u32), facts);
        }
        for (kind, name, offset) in expressions(text) {
            let at = job.document.place(node.line + offset, if offset == 0 { node.column } else { 1 }, node.line + offset);
            if name == "GITHUB_TOKEN" {
                if job.key.kind == Kind::Consumer {
                    handed(job, who, "GITHUB_TOKEN", &job.token, at, facts);
                }
                continue;
            }
            let slot = slot(job, kind, &name);
            facts.mention(&slot, name, at.clone()).attr("store", "github");
            facts.relate(who, &CONSUMES, &slot, at);
        }
    });
}

/// A token that the platform makes for the job is handed to a step: it is kept nowhere else, and no secret of the repository.
pub(super) fn handed(job: &Job<'_>, who: &Key, name: &str, identity: &Key, at: Location, facts: &mut Facts) {
    let slot = Key::new(Kind::Location, "env", format!("env:{}#{name}", job.key.id));
    facts.mention(&slot, name, at.clone()).attr("store", "env").attr("protection", "none-stored");
    facts.relate(who, &CONSUMES, &slot, at.clone());
    facts.relate(&slot, &AUTHENTICATES_AS, identity, at);
}

#[cfg(test)]
mod tests {
    use super::{expressions, inputs};

    #[test]
    fn a_name_is_found_whichever_way_it_is_written() {
        assert_eq!(inputs("${{ inputs.token || inputs['api-key'] }} ${{ inputs[\"x\"] }} my_inputs.no"), ["token", "api-key", "x"]);
        let names: Vec<String> = expressions("${{ secrets['A'] }} ${{ secrets[\"B\"] }} ${{ vars['C'] }}").into_iter().map(|(_, n, _)| n).collect();
        assert_eq!(names, ["A", "B", "C"]);
    }
}
