//! Stories: `testdata/**/*.md` are cases told in prose, run through the real pipeline, and compared with the answers they hold.
//!
//! A `##` section is one case. A fence whose info string has a second word is a file at that path; a fence that is just `graph`,
//! `findings`, `attributes` or `life` is the expected answer. An answer states a part: every line of it must be in the result, and a line that begins with `!`
//! must not. With a `git` block the files are committed one after the other: a line of it is a commit (`2025-01-10 Carol <carol@example.org>`, with
//! trailers behind ` | `, and `rm path`), and a fence whose third word is `@2` is the file as the second commit leaves it.
//! `UPDATE=1` replaces the answers by everything that the pipeline says, `UPDATE=helm.md` only those of the files so named. A file called
//! `nhi.yaml` is the configuration; files whose path begins with `before:` are the state before the change that the others make.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use nhi::audit;
use nhi::config::Config;
use nhi::document::Document;
use nhi::graph::Lineage;
use nhi::pipeline;
use nhi::query;

/// 2026-01-01, so that no story depends on the clock.
const NOW: i64 = 1_767_225_600;

#[derive(Default)]
struct Case {
    title: String,
    /// Path, text, and the commit that brings it, from 1.
    files: Vec<(String, String, usize)>,
    /// Lines of the `git` block.
    commits: Vec<String>,
    /// Block name, first line of its body, its lines.
    answers: Vec<(String, usize, Vec<String>)>,
}

fn stories(folder: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut entries: Vec<PathBuf> = entries.map(|e| e.expect("entry").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            stories(&path, out);
        } else if path.extension().is_some_and(|e| e == "md") {
            out.push(path);
        }
    }
}

fn parse(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((opens, line)) = lines.next() {
        if let Some(title) = line.strip_prefix("## ") {
            cases.push(Case { title: title.to_owned(), ..Case::default() });
        }
        let (Some(info), Some(case)) = (line.strip_prefix("```"), cases.last_mut()) else { continue };
        let fence = &line[..line.len() - line.trim_start_matches('`').len()];
        let info = info.trim_start_matches('`');
        let mut body = Vec::new();
        for (_, inner) in lines.by_ref() {
            if inner == fence {
                break;
            }
            body.push(inner.to_owned());
        }
        match info.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["git"] => case.commits = body,
            [name @ ("graph" | "findings" | "attributes" | "life" | "owners")] => case.answers.push(((*name).to_owned(), opens + 1, body)),
            [_, path, rest @ ..] => {
                let commit = rest.first().and_then(|n| n.strip_prefix('@')?.parse().ok()).unwrap_or(1);
                case.files.push(((*path).to_owned(), generate(&(body.join("\n") + "\n")), commit));
            }
            _ => {}
        }
    }
    cases
}

