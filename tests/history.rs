//! Histories with known answers, made with git itself: what each value's lineage must say, however the repository is stored.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Runs git at a given day, as a given person.
pub(crate) fn git(folder: &Path, who: &str, day: u32, arguments: &[&str]) {
    let date = format!("{} +0000", 1_700_000_000 + u64::from(day) * 86_400);
    let done = Command::new("git")
        .current_dir(folder)
        .args(["-c", &format!("user.name={who}"), "-c", &format!("user.email={who}@example.org")])
        .args(["-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always"])
        .args(arguments)
        .env("GIT_AUTHOR_DATE", &date)
        .env("GIT_COMMITTER_DATE", &date)
        .output()
        .expect("git");
    assert!(done.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// Writes a file and commits everything.
pub(crate) fn commit(folder: &Path, who: &str, day: u32, path: &str, text: &str) {
    if let Some(parent) = folder.join(path).parent() {
        fs::create_dir_all(parent).expect("made");
    }
    fs::write(folder.join(path), text).expect("written");
    git(folder, who, day, &["add", "-A"]);
    git(folder, who, day, &["commit", "-qm", &format!("day {day}")]);
}

/// A value with the look of a vendor's live key, made here; different for each `n`.
pub(crate) fn key(n: u32) -> String {
    format!("{}_{}_4Xq9Zt7Lm2Vb8Nc5Rw3K{:04}", "sk", "live", 1000 + n * 37)
}

pub(crate) fn line(n: u32) -> String {
    format!("STRIPE_KEY={}\n", key(n))
}

pub(crate) fn scan(folder: &Path, arguments: &[&str]) -> Value {
    let cache: &[&str] = if arguments.contains(&"--cache-dir") { &[] } else { &["--no-cache"] };
    let done = Command::new(env!("CARGO_BIN_EXE_nhi"))
        .current_dir(folder)
        .args(["scan", "--format", "json", "--fail-on", "never", "--now", "2026-01-01T00:00:00Z"])
        .args(cache)
        .args(arguments)
        .output()
        .expect("the program starts");
    serde_json::from_slice(&done.stdout).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&done.stderr)))
}

/// The credentials of a report, by name and place.
pub(crate) fn credentials(report: &Value) -> BTreeMap<String, Value> {
    let nodes = report["nodes"].as_array().expect("nodes").iter().filter(|n| n["kind"] == "credential");
    nodes.map(|n| (n["id"].as_str().expect("id").to_owned(), n.clone())).collect()
}

/// The only credential of a report.
fn only(report: &Value) -> Value {
    let all = credentials(report);
    assert_eq!(all.len(), 1, "{all:#?}");
    all.into_values().next().expect("one")
}

fn party(moment: &Value) -> &str {
    moment["party"].as_str().unwrap_or_default()
}

pub(crate) fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("temp");
    git(folder.path(), "ann", 0, &["init", "-q"]);
    folder
}

#[test]
fn who_brought_a_value_is_not_who_edited_beside_indented_copied_or_moved_it() {
    let folder = repository();
    let at = folder.path();
    commit(at, "ann", 1, "a.env", "PORT=80\n");
    commit(at, "bob", 2, "a.env", &format!("PORT=80\n{}", line(1)));
    commit(at, "cat", 3, "a.env", &format!("PORT=81\n{}HOST=x\n", line(1)));
    commit(at, "dan", 4, "a.env", &format!("PORT=81\n  {}HOST=x\n", line(1)));
    git(at, "eve", 5, &["mv", "a.env", "b.env"]);
    git(at, "eve", 5, &["commit", "-qm", "moved"]);
    commit(at, "fay", 6, "copy.env", &line(1));
    let found = only(&scan(at, &[]));
    assert_eq!(party(&found["first_seen"]), "person:bob@example.org");
    assert_eq!(found["attributes"]["state"], "present-head");
    assert_eq!(found["attributes"].get("removed"), None);
}

#[test]
fn what_was_taken_away_says_by_whom_when_and_where_it_still_is() {
    let folder = repository();
    let at = folder.path();
    commit(at, "ann", 1, "a.env", &line(1));
    git(at, "ann", 1, &["branch", "old"]);
    commit(at, "bob", 3, "b.env", &line(1));
    commit(at, "cat", 5, "a.env", "STRIPE_KEY=\n");
    // One copy is left until the file goes away.
    git(at, "dan", 11, &["rm", "-q", "b.env"]);
    git(at, "dan", 11, &["commit", "-qm", "gone"]);
    let found = only(&scan(at, &[]));
    assert_eq!(party(&found["first_seen"]), "person:ann@example.org");
    assert_eq!(found["attributes"]["state"], "history-only");
    assert_eq!(party(&found["attributes"]["removed"]), "person:dan@example.org");
    assert_eq!(found["attributes"]["days_exposed"], 10);
    assert_eq!(found["attributes"]["held_by"], serde_json::json!(["refs/heads/old"]));
}

