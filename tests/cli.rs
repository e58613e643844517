//! The command line as a user meets it: standard output, standard error and exit code together.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn nhi(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nhi")).current_dir(folder).args(arguments).env("NO_COLOR", "1").output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn git(folder: &Path, arguments: &[&str]) {
    let done = Command::new("git")
        .current_dir(folder)
        .args(["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main"])
        .args(arguments)
        .output()
        .expect("git");
    assert!(done.status.success(), "git {arguments:?}: {}", text(&done.stderr));
}

/// A value with the look of a vendor's live key, made here.
fn made_up_key() -> String {
    format!("{}_{}_{}", "sk", "live", "4Xq9Zt7Lm2Vb8Nc5Rw3Kd6Hf")
}

fn example() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/acme")
}

#[test]
fn the_bundled_example_reports_its_identities() {
    let done = nhi(&example(), &["scan", "--no-history", "--fail-on", "never", "."]);
    let out = text(&done.stdout);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    for expected in ["web-deploy", "pay-api", "triage"] {
        assert!(out.contains(expected), "{expected} is missing in:\n{out}");
    }
    assert_eq!(nhi(&example(), &["scan", "--no-history", "."]).status.code(), Some(1), "the gate trips by default");
}

#[test]
fn two_runs_and_one_thread_give_the_same_bytes() {
    let arguments = ["scan", "--no-history", "--fail-on", "never", "--format", "json", "--now", "2026-01-01T00:00:00Z", "."];
    let first = nhi(&example(), &arguments);
    let second = nhi(&example(), &arguments);
    let single = Command::new(env!("CARGO_BIN_EXE_nhi")).current_dir(example()).args(arguments).env("RAYON_NUM_THREADS", "1").output().expect("runs");
    assert!(first.stdout.len() > 1000);
    assert!(first.stdout == second.stdout && first.stdout == single.stdout);
}

#[test]
#[cfg(unix)]
fn a_pipe_that_a_report_is_written_to_stays_a_pipe() {
    use std::os::unix::fs::FileTypeExt;
    let folder = tempfile::tempdir().expect("made");
    let pipe = folder.path().join("report");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::read_to_string(pipe).expect("read")
    });
    let done = nhi(&example(), &["scan", "--no-history", "--fail-on", "never", "--format", "json", "--output", &pipe.to_string_lossy(), "."]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    assert!(fs::symlink_metadata(&pipe).expect("there").file_type().is_fifo());
    assert!(reader.join().expect("read").trim_end().ends_with('}'));
}

#[test]
fn what_cannot_be_used_is_exit_2_and_one_clear_line() {
    let folder = tempfile::tempdir().expect("temp");
    let cases: [(&[&str], &str); 5] = [
        (&["scan", "no-such-folder"], "no-such-folder"),
        (&["scan", "--staged", "."], "repository"),
        (&["scan", "--format", "nonsense"], "nonsense"),
        (&["explain", "NOPE-99"], "NOPE-99"),
        (&["scan", "--config", "absent.yaml"], "absent.yaml"),
    ];
    for (arguments, said) in cases {
        let done = nhi(folder.path(), arguments);
        assert_eq!(done.status.code(), Some(2), "{arguments:?}: {}", text(&done.stdout));
        assert!(text(&done.stderr).contains(said), "{arguments:?} said {}", text(&done.stderr));
    }
    fs::write(folder.path().join("nhi.yaml"), "gate:\n  fail_onn: high\n").expect("written");
    let done = nhi(folder.path(), &["scan", "."]);
    assert_eq!(done.status.code(), Some(2));
    assert!(text(&done.stderr).contains("line 2"), "{}", text(&done.stderr));
}

#[test]
fn a_broken_file_is_in_coverage_and_loses_nothing_else() {
    let folder = tempfile::tempdir().expect("temp");
    fs::create_dir_all(folder.path().join(".github/workflows")).expect("made");
    fs::write(folder.path().join("broken.tf"), "resource \"aws_iam_role\" {{{").expect("written");
    fs::write(folder.path().join("good.env"), format!("STRIPE_KEY={}\n", made_up_key())).expect("written");
    let done = nhi(folder.path(), &["scan", "--format", "json", "."]);
    let out = text(&done.stdout);
    assert_eq!(done.status.code(), Some(1), "{out}");
    let report: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert!(report["coverage"].as_array().expect("list").iter().any(|n| n["path"] == "broken.tf"));
    assert!(report["nodes"].as_array().expect("list").iter().any(|n| n["kind"] == "credential"));
    let strict = nhi(folder.path(), &["scan", "--fail-on", "never", "--strict", "."]);
    assert_eq!(strict.status.code(), Some(3));
}

