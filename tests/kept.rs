//! What earlier runs kept: a later one says the same with it as without, whatever changed in between, and nothing in it tells a value.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use serde_json::Value;

use crate::history::{commit, credentials, git, key, line, long_history, repository, scan};

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in fs::read_dir(folder).into_iter().flatten().map(|e| e.expect("entry").path()) {
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// Scans of one repository, with a cache and without.
struct Twice {
    folder: tempfile::TempDir,
    kept: tempfile::TempDir,
    arguments: Vec<String>,
}

impl Twice {
    fn new(folder: tempfile::TempDir) -> Self {
        Twice { folder, kept: tempfile::tempdir().expect("temp"), arguments: Vec::new() }
    }

    fn at(&self) -> &Path {
        self.folder.path()
    }

    fn scan(&self, more: &[&str]) -> Value {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).chain(more.iter().copied()).collect();
        scan(self.at(), &arguments)
    }

    fn with_cache(&self) -> Value {
        self.scan(&["--cache-dir", self.kept.path().to_str().expect("UTF-8")])
    }

    /// Scans with what was kept of the state before, and says whether that is what a scan without it says.
    fn is_same(&self) -> bool {
        let (kept, plain) = (self.with_cache(), self.scan(&[]));
        plain["sources"].as_array().is_some_and(|s| !s.is_empty()) && kept == plain
    }

    /// When each entry was written.
    fn entries(&self) -> Vec<(PathBuf, SystemTime)> {
        let written = |p: PathBuf| (p.metadata().expect("there").modified().expect("dated"), p);
        files(self.kept.path()).into_iter().map(written).map(|(time, p)| (p, time)).collect()
    }
}

/// A repository with something of each kind: infrastructure, a chart, a pipeline, owners, values.
fn varied() -> tempfile::TempDir {
    let folder = repository();
    let at = folder.path();
    let role = "resource \"aws_iam_role\" \"deploy\" {\n  name = var.name\n  tags = { owner = \"platform\" }\n}\n";
    commit(at, "ann", 1, "infra/main.tf", role);
    commit(at, "bob", 2, "infra/vars.tf", "variable \"name\" {\n  default = \"deploy\"\n}\n");
    commit(at, "cat", 3, "CODEOWNERS", "* @acme/web\n/infra/ @acme/platform\n");
    commit(at, "dan", 4, "package.json", "{ \"name\": \"web\", \"author\": \"Eve <eve@example.org>\" }\n");
    commit(
        at,
        "eve",
        5,
        ".github/workflows/ci.yml",
        "on: push\njobs:\n  a:\n    runs-on: x\n    env:\n      K: ${{ secrets.DEPLOY_KEY }}\n    steps:\n      - run: make\n",
    );
    commit(at, "ann", 6, "app/.env", &line(1));
    folder
}

#[test]
fn what_did_not_change_is_not_read_and_not_written_again() {
    let twice = Twice::new(varied());
    let plain = twice.scan(&[]);
    assert!(plain == twice.with_cache(), "the first run, which fills the cache");
    let entries = twice.entries();
    assert!(entries.len() >= 5, "the key, the history, its blobs, the tree, the lines: {entries:?}");
    assert!(plain == twice.with_cache(), "the second run");
    assert_eq!(entries, twice.entries());
    // Charters are read again: nothing of what such files hold is kept.
    for (file, _) in entries {
        let bytes = fs::read(&file).expect("read");
        for text in ["acme/platform", "eve@example.org"] {
            let alone = format!("{text}\n");
            assert!(!bytes.windows(alone.len()).any(|w| w == alone.as_bytes()), "a charter is in {}", file.display());
        }
    }
}

#[test]
fn every_change_of_the_files_is_seen() {
    let twice = Twice::new(varied());
    let at = twice.at().to_owned();
    twice.with_cache();
    // Of the same length, and dated back.
    let date = fs::metadata(at.join("infra/vars.tf")).and_then(|m| m.modified()).expect("dated");
    fs::write(at.join("infra/vars.tf"), "variable \"name\" {\n  default = \"revoke\"\n}\n").expect("written");
    fs::File::options().append(true).open(at.join("infra/vars.tf")).and_then(|f| f.set_modified(date)).expect("dated back");
    assert!(twice.is_same(), "a file with another content");
    assert!(twice.with_cache().to_string().contains("role/revoke"));
    fs::write(at.join("infra/more.tf"), "resource \"aws_iam_user\" \"bot\" {\n  name = \"bot\"\n}\n").expect("written");
    assert!(twice.is_same(), "a new file");
    fs::rename(at.join("infra/more.tf"), at.join("infra/other.tf")).expect("moved");
    assert!(twice.is_same(), "a file of another name");
    fs::remove_file(at.join("infra/other.tf")).expect("removed");
    assert!(twice.is_same(), "a file that is gone");
    fs::write(at.join("package.json"), "{ \"name\": \"web\", \"author\": \"Dan <dan@example.org>\" }\n").expect("written");
    assert!(twice.is_same(), "another author");
    fs::write(at.join("CODEOWNERS"), "* @acme/others\n").expect("written");
    assert!(twice.is_same(), "another owner");
    assert!(twice.with_cache().to_string().contains("acme/others"));
    fs::write(at.join(".gitignore"), "infra/\n").expect("written");
    assert!(twice.is_same(), "a folder that is ignored");
    fs::remove_file(at.join(".gitignore")).expect("removed");
    assert!(twice.is_same(), "and no longer");
    fs::remove_file(at.join("app/.env")).expect("removed");
    git(&at, "bob", 7, &["commit", "-qam", "gone"]);
    assert!(twice.is_same(), "a new commit");
    fs::write(at.join(".git-blame-ignore-revs"), "").expect("written");
    fs::write(at.join(".mailmap"), "Zed <zed@example.org> <ann@example.org>\n").expect("written");
    assert!(twice.is_same(), "a person of another name");
}