#[test]
fn a_definition_is_its_author_s_wherever_its_file_is_moved_to() {
    let folder = repository();
    let path = folder.path();
    let role = "resource \"aws_iam_role\" \"deploy\" {\n  name = \"deploy\"\n}\n";
    commit(path, "ann", 1, "infra/iam.tf", role);
    fs::create_dir_all(path.join("stacks/base")).expect("made");
    git(path, "bob", 2, &["mv", "infra/iam.tf", "stacks/base/iam.tf"]);
    git(path, "bob", 2, &["commit", "-qm", "move"]);
    git(path, "bob", 3, &["mv", "stacks/base/iam.tf", "stacks/iam.tf"]);
    git(path, "bob", 3, &["commit", "-qm", "move again"]);
    // The first one stays: whoever copies it makes another.
    commit(path, "cid", 4, "copy/iam.tf", role);
    let report = scan(path, &[]);
    let by = |at: &str| {
        let nodes = report["nodes"].as_array().expect("nodes");
        let role = nodes.iter().find(|n| n["subtype"] == "aws-role" && n["declared"][0]["path"] == at).unwrap_or_else(|| panic!("no role in {at}: {nodes:#?}"));
        party(&role["first_seen"]).to_owned()
    };
    assert_eq!((by("stacks/iam.tf").as_str(), by("copy/iam.tf").as_str()), ("person:ann@example.org", "person:cid@example.org"));
}

#[test]
fn a_message_that_says_it_was_revoked_is_weak_evidence() {
    let folder = repository();
    let path = folder.path();
    commit(path, "ann", 1, "a.env", &format!("{}OTHER={}\n", line(1), key(2)));
    fs::write(path.join("a.env"), format!("OTHER={}\n", key(2))).expect("written");
    git(path, "bob", 2, &["commit", "-qam", "Revoked the payment key, the job has an identity of its own now"]);
    commit(path, "bob", 3, "a.env", "");
    let report = scan(path, &[]);
    let severity =
        |id: &str| report["findings"].as_array().and_then(|f| f.iter().find(|f| f["check"] == "LEAK-03" && f["subject"] == id)?["severity"].as_str());
    let (mut with, mut without) = (0, 0);
    for (id, node) in credentials(&report) {
        if node["attributes"]["revocation_evidence"].is_string() {
            assert_eq!((node["attributes"]["presence"].as_str(), severity(&id)), (Some("history-only"), Some("medium")), "{node:#}");
            with += 1;
        } else {
            assert_eq!(severity(&id), Some("high"), "{node:#}");
            without += 1;
        }
    }
    assert_eq!((with, without), (1, 1));
}

#[test]
fn a_value_that_only_a_merge_brings_is_that_merge_s() {
    let folder = repository();
    let at = folder.path();
    commit(at, "ann", 1, "a.txt", "a\n");
    git(at, "ann", 1, &["checkout", "-qb", "side"]);
    commit(at, "bob", 2, "b.txt", "b\n");
    git(at, "ann", 2, &["checkout", "-q", "main"]);
    commit(at, "ann", 3, "c.txt", "c\n");
    git(at, "cat", 4, &["merge", "-q", "--no-commit", "--no-ff", "side"]);
    commit(at, "cat", 4, "evil.env", &line(1));
    commit(at, "dan", 5, "evil.env", "STRIPE_KEY=\n");
    let found = only(&scan(at, &[]));
    assert_eq!(party(&found["first_seen"]), "person:cat@example.org");
    assert_eq!(party(&found["attributes"]["removed"]), "person:dan@example.org");
}

#[test]
fn messages_of_commits_and_tags_are_read() {
    let folder = repository();
    let at = folder.path();
    fs::write(at.join("a.txt"), "a\n").expect("written");
    git(at, "ann", 1, &["add", "-A"]);
    git(at, "ann", 1, &["commit", "-qm", &format!("tried with STRIPE_KEY={}", key(1))]);
    git(at, "bob", 2, &["tag", "-a", "v1", "-m", &format!("the key was STRIPE_KEY={}", key(2))]);
    let found = credentials(&scan(at, &[]));
    let places: Vec<&str> = found.values().map(|n| n["declared"][0]["path"].as_str().unwrap_or_default()).collect();
    assert_eq!(places.len(), 2, "{found:#?}");
    assert!(places.contains(&"(commit message)") && places.contains(&"(tag message)"), "{places:?}");
}

#[test]
fn an_amended_commit_is_no_longer_history() {
    let folder = repository();
    let at = folder.path();
    commit(at, "ann", 1, "a.env", &line(1));
    fs::write(at.join("a.env"), "STRIPE_KEY=\n").expect("written");
    git(at, "ann", 2, &["commit", "-qa", "--amend", "-m", "clean"]);
    assert_eq!(credentials(&scan(at, &[])).len(), 0);
}