#[test]
fn no_report_contains_a_planted_secret() {
    let folder = tempfile::tempdir().expect("temp");
    let key = made_up_key();
    fs::write(folder.path().join("app.env"), format!("STRIPE_KEY={key}\nDB_PASSWORD=hq7-Zt!made-up\n")).expect("written");
    fs::write(folder.path().join("app.yaml"), format!("stripe:\n  key: \"{key}\"\n")).expect("written");
    for format in nhi::report::FORMATS.iter().map(|f| f.name) {
        let done = nhi(folder.path(), &["scan", "--format", format, "."]);
        let all = text(&done.stdout) + &text(&done.stderr);
        assert!(all.len() > 50, "{format} says something");
        for secret in [key.as_str(), &key[8..], "hq7-Zt!made-up"] {
            assert!(!all.contains(secret), "{format} prints a secret");
        }
    }
}

#[test]
fn staged_blocks_a_new_secret_and_lets_an_old_one_be() {
    let folder = tempfile::tempdir().expect("temp");
    let at = folder.path();
    git(at, &["init", "-q"]);
    fs::write(at.join("old.env"), format!("STRIPE_KEY={}\n", made_up_key())).expect("written");
    git(at, &["add", "."]);
    assert_eq!(nhi(at, &["scan", "--staged"]).status.code(), Some(1), "unborn HEAD");
    git(at, &["commit", "-qm", "one"]);
    fs::write(at.join("readme.txt"), "words\n").expect("written");
    git(at, &["mv", "old.env", "renamed.env"]);
    git(at, &["add", "."]);
    let done = nhi(at, &["scan", "--staged"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stdout));
    fs::write(at.join("new.env"), format!("STRIPE_KEY={}x9\n", made_up_key())).expect("written");
    assert_eq!(nhi(at, &["scan", "--staged"]).status.code(), Some(0), "not staged yet");
    git(at, &["add", "new.env"]);
    assert_eq!(nhi(at, &["scan", "--staged"]).status.code(), Some(1));
}

#[test]
fn staged_is_right_whatever_the_index_looks_like() {
    for version in ["2", "4"] {
        let folder = tempfile::tempdir().expect("temp");
        let at = folder.path();
        git(at, &["init", "-q"]);
        git(at, &["config", "index.version", version]);
        for path in ["a/b/one.env", "a/b.env", "a-b/two.env", "a/c/three.txt", "z.txt"] {
            fs::create_dir_all(at.join(path).parent().expect("a folder")).expect("made");
            fs::write(at.join(path), "PORT=80\n").expect("written");
        }
        git(at, &["add", "."]);
        git(at, &["commit", "-qm", "one"]);
        let code = || nhi(at, &["scan", "--staged"]).status.code();
        assert_eq!(code(), Some(0), "version {version}: nothing is staged");
        for path in ["a/b/one.env", "a/b.env", "a-b/two.env"] {
            fs::write(at.join(path), format!("STRIPE_KEY={}\n", made_up_key())).expect("written");
            git(at, &["add", path]);
            assert_eq!(code(), Some(1), "version {version}: {path}");
            git(at, &["reset", "-q", "--hard"]);
            assert_eq!(code(), Some(0), "version {version}: {path} is as it was");
        }
        // A whole folder goes, another comes; what the old one held is not new.
        git(at, &["rm", "-rq", "a"]);
        fs::create_dir_all(at.join("new/deep")).expect("made");
        fs::write(at.join("new/deep/x.env"), format!("STRIPE_KEY={}\n", made_up_key())).expect("written");
        git(at, &["add", "--intent-to-add", "new/deep/x.env"]);
        assert_eq!(code(), Some(0), "version {version}: only the name is staged");
        git(at, &["add", "."]);
        assert_eq!(code(), Some(1), "version {version}: a new folder");
    }
}

#[test]
#[cfg(unix)]
fn as_a_hook_it_sees_the_commit_in_the_making() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("temp");
    let at = folder.path();
    git(at, &["init", "-q"]);
    fs::write(at.join("a.txt"), "a\n").expect("written");
    fs::write(at.join("b.env"), "STRIPE_KEY=\n").expect("written");
    git(at, &["add", "."]);
    git(at, &["commit", "-qm", "one"]);
    let hook = at.join(".git/hooks/pre-commit");
    fs::create_dir_all(at.join(".git/hooks")).expect("made");
    fs::write(&hook, format!("#!/bin/sh\nexec '{}' scan --staged\n", env!("CARGO_BIN_EXE_nhi"))).expect("written");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("executable");
    let commits = |arguments: &[&str]| {
        let who = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false", "commit", "-q"];
        Command::new("git").current_dir(at).args(who).args(arguments).output().expect("git").status.success()
    };
    fs::write(at.join("a.txt"), "b\n").expect("written");
    fs::write(at.join("b.env"), format!("STRIPE_KEY={}\n", made_up_key())).expect("written");
    assert!(!commits(&["-am", "all"]), "what -a adds is seen");
    git(at, &["add", "b.env"]);
    assert!(commits(&["-m", "some", "a.txt"]), "what is staged and not of this commit does not block it");
    assert!(!commits(&["-m", "rest"]));
}

