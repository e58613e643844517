//! What files said before: of what is named and not defined, the definition that is gone; of what nothing uses, what used it.
//!
//! Only versions that name such a thing more often than their file does now are read again, and a bounded number of them: the last ones of files that
//! are gone, and the newest ones that were changed since.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use regex::bytes::Regex;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::cache::Cache;
use crate::document::Document;
use crate::extract::Extraction;
use crate::git::{BlobVersion, Kind, ObjectId, Objects, Visited, Visitor};
use crate::graph::{Graph, keep_local};
use crate::life::{self, Questions};
use crate::model::{NodeId, rfc3339};
use crate::{own, resolve};

/// The kind of the entry in the cache; a change of its form is a new kind.
const FORMER: &str = "former/1";
/// Formats that define things, or use them.
const FORMATS: &[&str] = &["bicep", "hcl", "json", "tf", "toml", "yaml", "yml"];
/// Versions that are looked at: of files that are gone, and of files that were changed; of one file no more than these.
const MAX_VERSIONS: usize = 2_000;
const MAX_OF_FILE: usize = 4;
/// Bytes of a version that is looked at.
const MAX_SIZE: usize = 256 << 10;
/// Versions, and files beside them, that are read.
const MAX_READ: usize = 200;
/// Names that are looked for; shorter ones stand everywhere.
const MAX_NAMES: usize = 512;
const MIN_NAME: usize = 4;

/// What a file said of a thing before.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Told {
    id: NodeId,
    path: Arc<str>,
    /// The commit of the version, as an index into the history's commits.
    commit: u32,
    /// What used it; nothing when it was defined there.
    user: Option<String>,
}

/// A version of a file that may say something.
#[derive(Clone)]
struct Version {
    path: Arc<str>,
    object: u32,
    oid: ObjectId,
    commit: u32,
}

/// Writes what files said before on the things that there are questions about.
pub(super) fn tell(graph: &mut Graph, repositories: &[own::Repository], cache: &Cache) {
    let questions = life::questions(graph);
    for repository in repositories.iter().filter(|r| !r.shallow) {
        for told in answers(graph, repository, &questions, cache).unwrap_or_default() {
            let Some(commit) = repository.history.commits.get(told.commit as usize) else { continue };
            let Some(node) = graph.nodes.get_mut(&told.id) else { continue };
            let moment = commit.moment();
            let mut former = json!({ "path": &*told.path, "revision": &*moment.revision, "time": rfc3339(moment.time), "party": &*moment.party });
            if let Some(user) = &told.user {
                former["user"] = json!(user);
            }
            node.attributes.insert("former".into(), former);
        }
    }
}

fn answers(graph: &Graph, repository: &own::Repository, questions: &Questions, cache: &Cache) -> Option<Vec<Told>> {
    let (objects, root) = (repository.objects.as_ref()?, repository.root.as_ref()?);
    let here = |id: &&NodeId| graph.node(id).and_then(|n| n.primary()).is_some_and(|l| l.repository == repository.id);
    let questions =
        Questions { undefined: questions.undefined.iter().filter(here).cloned().collect(), unused: questions.unused.iter().filter(here).cloned().collect() };
    let names = names(graph, &questions);
    if names.is_empty() {
        return None;
    }
    let versions = versions(repository, root);
    let mut proof = Sha256::new();
    for id in questions.undefined.iter().chain(&[NodeId::from("")]).chain(&questions.unused) {
        proof.update(id.len().to_be_bytes());
        proof.update(id.as_bytes());
    }
    proof.update(&repository.gaps);
    for version in &versions {
        proof.update(repository.history.commits[version.commit as usize].id.as_bytes());
        proof.update(version.oid);
        proof.update(version.path.as_bytes());
    }
    let asked = cache.mark(&proof.finalize());
    let parts: [&[u8]; 2] = [repository.git_dir.as_os_str().as_encoded_bytes(), repository.id.as_bytes()];
    let kept: Option<Kept> = cache.get(FORMER, &parts).and_then(|row| serde_json::from_slice(&row).ok());
    let is_same = |k: &Kept| k.asked == asked && k.beside.iter().all(|(folder, state)| cache.mark(&files_of(root, folder).1) == *state);
    if let Some(kept) = kept.filter(|k| cache.keeps() && is_same(k)) {
        return Some(kept.told);
    }
    let Answers { beside, told } = ask(repository, objects, root, &questions, &names, versions);
    let kept = Kept { asked, beside: beside.into_iter().map(|(folder, state)| (folder, cache.mark(&state))).collect(), told };
    if let Ok(row) = serde_json::to_vec(&kept) {
        cache.put(FORMER, &parts, &row);
    }
    Some(kept.told)
}

