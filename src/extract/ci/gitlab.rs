//! GitLab CI: jobs with what they extend, the variables and stored secrets that they read, their tokens, who starts them, what they start.

use super::work::{Work, is_secret_name, pin, variables};
use crate::document::{Document, Node};
use crate::extract::note;
use crate::model::{Basis, Facts, Key, Kind, Spec};
use crate::relation::{CAN_ACCESS, INVOKES, PART_OF, RUNS_AS};

/// Top-level keys that are no jobs.
const RESERVED: &[&str] = &["stages", "variables", "include", "default", "workflow", "image", "services", "cache", "before_script", "after_script", "spec"];

/// Jobs that extend one another beyond which the chain is cut.
const MAX_BASES: usize = 10;

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let trees = match document.trees() {
        Ok(trees) => trees,
        Err(reason) => return note(document, facts, reason),
    };
    let Some((host, project)) = document.repository_body().split_once('/') else { return };
    for root in trees {
        let pipeline = Key::new(Kind::Consumer, "ci-workflow", format!("gl-pipeline:{host}/{project}//{}", document.path));
        let file = File { document, host, project, root, pipeline };
        let has_jobs = root.entries().any(|(n, j)| is_job(n, j));
        if has_jobs || root.get("include").is_some() {
            facts.declare(&file.pipeline, document.name(), document.at(root)).attr("platform", "gitlab");
            file.includes(facts);
        }
        for (name, body) in root.entries().filter(|(n, j)| is_job(n, j)) {
            file.job(name.str().unwrap_or_default(), body, facts);
        }
        for (name, value) in root.get("variables").into_iter().flat_map(Node::entries) {
            if let Some(name) = name.str().filter(|n| is_secret_name(n)) {
                let slot = Key::new(Kind::Location, "ci-variable", format!("gl-var:{host}/{project}/{name}"));
                let value = value.get("value").unwrap_or(value);
                facts.declare(&slot, name, document.at(value)).attr("store", "file");
                facts.holds(&slot, document.at(value));
            }
        }
    }
}

fn is_job(name: &Node, body: &Node) -> bool {
    body.is_map() && name.str().is_some_and(|n| !RESERVED.contains(&n))
}

/// One file of a pipeline.
struct File<'a> {
    document: &'a Document,
    host: &'a str,
    project: &'a str,
    root: &'a Node,
    pipeline: Key,
}

impl<'a> File<'a> {
    /// Files, and components of others, that become part of the pipeline.
    fn includes(&self, facts: &mut Facts) {
        for entry in self.root.get("include").into_iter().flat_map(Node::one_or_many) {
            let at = self.document.at(entry);
            let text = |key: &str| entry.get_str(key);
            let local = text("local").or_else(|| entry.str().filter(|s| !s.contains("://")));
            if let Some(path) = local {
                let key = Key::new(Kind::Consumer, "ci-workflow", format!("gl-pipeline:{}/{}//{}", self.host, self.project, path.trim_start_matches('/')));
                facts.mention(&key, path.rsplit('/').next().unwrap_or(path), at.clone()).attr("platform", "gitlab");
                facts.relate(&self.pipeline, &INVOKES, &key, at).attr("how", "include");
                continue;
            }
            // Whoever can change what is included changes this pipeline.
            let (id, name, pin) = if let Some(project) = text("project") {
                let reference = text("ref").unwrap_or("");
                (format!("gl-include/{}/{project}", self.host), project.to_owned(), pin(reference))
            } else if let Some(component) = text("component") {
                let (name, version) = component.rsplit_once('@').unwrap_or((component, ""));
                (format!("gl-component/{name}"), name.to_owned(), pin(version))
            } else if let Some(url) = text("remote").or_else(|| entry.str()) {
                let address = url.split("://").last().unwrap_or(url).split('?').next().unwrap_or(url);
                (format!("gl-remote/{address}"), address.to_owned(), if entry.get("integrity").is_some() { "digest" } else { "floating" })
            } else if let Some(template) = text("template") {
                (format!("gl-template/{template}"), template.to_owned(), "floating")
            } else {
                continue;
            };
            let tool = Key::new(Kind::Tool, "ci-action", format!("tool:{id}"));
            facts.mention(&tool, name, at.clone()).attr("pin", pin);
            facts.relate(&self.pipeline, &INVOKES, &tool, at).attr("how", "include");
        }
    }