#[test]
fn lines_are_followed_again_when_their_file_or_its_history_changed() {
    let twice = Twice::new(repository());
    let at = twice.at().to_owned();
    let user = |name: &str, gap: &str| format!("resource \"aws_iam_user\" \"{name}\" {{\n{gap}name = \"{name}\"\n{gap}path = \"/bots/\"\n}}\n");
    commit(&at, "ann", 1, "a.tf", &user("alpha", ""));
    commit(&at, "bob", 2, "b.tf", &user("beta", ""));
    assert!(twice.is_same());
    commit(&at, "cat", 3, "a.tf", &format!("{}{}", user("gamma", ""), user("alpha", "  ")));
    assert!(twice.is_same(), "one file in a new version");
    let formatted = Command::new("git").current_dir(&at).args(["rev-parse", "HEAD"]).output().expect("git").stdout;
    fs::write(at.join(".git-blame-ignore-revs"), formatted).expect("written");
    assert!(twice.is_same(), "a commit that only formatted");
    fs::write(at.join("a.tf"), user("alpha", "    ")).expect("written");
    assert!(twice.is_same(), "a file that was not committed");
    git(&at, "dan", 4, &["mv", "b.tf", "c.tf"]);
    git(&at, "dan", 4, &["commit", "-qm", "moved"]);
    assert!(twice.is_same(), "a file that was moved");
    git(&at, "dan", 5, &["reset", "-q", "--hard", "HEAD~1"]);
    assert!(twice.is_same(), "a branch that was set back");
}

#[test]
fn what_is_asked_for_is_part_of_what_is_kept() {
    let mut twice = Twice::new(varied());
    let settings = tempfile::tempdir().expect("temp");
    twice.with_cache();
    let inside = twice.at().join("infra");
    let (kept, plain) = (scan(&inside, &["--cache-dir", twice.kept.path().to_str().expect("UTF-8")]), scan(&inside, &[]));
    assert!(kept == plain, "a folder");
    let file = settings.path().join("nhi.yaml");
    twice.arguments = vec!["--config".to_owned(), file.to_str().expect("UTF-8").to_owned()];
    for text in ["version: 1\n", "version: 1\nscan:\n  exclude: [\"infra/**\"]\n", "version: 1\nrules:\n  disable: [stripe-live-key]\n"] {
        fs::write(&file, text).expect("written");
        assert!(twice.is_same(), "{text}");
        assert!(twice.is_same(), "{text}, and again");
    }
    twice.arguments = vec!["--no-history".to_owned()];
    assert!(twice.is_same(), "no history");
}

#[test]
fn broken_entries_and_runs_beside_each_other_change_nothing() {
    let twice = Twice::new(varied());
    let plain = twice.with_cache();
    for (file, _) in twice.entries() {
        let whole = fs::read(&file).expect("read");
        for changed in [whole[..whole.len() / 2].to_vec(), whole.iter().map(|b| b ^ 1).collect(), Vec::new()] {
            fs::write(&file, changed).expect("written");
            assert!(plain == twice.with_cache(), "{}", file.display());
        }
    }
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| twice.with_cache())).collect();
        assert!(runs.into_iter().all(|run| run.join().expect("ran") == plain));
    });
}

