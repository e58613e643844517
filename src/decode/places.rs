//! Where decoded bytes stood before they were decoded.

use std::ops::Range;

/// Pieces of a decoded text, in order, each with the place in the outer text where it begins.
#[derive(Clone, Debug, Default)]
pub struct Places(Vec<Piece>);

#[derive(Clone, Copy, Debug)]
struct Piece {
    decoded: usize,
    outer: usize,
    /// So many outer bytes …
    written: usize,
    /// … stand for so many decoded ones.
    meant: usize,
}

impl Places {
    /// The bytes from `decoded` on stand at `outer`, `written` bytes there for `meant` ones here. Call it in the order of `decoded`.
    pub fn push(&mut self, decoded: usize, outer: usize, written: usize, meant: usize) {
        self.0.push(Piece { decoded, outer, written, meant: meant.max(1) });
    }

    /// The outer range of a decoded one.
    pub fn outer(&self, range: &Range<usize>) -> Range<usize> {
        let Some(first) = self.piece(range.start) else { return 0..0 };
        let start = first.outer + range.start.saturating_sub(first.decoded) * first.written / first.meant;
        let Some(last) = self.piece(range.end.saturating_sub(1).max(range.start)) else { return start..start };
        let end = last.outer + (range.end.saturating_sub(last.decoded) * last.written).div_ceil(last.meant);
        start..end.max(start)
    }

    fn piece(&self, at: usize) -> Option<&Piece> {
        self.0.get(self.0.partition_point(|p| p.decoded <= at).saturating_sub(1))
    }

    /// Where pieces begin that do not follow the one before them without a gap.
    pub fn seams(&self) -> impl Iterator<Item = usize> {
        self.0.iter().skip(1).map(|p| p.decoded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_go_back_to_where_they_stood() {
        let mut places = Places::default();
        // `a\x41bc`, at 10.
        places.push(0, 10, 1, 1);
        places.push(1, 11, 4, 1);
        places.push(2, 15, 1, 1);
        assert_eq!(places.outer(&(0..1)), 10..11);
        assert_eq!(places.outer(&(1..2)), 11..15);
        assert_eq!(places.outer(&(0..4)), 10..17);
        let mut base64 = Places::default();
        base64.push(0, 100, 4, 3);
        assert_eq!(base64.outer(&(3..6)), 104..108);
        assert_eq!(base64.outer(&(4..5)), 105..107);
        assert_eq!(Places::default().outer(&(4..5)), 0..0);
    }
}