#[test]
fn history_says_who_introduced_what_head_no_longer_holds() {
    let folder = tempfile::tempdir().expect("temp");
    let at = folder.path();
    git(at, &["init", "-q"]);
    fs::write(at.join("a.env"), format!("STRIPE_KEY={}\n", made_up_key())).expect("written");
    git(at, &["add", "."]);
    git(at, &["commit", "-qm", "one"]);
    fs::write(at.join("a.env"), "STRIPE_KEY=\n").expect("written");
    git(at, &["commit", "-qam", "two"]);
    let report: serde_json::Value = serde_json::from_slice(&nhi(at, &["scan", "--format", "json"]).stdout).expect("JSON");
    let credential = report["nodes"].as_array().expect("list").iter().find(|n| n["kind"] == "credential").expect("found in history");
    assert_eq!(credential["attributes"]["state"], "history-only");
    assert_eq!(credential["first_seen"]["party"], "person:test@example.org");
    let without: serde_json::Value = serde_json::from_slice(&nhi(at, &["scan", "--no-history", "--format", "json"]).stdout).expect("JSON");
    assert!(!without["nodes"].as_array().expect("list").iter().any(|n| n["kind"] == "credential"));
}

#[test]
fn a_hostile_name_cannot_reach_the_terminal() {
    let folder = tempfile::tempdir().expect("temp");
    fs::write(folder.path().join(".mcp.json"), "{\"mcpServers\": {\"x\\u001b[2J<script>\": {\"command\": \"npx\", \"args\": [\"\\u202eevil\"]}}}")
        .expect("written");
    for format in nhi::report::FORMATS.iter().map(|f| f.name) {
        let out = text(&nhi(folder.path(), &["scan", "--format", format, "."]).stdout);
        assert!(!out.contains('\u{1b}') && !out.contains('\u{202e}'), "{format}");
    }
}

#[test]
fn help_and_completions_are_there() {
    let folder = tempfile::tempdir().expect("temp");
    let help = text(&nhi(folder.path(), &["scan", "--help"]).stdout);
    for format in nhi::report::FORMATS {
        assert!(help.contains(format.name), "{} is not in the help", format.name);
    }
    assert!(text(&nhi(folder.path(), &["completions", "bash"]).stdout).contains("nhi"));
    assert_eq!(nhi(folder.path(), &["rules", "test"]).status.code(), Some(0));
}

#[test]
fn the_committed_schemas_are_those_of_this_program() {
    for (name, generated) in [
        ("nhi.lineage.1.json", nhi::report::schema()),
        ("nhi.diff.1.json", nhi::report::change_schema()),
        ("nhi.yaml.1.json", nhi::config::Config::schema()),
        ("bloodhound.nhi.json", nhi::report::opengraph_definition()),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema").join(name);
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, &generated).expect("writable");
        }
        assert!(fs::read_to_string(&path).unwrap_or_default() == generated, "{name}: run UPDATE=1 cargo test and look at the difference");
    }
}

#[test]
fn the_committed_completions_are_those_of_this_program() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for shell in ["bash", "zsh", "fish"] {
        let path = root.join(format!("completions/nhi.{shell}"));
        let generated = text(&nhi(root, &["completions", shell]).stdout);
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, &generated).expect("writable");
        }
        assert!(fs::read_to_string(&path).expect("committed") == generated, "{shell}: run UPDATE=1 cargo test and look at the difference");
    }
}

#[test]
fn configuration_switches_rules_and_checks_off() {
    let folder = tempfile::tempdir().expect("temp");
    fs::write(folder.path().join("a.env"), format!("STRIPE_KEY={}\n", made_up_key())).expect("written");
    assert_eq!(nhi(folder.path(), &["scan", "."]).status.code(), Some(1));
    fs::write(folder.path().join("nhi.yaml"), "rules: { disable: [stripe-live-key, generic-api-key] }\n").expect("written");
    assert_eq!(nhi(folder.path(), &["scan", "."]).status.code(), Some(0));
    fs::write(folder.path().join("nhi.yaml"), "checks: { disable: [LEAK-01] }\n").expect("written");
    assert_eq!(nhi(folder.path(), &["scan", "."]).status.code(), Some(0));
    fs::write(folder.path().join("nhi.yaml"), "scan: { exclude: [\"*.env\"] }\n").expect("written");
    assert_eq!(nhi(folder.path(), &["scan", "."]).status.code(), Some(0));
}

