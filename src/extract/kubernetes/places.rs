//! One count of lines for all files of a unit, so that what is evaluated out of several of them still says where each part stands.

use std::sync::Arc;

use crate::document::{Document, Node};
pub(super) use crate::extract::joined as join;
use crate::model::{Facts, Location};

/// The files of a unit, one behind the other.
pub(super) struct Places<'a> {
    documents: Vec<&'a Document>,
    /// How many lines stand before each file, and how many it has.
    bases: Vec<u32>,
    lines: Vec<u32>,
}

impl<'a> Places<'a> {
    pub(super) fn of(documents: &[&'a Document]) -> Self {
        let mut bases = Vec::with_capacity(documents.len());
        let lines: Vec<u32> = documents.iter().map(|d| memchr::memchr_iter(b'\n', &d.bytes).count() as u32 + 1).collect();
        let mut next = 0u32;
        for count in &lines {
            bases.push(next);
            next = next.saturating_add(count + 1);
        }
        Places { documents: documents.to_vec(), bases, lines }
    }

    /// Lines before the file at this index.
    pub(super) fn base(&self, index: usize) -> u32 {
        self.bases.get(index).copied().unwrap_or(0)
    }

    /// A copy of a tree of the file at this index, in the common count.
    pub(super) fn moved(&self, index: usize, tree: &Node) -> Node {
        let mut tree = tree.clone();
        tree.shift(self.base(index));
        tree
    }

    /// Gives every place in facts of this document back to the file that it stands in.
    pub(super) fn restore(&self, facts: &mut Facts, path: &Arc<str>) {
        let places = facts.nodes.iter_mut().filter_map(|n| n.at.as_mut()).chain(facts.edges.iter_mut().filter_map(|e| e.at.as_mut()));
        let places = places.chain(facts.references.iter_mut().map(|r| &mut r.at)).chain(facts.slots.iter_mut().map(|s| &mut s.at));
        for at in places.filter(|at| at.path == *path) {
            self.file_of(at);
        }
    }

    fn file_of(&self, at: &mut Location) {
        let index = self.bases.partition_point(|base| *base < at.line).saturating_sub(1);
        let Some(document) = self.documents.get(index) else { return };
        let base = self.bases[index];
        at.path = document.path.clone();
        at.line -= base;
        // A span that ends in another file ends here on its first line.
        at.end_line = at.end_line.checked_sub(base).filter(|end| *end <= self.lines[index]).unwrap_or(at.line).max(at.line);
    }
}
