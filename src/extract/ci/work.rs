//! What the pipelines of every CI system have in common: a job, the slots that it reads, who starts it, and what its scripts change.

use super::images;
use crate::document::{Document, Node};
use crate::extract::commands::{assumed, commands, fetched};
use crate::model::{Basis, Facts, Key, Kind, Location, Spec};
use crate::relation::{CAN_ACCESS, CAN_ASSUME, CAN_TRIGGER, CONSUMES, DEPLOYS, INVOKES, PART_OF, RUNS_AS, SAME_AS};

/// Segments of a variable's name that say that it holds a secret.
const SECRET_SEGMENTS: &[&str] = &["AUTH", "CREDENTIAL", "CREDENTIALS", "CREDS", "DSN", "PRIVATE", "PWD", "KUBECONFIG"];

/// Endings of a segment that say so too: `DBPASSWORD`, `APIKEY`.
const SECRET_ENDINGS: &[&str] = &["PASSWORD", "PASSWD", "PASS", "TOKEN", "TOKENS", "SECRET", "SECRETS", "APIKEY"];

/// Last segments of a name that tells where a secret is, or what it is called, but does not hold it.
const ABOUT: &[&str] = &["FILE", "PATH", "NAME", "DIR", "TTL", "LENGTH", "URL", "ARN", "TYPE", "HOST"];

/// Whether a variable's name says that it holds a secret.
pub(crate) fn is_secret_name(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    let segments: Vec<&str> = upper.split(['_', '-', '.']).filter(|s| !s.is_empty()).collect();
    if segments.last().is_some_and(|l| ABOUT.contains(l)) {
        return upper.ends_with("DATABASE_URL") || upper.ends_with("WEBHOOK_URL") || upper.ends_with("DB_URL");
    }
    upper.contains("ACCESS_KEY_ID")
        || segments.iter().any(|s| {
            (SECRET_SEGMENTS.contains(s) && !(*s == "PWD" && segments.len() == 1))
                || (SECRET_ENDINGS.iter().any(|e| s.ends_with(e)) && !s.ends_with("BYPASS") && *s != "COMPASS")
        })
        || segments.iter().any(|s| matches!(*s, "KEY" | "KEYS")) && !segments.iter().any(|s| matches!(*s, "PUBLIC" | "CACHE"))
}

/// Names of shell variables behind `$` and `${`, in capitals.
pub(in crate::extract) fn variables(line: &str) -> impl Iterator<Item = &str> {
    line.split('$').skip(1).filter_map(|rest| {
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        let end = rest.find(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')).unwrap_or(rest.len());
        (end > 2).then(|| &rest[..end])
    })
}

/// Every line of every text below a node, with the place of the line.
pub(in crate::extract) fn lines<'a>(document: &Document, part: &'a Node, visit: &mut dyn FnMut(&'a str, Location)) {
    part.walk(&mut |_, node| {
        for (offset, line) in node.str().unwrap_or_default().lines().enumerate() {
            let offset = offset as u32;
            visit(line, document.place(node.line + offset, if offset == 0 { node.column } else { 1 }, node.line + offset));
        }
    });
}

/// `github.com/acme/web` without its host.
pub(in crate::extract) fn project(document: &Document) -> &str {
    document.repository_body().split_once('/').map_or(document.repository_body(), |(_, rest)| rest)
}

/// The owner of the project: the organisation, the workspace.
pub(in crate::extract) fn owner(document: &Document) -> &str {
    project(document).split('/').next().unwrap_or_default()
}

/// How firmly a reference to third-party code is pinned, by its version.
pub(in crate::extract) fn pin(version: &str) -> &'static str {
    if version.contains("sha256:") || version.len() >= 40 && version.chars().all(|c| c.is_ascii_hexdigit()) {
        "digest"
    } else if version.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit()) {
        "version"
    } else {
        "floating"
    }
}

/// One job while its block is read.
pub(super) struct Work<'a> {
    pub document: &'a Document,
    pub key: Key,
    pub at: Location,
}

impl<'a> Work<'a> {
    /// Declares the job at its block.
    pub(super) fn declare(document: &'a Document, subtype: &'static str, id: &str, name: &str, body: &Node, platform: &str, facts: &mut Facts) -> Self {
        let key = Key::new(Kind::Consumer, subtype, id);
        let at = document.at(body);
        facts.declare(&key, name, at.clone()).attr("platform", platform);
        Work { document, key, at }
    }

    pub(super) fn attr(&self, name: &'static str, value: impl Into<serde_json::Value>, facts: &mut Facts) {
        facts.mention(&self.key, String::new(), self.at.clone()).attr(name, value);
    }

    /// The job reads this slot.
    pub(super) fn slot(&self, subtype: &'static str, id: String, name: &str, at: Location, facts: &mut Facts) -> Key {
        let slot = Key::new(Kind::Location, subtype, id);
        facts.mention(&slot, name, at.clone()).attr("store", self.platform());
        facts.relate(&self.key, &CONSUMES, &slot, at);
        slot
    }