#[test]
fn rules_of_the_user_run_beside_ours_and_prove_themselves() {
    let folder = tempfile::tempdir().expect("temp");
    let own = |rule: &str| fs::write(folder.path().join("own/acme.yml"), format!("provider: acme\nrules:\n  - {rule}\n")).expect("written");
    fs::create_dir(folder.path().join("own")).expect("made");
    fs::write(folder.path().join("a.txt"), "see zork-7f3a9c2e51d84b60\n").expect("written");
    let rule = |id: &str, pattern: &str, matches: &str| {
        format!("{{ id: {id}, name: Zork, credential: api-key, keywords: [zork-], pattern: '{pattern}', matches: ['{matches}'], ignores: ['zork-x'] }}")
    };
    own(&rule("acme-zork", r"\b(zork-[0-9a-f]{16})\b", "zork-{hex:16}"));
    assert_eq!(nhi(folder.path(), &["scan", "."]).status.code(), Some(0), "unknown without the rule");
    let with = nhi(folder.path(), &["scan", "--rules", "own", "."]);
    assert!(with.status.code() == Some(1) && text(&with.stdout).contains("Zork (21 characters)"), "{}", text(&with.stdout));
    let proved = nhi(folder.path(), &["rules", "test", "--rules", "own"]);
    assert!(proved.status.success() && text(&proved.stdout).ends_with(" rules, 0 failures\n"));
    assert!(text(&nhi(folder.path(), &["rules", "list", "--rules", "own"]).stdout).contains("acme-zork"));
    // The configuration says the same, from where it stands; and switches it off.
    fs::write(folder.path().join("nhi.yaml"), "rules: { folder: own }\n").expect("written");
    assert_eq!(nhi(folder.path(), &["scan", "."]).status.code(), Some(1));
    fs::write(folder.path().join("nhi.yaml"), "rules: { folder: own, disable: [acme-zork] }\n").expect("written");
    assert_eq!(nhi(folder.path(), &["scan", "."]).status.code(), Some(0));
    fs::remove_file(folder.path().join("nhi.yaml")).expect("removed");
    fs::write(folder.path().join("nhi.yaml"), "rules: { disable: [generic-password, url-database, github-pat, acme-zrok] }\n").expect("written");
    let unknown = nhi(folder.path(), &["scan", "."]);
    assert!(unknown.status.code() == Some(2) && text(&unknown.stderr).contains("no rule is called acme-zrok"), "{}", text(&unknown.stderr));
    fs::remove_file(folder.path().join("nhi.yaml")).expect("removed");
    // What is wrong is said with the file and the entry.
    own(&rule("acme-zork", r"\b(zork-[0-9a-f]{16})\b", "zork-{hex:9}"));
    let failed = nhi(folder.path(), &["rules", "test", "--rules", "own"]);
    assert!(failed.status.code() == Some(1) && text(&failed.stdout).contains("acme-zork is not found in zork-{hex:9}"));
    for (wrong, said) in [
        (rule("acme-zork", "(zork-[", "zork-{hex:16}"), "rule acme-zork: its pattern cannot be read"),
        (rule("github-pat", "(zork-x)", "zork-x"), "rule github-pat: the id is used by the built-in rules too"),
        (rule("acme-zork", "z?", "zork-x"), "rule acme-zork: its pattern cannot be read: it matches where nothing stands"),
        ("{ id: acme-zork, keyword: zork }".to_owned(), "unknown field `keyword`"),
    ] {
        own(&wrong);
        let refused = nhi(folder.path(), &["scan", "--rules", "own", "."]);
        let err = text(&refused.stderr);
        assert!(refused.status.code() == Some(2) && err.contains("acme.yml") && err.contains(said), "{err}");
    }
    let none = nhi(folder.path(), &["scan", "--rules", "missing", "."]);
    assert!(none.status.code() == Some(2) && text(&none.stderr).contains("cannot read the rules in missing"));
}

