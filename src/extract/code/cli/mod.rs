//! Clouds and clusters as scripts set them up: identities, keys, grants and trusts that command lines make.
//!
//! What a script does not say itself (its project, account or cluster) is `{repository}` in an id, as elsewhere; a thing whose own name is unknown is
//! not told. Nothing is told of commands that are only shown: in the text of a message, or of a manual that the script prints.

mod amazon;
mod azure;
mod cluster;
mod google;
mod google_run;
mod script;

use self::script::{Script, partial, plain};
use super::inside::marker;
use super::unit::Unit;
use crate::extract::ci::images::built_by_script;
use crate::extract::commands::{calls, commands, flag, words};
use crate::extract::kubernetes::applied;
use crate::model::{Facts, Key, Kind, Location};
use crate::relation::{DEFINED_BY, DEPLOYS};

/// Commands of one script that are read.
const MAX_COMMANDS: usize = 500;
/// Lines of a text in quotes that a command is given.
const MAX_QUOTED: usize = 200;

/// Reads the calls of one program, and says what the command made or looked up, for the variable that keeps its output.
type Reader = fn(&Call<'_>, &mut Facts) -> Option<Key>;

/// The programs, each with the words one of which its calls of interest hold.
const PROGRAMS: &[(&str, &[&str], Reader)] = &[
    ("gcloud", &["service-accounts", "add-iam-policy-binding", "workload-identity-pools", "secrets", "run", "functions", "policies"], google::read),
    ("aws", &["iam", "create-pod-identity-association"], amazon::read),
    ("az", &["ad", "identity", "role", "keyvault"], azure::read),
    ("kubectl", &["create", "annotate"], cluster::kubectl),
    ("eksctl", &["iamserviceaccount"], cluster::eksctl),
];

/// Commands that only show what follows.
const SHOWN: &[&str] = &["echo ", "printf ", "log", "info", "warn", "error", "print", "usage", "fail", "die"];

/// One call: its words, and the script around it.
struct Call<'a> {
    words: Vec<String>,
    script: &'a Script,
    /// The whole text of the script.
    text: &'a str,
    repository: &'a str,
    document: String,
    at: Location,
}

impl Call<'_> {
    /// A flag's value as the script writes it.
    fn raw(&self, names: &[&str]) -> Option<&str> {
        flag(&self.words, names)
    }

    /// A flag's value, if it is one thing and known.
    fn one(&self, names: &[&str]) -> Option<String> {
        self.script.one(self.raw(names)?)
    }

    /// A flag's value as part of an id: what is not known of it belongs to the repository.
    fn part(&self, names: &[&str]) -> Option<String> {
        let text = partial(&self.script.text(self.raw(names)?), self.repository);
        (!text.is_empty() && text.len() <= 512 && !text.contains(['$', '<', '*', '\n'])).then_some(text)
    }

    /// Words that belong to no flag, in order: those before the first flag, and those behind one that takes no value by being last or `--flag=value`.
    fn plain(&self) -> Vec<&str> {
        let mut out = Vec::new();
        let mut value = false;
        for word in &self.words {
            if word.starts_with('-') {
                value = !word.contains('=');
            } else if value {
                value = false;
            } else {
                out.push(word.as_str());
            }
        }
        out
    }

    /// A file that the command names, as it stands in the repository.
    fn file(&self, path: &str, facts: &mut Facts) -> Key {
        let key = Key::new(Kind::Location, "file", format!("file:{}//{}", self.repository, path.trim_start_matches("./").trim_start_matches('/')));
        facts.mention(&key, path.rsplit('/').next().unwrap_or(path), self.at.clone()).attr("store", "file");
        key
    }

    /// Says that the script brings something into being.
    fn define<'f>(&self, key: &Key, name: &str, facts: &'f mut Facts) -> &'f mut crate::model::NodeFact {
        let origin = Key::new(Kind::Origin, "definition", format!("{}#{}/{name}", self.document.replacen("file:", "def:", 1), key.subtype));
        facts.declare(&origin, format!("{} {name}", key.subtype), self.at.clone());
        facts.relate(key, &DEFINED_BY, &origin, self.at.clone());
        facts.declare(key, name, self.at.clone())
    }
}

/// Reads the commands of a script.
pub(super) fn read(unit: &mut Unit<'_, '_>) {
    let text = unit.source.text;
    let document = unit.source.document;
    if text.contains("apiVersion:") {
        let script = Script::of(text);
        applied(document, text, 1, &|t| script.text(t), unit.facts);
    }
    if text.contains("docker ") || text.contains("podman ") || text.contains("buildah ") {
        let script = Script::of(text);
        for image in built_by_script(text, &|t| script.text(t)) {
            unit.note("builds", image, &document.at_line(1));
        }
    }
    let programs: Vec<_> = PROGRAMS.iter().filter(|(program, words, _)| text.contains(program) && words.iter().any(|w| text.contains(w))).collect();
    if programs.is_empty() {
        return;
    }
    let mut script = Script::of(text);
    let shown = manuals(text);
    for (line, command) in commands(text).into_iter().take(MAX_COMMANDS) {
        let start = command.trim_start();
        if SHOWN.iter().any(|w| start.starts_with(w)) && !start.contains("| ") || shown.iter().any(|(first, last)| (first..=last).contains(&&line)) {
            continue;
        }
        for (program, wanted, reader) in &programs {
            if !command.contains(program) {
                continue;
            }
            let whole = whole(&command, text, line);
            for words in calls(&whole, program).map(words).filter(|w| w.iter().any(|w| wanted.contains(&w.as_str()))) {
                let at = document.at_line(line + 1);
                let call = Call { words, script: &script, text, repository: document.repository_body(), document: document.file_id(), at };
                let made = reader(&call, unit.facts);
                if let Some(made) = made.as_ref().filter(|m| m.kind == Kind::Consumer) {
                    let own = unit.here(&document.at_line(line + 1));
                    unit.facts.relate(&own, &DEPLOYS, made, document.at_line(line + 1));
                }
                if let (Some(made), Some(name)) = (made, captured(start)) {
                    script.capture(name, made);
                }
            }
        }
    }
}

/// The variable that keeps what a command prints: `NAME=$(…`.
fn captured(command: &str) -> Option<&str> {
    let (name, rest) = command.split_once('=')?;
    let name = name.rsplit(' ').next().unwrap_or(name);
    (rest.trim_start_matches('"').starts_with(['$', '`']) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')).then_some(name)
}

/// A command with the rest of a text in single quotes that begins in it and ends on a line below.
fn whole(command: &str, text: &str, line: u32) -> String {
    let mut out = command.to_owned();
    if !command.contains("='{") && !command.contains(" '{") || command.matches('\'').count().is_multiple_of(2) {
        return out;
    }
    let last = text.lines().enumerate().skip(line as usize).find(|(_, l)| l.contains("'{")).map_or(line as usize, |(n, _)| n);
    for below in text.lines().skip(last + 1).take(MAX_QUOTED) {
        out.push('\n');
        out.push_str(below.trim_end_matches('\\'));
        if below.contains('\'') {
            break;
        }
    }
    out
}

/// Lines of the manuals that a script prints: `cat <<EOF` without a file to write it to.
fn manuals(text: &str) -> Vec<(u32, u32)> {
    let mut out = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if !line.contains("cat <<") || line.contains(['>', '|']) || line.contains("$(") {
            continue;
        }
        let Some(marker) = marker(line) else { continue };
        let last = lines.find(|(_, l)| l.trim() == marker).map_or(u32::MAX, |(n, _)| n as u32);
        out.push((number as u32, last));
    }
    out
}
