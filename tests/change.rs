//! `nhi diff` on real repositories: what a change gives away is news, what only moves is not.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const TRUST: &str = r#"
resource "aws_iam_openid_connect_provider" "gh" { url = "https://token.actions.githubusercontent.com" }
resource "aws_iam_role" "deploy" {
  name = "web-deploy"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Effect = "Allow", Action = "sts:AssumeRoleWithWebIdentity",
    Principal = { Federated = aws_iam_openid_connect_provider.gh.arn },
    Condition = { StringEquals = { "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com" },
      StringLike = { "token.actions.githubusercontent.com:sub" = "SUBJECT" } } }] })
}
resource "aws_iam_role_policy" "deploy" {
  role = aws_iam_role.deploy.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [STATEMENTS] })
}
resource "aws_s3_bucket" "prod" { bucket = "acme-prod-invoices" }
"#;
const READ: &str = r#"{ Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::acme-prod-invoices/*" }"#;
const WRITE: &str = r#"{ Effect = "Allow", Action = ["s3:GetObject", "s3:PutObject"], Resource = "arn:aws:s3:::acme-prod-invoices/*" }"#;
const DENY: &str = r#"{ Effect = "Deny", Action = "s3:DeleteBucket", Resource = "*" }"#;
const OWNERS: &str = "* @acme/all\n/.github/ @acme/sec\n";

struct Repo(tempfile::TempDir);

impl Repo {
    fn new() -> Self {
        let repo = Repo(tempfile::tempdir().expect("temp"));
        repo.git(&["init", "-q", "-b", "main"]);
        repo.git(&["remote", "add", "origin", "https://github.com/acme/web"]);
        repo
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn git(&self, arguments: &[&str]) {
        let done = Command::new("git")
            .current_dir(self.path())
            .args(["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"])
            .args(arguments)
            .output()
            .expect("git");
        assert!(done.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().expect("folder")).expect("made");
        fs::write(path, text).expect("written");
    }

    fn role(&self, subject: &str, statements: &[&str]) {
        self.write("infra/main.tf", &TRUST.replace("SUBJECT", subject).replace("STATEMENTS", &statements.join(", ")));
    }

    fn commit(&self) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", "change"]);
    }

    fn nhi(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_nhi")).current_dir(self.path()).args(arguments).env("NO_COLOR", "1").output().expect("starts")
    }

    fn diff(&self) -> (Option<i32>, Value) {
        let done = self.nhi(&["diff", "HEAD~1..HEAD", "--format", "json"]);
        let report = serde_json::from_slice(&done.stdout).unwrap_or_else(|_| panic!("no JSON: {}", String::from_utf8_lossy(&done.stderr)));
        (done.status.code(), report)
    }
}

fn list<'a>(report: &'a Value, key: &str) -> &'a Vec<Value> {
    report[key].as_array().expect("list")
}

/// Everything that can be news is empty.
fn assert_quiet(report: &Value) {
    for key in ["new_reach", "removed_reach", "new_identities", "removed_identities", "weakened", "new_findings", "fixed_findings"] {
        assert!(list(report, key).is_empty(), "{key}: {}", serde_json::to_string_pretty(&report[key]).expect("json"));
    }
}

/// A password that nobody uses, put together here.
fn made_up_password() -> String {
    ["Vq7", "tr!", "Lw2", "xZp"].concat()
}

#[test]
fn a_wider_grant_is_new_reach_with_its_reason_and_the_gate_can_forbid_it() {
    let repo = Repo::new();
    repo.role("repo:acme/web:environment:prod", &[READ, DENY]);
    repo.write(".github/CODEOWNERS", OWNERS);
    repo.commit();
    repo.role("repo:acme/web:environment:prod", &[WRITE, DENY]);
    repo.commit();
    let (_, report) = repo.diff();
    let reach = list(&report, "new_reach");
    let role = reach.iter().find(|r| r["subject"].as_str().is_some_and(|s| s.ends_with("role/web-deploy"))).expect("the role");
    assert_eq!((role["level"].as_str(), role["other_level"].as_str()), (Some("write"), Some("read-data")), "{role}");
    assert!(role["path"].as_array().is_some_and(|p| p.iter().any(|h| h["changed"] == true && h["at"]["path"] == "infra/main.tf")), "{role}");
    assert!(list(&report, "new_identities").is_empty() && list(&report, "weakened").is_empty());
    repo.write("nhi.yaml", "gate:\n  fail_on: never\n  deny_new_reach:\n    - { from: identity, env: prod, level: write }\n");
    let (code, report) = repo.diff();
    assert_eq!((code, report["gate"]["violations"][0]["rule"].as_str()), (Some(1), Some("gate.deny_new_reach")), "{}", report["gate"]);
    repo.write("nhi.yaml", "gate:\n  fail_on: never\n  deny_new_reach:\n    - { from: identity, env: prod, level: admin }\n");
    assert_eq!(repo.diff().0, Some(0));
    // The other way round it is reach that was taken away.
    repo.role("repo:acme/web:environment:prod", &[READ, DENY]);
    repo.commit();
    let (_, report) = repo.diff();
    assert!(list(&report, "new_reach").is_empty() && !list(&report, "removed_reach").is_empty());
}

