//! The object database, read as it is stored: packs by delta tree, loose objects one by one, alternates beside them. Nothing is ever written.
//!
//! Every object has a number: packs come first, each in the order of its file, then loose objects. What is stored twice is known by its first number.

mod delta;
mod ids;
mod loose;
mod pack;
mod visit;

use std::fs;
use std::path::{Path, PathBuf};

use ids::Ids;
use libdeflater::Decompressor;
use pack::Pack;
use sha2::{Digest, Sha256};

pub use delta::Piece;
pub(super) use loose::hex;
pub use visit::{Visited, Visitor};

/// Objects larger than this are not unpacked: what they hold is unknown, and said to be.
pub(super) const MAX_OBJECT: usize = 64 << 20;
/// Alternates of alternates are followed this deep, as git does.
const MAX_ALTERNATES: usize = 5;
/// No object.
pub(super) const NONE: u32 = u32::MAX;

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Commit,
    Tree,
    Blob,
    Tag,
    /// Its base is missing, or it cannot be read.
    Unknown,
}

/// Every object of a repository.
pub struct Objects {
    ids: Ids,
    packs: Vec<Pack>,
    loose: Vec<loose::Loose>,
    /// By number.
    kinds: Vec<Kind>,
    /// Number of the object that a delta starts from, by number.
    bases: Vec<u32>,
    /// Packs and objects that are there and cannot be read.
    pub broken: u64,
}

impl Objects {
    /// Opens `objects` folders and their alternates; `width` is the length of an id in bytes, 20 or 32.
    pub(super) fn open(folders: &[PathBuf], width: usize) -> Self {
        let mut objects = Objects { ids: Ids::new(width), packs: Vec::new(), loose: Vec::new(), kinds: Vec::new(), bases: Vec::new(), broken: 0 };
        let folders = with_alternates(folders);
        for folder in &folders {
            for index in sorted(&folder.join("pack")).into_iter().filter(|p| p.extension().is_some_and(|e| e == "idx")) {
                match Pack::open(&index, width, objects.ids.len()) {
                    Some((pack, ids)) => {
                        objects.ids.add(ids);
                        objects.packs.push(pack);
                    }
                    None => objects.broken += 1,
                }
            }
        }
        objects.ids.index();
        for pack in &mut objects.packs {
            let (kinds, bases, broken) = pack.headers(&objects.ids);
            objects.kinds.extend(kinds);
            objects.bases.extend(bases);
            objects.broken += broken;
        }
        for folder in &folders {
            for (id, found) in loose::list(folder, width) {
                if objects.ids.number(&id).is_none() {
                    objects.kinds.push(found.kind);
                    objects.bases.push(NONE);
                    objects.ids.push(&id);
                    objects.loose.push(found);
                }
            }
        }
        if !objects.loose.is_empty() {
            objects.ids.index();
        }
        objects.settle_kinds();
        objects
    }

    /// A delta is what its base is.
    fn settle_kinds(&mut self) {
        let mut chain = Vec::new();
        for start in 0..self.bases.len() {
            let mut at = start;
            while self.bases[at] != NONE && self.kinds[at] == Kind::Unknown && chain.len() < self.bases.len() {
                chain.push(at);
                at = self.bases[at] as usize;
            }
            // A chain that runs in a circle ends at something unknown, and stays so.
            let kind = self.kinds[at];
            chain.drain(..).for_each(|n| self.kinds[n] = kind);
        }
    }

