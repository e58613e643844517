//! History by object: every reachable blob once, with the first commit that holds it. Merges are no blind spot, and no diff is made.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::sync::Arc;

use git2::Oid;
use rustc_hash::{FxHashMap, FxHashSet};

use super::objects::{Kind, NONE, Objects};
use super::people::{Person, is_bot, party_id};
use super::references::small;
use super::trees::{Entry, EntryKind, Skeleton, Trees, skeleton};
use super::{GitError, Line, MAX_PATH_DEPTH, Repo, Selection};
use crate::model::Moment;

/// Larger files of grafts are none.
const MAX_GRAFTS: u64 = 16 << 20;
/// Paths beyond this many are not followed: a few trees that hold each other many times make more of them than can be counted.
const MAX_PATHS: usize = 2_000_000;

/// One commit.
#[derive(Clone, Debug)]
pub struct Commit {
    pub id: Arc<str>,
    /// Author time, seconds since the epoch.
    pub time: i64,
    pub author: Person,
    /// No reference reaches it.
    pub unreachable: bool,
    /// HEAD does not reach it: another branch, or what was merged as another commit.
    pub beside: bool,
}

impl Commit {
    /// This commit as an event.
    pub fn moment(&self) -> Moment {
        Moment { time: self.time, revision: self.id.clone(), party: party_id(&self.author).into() }
    }

    pub fn by_bot(&self) -> bool {
        is_bot(&self.author)
    }
}

/// A version of a file: the commit is the first, parents before children, that has this blob at this path.
#[derive(Clone, Debug)]
pub struct BlobVersion {
    pub oid: Oid,
    pub path: Arc<str>,
    /// Index into `History::commits`.
    pub commit: u32,
    /// Whether no earlier commit has the blob at any path.
    pub is_new: bool,
    /// A commit beside HEAD's line had it here before; this one is the first of that line.
    pub landed: bool,
    /// Number of the object, where the history was just read.
    pub object: u32,
}

/// Commits, oldest first, and the versions of every file that they brought.
#[derive(Default)]
pub struct History {
    pub commits: Vec<Commit>,
    pub versions: Vec<BlobVersion>,
    /// Objects that are not there: a shallow or partial clone.
    pub missing: u64,
    /// There are more paths than are followed.
    pub cut: bool,
    pub(super) by_path: BTreeMap<Arc<str>, Vec<u32>>,
    /// Numbers of blobs that no commit at hand has, where they are asked for.
    pub dangling: Vec<u32>,
    /// Numbers of blobs that these commits changed or took away.
    pub replaced: Vec<u32>,
    /// Objects that carry a message, with the commit that it is about: commits, and the tags of commits.
    messages: BTreeMap<u32, u32>,
}

impl History {
    /// The versions of one path, oldest first.
    pub fn versions_of(&self, path: &str) -> impl DoubleEndedIterator<Item = &BlobVersion> + use<'_> {
        self.by_path.get(path).into_iter().flatten().map(|i| &self.versions[*i as usize])
    }

    /// Every path that had a file, in order.
    pub fn paths(&self) -> impl Iterator<Item = &Arc<str>> {
        self.by_path.keys()
    }

    /// The commit that the message of a commit or a tag is about; the object by its number.
    pub fn message_of(&self, object: u32) -> Option<u32> {
        self.messages.get(&object).copied()
    }

    /// The first commit that has a file at this path.
    pub fn creator_of(&self, path: &str) -> Option<&Commit> {
        self.versions_of(path).next().map(|v| &self.commits[v.commit as usize])
    }
}

