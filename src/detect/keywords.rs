//! Where in a text any of many words stands: a filter over four bytes at a time that fits the processor's nearest cache, and a
//! comparison where it lets something pass. Measured against an automaton of the same words it is about twice as fast, and costs nothing to build.

use std::ops::{ControlFlow, Range};

/// Bytes that the filter looks at together.
const GRAM: usize = 4;
/// Words have at least this many bytes.
pub(super) const SHORTEST: usize = 3;
/// Bits of the filter, slots of the second look, and slots of the table behind them, as powers of two.
const FILTER: u32 = 18;
const SECOND: u32 = 14;
const TABLE: u32 = 15;

/// The words, ready to look for.
pub struct Keywords {
    /// One bit for each value of the hash of the first bytes of a word.
    filter: Vec<u64>,
    /// For each value of a shorter hash of them, which bytes may be the fifth and the sixth: most places that pass the filter begin like a word, and go
    /// on otherwise.
    second: Vec<[u64; 2]>,
    /// First bytes of words, and where their words begin and end in `by_start`; open addressing.
    table: Vec<(u32, u32, u32)>,
    /// Words by number.
    by_start: Vec<u32>,
    words: Vec<Word>,
}

/// Something to look for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Word {
    pub text: String,
    /// Whether upper and lower case are told apart.
    pub exact: bool,
}

impl Word {
    fn is(&self, there: &[u8]) -> bool {
        if self.exact { there == self.text.as_bytes() } else { there.eq_ignore_ascii_case(self.text.as_bytes()) }
    }
}

impl Keywords {
    /// Words shorter than `SHORTEST` are never found.
    pub fn new(words: Vec<Word>) -> Self {
        let mut starts: Vec<(u32, usize, u32)> = Vec::new();
        for (number, word) in words.iter().enumerate().map(|(i, w)| (i, w.text.as_bytes())).filter(|(_, w)| w.len() >= SHORTEST) {
            let start = word.iter().take(GRAM).fold(0, |g, b| push(g, *b));
            // What a short word leaves open may be anything.
            let fourth = if word.len() < GRAM { 0..=u8::MAX } else { 0..=0 };
            starts.extend(fourth.map(|b| (if word.len() < GRAM { push(start, b) } else { start }, word.len(), number as u32)));
        }
        starts.sort_unstable();
        starts.dedup();
        let mut second = vec![[0; 2]; 1 << SECOND];
        for (gram, _, number) in &starts {
            let word = words[*number as usize].text.as_bytes();
            for (mask, byte) in second[hash(*gram, SECOND) as usize].iter_mut().zip([word.get(GRAM), word.get(GRAM + 1)]) {
                *mask |= byte.map_or(u64::MAX, |b| bit(*b));
            }
        }
        let mut found =
            Keywords { filter: vec![0; 1 << (FILTER - 6)], second, table: vec![(0, 0, 0); 1 << TABLE], by_start: starts.iter().map(|s| s.2).collect(), words };
        let mut end = 0;
        for same in starts.chunk_by(|a, b| a.0 == b.0) {
            let (gram, start) = (same[0].0, end);
            end += same.len() as u32;
            let bit = hash(gram, FILTER);
            found.filter[(bit >> 6) as usize] |= 1 << (bit & 63);
            let mut slot = hash(gram, TABLE) as usize;
            while found.table[slot].2 != 0 {
                slot = (slot + 1) % found.table.len();
            }
            found.table[slot] = (gram, start, end);
        }
        found
    }

