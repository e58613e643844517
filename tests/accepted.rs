//! `.nhi-accepted`: accepted values and findings do not count, whatever their line; new ones do.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn nhi(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nhi")).current_dir(folder).args(arguments).env("NO_COLOR", "1").output().expect("starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn password(seed: &str) -> String {
    ["Vq7", "tr!", seed, "xZp"].concat()
}

fn settings(values: &[&str]) -> String {
    values.iter().enumerate().map(|(i, v)| format!("[db{i}]\nhost = db{i}.example.org\npassword = {v}\n")).collect()
}

fn report(folder: &Path) -> serde_json::Value {
    serde_json::from_slice(&nhi(folder, &["scan", "--format", "json", "--fail-on", "never"]).stdout).expect("JSON")
}

fn leaks(report: &serde_json::Value, list: &str) -> usize {
    let of = |f: &serde_json::Value| if list == "accepted" { f["finding"].clone() } else { f.clone() };
    report[list].as_array().expect("list").iter().map(of).filter(|f| f["check"] == "LEAK-01").count()
}

#[test]
fn an_accepted_value_stays_accepted_when_it_moves_and_a_new_one_on_its_line_counts() {
    let folder = tempfile::tempdir().expect("temp");
    let at = folder.path();
    let (one, two) = (password("Lw2"), password("Kd9"));
    let strong = format!("{}_{}_{}", "sk", "live", "4Xq9Zt7Lm2Vb8Nc5Rw3Kd6Hf");
    fs::write(at.join("settings.ini"), settings(&[&one])).expect("written");
    fs::write(at.join(".env"), format!("STRIPE_KEY={strong}\n")).expect("written");
    assert_eq!(leaks(&report(at), "findings"), 2);
    let done = nhi(at, &["baseline", "--reason", "before we began"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    let file = fs::read_to_string(at.join(".nhi-accepted")).expect("written");
    assert!(file.contains("\nweak argon2id:") && file.contains("\nvalue ") && file.contains("LEAK-01 # before we began"), "{file}");
    assert!(!file.contains(&one) && !file.contains(&strong));
    let after = report(at);
    assert_eq!((leaks(&after, "findings"), leaks(&after, "accepted")), (0, 2));
    assert_eq!(nhi(at, &["scan"]).status.code(), Some(0), "the gate lets accepted things be");
    // It moves to other lines, and another value takes its place.
    fs::write(at.join("settings.ini"), format!("# moved\n\n{}", settings(&[&one]))).expect("written");
    assert_eq!(leaks(&report(at), "findings"), 0);
    fs::write(at.join("settings.ini"), settings(&[&two])).expect("written");
    let after = report(at);
    assert_eq!((leaks(&after, "findings"), leaks(&after, "accepted")), (1, 1), "a new value on an old line is new");
    assert!(after["accepted_stale"].as_array().is_some_and(|s| s.iter().any(|e| e.as_str().is_some_and(|e| e.starts_with("weak ")))));
    // What is about nothing any more can be taken out; writing twice changes nothing.
    assert_eq!(nhi(at, &["baseline", "--prune"]).status.code(), Some(0));
    assert!(!fs::read_to_string(at.join(".nhi-accepted")).expect("there").contains("weak "));
    nhi(at, &["baseline"]);
    let once = fs::read(at.join(".nhi-accepted")).expect("there");
    nhi(at, &["baseline"]);
    assert!(once == fs::read(at.join(".nhi-accepted")).expect("there"));
}

#[test]
fn an_entry_ends_on_its_day_and_a_broken_file_is_exit_2() {
    let folder = tempfile::tempdir().expect("temp");
    let at = folder.path();
    fs::write(at.join("settings.ini"), settings(&[&password("Lw2")])).expect("written");
    nhi(at, &["baseline", "--expires", "2026-06-30", "--owner", "team:gh/acme/web", "--now", "2026-01-01T00:00:00Z"]);
    let leaks_at = |now: &str| {
        let out = nhi(at, &["scan", "--format", "json", "--fail-on", "never", "--now", now]);
        let report: serde_json::Value = serde_json::from_slice(&out.stdout).expect("JSON");
        (leaks(&report, "findings"), report["accepted_expired"].as_array().map_or(0, Vec::len) > 0)
    };
    assert_eq!(leaks_at("2026-06-30T12:00:00Z"), (0, false));
    assert_eq!(leaks_at("2026-07-01T00:00:00Z"), (1, true));
    fs::write(at.join(".nhi-accepted"), "value nonsense LEAK-01 # x\n").expect("written");
    let done = nhi(at, &["scan"]);
    assert!(done.status.code() == Some(2) && text(&done.stderr).contains(".nhi-accepted: line 1"), "{}", text(&done.stderr));
}

#[test]
fn an_exception_of_the_configuration_holds_until_its_day() {
    let folder = tempfile::tempdir().expect("temp");
    let at = folder.path();
    fs::write(at.join("settings.ini"), settings(&[&password("Lw2")])).expect("written");
    fs::write(
        at.join("nhi.yaml"),
        "exceptions:\n  - { check: LEAK-01, match: settings.ini, reason: a fixture, approved_by: \"team:gh/acme/sec\", expires: 2026-06-30 }\n",
    )
    .expect("written");
    let code = |now: &str| nhi(at, &["scan", "--now", now]).status.code();
    assert_eq!((code("2026-06-30T00:00:00Z"), code("2026-07-01T00:00:00Z")), (Some(0), Some(1)));
}

#[test]
fn a_change_that_accepts_something_says_so() {
    let folder = tempfile::tempdir().expect("temp");
    let at = folder.path();
    let git = |arguments: &[&str]| {
        let done = Command::new("git").current_dir(at).args(["-c", "user.name=T", "-c", "user.email=t@example.org"]).args(arguments).output().expect("git");
        assert!(done.status.success(), "{}", text(&done.stderr));
    };
    git(&["init", "-q"]);
    git(&["commit", "-q", "--allow-empty", "-m", "first"]);
    fs::write(at.join("settings.ini"), settings(&[&password("Lw2")])).expect("written");
    nhi(at, &["baseline", "--no-history", "--reason", "a fixture"]);
    git(&["add", "-A"]);
    git(&["commit", "-q", "-m", "second"]);
    let done = nhi(at, &["diff", "HEAD~1..HEAD"]);
    let out = text(&done.stdout);
    assert!(done.status.code() == Some(0) && out.contains("ACCEPTED BY THIS CHANGE") && out.contains("a fixture"), "{out}");
}
