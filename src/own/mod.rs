//! Who created, who answers for, who sponsors: from tags, catalogues, path rules, manifests and history (domain specification, 4).
//!
//! Every answer is a ranked list of candidates with the signals that speak for them (`SIGNALS`), in `Lineage::parties`. Owners say whether they are still
//! there (`activity`). On the nodes themselves: `ai_assisted` and `ai_agents` (an AI agent wrote the commit that brought it, or wrote along), `human_like`
//! (the name of an identity is a person's), and `first_seen`, where the history tells and nothing has yet.

mod behaviour;
mod catalogue;
mod catalogued;
mod charter;
mod crowd;
mod folders;
mod kept;
mod lines;
mod manifests;
mod moves;
mod named;
mod party;
mod ruled;
mod rules;
mod score;
mod signal;
mod stated;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use rayon::prelude::*;
use serde_json::Value;

use crate::cache::Cache;
use crate::config::{Inventory, OwnerEntry, People};
use crate::git::{self, History, Objects};
use crate::graph::{Approval, Graph, GraphNode};
use crate::model::{Activity, Kind, Moment, NodeId, Ownership, Role};

use charter::IGNORED_REVISIONS;
use moves::Moves;
use score::Candidates;
use world::{Home, Subject, Traced, World};

pub use charter::{Charter, is_charter, reviewer_places, rule_places};
pub use signal::{OwnerSignal, SIGNALS};

/// One scanned repository, with what its history says.
#[derive(Default)]
pub struct Repository {
    pub id: Arc<str>,
    /// Root of the work tree; nothing for a bare repository.
    pub root: Option<PathBuf>,
    pub git_dir: PathBuf,
    /// The history was cut when the repository was cloned.
    pub shallow: bool,
    /// When HEAD was committed, seconds since the Unix epoch.
    pub head_time: Option<i64>,
    pub history: History,
    /// What the history is read from; nothing when it is not read.
    pub objects: Option<Objects>,
    /// Where objects are missing, what tells which are at hand; else nothing.
    pub gaps: Vec<u8>,
}

/// What people have settled.
pub struct Settings<'a> {
    pub mapped: &'a [OwnerEntry],
    /// Who approved what, for whom.
    pub inventory: &'a Inventory,
    pub people: &'a People,
    /// Decides who has left by now, seconds since the Unix epoch.
    pub now: i64,
    /// Where results of earlier runs are, and where those of this one go.
    pub cache: &'a Cache,
}

/// Who answers for what.
#[derive(Default)]
pub struct Owners {
    pub parties: Vec<Ownership>,
    pub approvals: Vec<Approval>,
}

/// Kinds that somebody answers for.
fn is_owned(kind: Kind) -> bool {
    !matches!(kind, Kind::Party | Kind::Origin | Kind::Issuer)
}

/// Ranked candidates for every node that a scanned repository declares or mentions, and who approves changes of which paths.
pub fn assign(graph: &mut Graph, repositories: &[Repository], charters: &[Charter], settings: &Settings<'_>) -> Owners {
    let mut world = World::new(repositories, charters, settings);
    for repository in repositories {
        let ignored = ignored_revisions(charters, &repository.id);
        let paths = paths(graph, repository);
        let moves = Moves::of(repository, &paths);
        let files = lines::read(repository, &moves, &paths, &ignored, settings.cache);
        if let Some(home) = world.homes.get_mut(&repository.id) {
            (home.files, home.moves) = (files, moves);
        }
    }
    let introductions = introductions(graph, &world);
    trace(&mut world, repositories, introductions.values());
    for (id, moment) in &introductions {
        let Some(node) = graph.nodes.get_mut(id) else { continue };
        node.first_seen.get_or_insert_with(|| moment.clone());
        if let Some(traced) = world.traced.get(&moment.revision).filter(|t| !t.told.assistants.is_empty()) {
            node.attributes.insert("ai_assisted".into(), true.into());
            node.attributes.insert("ai_agents".into(), traced.told.assistants.iter().cloned().map(Value::from).collect());
        }
    }
    let identities: Vec<NodeId> = graph.of_kind(Kind::Identity).filter(|n| named::is_human(n, &world)).map(|n| n.id().clone()).collect();
    for id in identities {
        graph.nodes.get_mut(&id).map(|n| n.attributes.insert("human_like".into(), true.into()));
    }
    let nodes: Vec<&GraphNode> = graph.nodes.values().filter(|n| is_owned(n.key.kind)).collect();
    let parties = nodes.into_par_iter().flat_map_iter(|node| owners_of(node, graph, &world, &introductions)).collect();
    Owners { parties, approvals: ruled::approvals(&world) }
}

