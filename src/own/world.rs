//! What ownership is judged by: rules, catalogues, manifests and histories of every repository, and who is who.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::catalogue::Catalogue;
use super::charter::Charter;
use super::crowd::Crowd;
use super::folders::Folders;
use super::lines::FileLines;
use super::manifests::Manifests;
use super::moves::Moves;
use super::party::team_name;
use super::rules::CodeOwners;
use super::{Repository, Settings};
use crate::config::{Inventory, OwnerEntry};
use crate::git::{Commit, Person, Told};
use crate::graph::{Graph, GraphNode};
use crate::model::{Location, Moment};

/// Words of names shorter than this say nothing.
const MIN_SLUG: usize = 4;

/// What one repository says.
pub(super) struct Home<'a> {
    pub(super) repository: Option<&'a Repository>,
    pub(super) rules: Option<CodeOwners>,
    pub(super) folders: Folders,
    pub(super) catalogue: Catalogue,
    pub(super) manifests: Manifests,
    /// Lines of the files that define something, by path.
    pub(super) files: BTreeMap<Arc<str>, FileLines>,
    /// Where those files stood before.
    pub(super) moves: Moves,
}

impl<'a> Home<'a> {
    /// The commits that brought a version of a file to HEAD's line, oldest first; of a file that it never had, those of the other branches.
    pub(super) fn versions(&self, path: &str) -> impl DoubleEndedIterator<Item = &'a Commit> + use<'a> {
        let history = self.repository.map(|r| &r.history);
        let mut versions: Vec<&'a Commit> =
            history.into_iter().flat_map(|h| self.moves.versions(h, path).into_iter().map(|v| &h.commits[v.commit as usize])).collect();
        if versions.iter().any(|c| !c.beside) {
            versions.retain(|c| !c.beside);
        }
        versions.into_iter()
    }
}

/// A commit that brought something, with the people behind it.
pub(super) struct Traced {
    pub(super) author: Person,
    pub(super) told: Told,
}

pub(super) struct World<'a> {
    pub(super) homes: BTreeMap<Arc<str>, Home<'a>>,
    pub(super) crowd: Crowd,
    pub(super) mapped: &'a [OwnerEntry],
    pub(super) inventory: &'a Inventory,
    /// Commits that brought something, by id.
    pub(super) traced: BTreeMap<Arc<str>, Traced>,
    /// Teams and people that names may hold, by their one word; nothing for words that several have.
    pub(super) slugs: BTreeMap<String, String>,
}

impl<'a> World<'a> {
    pub(super) fn new(repositories: &'a [Repository], charters: &[Charter], settings: &Settings<'a>) -> Self {
        let mut crowd = Crowd::new(repositories, settings.people, settings.now);
        let mut homes = BTreeMap::new();
        let ids: BTreeSet<&Arc<str>> = repositories.iter().map(|r| &r.id).chain(charters.iter().map(|c| &c.repository)).collect();
        for id in ids {
            let here = charters.iter().filter(|c| c.repository == *id);
            let folders = Folders::of(id, here.clone());
            let catalogue = Catalogue::of(id, here.clone());
            folders.aliases.iter().chain(&catalogue.members).for_each(|(team, members)| crowd.learn(team, members));
            crowd.emeritus.extend(folders.emeritus.iter().cloned());
            let home = Home {
                repository: repositories.iter().find(|r| r.id == *id),
                rules: CodeOwners::of(id, here.clone()),
                folders,
                catalogue,
                manifests: Manifests::of(here),
                files: BTreeMap::new(),
                moves: Moves::default(),
            };
            homes.insert(id.clone(), home);
        }
        let slugs = slugs(homes.values(), settings);
        World { homes, crowd, mapped: settings.mapped, inventory: settings.inventory, traced: BTreeMap::new(), slugs }
    }
}

/// Words by which teams and people are known.
fn slugs<'a, 'h>(homes: impl Iterator<Item = &'h Home<'a>>, settings: &Settings<'_>) -> BTreeMap<String, String>
where
    'a: 'h,
{
    let mut parties: BTreeSet<String> = settings.mapped.iter().map(|m| m.owner.clone()).collect();
    for home in homes {
        parties.extend(home.rules.iter().flat_map(CodeOwners::entries).flat_map(|e| e.parties.iter().cloned()));
        parties.extend(home.folders.aliases.keys().chain(home.catalogue.members.keys()).cloned());
    }
    parties.extend(settings.people.people.iter().flat_map(|p| p.ids()));
    parties.extend(settings.people.teams.iter().map(|t| t.id.clone()));
    let mut words: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for party in parties {
        let word = match party.strip_prefix("person:") {
            Some(person) => Some(person.rsplit('/').next().unwrap_or(person).split('@').next().unwrap_or(person).to_owned()),
            None => team_name(&party),
        };
        if let Some(word) = word.filter(|w| w.len() >= MIN_SLUG && w.chars().all(|c| c.is_ascii_alphanumeric())) {
            words.entry(word).or_default().insert(party);
        }
    }
    words.into_iter().filter_map(|(word, parties)| if parties.len() == 1 { Some((word, parties.into_iter().next()?)) } else { None }).collect()
}

/// One node while its owners are looked for.
pub(super) struct Subject<'a> {
    pub(super) node: &'a GraphNode,
    pub(super) graph: &'a Graph,
    pub(super) world: &'a World<'a>,
    /// Where the newest files have it.
    pub(super) place: Option<&'a Location>,
    pub(super) home: Option<&'a Home<'a>>,
    /// The commit that brought it.
    pub(super) introduction: Option<&'a Moment>,
}

impl<'a> Subject<'a> {
    /// What uses it.
    pub(super) fn users(&self) -> impl Iterator<Item = &'a GraphNode> + use<'a> {
        let graph = self.graph;
        graph
            .ending_at(self.node.id())
            .filter(|e| matches!(e.relation.name, "runs_as" | "consumes" | "can_assume" | "invokes"))
            .filter_map(|e| graph.node(&e.from))
    }
}
