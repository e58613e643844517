//! The pre-commit hook, with real commits.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn run(folder: &Path, program: &str, arguments: &[&str]) -> Output {
    let bin = Path::new(env!("CARGO_BIN_EXE_nhi")).parent().expect("folder");
    Command::new(program)
        .current_dir(folder)
        .args(arguments)
        .env("PATH", format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default()))
        .env("NO_COLOR", "1")
        .envs([("GIT_AUTHOR_NAME", "T"), ("GIT_AUTHOR_EMAIL", "t@example.org"), ("GIT_COMMITTER_NAME", "T"), ("GIT_COMMITTER_EMAIL", "t@example.org")])
        .output()
        .expect("starts")
}

fn said(done: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr))
}

fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("temp");
    assert!(run(folder.path(), "git", &["init", "-q"]).status.success());
    folder
}

fn made_up_key() -> String {
    format!("{}_{}_{}", "sk", "live", "4Xq9Zt7Lm2Vb8Nc5Rw3Kd6Hf")
}

#[test]
fn a_commit_with_a_key_is_stopped_with_words_to_act_on_and_a_clean_one_is_silent() {
    let folder = repository();
    let at = folder.path();
    assert_eq!(run(at, "nhi", &["hook", "status"]).status.code(), Some(1));
    assert!(run(at, "nhi", &["hook", "install"]).status.success());
    assert!(run(at, "nhi", &["hook", "install"]).status.success(), "twice is as good as once");
    assert_eq!(run(at, "nhi", &["hook", "status"]).status.code(), Some(0));
    fs::write(at.join("README"), "words\n").expect("written");
    run(at, "git", &["add", "-A"]);
    let done = run(at, "git", &["commit", "-q", "-m", "clean"]);
    assert!(done.status.success() && said(&done).is_empty(), "{}", said(&done));
    fs::write(at.join(".env"), format!("STRIPE_KEY={}\n", made_up_key())).expect("written");
    run(at, "git", &["add", "-A"]);
    let done = run(at, "git", &["commit", "-q", "-m", "leak"]);
    let out = said(&done);
    assert!(!done.status.success());
    for part in ["LEAK-01", ".env:1", "fix ", "accept  nhi baseline --finding ", "git commit --no-verify"] {
        assert!(out.contains(part), "no `{part}` in:\n{out}");
    }
    assert!(!out.contains(&made_up_key()));
    // What the message says can be done.
    let fingerprint = out.split("--finding ").nth(1).and_then(|r| r.split(' ').next()).expect("a fingerprint").to_owned();
    assert!(run(at, "nhi", &["baseline", "--finding", &fingerprint, "--reason", "a drill"]).status.success());
    assert!(run(at, "git", &["commit", "-q", "-m", "accepted"]).status.success());
    assert!(run(at, "nhi", &["hook", "uninstall"]).status.success());
    assert_eq!(run(at, "nhi", &["hook", "status"]).status.code(), Some(1));
}

#[cfg(unix)]
#[test]
fn a_hook_that_is_there_goes_first_and_comes_back() {
    use std::os::unix::fs::PermissionsExt;
    let folder = repository();
    let at = folder.path();
    let file = at.join(".git/hooks/pre-commit");
    fs::create_dir_all(file.parent().expect("folder")).expect("made");
    fs::write(&file, "#!/bin/sh\necho the other hook >&2\n[ ! -e stop ]\n").expect("written");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("set");
    assert!(said(&run(at, "nhi", &["hook", "install"])).contains("goes first"));
    fs::write(at.join("a"), "a\n").expect("written");
    run(at, "git", &["add", "a"]);
    assert!(said(&run(at, "git", &["commit", "-q", "-m", "a"])).contains("the other hook"));
    fs::write(at.join("stop"), "").expect("written");
    run(at, "git", &["add", "stop"]);
    assert!(!run(at, "git", &["commit", "-q", "-m", "b"]).status.success(), "the other hook still decides");
    assert!(run(at, "nhi", &["hook", "uninstall"]).status.success());
    assert!(fs::read_to_string(&file).expect("back").contains("the other hook"));
}

#[test]
fn a_folder_that_a_framework_keeps_is_not_written_to() {
    let folder = repository();
    let at = folder.path();
    fs::create_dir_all(at.join(".husky/_")).expect("made");
    run(at, "git", &["config", "core.hooksPath", ".husky/_"]);
    let done = run(at, "nhi", &["hook", "install"]);
    assert!(done.status.code() == Some(2) && said(&done).contains(".husky/pre-commit"), "{}", said(&done));
    assert!(!at.join(".husky/_/pre-commit").exists());
}
