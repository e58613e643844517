//! Jenkins Job DSL (Groovy): jobs and folders, the credentials that they keep, and those that they bind.

use crate::document::Document;
use crate::model::{Basis, Facts, Key, Kind};
use crate::relation::{AUTHENTICATES_AS, CONSUMES};

/// Calls that bind a credential to variables; its id is the last argument.
const BINDINGS: &[&str] = &["usernamePassword", "string", "file", "usernameColonPassword", "sshUserPrivateKey", "amazonWebServicesCredentialsBinding"];

/// Calls whose argument is the value of a credential.
const VALUES: &[&str] = &["password", "secret", "privateKey", "secretKey", "accessKey", "passphrase", "token"];

/// Nesting that is followed; deeper blocks belong to the last one that is.
const MAX_DEPTH: usize = 64;

/// An open block.
#[derive(Default)]
struct Open {
    word: String,
    argument: Option<String>,
    line: u32,
    id: Option<String>,
    username: Option<String>,
    values: Vec<u32>,
}

impl Open {
    fn is_job(&self) -> bool {
        self.argument.is_some() && (self.word == "job" || self.word == "folder" || self.word.ends_with("Job") || self.word == "organizationFolder")
    }
}

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let text = document.text();
    let repository = document.repository_body();
    let mut stack: Vec<Open> = Vec::new();
    for (i, raw) in text.lines().enumerate() {
        let number = i as u32 + 1;
        let line = raw.trim();
        let (word, arguments) = call(line);
        if let Some(last) = arguments.last() {
            let binds = word == "credentialsId" || word == "credentials" && arguments.len() == 1;
            let bound = BINDINGS.contains(&word) && arguments.len() > 1 && stack.iter().any(|o| o.word == "credentialsBinding" || o.word == "withCredentials");
            if let (true, Some(job)) = (binds || bound, stack.iter().rfind(|o| o.is_job())) {
                let slot = Key::new(Kind::Location, "ci-secret", format!("jenkins-cred:{repository}/{last}"));
                facts.mention(&slot, last.clone(), document.at_line(number)).attr("store", "jenkins");
                let job = (job_key(document, job), job.argument.clone().unwrap_or_default());
                facts.mention(&job.0, job.1, document.at_line(number));
                facts.relate(&job.0, &CONSUMES, &slot, document.at_line(number));
            }
            if let Some(open) = stack.last_mut() {
                match word {
                    "id" => open.id = Some(last.clone()),
                    "username" => open.username = Some(last.clone()),
                    w if VALUES.contains(&w) => open.values.push(number),
                    _ => {}
                }
            }
        }
        let (opened, closed) = braces(line);
        for n in 0..opened {
            if stack.len() < MAX_DEPTH {
                let (word, argument) = if n == 0 { (word.to_owned(), arguments.first().cloned()) } else { (String::new(), None) };
                stack.push(Open { word, argument, line: number, ..Open::default() });
            }
        }
        for _ in 0..closed {
            if let Some(open) = stack.pop() {
                close(document, &open, &stack, number, facts);
            }
        }
    }
}

fn job_key(document: &Document, job: &Open) -> Key {
    let name = job.argument.as_deref().unwrap_or_default();
    Key::new(Kind::Consumer, "ci-job", format!("jenkins-job:{}//{}#{name}", document.repository_body(), document.path))
}

fn close(document: &Document, open: &Open, outside: &[Open], line: u32, facts: &mut Facts) {
    let at = document.place(open.line, 1, line);
    if open.is_job() {
        let name = open.argument.clone().unwrap_or_default();
        facts.declare(&job_key(document, open), name, at).attr("platform", "jenkins");
        return;
    }
    let Some(id) = open.id.as_ref().filter(|_| outside.last().is_some_and(|o| o.word == "credentials")) else { return };
    let slot = Key::new(Kind::Location, "ci-secret", format!("jenkins-cred:{}/{id}", document.repository_body()));
    facts.declare(&slot, id.clone(), at.clone()).attr("store", "jenkins").attr("protection", "plaintext");
    for value in &open.values {
        facts.holds(&slot, document.at_line(*value));
    }
    if let Some(user) = &open.username {
        let account = Key::new(Kind::Identity, "saas-account", format!("account:{}#{user}", document.repository_body()));
        facts.mention(&account, user.clone(), at.clone());
        facts.relate(&slot, &AUTHENTICATES_AS, &account, at.clone()).basis(Basis::Evaluated);
    }
    if let Some(job) = outside.iter().rfind(|o| o.is_job()) {
        facts.relate(&job_key(document, job), &CONSUMES, &slot, at);
    }
}

/// The word at the start of a line, and the quoted arguments behind it.
fn call(line: &str) -> (&str, Vec<String>) {
    let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(line.len());
    let (word, mut rest) = line.split_at(end);
    let mut arguments = Vec::new();
    while let Some(start) = rest.find(['\'', '"']) {
        let quote = rest.as_bytes()[start] as char;
        let inner = &rest[start + 1..];
        let Some(stop) = inner.find(quote) else { break };
        if stop < 200 {
            arguments.push(inner[..stop].to_owned());
        }
        rest = &inner[stop + 1..];
    }
    (word, arguments)
}

/// Braces that a line opens and closes beyond those that it does both with, outside of quotes.
fn braces(line: &str) -> (usize, usize) {
    let (mut opened, mut closed, mut quote) = (0usize, 0usize, None);
    for c in line.chars() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(q), c) if q == c => quote = None,
            (None, '{') => opened += 1,
            (None, '}') if opened > 0 => opened -= 1,
            (None, '}') => closed += 1,
            _ => {}
        }
    }
    (opened, closed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_keeps_a_credential_and_a_job_binds_it() {
        let text = "folder('web') {\n  properties {\n    credentials {\n      usernamePassword {\n        id('npm')\n        username('publisher')\n        password('made-up')\n      }\n    }\n  }\n}\njob('web/publish') {\n  wrappers {\n    credentialsBinding {\n      usernamePassword('USER', 'TOKEN', 'npm')\n    }\n  }\n}\n";
        let document = Document::new("repo:github.com/acme/web".into(), "jobs/web.groovy", text.as_bytes().to_vec(), None);
        let mut facts = Facts::default();
        read(&document, &mut facts);
        let edge = |from: &str, relation: &str, to: &str| {
            facts.edges.iter().any(|e| e.from.id.ends_with(from) && e.relation.name == relation && e.to.id.ends_with(to))
        };
        assert!(edge("#web/publish", "consumes", "/npm"));
        assert!(edge("/npm", "authenticates_as", "#publisher"));
        assert!(facts.slots.iter().any(|s| s.at.line == 7));
        let job = facts.nodes.iter().find(|n| n.name == "web/publish" && n.declared).and_then(|n| n.at.clone()).expect("the job");
        assert_eq!((job.line, job.end_line), (12, 18));
    }
}
