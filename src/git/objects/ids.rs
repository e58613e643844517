//! Object ids and their numbers.

/// Ids in the order of their numbers, and a table to find them by.
pub(super) struct Ids {
    width: usize,
    bytes: Vec<u8>,
    /// Open addressing by the first eight bytes of the id, which are as good as random; at most half full.
    table: Vec<u32>,
}

impl Ids {
    pub(super) fn new(width: usize) -> Self {
        Ids { width, bytes: Vec::new(), table: Vec::new() }
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len() / self.width
    }

    pub(super) fn push(&mut self, id: &[u8]) {
        self.bytes.extend_from_slice(id);
    }

    /// Takes ids, one behind the other.
    pub(super) fn add(&mut self, ids: Vec<u8>) {
        if self.bytes.is_empty() { self.bytes = ids } else { self.bytes.extend_from_slice(&ids) }
    }

    pub(super) fn id(&self, number: u32) -> &[u8] {
        let at = number as usize * self.width;
        &self.bytes[at..at + self.width]
    }

    /// Makes every id that was pushed findable; of equal ones, the first.
    pub(super) fn index(&mut self) {
        let size = (self.len() * 2).next_power_of_two().max(16);
        self.table = vec![super::NONE; size];
        for number in 0..self.len() as u32 {
            let slot = self.slot(self.id(number));
            if self.table[slot] == super::NONE {
                self.table[slot] = number;
            }
        }
    }

    /// The first number of an id; nothing when the object is not there.
    pub(super) fn number(&self, id: &[u8]) -> Option<u32> {
        if id.len() != self.width || self.table.is_empty() {
            return None;
        }
        Some(self.table[self.slot(id)]).filter(|n| *n != super::NONE)
    }

    /// Where an id stands in the table, or would.
    fn slot(&self, id: &[u8]) -> usize {
        let mask = self.table.len() - 1;
        let mut slot = id.iter().take(8).fold(0usize, |n, b| n << 8 | *b as usize) & mask;
        while self.table[slot] != super::NONE && self.id(self.table[slot]) != id {
            slot = (slot + 1) & mask;
        }
        slot
    }
}
