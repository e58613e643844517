//! Every commit and tree of a repository, read in one pass over the object database and kept in little room.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;

use super::objects::{Kind, NONE, Objects, Visited, Visitor};

/// What an entry of a tree is; what is neither (a submodule) is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EntryKind {
    Tree,
    File,
    /// Its blob is a path, not content.
    Link,
}

/// One entry of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Name and kind.
    packed: u32,
    /// Number of the object; `NONE` when it is missing.
    pub(super) object: u32,
}

impl Entry {
    pub(super) fn name(self) -> u32 {
        self.packed >> 2
    }

    pub(super) fn kind(self) -> EntryKind {
        match self.packed & 3 {
            0 => EntryKind::Tree,
            1 => EntryKind::File,
            _ => EntryKind::Link,
        }
    }

    /// Whether two entries have the same name and kind.
    pub(super) fn alike(self, other: Entry) -> bool {
        self.packed == other.packed
    }
}

/// A commit as it is stored.
#[derive(Debug)]
pub(super) struct StoredCommit {
    pub(super) number: u32,
    /// `NONE` when it is missing.
    pub(super) tree: u32,
    /// Ids of parents that are not there are left out, and counted.
    pub(super) parents: Vec<u32>,
    pub(super) missing_parents: u32,
    pub(super) author: Signature,
    /// When it was committed, seconds since the epoch.
    pub(super) committed: i64,
}

/// Who and when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Signature {
    pub(super) name: String,
    pub(super) email: String,
    pub(super) time: i64,
}

/// Trees by number, and the names in them.
pub(super) struct Trees {
    /// Where the entries of a tree begin, by its number; `NONE` for what is no tree.
    starts: Vec<u32>,
    /// All of them: in front of those of one tree stands how many there are.
    entries: Vec<Entry>,
    pub(super) names: Vec<Arc<[u8]>>,
}

impl Trees {
    /// Numbers are below this.
    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }

    /// The entries of a tree, in git's order; nothing when it is missing.
    pub(super) fn get(&self, number: u32) -> Option<&[Entry]> {
        let start = self.starts.get(number as usize).filter(|s| **s != NONE)?;
        self.entries.get(*start as usize..)?.split_first().and_then(|(count, entries)| entries.get(..count.packed as usize))
    }
}

/// What the pass yields.
pub(super) struct Skeleton {
    pub(super) commits: Vec<StoredCommit>,
    /// Annotated tags, and what they point at.
    pub(super) tags: HashMap<u32, u32>,
    pub(super) trees: Trees,
}

/// Reads every commit, tree and tag.
pub(super) fn skeleton(objects: &Objects) -> Skeleton {
    let names = Names::default();
    let entries = Mutex::new(Vec::new());
    let parts = objects.visit(&Reader { objects, names: &names, entries: &entries });
    let mut commits = Vec::new();
    let mut tags = HashMap::new();
    let mut starts = vec![NONE; objects.len()];
    for part in parts {
        part.trees.into_iter().for_each(|(number, start)| starts[number as usize] = start);
        commits.extend(part.commits);
        tags.extend(part.tags);
    }
    let entries = entries.into_inner().unwrap_or_else(PoisonError::into_inner);
    Skeleton { commits, tags, trees: Trees { starts, entries, names: names.0.into_inner().unwrap_or_else(PoisonError::into_inner).list } }
}

/// Names of entries, by number.
#[derive(Default)]
struct Names(Mutex<NameTable>);

#[derive(Default)]
struct NameTable {
    numbers: HashMap<Arc<[u8]>, u32>,
    list: Vec<Arc<[u8]>>,
}

impl Names {
    fn number(&self, name: &[u8]) -> (Arc<[u8]>, u32) {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((name, number)) = table.numbers.get_key_value(name) {
            return (name.clone(), *number);
        }
        let (name, number): (Arc<[u8]>, u32) = (name.into(), table.list.len() as u32);
        table.list.push(name.clone());
        table.numbers.insert(name.clone(), number);
        (name, number)
    }
}

struct Reader<'a> {
    objects: &'a Objects,
    names: &'a Names,
    /// Entries of all trees: one piece of memory, which is given back as one.
    entries: &'a Mutex<Vec<Entry>>,
}

#[derive(Default)]
struct Part {
    commits: Vec<StoredCommit>,
    tags: Vec<(u32, u32)>,
    /// Numbers of trees, and where their entries begin.
    trees: Vec<(u32, u32)>,
    /// Those of the tree that is being read.
    entries: Vec<Entry>,
    /// Numbers of the names met so far: spares the shared table.
    known: FxHashMap<Arc<[u8]>, u32>,
}