#[test]
fn a_shallow_clone_blames_nobody_and_says_so() {
    let folder = repository();
    let at = folder.path();
    commit(at, "ann", 1, "a.env", &line(1));
    commit(at, "bob", 2, "b.txt", "b\n");
    let clone = tempfile::tempdir().expect("temp");
    let url = format!("file://{}", at.display());
    git(clone.path(), "ann", 3, &["clone", "-q", "--depth", "1", &url, "c"]);
    let report = scan(&clone.path().join("c"), &[]);
    assert_eq!(only(&report)["first_seen"], Value::Null);
    assert!(report["coverage"].to_string().contains("shallow"), "{}", report["coverage"]);
}

#[test]
fn a_partial_clone_says_what_is_missing() {
    let folder = repository();
    let at = folder.path();
    git(at, "ann", 0, &["config", "uploadpack.allowFilter", "true"]);
    commit(at, "ann", 1, "a.env", &line(1));
    commit(at, "bob", 2, "a.env", "STRIPE_KEY=\n");
    let clone = tempfile::tempdir().expect("temp");
    let url = format!("file://{}", at.display());
    git(clone.path(), "ann", 3, &["clone", "-q", "--filter=blob:none", &url, "c"]);
    let report = scan(&clone.path().join("c"), &[]);
    assert_eq!(credentials(&report).len(), 0);
    assert!(report["coverage"].to_string().contains("missing"), "{}", report["coverage"]);
}

/// Many versions of a few files, with values that come, change, move and go.
pub(crate) fn long_history(at: &Path) {
    let mut state = 7u32;
    let mut next = |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) % below
    };
    let mut lines: Vec<String> = (0..200).map(|i| format!("setting_{i} = {}\n", i * 7)).collect();
    for day in 1..40 {
        for _ in 0..4 {
            let place = next(lines.len() as u32) as usize;
            match next(5) {
                0 => lines[place] = line(next(30)),
                1 => lines.insert(place, format!("db_password_{day} = \"Tr{}ub4dor{}\"\n", next(90), next(90))),
                2 => drop(lines.remove(place)),
                3 => lines[place] = format!("setting_{day} = {}\n", next(1000)),
                _ => lines.swap(place, 0),
            }
        }
        commit(at, ["ann", "bob", "cat"][day as usize % 3], day, &format!("f{}.conf", day % 3), &lines.concat());
    }
}

#[test]
fn how_a_repository_is_stored_does_not_change_what_is_found() {
    let folder = repository();
    let at = folder.path();
    long_history(at);
    let loose = scan(at, &[]);
    assert!(credentials(&loose).len() > 10, "{}", credentials(&loose).len());
    git(at, "ann", 50, &["repack", "-qadf", "--depth=40", "--window=40"]);
    let packed = scan(at, &[]);
    assert_eq!(credentials(&loose), credentials(&packed), "deltas are read as if they were whole");
    git(at, "ann", 50, &["-c", "pack.indexVersion=1", "repack", "-qadf", "--depth=3"]);
    assert_eq!(credentials(&loose), credentials(&scan(at, &[])), "an index of version 1");
    let borrowed = tempfile::tempdir().expect("temp");
    git(borrowed.path(), "ann", 51, &["clone", "-q", "--shared", &at.display().to_string(), "c"]);
    let there = scan(&borrowed.path().join("c"), &[]);
    assert_eq!(credentials(&loose).len(), credentials(&there).len(), "objects of an alternate");
}

#[test]
fn ids_of_thirty_two_bytes_are_ids() {
    let folder = tempfile::tempdir().expect("temp");
    let path = folder.path();
    git(path, "ann", 0, &["init", "-q", "--object-format=sha256"]);
    commit(path, "ann", 1, "a.env", &line(1));
    commit(path, "bob", 2, "a.env", "STRIPE_KEY=\n");
    commit(path, "bob", 3, "sub/b.txt", "hello\n");
    for packed in [false, true] {
        if packed {
            git(path, "ann", 4, &["repack", "-qadf"]);
        }
        let report = scan(path, &[]);
        let node = only(&report);
        assert_eq!((party(&node["first_seen"]), party(&node["attributes"]["removed"])), ("person:ann@example.org", "person:bob@example.org"), "{node:#}");
        assert_eq!(node["first_seen"]["revision"].as_str().map(str::len), Some(64));
        assert!(report["coverage"].as_array().is_some_and(Vec::is_empty), "{}", report["coverage"]);
    }
    // What is staged, beside what the index has from before.
    fs::write(path.join("sub/c.env"), line(2)).expect("written");
    git(path, "ann", 5, &["add", "-A"]);
    let staged = scan(path, &["--staged"]);
    assert_eq!(credentials(&staged).len(), 1, "{staged:#}");
}