impl Repo {
    /// Walks the commits that any reference or HEAD reaches, or those that are selected, parents first, into what differs from the first parent.
    ///
    /// # Errors
    /// A revision of the selection that names no commit.
    pub fn history(&self, objects: &Objects, selection: &Selection) -> Result<(History, Line), GitError> {
        let Skeleton { commits: stored, tags, trees } = skeleton(objects);
        let mut position = vec![NONE; objects.len()];
        stored.iter().enumerate().for_each(|(i, c)| position[c.number as usize] = i as u32);
        let mut history = History::default();
        // A tag may point at a tag.
        let peeled = |number: u32| (0..8).fold(number, |n, _| tags.get(&n).copied().unwrap_or(n));
        let commit_at = |number: u32| position.get(peeled(number) as usize).copied().filter(|p| *p != NONE);
        let mut tips = Vec::new();
        for (name, id) in self.tips() {
            let number = objects.number(&id).unwrap_or(NONE);
            match commit_at(number) {
                Some(tip) => tips.push((name, tip)),
                // A reference to a tree or a blob is no reason to stop.
                None => history.missing += u64::from(number == NONE),
            }
        }
        let head = self.references().id("HEAD").and_then(|id| commit_at(objects.number(id)?));
        let mut parents: Vec<Vec<u32>> = stored.iter().map(|c| c.parents.iter().map(|p| position[*p as usize]).filter(|p| *p != NONE).collect()).collect();
        for (commit, others) in self.grafted(objects) {
            let others = others.iter().filter_map(|p| commit_at(*p));
            if let Some(commit) = commit_at(commit) {
                // What a clone without the graft would show is history too.
                let mut all: Vec<u32> = others.filter(|p| *p != commit).collect();
                let own: Vec<u32> = parents[commit as usize].iter().copied().filter(|p| !all.contains(p)).collect();
                all.extend(own);
                parents[commit as usize] = all;
            }
        }
        let named = |revisions: &[String]| -> Result<Vec<u32>, GitError> {
            Ok(self.commits(revisions)?.iter().filter_map(|id| commit_at(objects.number(id.as_bytes())?)).collect())
        };
        let referenced = || tips.iter().map(|t| t.1).chain(head);
        let from = match selection {
            Selection { unreachable: true, .. } => (0..stored.len() as u32).collect(),
            Selection { from, unreferenced, .. } if !from.is_empty() || *unreferenced => named(from)?,
            _ => referenced().collect(),
        };
        let mut hidden = named(&selection.without)?;
        if selection.unreferenced {
            hidden.extend(referenced());
        }
        let hidden = reached(hidden, &parents, None);
        let shown = reached(referenced().collect(), &parents, None);
        let selected = reached(from.clone(), &parents, selection.max_depth);
        let included: Vec<bool> = selected.iter().zip(&hidden).map(|(s, h)| *s && !*h).collect();
        let inner: Vec<Vec<u32>> = parents.iter().map(|p| p.iter().copied().filter(|p| included[*p as usize]).collect()).collect();
        tips.retain(|(_, tip)| included[*tip as usize]);
        let head = head.filter(|h| included[*h as usize]);
        let order = parents_first(from.into_iter().filter(|i| included[*i as usize]).collect(), &inner, |i| {
            (stored[i as usize].committed, objects.id(stored[i as usize].number))
        });
        let mailmap = self.inner.mailmap().ok();
        let mut people: HashMap<(&str, &str), Person> = HashMap::new();
        let mut walk = Walk {
            trees: &trees,
            objects,
            history,
            paths: Paths::default(),
            pairs: FxHashSet::default(),
            blobs: vec![false; objects.len()],
            outside: FxHashSet::default(),
            ranged: !selection.without.is_empty() || selection.unreferenced,
            gone: FxHashSet::default(),
            beside: false,
            aside: FxHashSet::default(),
        };
        let line_of_head = head.map(|h| reached(vec![h], &parents, None));
        for i in &order {
            let commit = &stored[*i as usize];
            let author = &commit.author;
            let person = people.entry((&author.name, &author.email)).or_insert_with(|| {
                let given = || Person { name: author.name.clone(), email: author.email.clone() };
                let signature = git2::Signature::new(&author.name, &author.email, &git2::Time::new(author.time, 0)).ok();
                let mapped = signature.and_then(|s| mailmap.as_ref()?.resolve_signature(&s).ok());
                mapped.map_or_else(given, |s| Person {
                    name: String::from_utf8_lossy(s.name_bytes()).into_owned(),
                    email: String::from_utf8_lossy(s.email_bytes()).into_owned(),
                })
            });
            let id: String = objects.id(commit.number).iter().map(|b| format!("{b:02x}")).collect();
            walk.beside = line_of_head.as_ref().is_some_and(|line| !line[*i as usize]);
            let (unreachable, beside) = (!shown[*i as usize], walk.beside);
            walk.history.commits.push(Commit { id: id.into(), time: author.time, author: person.clone(), unreachable, beside });
            walk.history.missing += u64::from(commit.missing_parents) + commit.parents.len().saturating_sub(parents[*i as usize].len()) as u64;
            walk.history.messages.insert(commit.number, walk.history.commits.len() as u32 - 1);
            // What the other side of a merge brought is new only when its commits are looked at.
            for outside in parents[*i as usize].iter().skip(1).filter(|p| !included[**p as usize]) {
                walk.know(stored[*outside as usize].tree);
            }
            let before = parents[*i as usize].first().map_or(NONE, |p| stored[*p as usize].tree);
            walk.compare(before, commit.tree);
        }
        let Walk { mut history, paths, blobs, .. } = walk;
        if selection.unreachable {
            history.dangling = (0..objects.len() as u32).filter(|n| objects.kind(*n) == Kind::Blob && objects.is_first(*n) && !blobs[*n as usize]).collect();
        }
        history.replaced.sort_unstable();
        history.replaced.dedup();
        paths.fill(&trees, &mut history);
        let mut tagged: Vec<(u32, u32)> = tags.keys().filter_map(|t| Some((*t, *history.messages.get(&peeled(*t))?))).collect();
        tagged.sort_unstable();
        history.messages.extend(tagged);
        let line = Line::new(&order, &stored, &inner, tips, head, trees);
        Ok((history, line))
    }

