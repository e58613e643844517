//! The whole program on one screen: sources → documents → facts → linked graph → resolved graph → owners → ranking → findings.

mod change;
mod former;
mod intake;
mod past;
mod staged;
mod tree;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use rayon::prelude::*;

use crate::cache::Cache;
use crate::config::{Config, Visibility};
use crate::detect::{self, Engine};
use crate::document::Document;
use crate::graph::{Approval, Graph, Lineage, Source, Values, join_sightings, keep_local, sighting_key};
use crate::model::{Activity, Facts, Hop, Moment, NodeId, Note, NoteStatus, Ownership, Role};
use crate::report::Saved;
use intake::Intake;

use crate::{audit, git, life, own, rank, resolve};

pub use change::{Compared, Ends, Revisions, compare};

/// Stack of a worker: readers recurse, within bounds, into what is scanned.
const STACK: usize = 32 << 20;

/// What a scan reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The work tree, and those commits of the history when asked for.
    Full { history: Option<git::Selection> },
    /// What commits add against what they found.
    Commits(git::Selection),
    /// What the git index adds against HEAD.
    Staged,
}

/// One run.
pub struct Request<'a> {
    pub paths: &'a [PathBuf],
    pub mode: Mode,
    pub config: &'a Config,
    /// Whether submodules are read, each as a repository of its own.
    pub submodules: bool,
    /// Where results of earlier runs are, and where those of this one go.
    pub cache: &'a Cache,
    /// Seconds since the Unix epoch; decides expiry only.
    pub now: i64,
    pub progress: &'a (dyn Fn(Progress) + Sync),
}

impl Reading {
    fn saved(report: Saved) -> Self {
        let Saved { facts, sources, first_seen, hops, parties, approvals } = report;
        Reading { facts, sources, first_seen, hops, parties, approvals, narrowed: true, ..Reading::default() }
    }
}

/// Adds hops that are not there yet; of several histories, by time.
fn add_hops(all: &mut BTreeMap<NodeId, Vec<Hop>>, id: NodeId, hops: &[Hop]) {
    let known = all.entry(id).or_default();
    let new: Vec<Hop> = hops.iter().filter(|h| !known.contains(h)).cloned().collect();
    if !new.is_empty() {
        let alone = known.is_empty();
        known.extend(new);
        if !alone {
            known.sort_by(|a, b| (a.moment.time, a).cmp(&(b.moment.time, b)));
        }
    }
}

/// Where a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    Files(u64),
    Blobs(u64),
    Linking,
    Owners,
    Ranking,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Progress::Files(n) => write!(f, "reading files: {n}"),
            Progress::Blobs(n) => write!(f, "reading history: {n} blobs"),
            Progress::Linking => write!(f, "joining facts"),
            Progress::Owners => write!(f, "finding owners"),
            Progress::Ranking => write!(f, "measuring reach"),
        }
    }
}

/// Everything read so far.
#[derive(Default)]
struct Reading {
    facts: Facts,
    sources: Vec<Source>,
    repositories: Vec<own::Repository>,
    first_seen: BTreeMap<NodeId, Moment>,
    hops: BTreeMap<NodeId, Vec<Hop>>,
    /// Files that say who answers for others.
    charters: Vec<own::Charter>,
    /// Owners that earlier runs found.
    parties: Vec<Ownership>,
    approvals: Vec<Approval>,
    /// Part of what there is was left out on purpose: staged changes, a range, a folder, no history.
    narrowed: bool,
}

/// Reads every source, and says everything that follows. Errors are paths, repositories and configuration that cannot be used.
pub fn scan(request: &Request<'_>) -> Result<Lineage> {
    let threads = rayon::ThreadPoolBuilder::new().stack_size(STACK).build().context("cannot start worker threads")?;
    threads.install(|| {
        let engine = detect::engine();
        let mut reading = Reading::default();
        for path in request.paths {
            read(path, request, engine, &mut reading)?;
        }
        Ok(conclude(reading, request.config, request.now, request.cache, request.progress))
    })
}

