//! Stories: `testdata/**/*.md` are cases told in prose, run through the real pipeline, and compared with the answers they hold.
//!
//! A `##` section is one case. A fence whose info string has a second word is a file at that path; a fence that is just `graph`,
//! `findings` or `life` is the expected answer. An answer states a part: every line of it must be in the result, and a line that begins with `!`
//! must not. `UPDATE=1` replaces the answers by everything that the pipeline says,
//! `UPDATE=helm.md` only those of the files so named.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nhi::config::Config;
use nhi::document::Document;
use nhi::graph::Lineage;
use nhi::pipeline;

/// 2026-01-01, so that no story depends on the clock.
const NOW: i64 = 1_767_225_600;

#[derive(Default)]
struct Case {
    title: String,
    files: Vec<(String, String)>,
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
            [name @ ("graph" | "findings" | "life")] => case.answers.push(((*name).to_owned(), opens + 1, body)),
            [_, path] => case.files.push(((*path).to_owned(), generate(&(body.join("\n") + "\n")))),
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
        .replace("‹password›", &format!("{}!7", random(14, MIXED)))
        .replace("‹token›", &random(40, MIXED))
        .replace("‹jwt-2025›", &token(r#"{"iss":"https://issuer.example.org","iat":1735689600,"exp":1751328000}"#))
}

/// A signed token with these claims; the signature is made up.
fn token(claims: &str) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{}", part(r#"{"alg":"HS256","typ":"JWT"}"#), part(claims), part("made up for this test, thirty-two"))
}

fn run(case: &Case) -> Lineage {
    let repository: Arc<str> = "repo:github.com/acme/web".into();
    let documents = case.files.iter().map(|(path, text)| Document::new(repository.clone(), path.as_str(), text.clone().into_bytes(), None)).collect();
    pipeline::scan_documents(documents, &Config::default(), NOW)
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
        "life" => {
            const TOLD: &[&str] =
                &["consumers", "created", "dangling", "expires", "lifetime_class", "presence", "revocation_path", "rotated", "rotation", "zombie"];
            for node in lineage.graph.nodes.values() {
                for (name, value) in node.attributes.iter().filter(|(name, _)| TOLD.contains(&name.as_str())) {
                    lines.push(format!("{} {name}: {}", node.id(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
                }
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