    /// The blocks that make a job: its own, then what it extends, the last first, then the defaults.
    fn blocks(&self, body: &'a Node) -> Vec<&'a Node> {
        let mut out = vec![body];
        let mut i = 0;
        while i < out.len() && out.len() < MAX_BASES {
            let bases: Vec<&Node> = out[i].get("extends").into_iter().flat_map(Node::one_or_many).filter_map(|b| self.root.get(b.str()?)).collect();
            for base in bases.into_iter().rev() {
                if !out.iter().any(|b| std::ptr::eq(*b, base)) {
                    out.push(base);
                }
            }
            i += 1;
        }
        out.extend(self.root.get("default"));
        out
    }

    fn job(&self, name: &str, body: &'a Node, facts: &mut Facts) {
        let document = self.document;
        let blocks = self.blocks(body);
        // The nearest block that states a key has it.
        let get = |key: &str| blocks.iter().find_map(|b| b.get(key));
        let id = format!("gl-job:{}/{}//{}#{name}", self.host, self.project, document.path);
        let job = Work::declare(document, "ci-job", &id, name, body, "gitlab", facts);
        let template = name.starts_with('.');
        job.attr("template", template, facts);
        facts.relate(&job.key, &PART_OF, &self.pipeline, job.at.clone());
        for base in body.get("extends").into_iter().flat_map(Node::one_or_many).filter_map(Node::str) {
            if self.root.get(base).is_none() {
                // An included file has it.
                let spec = Spec::Name { kind: Kind::Consumer, subtypes: vec!["ci-job".to_owned()], name: base.to_owned() };
                facts.refer(&job.key, &INVOKES, spec, base, document.at(body)).attr("how", "extends");
                continue;
            }
            let other = Key::new(Kind::Consumer, "ci-job", format!("gl-job:{}/{}//{}#{base}", self.host, self.project, document.path));
            facts.relate(&job.key, &INVOKES, &other, document.at(body)).attr("how", "extends");
        }
        let environment = get("environment").and_then(|e| Some((e, e.str().or_else(|| e.get_str("name"))?)));
        if let Some((node, environment)) = environment {
            job.environment(format!("gl-env:{}/{}/{environment}", self.host, self.project), environment, document.at(node), facts);
            if let Some(tier) = node.get_str("deployment_tier") {
                job.attr("environment_tier", tier, facts);
            }
        }
        if !template {
            self.triggers(&job, &blocks, facts);
        }
        self.tokens(&job, &blocks, facts);
        self.stored(&job, get("secrets"), facts);
        for tag in get("tags").into_iter().flat_map(Node::one_or_many) {
            // Runners of the service have names of the service.
            if let Some(text) = tag.str().filter(|t| !t.starts_with("saas-") && !t.starts_with("gitlab-") && !t.contains('$')) {
                job.runner(format!("gl-runner:{}/{}#{text}", self.host, super::work::owner(document)), text, document.at(tag), facts);
            }
        }
        self.downstream(&job, get("trigger"), facts);
        let scope = environment.map(|(_, e)| e.to_owned()).filter(|e| !e.contains('$'));
        let slot = |variable: &str| {
            let service = variable.starts_with("CI_JOB_TOKEN")
                || variable.starts_with("CI_REGISTRY_")
                || variable.starts_with("CI_JOB_JWT")
                || variable.starts_with("CI_DEPENDENCY_PROXY");
            // A variable that the file itself states is none of the project's; one of an identity token neither.
            let stated = std::iter::once(self.root)
                .chain(blocks.iter().copied())
                .any(|b| b.path(&["variables", variable]).is_some() || b.path(&["id_tokens", variable]).is_some() || b.path(&["secrets", variable]).is_some());
            (!service && !stated).then(|| ("ci-secret", format!("gl-var:{}/{}/{variable}", self.host, self.project)))
        };
        for block in &blocks {
            for part in block.entries().filter(|(k, _)| !matches!(k.str(), Some("extends" | "rules" | "only" | "except" | "stage"))).map(|(_, v)| v) {
                job.scripts(part, &slot, facts);
            }
        }
        for (variable, node) in blocks.iter().filter_map(|b| b.get("variables")).flat_map(Node::entries) {
            let found = variable.str().zip(node.str()).and_then(|(n, v)| Some((super::images::repository(document.repository_body(), n, v)?, v)));
            if let Some((repository, value)) = found {
                facts.mention(&repository, value, document.at(node));
                facts.relate(&job.key, &CAN_ACCESS, &repository, document.at(node)).basis(Basis::EnvAssumed).attr("level", "write");
            }
        }
        if let Some(scope) = scope {
            job.attr("variable_scope", scope, facts);
        }
    }

    /// Who starts the job, and whether somebody must press a button.
    fn triggers(&self, job: &Work<'_>, blocks: &[&Node], facts: &mut Facts) {
        let mut conditions = String::new();
        let mut manual = false;
        for block in blocks {
            for key in ["rules", "only", "except", "when"] {
                if let Some(node) = block.get(key) {
                    node.walk(&mut |pointer, n| {
                        if let Some(text) = n.str() {
                            manual |= (pointer.ends_with("/when") || key == "when") && text == "manual";
                            if key != "except" {
                                conditions.push_str(text);
                                conditions.push('\n');
                            }
                        }
                    });
                }
            }
        }
        job.triggered("repo-writer", "code", manual, facts);
        // A merge request of a fork runs in the fork, unless the project lets it run here: a setting.
        if conditions.contains("merge_request_event") || conditions.lines().any(|l| l == "merge_requests") {
            job.triggered("fork-contributor", "code", manual, facts);
        }
        if conditions.contains("\"schedule\"") || conditions.contains("schedules") {
            job.attr("trigger_classes", vec!["schedule".to_owned()], facts);
        }
    }

    /// Tokens that the service issues to the job: its own, the old kind, and those for others.
    fn tokens(&self, job: &Work<'_>, blocks: &[&Node], facts: &mut Facts) {
        let mut conditions = String::new();
        for block in blocks {
            for key in ["rules", "only"] {
                if let Some(node) = block.get(key) {
                    node.walk(&mut |_, n| {
                        if let Some(text) = n.str() {
                            conditions.push_str(text);
                            conditions.push('\n');
                        }
                    });
                }
            }
        }
        let reference = if conditions.contains("CI_COMMIT_TAG") || conditions.lines().any(|l| l == "tags") {
            "ref_type:tag:ref:*".to_owned()
        } else {
            let branch =
                conditions.split("CI_COMMIT_BRANCH ==").nth(1).and_then(|r| r.trim_start().strip_prefix(['"', '\''])).and_then(|r| r.split(['"', '\'']).next());
            let one = conditions.lines().map(str::trim).filter(|l| !l.contains(['$', '/', ' ', '*'])).collect::<Vec<_>>();
            let listed = (one.len() == 1
                && !matches!(one[0], "branches" | "merge_requests" | "always" | "on_success" | "manual" | "never" | "schedules" | "web"))
            .then(|| one[0]);
            format!("ref_type:branch:ref:{}", branch.or(listed).unwrap_or("*"))
        };
        for (token, body) in blocks.iter().filter_map(|b| b.get("id_tokens")).flat_map(Node::entries) {
            let at = self.document.place(token.line, token.column, body.end_line);
            let key = job.subject(self.host, &format!("project_path:{}:{reference}", self.project), at.clone(), facts);
            let audiences: Vec<String> = body.get("aud").into_iter().flat_map(Node::one_or_many).filter_map(Node::scalar).collect();
            facts.mention(&key, String::new(), at).attr("audience", audiences.join(", ")).attr("variable", token.str().unwrap_or_default());
        }
        for block in blocks {
            super::work::lines(self.document, block, &mut |line, at| {
                for name in variables(line) {
                    if name.starts_with("CI_JOB_JWT") {
                        job.attr("legacy_auth", vec![format!("{name}, a token that every service accepts")], facts);
                    }
                    if name == "CI_JOB_TOKEN" || name.starts_with("CI_REGISTRY_") || name.starts_with("CI_JOB_JWT") {
                        let id = format!("gl-token:{}/{}#{}", self.host, self.project, job.key.id.rsplit('#').next().unwrap_or_default());
                        let token = Key::new(Kind::Identity, "ci-job-token", id);
                        facts.mention(&token, "CI_JOB_TOKEN", at.clone()).attr("auth_style", "short-lived");
                        facts.relate(&job.key, &RUNS_AS, &token, at.clone());
                    }
                }
            });
        }
    }

    /// `secrets:` names what the runner fetches from a store before the job starts.
    fn stored(&self, job: &Work<'_>, secrets: Option<&Node>, facts: &mut Facts) {
        let body = self.document.repository_body();
        for (name, entry) in secrets.into_iter().flat_map(Node::entries) {
            let shown = name.str().unwrap_or_default();
            let at = self.document.place(name.line, name.column, entry.end_line);
            let found = if let Some(vault) = entry.get("vault") {
                let stated = vault.str().map(|text| {
                    let (path, mount) = text.rsplit_once('@').unwrap_or((text, "kv-v2"));
                    let (path, field) = path.rsplit_once('/').unwrap_or((path, ""));
                    (mount.to_owned(), path.to_owned(), field.to_owned())
                });
                let structured = || {
                    let mount = vault.path(&["engine", "path"]).and_then(Node::str).unwrap_or("kv-v2");
                    Some((mount.to_owned(), vault.get_str("path")?.to_owned(), vault.get_str("field")?.to_owned()))
                };
                stated.or_else(structured).map(|(mount, path, field)| ("vault-path", format!("vault:{{{body}}}/{mount}/{path}#{field}")))
            } else if let Some(google) = entry.get("gcp_secret_manager") {
                google.get_str("name").map(|n| ("cloud-secret", format!("//secretmanager.googleapis.com/projects/{{{body}}}/secrets/{n}")))
            } else if let Some(azure) = entry.get("azure_key_vault") {
                azure.get_str("name").map(|n| ("cloud-secret", format!("azkv:{{{body}}}/{n}")))
            } else if let Some(aws) = entry.get("aws_secrets_manager") {
                aws.str().or_else(|| aws.get_str("secret_id")).map(|n| {
                    ("cloud-secret", if n.starts_with("arn:") { n.to_owned() } else { format!("asm:{{{body}}}/{}", n.split('#').next().unwrap_or(n)) })
                })
            } else {
                None
            };
            if let Some((subtype, id)) = found {
                job.slot(subtype, id, shown, at, facts);
            }
        }
    }

    /// Pipelines that the job starts: of this project, or of another.
    fn downstream(&self, job: &Work<'_>, trigger: Option<&Node>, facts: &mut Facts) {
        let Some(trigger) = trigger else { return };
        let at = self.document.at(trigger);
        let project = trigger.str().or_else(|| trigger.get_str("project")).filter(|p| !p.contains('$'));
        let own = trigger.get("include").into_iter().flat_map(Node::one_or_many).filter_map(|i| i.str().or_else(|| i.get_str("local")));
        let started = project
            .map(|p| (p.to_owned(), ".gitlab-ci.yml".to_owned()))
            .into_iter()
            .chain(own.map(|path| (self.project.to_owned(), path.trim_start_matches('/').to_owned())));
        for (project, path) in started {
            let key = Key::new(Kind::Consumer, "ci-workflow", format!("gl-pipeline:{}/{project}//{path}", self.host));
            facts.mention(&key, project.rsplit('/').next().unwrap_or(&project), at.clone()).attr("platform", "gitlab");
            facts.relate(&job.key, &INVOKES, &key, at.clone()).basis(Basis::Evaluated).attr("through", "trigger");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edges(text: &str) -> Vec<String> {
        let document = Document::new("repo:gitlab.com/acme/api".into(), ".gitlab-ci.yml", text.as_bytes().to_vec(), None);
        let mut facts = Facts::default();
        read(&document, &mut facts);
        let short = |id: &str| id.replace("gitlab.com/acme/api//.gitlab-ci.yml", "").replace("gitlab.com/acme/api", "~");
        facts.edges.iter().map(|e| format!("{} {} {}", short(&e.from.id), e.relation.name, short(&e.to.id))).collect()
    }

    #[test]
    fn a_job_has_what_it_extends() {
        let text = ".base:\n  id_tokens: { T: { aud: x } }\n  environment: { name: production }\n  tags: [own]\ndeploy:\n  extends: .base\n  secrets: { DB_PASS: { vault: prod/db/password@kv } }\n  rules: [ { if: '$CI_COMMIT_BRANCH == \"main\"', when: manual } ]\n  script: [ \"./deploy.sh $DEPLOY_TOKEN $CI_JOB_TOKEN\" ]\n";
        let edges = edges(text);
        for expected in [
            "gl-job:#deploy runs_as oidc:gitlab.com::project_path:acme/api:ref_type:branch:ref:main",
            "gl-job:#deploy consumes vault:{~}/kv/prod/db#password",
            "gl-job:#deploy consumes gl-var:~/DEPLOY_TOKEN",
            "gl-job:#deploy runs_as gl-token:~#deploy",
            "gl-job:#deploy part_of gl-env:~/production",
            "gl-job:#deploy part_of gl-runner:gitlab.com/acme#own",
        ] {
            assert!(edges.iter().any(|e| e == expected), "{expected} in {edges:#?}");
        }
        assert!(!edges.iter().any(|e| e.contains("DB_PASS")), "what the runner fetches is no variable of the project");
    }

    #[test]
    fn what_is_included_and_what_is_started() {
        let text = "include:\n  - local: /ci/build.yml\n  - { project: acme/shared, ref: main, file: x.yml }\n  - component: gitlab.com/acme/sast@1.2.0\nchild:\n  trigger: { include: child.yml }\nother:\n  trigger: acme/deploy\n";
        let edges = edges(text);
        for expected in [
            "gl-pipeline: invokes gl-pipeline:~//ci/build.yml",
            "gl-pipeline: invokes tool:gl-include/gitlab.com/acme/shared",
            "gl-pipeline: invokes tool:gl-component/gitlab.com/acme/sast",
            "gl-job:#child invokes gl-pipeline:~//child.yml",
            "gl-job:#other invokes gl-pipeline:gitlab.com/acme/deploy//.gitlab-ci.yml",
        ] {
            assert!(edges.iter().any(|e| e == expected), "{expected} in {edges:#?}");
        }
    }
}