impl Visitor for Reader<'_> {
    type Kept = ();
    type Gathered = Part;

    fn begin(&self) -> Part {
        Part::default()
    }

    fn wants(&self, _: u32, kind: Kind) -> bool {
        matches!(kind, Kind::Commit | Kind::Tree | Kind::Tag)
    }

    fn visit(&self, part: &mut Part, object: Visited<'_>, _: Option<&()>) {
        match self.objects.kind(object.number) {
            Kind::Commit => part.commits.extend(commit(self.objects, object.number, object.bytes)),
            Kind::Tree => {
                part.entries.clear();
                self.tree(object.bytes, &mut part.known, &mut part.entries);
                let mut all = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
                // Places are numbers of 32 bits: what is behind is as if it were missing.
                if let Some(start) = u32::try_from(all.len()).ok().filter(|s| *s != NONE) {
                    part.trees.push((object.number, start));
                    all.extend_from_slice(&part.entries);
                }
            }
            _ => {
                let target = object.bytes.strip_prefix(b"object ").and_then(|b| id_in(self.objects, b));
                part.tags.extend(target.map(|t| (object.number, t)));
            }
        }
    }

    fn unreadable(&self, _: &mut Part, _: u32) {}
}

impl Reader<'_> {
    /// `<mode> <name>\0<id>`, again and again; what does not fit ends the tree.
    fn tree(&self, bytes: &[u8], known: &mut FxHashMap<Arc<[u8]>, u32>, entries: &mut Vec<Entry>) {
        let width = self.objects.width();
        entries.push(Entry { packed: 0, object: NONE });
        let mut rest = bytes;
        while let Some(Stored { mode, name, id, behind }) = entry(rest, width) {
            rest = behind;
            let kind = match mode {
                b"40000" | b"040000" => 0,
                b"120000" => 2,
                b"160000" => continue,
                _ => 1,
            };
            let number = match known.get(name) {
                Some(number) => *number,
                None => {
                    let (name, number) = self.names.number(name);
                    known.insert(name, number);
                    number
                }
            };
            entries.push(Entry { packed: number << 2 | kind, object: self.objects.number(id).unwrap_or(NONE) });
        }
        entries[0].packed = (entries.len() - 1) as u32;
    }
}

/// An entry as it is stored.
struct Stored<'a> {
    mode: &'a [u8],
    name: &'a [u8],
    id: &'a [u8],
    behind: &'a [u8],
}

/// Mode, name and id of the first entry, and what is behind it.
fn entry(bytes: &[u8], width: usize) -> Option<Stored<'_>> {
    let space = bytes.iter().take(8).position(|b| *b == b' ')?;
    let (mode, rest) = (&bytes[..space], &bytes[space + 1..]);
    let length = memchr::memchr(0, rest)?;
    let id = rest.get(length + 1..length + 1 + width)?;
    Some(Stored { mode, name: &rest[..length], id, behind: &rest[length + 1 + width..] })
}

/// The parents of one commit, by number; none when it is no commit.
pub(super) fn parents(objects: &Objects, number: u32) -> Vec<u32> {
    if objects.kind(number) != Kind::Commit {
        return Vec::new();
    }
    let bytes = objects.bytes_of(&[number]).next();
    bytes.and_then(|b| commit(objects, number, &b)).map(|c| c.parents).unwrap_or_default()
}

/// The object whose id stands in hexadecimal at the start of a text.
fn id_in(objects: &Objects, text: &[u8]) -> Option<u32> {
    let digits = std::str::from_utf8(text.get(..objects.width() * 2)?).ok()?;
    objects.number(&super::objects::hex(digits)?)
}

fn commit(objects: &Objects, number: u32, bytes: &[u8]) -> Option<StoredCommit> {
    let mut commit = StoredCommit { number, tree: NONE, parents: Vec::new(), missing_parents: 0, author: Signature::default(), committed: 0 };
    for line in bytes.split(|b| *b == b'\n').take_while(|l| !l.is_empty()) {
        if let Some(id) = line.strip_prefix(b"tree ") {
            commit.tree = id_in(objects, id).unwrap_or(NONE);
        } else if let Some(id) = line.strip_prefix(b"parent ") {
            match id_in(objects, id) {
                Some(parent) => commit.parents.push(parent),
                None => commit.missing_parents += 1,
            }
        } else if let Some(who) = line.strip_prefix(b"author ") {
            commit.author = signature(who);
        } else if let Some(who) = line.strip_prefix(b"committer ") {
            commit.committed = signature(who).time;
        }
    }
    Some(commit)
}

/// `Name <address> seconds zone`; what is missing is empty.
fn signature(line: &[u8]) -> Signature {
    let text = String::from_utf8_lossy(line);
    let (name, rest) = text.split_once('<').unwrap_or((&text, ""));
    let (email, rest) = rest.rsplit_once('>').unwrap_or((rest, ""));
    let time = rest.split_whitespace().next().and_then(|t| t.parse().ok()).unwrap_or(0);
    Signature { name: name.trim().to_owned(), email: email.trim().to_owned(), time }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures() {
        let read = signature(b"A U Thor <a@example.org> 1700000000 +0100");
        assert_eq!((read.name.as_str(), read.email.as_str(), read.time), ("A U Thor", "a@example.org", 1_700_000_000));
        assert_eq!(signature(b"nobody"), Signature { name: "nobody".into(), ..Signature::default() });
    }
}