#[test]
fn questions_are_answered_with_evidence_and_an_empty_answer_says_so() {
    let ask = |arguments: &[&str]| {
        let done = nhi(&example(), arguments);
        (done.status.code(), text(&done.stdout), text(&done.stderr))
    };
    let (code, out, _) = ask(&["reach", "web-deploy", "--no-history", "."]);
    assert_eq!(code, Some(0));
    assert!(out.contains("admin AWS account") && out.contains("infra/main.tf:") && out.contains("of the reach is gone"), "{out}");
    let (_, out, _) = ask(&["who-can", "pay-api", "--no-history", "."]);
    assert!(out.contains("api (k8s-service-account) can act as pay-api"), "{out}");
    let (_, out, _) = ask(&["path", "api", "pay-api", "--no-history", "."]);
    assert!(out.contains("can act as pay-api"), "{out}");
    let (_, out, _) = ask(&["agents", "--no-history", "."]);
    assert!(out.contains("steered by") && out.contains("triage (ci-job) starts or may call") && out.contains("issue author"), "{out}");
    let (code, out, err) = ask(&["path", "pay-api", "no-such-thing", "--no-history", "."]);
    assert!(code == Some(1) && out.is_empty() && err.contains("not proved"), "{err}");
}

#[test]
fn a_saved_report_is_asked_instead_of_the_files() {
    let folder = tempfile::tempdir().expect("temp");
    let report = folder.path().join("all.json");
    let report = report.to_str().expect("UTF-8");
    let made = nhi(&example(), &["scan", "--no-history", "--format", "json", "--output", report, "--fail-on", "never", "."]);
    assert_eq!(made.status.code(), Some(0), "{}", text(&made.stderr));
    // The folder is empty: whatever is said comes from the report.
    for question in
        [&["lineage", "web-deploy"][..], &["reach", "web-deploy"], &["who-can", "pay-api"], &["path", "api", "pay-api"], &["agents"], &["owners", "web-deploy"]]
    {
        let asked = nhi(folder.path(), &[question, &["--graph", report]].concat());
        let scanned = nhi(&example(), &[question, &["--no-history", "."]].concat());
        assert_eq!(asked.status.code(), Some(0), "{question:?}: {}", text(&asked.stderr));
        assert_eq!(text(&asked.stdout).lines().next(), text(&scanned.stdout).lines().next(), "{question:?}");
    }
    let missing = nhi(folder.path(), &["agents", "--graph", "none.json"]);
    assert!(missing.status.code() == Some(2) && text(&missing.stderr).contains("cannot read none.json"));
}

#[test]
fn a_framework_is_told_id_by_id_and_the_checks_are_a_list_for_tools() {
    let told = nhi(&example(), &["report", "--framework", "owasp-nhi", "--no-history", "."]);
    let out = text(&told.stdout);
    assert!(told.status.code() == Some(0) && out.contains("NHI2:2025") && out.contains("found: "), "{out}");
    let parsed = |arguments: &[&str]| -> serde_json::Value { serde_json::from_slice(&nhi(&example(), arguments).stdout).expect("JSON") };
    let csf = parsed(&["report", "--framework", "csf", "--format", "json", "--no-history", "."]);
    let ids = csf["ids"].as_array().expect("ids");
    assert!(ids.iter().any(|i| i["standing"] == "not assessable from files" && i["not_assessable"].is_string()));
    assert!(ids.iter().any(|i| i["standing"] == "found" && i["findings"].as_u64() > Some(0)));
    let markdown = text(&nhi(&example(), &["report", "--framework", "agentic", "--format", "markdown", "--no-history", "."]).stdout);
    assert!(markdown.starts_with("## ") && markdown.contains("| id |"), "{markdown}");
    assert_eq!(nhi(&example(), &["report", "--framework", "none", "."]).status.code(), Some(2));

    let checks = parsed(&["checks", "--format", "json"]);
    let checks = checks.as_array().expect("a list");
    let listed = text(&nhi(&example(), &["checks"]).stdout);
    assert_eq!(checks.len(), listed.lines().count());
    for check in checks {
        let filled = |key: &str| check[key].as_array().is_some_and(|a| !a.is_empty());
        assert!(check["fix"].is_string() && check["why"].is_string() && filled("finds") && filled("lets_be"), "{check}");
    }
}

#[test]
fn a_link_and_a_node_are_explained_by_their_ids() {
    let report: serde_json::Value =
        serde_json::from_slice(&nhi(&example(), &["scan", "--no-history", "--format", "json", "--fail-on", "never", "."]).stdout).expect("JSON");
    let edge = report["edges"].as_array().expect("edges").iter().find(|e| e["relation"] == "can_assume").expect("a role is assumed");
    let said = text(&nhi(&example(), &["explain", edge["id"].as_str().expect("id"), "--no-history", "."]).stdout);
    assert!(said.contains("relation    can_assume") && said.contains("certainty"), "{said}");
    let role = edge["to"].as_str().expect("id");
    let said = text(&nhi(&example(), &["explain", role, "--no-history", "."]).stdout);
    assert!(said.contains(role) && said.contains("blast") && said.contains("risk"), "{said}");
    let none = nhi(&example(), &["explain", "aws-role:none", "--no-history", "."]);
    assert!(none.status.code() == Some(2) && text(&none.stderr).contains("called aws-role:none"));
}

