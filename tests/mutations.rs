//! Files of the stories, broken in many ways: nothing may panic, hang, or take more than its share of time.
//!
//! A short run goes with every test; `FUZZ_SECONDS=300 cargo test mutations` runs as long as it says.

use std::sync::Arc;
use std::time::{Duration, Instant};

use nhi::document::Document;
use nhi::extract::Extraction;

use crate::stories;

/// Time that no broken file of a few kilobytes may take, even in a debug build on a busy machine.
const TOO_LONG: Duration = Duration::from_secs(20);

/// Pieces that mean something to one parser or another.
const PIECES: &[&str] = &[
    "{{",
    "}}",
    "{{- if .x }}",
    "{{ end }}",
    "${",
    "}",
    "$(",
    "!Sub ",
    "&a ",
    "*a",
    "<<: *a\n",
    "---\n",
    "- ",
    ": ",
    "|\n",
    "\"",
    "'",
    "\\",
    "\u{0}",
    "\u{feff}",
    "\t",
    "{",
    "[",
    "]",
    "-----BEGIN CERTIFICATE-----\n",
    "-----END CERTIFICATE-----\n",
    "-----BEGIN RSA PRIVATE KEY-----\n",
    "LS0tLS1CRUdJTi",
    "<<EOF\n",
    "EOF\n",
    "/*",
    "#",
    "é",
    "𝕏",
    "%",
    "..",
    "/",
    "99999999999999999999",
    "{\"a\":",
    "\r\n",
    "\n\n",
    "= ",
    "[a]\n",
    "<a>",
    "</a>",
    "ENC[AES256_GCM,",
    "$ANSIBLE_VAULT;1.1;AES256\n",
];

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
}

fn mutated(bytes: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for _ in 0..=random.below(6) {
        let at = random.below(out.len() + 1);
        match random.below(8) {
            0 => out.truncate(at),
            1 if !out.is_empty() => {
                let at = at.min(out.len() - 1);
                out[at] = random.next() as u8;
            }
            2 => drop(out.splice(at..at, PIECES[random.below(PIECES.len())].bytes())),
            3 => {
                let to = (at + random.below(40)).min(out.len());
                out.drain(at..to);
            }
            // A part again, often: depth and length.
            4 => {
                let to = (at + random.below(30)).min(out.len());
                let part = out[at..to].repeat(random.below(200));
                out.splice(at..at, part);
            }
            5 => {
                let from = random.below(other.len() + 1);
                let to = (from + random.below(300)).min(other.len());
                out.splice(at..at, other[from..to].iter().copied());
            }
            6 => {
                let piece = PIECES[random.below(PIECES.len())].repeat(random.below(300));
                out.splice(at..at, piece.bytes());
            }
            _ => out.rotate_left(at),
        }
        if out.is_empty() {
            break;
        }
    }
    out.truncate(64 * 1024);
    out
}

#[test]
fn mutations_of_every_format_never_fail() {
    let seconds = std::env::var("FUZZ_SECONDS").ok().and_then(|s| s.parse().ok()).map(Duration::from_secs);
    let cases = stories::all_cases();
    let mut random = Random(0x5eed_0001_2345_6789 ^ std::env::var("FUZZ_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(0));
    let start = Instant::now();
    let mut runs = 0u64;
    let run = |documents: Vec<(String, Vec<u8>)>| {
        let began = Instant::now();
        let extraction = Extraction::default();
        for (path, bytes) in &documents {
            extraction.take(Document::new(Arc::from("repo:github.com/acme/web"), path.as_str(), bytes.clone(), None));
        }
        let facts = extraction.finish();
        let failed: Vec<&str> = facts.notes.iter().map(|n| n.reason.as_str()).filter(|r| r.contains("failed on this file")).collect();
        if !failed.is_empty() || began.elapsed() > TOO_LONG {
            let folder = std::env::temp_dir().join("nhi-mutations");
            for (path, bytes) in &documents {
                let path = folder.join(path.replace('/', "__"));
                std::fs::create_dir_all(&folder).expect("a folder");
                std::fs::write(path, bytes).expect("writable");
            }
            panic!("{failed:?} after {:?}; the files are in {}", began.elapsed(), folder.display());
        }
    };
    loop {
        let done = match seconds {
            Some(limit) => start.elapsed() > limit,
            None => runs >= 400,
        };
        if done {
            break;
        }
        let (case, other) = (&cases[random.below(cases.len())], &cases[random.below(cases.len())]);
        let changed = random.below(case.len());
        let splice = other.first().map_or(&[][..], |(_, text)| text.as_bytes());
        let documents = case
            .iter()
            .enumerate()
            .map(|(i, (path, text))| (path.clone(), if i == changed { mutated(text.as_bytes(), splice, &mut random) } else { text.clone().into_bytes() }))
            .collect();
        run(documents);
        runs += 1;
    }
    assert!(runs >= 400 || seconds.is_some(), "{runs} mutations");
}