/// Unites reports: the result depends neither on their order nor on how often one is given.
pub fn merge(reports: Vec<Saved>, config: &Config, now: i64) -> Result<Lineage> {
    let threads = rayon::ThreadPoolBuilder::new().stack_size(STACK).build().context("cannot start worker threads")?;
    let mut reading = Reading::default();
    for report in reports {
        reading.facts.extend(report.facts);
        reading.sources.extend(report.sources);
        reading.parties.extend(report.parties);
        reading.approvals.extend(report.approvals);
        for (id, moment) in report.first_seen {
            // The same thing in two repositories was first seen where it is older.
            let older = reading.first_seen.get(&id).is_none_or(|known| (moment.time, &moment.revision) < (known.time, &known.revision));
            if older {
                reading.first_seen.insert(id, moment);
            }
        }
        report.hops.into_iter().for_each(|(id, hops)| add_hops(&mut reading.hops, id, &hops));
    }
    reading.sources.sort_by(|a, b| (&a.id, &a.root, &a.head).cmp(&(&b.id, &b.root, &b.head)));
    reading.sources.dedup();
    Ok(threads.install(|| conclude(reading, config, now, &Cache::none(), &|_| {})))
}

/// The same on documents in memory, without history.
pub fn scan_documents(documents: Vec<Document>, config: &Config, now: i64) -> Lineage {
    let run = || {
        let intake = Intake::default();
        documents.into_par_iter().for_each(|d| intake.take(d));
        let mut reading = Reading::default();
        intake.finish(&mut reading);
        conclude(reading, config, now, &Cache::none(), &|_| {})
    };
    match rayon::ThreadPoolBuilder::new().stack_size(STACK).build() {
        Ok(threads) => threads.install(run),
        Err(_) => Lineage::default(),
    }
}