/// What was asked and answered, and the state of the folders that were read for it.
#[derive(Serialize, Deserialize)]
struct Kept {
    asked: [u8; 32],
    beside: BTreeMap<String, [u8; 32]>,
    told: Vec<Told>,
}

#[derive(Default)]
struct Answers {
    beside: BTreeMap<String, Vec<u8>>,
    told: Vec<Told>,
}

/// What the things in question are called where they are defined or used.
fn names(graph: &Graph, questions: &Questions) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for node in questions.undefined.iter().chain(&questions.unused).filter_map(|id| graph.node(id)) {
        names.insert(node.name().to_owned());
        // A resource is used by its label.
        let origins = graph.out(node.id()).filter(|e| e.relation.name == "defined_by");
        names.extend(origins.filter_map(|e| e.to.rsplit_once(['#', '.'])).map(|(_, label)| label.to_owned()));
    }
    names.into_iter().filter(|n| n.len() >= MIN_NAME && !n.contains(['{', '$', '*'])).take(MAX_NAMES).collect()
}

/// The versions that are looked at, those of one file together, the newest first.
fn versions(repository: &own::Repository, root: &Path) -> Vec<Version> {
    let (mut gone, mut changed) = (Vec::new(), Vec::new());
    for path in repository.history.paths().filter(|p| p.rsplit_once('.').is_some_and(|(_, format)| FORMATS.contains(&format))) {
        let of_head = repository.history.versions_of(path).rev().filter(|v| !repository.history.commits[v.commit as usize].beside);
        let version = |v: &BlobVersion| Version { path: path.clone(), object: v.object, oid: v.oid, commit: v.commit };
        if root.join(&**path).symlink_metadata().is_ok() {
            // The newest version is the file as it is.
            changed.extend(of_head.skip(1).take(MAX_OF_FILE).map(version));
        } else {
            gone.extend(of_head.take(1).map(version));
        }
    }
    let newest = |mut versions: Vec<Version>| {
        versions.sort_by(|a, b| (b.commit, &a.path, a.object).cmp(&(a.commit, &b.path, b.object)));
        versions.truncate(MAX_VERSIONS);
        versions
    };
    let mut all = newest(gone);
    all.extend(newest(changed));
    all
}

/// Reads the versions that name a thing more often than their file does now, with the files beside them, as if they were there.
fn ask(repository: &own::Repository, objects: &Objects, root: &Path, questions: &Questions, names: &BTreeSet<String>, versions: Vec<Version>) -> Answers {
    let alternatives: Vec<String> = names.iter().map(|n| regex::escape(n)).collect();
    let mut answers = Answers::default();
    let Ok(names) = Regex::new(&alternatives.join("|")) else { return answers };
    let wanted: FxHashMap<u32, ()> = versions.iter().map(|v| (v.object, ())).collect();
    let found: FxHashMap<u32, Counts> = objects.visit(&Look { names: &names, wanted: &wanted }).into_iter().flatten().collect();
    let mut chosen: BTreeMap<Arc<str>, Version> = BTreeMap::new();
    for version in versions {
        let Some(counts) = found.get(&version.object).filter(|_| chosen.len() < MAX_READ && !chosen.contains_key(&version.path)) else { continue };
        let now = now(root, &version.path).map(|bytes| count(&names, &bytes)).unwrap_or_default();
        if counts.iter().any(|(name, n)| now.get(name).is_none_or(|now| now < n)) {
            chosen.insert(version.path.clone(), version);
        }
    }
    if chosen.is_empty() {
        return answers;
    }
    let extraction = Extraction::default();
    let mut commits: BTreeMap<Arc<str>, u32> = BTreeMap::new();
    for version in chosen.values() {
        let Some(bytes) = objects.bytes_of(&[version.object]).next() else { continue };
        let commit = &repository.history.commits[version.commit as usize].id;
        commits.insert(version.path.clone(), version.commit);
        extraction.take(Document::new(repository.id.clone(), version.path.clone(), bytes, Some(commit.clone())));
    }
    let folders: BTreeSet<&str> = chosen.keys().map(|p| p.rsplit_once('/').map_or("", |(folder, _)| folder)).collect();
    let mut left = MAX_READ;
    for folder in folders {
        let (files, state) = files_of(root, folder);
        answers.beside.insert(folder.to_owned(), state);
        for (path, bytes) in files.into_iter().filter(|(path, _)| !chosen.contains_key(&**path)).take(left) {
            left -= 1;
            extraction.take(Document::new(repository.id.clone(), path, bytes, None));
        }
    }
    let mut facts = extraction.finish();
    // Only what is defined and used is asked.
    facts.sightings.clear();
    keep_local(&mut facts);
    let mut former = Graph::from_facts(facts);
    resolve::resolve(&mut former);
    for id in &questions.undefined {
        let place = former.node(id).and_then(|n| n.declared.iter().find(|l| l.revision.is_some()));
        answers.told.extend(place.and_then(|l| Some(Told { id: id.clone(), path: l.path.clone(), commit: *commits.get(&l.path)?, user: None })));
    }
    for id in &questions.unused {
        let mut uses = former.ending_at(id).filter(|e| life::is_use(e.relation)).filter_map(|e| Some((e, e.at.iter().find(|l| l.revision.is_some())?)));
        answers.told.extend(uses.next().and_then(|(edge, place)| {
            let user = former.node(&edge.from).map_or_else(|| edge.from.to_string(), |n| n.name().to_owned());
            Some(Told { id: id.clone(), path: place.path.clone(), commit: *commits.get(&place.path)?, user: Some(user) })
        }));
    }
    answers
}

