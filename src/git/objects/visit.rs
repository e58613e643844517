//! Every wanted object once, each unpacked from the one that it is a delta of, in parallel.

use rayon::prelude::*;

use super::{Kind, MAX_OBJECT, NONE, Objects, Piece, Tools, delta};

/// Chains handed to a thread at a time.
const CHAINS: usize = 64;
/// Bytes that a thread holds of objects whose deltas are still to come; beyond it they are unpacked again when needed.
const MAX_HELD: usize = 48 << 20;

/// One object while it is visited.
pub struct Visited<'a> {
    pub number: u32,
    pub bytes: &'a [u8],
    /// How the bytes come from those of the base, when the base was visited.
    pub pieces: Option<&'a [Piece]>,
}

/// What is done with objects.
pub trait Visitor: Sync {
    /// What is remembered of an object for those that are deltas of it.
    type Kept;
    /// What a thread gathers.
    type Gathered: Send;

    fn begin(&self) -> Self::Gathered;
    /// Whether an object is visited.
    fn wants(&self, number: u32, kind: Kind) -> bool;
    /// `base` is there exactly when `object.pieces` is.
    fn visit(&self, gathered: &mut Self::Gathered, object: Visited<'_>, base: Option<&Self::Kept>) -> Self::Kept;
    /// An object that is wanted and cannot be unpacked.
    fn unreadable(&self, gathered: &mut Self::Gathered, number: u32);
}

/// An object whose deltas are being visited.
struct Frame<K> {
    number: u32,
    /// Given up when too much is held.
    bytes: Option<Vec<u8>>,
    kept: Option<K>,
    next: u32,
}

/// The delta tree: for each object the first that is a delta of it, and the next with the same base.
struct Deltas {
    child: Vec<u32>,
    sibling: Vec<u32>,
}

impl Objects {
    /// Visits what the visitor wants; the gathered parts come in the order of the packs.
    pub fn visit<V: Visitor>(&self, visitor: &V) -> Vec<V::Gathered> {
        let wanted: Vec<bool> = (0..self.len() as u32).map(|n| visitor.wants(n, self.kind(n)) && self.ids.number(self.ids.id(n)) == Some(n)).collect();
        // What something wanted is a delta of must be unpacked too.
        let mut needed = wanted.clone();
        for start in 0..self.len() {
            let mut at = start;
            while needed[at] && self.bases[at] != NONE && !needed[self.bases[at] as usize] {
                at = self.bases[at] as usize;
                needed[at] = true;
            }
        }
        let mut deltas = Deltas { child: vec![NONE; self.len()], sibling: vec![NONE; self.len()] };
        let mut roots = Vec::new();
        for number in (0..self.len() as u32).rev().filter(|n| needed[*n as usize]) {
            match self.bases[number as usize] {
                NONE => roots.push(number),
                base => deltas.sibling[number as usize] = std::mem::replace(&mut deltas.child[base as usize], number),
            }
        }
        roots.reverse();
        roots
            .par_chunks(CHAINS)
            .map(|chunk| {
                let mut gathered = visitor.begin();
                let mut tools = Tools::default();
                for root in chunk {
                    self.visit_chain(*root, visitor, &wanted, &deltas, &mut tools, &mut gathered);
                }
                gathered
            })
            .collect()
    }

    fn visit_chain<V: Visitor>(&self, root: u32, visitor: &V, wanted: &[bool], deltas: &Deltas, tools: &mut Tools, gathered: &mut V::Gathered) {
        let mut spare: Vec<Vec<u8>> = Vec::new();
        let mut delta = Vec::new();
        let mut held = 0;
        let mut bytes = Vec::new();
        if self.stored_size(root) > MAX_OBJECT || self.unpack(root, tools, &mut bytes).is_none() {
            return self.give_up(root, visitor, wanted, deltas, gathered);
        }
        let kept = wanted[root as usize].then(|| visitor.visit(gathered, Visited { number: root, bytes: &bytes, pieces: None }, None));
        let mut stack = vec![Frame { number: root, bytes: Some(bytes), kept, next: deltas.child[root as usize] }];
        while let Some(top) = stack.last_mut() {
            let number = top.next;
            if number == NONE {
                if let Some(frame) = stack.pop()
                    && let Some(bytes) = frame.bytes
                {
                    held -= bytes.len().min(held);
                    spare.push(bytes);
                }
                continue;
            }
            top.next = deltas.sibling[number as usize];
            if top.bytes.is_none() {
                top.bytes = self.read(top.number, tools);
                held += top.bytes.as_ref().map_or(0, Vec::len);
            }
            let mut bytes = spare.pop().unwrap_or_default();
            let made = top.bytes.as_ref().and_then(|base| {
                self.unpack(number, tools, &mut delta)?;
                let mut pieces = std::mem::take(&mut tools.pieces);
                let fits = delta::pieces(&delta, base.len(), &mut pieces).map(|()| delta::apply(base, &delta, &pieces, &mut bytes));
                tools.pieces = pieces;
                fits
            });
            if made.is_none() {
                spare.push(bytes);
                self.give_up(number, visitor, wanted, deltas, gathered);
                continue;
            }
            let kept = wanted[number as usize].then(|| {
                let pieces = top.kept.as_ref().map(|_| tools.pieces.as_slice());
                visitor.visit(gathered, Visited { number, bytes: &bytes, pieces }, top.kept.as_ref())
            });
            let next = deltas.child[number as usize];
            if next == NONE {
                spare.push(bytes);
                continue;
            }
            held += bytes.len();
            let frame = Frame { number, bytes: Some(bytes), kept, next };
            if top.next == NONE {
                // The base was needed for this one only.
                if let Some(bytes) = std::mem::replace(top, frame).bytes {
                    held -= bytes.len().min(held);
                    spare.push(bytes);
                }
            } else {
                stack.push(frame);
            }
            spare.truncate(4);
            let last = stack.len() - 1;
            for frame in &mut stack[..last] {
                if held > MAX_HELD {
                    held -= frame.bytes.take().map_or(0, |b| b.len()).min(held);
                }
            }
        }
    }

    /// Tells of an object that cannot be unpacked, and of everything that is a delta of it.
    fn give_up<V: Visitor>(&self, number: u32, visitor: &V, wanted: &[bool], deltas: &Deltas, gathered: &mut V::Gathered) {
        let mut open = vec![number];
        while let Some(number) = open.pop() {
            if wanted[number as usize] {
                visitor.unreadable(gathered, number);
            }
            let mut child = deltas.child[number as usize];
            while child != NONE {
                open.push(child);
                child = deltas.sibling[child as usize];
            }
        }
    }
}
