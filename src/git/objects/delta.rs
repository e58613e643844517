//! Deltas: an object as pieces of another one and bytes of its own (git's `pack-format`).

/// A run of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Bytes of the base.
    Copy { from: usize, length: usize },
    /// Bytes of the delta.
    Insert { from: usize, length: usize },
}

impl Piece {
    /// In bytes.
    pub fn length(self) -> usize {
        match self {
            Piece::Copy { length, .. } | Piece::Insert { length, .. } => length,
        }
    }
}

/// Reads the pieces of a delta. Nothing when it does not fit a base of `base_size` bytes, or its result would be too large.
pub(super) fn pieces(delta: &[u8], base_size: usize, out: &mut Vec<Piece>) -> Option<()> {
    out.clear();
    let (stated_base, at) = varint(delta, 0)?;
    let (stated_result, mut at) = varint(delta, at)?;
    if stated_base != base_size || stated_result > super::MAX_OBJECT {
        return None;
    }
    let mut made = 0usize;
    while at < delta.len() {
        let op = delta[at];
        at += 1;
        let piece = if op & 0x80 != 0 {
            let mut field = |bits: std::ops::Range<u32>| -> Option<usize> {
                let mut value = 0;
                for (i, bit) in bits.enumerate() {
                    if op & 1 << bit != 0 {
                        value |= (*delta.get(at)? as usize) << (8 * i);
                        at += 1;
                    }
                }
                Some(value)
            };
            let from = field(0..4)?;
            let length = field(4..7)?;
            let length = if length == 0 { 0x10000 } else { length };
            if from.checked_add(length)? > base_size {
                return None;
            }
            Piece::Copy { from, length }
        } else {
            let length = op as usize;
            // Zero is reserved.
            if length == 0 || at + length > delta.len() {
                return None;
            }
            at += length;
            Piece::Insert { from: at - length, length }
        };
        made += piece.length();
        if made > stated_result {
            return None;
        }
        out.push(piece);
    }
    (made == stated_result).then_some(())
}

/// Puts the pieces together.
pub(super) fn apply(base: &[u8], delta: &[u8], pieces: &[Piece], out: &mut Vec<u8>) {
    out.clear();
    out.reserve(pieces.iter().map(|p| p.length()).sum());
    for piece in pieces {
        match *piece {
            Piece::Copy { from, length } => out.extend_from_slice(&base[from..from + length]),
            Piece::Insert { from, length } => out.extend_from_slice(&delta[from..from + length]),
        }
    }
}

/// A number, seven bits a byte, the lowest first.
fn varint(bytes: &[u8], mut at: usize) -> Option<(usize, usize)> {
    let (mut value, mut shift) = (0usize, 0);
    loop {
        let byte = *bytes.get(at)?;
        at += 1;
        value |= ((byte & 0x7f) as usize).checked_shl(shift)?;
        shift += 7;
        if byte & 0x80 == 0 {
            return Some((value, at));
        }
        if shift > 56 {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_and_inserts() {
        let base = b"hello brave old world";
        // Base 21, result 15: copy 0..6, insert "new", copy 15..21.
        let delta = [21, 15, 0x90, 6, 3, b'n', b'e', b'w', 0x91, 15, 6];
        let (mut found, mut out) = (Vec::new(), Vec::new());
        pieces(&delta, base.len(), &mut found).expect("a delta");
        apply(base, &delta, &found, &mut out);
        assert_eq!(out, b"hello new world");
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut out = Vec::new();
        for delta in [&[21u8, 15][..], &[20, 15, 0x90, 6], &[21, 6, 0x91, 16, 6], &[21, 3, 0], &[21, 3, 5, 1], &[0xff; 12], &[]] {
            assert_eq!(pieces(delta, 21, &mut out), None, "{delta:?}");
        }
    }
}