#[test]
fn a_repository_of_a_form_that_is_not_known_has_files_all_the_same() {
    let folder = repository();
    let path = folder.path();
    commit(path, "ann", 1, "a.env", &line(1));
    git(path, "ann", 2, &["config", "core.repositoryformatversion", "1"]);
    let config = fs::read_to_string(path.join(".git/config")).expect("config");
    fs::write(path.join(".git/config"), format!("{config}[extensions]\n\tsomething = new\n")).expect("written");
    let done = Command::new(env!("CARGO_BIN_EXE_nhi")).current_dir(path).args(["scan", "--format", "json", "--fail-on", "never"]).output().expect("starts");
    assert_eq!(done.status.code(), Some(3), "the scan is incomplete: {}", String::from_utf8_lossy(&done.stderr));
    let report: Value = serde_json::from_slice(&done.stdout).expect("JSON");
    assert_eq!(credentials(&report).len(), 1, "its files were read");
    assert!(report["coverage"][0]["reason"].as_str().is_some_and(|r| r.contains("its history was not")), "{}", report["coverage"]);
}

#[test]
fn a_bare_repository_is_read_at_head() {
    let folder = repository();
    let at = folder.path();
    commit(at, "ann", 1, "conf/a.env", &line(1));
    commit(at, "bob", 2, "b.env", &line(2));
    commit(at, "cat", 3, "b.env", "STRIPE_KEY=\n");
    let bare = tempfile::tempdir().expect("temp");
    git(bare.path(), "ann", 4, &["clone", "-q", "--bare", &at.display().to_string(), "c.git"]);
    let report = scan(&bare.path().join("c.git"), &[]);
    let states: Vec<String> = credentials(&report).values().map(|n| n["attributes"]["state"].to_string()).collect();
    assert_eq!(states.len(), 2, "{states:?}");
    assert!(states.contains(&"\"present-head\"".to_owned()) && states.contains(&"\"history-only\"".to_owned()), "{states:?}");
    assert!(report["nodes"].to_string().contains("conf/a.env"));
}

#[test]
fn only_what_the_commits_add_counts() {
    let folder = repository();
    let at = folder.path();
    commit(at, "ann", 1, "old.env", &line(1));
    git(at, "ann", 1, &["tag", "base"]);
    git(at, "bob", 2, &["mv", "old.env", "moved.env"]);
    git(at, "bob", 2, &["commit", "-qm", "moved"]);
    commit(at, "bob", 3, "moved.env", &format!("PORT=80\n{}", line(1)));
    assert_eq!(credentials(&scan(at, &["--since", "base"])).len(), 0, "what was there before is no news");
    commit(at, "cat", 4, "new.env", &line(2));
    commit(at, "dan", 5, "new.env", "STRIPE_KEY=\n");
    let found = only(&scan(at, &["--since", "base"]));
    assert_eq!(party(&found["first_seen"]), "person:cat@example.org");
    assert_eq!(party(&found["attributes"]["removed"]), "person:dan@example.org");
    assert_eq!(credentials(&scan(at, &["--range", "HEAD~1..HEAD"])).len(), 0, "taken away, not added");
    assert_eq!(credentials(&scan(at, &["--range", "HEAD~2..HEAD~1"])).len(), 1);
    assert_eq!(credentials(&scan(at, &["--max-depth", "1"])).len(), 1, "the work tree, and one commit");
}

#[test]
fn what_a_merge_takes_from_the_other_side_is_that_side_s() {
    let folder = repository();
    let at = folder.path();
    commit(at, "ann", 1, "a.txt", "a\n");
    git(at, "ann", 1, &["checkout", "-qb", "side"]);
    commit(at, "bob", 2, "side.env", &line(1));
    git(at, "ann", 2, &["checkout", "-q", "main"]);
    commit(at, "ann", 3, "b.txt", "b\n");
    assert_eq!(credentials(&scan(at, &["--branch", "main"])).len(), 0);
    assert_eq!(credentials(&scan(at, &["--branch", "side"])).len(), 1);
    git(at, "cat", 4, &["merge", "-q", "--no-ff", "-m", "merged", "side"]);
    assert_eq!(credentials(&scan(at, &["--range", "side..main"])).len(), 0);
    assert_eq!(credentials(&scan(at, &["--range", "main~1..main"])).len(), 1);
}

#[test]
fn a_file_that_git_follows_is_read_though_an_ignore_file_names_it() {
    let folder = tempfile::tempdir().expect("temp");
    git(folder.path(), "carol", 1, &["init", "-q"]);
    commit(folder.path(), "carol", 1, "deploy/app.env.txt", &line(1));
    commit(folder.path(), "carol", 2, ".gitignore", "deploy\nbuild\n");
    fs::create_dir_all(folder.path().join("build")).expect("made");
    fs::write(folder.path().join("build/out.txt"), line(2)).expect("written");
    for inside in [".", "deploy"] {
        let report = scan(folder.path(), &["--no-history", inside]);
        let found = credentials(&report);
        let paths: Vec<&str> = found.values().filter_map(|c| c["declared"][0]["path"].as_str()).collect();
        assert_eq!(paths, ["deploy/app.env.txt"], "in {inside}");
    }
}