/// Fills in `‹…›`: made-up values that are built here, so that none stands in the repository.
fn generate(text: &str) -> String {
    let random = |n: usize, alphabet: &str| -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        let mut state = 0x9e37_79b9_7f4a_7c15u64;
        (0..n)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                letters[(state % letters.len() as u64) as usize]
            })
            .collect()
    };
    const MIXED: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    text.replace("‹AKIA›", &format!("{}{}", "AKIA", random(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")))
        .replace("‹aws-secret›", &random(40, MIXED))
        .replace("‹stripe-live›", &format!("{}_{}_{}", "sk", "live", random(24, MIXED)))
        .replace("‹bcrypt›", &format!("$2y$10${}", random(53, MIXED)))
        .replace("‹sha1-hash›", &format!("{{SHA}}{}=", random(27, MIXED)))
        .replace("‹stripe-live-2›", &format!("{}_{}_{}2", "sk", "live", random(23, MIXED)))
        .replace("‹stripe-live-3›", &format!("{}_{}_{}3", "sk", "live", random(23, MIXED)))
        .replace("‹password›", &format!("{}!7", random(14, MIXED)))
        .replace("‹token›", &random(40, MIXED))
        .replace("‹token-2›", &random(26, MIXED))
        .replace("‹private-key›", &pem())
        .replace("‹private-key-json›", &(pem() + "\n").replace('\n', "\\n"))
        .replace("‹rsa-private-key›", &rsa())
        .replace("‹ssh-key›", &openssh())
        .replace("‹ghp›", &github_token(&random(30, MIXED)))
        .replace("‹docker-auth›", &STANDARD.encode(format!("bot:{}", github_token(&random(30, MIXED)))))
        .replace("‹age-key›", &format!("AGE-SECRET-KEY-1{}", random(58, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L")))
        .replace("‹jwt-2025›", &token(r#"{"iss":"https://issuer.example.org","iat":1735689600,"exp":1751328000}"#))
}

/// An Ed25519 key of thirty-two bytes that are made up.
fn pem() -> String {
    let mut der = vec![0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    der.extend((0..32u8).map(|i| i.wrapping_mul(41).wrapping_add(7)));
    let words = ["PRIVATE", "KEY"].join(" ");
    format!("-----BEGIN {words}-----\n{}\n-----END {words}-----", STANDARD.encode(der))
}

/// A token of GitHub's form, whose last letters are the checksum of the others.
fn github_token(body: &str) -> String {
    const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut sum = !body.bytes().fold(!0u32, |sum, byte| (0..8).fold(sum ^ u32::from(byte), |s, _| if s & 1 == 1 { 0xedb8_8320 ^ (s >> 1) } else { s >> 1 }));
    let mut tail = String::new();
    while sum > 0 {
        tail.insert(0, DIGITS[(sum % 62) as usize] as char);
        sum /= 62;
    }
    format!("{}_{body}{tail:0>6}", "ghp")
}

fn armoured(label: &str, content: &[u8]) -> String {
    let coded = STANDARD.encode(content);
    let lines: Vec<&str> = (0..coded.len()).step_by(64).map(|i| &coded[i..(i + 64).min(coded.len())]).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----", lines.join("\n"))
}

/// Numbers of the right size that are no key, in the form of one; the certificate of the golden examples has the same modulus.
fn rsa() -> String {
    let long = |tag: u8, content: &[u8]| [&[tag, 0x82, (content.len() >> 8) as u8, content.len() as u8], content].concat();
    let modulus: Vec<u8> = [0, 0xc1].into_iter().chain((0..255u32).map(|i| (i * 7 % 251) as u8)).collect();
    let numbers = [vec![2, 1, 0], long(2, &modulus), vec![2, 3, 1, 0, 1], long(2, &[9; 256])].concat();
    armoured(&["RSA", "PRIVATE", "KEY"].join(" "), &long(0x30, &numbers))
}

/// The key of `pem` as OpenSSH keeps it, with its public half and a comment.
fn openssh() -> String {
    let text = |bytes: &[u8]| [&(bytes.len() as u32).to_be_bytes(), bytes].concat();
    let seed: Vec<u8> = (0..32u8).map(|i| i.wrapping_mul(41).wrapping_add(7)).collect();
    let public = STANDARD.decode("/qO2qvlGq/9KCjwTEn5nWOfHq/vqUJHukVEwH76jLzE=").expect("the public half");
    let blob = [text(b"ssh-ed25519"), text(&public)].concat();
    let mut private = [vec![0, 0, 0, 7, 0, 0, 0, 7], blob.clone(), text(&[seed, public].concat()), text(b"deploy@acme")].concat();
    private.extend((1..=8).take((8 - private.len() % 8) % 8).map(|n| n as u8));
    let head = [b"openssh-key-v1\0".to_vec(), text(b"none"), text(b"none"), text(b""), vec![0, 0, 0, 1]].concat();
    armoured(&["OPENSSH", "PRIVATE", "KEY"].join(" "), &[head, text(&blob), text(&private)].concat())
}

/// A signed token with these claims; the signature is made up.
fn token(claims: &str) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{}", part(r#"{"alg":"HS256","typ":"JWT"}"#), part(claims), part("made up for this test, thirty-two"))
}

fn run(case: &Case) -> Lineage {
    if !case.commits.is_empty() {
        return committed(case);
    }
    let repository: Arc<str> = "repo:github.com/acme/web".into();
    let config = configuration(case);
    let scan = |files: Vec<(&str, &str)>| {
        let documents = files.into_iter().map(|(path, text)| Document::new(repository.clone(), path, text.as_bytes().to_vec(), None)).collect();
        pipeline::scan_documents(documents, &config, NOW)
    };
    let (before, after): (Vec<_>, Vec<_>) =
        case.files.iter().map(|(path, text, _)| (path.as_str(), text.as_str())).partition(|(path, _)| path.starts_with("before:"));
    let mut lineage = scan(after);
    if !before.is_empty() {
        let base = scan(before.into_iter().map(|(path, text)| (path.trim_start_matches("before:"), text)).collect());
        lineage.weakened = query::weakened(&base, &mut lineage, &[], &query::Reviewers::default());
        lineage.findings = audit::audit(&lineage, &config);
    }
    lineage
}

/// The case's own `nhi.yaml`, with the people file that it names.
fn configuration(case: &Case) -> Config {
    let folder = tempfile::tempdir().expect("temp");
    for (path, text, _) in case.files.iter().filter(|(path, ..)| !path.contains('/')) {
        fs::write(folder.path().join(path), text).expect("written");
    }
    let file = folder.path().join("nhi.yaml");
    if file.is_file() { Config::read(&file).expect("a configuration that can be used") } else { Config::default() }
}

/// Commits the files as the `git` block says, and scans the repository with its history.
fn committed(case: &Case) -> Lineage {
    let folder = tempfile::tempdir().expect("temp");
    let at = folder.path();
    let git = |date: &str, name: &str, email: &str, arguments: &[&str]| {
        let done = Command::new("git")
            .current_dir(at)
            .args(["-c", &format!("user.name={name}"), "-c", &format!("user.email={email}"), "-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main"])
            .args(arguments)
            .env("GIT_AUTHOR_DATE", date)
            .env("GIT_COMMITTER_DATE", date)
            .output()
            .expect("git");
        assert!(done.status.success(), "{} — git {arguments:?}: {}", case.title, String::from_utf8_lossy(&done.stderr));
    };
    git("", "x", "x@example.org", &["init", "-q"]);
    git("", "x", "x@example.org", &["remote", "add", "origin", "https://github.com/acme/web.git"]);
    for (n, line) in case.commits.iter().enumerate() {
        let mut parts = line.split(" | ");
        let (date, who) = parts.next().and_then(|p| p.split_once(' ')).expect("a date and a person");
        let (name, email) = who.trim_end_matches('>').split_once(" <").expect("name and address");
        let mut message = format!("change {}\n\n", n + 1);
        for part in parts {
            match part.strip_prefix("rm ") {
                Some(path) => fs::remove_file(at.join(path)).expect("there"),
                None => message += &format!("{part}\n"),
            }
        }
        for (path, text, _) in case.files.iter().filter(|(_, _, commit)| *commit == n + 1) {
            fs::create_dir_all(at.join(path).parent().expect("a folder")).expect("made");
            fs::write(at.join(path), text).expect("written");
        }
        let date = format!("{date}T12:00:00Z");
        git(&date, name, email, &["add", "-A"]);
        git(&date, name, email, &["commit", "-q", "--allow-empty", "-m", &message]);
    }
    let config = configuration(case);
    let mode = pipeline::Mode::Full { history: Some(nhi::git::Selection::default()) };
    let paths = [at.to_path_buf()];
    let cache = nhi::cache::Cache::none();
    pipeline::scan(&pipeline::Request { paths: &paths, mode, config: &config, submodules: false, cache: &cache, now: NOW, progress: &|_| {} }).expect("scanned")
}

fn answer(lineage: &Lineage, block: &str) -> Vec<String> {
    let mut lines = Vec::new();
    match block {
        "graph" => {
            for node in lineage.graph.nodes.values() {
                let at = node.primary().map_or(String::new(), |l| format!(" @ {}:{}", l.path, l.line));
                lines.push(format!("{} {} {}{at}", node.key.kind.name(), node.key.subtype, node.id()));
            }
            for edge in lineage.graph.edges.values() {
                lines.push(format!("{} -{}-> {}", edge.from, edge.relation.name, edge.to));
            }
        }
        "attributes" => {
            let said = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            for node in lineage.graph.nodes.values() {
                lines.extend(node.attributes.iter().map(|(name, value)| format!("{} {name}: {}", node.id(), said(value))));
                lines.extend(node.env.iter().map(|env| format!("{} env: {env}", node.id())));
            }
            for edge in lineage.graph.edges.values() {
                let whole = format!("{} -{}-> {}", edge.from, edge.relation.name, edge.to);
                lines.extend(edge.attributes.iter().map(|(name, value)| format!("{whole} {name}: {}", said(value))));
                if edge.condition == nhi::model::Condition::Unknown {
                    lines.push(format!("{whole} condition: unknown"));
                }
            }
        }
        "life" => {
            const TOLD: &[&str] = &[
                "consumers",
                "created",
                "dangling",
                "expires",
                "lifetime_class",
                "presence",
                "presence_because",
                "replaced_by",
                "revocation_path",
                "rotated",
                "rotation",
                "zombie",
            ];
            for node in lineage.graph.nodes.values() {
                for (name, value) in node.attributes.iter().filter(|(name, _)| TOLD.contains(&&***name)) {
                    lines.push(format!("{} {name}: {}", node.id(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
                }
            }
        }
        "owners" => {
            for p in &lineage.parties {
                let signals: Vec<&str> = p.signals.iter().map(|s| s.signal).collect();
                let settled = if p.contested {
                    "contested"
                } else if p.resolved {
                    "settled"
                } else {
                    "open"
                };
                lines.push(format!("{} {} {} {settled} {} [{}]", p.node, p.role.name(), p.party, p.activity.name(), signals.join(", ")));
            }
        }
        _ => {
            for f in &lineage.findings {
                let at = f.at.as_ref().map_or(String::new(), |l| format!(" @ {}:{}", l.path, l.line));
                lines.push(format!("{} {} {}{at}", f.check, f.severity.name(), f.subject));
            }
        }
    }
    lines.sort();
    lines.dedup();
    lines
}

/// The files of every story, case by case: what other tests break or turn around.
pub(crate) fn all_cases() -> Vec<Vec<(String, String)>> {
    let mut files = Vec::new();
    stories(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata"), &mut files);
    let texts = files.iter().map(|f| fs::read_to_string(f).expect("UTF-8"));
    texts
        .flat_map(|text| parse(&text))
        .map(|case| case.files.into_iter().map(|(path, text, ..)| (path, text)).collect::<Vec<_>>())
        .filter(|files| !files.is_empty())
        .collect()
}

/// How many golden examples the domain specification has (appendix A).
const GOLDEN: usize = 78;

#[test]
fn every_golden_example_is_a_story() {
    let mut files = Vec::new();
    stories(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/golden"), &mut files);
    let texts: Vec<String> = files.iter().map(|f| fs::read_to_string(f).expect("UTF-8")).collect();
    let told = texts.iter().flat_map(|text| parse(text)).filter(|case| !case.answers.is_empty() && !case.files.is_empty());
    let mut numbers: Vec<usize> = told.filter_map(|case| case.title.strip_prefix('A')?.split(' ').next()?.parse().ok()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=GOLDEN).collect::<Vec<_>>(), "each of the appendix's examples has one story, named by its number");
}

#[test]
fn stories_come_out_as_told() {
    let mut files = Vec::new();
    stories(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata"), &mut files);
    let mut wrong = Vec::new();
    let mut told = 0;
    for file in files {
        let text = fs::read_to_string(&file).expect("UTF-8");
        let update = std::env::var("UPDATE").is_ok_and(|name| name == "1" || file.ends_with(name));
        let mut updated: Vec<String> = text.lines().map(str::to_owned).collect();
        for case in parse(&text).iter().rev() {
            if case.answers.is_empty() {
                continue;
            }
            told += 1;
            let lineage = run(case);
            for (block, first, expected) in case.answers.iter().rev() {
                let actual = answer(&lineage, block);
                if update {
                    updated.splice(*first..*first + expected.len(), actual);
                    continue;
                }
                for line in expected.iter().filter(|l| !l.trim().is_empty()) {
                    let (absent, wanted) = line.strip_prefix("! ").map_or((false, line.as_str()), |l| (true, l));
                    if actual.iter().any(|a| a == wanted || (absent && a.starts_with(wanted))) == absent {
                        let near: Vec<&String> = actual.iter().filter(|a| wanted.split(' ').filter(|w| a.contains(w)).count() >= 2).take(4).collect();
                        wrong.push(format!(
                            "{} — {}\n  {}: {wanted}\n  near it: {near:#?}",
                            file.display(),
                            case.title,
                            if absent { "must not be there" } else { "missing" }
                        ));
                    }
                }
            }
        }
        if update {
            fs::write(&file, updated.join("\n") + "\n").expect("writable");
        }
    }
    assert!(told > 0, "there are stories");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