#[test]
fn an_incident_finds_the_leaked_value_from_standard_input_and_never_prints_it() {
    use std::io::Write;
    let folder = tempfile::tempdir().expect("temp");
    let value = made_up_key();
    fs::write(folder.path().join(".env"), format!("STRIPE_KEY={value}\n")).expect("written");
    fs::write(folder.path().join("docker-compose.yml"), "services:\n  shop:\n    image: shop\n    env_file: .env\n").expect("written");
    let mut child = Command::new(env!("CARGO_BIN_EXE_nhi"))
        .current_dir(folder.path())
        .args(["incident", "-", "."])
        .env("NO_COLOR", "1")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("starts");
    child.stdin.take().expect("open").write_all(value.as_bytes()).expect("written");
    let out = text(&child.wait_with_output().expect("ends").stdout);
    assert!(out.contains(".env:1") && out.contains("contain") && out.contains("breaks"), "{out}");
    assert!(!out.contains(&value));
    let by_place = text(&nhi(folder.path(), &["incident", ".env:1", "."]).stdout);
    assert_eq!(by_place, out, "by value or by place, it is the same incident");
    let report = nhi(folder.path(), &["scan", "--format", "json", "--fail-on", "never", "."]);
    let report: serde_json::Value = serde_json::from_str(&text(&report.stdout)).expect("json");
    let credential = report["nodes"].as_array().expect("nodes").iter().find(|n| n["kind"] == "credential").expect("the credential");
    let fingerprint = credential["attributes"]["fingerprint"].as_str().expect("a strong value has one");
    for told in [fingerprint, credential["id"].as_str().expect("id")] {
        assert_eq!(text(&nhi(folder.path(), &["incident", told, "."]).stdout), out, "by {told}");
    }
    let by_argument = nhi(folder.path(), &["incident", &value, "."]);
    assert!(by_argument.status.code() == Some(1) && text(&by_argument.stderr).contains("standard input") && !text(&by_argument.stderr).contains(&value));
}

#[test]
fn an_incident_is_told_by_the_public_half_of_a_key_with_what_to_look_for_and_which_links_to_cut() {
    let folder = tempfile::tempdir().expect("temp");
    // A made-up id of the shape that AWS gives, put together here.
    let id: String = "AKIA".chars().chain((0..16).map(|i| char::from(b"QZ7XW4PLK2MNB6VR"[(i * 5 + 3) % 16]))).collect();
    let secret: String = (0..40).map(|i| char::from(b"aQ9zX2wE8rT5yU1iO7pL4kJ6hG3fD0sV+cBnMmNb"[(i * 11 + 7) % 40])).collect();
    let main = format!("provider \"aws\" {{\n  region     = \"eu-west-1\"\n  access_key = \"{id}\"\n  secret_key = \"{secret}\"\n}}\n");
    fs::write(folder.path().join("main.tf"), main).expect("written");
    let asked = nhi(folder.path(), &["incident", &id, "."]);
    let out = text(&asked.stdout);
    assert_eq!(asked.status.code(), Some(0), "{}", text(&asked.stderr));
    assert!(out.contains("main.tf:") && out.contains("cloudtrail lookup-events") && out.contains(&id) && !out.contains(&secret), "{out}");
    assert!(out.contains("contain") && out.contains("replace") && out.contains("purge"), "{out}");
}

#[test]
fn what_to_cut_is_a_statement_of_a_file_and_nothing_that_something_else_gives_as_well() {
    let folder = tempfile::tempdir().expect("temp");
    let grant = |name: &str, bucket: &str| {
        format!(
            "resource \"aws_iam_user_policy\" \"{name}\" {{\n  user   = \"web\"\n  name   = \"{name}\"\n  policy = jsonencode({{ Statement = [{{ Effect = \"Allow\", Action = [\"s3:*\"], Resource = \"arn:aws:s3:::{bucket}\" }}] }})\n}}\n"
        )
    };
    let user = "resource \"aws_iam_user\" \"web\" {\n  name = \"web\"\n}\n";
    fs::write(folder.path().join("main.tf"), [user, &grant("once", "invoices"), &grant("twice", "photos"), &grant("again", "photos")].concat())
        .expect("written");
    let asked = nhi(folder.path(), &["reach", "*user/web", ".", "--no-cache"]);
    let out = text(&asked.stdout);
    let cuts: Vec<&str> = out.lines().filter(|l| l.contains("without:")).collect();
    assert!(!cuts.is_empty(), "{out} {}", text(&asked.stderr));
    assert!(cuts.iter().all(|l| l.contains("has the permissions of") || l.contains("allows or denies")), "{cuts:?}");
    assert!(cuts.iter().all(|l| l.contains("once")), "{cuts:?}");
}