    fn platform(&self) -> String {
        self.key.id.split([':', '-']).next().unwrap_or_default().to_owned()
    }

    /// A population can start the job.
    pub(super) fn triggered(&self, class: &str, input: &str, approval: bool, facts: &mut Facts) {
        let party = Key::new(Kind::Party, "class", format!("class:{class}@{}", self.document.repository));
        facts.mention(&party, class.replace('-', " "), self.at.clone());
        let edge = facts.relate(&party, &CAN_TRIGGER, &self.key, self.at.clone());
        edge.attr("input", input);
        if approval {
            edge.attr("approval_required", true);
        }
        if class == "fork-contributor" {
            // Whether builds of forks get secrets is a setting of the service, not of the file.
            edge.conditional();
        }
    }

    /// The job calls third-party code.
    pub(super) fn tool(&self, id: &str, name: &str, pin: &str, at: Location, facts: &mut Facts) -> Key {
        let tool = Key::new(Kind::Tool, "ci-action", format!("tool:{id}"));
        facts.mention(&tool, name, at.clone()).attr("pin", pin);
        facts.relate(&self.key, &INVOKES, &tool, at);
        tool
    }

    /// The job is part of an environment of the CI system.
    pub(super) fn environment(&self, id: String, name: &str, at: Location, facts: &mut Facts) {
        self.attr("environment", name, facts);
        let key = Key::new(Kind::Resource, "ci-environment", id);
        facts.mention(&key, name, at.clone());
        facts.relate(&self.key, &PART_OF, &key, at);
    }

    /// The job runs on a machine of its owner.
    pub(super) fn runner(&self, id: String, name: &str, at: Location, facts: &mut Facts) {
        let key = Key::new(Kind::Resource, "runner", id);
        facts.mention(&key, name, at.clone()).attr("self_hosted", true);
        facts.relate(&self.key, &PART_OF, &key, at);
    }

    /// The job can get a token with this subject.
    pub(super) fn subject(&self, issuer: &str, subject: &str, at: Location, facts: &mut Facts) -> Key {
        let key = Key::new(Kind::Identity, "oidc-subject", format!("oidc:{issuer}::{subject}"));
        facts.declare(&key, subject, at.clone()).attr("auth_style", "federated");
        facts.relate(&self.key, &RUNS_AS, &key, at);
        key
    }

    /// `from` asks to become the AWS role that a text names; whether the role agrees is for its trust to say.
    pub(super) fn assumes(&self, from: &Key, arn: &str, at: Location, facts: &mut Facts) {
        if !(arn.starts_with("arn:") && arn.contains(":role/") && !arn.contains(['$', '<'])) {
            return;
        }
        let role = Key::new(Kind::Identity, "aws-role", arn);
        facts.mention(&role, arn.rsplit('/').next().unwrap_or(arn), at.clone());
        facts.relate(from, &CAN_ASSUME, &role, at).basis(Basis::Evaluated).conditional();
    }

    /// Whose name the job's commits bear: an account that is nobody's own.
    fn commits_as(&self, author: &str, at: &Location, facts: &mut Facts) {
        if !author.contains('@') || author.contains(['$', '<', ' ']) {
            return;
        }
        let key = Key::new(Kind::Identity, "scm-machine-user", format!("scm-user:{}", author.to_ascii_lowercase()));
        facts.mention(&key, author, at.clone());
        facts.relate(&self.key, &RUNS_AS, &key, at.clone()).basis(Basis::Convention);
    }

