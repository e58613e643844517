//! Man pages are those of this program, and every command that the documentation shows works.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

/// File name and text of the page of a command and of each below it.
fn pages(command: &clap::Command, name: &str, out: &mut Vec<(String, String)>) {
    let mut text = Vec::new();
    clap_mangen::Man::new(command.clone().name(&*name.to_owned().leak())).render(&mut text).expect("rendered");
    out.push((format!("{name}.1"), String::from_utf8(text).expect("UTF-8")));
    for below in command.get_subcommands().filter(|c| c.get_name() != "help") {
        pages(below, &format!("{name}-{}", below.get_name()), out);
    }
}

#[test]
fn the_committed_man_pages_are_those_of_this_program() {
    let mut wanted = Vec::new();
    pages(&nhi::cli::command(), "nhi", &mut wanted);
    let folder = root().join("man");
    if std::env::var_os("UPDATE").is_some() {
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("made");
        for (name, text) in &wanted {
            fs::write(folder.join(name), text).expect("written");
        }
    }
    for (name, text) in &wanted {
        assert!(fs::read_to_string(folder.join(name)).unwrap_or_default() == *text, "man/{name}: run UPDATE=1 cargo test and look at the difference");
    }
    assert_eq!(fs::read_dir(&folder).expect("man").count(), wanted.len(), "a page of a command that is gone");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("readable").map(|e| e.expect("entry")) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}

/// The bundled example as a repository with two commits, beside the program.
fn playground() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("temp");
    copy(&root().join("testdata/acme"), folder.path());
    let git = |arguments: &[&str]| {
        let done = Command::new("git")
            .current_dir(folder.path())
            .args(["-c", "user.name=Carol", "-c", "user.email=carol@example.org", "-c", "commit.gpgsign=false"])
            .args(arguments)
            .output()
            .expect("git");
        assert!(done.status.success(), "git {arguments:?}");
    };
    git(&["init", "-q", "-b", "main"]);
    git(&["commit", "-q", "--allow-empty", "-m", "begin"]);
    git(&["add", "-A"]);
    git(&["commit", "-q", "-m", "the example"]);
    git(&["tag", "v1", "HEAD~1"]);
    folder
}

/// Blocks of the language `console`: a line that begins with `$ ` is a command, those below it stand in what it prints, in this order; `…` stands for
/// whatever is left out.
fn sessions(text: &str) -> Vec<Vec<(String, Vec<String>)>> {
    let mut all = Vec::new();
    let mut open: Option<Vec<(String, Vec<String>)>> = None;
    for line in text.lines() {
        match (&mut open, line) {
            (None, "```console") => open = Some(Vec::new()),
            (Some(_), "```") => all.extend(open.take()),
            (Some(session), line) => match line.strip_prefix("$ ") {
                Some(command) => session.push((command.to_owned(), Vec::new())),
                None => session.last_mut().expect("a command comes first").1.push(line.trim().to_owned()),
            },
            (None, _) => {}
        }
    }
    all
}

#[test]
fn every_command_of_the_documentation_works_and_prints_what_is_shown() {
    let program = Path::new(env!("CARGO_BIN_EXE_nhi")).parent().expect("folder").to_path_buf();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap_or_default());
    let mut count = 0;
    let mut files: Vec<PathBuf> = fs::read_dir(root().join("docs")).expect("docs").map(|e| e.expect("entry").path()).collect();
    files.sort();
    for file in files.iter().filter(|f| f.extension().is_some_and(|e| e == "md")) {
        let text = fs::read_to_string(file).expect("UTF-8");
        for session in sessions(&text) {
            let folder = playground();
            for (command, shown) in session {
                let done = Command::new("sh")
                    .args(["-c", &command])
                    .current_dir(folder.path())
                    .env("PATH", &path)
                    .env("NO_COLOR", "1")
                    .env("GIT_AUTHOR_NAME", "Carol")
                    .env("GIT_AUTHOR_EMAIL", "carol@example.org")
                    .env("GIT_COMMITTER_NAME", "Carol")
                    .env("GIT_COMMITTER_EMAIL", "carol@example.org")
                    .output()
                    .expect("sh");
                let out = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
                let place = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
                assert!(matches!(done.status.code(), Some(0 | 1)), "{place}: {command} ended with {:?}:\n{out}", done.status.code());
                let mut rest = out.as_str();
                for part in shown.iter().flat_map(|l| l.split('…')).map(str::trim).filter(|p| !p.is_empty()) {
                    let at = rest.find(part).unwrap_or_else(|| panic!("{place}: {command} does not print `{part}`:\n{out}"));
                    rest = &rest[at + part.len()..];
                }
                count += 1;
            }
        }
    }
    assert!(count >= 15, "the documentation shows {count} commands");
}

#[test]
fn pipelines_of_the_documentation_are_sound_and_give_little_away() {
    let folder = tempfile::tempdir().expect("temp");
    let ci = root().join("docs/ci");
    for (name, place) in [
        ("github.yml", ".github/workflows/nhi.yml"),
        ("gitlab.yml", ".gitlab-ci.yml"),
        ("circleci.yml", ".circleci/config.yml"),
        ("azure.yml", "azure-pipelines.yml"),
        ("Jenkinsfile", "Jenkinsfile"),
    ] {
        let target = folder.path().join(place);
        fs::create_dir_all(target.parent().expect("folder")).expect("made");
        fs::copy(ci.join(name), target).expect(name);
    }
    let done =
        Command::new(env!("CARGO_BIN_EXE_nhi")).current_dir(folder.path()).args(["scan", "--format", "json", "--fail-on", "never"]).output().expect("starts");
    let report: serde_json::Value = serde_json::from_slice(&done.stdout).expect("JSON");
    let jobs = report["nodes"].as_array().expect("nodes").iter().filter(|n| n["kind"] == "consumer").count();
    assert!(jobs >= 5, "each is read by its own reader: {jobs}");
    let bad: Vec<_> = report["findings"].as_array().expect("findings").iter().filter(|f| !matches!(f["severity"].as_str(), Some("low" | "info"))).collect();
    assert!(bad.is_empty(), "{bad:#?}");
    // Their scripts are shell.
    for name in ["gitlab.sh", "action.sh"] {
        let text = match name {
            "action.sh" => script_of(&fs::read_to_string(root().join("action.yml")).expect("action.yml"), "run: |"),
            _ => script_of(&fs::read_to_string(ci.join("gitlab.yml")).expect("gitlab.yml"), "- |"),
        };
        assert!(!text.is_empty(), "{name}");
        let file = folder.path().join(name);
        fs::write(&file, &text).expect("written");
        assert!(Command::new("bash").arg("-n").arg(&file).status().expect("bash").success(), "{name}:\n{text}");
    }
}

/// The lines of the first block scalar behind a key.
fn script_of(yaml: &str, key: &str) -> String {
    let mut lines = yaml.lines().skip_while(|l| l.trim() != key);
    let Some(head) = lines.next() else { return String::new() };
    let depth = head.len() - head.trim_start().len();
    lines.take_while(|l| l.trim().is_empty() || l.len() - l.trim_start().len() > depth).map(|l| format!("{}\n", l.trim_start())).collect()
}