#[test]
fn reports_of_two_repositories_meet_in_an_arn_whatever_their_order() {
    let folder = tempfile::tempdir().expect("temp");
    let arn = "arn:aws:iam::111122223333:role/pay";
    let files = [
        ("app", "k8s.yaml", format!("apiVersion: v1\nkind: ServiceAccount\nmetadata: {{ name: pay, namespace: pay, annotations: {{ eks.amazonaws.com/role-arn: \"{arn}\" }} }}\n")),
        ("infra", "role.tf", "data \"aws_iam_role\" \"pay\" {\n  name = \"pay\"\n  arn  = \"ARN\"\n}\nresource \"aws_iam_role\" \"pay\" {\n  name = \"pay\"\n  managed_policy_arns = [\"arn:aws:iam::aws:policy/AdministratorAccess\"]\n}\n".to_owned()),
    ];
    for (repository, file, body) in &files {
        let path = folder.path().join(repository);
        fs::create_dir(&path).expect("made");
        fs::write(path.join(file), body).expect("written");
        let report = format!("{repository}.json");
        let done = nhi(folder.path(), &["scan", repository, "--format", "json", "--output", &report, "--fail-on", "never", "--now", "2026-01-01T00:00:00Z"]);
        assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    }
    let merge = |reports: &[&str]| {
        let mut arguments = vec!["merge"];
        arguments.extend(reports);
        arguments.extend(["--format", "json", "--fail-on", "never", "--now", "2026-01-01T00:00:00Z"]);
        let done = nhi(folder.path(), &arguments);
        assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
        text(&done.stdout)
    };
    let united = merge(&["app.json", "infra.json"]);
    assert!(united == merge(&["infra.json", "app.json", "app.json"]), "neither order nor repetition matters");
    let report: serde_json::Value = serde_json::from_str(&united).expect("json");
    let account = report["ranking"]
        .as_array()
        .expect("ranking")
        .iter()
        .find(|r| r["node"].as_str().is_some_and(|n| n.ends_with("ServiceAccount/pay")))
        .expect("the account");
    assert!(
        account["reach"].as_array().is_some_and(|r| r.iter().any(|x| x["level"] == "admin")),
        "the account of one reaches what the other grants: {account}"
    );
    fs::write(folder.path().join("broken.json"), "{}").expect("written");
    let done = nhi(folder.path(), &["merge", "broken.json"]);
    assert!(done.status.code() == Some(2) && text(&done.stderr).contains("broken.json"), "{}", text(&done.stderr));
}

/// Two repositories that have nothing in common but one thing, and what shows that they met in it.
struct Met {
    what: &'static str,
    files: [(&'static str, &'static str, String); 2],
    from: &'static str,
    relation: &'static str,
    to: &'static str,
}

fn meetings() -> Vec<Met> {
    let workflow = "on: push\njobs:\n  ship:\n    runs-on: ubuntu-latest\n    permissions: { id-token: write }\n    steps:\n";
    let token = made_up_key();
    vec![
        Met {
            what: "the name of an image",
            files: [
                ("api", ".github/workflows/ship.yml", format!("{workflow}      - run: docker push ghcr.io/acme/api:7\n")),
                (
                    "deploy",
                    "api.yaml",
                    "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: api, namespace: shop }\nspec: { template: { spec: { containers: [ { name: api, image: \"ghcr.io/acme/api:9\" } ] } } }\n".to_owned(),
                ),
            ],
            from: "ship.yml",
            relation: "deploys",
            to: "Deployment/api",
        },
        Met {
            what: "the address of a service account",
            files: [
                (
                    "web",
                    ".github/workflows/ship.yml",
                    format!(
                        "{workflow}      - uses: google-github-actions/auth@v2\n        with: {{ service_account: \"up@acme-web.iam.gserviceaccount.com\", workload_identity_provider: \"projects/1/locations/global/workloadIdentityPools/p/providers/q\" }}\n"
                    ),
                ),
                (
                    "infra",
                    "main.tf",
                    "resource \"google_storage_bucket\" \"data\" { name = \"acme-data\" }\nresource \"google_storage_bucket_iam_member\" \"up\" {\n  bucket = google_storage_bucket.data.name\n  role   = \"roles/storage.objectAdmin\"\n  member = \"serviceAccount:up@acme-web.iam.gserviceaccount.com\"\n}\n".to_owned(),
                ),
            ],
            from: "gcp-sa:up@acme-web",
            relation: "can_access",
            to: "google_storage_bucket.data",
        },
        Met {
            what: "a fingerprint",
            files: [("one", ".env", format!("STRIPE_KEY={token}\n")), ("two", "src/release.js", format!("const token = \"{token}\";\n"))],
            from: "cred:",
            relation: "stored_in",
            to: "release.js",
        },
    ]
}