    /// Commits with the parents that grafts and replacements give them (`info/grafts`, `refs/replace/`), by number.
    fn grafted(&self, objects: &Objects) -> Vec<(u32, Vec<u32>)> {
        let number = |text: &str| objects.number(&super::objects::hex(text)?);
        let mut grafted = Vec::new();
        let grafts = small(&self.common_dir().join("info/grafts"), MAX_GRAFTS).unwrap_or_default();
        for line in String::from_utf8_lossy(&grafts).lines().filter(|l| !l.starts_with('#')) {
            let mut ids = line.split_whitespace();
            if let Some(commit) = ids.next().and_then(number) {
                grafted.push((commit, ids.filter_map(number).collect()));
            }
        }
        for (name, id) in self.references().all() {
            if let Some(commit) = name.strip_prefix("refs/replace/").and_then(number)
                && let Some(by) = objects.number(id)
            {
                grafted.push((commit, super::trees::parents(objects, by)));
            }
        }
        grafted
    }

    /// References by name, each with what it points at. The stash and replacements are no history.
    pub(super) fn tips(&self) -> Vec<(String, Vec<u8>)> {
        let references = self.references();
        let history = references.all().filter(|(name, _)| !name.starts_with("refs/stash") && !name.starts_with("refs/replace/"));
        history.map(|(name, id)| (name.to_owned(), id.to_vec())).collect()
    }
}

/// What some commits reach, themselves included, through at most so many generations.
fn reached(from: Vec<u32>, parents: &[Vec<u32>], max_depth: Option<u32>) -> Vec<bool> {
    let mut reached = vec![false; parents.len()];
    let mut generation = from;
    let mut depth = 0;
    while !generation.is_empty() && max_depth.is_none_or(|max| depth < max) {
        generation.retain(|i| !std::mem::replace(&mut reached[*i as usize], true));
        generation = generation.iter().flat_map(|i| &parents[*i as usize]).copied().filter(|p| !reached[*p as usize]).collect();
        depth += 1;
    }
    reached
}

