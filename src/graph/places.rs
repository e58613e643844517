//! A sorted set of places that is small when it holds few, as nearly all do.

use std::collections::BTreeSet;
use std::collections::btree_set;
use std::slice;

use crate::model::Location;

/// Places kept as a list; more are kept as a tree.
const FEW: usize = 16;

/// Places in their order, each once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Places {
    Few(Vec<Location>),
    Many(BTreeSet<Location>),
}

/// A walk over places in their order.
pub enum Iter<'a> {
    Few(slice::Iter<'a, Location>),
    Many(btree_set::Iter<'a, Location>),
}

impl<'a> Iterator for Iter<'a> {
    type Item = &'a Location;

    fn next(&mut self) -> Option<&'a Location> {
        match self {
            Iter::Few(iter) => iter.next(),
            Iter::Many(iter) => iter.next(),
        }
    }
}

impl Default for Places {
    fn default() -> Self {
        Places::Few(Vec::new())
    }
}

impl Places {
    pub fn iter(&self) -> Iter<'_> {
        match self {
            Places::Few(list) => Iter::Few(list.iter()),
            Places::Many(tree) => Iter::Many(tree.iter()),
        }
    }

    pub fn len(&self) -> usize {
        match self {
            Places::Few(list) => list.len(),
            Places::Many(tree) => tree.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn first(&self) -> Option<&Location> {
        self.iter().next()
    }

    /// Adds a place; says whether it was new.
    pub fn insert(&mut self, place: Location) -> bool {
        match self {
            Places::Few(list) => {
                let Err(at) = list.binary_search(&place) else { return false };
                if list.len() < FEW {
                    list.reserve_exact(1);
                    list.insert(at, place);
                } else {
                    let mut tree: BTreeSet<Location> = std::mem::take(list).into_iter().collect();
                    tree.insert(place);
                    *self = Places::Many(tree);
                }
                true
            }
            Places::Many(tree) => tree.insert(place),
        }
    }

    pub fn extend(&mut self, places: impl IntoIterator<Item = Location>) {
        for place in places {
            self.insert(place);
        }
    }
}

impl FromIterator<Location> for Places {
    fn from_iter<I: IntoIterator<Item = Location>>(places: I) -> Self {
        let mut out = Places::default();
        out.extend(places);
        out
    }
}

impl<'a> IntoIterator for &'a Places {
    type Item = &'a Location;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_and_many_places_are_the_same_set() {
        let place = |line: u32| Location { repository: "r".into(), path: "p".into(), line, column: 1, end_line: line, revision: None };
        let lines: Vec<u32> = (0..100).map(|i| i * 37 % 50).collect();
        let places: Places = lines.iter().map(|l| place(*l)).collect();
        assert_eq!(places.iter().map(|p| p.line).collect::<Vec<_>>(), (0..50).collect::<Vec<_>>());
        assert_eq!((places.len(), places.first().map(|p| p.line)), (50, Some(0)));
        let few: Places = [3, 1, 3, 2].into_iter().map(place).collect();
        assert_eq!(few.iter().map(|p| p.line).collect::<Vec<_>>(), [1, 2, 3]);
    }
}