    /// How many there are; numbers are below it.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether a number is the one by which its object is known: what is stored twice has two.
    pub fn is_first(&self, number: u32) -> bool {
        self.ids.number(self.ids.id(number)) == Some(number)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of an id; nothing when the object is not there.
    pub fn number(&self, id: &[u8]) -> Option<u32> {
        self.ids.number(id)
    }

    pub fn id(&self, number: u32) -> &[u8] {
        self.ids.id(number)
    }

    pub(super) fn width(&self) -> usize {
        self.ids.width()
    }

    pub fn kind(&self, number: u32) -> Kind {
        self.kinds.get(number as usize).copied().unwrap_or(Kind::Unknown)
    }

    /// The bytes of one object, rebuilt from the start of its chain. For many objects, `visit` is the way.
    pub(super) fn read(&self, number: u32, tools: &mut Tools) -> Option<Vec<u8>> {
        let mut chain = Vec::new();
        let mut at = number;
        while self.bases.get(at as usize).is_some_and(|b| *b != NONE) {
            chain.push(at);
            at = self.bases[at as usize];
            if chain.len() > self.bases.len() {
                return None;
            }
        }
        let mut bytes = Vec::new();
        self.unpack(at, tools, &mut bytes)?;
        let (mut delta, mut next) = (Vec::new(), Vec::new());
        for number in chain.into_iter().rev() {
            self.unpack(number, tools, &mut delta)?;
            delta::pieces(&delta, bytes.len(), &mut tools.pieces)?;
            delta::apply(&bytes, &delta, &tools.pieces, &mut next);
            std::mem::swap(&mut bytes, &mut next);
        }
        Some(bytes)
    }

    /// The bytes of a few objects, by number; those that cannot be read are left out.
    pub fn bytes_of<'a>(&'a self, numbers: &'a [u32]) -> impl Iterator<Item = Vec<u8>> + 'a {
        let mut tools = Tools::default();
        numbers.iter().filter_map(move |n| self.read(*n, &mut tools))
    }

    /// What is stored under a number: a whole object, or a delta.
    fn unpack(&self, number: u32, tools: &mut Tools, out: &mut Vec<u8>) -> Option<()> {
        let position = self.packs.partition_point(|p| p.first() <= number);
        match position.checked_sub(1).map(|i| &self.packs[i]).filter(|p| p.holds(number)) {
            Some(pack) => pack.unpack(number, tools, out),
            None => self.loose.get(number.checked_sub(self.packed())? as usize)?.unpack(tools, out),
        }
    }

    /// Size of what is stored under a number, where that is known without unpacking.
    fn stored_size(&self, number: u32) -> usize {
        let position = self.packs.partition_point(|p| p.first() <= number);
        position.checked_sub(1).map(|i| &self.packs[i]).filter(|p| p.holds(number)).map_or(0, |p| p.size(number))
    }

    /// How many numbers are those of packs.
    fn packed(&self) -> u32 {
        self.packs.last().map_or(0, Pack::end)
    }
}

/// What one thread needs to unpack objects.
pub(super) struct Tools {
    inflater: Decompressor,
    compressed: Vec<u8>,
    pieces: Vec<Piece>,
}

impl Default for Tools {
    fn default() -> Self {
        Tools { inflater: Decompressor::new(), compressed: Vec::new(), pieces: Vec::new() }
    }
}

/// What tells whether objects came or went since it was last taken: names and sizes of packs, and the dates of folders of loose objects.
pub(super) fn stamp(folder: &Path) -> Vec<u8> {
    let mut stamp = Vec::new();
    for folder in with_alternates(&[folder.to_path_buf()]) {
        let fans = sorted(&folder).into_iter().filter(|p| p.file_name().is_some_and(|n| n.len() == 2));
        for path in sorted(&folder.join("pack")).into_iter().chain(fans) {
            let metadata = fs::metadata(&path).ok();
            let date = metadata.as_ref().and_then(|m| m.modified().ok()).and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok());
            let line = format!("{} {} {}\n", path.display(), metadata.map_or(0, |m| m.len()), date.unwrap_or_default().as_nanos());
            stamp.extend_from_slice(line.as_bytes());
        }
    }
    Sha256::digest(&stamp).to_vec()
}

/// The folders and the ones that `info/alternates` adds, each once.
fn with_alternates(start: &[PathBuf]) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for folder in start {
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.clone());
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    let mut fresh = folders.clone();
    for _ in 0..MAX_ALTERNATES {
        let mut found = Vec::new();
        for folder in &fresh {
            let text = fs::read_to_string(folder.join("info/alternates")).unwrap_or_default();
            for line in text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
                // A relative path starts at the folder that names it.
                if let Ok(path) = folder.join(line).canonicalize()
                    && !folders.contains(&path)
                {
                    folders.push(path.clone());
                    found.push(path);
                }
            }
        }
        fresh = found;
    }
    folders
}

/// Entries of a folder by name; none when it cannot be listed.
fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    paths.sort();
    paths
}