fn read(path: &Path, request: &Request<'_>, engine: &Engine, reading: &mut Reading) -> Result<()> {
    let shown = path.display();
    let scope = path.canonicalize().with_context(|| format!("cannot read {shown}"))?;
    // Why there is a repository, and its history cannot be read.
    let mut closed = None;
    let repo = match git::Repo::discover(&scope) {
        // What a push brings lies apart until the hook that asks has agreed.
        Ok(repo) if matches!(&request.mode, Mode::Commits(commits) if commits.unreferenced) => Some(repo.with_quarantine()),
        Ok(repo) => Some(repo),
        Err(error @ git::GitError::NotARepository { .. }) if !matches!(request.mode, Mode::Full { .. }) => return Err(error.into()),
        Err(git::GitError::NotARepository { .. }) => None,
        Err(git::GitError::Unreadable { reason, .. }) if matches!(request.mode, Mode::Full { .. }) => {
            closed = Some(reason);
            None
        }
        Err(error) => return Err(error.into()),
    };
    let root = repo
        .as_ref()
        .and_then(git::Repo::root)
        .and_then(|r| r.canonicalize().ok())
        .unwrap_or_else(|| if scope.is_dir() { scope.clone() } else { scope.parent().unwrap_or(&scope).to_path_buf() });
    let id: Arc<str> = match &repo {
        Some(repo) => repo.id().into(),
        None => format!("repo:dir/{}", root.file_name().map_or("root".into(), |n| n.to_string_lossy().into_owned())).into(),
    };
    if let Some(reason) = closed {
        let reason = format!("the git repository cannot be read ({reason}): its files were, its history was not");
        reading.facts.notes.push(Note { repository: id.clone(), path: ".git".into(), status: NoteStatus::Cut, reason });
    }
    let (head, head_time) = repo.as_ref().and_then(git::Repo::head).unzip();
    let mut source = Source { id: id.to_string(), root: shown.to_string(), head, head_time, ..Source::default() };
    let everything = matches!(&request.mode, Mode::Full { history: Some(commits) } if *commits == git::Selection::default());
    reading.narrowed |= scope != root || !(everything || repo.is_none());
    let excluded = excluded(&request.config.scan.exclude)?;
    let past = past::Scope {
        repository: &id,
        prefix: "",
        exclude: &request.config.scan.exclude,
        excluded: &excluded,
        commits: &git::Selection::default(),
        added_only: false,
        engine,
        cache: request.cache,
        progress: request.progress,
    };
    match (&request.mode, &repo) {
        (Mode::Staged, Some(repo)) => staged::read(repo, &id, engine, reading, &mut source)?,
        (Mode::Staged, None) => bail!("{shown} is not inside a git repository"),
        (Mode::Commits(commits), Some(repo)) => {
            let scope = past::Scope { commits, added_only: true, ..past };
            past::add(repo, &scope, past::open(repo, &scope)?, reading, &mut source);
        }
        (Mode::Commits(_), None) => bail!("{shown} is not inside a git repository"),
        (Mode::Full { history }, _) => {
            let inside = scope.strip_prefix(&root).ok().filter(|_| repo.as_ref().is_some_and(|r| r.root().is_some()));
            let prefix = inside.map(|p| p.to_string_lossy().replace('\\', "/")).unwrap_or_default();
            // The history comes first: what it takes to read it is given back before the files are there.
            let past = match (&repo, history) {
                (Some(repo), Some(commits)) => Some((repo, past::Scope { commits, prefix: &prefix, ..past })),
                _ => None,
            };
            let opened = past.as_ref().map(|(repo, scope)| past::open(repo, scope)).transpose()?;
            let submodules: Vec<(String, bool)> = repo.iter().flat_map(git::Repo::submodules).filter(|(path, _)| !excluded(path)).collect();
            let in_submodule = |path: &str| submodules.iter().any(|(s, _)| path.strip_prefix(s.as_str()).is_some_and(|rest| rest.starts_with('/')));
            let left_out = |path: &str| excluded(path) || in_submodule(path);
            let rules = [request.config.scan.exclude.join("\n"), submodules.iter().map(|(path, _)| format!("{path}\n")).collect()];
            let tree = tree::Scope {
                root: &root,
                inside: &scope,
                repository: &id,
                left_out: &left_out,
                rules: &rules.each_ref().map(|r| r.as_bytes()),
                cache: request.cache,
                progress: request.progress,
            };
            match &repo {
                Some(bare) if bare.root().is_none() => tree::read_bare(bare, &tree, reading, &mut source),
                _ => tree::read(&tree, reading, &mut source),
            }
            if let (Some((repo, scope)), Some(opened)) = (&past, opened) {
                past::add(repo, scope, opened, reading, &mut source);
            }
            for (path, there) in submodules.iter().filter(|(path, _)| root.join(path).starts_with(&scope)) {
                let reason = match (there, request.submodules) {
                    (true, true) => {
                        read(&root.join(path), request, engine, reading)?;
                        continue;
                    }
                    (true, false) => "a submodule: --submodules reads it, too",
                    (false, _) => "a submodule that is not checked out",
                };
                reading.facts.notes.push(Note { repository: id.clone(), path: path.as_str().into(), status: NoteStatus::Skipped, reason: reason.into() });
            }
        }
    }
    reading.sources.push(source);
    Ok(())
}

/// The paths that the configuration leaves out.
fn excluded(globs: &[String]) -> Result<impl Fn(&str) -> bool + Sync + use<>> {
    let mut builder = ignore::gitignore::GitignoreBuilder::new("");
    for glob in globs {
        builder.add_line(None, glob).with_context(|| format!("scan.exclude: {glob} is not a glob"))?;
    }
    let set = builder.build().context("scan.exclude cannot be used")?;
    Ok(move |path: &str| set.matched_path_or_any_parents(path, false).is_ignore())
}

/// From facts to findings.
fn conclude(reading: Reading, config: &Config, now: i64, cache: &Cache, progress: &(dyn Fn(Progress) + Sync)) -> Lineage {
    let whole = !reading.narrowed;
    let mut lineage = assemble(reading, config, now, cache, progress);
    judge(&mut lineage, config, whole);
    lineage
}

