//! Jenkinsfiles, declarative and scripted: credentials and the variables that they are bound to, roles, nodes, libraries, what the steps run.

use super::work::Work;
use crate::document::Document;
use crate::extract::code::language::Language;
use crate::extract::code::source::{Source, Span, Worth};
use crate::model::{Facts, Key, Kind, Location};
use crate::relation::{CONSUMES, SOURCED_FROM};

/// Names of the arguments that say which variables a credential is bound to.
const VARIABLES: &[&str] =
    &["variable", "usernameVariable", "passwordVariable", "keyFileVariable", "passphraseVariable", "accessKeyVariable", "secretKeyVariable", "tokenVariable"];

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let text = document.text();
    let lines = text.lines().count().max(1) as u32;
    let key = Key::new(Kind::Consumer, "ci-job", format!("jenkins-job:{}//{}", document.repository_body(), document.path));
    let name = document.folder().rsplit('/').next().filter(|n| !n.is_empty()).unwrap_or(document.name());
    facts.declare(&key, name, document.place(1, 1, lines)).attr("platform", "jenkins");
    let source = Source::read(document, Language::Java, &text);
    let job = Work { document, key, at: document.place(1, 1, lines) };
    job.triggered("repo-writer", "code", text.contains("input message") || text.contains("input(message"), facts);
    let reader = Reader { source: &source, job: &job, name };
    reader.tokens(facts);
    reader.calls(facts);
    reader.steps(facts);
}

struct Reader<'a> {
    source: &'a Source<'a>,
    job: &'a Work<'a>,
    name: &'a str,
}