/// Strikes out those of earlier runs' owners who have left since, by the people file.
pub fn strike(parties: &mut [Ownership], people: &People, now: i64) {
    let crowd = crowd::Crowd::new(&[], people, now);
    for party in parties.iter_mut().filter(|p| crowd.activity(&p.party).0 == Activity::Departed) {
        party.activity = Activity::Departed;
        if party.role != Role::Creator {
            (party.confidence, party.resolved) = (0.0, false);
        }
    }
}

fn owners_of(node: &GraphNode, graph: &Graph, world: &World<'_>, introductions: &BTreeMap<NodeId, Moment>) -> Vec<Ownership> {
    let place = node.primary().filter(|l| l.revision.is_none());
    let home = place.and_then(|p| world.homes.get(&p.repository));
    let subject = Subject { node, graph, world, place, home, introduction: introductions.get(node.id()) };
    let mut candidates = Candidates::new(&world.crowd);
    for signal in SIGNALS {
        (signal.run)(&subject, &mut candidates.hear(signal));
    }
    candidates.settle(node.id())
}

/// Files of a repository that define or mention something.
fn paths(graph: &Graph, repository: &Repository) -> Vec<Arc<str>> {
    let places = graph.nodes.values().filter(|n| is_owned(n.key.kind)).filter_map(GraphNode::primary);
    let paths: BTreeSet<Arc<str>> = places.filter(|l| l.revision.is_none() && l.repository == repository.id).map(|l| l.path.clone()).collect();
    paths.into_iter().collect()
}

/// Ids of commits that only formatted, as the repository lists them.
fn ignored_revisions(charters: &[Charter], repository: &str) -> BTreeSet<String> {
    let lists = charters.iter().filter(|c| &*c.repository == repository && &*c.path == IGNORED_REVISIONS);
    let lines = lists.flat_map(|c| c.text.lines()).map(|l| l.split('#').next().unwrap_or_default().trim());
    lines.filter(|l| l.len() >= 40 && l.chars().all(|c| c.is_ascii_hexdigit())).map(str::to_lowercase).collect()
}

/// The commit that brought each node: of a value the first that holds it, of a definition the one that brought the first line of its block.
fn introductions(graph: &Graph, world: &World<'_>) -> BTreeMap<NodeId, Moment> {
    let mut out = BTreeMap::new();
    for node in graph.nodes.values().filter(|n| is_owned(n.key.kind)) {
        let by_lines = || {
            let place = node.primary().filter(|l| l.revision.is_none())?;
            let home = world.homes.get(&place.repository)?;
            let repository = home.repository.filter(|r| !r.shallow)?;
            let commit = home.files.get(&place.path)?.introducer(place.line, place.end_line)?;
            Some(repository.history.commits[commit as usize].moment())
        };
        if let Some(moment) = node.first_seen.clone().or_else(by_lines) {
            out.insert(node.id().clone(), moment);
        }
    }
    out
}

/// Reads what the commits that brought something tell of themselves.
fn trace<'m>(world: &mut World<'_>, repositories: &[Repository], introductions: impl Iterator<Item = &'m Moment>) {
    let revisions: BTreeSet<Arc<str>> = introductions.map(|m| m.revision.clone()).collect();
    for repository in repositories {
        let here: BTreeMap<&Arc<str>, &git::Commit> = repository.history.commits.iter().filter(|c| revisions.contains(&c.id)).map(|c| (&c.id, c)).collect();
        let told = git::told(&repository.git_dir, &here.keys().map(|id| (*id).clone()).collect());
        for (id, told) in told {
            let Some(commit) = here.get(&id) else { continue };
            // To write along and to approve is to be there, too.
            told.coauthors.iter().chain(&told.approvers).for_each(|p| world.crowd.saw(git::party_id(p), commit.time));
            world.traced.insert(id, Traced { author: commit.author.clone(), told });
        }
    }
}