/// How often each name stands in a text.
type Counts = FxHashMap<Vec<u8>, u32>;

fn count(names: &Regex, bytes: &[u8]) -> Counts {
    let mut counts = Counts::default();
    names.find_iter(bytes).for_each(|m| *counts.entry(m.as_bytes().to_vec()).or_default() += 1);
    counts
}

/// Looks for names in versions.
struct Look<'a> {
    names: &'a Regex,
    wanted: &'a FxHashMap<u32, ()>,
}

impl Visitor for Look<'_> {
    type Kept = ();
    type Gathered = Vec<(u32, Counts)>;

    fn begin(&self) -> Self::Gathered {
        Vec::new()
    }

    fn wants(&self, number: u32, kind: Kind) -> bool {
        kind == Kind::Blob && self.wanted.contains_key(&number)
    }

    fn unreadable(&self, _: &mut Self::Gathered, _: u32) {}

    fn visit(&self, found: &mut Self::Gathered, object: Visited<'_>, _: Option<&()>) {
        if object.bytes.len() <= MAX_SIZE {
            let counts = count(self.names, object.bytes);
            if !counts.is_empty() {
                found.push((object.number, counts));
            }
        }
    }
}

/// A folder of the work tree. Paths of a history are whatever somebody wrote there: they may lead out of it.
fn inside(root: &Path, folder: &str) -> Option<PathBuf> {
    let there = root.join(folder).canonicalize().ok()?;
    there.starts_with(root.canonicalize().ok()?).then_some(there)
}

/// What a file of the work tree holds now.
fn now(root: &Path, path: &str) -> Option<Vec<u8>> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    small(&inside(root, folder)?.join(name))
}

/// A file that is small enough.
fn small(path: &Path) -> Option<Vec<u8>> {
    let metadata = path.symlink_metadata().ok()?;
    if metadata.is_file() && metadata.len() <= MAX_SIZE as u64 { std::fs::read(path).ok() } else { None }
}

/// The small files of a folder that define or use things, by path, and what tells their state.
fn files_of(root: &Path, folder: &str) -> (BTreeMap<String, Vec<u8>>, Vec<u8>) {
    let mut files = BTreeMap::new();
    let entries = inside(root, folder).and_then(|there| std::fs::read_dir(there).ok());
    for entry in entries.into_iter().flatten().flatten().take(MAX_READ * 10) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.rsplit_once('.').is_some_and(|(_, format)| FORMATS.contains(&format))
            && let Some(bytes) = small(&entry.path())
        {
            files.insert(if folder.is_empty() { name } else { format!("{folder}/{name}") }, bytes);
        }
    }
    let mut state = Sha256::new();
    for (path, bytes) in &files {
        state.update(Sha256::digest(path));
        state.update(Sha256::digest(bytes));
    }
    (files, state.finalize().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_leads_out_is_not_followed() {
        let folder = tempfile::tempdir().expect("temp");
        let root = folder.path().join("root");
        std::fs::create_dir_all(root.join("k8s")).expect("made");
        std::fs::write(folder.path().join("out.yaml"), "x").expect("written");
        std::fs::write(root.join("k8s/in.yaml"), "x").expect("written");
        assert!(now(&root, "k8s/in.yaml").is_some());
        for path in ["../out.yaml", "k8s/../../out.yaml", "gone/in.yaml"] {
            assert!(now(&root, path).is_none(), "{path}");
        }
        assert!(files_of(&root, "..").0.is_empty());
        assert_eq!(files_of(&root, "k8s").0.len(), 1);
    }
}
