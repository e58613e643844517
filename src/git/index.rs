//! The index file against HEAD's tree, without reading what both agree on: the index remembers the trees of folders that nothing was staged in
//! (git's `index-format`, extension TREE). What is not a plain index is left to the library.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use git2::{ObjectType, Oid, Repository};

use super::MAX_PATH_DEPTH;

/// A file that is not the same in HEAD and in the index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) path: String,
    pub(super) old: Option<Oid>,
    pub(super) new: Option<Oid>,
}

/// Mode bits of what is not a file.
const LINK: u32 = 0o120_000;
const SUBMODULE: u32 = 0o160_000;
/// Length of an entry in front of its id, and of the flags behind it.
const STAT: usize = 40;
const FLAGS: usize = 2;

struct Entry<'a> {
    path: &'a [u8],
    id: Oid,
    is_file: bool,
}

/// A folder that both sides may know.
struct Folder<'a> {
    /// With a `/` behind it; empty for the root.
    prefix: Vec<u8>,
    /// In HEAD.
    tree: Option<Oid>,
    /// What the index has below it.
    below: &'a [Entry<'a>],
    depth: usize,
}

/// The index that a commit in the making is made from: git names another one to its hooks for `commit -a` and for commits of some files only.
pub(super) fn file_of(repo: &Repository) -> PathBuf {
    match std::env::var_os("GIT_INDEX_FILE").filter(|name| !name.is_empty()) {
        Some(name) => repo.workdir().unwrap_or(repo.path()).join(name),
        None => repo.path().join("index"),
    }
}

/// What differs, by path. Nothing when the index is not a plain one of versions 2 and 3: compressed, split, sparse, or in the middle of a merge.
pub(super) fn changes(repo: &Repository) -> Option<Vec<Change>> {
    let bytes = fs::read(file_of(repo)).ok()?;
    let (entries, trees) = read(&bytes, super::id_width(repo))?;
    let head = repo.head().ok().and_then(|h| h.peel_to_tree().ok()).map(|t| t.id());
    let mut sides: BTreeMap<Vec<u8>, (Option<Oid>, Option<Oid>)> = BTreeMap::new();
    let mut open = vec![Folder { prefix: Vec::new(), tree: head, below: &entries, depth: 0 }];
    while let Some(Folder { prefix, tree, below, depth }) = open.pop() {
        if depth > MAX_PATH_DEPTH || (tree.is_some() && trees.get(&prefix) == tree.as_ref()) {
            continue;
        }
        let tree = match tree {
            Some(id) => Some(repo.find_tree(id).ok()?),
            None => None,
        };
        let mut folders: BTreeMap<Vec<u8>, Option<Oid>> = BTreeMap::new();
        for entry in tree.iter().flatten() {
            let path = [&prefix[..], entry.name_bytes()].concat();
            match entry.kind() {
                Some(ObjectType::Tree) => drop(folders.insert([&path[..], b"/"].concat(), Some(entry.id()))),
                Some(ObjectType::Blob) if entry.filemode() as u32 != LINK => sides.entry(path).or_default().0 = Some(entry.id()),
                _ => {}
            }
        }
        for entry in below {
            match entry.path[prefix.len()..].iter().position(|b| *b == b'/') {
                Some(slash) => drop(folders.entry(entry.path[..prefix.len() + slash + 1].to_vec()).or_default()),
                None if entry.is_file => sides.entry(entry.path.to_vec()).or_default().1 = Some(entry.id),
                None => {}
            }
        }
        for (folder, tree) in folders {
            let from = below.partition_point(|e| e.path < &folder[..]);
            let count = below[from..].partition_point(|e| e.path.starts_with(&folder));
            open.push(Folder { prefix: folder, tree, below: &below[from..from + count], depth: depth + 1 });
        }
    }
    let differing = sides.into_iter().filter(|(_, (old, new))| old != new);
    Some(differing.map(|(path, (old, new))| Change { path: String::from_utf8_lossy(&path).into_owned(), old, new }).collect())
}

/// The trees of folders, by their path with a `/` behind it.
type Trees = BTreeMap<Vec<u8>, Oid>;

/// `width` is the length of an id, and of the checksum that ends the file.
fn read(bytes: &[u8], width: usize) -> Option<(Vec<Entry<'_>>, Trees)> {
    let length_of_fixed = STAT + width + FLAGS;
    let number = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    if !bytes.starts_with(b"DIRC") || !matches!(number(4)?, 2 | 3) {
        return None;
    }
    let mut entries = Vec::new();
    let mut at = 12;
    for _ in 0..number(8)? {
        let fixed = bytes.get(at..at + length_of_fixed)?;
        let flags = u16::from_be_bytes([fixed[STAT + width], fixed[STAT + width + 1]]);
        let mode = number(at + 24)?;
        let mut name_at = at + length_of_fixed;
        let mut intended = false;
        if flags & 0x4000 != 0 {
            intended = bytes.get(name_at)? & 0x20 != 0;
            name_at += 2;
        }
        let length = memchr::memchr(0, bytes.get(name_at..)?)?;
        let path = &bytes[name_at..name_at + length];
        // Stages belong to a merge, folders to a sparse index.
        if flags & 0x3000 != 0 || mode & 0o170_000 == 0o040_000 {
            return None;
        }
        // `git add --intent-to-add` stages a name and no content.
        if !intended {
            entries.push(Entry { path, id: Oid::from_bytes(&fixed[STAT..STAT + width]).ok()?, is_file: !matches!(mode & 0o170_000, LINK | SUBMODULE) });
        }
        // Padded with at least one zero to a multiple of eight.
        at += (name_at + length - at) / 8 * 8 + 8;
    }
    if !entries.is_sorted_by(|a, b| a.path < b.path) {
        return None;
    }
    let mut trees = Trees::new();
    let end = bytes.len().checked_sub(width)?;
    while at + 8 <= end {
        let body = bytes.get(at + 8..at + 8 + number(at + 4)? as usize)?;
        match &bytes[at..at + 4] {
            b"TREE" => read_trees(body, &mut trees, width)?,
            // Extensions in lower case must be understood: a split index is one.
            name if name[0].is_ascii_lowercase() => return None,
            _ => {}
        }
        at += 8 + body.len();
    }
    Some((entries, trees))
}

/// `<name>\0<entries> <subtrees>\n<id>`, a folder before those in it; a folder with changes has -1 entries and no id.
fn read_trees(mut body: &[u8], trees: &mut Trees, width: usize) -> Option<()> {
    // Folders that still have subtrees to come, with their paths.
    let mut open: Vec<(Vec<u8>, usize)> = Vec::new();
    while !body.is_empty() {
        let name_end = memchr::memchr(0, body)?;
        let line_end = name_end + memchr::memchr(b'\n', &body[name_end..])?;
        let counts = std::str::from_utf8(&body[name_end + 1..line_end]).ok()?;
        let (entries, subtrees) = counts.split_once(' ')?;
        let (entries, subtrees): (i64, usize) = (entries.parse().ok()?, subtrees.parse().ok()?);
        while open.last().is_some_and(|(_, left)| *left == 0) {
            open.pop();
        }
        let path = match open.last_mut() {
            Some((folder, left)) => {
                *left -= 1;
                [&folder[..], &body[..name_end], b"/"].concat()
            }
            None => Vec::new(),
        };
        body = &body[line_end + 1..];
        if entries >= 0 {
            trees.insert(path.clone(), Oid::from_bytes(body.get(..width)?).ok()?);
            body = &body[width..];
        }
        if open.len() > MAX_PATH_DEPTH {
            return None;
        }
        open.push((path, subtrees));
    }
    Some(())
}