#[test]
fn a_revision_that_is_not_there_is_named() {
    let folder = repository();
    commit(folder.path(), "ann", 1, "a.txt", "a\n");
    let done = Command::new(env!("CARGO_BIN_EXE_nhi")).current_dir(folder.path()).args(["scan", "--since", "no-such-branch"]).output().expect("starts");
    assert_eq!(done.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&done.stderr).contains("no-such-branch names no commit"), "{}", String::from_utf8_lossy(&done.stderr));
}

/// Ten trees deep, each holding the next ten times: more paths than there are atoms to count them with.
#[test]
fn a_tree_that_holds_itself_many_times_ends() {
    let folder = repository();
    let at = folder.path();
    fs::write(at.join("x"), "x\n").expect("written");
    let run = |arguments: &[&str], input: &str| {
        use std::io::Write;
        let mut child =
            Command::new("git").current_dir(at).args(arguments).stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).spawn().expect("git");
        child.stdin.take().expect("stdin").write_all(input.as_bytes()).expect("written");
        String::from_utf8(child.wait_with_output().expect("git").stdout).expect("text").trim().to_owned()
    };
    let mut entry = format!("100644 blob {}", run(&["hash-object", "-w", "x"], ""));
    for _ in 0..9 {
        let listing: String = (0..10).map(|i| format!("{entry}\td{i}\n")).collect();
        entry = format!("040000 tree {}", run(&["mktree"], &listing));
    }
    let tree = entry.rsplit(' ').next().expect("id").to_owned();
    let commit = run(&["-c", "user.name=ann", "-c", "user.email=ann@example.org", "commit-tree", "-m", "x", &tree], "");
    git(at, "ann", 1, &["update-ref", "refs/heads/bomb", &commit]);
    let report = scan(at, &[]);
    assert!(report["coverage"].to_string().contains("more paths"), "{}", report["coverage"]);
}

#[test]
fn broken_objects_are_told_and_the_rest_is_read() {
    let folder = repository();
    let at = folder.path();
    long_history(at);
    git(at, "ann", 50, &["repack", "-qadf"]);
    let pack =
        fs::read_dir(at.join(".git/objects/pack")).expect("packs").map(|e| e.expect("entry").path()).find(|p| p.extension().is_some_and(|e| e == "pack"));
    let pack = pack.expect("a pack");
    let mut bytes = fs::read(&pack).expect("read");
    let middle = bytes.len() / 2;
    bytes[middle..middle + 200].fill(0xA5);
    fs::remove_file(&pack).expect("removed");
    fs::write(&pack, bytes).expect("written");
    let report = scan(at, &[]);
    assert!(!report["coverage"]["notes"].to_string().is_empty());
    assert!(report["coverage"].to_string().contains("unknown"), "{}", report["coverage"]);
}

#[test]
fn a_branch_that_was_squashed_has_its_author_and_the_line_of_head_has_another() {
    let folder = repository();
    let at = folder.path();
    commit(at, "ann", 1, "readme.md", "x\n");
    git(at, "ann", 1, &["checkout", "-q", "-b", "feature"]);
    let user = "resource \"aws_iam_user\" \"bot\" {\n  name = \"bot\"\n  path = \"/bots/\"\n}\n";
    commit(at, "nigel", 2, "infra/iam.tf", &user.replace("bots", "robots"));
    commit(at, "nigel", 3, "infra/iam.tf", &format!("{user}# {}", line(1)));
    git(at, "ann", 4, &["checkout", "-q", "main"]);
    git(at, "nate", 5, &["merge", "-q", "--squash", "feature"]);
    git(at, "nate", 5, &["commit", "-qm", "feature"]);
    let check = |report: &Value, creator: &str, owner: &str| {
        let nodes = report["nodes"].as_array().expect("nodes");
        let bot = nodes.iter().find(|n| n["kind"] == "identity" && n["id"].as_str().is_some_and(|i| i.ends_with(":user/bot"))).expect("the user");
        let parties = report["parties"].as_array().expect("parties");
        let first = |role: &str| {
            let of = parties
                .iter()
                .filter(|p| p["node"] == bot["id"] && p["role"] == role)
                .max_by(|a, b| a["confidence"].as_f64().partial_cmp(&b["confidence"].as_f64()).expect("numbers"));
            of.and_then(|p| p["party"].as_str()).expect("somebody").to_owned()
        };
        assert_eq!(first("creator"), format!("person:{creator}@example.org"));
        assert_eq!(first("owner"), format!("person:{owner}@example.org"));
        assert_eq!(bot["first_seen"]["party"], format!("person:{creator}@example.org"));
        let value = credentials(report);
        assert_eq!(value.len(), 1);
        // The value did not come back when the squash brought it to main.
        let told = hops(value.values().next().expect("one"));
        assert_eq!(told, [format!("introduced infra/iam.tf:5 by {creator}")]);
    };
    let kept = tempfile::tempdir().expect("temp");
    let cache = ["--cache-dir", kept.path().to_str().expect("UTF-8")];
    check(&scan(at, &[]), "nigel", "nate");
    check(&scan(at, &cache), "nigel", "nate");
    check(&scan(at, &cache), "nigel", "nate");
    // On the branch itself, it is its author's.
    git(at, "ann", 6, &["checkout", "-q", "feature"]);
    check(&scan(at, &cache), "nigel", "nigel");
    git(at, "ann", 6, &["checkout", "-q", "main"]);
    git(at, "ann", 6, &["branch", "-q", "-D", "feature"]);
    check(&scan(at, &cache), "nate", "nate");
}

