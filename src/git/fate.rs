//! What became of blobs: which references still reach them, and which commit on the way to HEAD let the last of them go.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::objects::NONE;
use super::trees::{EntryKind, StoredCommit, Trees};

/// The commits that are reached, and their trees.
pub struct Line {
    /// Trees of the history's commits, in its order.
    pub(super) roots: Vec<u32>,
    /// Parents of the history's commits, as places in its order.
    pub(super) parents: Vec<Vec<u32>>,
    /// Names of references, each with the commit that it points at.
    pub(super) tips: Vec<(String, u32)>,
    pub(super) head: Option<u32>,
    pub(super) trees: Trees,
}

/// What became of a value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fate {
    /// The last commit on the way to HEAD that took it away: an index into the history's commits.
    pub removed: Option<u32>,
    /// References whose newest commit still holds it, by name.
    pub held_by: Vec<String>,
}

/// Sets of values by number; the first is empty.
struct Sets<'a> {
    line: &'a Line,
    /// Values that each object holds, by its number.
    holders: &'a [(u32, u32)],
    sets: Vec<BTreeSet<u32>>,
    /// The set of each tree, by its number; `NONE` where it is not known yet.
    of_tree: Vec<u32>,
}

impl Line {
    pub(super) fn new(order: &[u32], stored: &[StoredCommit], parents: &[Vec<u32>], tips: Vec<(String, u32)>, head: Option<u32>, trees: Trees) -> Self {
        let mut place = vec![NONE; stored.len()];
        order.iter().enumerate().for_each(|(at, i)| place[*i as usize] = at as u32);
        Line {
            roots: order.iter().map(|i| stored[*i as usize].tree).collect(),
            parents: order.iter().map(|i| parents[*i as usize].iter().map(|p| place[*p as usize]).collect()).collect(),
            tips: tips.into_iter().map(|(name, i)| (name, place[i as usize])).collect(),
            head: head.map(|i| place[i as usize]),
            trees,
        }
    }

    /// What became of `count` values. `holders` names objects and a value that each holds.
    pub fn fates(&self, mut holders: Vec<(u32, u32)>, count: usize) -> Vec<Fate> {
        holders.sort_unstable();
        holders.dedup();
        let mut fates = vec![Fate::default(); count];
        if holders.is_empty() {
            return fates;
        }
        let mut sets = Sets { line: self, holders: &holders, sets: vec![BTreeSet::new()], of_tree: vec![NONE; self.trees.len()] };
        let held: Vec<u32> = self.roots.iter().map(|root| sets.of(*root, 0)).collect();
        let sets = sets.sets;
        let ancestors = self.ancestors_of_head();
        for (at, mine) in held.iter().enumerate().filter(|(at, _)| ancestors[*at]) {
            for parent in self.parents[at].iter().map(|p| held[*p as usize]).filter(|p| p != mine) {
                for value in sets[parent as usize].difference(&sets[*mine as usize]) {
                    fates[*value as usize].removed = Some(at as u32);
                }
            }
        }
        for (name, tip) in &self.tips {
            for value in &sets[held[*tip as usize] as usize] {
                fates[*value as usize].held_by.push(name.clone());
            }
        }
        if let Some(head) = self.head {
            // Taken away on one side of a merge, and kept on the other: it is still there.
            sets[held[head as usize] as usize].iter().for_each(|v| fates[*v as usize].removed = None);
        }
        fates
    }

    pub fn parents_of(&self, commit: u32) -> &[u32] {
        &self.parents[commit as usize]
    }

    /// The object that a commit has at a path.
    pub fn object_at(&self, commit: u32, path: &str) -> Option<u32> {
        let mut at = self.roots[commit as usize];
        for name in path.split('/') {
            at = self.trees.get(at)?.iter().find(|e| *self.trees.names[e.name() as usize] == *name.as_bytes())?.object;
        }
        Some(at)
    }

    fn ancestors_of_head(&self) -> Vec<bool> {
        let mut reached = vec![false; self.roots.len()];
        let mut open: Vec<u32> = self.head.into_iter().collect();
        while let Some(at) = open.pop() {
            if !std::mem::replace(&mut reached[at as usize], true) {
                open.extend(&self.parents[at as usize]);
            }
        }
        reached
    }
}

impl Sets<'_> {
    /// The number of the set of values that a tree holds.
    fn of(&mut self, tree: u32, depth: usize) -> u32 {
        let line = self.line;
        let Some(entries) = line.trees.get(tree).filter(|_| depth <= super::MAX_PATH_DEPTH) else { return 0 };
        if self.of_tree[tree as usize] != NONE {
            return self.of_tree[tree as usize];
        }
        // Most trees hold nothing, or what one of their folders holds.
        let (mut only, mut values) = (0, BTreeSet::new());
        for entry in entries {
            if entry.kind() == EntryKind::Tree {
                let below = self.of(entry.object, depth + 1);
                if below != 0 && only == 0 && values.is_empty() {
                    only = below;
                } else if below != 0 && below != only {
                    values.extend(self.sets[below as usize].iter().copied());
                }
            } else {
                let first = self.holders.partition_point(|h| h.0 < entry.object);
                values.extend(self.holders[first..].iter().take_while(|h| h.0 == entry.object).map(|h| h.1));
            }
        }
        let set = if values.is_empty() {
            only
        } else {
            values.extend(self.sets[only as usize].iter().copied());
            self.sets.push(values);
            self.sets.len() as u32 - 1
        };
        self.of_tree[tree as usize] = set;
        set
    }
}
