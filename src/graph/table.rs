//! Rows by id: found by hash, walked in the order of their ids, so that no result depends on how they came in.

use std::hash::BuildHasher;
use std::ops::Index;
use std::sync::{Arc, OnceLock};

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use rayon::slice::ParallelSliceMut;

/// What has an id of its own.
pub trait Row {
    fn id(&self) -> &Arc<str>;
}

/// Rows with their ids. A row keeps its number for good.
#[derive(Clone, Debug)]
pub struct Table<R> {
    /// Numbers of the rows by the hash of their ids.
    numbers: HashTable<u32>,
    /// Ids are chosen by whoever wrote what is read: the hash is seeded anew in each run.
    hasher: RandomState,
    rows: Vec<R>,
    /// Rows in the order of the ids; made when asked for, from what it was before and what came since.
    order: OnceLock<Vec<Placed>>,
    before: Vec<Placed>,
}

/// A row by its number, and how its id begins: most comparisons need no more.
#[derive(Clone, Copy, Debug)]
struct Placed {
    begins: u64,
    number: u32,
}

/// The first eight bytes of an id, in their order.
fn begins(id: &str) -> u64 {
    let mut first = [0u8; 8];
    let bytes = id.as_bytes();
    let length = bytes.len().min(8);
    first[..length].copy_from_slice(&bytes[..length]);
    u64::from_be_bytes(first)
}

impl<R> Default for Table<R> {
    fn default() -> Self {
        Table { numbers: HashTable::new(), hasher: RandomState::default(), rows: Vec::new(), order: OnceLock::new(), before: Vec::new() }
    }
}

impl<R: Row + Sync> Table<R> {
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub fn get(&self, id: &str) -> Option<&R> {
        self.number(id).map(|n| &self.rows[n as usize])
    }

    pub fn get_mut(&mut self, id: &str) -> Option<&mut R> {
        self.number(id).map(|n| &mut self.rows[n as usize])
    }

    pub fn get_key_value(&self, id: &str) -> Option<(&Arc<str>, &R)> {
        self.get(id).map(|r| (r.id(), r))
    }

    pub fn contains_key(&self, id: &str) -> bool {
        self.number(id).is_some()
    }

    /// Rows in the order of their ids.
    pub fn values(&self) -> impl Iterator<Item = &R> {
        self.order().map(|n| &self.rows[n as usize])
    }

    /// Rows in no order that means anything; for changes that do not depend on each other.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut R> {
        self.rows.iter_mut()
    }

    pub fn keys(&self) -> impl Iterator<Item = &Arc<str>> {
        self.values().map(Row::id)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &R)> {
        self.values().map(|r| (r.id(), r))
    }

    /// Rows whose ids begin so, in their order.
    pub fn with_prefix<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a R> {
        let order = self.ordered();
        let from = order.partition_point(|p| &**self.row(p.number).id() < prefix);
        order[from..].iter().map(|p| self.row(p.number)).take_while(move |r| r.id().starts_with(prefix))
    }

    pub(super) fn number(&self, id: &str) -> Option<u32> {
        self.numbers.find(self.hasher.hash_one(id), |n| **self.rows[*n as usize].id() == *id).copied()
    }

    pub(super) fn row(&self, number: u32) -> &R {
        &self.rows[number as usize]
    }

    pub(super) fn row_mut(&mut self, number: u32) -> &mut R {
        &mut self.rows[number as usize]
    }

    /// Adds a row whose id is new; gives its number.
    pub(super) fn push(&mut self, row: R) -> u32 {
        let number = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        if let Some(order) = self.order.take() {
            self.before = order;
        }
        let hash = self.hasher.hash_one(&**row.id());
        self.rows.push(row);
        let (rows, hasher) = (&self.rows, &self.hasher);
        self.numbers.insert_unique(hash, number, |n| hasher.hash_one(&**rows[*n as usize].id()));
        number
    }

    /// Numbers in the order of the ids.
    pub(super) fn order(&self) -> impl Iterator<Item = u32> {
        self.ordered().iter().map(|p| p.number)
    }

    fn ordered(&self) -> &[Placed] {
        self.order.get_or_init(|| {
            let came = self.before.len()..self.rows.len();
            let mut new: Vec<Placed> = came.map(|n| Placed { begins: begins(self.rows[n].id()), number: u32::try_from(n).unwrap_or(u32::MAX) }).collect();
            let compare = |a: &Placed, b: &Placed| a.begins.cmp(&b.begins).then_with(|| self.row(a.number).id().cmp(self.row(b.number).id()));
            new.par_sort_unstable_by(compare);
            if self.before.is_empty() {
                return new;
            }
            // Both are in order: one walk along the two.
            let mut out = Vec::with_capacity(self.rows.len());
            let (mut old, mut new) = (self.before.iter().peekable(), new.iter().peekable());
            while let (Some(a), Some(b)) = (old.peek(), new.peek()) {
                let next = if compare(a, b).is_le() { old.next() } else { new.next() };
                out.extend(next);
            }
            out.extend(old);
            out.extend(new);
            out
        })
    }
}

impl<R: Row + Sync, I: AsRef<str>> Index<I> for Table<R> {
    type Output = R;

    fn index(&self, id: I) -> &R {
        let id = id.as_ref();
        self.get(id).unwrap_or_else(|| panic!("{id} is not in the graph"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Name(Arc<str>);
    impl Row for Name {
        fn id(&self) -> &Arc<str> {
            &self.0
        }
    }

    #[test]
    fn rows_are_walked_in_the_order_of_their_ids_whenever_they_came() {
        let mut table = Table::default();
        for id in ["d", "a/2", "b"] {
            table.push(Name(id.into()));
        }
        assert_eq!(table.keys().map(|k| &**k).collect::<Vec<_>>(), ["a/2", "b", "d"]);
        for id in ["c", "a/1", "e"] {
            table.push(Name(id.into()));
        }
        assert_eq!(table.keys().map(|k| &**k).collect::<Vec<_>>(), ["a/1", "a/2", "b", "c", "d", "e"]);
        assert_eq!(table.with_prefix("a/").map(|r| &*r.0).collect::<Vec<_>>(), ["a/1", "a/2"]);
        assert_eq!(table["c"].0.as_ref(), "c");
        assert!(table.get("x").is_none() && table.with_prefix("x").next().is_none());
    }
}
