//! Numbers, texts and serialised things in a row of bytes. Reading checks every length: what does not fit is nothing.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Writes a row.
#[derive(Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// Seven bits a byte, the lowest first: small numbers are short.
    pub fn number(&mut self, mut n: u64) {
        while n >= 0x80 {
            self.0.push(n as u8 | 0x80);
            n >>= 7;
        }
        self.0.push(n as u8);
    }

    pub fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    /// Anything that has a serial form.
    pub fn thing(&mut self, thing: &impl Serialize) -> Option<()> {
        let text = serde_json::to_vec(thing).ok()?;
        self.bytes(&text);
        Some(())
    }

    pub fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// Reads a row.
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Reader(bytes)
    }

    pub fn number(&mut self) -> Option<u64> {
        let mut n = 0;
        for shift in (0..64).step_by(7) {
            let (first, rest) = self.0.split_first()?;
            self.0 = rest;
            n |= u64::from(first & 0x7f) << shift;
            if first & 0x80 == 0 {
                return Some(n);
            }
        }
        None
    }

    /// A number of things that are still to come, each of at least one byte: a lie asks for no memory.
    pub fn count(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok().filter(|n| *n <= self.0.len())
    }

    pub fn small(&mut self) -> Option<u32> {
        u32::try_from(self.number()?).ok()
    }

    pub fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.count()?;
        let (bytes, rest) = self.0.split_at(length);
        self.0 = rest;
        Some(bytes)
    }

    pub fn text(&mut self) -> Option<Arc<str>> {
        std::str::from_utf8(self.bytes()?).ok().map(Arc::from)
    }

    pub fn thing<T: DeserializeOwned>(&mut self) -> Option<T> {
        serde_json::from_slice(self.bytes()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_nothing_else() {
        let mut row = Writer::default();
        for n in [0, 1, 127, 128, u64::from(u32::MAX), u64::MAX] {
            row.number(n);
        }
        row.bytes(b"bytes");
        row.thing(&vec!["a", "b"]).expect("serialised");
        let row = row.finish();
        let mut read = Reader::new(&row);
        assert_eq!((0..6).filter_map(|_| read.number()).collect::<Vec<_>>(), [0, 1, 127, 128, u64::from(u32::MAX), u64::MAX]);
        assert_eq!(read.text().as_deref(), Some("bytes"));
        assert_eq!(read.thing::<Vec<String>>().expect("things"), ["a", "b"]);
        assert_eq!(read.number(), None);
        assert_eq!(Reader::new(&[0xff; 12]).number(), None);
        assert_eq!(Reader::new(&[5, b'a']).bytes(), None);
    }
}
