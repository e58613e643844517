//! How fast text is scanned for secrets: all rules and decodings on, everything in memory, one core.
//!
//!     cargo bench --locked --bench content -- FOLDER

use std::path::{Path, PathBuf};
use std::time::Instant;

use nhi::decode;
use nhi::detect;

/// Passes over the folder; the fastest counts, since the others were disturbed.
const PASSES: usize = 7;

fn files(folder: &Path, out: &mut Vec<(String, Vec<u8>)>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut entries: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
    entries.sort();
    for path in entries {
        if path.is_symlink() || path.file_name().is_some_and(|n| n == ".git") {
            continue;
        }
        if path.is_dir() {
            files(&path, out);
        } else if let Ok(bytes) = std::fs::read(&path)
            && decode::is_readable(&bytes)
            && decode::container(&bytes).is_none()
        {
            out.push((path.to_string_lossy().into_owned(), bytes));
        }
    }
}

/// Seconds that this thread has run; where the system does not tell, seconds that have passed.
fn clock(start: Instant) -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok().and_then(|s| s.split(' ').next()?.parse::<u64>().ok());
    told.map_or_else(|| start.elapsed().as_secs_f64(), |ns| ns as f64 / 1e9)
}

#[allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]
fn main() {
    let folder = std::env::args().skip(1).find(|a| !a.starts_with('-')).unwrap_or_else(|| "src".into());
    let mut texts = Vec::new();
    files(Path::new(&folder), &mut texts);
    let bytes: usize = texts.iter().map(|(_, b)| b.len()).sum();
    let engine = detect::engine();
    let mut best = f64::INFINITY;
    let mut found = 0;
    let began = Instant::now();
    for _ in 0..PASSES {
        let start = clock(began);
        found = texts.iter().map(|(path, text)| engine.scan(path, text).len()).sum();
        best = best.min(clock(began) - start);
    }
    println!("{} files, {:.1} MB, {found} found: {:.0} MB/s on one core", texts.len(), bytes as f64 / 1e6, bytes as f64 / 1e6 / best);
}