/// Every commit that the tips reach, parents before children; among those that are ready, the oldest first.
fn parents_first<K: Ord>(mut open: Vec<u32>, parents: &[Vec<u32>], key: impl Fn(u32) -> K) -> Vec<u32> {
    let mut reached = vec![false; parents.len()];
    let mut waiting = vec![0u32; parents.len()];
    let mut children: Vec<Vec<u32>> = vec![Vec::new(); parents.len()];
    let mut ready = BinaryHeap::new();
    while let Some(i) = open.pop() {
        if std::mem::replace(&mut reached[i as usize], true) {
            continue;
        }
        waiting[i as usize] = parents[i as usize].len() as u32;
        if parents[i as usize].is_empty() {
            ready.push(Reverse((key(i), i)));
        }
        for parent in &parents[i as usize] {
            children[*parent as usize].push(i);
            open.push(*parent);
        }
    }
    let mut order = Vec::new();
    while let Some(Reverse((_, i))) = ready.pop() {
        order.push(i);
        for child in std::mem::take(&mut children[i as usize]) {
            waiting[child as usize] -= 1;
            if waiting[child as usize] == 0 {
                ready.push(Reverse((key(child), child)));
            }
        }
    }
    order
}

/// Folders and files by number: a path is its folder's number and a name.
#[derive(Default)]
struct Paths {
    numbers: FxHashMap<(u32, u32), u32>,
    list: Vec<(u32, u32)>,
    /// The path of each version, in the order of the history's.
    of_version: Vec<u32>,
}

impl Paths {
    fn number(&mut self, folder: u32, name: u32) -> u32 {
        *self.numbers.entry((folder, name)).or_insert_with(|| {
            self.list.push((folder, name));
            self.list.len() as u32 - 1
        })
    }

    /// Writes the paths out, each once.
    fn fill(self, trees: &Trees, history: &mut History) {
        let mut written: Vec<Arc<str>> = Vec::with_capacity(self.list.len());
        for (folder, name) in &self.list {
            let name = String::from_utf8_lossy(&trees.names[*name as usize]);
            // A folder has its number before what is in it.
            written.push(if *folder == NONE { name.as_ref().into() } else { format!("{}/{name}", written[*folder as usize]).into() });
        }
        for (i, path) in self.of_version.iter().enumerate() {
            let path = &written[*path as usize];
            history.versions[i].path = path.clone();
            history.by_path.entry(path.clone()).or_default().push(i as u32);
        }
    }
}

struct Walk<'a> {
    trees: &'a Trees,
    objects: &'a Objects,
    history: History,
    paths: Paths,
    /// Blobs and trees by the paths at which they were seen.
    pairs: FxHashSet<(u32, u32)>,
    /// Blobs that were seen, by number.
    blobs: Vec<bool>,
    /// The same for what commits that are not looked at brought into a merge.
    outside: FxHashSet<(u32, u32)>,
    /// Whether some commits are left out, and what they had is asked for.
    ranged: bool,
    /// Trees that went away and were looked through, by their paths.
    gone: FxHashSet<(u32, u32)>,
    /// Whether the newest commit is none of HEAD's line, and what only such commits have.
    beside: bool,
    aside: FxHashSet<(u32, u32)>,
}