#[test]
fn repositories_that_meet_in_one_thing_only_are_joined_in_any_order_and_grouping_and_when_scanned_at_once() {
    for met in meetings() {
        let folder = tempfile::tempdir().expect("temp");
        let last = ["--format", "json", "--fail-on", "never", "--now", "2026-01-01T00:00:00Z"];
        let run = |arguments: &[&str]| {
            let done = nhi(folder.path(), &[arguments, &last].concat());
            assert_eq!(done.status.code(), Some(0), "{}: {}", met.what, text(&done.stderr));
            text(&done.stdout)
        };
        let third = ("third", "compose.yml", "services:\n  db: { image: \"postgres:16\" }\n".to_owned());
        let mut names = Vec::new();
        for (repository, file, body) in met.files.iter().chain([&third]) {
            let path = folder.path().join(repository).join(file);
            fs::create_dir_all(path.parent().expect("parent")).expect("made");
            fs::write(path, body).expect("written");
            let report = format!("{repository}.json");
            fs::write(folder.path().join(&report), run(&["scan", repository])).expect("written");
            names.push(report);
        }
        let [a, b, c] = [0, 1, 2].map(|i| names[i].as_str());
        let united = run(&["merge", a, b, c]);
        fs::write(folder.path().join("ab.json"), run(&["merge", b, a])).expect("written");
        fs::write(folder.path().join("bc.json"), run(&["merge", c, b])).expect("written");
        assert!(united == run(&["merge", c, a, b, a]), "{}: order and repetition", met.what);
        assert!(united == run(&["merge", "ab.json", c]) && united == run(&["merge", a, "bc.json"]), "{}: grouping", met.what);
        let report: serde_json::Value = serde_json::from_str(&united).expect("json");
        let edges = |report: &serde_json::Value| -> std::collections::BTreeSet<String> {
            let told = |e: &serde_json::Value| format!("{} {} {} {}", e["from"], e["relation"], e["to"], e["confidence"]);
            report["edges"].as_array().expect("edges").iter().map(told).collect()
        };
        let joined = |e: &serde_json::Value| {
            let has = |end: &str, part: &str| e[end].as_str().is_some_and(|t| t.contains(part));
            has("from", met.from) && e["relation"] == met.relation && has("to", met.to)
        };
        assert!(report["edges"].as_array().is_some_and(|all| all.iter().any(joined)), "{}: {:#?}", met.what, edges(&report));
        let credentials = report["nodes"].as_array().expect("nodes").iter().filter(|n| n["kind"] == "credential").count();
        assert!(credentials <= 1, "{}: one value is one credential", met.what);
        let at_once: serde_json::Value = serde_json::from_str(&run(&["scan", met.files[0].0, met.files[1].0, third.0])).expect("json");
        assert_eq!(edges(&at_once), edges(&report), "{}: scanned at once", met.what);
    }
}

#[test]
fn the_cache_is_shown_pruned_and_cleared() {
    let (folder, kept) = (tempfile::tempdir().expect("temp"), tempfile::tempdir().expect("temp"));
    fs::write(folder.path().join("a.txt"), "a\n").expect("written");
    git(folder.path(), &["init", "-q"]);
    git(folder.path(), &["add", "-A"]);
    git(folder.path(), &["commit", "-qm", "a"]);
    let at = kept.path().to_str().expect("UTF-8");
    let cache = |task: &[&str]| text(&nhi(folder.path(), &[&["cache", "--cache-dir", at], task].concat()).stdout);
    assert!(cache(&["path"]).starts_with(at) && cache(&["path"]).contains("holds 0 entries"), "{}", cache(&["path"]));
    assert_eq!(nhi(folder.path(), &["scan", "--cache-dir", at]).status.code(), Some(0));
    assert!(!cache(&["path"]).contains(" 0 entries"));
    assert!(cache(&["prune"]).contains("removed 0 entries"));
    assert!(!cache(&["clear"]).contains(" 0 entries"));
    assert!(cache(&["path"]).contains("holds 0 entries"));
    assert_eq!(nhi(folder.path(), &["scan", "--no-cache", "--cache-dir", at]).status.code(), Some(2), "one or the other");
}