/// The hops of a credential: what was done, where, from where, by whom.
fn hops(node: &Value) -> Vec<String> {
    let hops = node["hops"].as_array().cloned().unwrap_or_default();
    let text = |h: &Value, name: &str| h[name].as_str().unwrap_or_default().to_owned();
    hops.iter()
        .map(|h| {
            let by = text(h, "party").replace("person:", "").replace("@example.org", "");
            format!("{} {}:{}{} by {by}", text(h, "deed"), text(h, "path"), h["line"], h["from"].as_str().map_or(String::new(), |f| format!(" from {f}")))
        })
        .collect()
}

#[test]
fn each_copy_move_indent_and_return_of_a_value_is_a_hop() {
    let folder = repository();
    let at = folder.path();
    commit(at, "ann", 1, "a.env", &format!("PORT=80\n{}", line(1)));
    commit(at, "bob", 2, "a.env", &format!("PORT=81\n{}HOST=x\n", line(1)));
    commit(at, "cat", 3, "a.env", &format!("PORT=81\n    {}HOST=x\n", line(1)));
    commit(at, "dan", 4, "copy.env", &line(1));
    git(at, "eve", 5, &["mv", "a.env", "b.env"]);
    git(at, "eve", 5, &["commit", "-qm", "moved"]);
    commit(at, "fay", 6, "copy.env", "STRIPE_KEY=\n");
    commit(at, "gil", 7, "copy.env", &format!("# back\n{}", line(1)));
    let found = only(&scan(at, &[]));
    let expected = [
        "introduced a.env:2 by ann",
        "indented a.env:2 by cat",
        "copied copy.env:1 from a.env by dan",
        "moved b.env:2 from a.env by eve",
        "returned copy.env:2 by gil",
    ];
    assert_eq!(hops(&found), expected);
    assert_eq!(found["attributes"]["state"], "present-head");
    // A merge has the hops of its sides, and none of its own.
    git(at, "hal", 8, &["checkout", "-qb", "side", "HEAD~2"]);
    commit(at, "ivy", 9, "side.env", &line(1));
    git(at, "hal", 10, &["checkout", "-q", "main"]);
    git(at, "hal", 10, &["merge", "-q", "--no-ff", "-m", "merged", "side"]);
    let merged = only(&scan(at, &[]));
    assert_eq!(hops(&merged)[5..], ["copied side.env:1 from copy.env by ivy"]);
}

#[test]
fn what_stands_where_a_value_was_is_what_it_was_rotated_to() {
    let folder = repository();
    let at = folder.path();
    commit(at, "ann", 1, "a.env", &format!("PORT=80\n{}OTHER_{}", line(1), line(2)));
    commit(at, "bob", 2, "a.env", &format!("PORT=80\n{}OTHER_{}", line(3), line(2)));
    commit(at, "cat", 3, "a.env", &format!("PORT=80\n{}", line(3)));
    let report = scan(at, &[]);
    let all = credentials(&report);
    let by = |who: &str| all.values().find(|n| party(&n["attributes"]["removed"]) == format!("person:{who}@example.org")).expect("removed");
    let kept = all.values().find(|n| n["attributes"]["state"] == "present-head").expect("kept");
    let rotated = &by("bob")["attributes"]["rotated"];
    assert_eq!((rotated["to"].as_str(), rotated["path"].as_str(), rotated["line"].as_u64()), (kept["id"].as_str(), Some("a.env"), Some(2)));
    assert_eq!(hops(by("bob")).last().map(String::as_str), Some("removed a.env:2 by bob"));
    assert_eq!(by("cat")["attributes"].get("rotated"), None, "taken away, and nothing came");
    let told = |command: &[&str]| {
        let done = Command::new(env!("CARGO_BIN_EXE_nhi")).current_dir(at).args(command).arg("--no-cache").output().expect("starts");
        String::from_utf8_lossy(&done.stdout).into_owned()
    };
    let id = by("bob")["id"].as_str().expect("id").to_owned();
    for text in [told(&["incident", &id]), told(&["lineage", &id])] {
        assert!(text.contains("person:bob@example.org removed it at a.env:2"), "{text}");
        assert!(text.contains(&format!("in its place stands {}  [a.env:2]", kept["id"].as_str().expect("id"))), "{text}");
    }
}

