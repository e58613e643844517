//! Who created, who answers for, who sponsors: from tags, path rules and history (domain specification, 4).

mod activity;
mod codeowners;
mod lines;
mod score;
mod tags;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use rayon::prelude::*;

use crate::git::{History, is_bot, party_id};
use crate::graph::{Graph, GraphNode};
use crate::model::{Kind, Moment, NodeId, Ownership, Role, Signal};

use activity::Activities;
use codeowners::CodeOwners;
use lines::FileLines;
use score::Candidates;

/// One scanned repository, with what its history says.
pub struct Repository {
    pub id: Arc<str>,
    /// Root of the work tree; nothing for a bare repository.
    pub root: Option<PathBuf>,
    pub git_dir: PathBuf,
    /// The history was cut when the repository was cloned.
    pub shallow: bool,
    pub history: History,
}

/// An entry of the configuration: who answers for the ids and paths that a glob fits.
#[derive(Clone, Debug)]
pub struct Mapping {
    pub glob: String,
    pub owner: String,
}

/// Half-life of what somebody did once, in days.
const HALF_LIFE: f64 = 365.0;

/// Kinds that somebody answers for.
fn is_owned(kind: Kind) -> bool {
    !matches!(kind, Kind::Party | Kind::Origin | Kind::Issuer)
}

/// Ranked candidates for every node that a scanned repository declares or mentions; sets `first_seen` where the history tells and nothing has yet.
pub fn assign(graph: &mut Graph, repositories: &[Repository], mapped: &[Mapping]) -> Vec<Ownership> {
    let mut files: BTreeMap<(Arc<str>, Arc<str>), FileLines> = BTreeMap::new();
    for repository in repositories {
        let mut paths: Vec<Arc<str>> = graph
            .nodes
            .values()
            .filter(|n| is_owned(n.key.kind))
            .filter_map(|n| n.primary())
            .filter(|l| l.revision.is_none() && l.repository == repository.id)
            .map(|l| l.path.clone())
            .collect();
        paths.sort();
        paths.dedup();
        let read: Vec<_> = paths.into_par_iter().map(|path| ((repository.id.clone(), path.clone()), FileLines::read(repository, &path))).collect();
        files.extend(read);
    }
    let rules: BTreeMap<&str, CodeOwners> = repositories.iter().map(|r| (&*r.id, CodeOwners::of(r))).collect();
    let activities = Activities::of_commits(repositories.iter().map(|r| &r.history));
    let nodes: Vec<&GraphNode> = graph.nodes.values().filter(|n| is_owned(n.key.kind)).collect();
    let answers: Vec<(NodeId, Option<Moment>, Vec<Ownership>)> = nodes
        .into_par_iter()
        .map(|node| {
            let mut candidates = Candidates::default();
            tags::signals(node, &mut candidates);
            for entry in mapped.iter().filter(|m| codeowners::glob(&m.glob, node.id()) || node.places().any(|l| codeowners::glob(&m.glob, &l.path))) {
                candidates.add(Role::Owner, &entry.owner, Signal { signal: "configured", tier: 2, weight: 0.95, at: None });
            }
            let mut introduced = None;
            if let Some(place) = node.primary().filter(|l| l.revision.is_none()) {
                if let Some(found) = rules.get(&*place.repository).and_then(|r| r.owners_of(&place.path)) {
                    for owner in &found.owners {
                        candidates.add(
                            Role::Owner,
                            owner,
                            Signal { signal: "codeowners", tier: 3, weight: if found.catch_all { 0.375 } else { 0.75 }, at: Some(found.at.clone()) },
                        );
                    }
                }
                let repository = repositories.iter().find(|r| r.id == place.repository);
                let file = files.get(&(place.repository.clone(), place.path.clone()));
                if let (Some(repository), Some(file)) = (repository, file) {
                    let now = repository.history.commits.iter().map(|c| c.time).max().unwrap_or(0);
                    let decay = |time: i64| 2f64.powf(-((now - time).max(0) as f64 / 86_400.0) / HALF_LIFE);
                    let shallow = repository.shallow;
                    let signal = |name, weight: f64, time| Signal { signal: name, tier: 5, weight: weight * decay(time), at: None };
                    if let Some(commit) = file.introducer(place.line, place.end_line).filter(|_| !shallow).map(|i| &repository.history.commits[i as usize]) {
                        introduced = Some(commit.moment());
                        let party = party_id(&commit.author);
                        candidates.add(Role::Creator, &party, Signal { signal: "introducer", tier: 5, weight: 0.9, at: None });
                        if !is_bot(&commit.author) {
                            candidates.add(Role::Owner, &party, signal("introducer", 0.35, commit.time));
                        }
                    }
                    for (author, share, time) in file.majority(&repository.history, place.line, place.end_line) {
                        if share >= 0.5 && !is_bot(&author) && !shallow {
                            candidates.add(Role::Owner, &party_id(&author), signal("blame-majority", 0.40, time));
                        }
                    }
                    if let Some(creator) = repository.history.creator_of(&place.path).filter(|c| !c.by_bot() && !shallow) {
                        candidates.add(Role::Owner, &party_id(&creator.author), signal("file-creator", 0.2, creator.time));
                    }
                    if let Some(last) = repository
                        .history
                        .versions_of(&place.path)
                        .next_back()
                        .map(|v| &repository.history.commits[v.commit as usize])
                        .filter(|c| !c.by_bot() && !shallow)
                    {
                        candidates.add(Role::Owner, &party_id(&last.author), signal("last-modifier", 0.2, last.time));
                    }
                }
            }
            if let Some(first) = &node.first_seen {
                introduced = None;
                let bot = first.party.starts_with("bot:");
                candidates.add(Role::Creator, &first.party, Signal { signal: "introducer", tier: 5, weight: 0.95, at: None });
                if !bot {
                    candidates.add(Role::Owner, &first.party, Signal { signal: "introducer", tier: 5, weight: 0.35, at: None });
                }
            }
            (node.id().clone(), introduced, candidates.settle(node.id(), &activities))
        })
        .collect();
    let mut parties = Vec::new();
    for (id, introduced, found) in answers {
        if let (Some(node), Some(moment)) = (graph.nodes.get_mut(&id), introduced) {
            node.first_seen.get_or_insert(moment);
        }
        parties.extend(found);
    }
    parties
}