#[test]
fn looser_trust_fewer_denials_and_lost_reviewers_are_weakened_controls() {
    let repo = Repo::new();
    repo.role("repo:acme/web:environment:prod", &[WRITE, DENY]);
    repo.write(".github/CODEOWNERS", OWNERS);
    repo.commit();
    repo.role("repo:acme/web:*", &[WRITE]);
    repo.write(".github/CODEOWNERS", "* @acme/all\n");
    repo.commit();
    let (_, report) = repo.diff();
    let controls: Vec<&str> = list(&report, "weakened").iter().filter_map(|w| w["control"].as_str()).collect();
    for control in ["deny", "reviewers", "trust"] {
        assert!(controls.contains(&control), "{control} is not among {controls:?}");
    }
    assert!(list(&report, "new_findings").iter().any(|f| f["check"] == "FED-02"), "{}", report["new_findings"]);
    let gate = list(&report, "new_findings").iter().filter(|f| f["check"] == "GOV-07").count();
    assert_eq!(gate, list(&report, "weakened").len(), "each is a finding too");
}

#[test]
fn moved_lines_renamed_files_and_squashed_commits_are_no_news() {
    let repo = Repo::new();
    let job = "name: ci\non: [push]\njobs:\n  build:\n    runs-on: ubuntu-latest\n    permissions: { contents: read }\n    env: { TOKEN: \"${{ secrets.DEPLOY_TOKEN }}\" }\n    steps: [{ run: make }]\n";
    let settings = format!("# settings\n[db]\nuser = app\npassword = {}\n", made_up_password());
    repo.role("repo:acme/web:environment:prod", &[WRITE]);
    repo.write(".github/workflows/ci.yml", job);
    repo.write("settings.ini", &settings);
    repo.commit();
    let (_, before) = (0, repo.nhi(&["scan", "--no-history", "--format", "json", "--fail-on", "never"]));
    assert!(String::from_utf8_lossy(&before.stdout).contains("settings.ini"), "the password is seen");
    // Lines move.
    repo.write("settings.ini", &format!("\n\n{settings}"));
    repo.write(".github/workflows/ci.yml", &format!("# what is built\n\n{job}"));
    repo.commit();
    assert_quiet(&repo.diff().1);
    // Files move.
    repo.git(&["mv", ".github/workflows/ci.yml", ".github/workflows/build.yml"]);
    repo.git(&["mv", "settings.ini", "conf.ini"]);
    repo.git(&["mv", "infra", "terraform"]);
    repo.commit();
    assert_quiet(&repo.diff().1);
    // The base went on elsewhere: only what this branch does counts.
    repo.git(&["checkout", "-q", "-b", "topic"]);
    repo.write("README.md", "words\n");
    repo.commit();
    repo.git(&["checkout", "-q", "main"]);
    repo.write("other.ini", &format!("[db]\npassword = {}\n", made_up_password().to_uppercase() + "9"));
    repo.commit();
    let done = repo.nhi(&["diff", "main..topic", "--format", "json"]);
    assert_quiet(&serde_json::from_slice(&done.stdout).expect("JSON"));
    let done = repo.nhi(&["diff", "topic..main", "--format", "json"]);
    let report: Value = serde_json::from_slice(&done.stdout).expect("JSON");
    assert!(list(&report, "new_findings").iter().any(|f| f["at"]["path"] == "other.ini"), "{report}");
}

#[test]
fn two_reports_are_compared_like_two_commits_and_every_format_is_written() {
    let repo = Repo::new();
    repo.role("repo:acme/web:environment:prod", &[READ]);
    repo.commit();
    for (name, statements) in [("a.json", READ), ("b.json", WRITE)] {
        repo.role("repo:acme/web:environment:prod", &[statements]);
        repo.nhi(&["scan", "infra", "--no-history", "--format", "json", "--output", name, "--fail-on", "never"]);
    }
    repo.commit();
    let done = repo.nhi(&["diff", "a.json", "b.json", "--format", "json"]);
    let report: Value = serde_json::from_slice(&done.stdout).expect("JSON");
    assert!(list(&report, "new_reach").iter().any(|r| r["level"] == "write"), "{report}");
    for (format, said) in [("text", "NEW REACH"), ("markdown", "### New reach"), ("sarif", "\"version\": \"2.1.0\""), ("json", "nhi.diff/1"), ("github", "")] {
        let done = repo.nhi(&["diff", "HEAD~1..HEAD", "--format", format, "--fail-on", "never"]);
        assert!(done.status.code() == Some(0) && String::from_utf8_lossy(&done.stdout).contains(said), "{format}");
    }
    let done = repo.nhi(&["diff", "nowhere..HEAD"]);
    assert!(done.status.code() == Some(2) && String::from_utf8_lossy(&done.stderr).contains("nowhere"));
}
