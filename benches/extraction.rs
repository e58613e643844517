//! How long each wing of extractors takes over work trees, on one core, and what share of a whole scan without history that is.
//!
//!     cargo bench --locked --bench extraction -- PATH…

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use nhi::config::Config;
use nhi::document::Document;
use nhi::extract::{self, Extractor, Read};
use nhi::model::Facts;
use nhi::{pipeline, source};

/// Passes; the fastest counts, since the others were disturbed.
const PASSES: usize = 3;

/// Bytes of a document that decide whether an extractor is interested.
const HEAD: usize = 4096;

/// Seconds that this thread has run; where the system does not tell, seconds that have passed.
fn clock(start: Instant) -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok().and_then(|s| s.split(' ').next()?.parse::<u64>().ok());
    told.map_or_else(|| start.elapsed().as_secs_f64(), |ns| ns as f64 / 1e9)
}

/// Seconds that all threads of this process have run (a whole scan has threads of its own), in steps of the system's clock of a hundredth.
fn process_clock(start: Instant) -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Behind the name, which may hold anything: user and system time are the twelfth and thirteenth.
    let mut times = text.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).map_while(|f| f.parse::<u64>().ok());
    match (times.next(), times.next()) {
        (Some(user), Some(system)) => (user + system) as f64 / 100.0,
        _ => start.elapsed().as_secs_f64(),
    }
}

/// The same documents, with nothing parsed yet.
fn fresh(texts: &[(Arc<str>, Vec<u8>)], repository: &Arc<str>) -> Vec<Document> {
    texts.iter().map(|(path, bytes)| Document::new(repository.clone(), path.clone(), bytes.clone(), None)).collect()
}

/// Seconds and bytes of one wing: each of its extractors over the documents that it wants, parsing included.
fn wing(extractors: &[Extractor], texts: &[(Arc<str>, Vec<u8>)], repository: &Arc<str>, began: Instant) -> (f64, usize) {
    let documents = fresh(texts, repository);
    let start = clock(began);
    let mut read = vec![false; documents.len()];
    for extractor in extractors {
        let wanted: Vec<usize> =
            (0..documents.len()).filter(|i| (extractor.matches)(&documents[*i].path, &documents[*i].bytes[..documents[*i].bytes.len().min(HEAD)])).collect();
        wanted.iter().for_each(|i| read[*i] = true);
        let mut facts = Facts::default();
        match extractor.read {
            Read::Any(one) | Read::Each(one) => wanted.iter().for_each(|i| one(&documents[*i], &mut facts)),
            Read::Unit(all) => all(&wanted.iter().map(|i| &documents[*i]).collect::<Vec<_>>(), &mut facts),
        }
    }
    let bytes = documents.iter().zip(&read).filter(|(_, read)| **read).map(|(d, _)| d.bytes.len()).sum();
    (clock(began) - start, bytes)
}

#[allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]
fn main() {
    let paths: Vec<PathBuf> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).map(PathBuf::from).collect();
    // One core, so that the seconds of this thread are those of the work.
    if rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build_global().is_err() {
        return;
    }
    let wings: [(&str, &[Extractor]); 8] = [
        ("text", extract::text::EXTRACTORS),
        ("certificates", extract::certificates::EXTRACTORS),
        ("ci", extract::ci::EXTRACTORS),
        ("infra", extract::infra::EXTRACTORS),
        ("kubernetes", extract::kubernetes::EXTRACTORS),
        ("workstation", extract::workstation::EXTRACTORS),
        ("agents", extract::agents::EXTRACTORS),
        ("code", extract::code::EXTRACTORS),
    ];
    let began = Instant::now();
    for path in paths {
        let repository: Arc<str> = "repo:github.com/acme/web".into();
        let texts = Mutex::new(Vec::new());
        source::read_work_tree(&path, &path, &repository, &|_| false, &|d: Document| {
            if let Ok(mut texts) = texts.lock() {
                texts.push((d.path.clone(), d.bytes));
            }
        });
        let mut texts: Vec<(Arc<str>, Vec<u8>)> = texts.into_inner().unwrap_or_default();
        texts.sort();
        let bytes: usize = texts.iter().map(|(_, b)| b.len()).sum();
        println!("{}: {} files, {:.1} MB", path.display(), texts.len(), bytes as f64 / 1e6);
        let config = Config::default();
        let whole = (0..PASSES)
            .map(|_| {
                let documents = fresh(&texts, &repository);
                let start = process_clock(began);
                pipeline::scan_documents(documents, &config, 1_767_225_600);
                process_clock(began) - start
            })
            .fold(f64::INFINITY, f64::min);
        let mut structured = 0.0;
        for (name, extractors) in wings {
            let (seconds, bytes) =
                (0..PASSES).map(|_| wing(extractors, &texts, &repository, began)).fold((f64::INFINITY, 0), |best, one| if one.0 < best.0 { one } else { best });
            if name != "text" {
                structured += seconds;
            }
            println!(
                "  {name:<13} {:>8.1} ms {:>8.1} MB {:>7.0} MB/s {:>5.1} %",
                seconds * 1e3,
                bytes as f64 / 1e6,
                bytes as f64 / 1e6 / seconds,
                seconds / whole * 100.0
            );
        }
        println!(
            "  {:<13} {:>8.1} ms {:>32.1} %, of a scan of {:.1} ms without history",
            "all but text",
            structured * 1e3,
            structured / whole * 100.0,
            whole * 1e3
        );
    }
}