#[test]
fn a_second_run_says_the_same_and_keeps_no_value() {
    let (folder, kept) = (repository(), tempfile::tempdir().expect("temp"));
    let at = folder.path();
    let cache = ["--cache-dir", kept.path().to_str().expect("UTF-8")];
    long_history(at);
    // A password has no fingerprint: that two places hold the same one must survive without it.
    let password = format!("db_password = \"Tr{}ub4dor{}\"\n", 77, 3);
    commit(at, "ann", 41, "weak.conf", &password);
    commit(at, "bob", 42, "copy.conf", &password);
    commit(at, "cat", 43, "weak.conf", "db_password = \"\"\n");
    let plain = scan(at, &[]);
    assert!(plain["edges"].to_string().contains("equal value"));
    assert!(plain == scan(at, &cache), "the first run, which fills the cache");
    let entries = files(kept.path());
    assert!(plain == scan(at, &cache), "the second run");
    assert_eq!(entries, files(kept.path()), "nothing was left to keep");
    for file in &entries {
        let bytes = fs::read(file).expect("read");
        for value in (0..30).map(key).chain(["Tr77ub4dor3".to_owned()]) {
            assert!(!bytes.windows(value.len()).any(|w| w == value.as_bytes()), "a value is in {}", file.display());
        }
    }
    // One commit more: what was read of single blobs still counts.
    commit(at, "dan", 44, "f1.conf", &format!("{}{}", line(77), line(3)));
    assert!(scan(at, &[]) == scan(at, &cache), "a new commit");
    assert!(scan(at, &["--branch", "HEAD~2"]) == scan(at, &[&cache[..], &["--branch", "HEAD~2"]].concat()), "another choice of commits");
    git(at, "dan", 45, &["mv", "f2.conf", "docs.md"]);
    assert!(scan(at, &[]) == scan(at, &cache), "a change of the work tree alone");
}

#[test]
fn an_unchanged_history_is_not_read_again() {
    let (folder, kept) = (repository(), tempfile::tempdir().expect("temp"));
    let at = folder.path();
    let cache = ["--cache-dir", kept.path().to_str().expect("UTF-8")];
    commit(at, "ann", 1, "a.env", &line(1));
    commit(at, "bob", 2, "a.env", "STRIPE_KEY=\n");
    let first = scan(at, &cache);
    let blob = files(&at.join(".git/objects")).into_iter().find(|p| {
        let name = format!(
            "{}{}",
            p.parent().and_then(|f| f.file_name()).and_then(|n| n.to_str()).unwrap_or_default(),
            p.file_name().and_then(|n| n.to_str()).unwrap_or_default()
        );
        let shown = Command::new("git").current_dir(at).args(["cat-file", "-p", &name]).output().expect("git");
        shown.stdout.starts_with(b"STRIPE_KEY=sk")
    });
    let blob = blob.expect("the blob that held the value");
    fs::remove_file(&blob).expect("removed");
    assert!(first == scan(at, &cache), "what was read once is known");
    assert_eq!(credentials(&scan(at, &[])).len(), 0, "without the cache it is gone");
    // What is missing is looked for again when objects come.
    let emptied = tempfile::tempdir().expect("temp");
    let other = ["--cache-dir", emptied.path().to_str().expect("UTF-8")];
    assert_eq!(credentials(&scan(at, &other)).len(), 0);
    fs::write(at.join("back.env"), line(1)).expect("written");
    git(at, "ann", 3, &["hash-object", "-w", "back.env"]);
    fs::remove_file(at.join("back.env")).expect("removed");
    assert_eq!(credentials(&scan(at, &other)), credentials(&first));
}

#[test]
fn what_files_said_before_is_asked_again_when_something_changed() {
    let twice = Twice::new(repository());
    let at = twice.at().to_owned();
    let account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: checkout, namespace: shop}\n";
    let app = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  template:\n    spec:\n      serviceAccountName: checkout\n      containers: [{name: web, image: x/web:1}]\n";
    commit(&at, "ann", 1, "k8s/account.yaml", account);
    commit(&at, "bob", 2, "k8s/app.yaml", app);
    fs::remove_file(at.join("k8s/account.yaml")).expect("removed");
    git(&at, "cat", 3, &["commit", "-qam", "gone"]);
    let dangling = |report: &Value| report.to_string().contains("its definition in k8s/account.yaml is gone; person:ann@example.org wrote it there last");
    let first = twice.with_cache();
    assert!(dangling(&first) && dangling(&twice.scan(&[])));
    let entries = twice.entries();
    assert!(first == twice.with_cache());
    assert_eq!(entries, twice.entries(), "asked once");
    let inside = scan(&at.join("k8s"), &[]);
    assert!(!dangling(&inside), "what was left out may define it");
    fs::write(at.join("k8s/more.yaml"), account).expect("written");
    assert!(twice.is_same(), "defined again");
    assert!(!dangling(&twice.with_cache()));
    fs::write(at.join("k8s/more.yaml"), account.replace("checkout", "other")).expect("written");
    assert!(twice.is_same(), "and again not");
    assert!(dangling(&twice.with_cache()));
    fs::write(at.join("k8s/app.yaml"), app.replace("checkout", "other")).expect("written");
    assert!(twice.is_same(), "used no longer");
    assert!(!dangling(&twice.with_cache()));
}