    /// Calls `take` with each word inside `range`, by number, and where it stands, in the order of their starts, until it breaks.
    pub fn find(&self, text: &[u8], range: Range<usize>, mut take: impl FnMut(u32, Range<usize>) -> ControlFlow<()>) -> ControlFlow<()> {
        let Some(zone) = text.get(range.clone()) else { return ControlFlow::Continue(()) };
        let filter: &[u64; 1 << (FILTER - 6)] = match self.filter.as_slice().try_into() {
            Ok(filter) => filter,
            Err(_) => return ControlFlow::Continue(()),
        };
        let mut gram = zone.iter().take(GRAM - 1).fold(0, |g, b| push(g, *b));
        for (i, byte) in zone.iter().skip(GRAM - 1).enumerate() {
            gram = push(gram, *byte);
            let bit = hash(gram, FILTER);
            if filter[(bit >> 6) as usize] >> (bit & 63) & 1 == 1 && self.goes_on(gram, zone, i + GRAM) {
                self.compare(gram, zone, i, range.start, &mut take)?;
            }
        }
        // A word of three letters may end the text: nothing is behind it.
        if let Some(start) = zone.len().checked_sub(SHORTEST) {
            let gram = push(zone[start..].iter().fold(0, |g, b| push(g, *b)), 0);
            self.compare(gram, zone, start, range.start, &mut take)?;
        }
        ControlFlow::Continue(())
    }

    /// Whether the bytes from `at` on may be those of a word that begins with these; behind the end of the zone everything may.
    #[inline(always)]
    fn goes_on(&self, gram: u32, zone: &[u8], at: usize) -> bool {
        let Some([fifth, sixth]) = zone.get(at..at + 2) else { return true };
        let masks = self.second[hash(gram, SECOND) as usize];
        masks[0] & bit(*fifth) != 0 && masks[1] & bit(*sixth) != 0
    }

    #[inline(never)]
    fn compare(&self, gram: u32, zone: &[u8], start: usize, offset: usize, take: &mut impl FnMut(u32, Range<usize>) -> ControlFlow<()>) -> ControlFlow<()> {
        let mut slot = hash(gram, TABLE) as usize;
        while self.table[slot].2 != 0 && self.table[slot].0 != gram {
            slot = (slot + 1) % self.table.len();
        }
        let (_, from, to) = self.table[slot];
        for number in &self.by_start[from as usize..to as usize] {
            let word = &self.words[*number as usize];
            if zone.get(start..start + word.text.len()).is_some_and(|there| word.is(there)) {
                take(*number, offset + start..offset + start + word.text.len())?;
            }
        }
        ControlFlow::Continue(())
    }
}

/// The last bytes, one more; letters in one case. That folds some signs onto others, which the comparison tells apart.
#[inline(always)]
fn push(gram: u32, byte: u8) -> u32 {
    gram << 8 | u32::from(byte | 0x20)
}

/// The place of a byte among 64; letters in one case.
#[inline(always)]
fn bit(byte: u8) -> u64 {
    1 << ((byte | 0x20) & 63)
}

#[inline(always)]
fn hash(gram: u32, bits: u32) -> u32 {
    gram.wrapping_mul(0x9E37_79B1) >> (32 - bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(words: &[&str], text: &str, range: Range<usize>) -> Vec<(u32, usize)> {
        let mut found = Vec::new();
        let _ = Keywords::new(words.iter().map(|w| Word { text: (*w).to_owned(), exact: w.starts_with('X') }).collect()).find(
            text.as_bytes(),
            range,
            |word, at| {
                found.push((word, at.start));
                ControlFlow::Continue(())
            },
        );
        found
    }

    #[test]
    fn every_word_wherever_it_stands() {
        let words = ["key", "keyring", "0q~", "_xyz", "://"];
        let text = "KEYRING=0Q~b://c_XyZ0q~";
        assert_eq!(all(&words, text, 0..text.len()), [(0, 0), (1, 0), (2, 8), (4, 12), (3, 16), (2, 20)]);
        assert_eq!(all(&words, text, 1..8), []);
        assert_eq!(all(&words, text, 0..3), [(0, 0)]);
        assert_eq!(all(&words, "0q~", 0..3), [(2, 0)]);
        assert_eq!(all(&words, "", 0..0), []);
        assert_eq!(all(&["Xyz"], "xyz XYZ Xyz", 0..11), [(0, 8)], "one case only");
    }

    #[test]
    fn it_can_be_stopped() {
        let mut count = 0;
        let _ = Keywords::new(vec![Word { text: "aaa".into(), exact: false }]).find(b"aaaaaaa", 0..7, |_, _| {
            count += 1;
            ControlFlow::Break(())
        });
        assert_eq!(count, 1);
    }
}
