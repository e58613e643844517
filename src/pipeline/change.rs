//! Two states in one run: both are read, each becomes a graph, and the graphs are compared.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};

use super::intake::Intake;
use super::{Progress, Reading, STACK, assemble, conclude, excluded, judge};
use crate::cache::Cache;
use crate::config::{ACCEPTED_FILE, Accepted, Config, Entry};
use crate::git::{Contents, Repo, Snapshot};
use crate::graph::{Lineage, Source};
use crate::own;
use crate::query::{self, Change, Reviewers};
use crate::report::Saved;
use crate::source::{self, Side};

/// Two commits of one repository.
pub struct Revisions<'a> {
    /// A path inside the repository.
    pub path: &'a Path,
    /// The state before is that of the newest commit which both have in common.
    pub base: &'a str,
    pub head: &'a str,
}

/// What is compared.
pub enum Ends<'a> {
    Revisions(Revisions<'a>),
    /// Two reports.
    Saved(Box<Saved>, Box<Saved>),
}

/// Both states, and what lies between.
pub struct Compared {
    pub base: Lineage,
    pub head: Lineage,
    pub change: Change,
}

/// Builds both sides with the same configuration and compares them. Errors are repositories and revisions that cannot be used.
pub fn compare(ends: Ends<'_>, config: &Config, now: i64, progress: &(dyn Fn(Progress) + Sync)) -> Result<Compared> {
    let threads = rayon::ThreadPoolBuilder::new().stack_size(STACK).build().context("cannot start worker threads")?;
    threads.install(|| {
        let Sides { base, head, renames, reviewers, accepted } = match ends {
            Ends::Revisions(revisions) => read(&revisions, config)?,
            Ends::Saved(base, head) => Sides { base: Reading::saved(*base), head: Reading::saved(*head), ..Sides::default() },
        };
        let base = conclude(base, config, now, &Cache::none(), progress);
        let mut head = assemble(head, config, now, &Cache::none(), progress);
        head.weakened = query::weakened(&base, &mut head, &renames, &reviewers);
        judge(&mut head, config, false);
        let change = Change { accepted, ..query::diff(&base, &head, &renames) };
        Ok(Compared { base, head, change })
    })
}

/// Both sides as they were read, and what lies between that no graph holds.
#[derive(Default)]
struct Sides {
    base: Reading,
    head: Reading,
    renames: Vec<(String, String)>,
    reviewers: Reviewers,
    accepted: Vec<Entry>,
}

fn read(revisions: &Revisions<'_>, config: &Config) -> Result<Sides> {
    let shown = revisions.path.display();
    let path = revisions.path.canonicalize().with_context(|| format!("cannot read {shown}"))?;
    let repo = Repo::discover(&path)?;
    let (tip, head) = (repo.commit_id(revisions.base)?, repo.commit_id(revisions.head)?);
    let Some(base) = repo.merge_base(&tip, &head) else {
        bail!("{} and {} have no commit in common in this clone; fetch more of the history (git fetch --unshallow)", revisions.base, revisions.head)
    };
    let id: Arc<str> = repo.id().into();
    let (before, after) = (repo.snapshot(&base)?, repo.snapshot(&head)?);
    let excluded = excluded(&config.scan.exclude)?;
    let (old, new) = (Intake::default(), Intake::default());
    let notes = source::read_snapshots(repo.git_dir(), &id, (&before, &after), &excluded, &|document, side| match side {
        Side::Base => old.take(document),
        Side::Head => new.take(document),
        Side::Both => new.take_shared(&old, document),
    });
    let reading = |intake: Intake, snapshot: &Snapshot| {
        let mut reading = Reading { narrowed: true, ..Reading::default() };
        intake.finish(&mut reading);
        reading.sources.push(Source {
            id: id.to_string(),
            root: shown.to_string(),
            head: Some(snapshot.commit.clone()),
            files: snapshot.files.len() as u64,
            ..Source::default()
        });
        reading.repositories.push(own::Repository {
            id: id.clone(),
            root: repo.root(),
            git_dir: repo.git_dir().to_path_buf(),
            shallow: repo.is_shallow(),
            head_time: repo.head().map(|h| h.1),
            history: Default::default(),
            objects: None,
            gaps: Vec::new(),
        });
        reading
    };
    let (old, mut new) = (reading(old, &before), reading(new, &after));
    new.facts.notes.extend(notes);
    let contents = Contents::open(repo.git_dir());
    let content = |snapshot: &Snapshot, path: &str| {
        let text = contents.read(*snapshot.files.get(path)?, source::MAX_FILE as usize).ok()?;
        Some(String::from_utf8_lossy(&text).into_owned())
    };
    let reviewers = |snapshot: &Snapshot| own::reviewer_places(&id).find_map(|path| Some((Arc::from(path), content(snapshot, path)?)));
    let reviewers = Reviewers { repository: id.clone(), before: reviewers(&before), after: reviewers(&after) };
    let entries = |snapshot: &Snapshot| content(snapshot, ACCEPTED_FILE).and_then(|text| Accepted::parse(&text).ok()).unwrap_or_default().entries;
    let accepted = entries(&after).difference(&entries(&before)).cloned().collect();
    Ok(Sides { base: old, head: new, renames: repo.renames(&before, &after), reviewers, accepted })
}