impl Walk<'_> {
    /// Takes everything in a tree as known.
    fn know(&mut self, tree: u32) {
        let mut open = vec![(tree, NONE, 0)];
        while let Some((tree, folder, depth)) = open.pop() {
            if self.paths.list.len() > MAX_PATHS {
                self.history.cut = true;
                return;
            }
            for entry in self.trees.get(tree).filter(|_| depth <= MAX_PATH_DEPTH).into_iter().flatten() {
                let path = self.paths.number(folder, entry.name());
                if self.outside.insert((entry.object, path)) && entry.kind() == EntryKind::Tree {
                    open.push((entry.object, path, depth + 1));
                }
            }
        }
    }

    /// What the newest commit has that the tree before it has not.
    fn compare(&mut self, before: u32, after: u32) {
        let mut stack = vec![(before, after, NONE, 0)];
        while let Some((before, after, folder, depth)) = stack.pop() {
            if before == after || depth > MAX_PATH_DEPTH {
                continue;
            }
            if self.paths.list.len() > MAX_PATHS {
                self.history.cut = true;
                return;
            }
            let trees = self.trees;
            let Some(new) = trees.get(after) else {
                self.history.missing += 1;
                continue;
            };
            let old = trees.get(before).unwrap_or_default();
            let mut i = 0;
            for entry in new {
                // Both are in one order: what stands in front of the entry went away.
                while i < old.len() && !old[i].alike(*entry) && self.order(old[i], *entry) == Ordering::Less {
                    self.gone(old[i], folder);
                    i += 1;
                }
                let known = old.get(i).filter(|o| o.alike(*entry)).map_or(NONE, |o| o.object);
                i += usize::from(old.get(i).is_some_and(|o| o.alike(*entry)));
                if known == entry.object && known != NONE || entry.kind() == EntryKind::Link {
                    continue;
                }
                let path = self.paths.number(folder, entry.name());
                if self.ranged && known != NONE && entry.kind() == EntryKind::File && !self.pairs.contains(&(known, path)) {
                    self.history.replaced.push(known);
                }
                let seen = (entry.object, path);
                let mut landed = false;
                if entry.object != NONE {
                    if self.outside.contains(&seen) {
                        continue;
                    }
                    if self.pairs.insert(seen) {
                        self.beside.then(|| self.aside.insert(seen));
                    } else if self.beside || !self.aside.remove(&seen) {
                        continue;
                    } else {
                        landed = true;
                    }
                }
                match entry.kind() {
                    EntryKind::Tree => stack.push((known, entry.object, path, depth + 1)),
                    _ => self.version(entry.object, path, landed),
                }
            }
            old[i..].iter().for_each(|entry| self.gone(*entry, folder));
        }
    }

    /// Notes what went away, a folder with everything in it, unless these commits had brought it.
    fn gone(&mut self, entry: Entry, folder: u32) {
        if !self.ranged {
            return;
        }
        let path = self.paths.number(folder, entry.name());
        let mut open = vec![(entry, path, 0)];
        while let Some((entry, path, depth)) = open.pop() {
            if self.pairs.contains(&(entry.object, path)) && entry.kind() == EntryKind::File {
                continue;
            }
            match entry.kind() {
                EntryKind::File => self.history.replaced.push(entry.object),
                EntryKind::Tree if depth < MAX_PATH_DEPTH && self.paths.list.len() <= MAX_PATHS && self.gone.insert((entry.object, path)) => {
                    let trees = self.trees;
                    open.extend(trees.get(entry.object).into_iter().flatten().map(|e| (*e, self.paths.number(path, e.name()), depth + 1)));
                }
                _ => {}
            }
        }
    }

    fn version(&mut self, object: u32, path: u32, landed: bool) {
        let Some(seen) = self.blobs.get_mut(object as usize) else {
            self.history.missing += 1;
            return;
        };
        let is_new = !std::mem::replace(seen, true);
        let oid = Oid::from_bytes(self.objects.id(object)).unwrap_or(Oid::ZERO_SHA1);
        self.paths.of_version.push(path);
        self.history.versions.push(BlobVersion { oid, path: "".into(), commit: self.history.commits.len() as u32 - 1, is_new, landed, object });
    }

    /// Git's order: by name, as if a folder's name ended in `/`.
    fn order(&self, a: Entry, b: Entry) -> Ordering {
        let key = |e: Entry| self.trees.names[e.name() as usize].iter().copied().chain((e.kind() == EntryKind::Tree).then_some(b'/'));
        key(a).cmp(key(b))
    }
}
