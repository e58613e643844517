//! Who answers for what, and what hangs on one person: `nhi owners` and `nhi offboard` over a repository with a history.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const ADMIN: &str = r#"
resource "aws_iam_role" "deploy" {
  name               = "deploy"
  assume_role_policy = jsonencode({
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRoleWithWebIdentity", Principal = { Federated = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com" },
      Condition = { StringLike = { "token.actions.githubusercontent.com:sub" = "repo:acme/web:*" } } }]
  })
}

resource "aws_iam_role_policy_attachment" "deploy" {
  role       = aws_iam_role.deploy.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}
"#;

fn git(folder: &Path, who: &str, day: &str, arguments: &[&str]) {
    let date = format!("{day}T12:00:00Z");
    let done = Command::new("git")
        .current_dir(folder)
        .args(["-c", &format!("user.name={who} Example"), "-c", &format!("user.email={who}@example.org")])
        .args(["-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main"])
        .args(arguments)
        .env("GIT_AUTHOR_DATE", &date)
        .env("GIT_COMMITTER_DATE", &date)
        .output()
        .expect("git");
    assert!(done.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

fn commit(folder: &Path, who: &str, day: &str, files: &[(&str, &str)]) {
    for (path, text) in files {
        fs::create_dir_all(folder.join(path).parent().expect("folder")).expect("made");
        fs::write(folder.join(path), text).expect("written");
    }
    git(folder, who, day, &["add", "-A"]);
    git(folder, who, day, &["commit", "-qm", "change"]);
}

/// Carol made everything and is the only owner of the infrastructure; Dave works on the rest.
fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("temp");
    let at = folder.path();
    git(at, "carol", "2025-10-01", &["init", "-q"]);
    git(at, "carol", "2025-10-01", &["remote", "add", "origin", "https://github.com/acme/web.git"]);
    let key = format!("STRIPE_KEY={}_{}_4Xq9Zt7Lm2Vb8Nc5Rw3K0042\n", "sk", "live");
    commit(at, "carol", "2025-10-01", &[("CODEOWNERS", "/infra/ @carol\n/src/ @dave\n"), ("infra/main.tf", ADMIN), ("config/prod.env", &key)]);
    commit(at, "dave", "2025-12-01", &[("src/a.py", "print(1)\n")]);
    folder
}

fn nhi(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nhi")).current_dir(folder).args(arguments).args(["--now", "2026-01-01T00:00:00Z"]).output().expect("the program starts")
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)))
}

const PEOPLE: &str = "people:\n  - name: Carol Example\n    emails: [carol@example.org]\n    logins: [carol]\n  - name: Dave Example\n    emails: [dave@example.org]\n    logins: [dave]\n";

#[test]
fn owners_are_told_with_the_signals_that_say_so() {
    let folder = repository();
    let told = nhi(folder.path(), &["owners", "deploy", "--format", "json"]);
    assert_eq!(told.status.code(), Some(0));
    let told = json(&told);
    let role = told.as_array().expect("array").iter().find(|a| a["subtype"] == "aws-role").expect("the role");
    let owner = role["parties"].as_array().expect("parties").iter().find(|p| p["role"] == "owner").expect("an owner");
    assert_eq!(owner["party"], "person:gh/carol");
    assert_eq!(owner["signals"][0]["signal"], "codeowners");
    assert_eq!(owner["signals"][0]["at"]["line"], 1);
    let text = String::from_utf8(nhi(folder.path(), &["owners", "deploy"]).stdout).expect("UTF-8");
    assert!(text.contains("CODEOWNERS names an owner") && text.contains("[CODEOWNERS:1]"), "{text}");
    assert_eq!(nhi(folder.path(), &["owners", "no-such-thing"]).status.code(), Some(1));
}

#[test]
fn offboarding_says_what_would_stand_alone_and_plans_it() {
    let folder = repository();
    fs::write(folder.path().join("nhi.yaml"), "people: people.yaml\n").expect("written");
    fs::write(folder.path().join("people.yaml"), PEOPLE).expect("written");
    let told = nhi(folder.path(), &["offboard", "carol@example.org", "--format", "json", "--plan", "plan.yaml", "--threshold", "1"]);
    let found = json(&told);
    assert_eq!(found["ids"], serde_json::json!(["person:carol@example.org", "person:gh/carol"]));
    let owned = found["owns"].as_array().expect("owns").iter().find(|h| h["subtype"] == "aws-role").expect("the role").clone();
    assert_eq!(owned["orphaned"], true, "{found:#}");
    assert_eq!(found["knows"].as_array().map(Vec::len), Some(1), "the key that she committed: {found:#}");
    assert_eq!(found["approves"][0]["pattern"], "/infra/");
    assert_eq!(found["approves"][0]["alone"], true);
    assert_eq!(told.status.code(), Some(1), "something above the threshold would be orphaned");
    let plan = fs::read_to_string(folder.path().join("plan.yaml")).expect("a plan");
    let order: Vec<usize> = ["reassign", "rotate", "revoke", "codeowners"].iter().map(|a| plan.find(&format!("action: {a}")).unwrap_or(usize::MAX)).collect();
    assert!(order.is_sorted() && order[3] < usize::MAX, "{plan}");
    assert!(!plan.contains("4Xq9Zt7Lm2Vb8Nc5Rw3K"), "no value");
    // Above any risk, nothing is orphaned; and nothing hangs on a stranger.
    assert_eq!(nhi(folder.path(), &["offboard", "carol", "--threshold", "100"]).status.code(), Some(0));
    assert_eq!(nhi(folder.path(), &["offboard", "stranger@example.org"]).status.code(), Some(0));
}

#[test]
fn a_report_can_be_asked_in_place_of_a_repository_and_a_table_says_who_has_left() {
    let folder = repository();
    let report = nhi(folder.path(), &["scan", "--format", "json", "--output", "report.json", "--fail-on", "never"]);
    assert_eq!(report.status.code(), Some(0));
    let owners = |arguments: &[&str]| json(&nhi(folder.path(), &[&["owners", "deploy", "--format", "json", "--graph", "report.json"], arguments].concat()));
    let is_role = |a: &&Value| a["subtype"] == "aws-role";
    let before = owners(&[]);
    let before = before.as_array().expect("array").iter().find(is_role).expect("the role");
    assert_eq!(before["orphan"], false);
    assert_eq!(before["parties"].as_array().expect("parties").iter().find(|p| p["role"] == "owner").expect("owner")["signals"][0]["signal"], "codeowners");
    fs::write(folder.path().join("left.csv"), "login,date\ncarol,2025-12-24\n").expect("written");
    let after = owners(&["--departed", "left.csv"]);
    let after = after.as_array().expect("array").iter().find(is_role).expect("the role");
    assert_eq!(after["orphan"], true);
    let found = json(&nhi(folder.path(), &["offboard", "carol", "--graph", "report.json", "--format", "json"]));
    assert_eq!(found["approves"][0]["alone"], true);
}