#[test]
fn what_no_reference_reaches_is_read_when_asked_for() {
    let folder = repository();
    let at = folder.path();
    commit(at, "ann", 1, "a.env", "STRIPE_KEY=\n");
    git(at, "bob", 2, &["checkout", "-qb", "gone"]);
    commit(at, "bob", 2, "b.env", &line(1));
    git(at, "ann", 3, &["checkout", "-q", "main"]);
    git(at, "ann", 3, &["branch", "-qD", "gone"]);
    fs::write(at.join("a.env"), line(2)).expect("written");
    git(at, "cat", 4, &["stash", "-q"]);
    fs::write(at.join("c.env"), line(3)).expect("written");
    git(at, "dan", 5, &["add", "c.env"]);
    git(at, "dan", 5, &["rm", "-q", "--cached", "c.env"]);
    fs::remove_file(at.join("c.env")).expect("removed");
    assert_eq!(credentials(&scan(at, &[])).len(), 0);
    let found = credentials(&scan(at, &["--unreachable"]));
    let places: Vec<&str> = found.values().map(|n| n["declared"][0]["path"].as_str().unwrap_or_default()).collect();
    assert_eq!(found.len(), 3, "{found:#?}");
    assert!(["a.env", "b.env", "(dangling file)"].iter().all(|p| places.contains(p)), "{places:?}");
    assert!(found.values().all(|n| n["attributes"]["unreachable"] == true), "{found:#?}");
    let stashed = found.values().find(|n| n["declared"][0]["path"] == "a.env").expect("stashed");
    assert_eq!(party(&stashed["first_seen"]), "person:cat@example.org");
}

#[test]
fn grafts_and_replacements_join_what_they_join() {
    for by_file in [true, false] {
        let folder = repository();
        let at = folder.path();
        commit(at, "ann", 1, "a.env", &line(1));
        git(at, "ann", 1, &["tag", "old"]);
        git(at, "bob", 2, &["checkout", "-q", "--orphan", "new"]);
        git(at, "bob", 2, &["commit", "-qm", "begun again"]);
        git(at, "bob", 2, &["branch", "-qD", "main"]);
        commit(at, "cat", 3, "a.env", "STRIPE_KEY=\n");
        let removed = |report: &Value| only(report)["attributes"]["removed"]["party"].clone();
        assert_eq!(removed(&scan(at, &[])), "person:cat@example.org");
        assert_eq!(party(&only(&scan(at, &["--branch", "new"]))["first_seen"]), "person:bob@example.org");
        if by_file {
            let id = |name: &str| String::from_utf8(Command::new("git").current_dir(at).args(["rev-parse", name]).output().expect("git").stdout).expect("id");
            fs::create_dir_all(at.join(".git/info")).expect("made");
            fs::write(at.join(".git/info/grafts"), format!("{} {}\n", id("new~1").trim(), id("old").trim())).expect("written");
        } else {
            git(at, "dan", 4, &["replace", "--graft", "new~1", "old"]);
        }
        assert_eq!(party(&only(&scan(at, &["--branch", "new"]))["first_seen"]), "person:ann@example.org");
    }
}

#[test]
fn notes_of_commits_are_read() {
    let folder = repository();
    let at = folder.path();
    commit(at, "ann", 1, "a.txt", "a\n");
    git(at, "bob", 2, &["notes", "add", "-m", &line(1), "HEAD"]);
    let found = only(&scan(at, &[]));
    assert_eq!(party(&found["first_seen"]), "person:bob@example.org");
    assert_eq!(found["attributes"]["held_by"], serde_json::json!(["refs/notes/commits"]));
}

#[test]
fn a_linked_work_tree_has_the_history_of_its_repository() {
    let folder = repository();
    let at = folder.path();
    commit(at, "ann", 1, "a.env", &line(1));
    commit(at, "bob", 2, "a.env", "STRIPE_KEY=\n");
    let other = tempfile::tempdir().expect("temp");
    let tree = other.path().join("tree");
    git(at, "ann", 3, &["worktree", "add", "-q", "--detach", tree.to_str().expect("UTF-8"), "HEAD"]);
    assert_eq!(credentials(&scan(at, &[])), credentials(&scan(&tree, &[])));
    // What is staged there is staged there only.
    fs::write(tree.join("new.env"), line(2)).expect("written");
    git(&tree, "cat", 4, &["add", "new.env"]);
    assert_eq!(credentials(&scan(&tree, &["--staged"])).len(), 1);
    assert_eq!(credentials(&scan(at, &["--staged"])).len(), 0);
}