    /// What the commands below a node read and change; `slot` says which slot a variable is, if it is one.
    pub(super) fn scripts(&self, part: &Node, slot: &dyn Fn(&str) -> Option<(&'static str, String)>, facts: &mut Facts) {
        self.becomes(part, slot, facts);
        lines(self.document, part, &mut |line, at| {
            for name in variables(line).filter(|n| is_secret_name(n)) {
                if let Some((subtype, id)) = slot(name) {
                    self.slot(subtype, id, name, at.clone(), facts);
                }
            }
            self.command(line, &at, facts);
            for (list, images) in [("pushes", images::of_script(line)), ("builds", images::built_by_script(line, &str::to_owned))] {
                if !images.is_empty() {
                    facts.mention(&self.key, String::new(), at.clone()).attr(list, images);
                }
            }
            for (entry, name) in fetched(self.document.repository_body(), line) {
                facts.mention(&entry, name, at.clone()).attr("store", "cloud-secret");
                facts.relate(&self.key, &CONSUMES, &entry, at.clone()).basis(Basis::Evaluated);
            }
        });
    }

    /// Whom the scripts below a node ask to become, by a variable of the pipeline: what that holds is an identity, known or not.
    fn becomes(&self, part: &Node, slot: &dyn Fn(&str) -> Option<(&'static str, String)>, facts: &mut Facts) {
        part.walk(&mut |_, node| {
            for (offset, command) in commands(node.str().unwrap_or_default()) {
                let Some(role) = assumed(&command) else { continue };
                let (Some(variable), at) = (variables(&role).next(), self.document.at_line(node.line + offset)) else { continue };
                let Some((subtype, id)) = slot(variable) else { continue };
                let slot = self.slot(subtype, id, variable, at.clone(), facts);
                let key = Key::new(Kind::Identity, "aws-role", format!("aws-role:value-of/{}", slot.id));
                facts.mention(&key, variable, at.clone()).attr("auth_style", "federated").attr("symbolic", true);
                facts.relate(&self.key, &CAN_ASSUME, &key, at.clone()).basis(Basis::EnvAssumed).conditional();
                let value = || Spec::ValueOf { slot: slot.id.to_string(), kind: Kind::Identity };
                facts.refer(&key, &SAME_AS, value(), variable, at.clone());
                facts.refer(&self.key, &CAN_ASSUME, value(), variable, at);
            }
        });
    }

    /// What one command changes, and whom it becomes.
    pub(super) fn command(&self, line: &str, at: &Location, facts: &mut Facts) {
        const COMMANDS: &[(&str, &str, &str)] = &[
            ("terraform", "apply", "cloud-account"),
            ("tofu", "apply", "cloud-account"),
            ("pulumi", "up", "cloud-account"),
            ("cdk", "deploy", "cloud-account"),
            ("sam", "deploy", "cloud-account"),
            ("sls", "deploy", "cloud-account"),
            ("serverless", "deploy", "cloud-account"),
            ("gcloud", "deploy", "cloud-account"),
            ("az deployment", "create", "cloud-account"),
            ("aws cloudformation", "deploy", "cloud-account"),
            ("aws ecs", "update-service", "cloud-account"),
            ("aws lambda", "update-function-code", "cloud-account"),
            ("kubectl", "apply", "cluster"),
            ("kubectl", "set image", "cluster"),
            ("helm", "upgrade", "cluster"),
            ("helm", "install", "cluster"),
            ("docker", "push", "container-registry"),
            ("npm", "publish", "package-registry"),
            ("twine", "upload", "package-registry"),
            ("cargo", "publish", "package-registry"),
            ("gem", "push", "package-registry"),
        ];
        for part in line.split(['&', ';', '|']).map(str::trim_start) {
            for (command, verb, subtype) in COMMANDS {
                let called =
                    part.strip_prefix(command).is_some_and(|rest| rest.starts_with(' ') && rest.split(['"', '\'']).next().is_some_and(|r| r.contains(verb)));
                if called {
                    let key = Key::new(Kind::Resource, *subtype, format!("{subtype}:{{{}}}", self.document.repository_body()));
                    facts.mention(&key, format!("what {command} {verb} changes"), at.clone()).confidence(0.4);
                    facts.relate(&self.key, &DEPLOYS, &key, at.clone()).basis(Basis::Heuristic);
                }
            }
            if let Some(author) = part.strip_prefix("git config ").and_then(|r| r.split_once("user.email")).map(|(_, v)| v.trim().trim_matches(['"', '\''])) {
                self.commits_as(author, at, facts);
            }
            if part.starts_with("aws sts assume-role")
                && let Some(arn) = part.split("--role-arn").nth(1).map(|r| r.trim_start_matches(['=', ' ', '"', '\'']))
            {
                let end = arn.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'')).unwrap_or(arn.len());
                self.assumes(&self.key, &arn[..end], at.clone(), facts);
            }
            if part.starts_with("aws s3 ")
                && let Some(bucket) = part.rsplit("s3://").next().filter(|_| part.contains("s3://")).and_then(|b| b.split(['/', ' ', '"', '\'']).next())
                && !bucket.is_empty()
                && !bucket.contains(['$', '{', '<'])
            {
                let key = Key::new(Kind::Resource, "object-store", format!("arn:aws:s3:::{bucket}"));
                facts.mention(&key, bucket, at.clone());
                facts.relate(&self.key, &CAN_ACCESS, &key, at.clone()).basis(Basis::Heuristic).attr("level", "write");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{is_secret_name, pin, variables};

    #[test]
    fn names_tell_secrets_from_what_is_about_them() {
        for name in ["NPM_TOKEN", "DH_PASS", "AWS_ACCESS_KEY_ID", "STRIPE_KEY", "DBPASSWORD", "SIGNING_KEYS", "DATABASE_URL"] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["TOKEN_FILE", "AUTHOR", "BYPASS", "KEYBOARD", "PUBLIC_KEY", "CACHE_KEY", "SECRET_ARN", "HOME", "MONKEY", "PWD"] {
            assert!(!is_secret_name(name), "{name}");
        }
        assert_eq!(variables("a $X_Y ${TOKEN:-1} $lower $$Z9_").collect::<Vec<_>>(), ["X_Y", "TOKEN", "Z9_"]);
        assert_eq!((pin("1.2.0"), pin("volatile"), pin("v2"), pin("main")), ("version", "floating", "version", "floating"));
    }
}
