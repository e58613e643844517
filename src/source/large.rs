//! Files that are too large to be held and parsed: text is read in windows, for secret values only; containers are opened when they can be held.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Arc, Mutex};

use super::worktree::MAX_FILE;
use crate::decode;
use crate::document::{Document, Window};

/// Bytes of a window, and how far each reaches into the next.
const WINDOW: usize = 4 << 20;
const OVERLAP: usize = 64 << 10;
/// Bytes of one text that are read at most.
const MAX_TEXT: u64 = 4 << 30;
/// Containers of more bytes are not opened.
const MAX_CONTAINER: u64 = 48 << 20;
/// Bytes that tell what a file is.
const HEAD: u64 = 8_000;

/// What was not read of a large file.
pub(super) enum Outcome {
    /// Nothing was, for this reason.
    Skipped(String),
    /// Only secret values were looked for, or less.
    Partial(String),
    /// All of it.
    Read,
}

/// One container at a time, whatever the number of threads: each may take much memory.
static ONE: Mutex<()> = Mutex::new(());

pub(super) fn read(path: &Path, size: u64, repository: &Arc<str>, relative: &str, take: &(dyn Fn(Document) + Sync)) -> io::Result<Outcome> {
    let mut file = File::open(path)?;
    let mut head = Vec::new();
    file.by_ref().take(HEAD).read_to_end(&mut head)?;
    let limit = MAX_FILE >> 20;
    if decode::container(&head).is_some() {
        if size > MAX_CONTAINER {
            return Ok(Outcome::Skipped(format!("a container larger than {} MiB", MAX_CONTAINER >> 20)));
        }
        let guard = ONE.lock();
        file.read_to_end(&mut head)?;
        take(Document::new(repository.clone(), relative, head, None));
        drop(guard);
        return Ok(Outcome::Read);
    }
    // Wide characters would have to be cut between two of them, and told by a mark that only the first window has.
    if !decode::is_readable(&head) || decode::is_wide(&head) {
        return Ok(Outcome::Skipped(format!("larger than {limit} MiB, and no plain text")));
    }
    windows(file, head, &mut |bytes, window| take(Document::new(repository.clone(), relative, bytes, None).window(window)))?;
    Ok(Outcome::Partial(if size > MAX_TEXT {
        format!("larger than {limit} MiB: only secret values were looked for, and only in the first {} GiB", MAX_TEXT >> 30)
    } else {
        format!("larger than {limit} MiB: only secret values were looked for")
    }))
}

/// Cuts a text into windows. Each owns the places up to the middle of what it shares with the next one.
fn windows(mut file: impl Read, head: Vec<u8>, take: &mut dyn FnMut(Vec<u8>, Window)) -> io::Result<()> {
    let mut bytes = head;
    let (mut line, mut column, mut own, mut left) = (1, 1, 0, MAX_TEXT);
    loop {
        let wanted = (WINDOW - bytes.len()) as u64;
        left -= wanted.min(left);
        let last = (file.by_ref().take(wanted).read_to_end(&mut bytes)? as u64) < wanted || left == 0;
        if last {
            let end = bytes.len();
            take(bytes, Window { line, column, own: own..end });
            return Ok(());
        }
        let shared = bytes.len() - OVERLAP;
        let rest = bytes[shared..].to_vec();
        let gone = &bytes[..shared];
        let start = Window { line, column, own: own..shared + OVERLAP / 2 };
        line = line.saturating_add(memchr::memchr_iter(b'\n', gone).count() as u32);
        let open = memchr::memrchr(b'\n', gone).map(|i| i + 1);
        // Bytes that go on with a character count with it.
        let characters = gone[open.unwrap_or(0)..].iter().filter(|b| **b & 0xC0 != 0x80).count() as u32;
        column = if open.is_some() { 1 } else { column }.saturating_add(characters);
        take(bytes, start);
        bytes = rest;
        own = OVERLAP / 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_own_every_place_once_and_know_where_they_begin() {
        let text: Vec<u8> = (0..3 * WINDOW as u32 / 7).flat_map(|i| format!("{i:06}{}", if i % 1000 == 0 { '\n' } else { 'ä' }).into_bytes()).collect();
        let mut owned = Vec::new();
        let mut at = 0;
        windows(&text[1000..], text[..1000].to_vec(), &mut |bytes, window| {
            let before = &text[..at];
            assert_eq!(window.line as usize, 1 + memchr::memchr_iter(b'\n', before).count());
            let line = &before[memchr::memrchr(b'\n', before).map_or(0, |i| i + 1)..];
            assert_eq!(window.column as usize, 1 + line.iter().filter(|b| **b & 0xC0 != 0x80).count());
            owned.extend_from_slice(&bytes[window.own.clone()]);
            at += bytes.len() - OVERLAP;
        })
        .expect("memory");
        assert!(owned == text);
    }
}