#[test]
fn submodules_are_followed_by_choice() {
    let (inner, outer) = (repository(), repository());
    commit(inner.path(), "ann", 1, "a.env", &line(1));
    commit(inner.path(), "ann", 2, "b.env", &line(2));
    commit(inner.path(), "bob", 3, "b.env", "STRIPE_KEY=\n");
    let at = outer.path();
    commit(at, "cat", 1, "c.env", &line(3));
    git(at, "cat", 2, &["submodule", "add", "-q", inner.path().to_str().expect("UTF-8"), "lib/inner"]);
    git(at, "cat", 2, &["commit", "-qm", "inner"]);
    let alone = scan(at, &[]);
    assert_eq!(credentials(&alone).len(), 1);
    assert!(alone["coverage"].to_string().contains("--submodules"), "{}", alone["coverage"]);
    let all = scan(at, &["--submodules"]);
    assert_eq!(credentials(&all).len(), 3);
    assert_eq!(all["sources"].as_array().expect("sources").len(), 2);
    // A path that leads elsewhere is not followed.
    let text = fs::read_to_string(at.join(".gitmodules")).expect("read").replace("path = lib/inner", "path = ../..");
    fs::write(at.join(".gitmodules"), text).expect("written");
    assert_eq!(scan(at, &["--submodules"])["sources"].as_array().expect("sources").len(), 1);
}

/// A repository that takes pushes only when `nhi` agrees.
#[test]
fn a_push_is_judged_before_it_is_taken() {
    let (folder, server) = (repository(), tempfile::tempdir().expect("temp"));
    let at = folder.path();
    commit(at, "ann", 1, "old.env", &line(1));
    git(server.path(), "ann", 1, &["clone", "-q", "--bare", at.to_str().expect("UTF-8"), "s.git"]);
    let bare = server.path().join("s.git");
    let hook = bare.join("hooks/pre-receive");
    fs::create_dir_all(bare.join("hooks")).expect("made");
    fs::write(&hook, format!("#!/bin/sh\nexec '{}' scan --pre-receive --fail-on medium\n", env!("CARGO_BIN_EXE_nhi"))).expect("written");
    #[cfg(unix)]
    fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("made a program");
    let push = |references: &[&str]| {
        let url = bare.to_str().expect("UTF-8");
        let done = Command::new("git").current_dir(at).args(["push", "-q", url]).args(references).output().expect("git");
        (done.status.success(), String::from_utf8_lossy(&done.stderr).into_owned())
    };
    git(at, "bob", 2, &["mv", "old.env", "moved.env"]);
    git(at, "bob", 2, &["commit", "-qm", "moved"]);
    let (taken, told) = push(&["HEAD:refs/heads/main"]);
    assert!(taken, "what is moved is no news: {told}");
    commit(at, "cat", 3, "new.env", &line(2));
    commit(at, "cat", 4, "new.env", "STRIPE_KEY=\n");
    let (taken, told) = push(&["HEAD:refs/heads/main"]);
    assert!(!taken && told.contains("LEAK-"), "a value that one of the commits brings: {told}");
    assert!(!told.contains(&key(2)), "and no value is told");
    let (taken, _) = push(&["HEAD:refs/heads/other"]);
    assert!(!taken, "a new branch is no way around");
    git(at, "dan", 5, &["reset", "-q", "--hard", "HEAD~2"]);
    commit(at, "dan", 5, "plain.txt", "a\n");
    assert!(push(&["HEAD:refs/heads/main", "HEAD:refs/heads/more"]).0);
    assert!(push(&[":refs/heads/more"]).0, "what is taken away brings nothing");
}

#[test]
fn a_staged_copy_of_an_old_value_is_no_news() {
    let folder = repository();
    let at = folder.path();
    commit(at, "ann", 1, "a.env", &format!("PORT=80\n{}", line(1)));
    commit(at, "ann", 1, "b.env", "PORT=80\n");
    let staged = || credentials(&scan(at, &["--staged"])).len();
    // Copied from a file that nobody touched, and edited.
    fs::write(at.join("copy.env"), format!("{}HOST=x\n", line(1))).expect("written");
    git(at, "bob", 2, &["add", "-A"]);
    assert_eq!(staged(), 0, "an old value in a new file");
    fs::write(at.join("copy.env"), format!("{}{}", line(1), line(2))).expect("written");
    git(at, "bob", 2, &["add", "-A"]);
    assert_eq!(staged(), 1, "and a new one beside it");
    git(at, "bob", 2, &["rm", "-qf", "copy.env"]);
    // In the middle of a merge, what the other side brings was committed there; what is added to it was not.
    git(at, "cat", 3, &["checkout", "-qb", "side"]);
    commit(at, "cat", 3, "side.env", &line(9));
    git(at, "ann", 4, &["checkout", "-q", "main"]);
    git(at, "ann", 4, &["merge", "-q", "--no-commit", "--no-ff", "side"]);
    assert_eq!(staged(), 0);
    fs::write(at.join("evil.env"), line(3)).expect("written");
    git(at, "ann", 4, &["add", "-A"]);
    assert_eq!(staged(), 1, "a merge in progress");
}