/// From numbers to findings. `whole` says that everything was read that an accepted entry may be about.
fn judge(lineage: &mut Lineage, config: &Config, whole: bool) {
    lineage.findings = audit::audit(lineage, config);
    audit::accept(lineage, config, whole);
    let measures = audit::programme(lineage, config);
    lineage.metrics.extend(measures);
}

/// Whether outsiders see the repositories that were read, as the configuration says it: on those of which no file does.
fn state_visibility(graph: &mut Graph, sources: &[Source], visibility: Visibility) {
    let told = match visibility {
        Visibility::Public => "public",
        Visibility::Private => "private",
        Visibility::Unknown => return,
    };
    for source in sources {
        let Some(body) = source.id.strip_prefix("repo:") else { continue };
        if let Some(node) = graph.nodes.get_mut(&format!("saas:{body}")) {
            node.attributes.entry("visibility".into()).or_insert_with(|| told.into());
        }
    }
}

/// From facts to numbers.
fn assemble(mut reading: Reading, config: &Config, now: i64, cache: &Cache, progress: &(dyn Fn(Progress) + Sync)) -> Lineage {
    progress(Progress::Linking);
    reading.facts.sightings.retain(|s| !config.rules.disable.contains(&s.rule));
    let values = Values(reading.facts.sightings.iter().map(|s| (sighting_key(s).id, s.value)).collect());
    keep_local(&mut reading.facts);
    join_sightings(&mut reading.facts);
    let mut graph = Graph::from_facts(reading.facts);
    for (id, moment) in reading.first_seen {
        if let Some(node) = graph.nodes.get_mut(&id) {
            node.first_seen = Some(moment);
        }
    }
    for (id, hops) in reading.hops {
        if let Some(node) = graph.nodes.get_mut(&id) {
            node.hops = hops;
        }
    }
    rank::assign_environments(&mut graph, &config.accounts);
    state_visibility(&mut graph, &reading.sources, config.visibility);
    let unresolved = resolve::resolve(&mut graph);
    rank::assign_environments(&mut graph, &config.accounts);
    rank::mark_crown_jewels(&mut graph, &config.crown_jewels);
    progress(Progress::Owners);
    let settings = own::Settings { mapped: &config.owners, inventory: &config.inventory, people: &config.roster, now, cache };
    let own::Owners { mut parties, mut approvals } = own::assign(&mut graph, &reading.repositories, &reading.charters, &settings);
    approvals.extend(reading.approvals);
    approvals.sort();
    approvals.dedup();
    own::strike(&mut reading.parties, &config.roster, now);
    // Earlier runs had the history at hand: where they name someone, they know better.
    let known: BTreeSet<(NodeId, Role)> = reading.parties.iter().map(|p| (p.node.clone(), p.role)).collect();
    parties.retain(|p| !known.contains(&(p.node.clone(), p.role)));
    parties.extend(reading.parties);
    // The nearest tier comes first, and those who have left last; a candidate of two reports counts once.
    let left = |p: &Ownership| p.role != Role::Creator && p.activity == Activity::Departed;
    parties.sort_by(|a, b| {
        (&a.node, a.role, left(a), a.tier).cmp(&(&b.node, b.role, left(b), b.tier)).then(b.confidence.total_cmp(&a.confidence)).then(a.party.cmp(&b.party))
    });
    let mut heard = HashSet::new();
    parties.retain(|p| heard.insert((p.node.clone(), p.role, p.party.clone())));
    // What was left out may define it, or use it.
    if !reading.narrowed {
        former::tell(&mut graph, &reading.repositories, cache);
    }
    life::assign(&mut graph, now);
    progress(Progress::Ranking);
    let settings = rank::Settings { public: config.visibility == Visibility::Public, now };
    let ranking = rank::rank(&graph, &settings);
    let metrics = rank::metrics(&graph, &parties, &ranking);
    let coverage = graph.notes.iter().cloned().collect();
    Lineage { now, sources: reading.sources, graph, unresolved, parties, approvals, ranking, coverage, metrics, values, ..Lineage::default() }
}