impl Reader<'_> {
    fn credential(&self, id: &str, at: &Location, facts: &mut Facts) -> Key {
        let slot = Key::new(Kind::Location, "ci-secret", format!("jenkins-cred:{}/{id}", self.job.document.repository_body()));
        facts.mention(&slot, id, at.clone()).attr("store", "jenkins");
        // The place of the reference is one of the job's.
        facts.mention(&self.job.key, self.name, at.clone());
        facts.relate(&self.job.key, &CONSUMES, &slot, at.clone());
        slot
    }

    /// A variable of the job is fed from a credential.
    fn bind(&self, variable: &str, slot: &Key, at: &Location, facts: &mut Facts) {
        let env = Key::new(Kind::Location, "env", format!("env:{}#{variable}", self.job.key.id));
        facts.declare(&env, variable, at.clone()).attr("store", "env");
        facts.relate(&env, &SOURCED_FROM, slot, at.clone());
        facts.relate(&self.job.key, &CONSUMES, &env, at.clone());
    }

    /// `credentialsId: 'x'` wherever it stands, with the variables beside it; nodes by their label; libraries.
    fn tokens(&self, facts: &mut Facts) {
        let source = self.source;
        for i in 0..source.tokens.len() {
            match source.word(i) {
                Some("credentialsId") if source.is(i + 1, ":") || source.is(i + 1, "=") => {
                    let Some(id) = source.literal(i + 2).filter(|t| is_id(t)) else { continue };
                    let slot = self.credential(id, &source.at(i + 2), facts);
                    let Some(around) = self.around(i) else { continue };
                    for variable in VARIABLES {
                        if let Some(Worth::Literal(bound, index)) = source.keyed(around.clone(), &[variable]).and_then(|s| source.worth(s)) {
                            self.bind(&bound, &slot, &source.at(index), facts);
                        }
                    }
                }
                Some("label") => {
                    if let Some(label) = source.literal(i + 1).filter(|l| !l.is_empty()) {
                        self.job.runner(format!("jenkins-label:{}/{label}", self.job.document.repository_body()), label, source.at(i + 1), facts);
                    }
                }
                Some("Library") if i > 0 && source.is(i - 1, "@") && source.is(i + 1, "(") => {
                    for name in (i + 2..source.partner(i + 1)).filter_map(|j| Some((source.literal(j)?, j))) {
                        let (library, version) = name.0.split_once('@').unwrap_or((name.0, ""));
                        self.job.tool(&format!("jenkins-library/{library}"), library, super::work::pin(version), source.at(name.1), facts);
                    }
                }
                _ => {}
            }
        }
    }

    /// The brackets in which a token stands.
    fn around(&self, index: usize) -> Option<Span> {
        (index.saturating_sub(60)..index)
            .rev()
            .find(|i| (self.source.is(*i, "(") || self.source.is(*i, "[")) && self.source.partner(*i) > index)
            .map(|i| i..self.source.partner(i))
    }

    fn calls(&self, facts: &mut Facts) {
        let source = self.source;
        let literals =
            |span: &Span| -> Vec<(String, usize)> { span.clone().filter_map(|i| Some((source.literal(i)?.to_owned(), i))).filter(|(t, _)| is_id(t)).collect() };
        for call in &source.calls {
            let at = source.at(call.first);
            match call.name() {
                "credentials" => {
                    let Some((id, index)) = literals(&call.arguments).into_iter().next() else { continue };
                    let slot = self.credential(&id, &source.at(index), facts);
                    // `X = credentials('id')`; of a name with a password come X_USR and X_PSW.
                    if let Some(variable) = call.first.checked_sub(2).filter(|_| source.is(call.first - 1, "=")).and_then(|i| source.word(i)) {
                        for suffix in ["", "_USR", "_PSW"] {
                            if suffix.is_empty() || source.text.contains(&format!("{variable}{suffix}")) {
                                self.bind(&format!("{variable}{suffix}"), &slot, &source.at(call.first - 2), facts);
                            }
                        }
                    }
                }
                "sshagent" => {
                    for (id, index) in literals(&call.arguments) {
                        self.credential(&id, &source.at(index), facts);
                    }
                }
                "withAWS" | "awsAssumeRole" => {
                    if let Some(Worth::Literal(id, index)) = source.keyed(call.arguments.clone(), &["credentials"]).and_then(|s| source.worth(s)) {
                        self.credential(&id, &source.at(index), facts);
                    }
                    let text = |key: &str| match source.keyed(call.arguments.clone(), &[key]).and_then(|s| source.worth(s)) {
                        Some(Worth::Literal(text, _)) => Some(text),
                        _ => None,
                    };
                    if let Some(role) = text("role").or_else(|| text("roleArn")) {
                        let arn = if role.starts_with("arn:") {
                            role
                        } else {
                            format!(
                                "arn:aws:iam::{}:role/{role}",
                                text("roleAccount").unwrap_or_else(|| format!("{{{}}}", self.job.document.repository_body()))
                            )
                        };
                        self.job.assumes(&self.job.key, &arn, at, facts);
                    }
                }
                "withRegistry" => {
                    let arguments = source.split(call.arguments.clone());
                    if let Some((id, index)) = arguments.get(1).and_then(|a| literals(a).into_iter().next()) {
                        self.credential(&id, &source.at(index), facts);
                    }
                }
                "withVault" => self.vault(&call.arguments, facts),
                "node" => {
                    if let Some(label) = source.literal(call.arguments.start).filter(|l| !l.is_empty()) {
                        self.job.runner(format!("jenkins-label:{}/{label}", self.job.document.repository_body()), label, at, facts);
                    }
                }
                _ => {}
            }
        }
    }

    /// `[path: 'x', secretValues: [[envVar: 'A', vaultKey: 'a']]]`.
    fn vault(&self, span: &Span, facts: &mut Facts) {
        let source = self.source;
        for i in span.clone().filter(|i| source.word(*i) == Some("path")) {
            let Some(path) = source.literal(i + 2) else { continue };
            let Some(around) = self.around(i) else { continue };
            for j in around.filter(|j| source.word(*j) == Some("vaultKey")) {
                let Some(field) = source.literal(j + 2) else { continue };
                let at = source.at(j + 2);
                let slot = Key::new(
                    Kind::Location,
                    "vault-path",
                    format!("vault:{{{}}}/{}#{field}", self.job.document.repository_body(), path.replacen("/data/", "/", 1)),
                );
                facts.mention(&slot, path, at.clone()).attr("store", "vault");
                facts.relate(&self.job.key, &CONSUMES, &slot, at.clone());
                let pair = self.around(j).and_then(|p| source.keyed(p, &["envVar"])).and_then(|s| source.worth(s));
                if let Some(Worth::Literal(variable, _)) = pair {
                    self.bind(&variable, &slot, &at, facts);
                }
            }
        }
    }

    /// What `sh`, `bat` and `powershell` run.
    fn steps(&self, facts: &mut Facts) {
        let source = self.source;
        for i in 0..source.tokens.len() {
            if !matches!(source.word(i), Some("sh" | "bat" | "powershell" | "pwsh")) {
                continue;
            }
            let Some(index) = (i + 1..i + 6).find(|j| source.tokens.get(*j).is_some_and(|t| t.is_text())) else { continue };
            let first = source.tokens[index].line;
            for (offset, line) in source.tokens[index].text.lines().enumerate() {
                self.job.command(line.trim(), &self.job.document.at_line(first + offset as u32), facts);
            }
        }
    }
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() < 120 && !text.contains(['$', '\n'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_become_variables() {
        let text = "@Library('shared@main') _\npipeline {\n  agent { label 'linux' }\n  environment { AWS = credentials('aws-ci') }\n  stages { stage('x') { steps {\n    withCredentials([string(credentialsId: 'stripe-live', variable: 'STRIPE'), usernamePassword(credentialsId: 'db', usernameVariable: 'U', passwordVariable: 'P')]) { sh 'node charge.js $AWS_PSW' }\n    sshagent(['deploy-key']) { sh \"\"\"\n      terraform apply -auto-approve\n    \"\"\" }\n    withAWS(role: 'deploy', roleAccount: '111122223333') { }\n    git credentialsId: 'scm', url: 'https://x.example.org/y'\n    withVault([vaultSecrets: [[path: 'secret/data/app', secretValues: [[envVar: 'K', vaultKey: 'key']]]]]) { }\n  } } }\n}\n";
        let document = Document::new("repo:github.com/acme/web".into(), "Jenkinsfile", text.as_bytes().to_vec(), None);
        let mut facts = Facts::default();
        read(&document, &mut facts);
        let job = "jenkins-job:github.com/acme/web//Jenkinsfile";
        let edges: Vec<String> = facts
            .edges
            .iter()
            .map(|e| format!("{} {} {}", e.from.id.replace(job, "J"), e.relation.name, e.to.id.replace("github.com/acme/web", "~")))
            .collect();
        for expected in [
            "J consumes jenkins-cred:~/aws-ci",
            "env:J#AWS_PSW sourced_from jenkins-cred:~/aws-ci",
            "env:J#STRIPE sourced_from jenkins-cred:~/stripe-live",
            "env:J#P sourced_from jenkins-cred:~/db",
            "J consumes jenkins-cred:~/deploy-key",
            "J consumes jenkins-cred:~/scm",
            "J can_assume arn:aws:iam::111122223333:role/deploy",
            "J deploys cloud-account:{~}",
            "J part_of jenkins-label:~/linux",
            "J invokes tool:jenkins-library/shared",
            "env:J#K sourced_from vault:{~}/secret/app#key",
        ] {
            assert!(edges.iter().any(|e| e == expected), "{expected} in {edges:#?}");
        }
        assert!(!edges.contains(&"env:J#STRIPE sourced_from jenkins-cred:~/db".to_owned()), "each binding keeps its own credential");
    }
}
